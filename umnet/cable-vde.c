/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cable-vde.c - wires of libvdeplug: a switch's path, or a URL of any of its
 * plugins.
 *
 * The library is loaded when the first such wire is opened: its plugins
 * cannot live with the address sanitizer, and a stack without them need not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libvdeplug.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cable.h"
#include "util.h"

#define LIBRARY		"libvdeplug.so.2"
#define OPEN_SECONDS	4	/* a full switch never answers */
#define FRESH_TRIES	200
#define FRESH_PAUSE	5000	/* us */

struct vde {
	struct cable	 cable;
	VDECONN		*connection;
};

static struct {
	VDECONN *(*open)(char *, char *, int, struct vde_open_args *);
	ssize_t (*receive)(VDECONN *, void *, size_t, int);
	ssize_t (*send)(VDECONN *, const void *, size_t, int);
	int	(*data)(VDECONN *);
	int	(*control)(VDECONN *);
	int	(*close)(VDECONN *);
} vde;

static volatile sig_atomic_t expired;

static void vde_expired(int signal)
{
	expired = 1;
}

static int vde_load(const char *label, char *error, size_t size)
{
	static const struct {
		const char *name;
		void	*slot;
	} symbols[] = {
		{ "vde_open_real", &vde.open }, { "vde_recv", &vde.receive },
		{ "vde_send", &vde.send }, { "vde_datafd", &vde.data },
		{ "vde_ctlfd", &vde.control }, { "vde_close", &vde.close },
	};
	void *library;

	if (vde.open)
		return 0;
	library = dlopen(LIBRARY, RTLD_NOW);
	for (unsigned k = 0; library && k < ARRAY_SIZE(symbols); k++) {
		void *symbol = dlsym(library, symbols[k].name);

		if (!symbol)
			library = NULL;
		else
			memcpy(symbols[k].slot, &symbol, sizeof(symbol));
	}
	if (library)
		return 0;
	vde.open = NULL;
	snprintf(error, size, "%s: cannot load %s: %s", label, LIBRARY, dlerror());
	return -ENOENT;
}

/* Opens with an alarm that interrupts it, again and again, until it gives up. */
static VDECONN *vde_open_timed(const char *label, const char *where, int *rc)
{
	struct itimerval timer = { { 0, 100000 }, { OPEN_SECONDS, 0 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = vde_expired }, old;
	autofree char *url = where ? xstrdup(where) : NULL;
	autofree char *description = xasprintf("%s if=%s", cable_owner_name(), label);
	const char *own = getenv("UMNET_DEFAULT_VDE");
	bool fresh = own && where && strcmp(own, where) == 0;
	VDECONN *connection = NULL;

	expired = 0;
	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &timer, NULL);
	/* The session's own switch may have been started a moment ago. */
	for (unsigned k = 0; k < FRESH_TRIES; k++) {
		errno = 0;
		connection = vde.open(url, description, LIBVDEPLUG_INTERFACE_VERSION, NULL);
		if (connection || expired || !fresh || (errno != ENOENT && errno != ECONNREFUSED))
			break;
		usleep(FRESH_PAUSE);
	}
	*rc = connection ? 0 : expired ? -ETIMEDOUT : errno ? -errno : -ENOENT;
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &old, NULL);
	return connection;
}

static int vde_cable_open(const char *label, const char *where, struct cable **made,
		char *error, size_t size)
{
	struct vde *v;
	VDECONN *connection;
	int rc = vde_load(label, error, size);

	if (rc < 0)
		return rc;
	connection = vde_open_timed(label, where, &rc);
	if (!connection) {
		snprintf(error, size, rc == -ETIMEDOUT ? "%s: '%.200s' does not answer: %s" :
				"%s: cannot connect to '%.200s': %s",
				label, where ? where : "the default switch", strerror(-rc));
		return rc;
	}
	v = xcalloc(1, sizeof(*v));
	v->connection = connection;
	v->cable.kind = &cable_vde;
	v->cable.fd = vde.data(connection);
	v->cable.hangup_fd = vde.control(connection);
	if (v->cable.hangup_fd == v->cable.fd)
		v->cable.hangup_fd = -1;
	v->cable.connected = true;
	fcntl(v->cable.fd, F_SETFL, fcntl(v->cable.fd, F_GETFL) | O_NONBLOCK);
	fcntl(v->cable.fd, F_SETFD, FD_CLOEXEC);
	if (v->cable.hangup_fd >= 0)
		fcntl(v->cable.hangup_fd, F_SETFD, FD_CLOEXEC);
	*made = &v->cable;
	return 0;
}

static ssize_t vde_cable_receive(struct cable *c, void *frame, size_t size)
{
	ssize_t n;

	errno = 0;
	n = vde.receive(((struct vde *)c)->connection, frame, size, 0);
	if (n > 1)
		return n;
	if (n == 1)			/* "not for you" */
		return 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == 0))
		return -EAGAIN;
	return n < 0 ? -errno : -ENOTCONN;
}

static ssize_t vde_cable_send(struct cable *c, const void *frame, size_t len)
{
	ssize_t n = vde.send(((struct vde *)c)->connection, frame, len, 0);

	return n < 0 ? -errno : n;
}

/* The last that a program does with a wire.  A plugin's thread (slirp's) sees only that it
   cannot send any more, and would complain to the user until we are gone. */
static void vde_cable_close(struct cable *c)
{
	autoclose int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	vde.close(((struct vde *)c)->connection);
	free(c);
}

const struct cable_kind cable_vde = {
	.name = "vde",
	.ethernet = true,
	.mtu_max = VDE_MAXMTU,
	.open = vde_cable_open,
	.receive = vde_cable_receive,
	.send = vde_cable_send,
	.close = vde_cable_close,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stack's resolv.conf and hosts are each one of
 *
 *   the host's        nothing was said of them
 *   the user's FILE   resolv=FILE, hosts=FILE
 *   the stack's own   made of dns= and search=, or when a program on the stack (a DHCP
 *                     client) wrote it: a file in the session's directory
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver.h"
#include "util.h"

enum { RESOLV, HOSTS, FILES };
enum { SERVERS_MAX = 3, COPY_MAX = 1 << 20 };

#define SLIRP_DNS	"10.0.2.3"	/* what slirp passes on to the host's */

static const struct {
	const char *name, *path, *option;
} files[FILES] = {
	{ "resolv.conf", "/etc/resolv.conf", "resolv" }, { "hosts", "/etc/hosts", "hosts" },
};

struct resolver {
	unsigned number;	/* of those of this session: names its files */
	char	*path[FILES];	/* owned; NULL: the host's */
	bool	 own[FILES];	/* it goes with the stack */
};

/* While options are read. */
struct reading {
	const char *fstype;
	pid_t	 tid;
	struct resolver *resolver;
	char	*servers, *search;	/* lines of resolv.conf; owned */
	unsigned server_count;
	bool	 slirp;
};

static int complain(const struct reading *r, const char *key, const char *value, const char *what)
{
	um_warn("mount: %s: %s: '%s' %s", r->fstype, key, value, what);
	return -EINVAL;
}

static void append(char **text, const char *format, const char *what)
{
	autofree char *line = xasprintf(format, what);
	char *longer = xasprintf("%s%s", *text ? *text : "", line);

	free(*text);
	*text = longer;
}

/* Splits at the first of the separators outside brackets; the rest, or NULL. */
static char *split(char *text, char separator)
{
	bool inside = false;

	for (; *text; text++) {
		inside = *text == '[' || (inside && *text != ']');
		if (*text == separator && !inside) {
			*text = 0;
			return text + 1;
		}
	}
	return NULL;
}

/* ADDRESS[:ADDRESS...]; IPv6 in brackets, or alone. */
static int take_dns(struct reading *r, const char *value)
{
	autofree char *copy = xstrdup(value);
	struct in6_addr address;
	char *next;

	if (inet_pton(AF_INET6, value, &address) == 1) {
		append(&r->servers, "nameserver %s\n", value);
		return ++r->server_count > SERVERS_MAX ?
			complain(r, "dns", value, "is one too many") : 0;
	}
	for (char *one = copy; one; one = next) {
		size_t n;

		next = split(one, ':');
		n = strlen(one);
		if (n > 2 && one[0] == '[' && one[n - 1] == ']') {
			one[n - 1] = 0;
			one++;
		}
		if (inet_pton(AF_INET, one, &address) != 1 && inet_pton(AF_INET6, one, &address) != 1)
			return complain(r, "dns", one, "is not an address");
		if (++r->server_count > SERVERS_MAX)
			return complain(r, "dns", one, "is one too many");
		append(&r->servers, "nameserver %s\n", one);
	}
	return 0;
}

static int take_search(struct reading *r, const char *value)
{
	autofree char *copy = xstrdup(value);
	char *next;

	for (char *one = copy; one; one = next) {
		next = split(one, ':');
		if (!*one || strpbrk(one, " \t\n#;"))
			return complain(r, "search", one, "is not a domain");
		append(&r->search, " %s", one);
	}
	return 0;
}

static int take_file(struct reading *r, unsigned which, const char *value)
{
	autofree char *link = xasprintf("/proc/%d/cwd", r->tid);
	struct stat status;
	char cwd[4096];
	ssize_t n = *value == '/' ? 0 : readlink(link, cwd, sizeof(cwd) - 1);
	char *path;

	if (!*value || n < 0)
		return complain(r, files[which].option, value, "is not a file");
	cwd[n] = 0;
	path = n ? xasprintf("%s/%s", cwd, value) : xstrdup(value);
	free(r->resolver->path[which]);
	r->resolver->path[which] = path;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return complain(r, files[which].option, value, "is not a file");
	if (access(path, R_OK) == 0)
		return 0;
	um_warn("mount: %s: %s: cannot read '%s': %s", r->fstype, files[which].option, value,
		strerror(errno));
	return -errno;
}

/* 1: it was one of ours.  0: it is another's. */
static int take_option(struct reading *r, const char *item)
{
	const char *value = strchr(item, '=');
	size_t n = value ? (size_t)(value - item) : strlen(item);
	int rc = 1;

	r->slirp |= value && strncmp(value + 1, "slirp://", 8) == 0;
	if (!value)
		return 0;
	if (n == 3 && strncmp(item, "dns", n) == 0)
		rc = take_dns(r, value + 1);
	else if (n == 6 && strncmp(item, "search", n) == 0)
		rc = take_search(r, value + 1);
	else if (n == 6 && strncmp(item, "resolv", n) == 0)
		rc = take_file(r, RESOLV, value + 1);
	else if (n == 5 && strncmp(item, "hosts", n) == 0)
		rc = take_file(r, HOSTS, value + 1);
	else
		return 0;
	return rc < 0 ? rc : 1;
}

/* The length of the first option, where quotes hide commas. */
static size_t option_length(const char *options)
{
	char quote = 0;
	size_t n = 0;

	for (; options[n] && (quote || options[n] != ','); n++)
		if (quote ? options[n] == quote : options[n] == '"' || options[n] == '\'')
			quote = quote ? 0 : options[n];
	return n;
}

static void quotes_drop(char *text)
{
	char *to = text, quote = 0;

	for (; *text; text++)
		if (quote ? *text == quote : *text == '"' || *text == '\'')
			quote = quote ? 0 : *text;
		else
			*to++ = *text;
	*to = 0;
}

/* Where its own file is; NULL: there is no session directory. */
static char *own_path(const struct resolver *resolver, unsigned which)
{
	const char *base = um_runtime_dir();

	return base ? xasprintf("%s/%s.%u", base, files[which].name, resolver->number) : NULL;
}

/* Makes its own file, with this text. */
static int own_make(struct resolver *resolver, unsigned which, const char *text, size_t n)
{
	autofree char *path = own_path(resolver, which);
	autoclose int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

	if (fd < 0)
		return path ? -errno : -EIO;
	fchmod(fd, 0644);
	if (write(fd, text, n) != (ssize_t)n) {
		int error = errno;

		unlink(path);
		return error ? -error : -ENOSPC;
	}
	free(resolver->path[which]);
	resolver->path[which] = take_pointer(path);
	resolver->own[which] = true;
	return 0;
}

static int reading_end(struct reading *r)
{
	autofree char *text = NULL;
	int rc;

	if (!r->servers && r->slirp && !r->resolver->path[RESOLV])
		append(&r->servers, "nameserver %s\n", SLIRP_DNS);
	if (!r->servers && !r->search)
		return 0;
	if (r->resolver->path[RESOLV]) {
		um_warn("mount: %s: resolv= leaves nothing to say for dns= and search=", r->fstype);
		return -EINVAL;
	}
	text = xasprintf("%s%s%s%s", r->servers ? r->servers : "", r->search ? "search" : "",
			 r->search ? r->search : "", r->search ? "\n" : "");
	rc = own_make(r->resolver, RESOLV, text, strlen(text));
	if (rc < 0)
		um_warn("mount: %s: cannot keep the resolver's file: %s", r->fstype, strerror(-rc));
	return rc;
}

int resolver_take(const char *fstype, const char *options, pid_t tid, char **rest,
		struct resolver **resolver)
{
	static unsigned next_number;
	struct reading r = { .fstype = fstype, .tid = tid };
	int rc = 1;

	r.resolver = xcalloc(1, sizeof(*r.resolver));
	r.resolver->number = next_number++;
	*rest = xstrdup("");
	for (const char *item = options; *item && rc >= 0; ) {
		size_t n = option_length(item);
		autofree char *one = xasprintf("%.*s", (int)n, item);
		autofree char *plain = xstrdup(one);

		quotes_drop(plain);
		rc = take_option(&r, plain);
		if (rc == 0)
			append(rest, **rest ? ",%s" : "%s", one);
		item += n + (item[n] == ',');
	}
	if (rc >= 0)
		rc = reading_end(&r);
	free(r.servers);
	free(r.search);
	if (rc >= 0) {
		*resolver = r.resolver;
		return 0;
	}
	resolver_free(r.resolver);
	free(take_pointer(*rest));
	return rc;
}

/* What the host has becomes the beginning of its own. */
static int own_begin(struct resolver *resolver, unsigned which, bool empty)
{
	autofree char *text = xcalloc(1, COPY_MAX);
	autoclose int fd = empty ? -1 : open(files[which].path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, COPY_MAX);

	return own_make(resolver, which, text, n < 0 ? 0 : n);
}

/* The monitor's rights are its user's: a file of theirs is not for others to write, unless
   its mode says so. */
static bool may_write(const struct um_call *c, const char *path)
{
	struct stat status;

	if (c->uid == geteuid())
		return true;
	if (stat(path, &status) < 0)
		return false;
	return status.st_mode & S_IWOTH || (status.st_uid == c->uid && status.st_mode & S_IWUSR) ||
	       (status.st_gid == c->gid && status.st_mode & S_IWGRP);
}

/* What is no file (a FIFO, a terminal) could keep the monitor waiting. */
static int file_open(const char *path, int flags)
{
	autoclose int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	if (!(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return take_fd(&fd);
}

int64_t resolver_file(struct resolver *resolver, struct um_call *c, int is_host)
{
	unsigned which = strcmp((char *)c->arg[0].in, files[HOSTS].name) == 0 ? HOSTS : RESOLV;
	int flags = c->arg[1].value & (O_ACCMODE | O_TRUNC | O_APPEND | O_NONBLOCK);
	bool write = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
	int fd, rc;

	if (!resolver->path[which] && (!write || is_host))
		return UM_CONTINUE;
	if (write && !(c->rights & W_OK))
		return -EACCES;
	rc = resolver->path[which] ? 0 : own_begin(resolver, which, flags & O_TRUNC);
	if (rc < 0)
		return rc;
	if (write && !resolver->own[which] && !may_write(c, resolver->path[which]))
		return -EACCES;
	fd = file_open(resolver->path[which], flags);
	if (fd < 0)
		return fd;
	um_done_fd(c, fd, 0);
	return UM_TAKEN;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	for (unsigned i = 0; i < FILES; i++) {
		if (resolver->own[i])
			unlink(resolver->path[i]);
		free(resolver->path[i]);
	}
	free(resolver);
}

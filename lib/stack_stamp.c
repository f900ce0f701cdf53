/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_stamp.c - when a message came (SO_TIMESTAMP and its like).
 *
 * The options are A's own, so the kernel stamps what goes into the carrier, and its
 * control messages are taken over.  A message that goes straight into a waiting call's
 * answer never was in a carrier: it is stamped here, as A asked for when the call began.
 */
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/socket.h>

#include "um_stack_private.h"
#include "util.h"

static int stamp_option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? 0 : value;
}

unsigned stamp_wanted(int fd)
{
	int options = stamp_option(fd, SO_TIMESTAMPING);
	unsigned wanted = 0;

	if (stamp_option(fd, SO_TIMESTAMP))
		wanted |= STAMP_MICRO;
	if (stamp_option(fd, SO_TIMESTAMPNS))
		wanted |= STAMP_NANO;
	if (options & SOF_TIMESTAMPING_SOFTWARE && options & SOF_TIMESTAMPING_RX_SOFTWARE)
		wanted |= STAMP_THREE;
	return wanted;
}

static size_t stamp_put_three(const struct timespec *when, uint8_t *control, size_t at)
{
	struct scm_timestamping three = { .ts[0] = *when };

	return control_put(control, at, SOL_SOCKET, SO_TIMESTAMPING, &three, sizeof(three));
}

size_t stamp_put(unsigned wanted, uint8_t *control)
{
	struct timespec now;
	struct timeval micro;
	size_t at = 0;

	if (!wanted)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	micro = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	if (wanted & STAMP_NANO)
		at = control_put(control, at, SOL_SOCKET, SO_TIMESTAMPNS, &now, sizeof(now));
	else if (wanted & STAMP_MICRO)
		at = control_put(control, at, SOL_SOCKET, SO_TIMESTAMP, &micro, sizeof(micro));
	return wanted & STAMP_THREE ? stamp_put_three(&now, control, at) : at;
}

size_t stamp_take(int fd, const struct timespec *when, struct msghdr *msg, uint8_t *control)
{
	bool three = false;
	size_t at = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		/* No credentials, no descriptors: no INET socket has them. */
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type < SO_TIMESTAMP ||
		    c->cmsg_len < CMSG_LEN(0) || at + CMSG_SPACE(len) > STAMPS_MAX)
			continue;
		at = control_put(control, at, c->cmsg_level, c->cmsg_type, CMSG_DATA(c), len);
		three |= c->cmsg_type == SO_TIMESTAMPING;
	}
	/* Which AF_UNIX does not stamp for this option alone. */
	if (!three && at + CMSG_SPACE(sizeof(struct scm_timestamping)) <= STAMPS_MAX &&
	    stamp_wanted(fd) & STAMP_THREE)
		at = stamp_put_three(when, control, at);
	return at;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "control.h"
#include "util.h"

/* struct cmsghdr of a 32-bit guest. */
struct narrow {
	uint32_t len;
	int32_t	 level, type;
};
#define NARROW_ALIGN(len)	(((len) + 3u) & ~3u)

/* Kernel's answers with two longs in them, once or thrice, by type. */
enum { STAMP = SO_TIMESTAMP, STAMP_NS = SO_TIMESTAMPNS, STAMPING = SO_TIMESTAMPING };

/* Data of a message as the guest knows it, in place; returns its length. */
static size_t narrow_data(const struct cmsghdr *c, uint8_t *data, size_t len)
{
	if (c->cmsg_level != SOL_SOCKET || len % sizeof(int64_t) ||
	    (c->cmsg_type != STAMP && c->cmsg_type != STAMP_NS && c->cmsg_type != STAMPING))
		return len;
	for (size_t i = 0; i < len / sizeof(int64_t); i++) {
		int64_t wide;
		int32_t value;

		memcpy(&wide, data + i * sizeof(wide), sizeof(wide));
		value = wide;
		memcpy(data + i * sizeof(value), &value, sizeof(value));
	}
	return len / 2;
}

size_t control_narrow(uint8_t *control, size_t size, size_t room, bool *cut)
{
	size_t from = 0, to = 0;

	*cut = false;
	while (size - from >= sizeof(struct cmsghdr)) {
		struct narrow head;
		struct cmsghdr c;
		size_t len;

		memcpy(&c, control + from, sizeof(c));
		if (c.cmsg_len < sizeof(c) || c.cmsg_len > size - from)
			break;
		if (room - to < sizeof(head)) {
			*cut = true;
			break;
		}
		len = narrow_data(&c, control + from + CMSG_LEN(0), c.cmsg_len - CMSG_LEN(0));
		head = (struct narrow){ sizeof(head) + len, c.cmsg_level, c.cmsg_type };
		if (head.len > room - to) {
			*cut = true;
			head.len = room - to;
			len = head.len - sizeof(head);
		}
		/* What is written is shorter than what was read: it never gets ahead. */
		memmove(control + to + sizeof(head), control + from + CMSG_LEN(0), len);
		memcpy(control + to, &head, sizeof(head));
		from += CMSG_ALIGN(c.cmsg_len) < size - from ? CMSG_ALIGN(c.cmsg_len) : size - from;
		to += NARROW_ALIGN(head.len) < room - to ? NARROW_ALIGN(head.len) : room - to;
	}
	return to;
}

int control_widen(const uint8_t *control, size_t size, uint8_t **wide, size_t *wide_size)
{
	/* No message is shorter than its head, so at most this many grow by this much. */
	size_t most = size + (size / sizeof(struct narrow) + 1) *
		(sizeof(struct cmsghdr) - sizeof(struct narrow) + sizeof(size_t));
	uint8_t *to = calloc(1, most);
	size_t at = 0, end = 0;

	if (!to)
		return -ENOMEM;
	while (size - at >= sizeof(struct narrow)) {
		struct narrow head;
		struct cmsghdr c;
		size_t len;

		memcpy(&head, control + at, sizeof(head));
		if (head.len < sizeof(head) || head.len > size - at) {
			free(to);
			return -EINVAL;
		}
		len = head.len - sizeof(head);
		c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(len), .cmsg_level = head.level,
			.cmsg_type = head.type };
		memcpy(to + end, &c, sizeof(c));
		memcpy(to + end + CMSG_LEN(0), control + at + sizeof(head), len);
		end += CMSG_SPACE(len);
		at += NARROW_ALIGN(head.len) < size - at ? NARROW_ALIGN(head.len) : size - at;
	}
	if (size && !end) {
		free(to);
		return -EINVAL;
	}
	*wide = to;
	*wide_size = end;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "control.h"
#include "guest.h"
#include "loop.h"
#include "message.h"
#include "util.h"

enum { DATA_MAX = 65536, CONTROL_MAX = 4096, MESSAGES_MAX = 1024, NAME_ROOM = 4096,
	RECVMMSG_TIME64 = 417,		/* its number on i386 */
	TIME_MAX = 1000000000,		/* s: longer is for ever */
};

/* struct msghdr, whatever the guest's word. */
struct header {
	uint64_t name, iov, iov_count, control, control_len;
	uint32_t name_len;
};

/* Offsets in the guest's struct msghdr. */
static const struct layout {
	uint8_t name_len, control_len, flags, size, stride;
} layouts[] = { /* i386 */ { 4, 20, 24, 28, 32 }, /* x86-64 */ { 8, 40, 48, 56, 64 } };

static const struct layout *layout_of(const struct request *r)
{
	return &layouts[r->word == 8];
}

static void header_parse(const struct request *r, const uint8_t *bytes, struct header *header)
{
	uint64_t wide[7];
	uint32_t narrow[7];

	if (r->word == 8) {
		memcpy(wide, bytes, sizeof(wide));
		*header = (struct header){ wide[0], wide[2], wide[3], wide[4], wide[5],
					   (uint32_t)wide[1] };
	} else {
		memcpy(narrow, bytes, sizeof(narrow));
		*header = (struct header){ narrow[0], narrow[2], narrow[3], narrow[4],
					   narrow[5], narrow[1] };
	}
}

static bool kind_is_many(const struct request *r)
{
	return r->row->kind[1] == MMSG_SEND || r->row->kind[1] == MMSG_RECEIVE;
}

static bool kind_is_message(const struct request *r)
{
	return kind_is_many(r) || r->row->kind[1] == MSG_SEND || r->row->kind[1] == MSG_RECEIVE;
}

/* The call's MSG_* flags. */
static int message_flags(const struct request *r)
{
	return (int)r->reg[kind_is_message(r) && !kind_is_many(r) ? 2 : 3];
}

/* Is it MSG_ERRQUEUE, which no carrier has? */
static bool request_asks_errors(const struct request *r)
{
	return r->call.op == UM_RECVFROM && message_flags(r) & MSG_ERRQUEUE;
}

/*
 * Of a stream, only an address or control data needs us; the rest the kernel does better, but
 * for flags that mean nothing to a carrier.  Message sockets' sendmsg and recvmsg have come
 * here anyway: the stack knows more of them than the carrier (no peer, an error).
 */
int request_addressed(struct request *r)
{
	const struct layout *layout = layout_of(r);
	unsigned stride = layout->stride;
	unsigned count = kind_is_many(r) ? (uint32_t)r->reg[2] : 1;
	autofree uint8_t *bytes = NULL;
	int rc;

	if (r->stream && r->call.op == UM_RECVFROM)
		return request_asks_errors(r);
	if (!kind_is_message(r))
		return r->reg[4] || request_asks_errors(r) || (!r->stream &&
			message_flags(r) & (r->call.op == UM_SENDTO ? MSG_MORE : MSG_OOB));
	if (!r->stream)
		return count > 0;
	if (count > MESSAGES_MAX)
		count = MESSAGES_MAX;
	if (count == 0)
		return 0;
	bytes = malloc((size_t)count * stride);
	if (!bytes)
		return -ENOMEM;
	rc = guest_read(r->call.tid, r->reg[1], bytes, (size_t)(count - 1) * stride + layout->size);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < count; i++) {
		struct header header;

		header_parse(r, bytes + (size_t)i * stride, &header);
		if (header.name || (header.control && header.control_len))
			return 1;
	}
	return 0;
}

/* Is one of this control data's messages of descriptors?  32-bit guests have a shorter cmsghdr. */
static bool control_has_rights(const uint8_t *control, size_t len, unsigned word)
{
	size_t head = word + 2 * sizeof(int);
	uint32_t level_type[2];

	while (len >= head) {
		uint64_t size = 0;

		memcpy(&size, control, word);	/* little-endian */
		memcpy(level_type, control + word, sizeof(level_type));
		if (size < head || size > len)
			return false;
		if (level_type[0] == SOL_SOCKET && level_type[1] == SCM_RIGHTS)
			return true;
		size = (size + word - 1) / word * word;
		if (size >= len)
			return false;
		control += size;
		len -= size;
	}
	return false;
}

int request_rights(struct request *r)
{
	uint8_t bytes[64], control[CONTROL_MAX];
	struct header header;

	if (!kind_is_message(r) || guest_read(r->call.tid, r->reg[1], bytes, layout_of(r)->size) < 0)
		return 0;
	header_parse(r, bytes, &header);
	if (!header.control || header.control_len > sizeof(control) ||
	    guest_read(r->call.tid, header.control, control, header.control_len) < 0)
		return 0;
	return control_has_rights(control, header.control_len, r->word);
}

/* The guest's iovecs, in r->scatter; their whole length. */
static ssize_t message_vectors(struct request *r, const struct header *header)
{
	uint64_t total = 0;
	size_t size = (size_t)header->iov_count * 2 * r->word;
	autofree uint8_t *bytes = NULL;
	int rc;

	if (header->iov_count > IOV_MAX)
		return -EMSGSIZE;
	bytes = malloc(size + 1);
	r->scatter = calloc(header->iov_count + 1, sizeof(struct iovec));
	if (!bytes || !r->scatter)
		return -ENOMEM;
	rc = guest_read(r->call.tid, header->iov, bytes, size);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < header->iov_count; i++) {
		uint64_t wide[2];
		uint32_t narrow[2];

		memcpy(narrow, bytes + i * 8, sizeof(narrow));
		if (r->word == 8)
			memcpy(wide, bytes + i * 16, sizeof(wide));
		r->scatter[i].iov_base = (void *)(uintptr_t)(r->word == 8 ? wide[0] : narrow[0]);
		r->scatter[i].iov_len = r->word == 8 ? wide[1] : narrow[1];
		total += r->scatter[i].iov_len;
		if (r->scatter[i].iov_len > SSIZE_MAX || total > SSIZE_MAX)
			return -EINVAL;
	}
	r->scatter_count = header->iov_count;
	return total;
}

static int message_gather(struct request *r, size_t total)
{
	struct um_arg *arg = &r->call.arg[1];
	size_t at = 0;

	if (total > DATA_MAX && !r->stream)
		return -EMSGSIZE;
	if (total > DATA_MAX)
		total = DATA_MAX;
	arg->in = malloc(total + 1);
	if (!arg->in)
		return -ENOMEM;
	arg->in_len = total;
	arg->in[total] = 0;
	for (unsigned i = 0; i < r->scatter_count; i++) {
		struct iovec *v = &r->scatter[i];
		size_t n = v->iov_len < total - at ? v->iov_len : total - at;
		int rc = guest_read(r->call.tid, (uintptr_t)v->iov_base, arg->in + at, n);

		if (rc < 0)
			return rc;
		at += n;
	}
	return 0;
}

static int message_widen_control(struct request *r)
{
	struct um_arg *arg = &r->call.arg[6];
	uint8_t *wide;
	size_t size;
	int rc = control_widen(arg->in, arg->in_len, &wide, &size);

	if (rc < 0)
		return rc;
	free(arg->in);
	arg->in = wide;
	arg->in_len = size;
	return 0;
}

void message_narrow_control(struct request *r)
{
	struct um_arg *arg = &r->call.arg[6];
	bool cut;

	if (!arg->out)
		return;
	arg->out_len = control_narrow(arg->out, arg->out_len, r->control_room, &cut);
	arg->full = arg->out_len;
	if (cut)
		r->call.arg[7].value |= MSG_CTRUNC;
}

static int message_decode_send(struct request *r, const struct header *header, size_t total)
{
	uint32_t name_len = header->name_len;
	int rc;

	if (header->control_len > CONTROL_MAX)
		return r->word == 8 ? -ENOBUFS : -EINVAL;
	if ((int)name_len < 0)
		return -EINVAL;
	if (name_len > sizeof(struct sockaddr_storage))
		name_len = sizeof(struct sockaddr_storage);
	rc = message_gather(r, total);
	if (rc == 0 && header->name && name_len)
		rc = request_read(r, 4, header->name, name_len);
	if (rc == 0 && header->control && header->control_len)
		rc = request_read(r, 6, header->control, header->control_len);
	if (rc == 0 && r->call.arg[6].in && r->word == 4)
		rc = message_widen_control(r);
	return rc;
}

static void message_decode_receive(struct request *r, const struct header *header,
		size_t total, uint64_t at)
{
	const struct layout *layout = layout_of(r);
	struct um_call *call = &r->call;

	call->arg[1].room = total > DATA_MAX ? DATA_MAX : total;
	if (header->name) {
		call->arg[4].room = header->name_len > NAME_ROOM ? NAME_ROOM : header->name_len;
		r->place[4] = (struct place){ header->name, at + layout->name_len, 4 };
	}
	r->control_room = header->control_len > CONTROL_MAX ? CONTROL_MAX : header->control_len;
	if (header->control)	/* a 32-bit guest's is cut when it has been made shorter */
		call->arg[6].room = r->word == 8 || !r->control_room ? r->control_room : CONTROL_MAX;
	r->place[6] = (struct place){ header->control, at + layout->control_len, r->word };
	r->flags_at = at + layout->flags;
}

/* Offsets and sizes of recvmmsg's struct timespec: the one call of i386 has it short. */
static bool time_is_short(const struct request *r)
{
	return r->word == 4 && r->row->number[ARCH_I386] != RECVMMSG_TIME64;
}

static int message_read_time(struct request *r)
{
	int64_t wide[2];
	int32_t narrow[2];
	int rc;

	if (time_is_short(r)) {
		rc = guest_read(r->call.tid, r->reg[4], narrow, sizeof(narrow));
		wide[0] = narrow[0];
		wide[1] = narrow[1];
	} else {
		rc = guest_read(r->call.tid, r->reg[4], wide, sizeof(wide));
		if (r->word == 4)
			wide[1] = (int32_t)wide[1];
	}
	if (rc < 0)
		return rc;
	if (wide[0] < 0 || wide[1] < 0 || wide[1] >= 1000000000)
		return -EINVAL;
	if (wide[0] > TIME_MAX)
		wide[0] = TIME_MAX;
	r->deadline = loop_now() + wide[0] * 1000 + wide[1] / 1000000;
	return 0;
}

void message_write_time(const struct request *r, uint64_t ms)
{
	int64_t wide[2] = { ms / 1000, ms % 1000 * 1000000 };
	int32_t narrow[2] = { wide[0], wide[1] };

	if (time_is_short(r))
		guest_write(r->call.tid, r->reg[4], narrow, sizeof(narrow));
	else
		guest_write(r->call.tid, r->reg[4], wide, sizeof(wide));
}

/* What sendmmsg and recvmmsg have beside their first message. */
static int message_decode_many(struct request *r)
{
	r->count = (uint32_t)r->reg[2] < MESSAGES_MAX ? (uint32_t)r->reg[2] : MESSAGES_MAX;
	if (r->row->kind[1] == MMSG_RECEIVE && r->reg[4])
		return message_read_time(r);
	return 0;
}

int message_decode(struct request *r)
{
	bool many = kind_is_many(r);
	bool receive = r->call.op == UM_RECVFROM;
	uint64_t at = r->reg[1] + (uint64_t)r->index * layout_of(r)->stride;
	uint8_t bytes[64];
	struct header header;
	ssize_t total;
	int rc;

	rc = guest_read(r->call.tid, at, bytes, layout_of(r)->size);
	if (rc < 0)
		return rc;
	header_parse(r, bytes, &header);
	r->call.arg[3].value = message_flags(r) & ~MSG_WAITFORONE;
	if (many && r->index == 0)
		rc = message_decode_many(r);
	if (rc < 0)
		return rc;
	if (many)
		r->count_at = at + layout_of(r)->size;
	if (r->index && message_flags(r) & MSG_WAITFORONE)
		r->call.arg[3].value |= MSG_DONTWAIT;
	total = message_vectors(r, &header);
	if (total < 0)
		return total;
	if (!receive)
		return message_decode_send(r, &header, total);
	message_decode_receive(r, &header, total, at);
	return 0;
}

int message_scatter(struct request *r)
{
	struct um_arg *arg = &r->call.arg[1];
	size_t at = 0;

	for (unsigned i = 0; i < r->scatter_count && at < arg->out_len; i++) {
		struct iovec *v = &r->scatter[i];
		size_t n = arg->out_len - at;
		int rc;

		if (n > v->iov_len)
			n = v->iov_len;
		rc = guest_write(r->call.tid, (uintptr_t)v->iov_base, arg->out + at, n);
		if (rc < 0)
			return rc;
		at += n;
	}
	return 0;
}

int message_narrow_interfaces(struct request *r)
{
	enum { WIDE = sizeof(struct ifreq), NARROW = 32 };
	struct um_arg *arg = &r->call.arg[2];
	unsigned n = arg->out_len / WIDE;

	for (unsigned i = 1; i < n; i++)
		memmove(arg->out + i * NARROW, arg->out + i * WIDE, NARROW);
	arg->out_len = n * NARROW;
	arg->full = arg->full / WIDE * NARROW;
	return 0;
}

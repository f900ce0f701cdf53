/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "guest.h"
#include "loop.h"
#include "message.h"
#include "request.h"
#include "routecall.h"
#include "util.h"
#include "wire.h"

enum {
	ADDRESS_MAX = sizeof(struct sockaddr_storage),
	OPTION_MAX = 4096,		/* setsockopt values */
	MOUNT_OPTIONS_MAX = 65536,
	DATAGRAM_MAX = 65536,
};

static int decode_string(struct request *r, unsigned i, size_t max)
{
	char *text;
	ssize_t n = guest_string(r->call.tid, r->reg[i], max, &text);

	if (n < 0)
		return n;
	r->call.arg[i].in = (uint8_t *)text;
	r->call.arg[i].in_len = n;
	return 0;
}

int request_read(struct request *r, unsigned index, uint64_t address, size_t len)
{
	struct um_arg *arg = &r->call.arg[index];
	uint8_t *copy = malloc(len + 1);
	int rc;

	if (!copy)
		return -ENOMEM;
	rc = guest_read(r->call.tid, address, copy, len);
	if (rc < 0) {
		free(copy);
		return rc;
	}
	copy[len] = 0;
	free(arg->in);
	arg->in = copy;
	arg->in_len = len;
	return 0;
}

/* Bytes whose number stands in the next register.  The limit is the operation's. */
static int decode_in(struct request *r, unsigned i)
{
	uint64_t len = r->reg[i + 1];
	bool data = r->call.op == UM_SENDTO && i == 1;

	if (data) {
		if (len > DATAGRAM_MAX && !r->stream)
			return -EMSGSIZE;
		if (len > DATAGRAM_MAX)
			len = DATAGRAM_MAX;
	} else {
		int signed_len = (int)len;

		if (signed_len < 0 ||
		    signed_len > (r->call.op == UM_SETSOCKOPT ? OPTION_MAX : ADDRESS_MAX))
			return -EINVAL;
		len = signed_len;
		if (!r->reg[i] && !len)
			return 0;
		if (!r->reg[i] && r->call.op == UM_SENDTO)
			return 0;
	}
	return request_read(r, i, r->reg[i], len);
}

/* Room for bytes out; a null pointer means the guest wants none. */
static int decode_out(struct request *r, unsigned i, bool in_too)
{
	bool by_value = r->row->kind[i + 1] == LEN;
	struct um_arg *arg = &r->call.arg[i];
	uint32_t room;
	int rc;

	if (!r->reg[i] && !by_value && r->call.op != UM_GETSOCKOPT) {
		/* accept(fd, NULL, ?): the length is not looked at. */
		if (r->call.op == UM_ACCEPT || r->call.op == UM_RECVFROM)
			return 0;
		return -EFAULT;
	}
	r->place[i].address = r->reg[i];
	if (by_value) {
		arg->room = r->reg[i + 1] > DATAGRAM_MAX ? DATAGRAM_MAX : r->reg[i + 1];
		return 0;
	}
	rc = guest_read(r->call.tid, r->reg[i + 1], &room, sizeof(room));
	if (rc < 0 && r->call.op != UM_ACCEPT)
		return rc;
	if (rc < 0)
		room = 0;	/* it fails when the length is written, if there is one */
	if ((int)room < 0)
		return -EINVAL;
	arg->room = room > OPTION_MAX ? OPTION_MAX : room;
	r->place[i].length_at = r->reg[i + 1];
	r->place[i].length_size = sizeof(room);
	if (in_too && arg->room && arg->room <= ADDRESS_MAX &&
	    request_read(r, i, r->reg[i], arg->room) < 0)
		return -EFAULT;
	return 0;
}

/*
 * The structures of the SIOC* calls.  The two that hold a pointer are unfolded
 * here: struct ifconf's array becomes the argument, struct rtentry is followed
 * by its device's name (routecall.h).
 */
static int decode_ioctl(struct request *r)
{
	struct { int len; int pad; uint64_t buffer; } ifconf;
	struct um_arg *arg = &r->call.arg[2];
	uint32_t request = r->reg[1];
	size_t size = r->word == 8 ? sizeof(struct ifreq) : 32;
	int rc;

	arg->room = size;
	r->place[2].address = r->reg[2];
	switch (request) {
	case FIONREAD:
	case TIOCOUTQ:
		/* Nothing is read: the answer alone is the guest's. */
		arg->room = sizeof(int);
		return 0;
	case SIOCGIFCONF:
		rc = guest_read(r->call.tid, r->reg[2], &ifconf, r->word * 2);
		if (rc < 0)
			return rc;
		if (r->word == 4)
			ifconf.buffer = (uint32_t)ifconf.pad;
		arg->room = ifconf.len < 0 || !ifconf.buffer ? 0 :
			    ifconf.len > DATAGRAM_MAX ? DATAGRAM_MAX : ifconf.len;
		if (r->word == 4)
			arg->room = arg->room / size * sizeof(struct ifreq);
		r->place[2] = (struct place){ ifconf.buffer, r->reg[2], sizeof(int) };
		return 0;
	case SIOCGIFSLAVE:
		if (r->word == 4)
			return -ENOTTY;	/* one that the kernel does not know of them */
		break;
	case SIOCADDRT:
	case SIOCDELRT:
		return routecall_decode(r);
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		arg->room = size = 68;	/* struct arpreq */
	}
	return request_read(r, 2, r->reg[2], size);
}

static int decode_argument(struct request *r, unsigned i)
{
	struct um_arg *arg = &r->call.arg[i];

	switch (r->row->kind[i]) {
	case INT:
	case FD:
		arg->value = (int)r->reg[i];
		return 0;
	case LONG:
	case LEN:
		arg->value = r->reg[i];
		return 0;
	case OPTSTR:
		return r->reg[i] ? decode_string(r, i, PATH_MAX) : 0;
	case STR:
		return decode_string(r, i, PATH_MAX);
	case OPTIONS:
		return r->reg[i] ? decode_string(r, i, MOUNT_OPTIONS_MAX) : 0;
	case IN:
		return decode_in(r, i);
	case OUT:
		return decode_out(r, i, false);
	case INOUT:
		return decode_out(r, i, true);
	case MSG_SEND:
	case MSG_RECEIVE:
	case MMSG_SEND:
	case MMSG_RECEIVE:
		return message_decode(r);
	case REQUEST:
		return decode_ioctl(r);
	default:
		return 0;
	}
}

int request_decode(struct request *r)
{
	for (unsigned i = 0; i < ARRAY_SIZE(r->row->kind); i++) {
		int rc = decode_argument(r, i);

		if (rc < 0)
			return rc;
	}
	if (r->call.op == UM_SOCKET)
		r->close_on_exec = r->call.arg[1].value & SOCK_CLOEXEC;
	if (r->call.op == UM_ACCEPT)
		r->close_on_exec = r->call.arg[3].value & SOCK_CLOEXEC;
	return 0;
}

static int encode_argument(struct request *r, unsigned i)
{
	struct um_arg *arg = &r->call.arg[i];
	struct place *place = &r->place[i];
	uint64_t full = arg->full;
	int rc = 0;

	if (r->call.op == UM_IOCTL && r->word == 4 && place->length_at) {
		message_narrow_interfaces(r);
		full = arg->full;
	}
	/* An option's value is cut silently; an address says how long it was. */
	if (r->call.op == UM_GETSOCKOPT)
		full = arg->out_len;
	if (i == 1 && r->scatter)
		rc = message_scatter(r);
	else if (place->address)
		rc = guest_write(r->call.tid, place->address, arg->out, arg->out_len);
	if (rc == 0 && place->length_at)
		rc = guest_write(r->call.tid, place->length_at, &full, place->length_size);
	return rc;
}

int64_t request_encode(struct request *r, int64_t rc)
{
	uint32_t flags, count = rc;
	uint64_t zero = 0;

	if (rc < 0)
		return rc;
	if (r->call.op == UM_RECVFROM && r->word == 4)
		message_narrow_control(r);
	flags = r->call.arg[7].value;
	for (unsigned i = 0; i < UM_ARGS; i++) {
		struct place *place = &r->place[i];
		int error = 0;

		if (r->call.arg[i].out)
			error = encode_argument(r, i);
		else if (place->length_at && r->call.op == UM_RECVFROM)
			error = guest_write(r->call.tid, place->length_at, &zero,
					    place->length_size);
		if (error < 0)
			return error;
	}
	if (r->flags_at && guest_write(r->call.tid, r->flags_at, &flags, sizeof(flags)) < 0)
		return -EFAULT;
	if (r->count_at) {
		if (guest_write(r->call.tid, r->count_at, &count, sizeof(count)) < 0)
			return -EFAULT;
		return r->index + 1;
	}
	return rc;
}

bool request_next(struct request *r)
{
	if (!r->count_at || r->index + 1 >= r->count ||
	    (r->deadline && loop_now() >= r->deadline))
		return false;
	request_clear(r);
	memset(r->call.arg, 0, sizeof(r->call.arg));
	memset(r->place, 0, sizeof(r->place));
	r->flags_at = 0;
	r->index++;
	if (request_decode(r) == 0)
		return true;
	r->index--;
	return false;
}

void request_encode_time(const struct request *r)
{
	uint64_t now = loop_now();
	uint64_t left = r->deadline > now ? r->deadline - now : 0;

	if (r->deadline)
		message_write_time(r, left);
}

void request_clear(struct request *r)
{
	call_clear(&r->call);
	free(r->scatter);
	r->scatter = NULL;
	free(take_pointer(r->file.rest));
}

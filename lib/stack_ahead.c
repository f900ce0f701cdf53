/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_ahead.c - what is given before it is asked for (see wire.h).
 *
 * A spare is a socket that the engine has not heard of: a carrier and a record, whose
 * domain is AF_UNSPEC.  New ones are made one by one, when there is nothing to do.
 */
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "util.h"
#include "wire.h"

static bool wanted;
static unsigned spares, connections;	/* given or about to be, and not used yet */
static struct {
	uint64_t id[WIRE_FDS];
	int	 guest[WIRE_FDS];
	unsigned count;
} made;			/* spares that go together */

void ahead_start(void)
{
	wanted = !ends_are_kept();	/* what is given ahead comes without its A */
}

static void spares_give(void)
{
	control_give_spares(stack_ops->spare_families, made.id, made.count, made.guest);
	/* If they did not go, the hangup frees them. */
	while (made.count)
		close(made.guest[--made.count]);
}

void ahead_run(void)
{
	struct sock *s;

	if (!wanted || !stack_ops->spare_families || spares >= WIRE_SPARES ||
	    (!made.count && spares > WIRE_SPARES - WIRE_FDS))
		return;
	s = sock_new(AF_UNSPEC, SOCK_STREAM, 0);
	if (!s)
		return;
	if (carrier_open(s, false, &made.guest[made.count]) < 0) {
		sock_free(s);
		return;
	}
	s->spare = true;
	spares++;
	made.id[made.count++] = s->id;
	if (made.count == WIRE_FDS)
		spares_give();
}

void ahead_lost(struct sock *s)
{
	if (s->spare)
		spares--;
	s->spare = false;
}

/* The engine may be out of memory: then nothing is behind the carrier. */
int ahead_adopt(struct sock *s, uint64_t value)
{
	uint64_t id = s->id;
	int rc;

	if (!s->spare)
		return 0;
	ahead_lost(s);
	s->um.domain = WIRE_ADOPT_DOMAIN(value);
	s->um.protocol = WIRE_ADOPT_PROTOCOL(value);
	s->nonblock = WIRE_ADOPT_NONBLOCK(value);
	rc = stack_ops->socket(&s->um);
	if (rc >= 0)
		return 0;
	sock_free(s);
	control_gone(id);
	return rc;
}

bool ahead_room(const struct sock *listener)
{
	return wanted && connections < WIRE_CONNECTIONS &&
	       listener->listener.under_way < WIRE_CONNECTIONS_EACH;
}

int ahead_give(struct sock *listener, struct sock *connection)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int rc;

	if (stack_ops->address(&connection->um, true, &address, &len) < 0)
		len = 0;
	rc = control_give_connection(connection->id, listener->id, &address, len,
			connection->listener.guest);
	if (rc < 0)
		return rc;
	close(take_fd(&connection->listener.guest));
	connection->listener.given = true;
	listener->listener.under_way++;
	connections++;
	return 0;
}

void ahead_leave(struct sock *connection)
{
	struct sock *listener = connection->listener.parent;

	if (!connection->listener.given)
		return;
	connection->listener.given = false;
	connections--;
	if (listener)
		listener->listener.under_way--;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.c - is this the library we know?  And the functions of the library that
 * are replaced: a definition here, exported by the program, is the one that
 * the library itself calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "engine.h"
#include "inet.h"
#include "stream.h"
#include "util.h"

/* Replaced: the library's declarations are not among those of abi.h. */
uint32_t tcp_next_iss(struct stack *stack);
uint16_t inet6_chksum_pseudo(struct pbuf *p, struct ip_addr *source,
		struct ip_addr *destination, uint8_t protocol, uint32_t len);
uint16_t inet_chksum(void *data, uint16_t len);
void *mem_realloc(void *memory, size_t size);

static unsigned calls;			/* from the library to here */
static bool checksum_known;

/* The library's own begins at 6510 in every process, and never guesses. */
uint32_t tcp_next_iss(struct stack *stack)
{
	static uint32_t numbers[64];
	static unsigned left;

	calls++;
	if (!left) {
		if (getrandom(numbers, sizeof(numbers), 0) != sizeof(numbers))
			abort();
		left = ARRAY_SIZE(numbers);
	}
	return numbers[--left];
}

void engine_checksum_known(bool known)
{
	checksum_known = known;
}

/* The library's is a third of the cost of a connection. */
uint16_t inet6_chksum_pseudo(struct pbuf *p, struct ip_addr *source,
		struct ip_addr *destination, uint8_t protocol, uint32_t len)
{
	uint8_t flat[UINT16_MAX];
	size_t at = 0;

	if (checksum_known) {		/* the first call of tcp_input() */
		checksum_known = false;
		return 0;
	}
	if (!p->next)
		return inet_checksum_pseudo(source, destination, protocol, p->payload, p->len);
	for (; p && at + p->len <= sizeof(flat); p = p->next) {
		memcpy(flat + at, p->payload, p->len);
		at += p->len;
	}
	return inet_checksum_pseudo(source, destination, protocol, flat, at);
}

uint16_t inet_chksum(void *data, uint16_t len)
{
	return inet_checksum(data, len);
}

/* Only to make a packet shorter; the library goes on using the old pointer. */
void *mem_realloc(void *memory, size_t size)
{
	return memory;
}

/* The library's, too, is but free(). */
void memp_free(int type, void *memory)
{
	calls++;
	if (type == MEMP_TCP_PCB)
		pcb_freed(memory);
	free(memory);
}

/* Routes for the library's TCP: ours know which addresses are our own. */
int8_t ip_route_findpath(struct stack *stack, struct ip_addr *address,
		struct ip_addr **next_hop, struct netif **n, int *flags)
{
	static struct path path;

	if (path_find(address, 0, NULL, &path) < 0) {
		*n = NULL;
		*next_hop = NULL;
		return ERR_RTE;
	}
	*n = &path.interface->netif;
	*next_hop = &path.next_hop;
	return ERR_OK;
}

struct ip_addr_list *ip_route_select_source_ip(struct netif *n, struct ip_addr *dst,
		struct ip_addr *next_hop)
{
	return address_source((struct interface *)n, dst, next_hop);
}

static int abi_fail(const char *what, char *error, size_t size)
{
	snprintf(error, size, "this liblwipv6 is not one I know: %s", what);
	return -ENOEXEC;
}

int abi_check(struct stack *stack, char *error, size_t size)
{
	static const struct ip_addr address = { { 0, 0, 0xffff0000, 0x0100007f } };
	struct tcp_pcb *pcb, *listener;
	const char *wrong = NULL;
	struct pbuf *p;

	calls = 0;
	pcb = tcp_new(stack);
	if (!pcb)
		return abi_fail("no connection can be made", error, size);
	if (!calls)
		wrong = "it does not call the functions that replace its own";
	else if (pcb->stack != stack || pcb->ttl != 255 || pcb->mss != 1488)
		wrong = "a pcb's head";
	else if (pcb->rcv_wnd != 32768 || pcb->snd_buf != 32768 || pcb->keepalive != 7200000)
		wrong = "a pcb's window";
	else if (pcb->sv != 6 || pcb->rto != 6 || pcb->cwnd != 1 || !pcb->recv || pcb->sent)
		wrong = "a pcb's timers";
	else if (pcb->snd_nxt != pcb->lastack || pcb->snd_lbb != pcb->snd_nxt ||
		 pcb->snd_max != pcb->snd_nxt)
		wrong = "a pcb's numbers";
	if (wrong) {
		free(pcb);
		return abi_fail(wrong, error, size);
	}
	pcb->local_ip = address;
	pcb->local_port = 0x1234;
	tcp_arg(pcb, &calls);
	calls = 0;
	listener = tcp_listen(pcb);
	if (!listener || stack->tcp_listen_pcbs != listener || listener->state != LISTEN ||
	    listener->local_port != 0x1234 || listener->callback_arg != &calls)
		return abi_fail("a listener", error, size);
	if (!calls)
		return abi_fail("it frees memory by itself", error, size);
	tcp_close(listener);
	if (stack->tcp_listen_pcbs)
		return abi_fail("the list of listeners", error, size);
	p = pbuf_alloc(PBUF_RAW, 1000, PBUF_RAM);
	if (!p || p->len != 1000 || p->tot_len != 1000 || p->ref != 1 || p->next ||
	    (uint8_t *)p->payload != (uint8_t *)p + sizeof(*p))
		return abi_fail("a packet", error, size);
	pbuf_free(p);
	return 0;
}

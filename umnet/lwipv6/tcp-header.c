/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-header.c - the options of TCP headers: those that come are looked at; those that go are added to the
 * library's, which knows only the segment size.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "inet.h"
#include "stream.h"

static bool syn_offers_sack;		/* the SYN at hand */

bool options_valid(const uint8_t *o, size_t len, bool syn)
{
	for (size_t at = 0; at < len; ) {
		if (o[at] == TCPOPT_EOL)
			return true;
		if (o[at] == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (at + 2 > len || o[at + 1] < 2 || at + o[at + 1] > len)
			return false;
		if (o[at] == TCPOPT_MAXSEG && syn &&
		    (o[at + 1] != 4 || (o[at + 2] << 8 | o[at + 3]) < STREAM_MSS_MIN))
			return false;
		at += o[at + 1];
	}
	return true;
}

static bool option_find(const uint8_t *o, size_t len, uint8_t kind)
{
	for (size_t at = 0; at < len && o[at] != TCPOPT_EOL; at += o[at] == TCPOPT_NOP ? 1 : o[at + 1])
		if (o[at] == kind)
			return true;
	return false;
}

/* Of a pcb in SYN_RCVD, for which there is no stream yet: did its SYN offer SACK?  The field
   is the library's for a callback that is never set. */
static uint8_t *syn_sack_bit(struct tcp_pcb *pcb)
{
	return &pcb->pollinterval;
}

bool tcp_sack_offered(struct tcp_pcb *pcb)
{
	return *syn_sack_bit(pcb);
}

void options_begin(struct tcp_pcb *pcb, const struct tcphdr *h, const uint8_t *options)
{
	syn_offers_sack = h->syn && option_find(options, h->doff * 4 - sizeof(*h), TCPOPT_SACK_PERMITTED);
	if (pcb && pcb->state == SYN_SENT && pcb->callback_arg && h->ack)
		((struct stream *)pcb->callback_arg)->recover.sack = syn_offers_sack;
}

void options_end(struct tcp_pcb *pcb, const struct tcphdr *h)
{
	if (pcb && pcb->state == SYN_RCVD && h->syn) {
		*syn_sack_bit(pcb) = syn_offers_sack;
		pcb->rto = 2;
	}
	syn_offers_sack = false;
}

/* May the peer of this SYN|ACK be told that we know SACK? */
static bool syn_answers_sack(const struct ip_addr *from, const struct ip_addr *to, const struct tcphdr *h)
{
	struct tcp_pcb *pcb;

	if (!h->ack || syn_offers_sack)
		return true;
	pcb = pcb_find(from, ntohs(h->source), to, ntohs(h->dest), false);
	return pcb && pcb->state == SYN_RCVD && *syn_sack_bit(pcb);
}

/* A SYN must not announce a larger segment than fits. */
static void syn_clamp(uint8_t *options, size_t len, unsigned most)
{
	if (len >= 4 && options[0] == TCPOPT_MAXSEG && (options[2] << 8 | options[3]) > (int)most) {
		options[2] = most >> 8;
		options[3] = most;
	}
}

size_t tcp_dress(uint8_t *ip, size_t len, uint32_t mtu)
{
	static const uint8_t permitted[4] = { TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK_PERMITTED, 2 };
	bool v6 = ip[0] >> 4 == 6;
	size_t head = v6 ? 40 : 20, more = 0;
	struct ip_addr source, destination;
	uint8_t *tcp = ip + head;
	struct tcphdr h;

	if (len < head + sizeof(h))
		return len;
	memcpy(&h, tcp, sizeof(h));
	if (h.doff * 4u + head != len || (!h.syn && (h.rst || !h.ack)))
		return len;		/* with data; options are for those without */
	if (v6) {
		memcpy(&source, ip + 8, 16);
		memcpy(&destination, ip + 24, 16);
	} else {
		source = destination = address_any4;
		memcpy(&source.addr[3], ip + 12, 4);
		memcpy(&destination.addr[3], ip + 16, 4);
	}
	if (h.syn)
		syn_clamp(tcp + sizeof(h), len - head - sizeof(h), mtu - head - 20);
	if (!h.syn)
		more = order_sack(&source, &destination, &h, ip + len);
	else if (syn_answers_sack(&source, &destination, &h))
		memcpy(ip + len, permitted, more = sizeof(permitted));
	if (!h.syn && !more)
		return len;
	len += more;
	h.doff += more / 4;
	h.check = 0;
	memcpy(tcp, &h, sizeof(h));
	h.check = inet_checksum_pseudo(&source, &destination, IPPROTO_TCP, tcp, len - head);
	memcpy(tcp, &h, sizeof(h));
	inet_set_length(ip, len);
	return len;
}

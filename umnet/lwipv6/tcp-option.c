/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp-option.c - TCP's own socket options. */
#include <errno.h>
#include <netinet/tcp.h>

#include "stream.h"

#define MAXSEG_MIN	88

/* The library's states in Linux's numbers. */
static const uint8_t linux_state[] = {
	[CLOSED] = TCP_CLOSE, [LISTEN] = TCP_LISTEN, [SYN_SENT] = TCP_SYN_SENT,
	[SYN_RCVD] = TCP_SYN_RECV, [ESTABLISHED] = TCP_ESTABLISHED,
	[FIN_WAIT_1] = TCP_FIN_WAIT1, [FIN_WAIT_2] = TCP_FIN_WAIT2,
	[CLOSE_WAIT] = TCP_CLOSE_WAIT, [CLOSING] = TCP_CLOSING,
	[LAST_ACK] = TCP_LAST_ACK, [TIME_WAIT] = TCP_TIME_WAIT,
};

uint8_t stream_linux_state(uint32_t state)
{
	return state <= TIME_WAIT ? linux_state[state] : TCP_CLOSE;
}

void stream_apply_options(struct stream *s)
{
	const struct sockopt *o = &s->e.options;
	struct tcp_pcb *pcb = s->pcb;
	bool v4 = address_is_v4(&s->remote);
	int most = sockopt_value(o, IPPROTO_TCP, TCP_MAXSEG);

	if (!pcb || s->state == STREAM_LISTENING)
		return;
	pcb->ttl = v4 ? sockopt_value(o, IPPROTO_IP, IP_TTL) :
		sockopt_value(o, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	pcb->tos = v4 ? sockopt_value(o, IPPROTO_IP, IP_TOS) :
		sockopt_value(o, IPPROTO_IPV6, IPV6_TCLASS);
	/* Before the handshake it is what our SYN announces. */
	if (most >= STREAM_MSS_MIN && most < pcb->mss)
		pcb->mss = most;
}

/* How long Linux waits, which counts in SYNs sent again after 1, 2, 4 ... s. */
static int defer_round(int seconds)
{
	int period = 1, timeout = 1;

	if (seconds <= 0)
		return 0;
	for (int k = 1; k < 255 && seconds > period; k++) {
		timeout = timeout * 2 > 120 ? 120 : timeout * 2;
		period += timeout;
	}
	return period;
}

/* What Linux makes of a value, or -EINVAL. */
static int option_adjust(const struct stream *s, int name, int *value)
{
	bool fresh = s->state == STREAM_IDLE || s->state == STREAM_CLOSED;

	switch (name) {
	case TCP_MAXSEG:
		return *value && *value < MAXSEG_MIN ? -EINVAL : 0;
	case TCP_DEFER_ACCEPT:
		*value = defer_round(*value);
		return 0;
	case TCP_LINGER2:
		*value = *value < 0 ? -1 : *value > 120 ? 120 : *value ? : 60;
		return 0;
	case TCP_FASTOPEN:
		return *value < 0 || (!fresh && s->state != STREAM_LISTENING) ? -EINVAL : 0;
	case TCP_FASTOPEN_CONNECT:
		return *value < 0 || *value > 1 || !fresh ? -EINVAL : 0;
	}
	return 0;
}

static int stream_set_tcp(struct stream *s, int name, const void *value, socklen_t len)
{
	struct endpoint *e = &s->e;
	int v, rc;

	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, value, sizeof(v));
	rc = option_adjust(s, name, &v);
	/* There are no Fast Open cookies: as with a peer that has none. */
	if (rc == 0)
		rc = sockopt_set(&e->options, e->sock->domain, IPPROTO_TCP, name, &v, sizeof(v));
	if (rc < 0)
		return rc;
	if (name == TCP_QUICKACK)
		s->quick = v ? QUICK_ACKS : 0;
	if (name == TCP_NODELAY && v)
		s->tail_push = s->tail_len;	/* even if it is corked, as in Linux */
	stream_apply_options(s);
	stream_dirty(s);		/* what waited may go now */
	return 0;
}

int stream_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len)
{
	struct stream *s = (struct stream *)e;
	int rc;

	if (level == IPPROTO_UDP)
		return -ENOPROTOOPT;
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return len >= 4 && !memcmp(value, "reno", 4) ? 0 : -ENOENT;
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && e->sock->domain == AF_INET6 &&
	    s->port_taken)
		return -EINVAL;
	if (level == IPPROTO_TCP)
		return stream_set_tcp(s, name, value, len);
	rc = sockopt_set(&e->options, e->sock->domain, level, name, value, len);
	if (rc == 0)
		stream_apply_options(s);
	return rc;
}

void stream_info(const struct stream *s, struct tcp_info *info)
{
	const struct tcp_pcb *pcb = s->pcb;
	const struct recover *r = &s->recover;

	memset(info, 0, sizeof(*info));
	info->tcpi_state = s->state == STREAM_LISTENING ? TCP_LISTEN :
		pcb ? linux_state[pcb->state <= TIME_WAIT ? pcb->state : 0] :
		s->fin_received ? TCP_TIME_WAIT : TCP_CLOSE;
	info->tcpi_rcv_space = STREAM_WINDOW;
	if (!pcb || s->state == STREAM_LISTENING)
		return;
	info->tcpi_retransmits = pcb->state == SYN_SENT ? s->syns : r->backoff;
	info->tcpi_backoff = info->tcpi_retransmits;
	info->tcpi_ca_state = r->state == RECOVER_FAST ? TCP_CA_Recovery :
		r->state == RECOVER_TIMEOUT ? TCP_CA_Loss : TCP_CA_Open;
	info->tcpi_options = r->sack ? TCPI_OPT_SACK : 0;
	info->tcpi_total_retrans = r->resent + s->syns;
	info->tcpi_probes = s->probes;
	info->tcpi_rto = (r->rto ? : 1000) * 1000u;
	info->tcpi_ato = 40000;
	info->tcpi_snd_mss = info->tcpi_rcv_mss = info->tcpi_advmss = pcb->mss;
	info->tcpi_unacked = (pcb->snd_nxt - pcb->lastack + pcb->mss - 1) / pcb->mss;
	info->tcpi_rtt = r->srtt * 125;		/* of 1/8 ms */
	info->tcpi_rttvar = r->rttvar * 250;
	info->tcpi_snd_ssthresh = pcb->ssthresh / pcb->mss;
	info->tcpi_snd_cwnd = pcb->cwnd / pcb->mss;
	info->tcpi_pmtu = pcb->mss + (address_is_v4(&s->remote) ? 40 : 60);
}

int stream_queued(const struct endpoint *e, bool unsent)
{
	const struct stream *s = (const struct stream *)e;
	const struct tcp_pcb *pcb = s->pcb;

	if (!pcb || s->state != STREAM_OPEN)
		return 0;
	return pcb->snd_lbb - (unsent ? pcb->snd_nxt : pcb->lastack) + s->tail_len;
}

int stream_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len)
{
	struct stream *s = (struct stream *)e;
	struct tcp_info info;
	int number;

	if (level == IPPROTO_UDP)
		return e->sock->domain == AF_INET ? -EOPNOTSUPP : -ENOPROTOOPT;
	if (level == IPPROTO_TCP && name == TCP_INFO) {
		stream_info(s, &info);
		if (*len > sizeof(info))
			*len = sizeof(info);
		memcpy(value, &info, *len);
		return 0;
	}
	if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
		if (*len > 16)
			*len = 16;
		memcpy(value, "reno\0\0\0\0\0\0\0\0\0\0\0", *len);
		return 0;
	}
	if ((level == IPPROTO_TCP && name == TCP_MAXSEG) ||
	    (level == IPPROTO_IP && name == IP_MTU) ||
	    (level == IPPROTO_IPV6 && name == IPV6_MTU)) {
		if (level != IPPROTO_TCP && s->state != STREAM_OPEN)
			return -ENOTCONN;
		number = s->pcb && s->state == STREAM_OPEN ? s->pcb->mss :
			sockopt_value(&e->options, level, name);
		if (!number)
			number = 536;
		if (level != IPPROTO_TCP)
			number += address_is_v4(&s->remote) ? 40 : 60;
		if (*len > sizeof(number))
			*len = sizeof(number);
		memcpy(value, &number, *len);
		return 0;
	}
	return sockopt_get(&e->options, e->sock->domain, level, name, value, len);
}

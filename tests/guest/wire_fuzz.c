/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_fuzz.c PATH SEED FRAMES - the far end of a unix:// cable, from which come frames that are
 * wrong in every way: random bytes; ARP, IP, IPv6, ICMP, UDP, TCP with wrong lengths, options,
 * extension headers, checksums; fragments and SYNs in numbers; and, in connections that are open,
 * segments with any flags and any sequence numbers near the right ones.
 *
 * The stack is 10.0.0.1, fc00::1 with the MAC address 02:02:00:00:00:01 and has a TCP and a UDP
 * server at port 5000 (carry.py) and a listener that never accepts at 5001.  In the end it must answer a
 * ping of each family and serve a connection.  Status 0: it did.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "say.h"

#define MAC_STACK	"\x02\x02\x00\x00\x00\x01"
#define MAC_OURS	"\x02\x02\x00\x00\x00\x02"
#define FRAME_MAX	65550
#define CONNECTIONS	32		/* open at a time */
#define OPENED_MAX	600		/* in all: each is a thread of the server's */
#define FIN 1
#define SYN 2
#define RST 4
#define PSH 8
#define ACK 16

static const uint8_t stack4[4] = { 10, 0, 0, 1 }, ours4[4] = { 10, 0, 0, 2 };
static const uint8_t stack6[16] = { 0xfc, [15] = 1 }, ours6[16] = { 0xfc, [15] = 2 };
static int wire;
static uint32_t state;
static bool pinged[2];

static struct connection {
	bool v6, open;
	uint16_t port;
	uint32_t seq, ack;	/* ours, the stack's next */
	uint8_t got[64];
	size_t count;
} connections[CONNECTIONS];
static unsigned opened;

static uint32_t any(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return below ? state % below : 0;
}

static void put16(uint8_t *at, unsigned v) { at[0] = v >> 8; at[1] = v; }
static void put32(uint8_t *at, uint32_t v) { put16(at, v >> 16); put16(at + 2, v); }
static unsigned get16(const uint8_t *at) { return at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

static void fill(uint8_t *at, size_t n)
{
	while (n--)
		*at++ = any(256);
}

static uint32_t sum(uint32_t s, const uint8_t *p, size_t n)
{
	for (; n > 1; n -= 2, p += 2)
		s += get16(p);
	return n ? s + (*p << 8) : s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static void transmit(const uint8_t *frame, size_t len)
{
	if (send(wire, frame, len, MSG_NOSIGNAL) < 0 && errno != EMSGSIZE) {
		note("the stack is gone: %s", strerror(errno));
		exit(1);
	}
}

/* --- packets that are right --- */

/* The frame's head for a packet of `len` bytes after the IP header; returns where they are. */
static uint8_t *packet(uint8_t *f, bool v6, uint8_t protocol, size_t len)
{
	memcpy(f, MAC_STACK MAC_OURS, 12);
	put16(f + 12, v6 ? 0x86dd : 0x0800);
	f += 14;
	memset(f, 0, 40);
	if (v6) {
		f[0] = 0x60;
		put16(f + 4, len);
		f[6] = protocol;
		f[7] = 255;
		memcpy(f + 8, ours6, 16);
		memcpy(f + 24, stack6, 16);
		return f + 40;
	}
	f[0] = 0x45;
	put16(f + 2, 20 + len);
	put16(f + 4, any(65536));
	f[8] = 64;
	f[9] = protocol;
	memcpy(f + 12, ours4, 4);
	memcpy(f + 16, stack4, 4);
	return f + 20;
}

/* Makes the checksums right; `at` is that of the protocol in its header, -1 none. */
static void seal(uint8_t *f, bool v6, uint8_t protocol, uint8_t *body, size_t len, int at)
{
	uint32_t s = protocol + len;

	if (!v6) {
		put16(f + 14 + 10, 0);
		put16(f + 14 + 10, fold(sum(0, f + 14, (f[14] & 15) * 4)));
	}
	if (at < 0 || (size_t)at + 2 > len)
		return;
	put16(body + at, 0);
	if (v6)
		s = sum(s, f + 14 + 8, 32);
	else
		s = protocol == IPPROTO_ICMP ? 0 : sum(s, f + 14 + 12, 8);
	put16(body + at, fold(sum(s, body, len)));
}

static void segment(const struct connection *c, uint16_t to, uint32_t seq, uint32_t ack, unsigned flags,
		    unsigned window, const uint8_t *options, size_t option_len, const void *data, size_t len)
{
	static uint8_t f[FRAME_MAX];
	size_t head = 20 + (option_len + 3) / 4 * 4;
	uint8_t *t = packet(f, c->v6, IPPROTO_TCP, head + len);

	memset(t, 0, head);
	put16(t, c->port);
	put16(t + 2, to);
	put32(t + 4, seq);
	put32(t + 8, ack);
	t[12] = head / 4 << 4;
	t[13] = flags;
	put16(t + 14, window);
	memcpy(t + 20, options, option_len);
	memcpy(t + head, data, len);
	seal(f, c->v6, IPPROTO_TCP, t, head + len, 16);
	transmit(f, t + head + len - f);
}

static void plain(struct connection *c, unsigned flags, const void *data, size_t len)
{
	segment(c, 5000, c->seq, c->ack, flags, 60000, (const uint8_t *)"", 0, data, len);
}

static void ping(bool v6)
{
	static uint8_t f[256];
	uint8_t *p = packet(f, v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 64);

	memset(p, 0, 64);
	p[0] = v6 ? 128 : 8;
	memcpy(p + 4, "ping", 4);
	seal(f, v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, p, 64, 2);
	transmit(f, p + 64 - f);
}

/* --- what the stack says --- */

static void answer_arp(const uint8_t *f)
{
	uint8_t r[42];

	memcpy(r, MAC_STACK MAC_OURS "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02" MAC_OURS, 28);
	memcpy(r + 28, f + 38, 4);
	memcpy(r + 32, f + 22, 10);
	transmit(r, sizeof r);
}

static void answer_nd(const uint8_t *f)
{
	static uint8_t r[128];
	uint8_t *p = packet(r, true, IPPROTO_ICMPV6, 32);

	memset(p, 0, 32);
	p[0] = 136;
	p[4] = 0x60;
	memcpy(p + 8, f + 14 + 40 + 8, 16);
	memcpy(p + 24, "\x02\x01" MAC_OURS, 8);
	memcpy(r + 14 + 24, f + 14 + 8, 16);
	memcpy(r + 14 + 8, p + 8, 16);
	seal(r, true, IPPROTO_ICMPV6, p, 32, 2);
	transmit(r, p + 32 - r);
}

static void hear_tcp(const uint8_t *t, size_t len, bool v6)
{
	struct connection *c;
	size_t head, data;

	for (c = connections; c < connections + CONNECTIONS; c++)
		if (c->port && c->port == get16(t + 2) && c->v6 == v6)
			break;
	if (c == connections + CONNECTIONS || len < 20)
		return;
	head = (t[12] >> 4) * 4;
	data = len > head ? len - head : 0;
	if (t[13] & RST) {
		c->port = 0;
	} else if (t[13] & SYN) {
		c->ack = get32(t + 4) + 1;
		c->open = true;
		plain(c, ACK, "", 0);
	} else if (get32(t + 4) == c->ack && (data || t[13] & FIN)) {
		for (size_t i = 0; i < data && c->count < sizeof c->got; i++)
			c->got[c->count++] = t[head + i];
		c->ack += data + (t[13] & FIN);
		plain(c, ACK, "", 0);
	}
}

static void hear(const uint8_t *f, size_t len)
{
	const uint8_t *ip = f + 14;

	if (len >= 42 && get16(f + 12) == 0x0806 && get16(f + 20) == 1 && !memcmp(f + 38, ours4, 4)) {
		answer_arp(f);
	} else if (len >= 34 && get16(f + 12) == 0x0800 && !memcmp(ip + 16, ours4, 4)) {
		if (ip[9] == IPPROTO_TCP)
			hear_tcp(ip + 20, get16(ip + 2) - 20, false);
		if (ip[9] == IPPROTO_ICMP && len >= 42 && ip[20] == 0 && !memcmp(ip + 24, "ping", 4))
			pinged[0] = true;
	} else if (len >= 78 && get16(f + 12) == 0x86dd) {
		if (ip[6] == IPPROTO_ICMPV6 && ip[40] == 135 && !memcmp(ip + 48, ours6, 16))
			answer_nd(f);
		if (ip[6] == IPPROTO_ICMPV6 && ip[40] == 129 && len >= 62 && !memcmp(ip + 44, "ping", 4))
			pinged[1] = true;
		if (ip[6] == IPPROTO_TCP)
			hear_tcp(ip + 40, get16(ip + 4), true);
	}
}

static void listen_for(int ms)
{
	static uint8_t f[FRAME_MAX];
	struct pollfd p = { wire, POLLIN, 0 };
	ssize_t n;

	if (ms && poll(&p, 1, ms) <= 0)
		return;
	while ((n = recv(wire, f, sizeof f, MSG_DONTWAIT)) > 0)
		hear(f, n);
	if (n == 0) {
		note("the stack is gone");
		exit(1);
	}
}

/* --- packets that are wrong --- */

static size_t size(void)
{
	return any(40) == 0 ? any(65000) : any(6) == 0 ? any(1500) : any(120);
}

static size_t tcp_options(uint8_t *o)
{
	size_t len = 0;

	if (any(3) == 0)
		return 0;
	if (any(3) == 0) {
		len = any(41);
		fill(o, len);
		return len;
	}
	while (len < 32 && any(4)) {
		o[len] = any(10) ? any(9) : any(256);
		o[len + 1] = any(4) ? 2 + any(7) : any(256);
		fill(o + len + 2, 6);
		len += any(4) ? 2 + any(7) : 1;
	}
	return len;
}

static void wrong_tcp(void)
{
	struct connection *c = &connections[any(CONNECTIONS)];
	static uint8_t data[FRAME_MAX];
	static const int flags[] = { ACK, ACK | PSH, ACK, ACK | FIN, RST, RST | ACK, SYN, SYN | ACK, 0, 255 };
	uint8_t options[64];
	size_t len = any(3) ? any(1400) : any(3) ? 0 : any(20000);
	unsigned flag = any(4) ? ACK | (any(2) ? PSH : 0) : flags[any(any(50) ? 4 : 10)];
	uint32_t seq = c->seq, ack = c->ack;

	if (!c->open) {
		if (opened >= OPENED_MAX && c->port)
			return;
		*c = (struct connection){ .v6 = any(2), .port = 1024 + any(60000), .seq = any(0) };
		segment(c, 5000, c->seq - 1, 0, SYN, any(65536), options, 0, "", 0);
		opened++;
		return;
	}
	if (!c->count && any(20) == 0) {	/* something for the stack to send */
		plain(c, ACK | PSH, "get 300000 0\n", 13);
		c->seq += 13;
		return;
	}
	fill(data, len < 64 ? len : 64);
	if (any(3))
		seq += any(5) ? any(4000) - 2000 : any(70000) - 1000;
	else if (any(10) == 0)
		c->seq += len;
	if (any(8) == 0)
		ack += any(3) ? any(20000) - 10000 : any(0);
	segment(c, 5000, seq, ack, flag, any(3) ? 60000 : any(200), options, tcp_options(options), data, len);
	if (any(500) == 0)
		c->open = false, c->port = 0;
}

static void flood(void)
{
	struct connection c = { .v6 = any(2), .port = any(65536) };
	uint8_t options[64];

	segment(&c, any(4) ? 5001 : any(65536), any(0), any(0), SYN | (any(10) ? 0 : any(256)), any(65536), options,
		tcp_options(options), "12345678", any(9));
}

/* An IP packet of any protocol, its payload any, then bytes of it changed. */
static void wrong_packet(void)
{
	static const uint8_t protocols[] = { 1, 1, 2, 6, 17, 17, 58, 58, 58, 0, 43, 44, 44, 60, 59, 51, 255, 132 };
	static uint8_t f[FRAME_MAX];
	bool v6 = any(2);
	uint8_t protocol = any(10) ? protocols[any(sizeof protocols)] : any(256), *body;
	size_t len = size(), total, n;

	body = packet(f, v6, protocol, len);
	fill(body, len < 200 ? len : 200);
	if (protocol == IPPROTO_UDP && len >= 8) {
		put16(body + 2, any(3) ? 5000 : any(65536));
		put16(body + 4, any(3) ? len : any(65536));
	} else if (protocol == IPPROTO_ICMP && len) {
		body[0] = any(20);
	} else if (protocol == IPPROTO_ICMPV6 && len > 8) {
		body[0] = any(4) ? 127 + any(20) : any(10);
		body[1] = any(3);
		if (len >= 24 && any(2))
			memcpy(body + 8, any(2) ? stack6 : ours6, 16);
	} else if (v6 && len > 8) {	/* extension headers */
		body[0] = protocols[any(sizeof protocols)];
		body[1] = any(3) ? any(4) : any(256);
		for (n = 8; n + 8 < len && n < 190; n += 8) {
			body[n] = any(3) ? protocols[any(sizeof protocols)] : body[n];
			body[n + 1] = any(3) ? 0 : any(256);
		}
	}
	if (any(4) == 0)
		memcpy(v6 ? f + 14 + 8 : f + 14 + 12, v6 ? stack6 : stack4, v6 ? 16 : 4);
	if (any(8) == 0)	/* to a group */
		memcpy(v6 ? f + 14 + 24 : f + 14 + 16, v6 ? "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01" : "\xff\xff\xff\xff", v6 ? 16 : 4);
	seal(f, v6, protocol, body, len, protocol == IPPROTO_UDP ? 6 : protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6 ? 2 : -1);
	total = body + len - f;
	for (n = any(3) ? 0 : any(5); n; n--)
		f[14 + any(any(2) ? 20 : total - 14)] = any(256);
	if (any(3) == 0 && !v6)
		seal(f, v6, protocol, body, len, -1);
	if (any(6) == 0)
		total = any(total + 1);
	if (total)		/* an empty message is an end */
		transmit(f, total);
}

static void fragment(void)
{
	static uint8_t f[FRAME_MAX];
	bool v6 = any(2), more = any(4);
	size_t len = any(5) ? any(180) * 8 : any(1480), at = any(3) ? any(1500) * 8 : any(8) ? any(5) * 8 : any(8192) * 8;
	uint8_t *body = packet(f, v6, v6 ? IPPROTO_FRAGMENT : IPPROTO_UDP, len + (v6 ? 8 : 0));

	if (v6) {
		memset(body, 0, 8);
		body[0] = any(6) ? IPPROTO_UDP : any(256);
		put16(body + 2, at | more);
		put32(body + 4, any(20));
		body += 8;
	} else {
		put16(f + 14 + 4, any(20));
		put16(f + 14 + 6, at / 8 | (more ? 0x2000 : 0) | (any(20) ? 0 : 0x8000));
	}
	fill(body, len < 64 ? len : 64);
	seal(f, v6, 0, body, len, -1);
	transmit(f, body + len - f);
}

static void wrong_arp(void)
{
	uint8_t f[100];
	size_t len = 14 + 28;

	memcpy(f, any(2) ? MAC_STACK : "\xff\xff\xff\xff\xff\xff", 6);
	memcpy(f + 6, MAC_OURS "\x08\x06\x00\x01\x08\x00\x06\x04\x00", 15);
	f[21] = any(4);
	fill(f + 22, 70);
	memcpy(f + 28, "\x0a\x00\x00", 3);
	memcpy(f + 38, stack4, 4);
	if (any(3) == 0)
		f[14 + any(28)] = any(256);
	if (any(3) == 0)
		len = 1 + any(90);
	transmit(f, len);
}

static void noise(void)
{
	static uint8_t f[FRAME_MAX];
	size_t len = any(10) ? size() + 1 : 1 + any(20);

	fill(f, len < 300 ? len : 300);
	memcpy(f, MAC_STACK, 6);
	if (any(4))
		put16(f + 12, any(2) ? 0x86dd : any(4) ? 0x0800 : 0x0806);
	if (any(2))
		f[14] = any(2) ? 0x45 : 0x60;
	transmit(f, len);
}

/* --- does it still serve? --- */

/* Hears until the connection is open, or has brought `count` bytes; a second at most. */
static bool comes(const struct connection *c, size_t count)
{
	int64_t end = now_ms() + 1000;

	while (now_ms() < end && c->port && !(count ? c->count >= count : c->open))
		listen_for(50);
	return count ? c->count >= count : c->open;
}

/* The server may still be busy with what the frames opened. */
static bool served(bool v6)
{
	struct connection *c = &connections[0];

	for (int k = 0; k < 15; k++) {
		*c = (struct connection){ .v6 = v6, .port = 1024 + any(60000), .seq = any(0) };
		segment(c, 5000, c->seq - 1, 0, SYN, 60000, (const uint8_t *)"", 0, "", 0);
		if (!comes(c, 0))
			continue;
		plain(c, ACK | PSH, "get 60 0\n", 9);
		c->seq += 9;
		if (comes(c, 60))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static void (*const wrong[])(void) = {
		wrong_tcp, wrong_tcp, wrong_tcp, wrong_packet, wrong_packet, wrong_packet, fragment, fragment, flood,
		wrong_arp, noise,
	};
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	bool good[4] = { false };

	if (argc < 4)
		return 2;
	state = atoi(argv[2]) * 2654435761u | 1;
	strncpy(a.sun_path, argv[1], sizeof a.sun_path - 1);
	must(bind(listener, (struct sockaddr *)&a, sizeof a), "bind");
	must(chmod(argv[1], 0777), "chmod");
	must(listen(listener, 1), "listen");
	must(wire = accept(listener, NULL, NULL), "accept");
	/* When the server answers. */
	for (int i = 0; i < 30 && !served(false); i++)
		pause_ms(200);
	for (long n = atol(argv[3]); n > 0; n--) {
		wrong[any(sizeof wrong / sizeof wrong[0])]();
		listen_for(0);
	}
	for (int i = 0; i < 50 && !(pinged[0] && pinged[1]); i++) {
		ping(false);
		ping(true);
		listen_for(200);
	}
	good[0] = pinged[0];
	good[1] = pinged[1];
	good[2] = served(false);
	good[3] = served(true);
	note("ping %d, ping6 %d, TCP %d, TCP over IPv6 %d", good[0], good[1], good[2], good[3]);
	return good[0] && good[1] && good[2] && good[3] ? 0 : 1;
}

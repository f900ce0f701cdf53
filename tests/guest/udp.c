/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp.c 4|6 - datagrams: boundaries, addresses, truncation, many at once. */
#include "net.h"

static int bound(struct address *a)
{
	struct address any = address_of(NULL, 0);
	int fd = socket(family, SOCK_DGRAM, 0);

	must(bind(fd, SA(&any), any.len), "bind");
	*a = name_of(fd);
	return fd;
}

static void say_from(const char *what, const struct address *from, const struct address *expected)
{
	note("%s: length %u, %s", what, from->len,
	     port_of(&from->a) == port_of(&expected->a) ? "the sender's port" : "another port");
}

static void to_and_from(void)
{
	struct address a, b, from = { .len = sizeof from.a };
	int one = bound(&a), two = bound(&b);
	char text[32] = "";

	say("recv of nothing", recv(two, text, sizeof text, MSG_DONTWAIT));
	say_events("empty", events_of(two, 0, 0));
	say("sendto", sendto(one, "hello", 5, 0, SA(&b), b.len));
	say_events("filled", events_of(two, POLLIN, 1000));
	say("recvfrom", recvfrom(two, text, sizeof text, 0, SA(&from), &from.len));
	say_from("from", &from, &a);
	note("%s", text);
	say("sendto nothing", sendto(one, "", 0, 0, SA(&b), b.len));
	say_events("an empty datagram", events_of(two, POLLIN, 1000));
	from.len = sizeof from.a;
	say("recvfrom", recvfrom(two, text, sizeof text, 0, SA(&from), &from.len));
	say_from("from", &from, &a);
	say("send without a peer", send(one, "x", 1, 0));
	say("write without a peer", write(one, "x", 1));
	say("sendto, short address", sendto(one, "x", 1, 0, SA(&b), 3));
	say("sendto port 0", sendto(one, "x", 1, 0, SA(&(struct address[1]){ address_of(NULL, 0) }[0]), b.len));
	say("sendto too much", sendto(one, calloc(1, 70000), 70000, 0, SA(&b), b.len));
	from.len = 4;
	sendto(one, "y", 1, 0, SA(&b), b.len);
	events_of(two, POLLIN, 1000);
	say("recvfrom, little room for the address", recvfrom(two, text, sizeof text, 0, SA(&from), &from.len));
	say("the length it would have", from.len);
	close(one);
	close(two);
}

static void truncation(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b);
	char text[4];
	struct iovec iov = { text, sizeof text };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int i, n = -1;

	for (i = 0; i < 5; i++)
		sendto(one, "0123456789", 10, 0, SA(&b), b.len);
	events_of(two, POLLIN, 1000);
	say("FIONREAD", ioctl(two, FIONREAD, &n));
	note("%d bytes", n);
	say("peek", recv(two, text, 4, MSG_PEEK));
	say("peek, true length", recv(two, text, 4, MSG_PEEK | MSG_TRUNC));
	say("recv", recv(two, text, 4, 0));
	say("true length", recv(two, text, 4, MSG_TRUNC));
	say("recvmsg", recvmsg(two, &m, 0));
	note("MSG_TRUNC %d", !!(m.msg_flags & MSG_TRUNC));
	say("read", read(two, text, 4));
	say("recv of no room", recv(two, text, 0, 0));
	say("none left", recv(two, text, 4, MSG_DONTWAIT));
	close(one);
	close(two);
}

static void connected(void)
{
	struct address a, b, c, none = { .len = sizeof none.a }, peer = { .len = sizeof peer.a };
	int one = bound(&a), two = bound(&b), three = bound(&c);
	char text[32] = "";

	say("connect", connect(one, SA(&b), b.len));
	say("getpeername", getpeername(one, SA(&peer), &peer.len));
	say_from("peer", &peer, &b);
	say("send", send(one, "1", 1, 0));
	say("write", write(one, "22", 2));
	say("sendto with its own address", sendto(one, "333", 3, 0, SA(&c), c.len));
	events_of(two, POLLIN, 1000);
	say("recv", recv(two, text, sizeof text, 0));
	say("read", read(two, text, sizeof text));
	events_of(three, POLLIN, 1000);
	say("of the third", recv(three, text, sizeof text, 0));
	sendto(three, "stranger", 8, 0, SA(&a), a.len);
	sendto(two, "friend", 6, 0, SA(&a), a.len);
	events_of(one, POLLIN, 1000);
	pause_ms(50);
	say("only the peer's", recv(one, text, sizeof text, 0));
	say("nothing else", recv(one, text, sizeof text, MSG_DONTWAIT));
	none.a.ss_family = AF_UNSPEC;
	say("dissolve", connect(one, SA(&none), sizeof(struct sockaddr)));
	say("getpeername", getpeername(one, SA(&peer), &peer.len));
	close(one);
	close(two);
	close(three);
}

static void refused(void)
{
	struct address a = closed_port(SOCK_DGRAM);
	int fd = socket(family, SOCK_DGRAM, 0);
	char byte;

	say("connect", connect(fd, SA(&a), a.len));
	say("send", send(fd, "x", 1, 0));
	say_events("refused", events_of(fd, POLLERR, 1000));
	say("recv", recv(fd, &byte, 1, MSG_DONTWAIT));
	say("recv again", recv(fd, &byte, 1, MSG_DONTWAIT));
	send(fd, "x", 1, 0);
	events_of(fd, POLLERR, 1000);
	say_error("refused", fd);
	say_error("read once", fd);
	close(fd);
}

/* recv and recvfrom in turn: each address belongs to its own datagram. */
static void mixed(void)
{
	struct address a[3], b, from;
	int i, n, two = bound(&b), one[3];
	char text[32];
	bool right = true;

	for (i = 0; i < 3; i++)
		one[i] = bound(&a[i]);
	for (i = 0; i < 30; i++) {
		n = sprintf(text, "%d", i);
		sendto(one[i % 3], text, n, 0, SA(&b), b.len);
	}
	pause_ms(100);
	for (i = 0; i < 30; i++) {
		from.len = sizeof from.a;
		if (i % 5 < 2)
			n = recv(two, text, sizeof text - 1, MSG_DONTWAIT);
		else
			n = recvfrom(two, text, sizeof text - 1, MSG_DONTWAIT, SA(&from), &from.len);
		text[n < 0 ? 0 : n] = '\0';
		if (n < 0 || atoi(text) != i)
			right = false, note("datagram %d: '%s'", i, n < 0 ? "none" : text);
		else if (i % 5 >= 2 && port_of(&from.a) != port_of(&a[i % 3].a))
			right = false, note("datagram %d: another's address", i);
	}
	note("order and addresses: %s", right ? "right" : "wrong");
	for (i = 0; i < 3; i++)
		close(one[i]);
	close(two);
}

static void messages(void)
{
	struct address a, b, names[4];
	int i, n, done, one = bound(&a), two = bound(&b);
	char out[4][8] = { "a", "bb", "ccc", "dddd" }, in[4][8] = { "" };
	struct iovec iov[4], halves[2] = { { (char *)"left ", 5 }, { (char *)"right", 5 } };
	struct mmsghdr m[4] = { { { .msg_name = NULL }, 0 } };
	struct msghdr gather = { .msg_name = &b.a, .msg_namelen = b.len, .msg_iov = halves, .msg_iovlen = 2 };
	char text[32] = "";

	for (i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ out[i], i + 1 };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &b.a, .msg_namelen = b.len, .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	/* Fewer than asked is not wrong, so: until all are sent, until all have come. */
	for (done = 0; done < 4 && (n = sendmmsg(one, m + done, 4 - done, 0)) > 0; done += n)
		;
	say("sendmmsg", done);
	pause_ms(100);
	for (i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ in[i], sizeof in[i] };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &names[i].a, .msg_namelen = sizeof names[i].a, .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	for (done = 0; done < 4 && (n = recvmmsg(two, m + done, 4 - done, MSG_DONTWAIT, NULL)) > 0; done += n)
		;
	say("recvmmsg", done);
	for (i = 0; i < 4; i++)
		note("%u '%s' name %u %s", m[i].msg_len, in[i], m[i].msg_hdr.msg_namelen,
		     port_of(&names[i].a) == port_of(&a.a) ? "right" : "wrong");
	say("recvmmsg of nothing", recvmmsg(two, m, 4, MSG_DONTWAIT, NULL));
	say("sendmsg", sendmsg(one, &gather, 0));
	events_of(two, POLLIN, 1000);
	say("recv", recv(two, text, sizeof text, 0));
	note("%s", text);
	close(one);
	close(two);
}

static void flood(void)
{
	struct address a, b;
	int i, got = 0, one = bound(&a), two = bound(&b);
	char text[1200] = "";

	for (i = 0; i < 3000; i++)
		sendto(one, text, sizeof text, MSG_DONTWAIT, SA(&b), b.len);
	pause_ms(100);
	while (recv(two, text, sizeof text, MSG_DONTWAIT) == sizeof text)
		got++;
	note("at least 50 arrived: %d", got >= 50);
	say("alive", sendto(one, "after", 5, 0, SA(&b), b.len));
	events_of(two, POLLIN, 1000);
	say("recv", recv(two, text, sizeof text, MSG_DONTWAIT));
	close(one);
	close(two);
}

static const struct test tests[] = {
	{ "to_and_from", to_and_from }, { "truncation", truncation }, { "connected", connected },
	{ "refused", refused }, { "mixed", mixed }, { "messages", messages }, { "flood", flood },
};

NET_MAIN(tests)

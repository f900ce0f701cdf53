/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../netns/device.h"
#include "../netns/namespace.h"
#include "inet.h"
#include "mirror.h"
#include "um_stack.h"
#include "util.h"

#define PORTS_MAX	256		/* an index is 8 bits */
#define ECHOES		256
#define ECHO_MS		1000		/* they come in microseconds */
#define FRAMES_AT_ONCE	64
#define LOOK_MS		1000
#define ANSWER_MS	5000		/* a device is made in some milliseconds */

/* The image of one interface. */
struct port {
	struct interface *interface;
	struct device	 device;	/* loopback: only fd, which receives */
	int		 out;
	ino_t		 out_inode, in_inode;
	bool		 promiscuous;
	struct {
		uint64_t hash;		/* 0: came back already */
		uint64_t sent;		/* ms */
	}		 echo[ECHOES];	/* a ring */
	unsigned	 first, count;
};

static enum { OFF, ON, DENIED } state;
static int helper = -1, control = -1, netlink = -1, sockets = -1;
static pid_t helper_pid;
static struct port *ports[PORTS_MAX];	/* by index */
static unsigned port_count;
static uint64_t looked;
static bool unused;			/* to be stopped by the poll */

/* --- echoes --------------------------------------------------------------- */

static uint64_t frame_hash(const uint8_t *frame, size_t len)
{
	uint64_t h = 0xcbf29ce484222325 ^ len;

	for (size_t k = 0; k < len; k++)
		h = (h ^ frame[k]) * 0x100000001b3;
	return h ? h : 1;
}

/* Drop those that came back, and (the queue of an image overflowed) those that never will. */
static void echo_trim(struct port *p, uint64_t now)
{
	while (p->count && (!p->echo[p->first].hash || now - p->echo[p->first].sent > ECHO_MS)) {
		p->first = (p->first + 1) % ECHOES;
		p->count--;
	}
}

static bool echo_take(struct port *p, uint64_t hash)
{
	for (unsigned k = 0; k < p->count; k++) {
		unsigned at = (p->first + k) % ECHOES;

		if (p->echo[at].hash != hash)
			continue;
		p->echo[at].hash = 0;
		echo_trim(p, um_stack_now());
		return true;
	}
	return false;
}

static void port_readable(void *arg, uint32_t events);

/* --- frames --------------------------------------------------------------- */

/* The image sends it. */
static void port_sent(struct port *p, const uint8_t *frame, size_t len)
{
	struct iovec iov = { (void *)frame, len };
	uint64_t hash = frame_hash(frame, len);

	/* What was sent comes out at once: look, and the ring is empty again. */
	if (p->count == ECHOES)
		port_readable(p, EPOLLIN);
	echo_trim(p, um_stack_now());
	if (p->count == ECHOES)
		return;
	p->echo[(p->first + p->count) % ECHOES].hash = hash;
	p->echo[(p->first + p->count++) % ECHOES].sent = um_stack_now();
	if (writev(p->out, &iov, 1) < 0)
		echo_take(p, hash);
}

static void loopback_sent(struct port *p, const uint8_t *ip, size_t len)
{
	static uint8_t frame[ETH_HLEN + 65536];
	uint16_t type = htons(ip[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);

	if (len > sizeof(frame) - ETH_HLEN)
		return;
	memcpy(frame + 12, &type, sizeof(type));
	memcpy(frame + ETH_HLEN, ip, len);
	port_sent(p, frame, ETH_HLEN + len);
}

/* Who is there but us?  The kernel's list of the namespace's packet sockets. */
static bool guests_left(void)
{
	char text[16384];
	unsigned lines = 0;
	ssize_t n = pread(sockets, text, sizeof(text), 0);

	for (ssize_t k = 0; k < n; k++)
		lines += text[k] == '\n';
	/* A heading, each port's `out`, and what the loopback receives with. */
	return lines > 1 + port_count + 1 || n == sizeof(text);
}

void mirror_tap(struct interface *i, const uint8_t *frame, size_t len, bool outgoing)
{
	struct port *p = state == ON ? ports[interface_index(i)] : NULL;

	if (!p || !len || (i->ethernet && len < ETH_HLEN))
		return;
	if (um_stack_now() - looked > LOOK_MS) {
		looked = um_stack_now();
		unused = !guests_left();
	}
	if (i->loopback) {
		if (outgoing)	/* the other half is the kernel's doing */
			loopback_sent(p, frame, len);
	} else if (outgoing) {
		port_sent(p, frame, len);
	} else if (!i->ethernet || p->promiscuous || frame[0] & 1 ||
		   !memcmp(frame, i->netif.hwaddr, ETH_ALEN)) {
		p->device.kind->send(&p->device, frame, len);
	}
}

/* A frame that left the image: a guest's, or an echo. */
static void port_frame(struct port *p, const uint8_t *frame, size_t len)
{
	struct interface *i = p->interface;

	if (echo_take(p, frame_hash(frame, len)))
		return;
	if (!i->loopback)
		interface_transmit(i, frame, len);
	else if (len > ETH_HLEN)
		interface_loop_untapped(i, frame + ETH_HLEN, len - ETH_HLEN);
}

static void port_readable(void *arg, uint32_t events)
{
	static uint8_t frame[CABLE_FRAME_MAX];
	struct port *p = arg;

	for (int k = 0; k < FRAMES_AT_ONCE || (p->count == ECHOES && k < 4 * ECHOES); k++) {
		ssize_t n = p->device.kind ?
			p->device.kind->receive(&p->device, frame, sizeof(frame)) :
			recv(p->device.fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n <= 0)
			break;
		port_frame(p, frame, n);
	}
}

/* --- the images' state ------------------------------------------------------ */

void mirror_update(struct interface *i)
{
	struct port *p = state == ON ? ports[interface_index(i)] : NULL;

	if (!p)
		return;
	if (i->ethernet)
		link_set_mac(control, i->label, i->netif.hwaddr);
	link_set_mtu(control, i->label, i->mtu);
	link_up(control, i->label, interface_up(i));
	if (p->device.kind)
		p->device.kind->carrier(&p->device, i->cable && i->cable->connected);
}

/* Guests ask for promiscuous mode; the kernel tells of it. */
static void link_message(const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	size_t left;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return;
	left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		uint32_t count;

		if (a->rta_type != IFLA_PROMISCUITY || RTA_PAYLOAD(a) < sizeof(count))
			continue;
		memcpy(&count, RTA_DATA(a), sizeof(count));
		for (unsigned k = 0; k < PORTS_MAX; k++)
			if (ports[k] && ports[k]->device.index == info->ifi_index)
				ports[k]->promiscuous = count > 0;
	}
}

static void netlink_readable(void *arg, uint32_t events)
{
	_Alignas(8) char buffer[16384];
	ssize_t n;

	while ((n = recv(netlink, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n))
			link_message(h);
}

/* --- on and off ------------------------------------------------------------- */

static void watched_close(int *fd)
{
	if (*fd < 0)
		return;
	um_stack_watch(*fd, 0, NULL, NULL);
	close(take_fd(fd));
}

static void port_free(struct port *p)
{
	if (p->out >= 0)
		close(p->out);
	if (p->device.fd >= 0)
		um_stack_watch(p->device.fd, 0, NULL, NULL);
	device_close(&p->device);
	free(p);
}

static void mirror_stop(void)
{
	for (unsigned k = 0; k < PORTS_MAX; k++)
		if (ports[k])
			port_free(take_pointer(ports[k]));
	port_count = 0;
	watched_close(&netlink);
	watched_close(&helper);		/* it ends */
	if (control >= 0)
		close(take_fd(&control));
	if (sockets >= 0)
		close(take_fd(&sockets));
	if (helper_pid > 0) {
		kill(helper_pid, SIGKILL);
		waitpid(helper_pid, NULL, 0);
	}
	helper_pid = 0;
	state = OFF;
	unused = false;
}

static void helper_gone(void *arg, uint32_t events)
{
	/* Between requests it says nothing. */
	mirror_stop();
}

static int helper_ask(const struct mirror_request *r, struct mirror_answer *a, int fds[MIRROR_FDS])
{
	int rc = send(helper, r, sizeof(*r), MSG_NOSIGNAL) < 0 ? -errno : mirror_receive(helper, a, fds);

	return rc < 0 ? rc : a->rc;
}

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

static int port_make(struct interface *i)
{
	struct mirror_request r = { .what = MIRROR_PORT, .plan = { .index = interface_index(i),
		.ethernet = i->ethernet, .loopback = i->loopback } };
	struct mirror_answer a;
	int fds[MIRROR_FDS], rc;
	struct ifreq ifr = { 0 };
	struct port *p;

	memcpy(r.plan.name, i->label, sizeof(r.plan.name));
	rc = helper_ask(&r, &a, fds);
	if (rc < 0)
		return rc;
	p = xcalloc(1, sizeof(*p));
	p->interface = i;
	p->out = fds[0];
	p->device = (struct device){ .kind = a.kind, .fd = fds[1], .far = fds[2] };
	p->out_inode = inode_of(p->out);
	p->in_inode = inode_of(p->device.fd);
	memcpy(p->device.name, i->label, sizeof(p->device.name));
	memcpy(ifr.ifr_name, i->label, sizeof(ifr.ifr_name));
	if (ioctl(control, SIOCGIFINDEX, &ifr) == 0)
		p->device.index = ifr.ifr_ifindex;
	ports[interface_index(i)] = p;
	port_count++;
	if (p->device.far >= 0)		/* a veth's other end takes what comes */
		link_set_mtu(p->device.far, i->label, 65535);
	mirror_update(i);
	return um_stack_watch(p->device.fd, EPOLLIN, port_readable, p);
}

static int helper_start(void)
{
	struct timeval patience = { .tv_sec = ANSWER_MS / 1000 };
	struct mirror_answer a;
	int pair[2], fds[MIRROR_FDS], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	helper_pid = fork();
	if (helper_pid == 0)
		mirror_helper(pair[1]);
	close(pair[1]);
	helper = pair[0];
	if (helper_pid < 0)
		return -errno;
	setsockopt(helper, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	rc = mirror_receive(helper, &a, fds);
	rc = rc < 0 ? rc : a.rc;
	if (rc < 0)
		return rc;
	control = fds[0];
	netlink = fds[1];
	sockets = fds[2];
	return 0;
}

static int mirror_start(void)
{
	int rc = helper_start();

	state = ON;
	for (struct interface *i = interface_first(); i && rc == 0; i = interface_next(i))
		rc = port_make(i);
	if (rc == 0)
		rc = um_stack_watch(netlink, EPOLLIN, netlink_readable, NULL);
	if (rc == 0)
		rc = um_stack_watch(helper, EPOLLRDHUP, helper_gone, NULL);
	looked = um_stack_now();
	if (rc < 0)
		mirror_stop();
	return rc;
}

int mirror_socket(int type, int protocol)
{
	struct mirror_request r = { .what = MIRROR_SOCKET, .type = type, .protocol = protocol };
	struct mirror_answer a;
	int fds[MIRROR_FDS], rc;

	if (state == OFF && mirror_start() < 0)
		state = DENIED;
	if (state == DENIED)
		return -ENOSYS;
	looked = um_stack_now();
	unused = false;
	rc = helper_ask(&r, &a, fds);
	if (rc < 0)
		return rc;
	if (!(type & SOCK_CLOEXEC))
		fcntl(fds[0], F_SETFD, 0);
	return fds[0];
}

int mirror_poll(uint64_t now)
{
	if (unused)
		mirror_stop();
	return -1;
}

/* --- for ss(8) ------------------------------------------------------------- */

/* Ours? */
static bool mirror_own(unsigned long inode)
{
	for (unsigned k = 0; k < PORTS_MAX; k++)
		if (ports[k] && (ports[k]->out_inode == inode || ports[k]->in_inode == inode))
			return true;
	return false;
}

int mirror_list(int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	char text[16384], *line, *next;
	ssize_t n = state == ON ? pread(sockets, text, sizeof(text) - 1, 0) : 0;
	int rc = 0;

	text[n > 0 ? n : 0] = '\0';
	line = strchr(text, '\n');
	for (; line && !rc; line = next) {
		struct net_socket s = { .family = AF_PACKET, .receive_buffer = 212992,
			.send_buffer = 212992 };
		unsigned type, protocol, rmem;
		unsigned long inode;
		struct interface *i;
		int link;

		next = strchr(++line, '\n');
		if (sscanf(line, "%*s %*d %u %x %d %*d %u %*u %lu", &type, &protocol, &link,
				&rmem, &inode) != 5)
			continue;
		s.type = type;
		s.local_port = protocol;
		s.receive_queue = rmem;
		s.inode = s.cookie = inode;
		for (i = interface_first(); i; i = interface_next(i))
			if (ports[interface_index(i)] && ports[interface_index(i)]->device.index == link)
				s.link = interface_index(i);
		if (!mirror_own(inode))
			rc = visit(arg, &s);
	}
	return rc;
}

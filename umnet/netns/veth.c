/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * veth.c - a veth pair, where there is no TAP device for us.  Its far end is in
 * a second network namespace, where guests do not see it; a packet socket there
 * takes and gives its frames.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "namespace.h"
#include "util.h"

#define OWN_NETWORK "/proc/thread-self/ns/net"
#define FAR_MTU	65535		/* whatever the near end's is, its frames pass */
#define TAG_AT	12		/* where an 802.1Q tag stands in a frame */
#define TAG_LEN	4

/* --- the request that makes the pair --- */

struct request {
	struct nlmsghdr	 head;
	struct ifinfomsg info;
	char		 attributes[256];
};

static struct rtattr *request_begin(struct request *r, int type)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	r->head.nlmsg_len = (char *)a + RTA_LENGTH(0) - (char *)r;
	return a;
}

static void request_bytes(struct request *r, const void *data, size_t len)
{
	memcpy((char *)r + r->head.nlmsg_len, data, len);
	r->head.nlmsg_len += len;
}

static void request_end(struct request *r, struct rtattr *a)
{
	a->rta_len = (char *)r + r->head.nlmsg_len - (char *)a;
}

static void request_attribute(struct request *r, int type, const void *data, size_t len)
{
	struct rtattr *a = request_begin(r, type);

	request_bytes(r, data, len);
	request_end(r, a);
}

static int request_send(const struct request *r)
{
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr	head;
		struct nlmsgerr	error;
		char		rest[1024];
	} answer;

	if (fd < 0 || send(fd, r, r->head.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.head))
		return -errno;
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

/* name here, and its far end, called the same, in `network`. */
static int veth_make(const char *name, int index, int network)
{
	static const struct ifinfomsg peer;
	struct request r = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.info)), .nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK },
		.info = { .ifi_index = index },
	};
	struct rtattr *info, *data, *far;

	request_attribute(&r, IFLA_IFNAME, name, strlen(name) + 1);
	info = request_begin(&r, IFLA_LINKINFO);
	request_attribute(&r, IFLA_INFO_KIND, "veth", 4);
	data = request_begin(&r, IFLA_INFO_DATA);
	far = request_begin(&r, VETH_INFO_PEER);
	request_bytes(&r, &peer, sizeof(peer));
	request_attribute(&r, IFLA_IFNAME, name, strlen(name) + 1);
	request_attribute(&r, IFLA_NET_NS_FD, &network, sizeof(network));
	request_end(&r, far);
	request_end(&r, data);
	request_end(&r, info);
	return request_send(&r);
}

/* --- its two ends --- */

/* Whatever a card would do for the kernel (checksums, segments) the kernel must do. */
static void veth_plain(int socket, const char *name)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} set = { { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES }, 0 };
	enum { BLOCKS = 16 };
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block block[BLOCKS];
	} have = { { .cmd = ETHTOOL_GFEATURES, .size = BLOCKS }, { { 0 } } };
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block block[BLOCKS];
	} want = { { .cmd = ETHTOOL_SFEATURES }, { { 0 } } };
	struct ifreq ifr = { .ifr_data = (char *)&set };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(socket, SIOCETHTOOL, &ifr) < 0)
		return;
	ifr.ifr_data = (char *)&have;
	if ((set.count + 31) / 32 > BLOCKS || ioctl(socket, SIOCETHTOOL, &ifr) < 0)
		return;
	want.head.size = (set.count + 31) / 32;
	for (unsigned k = 0; k < want.head.size; k++)
		want.block[k].valid = have.block[k].available & ~have.block[k].never_changed;
	ifr.ifr_data = (char *)&want;
	ioctl(socket, SIOCETHTOOL, &ifr);
}

/* The kernel there has nothing to say: nobody is to see its IPv6 look for routers. */
static void far_silence(void)
{
	static const char *const files[] = {
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6",
	};

	for (unsigned k = 0; k < ARRAY_SIZE(files); k++) {
		autoclose int fd = open(files[k], O_WRONLY | O_CLOEXEC);

		if (fd >= 0 && write(fd, "1", 1) < 0)
			return;		/* /proc/sys is read-only */
	}
}

/* Sockets in a new namespace; we come back from it.  Its descriptor, owned. */
static int far_enter(struct device *d)
{
	autoclose int home = open(OWN_NETWORK, O_RDONLY | O_CLOEXEC);
	int far = -1, rc = 0;

	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return -errno;
	far_silence();
	far = open(OWN_NETWORK, O_RDONLY | O_CLOEXEC);
	d->far = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	d->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (far < 0 || d->far < 0 || d->fd < 0)
		rc = -errno;
	if (setns(home, CLONE_NEWNET) < 0)
		die("cannot go back to the namespace: %s", strerror(errno));
	if (rc < 0 && far >= 0)
		close(far);
	return rc < 0 ? rc : far;
}

static int far_connect(struct device *d)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
	};
	struct ifreq ifr = { 0 };
	int on = 1, room = 1 << 22, rc;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", d->name);
	if (ioctl(d->far, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	address.sll_ifindex = ifr.ifr_ifindex;
	setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(d->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    setsockopt(d->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
	    bind(d->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	rc = link_set_mtu(d->far, d->name, FAR_MTU);
	return rc < 0 ? rc : link_up(d->far, d->name, true);
}

static int veth_open(struct device *d, bool ethernet, char *error, size_t size)
{
	autoclose int network = far_enter(d);
	int rc = network < 0 ? network : veth_make(d->name, d->index, network);

	if (rc == 0) {
		veth_plain(namespace_socket(), d->name);
		veth_plain(d->far, d->name);
		rc = far_connect(d);
	}
	if (rc < 0)
		snprintf(error, size, "cannot make a veth pair: %s", strerror(-rc));
	return rc;
}

/* The kernel took the tag of a frame out of it: put it back. */
static ssize_t tag_restore(uint8_t *frame, ssize_t n, const struct tpacket_auxdata *aux)
{
	uint16_t tag[2] = { htons(ETH_P_8021Q), htons(aux->tp_vlan_tci) };

	if (aux->tp_status & TP_STATUS_VLAN_TPID_VALID)
		tag[0] = htons(aux->tp_vlan_tpid);
	memmove(frame + TAG_AT + TAG_LEN, frame + TAG_AT, n - TAG_AT);
	memcpy(frame + TAG_AT, tag, TAG_LEN);
	return n + TAG_LEN;
}

static ssize_t veth_receive(struct device *d, void *frame, size_t size)
{
	struct iovec iov = { frame, size - TAG_LEN };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(d->fd, &message, 0);

	/* Its interface may be set down and up again. */
	if (n < 0)
		return errno == EINTR || errno == ENETDOWN ? -EAGAIN : -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		const struct tpacket_auxdata *aux = (void *)CMSG_DATA(c);

		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA &&
		    aux->tp_status & TP_STATUS_VLAN_VALID && n >= ETH_HLEN)
			return tag_restore(frame, n, aux);
	}
	return n;
}

static ssize_t veth_send(struct device *d, const void *frame, size_t len)
{
	ssize_t n = send(d->fd, frame, len, MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

static void veth_carrier(struct device *d, bool on)
{
	link_up(d->far, d->name, on);
}

const struct device_kind device_veth = {
	.open = veth_open,
	.receive = veth_receive,
	.send = veth_send,
	.carrier = veth_carrier,
};

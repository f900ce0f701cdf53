/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ifaddrs.c - what glibc and ioctl(2) say of the interfaces: getifaddrs, if_nameindex, every
 * SIOCG* of an interface, and the errors of those for other hardware; routes made by ioctl.
 */
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netpacket/packet.h>

#include "net.h"

static void addresses(void)
{
	struct ifaddrs *all, *i;

	say("getifaddrs", getifaddrs(&all));
	for (i = all; i; i = i->ifa_next) {
		char text[64] = "", mask[64] = "", broad[64] = "";
		int f = i->ifa_addr ? i->ifa_addr->sa_family : 0;

		if (f == AF_INET || f == AF_INET6) {
			size_t at = f == AF_INET ? 4 : 8;

			inet_ntop(f, (char *)i->ifa_addr + at, text, sizeof text);
			inet_ntop(f, (char *)i->ifa_netmask + at, mask, sizeof mask);
			if (f == AF_INET && i->ifa_flags & IFF_BROADCAST && i->ifa_broadaddr)
				inet_ntop(f, (char *)i->ifa_broadaddr + at, broad, sizeof broad);
		} else if (f == AF_PACKET) {
			struct sockaddr_ll *l = (void *)i->ifa_addr;

			sprintf(text, "index %d type %d length %d", l->sll_ifindex, l->sll_hatype, l->sll_halen);
		}
		note("%s %d %s %s %s flags %x", i->ifa_name, f, text, mask, broad, i->ifa_flags);
	}
	freeifaddrs(all);
}

static void names(void)
{
	struct if_nameindex *all = if_nameindex(), *i;
	char name[IF_NAMESIZE];

	for (i = all; i && i->if_index; i++)
		note("%u %s %u", i->if_index, i->if_name, if_nametoindex(i->if_name));
	if_freenameindex(all);
	say("if_nametoindex(nosuch)", if_nametoindex("nosuch") ? 1 : -1);
	note("if_indextoname(2) %s", if_indextoname(2, name) ? name : "none");
	say("if_indextoname(99)", if_indextoname(99, name) ? 1 : -1);
}

static void bytes(const void *data, size_t n)
{
	for (size_t k = 0; k < n; k++)
		printf(" %02x", ((const unsigned char *)data)[k]);
	printf("\n");
}

static void ioctls(const char *device)
{
	static const struct { const char *name; unsigned long number; int shown; } rows[] = {
		{ "SIOCGIFFLAGS", SIOCGIFFLAGS, 2 }, { "SIOCGIFADDR", SIOCGIFADDR, 8 },
		{ "SIOCGIFNETMASK", SIOCGIFNETMASK, 8 }, { "SIOCGIFBRDADDR", SIOCGIFBRDADDR, 8 },
		{ "SIOCGIFDSTADDR", SIOCGIFDSTADDR, 8 }, { "SIOCGIFMETRIC", SIOCGIFMETRIC, 4 },
		{ "SIOCGIFMTU", SIOCGIFMTU, 4 }, { "SIOCGIFHWADDR", SIOCGIFHWADDR, 8 },
		{ "SIOCGIFINDEX", SIOCGIFINDEX, 4 }, { "SIOCGIFTXQLEN", SIOCGIFTXQLEN, 4 },
		{ "SIOCGIFMAP", SIOCGIFMAP, 16 }, { "SIOCGIFSLAVE", SIOCGIFSLAVE, 0 },
		{ "SIOCGIFENCAP", SIOCGIFENCAP, 0 }, { "SIOCGIFMEM", SIOCGIFMEM, 0 },
		{ "SIOCGIFBR", SIOCGIFBR, 0 }, { "SIOCGIFPFLAGS", SIOCGIFPFLAGS, 0 },
		{ "SIOCBONDINFOQUERY", SIOCBONDINFOQUERY, 0 }, { "SIOCGMIIPHY", SIOCGMIIPHY, 0 },
		{ "SIOCGIWNAME", 0x8b01, 0 }, { "SIOCDEVPRIVATE", SIOCDEVPRIVATE, 0 },
		{ "SIOCGHWTSTAMP", SIOCGHWTSTAMP, 0 },
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		struct ifreq r = { 0 };
		char what[80];

		strncpy(r.ifr_name, device, IFNAMSIZ - 1);
		snprintf(what, sizeof what, "%s %s", device, rows[k].name);
		if (say(what, ioctl(fd, rows[k].number, &r)) == 0 && rows[k].shown)
			bytes(&r.ifr_ifru, rows[k].shown);
	}
	close(fd);
}

static void configuration(void)
{
	struct ifreq r[20];
	struct ifconf c = { .ifc_len = 0, .ifc_req = NULL };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	say("SIOCGIFCONF, the size", ioctl(fd, SIOCGIFCONF, &c));
	note("%d", (int)(c.ifc_len / sizeof r[0]));
	c.ifc_len = sizeof r;
	c.ifc_req = r;
	say("SIOCGIFCONF", ioctl(fd, SIOCGIFCONF, &c));
	for (int k = 0; k < (int)(c.ifc_len / sizeof r[0]); k++)
		note("%s %s", r[k].ifr_name, inet_ntoa(((struct sockaddr_in *)&r[k].ifr_addr)->sin_addr));
	c.ifc_len = 2 * sizeof r[0] - 1;
	say("SIOCGIFCONF, room for one", ioctl(fd, SIOCGIFCONF, &c));
	note("%d", (int)(c.ifc_len / sizeof r[0]));
	close(fd);
}

/* What the kernel made of it: /proc/net is another namespace's in a view, ip asks a socket. */
static void shown(void)
{
	fflush(stdout);
	if (system("ip route show proto boot; ip -6 route show proto boot") != 0)
		note("no ip");
}

static struct sockaddr in4(const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr a;

	inet_pton(AF_INET, text, &in.sin_addr);
	memcpy(&a, &in, sizeof a);
	return a;
}

static void routes4(void)
{
	struct rtentry r = { .rt_dst = in4("10.9.0.0"), .rt_genmask = in4("255.255.0.0"),
		.rt_gateway = in4("10.1.2.9"), .rt_flags = RTF_UP | RTF_GATEWAY, .rt_metric = 8 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	say("SIOCADDRT", ioctl(fd, SIOCADDRT, &r));
	say("SIOCADDRT, again", ioctl(fd, SIOCADDRT, &r));
	r.rt_dst = in4("10.8.0.0");
	r.rt_flags = RTF_UP;
	r.rt_gateway = in4("0.0.0.0");
	r.rt_metric = 0;
	r.rt_dev = (char *)"vd0";
	say("by a device", ioctl(fd, SIOCADDRT, &r));
	r.rt_dev = (char *)"nosuch";
	say("by no device", ioctl(fd, SIOCADDRT, &r));
	r.rt_dev = (char *)"a name that is longer than any device has";
	say("by a long name", ioctl(fd, SIOCADDRT, &r));
	r.rt_dev = (char *)8;
	say("by a bad address", ioctl(fd, SIOCADDRT, &r));
	r.rt_dev = NULL;
	r.rt_genmask = in4("255.0.255.0");
	say("a mask with holes", ioctl(fd, SIOCADDRT, &r));
	shown();
	r.rt_genmask = in4("255.255.0.0");
	say("SIOCDELRT", ioctl(fd, SIOCDELRT, &r));
	say("SIOCDELRT, again", ioctl(fd, SIOCDELRT, &r));
	say("a bad structure", ioctl(fd, SIOCADDRT, (void *)8));
	shown();
	close(fd);
}

static void routes6(void)
{
	struct in6_rtmsg r = { .rtmsg_dst_len = 32, .rtmsg_metric = 77, .rtmsg_flags = RTF_UP | RTF_GATEWAY };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, "fd00:1::", &r.rtmsg_dst);
	inet_pton(AF_INET6, "fc00::9", &r.rtmsg_gateway);
	say("IPv6 SIOCADDRT", ioctl(fd, SIOCADDRT, &r));
	r.rtmsg_flags = RTF_UP;
	memset(&r.rtmsg_gateway, 0, 16);
	inet_pton(AF_INET6, "fd00:2::", &r.rtmsg_dst);
	r.rtmsg_ifindex = 2;
	say("IPv6, by a device", ioctl(fd, SIOCADDRT, &r));
	shown();
	say("IPv6 SIOCDELRT", ioctl(fd, SIOCDELRT, &r));
	say("IPv6 SIOCDELRT, again", ioctl(fd, SIOCDELRT, &r));
	say("IPv6, a bad structure", ioctl(fd, SIOCADDRT, (void *)8));
	shown();
	close(fd);
}

int main(void)
{
	addresses();
	names();
	configuration();
	ioctls("lo0");
	ioctls("vd0");
	ioctls("nosuch");
	routes4();
	routes6();
	return 0;
}

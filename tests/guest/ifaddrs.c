/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ifaddrs.c - what glibc and ioctl(2) say of the interfaces: getifaddrs, if_nameindex, every
 * SIOCG* of an interface, and the errors of those for other hardware.
 */
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
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

int main(void)
{
	addresses();
	names();
	configuration();
	ioctls("lo0");
	ioctls("vd0");
	ioctls("nosuch");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * membership-report.c - what switches and routers are told of our groups: IGMPv2
 * (RFC 2236) and MLD (RFC 2710).
 *
 * A report goes out when the first socket joins, and when somebody asks; a farewell when
 * the last one leaves.  Answers are not delayed as the standards like it: there are few of
 * us on a wire; but no more than one question a second is answered.
 */
#include <netinet/icmp6.h>
#include <netinet/igmp.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "inet.h"
#include "membership.h"
#include "um_stack.h"

#define ALL_ROUTERS_V4	0xe0000002u
#define QUESTION_MS	1000

static bool group_is_told(const struct ip_addr *group)
{
	if (address_is_v4(group))
		return group->addr[3] != htonl(0xe0000001);
	/* Of no node's own scope, and not all nodes'. */
	return (group->addr[0] & htonl(0x000f0000)) > htonl(0x00010000) &&
		!(group->addr[0] == htonl(0xff020000) && !group->addr[1] && !group->addr[2] &&
		  group->addr[3] == htonl(1));
}

static void tell_v4(struct path *path, const struct ip_addr *group, bool joined)
{
	struct ip_addr to = joined ? *group : address_v4(htonl(ALL_ROUTERS_V4));
	struct {
		struct iphdr	ip;
		uint8_t		alert[4];
		struct igmp	igmp;
	} m = {
		.ip = { .version = 4, .ihl = 6, .tos = 0xc0, .tot_len = htons(sizeof(m)),
			.frag_off = htons(IP_DF), .ttl = 1, .protocol = IPPROTO_IGMP,
			.saddr = path->source.addr[3], .daddr = to.addr[3] },
		.alert = { IPOPT_RA, 4, 0, 0 },
		.igmp = { .igmp_type = joined ? IGMP_V2_MEMBERSHIP_REPORT :
				IGMP_V2_LEAVE_GROUP, .igmp_group.s_addr = group->addr[3] },
	};

	m.igmp.igmp_cksum = inet_checksum(&m.igmp, sizeof(m.igmp));
	m.ip.check = inet_checksum(&m.ip, sizeof(m.ip) + sizeof(m.alert));
	path->next_hop = to;
	inet_send_packet(path, &to, &m, sizeof(m), true);
}

static void tell_v6(struct path *path, const struct ip_addr *group, bool joined)
{
	static const struct ip_addr all_routers = { { 0x02ff, 0, 0, 0x02000000 } };
	struct ip_addr to = joined ? *group : all_routers;
	struct {
		struct ip6_hdr	ip;
		uint8_t		options[8];	/* router alert: MLD */
		uint8_t		mld[24];
	} m = {
		.ip = { .ip6_flow = htonl(6u << 28), .ip6_plen = htons(sizeof(m.options) + sizeof(m.mld)),
			.ip6_nxt = IPPROTO_HOPOPTS, .ip6_hlim = 1 },
		.options = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 },
		.mld = { joined ? MLD_LISTENER_REPORT : MLD_LISTENER_REDUCTION },
	};
	uint16_t checksum;

	memcpy(&m.ip.ip6_src, &path->source, 16);
	memcpy(&m.ip.ip6_dst, &to, 16);
	memcpy(m.mld + 8, group, 16);
	checksum = inet_checksum_pseudo(&path->source, &to, IPPROTO_ICMPV6, m.mld, sizeof(m.mld));
	memcpy(m.mld + 2, &checksum, sizeof(checksum));
	path->next_hop = to;
	inet_send_packet(path, &to, &m, sizeof(m), true);
}

void membership_tell(const struct ip_addr *group, int index, bool joined)
{
	if (!group_is_told(group))
		return;
	for (struct interface *i = interface_first(); i; i = interface_next(i)) {
		struct path path = { .interface = i };
		struct ip_addr_list *el;

		if (!i->ethernet || !interface_up(i) || (index && index != interface_index(i)))
			continue;
		el = address_source(i, group, group);
		if (!el || (!address_is_v4(group) && !address_is_link_local(&el->ipaddr)))
			continue;
		path.source = el->ipaddr;
		if (address_is_v4(group))
			tell_v4(&path, group, joined);
		else
			tell_v6(&path, group, joined);
	}
}

void membership_asked(const struct inet_packet *p)
{
	static uint64_t last[2];
	const uint8_t *message = inet_payload(p);
	struct ip_addr group = address_any6;

	if (inet_payload_len(p) < (p->v6 ? 24u : 8u))
		return;
	if (p->v6) {		/* the checksum was found right */
		memcpy(&group, message + 8, 16);
	} else {
		if (message[0] != IGMP_MEMBERSHIP_QUERY ||
		    inet_checksum(message, inet_payload_len(p)))
			return;
		group = address_any4;
		memcpy(&group.addr[3], message + 4, 4);
	}
	if (last[p->v6] && um_stack_now() - last[p->v6] < QUESTION_MS)
		return;
	last[p->v6] = um_stack_now();
	membership_answer(&group, interface_index(p->interface));
}

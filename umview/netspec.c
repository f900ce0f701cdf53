/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "msocket.h"
#include "netspec.h"
#include "util.h"

#define LARGEST_MTU	"9216"		/* that libvdeplug carries to slirp */

static const char *const option_name[] = {
	"--net", "--addr", "--gw", "--dns", "--mac", "--mtu", "--allow-host-loopback",
};

#define BIT(option)	(1u << ((option) - NET_SPEC))
#define ON_A_WIRE	(BIT(NET_ADDRESS) | BIT(NET_GATEWAY) | BIT(NET_DNS) | BIT(NET_MAC) | BIT(NET_MTU))

/* The words of --net, and which options have a meaning with each. */
static const struct word {
	const char *name, *fstype, *wire;
	unsigned options;
} words[] = {
	{ "none", "umnetnull", NULL, 0 },
	{ "host", "umnetnative", NULL, BIT(NET_DNS) },
	{ "lo", "umnetlwipv6", NULL, BIT(NET_ADDRESS) | BIT(NET_DNS) },
	{ "kernel", "umnetns", NULL, BIT(NET_ADDRESS) | BIT(NET_DNS) },
	{ "slirp", "umnetlwipv6", "slirp", ON_A_WIRE | BIT(NET_HOST_LOOPBACK) },
};

#define KERNEL_PREFIX	"kernel:"

bool netspec_is_ipv6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static bool is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(netspec_is_ipv6(text) ? AF_INET6 : AF_INET, text, &address) == 1;
}

/* ADDRESS/BITS */
static bool is_network_address(const char *text)
{
	autofree char *copy = xstrdup(text);
	char *bits = strchr(copy, '/'), *end;
	unsigned long n;

	if (!bits)
		return false;
	*bits++ = 0;
	if (!is_address(copy) || *bits < '0' || *bits > '9')
		return false;
	n = strtoul(bits, &end, 10);
	return !*end && n > 0 && n <= (netspec_is_ipv6(copy) ? 128 : 32);
}

static void take_address(struct netspec *net, const char *value)
{
	if (!strcmp(value, "dhcp")) {
		net->dhcp = true;
		return;
	}
	if (!is_network_address(value))
		die("--addr: '%s' is neither ADDRESS/BITS nor 'dhcp'", value);
	if (net->addresses == NET_ADDRESSES)
		die("--addr: '%s' is one too many", value);
	net->address[net->addresses++] = value;
}

static void take_gateway(struct netspec *net, const char *value)
{
	const char **gateway = &net->gateway[netspec_is_ipv6(value)];

	if (!is_address(value))
		die("--gw: '%s' is not an address", value);
	if (*gateway)
		die("--gw: '%s' is one too many", value);
	*gateway = value;
}

static void take_dns(struct netspec *net, const char *value)
{
	if (!is_address(value))
		die("--dns: '%s' is not an address", value);
	if (net->servers == NET_DNS_SERVERS)
		die("--dns: '%s' is one too many", value);
	net->dns[net->servers++] = value;
}

void netspec_take(struct netspec *net, int option, const char *value)
{
	net->given |= BIT(option);
	switch (option) {
	case NET_SPEC:
		net->spec = value;
		break;
	case NET_ADDRESS:
		take_address(net, value);
		break;
	case NET_GATEWAY:
		take_gateway(net, value);
		break;
	case NET_DNS:
		take_dns(net, value);
		break;
	case NET_MAC:
	case NET_MTU:
		/* The stack's program knows what it can have. */
		if (!*value || strpbrk(value, ",\"'="))
			die("%s: bad value '%s'", option_name[option - NET_SPEC], value);
		*(option == NET_MAC ? &net->mac : &net->mtu) = value;
		break;
	case NET_HOST_LOOPBACK:
		net->host_loopback = true;
		break;
	}
}

static const struct word *word_of(const char *spec)
{
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, spec))
			return &words[i];
	return NULL;
}

static bool is_url(const char *text)
{
	const char *end = strstr(text, "://");

	return end && end != text && strcspn(text, "/") > (size_t)(end - text);
}

/* The options that the spec allows; dies if it is none. */
static unsigned spec_read(struct netspec *net, bool nested)
{
	bool kernel = !strncmp(net->spec, KERNEL_PREFIX, strlen(KERNEL_PREFIX));
	const char *spec = net->spec + (kernel ? strlen(KERNEL_PREFIX) : 0);
	const struct word *word = word_of(spec);

	if (word && (!kernel || word->wire)) {
		net->fstype = kernel ? "umnetns" : word->fstype;
		net->wire = word->wire;
		net->slirp = word->wire != NULL;
		return word->options;
	}
	if (is_url(spec)) {
		if (strchr(spec, '"') && strchr(spec, '\''))
			die("--net: '%s' has both kinds of quotes", spec);
		net->fstype = kernel ? "umnetns" : "umnetlwipv6";
		net->wire = spec;
		return ON_A_WIRE;
	}
	if (!kernel && strchr(spec, '/')) {
		if (!nested)
			die("--net: '%s': there is no view yet that has stacks (a switch is 'vde://%s')",
				spec, spec);
		return 0;
	}
	die("--net: '%s' is none of: none, host, lo, slirp, kernel, kernel:slirp, kernel:URL, "
		"URL, the path of a stack", net->spec);
}

void netspec_finish(struct netspec *net, bool nested)
{
	unsigned refused = net->given & ~BIT(NET_SPEC);

	if (net->spec)
		refused &= ~spec_read(net, nested);
	for (unsigned option = NET_SPEC + 1; option < NET_OPTION_END; option++)
		if (refused & BIT(option))
			die("%s%s%s: %s", option_name[option - NET_SPEC], net->spec ? " with --net=" : "",
				net->spec ? net->spec : "", net->spec ? "it has no meaning there" :
				"it is about --net, which is missing");
	if (net->dhcp && !net->wire)
		die("--addr dhcp with --net=%s: there is no wire", net->spec);
}

/* --- the steps -------------------------------------------------------------- */

/* A list of options of mount; consumes both. */
static char *option_add(char *list, char *option)
{
	char *longer = *list ? xasprintf("%s,%s", list, option) : xstrdup(option);

	free(list);
	free(option);
	return longer;
}

static char *wire_option(const struct netspec *net)
{
	const char *quote = !strpbrk(net->wire, ",\"'") ? "" : strchr(net->wire, '"') ? "'" : "\"";

	if (net->slirp)
		return xasprintf("vd0=slirp:///mtu=%s/mru=%s%s", net->mtu ? net->mtu : LARGEST_MTU,
			net->mtu ? net->mtu : LARGEST_MTU,
			net->host_loopback ? "" : "/disable_host_loopback");
	return xasprintf("vd0=%s%s%s", quote, net->wire, quote);
}

static char *mount_options(const struct netspec *net)
{
	char *list = xstrdup("");

	if (net->wire)
		list = option_add(list, wire_option(net));
	else if (strcmp(net->fstype, "umnetnull") && strcmp(net->fstype, "umnetnative"))
		list = option_add(list, xstrdup("lo"));
	if (net->mac)
		list = option_add(list, xasprintf("mac=%s", net->mac));
	if (net->mtu || net->slirp)
		list = option_add(list, xasprintf("mtu=%s", net->mtu ? net->mtu : LARGEST_MTU));
	for (unsigned i = 0; i < net->servers; i++) {
		char *next = xasprintf(netspec_is_ipv6(net->dns[i]) ? "%s%s[%s]" : "%s%s%s",
				i ? list : "", i ? ":" : "dns=", net->dns[i]);

		if (i) {
			free(list);
			list = next;
		} else {
			list = option_add(list, next);
		}
	}
	return list;
}

/* What slirp gives, of each family where nothing else is asked for. */
static const struct {
	const char *address, *gateway;
} slirp_own[2] = { { "10.0.2.15/24", "10.0.2.2" }, { "fd00::15/64", "fd00::2" } };

static bool has_address(const struct netspec *net, bool ipv6)
{
	for (unsigned i = 0; i < net->addresses; i++)
		if (netspec_is_ipv6(net->address[i]) == ipv6)
			return true;
	return !ipv6 && net->dhcp;
}

static void step_add(struct net_step *steps, unsigned *n, enum net_step_kind kind,
		const char *what, const char *value)
{
	steps[(*n)++] = (struct net_step){ .kind = kind, .what = what, .value = value };
}

static void step_mount(struct net_step *steps, unsigned *n, const char *type, const char *options,
		const char *source, const char *target)
{
	steps[(*n)++] = (struct net_step){ STEP_MOUNT, type, options, source, target, false };
}

static void interface_steps(const struct netspec *net, struct net_step *steps, unsigned *n)
{
	const char *name = net->wire ? "vd0" : strcmp(net->fstype, "umnetns") ? "lo0" : "lo";

	if (net->wire)
		step_add(steps, n, STEP_UP, name, NULL);
	for (unsigned i = 0; i < net->addresses; i++)
		step_add(steps, n, STEP_ADDRESS, name, net->address[i]);
	for (unsigned f = 0; net->slirp && f < 2; f++)
		if (!has_address(net, f))
			step_add(steps, n, STEP_ADDRESS, name, slirp_own[f].address);
	if (net->dhcp)
		step_add(steps, n, STEP_DHCP, name, net->servers ? "keep" : NULL);
	for (unsigned f = 0; f < 2; f++) {
		bool own = net->slirp && !net->gateway[f] && !(net->dhcp && !f);

		if (net->gateway[f] || own)
			step_add(steps, n, STEP_ROUTE, name,
				net->gateway[f] ? net->gateway[f] : slirp_own[f].gateway);
	}
}

static void net_steps(const struct netspec *net, bool nested, struct net_step *steps, unsigned *n)
{
	struct stat status;

	if (!net->fstype) {
		step_add(steps, n, STEP_CHOOSE, net->spec, NULL);
		return;
	}
	/* What the view outside has there is not taken from it. */
	if (nested && lstat(NET_TARGET, &status) == 0 && S_ISSTACK(status.st_mode))
		step_add(steps, n, STEP_UNMOUNT, NET_TARGET, NULL);
	step_mount(steps, n, net->fstype, mount_options(net), "none", NET_TARGET);
	/* What mstack(1) chose outside counts for more than the default. */
	if (nested)
		step_add(steps, n, STEP_CHOOSE, NET_TARGET, NULL);
	if (strcmp(net->fstype, "umnetnull") && strcmp(net->fstype, "umnetnative"))
		interface_steps(net, steps, n);
}

static bool needs_umnet(const struct netspec *net, const struct mountspec *mounts)
{
	bool needs = net->fstype != NULL;

	for (unsigned i = 0; i < mounts->count; i++)
		needs |= strncmp(mounts->item[i].type, "umnet", strlen("umnet")) == 0;
	return needs;
}

unsigned netspec_steps(const struct netspec *net, const struct mountspec *mounts, bool nested,
		struct net_step steps[NET_STEPS])
{
	unsigned n = 0;

	if (needs_umnet(net, mounts))
		step_add(steps, &n, STEP_SERVICE, "umnet", NULL);
	if (net->spec)
		net_steps(net, nested, steps, &n);
	for (unsigned i = 0; i < mounts->count; i++) {
		const struct mountspec_item *m = &mounts->item[i];

		step_mount(steps, &n, m->type, m->options, m->source, m->target);
		steps[n - 1].of_mount = true;
	}
	return n;
}

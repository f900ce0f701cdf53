/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity.h"
#include "util.h"

/* Capabilities count where the host's files are, in our user namespace. */
static bool same_users(pid_t tid)
{
	autofree char *path = xasprintf("/proc/%d/ns/user", tid);
	struct stat its, ours;

	return stat(path, &its) == 0 && stat("/proc/self/ns/user", &ours) == 0 &&
	       its.st_ino == ours.st_ino;
}

static void groups_parse(struct identity *who, const char *text)
{
	char *end;

	for (;;) {
		unsigned long gid = strtoul(text, &end, 10);

		if (end == text || who->group_count == IDENTITY_GROUPS)
			return;
		who->groups[who->group_count++] = gid;
		text = end;
	}
}

int identity_of(pid_t tid, struct identity *who)
{
	autofree char *path = xasprintf("/proc/%d/status", tid);
	autofree char *line = NULL;
	uint64_t capabilities = 0;
	size_t room = 0;
	int found = 0;
	FILE *status = fopen(path, "re");

	if (!status)
		return -ESRCH;
	*who = (struct identity){ 0 };
	while (getline(&line, &room, status) > 0) {
		found += sscanf(line, "Uid: %u %*u %*u %u", &who->real_uid, &who->uid) == 2;
		found += sscanf(line, "Gid: %u %*u %*u %u", &who->real_gid, &who->gid) == 2;
		if (strncmp(line, "Groups:", 7) == 0)
			groups_parse(who, line + 7);
		sscanf(line, "CapEff: %" SCNx64, &capabilities);
	}
	fclose(status);
	if (found != 2)
		return -ESRCH;
	if (capabilities && !same_users(tid))
		capabilities = 0;
	who->override = capabilities >> CAP_DAC_OVERRIDE & 1;
	who->owner = capabilities >> CAP_FOWNER & 1;
	who->chown = capabilities >> CAP_CHOWN & 1;
	return 0;
}

bool identity_in_group(const struct identity *who, gid_t gid)
{
	if (who->gid == gid)
		return true;
	for (unsigned i = 0; i < who->group_count; i++)
		if (who->groups[i] == gid)
			return true;
	return false;
}

int identity_access(const struct identity *who, mode_t mode, uid_t uid, gid_t gid, int want)
{
	unsigned shift = who->uid == uid ? 6 : identity_in_group(who, gid) ? 3 : 0;

	if ((mode >> shift & want) == (mode_t)want)
		return 0;
	/* To execute, somebody must have the right to. */
	if (who->override && (!(want & X_OK) || mode & 0111))
		return 0;
	return -EACCES;
}

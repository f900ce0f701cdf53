/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "msocket.h"
#include "um_lib.h"

int msocket(const char *path, int domain, int type, int protocol)
{
	return syscall(UMV_MSOCKET, path, domain, type, protocol);
}

int um_check(void)
{
	struct um_view_info info;

	return um_view_getinfo(&info) >= 0;
}

int um_add_service(const char *module, int permanent)
{
	return syscall(UMV_ADD_SERVICE, module, permanent);
}

int um_del_service(const char *name)
{
	return syscall(UMV_DEL_SERVICE, name);
}

int um_list_service(char *buffer, size_t size)
{
	int n = syscall(UMV_LS_SERVICE, buffer, size ? size - 1 : 0);

	if (n >= 0 && size)
		buffer[(size_t)n < size ? (size_t)n : size - 1] = 0;
	return n;
}

int um_view_getinfo(struct um_view_info *info)
{
	int n;

	memset(info, 0, sizeof(*info));
	n = syscall(UMV_VIEW_INFO, info, sizeof(*info));
	return n < 0 ? -1 : 0;
}

int um_set_viewname(const char *name)
{
	return syscall(UMV_SET_VIEWNAME, name);
}

int um_killall(int signal)
{
	return syscall(UMV_KILL_ALL, signal);
}

int um_new_view(void)
{
	return syscall(UMV_NEW_VIEW);
}

int um_attach(int pid)
{
	return syscall(UMV_ATTACH, pid);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "msocket.h"
#include "um_lib.h"

#define POINTER(p)	((uintptr_t)(p))

/*
 * A container's filter answers ENOSYS or EPERM for the number, whatever the view says.
 * What the view itself has refused with EPERM it refuses again.
 */
static long virtual_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct um_virtual_call call = { .argument = { a, b, c, d, e } };
	long rc = syscall(number, (long)a, (long)b, (long)c, (long)d, (long)e);

	if (rc >= 0 || (errno != ENOSYS && errno != EPERM))
		return rc;
	rc = syscall(SYS_prctl, UMV_PRCTL, number, &call, 0L, 0L);
	if (call.answered)
		return rc;
	errno = ENOSYS;
	return -1;
}

int msocket(const char *path, int domain, int type, int protocol)
{
	return virtual_call(UMV_MSOCKET, POINTER(path), domain, type, protocol, 0);
}

int um_check(void)
{
	struct um_view_info info;

	return um_view_getinfo(&info) >= 0;
}

int um_add_service(const char *module, int permanent)
{
	return virtual_call(UMV_ADD_SERVICE, POINTER(module), permanent, 0, 0, 0);
}

int um_del_service(const char *name)
{
	return virtual_call(UMV_DEL_SERVICE, POINTER(name), 0, 0, 0, 0);
}

int um_list_service(char *buffer, size_t size)
{
	int n = virtual_call(UMV_LS_SERVICE, POINTER(buffer), size ? size - 1 : 0, 0, 0, 0);

	if (n >= 0 && size)
		buffer[(size_t)n < size ? (size_t)n : size - 1] = 0;
	return n;
}

int um_status(char *buffer, size_t size)
{
	int n = virtual_call(UMV_STATUS, POINTER(buffer), size ? size - 1 : 0, 0, 0, 0);

	if (n >= 0 && size)
		buffer[(size_t)n < size ? (size_t)n : size - 1] = 0;
	return n;
}

int um_trace(int pid)
{
	return virtual_call(UMV_TRACE, pid, 0, 0, 0, 0);
}

int um_view_getinfo(struct um_view_info *info)
{
	int n;

	memset(info, 0, sizeof(*info));
	n = virtual_call(UMV_VIEW_INFO, POINTER(info), sizeof(*info), 0, 0, 0);
	return n < 0 ? -1 : 0;
}

int um_set_viewname(const char *name)
{
	return virtual_call(UMV_SET_VIEWNAME, POINTER(name), 0, 0, 0, 0);
}

int um_killall(int signal)
{
	return virtual_call(UMV_KILL_ALL, signal, 0, 0, 0, 0);
}

int um_new_view(void)
{
	return virtual_call(UMV_NEW_VIEW, 0, 0, 0, 0, 0);
}

int um_attach(int pid)
{
	return virtual_call(UMV_ATTACH, pid, 0, 0, 0, 0);
}

int um_mount(const char *source, const char *target, const char *type, unsigned long flags,
		const char *options)
{
	return virtual_call(UMV_MOUNT, POINTER(source), POINTER(target), POINTER(type), flags,
			POINTER(options));
}

int um_umount(const char *target, int flags)
{
	return virtual_call(UMV_UMOUNT, POINTER(target), flags, 0, 0, 0);
}

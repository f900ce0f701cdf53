/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umnet-lwipv6 - a stack program: see um_stack.h and engine.c. */
#include "main.h"

int main(int argc, char **argv)
{
	return um_stack_main(argc, argv, &engine_ops);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAIN_H
#define MAIN_H

#include "um_stack.h"

extern const struct um_stack_ops engine_ops;

#endif

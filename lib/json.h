/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - text as JSON. */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>

/* A quoted string; bytes that are no UTF-8 become U+FFFD. */
void json_string(FILE *to, const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "json.h"

/* The length of the UTF-8 sequence here, 0 if it is none.  The text ends with a zero. */
static size_t sequence_length(const unsigned char *s)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
		   s[0] < 0xf8 ? 4 : 0;
	unsigned value = n < 2 ? s[0] : s[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3f);
	}
	if (n > 1 && (value < least[n] || value > 0x10ffff || (value & ~0x7ffu) == 0xd800))
		return 0;
	return n;
}

void json_string(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', to);
	while (*s) {
		size_t n = sequence_length(s);

		if (!n)
			fputs("\\ufffd", to);
		else if (*s == '"' || *s == '\\')
			fprintf(to, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(to, "\\u%04x", *s);
		else
			fwrite(s, 1, n, to);
		s += n ? n : 1;
	}
	putc('"', to);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gaiji_font - the sample municipality's gaiji, drawn here from bars: three
 * characters that nobody else has.
 *   U+E000  a door over ten (文 and 十 of bars), simple
 *   U+E001  the same with a dot beside it, a composite
 *   U+E010  a well in a gate, simple
 */
#pragma once
#include "base/bytes.h"

enum { GAIJI_FONT_BYTES_MAX = 8192 };
struct gaiji_font_fault {      /* for tests: all zero draws the sample */
	unsigned units_per_em; /* instead of 2048 */
	bool blank;            /* U+E010 has no outline */
	bool outside;          /* U+E010's ink leaves the em box */
	bool extra;            /* U+E011 as well, which the list lacks */
	bool endless;          /* U+E001 has itself as a part */
};
/* Appends the font to @b. */
void gaiji_font_build(struct buf *b, const struct gaiji_font_fault *fault);
/* Its list, without the import's first line. */
extern const char gaiji_font_list[];

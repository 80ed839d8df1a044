/* SPDX-License-Identifier: Apache-2.0 */
/* make-gaiji FOLDER - writes the sample municipality's gaiji.ttf and gaiji.csv, not imported yet.
 */
#include "base/arena.h"
#include "base/file.h"
#include "tests/golden/gaiji_font.h"

#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	static const struct gaiji_font_fault none;
	AUTO(arena) struct arena *a = arena_new(65536);
	struct err err = { 0 };
	struct buf b;
	if (argc != 2) {
		fprintf(stderr, "usage: make-gaiji FOLDER\n");
		return 2;
	}
	buf_init(&b, GAIJI_FONT_BYTES_MAX);
	gaiji_font_build(&b, &none);
	int r =
	    file_write_atomic(arena_printf(a, "%s/gaiji.ttf", argv[1]), b.p, b.bytes, 0644, &err);
	if (r == 0)
		r = file_write_atomic(arena_printf(a, "%s/gaiji.csv", argv[1]), gaiji_font_list,
		    strlen(gaiji_font_list), 0644, &err);
	buf_done(&b);
	return r != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbol-learn MANIFEST - prints common/backside/symbol_states.c: for each context of a symbol the
 * state whose estimate is nearest to how often its lesser pixel came, over characters of the main
 * font at the sizes of our forms. The table is part of the format: this shows where it came from.
 */
#include "backside/symbol.h"
#include "server/render/fontset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_STEADY = 14, LAST_STEADY = 45, STEP = 23, A_LINE = 16 };
static unsigned seen[SYMBOL_N_CONTEXTS][2];

static void
learn(const struct fontset_glyph *g)
{
	const struct bilevel b = { g->bits, g->w, g->h, g->row_bytes };
	for (unsigned y = 0; y < g->h; y++)
		for (unsigned x = 0; x < g->w; x++) {
			const uint8_t *row = g->bits + (size_t)y * g->row_bytes;
			seen[symbol_context(&b, x, y)][row[x / 8] >> (7 - x % 8) & 1]++;
		}
}

/* Letters, kana, and every so many ideographs. */
static bool
is_of_the_sample(uint32_t cp)
{
	return (cp > 0x20 && cp < 0x7f) || (cp > 0x3040 && cp < 0x3100) ||
	    (cp >= 0x4e00 && cp < 0x9fa0 && cp % STEP == 0);
}

static int
learn_font(struct render_fonts *f, struct err *err)
{
	static const unsigned sizes[] = { 28, 30, 34, 36, 38, 42, 44, 46, 54, 58, 66 };
	const struct fontset_glyph *g = NULL;
	int r = 0;
	for (uint32_t cp = 0; cp < 0x9fa0 && r == 0; cp++) {
		uint32_t gid = is_of_the_sample(cp) ? sfnt_find_glyph(&f->fonts[0].sfnt, cp) : 0;
		for (unsigned i = 0; gid != 0 && r == 0 && i < N_ELEMENTS(sizes); i++) {
			r = fontset_raster(f, 0, gid, sizes[i], &g, err);
			if (r == 0)
				learn(g);
		}
	}
	return r;
}

/* An estimate is of an interval that is 0.75 on the average. */
static unsigned
state_of(const unsigned n[2])
{
	double more = n[0] > n[1] ? n[0] : n[1], less = n[0] + n[1] - more;
	double p = (less + 0.4) / (more + less + 0.8), best = 0;
	unsigned at = 0;
	for (unsigned s = FIRST_STEADY; more > 0 && s < LAST_STEADY; s++) {
		double q = mq_estimates[2 * s].qe / 65536.0 / 0.75, d = fabs(log(q / p));
		if (s == FIRST_STEADY || d < best) {
			best = d;
			at = 2 * s;
		}
	}
	return at + (n[1] > n[0]);
}

int
main(int argc, char **argv)
{
	struct err err = { 0 };
	struct render_fonts *f = NULL;
	if (argc != 2 || render_fonts_open(argv[1], &f, &err) != 0 || learn_font(f, &err) != 0) {
		fprintf(stderr, "usage: symbol-learn MANIFEST\n");
		return 1;
	}
	puts("/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by tests/golden/symbol_learn.c. "
	     "*/\n#include \"backside/symbol.h\"\n\n/* clang-format off */\n"
	     "const uint8_t symbol_states[SYMBOL_N_CONTEXTS] = {");
	for (unsigned i = 0; i < SYMBOL_N_CONTEXTS; i++)
		printf("%s%u,%s", i % A_LINE == 0 ? "\t" : " ", state_of(seen[i]),
		    i % A_LINE == A_LINE - 1 ? "\n" : "");
	puts("};\n/* clang-format on */");
	render_fonts_free(f);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy-evident ground, printed and copied: on the original the word 複写 must
 * not show, in a copy it must. Figures are differences of L* between word and
 * surroundings, seen at 0.2 mm. ground-test [FOLDER]: pictures to look at go there.
 */
#include "tests/unit/unit.h"

#include "backside/ground.h"
#include "base/mem.h"
#include "copier.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint8_t tile[GROUND_BYTES];
static const char *pictures;

/* 0.5 mm inside a letter's stroke, or 1 mm away from every letter. */
enum place { INSIDE = 1, OUTSIDE = 2, BETWEEN = 0 };
static uint8_t place[GROUND_H][GROUND_W];

static bool
all_within(int x, int y, int reach, bool word)
{
	for (int v = y - reach; v <= y + reach; v += 2)
		for (int u = x - reach; u <= x + reach; u += 2)
			if (ground_is_word((unsigned)(u + GROUND_W) % GROUND_W,
				(unsigned)(v + GROUND_H) % GROUND_H) != word)
				return false;
	return true;
}

static int
setup(void **state)
{
	(void)state;
	for (int y = 0; y < GROUND_H; y++)
		for (int x = 0; x < GROUND_W; x++) {
			if (all_within(x, y, 12, true))
				place[y][x] = INSIDE;
			else if (all_within(x, y, 24, false))
				place[y][x] = OUTSIDE;
		}
	ground_tile(0, tile);
	return 0;
}

/* Surroundings minus word: above 0 the word is the darker. */
static double
contrast_of(const struct field *f)
{
	double sum[3] = { 0 };
	unsigned n[3] = { 0 };
	const int edge = 30; /* the blur has no neighbours there */
	for (int y = edge; y < f->h - edge; y++)
		for (int x = edge; x < f->w - edge; x++) {
			sum[place[y][x]] += (double)field_row(f, y)[x];
			n[place[y][x]]++;
		}
	assert_true(n[INSIDE] > 10000 && n[OUTSIDE] > 100000);
	return sum[OUTSIDE] / n[OUTSIDE] - sum[INSIDE] / n[INSIDE];
}

static void
write_picture(const struct field *f, const char *name)
{
	char path[300];
	if (pictures == NULL || snprintf(path, sizeof(path), "%s/%s.pgm", pictures, name) < 0)
		return;
	FILE *o = fopen(path, "wb");
	if (o == NULL)
		return;
	fprintf(o, "P5\n%d %d\n255\n", f->w, f->h);
	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++)
			fputc((int)fmaxf(0, fminf(255, field_row(f, y)[x] * 255)), o);
	fclose(o);
}

static double
original(int balance, double gain_um)
{
	static uint8_t other[GROUND_BYTES];
	char name[40];
	ground_tile(balance, other);
	struct field f = copier_print(other, GROUND_W, GROUND_H, gain_um, 1);
	(void)snprintf(name, sizeof(name), "original-gain%.0f", gain_um);
	if (balance == 0)
		write_picture(&f, name);
	copier_look(&f);
	double d = contrast_of(&f);
	field_free(&f);
	return d;
}

static void
the_word_does_not_show_on_an_original(void **state)
{
	static const double gains_um[] = { 8, 10, 12, 14, 16 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(gains_um); i++) {
		double d = original(0, gains_um[i]);
		print_message("# original, dot gain %2.0f um: %+.2f\n", gains_um[i], d);
		assert_true(fabs(d) <= 1.0);
	}
}

static void
the_word_shows_in_a_copy(void **state)
{
	static const double blurs_um[] = { 35, 50, 65 }, backgrounds[] = { 0.88, 0.84, 0.80 };
	static const double gains_um[] = { 8, 12, 16 };
	(void)state;
	for (size_t g = 0; g < N_ELEMENTS(gains_um); g++) {
		struct field print = copier_print(tile, GROUND_W, GROUND_H, gains_um[g], 1);
		for (size_t i = 0; i < 2 * N_ELEMENTS(blurs_um) * N_ELEMENTS(backgrounds); i++) {
			struct copier c = { blurs_um[i / 6], backgrounds[i / 2 % 3], i % 2 == 0 };
			struct field f = copier_copy(&print, &c, 7 + i);
			char name[60];
			(void)snprintf(name, sizeof(name), "copy-gain%.0f-blur%.0f-%.2f-%s",
			    gains_um[g], c.blur_um, c.background, c.text ? "text" : "screen");
			write_picture(&f, name);
			copier_look(&f);
			double d = contrast_of(&f);
			field_free(&f);
			print_message("# %s: %+.2f\n", name, d);
			/* A sharp copier nearly reproduces what a fat printer printed. */
			if (c.blur_um >= 50 || gains_um[g] < 16)
				assert_true(d >= (c.blur_um < 50 ? 1.5 : 3.0));
		}
		field_free(&print);
	}
}

static void
the_balance_moves_the_surroundings_tint(void **state)
{
	(void)state;
	double darker = original(GROUND_MAX_BALANCE, 12),
	       lighter = original(-GROUND_MAX_BALANCE, 12);
	print_message("# balance +-%d: %+.2f %+.2f\n", GROUND_MAX_BALANCE, darker, lighter);
	assert_true(darker < original(0, 12) - 0.25 && lighter > original(0, 12) + 0.25);
}

static void
the_screens_are_what_they_say(void **state)
{
	unsigned ink[2] = { 0 }, all[2] = { 0 };
	(void)state;
	for (unsigned y = 0; y < GROUND_H; y++)
		for (unsigned x = 0; x < GROUND_W; x++) {
			bool on = tile[y * GROUND_ROW_BYTES + x / 8] >> (7 - x % 8) & 1;
			if (place[y][x] == BETWEEN)
				continue;
			all[place[y][x] == INSIDE]++;
			ink[place[y][x] == INSIDE] += on;
			if (place[y][x] == INSIDE && on) /* part of a coarse dot */
				assert_true(
				    ground_has_coarse(x / 10, y / 10) && x % 10 < 5 && y % 10 < 5);
		}
	print_message("# ink: word %.2f %%, surroundings %.2f %%\n", 100.0 * ink[1] / all[1],
	    100.0 * ink[0] / all[0]);
	assert_true(ink[1] * 1000L / all[1] >= 115 && ink[1] * 1000L / all[1] <= 135);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_screens_are_what_they_say),
		cmocka_unit_test(the_word_does_not_show_on_an_original),
		cmocka_unit_test(the_word_shows_in_a_copy),
		cmocka_unit_test(the_balance_moves_the_surroundings_tint),
	};
	pictures = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, setup, NULL);
}

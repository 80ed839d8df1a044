/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page code through the simulated printer and scanner: bit for bit, or a
 * refusal. A page that fails does not hide the others: each is named, with the
 * seed that shows it again.
 * Usage: scan_test GROUP, one of undamaged, hard, lost, shapes, nothing.
 * BACKSIDE_SEEDS=N takes N seeds a profile instead of one.
 */
#include "tests/unit/unit.h"

#include "backside/code.h"
#include "base/arena.h"
#include "base/mem.h"
#include "channel.h"
#include "field.h"
#include "tests/world/scansim/scansim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
	ARENA_BYTES = 1 << 20,
	INKED = 5,
	MAX_SEEDS = 1000,
	MAX_PAGES = 65536,
	N_UNDAMAGED = 22, /* the first profiles, see profiles.c */
	RENDER_MS = 10,
	RENDER_RUNS = 9,
};
static const double GAP = 0.10; /* bits a module, to what the soft values could carry */

struct page {
	uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES];
	uint8_t modules[BACKSIDE_BYTES];
	size_t bytes;
	uint8_t *dots;
};

/* What a group has seen. */
static struct {
	unsigned pages, bad, wrong;
	double ms[MAX_PAGES];
} tally;

static unsigned
n_seeds(void)
{
	const char *s = getenv("BACKSIDE_SEEDS");
	unsigned long n = s ? strtoul(s, NULL, 10) : 1;
	return n >= 1 && n <= MAX_SEEDS ? (unsigned)n : 1;
}

static double
cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static struct page *
page_of(size_t bytes, uint32_t s)
{
	struct page *p = mem_zero(sizeof(*p));
	struct err err = { 0 };
	p->bytes = bytes;
	for (size_t i = 0; i < bytes; i++) {
		s = s * 1664525u + 1013904223u;
		p->payload[i] = (uint8_t)(s >> 24);
	}
	assert_int_equal(backside_encode(p->payload, bytes, p->modules, &err), 0);
	p->dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	scansim_paint(p->modules, INKED, p->dots);
	return p;
}

/* The last sheet that came out of an ordinary printer: most profiles scan it. */
static struct {
	const struct page *page;
	unsigned seed;
	struct scansim_sheet *sheet;
} tray;

static void
tray_empty(void)
{
	scansim_sheet_free(tray.sheet);
	tray.sheet = NULL;
}

static void
page_free(struct page *p)
{
	tray_empty();
	mem_free(p->dots);
	mem_free(p);
}

static bool
is_payload(const struct page *p, const uint8_t *out, size_t bytes)
{
	return p != NULL && bytes == p->bytes && memcmp(out, p->payload, bytes) == 0;
}

/* What the decoder says of a picture; bytes that are neither page's are a wrong result. */
static int
decode(const struct scansim_scan *s, const struct page *p, const struct page *other,
    const char *name, struct backside_info *info)
{
	struct err err = { 0 };
	uint8_t *out = NULL;
	size_t bytes = 0;
	struct backside_grey g = { s->p, s->w, s->h, s->w };
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	double t = cpu_ms();
	int r = backside_decode(&g, a, &out, &bytes, info, &err);
	if (tally.pages < MAX_PAGES)
		tally.ms[tally.pages] = cpu_ms() - t;
	tally.pages++;
	if (info->another != (r == 0 && other != NULL && s->w > s->h)) {
		tally.wrong++;
		print_error("%s: %s second page\n", name, info->another ? "a" : "no");
	}
	if (r == 0 && !is_payload(p, out, bytes) && !is_payload(other, out, bytes)) {
		tally.wrong++;
		print_error("%s: a WRONG result\n", name);
	}
	return r;
}

static void
expect(int r, int want, const char *name, const char *more, unsigned seed,
    const struct backside_info *info)
{
	if (r == want)
		return;
	tally.bad++;
	print_error("%s %s, seed %u: %d instead of %d, %u tiles, %u rounds\n", name, more, seed, r,
	    want, info->tiles_found, info->rounds);
}

static void
scan(
    const struct page *p, const struct scansim_profile *pr, unsigned seed, struct scansim_scan *ret)
{
	struct scansim_profile usual;
	scansim_profile_init(&usual);
	if (!scansim_prints_alike(pr, &usual)) {
		scansim_run(p->dots, pr, seed, ret);
		return;
	}
	if (tray.sheet == NULL || tray.page != p || tray.seed != seed) {
		tray_empty();
		tray.page = p;
		tray.seed = seed;
		tray.sheet = scansim_print(p->dots, pr, seed);
	}
	scansim_scan(tray.sheet, pr, ret);
}

static void
expect_one(const struct page *p, const char *name, const char *more, int want, unsigned seed)
{
	struct scansim_profile pr;
	struct scansim_scan s;
	struct backside_info info;
	assert_true(scansim_profile_find(name, &pr));
	assert_true(scansim_profile_set(&pr, more));
	scan(p, &pr, seed, &s);
	expect(decode(&s, p, NULL, name, &info), want, name, more, seed, &info);
	mem_free(s.p);
}

/* All seeds of a profile, changed by @more. */
static void
expect_all(const struct page *p, const char *name, const char *more, int want)
{
	for (unsigned seed = 1; seed <= n_seeds(); seed++)
		expect_one(p, name, more, want, seed);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
tally_start(void)
{
	tally.pages = tally.bad = tally.wrong = 0;
}

static void
tally_judge(const char *group)
{
	struct rusage use;
	unsigned n = tally.pages < MAX_PAGES ? tally.pages : MAX_PAGES;
	qsort(tally.ms, n, sizeof(*tally.ms), by_value);
	getrusage(RUSAGE_SELF, &use);
	assert_true(n > 0);
	print_message("# %s: %u pages as promised of %u, %u wrong; decoding took %.0f ms (median), "
		      "%.0f ms (longest) of the processor, the process %ld MB\n",
	    group, tally.pages - tally.bad, tally.pages, tally.wrong, tally.ms[n / 2],
	    tally.ms[n - 1], use.ru_maxrss / 1024);
	assert_int_equal(tally.wrong, 0);
	assert_int_equal(tally.bad, 0);
}

static void
every_profile_without_lost_area_is_read_bit_for_bit_at_one_third(void **state)
{
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_3, 1);
	(void)state;
	tally_start();
	for (unsigned seed = 1; seed <= n_seeds(); seed++)
		for (size_t i = 0; i < N_UNDAMAGED; i++)
			expect_one(p, scansim_profile_name(i), "", 0, seed);
	page_free(p);
	tally_judge("undamaged");
}

static void
every_harder_profile_is_read_bit_for_bit_at_one_third(void **state)
{
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_3, 2);
	const char *name;
	(void)state;
	tally_start();
	for (unsigned seed = 1; seed <= n_seeds(); seed++)
		for (size_t i = N_UNDAMAGED; (name = scansim_profile_name(i)) != NULL; i++)
			expect_one(p, name, "", 0, seed);
	page_free(p);
	tally_judge("hard");
}

static void
the_lost_area_that_each_rate_promises_is_survived(void **state)
{
	static const struct {
		size_t bytes;
		const char *profile;
	} t[] = {
		{ BACKSIDE_MAX_BYTES_1_8, "erase70" },
		{ BACKSIDE_MAX_BYTES_1_4, "erase55" },
		{ BACKSIDE_MAX_BYTES_1_3, "erase45" },
		{ BACKSIDE_MAX_BYTES_2_5, "halved300" },
		{ BACKSIDE_MAX_BYTES_1_2, "erase25" },
	};
	(void)state;
	tally_start();
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct page *p = page_of(t[i].bytes, 3);
		expect_all(p, t[i].profile, "", 0);
		page_free(p);
	}
	tally_judge("lost area");
}

static void
a_page_lost_beyond_its_rate_is_damaged_never_wrong(void **state)
{
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_2, 4);
	(void)state;
	tally_start();
	expect_all(p, "erase70", "", BACKSIDE_E_DAMAGED);
	expect_all(p, "halved300", "", BACKSIDE_E_DAMAGED);
	page_free(p);
	tally_judge("beyond");
}

static void
every_resolution_is_read_in_grey_and_in_black_and_white(void **state)
{
	static const char *const t[] = { "dpi=150", "dpi=170", "dpi=200", "dpi=240", "dpi=300",
		"dpi=400", "dpi=500", "dpi=600", "dpi=200 threshold=0.5 gain=14",
		"dpi=240 threshold=0.5 gain=14", "dpi=300 threshold=0.5 gain=14",
		"dpi=400 threshold=0.5 gain=14", "dpi=600 threshold=0.5 gain=14" };
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_3, 5);
	(void)state;
	tally_start();
	for (unsigned seed = 1; seed <= n_seeds(); seed++)
		for (size_t i = 0; i < N_ELEMENTS(t); i++)
			expect_one(p, "flat300", t[i], 0, seed);
	page_free(p);
	tally_judge("resolutions");
}

static void
every_angle_is_read_and_said(void **state)
{
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_3, 6);
	struct dice d = { 99 };
	(void)state;
	tally_start();
	for (unsigned k = 0; k < 6 + 2 * n_seeds(); k++) {
		struct scansim_profile pr;
		struct scansim_scan s;
		struct backside_info info;
		char more[80];
		double angle = k < 4 ? 90 * k : dice_range(&d, 0, 360);
		int dpi = (int)dice_range(&d, 150, 301);
		(void)snprintf(
		    more, sizeof(more), "angle=%.2f dpi=%d bed_w=365 bed_h=365", angle, dpi);
		assert_true(scansim_profile_find("flat300", &pr));
		assert_true(scansim_profile_set(&pr, more));
		scansim_run(p->dots, &pr, k, &s);
		expect(decode(&s, p, NULL, "flat300", &info), 0, "flat300", more, k, &info);
		double off = remainder(info.angle_deg - angle, 360);
		if (fabs(off) > 0.5 || fabs(info.dpi - dpi) > 0.01 * dpi) {
			tally.bad++;
			print_error(
			    "%s: seen as %.2f degrees, %.0f dpi\n", more, info.angle_deg, info.dpi);
		}
		mem_free(s.p);
	}
	page_free(p);
	tally_judge("angles");
}

static void
a_page_seen_from_behind_is_said_to_be_mirrored(void **state)
{
	static const char *const t[] = { "mirrored=1", "mirrored=1 angle=91",
		"mirrored=1 angle=180", "mirrored=1 angle=-92" };
	struct page *p = page_of(1000, 7);
	(void)state;
	tally_start();
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		expect_all(p, i ? "flat300" : "office200", t[i], BACKSIDE_E_MIRRORED);
	page_free(p);
	tally_judge("mirrored");
}

/* Two pages of one rate in one picture: one of them, exactly, or none. */
static void
two_pages_in_a_picture_never_mix(void **state)
{
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_3, 8),
		    *q = page_of(BACKSIDE_MAX_BYTES_1_3, 9);
	struct scansim_profile pr;
	struct backside_info info;
	(void)state;
	tally_start();
	assert_true(scansim_profile_find("flat300", &pr));
	for (unsigned share = 1; share < 8; share++) { /* the upper eighths are of another page */
		struct scansim_scan a, b;
		scansim_run(p->dots, &pr, share, &a);
		scansim_run(q->dots, &pr, share, &b);
		memcpy(a.p, b.p, a.w * (a.h * share / 8));
		int r = decode(&a, p, q, "half a page", &info);
		if (share >= 3 && share <= 5)
			expect(r, BACKSIDE_E_DAMAGED, "upper eighths of another page", "", share,
			    &info);
		struct scansim_scan both = { mem_zero_n(2 * a.w, a.h), 2 * a.w, a.h };
		for (size_t y = 0; y < a.h && share == 1; y++) {
			memcpy(both.p + 2 * y * a.w, a.p + y * a.w, a.w);
			memcpy(both.p + (2 * y + 1) * a.w, b.p + y * a.w, a.w);
		}
		if (share == 1)
			expect(decode(&both, p, q, "side by side", &info), 0, "side by side", "", 1,
			    &info);
		mem_free(both.p);
		mem_free(a.p);
		mem_free(b.p);
	}
	page_free(p);
	page_free(q);
	tally_judge("two pages");
}

/* A certificate's front, ruled paper, a screen of dots, a chequer, noise: a number each. */
static bool
other_dot(unsigned kind, unsigned x, unsigned y, struct dice *d)
{
	switch (kind) {
	case 0:
		return y % 120 < 4 && x > 400 && x < 4500;
	case 1:
		return x % 24 < 11 && y % 24 < 11;
	case 2:
		return (x / 96 + y / 96) % 2;
	case 3:
		return dice_next(d) & 1;
	case 4:
		return (x / 6 * 2654435761u ^ y / 6 * 2246822519u) >> 13 & 1;
	case 5:
		return (x % 96 < 54 && x % 96 >= 36) && (y % 96 < 54 && y % 96 >= 36);
	default:
		return false;
	}
}

static void
what_is_no_page_is_not_found(void **state)
{
	enum { N_KINDS = 7 };
	struct page none = { .dots = mem_zero_n(SCANSIM_W, SCANSIM_H) };
	(void)state;
	tally_start();
	for (unsigned kind = 0; kind < N_KINDS; kind++) {
		struct dice d = { kind };
		for (unsigned y = 0; y < SCANSIM_H; y++)
			for (unsigned x = 0; x < SCANSIM_W; x++)
				none.dots[(size_t)y * SCANSIM_W + x] = other_dot(kind, x, y, &d);
		tray_empty(); /* the same page, painted anew */
		expect_all(&none, "office200", "show:0.9", BACKSIDE_E_NOT_FOUND);
		expect_all(&none, "flat300", "", BACKSIDE_E_NOT_FOUND);
	}
	tray_empty();
	mem_free(none.dots);
	tally_judge("no page");
}

/* Our own marks and data, but addresses that are nobody's. */
static void
a_page_with_foreign_addresses_is_not_found(void **state)
{
	struct page *p = page_of(BACKSIDE_MAX_BYTES_1_3, 10);
	struct dice d = { 5 };
	(void)state;
	tally_start();
	for (unsigned t = 0; t < BACKSIDE_NX * BACKSIDE_NY; t++)
		for (unsigned k = 0; k < 9; k++) {
			unsigned x = t % BACKSIDE_NX * 16 + 8 + 4 * (k % 3) - 4;
			unsigned y = t / BACKSIDE_NX * 16 + 8 + 4 * (k / 3) - 4;
			if (k != 4 && dice_next(&d) & 1)
				p->modules[y * BACKSIDE_ROW_BYTES + x / 8] ^=
				    (uint8_t)(128 >> x % 8);
		}
	scansim_paint(p->modules, INKED, p->dots);
	expect_all(p, "flat300", "", BACKSIDE_E_NOT_FOUND);
	expect_all(p, "office150", "", BACKSIDE_E_NOT_FOUND);
	page_free(p);
	tally_judge("foreign");
}

/* A tenth of a bit more than the rate is enough for all words of a page. */
static void
code_words_are_read_within_a_tenth_of_a_bit_of_the_capacity(void **state)
{
	static const struct {
		enum ldpc_profile profile;
		double rate;
	} t[] = { { LDPC_1_4, 0.25 }, { LDPC_1_3, 1 / 3.0 }, { LDPC_2_5, 0.4 }, { LDPC_1_2, 0.5 } };
	struct ldpc_work *w = mem_zero(ldpc_work_bytes());
	unsigned bad = 0;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		static struct ldpc c;
		ldpc_init(&c, t[i].profile);
		for (unsigned seed = 1; seed <= n_seeds(); seed++)
			bad += !channel_words_pass(&c, w, t[i].rate + GAP, seed);
		print_message("# rate %.3f: a page's words over noise that can carry %.3f bits: "
			      "%u not read so far\n",
		    t[i].rate, t[i].rate + GAP, bad);
	}
	mem_free(w);
	assert_int_equal(bad, 0);
}

/* Told, not judged: what else runs on the machine costs a thread time, too. */
static void
painting_a_page_takes_few_milliseconds_of_the_processor(void **state)
{
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES], modules[BACKSIDE_BYTES];
	double ms[RENDER_RUNS];
	struct err err = { 0 };
	(void)state;
	for (int i = 0; i < RENDER_RUNS; i++) {
		double t = cpu_ms();
		assert_int_equal(
		    backside_encode(payload, BACKSIDE_MAX_BYTES_1_3, modules, &err), 0);
		ms[i] = cpu_ms() - t;
	}
	qsort(ms, RENDER_RUNS, sizeof(*ms), by_value);
	print_message("# painting a page: %.1f ms (median; at most %d on an idle machine)\n",
	    ms[RENDER_RUNS / 2], RENDER_MS);
}

static void
the_same_seed_gives_the_same_scan_and_another_one_another(void **state)
{
	struct page *p = page_of(1000, 11);
	struct scansim_profile pr;
	struct scansim_scan a, b, c;
	(void)state;
	assert_true(scansim_profile_find("office150", &pr));
	scansim_run(p->dots, &pr, 1, &a);
	scansim_run(p->dots, &pr, 1, &b);
	scansim_run(p->dots, &pr, 2, &c);
	assert_int_equal(a.w * a.h, b.w * b.h);
	assert_memory_equal(a.p, b.p, a.w * a.h);
	assert_int_equal(a.w * a.h, c.w * c.h);
	assert_true(memcmp(a.p, c.p, a.w * a.h) != 0);
	mem_free(a.p);
	mem_free(b.p);
	mem_free(c.p);
	page_free(p);
}

static void
a_profile_with_a_mistake_in_it_is_refused(void **state)
{
	static const struct {
		const char *spec;
		bool want;
	} t[] = {
		{ "", true },
		{ "dpi=200 stamp:120,215,22,0.3 jpeg=60", true },
		{ "dpi=", false },
		{ "dpi=20x", false },
		{ "dqi=200", false },
		{ "stamps:1", false },
		{ "jpeg=101", false },
		{ "jpeg=-1", false },
	};
	struct scansim_profile p;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		scansim_profile_init(&p);
		assert_int_equal(scansim_profile_set(&p, t[i].spec), t[i].want);
	}
	assert_false(scansim_profile_find("nosuch", &p));
	assert_null(scansim_profile_name(1000));
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest undamaged[] = {
		cmocka_unit_test(every_profile_without_lost_area_is_read_bit_for_bit_at_one_third),
	};
	static const struct CMUnitTest hard[] = {
		cmocka_unit_test(every_harder_profile_is_read_bit_for_bit_at_one_third),
	};
	static const struct CMUnitTest lost[] = {
		cmocka_unit_test(a_profile_with_a_mistake_in_it_is_refused),
		cmocka_unit_test(the_same_seed_gives_the_same_scan_and_another_one_another),
		cmocka_unit_test(the_lost_area_that_each_rate_promises_is_survived),
		cmocka_unit_test(a_page_lost_beyond_its_rate_is_damaged_never_wrong),
		cmocka_unit_test(a_page_seen_from_behind_is_said_to_be_mirrored),
		cmocka_unit_test(two_pages_in_a_picture_never_mix),
	};
	static const struct CMUnitTest shapes[] = {
		cmocka_unit_test(every_resolution_is_read_in_grey_and_in_black_and_white),
		cmocka_unit_test(every_angle_is_read_and_said),
	};
	static const struct CMUnitTest nothing[] = {
		cmocka_unit_test(code_words_are_read_within_a_tenth_of_a_bit_of_the_capacity),
		cmocka_unit_test(painting_a_page_takes_few_milliseconds_of_the_processor),
		cmocka_unit_test(what_is_no_page_is_not_found),
		cmocka_unit_test(a_page_with_foreign_addresses_is_not_found),
	};
	const char *group = argc == 2 ? argv[1] : "";
	if (strcmp(group, "undamaged") == 0)
		return cmocka_run_group_tests(undamaged, NULL, NULL);
	if (strcmp(group, "hard") == 0)
		return cmocka_run_group_tests(hard, NULL, NULL);
	if (strcmp(group, "lost") == 0)
		return cmocka_run_group_tests(lost, NULL, NULL);
	if (strcmp(group, "shapes") == 0)
		return cmocka_run_group_tests(shapes, NULL, NULL);
	if (strcmp(group, "nothing") == 0)
		return cmocka_run_group_tests(nothing, NULL, NULL);
	fprintf(stderr, "usage: scan_test undamaged|hard|lost|shapes|nothing\n");
	return 2;
}

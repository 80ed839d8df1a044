/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page code through the simulated printer and scanner: bit for bit, or a
 * refusal. BACKSIDE_SEEDS=N takes N seeds a profile instead of one.
 */
#include "tests/unit/unit.h"

#include "backside/code.h"
#include "base/arena.h"
#include "base/mem.h"
#include "tests/world/scansim/scansim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, INKED = 5, MAX_SEEDS = 1000 };

struct page {
	uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES];
	size_t bytes;
	uint8_t *dots;
};

static unsigned
n_seeds(void)
{
	const char *s = getenv("BACKSIDE_SEEDS");
	unsigned long n = s ? strtoul(s, NULL, 10) : 1;
	return n >= 1 && n <= MAX_SEEDS ? (unsigned)n : 1;
}

static void
page_make(struct page *p, size_t bytes)
{
	static uint8_t modules[BACKSIDE_BYTES];
	struct err err = { 0 };
	uint32_t s = (uint32_t)bytes;
	p->bytes = bytes;
	for (size_t i = 0; i < bytes; i++) {
		s = s * 1664525u + 1013904223u;
		p->payload[i] = (uint8_t)(s >> 24);
	}
	assert_int_equal(backside_encode(p->payload, bytes, modules, &err), 0);
	p->dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	scansim_paint(modules, INKED, p->dots);
}

/* What the decoder says of a scan; a result is compared. */
static int
scan(const struct page *p, const struct scansim_profile *profile, unsigned seed,
    struct backside_info *info)
{
	struct scansim_scan s;
	struct err err = { 0 };
	uint8_t *out = NULL;
	size_t bytes = 0;
	scansim_run(p->dots, profile, seed, &s);
	struct backside_grey g = { s.p, s.w, s.h, s.w };
	struct arena *a = arena_new(ARENA_BYTES);
	int r = backside_decode(&g, a, &out, &bytes, info, &err);
	if (r == 0) {
		assert_int_equal(bytes, p->bytes);
		assert_memory_equal(out, p->payload, bytes);
	}
	arena_free(a);
	mem_free(s.p);
	return r;
}

static void
assert_read(const struct page *p, const char *profile)
{
	struct scansim_profile pr;
	struct backside_info info;
	assert_true(scansim_profile_find(profile, &pr));
	for (unsigned seed = 1; seed <= n_seeds(); seed++) {
		int r = scan(p, &pr, seed, &info);
		if (r != 0)
			print_error(
			    "%s, seed %u: %d, %u tiles\n", profile, seed, r, info.tiles_found);
		assert_int_equal(r, 0);
	}
}

static void
every_profile_is_read_bit_for_bit_at_one_third(void **state)
{
	static struct page p;
	const char *name;
	(void)state;
	page_make(&p, BACKSIDE_MAX_BYTES_1_3);
	for (size_t i = 0; (name = scansim_profile_name(i)) != NULL; i++)
		assert_read(&p, name);
	mem_free(p.dots);
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
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		static struct page p;
		page_make(&p, t[i].bytes);
		assert_read(&p, t[i].profile);
		mem_free(p.dots);
	}
}

static void
a_page_lost_beyond_its_rate_is_damaged_never_wrong(void **state)
{
	static struct page p;
	struct scansim_profile pr;
	struct backside_info info;
	(void)state;
	page_make(&p, BACKSIDE_MAX_BYTES_1_2);
	assert_true(scansim_profile_find("erase70", &pr));
	assert_int_equal(scan(&p, &pr, 1, &info), BACKSIDE_E_DAMAGED);
	assert_true(info.tiles_found > 100);
	mem_free(p.dots);
}

static void
a_transparency_scanned_from_behind_is_mirrored(void **state)
{
	static struct page p;
	struct scansim_profile pr;
	struct backside_info info;
	(void)state;
	page_make(&p, 1000);
	assert_true(scansim_profile_find("office200", &pr));
	assert_true(scansim_profile_set(&pr, "mirrored=1"));
	assert_int_equal(scan(&p, &pr, 1, &info), BACKSIDE_E_MIRRORED);
	mem_free(p.dots);
}

static void
an_empty_sheet_is_not_found(void **state)
{
	static struct page p;
	struct scansim_profile pr;
	struct backside_info info;
	(void)state;
	p.dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	assert_true(scansim_profile_find("office200", &pr));
	assert_int_equal(scan(&p, &pr, 1, &info), BACKSIDE_E_NOT_FOUND);
	mem_free(p.dots);
}

static void
the_same_seed_gives_the_same_scan_and_another_one_another(void **state)
{
	static struct page p;
	struct scansim_profile pr;
	struct scansim_scan a, b, c;
	(void)state;
	page_make(&p, 1000);
	assert_true(scansim_profile_find("office150", &pr));
	scansim_run(p.dots, &pr, 1, &a);
	scansim_run(p.dots, &pr, 1, &b);
	scansim_run(p.dots, &pr, 2, &c);
	assert_int_equal(a.w * a.h, b.w * b.h);
	assert_memory_equal(a.p, b.p, a.w * a.h);
	assert_int_equal(a.w * a.h, c.w * c.h);
	assert_true(memcmp(a.p, c.p, a.w * a.h) != 0);
	mem_free(a.p);
	mem_free(b.p);
	mem_free(c.p);
	mem_free(p.dots);
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
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_with_a_mistake_in_it_is_refused),
		cmocka_unit_test(the_same_seed_gives_the_same_scan_and_another_one_another),
		cmocka_unit_test(every_profile_is_read_bit_for_bit_at_one_third),
		cmocka_unit_test(the_lost_area_that_each_rate_promises_is_survived),
		cmocka_unit_test(a_page_lost_beyond_its_rate_is_damaged_never_wrong),
		cmocka_unit_test(a_transparency_scanned_from_behind_is_mirrored),
		cmocka_unit_test(an_empty_sheet_is_not_found),
	};
	return cmocka_run_group_tests_name("backside-scans", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The ground in a municipality's profile, and the name that is drawn for it. */
#include "unit.h"

#include "paper_help.h"
#include "server/render/ground_name.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 4 << 20, KOIN_BYTES = 63 * 500 };

/* A profile with @ground as that member's value, NULL for none. */
static int
parse(struct arena *a, const char *ground, struct profile *ret)
{
	static const char kind[] = "{\"fee_yen\":300,\"options\":[],\"open\":\"00:00\","
				   "\"close\":\"24:00\",\"closed_year_end\":false,"
				   "\"ninsho_all\":\"証明する。\",\"ninsho_part\":\"証明する。\"}";
	char bits[KOIN_BYTES * 4 / 3 + 1];
	struct err err = { 0 };
	memset(bits, 'A', sizeof(bits) - 1);
	bits[sizeof(bits) - 1] = '\0';
	const char *json = arena_printf(a,
	    "{\"muni\":\"" PAPER_MUNI "\",\"prefecture\":\"架空県\",\"name\":\"見本市\","
	    "\"mayor_title\":\"長\",\"mayor\":\"見本　一郎\",\"form\":\"renki\","
	    "\"window_phone\":\"000-0000-0000\",\"inquiry_url\":\"https://inquiry.example/\","
	    "\"koin\":{\"width_px\":500,\"height_px\":500,\"bits\":\"%s\"},%s%s%s"
	    "\"kinds\":{\"juminhyo\":%s}}",
	    bits, ground ? "\"ground\":" : "", ground ? ground : "", ground ? "," : "", kind);
	return profile_parse(a, json, strlen(json), ret, &err);
}

static void
the_ground_of_a_profile_has_limits(void **state)
{
	static const struct {
		const char *ground;
		int want, balance;
	} t[] = {
		{ "{\"balance\":0}", 0, 0 }, { "{\"balance\":6}", 0, 6 },
		{ "{\"balance\":7}", FAULT_CONFIG, 0 }, { "{\"balance\":-6}", 0, -6 },
		{ "{\"balance\":-7}", FAULT_CONFIG, 0 }, { "{\"balance\":\"0\"}", FAULT_CONFIG, 0 },
		{ "{}", FAULT_CONFIG, 0 }, { "true", FAULT_CONFIG, 0 },
		{ "{\"balance\":0,\"bits\":\"\"}", FAULT_CONFIG, 0 }, /* it is drawn, not given */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct profile p = { 0 };
		assert_int_equal(parse(a, t[i].ground, &p), t[i].want);
		if (t[i].want == 0)
			assert_int_equal(p.ground->balance, t[i].balance);
	}
}

static void
a_profile_without_a_ground_means_plain_paper(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct profile p = { 0 };
	(void)state;
	assert_int_equal(parse(a, NULL, &p), 0);
	assert_null(p.ground);
}

static int
draw(struct arena *a, const char *prefecture, const char *name, struct ground_name *ret)
{
	struct profile p = { .muni = { PAPER_MUNI }, .prefecture = prefecture, .name = name };
	struct err err = { 0 };
	return ground_name_draw(a, paper_fonts(), &p, ret, &err);
}

static unsigned
ink_of(const struct ground_name *n)
{
	unsigned ink = 0;
	for (size_t i = 0; i < (size_t)((n->w_px + 7) / 8) * n->h_px; i++)
		ink += (unsigned)__builtin_popcount(n->bits[i]);
	return ink;
}

static void
a_name_is_drawn_with_the_font_stack_and_always_the_same(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct ground_name one, again, other;
	(void)state;
	assert_int_equal(draw(a, "架空県", "見本市", &one), 0);
	assert_int_equal(draw(a, "架空県", "見本市", &again), 0);
	assert_int_equal(draw(a, "架空県", "見木市", &other), 0);
	assert_int_equal(one.w_px, 6 * GROUND_NAME_PX);
	assert_true(ink_of(&one) > 2000);
	assert_int_equal(one.h_px, again.h_px);
	const size_t bytes = (size_t)((one.w_px + 7) / 8) * one.h_px;
	assert_memory_equal(one.bits, again.bits, bytes);
	assert_int_equal(other.w_px, one.w_px);
	assert_int_not_equal(memcmp(one.bits, other.bits, bytes), 0);
}

static void
a_long_name_is_smaller_and_one_past_the_limit_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct ground_name n = { 0 };
	char longest[40 * 3 + 1] = ""; /* 40 characters of the least size are 1200 dots */
	(void)state;
	for (unsigned i = 0; i < 40; i++)
		memcpy(longest + i * 3, "市", 4);
	assert_int_equal(draw(a, "", longest, &n), 0);
	assert_int_equal(n.w_px, GROUND_NAME_MAX_W_PX);
	assert_int_equal(draw(a, "県", longest, &n), FAULT_CONFIG);
}

static void
a_name_without_a_glyph_is_refused_at_the_start(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	const struct profile_ground ground = { 0 };
	const struct profile list[] = {
		{ .muni = { PAPER_MUNI }, .prefecture = "架空県", .name = "\U000FFFFD市" },
		{ .muni = { PAPER_MUNI },
		    .prefecture = "架空県",
		    .name = "\U000FFFFD市",
		    .ground = &ground },
	};
	struct ground_name n = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_int_equal(draw(a, "架空県", "\U000FFFFD市", &n), FAULT_CONFIG);
	assert_int_equal(render_grounds_check(paper_fonts(), list, 1, &err), 0); /* has none */
	assert_int_equal(render_grounds_check(paper_fonts(), list, 2, &err), FAULT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ground_of_a_profile_has_limits),
		cmocka_unit_test(a_profile_without_a_ground_means_plain_paper),
		cmocka_unit_test(a_name_is_drawn_with_the_font_stack_and_always_the_same),
		cmocka_unit_test(a_long_name_is_smaller_and_one_past_the_limit_is_refused),
		cmocka_unit_test(a_name_without_a_glyph_is_refused_at_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A PDF apart from its backs and together again; and what cannot be one. */
#include "unit.h"

#include "backside/apart.h"

#include <string.h>

enum { BETWEEN = 7, ARENA_BYTES = 64 << 20 };

/* @n backs of zeros with BETWEEN bytes before, between and behind them. */
static size_t
pdf_make(struct arena *a, unsigned n, struct apart *ret, uint8_t **ret_pdf)
{
	size_t bytes = (size_t)n * (BETWEEN + BACKSIDE_BYTES) + BETWEEN;
	uint8_t *pdf = arena_zero(a, bytes);
	*ret = (struct apart){ .n = n };
	for (unsigned i = 0; i <= n; i++)
		memset(pdf + (size_t)i * (BETWEEN + BACKSIDE_BYTES), 'a' + (int)i, BETWEEN);
	for (unsigned i = 0; i < n; i++)
		ret->at[i] = (uint32_t)(i * (BETWEEN + BACKSIDE_BYTES) + BETWEEN);
	*ret_pdf = pdf;
	return bytes;
}

static void
a_pdf_comes_together_again(void **state)
{
	static const unsigned ns[] = { 0, 1, 2, APART_MAX_BACKS };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(ns); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct err err = { 0 };
		struct apart backs;
		uint8_t *pdf = NULL, *got = NULL;
		struct buf b;
		size_t bytes = pdf_make(a, ns[i], &backs, &pdf);
		buf_init(&b, 1 << 20);
		apart_put(pdf, bytes, &backs, &b);
		assert_int_equal(b.bytes, (ns[i] + 1) * BETWEEN);
		buf_u8(&b, 'z'); /* what follows is left where it is */
		struct rd in = rd_init(b.p, b.bytes);
		assert_int_equal(apart_take(a, &in, bytes, &backs, &got, &err), 0);
		assert_memory_equal(got, pdf, bytes);
		assert_int_equal(rd_u8(&in), 'z');
		assert_true(rd_done(&in));
		struct rd less = rd_init(b.p, b.bytes - 2);
		assert_int_equal(
		    apart_take(a, &less, bytes, &backs, &got, &err), FAULT_BAD_INPUT);
		buf_done(&b);
	}
}

static void
backs_that_lie_over_each_other_or_outside_are_refused(void **state)
{
	enum { SECOND = 2 * BETWEEN + BACKSIDE_BYTES, BYTES = SECOND + BACKSIDE_BYTES + BETWEEN };
	static const struct {
		unsigned n;
		uint32_t first, second;
		size_t bytes;
		int want;
	} t[] = {
		{ 2, BETWEEN, SECOND, BYTES, 0 },
		{ 2, 0, BACKSIDE_BYTES, BYTES, 0 },
		{ 2, 1, BACKSIDE_BYTES, BYTES, FAULT_BAD_INPUT },
		{ 2, SECOND, BETWEEN, BYTES, FAULT_BAD_INPUT },
		{ 2, BETWEEN, BETWEEN, BYTES, FAULT_BAD_INPUT },
		{ 2, BETWEEN, BYTES - BACKSIDE_BYTES, BYTES, 0 },
		{ 2, BETWEEN, BYTES - BACKSIDE_BYTES + 1, BYTES, FAULT_BAD_INPUT },
		{ 2, BETWEEN, UINT32_MAX, BYTES, FAULT_BAD_INPUT },
		{ 1, 0, 0, BACKSIDE_BYTES, 0 },
		{ 1, 0, 0, BACKSIDE_BYTES - 1, FAULT_BAD_INPUT },
		{ APART_MAX_BACKS + 1, 0, BACKSIDE_BYTES, SIZE_MAX, FAULT_BAD_INPUT },
	};
	static const uint8_t rest[3 * BETWEEN];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		const struct apart backs = { .n = t[i].n, .at = { t[i].first, t[i].second } };
		struct rd in = rd_init(rest, sizeof(rest));
		struct err err = { 0 };
		uint8_t *got = NULL;
		int r = apart_take(a, &in, t[i].bytes, &backs, &got, &err);
		if (r != t[i].want)
			fail_msg("case %zu gave %d", i, r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pdf_comes_together_again),
		cmocka_unit_test(backs_that_lie_over_each_other_or_outside_are_refused),
	};
	return cmocka_run_group_tests_name("backside_apart", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the city decides of one person or one kiosk: once more without fee, a kiosk of its own
 * stopped. */
#include "unit.h"

#include "paper_help.h"
#include "server/issue/decide.h"

static void
a_stopped_kiosk_is_itself_and_no_other(void **state)
{
	static const struct {
		const char *stopped, *kiosk;
		int want;
	} t[] = {
		{ NULL, "K0001", 0 },
		{ ",K0001,", "K0001", ISSUE_E_STOPPED },
		{ ",K0001,", "K0002", 0 },
		{ ",K0001,", "K000", 0 },
		{ ",K0001,", "0001", 0 },
		{ ",K0001,", "K00011", 0 },
		{ ",K0001,K0002,", "K0002", ISSUE_E_STOPPED },
		{ ",K0001,K0002,", "K0003", 0 },
		{ ",K0001,K0002,", "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		const struct issue_view v = { .stopped_kiosks = t[i].stopped };
		assert_int_equal(issue_kiosk(&v, t[i].kiosk), t[i].want);
	}
}

static void
once_more_is_free_and_for_one_copy_of_that_kind(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct issue_view v = { .has_lease = true };
	struct profile p;
	unsigned copies = 0;
	(void)state;
	paper_profile(a, PROFILE_RENKI, &p);
	v.again[DOC_JUMINHYO] = (struct issue_again){ .id = 7, .number = "N" };
	assert_int_equal(issue_fee_yen(&v, &p, DOC_JUMINHYO, &copies), 0);
	assert_int_equal(copies, 1);
	assert_int_equal(issue_fee_yen(&v, &p, DOC_INKAN, &copies), p.kinds[DOC_INKAN].fee_yen);
	assert_int_equal(copies, ORDER_MAX_COPIES);
	v.terms.kinds[DOC_INKAN].has_fee = true;
	v.terms.kinds[DOC_INKAN].fee_yen = 450;
	assert_int_equal(issue_fee_yen(&v, &p, DOC_INKAN, &copies), 450);
}

static void
an_order_goes_by_the_fee_and_the_copies_it_is_for(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct profile p;
	const struct {
		int64_t again;
		unsigned fee_yen, copies;
		int want;
	} t[] = {
		{ 0, 300, 1, ISSUE_E_UNKNOWN_CARD }, /* what is looked at next */
		{ 0, 300, ORDER_MAX_COPIES, ISSUE_E_UNKNOWN_CARD },
		{ 0, 0, 1, ISSUE_E_FEE },
		{ 7, 0, 1, ISSUE_E_UNKNOWN_CARD },
		{ 7, 0, 2, ISSUE_E_FEE },
		{ 7, 300, 1, ISSUE_E_FEE },
	};
	(void)state;
	paper_profile(a, PROFILE_RENKI, &p);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		const int64_t now_ms = 1795230000000; /* noon in Japan */
		struct issue_view v = { .has_lease = true, .beat_ms = now_ms };
		struct issue_choice choice;
		v.again[DOC_JUMINHYO].id = t[i].again;
		const struct order o = { .muni = p.muni,
			.kind = DOC_JUMINHYO,
			.scope = ORDER_SELF,
			.copies = t[i].copies,
			.fee_yen = t[i].fee_yen };
		assert_int_equal(p.kinds[DOC_JUMINHYO].fee_yen, 300);
		assert_int_equal(issue_decide(&v, &o, &p, now_ms, &choice), t[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stopped_kiosk_is_itself_and_no_other),
		cmocka_unit_test(once_more_is_free_and_for_one_copy_of_that_kind),
		cmocka_unit_test(an_order_goes_by_the_fee_and_the_copies_it_is_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Once more without fee, as the city allows it: offered, used once by whoever it is for, or not at
 * all. */
#include "tests/db/front_rig.h"

#include "base/clock.h"

#include <pthread.h>
#include <string.h>

enum { HOUR_MS = 3600000, RACERS = 4 };

static int
result_of(struct rig_reply r)
{
	rig_reply_done(&r);
	return r.result;
}

static int
ordered(const struct rig_session *s, enum doc_kind kind, unsigned fee_yen, unsigned copies)
{
	struct order o = rig_order_of(s, kind, ORDER_SELF);
	o.fee_yen = fee_yen;
	o.copies = copies;
	return result_of(rig_order(s, &o));
}

/* A spoilt 住民票 of person 0, and its allowance in a state, until then. */
static void
allow(const struct rig_session *s, int state, int64_t until_ms)
{
	assert_int_equal(ordered(s, DOC_JUMINHYO, RIG_FEE_YEN, 1), 0);
	rig_sql(
	    "INSERT INTO reissue (number, ref, kind, state, sealed, until_ms, asked_by, asked_ms) "
	    "SELECT c.number, i.ref, i.kind, %d, '\\x00', %lld, 'unyo1', 0 "
	    "FROM issue_copy c JOIN issue i USING (order_id) ORDER BY i.issued_ms DESC LIMIT 1",
	    state, (long long)until_ms);
}

/* {fee, max_copies (0 = not said)} of the offer. */
static void
offered(const struct rig_session *s, const char *kind, int64_t want_fee, int64_t want_copies)
{
	struct rig_reply r = rig_offer(s);
	json_t *j = NULL;
	bool found = false;
	assert_int_equal(r.result, 0);
	assert_int_equal(js_parse(r.body, r.body_bytes, &j, NULL), 0);
	const json_t *list = json_object_get(j, "kinds");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *k = json_array_get(list, i);
		if (strcmp(json_string_value(json_object_get(k, "kind")), kind) != 0)
			continue;
		found = true;
		assert_int_equal(json_integer_value(json_object_get(k, "fee_yen")), want_fee);
		assert_int_equal(json_integer_value(json_object_get(k, "max_copies")), want_copies);
	}
	assert_true(found);
	json_decref(j);
	rig_reply_done(&r);
}

static void
an_allowance_is_offered_without_fee_and_used_by_one_order(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	offered(&s, "juminhyo", RIG_FEE_YEN, 0);
	allow(&s, 2, clock_now_ms() + HOUR_MS);
	offered(&s, "juminhyo", 0, 1);
	offered(&s, "inkan", RIG_FEE_YEN, 0); /* another kind as before */
	assert_int_equal(ordered(&s, DOC_JUMINHYO, RIG_FEE_YEN, 1), ISSUE_E_FEE);
	assert_int_equal(ordered(&s, DOC_JUMINHYO, 0, 2), ISSUE_E_FEE);   /* one copy, no more */
	assert_string_equal(rig_value("SELECT state FROM reissue"), "2"); /* refused: not used */
	assert_int_equal(ordered(&s, DOC_JUMINHYO, 0, 1), 0);
	assert_string_equal(
	    rig_value(
		"SELECT x.state || ' ' || (i.reissue_of = x.number) || ' ' || i.fee_yen || ' ' || "
		"(c.number <> x.number) FROM reissue x JOIN issue i ON i.order_id = x.order_id "
		"JOIN issue_copy c ON c.order_id = i.order_id"),
	    "3 true 0 true");
	assert_int_equal(ordered(&s, DOC_JUMINHYO, 0, 1), ISSUE_E_FEE);
	offered(&s, "juminhyo", RIG_FEE_YEN, 0);
	assert_int_equal(ordered(&s, DOC_JUMINHYO, RIG_FEE_YEN, 1), 0);
	assert_string_equal(rig_value("SELECT count(*) FROM issue WHERE reissue_of IS NULL"), "2");
	rig_session_end(&s);
}

static void
the_same_order_again_gets_the_same_papers_and_uses_nothing_more(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	allow(&s, 2, clock_now_ms() + HOUR_MS);
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	o.fee_yen = 0;
	struct rig_reply first = rig_order(&s, &o), again = rig_order(&s, &o);
	assert_int_equal(first.result, 0);
	assert_int_equal(again.result, 0);
	assert_int_equal(first.body_bytes, again.body_bytes);
	assert_memory_equal(first.body, again.body, first.body_bytes);
	rig_reply_done(&first);
	rig_reply_done(&again);
	assert_string_equal(rig_value("SELECT count(*) FROM issue WHERE fee_yen = 0"), "1");
	rig_session_end(&s);
}

static void
what_is_not_an_allowance_of_now_changes_nothing(void **state)
{
	(void)state;
	const struct {
		int state;
		int64_t from_now_ms;
	} t[] = { { 1, HOUR_MS }, { 2, 0 }, { 2, -1 }, { 4, HOUR_MS } };
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct rig_session s;
		assert_int_equal(rig_reset(NULL), 0);
		rig_session(&s, &(struct rig_card){ .person = 0 });
		allow(&s, t[i].state, clock_now_ms() + t[i].from_now_ms);
		offered(&s, "juminhyo", RIG_FEE_YEN, 0);
		assert_int_equal(ordered(&s, DOC_JUMINHYO, 0, 1), ISSUE_E_FEE);
		assert_int_equal(ordered(&s, DOC_JUMINHYO, RIG_FEE_YEN, 1), 0);
		rig_session_end(&s);
	}
}

static void
nobody_else_goes_by_it_not_even_of_the_household(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	allow(&s, 2, clock_now_ms() + HOUR_MS);
	for (unsigned person = 1; person < RIG_PEOPLE; person++) {
		struct rig_session other;
		rig_session(&other, &(struct rig_card){ .person = person });
		offered(&other, "juminhyo", RIG_FEE_YEN, 0);
		assert_int_equal(ordered(&other, DOC_JUMINHYO, 0, 1), ISSUE_E_FEE);
		rig_session_end(&other);
	}
	rig_session_end(&s);
}

static void
an_order_that_does_not_come_about_leaves_it_unused(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	allow(&s, 2, clock_now_ms() + HOUR_MS);
	/* The commit fails at its end: nothing of the transaction stays. */
	rig_sql("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
		"'late'; END $$; CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON issue DEFERRABLE "
		"INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()");
	assert_true(ordered(&s, DOC_JUMINHYO, 0, 1) < 0);
	rig_sql("DROP TRIGGER fail ON issue; DROP FUNCTION fail()");
	assert_string_equal(
	    rig_value("SELECT state || ' ' || (order_id IS NULL) FROM reissue"), "2 true");
	assert_int_equal(ordered(&s, DOC_JUMINHYO, 0, 1), 0);
	rig_session_end(&s);
}

struct racer {
	pthread_t thread;
	struct rig_session s;
	int result;
};

static void *
race(void *self)
{
	struct racer *r = self;
	r->result = ordered(&r->s, DOC_JUMINHYO, 0, 1);
	return NULL;
}

static void
of_orders_at_once_one_is_free_and_the_others_are_refused(void **state)
{
	(void)state;
	struct rig_session s;
	struct racer racers[RACERS];
	unsigned free_ones = 0;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	allow(&s, 2, clock_now_ms() + HOUR_MS);
	for (size_t i = 0; i < RACERS; i++)
		rig_session(&racers[i].s, &(struct rig_card){ .person = 0 });
	for (size_t i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (size_t i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
		free_ones += racers[i].result == 0;
		assert_true(racers[i].result == 0 || racers[i].result == ISSUE_E_FEE);
		rig_session_end(&racers[i].s);
	}
	assert_int_equal(free_ones, 1);
	assert_string_equal(rig_value("SELECT count(*) FROM issue WHERE fee_yen = 0"), "1");
	rig_session_end(&s);
}

static void
the_database_takes_one_for_a_paper_and_one_open_for_a_person_and_kind(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	allow(&s, 2, clock_now_ms() + HOUR_MS);
	static const char again[] =
	    "INSERT INTO reissue (number, ref, kind, state, sealed, until_ms, asked_by, asked_ms) "
	    "SELECT %s, ref, kind, 1, sealed, until_ms, 'u', 0 FROM reissue LIMIT 1 ON CONFLICT DO "
	    "NOTHING";
	rig_sql(again, "number");
	rig_sql(again, "(SELECT min(number) FROM issue_copy)");
	assert_string_equal(rig_value("SELECT count(*) FROM reissue"), "1");
	assert_int_equal(ordered(&s, DOC_JUMINHYO, 0, 1), 0);
	rig_sql(again, "number"); /* used: that paper is not had a third time */
	assert_string_equal(rig_value("SELECT count(*) FROM reissue"), "1");
	rig_sql(
	    again, "(SELECT number FROM issue_copy JOIN issue USING (order_id) WHERE fee_yen = 0)");
	assert_string_equal(
	    rig_value("SELECT count(*) FROM reissue"), "2"); /* the second paper spoilt too */
	rig_session_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    an_allowance_is_offered_without_fee_and_used_by_one_order, rig_reset),
		cmocka_unit_test_setup(
		    the_same_order_again_gets_the_same_papers_and_uses_nothing_more, rig_reset),
		cmocka_unit_test_setup(what_is_not_an_allowance_of_now_changes_nothing, rig_reset),
		cmocka_unit_test_setup(nobody_else_goes_by_it_not_even_of_the_household, rig_reset),
		cmocka_unit_test_setup(
		    an_order_that_does_not_come_about_leaves_it_unused, rig_reset),
		cmocka_unit_test_setup(
		    of_orders_at_once_one_is_free_and_the_others_are_refused, rig_reset),
		cmocka_unit_test_setup(
		    the_database_takes_one_for_a_paper_and_one_open_for_a_person_and_kind,
		    rig_reset),
	};
	return cmocka_run_group_tests_name("reissue", tests, rig_up, rig_down);
}

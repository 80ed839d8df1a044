/* SPDX-License-Identifier: Apache-2.0 */
/* Between order and paper: the release, the outcome, and blocks that come at any moment. */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "queries/asp_front.h"
#include "server/front/issuing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Orders, and gives the manifest. */
static const char *
order_manifest(const struct rig_session *s, const struct order *o)
{
	struct rig_reply r = rig_order(s, o);
	assert_int_equal(r.result, 0);
	const char *manifest = rig_text(s->a, &r, "manifest");
	rig_reply_done(&r);
	return manifest;
}

static int
result_of(struct rig_reply r)
{
	rig_reply_done(&r);
	return r.result;
}

static void
a_release_is_redeemed_once_by_its_own_session(void **state)
{
	(void)state;
	struct rig_session s, other;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	rig_session(&other, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_HOUSEHOLD), never = o;
	const char *manifest = order_manifest(&s, &o);
	never.id.b[0] ^= 1;
	assert_int_equal(result_of(rig_release(&s, &never, manifest)), FRONT_E_NO_SUCH_ORDER);
	assert_int_equal(result_of(rig_release(&other, &o, manifest)), FRONT_E_NO_SUCH_ORDER);
	assert_int_equal(result_of(rig_release(&s, &o, "x.y.z")), FRONT_E_MISMATCH);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "")), FRONT_E_REFUSED);
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	assert_string_equal(rig_value("SELECT count(*) FROM issue_paper"), "0");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), FRONT_E_SPENT);
	assert_int_equal(result_of(rig_order(&s, &o)), FRONT_E_GONE);
	rig_session_end(&s);
	rig_session_end(&other);
}

/* What may happen between order and payment; none of it may let the paper move. */
static void
a_change_before_the_release_refuses_it_for_good(void **state)
{
	static const char *const changes[] = {
		"UPDATE person SET version = version + 1 WHERE ref = @0;"
		"INSERT INTO block VALUES (@0, 2, 1, true, 6, 0)",
		"UPDATE person SET version = version + 1 WHERE ref = @1;"
		"INSERT INTO block VALUES (@1, 2, 1, true, 6, 0)",
		"INSERT INTO block VALUES (@0, 2, 1, true, 6, 0)",
		"INSERT INTO block SELECT household, 1, 1, true, 6, 0 FROM person WHERE ref = "
		"@0",
		"UPDATE person SET state = 2, version = version + 1 WHERE ref = @1",
		"UPDATE person SET version = version + 1 WHERE ref = @0",
		"UPDATE person SET parked = true WHERE ref = @0",
		"DELETE FROM person WHERE ref = @1",
		/* somebody joins the household */
		"UPDATE person SET household = (SELECT household FROM person WHERE ref = @0), "
		"version = version + 1 WHERE ref = @3",
	};
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		struct rig_session s;
		rig_reset(state);
		rig_session(&s, &(struct rig_card){ .person = 0 });
		struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_HOUSEHOLD);
		const char *manifest = order_manifest(&s, &o);
		assert_string_not_equal(rig_value("SELECT count(*) FROM issue_paper"), "0");
		rig_sql_of_people(changes[i]);
		int r = result_of(rig_release(&s, &o, manifest));
		if (r != FRONT_E_REFUSED)
			fail_msg("change %zu: %d", i, r);
		assert_string_equal(rig_value("SELECT state FROM issue"), "4");
		assert_string_equal(rig_value("SELECT count(*) FROM issue_paper"), "0");
		rig_sql("DELETE FROM block"); /* lifted again: refused stays refused */
		assert_int_equal(result_of(rig_release(&s, &o, manifest)), FRONT_E_REFUSED);
		assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "cancelled")), 0);
		rig_session_end(&s);
	}
}

static void
a_stale_replica_refuses_the_release_only_for_now(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	const char *manifest = order_manifest(&s, &o);
	rig_sql("UPDATE lease SET beat_ms = beat_ms - 31000");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), ISSUE_E_STALE);
	rig_sql("UPDATE lease SET beat_ms = beat_ms + 31000");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	struct order late = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	manifest = order_manifest(&s, &late);
	rig_sql("UPDATE issue SET issued_ms = issued_ms - %d", FRONT_PAPERS_MS + 1000);
	assert_int_equal(result_of(rig_release(&s, &late, manifest)), FRONT_E_REFUSED);
	late = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	manifest = order_manifest(&s, &late);
	rig_seal_put(0, 2, SEAL_ABOLISHED);
	assert_int_equal(result_of(rig_release(&s, &late, manifest)), FRONT_E_REFUSED);
	rig_session_end(&s);
}

/* Signed by the kiosk before it sent the order, told when its answer was lost. */
static void
an_order_is_taken_back_by_one_who_never_read_its_numbers(void **state)
{
	(void)state;
	struct rig_session s;
	struct order_id nobody = { { 9, 9 } };
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	(void)order_manifest(&s, &o);
	log_fd = -1;
	assert_int_equal(result_of(rig_withdraw(&s, &nobody, "power")), FRONT_E_NO_SUCH_ORDER);
	assert_int_equal(result_of(rig_withdraw(&s, &o.id, "")), FAULT_BAD_INPUT);
	assert_int_equal(result_of(rig_withdraw(&s, &o.id, "rain")), FAULT_BAD_INPUT);
	log_fd = 2;
	assert_string_equal(rig_value("SELECT state FROM issue_copy"), "1");
	assert_string_not_equal(rig_value("SELECT count(*) FROM issue_paper"), "0");
	assert_int_equal(result_of(rig_withdraw(&s, &o.id, "power")), 0);
	assert_string_equal(rig_value("SELECT count(*) FROM issue_paper"), "0");
	assert_int_equal(result_of(rig_withdraw(&s, &o.id, "power")), 0);
	assert_string_equal(rig_value("SELECT state || reason FROM issue_copy"), "3power");
	assert_string_equal(rig_value("SELECT state FROM issue"), "3");
	/* what was told first stays, and what is printed is not taken back */
	assert_int_equal(result_of(rig_withdraw(&s, &o.id, "cancelled")), 0);
	assert_string_equal(rig_value("SELECT state || reason FROM issue_copy"), "3power");
	rig_session_end(&s);
}

static void
a_printed_paper_is_not_taken_back(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	const char *manifest = order_manifest(&s, &o);
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "")), 0);
	assert_int_equal(result_of(rig_withdraw(&s, &o.id, "power")), FRONT_E_MISMATCH);
	assert_string_equal(rig_value("SELECT state FROM issue_copy"), "2");
	rig_session_end(&s);
}

static void
an_outcome_is_recorded_once_and_repeating_it_changes_nothing(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	const char *manifest = order_manifest(&s, &o);
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	log_fd = -1;
	assert_int_equal(
	    result_of(rig_outcome(&s, &o, "991015-20261121-K0001-999999", "printed", "")),
	    FRONT_E_MISMATCH);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "lost", "")), FAULT_BAD_INPUT);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "")), FAULT_BAD_INPUT);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "jam")), FAULT_BAD_INPUT);
	log_fd = 2;
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "jam")), 0);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "jam")), 0);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "")), FRONT_E_MISMATCH);
	assert_string_equal(rig_value("SELECT state || reason FROM issue_copy"), "3jam");
	assert_string_equal(rig_value("SELECT state FROM issue"), "3");
	rig_session_end(&s);
}

/* Issuers that never stop, by the real first and last step. */
struct issuer {
	pthread_t thread;
	struct rig_session session;
	atomic_uint *stop;
	unsigned issued, released, refused, changed, other;
	unsigned wrong; /* succeeded although a block had been acknowledged before it began */
};
/* Not 0 from a block's acknowledgement until somebody sets about lifting it. */
static atomic_uint acknowledged;

static void
render_for_a_while(unsigned up_to_us)
{
	usleep((useconds_t)(rand_u64() % up_to_us));
}

static void
issue_one(struct issuer *w)
{
	AUTO(arena) struct arena *a = arena_new(16 << 20);
	struct issuing *i = arena_zero(a, sizeof(*i));
	struct err err = { 0 };
	struct front_session s = { .t.kiosk = "K0001" };
	*i = (struct issuing){ .f = &rig.front,
		.m = &rig.front.munis[0],
		.a = a,
		.s = &s,
		.order = rig_order_of(&w->session, DOC_JUMINHYO, ORDER_HOUSEHOLD),
		.until_ms = clock_mono_ms() + 20000 };
	const struct seal_answer answer = { "m", 1, (const uint8_t *)"p", 1 };
	memcpy(s.th, w->session.th, sizeof(s.th));
	memcpy(s.issuer, w->session.issuer, sizeof(s.issuer));
	memcpy(s.serial, w->session.serial, sizeof(s.serial));
	s.serial_bytes = w->session.serial_bytes;
	int r = issuing_prepare(i, &err);
	if (r == 0)
		render_for_a_while(20000);
	unsigned blocked = atomic_load(&acknowledged);
	if (r == 0)
		r = issuing_commit(i, &answer, &err);
	w->issued += r == 0;
	w->wrong += r == 0 && blocked != 0;
	if (r == 0) { /* paid, and the paper would move */
		render_for_a_while(20000);
		blocked = atomic_load(&acknowledged);
		int released = result_of(rig_release(&w->session, &i->order, "m"));
		w->released += released == 0;
		w->wrong += released == 0 && blocked != 0;
		w->other += released != 0 && released != FRONT_E_REFUSED;
	}
	w->refused += r == ISSUE_E_NOT_AVAILABLE;
	if (r == ISSUE_E_NOT_AVAILABLE)
		usleep(1000);
	w->changed += r == ISSUE_E_CHANGED;
	w->other += r != 0 && r != ISSUE_E_NOT_AVAILABLE && r != ISSUE_E_CHANGED;
}

static void *
issue_on_and_on(void *arg)
{
	struct issuer *w = arg;
	while (!atomic_load(w->stop))
		issue_one(w);
	return NULL;
}

static unsigned
released_counted(void)
{
	return (unsigned)atoi(rig_value("SELECT count(*) FROM issue WHERE state = 2"));
}

static void
await_more_than(unsigned n)
{
	int64_t until_ms = clock_mono_ms() + 10000;
	while (released_counted() <= n && clock_mono_ms() < until_ms)
		usleep(2000);
}

/* Puts a block on a person, or lifts it, as sync and kofu-server block do. */
static void
block_put(unsigned person, unsigned number, bool active)
{
	if (!active)
		atomic_store(&acknowledged, 0);
	rig_sql("BEGIN; UPDATE person SET version = version + 1 WHERE ref = '%s';"
		"INSERT INTO block VALUES ('%s', 2, %u, %s, 6, 0);"
		"UPDATE lease SET beat_ms = (extract(epoch FROM now()) * 1000)::bigint; COMMIT",
	    rig_ref(person), rig_ref(person), number, active ? "true" : "false");
	if (active)
		atomic_store(&acknowledged, number);
}

static void
after_an_acknowledged_block_nothing_is_issued_or_released(void **state)
{
	enum { ISSUERS = 6, ROUNDS = 30 };
	struct issuer w[ISSUERS];
	atomic_uint stop = 0;
	unsigned issued = 0, released = 0, wrong = 0, other = 0, changed = 0;
	(void)state;
	for (unsigned i = 0; i < ISSUERS; i++) {
		w[i] = (struct issuer){ .stop = &stop };
		rig_session(&w[i].session, &(struct rig_card){ .person = 0 });
		assert_int_equal(pthread_create(&w[i].thread, NULL, issue_on_and_on, &w[i]), 0);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned who = round % 3; /* himself, 花子, the third of the household */
		await_more_than(released_counted());
		block_put(who, 2 * round + 1, true);
		usleep(20000);
		block_put(who, 2 * round + 2, false);
	}
	atomic_store(&stop, 1);
	for (unsigned i = 0; i < ISSUERS; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		issued += w[i].issued;
		released += w[i].released;
		wrong += w[i].wrong;
		changed += w[i].changed;
		other += w[i].other;
		rig_session_end(&w[i].session);
	}
	print_message("# %u issued, %u of them released, %u overtaken by a change\n", issued,
	    released, changed);
	assert_int_equal(wrong, 0);
	assert_int_equal(other, 0);
	assert_true(
	    issued >= ROUNDS && released >= ROUNDS && changed > 0); /* else nothing was tried */
	/* Each was counted under a version that was the newest when it was written. */
	assert_string_equal(
	    rig_value("SELECT count(*) FROM issue"), arena_printf(rig.a, "%u", issued));
}

static void
a_stopped_kiosk_of_the_citys_own_is_refused_at_each_step_and_others_are_not(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	struct order next = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	const char *manifest = order_manifest(&s, &o);
	rig_sql("INSERT INTO own_kiosk VALUES ('K0001', 'hall', false, 'u', 0), ('K0002', 'hall', "
		"true, 'u', 0)");
	assert_int_equal(result_of(rig_offer(&s)), 0); /* another one is stopped */
	rig_sql("UPDATE own_kiosk SET stopped = true WHERE kiosk = 'K0001'");
	assert_int_equal(result_of(rig_offer(&s)), ISSUE_E_STOPPED);
	assert_int_equal(result_of(rig_order(&s, &next)), ISSUE_E_STOPPED);
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), ISSUE_E_STOPPED);
	assert_string_equal(rig_value("SELECT count(*) FROM issue"), "1");
	rig_sql("UPDATE own_kiosk SET stopped = false");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	assert_int_equal(result_of(rig_order(&s, &next)), 0);
	rig_session_end(&s);
}

static void
a_clock_that_is_ahead_drops_nobodys_answer(void **state)
{
	const int64_t ahead_ms = clock_now_ms() + 3600000;
	struct rig_session s;
	struct err err = { 0 };
	struct db *db = NULL;
	(void)state;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	struct rig_reply r = rig_order(&s, &o);
	assert_int_equal(r.result, 0);
	assert_int_equal(db_pool_take(rig.front.munis[0].db, FRONT_DB_WAIT_MS, &db, &err), 0);
	assert_int_equal(db_ask(db, &q_front_papers_expire, NULL, &err,
			     db_int_arg(ahead_ms), db_int_arg(FRONT_PAPERS_MS)),
	    0);
	db_pool_give(rig.front.munis[0].db, db);
	struct rig_reply again = rig_order(&s, &o);
	assert_int_equal(again.result, 0);
	rig_reply_done(&again);
	rig_reply_done(&r);
	rig_session_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_clock_that_is_ahead_drops_nobodys_answer, rig_reset),
		cmocka_unit_test_setup(a_release_is_redeemed_once_by_its_own_session, rig_reset),
		cmocka_unit_test(a_change_before_the_release_refuses_it_for_good),
		cmocka_unit_test_setup(a_stale_replica_refuses_the_release_only_for_now, rig_reset),
		cmocka_unit_test_setup(
		    an_order_is_taken_back_by_one_who_never_read_its_numbers, rig_reset),
		cmocka_unit_test_setup(a_printed_paper_is_not_taken_back, rig_reset),
		cmocka_unit_test_setup(
		    an_outcome_is_recorded_once_and_repeating_it_changes_nothing, rig_reset),
		cmocka_unit_test_setup(
		    after_an_acknowledged_block_nothing_is_issued_or_released, rig_reset),
		cmocka_unit_test_setup(
		    a_stopped_kiosk_of_the_citys_own_is_refused_at_each_step_and_others_are_not,
		    rig_reset),
	};
	return cmocka_run_group_tests_name("release", tests, rig_up, rig_down);
}

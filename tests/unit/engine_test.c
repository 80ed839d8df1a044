/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk at work, from 待受 to the paper, and what money, paper and the status are when
 * something goes wrong on the way. */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

static int
before(void **state)
{
	(void)state;
	log_fd = -1;
	world_begin();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static struct engine_report
read_report(struct engine *e)
{
	struct engine_report r;
	engine_read(e, &r);
	return r;
}

/* What the bank's desk, the till and the tray say afterwards. */
static void
ends_with(struct engine *e, enum result result, unsigned yen, size_t printed_bytes)
{
	assert_string_equal(result_info(read_report(e).result)->code, result_info(result)->code);
	assert_int_equal(world_kept_yen(), yen);
	assert_int_equal(world.printed_bytes, printed_bytes);
	assert_int_equal(world_journals(".journal"), 0);
}

static void
told_void(const char *reason)
{
	char want[64];
	(void)snprintf(want, sizeof(want), "\"state\":\"void\",\"reason\":\"%s\"", reason);
	assert_int_equal(world.peer.outcomes, 1);
	assert_non_null(strstr(world.peer.last_outcome, want));
	assert_null(strstr(world.peer.last_outcome, "printed"));
}

static void
the_whole_way_prints_what_was_sealed_and_keeps_the_fee(void **state)
{
	size_t bytes = 0;
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_TAKE_PAPER, 2);
	struct engine_report r = read_report(e);
	assert_int_equal(r.n_numbers, 2);
	assert_int_equal(r.printed, 2);
	assert_int_equal(r.paid_yen, 600);
	assert_string_equal(r.numbers[1], world.job_name); /* the job bears the number alone */
	const uint8_t *papers = peer_pdfs(&world.peer, &bytes);
	assert_int_equal(world.printed_bytes, bytes);
	assert_memory_equal(world.printed, papers, bytes);
	assert_int_equal(world.peer.outcomes, 1);
	assert_null(strstr(world.peer.last_outcome, "void"));
	assert_int_equal(world.peer.order.n_persons, 2);
	assert_int_equal(world.peer.order.options, ORDER_SETAINUSHI);
	world_touch(e, SESSION_EV_TAKEN);
	world_touch(e, SESSION_EV_DONE);
	world_wait(e, SESSION_IDLE);
	assert_int_equal(read_report(e).n_numbers, 0); /* the next one sees nothing of it */
	ends_with(e, RESULT_DONE, 600, bytes);
}

static void
a_wrong_pin_tells_the_tries_left_and_the_last_one_is_asked_for(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_PIN, 1);
	assert_int_equal(read_report(e).tries_left, 3);
	world_pin(e, "9999");
	for (int i = 0; i < 500 && read_report(e).result != RESULT_PIN_WRONG; i++)
		(void)engine_wait(e, 1u << 30, 10);
	assert_int_equal(read_report(e).state, SESSION_PIN);
	assert_int_equal(read_report(e).tries_left, 2);
	assert_int_equal(read_report(e).result, RESULT_PIN_WRONG);
	world_pin(e, "9999");
	world_wait(e, SESSION_PIN_WARN);
	assert_int_equal(read_report(e).tries_left, 1);
	world_touch(e, SESSION_EV_CONTINUE);
	world_pin(e, "9999");
	world_wait(e, SESSION_ERROR);
	ends_with(e, RESULT_PIN_LOCKED, 0, 0);
	assert_int_equal(world.verified, 3); /* each PIN went to the card once */
}

/* Its certificate comes after the PIN, so the transcript is made between PIN and signature. */
static void
a_telephone_takes_the_same_way_with_one_pin_for_both(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.telephone = true;
	world_go(e, SESSION_PIN, 1);
	world_pin(e, "9999");
	world_wait(e, SESSION_PIN);
	while (read_report(e).result != RESULT_PIN_WRONG)
		(void)engine_wait(e, 1u << 30, 10);
	assert_int_equal(read_report(e).tries_left, 2);
	world_go_on(e, SESSION_TAKE_PAPER, 1);
	assert_int_equal(world.verified, 2); /* one wrong, one right: never a second time */
	ends_with(e, RESULT_DONE, 300, PEER_PDF_BYTES);
}

static void
a_pin_of_less_than_four_digits_does_not_reach_the_card(void **state)
{
	struct err err = { 0 };
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_PIN, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(
		    engine_touch(e, SESSION_EV_PIN_ENTER, SESSION_PIN, &err), SESSION_E_NOT_NOW);
		assert_int_equal(engine_pin(e, 1, SESSION_PIN, &err), 0);
	}
	assert_int_equal(engine_pin(e, 10, SESSION_PIN, &err), FAULT_BAD_INPUT);
	world_touch(e, SESSION_EV_PIN_CLEAR);
	assert_int_equal(
	    engine_touch(e, SESSION_EV_PIN_ENTER, SESSION_PIN, &err), SESSION_E_NOT_NOW);
	assert_int_equal(world.verified, 0);
	/* cleared means from the start: the right PIN still is right */
	world_pin(e, "1234");
	world_wait(e, SESSION_TAKE_CARD);
}

static void
a_center_that_is_away_costs_no_try(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_PIN, 1);
	world.center_away = true;
	world_pin(e, "1234");
	world_wait(e, SESSION_ERROR);
	ends_with(e, RESULT_CENTER_AWAY, 0, 0);
	assert_int_equal(world.verified, 0);
}

static void
a_card_pulled_at_the_pin_ends_the_session(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_PIN, 1);
	pthread_mutex_lock(&world.mutex);
	world.card_in = false;
	pthread_mutex_unlock(&world.mutex);
	world_wait(e, SESSION_ERROR);
	ends_with(e, RESULT_CARD_REMOVED, 0, 0);
}

static void
a_card_left_behind_holds_the_next_session_back(void **state)
{
	struct err err = { 0 };
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_PIN, 1);
	world_touch(e, SESSION_EV_CANCEL);
	world_wait(e, SESSION_ERROR);
	world_touch(e, SESSION_EV_DONE);
	world_wait(e, SESSION_CARD_LEFT);
	assert_int_equal(
	    engine_touch(e, SESSION_EV_START, SESSION_N_STATES, &err), SESSION_E_NOT_NOW);
	pthread_mutex_lock(&world.mutex);
	world.card_in = false;
	pthread_mutex_unlock(&world.mutex);
	world_wait(e, SESSION_IDLE);
}

static void
refusals_of_the_center_reach_the_screen_by_their_code(void **state)
{
	static const struct {
		const char *path, *code;
		enum result want;
	} t[] = {
		{ "/v1/session", "card-revoked", RESULT_CARD_REVOKED },
		{ "/v1/session", "card-on-hold", RESULT_CARD_ON_HOLD },
		{ "/v1/session", "not-registered", RESULT_NOT_REGISTERED },
		{ "/v1/session", "closed-hours", RESULT_CLOSED_HOURS },
		{ "/v1/session", "municipality-stopped", RESULT_MUNICIPALITY_STOPPED },
		{ "/v1/order", "not-available", RESULT_NOT_AVAILABLE },
		{ "/v1/order", "cannot-be-printed", RESULT_CANNOT_PRINT },
		{ "/v1/order", "fee-changed", RESULT_FEE_CHANGED },
		{ "/v1/order", "closed-hours", RESULT_CLOSED_HOURS },
		{ "/v1/order", "never-heard-of", RESULT_REFUSED },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(engine) struct engine *e = world_engine(false);
		world.card_in = true;
		world.refuse_path = t[i].path;
		world.refuse_code = t[i].code;
		world.refusals_left = 9;
		world_go(e, SESSION_PIN, 1);
		world_pin(e, "1234");
		world_wait(e, SESSION_TAKE_CARD);
		world.card_in = false;
		if (strcmp(t[i].path, "/v1/order") == 0) {
			struct err err = { 0 };
			struct engine_pick kind = { .at = SESSION_KIND, .kind = DOC_INKAN };
			struct engine_pick copies = { .at = SESSION_COPIES, .copies = 1 };
			world_wait(e, SESSION_KIND);
			assert_int_equal(engine_choose(e, &kind, &err), 0);
			assert_int_equal(engine_choose(e, &copies, &err), 0);
			world_touch(e, SESSION_EV_CONFIRM);
		}
		world_wait(e, SESSION_ERROR);
		ends_with(e, t[i].want, 0, 0);
	}
	assert_int_equal(world.peer.outcomes, 0);
}

static void
a_busy_server_is_asked_again_with_the_same_order(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.refuse_path = "/v1/order";
	world.refuse_code = "busy";
	world.refusals_left = 1;
	world_go(e, SESSION_TAKE_PAPER, 1);
	ends_with(e, RESULT_DONE, 300, PEER_PDF_BYTES);
}

static void
a_cancel_before_paying_voids_the_number(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.till.mode = TILL_COINS;
	world_go(e, SESSION_PAY, 1);
	world_touch(e, SESSION_EV_CANCEL);
	world_wait(e, SESSION_ERROR);
	ends_with(e, RESULT_CANCELLED, 0, 0);
	told_void("cancelled");
	assert_int_equal(world.till.tx[0].state, TILL_VOIDED);
}

static void
coins_on_the_way_are_shown_and_suffice_in_the_end(void **state)
{
	struct buf none;
	(void)state;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(engine) struct engine *e = world_engine(false);
	world.till.mode = TILL_COINS;
	world_go(e, SESSION_PAY, 1);
	assert_non_null(strstr(engine_view(e, a), "\"due_yen\":300,\"inserted_yen\":0"));
	for (int i = 0; i < 500 && world.till.n == 0; i++)
		(void)engine_wait(e, 1u << 30, 10);
	buf_init(&none, 4096);
	pthread_mutex_lock(&world.mutex);
	assert_true(till_control(&world.till, "insert 500", &none));
	pthread_mutex_unlock(&world.mutex);
	buf_done(&none);
	world_wait(e, SESSION_TAKE_PAPER);
	ends_with(e, RESULT_DONE, 300, PEER_PDF_BYTES); /* the rest came back */
}

static void
a_declined_payment_or_an_absent_till_prints_nothing(void **state)
{
	(void)state;
	for (int away = 0; away <= 1; away++) {
		AUTO(engine) struct engine *e = world_engine(false);
		world.card_in = true;
		world.till.mode = TILL_DECLINE;
		world.till_away = away;
		world_go(e, SESSION_ERROR, 1);
		assert_int_equal(
		    read_report(e).result, away ? RESULT_PAY_AWAY : RESULT_PAY_DECLINED);
		assert_int_equal(world.printed_bytes, 0);
		assert_int_equal(world_kept_yen(), 0);
		world.till_away = false;
	}
	/* the till that was away is asked once more, so that no sum stays blocked */
	assert_int_equal(world_journals(".journal"), 1);
}

static void
a_release_that_is_refused_stops_the_paper_and_gives_the_money_back(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.refuse_path = "/v1/release";
	world.refuse_code = "release-refused";
	world.refusals_left = 9;
	world_go(e, SESSION_ERROR, 1);
	ends_with(e, RESULT_RELEASE_REFUSED, 0, 0);
	told_void("cancelled");
	assert_int_equal(world.till.tx[0].state, TILL_VOIDED);
	assert_int_equal(world.refusals_left, 8); /* asked once: it is redeemed once */
}

static void
an_answer_of_another_session_reaches_neither_till_nor_printer(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.swap_answer = true;
	world_go(e, SESSION_ERROR, 1);
	ends_with(e, RESULT_ANSWER_FALSE, 0, 0);
	assert_int_equal(world.till.n, 0);
	assert_int_equal(world_journals(".refused"), 1); /* for a human to look at */
	assert_int_equal(world.peer.outcomes, 1);
	assert_non_null(strstr(world.peer.last_outcome, "\"all\":\"cancelled\""));
}

static void
a_jam_calls_the_clerk_and_goes_on_when_it_is_mended(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(engine) struct engine *e = world_engine(false);
	world.print = WORLD_JAMS;
	world_go(e, SESSION_ATTENTION, 1);
	assert_non_null(strstr(engine_view(e, a), "\"printer\":\"jam\""));
	assert_int_equal(world_kept_yen(), 0); /* not before the paper is out */
	pthread_mutex_lock(&world.mutex);
	world.print = WORLD_PRINTS;
	pthread_mutex_unlock(&world.mutex);
	world_wait(e, SESSION_TAKE_PAPER);
	ends_with(e, RESULT_DONE, 300, PEER_PDF_BYTES);
}

static void
a_printer_that_gives_up_costs_nothing_and_voids_the_number(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.print = WORLD_ABORTS;
	world_go(e, SESSION_ERROR, 1);
	ends_with(e, RESULT_PRINT_FAILED, 0, PEER_PDF_BYTES);
	told_void("jam");
}

static void
of_two_copies_the_one_that_came_out_is_paid_and_valid(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.abort_from_job = 2;
	world_go(e, SESSION_ERROR, 2);
	ends_with(e, RESULT_PRINT_FAILED, 300, 2 * PEER_PDF_BYTES);
	assert_int_equal(read_report(e).printed, 1);
	assert_non_null(strstr(world.peer.last_outcome, "\"state\":\"printed\",\"reason\":\"\"},"));
	assert_non_null(strstr(world.peer.last_outcome, "\"state\":\"void\",\"reason\":\"jam\"}]"));
}

static void
a_printer_that_cannot_print_is_found_out_before_the_order(void **state)
{
	static const struct {
		enum print_state printer;
		enum world_print print;
		enum result want;
	} t[] = {
		{ PRINT_EMPTY, WORLD_PRINTS, RESULT_PRINT_PAPER_OUT },
		{ PRINT_JAM, WORLD_PRINTS, RESULT_PRINT_JAM },
		{ PRINT_COVER, WORLD_PRINTS, RESULT_PRINTER_AWAY },
		{ PRINT_READY, WORLD_OFFLINE, RESULT_PRINTER_AWAY },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(engine) struct engine *e = world_engine(false);
		world.card_in = true;
		world.printer = t[i].printer;
		world.print = t[i].print;
		world_go(e, SESSION_ERROR, 1);
		ends_with(e, t[i].want, 0, 0);
		assert_int_equal(world.peer.order.copies, 0); /* nothing was ordered */
	}
}

static void
a_busy_printer_is_waited_for(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.print = WORLD_BUSY;
	world_go(e, SESSION_TAKE_PAPER, 1);
	ends_with(e, RESULT_DONE, 300, PEER_PDF_BYTES);
}

static void
a_free_certificate_asks_no_till(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.peer.fee_yen = 0;
	world_go(e, SESSION_TAKE_PAPER, 1);
	ends_with(e, RESULT_DONE, 0, PEER_PDF_BYTES);
	assert_int_equal(world.till.n, 0);
}

static void
names_are_shown_where_they_are_chosen_and_nowhere_else(void **state)
{
	static const enum session_state t[] = { SESSION_IDLE, SESSION_PIN, SESSION_KIND,
		SESSION_SCOPE, SESSION_OPTIONS, SESSION_COPIES };
	(void)state;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(engine) struct engine *e = world_engine(false);
		world.card_in = true;
		world_go(e, t[i], 1);
		assert_null(strstr(engine_view(e, a), "見本"));
	}
	AUTO(engine) struct engine *e = world_engine(false);
	world.card_in = true;
	world_go(e, SESSION_PERSONS, 1);
	assert_non_null(strstr(engine_view(e, a), "見本 太郎"));
	assert_null(strstr(engine_view(e, a), "a0000000")); /* no reference leaves the daemon */
}

static void
the_second_half_of_a_double_tap_presses_nothing(void **state)
{
	struct err err = { 0 };
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_CONSENT, 1);
	assert_int_equal(engine_touch(e, SESSION_EV_START, SESSION_IDLE, &err), SESSION_E_NOT_NOW);
	assert_int_equal(
	    engine_touch(e, SESSION_EV_CONSENT, SESSION_IDLE, &err), SESSION_E_NOT_NOW);
	assert_int_equal(read_report(e).state, SESSION_CONSENT);
	assert_int_equal(
	    engine_touch(e, SESSION_EV_RELEASED, SESSION_CONSENT, &err), SESSION_E_NOT_NOW);
}

static void
choices_for_another_screen_or_outside_the_offer_are_refused(void **state)
{
	struct err err = { 0 };
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_KIND, 1);
	struct engine_pick copies = { .at = SESSION_COPIES, .copies = 1 };
	assert_int_equal(engine_choose(e, &copies, &err), SESSION_E_NOT_NOW);
	struct engine_pick kind = { .at = SESSION_KIND, .kind = (enum doc_kind)7 };
	assert_int_equal(engine_choose(e, &kind, &err), CHOICE_E_NOT_OFFERED);
	assert_int_equal(read_report(e).state, SESSION_KIND);
}

static void
back_from_the_copies_of_a_seal_certificate_leads_to_the_kinds(void **state)
{
	struct err err = { 0 };
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_KIND, 1);
	struct engine_pick kind = { .at = SESSION_KIND, .kind = DOC_INKAN };
	assert_int_equal(engine_choose(e, &kind, &err), 0);
	assert_int_equal(read_report(e).state, SESSION_COPIES);
	world_touch(e, SESSION_EV_BACK);
	assert_int_equal(read_report(e).state, SESSION_KIND);
}

static void
without_anybody_to_take_it_the_card_may_stay(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(true);
	world_go(e, SESSION_PIN, 1);
	world_pin(e, "1234");
	world_wait(e, SESSION_KIND);
	assert_true(world.card_in);
	assert_int_equal(read_report(e).tries_left, 3);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, after)
	const struct CMUnitTest tests[] = {
		T(the_whole_way_prints_what_was_sealed_and_keeps_the_fee),
		T(a_wrong_pin_tells_the_tries_left_and_the_last_one_is_asked_for),
		T(a_telephone_takes_the_same_way_with_one_pin_for_both),
		T(a_pin_of_less_than_four_digits_does_not_reach_the_card),
		T(a_center_that_is_away_costs_no_try),
		T(a_card_pulled_at_the_pin_ends_the_session),
		T(a_card_left_behind_holds_the_next_session_back),
		T(refusals_of_the_center_reach_the_screen_by_their_code),
		T(a_busy_server_is_asked_again_with_the_same_order),
		T(a_cancel_before_paying_voids_the_number),
		T(coins_on_the_way_are_shown_and_suffice_in_the_end),
		T(a_declined_payment_or_an_absent_till_prints_nothing),
		T(a_release_that_is_refused_stops_the_paper_and_gives_the_money_back),
		T(an_answer_of_another_session_reaches_neither_till_nor_printer),
		T(a_jam_calls_the_clerk_and_goes_on_when_it_is_mended),
		T(a_printer_that_gives_up_costs_nothing_and_voids_the_number),
		T(of_two_copies_the_one_that_came_out_is_paid_and_valid),
		T(a_printer_that_cannot_print_is_found_out_before_the_order),
		T(a_busy_printer_is_waited_for),
		T(a_free_certificate_asks_no_till),
		T(names_are_shown_where_they_are_chosen_and_nowhere_else),
		T(the_second_half_of_a_double_tap_presses_nothing),
		T(choices_for_another_screen_or_outside_the_offer_are_refused),
		T(back_from_the_copies_of_a_seal_certificate_leads_to_the_kinds),
		T(without_anybody_to_take_it_the_card_may_stay),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

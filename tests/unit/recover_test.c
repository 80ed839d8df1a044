/* SPDX-License-Identifier: Apache-2.0 */
/* What a kiosk does that finds its journal after a loss of power: it asks the printer what came
 * out, and tells the center of every number that may have been issued. */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 20000 };

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

static void
told(const char *first, const char *second)
{
	char want[200];
	(void)snprintf(want, sizeof(want), "\"state\":\"%s\",\"reason\":\"%s\"}",
	    first[0] ? "void" : "printed", first);
	assert_int_equal(world.peer.outcomes, 1);
	const char *at = strstr(world.peer.last_outcome, want);
	assert_non_null(at);
	(void)snprintf(want, sizeof(want), "\"state\":\"void\",\"reason\":\"%s\"}]", second);
	assert_non_null(strstr(at + 1, want));
	assert_int_equal(world_journals(""), 0);
}

/* Killed while its first of two copies is at the printer, whose number it lost, too. */
static void
killed_in_print(bool number_known)
{
	struct engine *e = world_engine(false);
	world.print = WORLD_HANGS;
	world_go(e, SESSION_PRINTING, 2);
	world_wait_job(e);
	const int64_t until_ms = clock_mono_ms() + LONG_MS;
	struct engine_report r = { 0 };
	while (r.jobs[0] == 0 && clock_mono_ms() < until_ms) {
		(void)engine_wait(e, 1u << 30, 10);
		engine_read(e, &r);
	}
	engine_free(e); /* settles nothing: as after a loss of power */
	assert_int_equal(world.peer.outcomes, 0);
	assert_int_equal(world_journals(".journal"), 1);
	if (!number_known)
		world_cut_journal("\njob ");
}

static void
a_copy_that_the_printer_took_back_is_void_and_costs_nothing(void **state)
{
	(void)state;
	for (int known = 0; known < 2; known++) {
		killed_in_print(known);
		world_recover(LONG_MS);
		told("power", "power");
		assert_int_equal(world.found, known ? 0 : 1);
		assert_true(world.canceled); /* it does not come out later, for nobody */
		assert_int_equal(world.till.tx[0].state, TILL_VOIDED);
		assert_int_equal(world_kept_yen(), 0);
		world_end();
		world_begin();
	}
}

/* The kiosk died, the printer did not: the sheet is out, so it is paid for and valid. */
static void
a_sheet_that_came_out_while_the_kiosk_was_dead_is_paid_and_valid(void **state)
{
	(void)state;
	for (int known = 0; known < 2; known++) {
		killed_in_print(known);
		world.print = WORLD_PRINTS; /* the cancel comes too late */
		world_recover(LONG_MS);
		told("", "power");
		assert_int_equal(world_kept_yen(), 300); /* the copy that came out, not the other */
		assert_int_equal(world.till.tx[0].state, TILL_COMMITTED);
		world_end();
		world_begin();
	}
}

static void
what_the_printer_has_forgotten_is_to_be_looked_into(void **state)
{
	(void)state;
	for (int known = 0; known < 2; known++) {
		killed_in_print(known);
		world.forgets = true;
		world_recover(LONG_MS);
		told("unknown", "power");
		assert_int_equal(world_kept_yen(), 0);
		world_end();
		world_begin();
	}
}

static void
a_copy_that_never_reached_the_printer_is_plainly_void(void **state)
{
	(void)state;
	killed_in_print(false);
	world.jobs = 0;
	world_recover(LONG_MS);
	told("power", "power");
	assert_int_equal(world_kept_yen(), 0);
}

/* But a printer that is not asked for hours has had time to forget. */
static void
an_old_question_is_not_answered_by_silence(void **state)
{
	(void)state;
	killed_in_print(false);
	world.jobs = 0;
	world_age_journals(PRINT_HISTORY_S + 2);
	world_recover(LONG_MS);
	told("unknown", "power");
}

static void
a_printer_that_starts_together_with_the_kiosk_is_waited_for(void **state)
{
	(void)state;
	killed_in_print(false);
	world.print = WORLD_OFFLINE;
	world_recover(700);
	assert_int_equal(world.peer.outcomes, 0);
	assert_int_equal(world_journals(".journal"), 1);
	assert_int_equal(world.till.tx[0].state, TILL_AUTHORISED);
	world.print = WORLD_PRINTS;
	world_recover(LONG_MS);
	told("", "power");
	assert_int_equal(world_kept_yen(), 300);
}

static void
a_printer_that_never_comes_back_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	killed_in_print(true);
	world.print = WORLD_OFFLINE;
	world_age_journals(301);
	world_recover(LONG_MS);
	told("unknown", "power");
	assert_int_equal(world_kept_yen(), 0);
}

/* The center issued, and its answer was lost: the number is taken back all the same. */
static void
an_order_whose_answer_is_lost_is_withdrawn(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.lose_path = "/v1/order";
	world_go(e, SESSION_ERROR, 2);
	assert_int_equal(world.peer.outcomes, 1);
	assert_non_null(strstr(world.peer.last_outcome, "\"all\":\"cancelled\""));
	assert_int_equal(world_journals(""), 0);
	assert_int_equal(world.till.n, 0);
	assert_int_equal(world.jobs, 0);
}

static void
an_order_that_was_refused_needs_no_word_more(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.refuse_path = "/v1/order";
	world.refuse_code = "not-available";
	world.refusals_left = 1;
	world_go(e, SESSION_ERROR, 1);
	assert_int_equal(world.peer.outcomes, 0);
	assert_int_equal(world_journals(""), 0);
}

/* Nobody knows the order, but it may be on its way: asked again until it cannot be any more. */
static void
a_withdrawal_of_an_order_that_nobody_knows_is_repeated_for_a_while(void **state)
{
	(void)state;
	struct engine *e = world_engine(false);
	world.lose_path = "/v1/order";
	world.refuse_path = "/v1/outcome";
	world.refuse_code = "order-gone";
	world.refusals_left = 1u << 30;
	world_go(e, SESSION_ERROR, 1);
	assert_int_equal(world_journals(".journal"), 1);
	engine_free(e);
	world_age_journals(100);
	world_recover(500);
	assert_int_equal(world_journals(".journal"), 1);
	world_age_journals(181);
	world_recover(LONG_MS);
	assert_int_equal(world_journals(""), 0);
	assert_int_equal(world.peer.outcomes, 0);
}

static void
an_outcome_that_found_no_center_is_told_later(void **state)
{
	(void)state;
	struct engine *e = world_engine(false);
	world.refuse_path = "/v1/outcome";
	world.refuse_code = "unavailable";
	world.refusals_left = 9;
	world_go(e, SESSION_TAKE_PAPER, 1);
	assert_int_equal(world.peer.outcomes, 0);
	assert_int_equal(world_kept_yen(), 300);
	assert_int_equal(world_journals(".journal"), 1);
	engine_free(e);
	world.refusals_left = 0;
	world_recover(20000);
	assert_int_equal(world.peer.outcomes, 1);
	assert_non_null(strstr(world.peer.last_outcome, "printed"));
	assert_int_equal(world_kept_yen(), 300); /* kept once */
}

static void
an_outcome_the_center_will_not_have_is_put_aside(void **state)
{
	(void)state;
	AUTO(engine) struct engine *e = world_engine(false);
	world.refuse_path = "/v1/outcome";
	world.refuse_code = "order-mismatch";
	world.refusals_left = 9;
	world_go(e, SESSION_TAKE_PAPER, 1);
	assert_int_equal(world_journals(".journal"), 0);
	assert_int_equal(world_journals(".refused"), 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, after)
	const struct CMUnitTest tests[] = {
		T(a_copy_that_the_printer_took_back_is_void_and_costs_nothing),
		T(a_sheet_that_came_out_while_the_kiosk_was_dead_is_paid_and_valid),
		T(what_the_printer_has_forgotten_is_to_be_looked_into),
		T(a_copy_that_never_reached_the_printer_is_plainly_void),
		T(an_old_question_is_not_answered_by_silence),
		T(a_printer_that_starts_together_with_the_kiosk_is_waited_for),
		T(a_printer_that_never_comes_back_is_not_waited_for_for_ever),
		T(an_order_whose_answer_is_lost_is_withdrawn),
		T(an_order_that_was_refused_needs_no_word_more),
		T(a_withdrawal_of_an_order_that_nobody_knows_is_repeated_for_a_while),
		T(an_outcome_that_found_no_center_is_told_later),
		T(an_outcome_the_center_will_not_have_is_put_aside),
	};
	return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}

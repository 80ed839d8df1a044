/* SPDX-License-Identifier: Apache-2.0 */
/* A kiosk in a city hall: one municipality, its own hours; and how long screens wait. */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/clock.h"
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

/* Hours that hold, or do not hold, at this very minute and the next. */
static struct profile_hours
hours(bool open)
{
	struct civil_time t = clock_japan(clock_now_ms());
	int minute = t.hour * 60 + t.minute;
	if (open)
		return (struct profile_hours){ .open_minute = 0, .close_minute = 1440 };
	if (minute >= 720)
		return (struct profile_hours){ .open_minute = 1, .close_minute = 600 };
	return (struct profile_hours){ .open_minute = 800, .close_minute = 1440 };
}

static void
hall_of(const char *muni, bool open)
{
	world.hall = (struct engine_hall){
		.name = "架空市", .phone = "000-0000-0101", .hours = hours(open)
	};
	assert_true(muni_parse(muni, strlen(muni), &world.hall.muni));
}

static struct engine_report
read_report(struct engine *e)
{
	struct engine_report r;
	engine_read(e, &r);
	return r;
}

static void
out_of_its_hours_a_city_halls_kiosk_says_so_before_a_card_is_out(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	hall_of("991015", false);
	AUTO(engine) struct engine *e = world_engine(false);
	world.card_in = false;
	world_touch(e, SESSION_EV_START);
	assert_int_equal(read_report(e).state, SESSION_ERROR);
	assert_int_equal(read_report(e).result, RESULT_CLOSED_HOURS);
	assert_non_null(strstr(engine_view(e, a), "000-0000-0101"));
	assert_int_equal(world.asked, 0);
	world_touch(e, SESSION_EV_DONE);
	world_wait(e, SESSION_IDLE);
}

static void
within_its_hours_it_serves_its_own_residents(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	hall_of("991015", true);
	AUTO(engine) struct engine *e = world_engine(false);
	assert_non_null(strstr(engine_view(e, a), "00:00-24:00"));
	world_go(e, SESSION_TAKE_PAPER, 1);
	assert_int_equal(world_kept_yen(), 300);
}

static void
a_resident_of_elsewhere_is_sent_to_the_own_window_and_pays_nothing(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	hall_of("131016", true);
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_TAKE_CARD, 1);
	world_card(false);
	world_wait(e, SESSION_ERROR);
	assert_int_equal(read_report(e).result, RESULT_OTHER_MUNI);
	assert_non_null(strstr(engine_view(e, a), "000-000-0000")); /* theirs, from the offer */
	assert_int_equal(world.till.n, 0);
	assert_string_equal(world.peer.order_payload, "");
}

static void
hours_are_kept_to_the_minute(void **state)
{
	struct profile_hours h = { .closed_year_end = true };
	static const struct {
		struct civil_time at;
		bool want;
	} t[] = {
		{ { { 2026, 11, 20 }, 8, 29, 59 }, false },
		{ { { 2026, 11, 20 }, 8, 30, 0 }, true },
		{ { { 2026, 11, 20 }, 17, 14, 59 }, true },
		{ { { 2026, 11, 20 }, 17, 15, 0 }, false },
		{ { { 2026, 12, 28 }, 12, 0, 0 }, true },
		{ { { 2026, 12, 29 }, 12, 0, 0 }, false },
		{ { { 2027, 1, 3 }, 12, 0, 0 }, false },
		{ { { 2027, 1, 4 }, 12, 0, 0 }, true },
	};
	(void)state;
	assert_false(profile_hours_parse("08:30", "08:30", &h));
	assert_false(profile_hours_parse("8:30", "17:15", &h));
	assert_false(profile_hours_parse("08:30", "24:01", &h));
	assert_true(profile_hours_parse("08:30", "17:15", &h));
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(
		    profile_hours_are_open(&h, clock_from_japan_ms(t[i].at)), t[i].want);
}

/* Longer for those who need it; what the machine does itself is not touched. */
static void
only_what_waits_for_the_resident_waits_longer(void **state)
{
	(void)state;
	for (unsigned st = 0; st < SESSION_N_STATES; st++) {
		const int64_t limit_ms = session_state_info((enum session_state)st)->limit_ms;
		struct session s;
		enum session_action action;
		struct err err = { 0 };
		session_init(&s, 0);
		s.waits_percent = 250;
		size_t n = 0;
		const struct session_row *rows = session_table(&n);
		for (size_t i = 0; i < n; i++)
			if ((unsigned)rows[i].next == st) {
				s.state = rows[i].state;
				s.stays = 0;
				assert_int_equal(session_step(&s, rows[i].event, RESULT_DONE, 1000,
						     &action, &err),
				    0);
				bool waits = session_waits_for_touch((enum session_state)st);
				assert_int_equal(s.deadline_ms,
				    1000 + (waits ? limit_ms * 250 / 100 : limit_ms));
			}
	}
	assert_true(session_waits_for_touch(SESSION_PIN));
	assert_true(session_waits_for_touch(SESSION_PAY));
	assert_false(session_waits_for_touch(SESSION_PRINTING));
	assert_false(session_waits_for_touch(SESSION_ATTENTION));
	assert_false(session_waits_for_touch(SESSION_ORDERING));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, after)
	const struct CMUnitTest tests[] = {
		T(out_of_its_hours_a_city_halls_kiosk_says_so_before_a_card_is_out),
		T(within_its_hours_it_serves_its_own_residents),
		T(a_resident_of_elsewhere_is_sent_to_the_own_window_and_pays_nothing),
		T(hours_are_kept_to_the_minute),
		T(only_what_waits_for_the_resident_waits_longer),
	};
	return cmocka_run_group_tests_name("hall", tests, NULL, NULL);
}

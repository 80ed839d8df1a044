/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that arrive at the same time go in the order of their numbers. */
#include "unit.h"

#include "server/sync/turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct other {
	struct turn *turn;
	atomic_bool first_left, over;
	bool in_order, again;
};

static void *
second_enters(void *arg)
{
	struct other *o = arg;
	int64_t until_ms = 0;
	assert_true(turn_enter(o->turn, 2, &until_ms));
	o->in_order = atomic_load(&o->first_left);
	turn_leave(o->turn, 2, true);
	return NULL;
}

static void
a_batch_waits_for_a_lower_number_that_is_being_applied(void **state)
{
	struct other o = { .turn = turn_new() };
	pthread_t thread;
	int64_t until_ms = 0;
	(void)state;
	assert_true(turn_enter(o.turn, 1, &until_ms));
	assert_int_equal(pthread_create(&thread, NULL, second_enters, &o), 0);
	usleep(20000); /* let it try; the order is judged by what it saw */
	atomic_store(&o.first_left, true);
	turn_leave(o.turn, 1, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(o.in_order);
	turn_free(o.turn);
}

static void *
second_was_overtaken(void *arg)
{
	struct other *o = arg;
	int64_t until_ms = 0;
	assert_true(turn_enter(o->turn, 2, &until_ms));
	o->again = turn_again(o->turn, 2, until_ms);
	turn_leave(o->turn, 2, true);
	atomic_store(&o->over, true);
	return NULL;
}

static void
who_came_too_early_tries_again_when_another_is_over(void **state)
{
	struct other o = { .turn = turn_new() };
	pthread_t thread;
	int64_t until_ms = 0;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, second_was_overtaken, &o), 0);
	while (!atomic_load(&o.over)) {
		assert_true(turn_enter(o.turn, 1, &until_ms));
		turn_leave(o.turn, 1, true);
		usleep(1000);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(o.again);
	turn_free(o.turn);
}

static void
who_waits_in_vain_is_told_so(void **state)
{
	struct turn *t = turn_new();
	int64_t until_ms = 0;
	(void)state;
	assert_true(turn_enter(t, 2, &until_ms));
	assert_false(turn_again(t, 2, 0)); /* the time is over already */
	turn_leave(t, 2, true);
	turn_free(t);
}

static void
only_so_many_may_wait(void **state)
{
	struct turn *t = turn_new();
	int64_t until_ms = 0;
	(void)state;
	for (int64_t seq = TURN_MAX_WAITING; seq > 0; seq--)
		assert_true(turn_enter(t, seq, &until_ms)); /* each the lowest: at once */
	assert_false(turn_enter(t, 0, &until_ms));
	for (int64_t seq = 1; seq <= TURN_MAX_WAITING; seq++)
		turn_leave(t, seq, true);
	assert_true(turn_enter(t, 9, &until_ms));
	turn_leave(t, 9, true);
	turn_free(t);
}

static void
the_next_follows_what_was_applied_and_nothing_else(void **state)
{
	struct turn *t = turn_new();
	int64_t until_ms = 0;
	(void)state;
	assert_false(turn_follows(t, 1)); /* nothing is known yet */
	assert_true(turn_enter(t, 4, &until_ms));
	turn_leave(t, 4, true);
	assert_true(turn_follows(t, 5));
	assert_false(turn_follows(t, 4));
	assert_false(turn_follows(t, 6));
	assert_true(turn_enter(t, 5, &until_ms));
	turn_leave(t, 5, false); /* refused */
	assert_true(turn_follows(t, 5));
	assert_false(turn_follows(t, 6));
	turn_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_waits_for_a_lower_number_that_is_being_applied),
		cmocka_unit_test(who_came_too_early_tries_again_when_another_is_over),
		cmocka_unit_test(who_waits_in_vain_is_told_so),
		cmocka_unit_test(only_so_many_may_wait),
		cmocka_unit_test(the_next_follows_what_was_applied_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

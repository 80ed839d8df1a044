/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/text.h"
#include "kiosk/session/choice.h"
#include "kiosk/session/session.h"

#include <string.h>

static const struct session_row *
row_of(enum session_state st, enum session_event ev)
{
	size_t n = 0;
	const struct session_row *rows = session_table(&n);
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == st && rows[i].event == ev)
			return &rows[i];
	return NULL;
}

static void
every_pair_is_a_row_or_is_refused(void **state)
{
	size_t handled = 0;
	size_t n = 0;
	(void)state;
	for (int st = 0; st < SESSION_N_STATES; st++)
		for (int ev = 0; ev < SESSION_N_EVENTS; ev++) {
			struct session s = { .state = (enum session_state)st, .n = 7 };
			const struct session before = s;
			enum session_action a = SESSION_N_ACTIONS;
			struct err err = { 0 };
			int r =
			    session_step(&s, (enum session_event)ev, RESULT_BUSY, 1000, &a, &err);
			const struct session_row *row =
			    row_of((enum session_state)st, (enum session_event)ev);
			if (row != NULL) {
				assert_int_equal(r, 0);
				assert_int_equal(s.state, row->next);
				assert_int_equal(a, row->action);
				assert_int_equal(s.n, 8);
				assert_int_equal(
				    s.deadline_ms, 1000 + session_state_info(row->next)->limit_ms);
				handled++;
				continue;
			}
			bool touch = session_event_is_touch((enum session_event)ev);
			assert_int_equal(r, touch ? SESSION_E_NOT_NOW : FAULT_INTERNAL);
			assert_memory_equal(&s, &before, sizeof(s));
		}
	(void)session_table(&n);
	assert_int_equal(handled, n); /* so no pair stands in the table twice */
}

static void
numbers_that_are_no_state_or_event_are_faults(void **state)
{
	struct session s = { .state = (enum session_state)99 };
	enum session_action a;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(
	    session_step(&s, SESSION_EV_TIMEOUT, RESULT_DONE, 0, &a, &err), FAULT_INTERNAL);
	session_init(&s, 0);
	assert_int_equal(
	    session_step(&s, (enum session_event)999, RESULT_DONE, 0, &a, &err), FAULT_INTERNAL);
}

static void
every_state_can_be_reached_and_every_event_and_action_is_used(void **state)
{
	bool seen[SESSION_N_STATES] = { [SESSION_IDLE] = true };
	bool event[SESSION_N_EVENTS] = { 0 };
	bool action[SESSION_N_ACTIONS] = { 0 };
	size_t n = 0;
	const struct session_row *rows = session_table(&n);
	(void)state;
	for (int round = 0; round < SESSION_N_STATES; round++)
		for (size_t i = 0; i < n; i++)
			if (seen[rows[i].state])
				seen[rows[i].next] = true;
	for (size_t i = 0; i < n; i++) {
		event[rows[i].event] = true;
		action[rows[i].action] = true;
	}
	for (int i = 0; i < SESSION_N_STATES; i++)
		assert_true(seen[i]);
	for (int i = 0; i < SESSION_N_EVENTS; i++)
		assert_true(event[i]);
	for (int i = 0; i < SESSION_N_ACTIONS; i++)
		assert_true(action[i]);
}

static void
time_alone_wipes_from_every_state_and_ends_idle_or_at_a_card_left(void **state)
{
	(void)state;
	for (int st = 0; st < SESSION_N_STATES; st++) {
		struct session s = { .state = (enum session_state)st };
		bool wiped = false;
		assert_true(session_state_info(s.state)->limit_ms >= 10000);
		for (int i = 0; i < 6; i++) {
			enum session_action a;
			struct err err = { 0 };
			assert_int_equal(
			    session_step(&s, SESSION_EV_TIMEOUT, RESULT_DONE, 0, &a, &err), 0);
			wiped = wiped || a == SESSION_DO_WIPE;
		}
		assert_true(wiped);
		assert_true(s.state == SESSION_IDLE || s.state == SESSION_CARD_LEFT);
	}
}

static void
nothing_returns_to_idle_without_a_wipe(void **state)
{
	size_t n = 0;
	const struct session_row *rows = session_table(&n);
	(void)state;
	for (size_t i = 0; i < n; i++)
		if (rows[i].next == SESSION_IDLE || rows[i].next == SESSION_ERROR ||
		    rows[i].next == SESSION_CARD_LEFT)
			assert_int_equal(rows[i].action, SESSION_DO_WIPE);
}

/* What may have got a number or money goes through VOIDING or SETTLING, whatever happens. */
static void
after_an_order_every_way_out_voids_or_settles(void **state)
{
	static const enum session_state t[] = { SESSION_ORDERING, SESSION_PAY, SESSION_RELEASING,
		SESSION_PRINTING, SESSION_ATTENTION };
	size_t n = 0;
	const struct session_row *rows = session_table(&n);
	(void)state;
	for (size_t k = 0; k < N_ELEMENTS(t); k++)
		for (size_t i = 0; i < n; i++) {
			if (rows[i].state != t[k])
				continue;
			enum session_state to = rows[i].next;
			assert_true((to >= SESSION_PAY && to <= SESSION_ATTENTION) ||
			    (to == SESSION_VOIDING && rows[i].action == SESSION_DO_VOID) ||
			    (to == SESSION_SETTLING && rows[i].action == SESSION_DO_SETTLE));
		}
}

static void
paper_moves_only_after_a_release_and_money_is_kept_only_after_paper(void **state)
{
	size_t n = 0;
	const struct session_row *rows = session_table(&n);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].action == SESSION_DO_PRINT)
			assert_true(rows[i].event == SESSION_EV_RELEASED ||
			    rows[i].event == SESSION_EV_COPY_PRINTED);
		if (rows[i].action == SESSION_DO_SETTLE)
			assert_int_equal(rows[i].event, SESSION_EV_PRINTED);
		if (rows[i].action == SESSION_DO_PAY_BEGIN)
			assert_int_equal(rows[i].event, SESSION_EV_ANSWERED);
		if (rows[i].action == SESSION_DO_RELEASE)
			assert_true(rows[i].event == SESSION_EV_AUTHORISED ||
			    rows[i].event == SESSION_EV_ANSWERED_FREE);
	}
}

static void
walk(struct session *s, const enum session_event *ev, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum session_action a;
		struct err err = { 0 };
		assert_int_equal(session_step(s, ev[i], RESULT_DONE, (int64_t)i, &a, &err), 0);
	}
}

static const enum session_event to_confirm[] = { SESSION_EV_START, SESSION_EV_CONSENT,
	SESSION_EV_CARD_IN, SESSION_EV_CARD_READ, SESSION_EV_PIN_SLOT, SESSION_EV_PIN_ENTER,
	SESSION_EV_SIGNED, SESSION_EV_CARD_OUT, SESSION_EV_LOADED, SESSION_EV_CHOSE_RECORD,
	SESSION_EV_CHOSE_PART, SESSION_EV_CHOSE_PERSONS, SESSION_EV_CHOSE_OPTIONS,
	SESSION_EV_CHOSE_COPIES, SESSION_EV_CONFIRM };

static void
the_whole_way_ends_done(void **state)
{
	static const enum session_event rest[] = { SESSION_EV_ANSWERED, SESSION_EV_AUTHORISED,
		SESSION_EV_RELEASED, SESSION_EV_COPY_PRINTED, SESSION_EV_PRINT_STOPPED,
		SESSION_EV_PRINT_RESUMED, SESSION_EV_PRINTED, SESSION_EV_SETTLED, SESSION_EV_TAKEN,
		SESSION_EV_DONE };
	struct session s;
	(void)state;
	session_init(&s, 0);
	walk(&s, to_confirm, N_ELEMENTS(to_confirm));
	assert_int_equal(s.state, SESSION_ORDERING);
	walk(&s, rest, N_ELEMENTS(rest));
	assert_int_equal(s.state, SESSION_IDLE);
	assert_int_equal(s.result, RESULT_DONE);
}

static void
the_first_reason_to_void_is_the_one_shown(void **state)
{
	struct session s;
	enum session_action a;
	struct err err = { 0 };
	(void)state;
	session_init(&s, 0);
	walk(&s, to_confirm, N_ELEMENTS(to_confirm));
	assert_int_equal(
	    session_step(&s, SESSION_EV_FAILED, RESULT_NOT_REGISTERED, 0, &a, &err), 0);
	assert_int_equal(s.state, SESSION_VOIDING);
	assert_int_equal(session_step(&s, SESSION_EV_FAILED, RESULT_CENTER_AWAY, 0, &a, &err), 0);
	assert_int_equal(s.state, SESSION_ERROR);
	assert_int_equal(s.result, RESULT_NOT_REGISTERED);
}

static void
a_card_pulled_early_is_named_and_one_taken_in_time_is_not(void **state)
{
	struct session s;
	enum session_action a;
	struct err err = { 0 };
	(void)state;
	session_init(&s, 0);
	walk(&s, to_confirm, 4);
	assert_int_equal(s.state, SESSION_PIN);
	assert_int_equal(session_step(&s, SESSION_EV_CARD_OUT, RESULT_DONE, 0, &a, &err), 0);
	assert_int_equal(s.result, RESULT_CARD_REMOVED);
	session_init(&s, 0);
	walk(&s, to_confirm, 8);
	assert_int_equal(s.result, RESULT_DONE);
}

static void
a_wrong_pin_is_told_until_the_next_try(void **state)
{
	struct session s;
	enum session_action a;
	struct err err = { 0 };
	(void)state;
	session_init(&s, 0);
	walk(&s, to_confirm, 6);
	assert_int_equal(session_step(&s, SESSION_EV_PIN_WRONG, RESULT_DONE, 0, &a, &err), 0);
	assert_int_equal(s.result, RESULT_PIN_WRONG);
	assert_int_equal(session_step(&s, SESSION_EV_PIN_ENTER, RESULT_DONE, 0, &a, &err), 0);
	assert_int_equal(s.result, RESULT_DONE);
	assert_int_equal(session_step(&s, SESSION_EV_PIN_WRONG_LAST, RESULT_DONE, 0, &a, &err), 0);
	assert_int_equal(s.state, SESSION_PIN_WARN);
}

static void
more_time_is_given_ten_times_and_not_for_ever(void **state)
{
	struct session s;
	enum session_action a;
	struct err err = { 0 };
	unsigned given = 0;
	(void)state;
	session_init(&s, 0);
	walk(&s, to_confirm, 1);
	while (session_takes(&s, SESSION_EV_STAY)) {
		assert_int_equal(session_step(&s, SESSION_EV_STAY, RESULT_DONE, 0, &a, &err), 0);
		given++;
	}
	assert_int_equal(given, SESSION_MAX_STAYS);
	assert_true(given >= 10);
	assert_int_equal(
	    session_step(&s, SESSION_EV_STAY, RESULT_DONE, 0, &a, &err), SESSION_E_NOT_NOW);
	walk(&s, (const enum session_event[]){ SESSION_EV_CONSENT }, 1);
	assert_true(session_takes(&s, SESSION_EV_STAY)); /* a new screen begins anew */
}

static void
a_state_is_late_at_its_limit_and_not_before(void **state)
{
	struct session s;
	(void)state;
	session_init(&s, 500);
	int64_t limit = session_state_info(SESSION_IDLE)->limit_ms;
	assert_false(session_is_late(&s, 500 + limit - 1));
	assert_true(session_is_late(&s, 500 + limit));
}

static void
touches_are_found_by_name_and_machine_events_are_not(void **state)
{
	(void)state;
	for (int i = 0; i < SESSION_N_EVENTS; i++) {
		enum session_event ev = (enum session_event)i;
		enum session_event got = session_touch_find(session_event_name(ev));
		assert_int_equal(got, session_event_is_touch(ev) ? ev : SESSION_N_EVENTS);
	}
	assert_int_equal(session_touch_find("released"), SESSION_N_EVENTS);
	assert_int_equal(session_touch_find(""), SESSION_N_EVENTS);
}

static void
codes_of_results_are_unique_and_have_a_text(void **state)
{
	(void)state;
	for (int i = 0; i < RESULT_N; i++) {
		const struct result_info *a = result_info((enum result)i);
		assert_non_null(a->code);
		assert_true(a->text[0] != '\0');
		for (int k = 0; k < i; k++)
			assert_string_not_equal(a->code, result_info((enum result)k)->code);
	}
	assert_string_equal(result_info((enum result)999)->code, "fault");
	assert_string_equal(result_info((enum result) - 1)->code, "fault");
}

static void
a_blocked_resident_looks_like_any_question_for_the_window(void **state)
{
	static const enum result t[] = { RESULT_NOT_REGISTERED, RESULT_NOT_AVAILABLE,
		RESULT_RELEASE_REFUSED, RESULT_REFUSED };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		assert_string_equal(result_info(t[i])->text, "ask-window");
		assert_int_equal(result_info(t[i])->next, RESULT_NEXT_WINDOW);
		assert_int_equal(result_info(t[i])->group, RESULT_GROUP_CENTER);
	}
	assert_int_equal(result_from_center("a-code-of-next-year"), RESULT_REFUSED);
	assert_int_equal(result_from_center(""), RESULT_REFUSED);
	/* a code of our own is not the center's to send */
	assert_int_equal(result_from_center("pin-locked"), RESULT_REFUSED);
	assert_int_equal(result_from_center("card-on-hold"), RESULT_CARD_ON_HOLD);
}

static struct offer
sample_offer(void)
{
	struct offer o = { .muni = { "991015" },
		.n_kinds = 2,
		.kinds = { { .kind = DOC_JUMINHYO,
			       .fee_yen = 300,
			       .max_copies = ORDER_MAX_COPIES,
			       .options = ORDER_SETAINUSHI | ORDER_HONSEKI,
			       .open = true },
		    { .kind = DOC_INKAN, .fee_yen = 250, .max_copies = 1, .open = false } },
		.n_persons = 3,
		.self = 1 };
	for (unsigned i = 0; i < o.n_persons; i++)
		o.persons[i].ref.b[0] = (uint8_t)(i + 1);
	return o;
}

static void
a_choice_outside_the_offer_is_refused_and_changes_nothing(void **state)
{
	struct offer o = sample_offer();
	struct choice c = { 0 };
	(void)state;
	assert_int_equal(choice_set_kind(&c, &o, (enum doc_kind)9), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_kind(&c, &o, DOC_INKAN), CHOICE_E_CLOSED);
	assert_int_equal(c.kind, 0);
	assert_int_equal(choice_set_kind(&c, &o, DOC_JUMINHYO), 0);
	assert_int_equal(choice_set_persons(&c, &o, 1), CHOICE_E_NOT_OFFERED); /* not a part yet */
	assert_int_equal(choice_set_scope(&c, &o, (enum order_scope)4), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_scope(&c, &o, ORDER_PART), 0);
	assert_int_equal(choice_set_persons(&c, &o, 0), CHOICE_E_EMPTY);
	assert_int_equal(choice_set_persons(&c, &o, 1 << 3), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_persons(&c, &o, 1 << 2 | 1), 0);
	assert_int_equal(choice_set_options(&c, &o, ORDER_KOJIN_NO), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_options(&c, &o, ORDER_HONSEKI), 0);
	assert_int_equal(choice_set_copies(&c, &o, 0), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_copies(&c, &o, ORDER_MAX_COPIES + 1), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_copies(&c, &o, ORDER_MAX_COPIES), 0);
	o.kinds[0].max_copies = 1; /* once more without fee */
	assert_int_equal(choice_set_copies(&c, &o, 2), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_copies(&c, &o, 1), 0);
	o.kinds[0].max_copies = ORDER_MAX_COPIES;
	assert_int_equal(choice_set_copies(&c, &o, ORDER_MAX_COPIES), 0);
	assert_int_equal(choice_total_yen(&c, &o), 3000);
}

static void
a_choice_becomes_the_order_with_the_persons_chosen(void **state)
{
	struct offer o = sample_offer();
	struct choice c = { 0 };
	struct order order = { .at_ms = 5 };
	(void)state;
	assert_int_equal(choice_set_kind(&c, &o, DOC_JUMINHYO), 0);
	assert_int_equal(choice_set_scope(&c, &o, ORDER_PART), 0);
	assert_int_equal(choice_set_persons(&c, &o, 1 << 2 | 1), 0);
	assert_int_equal(choice_set_options(&c, &o, ORDER_HONSEKI), 0);
	choice_to_order(&c, &o, &order);
	assert_int_equal(order.n_persons, 2);
	assert_int_equal(order.persons[0].b[0], 1);
	assert_int_equal(order.persons[1].b[0], 3);
	assert_int_equal(order.options, ORDER_HONSEKI);
	assert_int_equal(order.at_ms, 5);
	/* another scope forgets the persons */
	assert_int_equal(choice_set_scope(&c, &o, ORDER_HOUSEHOLD), 0);
	choice_to_order(&c, &o, &order);
	assert_int_equal(order.n_persons, 0);
	o.n_persons = 1;
	assert_int_equal(choice_set_scope(&c, &o, ORDER_PART), CHOICE_E_NOT_OFFERED);
}

static void
a_seal_certificate_has_neither_scope_nor_options(void **state)
{
	struct offer o = sample_offer();
	struct choice c = { 0 };
	struct order order = { .options = 99 };
	(void)state;
	o.kinds[1].open = true;
	assert_int_equal(choice_set_kind(&c, &o, DOC_INKAN), 0);
	assert_int_equal(choice_set_scope(&c, &o, ORDER_HOUSEHOLD), CHOICE_E_NOT_OFFERED);
	assert_int_equal(choice_set_options(&c, &o, ORDER_HONSEKI), CHOICE_E_NOT_OFFERED);
	choice_to_order(&c, &o, &order);
	assert_int_equal(order.kind, DOC_INKAN);
	assert_int_equal(order.scope, ORDER_SELF);
	assert_int_equal(order.options, 0);
	assert_int_equal(choice_total_yen(&c, &o), 250);
}

static void
a_certificate_of_items_has_scope_and_options_like_a_copy_of_the_record(void **state)
{
	struct offer o = sample_offer();
	struct choice c = { 0 };
	struct order order = { 0 };
	(void)state;
	o.kinds[0].kind = DOC_KISAI;
	assert_int_equal(choice_set_kind(&c, &o, DOC_KISAI), 0);
	assert_int_equal(choice_set_scope(&c, &o, ORDER_HOUSEHOLD), 0);
	assert_int_equal(choice_set_options(&c, &o, ORDER_HONSEKI), 0);
	choice_to_order(&c, &o, &order);
	assert_int_equal(order.kind, DOC_KISAI);
	assert_int_equal(order.scope, ORDER_HOUSEHOLD);
	assert_int_equal(order.options, ORDER_HONSEKI);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_is_a_row_or_is_refused),
		cmocka_unit_test(numbers_that_are_no_state_or_event_are_faults),
		cmocka_unit_test(every_state_can_be_reached_and_every_event_and_action_is_used),
		cmocka_unit_test(time_alone_wipes_from_every_state_and_ends_idle_or_at_a_card_left),
		cmocka_unit_test(nothing_returns_to_idle_without_a_wipe),
		cmocka_unit_test(after_an_order_every_way_out_voids_or_settles),
		cmocka_unit_test(
		    paper_moves_only_after_a_release_and_money_is_kept_only_after_paper),
		cmocka_unit_test(the_whole_way_ends_done),
		cmocka_unit_test(the_first_reason_to_void_is_the_one_shown),
		cmocka_unit_test(a_card_pulled_early_is_named_and_one_taken_in_time_is_not),
		cmocka_unit_test(a_wrong_pin_is_told_until_the_next_try),
		cmocka_unit_test(more_time_is_given_ten_times_and_not_for_ever),
		cmocka_unit_test(a_state_is_late_at_its_limit_and_not_before),
		cmocka_unit_test(touches_are_found_by_name_and_machine_events_are_not),
		cmocka_unit_test(codes_of_results_are_unique_and_have_a_text),
		cmocka_unit_test(a_blocked_resident_looks_like_any_question_for_the_window),
		cmocka_unit_test(a_choice_outside_the_offer_is_refused_and_changes_nothing),
		cmocka_unit_test(a_choice_becomes_the_order_with_the_persons_chosen),
		cmocka_unit_test(a_seal_certificate_has_neither_scope_nor_options),
		cmocka_unit_test(
		    a_certificate_of_items_has_scope_and_options_like_a_copy_of_the_record),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}

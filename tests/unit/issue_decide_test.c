/* SPDX-License-Identifier: Apache-2.0 */
/* May this be issued? Every reason against it is one row of a table. */
#include "unit.h"

#include "paper_help.h"
#include "server/issue/decide.h"
#include <string.h>

#define NOW_MS 1795230000000 /* 2026-11-21 12:00 in Japan */

struct given {
	struct issue_view v;
	struct order o;
	struct profile p;
	int64_t now_ms;
};

/* A household of three, all in order; the second is the applicant. */
static void
given_good(struct arena *a, struct given *g)
{
	memset(g, 0, sizeof(*g));
	paper_profile(a, PROFILE_RENKI, &g->p);
	g->now_ms = NOW_MS;
	g->v = (struct issue_view){ .has_lease = true,
		.beat_ms = NOW_MS - 1000,
		.lease_seq = 10,
		.seq = 10,
		.card_known = true,
		.n_persons = 3,
		.seal_rireki_no = 2,
		.seal_state = SEAL_REGISTERED };
	for (unsigned i = 0; i < 3; i++) {
		struct issue_person *p = &g->v.persons[i];
		*p = (struct issue_person){ .narabi = 3 - (int)i,
			.state = RESIDENT_REGISTERED,
			.rireki_no = 5,
			.version = 7 + i,
			.row_rireki_no = 5,
			.row_state = RESIDENT_REGISTERED };
		memset(p->ref.b, (int)i + 1, sizeof(p->ref.b));
		memset(p->household, 0x77, sizeof(p->household));
	}
	g->v.self = g->v.persons[1].ref;
	g->o = (struct order){ .muni = g->p.muni,
		.kind = DOC_JUMINHYO,
		.scope = ORDER_HOUSEHOLD,
		.options = ORDER_SETAINUSHI,
		.copies = 1,
		.fee_yen = 300 };
}

/* The changes; each alone. */
static void
nothing(struct given *g)
{
	(void)g;
}
static void
stopped(struct given *g)
{
	g->v.stopped = "equivocation";
}
static void
kind_closed(struct given *g)
{
	g->v.closed_kinds = 1u << DOC_JUMINHYO;
}
static void
other_kind_closed(struct given *g)
{
	g->v.closed_kinds = 1u << DOC_INKAN | 1u << DOC_KISAI;
}
static void
no_lease(struct given *g)
{
	g->v.has_lease = false;
}
static void
lease_at_limit(struct given *g)
{
	g->v.beat_ms = NOW_MS - ISSUE_LEASE_MS;
}
static void
lease_past_limit(struct given *g)
{
	g->v.beat_ms = NOW_MS - ISSUE_LEASE_MS - 1;
}
static void
lease_of_the_future(struct given *g)
{
	g->v.beat_ms = NOW_MS + ISSUE_CLOCK_AHEAD_MS + 1;
}
static void
lease_just_ahead(struct given *g)
{
	g->v.beat_ms = NOW_MS + ISSUE_CLOCK_AHEAD_MS;
}
static void
agent_is_ahead(struct given *g)
{
	g->v.lease_seq = 11;
}
static void
agent_is_behind(struct given *g)
{
	g->v.lease_seq = 9;
}
static void
unknown_kind(struct given *g)
{
	g->o.kind = (enum doc_kind)(DOC_KIND_MAX + 1);
}
static void
kind_not_offered(struct given *g)
{
	g->p.kinds[DOC_JUMINHYO].offered = false;
}
static void
option_not_offered(struct given *g)
{
	g->p.kinds[DOC_JUMINHYO].options = 0;
}
static void
option_unknown(struct given *g)
{
	g->o.options = 1u << 9;
}
static void
too_early(struct given *g)
{
	g->now_ms -= 6 * 3600 * 1000;
	g->v.beat_ms = g->now_ms;
}
static void
too_late(struct given *g)
{
	g->now_ms += 11 * 3600 * 1000;
	g->v.beat_ms = g->now_ms;
}
static void
closed_for_now(struct given *g)
{
	g->v.terms.kinds[DOC_JUMINHYO].closed = true;
}
static void
another_kind_closed_for_now(struct given *g)
{
	g->v.terms.kinds[DOC_KISAI].closed = g->v.terms.kinds[DOC_INKAN].closed = true;
}
static void
closed_this_weekday(struct given *g)
{
	struct terms_kind *k = &g->v.terms.kinds[DOC_JUMINHYO];
	k->has_week = true;
	for (int i = 0; i < TERMS_DAYS; i++)
		k->week.days[i].close_minute = 1440;
	k->week.days[terms_weekday(NOW_MS)].close_minute = 0;
}
static void
another_fee_than_offered(struct given *g)
{
	g->o.fee_yen = 299;
}
static void
the_fee_changed_since(struct given *g)
{
	g->v.terms.kinds[DOC_JUMINHYO].has_fee = true;
	g->v.terms.kinds[DOC_JUMINHYO].fee_yen = 301;
}
static void
the_new_fee(struct given *g)
{
	the_fee_changed_since(g);
	g->o.fee_yen = 301;
}
static void
card_unknown(struct given *g)
{
	g->v.card_known = false;
}
static void
holder_not_there(struct given *g)
{
	memset(g->v.self.b, 9, 16);
}
static void
self_removed(struct given *g)
{
	g->v.persons[1].state = RESIDENT_REMOVED;
}
static void
self_parked(struct given *g)
{
	g->v.persons[1].parked = true;
}
static void
self_without_row(struct given *g)
{
	g->v.persons[1].row_rireki_no = 0;
}
static void
self_row_older(struct given *g)
{
	g->v.persons[1].row_rireki_no = 4;
}
static void
self_row_newer(struct given *g)
{
	g->v.persons[1].row_rireki_no = 6;
}
static void
self_row_removed(struct given *g)
{
	g->v.persons[1].row_state = RESIDENT_REMOVED;
}
static void
self_state_unknown(struct given *g)
{
	g->v.persons[1].state = 0;
}
static void
self_blocked(struct given *g)
{
	g->v.persons[1].blocked = 1u << DOC_JUMINHYO;
}
static void
self_blocked_for_inkan(struct given *g)
{
	g->v.persons[1].blocked = 1u << DOC_INKAN;
}
static void
member_blocked(struct given *g)
{
	g->v.persons[2].blocked = 1u << DOC_JUMINHYO;
}
static void
member_parked(struct given *g)
{
	g->v.persons[2].parked = true;
}
static void
member_removed(struct given *g)
{
	g->v.persons[2].state = RESIDENT_REMOVED;
}
static void
removed_member_parked(struct given *g)
{
	g->v.persons[2].state = RESIDENT_REMOVED;
	g->v.persons[2].parked = true;
}
static void
member_row_older(struct given *g)
{
	g->v.persons[0].row_rireki_no = 4;
}
static void
household_blocked(struct given *g)
{
	g->v.household_blocked = 1u << DOC_JUMINHYO;
}
static void
household_too_large(struct given *g)
{
	g->v.too_many = true;
}
static void
self_only(struct given *g)
{
	g->o.scope = ORDER_SELF;
}
static void
self_only_member_blocked(struct given *g)
{
	self_only(g);
	member_blocked(g);
}
static void
self_only_household_blocked(struct given *g)
{
	self_only(g);
	household_blocked(g);
}
static void
self_only_large(struct given *g)
{
	self_only(g);
	g->v.too_many = true;
}
static void
part_of_one(struct given *g)
{
	g->o.scope = ORDER_PART;
	g->o.n_persons = 1;
	g->o.persons[0] = g->v.persons[0].ref;
}
static void
part_of_nobody(struct given *g)
{
	part_of_one(g);
	g->o.n_persons = 0;
}
static void
part_of_a_stranger(struct given *g)
{
	part_of_one(g);
	memset(g->o.persons[0].b, 9, 16);
}
static void
part_twice(struct given *g)
{
	part_of_one(g);
	g->o.persons[g->o.n_persons++] = g->v.persons[0].ref;
}
static void
part_of_another_household(struct given *g)
{
	part_of_one(g);
	memset(g->v.persons[0].household, 1, 16);
}
static void
part_self_blocked(struct given *g)
{
	part_of_one(g);
	self_blocked(g);
}
static void
part_other_blocked(struct given *g)
{
	part_of_one(g);
	member_blocked(g);
}
static void
scope_unknown(struct given *g)
{
	g->o.scope = (enum order_scope)4;
}
static void
inkan(struct given *g)
{
	g->o.kind = DOC_INKAN;
	g->o.scope = ORDER_SELF;
	g->o.options = 0;
}
static void
inkan_household(struct given *g)
{
	inkan(g);
	g->o.scope = ORDER_HOUSEHOLD;
}
static void
inkan_option(struct given *g)
{
	inkan(g);
	g->o.options = ORDER_HONSEKI;
	g->p.kinds[DOC_INKAN].options = ORDER_HONSEKI;
}
static void
inkan_no_seal(struct given *g)
{
	inkan(g);
	g->v.seal_rireki_no = 0;
}
static void
inkan_abolished(struct given *g)
{
	inkan(g);
	g->v.seal_state = SEAL_ABOLISHED;
}
static void
inkan_blocked(struct given *g)
{
	inkan(g);
	self_blocked_for_inkan(g);
}
static void
inkan_blocked_for_juminhyo(struct given *g)
{
	inkan(g);
	self_blocked(g);
}

static void
kisai(struct given *g)
{
	g->o.kind = DOC_KISAI;
	g->p.kinds[DOC_KISAI] = g->p.kinds[DOC_JUMINHYO];
}
static void
kisai_not_offered(struct given *g)
{
	kisai(g);
	g->p.kinds[DOC_KISAI].offered = false;
}
static void
kisai_blocked(struct given *g)
{
	kisai(g);
	g->v.persons[1].blocked = 1u << DOC_KISAI;
}
static void
kisai_blocked_for_juminhyo(struct given *g)
{
	kisai(g);
	self_blocked(g);
}
static void
kisai_household_blocked_for_juminhyo(struct given *g)
{
	kisai(g);
	household_blocked(g);
}
static void
juminhyo_blocked_for_kisai(struct given *g)
{
	g->v.persons[1].blocked = 1u << DOC_KISAI;
}

static void
every_reason_against_it_refuses_alone(void **state)
{
	static const struct {
		void (*change)(struct given *g);
		int want;
	} t[] = {
		{ nothing, 0 },
		{ stopped, ISSUE_E_STOPPED },
		{ kind_closed, ISSUE_E_STOPPED },
		{ other_kind_closed, 0 },
		{ no_lease, ISSUE_E_STALE },
		{ lease_at_limit, 0 },
		{ lease_past_limit, ISSUE_E_STALE },
		{ lease_just_ahead, 0 },
		{ lease_of_the_future, ISSUE_E_STALE },
		{ agent_is_ahead, ISSUE_E_STALE },
		{ agent_is_behind, 0 },
		{ unknown_kind, ISSUE_E_NOT_OFFERED },
		{ kind_not_offered, ISSUE_E_NOT_OFFERED },
		{ option_not_offered, ISSUE_E_NOT_OFFERED },
		{ option_unknown, ISSUE_E_NOT_OFFERED },
		{ scope_unknown, ISSUE_E_NOT_OFFERED },
		{ inkan_household, ISSUE_E_NOT_OFFERED },
		{ inkan_option, ISSUE_E_NOT_OFFERED },
		{ too_early, ISSUE_E_CLOSED },
		{ too_late, ISSUE_E_CLOSED },
		{ closed_for_now, ISSUE_E_CLOSED },
		{ another_kind_closed_for_now, 0 },
		{ closed_this_weekday, ISSUE_E_CLOSED },
		{ another_fee_than_offered, ISSUE_E_FEE },
		{ the_fee_changed_since, ISSUE_E_FEE },
		{ the_new_fee, 0 },
		{ card_unknown, ISSUE_E_UNKNOWN_CARD },
		{ holder_not_there, ISSUE_E_NOT_AVAILABLE },
		{ self_removed, ISSUE_E_NOT_AVAILABLE },
		{ self_parked, ISSUE_E_NOT_AVAILABLE },
		{ self_without_row, ISSUE_E_NOT_AVAILABLE },
		{ self_row_older, ISSUE_E_NOT_AVAILABLE },
		{ self_row_newer, ISSUE_E_NOT_AVAILABLE },
		{ self_row_removed, ISSUE_E_NOT_AVAILABLE },
		{ self_state_unknown, ISSUE_E_NOT_AVAILABLE },
		{ self_blocked, ISSUE_E_NOT_AVAILABLE },
		{ self_blocked_for_inkan, 0 },
		{ member_blocked, ISSUE_E_NOT_AVAILABLE },
		{ member_parked, ISSUE_E_NOT_AVAILABLE },
		{ member_removed, 0 },
		{ removed_member_parked, ISSUE_E_NOT_AVAILABLE },
		{ member_row_older, ISSUE_E_NOT_AVAILABLE },
		{ household_blocked, ISSUE_E_NOT_AVAILABLE },
		{ household_too_large, ISSUE_E_NOT_AVAILABLE },
		{ self_only, 0 },
		{ self_only_member_blocked, 0 },
		{ self_only_household_blocked, ISSUE_E_NOT_AVAILABLE },
		{ self_only_large, 0 },
		{ part_of_one, 0 },
		{ part_of_nobody, ISSUE_E_NOT_AVAILABLE },
		{ part_of_a_stranger, ISSUE_E_NOT_AVAILABLE },
		{ part_twice, ISSUE_E_NOT_AVAILABLE },
		{ part_of_another_household, ISSUE_E_NOT_AVAILABLE },
		{ part_self_blocked, ISSUE_E_NOT_AVAILABLE },
		{ part_other_blocked, 0 },
		{ inkan, 0 },
		{ inkan_no_seal, ISSUE_E_NOT_AVAILABLE },
		{ inkan_abolished, ISSUE_E_NOT_AVAILABLE },
		{ inkan_blocked, ISSUE_E_NOT_AVAILABLE },
		{ inkan_blocked_for_juminhyo, 0 },
		{ kisai, 0 },
		{ kisai_not_offered, ISSUE_E_NOT_OFFERED },
		{ kisai_blocked, ISSUE_E_NOT_AVAILABLE },
		{ kisai_blocked_for_juminhyo, ISSUE_E_NOT_AVAILABLE }, /* the same record */
		{ kisai_household_blocked_for_juminhyo, ISSUE_E_NOT_AVAILABLE },
		{ juminhyo_blocked_for_kisai, 0 },
	};
	(void)state;
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct given *g = arena_zero(a, sizeof(*g));
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct issue_choice c = { .n_persons = 99 };
		given_good(a, g);
		t[i].change(g);
		int r = issue_decide(&g->v, &g->o, &g->p, g->now_ms, &c);
		if (r != t[i].want)
			fail_msg("row %zu gave %d instead of %d", i, r, t[i].want);
		assert_true((r != 0) == (c.n_persons == 99)); /* untouched unless 0 */
	}
}

static void
a_household_is_printed_in_the_registers_order(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct given *g = arena_zero(a, sizeof(*g));
	struct issue_choice c;
	given_good(a, g);
	assert_int_equal(issue_decide(&g->v, &g->o, &g->p, g->now_ms, &c), 0);
	assert_int_equal(c.n_persons, 3);
	assert_true(c.whole_household && !c.with_seal && c.self == 1);
	assert_true(c.person[0] == 2 && c.person[1] == 1 && c.person[2] == 0);
	g->v.persons[0].narabi = g->v.persons[2].narabi; /* equal places: the order is total */
	assert_int_equal(issue_decide(&g->v, &g->o, &g->p, g->now_ms, &c), 0);
	assert_true(c.person[0] == 0 && c.person[1] == 2 && c.person[2] == 1);
	part_of_one(g);
	assert_int_equal(issue_decide(&g->v, &g->o, &g->p, g->now_ms, &c), 0);
	assert_true(c.n_persons == 1 && c.person[0] == 0 && !c.whole_household && c.self == 1);
}

static void
the_release_sees_every_change_since(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct given *g = arena_zero(a, sizeof(*g));
	struct issue_printed p[3];
	given_good(a, g);
	for (unsigned i = 0; i < 3; i++)
		p[i] = (struct issue_printed){ g->v.persons[i].ref, g->v.persons[i].version };
#define STILL(whole, n) issue_still(&g->v, DOC_JUMINHYO, whole, p, n, g->now_ms)
	assert_int_equal(STILL(true, 3), 0);
	assert_int_equal(STILL(true, 2), ISSUE_E_CHANGED); /* somebody joined */
	assert_int_equal(STILL(false, 2), 0);
	assert_int_equal(STILL(false, 0), ISSUE_E_CHANGED);
	p[1].version++;
	assert_int_equal(STILL(true, 3), ISSUE_E_CHANGED);
	p[1].version--;
	static void (*const changes[])(struct given *) = { self_blocked, member_blocked,
		household_blocked, member_parked, self_removed, self_row_older, member_removed };
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		given_good(a, g);
		changes[i](g);
		assert_int_equal(STILL(true, 3), ISSUE_E_CHANGED);
	}
	given_good(a, g);
	stopped(g);
	assert_int_equal(STILL(true, 3), ISSUE_E_STOPPED);
	given_good(a, g);
	kind_closed(g);
	assert_int_equal(STILL(true, 3), ISSUE_E_STOPPED);
	given_good(a, g);
	lease_past_limit(g);
	assert_int_equal(STILL(true, 3), ISSUE_E_STALE);
	given_good(a, g);
	g->v.seal_state = SEAL_ABOLISHED;
	assert_int_equal(STILL(true, 3), 0);
	assert_int_equal(
	    issue_still(&g->v, DOC_INKAN, false, &p[1], 1, g->now_ms), ISSUE_E_CHANGED);
}

static void
what_cannot_be_had_is_not_offered(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct given *g = arena_zero(a, sizeof(*g));
	given_good(a, g);
	assert_int_equal(issue_may_have(&g->v, &g->p, DOC_JUMINHYO), 0);
	assert_int_equal(issue_may_have(&g->v, &g->p, DOC_INKAN), 0);
	self_blocked_for_inkan(g);
	assert_int_equal(issue_may_have(&g->v, &g->p, DOC_JUMINHYO), 0);
	assert_int_equal(issue_may_have(&g->v, &g->p, DOC_INKAN), ISSUE_E_NOT_AVAILABLE);
	card_unknown(g);
	assert_int_equal(issue_may_have(&g->v, &g->p, DOC_JUMINHYO), ISSUE_E_UNKNOWN_CARD);
	kind_not_offered(g);
	assert_int_equal(issue_may_have(&g->v, &g->p, DOC_JUMINHYO), ISSUE_E_NOT_OFFERED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_against_it_refuses_alone),
		cmocka_unit_test(a_household_is_printed_in_the_registers_order),
		cmocka_unit_test(the_release_sees_every_change_since),
		cmocka_unit_test(what_cannot_be_had_is_not_offered),
	};
	return cmocka_run_group_tests_name("issue-decide", tests, NULL, NULL);
}

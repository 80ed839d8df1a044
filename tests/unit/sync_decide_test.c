/* SPDX-License-Identifier: Apache-2.0 */
/* The stream's end: what becomes of what was read (sync_test.c). No database here. */
#include "unit.h"

#include "server/sync/apply_decide.h"

#include <string.h>

static void
a_batch_is_next_replay_gap_or_equivocation(void **state)
{
	(void)state;
	static const uint8_t A[32] = { 0xA }, B[32] = { 0xB }, N[32] = { 0xC }, Z[32] = { 0 };
	struct apply_position ours = { .epoch = 5, .seq = 10 };
	memcpy(ours.hash, A, 32);
	const struct {
		int64_t epoch, seq;
		const uint8_t *hash, *prev, *past;
		enum apply_place want;
	} t[] = {
		{ 5, 11, N, A, NULL, APPLY_NEXT },
		{ 5, 11, N, B, NULL, APPLY_EQUIVOCATION }, /* built on another batch 10 */
		{ 5, 12, N, A, NULL, APPLY_GAP },
		{ 5, 10, A, B, NULL, APPLY_REPLAY },
		{ 5, 10, N, B, NULL, APPLY_EQUIVOCATION },
		{ 5, 9, B, Z, B, APPLY_REPLAY },
		{ 5, 9, N, Z, B, APPLY_EQUIVOCATION },
		{ 5, 9, N, Z, NULL, APPLY_EQUIVOCATION },
		{ 4, 11, N, A, NULL, APPLY_OTHER_EPOCH },
		{ 6, 11, N, A, NULL, APPLY_OTHER_EPOCH },
		/* beats: no prev */
		{ 5, 10, A, NULL, NULL, APPLY_REPLAY },
		{ 5, 10, B, NULL, NULL, APPLY_EQUIVOCATION },
		{ 5, 11, N, NULL, NULL, APPLY_GAP },
		{ 5, 0, Z, NULL, NULL, APPLY_REPLAY },
		{ 5, 0, A, NULL, NULL, APPLY_EQUIVOCATION },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		const struct apply_claim c = { t[i].epoch, t[i].seq, t[i].hash, t[i].prev };
		enum apply_place got = apply_place(&ours, &c, t[i].past);
		if (got != t[i].want)
			print_error("case %zu\n", i);
		assert_int_equal(got, t[i].want);
	}
}

static void
the_first_batch_follows_zeros(void **state)
{
	(void)state;
	static const uint8_t N[32] = { 1 }, Z[32] = { 0 };
	const struct apply_position ours = { .epoch = 5 };
	const struct apply_claim fits = { 5, 1, N, Z };
	const struct apply_claim other = { 5, 1, N, N };
	assert_int_equal(apply_place(&ours, &fits, NULL), APPLY_NEXT);
	assert_int_equal(apply_place(&ours, &other, NULL), APPLY_EQUIVOCATION);
}

#define SAME(a, b) ((a) == (b) || ((a) != NULL && (b) != NULL && strcmp((a), (b)) == 0))

static void
histories_grow_by_one_or_park_their_person(void **state)
{
	(void)state;
	const struct {
		enum sync_kind kind;
		uint32_t rireki_no, newest;
		bool store;
		const char *park;
		bool stop;
	} t[] = {
		{ SYNC_RESIDENT, 8, 7, true, NULL, false },
		{ SYNC_RESIDENT, 9, 7, true, "history-gap", false }, /* the newest state wins */
		{ SYNC_RESIDENT, 7, 7, false, "history-back", false },
		{ SYNC_RESIDENT, 1, 7, false, "history-back", false },
		{ SYNC_SEAL, 1, 0, true, NULL, false },
		{ SYNC_SEAL, 2, 0, true, "history-gap", false },
		{ SYNC_SEAL, 1, 1, false, "history-back", false },
		{ SYNC_CARD, 3, 2, true, NULL, false },
		{ SYNC_CARD, 4, 2, true, "history-gap", false },
		{ SYNC_CARD, 2, 2, false, "history-back", false },
		{ SYNC_BLOCK, 1, 0, true, NULL, false },
		{ SYNC_BLOCK, 3, 1, true, "history-gap", false },
		{ SYNC_BLOCK, 1, 1, false, "history-back", true },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct sync_record rec = {
			.kind = t[i].kind, .atena_no = "1", .rireki_no = t[i].rireki_no
		};
		if (t[i].kind == SYNC_RESIDENT)
			rec.resident.state = RESIDENT_REGISTERED;
		const struct apply_known known = {
			.person = true, .state = RESIDENT_REGISTERED, .newest = t[i].newest
		};
		struct apply_decision d = apply_record(&rec, &known);
		assert_int_equal(d.store, t[i].store);
		assert_true(SAME(d.park, t[i].park));
		assert_int_equal(d.stop, t[i].stop);
	}
}

static void
somebody_new_starts_at_one_and_unparked(void **state)
{
	(void)state;
	struct sync_record rec = { .kind = SYNC_RESIDENT, .rireki_no = 1 };
	rec.resident.state = RESIDENT_REGISTERED;
	struct apply_known known = { 0 };
	assert_true(apply_record(&rec, &known).store);
	assert_null(apply_record(&rec, &known).park);
	known.parked_unseen = true;
	assert_true(apply_record(&rec, &known).store);
	assert_string_equal(apply_record(&rec, &known).park, "parked-before");
	rec.rireki_no = 2;
	known.parked_unseen = false;
	assert_string_equal(apply_record(&rec, &known).park, "history-gap");
}

static void
a_seal_or_card_of_nobody_is_no_silent_no_op(void **state)
{
	(void)state;
	const struct apply_known known = { 0 };
	struct sync_record rec = { .kind = SYNC_SEAL, .atena_no = "1", .rireki_no = 1 };
	assert_string_equal(apply_record(&rec, &known).park, "unknown-person");
	assert_false(apply_record(&rec, &known).store);
	rec.kind = SYNC_CARD;
	assert_string_equal(apply_record(&rec, &known).park, "unknown-person");
	rec.kind = SYNC_BLOCK; /* may stand before its person comes */
	assert_true(apply_record(&rec, &known).store);
}

static void
who_leaves_releases_cards_and_who_returns_claims_them(void **state)
{
	(void)state;
	struct sync_record rec = { .kind = SYNC_RESIDENT, .rireki_no = 2 };
	struct apply_known known = { .person = true, .state = RESIDENT_REGISTERED, .newest = 1 };
	rec.resident.state = RESIDENT_REMOVED;
	assert_int_equal(apply_record(&rec, &known).all_cards, APPLY_RELEASE);
	rec.resident.state = RESIDENT_REGISTERED;
	assert_int_equal(apply_record(&rec, &known).all_cards, APPLY_TELL_NOTHING);
	known.state = RESIDENT_REMOVED;
	assert_int_equal(apply_record(&rec, &known).all_cards, APPLY_CLAIM);
	rec.rireki_no = 1; /* an old row brings nobody back */
	assert_int_equal(apply_record(&rec, &known).all_cards, APPLY_TELL_NOTHING);
}

static void
cards_are_claimed_and_released_once(void **state)
{
	(void)state;
	const struct {
		bool active, was_active, held;
		enum resident_state state;
		enum apply_directory want;
		const char *park;
	} t[] = {
		{ true, false, false, RESIDENT_REGISTERED, APPLY_CLAIM, NULL },
		{ true, true, false, RESIDENT_REGISTERED, APPLY_TELL_NOTHING, NULL },
		{ false, true, false, RESIDENT_REGISTERED, APPLY_RELEASE, NULL },
		{ false, false, false, RESIDENT_REGISTERED, APPLY_TELL_NOTHING, NULL },
		{ true, false, false, RESIDENT_REMOVED, APPLY_TELL_NOTHING, NULL },
		{ false, true, false, RESIDENT_REMOVED, APPLY_TELL_NOTHING, NULL },
		{ true, false, true, RESIDENT_REGISTERED, APPLY_TELL_NOTHING, "card-held" },
		{ false, true, true, RESIDENT_REGISTERED, APPLY_RELEASE, NULL },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct sync_record rec = { .kind = SYNC_CARD, .atena_no = "1", .rireki_no = 1 };
		rec.card.active = t[i].active;
		const struct apply_known known = { .person = true,
			.state = t[i].state,
			.card_active = t[i].was_active,
			.card_held = t[i].held };
		struct apply_decision d = apply_record(&rec, &known);
		assert_int_equal(d.card, t[i].want);
		assert_true(SAME(d.park, t[i].park));
		assert_int_equal(d.park_holder, t[i].park != NULL);
		assert_int_equal(d.store, t[i].park == NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_is_next_replay_gap_or_equivocation),
		cmocka_unit_test(the_first_batch_follows_zeros),
		cmocka_unit_test(histories_grow_by_one_or_park_their_person),
		cmocka_unit_test(somebody_new_starts_at_one_and_unparked),
		cmocka_unit_test(a_seal_or_card_of_nobody_is_no_silent_no_op),
		cmocka_unit_test(who_leaves_releases_cards_and_who_returns_claims_them),
		cmocka_unit_test(cards_are_claimed_and_released_once),
	};
	return cmocka_run_group_tests_name("sync-decide", tests, NULL, NULL);
}

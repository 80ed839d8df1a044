/* SPDX-License-Identifier: Apache-2.0 */
/* Which card is known again, for how long, and what is left of it then. */
#include "tests/unit/unit.h"

#include "server/front/card_memo.h"

#include <pthread.h>
#include <string.h>

enum { CERTIFICATE_BYTES = 1500, SIGNATURE_BYTES = 256 };
static const int64_t NOTED_MS = 1790000000000, UNTIL_MS = 1790000600000;

static struct card_memo memo;

static int
memo_up(void **state)
{
	(void)state;
	card_memo_init(&memo);
	return 0;
}

static int
memo_down(void **state)
{
	(void)state;
	card_memo_done(&memo);
	return 0;
}

/* Keys of one set differ in @n alone. */
static struct card_memo_key
key_in(unsigned set, unsigned n)
{
	struct card_memo_key k = { { (uint8_t)set, (uint8_t)(set >> 8) } };
	k.b[30] = (uint8_t)(n >> 8);
	k.b[31] = (uint8_t)n;
	return k;
}

static struct card_memo_card
card_of(const struct card_memo_key *k)
{
	struct card_memo_card c = { .serial_bytes = CERT_MAX_SERIAL };
	for (size_t i = 0; i < sizeof(c.issuer); i++)
		c.issuer[i] = k->b[i] ^ 0x5A;
	memset(c.serial, 0xC5, sizeof(c.serial));
	memcpy(c.serial + 10, k->b + 30, 2);
	return c;
}

static bool
is_same(const struct card_memo_card *a, const struct card_memo_card *b)
{
	return memcmp(a->issuer, b->issuer, sizeof(a->issuer)) == 0 &&
	    memcmp(a->serial, b->serial, sizeof(a->serial)) == 0 &&
	    a->serial_bytes == b->serial_bytes;
}

static void
note(struct card_memo_key k, int64_t until_ms)
{
	struct card_memo_card c = card_of(&k);
	card_memo_note(&memo, &k, NOTED_MS, until_ms, &c);
}

static bool
found(struct card_memo_key k, int64_t now_ms)
{
	const struct card_memo_card want = card_of(&k), empty = { 0 };
	struct card_memo_card got = { 0 };
	bool is = card_memo_find(&memo, &k, now_ms, &got);
	assert_true(is_same(&got, is ? &want : &empty));
	return is;
}

static bool
leaves_nothing(struct card_memo_key k)
{
	const struct card_memo_card c = card_of(&k);
	return memmem(memo.set, sizeof(memo.set), k.b, sizeof(k.b)) == NULL &&
	    memmem(memo.set, sizeof(memo.set), c.issuer, sizeof(c.issuer)) == NULL &&
	    memmem(memo.set, sizeof(memo.set), c.serial, sizeof(c.serial)) == NULL;
}

static bool
is_empty(void)
{
	static const struct card_memo none;
	return memcmp(memo.set, none.set, sizeof(memo.set)) == 0;
}

static void
a_card_that_was_noted_is_found_and_no_other(void **state)
{
	(void)state;
	assert_false(found(key_in(0, 0), 0)); /* what an empty slot has */
	assert_false(found(key_in(3, 7), NOTED_MS));
	note(key_in(3, 7), UNTIL_MS);
	assert_true(found(key_in(3, 7), NOTED_MS));
	assert_true(found(key_in(3, 7), NOTED_MS)); /* as often as it is asked for */
	for (unsigned bit = 0; bit < 8 * SHA256_BYTES; bit++) {
		struct card_memo_key k = key_in(3, 7);
		k.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(found(k, NOTED_MS));
	}
}

struct input {
	uint8_t th[32], certificate[CERTIFICATE_BYTES + 1], signature[SIGNATURE_BYTES + 1];
};

static struct card_memo_key
key_of(const struct input *in, size_t certificate_bytes, size_t signature_bytes)
{
	return card_memo_key(
	    in->th, in->certificate, certificate_bytes, in->signature, signature_bytes);
}

static struct card_memo_key
key_of_all(const struct input *in)
{
	return key_of(in, CERTIFICATE_BYTES, SIGNATURE_BYTES);
}

static void
each_bit_of_transcript_certificate_and_signature_matters(void **state)
{
	static struct input in;
	const struct {
		uint8_t *p;
		size_t bytes;
	} parts[] = { { in.th, sizeof(in.th) }, { in.certificate, CERTIFICATE_BYTES },
		{ in.signature, SIGNATURE_BYTES } };
	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		((uint8_t *)&in)[i] = (uint8_t)(i * 7 + i / 256);
	note(key_of_all(&in), UNTIL_MS);
	for (size_t part = 0; part < N_ELEMENTS(parts); part++)
		for (size_t bit = 0; bit < 8 * parts[part].bytes; bit++) {
			parts[part].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(found(key_of_all(&in), NOTED_MS));
			parts[part].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	assert_true(found(key_of_all(&in), NOTED_MS));
}

static void
the_same_bytes_parted_elsewhere_are_another_card(void **state)
{
	static struct input in;
	uint8_t all[CERTIFICATE_BYTES + SIGNATURE_BYTES];
	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i * 7);
	memcpy(in.certificate, all, CERTIFICATE_BYTES);
	memcpy(in.signature, all + CERTIFICATE_BYTES, SIGNATURE_BYTES);
	note(key_of_all(&in), UNTIL_MS);
	for (size_t at = 0; at <= sizeof(all); at++) {
		struct card_memo_key k = card_memo_key(in.th, all, at, all + at, sizeof(all) - at);
		assert_int_equal(found(k, NOTED_MS), at == CERTIFICATE_BYTES);
	}
	/* A byte more or less at either end. */
	assert_false(found(key_of(&in, CERTIFICATE_BYTES + 1, SIGNATURE_BYTES), NOTED_MS));
	assert_false(found(key_of(&in, CERTIFICATE_BYTES - 1, SIGNATURE_BYTES), NOTED_MS));
	assert_false(found(key_of(&in, CERTIFICATE_BYTES, SIGNATURE_BYTES + 1), NOTED_MS));
	assert_false(found(key_of(&in, CERTIFICATE_BYTES, SIGNATURE_BYTES - 1), NOTED_MS));
}

static void
a_card_is_known_to_its_last_millisecond_and_then_wiped(void **state)
{
	(void)state;
	note(key_in(1, 1), UNTIL_MS);
	assert_true(found(key_in(1, 1), UNTIL_MS));
	assert_false(found(key_in(1, 1), UNTIL_MS + 1));
	assert_true(is_empty());
	assert_false(found(key_in(1, 1), NOTED_MS)); /* whatever the clock does then */
}

static void
a_clock_before_the_check_knows_nothing_of_it(void **state)
{
	(void)state;
	note(key_in(1, 1), UNTIL_MS);
	assert_true(found(key_in(1, 1), NOTED_MS));
	assert_false(found(key_in(1, 1), NOTED_MS - 1));
	assert_true(is_empty());
}

static void
what_holds_no_longer_than_before_it_was_noted_is_never_found(void **state)
{
	(void)state;
	note(key_in(1, 1), NOTED_MS);
	assert_true(found(key_in(1, 1), NOTED_MS));
	note(key_in(1, 1), NOTED_MS - 1);
	assert_false(found(key_in(1, 1), NOTED_MS));
	note(key_in(1, 1), 0); /* no end is known */
	assert_false(found(key_in(1, 1), NOTED_MS));
}

static void
a_full_set_forgets_the_one_that_lapses_first(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++)
		note(key_in(5, i + 1), UNTIL_MS + (i == 3 ? 0 : 1));
	note(key_in(6, 40), UNTIL_MS); /* of another set */
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++)
		assert_true(found(key_in(5, i + 1), NOTED_MS));
	note(key_in(5, 99), UNTIL_MS + 1);
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++)
		assert_int_equal(found(key_in(5, i + 1), NOTED_MS), i != 3);
	assert_true(found(key_in(5, 99), NOTED_MS));
	assert_true(found(key_in(6, 40), NOTED_MS));
	assert_true(leaves_nothing(key_in(5, 4)));
}

static void
the_same_card_again_takes_the_slot_it_has(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++)
		note(key_in(5, i + 1), UNTIL_MS);
	note(key_in(5, 2), UNTIL_MS + 5);
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++)
		assert_true(found(key_in(5, i + 1), UNTIL_MS));
	assert_true(found(key_in(5, 2), UNTIL_MS + 5));
	note(key_in(5, 2), UNTIL_MS); /* and for no longer than it was noted last */
	assert_false(found(key_in(5, 2), UNTIL_MS + 1));
}

static void
every_slot_can_be_taken_and_one_more_drops_one(void **state)
{
	unsigned known = 0;
	(void)state;
	for (unsigned i = 0; i < CARD_MEMO_SETS * CARD_MEMO_WAYS; i++)
		note(key_in(i % CARD_MEMO_SETS, 1 + i / CARD_MEMO_SETS), UNTIL_MS);
	for (unsigned more = 0; more < 2; more++, known = 0) {
		for (unsigned i = 0; i < CARD_MEMO_SETS * CARD_MEMO_WAYS; i++)
			known +=
			    found(key_in(i % CARD_MEMO_SETS, 1 + i / CARD_MEMO_SETS), UNTIL_MS);
		assert_int_equal(known, CARD_MEMO_SETS * CARD_MEMO_WAYS - more);
		note(key_in(CARD_MEMO_SETS - 1, 999), UNTIL_MS);
	}
	assert_true(found(key_in(CARD_MEMO_SETS - 1, 999), UNTIL_MS));
}

static void
tidying_wipes_what_lapsed_and_leaves_the_rest(void **state)
{
	(void)state;
	note(key_in(0, 1), UNTIL_MS);
	note(key_in(CARD_MEMO_SETS - 1, 2), UNTIL_MS - 1);
	note(key_in(CARD_MEMO_SETS - 1, 3), UNTIL_MS);
	card_memo_tidy(&memo, UNTIL_MS - 1);
	assert_true(found(key_in(CARD_MEMO_SETS - 1, 2), UNTIL_MS - 1));
	card_memo_tidy(&memo, UNTIL_MS);
	assert_true(leaves_nothing(key_in(CARD_MEMO_SETS - 1, 2)));
	assert_true(found(key_in(0, 1), UNTIL_MS));
	assert_true(found(key_in(CARD_MEMO_SETS - 1, 3), UNTIL_MS));
	card_memo_tidy(&memo, NOTED_MS - 1); /* the clock stepped back */
	assert_true(is_empty());
}

static void
at_the_end_nothing_is_left(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CARD_MEMO_SETS; i++)
		note(key_in(i, 1), UNTIL_MS);
	card_memo_done(&memo);
	assert_true(is_empty());
	card_memo_init(&memo); /* for memo_down() */
}

enum { THREADS = 4, ROUNDS = 20000, SHARED_KEYS = 3 * CARD_MEMO_WAYS };

/* Notes and asks in one set, which is too small for all. */
static void *
note_and_ask(void *arg)
{
	unsigned *wrong = arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct card_memo_key k = key_in(9, i * 7 % SHARED_KEYS);
		const struct card_memo_card want = card_of(&k);
		struct card_memo_card got;
		if (i % 3 == 0)
			card_memo_note(&memo, &k, NOTED_MS, UNTIL_MS + i, &want);
		if (card_memo_find(&memo, &k, NOTED_MS + i % 2, &got))
			*wrong += !is_same(&got, &want);
		if (i % 1000 == 0)
			card_memo_tidy(&memo, UNTIL_MS + i / 2);
	}
	return NULL;
}

static void
whatever_others_do_meanwhile_a_card_is_found_whole(void **state)
{
	pthread_t t[THREADS];
	unsigned wrong[THREADS] = { 0 };
	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, note_and_ask, &wrong[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(wrong[i], 0);
	}
}

#define WITH_MEMO(test) cmocka_unit_test_setup_teardown(test, memo_up, memo_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MEMO(a_card_that_was_noted_is_found_and_no_other),
		WITH_MEMO(each_bit_of_transcript_certificate_and_signature_matters),
		WITH_MEMO(the_same_bytes_parted_elsewhere_are_another_card),
		WITH_MEMO(a_card_is_known_to_its_last_millisecond_and_then_wiped),
		WITH_MEMO(a_clock_before_the_check_knows_nothing_of_it),
		WITH_MEMO(what_holds_no_longer_than_before_it_was_noted_is_never_found),
		WITH_MEMO(a_full_set_forgets_the_one_that_lapses_first),
		WITH_MEMO(the_same_card_again_takes_the_slot_it_has),
		WITH_MEMO(every_slot_can_be_taken_and_one_more_drops_one),
		WITH_MEMO(tidying_wipes_what_lapsed_and_leaves_the_rest),
		WITH_MEMO(at_the_end_nothing_is_left),
		WITH_MEMO(whatever_others_do_meanwhile_a_card_is_found_whole),
	};
	return cmocka_run_group_tests_name("card-memo", tests, NULL, NULL);
}

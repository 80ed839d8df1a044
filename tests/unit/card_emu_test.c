/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated card itself: its exact status words, and that nothing makes it stumble. */
#include "tests/unit/unit.h"

#include "base/mem.h"
#include "tests/unit/card_bench.h"

#include <string.h>

enum { AUTH_PIN = 0x0018, SIGN_PIN = 0x001B, N_MUTATED = 100000 };
static uint8_t answer[EMU_ANSWER_MAX_BYTES];

static const uint8_t SELECT_AP[] = { 0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26,
	0x01, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t SELECT_TEXT[] = { 0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0x10, 0x00, 0x31,
	0x00, 0x01, 0x01, 0x04, 0x08 };
static const uint8_t SELECT_PIN[] = { 0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x18 };
static const uint8_t SELECT_KEY[] = { 0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x17 };
static const uint8_t SELECT_CERT[] = { 0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A };
static const uint8_t SELECT_SIGN_CERT[] = { 0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x01 };
static const uint8_t ASK[] = { 0x00, 0x20, 0x00, 0x80 };
static const uint8_t RIGHT[] = { 0x00, 0x20, 0x00, 0x80, 0x04, '1', '2', '3', '4' };
static const uint8_t WRONG[] = { 0x00, 0x20, 0x00, 0x80, 0x04, '4', '3', '2', '1' };
static const uint8_t READ[] = { 0x00, 0xB0, 0x00, 0x00, 0x00 };
static const uint8_t READ_EXTENDED[] = { 0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00 };
static const uint8_t READ_PAST[] = { 0x00, 0xB0, 0x7F, 0xFF, 0x10 };
static const uint8_t READ_SHORT_ID[] = { 0x00, 0xB0, 0x8A, 0x00, 0x10 };
static const uint8_t CHANGE[] = { 0x00, 0x24, 0x01, 0x80, 0x04, '5', '6', '7', '8' };
static const uint8_t CHANGED[] = { 0x00, 0x20, 0x00, 0x80, 0x04, '5', '6', '7', '8' };
static const uint8_t SIGN[] = { 0x80, 0x2A, 0x00, 0x80, 0x04, 1, 2, 3, 4, 0x00 };
static const uint8_t SIGN_HASHED[] = { 0x80, 0x2A, 0x02, 0x80, 0x04, 1, 2, 3, 4, 0x00 };
static const uint8_t SIGN_MODE_6[] = { 0x80, 0x2A, 0x06, 0x80, 0x04, 1, 2, 3, 4, 0x00 };
static const uint8_t CHALLENGE[] = { 0x00, 0x84, 0x00, 0x00, 0x10 };
static const uint8_t CHALLENGE_LONG[] = { 0x00, 0x84, 0x00, 0x00, 0x00, 0x02, 0x00 };
static const uint8_t SECURE[] = { 0x0C, 0xA4, 0x00, 0x00 };
static const uint8_t SECURE_READ[] = { 0x08, 0xB0, 0x00, 0x00 };
static const uint8_t CLASS_E0[] = { 0xE0, 0xA4, 0x00, 0x00 };
static const uint8_t UNKNOWN[] = { 0x00, 0x77, 0x00, 0x00 };
static const uint8_t SHORT[] = { 0x00, 0xA4, 0x04 };
static const uint8_t LC_PAST_END[] = { 0x00, 0x20, 0x00, 0x80, 0x05, '1', '2', '3', '4' };

struct step {
	const uint8_t *cmd;
	size_t bytes;
	unsigned want;
};
#define STEP(c, sw)                                                                                \
	{                                                                                          \
		c, sizeof(c), sw                                                                   \
	}

static unsigned
send(struct emu *e, const uint8_t *cmd, size_t bytes)
{
	size_t n = emu_apdu(e, cmd, bytes, answer);
	assert_true(n >= 2);
	return (unsigned)(answer[n - 2] << 8 | answer[n - 1]);
}

static void
walk(struct emu *e, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (send(e, steps[i].cmd, steps[i].bytes) != steps[i].want)
			fail_msg("step %zu: not %04X", i, steps[i].want);
}

static void
the_card_answers_with_the_words_of_real_ones(void **state)
{
	static const struct step steps[] = {
		STEP(SHORT, 0x6700), STEP(LC_PAST_END, 0x6700),
		STEP(SELECT_PIN, 0x6A82), /* no application yet */
		STEP(READ, 0x6986), STEP(ASK, 0x6A88), STEP(SECURE, 0x6882),
		STEP(SECURE_READ, 0x69FC), STEP(CLASS_E0, 0x6E00), STEP(UNKNOWN, 0x6D00),
		STEP(SELECT_AP, 0x9000), STEP(READ, 0x6986), STEP(SELECT_CERT, 0x9000),
		STEP(READ, 0x9000), STEP(READ_EXTENDED, 0x9000), STEP(READ_PAST, 0x6B00),
		STEP(READ_SHORT_ID, 0x9000), STEP(SELECT_SIGN_CERT, 0x9000),
		STEP(READ, 0x6982), /* the signature certificate has personal data */
		STEP(SELECT_KEY, 0x9000), STEP(READ, 0x6981), /* a key is not read */
		STEP(SIGN, 0x6982), STEP(SELECT_PIN, 0x9000), STEP(CHANGE, 0x6982),
		STEP(ASK, 0x63C3), STEP(WRONG, 0x63C2), STEP(ASK, 0x63C2), STEP(RIGHT, 0x9000),
		STEP(ASK, 0x63C3), STEP(CHANGE, 0x9000), STEP(RIGHT, 0x63C2), STEP(CHANGED, 0x9000),
		STEP(SELECT_KEY, 0x9000), STEP(SIGN, 0x9000),
		STEP(SIGN_HASHED, 0x6985), /* four bytes are no SHA-256 */
		STEP(SIGN_MODE_6, 0x6A86), STEP(CHALLENGE, 0x9000), STEP(CHALLENGE_LONG, 0x6985),
		STEP(SELECT_AP, 0x9000), /* selecting again forgets the PIN */
		STEP(SELECT_KEY, 0x9000), STEP(SIGN, 0x6982), STEP(SELECT_TEXT, 0x9000),
		STEP(SELECT_CERT, 0x6A82), /* another application's file */
	};
	struct emu *e = bench_card(BENCH_GOOD);
	(void)state;
	walk(e, steps, N_ELEMENTS(steps));
	emu_free(e);
}

static void
the_last_wrong_pin_gives_63c0_and_every_later_one_6984(void **state)
{
	static const struct step steps[] = {
		STEP(SELECT_AP, 0x9000),
		STEP(SELECT_PIN, 0x9000),
		STEP(WRONG, 0x63C2),
		STEP(WRONG, 0x63C1),
		STEP(WRONG, 0x63C0),
		STEP(WRONG, 0x6984),
		STEP(RIGHT, 0x6984),
		STEP(ASK, 0x63C0),
	};
	struct emu *e = bench_card(BENCH_GOOD);
	(void)state;
	walk(e, steps, N_ELEMENTS(steps));
	emu_free(e);
}

static void
a_phone_shows_its_certificate_after_the_pin_alone(void **state)
{
	static const struct step steps[] = {
		STEP(SELECT_AP, 0x9000),
		STEP(SELECT_CERT, 0x9000),
		STEP(READ, 0x6982),
		STEP(SELECT_PIN, 0x9000),
		STEP(RIGHT, 0x9000),
		STEP(SELECT_CERT, 0x9000),
		STEP(READ, 0x9000),
	};
	struct emu *e = bench_card(BENCH_PHONE);
	(void)state;
	walk(e, steps, N_ELEMENTS(steps));
	emu_free(e);
}

static void
a_reset_forgets_the_pin_and_keeps_the_tries(void **state)
{
	static const struct step wrong[] = { STEP(SELECT_AP, 0x9000), STEP(SELECT_PIN, 0x9000),
		STEP(RIGHT, 0x9000), STEP(WRONG, 0x63C2) };
	struct emu *e = bench_card(BENCH_GOOD);
	(void)state;
	walk(e, wrong, 3);
	assert_true(emu_pin_is_verified(e, AUTH_PIN));
	walk(e, wrong + 3, 1);
	assert_false(emu_pin_is_verified(e, AUTH_PIN));
	emu_reset(e);
	assert_int_equal(emu_pin_left(e, AUTH_PIN), 2);
	assert_int_equal(emu_pin_left(e, SIGN_PIN), 5);
	assert_int_equal(send(e, READ, sizeof(READ)), 0x6986);
	emu_free(e);
}

/* xorshift: the same commands in every run. */
static uint32_t
next(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

static size_t
mutate(const struct step *from, uint32_t *seed, uint8_t *cmd, size_t room)
{
	size_t n = from->bytes;
	memcpy(cmd, from->cmd, n);
	for (uint32_t k = next(seed) % 4; k > 0; k--) {
		uint32_t r = next(seed);
		if (r % 8 == 0 && n > 1)
			n -= 1 + (r >> 8) % (n - 1);
		else if (r % 8 == 1 && n + 8 < room)
			for (int i = 0; i < 8; i++)
				cmd[n++] = (uint8_t)next(seed);
		else
			cmd[(r >> 8) % n] = (uint8_t)(r >> 16);
	}
	return n;
}

static void
a_hundred_thousand_mutated_commands_find_nothing(void **state)
{
	static const struct step from[] = { STEP(SELECT_AP, 0), STEP(SELECT_TEXT, 0),
		STEP(SELECT_PIN, 0), STEP(SELECT_KEY, 0), STEP(SELECT_CERT, 0), STEP(ASK, 0),
		STEP(READ, 0), STEP(READ_EXTENDED, 0), STEP(READ_SHORT_ID, 0), STEP(RIGHT, 0),
		STEP(CHANGE, 0), STEP(SIGN, 0), STEP(SIGN_HASHED, 0), STEP(CHALLENGE, 0),
		STEP(CHALLENGE_LONG, 0), STEP(SECURE, 0) };
	struct emu *e = bench_card(BENCH_GOOD);
	uint32_t seed = 20261121;
	unsigned done = 0;
	(void)state;
	for (unsigned i = 0; i < N_MUTATED; i++) {
		/* Exactly as long as it is, so that one byte too far is seen. */
		uint8_t room[64];
		size_t n = mutate(&from[next(&seed) % N_ELEMENTS(from)], &seed, room, sizeof(room));
		uint8_t *cmd = mem_zero(n);
		memcpy(cmd, room, n);
		size_t out = emu_apdu(e, cmd, n, answer);
		assert_in_range(out, 2, EMU_ANSWER_MAX_BYTES);
		unsigned sw = (unsigned)(answer[out - 2] << 8 | answer[out - 1]);
		assert_true(sw == 0x9000 || out == 2); /* data comes with success alone */
		done += sw == 0x9000;
		mem_free(cmd);
		if (emu_pin_left(e, AUTH_PIN) == 0)
			emu_pin_set_left(e, AUTH_PIN, 3);
	}
	assert_in_range(done, N_MUTATED / 20, N_MUTATED); /* they reached the inside */
	emu_free(e);
}

static int
setup(void **state)
{
	(void)state;
	bench_make();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	bench_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_card_answers_with_the_words_of_real_ones),
		cmocka_unit_test(the_last_wrong_pin_gives_63c0_and_every_later_one_6984),
		cmocka_unit_test(a_phone_shows_its_certificate_after_the_pin_alone),
		cmocka_unit_test(a_reset_forgets_the_pin_and_keeps_the_tries),
		cmocka_unit_test(a_hundred_thousand_mutated_commands_find_nothing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

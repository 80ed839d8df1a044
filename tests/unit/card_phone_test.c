/* SPDX-License-Identifier: Apache-2.0 */
/* スマホ用電子証明書: the certificate is read after the PIN, which is sent once for both. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "kiosk/card/card.h"
#include "tests/unit/card_bench.h"

#include <string.h>

enum { AUTH_PIN = 0x18, WAY_MAX = BENCH_COMMANDS_MAX };
static const uint8_t DIGEST[CARD_DIGEST_BYTES] = { 3, 1, 4 };

static struct bench
bench_of(enum bench_card which)
{
	return (struct bench){ .emu = bench_card(which), .fault = { .at = -1 } };
}

static void
type(struct card_pin *pin, const char *digits)
{
	for (; *digits != '\0'; digits++)
		(void)card_pin_push(pin, (unsigned)(*digits - '0'));
}

/* Begin, PIN, certificate, signature; the first that fails. */
static int
whole_way(struct bench *b, const char *digits, struct card_info *info, unsigned *left)
{
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	struct card_io io = bench_io(b);
	struct err err = { 0 };
	uint8_t sig[CARD_SIG_BYTES];
	assert_non_null(pin);
	int r = card_begin(&io, clock_now_ms(), info, &err);
	if (r)
		return r;
	assert_int_equal(info->kind, CARD_TELEPHONE);
	assert_int_equal(info->cert_bytes, 0);
	assert_int_equal(b->n_verifies, 0);
	type(pin, digits);
	r = card_unlock(&io, clock_now_ms(), info, pin, left, &err);
	assert_int_equal(card_pin_digits(pin), 0);
	if (r == 0)
		r = card_sign(&io, info, pin, DIGEST, sig, left, &err);
	return r;
}

static void
a_telephone_signs_with_one_pin_and_forgets_it(void **state)
{
	struct bench b = bench_of(BENCH_PHONE);
	struct card_info info;
	unsigned left = 9;
	(void)state;
	assert_int_equal(whole_way(&b, "1234", &info, &left), 0);
	assert_true(info.cert_bytes > 1000);
	assert_true(info.not_after_ms > clock_now_ms());
	assert_int_equal(left, 3);
	assert_int_equal(b.n_verifies, 1);
	assert_int_equal(b.n_resets, 1);
	assert_false(emu_pin_is_verified(b.emu, AUTH_PIN));
	emu_free(b.emu);
}

static void
wrong_pins_of_a_telephone_count_down_and_show_no_certificate(void **state)
{
	static const struct {
		int want;
		unsigned left;
	} t[] = { { CARD_E_WRONG_PIN, 2 }, { CARD_E_WRONG_PIN, 1 }, { CARD_E_LOCKED, 9 } };
	struct bench b = bench_of(BENCH_PHONE);
	struct card_info info;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		unsigned left = 9;
		b.n_verifies = b.n_resets = 0;
		assert_int_equal(whole_way(&b, "9999", &info, &left), t[i].want);
		assert_int_equal(left, t[i].left);
		assert_int_equal(info.cert_bytes, 0);
		assert_false(info.unlocked);
		assert_int_equal(b.n_verifies, 1);
		assert_int_equal(b.n_resets, 1);
	}
	b.n_verifies = 0;
	unsigned left = 9;
	assert_int_equal(whole_way(&b, "1234", &info, &left), CARD_E_LOCKED);
	emu_free(b.emu);
}

/* Whatever command it goes at, no try is spent twice and nothing is taken for a locked PIN. */
static void
a_telephone_taken_away_at_any_command_is_only_that(void **state)
{
	int n = 0;
	(void)state;
	for (int at = 0, r = -1; r != 0; at++) {
		struct bench b = bench_of(BENCH_PHONE);
		struct card_info info;
		unsigned left = 9;
		b.fault = (struct bench_fault){ .at = at, .outcome = CARD_E_REMOVED };
		r = whole_way(&b, "1234", &info, &left);
		assert_true(r == 0 || r == CARD_E_REMOVED);
		assert_true(b.n_verifies <= 1);
		assert_int_equal(b.n_resets, 1);
		n = at;
		emu_free(b.emu);
	}
	assert_in_range(n, 14, WAY_MAX);
}

static void
what_was_not_unlocked_is_not_signed_and_a_card_is_not_unlocked(void **state)
{
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	struct bench phone = bench_of(BENCH_PHONE);
	struct bench card = bench_of(BENCH_GOOD);
	struct card_io io = bench_io(&phone);
	struct card_io plastic = bench_io(&card);
	struct card_info info;
	struct err err = { 0 };
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 9;
	(void)state;
	assert_int_equal(card_begin(&io, clock_now_ms(), &info, &err), 0);
	type(pin, "1234");
	assert_int_equal(card_sign(&io, &info, pin, DIGEST, sig, &left, &err), FAULT_BAD_INPUT);
	type(pin, "123");
	assert_int_equal(
	    card_unlock(&io, clock_now_ms(), &info, pin, &left, &err), FAULT_BAD_INPUT);
	assert_int_equal(card_pin_digits(pin), 0);
	assert_int_equal(phone.n_verifies, 0);
	assert_int_equal(card_begin(&plastic, clock_now_ms(), &info, &err), 0);
	type(pin, "1234");
	assert_int_equal(
	    card_unlock(&plastic, clock_now_ms(), &info, pin, &left, &err), FAULT_BAD_INPUT);
	assert_int_equal(card.n_verifies, 0);
	assert_int_equal(left, 9);
	emu_free(phone.emu);
	emu_free(card.emu);
}

static void
the_end_of_a_telephones_certificate_is_seen_after_the_pin(void **state)
{
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	struct bench b = bench_of(BENCH_PHONE);
	struct card_io io = bench_io(&b);
	struct card_info info;
	struct err err = { 0 };
	unsigned left = 9;
	const int64_t late_ms = clock_now_ms() + (int64_t)20 * 366 * 86400000;
	(void)state;
	assert_int_equal(card_begin(&io, late_ms, &info, &err), 0);
	type(pin, "1234");
	assert_int_equal(card_unlock(&io, late_ms, &info, pin, &left, &err), CARD_E_EXPIRED);
	assert_int_equal(b.n_resets, 1);
	assert_int_equal(info.cert_bytes, 0);
	emu_free(b.emu);
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
		cmocka_unit_test(a_telephone_signs_with_one_pin_and_forgets_it),
		cmocka_unit_test(wrong_pins_of_a_telephone_count_down_and_show_no_certificate),
		cmocka_unit_test(a_telephone_taken_away_at_any_command_is_only_that),
		cmocka_unit_test(what_was_not_unlocked_is_not_signed_and_a_card_is_not_unlocked),
		cmocka_unit_test(the_end_of_a_telephones_certificate_is_seen_after_the_pin),
	};
	return cmocka_run_group_tests_name("card-phone", tests, setup, teardown);
}

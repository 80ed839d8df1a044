/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "kiosk/card/card_pin.h"
#include "tests/unit/card_bench.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { AUTH_PIN = 0x0018 };
static const uint8_t DIGEST[CARD_DIGEST_BYTES] = { 1, 2, 3 };

static void
type(struct card_pin *pin, const char *digits)
{
	card_pin_clear(pin);
	for (; *digits != '\0'; digits++)
		(void)card_pin_push(pin, (unsigned)(*digits - '0'));
}

static struct bench
bench_of(enum bench_card which)
{
	return (struct bench){ .emu = bench_card(which), .fault = { .at = -1 } };
}

static int
begin(struct bench *b, struct card_info *info)
{
	struct err err = { 0 };
	struct card_io io = bench_io(b);
	return card_begin(&io, clock_now_ms(), info, &err);
}

static int
sign(
    struct bench *b, const struct card_info *info, const char *digits, uint8_t *sig, unsigned *left)
{
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	struct err err = { 0 };
	struct card_io io = bench_io(b);
	assert_non_null(pin);
	type(pin, digits);
	int r = card_sign(&io, info, pin, DIGEST, sig, left, &err);
	assert_int_equal(card_pin_digits(pin), 0);
	for (size_t i = CARD_VERIFY_HEAD_BYTES; i < CARD_VERIFY_BYTES; i++)
		assert_int_equal(pin->verify[i], 0);
	return r;
}

static void
the_certificate_and_the_tries_are_read_without_spending_one(void **state)
{
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	(void)state;
	assert_int_equal(begin(&b, &info), 0);
	assert_int_equal(info.tries_left, 3);
	assert_true(info.not_after_ms > clock_now_ms());
	const unsigned char *p = info.cert;
	X509 *crt = d2i_X509(NULL, &p, (long)info.cert_bytes);
	assert_non_null(crt);
	assert_ptr_equal(p, info.cert + info.cert_bytes);
	X509_free(crt);
	assert_int_equal(b.n_verifies, 0);
	assert_int_equal(b.n_resets, 0);
	assert_int_equal(emu_pin_left(b.emu, AUTH_PIN), 3);
	emu_free(b.emu);
}

static void
the_card_signs_once_and_forgets_the_pin(void **state)
{
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 9;
	(void)state;
	assert_int_equal(begin(&b, &info), 0);
	assert_int_equal(sign(&b, &info, "1234", sig, &left), 0);
	assert_int_equal(left, 3);
	assert_int_equal(b.n_verifies, 1);
	assert_int_equal(b.n_resets, 1);
	assert_false(emu_pin_is_verified(b.emu, AUTH_PIN));
	/* OpenSSL, not our own code, says that the signature is the certificate's. */
	const unsigned char *p = info.cert;
	X509 *crt = d2i_X509(NULL, &p, (long)info.cert_bytes);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(crt), NULL);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_verify(ctx, sig, sizeof(sig), DIGEST, sizeof(DIGEST)), 1);
	EVP_PKEY_CTX_free(ctx);
	X509_free(crt);
	emu_free(b.emu);
}

static void
wrong_pins_count_down_to_locked(void **state)
{
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 9;
	(void)state;
	assert_int_equal(begin(&b, &info), 0);
	assert_int_equal(sign(&b, &info, "9999", sig, &left), CARD_E_WRONG_PIN);
	assert_int_equal(left, 2);
	assert_int_equal(sign(&b, &info, "9999", sig, &left), CARD_E_WRONG_PIN);
	assert_int_equal(left, 1);
	assert_int_equal(begin(&b, &info), 0);
	assert_int_equal(info.tries_left, 1); /* the last try: the screen warns */
	left = 9;
	assert_int_equal(sign(&b, &info, "9999", sig, &left), CARD_E_LOCKED);
	assert_int_equal(left, 9);
	assert_int_equal(sign(&b, &info, "1234", sig, &left), CARD_E_LOCKED);
	b.n_verifies = 0;
	assert_int_equal(begin(&b, &info), CARD_E_LOCKED);
	assert_int_equal(b.n_verifies, 0);
	emu_free(b.emu);
}

static void
the_right_pin_gives_the_tries_back(void **state)
{
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 9;
	(void)state;
	assert_int_equal(begin(&b, &info), 0);
	assert_int_equal(sign(&b, &info, "0000", sig, &left), CARD_E_WRONG_PIN);
	assert_int_equal(sign(&b, &info, "1234", sig, &left), 0);
	assert_int_equal(left, 3);
	assert_int_equal(emu_pin_left(b.emu, AUTH_PIN), 3);
	emu_free(b.emu);
}

static void
cards_of_other_kinds_are_told_apart(void **state)
{
	static const struct {
		enum bench_card card;
		int want;
	} t[] = {
		{ BENCH_EXPIRED, CARD_E_EXPIRED },
		{ BENCH_OLD, CARD_E_OLD_CARD },
		{ BENCH_NO_AUTH, CARD_E_NO_AUTH_CERT },
		{ BENCH_STRANGE, CARD_E_OTHER_CARD },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct bench b = bench_of(t[i].card);
		struct card_info info = { .tries_left = 77 };
		assert_int_equal(begin(&b, &info), t[i].want);
		assert_int_equal(info.tries_left, 77); /* untouched */
		assert_int_equal(b.n_resets, 1);
		emu_free(b.emu);
	}
}

/* How many commands a whole way takes, certificate, PIN and signature. */
static int
count_commands(int *ret_begin)
{
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 0;
	assert_int_equal(begin(&b, &info), 0);
	*ret_begin = b.n_commands;
	assert_int_equal(sign(&b, &info, "1234", sig, &left), 0);
	emu_free(b.emu);
	return b.n_commands;
}

/* The whole way with one fault; the first result that is not 0. */
static int
whole_way(struct bench *b)
{
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 0;
	int r = begin(b, &info);
	return r != 0 ? r : sign(b, &info, "1234", sig, &left);
}

static void
the_whole_way_takes_eighteen_commands_at_most(void **state)
{
	int n_begin = 0;
	(void)state;
	assert_in_range(count_commands(&n_begin), 15, 19);
}

static void
a_card_pulled_after_any_command_is_a_removed_card(void **state)
{
	static const uint8_t half[1] = { 0x90 };
	static const struct bench_fault kinds[] = {
		{ .outcome = CARD_E_REMOVED },
		{ .outcome = CARD_E_REMOVED, .after = true },
		{ .answer = half, .bytes = 0 }, /* what vpcd says of a card pulled in mid-command */
		{ .answer = half, .bytes = 0, .after = true },
		{ .answer = half, .bytes = 1 },
	};
	int n_begin = 0, n = count_commands(&n_begin);
	(void)state;
	for (int at = 0; at < n; at++)
		for (size_t k = 0; k < N_ELEMENTS(kinds); k++) {
			struct bench b = bench_of(BENCH_GOOD);
			b.fault = kinds[k];
			b.fault.at = at;
			assert_int_equal(whole_way(&b), CARD_E_REMOVED);
			assert_int_equal(b.n_commands, at + 1); /* nothing is sent after it */
			assert_in_range(b.n_verifies, 0, 1);
			assert_int_equal(b.n_resets, 1);
			assert_false(emu_pin_is_verified(b.emu, AUTH_PIN));
			emu_free(b.emu);
		}
}

static void
a_reader_that_fails_at_any_command_is_a_reader_fault(void **state)
{
	int n_begin = 0, n = count_commands(&n_begin);
	(void)state;
	for (int at = 0; at < n; at++) {
		struct bench b = bench_of(BENCH_GOOD);
		b.fault = (struct bench_fault){ .at = at, .outcome = CARD_E_READER };
		assert_int_equal(whole_way(&b), CARD_E_READER);
		assert_int_equal(b.n_commands, at + 1);
		b = (struct bench){ .emu = b.emu, .fault = { .at = at, .outcome = CARD_E_LOCKED } };
		assert_int_equal(whole_way(&b), CARD_E_READER); /* no transport says that */
		b = (struct bench){ .emu = b.emu,
			.fault = { .at = at, .outcome = FAULT_INTERNAL } };
		assert_int_equal(whole_way(&b), FAULT_INTERNAL);
		emu_free(b.emu);
	}
}

/* 6F00 to each command in turn: what it means depends on the command, but never success. */
static void
a_card_that_refuses_any_command_is_never_taken_for_a_good_one(void **state)
{
	static const uint8_t sw[2] = { 0x6F, 0x00 };
	int n_begin = 0, n = count_commands(&n_begin);
	(void)state;
	for (int at = 0; at < n; at++) {
		struct bench b = bench_of(BENCH_GOOD);
		b.fault = (struct bench_fault){ .at = at, .answer = sw, .bytes = sizeof(sw) };
		int want = CARD_E_BROKEN;
		if (at == 0)
			want = CARD_E_OTHER_CARD; /* no such application */
		if (at == n_begin)
			want = CARD_E_REMOVED; /* it was there before: another card lies there */
		assert_int_equal(whole_way(&b), want);
		assert_int_equal(b.n_resets, 1);
		emu_free(b.emu);
	}
}

/* Files that are not there. */
static void
a_missing_file_says_what_is_missing(void **state)
{
	static const uint8_t sw[2] = { 0x6A, 0x82 };
	static const struct {
		int at;
		int want;
	} t[] = {
		{ 0, CARD_E_OTHER_CARD },   /* SELECT of the application */
		{ 1, CARD_E_OTHER_CARD },   /* EF 0006 */
		{ 3, CARD_E_BROKEN },       /* EF 0008 */
		{ 5, CARD_E_NO_AUTH_CERT }, /* EF 000A */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct bench b = bench_of(BENCH_GOOD);
		b.fault = (struct bench_fault){ .at = t[i].at, .answer = sw, .bytes = sizeof(sw) };
		assert_int_equal(whole_way(&b), t[i].want);
		emu_free(b.emu);
	}
}

static int
with_answer(int at, const uint8_t *answer, size_t bytes, struct bench *b)
{
	*b = bench_of(BENCH_GOOD);
	b->fault = (struct bench_fault){ .at = at, .answer = answer, .bytes = bytes };
	int r = whole_way(b);
	emu_free(b->emu);
	return r;
}

static void
a_certificate_of_4096_bytes_is_read_and_one_more_is_refused(void **state)
{
	uint8_t first[258] = { 0x30, 0x82, 0x0F, 0xFC, [256] = 0x90 }; /* 4092 and the header */
	struct bench b;
	(void)state;
	/* The real file ends before: the reads go on until the card says so. */
	assert_int_equal(with_answer(6, first, sizeof(first), &b), CARD_E_BROKEN);
	assert_true(b.n_reads > 2 + 4);
	first[3] = 0xFD;
	assert_int_equal(with_answer(6, first, sizeof(first), &b), CARD_E_BROKEN);
	assert_int_equal(b.n_reads, 2 + 1); /* refused at its first bytes */
}

static void
a_file_that_is_no_certificate_is_a_broken_card(void **state)
{
	static const uint8_t answers[][8] = {
		{ 0x30, 0x82, 0x00, 0x02, 0x05, 0x00, 0x90, 0x00 }, /* DER, but no certificate */
		{ 0x30, 0x81, 0x80, 0x00, 0x00, 0x00, 0x90, 0x00 }, /* another length's form */
		{ 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x90, 0x00 }, /* never written */
	};
	struct bench b;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(answers); i++)
		assert_int_equal(with_answer(6, answers[i], 8, &b), CARD_E_BROKEN);
	assert_int_equal(with_answer(6, answers[0] + 6, 2, &b), CARD_E_BROKEN); /* no data */
}

static void
a_card_that_gives_byte_after_byte_is_given_up(void **state)
{
	(void)state;
	/* Each answer is one byte: more than 64 of them are no card's. */
	uint8_t one[3] = { 0x30, 0x90, 0x00 };
	struct bench b;
	assert_int_equal(with_answer(6, one, sizeof(one), &b), CARD_E_BROKEN);
}

static void
what_the_card_says_of_its_tries_is_believed_in_its_range_alone(void **state)
{
	static const struct {
		uint8_t sw[2];
		int want;
	} t[] = {
		{ { 0x63, 0xC3 }, 0 },
		{ { 0x63, 0xC1 }, 0 },
		{ { 0x63, 0xC0 }, CARD_E_LOCKED },
		{ { 0x69, 0x84 }, CARD_E_LOCKED },
		{ { 0x69, 0x83 }, CARD_E_LOCKED },
		{ { 0x63, 0xC4 }, CARD_E_BROKEN },
		{ { 0x63, 0xCF }, CARD_E_BROKEN },
		{ { 0x63, 0x00 }, CARD_E_BROKEN },
		{ { 0x90, 0x00 }, CARD_E_BROKEN }, /* a card that needs no PIN: unknown to us */
		{ { 0x6A, 0x88 }, CARD_E_BROKEN },
	};
	int n_begin = 0;
	struct bench b;
	(void)state;
	(void)count_commands(&n_begin);
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(with_answer(n_begin - 1, t[i].sw, 2, &b), t[i].want);
}

static void
what_the_card_says_to_a_pin_is_told_as_it_is(void **state)
{
	static const struct {
		uint8_t sw[2];
		int want;
	} t[] = {
		{ { 0x63, 0xC2 }, CARD_E_WRONG_PIN },
		{ { 0x63, 0xC0 }, CARD_E_LOCKED },
		{ { 0x69, 0x84 }, CARD_E_LOCKED },
		{ { 0x63, 0xC9 }, CARD_E_BROKEN },
		{ { 0x67, 0x00 }, CARD_E_BROKEN },
		{ { 0x69, 0x82 }, CARD_E_BROKEN },
	};
	int n_begin = 0;
	struct bench b;
	(void)state;
	(void)count_commands(&n_begin);
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(with_answer(n_begin + 2, t[i].sw, 2, &b), t[i].want);
}

static void
a_signature_that_is_not_the_certificates_never_leaves(void **state)
{
	uint8_t answer[CARD_ANSWER_MAX_BYTES] = { [256] = 0x90 };
	int n_begin = 0, n = count_commands(&n_begin);
	struct bench b;
	(void)state;
	for (size_t i = 0; i < 256; i++)
		answer[i] = (uint8_t)i;
	assert_int_equal(with_answer(n - 1, answer, sizeof(answer), &b), CARD_E_BROKEN);
	/* 255 bytes, and none. */
	assert_int_equal(with_answer(n - 1, answer + 1, sizeof(answer) - 1, &b), CARD_E_BROKEN);
	assert_int_equal(with_answer(n - 1, answer + 256, 2, &b), CARD_E_BROKEN);
}

/* The certificate of one card, the key of another: what a swap would do. */
static void
another_persons_card_cannot_sign_for_this_one(void **state)
{
	struct bench b = bench_of(BENCH_GOOD), other = bench_of(BENCH_OTHER);
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES] = { 0 };
	static const uint8_t none[CARD_SIG_BYTES] = { 0 };
	unsigned left = 9;
	(void)state;
	assert_int_equal(begin(&b, &info), 0);
	assert_int_equal(sign(&other, &info, "1234", sig, &left), CARD_E_BROKEN);
	assert_memory_equal(sig, none, sizeof(sig));
	assert_int_equal(left, 9);
	emu_free(b.emu);
	emu_free(other.emu);
}

static void
a_pin_has_four_digits_and_no_other_number(void **state)
{
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	(void)state;
	assert_non_null(pin);
	assert_int_equal(card_pin_pop(pin), 0);
	type(pin, "12345");
	assert_int_equal(card_pin_digits(pin), 4);
	assert_int_equal(card_pin_push(pin, 10), 4);
	assert_int_equal(card_pin_pop(pin), 3);
	assert_int_equal(card_pin_push(pin, 10), 3); /* no digit */
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = 9;
	assert_int_equal(begin(&b, &info), 0);
	int before = b.n_commands;
	assert_int_equal(sign(&b, &info, "123", sig, &left), FAULT_BAD_INPUT);
	assert_int_equal(b.n_commands, before); /* the card hears nothing of it */
	assert_int_equal(b.n_resets, 1);
	emu_free(b.emu);
}

/* Whatever goes wrong with the card. */
static void
no_pin_is_in_any_log_whatever_the_card_does(void **state)
{
	char text[65536] = { 0 };
	int n_begin = 0, n = count_commands(&n_begin);
	int fd = memfd_create("log", MFD_CLOEXEC);
	int before = log_fd;
	(void)state;
	log_fd = fd;
	for (int at = 0; at < n; at++)
		for (int k = 0; k < 3; k++) {
			static const int outcomes[] = { CARD_E_REMOVED, CARD_E_READER,
				FAULT_INTERNAL };
			struct bench b = bench_of(BENCH_GOOD);
			struct err err = { 0 };
			b.fault =
			    (struct bench_fault){ .at = at, .outcome = outcomes[k], .after = true };
			assert_int_equal(whole_way(&b), outcomes[k]);
			log_fault("card.test", (struct txn_id){ 0 }, &err);
			emu_free(b.emu);
		}
	log_fd = before;
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	close(fd);
	assert_null(strstr(text, "1234"));
	assert_null(strstr(text, "31323334"));
	assert_null(strstr(text, "31 32 33 34"));
}

static void
a_certificate_is_good_up_to_its_last_moment(void **state)
{
	struct bench b = bench_of(BENCH_GOOD);
	struct card_info info;
	struct err err = { 0 };
	struct card_io io = bench_io(&b);
	(void)state;
	assert_int_equal(begin(&b, &info), 0);
	int64_t end_ms = info.not_after_ms;
	assert_int_equal(card_begin(&io, end_ms, &info, &err), 0);
	assert_int_equal(card_begin(&io, end_ms + 1, &info, &err), CARD_E_EXPIRED);
	emu_free(b.emu);
}

static void
a_pcscd_that_logs_commands_is_recognised(void **state)
{
#define ARGS(s) s, sizeof(s)
	static const struct {
		const char *line;
		size_t bytes;
		bool want;
	} t[] = {
		{ ARGS("/usr/sbin/pcscd"), false },
		{ ARGS("pcscd\0--foreground\0--auto-exit"), false },
		{ ARGS("pcscd\0--foreground\0--apdu"), true },
		{ ARGS("pcscd\0-a"), true },
		{ ARGS("pcscd\0-fa"), true },
		{ ARGS("pcscd\0-fda"), true },
		{ ARGS("pcscd\0--ap"), true },
		{ ARGS("pcscd\0--a"), true },
		{ ARGS("pcscd\0--auto-exit\0--color"), false },
		{ ARGS("pcscd\0-c/etc/readers"), false }, /* the value of -c */
		{ ARGS("pcscd\0-fc/etc/readers"), false },
		{ ARGS("pcscd\0--config\0/etc/a"), false },
		{ ARGS("a\0b"), false },
	};
#undef ARGS
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(card_pcscd_logs_apdus(t[i].line, t[i].bytes), t[i].want);
	assert_true(card_pcscd_logs_apdus("pcscd\0--foreg", 13)); /* cut off: not to be trusted */
}

static void
every_outcome_has_a_name(void **state)
{
	(void)state;
	for (int o = CARD_E_NO_READER; o <= CARD_E_TAKEN; o++)
		assert_string_not_equal(card_outcome_name(o), "unknown");
	assert_string_equal(card_outcome_name(CARD_E_NO_READER), "no-reader");
	assert_string_equal(card_outcome_name(CARD_E_TAKEN), "card-taken");
	assert_string_equal(card_outcome_name(CARD_E_TAKEN + 1), "unknown");
	assert_string_equal(card_outcome_name(0), "unknown");
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
		cmocka_unit_test(the_certificate_and_the_tries_are_read_without_spending_one),
		cmocka_unit_test(the_card_signs_once_and_forgets_the_pin),
		cmocka_unit_test(wrong_pins_count_down_to_locked),
		cmocka_unit_test(the_right_pin_gives_the_tries_back),
		cmocka_unit_test(cards_of_other_kinds_are_told_apart),
		cmocka_unit_test(the_whole_way_takes_eighteen_commands_at_most),
		cmocka_unit_test(a_card_pulled_after_any_command_is_a_removed_card),
		cmocka_unit_test(a_reader_that_fails_at_any_command_is_a_reader_fault),
		cmocka_unit_test(a_card_that_refuses_any_command_is_never_taken_for_a_good_one),
		cmocka_unit_test(a_missing_file_says_what_is_missing),
		cmocka_unit_test(a_certificate_of_4096_bytes_is_read_and_one_more_is_refused),
		cmocka_unit_test(a_file_that_is_no_certificate_is_a_broken_card),
		cmocka_unit_test(a_card_that_gives_byte_after_byte_is_given_up),
		cmocka_unit_test(what_the_card_says_of_its_tries_is_believed_in_its_range_alone),
		cmocka_unit_test(what_the_card_says_to_a_pin_is_told_as_it_is),
		cmocka_unit_test(a_signature_that_is_not_the_certificates_never_leaves),
		cmocka_unit_test(another_persons_card_cannot_sign_for_this_one),
		cmocka_unit_test(a_pin_has_four_digits_and_no_other_number),
		cmocka_unit_test(no_pin_is_in_any_log_whatever_the_card_does),
		cmocka_unit_test(a_certificate_is_good_up_to_its_last_moment),
		cmocka_unit_test(a_pcscd_that_logs_commands_is_recognised),
		cmocka_unit_test(every_outcome_has_a_name),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

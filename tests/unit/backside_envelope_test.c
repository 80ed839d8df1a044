/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing a page's record, and everything that must not open or not verify. */
#include "unit.h"

#include "backside/envelope.h"
#include "base/mem.h"
#include "pki/aead.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20, LIMIT_BYTES = 100000 };

#define CODE "7K3M-9QXT-22"

struct fixture {
	struct key *recipient, *signer, *stranger;
};

static int
setup(void **state)
{
	struct fixture *f = mem_zero(sizeof(*f));
	f->recipient = key_generate();
	f->signer = key_generate();
	f->stranger = key_generate();
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	key_free(f->recipient);
	key_free(f->signer);
	key_free(f->stranger);
	mem_free(f);
	return 0;
}

static struct envelope_seal
seal_of(const struct fixture *f)
{
	struct envelope_seal s = { .muni = { "401005" },
		.serial = { 1, 2, 3 },
		.issued_at_ms = 1750000000000,
		.front_code = CODE,
		.signer = key_as_signer(f->signer) };
	key_public(f->recipient, &s.recipient);
	return s;
}

static struct envelope_keys
keys_of(const struct fixture *f)
{
	struct envelope_keys k = { .front_code = CODE, .recipient = key_as_agreer(f->recipient) };
	key_public(f->signer, &k.signer);
	return k;
}

static int
seal(const struct envelope_seal *s, const void *record, size_t bytes, struct buf *b)
{
	struct err err = { 0 };
	buf_init(b, LIMIT_BYTES);
	return envelope_seal(s, record, bytes, b, &err);
}

/* Opens; on 0 the record is compared. */
static int
open_it(
    const void *p, size_t bytes, const struct envelope_keys *k, const void *want, size_t want_bytes)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct err err = { 0 };
	uint8_t *record = NULL;
	size_t n = 0;
	int r = envelope_open(a, p, bytes, k, &record, &n, &err);
	if (r == 0) {
		assert_int_equal(n, want_bytes);
		assert_memory_equal(record, want, n);
	} else {
		assert_null(record);
		assert_int_equal(arena_used_bytes(a), 0);
	}
	arena_free(a);
	return r;
}

static void
a_record_comes_back_and_its_header_is_open_to_all(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_keys k = keys_of(f);
	struct envelope_header h;
	struct key_id id;
	struct buf b;
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	assert_int_equal(envelope_peek(b.p, b.bytes, &h), 0);
	key_id_of(&s.recipient, &id);
	assert_memory_equal(&h.recipient, &id, sizeof(id));
	key_id_of(&k.signer, &id);
	assert_memory_equal(&h.signer, &id, sizeof(id));
	assert_string_equal(h.muni.s, "401005");
	assert_memory_equal(h.serial, s.serial, sizeof(h.serial));
	assert_true(h.issued_at_ms == s.issued_at_ms);
	assert_int_equal(open_it(b.p, b.bytes, &k, "record", 6), 0);
	assert_null(memmem(b.p, b.bytes, "record", 6));
	buf_done(&b);
}

static void
sizes_fill_the_rate_of_the_page_and_one_byte_past_the_last_is_refused(void **state)
{
	static const size_t totals[] = { BACKSIDE_MAX_BYTES_1_8, BACKSIDE_MAX_BYTES_1_4,
		BACKSIDE_MAX_BYTES_1_3, BACKSIDE_MAX_BYTES_2_5, BACKSIDE_MAX_BYTES_1_2 };
	static uint8_t record[ENVELOPE_MAX_RECORD_BYTES + 1];
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_keys k = keys_of(f);
	struct buf b;
	for (size_t i = 0; i < N_ELEMENTS(totals); i++) {
		size_t n = totals[i] - ENVELOPE_OVERHEAD_BYTES;
		assert_int_equal(seal(&s, record, n, &b), 0);
		assert_int_equal(b.bytes, totals[i]);
		assert_int_equal(open_it(b.p, b.bytes, &k, record, n), 0);
		buf_done(&b);
		int last = i + 1 == N_ELEMENTS(totals);
		assert_int_equal(seal(&s, record, n + 1, &b), last ? ENVELOPE_E_TOO_LARGE : 0);
		assert_int_equal(b.bytes, last ? 0 : totals[i + 1]);
		buf_done(&b);
	}
	assert_int_equal(seal(&s, record, 1, &b), 0);
	assert_int_equal(b.bytes, BACKSIDE_MAX_BYTES_1_8);
	buf_done(&b);
	assert_int_equal(seal(&s, record, 0, &b), FAULT_BAD_INPUT);
	buf_done(&b);
}

static void
without_the_code_of_its_own_front_it_does_not_open(void **state)
{
	static const struct {
		const char *code;
		int want;
	} t[] = {
		{ CODE, 0 },
		{ "7k3m 9qxt 22", 0 }, /* as typed */
		{ "7K3M9QXT22", 0 },
		{ "7K3M-9QXT-23", ENVELOPE_E_NOT_OPENED },
		{ "7K3M-9QXT-2", ENVELOPE_E_NOT_OPENED },
		{ "", ENVELOPE_E_NOT_OPENED },
		{ "7K3M", ENVELOPE_E_NOT_OPENED },
		{ "7K3M_9QXT_22", ENVELOPE_E_NOT_OPENED },
	};
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_keys k = keys_of(f);
	struct buf b;
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		k.front_code = t[i].code;
		assert_int_equal(open_it(b.p, b.bytes, &k, "record", 6), t[i].want);
	}
	buf_done(&b);
}

static void
front_codes_have_a_shortest_and_a_longest_form(void **state)
{
	char text[ENVELOPE_MAX_FRONT_CODE_BYTES + 3], out[ENVELOPE_MAX_FRONT_CODE_BYTES + 1];
	(void)state;
	for (size_t n = 0; n <= ENVELOPE_MAX_FRONT_CODE_BYTES + 1; n++) {
		memset(text, 'a', n);
		text[n] = '-';
		text[n + 1] = '\0';
		bool legal =
		    n >= ENVELOPE_MIN_FRONT_CODE_BYTES && n <= ENVELOPE_MAX_FRONT_CODE_BYTES;
		assert_int_equal(envelope_code_normalise(text, out), legal ? n : 0);
		if (legal)
			assert_int_equal(strspn(out, "A"), n);
	}
	assert_int_equal(envelope_code_normalise("12345678\xe3\x80\x80", out), 0);
}

static void
what_is_altered_anywhere_does_not_open(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_keys k = keys_of(f);
	struct buf b;
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	for (size_t i = 0; i < b.bytes; i += i < 300 ? 1 : 97) {
		b.p[i] ^= 0x10;
		int r = open_it(b.p, b.bytes, &k, "", 0);
		/* other keys are named, or it is no envelope, or it does not open */
		if (i >= 6 && i < 22)
			assert_int_equal(r, FAULT_INTERNAL);
		else if (i < 28)
			assert_int_equal(r, ENVELOPE_E_FOREIGN);
		else
			assert_int_equal(r, ENVELOPE_E_NOT_OPENED);
		b.p[i] ^= 0x10;
	}
	assert_int_equal(open_it(b.p, b.bytes, &k, "record", 6), 0);
	buf_done(&b);
}

static void
bytes_that_are_no_envelope_are_foreign(void **state)
{
	static const struct {
		size_t at;
		uint8_t to;
	} t[] = { { 0, 'k' }, { 3, 0 }, { 4, 0 }, { 4, 2 }, { 5, 0 }, { 5, 2 }, { 22, 'x' },
		{ 27, '6' }, { 44, 0x80 } };
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_header h;
	struct buf b;
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		uint8_t was = b.p[t[i].at];
		b.p[t[i].at] = t[i].to;
		assert_int_equal(envelope_peek(b.p, b.bytes, &h), ENVELOPE_E_FOREIGN);
		b.p[t[i].at] = was;
	}
	assert_int_equal(envelope_peek(b.p, b.bytes, &h), 0);
	assert_int_equal(envelope_peek(b.p, b.bytes - 1, &h), ENVELOPE_E_FOREIGN);
	buf_u8(&b, 0);
	assert_int_equal(envelope_peek(b.p, b.bytes, &h), ENVELOPE_E_FOREIGN);
	for (size_t n = 0; n <= ENVELOPE_OVERHEAD_BYTES; n++)
		assert_int_equal(envelope_peek(b.p, n, &h), ENVELOPE_E_FOREIGN);
	buf_done(&b);
}

static void
keys_of_other_ids_than_the_headers_are_a_fault_of_the_caller(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_keys k = keys_of(f);
	struct buf b;
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	k.recipient = key_as_agreer(f->stranger);
	assert_int_equal(open_it(b.p, b.bytes, &k, "", 0), FAULT_INTERNAL);
	k = keys_of(f);
	key_public(f->stranger, &k.signer);
	assert_int_equal(open_it(b.p, b.bytes, &k, "", 0), FAULT_INTERNAL);
	buf_done(&b);
}

/* Signs with another key than the one it claims. */
static int
sign_as_stranger(void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	(void)err;
	key_sign(self, digest, sig);
	return 0;
}

static int
sign_not(void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	(void)self;
	(void)digest;
	(void)sig;
	return err_raise(err, FAULT_UNAVAILABLE, "token", 0);
}

static void
a_record_that_the_municipality_did_not_sign_is_forged(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct envelope_keys k = keys_of(f);
	struct buf b;
	s.signer.self = f->stranger;
	s.signer.sign = sign_as_stranger;
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	assert_int_equal(open_it(b.p, b.bytes, &k, "", 0), ENVELOPE_E_FORGED);
	buf_done(&b);
}

static void
a_token_that_is_away_is_passed_on_and_nothing_is_written(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct buf b;
	s.signer.sign = sign_not;
	assert_int_equal(seal(&s, "record", 6, &b), FAULT_UNAVAILABLE);
	assert_int_equal(b.bytes, 0);
	buf_done(&b);
}

static void
what_cannot_be_sealed_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s;
	struct buf b;
#define WITH(change)                                                                               \
	do {                                                                                       \
		s = seal_of(f);                                                                    \
		change;                                                                            \
		assert_int_equal(seal(&s, "record", 6, &b), FAULT_BAD_INPUT);                      \
		assert_int_equal(b.bytes, 0);                                                      \
		buf_done(&b);                                                                      \
	} while (0)
	WITH(s.front_code = "short");
	WITH(s.front_code = "");
	WITH(s.muni.s[5] = '6');
	WITH(s.issued_at_ms = -1);
	WITH(s.recipient.b[0] = 2);
	WITH(s.recipient.b[40] ^= 1); /* not on the curve */
#undef WITH
}

static void
two_seals_of_one_record_have_nothing_in_common_but_the_header(void **state)
{
	const struct fixture *f = *state;
	struct envelope_seal s = seal_of(f);
	struct buf a, b;
	size_t same = 0;
	assert_int_equal(seal(&s, "record", 6, &a), 0);
	assert_int_equal(seal(&s, "record", 6, &b), 0);
	assert_memory_equal(a.p, b.p, ENVELOPE_HEADER_BYTES);
	for (size_t i = ENVELOPE_HEADER_BYTES + 1; i < a.bytes; i++)
		same += a.p[i] == b.p[i];
	assert_true(same < a.bytes / 128);
	buf_done(&a);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_and_its_header_is_open_to_all),
		cmocka_unit_test(
		    sizes_fill_the_rate_of_the_page_and_one_byte_past_the_last_is_refused),
		cmocka_unit_test(without_the_code_of_its_own_front_it_does_not_open),
		cmocka_unit_test(front_codes_have_a_shortest_and_a_longest_form),
		cmocka_unit_test(what_is_altered_anywhere_does_not_open),
		cmocka_unit_test(bytes_that_are_no_envelope_are_foreign),
		cmocka_unit_test(keys_of_other_ids_than_the_headers_are_a_fault_of_the_caller),
		cmocka_unit_test(a_record_that_the_municipality_did_not_sign_is_forged),
		cmocka_unit_test(a_token_that_is_away_is_passed_on_and_nothing_is_written),
		cmocka_unit_test(what_cannot_be_sealed_is_refused),
		cmocka_unit_test(two_seals_of_one_record_have_nothing_in_common_but_the_header),
	};
	return cmocka_run_group_tests_name("backside-envelope", tests, setup, teardown);
}

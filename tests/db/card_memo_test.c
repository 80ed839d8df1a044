/* SPDX-License-Identifier: Apache-2.0 */
/* What the front knows at an order of the card that it looked at for the offer, and what it does
 * not. */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "pki/hash.h"
#include "wire/transcript.h"

#include <string.h>

static int
result_of(struct rig_reply r)
{
	rig_reply_done(&r);
	return r.result;
}

static int
offered(const struct rig_session *s)
{
	return result_of(rig_offer(s));
}

static int
ordered(const struct rig_session *s)
{
	struct order o = rig_order_of(s, DOC_JUMINHYO, ORDER_SELF);
	return result_of(rig_order(s, &o));
}

static struct card_memo_key
key_of(const struct rig_session *s)
{
	return card_memo_key(
	    s->th, s->certificate, s->certificate_bytes, s->signature, s->signature_bytes);
}

static bool
known(const struct rig_session *s, int64_t at_ms, struct card_memo_card *ret)
{
	const struct card_memo_key k = key_of(s);
	return card_memo_find(rig.front.cards, &k, at_ms, ret);
}

static int64_t
transcript_ms(const struct rig_session *s)
{
	struct transcript t;
	assert_int_equal(transcript_parse(s->transcript, s->transcript_bytes, &t, NULL), 0);
	return t.at_ms;
}

static void
a_card_of_an_offer_is_known_as_long_as_its_session_lives(void **state)
{
	(void)state;
	struct rig_session s;
	struct card_memo_card card = { 0 };
	rig_session(&s, &(struct rig_card){ .person = 0, .age_ms = 5000 });
	int64_t last_ms = transcript_ms(&s) + FRONT_TRANSCRIPT_MAX_AGE_MS;
	assert_false(known(&s, clock_now_ms(), &card));
	assert_int_equal(offered(&s), 0);
	assert_true(known(&s, last_ms, &card));
	assert_memory_equal(card.issuer, s.issuer, sizeof(s.issuer));
	assert_int_equal(card.serial_bytes, s.serial_bytes);
	assert_memory_equal(card.serial, s.serial, s.serial_bytes);
	assert_int_equal(ordered(&s), 0);
	assert_false(known(&s, last_ms + 1, &card));
	assert_int_equal(ordered(&s), 0); /* looked at anew */
	assert_true(known(&s, last_ms, &card));
	assert_false(
	    known(&s, last_ms - FRONT_TRANSCRIPT_MAX_AGE_MS, &card)); /* before its check */
	rig_session_end(&s);
}

static void
a_card_is_known_no_longer_than_its_certificate_is_valid(void **state)
{
	(void)state;
	struct rig_session s;
	struct card_memo_card card = { 0 };
	int64_t until_s = clock_now_ms() / 1000 + 300;
	rig_session(&s, &(struct rig_card){ .person = 0, .until_s = until_s });
	assert_int_equal(offered(&s), 0);
	assert_true(known(&s, until_s * 1000 + 999, &card));
	assert_false(known(&s, until_s * 1000 + 1000, &card));
	rig_session_end(&s);
}

static void
a_card_that_was_refused_is_not_known_and_is_refused_again(void **state)
{
	static const struct rig_card t[] = { { .person = 0, .bad_signature = true },
		{ .person = 0, .stranger_ca = true } };
	(void)state;
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct rig_session s;
		struct card_memo_card card = { 0 };
		rig_session(&s, &t[i]);
		assert_int_equal(offered(&s), FRONT_E_CARD);
		assert_false(known(&s, clock_now_ms(), &card));
		assert_int_equal(offered(&s), FRONT_E_CARD);
		assert_int_equal(ordered(&s), FRONT_E_CARD);
		rig_session_end(&s);
	}
	log_fd = 2;
}

static void
an_order_is_refused_that_is_not_of_the_offers_card_throughout(void **state)
{
	(void)state;
	struct rig_session s, other;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	rig_session(&other, &(struct rig_card){ .person = 3 });
	assert_int_equal(offered(&s), 0);
	assert_int_equal(offered(&other), 0);
	const struct rig_session good = s;
	log_fd = -1;
	s.signature[s.signature_bytes - 1] ^= 1;
	assert_int_equal(ordered(&s), FRONT_E_CARD);
	s = good;
	s.signature_bytes--;
	assert_int_equal(ordered(&s), FRONT_E_CARD);
	s = good;
	memcpy(s.signature, other.signature, sizeof(s.signature));
	assert_int_equal(ordered(&s), FRONT_E_CARD);
	s = good;
	s.certificate = other.certificate;
	s.certificate_bytes = other.certificate_bytes;
	assert_int_equal(ordered(&s), FRONT_E_CARD);
	s = good;
	s.certificate_bytes--;
	assert_int_equal(ordered(&s), FAULT_BAD_INPUT);
	s = good;
	struct transcript t;
	struct err err = { 0 };
	struct buf b;
	assert_int_equal(transcript_parse(s.transcript, s.transcript_bytes, &t, &err), 0);
	t.nonce[0] ^= 1;
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	assert_int_equal(transcript_format(&t, &b, &err), 0);
	memcpy(s.transcript, b.p, b.bytes);
	sha256(b.p, b.bytes, s.th);
	buf_done(&b);
	assert_int_equal(ordered(&s), FRONT_E_CARD);
	log_fd = 2;
	assert_string_equal(rig_value("SELECT count(*) FROM issue"), "0");
	assert_int_equal(ordered(&good), 0);
	rig_session_end(&s);
	rig_session_end(&other);
}

/* The front alone was made to believe a card: its own memory is wrong. */
static void
kofu_seal_makes_no_paper_for_a_card_that_only_the_front_believes(void **state)
{
	(void)state;
	struct rig_session s;
	struct card_memo_card card = { 0 };
	rig_session(&s, &(struct rig_card){ .person = 0, .bad_signature = true });
	const struct card_memo_key k = key_of(&s);
	memcpy(card.issuer, s.issuer, sizeof(card.issuer));
	memcpy(card.serial, s.serial, s.serial_bytes);
	card.serial_bytes = s.serial_bytes;
	int64_t now = clock_now_ms();
	card_memo_note(rig.front.cards, &k, now, now + FRONT_TRANSCRIPT_MAX_AGE_MS, &card);
	log_fd = -1;
	assert_int_equal(offered(&s), 0);
	assert_int_equal(ordered(&s), FAULT_INTERNAL);
	log_fd = 2;
	assert_string_equal(rig_value("SELECT count(*) FROM issue"), "0");
	rig_session_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_card_of_an_offer_is_known_as_long_as_its_session_lives, rig_reset),
		cmocka_unit_test_setup(
		    a_card_is_known_no_longer_than_its_certificate_is_valid, rig_reset),
		cmocka_unit_test_setup(
		    a_card_that_was_refused_is_not_known_and_is_refused_again, rig_reset),
		cmocka_unit_test_setup(
		    an_order_is_refused_that_is_not_of_the_offers_card_throughout, rig_reset),
		cmocka_unit_test_setup(
		    kofu_seal_makes_no_paper_for_a_card_that_only_the_front_believes, rig_reset),
	};
	return cmocka_run_group_tests_name("card memo", tests, rig_up, rig_down);
}

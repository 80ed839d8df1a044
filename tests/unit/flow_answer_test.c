/* SPDX-License-Identifier: Apache-2.0 */
/* The last guard before the printer: an answer that is not this session's own is refused. */
#include "tests/unit/unit.h"

#include "tests/unit/flow_help.h"

#include "base/text.h"
#include "pki/hash.h"

#include <string.h>

/*
 * Each member of the manifest, altered and signed again by the right key: a
 * server that mixed something up. front and serial say nothing that the kiosk
 * could compare; of them, rireki, build and schema only the form is seen.
 */
static void
a_manifest_with_any_other_value_is_refused_though_well_signed(void **state)
{
#define Z64 "\"0000000000000000000000000000000000000000000000000000000000000000\""
	static const struct bend t[] = {
		{ "v", "2", FAULT_BAD_INPUT },
		{ "v", NULL, FAULT_BAD_INPUT },
		{ "order", H16, FAULT_INTEGRITY },
		{ "order", NULL, FAULT_BAD_INPUT },
		{ "th", Z64, FAULT_INTEGRITY },
		{ "th", NULL, FAULT_BAD_INPUT },
		{ "oh", Z64, FAULT_INTEGRITY },
		{ "oh", NULL, FAULT_BAD_INPUT },
		{ "muni", "\"131016\"", FAULT_INTEGRITY },
		{ "muni", NULL, FAULT_BAD_INPUT },
		{ "kind", "\"inkan\"", FAULT_INTEGRITY },
		{ "kind", NULL, FAULT_BAD_INPUT },
		{ "copies", NULL, FAULT_BAD_INPUT },
		{ "copies.1", NULL, FAULT_INTEGRITY }, /* one copy too few */
		{ "copies.0.number", "\"131016-20261121-K0001-000123\"", FAULT_INTEGRITY },
		{ "copies.0.number", "\"991015-20200101-K0001-000123\"", FAULT_INTEGRITY },
		{ "copies.0.number", "\"991015-20261121-K0002-000123\"", FAULT_INTEGRITY },
		{ "copies.0.number", "\"991015-20261121-K0001-12345\"", FAULT_BAD_INPUT },
		{ "copies.0.number", "\"991015-20261121-K0001-00012x\"", FAULT_BAD_INPUT },
		{ "copies.0.number", "\"991015-20261121-K0001-000124\"",
		    FAULT_BAD_INPUT }, /* twice */
		{ "copies.0.number", "\"991015-20261121-K0001-000777\"", 0 },
		{ "copies.0.number", NULL, FAULT_BAD_INPUT },
		{ "copies.0.serial", "\"00\"", FAULT_BAD_INPUT },
		{ "copies.0.serial", NULL, FAULT_BAD_INPUT },
		/* PEER_PDF_BYTES is 93436, of which the back begins at 400 */
		{ "copies.0.pdf_bytes", "93435", FAULT_INTEGRITY },
		{ "copies.0.pdf_bytes", "93437", FAULT_INTEGRITY },
		{ "copies.0.pdf_bytes", "93136", FAULT_INTEGRITY },
		{ "copies.0.pdf_bytes", "93135", FAULT_BAD_INPUT },
		{ "copies.1.pdf_bytes", "93435", FAULT_INTEGRITY },
		{ "copies.1.pdf_bytes", "93437", FAULT_BAD_INPUT },
		{ "copies.0.pdf_bytes", "0", FAULT_BAD_INPUT },
		{ "copies.0.pdf_bytes", "8388609", FAULT_BAD_INPUT },
		{ "copies.0.pdf_bytes", NULL, FAULT_BAD_INPUT },
		{ "copies.0.pdf_sha256", Z64, FAULT_INTEGRITY },
		{ "copies.1.pdf_sha256", Z64, FAULT_INTEGRITY },
		{ "copies.0.pdf_sha256", NULL, FAULT_BAD_INPUT },
		{ "copies.0.pages", "[]", FAULT_BAD_INPUT },
		{ "copies.0.pages", NULL, FAULT_BAD_INPUT },
		{ "copies.0.pages.0.front", "\"00\"", FAULT_BAD_INPUT },
		{ "copies.0.pages.0.front", NULL, FAULT_BAD_INPUT },
		{ "copies.0.pages.0.back", Z64, FAULT_INTEGRITY },
		{ "copies.1.pages.0.back", Z64, FAULT_INTEGRITY },
		{ "copies.0.pages.0.back", NULL, FAULT_BAD_INPUT },
		{ "copies.0.pages.0.back_at", "399", FAULT_INTEGRITY },
		{ "copies.0.pages.0.back_at", "401", FAULT_INTEGRITY },
		{ "copies.0.pages.0.back_at", "0", FAULT_INTEGRITY },
		{ "copies.0.pages.0.back_at", "700", FAULT_INTEGRITY }, /* the last place */
		{ "copies.0.pages.0.back_at", "701", FAULT_BAD_INPUT },
		{ "copies.0.pages.0.back_at", "8388608", FAULT_BAD_INPUT },
		{ "copies.0.pages.0.back_at", "8388609", FAULT_BAD_INPUT },
		{ "copies.0.pages.0.back_at", "-1", FAULT_BAD_INPUT },
		{ "copies.0.pages.0.back_at", NULL, FAULT_BAD_INPUT },
		{ "copies.0.pages.0.extra", "1", FAULT_BAD_INPUT },
		{ "copies.0.extra", "1", FAULT_BAD_INPUT },
		{ "rireki", "0", FAULT_BAD_INPUT },
		{ "rireki", NULL, FAULT_BAD_INPUT },
		{ "register_ms", "1895200000000", FAULT_BAD_INPUT }, /* of the future */
		{ "register_ms", NULL, FAULT_BAD_INPUT },
		{ "issued_ms", "1795100000000", FAULT_BAD_INPUT }, /* before the order */
		{ "issued_ms", "1795200100000", FAULT_BAD_INPUT }, /* of the future */
		{ "issued_ms", NULL, FAULT_BAD_INPUT },
		{ "not_after_ms", "1795200000050", FLOW_E_LATE },
		{ "not_after_ms", "1795100000000", FAULT_BAD_INPUT }, /* before it was issued */
		{ "not_after_ms", NULL, FAULT_BAD_INPUT },
		{ "build", "\"\"", FAULT_BAD_INPUT },
		{ "build", NULL, FAULT_BAD_INPUT },
		{ "schema", "0", FAULT_BAD_INPUT },
		{ "schema", NULL, FAULT_BAD_INPUT },
		{ "kid", "\"0000000000000000\"", FAULT_INTEGRITY },
		{ "kid", NULL, FAULT_BAD_INPUT },
		{ "extra", "1", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = keyed();
		bend_now = &t[i];
		peer.bend_manifest = bend_apply;
		int r = read_timed(flow_answer_read, f, ordered(f, (uint8_t)i));
		peer.bend_manifest = NULL;
		if (r != t[i].want)
			print_message("# %s = %s\n", t[i].path, t[i].value ? t[i].value : "-");
		assert_int_equal(r, t[i].want);
		assert_true((flow_papers(f) != NULL) == (r == 0));
	}
}

static void
a_manifest_altered_anywhere_without_the_key_is_refused(void **state)
{
	const char *manifest = NULL;
	const char *papers = NULL;
	unsigned refused = 0;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	peer_split(&peer, ordered(f, 1), &manifest, &papers);
	size_t n = strlen(manifest);
	for (size_t i = 0; i < n; i += 7) { /* every seventh character of header, payload, sig */
		char *bad = arena_strdup(peer.arena, manifest);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		int r = read_timed(flow_answer_read, f, peer_join(&peer, bad, papers));
		assert_true(r == FAULT_INTEGRITY || r == FAULT_BAD_INPUT);
		refused++;
	}
	assert_true(refused > 100);
	assert_int_equal(read_timed(flow_answer_read, f, peer_join(&peer, manifest, papers)), 0);
}

static void
a_manifest_by_a_key_that_was_not_pinned_is_refused(void **state)
{
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	struct key *right = peer.muni_key;
	peer.muni_key = key_generate();
	int r = read_timed(flow_answer_read, f, ordered(f, 1));
	key_free(peer.muni_key);
	peer.muni_key = right;
	assert_int_equal(r, FAULT_INTEGRITY);
}

static void
papers_altered_cut_or_sealed_to_another_manifest_are_refused(void **state)
{
	const char *manifest = NULL;
	const char *papers = NULL;
	size_t bytes = 0;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	peer_split(&peer, ordered(f, 1), &manifest, &papers);
	for (size_t i = 0; i < strlen(papers); i += 23) {
		char *bad = arena_strdup(peer.arena, papers);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		int r = read_timed(flow_answer_read, f, peer_join(&peer, manifest, bad));
		assert_true(r == FAULT_INTEGRITY || r == FAULT_BAD_INPUT);
	}
	uint8_t *plain = peer_papers(&peer, &bytes);
	const char *other = peer_seal(&peer, "another manifest", plain, bytes);
	assert_int_equal(
	    read_timed(flow_answer_read, f, peer_join(&peer, manifest, other)), FAULT_INTEGRITY);
	const char *cut = peer_seal(&peer, manifest, plain, bytes - 1);
	assert_int_equal(
	    read_timed(flow_answer_read, f, peer_join(&peer, manifest, cut)), FAULT_BAD_INPUT);
	uint8_t *longer = arena_zero(peer.arena, bytes + 1);
	memcpy(longer, plain, bytes);
	const char *more = peer_seal(&peer, manifest, longer, bytes + 1);
	assert_int_equal(
	    read_timed(flow_answer_read, f, peer_join(&peer, manifest, more)), FAULT_INTEGRITY);
	assert_null(flow_papers(f));
}

/* The first sheet's back: so many bytes of its record, one of them changed. */
struct first_back {
	size_t bytes;
	bool changed;
	int want;
};

/* With the manifest's digest of that back bent to those bytes as well, or not. */
static struct bend back_digest;

static const char *
papers_with(const struct first_back *t, bool signed_too)
{
	static uint8_t record[BACKSIDE_PAYLOAD_MAX_BYTES + 1];
	static char hex[2 * SHA256_BYTES + 3];
	size_t bytes = 0, n = 0;
	uint8_t digest[SHA256_BYTES];
	struct buf b;
	uint8_t *plain = peer_papers(&peer, &bytes);
	struct rd in = rd_init(plain, bytes);
	const uint8_t *was = rd_field32(&in, &n);
	memset(record, 0, sizeof(record));
	memcpy(record, was, n);
	if (t->changed)
		record[0] = (uint8_t)~record[0];
	buf_init(&b, 1 << 20);
	buf_field32(&b, record, t->bytes);
	size_t left = rd_left(&in);
	buf_put(&b, rd_bytes(&in, left), left);
	sha256(record, t->bytes, digest);
	hex[0] = '"';
	text_hex_format(digest, sizeof(digest), hex + 1);
	hex[1 + 2 * SHA256_BYTES] = '"';
	back_digest = (struct bend){ "copies.0.pages.0.back", hex, 0 };
	bend_now = &back_digest;
	peer.bend_manifest = signed_too ? bend_apply : NULL;
	const char *manifest = peer_manifest(&peer);
	peer.bend_manifest = NULL;
	const char *jwe = peer_seal(&peer, manifest, b.p, b.bytes);
	buf_done(&b);
	return peer_join(&peer, manifest, jwe);
}

static void
a_back_of_anything_else_is_refused_and_what_cannot_be_painted_too(void **state)
{
	enum { RECORD = sizeof("a record, signed and sealed") };
	static const struct first_back t[] = {
		{ RECORD, true, FAULT_INTEGRITY },
		{ RECORD - 1, false, FAULT_INTEGRITY },
		{ 0, false, FAULT_INTEGRITY },
		{ BACKSIDE_PAYLOAD_MAX_BYTES, false, FAULT_INTEGRITY },
	};
	static const struct first_back well_signed[] = {
		{ 0, false, FAULT_BAD_INPUT },
		{ BACKSIDE_PAYLOAD_MAX_BYTES + 1, false, FAULT_BAD_INPUT },
		{ BACKSIDE_PAYLOAD_MAX_BYTES, false, 0 },
	};
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	(void)ordered(f, 1);
	for (size_t i = 0; i < N_ELEMENTS(t) + N_ELEMENTS(well_signed); i++) {
		const bool is_signed = i >= N_ELEMENTS(t);
		const struct first_back *c = is_signed ? &well_signed[i - N_ELEMENTS(t)] : &t[i];
		assert_null(flow_papers(f));
		int r = read_timed(flow_answer_read, f, papers_with(c, is_signed));
		if (r != c->want)
			fail_msg("case %zu gave %d", i, r);
	}
}

/* The accidents of 2023: an answer that reaches the wrong one of two sessions. */
static void
answers_swapped_between_two_sessions_cannot_be_opened(void **state)
{
	(void)state;
	AUTO(flow) struct flow *one = keyed();
	const char *answer_one = ordered(one, 1);
	/* the same municipality with the same key, another resident's session */
	AUTO(flow) struct flow *two = keyed();
	const char *answer_two = ordered(two, 1); /* even with the same order id */
	assert_int_equal(read_timed(flow_answer_read, one, answer_two), FAULT_INTEGRITY);
	assert_int_equal(read_timed(flow_answer_read, two, answer_one), FAULT_INTEGRITY);
	/* nor the papers of one with the manifest of the other */
	const char *m1 = NULL, *m2 = NULL, *p1 = NULL, *p2 = NULL;
	peer_split(&peer, answer_one, &m1, &p1);
	peer_split(&peer, answer_two, &m2, &p2);
	assert_int_equal(
	    read_timed(flow_answer_read, one, peer_join(&peer, m1, p2)), FAULT_INTEGRITY);
	assert_int_equal(
	    read_timed(flow_answer_read, two, peer_join(&peer, m2, p1)), FAULT_INTEGRITY);
	assert_int_equal(read_timed(flow_answer_read, one, answer_one), 0);
	assert_int_equal(read_timed(flow_answer_read, two, answer_two), 0);
}

static void
an_answer_to_an_earlier_order_of_the_same_kind_is_refused(void **state)
{
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	const char *early = ordered(f, 1);
	AUTO(flow) struct flow *g = keyed();
	(void)ordered(g, 2);
	assert_int_equal(read_timed(flow_answer_read, g, early), FAULT_INTEGRITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_with_any_other_value_is_refused_though_well_signed),
		cmocka_unit_test(a_manifest_altered_anywhere_without_the_key_is_refused),
		cmocka_unit_test(a_manifest_by_a_key_that_was_not_pinned_is_refused),
		cmocka_unit_test(papers_altered_cut_or_sealed_to_another_manifest_are_refused),
		cmocka_unit_test(a_back_of_anything_else_is_refused_and_what_cannot_be_painted_too),
		cmocka_unit_test(answers_swapped_between_two_sessions_cannot_be_opened),
		cmocka_unit_test(an_answer_to_an_earlier_order_of_the_same_kind_is_refused),
	};
	return cmocka_run_group_tests_name("flow_answer", tests, before, after);
}

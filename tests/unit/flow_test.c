/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/kiosk_peer.h"

#include "base/text.h"
#include "kiosk/flow/flow.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <stdio.h>
#include <string.h>

enum { MONO_MS = 5000 };
static const int64_t now_ms = 1795200000000;
static const uint8_t card_cert[] = "a certificate, for the kiosk only bytes";

static struct peer peer;

static int
before(void **state)
{
	(void)state;
	peer_init(&peer, now_ms);
	return 0;
}

static int
after(void **state)
{
	(void)state;
	peer_done(&peer);
	return 0;
}

static int
read_text(
    int (*fn)(struct flow *, const void *, size_t, struct err *), struct flow *f, const char *body)
{
	struct err err = { 0 };
	return fn(f, body, strlen(body), &err);
}

static int
read_timed(int (*fn)(struct flow *, const void *, size_t, int64_t, struct err *), struct flow *f,
    const char *body)
{
	struct err err = { 0 };
	return fn(f, body, strlen(body), MONO_MS + 100, &err);
}

/* Nonce and transcript. */
static struct flow *
begun(void)
{
	struct err err = { 0 };
	uint8_t digest[32];
	struct flow *f = flow_new("K0001");
	const char *nonce = peer_nonce(&peer);
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), MONO_MS, &err), 0);
	assert_int_equal(
	    flow_begin(f, card_cert, sizeof(card_cert), MONO_MS + 10, digest, &err), 0);
	return f;
}

static const char *
session_answer(struct flow *f)
{
	static const uint8_t sig[256] = { 1 };
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_session_ask(f, sig, sizeof(sig), &b, &err), 0);
	const char *body = peer_session(&peer, &b);
	buf_done(&b);
	return body;
}

static struct flow *
keyed(void)
{
	struct flow *f = begun();
	assert_int_equal(read_timed(flow_session_read, f, session_answer(f)), 0);
	assert_int_equal(read_text(flow_keys_read, f, peer_keys(&peer)), 0);
	return f;
}

/* Orders two copies of 住民票 and gives the peer's answer to it. */
static const char *
ordered(struct flow *f, uint8_t id)
{
	const struct choice c = { .kind = DOC_JUMINHYO,
		.scope = ORDER_HOUSEHOLD,
		.options = ORDER_HONSEKI,
		.copies = 2 };
	const struct order_id order_id = { .b = { id } };
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_order_ask(f, &c, &order_id, MONO_MS + 200, &b, &err), 0);
	const char *answer = peer_answer(&peer, &b);
	buf_done(&b);
	return answer;
}

static void
a_session_gives_the_papers_that_were_ordered(void **state)
{
	struct err err = { 0 };
	struct buf b;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	const struct offer *o = flow_offer(f);
	assert_int_equal(o->n_kinds, 2);
	assert_int_equal(o->n_persons, 3);
	assert_int_equal(o->self, 0);
	assert_string_equal(o->persons[2].name, "葛󠄂城 𠮷子"); /* character for character */
	assert_string_equal(o->muni_name, "架空市");
	assert_null(flow_papers(f));
	assert_int_equal(read_timed(flow_answer_read, f, ordered(f, 1)), 0);
	const struct flow_papers *p = flow_papers(f);
	assert_int_equal(p->n_copies, 2);
	assert_int_equal(p->copies[1].pdf_bytes, PEER_PDF_BYTES);
	assert_memory_equal(p->copies[1].pdf, "%PDF-1.7\nbbb", 12);
	assert_true(strncmp(p->copies[0].number, "991015-", 7) == 0);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_release_ask(f, MONO_MS + 300, &b, &err), 0);
	assert_int_equal(read_text(flow_release_read, f, peer_release(&peer, &b)), 0);
	buf_done(&b);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	const enum flow_end ends[ORDER_MAX_COPIES] = { FLOW_PRINTED, FLOW_VOID_JAM };
	assert_int_equal(flow_outcome_ask(f, ends, MONO_MS + 400, &b, &err), 0);
	peer_outcome(&peer, &b);
	buf_done(&b);
	assert_non_null(strstr(peer.last_outcome, "\"state\":\"printed\",\"reason\":\"\""));
	assert_non_null(strstr(peer.last_outcome, "\"state\":\"void\",\"reason\":\"jam\""));
}

static void
steps_out_of_their_turn_are_faults(void **state)
{
	struct err err = { 0 };
	struct buf b;
	uint8_t digest[32];
	const struct order_id id = { .b = { 1 } };
	const struct choice c = { .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1 };
	const enum flow_end ends[ORDER_MAX_COPIES] = { 0 };
	(void)state;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_null(flow_offer(f));
	assert_int_equal(flow_begin(f, "x", 1, 0, digest, &err), FAULT_INTERNAL);
	assert_int_equal(flow_session_ask(f, "x", 1, &b, &err), FAULT_INTERNAL);
	assert_int_equal(read_timed(flow_session_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(read_text(flow_keys_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(flow_order_ask(f, &c, &id, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(read_timed(flow_answer_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(flow_release_ask(f, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(read_text(flow_release_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(flow_outcome_ask(f, ends, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(b.bytes, 0);
	buf_done(&b);
}

static void
an_order_is_signed_once_a_session(void **state)
{
	const struct choice c = { .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1 };
	const struct order_id id = { .b = { 1 } };
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	AUTO(flow) struct flow *f = keyed();
	assert_int_equal(flow_order_ask(f, &c, &id, MONO_MS, &b, &err), 0);
	assert_int_equal(flow_order_ask(f, &c, &id, MONO_MS, &b, &err), FAULT_INTERNAL);
	buf_done(&b);
}

static void
nonces_that_break_the_protocol_are_refused(void **state)
{
#define N64 "0102030405060708091011121314151617181920212223242526272829303132"
	static const struct {
		const char *body;
		int want;
	} t[] = {
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":120}", 0 },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":600}", 0 },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":601}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":0}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"01\",\"time_ms\":5,\"ttl_s\":120}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":-1,\"ttl_s\":120}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"ttl_s\":120}", FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64
		  "\",\"time_ms\":5,\"ttl_s\":120,\"more\":1}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"123456789012345678901234567890123\",\"nonce\":\"" N64
		  "\",\"time_ms\":5,\"ttl_s\":120}",
		    FAULT_BAD_INPUT },
		{ "[]", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = flow_new("K0001");
		assert_int_equal(read_timed(flow_nonce_read, f, t[i].body), t[i].want);
	}
}

static void
a_nonce_that_ran_out_starts_no_transcript(void **state)
{
	struct err err = { 0 };
	uint8_t digest[32];
	const char *nonce = peer_nonce(&peer);
	(void)state;
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), MONO_MS, &err), 0);
	assert_int_equal(flow_begin(f, "c", 1, MONO_MS + 120000, digest, &err), FLOW_E_LATE);
	assert_int_equal(flow_begin(f, "c", 1, MONO_MS + 119999, digest, &err), 0);
}

static void
each_try_of_a_pin_has_a_key_and_a_digest_of_its_own(void **state)
{
	struct err err = { 0 };
	uint8_t first[32];
	uint8_t second[32];
	const char *nonce = peer_nonce(&peer);
	(void)state;
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), MONO_MS, &err), 0);
	assert_int_equal(flow_begin(f, "c", 1, MONO_MS, first, &err), 0);
	flow_again(f);
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), MONO_MS, &err), 0);
	assert_int_equal(flow_begin(f, "c", 1, MONO_MS, second, &err), 0);
	assert_memory_not_equal(first, second, 32);
}

static void
certificates_past_the_limit_are_refused(void **state)
{
	struct err err = { 0 };
	uint8_t digest[32];
	uint8_t cert[4097] = { 0 };
	const char *nonce = peer_nonce(&peer);
	(void)state;
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), MONO_MS, &err), 0);
	assert_int_equal(flow_begin(f, cert, 4097, MONO_MS, digest, &err), FAULT_BAD_INPUT);
	assert_int_equal(flow_begin(f, cert, 0, MONO_MS, digest, &err), FAULT_BAD_INPUT);
	assert_int_equal(flow_begin(f, cert, 4096, MONO_MS, digest, &err), 0);
}

/* One way of bending a JSON object: a member set to a text of JSON, or taken away. */
struct bend {
	const char *path;  /* "kinds.0.fee_yen" */
	const char *value; /* JSON; NULL = remove */
	int want;
};
static const struct bend *bend_now;

static void
bend_apply(json_t *o)
{
	char path[64];
	char *save = NULL;
	json_t *at = o;
	assert_true(strlen(bend_now->path) < sizeof(path));
	memcpy(path, bend_now->path, strlen(bend_now->path) + 1);
	char *part = strtok_r(path, ".", &save);
	for (char *next; (next = strtok_r(NULL, ".", &save)) != NULL; part = next)
		at = json_is_array(at) ? json_array_get(at, (size_t)(part[0] - '0'))
				       : json_object_get(at, part);
	assert_non_null(at);
	json_t *v =
	    bend_now->value == NULL ? NULL : json_loads(bend_now->value, JSON_DECODE_ANY, NULL);
	if (json_is_array(at) && v != NULL)
		assert_int_equal(json_array_set_new(at, (size_t)(part[0] - '0'), v), 0);
	else if (json_is_array(at))
		assert_int_equal(json_array_remove(at, (size_t)(part[0] - '0')), 0);
	else if (v != NULL)
		assert_int_equal(json_object_set_new(at, part, v), 0);
	else
		assert_int_equal(json_object_del(at, part), 0);
}

static void
offers_that_break_the_protocol_are_refused(void **state)
{
#define H16 "\"000000000000000000000000000000ff\""
	static const struct bend t[] = {
		{ "session", H16, 0 },
		{ "session", "\"00\"", FAULT_BAD_INPUT },
		{ "session", NULL, FAULT_BAD_INPUT },
		{ "muni", "\"991016\"", FAULT_BAD_INPUT }, /* 検査数字 */
		{ "muni", NULL, FAULT_BAD_INPUT },
		{ "expires_ms", "1", FLOW_E_LATE },
		{ "expires_ms", "\"1\"", FAULT_BAD_INPUT },
		{ "expires_ms", NULL, FAULT_BAD_INPUT },
		{ "muni_name", "\"a\\u0007b\"", FAULT_BAD_INPUT },
		{ "muni_name", NULL, FAULT_BAD_INPUT },
		{ "phone", NULL, FAULT_BAD_INPUT },
		{ "kinds", "[]", FAULT_BAD_INPUT },
		{ "kinds", NULL, FAULT_BAD_INPUT },
		{ "kinds.1", NULL, 0 },
		{ "kinds.0.kind", "\"koseki\"", FAULT_BAD_INPUT },
		{ "kinds.0.kind", "\"inkan\"", FAULT_BAD_INPUT }, /* twice */
		{ "kinds.0.fee_yen", "10000", 0 },
		{ "kinds.0.fee_yen", "10001", FAULT_BAD_INPUT },
		{ "kinds.0.fee_yen", "-1", FAULT_BAD_INPUT },
		{ "kinds.0.fee_yen", "0", 0 },
		{ "kinds.0.options", "[\"juso\"]", FAULT_BAD_INPUT },
		{ "kinds.0.options", "[\"honseki\",\"honseki\"]", FAULT_BAD_INPUT },
		{ "kinds.0.options", "[]", 0 },
		{ "kinds.0.open", "1", FAULT_BAD_INPUT },
		{ "kinds.0.hours", NULL, FAULT_BAD_INPUT },
		{ "kinds.0.extra", "1", FAULT_BAD_INPUT },
		{ "household", "\"a.b.c.d.e\"", FAULT_BAD_INPUT },
		{ "household", NULL, FAULT_BAD_INPUT },
		{ "extra", "1", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = begun();
		bend_now = &t[i];
		peer.bend_offer = bend_apply;
		int r = read_timed(flow_session_read, f, session_answer(f));
		peer.bend_offer = NULL;
		if (r != t[i].want)
			print_message("# %s = %s\n", t[i].path, t[i].value ? t[i].value : "-");
		assert_int_equal(r, t[i].want);
		assert_true((flow_offer(f) != NULL) == (r == 0));
	}
}

static void
households_that_break_the_protocol_are_refused(void **state)
{
	static const struct bend t[] = {
		{ "self", H16, FAULT_BAD_INPUT }, /* not one of them */
		{ "self", NULL, FAULT_BAD_INPUT },
		{ "persons", "[]", FAULT_BAD_INPUT },
		{ "persons.1", NULL, 0 },
		{ "persons.1.name", "\"a\\nb\"", FAULT_BAD_INPUT },
		{ "persons.1.name", NULL, FAULT_BAD_INPUT },
		{ "persons.1.ref", "\"a0000000000000000000000000000000\"",
		    FAULT_BAD_INPUT }, /* twice */
		{ "persons.1.age", "7", FAULT_BAD_INPUT },
		{ "extra", "1", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = begun();
		bend_now = &t[i];
		peer.bend_household = bend_apply;
		int r = read_timed(flow_session_read, f, session_answer(f));
		peer.bend_household = NULL;
		assert_int_equal(r, t[i].want);
	}
}

static void
a_household_may_have_forty_persons_and_not_one_more(void **state)
{
	(void)state;
	for (unsigned n = ORDER_MAX_PERSONS; n <= ORDER_MAX_PERSONS + 1; n++) {
		AUTO(flow) struct flow *f = begun();
		peer.n_persons = n;
		int r = read_timed(flow_session_read, f, session_answer(f));
		peer.n_persons = 3;
		assert_int_equal(r, n == ORDER_MAX_PERSONS ? 0 : FAULT_BAD_INPUT);
	}
}

static void
keys_of_another_city_or_with_anothers_id_are_refused(void **state)
{
	const char *good = peer_keys(&peer);
	AUTO(key) struct key *other = key_generate();
	struct key_point point;
	struct key_id kid;
	char hex[17];
	(void)state;
	key_public(other, &point);
	key_id_of(&point, &kid);
	text_hex_format(kid.b, sizeof(kid.b), hex);
	AUTO(flow) struct flow *f = begun();
	assert_int_equal(read_timed(flow_session_read, f, session_answer(f)), 0);
	char *bad = arena_strdup(peer.arena, good);
	memcpy(strstr(bad, "991015"), "131016", 6);
	assert_int_equal(read_text(flow_keys_read, f, bad), FAULT_INTEGRITY);
	bad = arena_strdup(peer.arena, good);
	memcpy(strstr(bad, "\"kid\":\"") + 7, hex, 16);
	assert_int_equal(read_text(flow_keys_read, f, bad), FAULT_INTEGRITY);
	assert_int_equal(
	    read_text(flow_keys_read, f, "{\"muni\":\"991015\",\"keys\":[]}"), FAULT_BAD_INPUT);
	assert_int_equal(read_text(flow_keys_read, f, good), 0);
	assert_int_equal(read_text(flow_keys_read, f, good), FAULT_INTERNAL); /* pinned */
}

/*
 * Each member of the manifest, altered and signed again by the right key: a
 * server that mixed something up. front, back and serial say nothing that the
 * kiosk could compare; of them, rireki, build and schema only the form is seen.
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
		{ "copies.0.pdf_bytes", "699", FAULT_INTEGRITY },
		{ "copies.0.pdf_bytes", "701", FAULT_INTEGRITY },
		{ "copies.1.pdf_bytes", "699", FAULT_INTEGRITY },
		{ "copies.1.pdf_bytes", "701", FAULT_INTEGRITY },
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
		{ "copies.0.pages.0.back", NULL, FAULT_BAD_INPUT },
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
	    read_timed(flow_answer_read, f, peer_join(&peer, manifest, cut)), FAULT_INTEGRITY);
	uint8_t *longer = arena_zero(peer.arena, bytes + 1);
	memcpy(longer, plain, bytes);
	const char *more = peer_seal(&peer, manifest, longer, bytes + 1);
	assert_int_equal(
	    read_timed(flow_answer_read, f, peer_join(&peer, manifest, more)), FAULT_INTEGRITY);
	assert_null(flow_papers(f));
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

static void
a_release_comes_in_time_and_for_this_order_only(void **state)
{
	struct err err = { 0 };
	struct buf b;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	assert_int_equal(read_timed(flow_answer_read, f, ordered(f, 1)), 0);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_release_ask(f, MONO_MS + 600000, &b, &err), FLOW_E_LATE);
	assert_int_equal(flow_release_ask(f, MONO_MS + 300, &b, &err), 0);
	assert_int_equal(flow_release_ask(f, MONO_MS + 300, &b, &err), FAULT_INTERNAL);
	const char *good = peer_release(&peer, &b);
	assert_int_equal(read_text(flow_release_read, f, "{\"released\":true,\"order\":" H16 "}"),
	    FAULT_INTEGRITY);
	char *no = arena_strdup(
	    peer.arena, "{\"released\":false,\"order\":\"01000000000000000000000000000000\"}");
	assert_int_equal(read_text(flow_release_read, f, no), FAULT_INTEGRITY);
	assert_int_equal(read_text(flow_release_read, f, "{\"released\":true}"), FAULT_BAD_INPUT);
	assert_int_equal(read_text(flow_release_read, f, good), 0);
	buf_done(&b);
}

static void
a_session_past_its_time_orders_nothing(void **state)
{
	const struct choice c = { .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1 };
	const struct order_id id = { .b = { 1 } };
	struct err err = { 0 };
	struct buf b;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_order_ask(f, &c, &id, MONO_MS + 1200000, &b, &err), FLOW_E_LATE);
	assert_int_equal(b.bytes, 0);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_gives_the_papers_that_were_ordered),
		cmocka_unit_test(steps_out_of_their_turn_are_faults),
		cmocka_unit_test(an_order_is_signed_once_a_session),
		cmocka_unit_test(nonces_that_break_the_protocol_are_refused),
		cmocka_unit_test(a_nonce_that_ran_out_starts_no_transcript),
		cmocka_unit_test(each_try_of_a_pin_has_a_key_and_a_digest_of_its_own),
		cmocka_unit_test(certificates_past_the_limit_are_refused),
		cmocka_unit_test(offers_that_break_the_protocol_are_refused),
		cmocka_unit_test(households_that_break_the_protocol_are_refused),
		cmocka_unit_test(a_household_may_have_forty_persons_and_not_one_more),
		cmocka_unit_test(keys_of_another_city_or_with_anothers_id_are_refused),
		cmocka_unit_test(a_manifest_with_any_other_value_is_refused_though_well_signed),
		cmocka_unit_test(a_manifest_altered_anywhere_without_the_key_is_refused),
		cmocka_unit_test(a_manifest_by_a_key_that_was_not_pinned_is_refused),
		cmocka_unit_test(papers_altered_cut_or_sealed_to_another_manifest_are_refused),
		cmocka_unit_test(answers_swapped_between_two_sessions_cannot_be_opened),
		cmocka_unit_test(an_answer_to_an_earlier_order_of_the_same_kind_is_refused),
		cmocka_unit_test(a_release_comes_in_time_and_for_this_order_only),
		cmocka_unit_test(a_session_past_its_time_orders_nothing),
	};
	return cmocka_run_group_tests_name("flow", tests, before, after);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The way of an order through front, renderer, kofu-seal and database, and every way out. */
#include "tests/db/front_rig.h"

#include "backside/code.h"
#include "backside/envelope.h"
#include "backside/payload.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "server/front/issuing.h"
#include "server/seal/pdfread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An answer as the kiosk reads it. */
struct opened {
	json_t *manifest;
	uint8_t *papers;
	size_t papers_bytes;
	const char *manifest_text;
};

static int
answer_open(
    struct arena *a, const struct rig_session *s, const struct rig_reply *r, struct opened *o)
{
	struct err err = { 0 };
	struct key_agreer agreer = key_as_agreer(s->key);
	uint8_t apv[32], *payload = NULL;
	size_t n = 0;
	o->manifest_text = rig_text(a, r, "manifest");
	const char *papers = rig_text(a, r, "papers");
	sha256(o->manifest_text, strlen(o->manifest_text), apv);
	assert_int_equal(jws_verify(a, &rig.municipality, "kofu-manifest", o->manifest_text,
			     strlen(o->manifest_text), &payload, &n, &err),
	    0);
	assert_int_equal(js_parse(payload, n, &o->manifest, &err), 0);
	return jwe_open(a, &agreer, "kofu-papers", apv, sizeof(apv), papers, strlen(papers),
	    &o->papers, &o->papers_bytes, &err);
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	assert_non_null(s);
	return s;
}

static void
hash_is(const void *p, size_t bytes, const char *hex)
{
	uint8_t hash[32];
	char is[65];
	sha256(p, bytes, hash);
	text_hex_format(hash, sizeof(hash), is);
	assert_string_equal(is, hex);
}

/* The first back's samples, wherever they are in the file. */
static uint8_t *
back_of(uint8_t *pdf, size_t bytes)
{
	uint8_t *at = memmem(pdf, bytes, "/Width 736", 10);
	assert_non_null(at);
	at = memmem(at, bytes - (size_t)(at - pdf), "stream\r\n", 8);
	assert_non_null(at);
	return at + 8;
}

/* What a scanner would see of the modules, 3 pixels each. */
static struct backside_grey
scan_of(struct arena *a, const uint8_t *modules)
{
	enum { PX = 3, MARGIN = 60 };
	size_t w = BACKSIDE_COLS * PX + 2 * MARGIN, h = BACKSIDE_ROWS * PX + 2 * MARGIN;
	uint8_t *p = arena_zero(a, w * h);
	memset(p, 255, w * h);
	for (size_t y = 0; y < BACKSIDE_ROWS * PX; y++)
		for (size_t x = 0; x < BACKSIDE_COLS * PX; x++) {
			size_t m = x / PX;
			if (modules[y / PX * BACKSIDE_ROW_BYTES + m / 8] >> (7 - m % 8) & 1)
				p[(y + MARGIN) * w + x + MARGIN] = 0;
		}
	return (struct backside_grey){ .p = p, .w_px = w, .h_px = h, .stride_bytes = w };
}

static const char *
run_like(const struct pdfread_side *s, size_t bytes, const char *start)
{
	for (unsigned i = 0; i < s->n_runs; i++)
		if (strlen(s->runs[i].text) == bytes &&
		    strncmp(s->runs[i].text, start, strlen(start)) == 0 &&
		    strchr(s->runs[i].text, '-') != NULL)
			return s->runs[i].text;
	return NULL;
}

/* The bank: the back opens with the front's code and tells what stands on the front. */
static void
back_tells_the_front(
    struct arena *a, uint8_t *pdf, size_t bytes, const char *number, const char *name)
{
	struct err err = { 0 };
	struct backside_info info;
	struct pdfread *read = NULL;
	struct payload p;
	uint8_t *sealed = NULL, *record = NULL, modules[BACKSIDE_BYTES];
	size_t n = 0, m = 0;
	uint8_t *back = back_of(pdf, bytes);
	memcpy(modules, back, BACKSIDE_BYTES);
	memset(back, 0, BACKSIDE_BYTES);
	assert_int_equal(pdfread(a, pdf, bytes, &read, &err), 0);
	const char *printed = run_like(&read->sides[0], 19, "");
	assert_non_null(printed);
	char code[17] = "";
	for (unsigned i = 0, k = 0; i < 19 && k < 16; i++)
		if (printed[i] != '-')
			code[k++] = printed[i];
	struct backside_grey scan = scan_of(a, modules);
	assert_int_equal(backside_decode(&scan, a, &sealed, &n, &info, &err), 0);
	const struct envelope_keys keys = { .front_code = code,
		.recipient = key_as_agreer(rig.inquiry),
		.signer = rig.municipality };
	assert_int_equal(envelope_open(a, sealed, n, &keys, &record, &m, &err), 0);
	assert_int_equal(payload_parse(a, record, m, &p, &err), 0);
	assert_string_equal(p.issue_number, number);
	assert_memory_equal(p.subject, rig.ref[0].b, PAYLOAD_SUBJECT_BYTES);
	bool seen = false;
	for (size_t i = 0; i < p.n_fields; i++)
		seen = seen ||
		    (strcmp(p.fields[i].key, "p1.name") == 0 &&
			strcmp(p.fields[i].value, name) == 0);
	assert_true(seen);
}

static void
an_order_comes_back_as_paper_that_only_its_session_opens(void **state)
{
	(void)state;
	struct rig_session s, other;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	rig_session(&other, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_HOUSEHOLD);
	o.options = ORDER_SETAINUSHI;
	o.copies = 2;
	struct rig_reply r = rig_order(&s, &o);
	assert_int_equal(r.result, 0);
	struct opened got = { 0 }, not_got = { 0 };
	assert_int_equal(answer_open(s.a, &s, &r, &got), 0);
	assert_int_equal(answer_open(s.a, &other, &r, &not_got), FAULT_INTEGRITY);
	char th[65];
	text_hex_format(s.th, 32, th);
	assert_string_equal(text_of(got.manifest, "th"), th);
	assert_string_equal(text_of(got.manifest, "kind"), "juminhyo");
	assert_int_equal(json_integer_value(json_object_get(got.manifest, "rireki")), 3);
	assert_int_equal(
	    json_integer_value(json_object_get(got.manifest, "register_ms")), 1790000000123);
	assert_int_equal(
	    json_integer_value(json_object_get(got.manifest, "schema")), rig.front.munis[0].schema);
	const json_t *copies = json_object_get(got.manifest, "copies");
	assert_int_equal(json_array_size(copies), 2);
	size_t at = 0;
	for (size_t i = 0; i < 2; i++) {
		const json_t *c = json_array_get(copies, i);
		const json_t *page = json_array_get(json_object_get(c, "pages"), 0);
		size_t n = (size_t)json_integer_value(json_object_get(c, "pdf_bytes"));
		assert_true(n <= got.papers_bytes - at);
		hash_is(got.papers + at, n, text_of(c, "pdf_sha256"));
		hash_is(back_of(got.papers + at, n), BACKSIDE_BYTES, text_of(page, "back"));
		back_tells_the_front(s.a, got.papers + at, n, text_of(c, "number"), "見本　太郎");
		at += n;
	}
	assert_int_equal(at, got.papers_bytes);
	assert_string_equal(rig_value("SELECT count(*) FROM issue_copy"), "2");
	assert_string_equal(rig_value("SELECT count(*) FROM issue_person"), "3");
	json_decref(got.manifest);
	json_decref(not_got.manifest);
	rig_reply_done(&r);
	rig_session_end(&s);
	rig_session_end(&other);
}

static void
a_seal_certificate_is_issued(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	struct rig_reply r = rig_order(&s, &o);
	struct opened got = { 0 };
	assert_int_equal(r.result, 0);
	assert_int_equal(answer_open(s.a, &s, &r, &got), 0);
	json_decref(got.manifest);
	rig_reply_done(&r);
	rig_session_end(&s);
}

static void
a_part_without_the_applicant_is_issued(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_PART);
	o.n_persons = 1;
	o.persons[0] = rig.ref[2];
	struct rig_reply r = rig_order(&s, &o);
	assert_int_equal(r.result, 0);
	assert_string_equal(
	    rig_value("SELECT count(*) FROM issue_person"), "2"); /* and the applicant */
	rig_reply_done(&r);
	rig_session_end(&s);
}

static void
the_same_order_again_gives_the_same_bytes_and_anything_else_alarms(void **state)
{
	(void)state;
	struct rig_session s, other;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	rig_session(&other, &(struct rig_card){ .person = 1 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	struct rig_reply r = rig_order(&s, &o), again = rig_order(&s, &o);
	assert_int_equal(r.result, 0);
	assert_int_equal(again.result, 0);
	assert_int_equal(r.body_bytes, again.body_bytes);
	assert_memory_equal(r.body, again.body, r.body_bytes);
	assert_string_equal(rig_value("SELECT count(*) FROM issue"), "1");
	rig_reply_done(&again);
	o.options = ORDER_HONSEKI;
	again = rig_order(&s, &o);
	assert_int_equal(again.result, FRONT_E_MISMATCH);
	rig_reply_done(&again);
	struct order theirs = rig_order_of(&other, DOC_JUMINHYO, ORDER_SELF);
	theirs.id = o.id;
	again = rig_order(&other, &theirs);
	assert_int_equal(again.result, FRONT_E_MISMATCH);
	rig_reply_done(&again);
	o.options = 0;
	rig_sql("UPDATE issue SET issued_ms = issued_ms - %d", FRONT_PAPERS_MS + 60000);
	again = rig_order(&s, &o);
	assert_int_equal(again.result, FRONT_E_GONE);
	front_tidy(&rig.front);
	assert_string_equal(rig_value("SELECT papers IS NULL FROM issue"), "t");
	rig_reply_done(&again);
	rig_reply_done(&r);
	rig_session_end(&s);
	rig_session_end(&other);
}

/* Statements that make an order of 見本 太郎 unissuable; %s is his ref, %s 花子's, %s the
 * household. */
static const struct refusal {
	enum doc_kind kind;
	enum order_scope scope;
	const char *sql;
	int want;
} refusals[] = {
	{ DOC_JUMINHYO, ORDER_SELF, "SELECT 1", 0 },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE tenant SET stopped = 'equivocation'", ISSUE_E_STOPPED },
	{ DOC_JUMINHYO, ORDER_SELF, "DELETE FROM lease", ISSUE_E_STALE },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE lease SET beat_ms = beat_ms - 31000", ISSUE_E_STALE },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE lease SET seq = 11", ISSUE_E_STALE },
	{ DOC_JUMINHYO, ORDER_SELF, "DELETE FROM card", ISSUE_E_UNKNOWN_CARD },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE card SET active = false", ISSUE_E_UNKNOWN_CARD },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE person SET parked = true WHERE ref = @0",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE person SET state = 2 WHERE ref = @0",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_SELF, "UPDATE person SET rireki_no = 4 WHERE ref = @0",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_SELF, "DELETE FROM resident_row WHERE ref = @0",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_SELF, "INSERT INTO block VALUES (@0, 1, 1, true, 2, 0)",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_SELF, "INSERT INTO block VALUES (@0, 1, 1, true, 4, 0)", 0 },
	{ DOC_JUMINHYO, ORDER_SELF,
	    "INSERT INTO block VALUES (@0, 1, 1, true, 6, 0), (@0, 1, 2, false, 6, 0)", 0 },
	{ DOC_JUMINHYO, ORDER_SELF,
	    "INSERT INTO block VALUES (@0, 1, 1, true, 6, 0), (@0, 2, 2, false, 6, 0)",
	    ISSUE_E_NOT_AVAILABLE }, /* lifted by one source, not by the other */
	{ DOC_JUMINHYO, ORDER_SELF,
	    "INSERT INTO block SELECT household, 1, 1, true, 6, 0 FROM person WHERE ref = @0",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_HOUSEHOLD, "INSERT INTO block VALUES (@1, 3, 1, true, 2, 0)",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_JUMINHYO, ORDER_SELF, "INSERT INTO block VALUES (@1, 3, 1, true, 2, 0)", 0 },
	{ DOC_JUMINHYO, ORDER_HOUSEHOLD, "UPDATE person SET parked = true WHERE ref = @1",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_INKAN, ORDER_SELF, "INSERT INTO block VALUES (@0, 1, 1, true, 2, 0)", 0 },
	{ DOC_INKAN, ORDER_SELF, "INSERT INTO block VALUES (@0, 1, 1, true, 4, 0)",
	    ISSUE_E_NOT_AVAILABLE },
	{ DOC_INKAN, ORDER_SELF, "DELETE FROM seal_row WHERE ref = @0", ISSUE_E_NOT_AVAILABLE },
	{ DOC_INKAN, ORDER_SELF, "UPDATE seal_row SET state = 2 WHERE ref = @0",
	    ISSUE_E_NOT_AVAILABLE },
	/* Somebody moves rows about in the database: they do not open. */
	{ DOC_JUMINHYO, ORDER_SELF,
	    "UPDATE resident_row SET sealed = (SELECT sealed FROM resident_row WHERE ref = @1) "
	    "WHERE ref = @0",
	    FAULT_INTEGRITY },
	{ DOC_INKAN, ORDER_SELF,
	    "UPDATE seal_row SET sealed = (SELECT sealed FROM seal_row WHERE ref = @3) "
	    "WHERE ref = @0",
	    FAULT_INTEGRITY },
};

static void
what_is_not_positively_issuable_is_refused_and_leaves_nothing(void **state)
{
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(refusals); i++) {
		const struct refusal *t = &refusals[i];
		struct rig_session s;
		rig_reset(state);
		rig_sql_of_people(t->sql);
		rig_session(&s, &(struct rig_card){ .person = 0 });
		struct order o = rig_order_of(&s, t->kind, t->scope);
		struct rig_reply r = rig_order(&s, &o);
		if (r.result != t->want)
			fail_msg("row %zu gave %d instead of %d", i, r.result, t->want);
		assert_string_equal(rig_value("SELECT count(*) FROM issue"), t->want ? "0" : "1");
		rig_reply_done(&r);
		rig_session_end(&s);
	}
	log_fd = 2;
}

static void
a_session_that_is_not_what_it_says_is_refused(void **state)
{
	static const struct {
		struct rig_card card;
		int want;
	} t[] = {
		{ { .person = 0 }, 0 },
		{ { .person = 0, .bad_signature = true }, FRONT_E_CARD },
		{ { .person = 0, .stranger_ca = true }, FRONT_E_CARD },
		{ { .person = 0, .center = "C2" }, FAULT_INTEGRITY },
		{ { .person = 0, .age_ms = FRONT_TRANSCRIPT_MAX_AGE_MS + 5000 },
		    FRONT_E_SESSION_EXPIRED },
		{ { .person = 0, .age_ms = -FRONT_CLOCK_AHEAD_MS - 5000 },
		    FRONT_E_SESSION_EXPIRED },
		{ { .person = 0, .serial = 77 }, ISSUE_E_UNKNOWN_CARD },
	};
	(void)state;
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct rig_session s;
		rig_session(&s, &t[i].card);
		struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
		struct rig_reply r = rig_order(&s, &o);
		if (r.result != t[i].want)
			fail_msg("row %zu gave %d", i, r.result);
		rig_reply_done(&r);
		rig_session_end(&s);
	}
	log_fd = 2;
}

static void
an_order_for_another_session_or_time_or_place_is_refused(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	log_fd = -1;
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	o.transcript[0] ^= 1;
	struct rig_reply r = rig_order(&s, &o);
	assert_int_equal(r.result, FAULT_INTEGRITY);
	rig_reply_done(&r);
	o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	o.at_ms -= FRONT_ORDER_MAX_AGE_MS + 5000;
	r = rig_order(&s, &o);
	assert_int_equal(r.result, FRONT_E_SESSION_EXPIRED);
	rig_reply_done(&r);
	o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	memcpy(o.muni.s, "011002", 7); /* a code with the right digit, not served here */
	r = rig_order(&s, &o);
	assert_int_equal(r.result, FRONT_E_NO_SUCH_MUNI);
	rig_reply_done(&r);
	o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	o.options = ORDER_KOKUSEKI; /* not offered by the profile */
	r = rig_order(&s, &o);
	assert_int_equal(r.result, ISSUE_E_NOT_OFFERED);
	rig_reply_done(&r);
	o = rig_order_of(&s, DOC_JUMINHYO, ORDER_PART);
	o.n_persons = 1;
	o.persons[0] = rig.ref[3]; /* of another household */
	r = rig_order(&s, &o);
	assert_int_equal(r.result, ISSUE_E_NOT_AVAILABLE);
	rig_reply_done(&r);
	log_fd = 2;
	rig_session_end(&s);
}

static void
a_full_bulkhead_answers_busy_at_once(void **state)
{
	(void)state;
	struct rig_session s;
	struct admission *m = &rig.front.munis[0].admission;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	for (unsigned i = 0; i < m->limit; i++)
		assert_true(admission_enter(m));
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	int64_t from_ms = clock_mono_ms();
	struct rig_reply r = rig_order(&s, &o);
	assert_int_equal(r.result, FRONT_E_BUSY);
	assert_true(clock_mono_ms() - from_ms < 200);
	for (unsigned i = 0; i < m->limit; i++)
		admission_leave(m);
	rig_reply_done(&r);
	r = rig_order(&s, &o);
	assert_int_equal(r.result, 0);
	rig_reply_done(&r);
	rig_session_end(&s);
}

static void
a_deadline_that_passes_leaves_nothing(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	int64_t usual = rig.conf.deadline_ms;
	log_fd = -1;
	for (int64_t ms = 1; ms <= 16; ms *= 4) {
		rig.conf.deadline_ms = ms;
		struct rig_reply r = rig_order(&s, &o);
		assert_true(r.result == FAULT_TIMEOUT || r.result == 0);
		rig_reply_done(&r);
	}
	log_fd = 2;
	rig.conf.deadline_ms = usual;
	struct rig_reply r = rig_order(&s, &o);
	assert_int_equal(r.result, 0);
	assert_string_equal(rig_value("SELECT count(*) FROM issue"), "1");
	rig_reply_done(&r);
	rig_session_end(&s);
}

static void
the_offer_names_what_can_be_had_and_the_household_for_the_session_alone(void **state)
{
	struct rig_session s, third;
	struct err err = { 0 };
	AUTO(json_t) json_t *j = NULL;
	AUTO(json_t) json_t *household = NULL;
	uint8_t *plain = NULL;
	size_t n = 0;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	rig_session(&third, &(struct rig_card){ .person = 1 });
	struct rig_reply r = rig_offer(&s);
	assert_int_equal(r.result, 0);
	assert_int_equal(js_parse(r.body, r.body_bytes, &j, &err), 0);
	assert_int_equal(json_array_size(json_object_get(j, "kinds")), 2);
	struct key_agreer agreer = key_as_agreer(s.key);
	const char *jwe = text_of(j, "household");
	assert_int_equal(
	    jwe_open(s.a, &agreer, "kofu-household", s.th, 32, jwe, strlen(jwe), &plain, &n, &err),
	    0);
	assert_int_equal(js_parse(plain, n, &household, &err), 0);
	assert_int_equal(json_array_size(json_object_get(household, "persons")), 3);
	rig_reply_done(&r);
	r = rig_offer(&third); /* without a seal: no seal certificate, and no word of it */
	json_decref(j);
	assert_int_equal(js_parse(r.body, r.body_bytes, &j, &err), 0);
	assert_int_equal(json_array_size(json_object_get(j, "kinds")), 1);
	rig_reply_done(&r);
	rig_sql("INSERT INTO block VALUES ('%s', 1, 1, true, 6, 0)", rig_ref(0));
	r = rig_offer(&s);
	assert_int_equal(r.result, FRONT_E_NOT_REGISTERED);
	rig_reply_done(&r);
	rig_reset(state);
	rig_sql("UPDATE lease SET beat_ms = beat_ms - 31000");
	r = rig_offer(&s);
	assert_int_equal(r.result, ISSUE_E_STALE);
	rig_reply_done(&r);
	rig_session_end(&s);
	rig_session_end(&third);
}

/* Orders, and gives the manifest. */
static const char *
order_manifest(const struct rig_session *s, const struct order *o)
{
	struct rig_reply r = rig_order(s, o);
	assert_int_equal(r.result, 0);
	const char *manifest = rig_text(s->a, &r, "manifest");
	rig_reply_done(&r);
	return manifest;
}

static int
result_of(struct rig_reply r)
{
	rig_reply_done(&r);
	return r.result;
}

static void
a_release_is_redeemed_once_by_its_own_session(void **state)
{
	(void)state;
	struct rig_session s, other;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	rig_session(&other, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_HOUSEHOLD), never = o;
	const char *manifest = order_manifest(&s, &o);
	never.id.b[0] ^= 1;
	assert_int_equal(result_of(rig_release(&s, &never, manifest)), FRONT_E_NO_SUCH_ORDER);
	assert_int_equal(result_of(rig_release(&other, &o, manifest)), FRONT_E_NO_SUCH_ORDER);
	assert_int_equal(result_of(rig_release(&s, &o, "x.y.z")), FRONT_E_MISMATCH);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "")), FRONT_E_REFUSED);
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	assert_string_equal(rig_value("SELECT papers IS NULL FROM issue"), "t");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), FRONT_E_SPENT);
	assert_int_equal(result_of(rig_order(&s, &o)), FRONT_E_GONE);
	rig_session_end(&s);
	rig_session_end(&other);
}

/* What may happen between order and payment; none of it may let the paper move. */
static void
a_change_before_the_release_refuses_it_for_good(void **state)
{
	static const char *const changes[] = {
		"UPDATE person SET version = version + 1 WHERE ref = @0;"
		"INSERT INTO block VALUES (@0, 2, 1, true, 6, 0)",
		"UPDATE person SET version = version + 1 WHERE ref = @1;"
		"INSERT INTO block VALUES (@1, 2, 1, true, 6, 0)",
		"INSERT INTO block VALUES (@0, 2, 1, true, 6, 0)",
		"INSERT INTO block SELECT household, 1, 1, true, 6, 0 FROM person WHERE ref = "
		"@0",
		"UPDATE person SET state = 2, version = version + 1 WHERE ref = @1",
		"UPDATE person SET version = version + 1 WHERE ref = @0",
		"UPDATE person SET parked = true WHERE ref = @0",
		"DELETE FROM person WHERE ref = @1",
		/* somebody joins the household */
		"UPDATE person SET household = (SELECT household FROM person WHERE ref = @0), "
		"version = version + 1 WHERE ref = @3",
	};
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		struct rig_session s;
		rig_reset(state);
		rig_session(&s, &(struct rig_card){ .person = 0 });
		struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_HOUSEHOLD);
		const char *manifest = order_manifest(&s, &o);
		rig_sql_of_people(changes[i]);
		int r = result_of(rig_release(&s, &o, manifest));
		if (r != FRONT_E_REFUSED)
			fail_msg("change %zu: %d", i, r);
		assert_string_equal(rig_value("SELECT state FROM issue"), "4");
		rig_sql("DELETE FROM block"); /* lifted again: refused stays refused */
		assert_int_equal(result_of(rig_release(&s, &o, manifest)), FRONT_E_REFUSED);
		assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "cancelled")), 0);
		rig_session_end(&s);
	}
}

static void
a_stale_replica_refuses_the_release_only_for_now(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	const char *manifest = order_manifest(&s, &o);
	rig_sql("UPDATE lease SET beat_ms = beat_ms - 31000");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), ISSUE_E_STALE);
	rig_sql("UPDATE lease SET beat_ms = beat_ms + 31000");
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	struct order late = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	manifest = order_manifest(&s, &late);
	rig_sql("UPDATE issue SET issued_ms = issued_ms - %d", FRONT_PAPERS_MS + 1000);
	assert_int_equal(result_of(rig_release(&s, &late, manifest)), FRONT_E_REFUSED);
	late = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	manifest = order_manifest(&s, &late);
	rig_seal_put(0, 2, SEAL_ABOLISHED);
	assert_int_equal(result_of(rig_release(&s, &late, manifest)), FRONT_E_REFUSED);
	rig_session_end(&s);
}

static void
an_outcome_is_recorded_once_and_repeating_it_changes_nothing(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	const char *manifest = order_manifest(&s, &o);
	assert_int_equal(result_of(rig_release(&s, &o, manifest)), 0);
	log_fd = -1;
	assert_int_equal(
	    result_of(rig_outcome(&s, &o, "991015-20261121-K0001-999999", "printed", "")),
	    FRONT_E_MISMATCH);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "lost", "")), FAULT_BAD_INPUT);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "")), FAULT_BAD_INPUT);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "jam")), FAULT_BAD_INPUT);
	log_fd = 2;
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "jam")), 0);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "void", "jam")), 0);
	assert_int_equal(result_of(rig_outcome(&s, &o, NULL, "printed", "")), FRONT_E_MISMATCH);
	assert_string_equal(rig_value("SELECT state || reason FROM issue_copy"), "3jam");
	assert_string_equal(rig_value("SELECT state FROM issue"), "3");
	rig_session_end(&s);
}

/* Issuers that never stop, by the real first and last step. */
struct issuer {
	pthread_t thread;
	struct rig_session session;
	uint8_t card[16];
	atomic_uint *stop;
	unsigned issued, refused, changed, other;
};

static void
issue_one(struct issuer *w)
{
	AUTO(arena) struct arena *a = arena_new(16 << 20);
	struct issuing *i = arena_zero(a, sizeof(*i));
	struct err err = { 0 };
	struct front_session s = { .t.kiosk = "K0001" };
	*i = (struct issuing){ .f = &rig.front,
		.m = &rig.front.munis[0],
		.a = a,
		.s = &s,
		.order = rig_order_of(&w->session, DOC_JUMINHYO, ORDER_HOUSEHOLD),
		.until_ms = clock_mono_ms() + 20000 };
	const struct seal_answer answer = { "m", 1, "p", 1 };
	memcpy(i->card, w->card, sizeof(i->card));
	int r = issuing_prepare(i, &err);
	if (r == 0)
		usleep((useconds_t)(rand_u64() % 3000)); /* the rendering */
	if (r == 0)
		r = issuing_commit(i, &answer, &err);
	w->issued += r == 0;
	w->refused += r == ISSUE_E_NOT_AVAILABLE;
	if (r == ISSUE_E_NOT_AVAILABLE)
		usleep(1000);
	w->changed += r == ISSUE_E_CHANGED;
	w->other += r != 0 && r != ISSUE_E_NOT_AVAILABLE && r != ISSUE_E_CHANGED;
}

static void *
issue_on_and_on(void *arg)
{
	struct issuer *w = arg;
	while (!atomic_load(w->stop))
		issue_one(w);
	return NULL;
}

static unsigned
issues_counted(void)
{
	return (unsigned)atoi(rig_value("SELECT count(*) FROM issue"));
}

static void
await_more_than(unsigned n)
{
	int64_t until_ms = clock_mono_ms() + 10000;
	while (issues_counted() <= n && clock_mono_ms() < until_ms)
		usleep(2000);
}

static void
after_an_acknowledged_block_nothing_is_issued(void **state)
{
	enum { ISSUERS = 6, ROUNDS = 30 };
	struct issuer w[ISSUERS];
	atomic_uint stop = 0;
	unsigned issued = 0, other = 0, changed = 0, at_ack = 0;
	char card[33];
	(void)state;
	(void)snprintf(card, sizeof(card), "%s",
	    rig_value("SELECT encode(card, 'hex') FROM card WHERE ref = '%s'", rig_ref(0)));
	for (unsigned i = 0; i < ISSUERS; i++) {
		w[i] = (struct issuer){ .stop = &stop };
		rig_session(&w[i].session, &(struct rig_card){ .person = 0 });
		assert_true(text_hex_parse(card, 32, w[i].card, 16));
		assert_int_equal(pthread_create(&w[i].thread, NULL, issue_on_and_on, &w[i]), 0);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned who = round % 3; /* himself, 花子, the third of the household */
		await_more_than(at_ack);
		rig_sql("BEGIN; UPDATE person SET version = version + 1 WHERE ref = '%s';"
			"INSERT INTO block VALUES ('%s', 2, %u, true, 6, 0); COMMIT",
		    rig_ref(who), rig_ref(who), 2 * round + 1);
		at_ack = issues_counted();
		usleep(15000);
		assert_int_equal(issues_counted(), at_ack);
		rig_sql(
		    "BEGIN; UPDATE person SET version = version + 1 WHERE ref = '%s';"
		    "INSERT INTO block VALUES ('%s', 2, %u, false, 6, 0);"
		    "UPDATE lease SET beat_ms = (extract(epoch FROM now()) * 1000)::bigint; COMMIT",
		    rig_ref(who), rig_ref(who), 2 * round + 2);
	}
	atomic_store(&stop, 1);
	for (unsigned i = 0; i < ISSUERS; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		issued += w[i].issued;
		changed += w[i].changed;
		other += w[i].other;
		rig_session_end(&w[i].session);
	}
	print_message("# %u issued, %u overtaken by a change\n", issued, changed);
	assert_int_equal(other, 0);
	assert_true(issued >= ROUNDS); /* else nothing was tried */
	/* Each was counted under a version that was the newest when it was written. */
	assert_string_equal(
	    rig_value("SELECT count(*) FROM issue"), arena_printf(rig.a, "%u", issued));
}

struct full {
	pthread_t thread;
	unsigned person;
	unsigned wrong, done, busy;
};

static void *
order_on_and_on(void *arg)
{
	struct full *w = arg;
	for (unsigned i = 0; i < 5; i++) {
		struct rig_session s;
		struct opened got = { 0 };
		rig_session(&s, &(struct rig_card){ .person = w->person });
		struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
		struct rig_reply r = rig_order(&s, &o);
		w->busy += r.result == FRONT_E_BUSY;
		if (r.result == 0) {
			w->done++;
			w->wrong += answer_open(s.a, &s, &r, &got) != 0;
			json_decref(got.manifest);
		} else if (r.result != FRONT_E_BUSY) {
			w->wrong++;
		}
		rig_reply_done(&r);
		rig_session_end(&s);
	}
	return NULL;
}

static void
orders_at_once_are_each_answered_for_themselves(void **state)
{
	enum { N = 4 };
	struct full w[N];
	unsigned done = 0;
	(void)state;
	for (unsigned i = 0; i < N; i++) {
		w[i] = (struct full){ .person = i };
		assert_int_equal(pthread_create(&w[i].thread, NULL, order_on_and_on, &w[i]), 0);
	}
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		assert_int_equal(w[i].wrong, 0);
		done += w[i].done;
	}
	assert_int_equal(done, 5 * N);
	assert_string_equal(rig_value("SELECT count(*) FROM issue i JOIN card c USING (card) "
				      "WHERE i.ref <> c.ref"),
	    "0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    an_order_comes_back_as_paper_that_only_its_session_opens, rig_reset),
		cmocka_unit_test_setup(a_seal_certificate_is_issued, rig_reset),
		cmocka_unit_test_setup(a_part_without_the_applicant_is_issued, rig_reset),
		cmocka_unit_test_setup(
		    the_same_order_again_gives_the_same_bytes_and_anything_else_alarms, rig_reset),
		cmocka_unit_test(what_is_not_positively_issuable_is_refused_and_leaves_nothing),
		cmocka_unit_test_setup(a_session_that_is_not_what_it_says_is_refused, rig_reset),
		cmocka_unit_test_setup(
		    an_order_for_another_session_or_time_or_place_is_refused, rig_reset),
		cmocka_unit_test_setup(a_full_bulkhead_answers_busy_at_once, rig_reset),
		cmocka_unit_test_setup(a_deadline_that_passes_leaves_nothing, rig_reset),
		cmocka_unit_test_setup(
		    the_offer_names_what_can_be_had_and_the_household_for_the_session_alone,
		    rig_reset),
		cmocka_unit_test_setup(a_release_is_redeemed_once_by_its_own_session, rig_reset),
		cmocka_unit_test(a_change_before_the_release_refuses_it_for_good),
		cmocka_unit_test_setup(a_stale_replica_refuses_the_release_only_for_now, rig_reset),
		cmocka_unit_test_setup(
		    an_outcome_is_recorded_once_and_repeating_it_changes_nothing, rig_reset),
		cmocka_unit_test_setup(after_an_acknowledged_block_nothing_is_issued, rig_reset),
		cmocka_unit_test_setup(orders_at_once_are_each_answered_for_themselves, rig_reset),
	};
	return cmocka_run_group_tests_name("front", tests, rig_up, rig_down);
}

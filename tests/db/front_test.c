/* SPDX-License-Identifier: Apache-2.0 */
/* The way of an order through front, renderer, kofu-seal and database, and every way out. */
#include "tests/db/front_rig.h"

#include "backside/code.h"
#include "backside/envelope.h"
#include "backside/payload.h"
#include "base/clock.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "server/seal/pdfread.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

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
	struct rd papers = rd_init(got.papers, got.papers_bytes);
	for (size_t i = 0; i < 2; i++) {
		const json_t *c = json_array_get(copies, i);
		size_t n = (size_t)json_integer_value(json_object_get(c, "pdf_bytes"));
		uint8_t *pdf = rig_copy_join(s.a, &papers, c);
		back_tells_the_front(s.a, pdf, n, text_of(c, "number"), "見本　太郎");
	}
	assert_true(rd_done(&papers));
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
a_certificate_of_items_is_issued(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order o = rig_order_of(&s, DOC_KISAI, ORDER_HOUSEHOLD);
	o.options = ORDER_HONSEKI;
	struct rig_reply r = rig_order(&s, &o);
	struct opened got = { 0 };
	assert_int_equal(r.result, 0);
	assert_int_equal(answer_open(s.a, &s, &r, &got), 0);
	assert_string_equal(text_of(got.manifest, "kind"), "kisai");
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
	/* What is kept is not all of it, then no JWE: no answer at all. */
	rig_sql("DELETE FROM issue_paper WHERE part = 2");
	again = rig_order(&s, &o);
	assert_int_equal(again.result, FAULT_INTEGRITY);
	rig_reply_done(&again);
	rig_sql("UPDATE issue SET papers_bytes = (SELECT sum(length(bytes)) FROM issue_paper);"
		"UPDATE issue_paper SET bytes = overlay(bytes PLACING '\\xffff' FROM 1) WHERE part = 1");
	again = rig_order(&s, &o);
	assert_int_equal(again.result, FAULT_INTEGRITY);
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
	rig_sql("UPDATE issue_paper SET issued_ms = issued_ms - %d", FRONT_PAPERS_MS + 60000);
	again = rig_order(&s, &o);
	assert_int_equal(again.result, FRONT_E_GONE);
	front_tidy(&rig.front);
	assert_string_equal(rig_value("SELECT count(*) FROM issue_paper"), "0");
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
	/* Somebody with a hand in the database exchanged two people's cards. */
	{ DOC_JUMINHYO, ORDER_SELF,
	    "UPDATE card SET ref = CASE WHEN ref = @0 THEN @3::bytea ELSE @0 END WHERE ref IN (@0, "
	    "@3)",
	    FAULT_INTEGRITY },
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
	{ DOC_KISAI, ORDER_SELF, "INSERT INTO block VALUES (@0, 1, 1, true, 2, 0)",
	    ISSUE_E_NOT_AVAILABLE }, /* the same record as the 住民票の写し */
	{ DOC_KISAI, ORDER_SELF, "INSERT INTO block VALUES (@0, 1, 1, true, 4, 0)", 0 },
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
	assert_int_equal(json_array_size(json_object_get(j, "kinds")), DOC_KIND_MAX);
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
	assert_int_equal(json_array_size(json_object_get(j, "kinds")), DOC_KIND_MAX - 1);
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
		cmocka_unit_test_setup(a_certificate_of_items_is_issued, rig_reset),
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
		cmocka_unit_test_setup(orders_at_once_are_each_answered_for_themselves, rig_reset),
	};
	return cmocka_run_group_tests_name("front", tests, rig_up, rig_down);
}

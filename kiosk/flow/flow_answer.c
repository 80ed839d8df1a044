/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_answer - docs/PROTOCOL.md section 5 item 1: the last guard before the
 * printer. Every expected value comes from this session's own memory.
 */
#include "kiosk/flow/flow_in.h"

#include "backside/apart.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <string.h>

enum {
	ANSWER_MANIFEST_MAX_BYTES = 65536 * 4,
	ANSWER_JWE_MAX_BYTES = JS_MAX_BYTES,
	ANSWER_BUILD_MAX = 64,
	ANSWER_SEQ_DIGITS_MIN = 6,
	ANSWER_PDF_MIN_BYTES = 64
};

/* A hash in the manifest against ours, in constant time like every comparison of digests. */
static int
manifest_hash_is(const json_t *m, const char *key, const uint8_t want[32], struct err *err)
{
	uint8_t got[32];
	int r = js_hex(m, key, got, sizeof(got), err);
	if (r)
		return err_trace(err, r, "manifest");
	if (!mem_equal(got, want, sizeof(got)))
		return err_raise(err, FAULT_INTEGRITY, "manifest of another session or order", 0);
	return 0;
}

static int
manifest_text_is(const json_t *m, const char *key, const char *want, struct err *err)
{
	const char *got = NULL;
	int r = js_text(m, key, 64, &got, err);
	if (r)
		return err_trace(err, r, "manifest");
	if (strcmp(got, want) != 0)
		return err_raise(err, FAULT_INTEGRITY, "manifest of something else", 0);
	return 0;
}

/* Ours: session, order, municipality, kind. */
static int
manifest_is_ours(const struct flow *f, const json_t *m, struct err *err)
{
	uint8_t id[ORDER_ID_BYTES];
	int64_t v = 0;
	int r = js_int(m, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_hex(m, "order", id, sizeof(id), err);
	if (r == 0 && !mem_equal(id, f->order.id.b, sizeof(id)))
		r = err_raise(err, FAULT_INTEGRITY, "manifest of another order", 0);
	if (r == 0)
		r = manifest_hash_is(m, "th", f->th, err);
	if (r == 0)
		r = manifest_hash_is(m, "oh", f->oh, err);
	if (r == 0)
		r = manifest_text_is(m, "muni", f->order.muni.s, err);
	if (r == 0)
		r = manifest_text_is(m, "kind", doc_kind_name(f->order.kind), err);
	return err_trace(err, r, "manifest");
}

/* The register's state, times, the build: in range and in order. */
static int
manifest_when(struct flow *f, const json_t *m, int64_t now_ms, struct err *err)
{
	const int64_t ahead_ms = now_ms + FLOW_MAX_AHEAD_MS;
	const char *build = NULL;
	int64_t issued_ms = 0;
	int64_t n = 0;
	int r = js_int(m, "rireki", 1, UINT32_MAX, &n, err);
	if (r == 0)
		r = js_int(m, "register_ms", 1, ahead_ms, &n, err);
	/* issued for this order, so not before it (by more than the clocks may differ) */
	if (r == 0)
		r = js_int(
		    m, "issued_ms", f->order.at_ms - FLOW_MAX_AHEAD_MS, ahead_ms, &issued_ms, err);
	if (r == 0)
		r = js_int(m, "not_after_ms", issued_ms, INT64_MAX, &f->papers.not_after_ms, err);
	if (r == 0)
		r = js_text(m, "build", ANSWER_BUILD_MAX, &build, err);
	if (r == 0 && (build[0] == '\0' || !text_is_clean_utf8(build, strlen(build))))
		r = err_raise(err, FAULT_BAD_INPUT, "build", 0);
	if (r == 0)
		r = js_int(m, "schema", 1, UINT32_MAX, &n, err);
	if (r)
		return err_trace(err, r, "manifest");
	return now_ms >= f->papers.not_after_ms ? FLOW_E_LATE : 0;
}

/*
 * 発行番号: municipality, day of issue, this kiosk, a running number. The alphabet
 * is closed, so that a number can go into a job name, a journal, a JSON text.
 */
static int
answer_number(const struct flow *f, const json_t *o, const char *day, char *out, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, "number", FLOW_MAX_NUMBER, &s, err);
	if (r)
		return err_trace(err, r, "number");
	size_t head = strlen(f->order.muni.s) + 1 + strlen(day) + 1 + strlen(f->kiosk) + 1;
	const char *want = arena_printf(f->arena, "%s-%s-%s-", f->order.muni.s, day, f->kiosk);
	if (strncmp(s, want, head) != 0)
		return err_raise(err, FAULT_INTEGRITY, "number of another place or day", 0);
	size_t digits = strspn(s + head, "0123456789");
	if (digits < ANSWER_SEQ_DIGITS_MIN || s[head + digits] != '\0')
		return err_raise(err, FAULT_BAD_INPUT, "running number", (long)digits);
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

/* What the manifest says of one copy's bytes. */
struct copy_told {
	uint8_t rest[32]; /* digest of its PDF apart from its backs */
	struct apart backs;
	uint8_t back[FLOW_MAX_PAGES][32]; /* digest of what each is painted of */
};
_Static_assert((int)FLOW_MAX_PAGES == (int)APART_MAX_BACKS, "each sheet has a back");

static int
answer_pages(const json_t *o, struct copy_told *ret, struct err *err)
{
	static const char *const members[] = { "front", "back", "back_at", NULL };
	const json_t *list = NULL;
	uint8_t front[32];
	int64_t at = 0;
	int r = js_array(o, "pages", FLOW_MAX_PAGES, &list, err);
	if (r == 0 && json_array_size(list) == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "copy without a page", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const json_t *page = json_array_get(list, i);
		r = js_members(page, members, err);
		if (r == 0)
			r = js_hex(page, "front", front, sizeof(front), err);
		if (r == 0)
			r = js_hex(page, "back", ret->back[i], sizeof(ret->back[i]), err);
		if (r == 0)
			r = js_int(page, "back_at", 0, FLOW_MAX_PDF_BYTES, &at, err);
		ret->backs.at[i] = (uint32_t)at;
	}
	if (r)
		return err_trace(err, r, "pages");
	ret->backs.n = (unsigned)json_array_size(list);
	return 0;
}

static int
answer_copy(struct flow *f, const json_t *o, const char *day, unsigned at, struct copy_told *ret,
    struct err *err)
{
	static const char *const members[] = { "number", "serial", "pdf_bytes", "pdf_sha256",
		"pages", NULL };
	struct flow_copy *c = &f->papers.copies[at];
	uint8_t serial[16];
	int64_t pdf_bytes = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = answer_number(f, o, day, c->number, err);
	if (r == 0)
		r = js_hex(o, "serial", serial, sizeof(serial), err);
	if (r == 0)
		r = js_int(
		    o, "pdf_bytes", ANSWER_PDF_MIN_BYTES, FLOW_MAX_PDF_BYTES, &pdf_bytes, err);
	if (r == 0)
		r = js_hex(o, "pdf_sha256", ret->rest, sizeof(ret->rest), err);
	if (r == 0)
		r = answer_pages(o, ret, err);
	if (r)
		return err_trace(err, r, "copy");
	c->pages = ret->backs.n;
	c->pdf_bytes = (size_t)pdf_bytes;
	/* Each copy has a number of its own (標準仕様書 5.5). */
	for (unsigned i = 0; i < at; i++)
		if (strcmp(f->papers.copies[i].number, c->number) == 0)
			return err_raise(err, FAULT_BAD_INPUT, "number twice", (long)at);
	return 0;
}

static int
manifest_copies(struct flow *f, const json_t *m, struct copy_told *told, struct err *err)
{
	const json_t *list = NULL;
	int64_t issued_ms = 0;
	int r = js_int(m, "issued_ms", 0, INT64_MAX, &issued_ms, err);
	if (r == 0)
		r = js_array(m, "copies", ORDER_MAX_COPIES, &list, err);
	if (r)
		return err_trace(err, r, "copies");
	if (json_array_size(list) != f->order.copies)
		return err_raise(err, FAULT_INTEGRITY, "number of copies", 0);
	struct civil_date on = clock_japan(issued_ms).on;
	const char *day = arena_printf(f->arena, "%04d%02d%02d", on.year, on.month, on.day);
	for (unsigned i = 0; r == 0 && i < f->order.copies; i++)
		r = answer_copy(f, json_array_get(list, i), day, i, &told[i], err);
	if (r == 0)
		f->papers.n_copies = f->order.copies;
	return err_trace(err, r, "copies");
}

/* The key that signed must be one pinned before the order, and the manifest must name it. */
static int
manifest_verify(struct flow *f, const char *jws, json_t **ret, struct err *err)
{
	const struct flow_key *key = NULL;
	struct key_id kid;
	struct key_id named;
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = jws_peek_kid(jws, strlen(jws), &kid, err);
	if (r)
		return err_trace(err, r, "manifest");
	for (unsigned i = 0; i < f->n_keys; i++)
		if (memcmp(f->keys[i].kid.b, kid.b, KEY_ID_BYTES) == 0)
			key = &f->keys[i];
	if (key == NULL)
		return err_raise(err, FAULT_INTEGRITY, "manifest by a key not pinned", 0);
	r = jws_verify(f->arena, &key->point, "kofu-manifest", jws, strlen(jws), &p, &bytes, err);
	if (r == 0)
		r = js_parse(p, bytes, ret, err);
	if (r == 0)
		r = js_hex(*ret, "kid", named.b, KEY_ID_BYTES, err);
	if (r == 0 && memcmp(named.b, kid.b, KEY_ID_BYTES) != 0)
		r = err_raise(err, FAULT_INTEGRITY, "manifest names another key", 0);
	return err_trace(err, r, "manifest");
}

static int
manifest_read(
    struct flow *f, const char *jws, int64_t now_ms, struct copy_told *told, struct err *err)
{
	static const char *const members[] = { "v", "order", "th", "oh", "muni", "kind", "copies",
		"rireki", "register_ms", "issued_ms", "not_after_ms", "build", "schema", "kid",
		NULL };
	AUTO(json_t) json_t *m = NULL;
	int r = manifest_verify(f, jws, &m, err);
	if (r == 0)
		r = js_members(m, members, err);
	if (r == 0)
		r = manifest_is_ours(f, m, err);
	if (r == 0)
		r = manifest_when(f, m, now_ms, err);
	if (r == 0)
		r = manifest_copies(f, m, told, err);
	if (r)
		return err_trace(err, r, "manifest");
	sha256(jws, strlen(jws), f->papers.manifest_hash);
	return 0;
}

/*
 * Paints a back and reads it again: it carries what the manifest names and nothing that was painted
 * before.
 */
static int
back_paint(struct flow *f, const uint8_t *of, size_t bytes, uint8_t *modules, struct err *err)
{
	uint8_t *read = NULL;
	size_t n = 0;
	int r = backside_encode(of, bytes, modules, err);
	if (r == BACKSIDE_E_TOO_LARGE)
		return err_raise(err, FAULT_BAD_INPUT, "back", (long)bytes);
	if (r)
		return err_trace(err, r, "back");
	r = backside_read(modules, f->arena, &read, &n);
	if (r != 0 || n != bytes || memcmp(read, of, bytes) != 0)
		return err_raise(err, FAULT_INTEGRITY, "painted back", r);
	return 0;
}

/* Are the modules at @at, which lie in the file, the whole of a stream (ISO 32000-1, 7.3.8)? */
static bool
is_stream(const uint8_t *pdf, size_t bytes, size_t at)
{
	static const char before[] = "stream\r\n", behind[] = "\nendstream";
	const size_t n = sizeof(before) - 1, m = sizeof(behind) - 1;
	return at >= n && bytes - at - BACKSIDE_BYTES >= m &&
	    memcmp(pdf + at - n, before, n) == 0 &&
	    memcmp(pdf + at + BACKSIDE_BYTES, behind, m) == 0;
}

/* Of each sheet what its back is painted of, then the PDF apart from them. */
static int
copy_take(struct flow *f, struct rd *in, const struct copy_told *told, struct flow_copy *c,
    struct err *err)
{
	const uint8_t *of[FLOW_MAX_PAGES];
	size_t bytes[FLOW_MAX_PAGES];
	uint8_t *pdf = NULL;
	uint8_t digest[32];
	for (unsigned i = 0; i < c->pages; i++) {
		of[i] = rd_field32(in, &bytes[i]);
		if (!rd_ok(in))
			return err_raise(err, FAULT_INTEGRITY, "papers too short", (long)i);
		sha256(of[i], bytes[i], digest);
		if (!mem_equal(digest, told->back[i], sizeof(digest)))
			return err_raise(err, FAULT_INTEGRITY, "digest of a back", (long)i);
	}
	const size_t from = in->at;
	int r = apart_take(f->arena, in, c->pdf_bytes, &told->backs, &pdf, err);
	if (r)
		return err_trace(err, r, "copy");
	sha256(in->p + from, in->at - from, digest);
	if (!mem_equal(digest, told->rest, sizeof(digest)))
		return err_raise(err, FAULT_INTEGRITY, "digest of a copy", 0);
	for (unsigned i = 0; i < c->pages && r == 0; i++) {
		if (!is_stream(pdf, c->pdf_bytes, told->backs.at[i]))
			return err_raise(err, FAULT_INTEGRITY, "place of a back", (long)i);
		r = back_paint(f, of[i], bytes[i], pdf + told->backs.at[i], err);
	}
	if (r)
		return err_trace(err, r, "copy");
	c->pdf = pdf;
	return 0;
}

/* The copies lie one behind the other; together they are all of it. */
static int
papers_split(
    struct flow *f, const uint8_t *p, size_t bytes, const struct copy_told *told, struct err *err)
{
	static const char magic[] = "%PDF-";
	struct rd in = rd_init(p, bytes);
	for (unsigned i = 0; i < f->papers.n_copies; i++) {
		struct flow_copy *c = &f->papers.copies[i];
		int r = copy_take(f, &in, &told[i], c, err);
		if (r)
			return err_trace(err, r, "papers");
		if (memcmp(c->pdf, magic, sizeof(magic) - 1) != 0)
			return err_raise(err, FAULT_BAD_INPUT, "copy is no PDF", (long)i);
	}
	if (!rd_done(&in))
		return err_raise(err, FAULT_INTEGRITY, "papers too long", 0);
	return 0;
}

static int
papers_open(struct flow *f, const char *jwe, const struct copy_told *told, struct err *err)
{
	struct key_agreer agreer = key_as_agreer(f->key);
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = jwe_open(f->arena, &agreer, "kofu-papers", f->papers.manifest_hash,
	    sizeof(f->papers.manifest_hash), jwe, strlen(jwe), &p, &bytes, err);
	if (r == 0)
		r = papers_split(f, p, bytes, told, err);
	return err_trace(err, r, "papers");
}

int
flow_answer_read(struct flow *f, const void *body, size_t bytes, int64_t mono_ms, struct err *err)
{
	static const char *const members[] = { "manifest", "papers", NULL };
	struct copy_told *told = arena_zero_n(f->arena, ORDER_MAX_COPIES, sizeof(*told));
	AUTO(json_t) json_t *o = NULL;
	const char *manifest = NULL;
	const char *papers = NULL;
	int r = flow_at(f, FLOW_ORDERED, err);
	if (r)
		return err_trace(err, r, "answer");
	r = js_parse(body, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "manifest", ANSWER_MANIFEST_MAX_BYTES, &manifest, err);
	if (r == 0)
		r = js_text(o, "papers", ANSWER_JWE_MAX_BYTES, &papers, err);
	if (r == 0)
		r = manifest_read(f, manifest, flow_now_ms(f, mono_ms), told, err);
	if (r == 0)
		r = papers_open(f, papers, told, err);
	if (r) {
		mem_wipe(&f->papers, sizeof(f->papers));
		return err_trace(err, r, "answer");
	}
	f->papers.order = f->order.id;
	f->step = FLOW_ANSWERED;
	return 0;
}

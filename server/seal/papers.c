/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/apart.h"
#include "backside/code.h"
#include "backside/envelope.h"
#include "backside/payload.h"
#include "base/mem.h"
#include "domain/muni.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "server/build.h"
#include "server/issue/render_wire.h"
#include "server/seal/demand.h"
#include "server/seal/drawn.h"
#include "server/seal/worker.h"
#include "wire/js.h"
#include "wire/transcript.h"
#include <string.h>

enum { CLOCK_SLACK_MS = 60000, MANIFEST_MAX_BYTES = 65536 };

/* One answer in the making. */
struct making {
	struct seal_worker *w;
	struct seal_muni *muni;
	struct key_signer signer; /* of the generation that the session knows */
	struct arena *a;
	const struct seal_ask *q;
	struct transcript transcript;
	uint8_t th[SHA256_BYTES], oh[SHA256_BYTES];
	uint8_t issuer[CERT_KEY_HASH_BYTES], serial[CERT_MAX_SERIAL]; /* of the card */
	size_t serial_bytes;
	struct demand demand;
	struct payload_ground grounds[RENDER_MAX_PAGES]; /* of the copy in the making */
	struct buf fronts[RENDER_MAX_PAGES];             /* coded; of the copy as well */
	json_t *copies;
	struct buf papers;
};

/* The card signed this transcript, and it is a card of the JPKI. */
static int
card_check(struct making *m, int64_t now_ms, struct err *err)
{
	AUTO(cert) struct cert *c = NULL;
	const struct seal_ask *q = m->q;
	uint8_t hash[SHA256_BYTES];
	int r = transcript_parse(q->transcript, q->transcript_bytes, &m->transcript, err);
	if (r == 0)
		r = cert_parse(q->certificate, q->certificate_bytes, &c, err);
	if (r)
		return err_trace(err, r, "card");
	cert_hash(c, hash);
	if (!mem_equal(hash, m->transcript.cert_hash, sizeof(hash)))
		return SEAL_E_CARD;
	sha256(q->transcript, q->transcript_bytes, m->th);
	r = cert_check(c, m->w->pins, now_ms, m->issuer, NULL, err);
	if (r == 0)
		r = cert_verify_digest(c, m->th, q->signature, q->signature_bytes, err);
	m->serial_bytes = cert_serial(c, m->serial);
	return r > 0 ? SEAL_E_CARD : err_trace(err, r, "card's signature");
}

/* The session's key signed this order, for this session and municipality. */
static int
order_check(struct making *m, struct err *err)
{
	struct key_point point;
	uint8_t *payload = NULL;
	size_t n = 0;
	struct order *o = &m->demand.order;
	memcpy(point.b, m->transcript.point, sizeof(point.b));
	int r = jws_verify(
	    m->a, &point, "kofu-order", m->q->order, m->q->order_bytes, &payload, &n, err);
	if (r == FAULT_INTEGRITY)
		return SEAL_E_ORDER;
	if (r == 0)
		r = order_parse(payload, n, o, err);
	if (r)
		return err_fold(err, r, "order");
	sha256(payload, n, m->oh);
	if (!mem_equal(o->transcript, m->th, SHA256_BYTES) || !muni_equal(o->muni, m->q->muni) ||
	    o->copies != m->q->n_copies)
		return SEAL_E_ORDER;
	return 0;
}

static int
row_open(struct making *m, const struct seal_row_box *b, struct err *err)
{
	struct demand *d = &m->demand;
	uint8_t *p = NULL;
	size_t n = 0;
	int r = vault_row_open(&m->muni->vault, m->a, b->kind, &b->ref, b->rireki_no, b->sealed,
	    b->sealed_bytes, &p, &n, err);
	if (r == FAULT_INTEGRITY)
		return SEAL_E_ROW;
	if (r)
		return err_fold(err, r, "row");
	if (b->kind == VAULT_SEAL) {
		if (d->has_seal)
			return SEAL_E_ROW;
		d->has_seal = true;
		d->seal_ref = b->ref;
		return err_trace(err, seal_row_decode(m->a, p, n, &d->seal, err), "seal");
	}
	if (d->has_seal || d->n_people == ORDER_MAX_PERSONS + 1 ||
	    (d->n_people > 0 && !d->people[d->n_people - 1].printed))
		return SEAL_E_ROW; /* out of order */
	struct demand_person *one = &d->people[d->n_people++];
	one->ref = b->ref;
	one->printed = b->printed;
	d->n_printed += b->printed;
	r = resident_decode(m->a, p, n, &one->row, err);
	if (r == 0 && one->row.rireki_no != b->rireki_no)
		return SEAL_E_ROW;
	return err_trace(err, r, "resident");
}

/* The applicant is whom the card's own row names: the front's word for it is not enough. */
static int
holder_check(struct making *m, struct err *err)
{
	int r = vault_card_check(
	    &m->muni->vault, &m->q->card, m->issuer, m->serial, m->serial_bytes, err);
	return r == FAULT_INTEGRITY ? SEAL_E_ROW : err_trace(err, r, "holder");
}

/* An older version than one that was in force by then: an old row brought back. */
static bool
imprint_is_of_before(const struct seal_muni *muni, const struct seal_ask *q)
{
	return q->imprint.number < muni->imprint_number &&
	    q->issued_ms >= muni->imprint_holds_ms + CLOCK_SLACK_MS;
}

/*
 * What the municipality prints of itself: the configuration's, or a version that two of its staff
 * made under its data key. The paper is held against this one, whatever the front drew it with.
 */
static int
imprint_check(struct making *m, struct err *err)
{
	const struct imprint_row *row = &m->q->imprint;
	struct imprint imprint;
	m->demand.profile = &m->muni->conf->parsed;
	if (imprint_is_of_before(m->muni, m->q))
		return SEAL_E_ROW;
	if (row->number == 0)
		return 0;
	int r = imprint_row_read(&m->muni->vault, m->a, row, &imprint, err);
	if (r == FAULT_INTEGRITY || (r == 0 && row->holds_ms > m->q->issued_ms))
		return SEAL_E_ROW;
	if (r)
		return err_trace(err, r, "imprint");
	struct profile *own = arena_memdup(m->a, &m->muni->conf->parsed, sizeof(*own));
	imprint_apply(&imprint, own);
	m->demand.profile = own;
	if (row->number > m->muni->imprint_number) {
		m->muni->imprint_number = row->number;
		m->muni->imprint_holds_ms = row->holds_ms;
	}
	return 0;
}

static int
rows_check(struct making *m, struct err *err)
{
	struct demand *d = &m->demand;
	int r = seal_worker_vault(m->w, m->muni, m->q, err);
	if (r == 0)
		r = imprint_check(m, err);
	if (r == 0)
		r = holder_check(m, err);
	for (unsigned i = 0; i < m->q->n_rows && r == 0; i++)
		r = row_open(m, &m->q->rows[i], err);
	if (r)
		return err_trace(err, r, "rows");
	d->fonts = m->w->fonts;
	d->self = m->q->self;
	d->whole_household = m->q->whole_household;
	d->issued_ms = m->q->issued_ms;
	/* A ref is the keyed hash of the number in the row: the row cannot lie about whose it is.
	 */
	for (unsigned i = 0; i < d->n_people; i++) {
		struct person_ref ref;
		vault_person_ref(&m->muni->vault, d->people[i].row.atena_no, &ref);
		if (!mem_equal(ref.b, d->people[i].ref.b, PERSON_REF_BYTES))
			return SEAL_E_ROW;
	}
	if (d->has_seal) {
		struct person_ref ref;
		vault_person_ref(&m->muni->vault, d->seal.atena_no, &ref);
		if (!mem_equal(ref.b, d->seal_ref.b, PERSON_REF_BYTES))
			return SEAL_E_ROW;
	}
	return demand_check_rows(d) ? 0 : SEAL_E_ROW;
}

/* The front of one page as the record that its back carries. */
static int
record_make(struct making *m, const struct seal_copy *copy, const struct render_doc *doc,
    unsigned page, const uint8_t tie[32], struct buf *out, struct err *err)
{
	struct payload_field *fields = arena_zero_n(m->a, doc->n_fields, sizeof(*fields));
	const struct demand_person *self = demand_self(&m->demand);
	struct payload p = {
		.page = page + 1,
		.pages = doc->n_pages,
		.issue_number = copy->number,
		.kind = (unsigned)m->demand.order.kind,
		.registered_at_ms = m->q->register_ms / 1000 * 1000,
		.history = self->row.rireki_no,
		.fields = fields,
		.ground = m->grounds[page],
		.raster = m->fronts[page].p,
		.raster_bytes = m->fronts[page].bytes,
	};
	memcpy(p.tie, tie, sizeof(p.tie));
	memcpy(p.subject, m->q->self.b, sizeof(p.subject));
	for (unsigned i = 0; i < doc->n_fields; i++) {
		const struct render_field *f = &doc->fields[i];
		if (f->page == page)
			fields[p.n_fields++] = (struct payload_field){
				.key = f->key, .value = f->value, .box = { f->x, f->y, f->w, f->h }
			};
	}
	int r = payload_encode(&p, out, err);
	if (r == PAYLOAD_E_TOO_LARGE)
		return SEAL_E_TOO_LARGE;
	return err_fold(err, r, "record");
}

/* Signs and seals the record, which the kiosk paints the back of. */
static int
back_make(struct making *m, const struct seal_copy *copy, const struct buf *record,
    uint8_t ret_hash[SHA256_BYTES], struct err *err)
{
	struct envelope_seal s = {
		.muni = m->q->muni,
		.issued_at_ms = m->q->issued_ms / 1000 * 1000,
		.front_code = copy->front_code,
		.recipient = m->w->inquiry,
		.signer = m->signer,
	};
	struct buf sealed;
	memcpy(s.serial, copy->serial, sizeof(s.serial));
	buf_init(&sealed, ENVELOPE_MAX_BYTES);
	int r = envelope_seal(&s, record->p, record->bytes, &sealed, err);
	if (r == 0 && backside_rate_for(sealed.bytes) < 0)
		r = BACKSIDE_E_TOO_LARGE;
	if (r == 0) {
		sha256(sealed.p, sealed.bytes, ret_hash);
		buf_field32(&m->papers, sealed.p, sealed.bytes);
	}
	buf_done(&sealed);
	if (r == ENVELOPE_E_TOO_LARGE || r == BACKSIDE_E_TOO_LARGE)
		return SEAL_E_TOO_LARGE;
	return err_fold(err, r, "back");
}

/* What ties the pages of one copy: a digest over its number and all its fronts. */
static void
tie_make(const struct seal_copy *copy, const struct render_doc *doc, uint8_t front[][SHA256_BYTES],
    uint8_t tie[SHA256_BYTES])
{
	struct sha256_part parts[2 + RENDER_MAX_PAGES] = {
		{ "KOFU-TIE-1", 11 },
		{ copy->number, strlen(copy->number) + 1 },
	};
	for (unsigned i = 0; i < doc->n_pages; i++)
		parts[2 + i] = (struct sha256_part){ front[i], SHA256_BYTES };
	sha256_parts(parts, 2 + doc->n_pages, tie);
}

static int
page_make(struct making *m, const struct seal_copy *copy, const struct render_doc *doc,
    unsigned page, const uint8_t tie[32], uint8_t back[SHA256_BYTES], struct err *err)
{
	struct buf record;
	buf_init(&record, PAYLOAD_MAX_BYTES);
	int r = record_make(m, copy, doc, page, tie, &record, err);
	if (r == 0)
		r = back_make(m, copy, &record, back, err);
	buf_done(&record);
	return err_trace(err, r, "page");
}

/* The PDF but for its backs; what the manifest says of it is the digest of just that. */
static void
rest_put(struct making *m, const struct render_doc *doc, uint8_t ret_hash[SHA256_BYTES])
{
	struct apart backs;
	const size_t from = m->papers.bytes;
	render_doc_backs(doc, &backs);
	apart_put(doc->pdf, doc->pdf_bytes, &backs, &m->papers);
	if (buf_ok(&m->papers)) /* else there is no paper: copies_make */
		sha256(m->papers.p + from, m->papers.bytes - from, ret_hash);
}

static void
copy_describe(struct making *m, const struct seal_copy *copy, size_t pdf_bytes,
    const uint8_t hash[SHA256_BYTES], json_t *pages)
{
	json_t *j = json_object();
	js_put_text(j, "number", copy->number);
	js_put_hex(j, "serial", copy->serial, SEAL_SERIAL_BYTES);
	js_put_int(j, "pdf_bytes", (int64_t)pdf_bytes);
	js_put_hex(j, "pdf_sha256", hash, SHA256_BYTES);
	js_put(j, "pages", pages);
	(void)json_array_append_new(m->copies, j);
}

static int
pages_make(
    struct making *m, const struct seal_copy *copy, const struct render_doc *doc, struct err *err)
{
	uint8_t front[RENDER_MAX_PAGES][SHA256_BYTES], tie[SHA256_BYTES];
	uint8_t hash[SHA256_BYTES] = { 0 };
	json_t *pages = json_array();
	int r = 0;
	for (unsigned i = 0; i < doc->n_pages; i++)
		sha256(m->fronts[i].p, m->fronts[i].bytes, front[i]);
	tie_make(copy, doc, front, tie);
	for (unsigned i = 0; i < doc->n_pages && r == 0; i++) {
		uint8_t back[SHA256_BYTES] = { 0 };
		json_t *j = json_object();
		r = page_make(m, copy, doc, i, tie, back, err);
		js_put_hex(j, "front", front[i], SHA256_BYTES);
		js_put_hex(j, "back", back, SHA256_BYTES);
		js_put_int(j, "back_at", (int64_t)doc->pages[i].back_at);
		(void)json_array_append_new(pages, j);
	}
	if (r) {
		json_decref(pages);
		return err_trace(err, r, "copy");
	}
	rest_put(m, doc, hash);
	copy_describe(m, copy, doc->pdf_bytes, hash, pages);
	return 0;
}

static int
copy_make(struct making *m, const struct seal_copy *copy, struct render_doc *doc, struct err *err)
{
	int r = demand_check_paper(&m->demand, m->a, copy, doc, m->grounds, err);
	if (r)
		return err_trace(err, r, "paper");
	for (unsigned i = 0; i < doc->n_pages; i++)
		buf_init(&m->fronts[i], PAYLOAD_MAX_RASTER_BYTES);
	for (unsigned i = 0; i < doc->n_pages && r == 0; i++)
		r = drawn_encode(m->w->glyphs, m->w->fonts, doc->pages[i].drawn, m->demand.profile,
		    &m->fronts[i], err);
	if (r == 0)
		r = pages_make(m, copy, doc, err);
	for (unsigned i = 0; i < doc->n_pages; i++)
		buf_done(&m->fronts[i]);
	return err_trace(err, r, "copy");
}

static int
copies_make(struct making *m, struct err *err)
{
	struct render_result *result = arena_zero(m->a, sizeof(*result));
	int r = render_result_decode(m->a, m->q->rendered, m->q->rendered_bytes, result, err);
	if (r)
		return err_trace(err, r, "rendered");
	if (result->n_copies != m->q->n_copies)
		return SEAL_E_PAPER;
	for (unsigned i = 0; i < m->q->n_copies && r == 0; i++)
		r = copy_make(m, &m->q->copies[i], &result->docs[i], err);
	if (r == 0 && !buf_ok(&m->papers))
		r = SEAL_E_TOO_LARGE;
	return err_trace(err, r, "copies");
}

static int
manifest_make(struct making *m, struct seal_answer *ret, struct err *err)
{
	AUTO(json_t) json_t *j = json_object();
	const struct order *o = &m->demand.order;
	struct key_id kid;
	struct buf text;
	char *jws = NULL;
	key_id_of(&m->signer.point, &kid);
	js_put_int(j, "v", 1);
	js_put_hex(j, "order", o->id.b, ORDER_ID_BYTES);
	js_put_hex(j, "th", m->th, sizeof(m->th));
	js_put_hex(j, "oh", m->oh, sizeof(m->oh));
	js_put_text(j, "muni", m->q->muni.s);
	js_put_text(j, "kind", doc_kind_name(o->kind));
	js_put(j, "copies", json_incref(m->copies));
	js_put_int(j, "rireki", demand_self(&m->demand)->row.rireki_no);
	js_put_int(j, "register_ms", m->q->register_ms);
	js_put_int(j, "issued_ms", m->q->issued_ms);
	js_put_int(j, "not_after_ms", m->q->issued_ms + SEAL_VALID_MS);
	js_put_text(j, "build", KOFU_BUILD);
	js_put_int(j, "schema", (int64_t)m->q->schema);
	js_put_hex(j, "kid", kid.b, KEY_ID_BYTES);
	buf_init(&text, MANIFEST_MAX_BYTES);
	int r = js_format(j, &text, err);
	if (r == 0)
		r = jws_sign(m->a, &m->signer, "kofu-manifest", text.p, text.bytes, &jws, err);
	buf_done(&text);
	if (r)
		return err_fold(err, r, "manifest");
	ret->manifest = jws;
	ret->manifest_bytes = strlen(jws);
	return 0;
}

static int
papers_seal(struct making *m, struct seal_answer *ret, struct err *err)
{
	struct key_point session;
	uint8_t apv[SHA256_BYTES];
	uint8_t *jwe = NULL;
	memcpy(session.b, m->transcript.point, sizeof(session.b));
	sha256(ret->manifest, ret->manifest_bytes, apv);
	int r = jwe_seal_packed(m->a, &session, "kofu-papers", apv, sizeof(apv), m->papers.p,
	    m->papers.bytes, &jwe, &ret->papers_bytes, err);
	if (r)
		return err_fold(err, r, "papers");
	ret->papers = jwe;
	return 0;
}

static int
making_run(struct making *m, int64_t now_ms, struct seal_answer *ret, struct err *err)
{
	int64_t skew_ms = now_ms - m->q->issued_ms;
	if (skew_ms > CLOCK_SLACK_MS || skew_ms < -CLOCK_SLACK_MS)
		return err_raise(err, FAULT_BAD_INPUT, "instant of issue", (long)skew_ms);
	const struct order *o = &m->demand.order;
	struct err told = { 0 };
	if (seal_worker_inquiry(m->w, &told))
		log_fault("seal.inquiry-key", (struct txn_id){ 0 }, &told);
	int r = seal_worker_muni(m->w, m->q->muni, &m->muni);
	if (r == 0)
		r = card_check(m, now_ms, err);
	if (r == 0)
		r = order_check(m, err);
	if (r == 0)
		r = rows_check(m, err);
	if (r == 0)
		r = seal_worker_signer(m->w, m->muni, o->keys, o->n_keys, &m->signer, err);
	if (r == 0)
		r = copies_make(m, err);
	if (r == 0)
		r = manifest_make(m, ret, err);
	if (r == 0)
		r = papers_seal(m, ret, err);
	return err_trace(err, r, "papers");
}

int
papers_make(struct seal_worker *w, struct arena *a, const struct seal_ask *q, int64_t now_ms,
    struct seal_answer *ret, struct err *err)
{
	struct making *m = arena_zero(a, sizeof(*m));
	struct seal_answer answer = { 0 };
	*m = (struct making){ .w = w, .a = a, .q = q, .copies = json_array() };
	buf_init(&m->papers, SEAL_MAX_BYTES / 4 * 3); /* base64 of it must fit an answer */
	int r = making_run(m, now_ms, &answer, err);
	buf_done(&m->papers);
	json_decref(m->copies);
	if (r == 0)
		*ret = answer;
	return r;
}

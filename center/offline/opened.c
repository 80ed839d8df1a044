/* SPDX-License-Identifier: Apache-2.0 */
#include "center/offline/opened.h"
#include "domain/muni.h"
#include "pki/hash.h"

#include <string.h>

int
opened_read(struct arena *a, const struct envelope_opened *e, struct opened *ret, struct err *err)
{
	struct opened o = { .envelope = *e };
	if (envelope_opened_peek(e, &o.header) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "header", 0);
	int r = payload_parse(a, e->record, e->record_bytes, &o.record, err);
	if (r == 0)
		r = bilevel_decode(a, o.record.raster, o.record.raster_bytes, &o.page, err);
	if (r)
		return err_trace(err, r, "opened record");
	*ret = o;
	return 0;
}

static json_t *
fields_json(const struct payload *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->n_fields; i++) {
		const struct payload_field *f = &p->fields[i];
		json_t *o = json_object();
		js_put_text(o, "key", f->key);
		js_put_text(o, "value", f->value);
		js_put(
		    o, "box_tenth_mm", json_pack("[iiii]", f->box.x, f->box.y, f->box.w, f->box.h));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* What the manifest has of a front: of a coded page of before version 3 it has the pixels. */
static void
front_hash(const struct opened *o, uint8_t ret[SHA256_BYTES])
{
	if (o->record.raster[0] == BILEVEL_VERSION_DRAWN)
		sha256(o->record.raster, o->record.raster_bytes, ret);
	else
		sha256(o->page.p, o->page.stride_bytes * o->page.h_px, ret);
}

json_t *
opened_json(const struct opened *o)
{
	const struct envelope_opened *e = &o->envelope;
	uint8_t hash[SHA256_BYTES];
	json_t *j = json_object();
	front_hash(o, hash);
	js_put_int(j, "v", OPENED_VERSION);
	js_put_text(j, "muni", o->header.muni.s);
	js_put_hex(j, "signer", o->header.signer.b, KEY_ID_BYTES);
	js_put_hex(j, "serial", o->header.serial, ENVELOPE_SERIAL_BYTES);
	js_put_int(j, "issued_at_ms", o->header.issued_at_ms);
	js_put_text(j, "number", o->record.issue_number);
	js_put_int(j, "kind", (int64_t)o->record.kind);
	js_put_int(j, "page", (int64_t)o->record.page);
	js_put_int(j, "pages", (int64_t)o->record.pages);
	js_put_hex(j, "tie", o->record.tie, PAYLOAD_TIE_BYTES);
	js_put_hex(j, "subject", o->record.subject, PAYLOAD_SUBJECT_BYTES);
	js_put_int(j, "registered_at_ms", o->record.registered_at_ms);
	js_put_int(j, "history", (int64_t)o->record.history);
	js_put(j, "fields", fields_json(&o->record));
	js_put_hex(j, "page_sha256", hash, SHA256_BYTES);
	js_put_b64url(j, "front", e->front, sizeof(e->front));
	js_put_b64url(j, "signature", e->signature, sizeof(e->signature));
	js_put_b64url(j, "record", e->record, e->record_bytes);
	return j;
}

static int
fixed(
    struct arena *a, const json_t *j, const char *key, uint8_t *out, size_t bytes, struct err *err)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int r = js_b64url(a, j, key, bytes, &p, &n, err);
	if (r == 0 && n != bytes)
		r = err_raise(err, FAULT_BAD_INPUT, "length", (long)n);
	if (r == 0)
		memcpy(out, p, bytes);
	return r;
}

static int
parts_take(struct arena *a, const json_t *j, struct envelope_opened *ret, struct err *err)
{
	static const char *const members[] = { "v", "muni", "signer", "serial", "issued_at_ms",
		"number", "kind", "page", "pages", "tie", "subject", "registered_at_ms", "history",
		"fields", "page_sha256", "front", "signature", "record", NULL };
	int64_t version = 0;
	uint8_t *record = NULL;
	int r = js_members(j, members, err);
	if (r == 0)
		r = js_int(j, "v", OPENED_VERSION, OPENED_VERSION, &version, err);
	if (r == 0)
		r = fixed(a, j, "front", ret->front, sizeof(ret->front), err);
	if (r == 0)
		r = fixed(a, j, "signature", ret->signature, sizeof(ret->signature), err);
	if (r == 0)
		r = js_b64url(a, j, "record", PAYLOAD_MAX_BYTES, &record, &ret->record_bytes, err);
	ret->record = record;
	return err_trace(err, r, "opened record");
}

/* The key must be one of the very municipality that the header names. */
static const struct opened_signer *
signer_of(const struct envelope_header *h, const struct opened_signer *signers, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (memcmp(signers[i].key.id.b, h->signer.b, KEY_ID_BYTES) == 0 &&
		    muni_equal(signers[i].muni, h->muni))
			return &signers[i];
	return NULL;
}

/* Nothing of a record is looked at before its signature was. */
static int
signature_check(const struct envelope_opened *e, const struct opened_signer *signers, unsigned n,
    struct err *err)
{
	struct envelope_header h;
	if (envelope_opened_peek(e, &h) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "header", 0);
	const struct opened_signer *s = signer_of(&h, signers, n);
	if (s == NULL)
		return OPENED_E_KEY;
	int r = envelope_opened_verify(e, &s->key.point, err);
	if (r == ENVELOPE_E_FORGED)
		return OPENED_E_FORGED;
	int judged = r == 0 ? keydir_judge(&s->key, h.issued_at_ms) : 0;
	if (judged != 0)
		return judged == KEYDIR_E_REVOKED ? OPENED_E_REVOKED : OPENED_E_NOT_THEN;
	return err_fold(err, r, "signature");
}

int
opened_check(struct arena *a, const void *text, size_t bytes, const struct opened_signer *signers,
    unsigned n_signers, struct opened *ret, struct err *err)
{
	AUTO(json_t) json_t *given = NULL;
	AUTO(json_t) json_t *want = NULL;
	struct envelope_opened e = { .record = NULL };
	struct opened o;
	if (bytes > OPENED_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "length", (long)bytes);
	int r = js_parse(text, bytes, &given, err);
	if (r == 0)
		r = parts_take(a, given, &e, err);
	if (r == 0)
		r = signature_check(&e, signers, n_signers, err);
	if (r == 0)
		r = opened_read(a, &e, &o, err);
	if (r)
		return err_trace(err, r, "opened record");
	want = opened_json(&o);
	if (!json_equal(given, want))
		return OPENED_E_DIFFERS;
	*ret = o;
	return 0;
}

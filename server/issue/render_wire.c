/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/render_wire.h"
#include "base/mem.h"
#include "base/text.h"
#include "domain/muni.h"
#include <string.h>

enum { FIELDS_LIKELY_BYTES = 16 * 1024 }; /* of a page */
static const char request_label[4] = "KRQ2", result_label[4] = "KRS4";

static bool
label_is(struct rd *r, const char label[4])
{
	const uint8_t *p = rd_bytes(r, 4);
	return p != NULL && memcmp(p, label, 4) == 0;
}

/* A text of 1..max bytes (0 too when it may be empty), clean UTF-8, into the arena. */
static const char *
text_field(struct rd *r, struct arena *a, size_t max, bool may_be_empty)
{
	size_t n = 0;
	const uint8_t *p = rd_field16(r, &n);
	if (!rd_ok(r) || n > max || (n == 0 && !may_be_empty))
		return NULL;
	if (n == 0)
		return "";
	if (!text_is_clean_utf8((const char *)p, n))
		return NULL;
	return arena_strndup(a, (const char *)p, n);
}

/* The printed code: 16 of Crockford's digits. */
static bool
code_read(struct rd *r, char out[RENDER_FRONT_CODE_CHARS + 1])
{
	const uint8_t *p = rd_bytes(r, RENDER_FRONT_CODE_CHARS);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < RENDER_FRONT_CODE_CHARS; i++)
		if (p[i] == 0 || strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", p[i]) == NULL)
			return false;
	memcpy(out, p, RENDER_FRONT_CODE_CHARS);
	out[RENDER_FRONT_CODE_CHARS] = '\0';
	return true;
}

void
render_request_encode(const struct render_request *q, struct buf *out)
{
	struct buf row;
	buf_init(&row, SEAL_ROW_MAX_BYTES);
	buf_put(out, request_label, 4);
	buf_put(out, q->muni.s, 6);
	buf_u8(out, (uint8_t)q->kind);
	buf_u8(out, q->whole_household);
	buf_u32(out, q->options);
	buf_u16(out, (uint16_t)q->issued_on.year);
	buf_u8(out, (uint8_t)q->issued_on.month);
	buf_u8(out, (uint8_t)q->issued_on.day);
	buf_u16(out, (uint16_t)q->n_persons);
	for (unsigned i = 0; i < q->n_persons; i++) {
		row.bytes = 0;
		resident_encode(&q->persons[i], &row);
		out->failed |= row.failed;
		buf_field32(out, row.p, row.bytes);
	}
	row.bytes = 0;
	if (q->has_seal)
		seal_row_encode(&q->seal, &row);
	out->failed |= row.failed;
	buf_field32(out, row.p, row.bytes);
	buf_u8(out, (uint8_t)q->n_copies);
	for (unsigned i = 0; i < q->n_copies; i++) {
		buf_field16(out, q->copies[i].number, strlen(q->copies[i].number));
		buf_put(out, q->copies[i].front_code, RENDER_FRONT_CODE_CHARS);
	}
	buf_u8(out, q->sample);
	buf_field32(out, q->imprint, q->imprint != NULL ? q->imprint_bytes : 0);
	buf_done(&row);
}

static int
request_rows(struct arena *a, struct rd *r, struct render_request *q, struct err *err)
{
	q->n_persons = rd_u16(r);
	if (q->n_persons < 1 || q->n_persons > ORDER_MAX_PERSONS)
		return err_raise(err, FAULT_BAD_INPUT, "number of persons", q->n_persons);
	for (unsigned i = 0; i < q->n_persons; i++) {
		size_t n = 0;
		const uint8_t *p = rd_field32(r, &n);
		int e = resident_decode(a, p, n, &q->persons[i], err);
		if (e)
			return err_trace(err, e, "person");
	}
	size_t n = 0;
	const uint8_t *p = rd_field32(r, &n);
	q->has_seal = n > 0;
	if (!q->has_seal)
		return 0;
	return err_trace(err, seal_row_decode(a, p, n, &q->seal, err), "seal");
}

static int
request_copies(struct arena *a, struct rd *r, struct render_request *q, struct err *err)
{
	q->n_copies = rd_u8(r);
	if (q->n_copies < 1 || q->n_copies > ORDER_MAX_COPIES)
		return err_raise(err, FAULT_BAD_INPUT, "number of copies", q->n_copies);
	for (unsigned i = 0; i < q->n_copies; i++) {
		q->copies[i].number = text_field(r, a, RENDER_WIRE_MAX_NUMBER, false);
		if (q->copies[i].number == NULL || !code_read(r, q->copies[i].front_code))
			return err_raise(err, FAULT_BAD_INPUT, "copy", i);
	}
	return 0;
}

static int
request_imprint(struct arena *a, struct rd *r, struct render_request *q, struct err *err)
{
	unsigned sample = rd_u8(r);
	const uint8_t *p = rd_field32(r, &q->imprint_bytes);
	if (!rd_ok(r) || sample > 1 || q->imprint_bytes > IMPRINT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "imprint", (long)q->imprint_bytes);
	q->sample = sample == 1;
	q->imprint = q->imprint_bytes > 0 ? arena_memdup(a, p, q->imprint_bytes) : NULL;
	return 0;
}

int
render_request_decode(
    struct arena *a, const void *p, size_t bytes, struct render_request *ret, struct err *err)
{
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct rd r = rd_init(p, bytes);
	if (!label_is(&r, request_label))
		return err_raise(err, FAULT_BAD_INPUT, "label", 0);
	const uint8_t *muni = rd_bytes(&r, 6);
	if (muni == NULL || !muni_parse((const char *)muni, 6, &q->muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality", 0);
	unsigned kind = rd_u8(&r), whole = rd_u8(&r);
	q->options = rd_u32(&r);
	q->issued_on.year = rd_u16(&r);
	q->issued_on.month = rd_u8(&r);
	q->issued_on.day = rd_u8(&r);
	if (doc_kind_name((enum doc_kind)kind) == NULL || whole > 1 ||
	    (q->options & ~(unsigned)ORDER_OPTIONS_ALL) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "kind or options", kind);
	if (q->issued_on.year < 2019 || q->issued_on.year > 9999 || q->issued_on.month < 1 ||
	    q->issued_on.month > 12 || q->issued_on.day < 1 || q->issued_on.day > 31)
		return err_raise(err, FAULT_BAD_INPUT, "day of issue", 0);
	q->kind = (enum doc_kind)kind;
	q->whole_household = whole == 1;
	int e = request_rows(a, &r, q, err);
	if (e)
		return err_trace(err, e, "rows");
	e = request_copies(a, &r, q, err);
	if (e == 0)
		e = request_imprint(a, &r, q, err);
	if (e)
		return err_trace(err, e, "copies");
	if (!rd_done(&r))
		return err_raise(err, FAULT_BAD_INPUT, "length", (long)bytes);
	if (q->kind == DOC_INKAN ? !q->has_seal || q->n_persons != 1 : q->has_seal)
		return err_raise(err, FAULT_BAD_INPUT, "rows of this kind", (long)kind);
	*ret = *q;
	return 0;
}

void
render_doc_backs(const struct render_doc *d, struct apart *ret)
{
	_Static_assert((int)RENDER_BACK_BYTES == (int)BACKSIDE_BYTES, "white samples");
	*ret = (struct apart){ .n = d->n_pages };
	for (unsigned i = 0; i < d->n_pages; i++)
		ret->at[i] = (uint32_t)d->pages[i].back_at;
}

static void
doc_encode(const struct render_doc *d, struct buf *out)
{
	struct apart backs;
	render_doc_backs(d, &backs);
	buf_u8(out, (uint8_t)d->n_pages);
	buf_put(out, d->digest, RENDER_DIGEST_CHARS);
	buf_u32(out, (uint32_t)d->pdf_bytes);
	for (unsigned i = 0; i < d->n_pages; i++) {
		buf_u32(out, (uint32_t)d->pages[i].back_at);
		buf_put(out, d->pages[i].front, RENDER_FRONT_BYTES);
	}
	apart_put(d->pdf, d->pdf_bytes, &backs, out);
	buf_u16(out, (uint16_t)d->n_fields);
	for (unsigned i = 0; i < d->n_fields; i++) {
		const struct render_field *f = &d->fields[i];
		buf_u8(out, (uint8_t)f->page);
		buf_field16(out, f->key, strlen(f->key));
		buf_field16(out, f->value, strlen(f->value));
		buf_u16(out, f->x);
		buf_u16(out, f->y);
		buf_u16(out, f->w);
		buf_u16(out, f->h);
	}
}

void
render_result_encode(const struct render_result *r, struct buf *out)
{
	unsigned n = r->outcome == 0 ? r->n_copies : 0;
	const char *item = r->outcome != 0 && r->failed_item != NULL ? r->failed_item : "";
	size_t expected = 0;
	for (unsigned i = 0; i < n; i++)
		expected += r->docs[i].pdf_bytes + (size_t)r->docs[i].n_pages * FIELDS_LIKELY_BYTES -
		    (size_t)r->docs[i].n_pages * RENDER_BACK_BYTES;
	buf_expect(out, expected);
	buf_put(out, result_label, 4);
	buf_u16(out, (uint16_t)r->outcome);
	buf_field16(out, item, strlen(item));
	buf_u8(out, (uint8_t)n);
	for (unsigned i = 0; i < n; i++)
		doc_encode(&r->docs[i], out);
}

static int
fields_decode(struct arena *a, struct rd *r, struct render_doc *d, struct err *err)
{
	d->n_fields = rd_u16(r);
	if (d->n_fields > RENDER_MAX_FIELDS)
		return err_raise(err, FAULT_BAD_INPUT, "number of fields", d->n_fields);
	struct render_field *f = arena_zero_n(a, d->n_fields, sizeof(*f));
	for (unsigned i = 0; i < d->n_fields; i++) {
		f[i].page = rd_u8(r);
		f[i].key = text_field(r, a, RENDER_WIRE_MAX_KEY, false);
		f[i].value = text_field(r, a, RENDER_WIRE_MAX_VALUE, true);
		f[i].x = rd_u16(r);
		f[i].y = rd_u16(r);
		f[i].w = rd_u16(r);
		f[i].h = rd_u16(r);
		if (f[i].key == NULL || f[i].value == NULL || f[i].page >= d->n_pages)
			return err_raise(err, FAULT_BAD_INPUT, "field", i);
	}
	d->fields = f;
	return 0;
}

static int
pages_decode(struct rd *r, struct render_doc *d, struct err *err)
{
	for (unsigned i = 0; i < d->n_pages; i++) {
		d->pages[i].back_at = rd_u32(r);
		const uint8_t *front = rd_bytes(r, RENDER_FRONT_BYTES);
		if (front == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "page", i);
		memcpy(d->pages[i].front, front, RENDER_FRONT_BYTES);
	}
	return 0;
}

static int
doc_decode(struct arena *a, struct rd *r, struct render_doc *d, struct err *err)
{
	d->n_pages = rd_u8(r);
	const uint8_t *digest = rd_bytes(r, RENDER_DIGEST_CHARS);
	d->pdf_bytes = rd_u32(r);
	if (!rd_ok(r) || d->n_pages < 1 || d->n_pages > RENDER_MAX_PAGES ||
	    d->pdf_bytes > RENDER_WIRE_MAX_PDF ||
	    !text_is_clean_utf8((const char *)digest, RENDER_DIGEST_CHARS))
		return err_raise(err, FAULT_BAD_INPUT, "document", d->n_pages);
	memcpy(d->digest, digest, RENDER_DIGEST_CHARS);
	struct apart backs;
	int e = pages_decode(r, d, err);
	render_doc_backs(d, &backs);
	if (e == 0)
		e = apart_take(a, r, d->pdf_bytes, &backs, &d->pdf, err);
	if (e)
		return err_trace(err, e, "document");
	return fields_decode(a, r, d, err);
}

int
render_result_decode(
    struct arena *a, const void *p, size_t bytes, struct render_result *ret, struct err *err)
{
	struct render_result *q = arena_zero(a, sizeof(*q));
	struct rd r = rd_init(p, bytes);
	if (!label_is(&r, result_label))
		return err_raise(err, FAULT_BAD_INPUT, "label", 0);
	q->outcome = rd_u16(&r);
	q->failed_item = text_field(&r, a, RENDER_WIRE_MAX_KEY, true);
	q->n_copies = rd_u8(&r);
	if (q->failed_item == NULL || q->n_copies > ORDER_MAX_COPIES ||
	    (q->outcome == 0) != (q->n_copies > 0) ||
	    (q->outcome == 0 && q->failed_item[0] != '\0') ||
	    (q->outcome != 0 && (q->outcome < RENDER_E_NO_GLYPH || q->outcome > RENDER_E_MISSING)))
		return err_raise(err, FAULT_BAD_INPUT, "outcome", q->outcome);
	for (unsigned i = 0; i < q->n_copies; i++) {
		int e = doc_decode(a, &r, &q->docs[i], err);
		if (e)
			return err_trace(err, e, "copy");
	}
	if (!rd_done(&r))
		return err_raise(err, FAULT_BAD_INPUT, "length", (long)bytes);
	*ret = *q;
	return 0;
}

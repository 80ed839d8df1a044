/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/seal.h"
#include "domain/muni.h"
#include "server/issue/render_wire.h"
#include "wire/transcript.h"
#include "pki/cert.h"
#include <string.h>

enum { ORDER_JWS_MAX_BYTES = 2 * ORDER_MAX_BYTES };

void
seal_key_put(struct buf *out, const struct seal_key *k)
{
	buf_put(out, k->wrapped, SEAL_WRAPPED_BYTES);
	buf_u8(out, k->use);
	buf_u16(out, k->generation);
}

void
seal_papers_encode(const struct seal_ask *q, struct buf *out)
{
	buf_put(out, q->muni.s, 6);
	buf_u8(out, (uint8_t)q->n_keys);
	for (unsigned i = 0; i < q->n_keys; i++)
		seal_key_put(out, &q->keys[i]);
	buf_field32(out, q->transcript, q->transcript_bytes);
	buf_field32(out, q->certificate, q->certificate_bytes);
	buf_field32(out, q->signature, q->signature_bytes);
	buf_field32(out, q->order, q->order_bytes);
	buf_put(out, q->self.b, PERSON_REF_BYTES);
	buf_u32(out, q->card.rireki_no);
	buf_field32(out, q->card.sealed, q->card.bytes);
	buf_u8(out, q->whole_household);
	buf_u16(out, (uint16_t)q->n_rows);
	for (unsigned i = 0; i < q->n_rows; i++) {
		const struct seal_row_box *b = &q->rows[i];
		buf_u8(out, (uint8_t)b->kind);
		buf_u8(out, b->printed);
		buf_put(out, b->ref.b, PERSON_REF_BYTES);
		buf_u32(out, b->rireki_no);
		buf_field32(out, b->sealed, b->sealed_bytes);
	}
	buf_u8(out, (uint8_t)q->n_copies);
	for (unsigned i = 0; i < q->n_copies; i++) {
		const struct seal_copy *c = &q->copies[i];
		buf_field16(out, c->number, strlen(c->number));
		buf_put(out, c->serial, SEAL_SERIAL_BYTES);
		buf_put(out, c->front_code, SEAL_FRONT_CODE_CHARS);
	}
	buf_u64(out, (uint64_t)q->register_ms);
	buf_u64(out, (uint64_t)q->issued_ms);
	buf_u32(out, q->schema);
	buf_field32(out, q->rendered, q->rendered_bytes);
	buf_u64(out, (uint64_t)q->imprint.number);
	if (q->imprint.number == 0)
		return;
	buf_u64(out, (uint64_t)q->imprint.holds_ms);
	buf_put(out, q->imprint.tag, IMPRINT_TAG_BYTES);
	buf_field32(out, q->imprint.sealed, q->imprint.bytes);
}

/* A field that is there and not over its limit. */
static const uint8_t *
limited(struct rd *r, size_t max, size_t *ret_bytes)
{
	const uint8_t *p = rd_field32(r, ret_bytes);
	return p != NULL && *ret_bytes > 0 && *ret_bytes <= max ? p : NULL;
}

static bool
fixed(struct rd *r, void *out, size_t bytes)
{
	const uint8_t *p = rd_bytes(r, bytes);
	if (p != NULL)
		memcpy(out, p, bytes);
	return p != NULL;
}

bool
seal_key_read(struct rd *r, struct seal_key *ret)
{
	if (!fixed(r, ret->wrapped, sizeof(ret->wrapped)))
		return false;
	ret->use = rd_u8(r);
	ret->generation = rd_u16(r);
	return rd_ok(r) && ret->use >= SEAL_KEY_DATA && ret->use <= SEAL_KEY_AUDIT &&
	    (ret->generation == 0) == (ret->use == SEAL_KEY_REF) &&
	    ret->generation <= VAULT_MAX_GENERATIONS;
}

static int
decode_keys(struct rd *r, struct seal_ask *q, struct err *err)
{
	q->n_keys = rd_u8(r);
	if (q->n_keys < 1 || q->n_keys > SEAL_MAX_KEYS)
		return err_raise(err, FAULT_BAD_INPUT, "number of keys", q->n_keys);
	for (unsigned i = 0; i < q->n_keys; i++)
		if (!seal_key_read(r, &q->keys[i]) || q->keys[i].use == SEAL_KEY_AUDIT)
			return err_raise(err, FAULT_BAD_INPUT, "key", i);
	return 0;
}

static int
decode_session(struct rd *r, struct seal_ask *q, struct err *err)
{
	const uint8_t *muni = rd_bytes(r, 6);
	if (muni == NULL || !muni_parse((const char *)muni, 6, &q->muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality", 0);
	int e = decode_keys(r, q, err);
	if (e)
		return err_trace(err, e, "keys");
	q->transcript = limited(r, TRANSCRIPT_MAX_BYTES, &q->transcript_bytes);
	q->certificate = limited(r, CERT_MAX_BYTES, &q->certificate_bytes);
	q->signature = limited(r, CERT_SIG_MAX_BYTES, &q->signature_bytes);
	q->order = (const char *)limited(r, ORDER_JWS_MAX_BYTES, &q->order_bytes);
	if (!q->transcript || !q->certificate || !q->signature || !q->order)
		return err_raise(err, FAULT_BAD_INPUT, "session", 0);
	if (!fixed(r, q->self.b, PERSON_REF_BYTES))
		return err_raise(err, FAULT_BAD_INPUT, "applicant", 0);
	q->card.ref = q->self;
	q->card.rireki_no = rd_u32(r);
	q->card.sealed = limited(r, SEAL_MAX_CARD_BYTES, &q->card.bytes);
	if (q->card.sealed == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "card's row", (long)q->card.bytes);
	uint8_t whole = rd_u8(r);
	q->whole_household = whole == 1;
	return whole <= 1 ? 0 : err_raise(err, FAULT_BAD_INPUT, "household", whole);
}

static int
decode_rows(struct arena *a, struct rd *r, struct seal_ask *q, struct err *err)
{
	q->n_rows = rd_u16(r);
	if (q->n_rows < 1 || q->n_rows > SEAL_MAX_ROWS)
		return err_raise(err, FAULT_BAD_INPUT, "number of rows", q->n_rows);
	struct seal_row_box *rows = arena_zero_n(a, q->n_rows, sizeof(*rows));
	for (unsigned i = 0; i < q->n_rows; i++) {
		unsigned kind = rd_u8(r), printed = rd_u8(r);
		rows[i].kind = (enum vault_kind)kind;
		rows[i].printed = printed == 1;
		bool ok = fixed(r, rows[i].ref.b, PERSON_REF_BYTES);
		rows[i].rireki_no = rd_u32(r);
		rows[i].sealed = limited(r, SEAL_MAX_ROW_BYTES, &rows[i].sealed_bytes);
		if (!ok || rows[i].sealed == NULL || printed > 1 ||
		    (kind != VAULT_RESIDENT && kind != VAULT_SEAL))
			return err_raise(err, FAULT_BAD_INPUT, "row", i);
	}
	q->rows = rows;
	return 0;
}

static int
decode_copies(struct arena *a, struct rd *r, struct seal_ask *q, struct err *err)
{
	q->n_copies = rd_u8(r);
	if (q->n_copies < 1 || q->n_copies > SEAL_MAX_COPIES)
		return err_raise(err, FAULT_BAD_INPUT, "number of copies", q->n_copies);
	struct seal_copy *c = arena_zero_n(a, q->n_copies, sizeof(*c));
	for (unsigned i = 0; i < q->n_copies; i++) {
		size_t n = 0;
		const uint8_t *number = rd_field16(r, &n);
		if (number == NULL || n < 1 || n > SEAL_NUMBER_MAX || memchr(number, 0, n) != NULL)
			return err_raise(err, FAULT_BAD_INPUT, "issue number", i);
		memcpy(c[i].number, number, n);
		if (!fixed(r, c[i].serial, SEAL_SERIAL_BYTES) ||
		    !fixed(r, c[i].front_code, SEAL_FRONT_CODE_CHARS))
			return err_raise(err, FAULT_BAD_INPUT, "copy", i);
	}
	q->copies = c;
	return 0;
}

static int
decode_imprint(struct rd *r, struct seal_ask *q, struct err *err)
{
	uint64_t number = rd_u64(r), holds_ms = number > 0 ? rd_u64(r) : 0;
	if (!rd_ok(r) || number > INT64_MAX || holds_ms > INT64_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "imprint", 0);
	q->imprint =
	    (struct imprint_row){ .number = (int64_t)number, .holds_ms = (int64_t)holds_ms };
	if (number == 0)
		return 0;
	if (!fixed(r, q->imprint.tag, IMPRINT_TAG_BYTES))
		return err_raise(err, FAULT_BAD_INPUT, "imprint", 1);
	q->imprint.sealed = limited(r, IMPRINT_SEALED_BYTES, &q->imprint.bytes);
	return q->imprint.sealed != NULL ? 0 : err_raise(err, FAULT_BAD_INPUT, "imprint", 2);
}

int
seal_papers_decode(
    struct arena *a, const void *p, size_t bytes, struct seal_ask *ret, struct err *err)
{
	struct rd r = rd_init(p, bytes);
	struct seal_ask q = { 0 };
	int e = decode_session(&r, &q, err);
	if (e == 0)
		e = decode_rows(a, &r, &q, err);
	if (e == 0)
		e = decode_copies(a, &r, &q, err);
	if (e)
		return err_trace(err, e, "papers");
	uint64_t register_ms = rd_u64(&r), issued_ms = rd_u64(&r);
	q.schema = rd_u32(&r);
	q.rendered = limited(&r, RENDER_WIRE_MAX_BYTES, &q.rendered_bytes);
	e = decode_imprint(&r, &q, err);
	if (e)
		return err_trace(err, e, "papers");
	if (q.rendered == NULL || !rd_done(&r) || register_ms > INT64_MAX || issued_ms > INT64_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "papers", (long)bytes);
	q.register_ms = (int64_t)register_ms;
	q.issued_ms = (int64_t)issued_ms;
	*ret = q;
	return 0;
}

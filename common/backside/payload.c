/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/payload.h"

#include "base/text.h"
#include <string.h>

/* version, kind, page, pages (1 each) ‖ tie ‖ time, history (8 each) ‖ subject ‖ issue number,
 * fields, raster, each with its length before it; version 2 then has the
 * ground: its balance and PAYLOAD_MAX_BALANCE, the number of places without it, each of them */

static bool
is_printable_ascii(const char *s, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return true;
}

static bool
key_is_legal(const char *s, size_t bytes)
{
	if (bytes == 0 || bytes > PAYLOAD_MAX_KEY_BYTES)
		return false;
	for (size_t i = 0; i < bytes; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '.' &&
		    s[i] != '_' && s[i] != '-')
			return false;
	return true;
}

static bool
box_is_legal(const struct payload_box *b)
{
	return b->w > 0 && b->h > 0 && b->x + b->w <= PAYLOAD_SHEET_W &&
	    b->y + b->h <= PAYLOAD_SHEET_H;
}

static bool
field_is_legal(const struct payload_field *f)
{
	size_t value_bytes = f->value ? strlen(f->value) : PAYLOAD_MAX_VALUE_BYTES + 1u;
	return f->key != NULL && key_is_legal(f->key, strlen(f->key)) &&
	    value_bytes <= PAYLOAD_MAX_VALUE_BYTES && text_is_clean_utf8(f->value, value_bytes) &&
	    box_is_legal(&f->box);
}

/* A page has some dozens of fields: each pair is compared. */
static bool
keys_are_distinct(const struct payload_field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (text_equal(f[i].key, f[k].key))
				return false;
	return true;
}

static bool
ground_is_legal(const struct payload_ground *g)
{
	if (g->n_clears > PAYLOAD_MAX_CLEARS || (!g->on && (g->n_clears != 0 || g->balance != 0)))
		return false;
	if (g->balance < -PAYLOAD_MAX_BALANCE || g->balance > PAYLOAD_MAX_BALANCE)
		return false;
	for (unsigned i = 0; i < g->n_clears; i++) {
		const struct payload_box *b = &g->clears[i];
		if (b->w == 0 || b->h == 0 || b->x + b->w > PAYLOAD_FRONT_W ||
		    b->y + b->h > PAYLOAD_FRONT_H)
			return false;
	}
	return true;
}

/* The one rule for what goes out and what comes in. */
static int
payload_check(const struct payload *p, struct err *err)
{
	size_t number = p->issue_number ? strlen(p->issue_number) : 0;
	if (p->pages < 1 || p->pages > PAYLOAD_MAX_PAGES || p->page < 1 || p->page > p->pages)
		return err_raise(err, FAULT_BAD_INPUT, "page of a record", (long)p->page);
	if (p->kind < 1 || p->kind > PAYLOAD_MAX_KIND)
		return err_raise(err, FAULT_BAD_INPUT, "kind of a record", (long)p->kind);
	if (p->registered_at_ms < 0 || p->registered_at_ms > PAYLOAD_MAX_TIME_MS)
		return err_raise(err, FAULT_BAD_INPUT, "time of a record", 0);
	if (number < 1 || number > PAYLOAD_MAX_ISSUE_NUMBER_BYTES ||
	    !is_printable_ascii(p->issue_number, number))
		return err_raise(err, FAULT_BAD_INPUT, "issue number", (long)number);
	if (p->n_fields > PAYLOAD_MAX_FIELDS)
		return err_raise(err, FAULT_BAD_INPUT, "number of fields", (long)p->n_fields);
	for (size_t i = 0; i < p->n_fields; i++)
		if (!field_is_legal(&p->fields[i]))
			return err_raise(err, FAULT_BAD_INPUT, "field of a record", (long)i);
	if (!keys_are_distinct(p->fields, p->n_fields))
		return err_raise(err, FAULT_BAD_INPUT, "key given twice", 0);
	if (p->raster_bytes < 1 || p->raster_bytes > PAYLOAD_MAX_RASTER_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "raster of a record", (long)p->raster_bytes);
	if (!ground_is_legal(&p->ground))
		return err_raise(err, FAULT_BAD_INPUT, "ground of a record", p->ground.on);
	return 0;
}

static void
box_put(struct buf *b, const struct payload_box *box)
{
	buf_u16(b, box->x);
	buf_u16(b, box->y);
	buf_u16(b, box->w);
	buf_u16(b, box->h);
}

static void
field_put(struct buf *b, const struct payload_field *f)
{
	buf_field16(b, f->key, strlen(f->key));
	box_put(b, &f->box);
	buf_field16(b, f->value, strlen(f->value));
}

static void
payload_put(struct buf *b, const struct payload *p)
{
	buf_u8(b, p->ground.on ? PAYLOAD_VERSION_GROUND : PAYLOAD_VERSION);
	buf_u8(b, (uint8_t)p->kind);
	buf_u8(b, (uint8_t)p->page);
	buf_u8(b, (uint8_t)p->pages);
	buf_put(b, p->tie, PAYLOAD_TIE_BYTES);
	buf_u64(b, (uint64_t)p->registered_at_ms);
	buf_u64(b, p->history);
	buf_put(b, p->subject, PAYLOAD_SUBJECT_BYTES);
	buf_field16(b, p->issue_number, strlen(p->issue_number));
	buf_u16(b, (uint16_t)p->n_fields);
	for (size_t i = 0; i < p->n_fields; i++)
		field_put(b, &p->fields[i]);
	buf_field32(b, p->raster, p->raster_bytes);
	if (!p->ground.on)
		return;
	buf_u8(b, (uint8_t)(p->ground.balance + PAYLOAD_MAX_BALANCE));
	buf_u8(b, (uint8_t)p->ground.n_clears);
	for (unsigned i = 0; i < p->ground.n_clears; i++)
		box_put(b, &p->ground.clears[i]);
}

int
payload_encode(const struct payload *p, struct buf *out, struct err *err)
{
	struct buf b;
	int r = payload_check(p, err);
	if (r)
		return r;
	buf_init(&b, PAYLOAD_MAX_BYTES);
	payload_put(&b, p);
	if (buf_ok(&b))
		buf_put(out, b.p, b.bytes);
	else
		r = PAYLOAD_E_TOO_LARGE;
	buf_done(&b);
	return r;
}

/* A text of the arena; NULL, and @r failed, when there is a NUL within. */
static const char *
text_take(struct arena *a, struct rd *r, size_t limit)
{
	size_t n = 0;
	const uint8_t *p = rd_field16(r, &n);
	if (!rd_ok(r) || n > limit || (n > 0 && memchr(p, 0, n) != NULL)) {
		r->failed = true;
		return NULL;
	}
	return arena_strndup(a, (const char *)p, n);
}

static void
box_take(struct rd *r, struct payload_box *box)
{
	box->x = rd_u16(r);
	box->y = rd_u16(r);
	box->w = rd_u16(r);
	box->h = rd_u16(r);
}

static void
field_take(struct arena *a, struct rd *r, struct payload_field *f)
{
	f->key = text_take(a, r, PAYLOAD_MAX_KEY_BYTES);
	box_take(r, &f->box);
	f->value = text_take(a, r, PAYLOAD_MAX_VALUE_BYTES);
}

static void
fields_take(struct arena *a, struct rd *r, struct payload *p)
{
	p->n_fields = rd_u16(r);
	if (!rd_ok(r) || p->n_fields > PAYLOAD_MAX_FIELDS) {
		r->failed = true;
		return;
	}
	struct payload_field *f = arena_zero_n(a, p->n_fields, sizeof(*f));
	for (size_t i = 0; i < p->n_fields && rd_ok(r); i++)
		field_take(a, r, &f[i]);
	p->fields = f;
}

static void
ground_take(struct rd *r, struct payload_ground *g)
{
	g->on = true;
	g->balance = (int)rd_u8(r) - PAYLOAD_MAX_BALANCE;
	g->n_clears = rd_u8(r);
	if (g->n_clears > PAYLOAD_MAX_CLEARS) {
		r->failed = true;
		return;
	}
	for (unsigned i = 0; i < g->n_clears; i++)
		box_take(r, &g->clears[i]);
}

static void
bytes_take(struct rd *r, uint8_t *out, size_t bytes)
{
	const uint8_t *p = rd_bytes(r, bytes);
	if (p != NULL)
		memcpy(out, p, bytes);
}

int
payload_parse(struct arena *a, const void *in, size_t bytes, struct payload *ret, struct err *err)
{
	struct rd r = rd_init(in, bytes);
	struct payload p = { 0 };
	unsigned version = rd_u8(&r);
	if ((version != PAYLOAD_VERSION && version != PAYLOAD_VERSION_GROUND) ||
	    bytes > PAYLOAD_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "head of a record", (long)version);
	p.kind = rd_u8(&r);
	p.page = rd_u8(&r);
	p.pages = rd_u8(&r);
	bytes_take(&r, p.tie, sizeof(p.tie));
	uint64_t time = rd_u64(&r);
	p.registered_at_ms = time > PAYLOAD_MAX_TIME_MS ? -1 : (int64_t)time;
	p.history = rd_u64(&r);
	bytes_take(&r, p.subject, sizeof(p.subject));
	p.issue_number = text_take(a, &r, PAYLOAD_MAX_ISSUE_NUMBER_BYTES);
	fields_take(a, &r, &p);
	p.raster = rd_field32(&r, &p.raster_bytes);
	if (version == PAYLOAD_VERSION_GROUND)
		ground_take(&r, &p.ground);
	if (!rd_done(&r))
		return err_raise(err, FAULT_BAD_INPUT, "length of a record", (long)bytes);
	int f = payload_check(&p, err);
	if (f)
		return f;
	*ret = p;
	return 0;
}

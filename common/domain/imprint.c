/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/imprint.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static const char label[4] = "KIM1";
static const char aad_label[] = "KOFU-IMPRINT-1", tag_label[] = "imprint-approved";

static bool
begins_with_space(const char *s)
{
	return s[0] == ' ' || strncmp(s, "　", 3) == 0;
}

bool
imprint_text_is_good(const char *s, size_t max)
{
	size_t n = s != NULL ? strlen(s) : 0;
	if (n == 0 || n > max || !text_is_clean_utf8(s, n) || begins_with_space(s))
		return false;
	return s[n - 1] != ' ' && (n < 3 || strcmp(s + n - 3, "　") != 0);
}

void
imprint_of_profile(const struct profile *p, struct imprint *ret)
{
	*ret = (struct imprint){ .form = p->form,
		.mayor_title = p->mayor_title,
		.mayor = p->mayor,
		.dairi = p->dairi,
		.dairi_from = p->dairi_from,
		.dairi_to = p->dairi_to,
		.koin_width_px = p->koin_width_px,
		.koin_height_px = p->koin_height_px,
		.koin_bits = p->koin_bits };
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (p->kinds[k].offered)
			ret->kinds[k] = (struct imprint_kind){ p->kinds[k].ninsho_all,
				p->kinds[k].ninsho_part != NULL ? p->kinds[k].ninsho_part
								: p->kinds[k].ninsho_all };
}

bool
imprint_form_fits(const struct imprint *m, const struct profile *p)
{
	if (m->form == p->form)
		return true;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (doc_kind_is_record((enum doc_kind)k) &&
		    (p->form_texts[k] != NULL || p->record_forms[m->form] == NULL))
			return false;
	return true;
}

void
imprint_apply(const struct imprint *m, struct profile *p)
{
	p->mayor_title = m->mayor_title;
	p->mayor = m->mayor;
	p->dairi = m->dairi;
	p->dairi_from = m->dairi_from;
	p->dairi_to = m->dairi_to;
	p->koin_width_px = m->koin_width_px;
	p->koin_height_px = m->koin_height_px;
	p->koin_bits = m->koin_bits;
	bool other_form = m->form != p->form && imprint_form_fits(m, p);
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		if (m->kinds[k].ninsho_all != NULL) {
			p->kinds[k].ninsho_all = m->kinds[k].ninsho_all;
			p->kinds[k].ninsho_part = m->kinds[k].ninsho_part;
		}
		if (other_form && doc_kind_is_record((enum doc_kind)k))
			p->forms[k] = p->record_forms[m->form];
	}
	if (other_form)
		p->form = m->form;
}

/* --- content --- */

static void
text_put(struct buf *out, const char *s)
{
	buf_field16(out, s != NULL ? s : "", s != NULL ? strlen(s) : 0);
}

static void
date_put(struct buf *out, struct civil_date d)
{
	buf_u16(out, (uint16_t)d.year);
	buf_u8(out, (uint8_t)d.month);
	buf_u8(out, (uint8_t)d.day);
}

void
imprint_encode(const struct imprint *m, struct buf *out)
{
	unsigned n = 0;
	buf_put(out, label, sizeof(label));
	buf_u8(out, (uint8_t)m->form);
	text_put(out, m->mayor_title);
	text_put(out, m->mayor);
	text_put(out, m->dairi);
	if (m->dairi != NULL) {
		date_put(out, m->dairi_from);
		date_put(out, m->dairi_to);
	}
	buf_u16(out, m->koin_width_px);
	buf_u16(out, m->koin_height_px);
	buf_field32(out, m->koin_bits, (size_t)((m->koin_width_px + 7) / 8) * m->koin_height_px);
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		n += m->kinds[k].ninsho_all != NULL;
	buf_u8(out, (uint8_t)n);
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (m->kinds[k].ninsho_all != NULL) {
			buf_u8(out, (uint8_t)k);
			text_put(out, m->kinds[k].ninsho_all);
			text_put(out, m->kinds[k].ninsho_part);
		}
}

/* NULL for what is no good text. */
static const char *
text_get(struct rd *r, struct arena *a, size_t max)
{
	size_t n = 0;
	const uint8_t *p = rd_field16(r, &n);
	if (p == NULL || n == 0 || n > max || memchr(p, 0, n) != NULL)
		return NULL;
	const char *s = arena_strndup(a, (const char *)p, n);
	return imprint_text_is_good(s, max) ? s : NULL;
}

static bool
date_get(struct rd *r, struct civil_date *ret)
{
	char text[32];
	int64_t ms = 0;
	struct buf b;
	*ret = (struct civil_date){ .year = rd_u16(r) };
	ret->month = rd_u8(r);
	ret->day = rd_u8(r);
	buf_init(&b, sizeof(text));
	buf_printf(&b, "%04d-%02d-%02dT00:00:00+09:00", ret->year, ret->month, ret->day);
	bool good = buf_ok(&b) && b.bytes < sizeof(text);
	if (good) {
		memcpy(text, b.p, b.bytes);
		text[b.bytes] = '\0';
	}
	buf_done(&b);
	return good && rd_ok(r) && ret->year >= 2019 && clock_parse_rfc3339(text, &ms);
}

static int
mayor_get(struct rd *r, struct arena *a, struct imprint *m, struct err *err)
{
	m->mayor_title = text_get(r, a, IMPRINT_TITLE_BYTES);
	m->mayor = text_get(r, a, IMPRINT_NAME_BYTES);
	if (m->mayor_title == NULL || m->mayor == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "mayor", 0);
	size_t n = rd_left(r) >= 2 ? (size_t)r->p[r->at] << 8 | r->p[r->at + 1] : 0;
	if (n == 0)
		return rd_u16(r) == 0 && rd_ok(r) ? 0 : err_raise(err, FAULT_BAD_INPUT, "dairi", 0);
	m->dairi = text_get(r, a, IMPRINT_NAME_BYTES);
	if (m->dairi == NULL || !date_get(r, &m->dairi_from) || !date_get(r, &m->dairi_to))
		return err_raise(err, FAULT_BAD_INPUT, "dairi", 1);
	long from = (m->dairi_from.year * 12L + m->dairi_from.month) * 31 + m->dairi_from.day;
	long to = (m->dairi_to.year * 12L + m->dairi_to.month) * 31 + m->dairi_to.day;
	return from <= to ? 0 : err_raise(err, FAULT_BAD_INPUT, "dairi", 2);
}

static int
koin_get(struct rd *r, struct arena *a, struct imprint *m, struct err *err)
{
	size_t n = 0;
	m->koin_width_px = rd_u16(r);
	m->koin_height_px = rd_u16(r);
	const uint8_t *p = rd_field32(r, &n);
	if (p == NULL || m->koin_width_px < IMPRINT_KOIN_MIN_PX ||
	    m->koin_width_px > IMPRINT_KOIN_MAX_PX || m->koin_height_px < IMPRINT_KOIN_MIN_PX ||
	    m->koin_height_px > IMPRINT_KOIN_MAX_PX ||
	    n != (size_t)((m->koin_width_px + 7) / 8) * m->koin_height_px)
		return err_raise(err, FAULT_BAD_INPUT, "koin", (long)n);
	m->koin_bits = arena_memdup(a, p, n);
	return 0;
}

static int
kinds_get(struct rd *r, struct arena *a, struct imprint *m, struct err *err)
{
	unsigned n = rd_u8(r), last = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned kind = rd_u8(r);
		if (kind <= last || kind > DOC_KIND_MAX)
			return err_raise(err, FAULT_BAD_INPUT, "kind", (long)kind);
		last = kind;
		struct imprint_kind *k = &m->kinds[kind];
		k->ninsho_all = text_get(r, a, IMPRINT_NINSHO_BYTES);
		k->ninsho_part = text_get(r, a, IMPRINT_NINSHO_BYTES);
		if (k->ninsho_all == NULL || k->ninsho_part == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "ninsho", (long)kind);
	}
	return n > 0 ? 0 : err_raise(err, FAULT_BAD_INPUT, "no kind", 0);
}

int
imprint_decode(struct arena *a, const void *p, size_t bytes, struct imprint *ret, struct err *err)
{
	struct imprint m = { 0 };
	struct rd r = rd_init(p, bytes);
	const uint8_t *head = rd_bytes(&r, sizeof(label));
	if (bytes > IMPRINT_MAX_BYTES || head == NULL || memcmp(head, label, sizeof(label)) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "imprint", (long)bytes);
	unsigned form = rd_u8(&r);
	if (form != PROFILE_RENKI && form != PROFILE_KOJIN)
		return err_raise(err, FAULT_BAD_INPUT, "form", (long)form);
	m.form = (enum profile_form)form;
	int e = mayor_get(&r, a, &m, err);
	if (e == 0)
		e = koin_get(&r, a, &m, err);
	if (e == 0)
		e = kinds_get(&r, a, &m, err);
	if (e == 0 && !rd_done(&r))
		e = err_raise(err, FAULT_BAD_INPUT, "length", (long)bytes);
	if (e)
		return err_trace(err, e, "imprint");
	*ret = m;
	return 0;
}

/* --- at rest --- */

struct aad {
	uint8_t b[sizeof(aad_label) + 6 + 8];
};

static struct aad
aad_of(const struct vault *v, int64_t number)
{
	struct aad aad = { .b = { 0 } };
	size_t at = sizeof(aad_label);
	memcpy(aad.b, aad_label, at);
	memcpy(aad.b + at, v->muni.s, 6);
	for (unsigned i = 0; i < 8; i++)
		aad.b[at + 6 + i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
	return aad;
}

struct vault_sealed
imprint_row_seal(
    const struct vault *v, struct arena *a, int64_t number, const void *content, size_t n)
{
	struct aad aad = aad_of(v, number);
	return vault_box_seal(v, a, aad.b, sizeof(aad.b), content, n);
}

void
imprint_row_tag(const struct vault *v, int64_t number, int64_t holds_ms, const void *content,
    size_t n, uint8_t ret[IMPRINT_TAG_BYTES])
{
	struct buf b;
	buf_init(&b, IMPRINT_MAX_BYTES + 64);
	buf_u64(&b, (uint64_t)number);
	buf_u64(&b, (uint64_t)holds_ms);
	buf_field32(&b, content, n);
	/* Over its limit it is nobody's tag: no content is that long. */
	vault_mac(v, tag_label, b.p, buf_ok(&b) ? b.bytes : 0, ret);
	buf_done(&b);
}

int
imprint_row_open(const struct vault *v, struct arena *a, const struct imprint_row *row,
    uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct aad aad = aad_of(v, row->number);
	int r = vault_box_open(
	    v, a, aad.b, sizeof(aad.b), row->sealed, row->bytes, ret, ret_bytes, err);
	return err_trace(err, r, "imprint");
}

int
imprint_row_read(const struct vault *v, struct arena *a, const struct imprint_row *row,
    struct imprint *ret, struct err *err)
{
	uint8_t *content = NULL, tag[IMPRINT_TAG_BYTES];
	size_t n = 0;
	int r = imprint_row_open(v, a, row, &content, &n, err);
	if (r)
		return err_trace(err, r, "imprint");
	imprint_row_tag(v, row->number, row->holds_ms, content, n, tag);
	if (!mem_equal(tag, row->tag, sizeof(tag)))
		return err_raise(err, FAULT_INTEGRITY, "approval of an imprint", 0);
	r = imprint_decode(a, content, n, ret, err);
	return r ? err_raise(err, FAULT_INTEGRITY, "imprint that nobody wrote", 0) : 0;
}

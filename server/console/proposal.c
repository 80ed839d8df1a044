/* SPDX-License-Identifier: Apache-2.0 */
/* A version of the imprint as the page sends it, and as the page is told it. */
#include "base/text.h"
#include "server/console/imprints.h"
#include "server/issue/koin_png.h"

#include <string.h>

enum { KOIN_MS = 5000, MM100_PER_INCH = 2540, KOIN_DPI = 600, BMP_HEAD_BYTES = 62 };

static int
refused_text(struct ask *q, const char *item)
{
	q->res->detail_json = arena_printf(q->a, "{\"item\":\"%s\"}", item);
	return CONSOLE_E_TEXT;
}

/* A text of @o; @item is what a refusal calls it. */
static int
text_read(struct ask *q, const json_t *o, const char *key, const char *item, size_t max,
    const char **ret, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, CONSOLE_BODY_BYTES, &s, err);
	if (r)
		return err_trace(err, r, "text");
	if (!imprint_text_is_good(s, max))
		return refused_text(q, item);
	*ret = arena_strdup(q->a, s);
	return 0;
}

static int
date_read(struct ask *q, const char *key, struct civil_date *ret, struct err *err)
{
	const char *s = NULL;
	int64_t ms = 0;
	int r = js_text(q->body, key, 16, &s, err);
	if (r == 0 && ask_day(s, &ms, err) != 0)
		r = refused_text(q, "dairi");
	if (r == 0)
		*ret = clock_japan(ms).on;
	return err_trace(err, r, "date");
}

static long
day_number(struct civil_date d)
{
	return (d.year * 12L + d.month) * 31 + d.day;
}

/* 職務代理者: empty for none. */
static int
dairi_read(struct ask *q, struct imprint *m, struct err *err)
{
	const char *s = NULL;
	m->dairi = NULL;
	m->dairi_from = m->dairi_to = (struct civil_date){ 0 };
	int r = js_text(q->body, "dairi", CONSOLE_BODY_BYTES, &s, err);
	if (r || s[0] == '\0')
		return err_trace(err, r, "dairi");
	r = text_read(q, q->body, "dairi", "dairi", IMPRINT_NAME_BYTES, &m->dairi, err);
	if (r == 0)
		r = date_read(q, "dairi_from", &m->dairi_from, err);
	if (r == 0)
		r = date_read(q, "dairi_to", &m->dairi_to, err);
	if (r == 0 &&
	    (m->dairi_from.year < 2019 || day_number(m->dairi_from) > day_number(m->dairi_to)))
		r = refused_text(q, "dairi");
	return err_trace(err, r, "dairi");
}

static int
ninsho_read(struct ask *q, struct imprint *m, struct err *err)
{
	static const char *const members[] = { "all", "part", NULL };
	const json_t *kinds = NULL;
	unsigned n = 0;
	int r = js_object_at(q->body, "ninsho", &kinds, err);
	for (unsigned k = 1; k <= DOC_KIND_MAX && r == 0; k++) {
		const char *name = doc_kind_name((enum doc_kind)k);
		const json_t *one = NULL;
		m->kinds[k] = (struct imprint_kind){ 0 };
		if (!q->c->profile->kinds[k].offered)
			continue;
		n++;
		r = js_object_at(kinds, name, &one, err);
		if (r == 0)
			r = js_members(one, members, err);
		if (r == 0)
			r = text_read(q, one, "all", arena_printf(q->a, "ninsho.%s.all", name),
			    IMPRINT_NINSHO_BYTES, &m->kinds[k].ninsho_all, err);
		if (r == 0)
			r = text_read(q, one, "part", arena_printf(q->a, "ninsho.%s.part", name),
			    IMPRINT_NINSHO_BYTES, &m->kinds[k].ninsho_part, err);
	}
	if (r == 0 && json_object_size(kinds) != n)
		r = err_raise(err, FAULT_BAD_INPUT, "ninsho of other kinds", (long)n);
	return err_trace(err, r, "ninsho");
}

static int
form_read(struct ask *q, struct imprint *m, struct err *err)
{
	const char *s = NULL;
	int r = js_text(q->body, "form", 8, &s, err);
	if (r)
		return err_trace(err, r, "form");
	if (strcmp(s, "renki") != 0 && strcmp(s, "kojin") != 0)
		return err_raise(err, FAULT_BAD_INPUT, "form", 0);
	m->form = strcmp(s, "renki") == 0 ? PROFILE_RENKI : PROFILE_KOJIN;
	return imprint_form_fits(m, q->c->profile) ? 0 : refused_text(q, "form");
}

/* A child between walls reads the file; nothing of it is looked at here. */
static int
koin_decode(struct ask *q, const void *png, size_t bytes, struct koin *ret, struct err *err)
{
	struct buf in, out;
	buf_init(&in, KOIN_MAX_FILE_BYTES + 16);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	koin_request_encode(png, bytes, &in);
	int r = warm_render(&q->c->warm, &in, KOIN_MS, &out, err);
	if (r == FAULT_UNAVAILABLE)
		r = KOIN_E_FORMAT; /* it took its reader with it */
	if (r == 0)
		r = koin_answer_decode(q->a, out.p, out.bytes, ret, err);
	buf_done(&in);
	buf_done(&out);
	return r > 0 ? CONSOLE_E_KOIN + r - KOIN_E_FORMAT : err_trace(err, r, "koin");
}

/* Empty: as it is. */
static int
koin_read(struct ask *q, struct imprint *m, struct err *err)
{
	struct koin koin = { 0 };
	uint8_t *png = NULL;
	size_t n = 0;
	const char *s = json_string_value(json_object_get(q->body, "koin"));
	if (s == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "koin", 0);
	if (s[0] == '\0')
		return 0;
	if (strlen(s) > text_b64url_bytes(KOIN_MAX_FILE_BYTES))
		return CONSOLE_E_KOIN_BYTES;
	int r = js_b64url(q->a, q->body, "koin", KOIN_MAX_FILE_BYTES, &png, &n, err);
	if (r == 0)
		r = koin_decode(q, png, n, &koin, err);
	if (r)
		return err_trace(err, r, "koin");
	m->koin_width_px = koin.width_px;
	m->koin_height_px = koin.height_px;
	m->koin_bits = koin.bits;
	return 0;
}

int
proposal_read(struct ask *q, const struct imprint *base, struct imprint *ret, struct err *err)
{
	struct imprint m = *base;
	int r = form_read(q, &m, err);
	if (r == 0)
		r = text_read(q, q->body, "mayor_title", "mayor_title", IMPRINT_TITLE_BYTES,
		    &m.mayor_title, err);
	if (r == 0)
		r = text_read(q, q->body, "mayor", "mayor", IMPRINT_NAME_BYTES, &m.mayor, err);
	if (r == 0)
		r = dairi_read(q, &m, err);
	if (r == 0)
		r = ninsho_read(q, &m, err);
	if (r == 0)
		r = koin_read(q, &m, err);
	if (r)
		return err_trace(err, r, "proposal");
	*ret = m;
	return 0;
}

/* --- told --- */

static bool
same_text(const char *x, const char *y)
{
	return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

static bool
same_koin(const struct imprint *x, const struct imprint *y)
{
	return x->koin_width_px == y->koin_width_px && x->koin_height_px == y->koin_height_px &&
	    memcmp(x->koin_bits, y->koin_bits,
		(size_t)((x->koin_width_px + 7) / 8) * x->koin_height_px) == 0;
}

static bool
same_dairi(const struct imprint *x, const struct imprint *y)
{
	return same_text(x->dairi, y->dairi) &&
	    (x->dairi == NULL ||
		(day_number(x->dairi_from) == day_number(y->dairi_from) &&
		    day_number(x->dairi_to) == day_number(y->dairi_to)));
}

json_t *
proposal_changes(const struct imprint *base, const struct imprint *m)
{
	json_t *list = json_array();
	bool ninsho = false;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		ninsho = ninsho || !same_text(base->kinds[k].ninsho_all, m->kinds[k].ninsho_all) ||
		    !same_text(base->kinds[k].ninsho_part, m->kinds[k].ninsho_part);
	const struct {
		const char *name;
		bool same;
	} parts[] = {
		{ "form", base->form == m->form },
		{ "mayor_title", same_text(base->mayor_title, m->mayor_title) },
		{ "mayor", same_text(base->mayor, m->mayor) },
		{ "dairi", same_dairi(base, m) },
		{ "koin", same_koin(base, m) },
		{ "ninsho", !ninsho },
	};
	for (unsigned i = 0; i < N_ELEMENTS(parts); i++)
		if (!parts[i].same)
			(void)json_array_append_new(list, json_string(parts[i].name));
	return list;
}

static const char *
date_text(struct arena *a, struct civil_date d)
{
	return d.year == 0 ? "" : arena_printf(a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

static json_t *
sheets_describe(struct ask *q, const struct imprint *m)
{
	struct sheet sheets[SHEETS_MAX];
	json_t *list = json_array();
	unsigned n = sheets_list(q->c->profile, m, sheets);
	for (unsigned i = 0; i < n; i++) {
		json_t *j = json_object();
		js_put_text(j, "name", sheet_name(q->a, &sheets[i]));
		js_put_text(j, "title", sheet_title(q->a, &sheets[i]));
		(void)json_array_append_new(list, j);
	}
	return list;
}

void
imprint_describe(struct ask *q, const struct imprint *m, json_t *out)
{
	json_t *kinds = json_object();
	js_put_text(out, "form", m->form == PROFILE_KOJIN ? "kojin" : "renki");
	js_put_text(out, "mayor_title", m->mayor_title);
	js_put_text(out, "mayor", m->mayor);
	js_put_text(out, "dairi", m->dairi != NULL ? m->dairi : "");
	js_put_text(out, "dairi_from", date_text(q->a, m->dairi_from));
	js_put_text(out, "dairi_to", date_text(q->a, m->dairi_to));
	js_put_int(out, "koin_width_mm100", m->koin_width_px * MM100_PER_INCH / KOIN_DPI);
	js_put_int(out, "koin_height_mm100", m->koin_height_px * MM100_PER_INCH / KOIN_DPI);
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		json_t *j = json_object();
		const char *name = doc_kind_name((enum doc_kind)k);
		if (!q->c->profile->kinds[k].offered || m->kinds[k].ninsho_all == NULL) {
			json_decref(j);
			continue;
		}
		js_put_text(j, "title", doc_kind_title((enum doc_kind)k));
		js_put_bool(j, "record", doc_kind_is_record((enum doc_kind)k));
		js_put_text(j, "all", m->kinds[k].ninsho_all);
		js_put_text(j, "part", m->kinds[k].ninsho_part);
		js_put(kinds, name, j);
	}
	js_put(out, "ninsho", kinds);
	js_put(out, "sheets", sheets_describe(q, m));
}

static void
le(uint8_t *p, unsigned bytes, uint32_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* A bitmap of one bit a dot: no encoder is needed for it. Its rows are of whole 32 bits. */
int
koin_show(struct ask *q, const struct imprint *m, struct err *err)
{
	size_t row = (m->koin_width_px + 7U) / 8, wide = (row + 3) / 4 * 4;
	size_t bytes = BMP_HEAD_BYTES + wide * m->koin_height_px;
	uint8_t *p = arena_zero(q->a, bytes);
	(void)err;
	memcpy(p, "BM", 2);
	le(p + 2, 4, (uint32_t)bytes);
	le(p + 10, 4, BMP_HEAD_BYTES);
	le(p + 14, 4, 40);
	le(p + 18, 4, m->koin_width_px);
	le(p + 22, 4, m->koin_height_px);
	le(p + 26, 2, 1);
	le(p + 28, 2, 1);
	le(p + 46, 4, 2);
	le(p + 54, 4, 0xFFFFFF); /* 0 is paper, 1 is ink */
	for (unsigned y = 0; y < m->koin_height_px; y++)
		memcpy(p + BMP_HEAD_BYTES + wide * (m->koin_height_px - 1U - y),
		    m->koin_bits + row * y, row);
	q->res->type = "image/bmp";
	q->res->body = p;
	q->res->body_bytes = bytes;
	return 0;
}

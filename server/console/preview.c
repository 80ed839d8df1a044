/* SPDX-License-Identifier: Apache-2.0 */
/* The very paper, of people who do not exist, 見本 across it: nobody signs it and no back is made.
 */
#include "server/console/imprints.h"
#include "pki/hash.h"
#include "server/issue/render_wire.h"

#include <string.h>

enum { PREVIEW_MS = 15000, PREVIEW_SEAL_PX = 330 };

#define SAMPLE                                                                                     \
	.rireki_no = 1, .state = RESIDENT_REGISTERED, .class_ = RESIDENT_JAPANESE,                 \
	.setai_no = "0000000", .setainushi = "見本　太郎",                                         \
	.address = "見本県見本市見本町一丁目２番３号", .katagaki = "見本ハイツ１０１号室",         \
	.honseki = "見本県見本市見本町一丁目２番地", .hittosha = "見本　太郎",                     \
	.jumin_since = "平成２０年１０月１日", .address_since = "令和２年３月１５日",              \
	.todokede_on = "令和２年３月２０日", .jumin_code = "00000000000",                          \
	.kojin_no = "000000000000"

static const struct resident sample[] = {
	{ SAMPLE, .narabi = 1, .atena_no = "0000001", .name = "見本　太郎",
	    .name_kana = "ミホン　タロウ", .birth = "昭和５５年４月１日", .sex = "男",
	    .zokugara = "世帯主" },
	{ SAMPLE, .narabi = 2, .atena_no = "0000002", .name = "見本　花子",
	    .name_kana = "ミホン　ハナコ", .birth = "昭和５８年２月３日", .sex = "女",
	    .zokugara = "妻" },
};

/* A ring with a cross: nobody's seal. */
static const uint8_t *
sample_seal(struct arena *a)
{
	size_t row = (PREVIEW_SEAL_PX + 7) / 8;
	uint8_t *bits = arena_zero(a, row * PREVIEW_SEAL_PX);
	int half = PREVIEW_SEAL_PX / 2;
	for (int y = 0; y < PREVIEW_SEAL_PX; y++)
		for (int x = 0; x < PREVIEW_SEAL_PX; x++) {
			int dx = x - half, dy = y - half, d2 = dx * dx + dy * dy;
			bool ring = d2 < (half - 4) * (half - 4) && d2 > (half - 20) * (half - 20);
			bool cross = d2 < (half - 30) * (half - 30) &&
			    ((dx > -6 && dx < 6) || (dy > -6 && dy < 6));
			if (ring || cross)
				bits[(size_t)y * row + (size_t)x / 8] |= (uint8_t)(0x80 >> x % 8);
		}
	return bits;
}

/* --- sheets --- */

static void
sheet_add(struct sheet *list, unsigned *n, enum doc_kind kind, enum sheet_sort sort)
{
	list[(*n)++] = (struct sheet){ kind, sort };
}

unsigned
sheets_list(const struct profile *p, const struct imprint *m, struct sheet ret[SHEETS_MAX])
{
	unsigned n = 0;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		enum doc_kind kind = (enum doc_kind)k;
		if (!p->kinds[k].offered)
			continue;
		sheet_add(ret, &n, kind, SHEET_WHOLE);
		if (doc_kind_is_record(kind))
			sheet_add(ret, &n, kind, SHEET_PART);
		if (m->dairi != NULL)
			sheet_add(ret, &n, kind, SHEET_DAIRI);
	}
	return n;
}

static const char *const sort_names[] = { "", "-part", "-dairi" };
static const char *const sort_titles[] = { "", "（一部）", "（職務代理者）" };

const char *
sheet_name(struct arena *a, const struct sheet *s)
{
	return arena_printf(a, "%s%s", doc_kind_name(s->kind), sort_names[s->sort]);
}

const char *
sheet_title(struct arena *a, const struct sheet *s)
{
	return arena_printf(a, "%s%s", doc_kind_title(s->kind), sort_titles[s->sort]);
}

/* The day is the version's, or the first of whoever acts for the mayor. */
static void
request_make(struct ask *q, struct arena *a, const struct sheet *s, const struct imprint *m,
    struct civil_date on, struct render_request *r)
{
	bool record = doc_kind_is_record(s->kind), whole = record && s->sort != SHEET_PART;
	r->muni = q->c->muni;
	r->kind = s->kind;
	r->whole_household = whole;
	r->options = record ? q->c->profile->kinds[s->kind].options : 0;
	r->issued_on = s->sort == SHEET_DAIRI ? m->dairi_from : on;
	r->n_persons = whole ? N_ELEMENTS(sample) : 1;
	for (unsigned i = 0; i < r->n_persons; i++) {
		r->persons[i] = sample[i];
		r->persons[i].muni = q->c->muni;
	}
	r->has_seal = !record;
	r->seal = (struct seal_row){ .muni = q->c->muni,
		.atena_no = sample[0].atena_no,
		.rireki_no = 1,
		.state = SEAL_REGISTERED,
		.touroku_no = "000000",
		.touroku_on = "令和２年３月２０日",
		.width_px = PREVIEW_SEAL_PX,
		.height_px = PREVIEW_SEAL_PX,
		.bits = sample_seal(a) };
	r->n_copies = 1;
	r->copies[0].number = "MIHON-00000000-K0000-000000";
	memcpy(r->copies[0].front_code, "0000000000000000", RENDER_FRONT_CODE_CHARS);
	r->sample = true;
}

/* The mayor stands on all sheets but those of who acts for him, whatever the day. */
static int
imprint_put(const struct imprint *m, const struct sheet *s, struct buf *content, struct err *err)
{
	struct imprint shown = *m;
	if (s->sort != SHEET_DAIRI)
		shown.dairi = NULL;
	imprint_encode(&shown, content);
	return buf_ok(content) ? 0 : err_raise(err, FAULT_INTERNAL, "imprint over its limit", 0);
}

/* By the renderer and the forms that print; only the back sides are missing. */
int
sheet_render(struct ask *q, struct arena *a, const struct sheet *s, const struct imprint *m,
    struct civil_date on, struct render_result *ret, struct err *err)
{
	struct render_request *request = arena_zero(a, sizeof(*request));
	struct buf content, in, out;
	buf_init(&content, IMPRINT_MAX_BYTES);
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	int r = imprint_put(m, s, &content, err);
	request_make(q, a, s, m, on, request);
	request->imprint = content.p;
	request->imprint_bytes = content.bytes;
	render_request_encode(request, &in);
	if (r == 0)
		r = warm_render(&q->c->warm, &in, PREVIEW_MS, &out, err);
	if (r == 0)
		r = render_result_decode(a, out.p, out.bytes, ret, err);
	buf_done(&content);
	buf_done(&in);
	buf_done(&out);
	return err_trace(err, r, "preview");
}

/* --- a digest of all of it --- */

static int
refused_by_name(struct ask *q, const struct sheet *s, const struct render_result *result)
{
	q->res->detail_json = arena_printf(
	    q->a, "{\"sheet\":\"%s\",\"item\":\"%s\"}", sheet_name(q->a, s), result->failed_item);
	return result->outcome == RENDER_E_NO_GLYPH ? CONSOLE_E_GLYPH : CONSOLE_E_OVERFLOW;
}

int
sheets_digest(struct ask *q, const struct imprint *m, struct civil_date on,
    uint8_t ret[SHA256_BYTES], struct err *err)
{
	struct sheet list[SHEETS_MAX];
	uint8_t hashes[1 + SHEETS_MAX][SHA256_BYTES];
	struct sha256_part parts[2 + SHEETS_MAX] = { { "KOFU-PREVIEW-1", 15 } };
	struct buf content;
	int r = 0;
	unsigned n = sheets_list(q->c->profile, m, list);
	buf_init(&content, IMPRINT_MAX_BYTES);
	imprint_encode(m, &content);
	sha256(content.p, content.bytes, hashes[0]);
	buf_done(&content);
	for (unsigned i = 0; i < n && r == 0; i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_result *result = arena_zero(a, sizeof(*result));
		r = sheet_render(q, a, &list[i], m, on, result, err);
		if (r == 0 && result->outcome != 0)
			r = refused_by_name(q, &list[i], result);
		if (r == 0)
			sha256(result->docs[0].pdf, result->docs[0].pdf_bytes, hashes[1 + i]);
	}
	for (unsigned i = 0; i <= n; i++)
		parts[1 + i] = (struct sha256_part){ hashes[i], SHA256_BYTES };
	if (r == 0)
		sha256_parts(parts, 2 + n, ret);
	return err_trace(err, r, "sheets");
}

int
sheet_show(
    struct ask *q, const char *name, const struct imprint *m, struct civil_date on, struct err *err)
{
	struct sheet list[SHEETS_MAX];
	struct render_result *result = arena_zero(q->a, sizeof(*result));
	unsigned n = sheets_list(q->c->profile, m, list), i = 0;
	while (i < n && strcmp(sheet_name(q->a, &list[i]), name) != 0)
		i++;
	if (i == n)
		return CONSOLE_E_UNKNOWN;
	js_put_text(q->detail, "sheet", sheet_name(q->a, &list[i]));
	int r = sheet_render(q, q->a, &list[i], m, on, result, err);
	if (r == 0 && result->outcome != 0)
		r = refused_by_name(q, &list[i], result);
	if (r)
		return err_trace(err, r, "preview");
	q->res->type = "application/pdf";
	q->res->body = result->docs[0].pdf;
	q->res->body_bytes = result->docs[0].pdf_bytes;
	return 0;
}

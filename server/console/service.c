/* SPDX-License-Identifier: Apache-2.0 */
/* How the service stands, its stop and resumption by the city, and a look at the very paper. */
#include "base/clock.h"
#include "queries/asp_console.h"
#include "server/console/console.h"
#include "server/issue/decide.h"
#include "server/issue/terms_db.h"
#include "server/issue/render_wire.h"

#include <string.h>

enum { PREVIEW_MS = 15000, PREVIEW_SEAL_PX = 330, DAY_MS = 86400000, JAPAN_MS = 9 * 3600000 };

/* Today's. */
static const char *
hours_text(struct arena *a, struct profile_hours h)
{
	if (h.open_minute == h.close_minute)
		return "休";
	return arena_printf(a, "%02d:%02d-%02d:%02d", h.open_minute / 60, h.open_minute % 60,
	    h.close_minute / 60, h.close_minute % 60);
}

static json_t *
kinds_describe(struct arena *a, const struct console *c, const struct terms *t, unsigned closed,
    int64_t now_ms)
{
	json_t *list = json_array();
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		enum doc_kind kind = (enum doc_kind)k;
		if (!c->profile->kinds[k].offered)
			continue;
		struct profile_hours h = terms_hours(t, c->profile, kind, now_ms);
		json_t *j = json_object();
		js_put_text(j, "kind", doc_kind_name(kind));
		js_put_text(j, "title", doc_kind_title(kind));
		js_put_int(j, "fee_yen", terms_fee_yen(t, c->profile, kind));
		js_put_text(j, "hours", hours_text(a, h));
		js_put_bool(j, "year_end", h.closed_year_end);
		js_put_bool(j, "open", terms_are_open(t, c->profile, kind, now_ms));
		js_put_bool(j, "closed", t->kinds[k].closed);
		js_put_bool(j, "stopped", (closed >> k & 1) != 0);
		(void)json_array_append_new(list, j);
	}
	return list;
}

int
console_status(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct terms terms;
	int64_t today_ms = (q->now_ms + JAPAN_MS) / DAY_MS * DAY_MS - JAPAN_MS;
	int r = db_ask(q->db, &q_console_status_read, &rows, err, db_int_arg(today_ms));
	if (r == 0)
		r = terms_db_read(q->db, &q_console_terms_read, q->now_ms, &terms, err);
	if (r)
		return err_fold(err, r, "status");
	int64_t beat_ms = db_int(rows, 0, 4);
	js_put_text(q->out, "fault", db_is_null(rows, 0, 0) ? "" : db_text(rows, 0, 0));
	js_put(q->out, "kinds",
	    kinds_describe(q->a, q->c, &terms, (unsigned)db_int(rows, 0, 1), q->now_ms));
	js_put_int(q->out, "seq", db_int(rows, 0, 2));
	js_put_int(q->out, "register_ms", db_int(rows, 0, 3));
	js_put_int(q->out, "beat_ms", beat_ms);
	js_put_int(q->out, "now_ms", q->now_ms);
	js_put_bool(q->out, "fresh",
	    beat_ms > 0 && q->now_ms - beat_ms <= ISSUE_LEASE_MS &&
		db_int(rows, 0, 5) <= db_int(rows, 0, 2));
	js_put_int(q->out, "parked", db_int(rows, 0, 6));
	js_put_int(q->out, "stops", db_int(rows, 0, 7));
	js_put_int(q->out, "stops_asked", db_int(rows, 0, 8));
	js_put_int(q->out, "issued_today", db_int(rows, 0, 9));
	js_put_int(q->out, "unprintable", db_int(rows, 0, 10));
	return 0;
}

static int
service_set(struct ask *q, bool stop, struct err *err)
{
	static const char *const members[] = { "kinds", "reason", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *reason = NULL;
	unsigned kinds = 0;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_kinds(q, &kinds, err);
	if (r == 0)
		r = ask_text(q, "reason", false, &reason, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_service_set, &rows, err, db_int_arg(stop ? 0 : kinds),
		    db_int_arg(stop ? kinds : 0));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "service");
	js_put(q->out, "stopped", kinds_list((unsigned)db_int(rows, 0, 0)));
	js_put(q->detail, "kinds", kinds_list(kinds));
	js_put_text(q->detail, "reason", reason);
	return 0;
}

int
console_service_stop(struct ask *q, struct err *err)
{
	return service_set(q, true, err);
}

int
console_service_resume(struct ask *q, struct err *err)
{
	return service_set(q, false, err);
}

/* --- the very paper, of people who do not exist --- */

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

static void
preview_request(struct ask *q, enum doc_kind kind, struct render_request *r)
{
	bool record = doc_kind_is_record(kind);
	r->muni = q->c->muni;
	r->kind = kind;
	r->whole_household = record;
	r->options = record ? q->c->profile->kinds[kind].options : 0;
	r->issued_on = clock_japan(q->now_ms).on;
	r->n_persons = record ? N_ELEMENTS(sample) : 1;
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
		.bits = sample_seal(q->a) };
	r->n_copies = 1;
	r->copies[0].number = "MIHON-00000000-K0000-000000";
	memcpy(r->copies[0].front_code, "0000000000000000", RENDER_FRONT_CODE_CHARS);
}

/* By the renderer, the forms and the profile that print; only the back sides are missing. */
static int
preview_render(struct ask *q, enum doc_kind kind, struct err *err)
{
	struct render_request *request = arena_zero(q->a, sizeof(*request));
	struct render_result *result = arena_zero(q->a, sizeof(*result));
	struct buf in, out;
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	preview_request(q, kind, request);
	render_request_encode(request, &in);
	int r = warm_render(&q->c->warm, &in, PREVIEW_MS, &out, err);
	if (r == 0)
		r = render_result_decode(q->a, out.p, out.bytes, result, err);
	if (r == 0 && (result->outcome != 0 || result->n_copies != 1))
		r = err_raise(err, FAULT_INTERNAL, "preview", result->outcome);
	if (r == 0) {
		q->res->type = "application/pdf";
		q->res->body_bytes = result->docs[0].pdf_bytes;
		q->res->body = arena_memdup(q->a, result->docs[0].pdf, result->docs[0].pdf_bytes);
	}
	buf_done(&in);
	buf_done(&out);
	return err_trace(err, r, "preview");
}

int
console_preview(struct ask *q, struct err *err)
{
	enum doc_kind kind = doc_kind_find(q->req->arg[0]);
	if (kind == 0 || !q->c->profile->kinds[kind].offered)
		return CONSOLE_E_UNKNOWN;
	js_put_text(q->detail, "kind", doc_kind_name(kind));
	return preview_render(q, kind, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/answer.h"
#include "base/clock.h"
#include "domain/order.h"

#include <string.h>

static const char proven[] =
    "うら面の署名により、この内容をこの市区町村が発行したことが証明されます。";
static const char not_proven[] = "手元の紙が最初に印刷されたもの（原本）であることは証明されません"
				 "。照会回数を確かめてください。";

const char *
standing_code(const struct standing *s)
{
	static const char *const t[] = { "unknown", "issued", "valid", "void" };
	return t[s->state];
}

const char *
standing_ja(const struct standing *s)
{
	static const char *const t[] = { "記録なし", "発行済（印刷の報告待ち）", "有効", "無効" };
	return t[s->state];
}

static void
put_time(json_t *o, const char *key, int64_t ms)
{
	char text[26];
	clock_format_rfc3339(ms, text);
	js_put_text(o, key, text);
}

static json_t *
fields_json(const struct check_paper *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->record.n_fields; i++) {
		const struct check_field *f = &p->fields[i];
		json_t *o = json_object();
		js_put_text(o, "key", f->key);
		js_put_text(o, "value", f->value);
		js_put(
		    o, "box_tenth_mm", json_pack("[iiii]", f->box.x, f->box.y, f->box.w, f->box.h));
		js_put(o, "same", f->compared ? json_boolean(!f->differs) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
standing_json(const struct standing *s)
{
	json_t *o = json_object();
	json_t *earlier = json_array();
	js_put_text(o, "state", standing_code(s));
	js_put_text(o, "state_ja", standing_ja(s));
	if (s->state == STANDING_VOID)
		js_put_text(o, "reason", s->reason);
	if (s->state != STANDING_UNKNOWN)
		put_time(o, "issued_at", s->issued_ms);
	for (unsigned i = 0; i < s->n_earlier; i++) {
		char text[26];
		clock_format_rfc3339(s->earlier_ms[i], text);
		json_array_append_new(earlier, json_string(text));
	}
	js_put(o, "asked_before", earlier);
	return o;
}

/* Words for the person at the scanner. */
static json_t *
advice_json(const struct check_paper *p)
{
	static const struct {
		unsigned edge;
		const char *ja;
	} edges[] = { { BACKSIDE_EDGE_TOP, "うら面の上端が切れています。" },
		{ BACKSIDE_EDGE_BOTTOM, "うら面の下端が切れています。" },
		{ BACKSIDE_EDGE_LEFT, "うら面の左端が切れています。" },
		{ BACKSIDE_EDGE_RIGHT, "うら面の右端が切れています。" } };
	json_t *list = json_array();
	for (size_t i = 0; i < N_ELEMENTS(edges); i++)
		if (p->info.missing_edges & edges[i].edge)
			json_array_append_new(list, json_string(edges[i].ja));
	if (p->verdict.n_margin_windows > 0)
		json_array_append_new(list,
		    json_string(
			"おもて面の余白に、発行後に加わった印影や書込みのような跡があります。"
			"判定には含みません。"));
	if (p->info.dpi > 0 && p->info.dpi < 190)
		json_array_append_new(
		    list, json_string("解像度が200 dpi未満です。300 dpiで読み取ってください。"));
	return list;
}

static void
put_opened(json_t *o, const struct check_paper *p)
{
	const char *kind = doc_kind_name((enum doc_kind)p->record.kind);
	js_put_text(o, "number", p->record.issue_number);
	js_put_text(o, "kind", kind ? kind : "unknown");
	js_put_text(o, "muni", p->header.muni.s);
	js_put_int(o, "page", p->record.page);
	js_put_int(o, "pages", p->record.pages);
	js_put_hex(o, "tie", p->record.tie, sizeof(p->record.tie));
	put_time(o, "issued_at", p->header.issued_at_ms);
	put_time(o, "register_at", p->record.registered_at_ms);
	js_put_int(o, "history", (int64_t)p->record.history);
	js_put(o, "fields", fields_json(p));
	js_put_int(o, "fields_differing", p->n_differing);
	js_put_int(o, "places_differing", p->n_differing_windows);
}

static json_t *
paper_json(const struct check_paper *p, const struct standing *s,
    const struct answer_picture *front, bool pictures)
{
	const struct check_reason_info *why = check_reason_info(p->reason);
	json_t *o = json_object();
	js_put_text(o, "verdict", check_verdict_code(why->verdict));
	js_put_text(o, "verdict_ja", check_verdict_ja(why->verdict));
	js_put_text(o, "reason", why->code);
	js_put_text(o, "reason_ja", why->ja);
	js_put(o, "advice", advice_json(p));
	if (!p->opened)
		return o;
	put_opened(o, p);
	js_put(o, "standing", standing_json(s));
	js_put_text(o, "proven", proven);
	js_put_text(o, "not_proven", not_proven);
	if (pictures && front->p != NULL)
		js_put_b64url(o, "front_png", front->p, front->bytes);
	if (pictures && p->verdict.difference_png_bytes > 0)
		js_put_b64url(o, "difference_png", p->verdict.difference_png,
		    p->verdict.difference_png_bytes);
	return o;
}

json_t *
answer_json(const char *inquiry_id, const struct check_result *r, const struct standing *standings,
    const struct answer_picture *front_png, bool pictures)
{
	json_t *o = json_object();
	json_t *papers = json_array();
	js_put_text(o, "inquiry", inquiry_id);
	for (unsigned i = 0; i < r->n; i++)
		json_array_append_new(
		    papers, paper_json(&r->paper[i], &standings[i], &front_png[i], pictures));
	js_put(o, "papers", papers);
	return o;
}

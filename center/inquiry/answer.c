/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/answer.h"
#include "base/clock.h"
#include "center/inquiry/words.h"
#include "domain/order.h"

#include <string.h>

enum { LOW_DPI = 190 }; /* a scanner's 200 */

const char *
answer_proven(const struct check_paper *p)
{
	switch (p->reason) {
	case CHECK_R_SAME:
		return "この市区町村がこの内容を発行し、読み取ったおもて面がそれと同じであることが"
		       "証明さ"
		       "れます。";
	case CHECK_R_FRONT_DIFFERS:
	case CHECK_R_FRONT_OTHER:
		return "この市区町村が発行した内容は「発行時の記載」のとおりであり、読み取ったおも"
		       "て面が"
		       "それと違うことが示されます。";
	case CHECK_R_PAGES_MISSING:
		return "この市区町村がこのページを発行し、読み取ったおもて面がそれと同じであること"
		       "が"
		       "証明されますが、証明書の全ページがそろっていることは証明されません。";
	default:
		return "うら面の署名により、「発行時の記載」をこの市区町村が発行したことが証明され"
		       "ますが"
		       "、おもて面がそれと同じであることはまだ証明されません。";
	}
}

const char *
answer_not_proven(void)
{
	return "手元の紙が最初に印刷されたもの（原本）であることと、発行後に登録内容が変わっていな"
	       "いこ"
	       "とは証明されません。";
}

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

/* ---- what the parts have in common ---- */

static unsigned
put_advice(const char **ret, unsigned n, unsigned missing, bool front)
{
	static const struct {
		unsigned edge;
		const char *back, *front;
	} edges[] = {
		{ BACKSIDE_EDGE_TOP, "うら面の上端が切れています。",
		    "おもて面の上端が切れています。" },
		{ BACKSIDE_EDGE_BOTTOM, "うら面の下端が切れています。",
		    "おもて面の下端が切れています。" },
		{ BACKSIDE_EDGE_LEFT, "うら面の左端が切れています。",
		    "おもて面の左端が切れています。" },
		{ BACKSIDE_EDGE_RIGHT, "うら面の右端が切れています。",
		    "おもて面の右端が切れています。" },
	};
	for (size_t i = 0; i < N_ELEMENTS(edges); i++)
		if (missing & edges[i].edge)
			ret[n++] = front ? edges[i].front : edges[i].back;
	return n;
}

/* The seals are no fields of the record; where a ground is printed, it says where they stand. */
static bool
is_in_picture(const struct check_paper *p)
{
	const struct payload_ground *g = &p->record.ground;
	const unsigned x = p->verdict.first.x + p->verdict.first.w / 2;
	const unsigned y = p->verdict.first.y + p->verdict.first.h / 2;
	for (unsigned i = 0; g->on && i < g->n_clears; i++) {
		const struct payload_box *b = &g->clears[i];
		if (x >= b->x && y >= b->y && x < (unsigned)b->x + b->w &&
		    y < (unsigned)b->y + b->h)
			return true;
	}
	return false;
}

unsigned
answer_advice(const struct check_paper *p, const char *ret[ANSWER_MAX_ADVICE])
{
	const struct decoder_verdict *v = &p->verdict;
	unsigned n = put_advice(ret, 0, p->info.missing_edges, false);
	n = put_advice(ret, n, p->front_page >= 0 ? v->missing_edges : 0, true);
	if (p->info.dpi > 0 && p->info.dpi < LOW_DPI)
		ret[n++] = "うら面の解像度が200 dpi未満です。300 dpiで読み取ってください。";
	if (p->front_page >= 0 && v->dpi > 0 && v->dpi < LOW_DPI)
		ret[n++] = "おもて面の解像度が200 dpi未満です。300 dpiで読み取ってください。";
	if (p->reason == CHECK_R_FRONT_DIFFERS && p->n_differing == 0)
		ret[n++] = is_in_picture(p)
		    ? "公印、印影またはQRコードが発行時と異なります。"
		    : "記載項目の外（公印、印影、枠の中の余白など）が発行時と異なります。";
	if (v->n_margin_windows > 0)
		ret[n++] = "おもて面の余白に、発行後に加わった印影や書込みのような跡があります。"
			   "判定には含みません。";
	return n;
}

unsigned
answer_sets(const struct check_result *r, struct answer_set ret[CHECK_MAX_PAPERS])
{
	unsigned n = 0;
	for (unsigned i = 0; i < r->n; i++) {
		const struct check_paper *p = &r->paper[i];
		unsigned k = 0;
		if (!p->opened)
			continue;
		while (k < n &&
		    (memcmp(ret[k].first->record.tie, p->record.tie, sizeof(p->record.tie)) != 0 ||
			strcmp(ret[k].first->record.issue_number, p->record.issue_number) != 0))
			k++;
		if (k == n)
			ret[n++] = (struct answer_set){ .first = p, .pages = p->record.pages };
		uint64_t bit = UINT64_C(1) << (p->record.page - 1);
		ret[k].twice |= (ret[k].seen & bit) != 0;
		ret[k].seen |= bit;
	}
	return n;
}

bool
answer_is_stray(const struct check_result *r, const struct decoder_pages *pages, unsigned i)
{
	if (pages->page[i].kind != DECODER_FRONT)
		return false;
	for (unsigned k = 0; k < r->n; k++)
		if (r->paper[k].front_page == (int)i)
			return false;
	return true;
}

/* ---- JSON ---- */

static void
put_time(json_t *o, const char *key, int64_t ms)
{
	char text[26];
	clock_format_rfc3339(ms, text);
	js_put_text(o, key, text);
}

static json_t *
fields_json(const struct answer_input *in, const struct check_paper *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->record.n_fields; i++) {
		const struct check_field *f = &p->fields[i];
		json_t *o = json_object();
		js_put_text(o, "key", f->key);
		js_put_text(o, "key_ja", words_field(in->arena, f->key));
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
	js_put_int(o, "times_asked_before", (int64_t)s->n_earlier_in_all);
	js_put(o, "asked_before", earlier);
	return o;
}

static json_t *
advice_json(const struct check_paper *p)
{
	const char *advice[ANSWER_MAX_ADVICE];
	unsigned n = answer_advice(p, advice);
	json_t *list = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_string(advice[i]));
	return list;
}

static void
put_opened(json_t *o, const struct answer_input *in, const struct check_paper *p)
{
	const char *kind = doc_kind_name((enum doc_kind)p->record.kind);
	js_put_text(o, "number", p->record.issue_number);
	js_put_text(o, "kind", kind ? kind : "unknown");
	js_put_text(o, "kind_ja", kind ? doc_kind_title((enum doc_kind)p->record.kind) : "");
	js_put_text(o, "muni", p->header.muni.s);
	js_put_int(o, "page", p->record.page);
	js_put_int(o, "pages", p->record.pages);
	js_put_hex(o, "tie", p->record.tie, sizeof(p->record.tie));
	put_time(o, "issued_at", p->header.issued_at_ms);
	put_time(o, "register_at", p->record.registered_at_ms);
	js_put_int(o, "history", (int64_t)p->record.history);
	js_put(o, "fields", fields_json(in, p));
	js_put_int(o, "fields_differing", p->n_differing);
	js_put_int(o, "places_differing", p->n_differing_windows);
}

static json_t *
paper_json(const struct answer_input *in, unsigned i)
{
	const struct check_paper *p = &in->result->paper[i];
	const struct answer_picture *front = &in->front_png[i];
	const struct check_reason_info *why = check_reason_info(p->reason);
	json_t *o = json_object();
	js_put_text(o, "verdict", check_verdict_code(why->verdict));
	js_put_text(o, "verdict_ja", check_verdict_ja(why->verdict));
	js_put_text(o, "reason", why->code);
	js_put_text(o, "reason_ja", why->ja);
	js_put(o, "advice", advice_json(p));
	if (!p->opened)
		return o;
	put_opened(o, in, p);
	js_put(o, "standing", standing_json(&in->standings[i]));
	js_put_text(o, "proven", answer_proven(p));
	js_put_text(o, "not_proven", answer_not_proven());
	if (in->opened)
		js_put(o, "opened", opened_json(&p->proof));
	if (in->pictures && front->p != NULL)
		js_put_b64url(o, "front_png", front->p, front->bytes);
	if (in->pictures && p->verdict.difference_png_bytes > 0)
		js_put_b64url(o, "difference_png", p->verdict.difference_png,
		    p->verdict.difference_png_bytes);
	return o;
}

static json_t *
sets_json(const struct check_result *r)
{
	struct answer_set sets[CHECK_MAX_PAPERS];
	unsigned n = answer_sets(r, sets);
	json_t *list = json_array();
	for (unsigned i = 0; i < n; i++) {
		json_t *o = json_object();
		json_t *missing = json_array();
		js_put_text(o, "number", sets[i].first->record.issue_number);
		js_put_int(o, "pages", sets[i].pages);
		for (unsigned k = 0; k < sets[i].pages; k++)
			if ((sets[i].seen >> k & 1) == 0)
				json_array_append_new(missing, json_integer(k + 1));
		js_put(o, "missing_pages", missing);
		js_put_bool(o, "page_twice", sets[i].twice);
		json_array_append_new(list, o);
	}
	return list;
}

const char *
answer_side_code(enum decoder_page_kind k)
{
	switch (k) {
	case DECODER_BACK:
		return "back";
	case DECODER_BACK_DAMAGED:
		return "back-damaged";
	case DECODER_BACK_MIRRORED:
		return "back-mirrored";
	case DECODER_FRONT:
		break;
	}
	return "front";
}

static json_t *
sides_json(const struct answer_input *in)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < in->pages->n; i++) {
		const struct decoder_page *p = &in->pages->page[i];
		json_t *o = json_object();
		js_put_int(o, "file", p->file);
		js_put_int(o, "page", p->page);
		js_put_text(o, "kind", answer_side_code(p->kind));
		js_put_bool(o, "stray", answer_is_stray(in->result, in->pages, i));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *
answer_json(const struct answer_input *in)
{
	json_t *o = json_object();
	json_t *papers = json_array();
	js_put_text(o, "inquiry", in->inquiry);
	put_time(o, "asked_at", in->at_ms);
	js_put(o, "sides", sides_json(in));
	js_put(o, "sets", sets_json(in->result));
	for (unsigned i = 0; i < in->result->n; i++)
		json_array_append_new(papers, paper_json(in, i));
	js_put(o, "papers", papers);
	return o;
}

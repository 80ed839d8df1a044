/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/check.h"

#include <ctype.h>
#include <string.h>

enum { CODE_CHARS = 16 };
static const double PX_PER_TENTH_MM = 300 / 254.0;

static const struct check_reason_info reasons[CHECK_N_REASONS] = {
	[CHECK_R_SAME] = { "same", "うら面の署名は正しく、おもて面は発行時の内容と一致しました。",
	    CHECK_MATCH },
	[CHECK_R_FRONT_DIFFERS] = { "front-differs",
	    "おもて面が発行時の内容と異なります。印の付いた箇所を確かめてください。",
	    CHECK_ALTERED },
	[CHECK_R_FRONT_OTHER] = { "front-other",
	    "おもて面の符号はこのうら面のものですが、内容が別のものです。", CHECK_ALTERED },
	[CHECK_R_FORGED] = { "forged", "うら面に市区町村の正しい署名がありません。",
	    CHECK_ALTERED },
	[CHECK_R_FRONT_MISSING] = { "front-missing",
	    "うら面は正しいものです。おもて面の画像がないため、復元した画像と目で比べてください。",
	    CHECK_UNDECIDED },
	[CHECK_R_CODE_MISSING] = { "code-missing",
	    "おもて面の画像を加えるか、おもて面に印刷された確認符号（16文字）を入力してください。",
	    CHECK_UNDECIDED },
	[CHECK_R_CODE_WRONG] = { "code-wrong",
	    "確認符号がこのうら面のものではありません。おもて面とうら面が同じ証明書か確かめてくださ"
	    "い。",
	    CHECK_UNDECIDED },
	[CHECK_R_KEY_UNKNOWN] = { "key-unknown",
	    "この窓口の鍵では読めないか、市区町村の鍵が登録されていません。", CHECK_UNDECIDED },
	[CHECK_R_KEY_REVOKED] = { "key-revoked",
	    "この証明書に署名した鍵は失効しています。市区町村に確かめてください。",
	    CHECK_UNDECIDED },
	[CHECK_R_KEY_NOT_THEN] = { "key-not-then",
	    "うら面の署名は、その鍵が使われていない日時のものです。", CHECK_ALTERED },
	[CHECK_R_KEY_DESTROYED] = { "key-destroyed",
	    "この証明書の受付期間は過ぎました。うら面を開く鍵は破棄されています。",
	    CHECK_UNDECIDED },
	[CHECK_R_FOREIGN] = { "foreign", "うら面の画像は、このサービスの証明書ではありません。",
	    CHECK_UNDECIDED },
	[CHECK_R_BACK_DAMAGED] = { "back-damaged",
	    "うら面の汚れや欠けが多く、読み取れません。300 dpi、A4全体で読み直してください。",
	    CHECK_UNDECIDED },
	[CHECK_R_BACK_MIRRORED] = { "back-mirrored", "うら面の画像が左右反転しています。",
	    CHECK_UNDECIDED },
	[CHECK_R_BACK_TWO] = { "back-two",
	    "一つの画像に2枚のうら面が写っています。1枚ずつ読み取ってください。", CHECK_UNDECIDED },
	[CHECK_R_FRONT_FAINT] = { "front-faint", "おもて面の画像が薄く、判定できません。",
	    CHECK_UNDECIDED },
	[CHECK_R_FRONT_COARSE] = { "front-coarse",
	    "おもて面の画像の乱れが大きく、細かな違いを判定できません。300 "
	    "dpi、グレーで読み直し、それで"
	    "も同じなら復元した画像と目で比べてください。",
	    CHECK_UNDECIDED },
	[CHECK_R_FRONT_CUT] = { "front-cut",
	    "見えている範囲に違いはありませんが、おもて面の一部が画像にありません。A4全体を読み直し"
	    "てください。",
	    CHECK_UNDECIDED },
	[CHECK_R_FRONT_MARKED] = { "front-marked",
	    "印刷された内容は見えていますが、余白から様式に印や汚れがかかっています。その箇所を復元"
	    "し"
	    "た画像と目で比べてください。",
	    CHECK_UNDECIDED },
	[CHECK_R_BACK_MISSING] = { "back-missing",
	    "うら面（砂目の画像がある面）が見つかりません。うら面全体を読み取ってください。",
	    CHECK_UNDECIDED },
	[CHECK_R_PAGES_MISSING] = { "pages-missing",
	    "このページは発行時のとおりですが、同じ証明書のほかのページがありません（別の証明書のペ"
	    "ー"
	    "ジかもしれません）。全ページを加えてください。",
	    CHECK_UNDECIDED },
};

const struct check_reason_info *
check_reason_info(enum check_reason r)
{
	return &reasons[r];
}

const char *
check_verdict_code(enum check_verdict v)
{
	return v == CHECK_MATCH ? "match" : v == CHECK_ALTERED ? "altered" : "undecided";
}

const char *
check_verdict_ja(enum check_verdict v)
{
	return v == CHECK_MATCH ? "一致" : v == CHECK_ALTERED ? "改ざんの疑い" : "判定不能";
}

bool
check_code_normalise(const char *typed, char ret[17])
{
	char out[CODE_CHARS + 1] = "";
	size_t n = 0;
	for (const char *p = typed; *p; p++) {
		char c = (char)toupper((unsigned char)*p);
		if (c == ' ' || c == '-')
			continue;
		c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
		if (n == CODE_CHARS || strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c) == NULL)
			return false;
		out[n++] = c;
	}
	if (n != CODE_CHARS)
		return false;
	memcpy(ret, out, sizeof(out));
	return true;
}

struct run {
	struct decoder_job *job;
	struct arena *arena;
	const struct check_keys *keys;
	const struct decoder_pages *pages;
	char codes[CHECK_MAX_CODES][CODE_CHARS + 1];
	unsigned n_codes;
	bool front_used[LOAD_MAX_PAGES];
};

static void
add_code(struct run *r, const char *code)
{
	for (unsigned i = 0; i < r->n_codes; i++)
		if (strcmp(r->codes[i], code) == 0)
			return;
	if (r->n_codes < CHECK_MAX_CODES)
		memcpy(r->codes[r->n_codes++], code, CODE_CHARS + 1);
}

static const struct key_agreer *
own_key(const struct check_keys *k, const struct key_id *id)
{
	for (unsigned i = 0; i < k->n_own; i++) {
		struct key_id own;
		key_id_of(&k->own[i].point, &own);
		if (memcmp(own.b, id->b, KEY_ID_BYTES) == 0)
			return &k->own[i];
	}
	return NULL;
}

static bool
key_is_destroyed(const struct check_keys *k, const struct key_id *id)
{
	for (unsigned i = 0; i < k->n_destroyed; i++)
		if (memcmp(k->destroyed[i].b, id->b, KEY_ID_BYTES) == 0)
			return true;
	return false;
}

/* The signer must be a key of the very municipality that the header names. */
static const struct check_signer *
signer_key(const struct check_keys *k, const struct envelope_header *h)
{
	for (unsigned i = 0; i < k->n_signers; i++)
		if (memcmp(k->signers[i].key.id.b, h->signer.b, KEY_ID_BYTES) == 0 &&
		    strcmp(k->signers[i].muni.s, h->muni.s) == 0)
			return &k->signers[i];
	return NULL;
}

/* Tries the codes; the reason says how it ended, 0 = opened. */
static int
open_record(struct run *r, const struct decoder_page *page, struct check_paper *p,
    struct envelope_opened *ret, struct err *err)
{
	if (envelope_peek(page->sealed, page->sealed_bytes, &p->header) != 0)
		return CHECK_R_FOREIGN;
	const struct key_agreer *own = own_key(r->keys, &p->header.recipient);
	const struct check_signer *signer = signer_key(r->keys, &p->header);
	if (own == NULL && key_is_destroyed(r->keys, &p->header.recipient))
		return CHECK_R_KEY_DESTROYED;
	if (own == NULL || signer == NULL)
		return CHECK_R_KEY_UNKNOWN;
	int judged = keydir_judge(&signer->key, p->header.issued_at_ms);
	if (judged == KEYDIR_E_REVOKED)
		return CHECK_R_KEY_REVOKED;
	for (unsigned i = 0; i < r->n_codes; i++) {
		const struct envelope_keys k = { r->codes[i], *own, signer->key.point };
		int x =
		    envelope_open_whole(r->arena, page->sealed, page->sealed_bytes, &k, ret, err);
		if (x == ENVELOPE_E_FORGED)
			return CHECK_R_FORGED;
		if (x == 0 && judged != 0)
			return CHECK_R_KEY_NOT_THEN;
		if (x == 0)
			p->code = arena_strdup(r->arena, r->codes[i]);
		if (x == 0 || x < 0)
			return err_trace(err, x, "open_record");
	}
	return r->n_codes ? CHECK_R_CODE_WRONG : CHECK_R_CODE_MISSING;
}

/* The record is signed by the municipality; its form is checked all the same. */
static int
read_record(struct run *r, const struct envelope_opened *e, struct check_paper *p, struct err *err)
{
	int x = opened_read(r->arena, e, &p->proof, err);
	if (x)
		return err_trace(err, x, "read_record");
	const struct bilevel page = p->proof.page;
	p->record = p->proof.record;
	if (page.w_px != FRONT_W || page.h_px != FRONT_H || page.stride_bytes != FRONT_ROW_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "size of the front", (long)page.w_px);
	p->front = page.p;
	p->fields = arena_zero_n(r->arena, p->record.n_fields + 1, sizeof(*p->fields));
	for (size_t i = 0; i < p->record.n_fields; i++)
		p->fields[i] = (struct check_field){ .key = p->record.fields[i].key,
			.value = p->record.fields[i].value,
			.box = p->record.fields[i].box };
	p->opened = true;
	return 0;
}

static unsigned
to_px(unsigned tenth_mm, unsigned max)
{
	unsigned px = (unsigned)(tenth_mm * PX_PER_TENTH_MM + 0.5);
	return px < max ? px : max - 1;
}

static struct compare_box
box_px(struct payload_box b)
{
	unsigned x = to_px(b.x, FRONT_W);
	unsigned y = to_px(b.y, FRONT_H);
	return (struct compare_box){ x, y, to_px(b.x + b.w, FRONT_W) - x,
		to_px(b.y + b.h, FRONT_H) - y };
}

/* Nothing differs at all: no other front can be better. */
static bool
is_clean(const struct decoder_verdict *v, size_t n_areas)
{
	if (v->result != 0 || v->n_differing_windows != 0)
		return false;
	for (size_t i = 0; i < n_areas; i++)
		if (v->areas[i].differs)
			return false;
	return true;
}

/* Compares with every front not yet taken and keeps the best that is this page at all. */
static int
compare_fronts(struct run *r, struct check_paper *p, struct err *err)
{
	size_t n = p->record.n_fields;
	struct compare_box *boxes = arena_zero_n(r->arena, n + 1, sizeof(*boxes));
	for (size_t i = 0; i < n; i++)
		boxes[i] = box_px(p->record.fields[i].box);
	for (unsigned i = 0; i < r->pages->n; i++) {
		struct decoder_verdict v;
		if (r->pages->page[i].kind != DECODER_FRONT || r->front_used[i])
			continue;
		int x = decoder_compare(r->job, r->arena, i, p->front, &p->record.ground,
		    p->info.dpi, boxes, (unsigned)n, &v, err);
		if (x)
			return err_trace(err, x, "compare_fronts");
		if (v.result == REGISTER_E_NO_MATCH || v.result == REGISTER_E_SIZE)
			continue;
		if (p->front_page >= 0 && v.score <= p->verdict.score)
			continue;
		p->front_page = (int)i;
		p->verdict = v;
		if (is_clean(&v, n)) {
			r->front_used[i] = true;
			break;
		}
	}
	return 0;
}

static enum check_reason
judge_front(struct check_paper *p)
{
	if (p->front_page < 0)
		return CHECK_R_FRONT_MISSING;
	if (p->verdict.result == COMPARE_E_FAINT)
		return CHECK_R_FRONT_FAINT;
	if (p->verdict.result == COMPARE_E_COARSE)
		return CHECK_R_FRONT_COARSE;
	for (size_t i = 0; i < p->record.n_fields; i++) {
		p->fields[i].compared = true;
		p->fields[i].differs = p->verdict.areas[i].differs;
		p->n_differing += p->fields[i].differs;
	}
	p->n_differing_windows = p->verdict.n_differing_windows;
	if (p->n_differing || p->n_differing_windows)
		return CHECK_R_FRONT_DIFFERS;
	if (p->verdict.result == COMPARE_E_MARKED)
		return CHECK_R_FRONT_MARKED;
	return p->verdict.result == COMPARE_E_CUT ? CHECK_R_FRONT_CUT : CHECK_R_SAME;
}

/*
 * Fronts that are the same belong to their backs already; of the others each
 * goes to the back that it is most like. The pages of one paper look alike, and
 * a page whose front was not given must not take its neighbour's.
 */
static void
settle_fronts(struct run *r, struct check_result *c)
{
	bool settled[CHECK_MAX_PAPERS] = { false };
	for (unsigned round = 0; round < c->n; round++) {
		struct check_paper *best = NULL;
		for (unsigned k = 0; k < c->n; k++) {
			struct check_paper *p = &c->paper[k];
			bool clean =
			    p->front_page >= 0 && is_clean(&p->verdict, p->record.n_fields);
			if (settled[k] || !p->opened)
				continue;
			if (best == NULL || clean ||
			    (p->front_page >= 0 && p->verdict.score > best->verdict.score))
				best = p;
			if (clean)
				break;
		}
		if (best == NULL)
			return;
		settled[best - c->paper] = true;
		int at = best->front_page;
		bool clean = at >= 0 && is_clean(&best->verdict, best->record.n_fields);
		if (at >= 0 && !clean && r->front_used[at])
			best->front_page = -1;
		else if (at >= 0)
			r->front_used[at] = true;
		best->reason = judge_front(best);
	}
}

/*
 * A front that bears this paper's code, but is none of its pages. Asked only
 * when all backs have taken theirs: the first page's front is no forgery of the
 * second's.
 */
static void
find_strangers(struct run *r, struct check_result *c)
{
	for (unsigned k = 0; k < c->n; k++) {
		struct check_paper *p = &c->paper[k];
		for (unsigned i = 0; p->reason == CHECK_R_FRONT_MISSING && i < r->pages->n; i++) {
			const struct decoder_page *page = &r->pages->page[i];
			char code[CODE_CHARS + 1];
			if (page->kind != DECODER_FRONT || r->front_used[i] ||
			    page->front_code == NULL ||
			    !check_code_normalise(page->front_code, code) ||
			    strcmp(code, p->code) != 0)
				continue;
			p->front_page = (int)i;
			p->reason = CHECK_R_FRONT_OTHER;
			r->front_used[i] = true;
		}
	}
}

/* Two pages of one certificate, by what the municipality signed. */
static bool
is_same_set(const struct payload *a, const struct payload *b)
{
	return memcmp(a->tie, b->tie, sizeof(a->tie)) == 0 &&
	    strcmp(a->issue_number, b->issue_number) == 0 && a->pages == b->pages;
}

/*
 * A page alone is no certificate: whoever takes one out, or puts another's in, must not pass.
 * A certificate of more sheets than an inquiry takes is asked about piece by piece.
 */
static bool
lacks_pages(const struct check_result *c, const struct check_paper *p)
{
	uint64_t seen = 0;
	bool others = false;
	for (unsigned i = 0; i < c->n; i++) {
		const struct check_paper *o = &c->paper[i];
		if (!o->opened)
			continue;
		if (is_same_set(&p->record, &o->record))
			seen |= UINT64_C(1) << (o->record.page - 1);
		else
			others = true;
	}
	return (unsigned)__builtin_popcountll(seen) < p->record.pages &&
	    (others || p->record.pages * 2 <= LOAD_MAX_PAGES);
}

static void
find_missing_pages(struct check_result *c)
{
	for (unsigned k = 0; k < c->n; k++)
		if (c->paper[k].reason == CHECK_R_SAME && lacks_pages(c, &c->paper[k]))
			c->paper[k].reason = CHECK_R_PAGES_MISSING;
}

static int
check_back(struct run *r, unsigned i, struct check_paper *p, struct err *err)
{
	const struct decoder_page *page = &r->pages->page[i];
	struct envelope_opened opened;
	*p = (struct check_paper){ .back_page = (int)i, .front_page = -1, .info = page->info };
	if (page->kind == DECODER_BACK_DAMAGED || page->kind == DECODER_BACK_MIRRORED) {
		p->reason = page->kind == DECODER_BACK_DAMAGED ? CHECK_R_BACK_DAMAGED
							       : CHECK_R_BACK_MIRRORED;
		return 0;
	}
	if (page->info.another) {
		p->reason = CHECK_R_BACK_TWO;
		return 0;
	}
	int x = open_record(r, page, p, &opened, err);
	if (x > 0) {
		p->reason = (enum check_reason)x;
		return 0;
	}
	if (x == 0)
		x = read_record(r, &opened, p, err);
	if (x == 0)
		x = compare_fronts(r, p, err);
	return err_trace(err, x, "check_back");
}

int
check_run(struct decoder_job *job, struct arena *a, const struct check_keys *keys,
    const struct decoder_pages *pages, const char *const *codes, unsigned n_codes,
    struct check_result *ret, struct err *err)
{
	struct run r = { .job = job, .arena = a, .keys = keys, .pages = pages };
	struct check_result out = { .n = 0 };
	char code[CODE_CHARS + 1];
	for (unsigned i = 0; i < n_codes; i++)
		if (check_code_normalise(codes[i], code))
			add_code(&r, code);
	for (unsigned i = 0; i < pages->n; i++)
		if (pages->page[i].front_code != NULL &&
		    check_code_normalise(pages->page[i].front_code, code))
			add_code(&r, code);
	for (unsigned i = 0; i < pages->n; i++) {
		if (pages->page[i].kind == DECODER_FRONT)
			continue;
		int x = check_back(&r, i, &out.paper[out.n], err);
		if (x)
			return err_trace(err, x, "check_run");
		out.n++;
	}
	settle_fronts(&r, &out);
	find_strangers(&r, &out);
	find_missing_pages(&out);
	if (out.n == 0)
		out.paper[out.n++] = (struct check_paper){
			.reason = CHECK_R_BACK_MISSING, .back_page = -1, .front_page = -1
		};
	*ret = out;
	return 0;
}

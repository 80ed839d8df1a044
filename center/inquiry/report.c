/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/report.h"
#include "center/inquiry/words.h"
#include "domain/order.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <pthread.h>
#include <string.h>

/* Points. */
static const double PAGE_W = 595.28, PAGE_H = 841.89, LEFT = 48, RIGHT = 547.28, TOP = 48,
		    BOTTOM = 785;
static const double COLUMN_1 = 150, COLUMN_3 = 50; /* of the table: item, verdict */
static const char fonts[] = "BIZ UDGothic,IPAmjMincho";

struct colour {
	double r, g, b;
};
static const struct colour ink = { .10, .10, .11 }, quiet = { .30, .30, .33 },
			   line = { .77, .78, .81 }, bad = { .69, 0, .125 }, white = { 1, 1, 1 };

struct pen {
	cairo_t *cr;
	PangoLayout *layout;
	struct arena *a;
	const struct answer_input *in;
	double y;
	unsigned page;
};

/* Pango's font map is for one thread at a time; it stays, since to make it costs most. */
static pthread_mutex_t map_lock = PTHREAD_MUTEX_INITIALIZER;
static PangoFontMap *map;

static struct colour
tone_of(enum check_verdict v)
{
	static const struct colour tones[] = { [CHECK_MATCH] = { .114, .435, .259 },
		[CHECK_ALTERED] = { .69, 0, .125 },
		[CHECK_UNDECIDED] = { .478, .294, 0 } };
	return tones[v];
}

static void
set_colour(const struct pen *p, struct colour c)
{
	cairo_set_source_rgb(p->cr, c.r, c.g, c.b);
}

static void
box(const struct pen *p, double x, double y, double w, double h, struct colour c)
{
	set_colour(p, c);
	cairo_rectangle(p->cr, x, y, w, h);
	cairo_fill(p->cr);
}

/* Lays @text out in @w points; returns its height. */
static double
lay(const struct pen *p, double w, double size, bool bold, const char *text)
{
	PangoFontDescription *f = pango_font_description_from_string(fonts);
	int h = 0;
	pango_font_description_set_absolute_size(f, size * PANGO_SCALE);
	pango_font_description_set_weight(f, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(p->layout, f);
	pango_font_description_free(f);
	pango_layout_set_width(p->layout, (int)(w * PANGO_SCALE));
	pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(p->layout, text, -1);
	pango_layout_get_size(p->layout, NULL, &h);
	return (double)h / PANGO_SCALE;
}

static void
show(const struct pen *p, double x, double y, struct colour c)
{
	set_colour(p, c);
	cairo_move_to(p->cr, x, y);
	pango_cairo_show_layout(p->cr, p->layout);
}

/* Text at (x, y); returns its height. */
static double
text(const struct pen *p, double x, double y, double w, double size, bool bold, struct colour c,
    const char *s)
{
	double h = lay(p, w, size, bold, s);
	show(p, x, y, c);
	return h;
}

static void
end_page(struct pen *p)
{
	box(p, LEFT, BOTTOM + 12, RIGHT - LEFT, .5, line);
	(void)text(p, LEFT, BOTTOM + 17, RIGHT - LEFT, 8, false, quiet,
	    arena_printf(p->a, "照会番号 %s　　%u ページ　　読み取った画像は保存されていません。",
		p->in->inquiry, p->page));
	cairo_show_page(p->cr);
	p->page++;
	p->y = TOP;
}

static void
need(struct pen *p, double h)
{
	if (p->y + h > BOTTOM)
		end_page(p);
}

static void
paragraph(struct pen *p, double size, bool bold, struct colour c, const char *s)
{
	double h = lay(p, RIGHT - LEFT, size, bold, s);
	need(p, h);
	h = text(p, LEFT, p->y, RIGHT - LEFT, size, bold, c, s);
	p->y += h + 4;
}

static void
fact(struct pen *p, const char *name, const char *value)
{
	double x = LEFT + COLUMN_1;
	double h = lay(p, RIGHT - x, 10, false, value);
	need(p, h + 4);
	(void)text(p, LEFT, p->y, COLUMN_1 - 8, 10, false, quiet, name);
	(void)text(p, x, p->y, RIGHT - x, 10, false, ink, value);
	p->y += h + 4;
}

/* ---- the parts ---- */

static const char *
missing_words(struct arena *a, const struct answer_set *s)
{
	const char *list = NULL;
	for (unsigned i = 0; i < s->pages; i++)
		if ((s->seen >> i & 1) == 0)
			list = list ? arena_printf(a, "%s、%u", list, i + 1)
				    : arena_printf(a, "%u", i + 1);
	return list ? arena_printf(a, "発行番号 %s は全%uページです。%sページ目がありません。",
			  s->first->record.issue_number, s->pages, list)
		    : NULL;
}

static void
put_sets(struct pen *p)
{
	struct answer_set sets[CHECK_MAX_PAPERS];
	unsigned n = answer_sets(p->in->result, sets);
	for (unsigned i = 0; i < n; i++) {
		const char *words = missing_words(p->a, &sets[i]);
		if (words != NULL)
			paragraph(p, 11, true, bad, words);
	}
	for (unsigned i = 0; i < p->in->pages->n; i++)
		if (answer_is_stray(p->in->result, p->in->pages, i))
			paragraph(p, 11, true, bad,
			    arena_printf(p->a,
				"%uつ目のファイルの%uページ目のおもて面には、対応するうら面がありま"
				"せん。",
				p->in->pages->page[i].file + 1, p->in->pages->page[i].page + 1));
}

static void
put_head(struct pen *p)
{
	p->y += text(p, LEFT, p->y, RIGHT - LEFT, 20, true, ink, "証明書の照会結果") + 6;
	fact(p, "照会番号", p->in->inquiry);
	fact(p, "照会日時", words_time(p->a, p->in->at_ms));
	fact(p, "読み取った面",
	    arena_printf(p->a, "%u面（うら面の証明書 %u枚）", p->in->pages->n, p->in->result->n));
	put_sets(p);
	p->y += 8;
}

static void
put_verdict(struct pen *p, const struct check_paper *c, unsigned i)
{
	const struct check_reason_info *why = check_reason_info(c->reason);
	double w = RIGHT - LEFT - 24;
	const char *head = p->in->result->n > 1
	    ? arena_printf(p->a, "%s　（%u／%u枚目）", check_verdict_ja(why->verdict), i + 1,
		  p->in->result->n)
	    : check_verdict_ja(why->verdict);
	double h = lay(p, w, 18, true, head) + lay(p, w, 11, false, why->ja) + 24;
	need(p, h + 8);
	box(p, LEFT, p->y, RIGHT - LEFT, h, tone_of(why->verdict));
	double y = p->y + 10;
	y += text(p, LEFT + 12, y, w, 18, true, white, head) + 4;
	(void)text(p, LEFT + 12, y, w, 11, false, white, why->ja);
	p->y += h + 8;
}

static const char *
asked_words(struct arena *a, const struct standing *s)
{
	if (s->n_earlier == 0)
		return "なし（初めての照会）";
	const char *t = arena_printf(a, "%llu回：", (unsigned long long)s->n_earlier_in_all);
	for (unsigned i = 0; i < s->n_earlier; i++)
		t = arena_printf(a, "%s%s%s", t, i ? "、" : "", words_time(a, s->earlier_ms[i]));
	return s->n_earlier_in_all > s->n_earlier ? arena_printf(a, "%s ほか", t) : t;
}

static void
put_facts(struct pen *p, const struct check_paper *c, const struct standing *s)
{
	const char *kind = doc_kind_title((enum doc_kind)c->record.kind);
	if (s->state == STANDING_VOID)
		paragraph(p, 12, true, bad,
		    "この番号の証明書は無効です（紙詰まりなどで取り消されたもの）。");
	if (s->state == STANDING_UNKNOWN)
		paragraph(p, 10, true, tone_of(CHECK_UNDECIDED),
		    "センターにこの番号の発行の記録がありません。発行した市区町村に問い合わせてくだ"
		    "さい。");
	fact(p, "証明書の種類", kind ? kind : "");
	fact(p, "発行番号",
	    arena_printf(p->a, "%s（%u／%uページ）", c->record.issue_number, c->record.page,
		c->record.pages));
	fact(p, "番号の状態", standing_ja(s));
	fact(p, "市区町村コード", c->header.muni.s);
	fact(p, "発行", words_time(p->a, c->header.issued_at_ms));
	fact(p, "登録内容の時点",
	    arena_printf(p->a, "%s（履歴 %llu）", words_time(p->a, c->record.registered_at_ms),
		(unsigned long long)c->record.history));
	fact(p, "これまでの照会", asked_words(p->a, s));
}

static void
put_advice(struct pen *p, const struct check_paper *c)
{
	const char *advice[ANSWER_MAX_ADVICE];
	unsigned n = answer_advice(c, advice);
	for (unsigned i = 0; i < n; i++)
		paragraph(p, 10, false, tone_of(CHECK_UNDECIDED), advice[i]);
}

static void
put_row(struct pen *p, const char *name, const char *value, const char *verdict, bool differs,
    bool head)
{
	double x2 = LEFT + COLUMN_1, x3 = RIGHT - COLUMN_3, w2 = x3 - x2 - 8;
	double h = lay(p, w2, 9.5, differs || head, value);
	double h1 = lay(p, COLUMN_1 - 12, 9.5, head, name);
	if (h1 > h)
		h = h1;
	need(p, h + 6);
	if (differs)
		box(p, LEFT, p->y, RIGHT - LEFT, h + 6, (struct colour){ 1, .91, .918 });
	(void)text(p, LEFT + 4, p->y + 3, COLUMN_1 - 12, 9.5, head, head ? ink : quiet, name);
	(void)text(p, x2, p->y + 3, w2, 9.5, differs || head, ink, value);
	(void)text(p, x3, p->y + 3, COLUMN_3, 9.5, differs || head, differs ? bad : ink, verdict);
	p->y += h + 6;
	box(p, LEFT, p->y, RIGHT - LEFT, .5, line);
}

static void
put_fields(struct pen *p, const struct check_paper *c)
{
	p->y += 8;
	put_row(p, "項目", "発行時の記載", "照合", false, true);
	for (size_t i = 0; i < c->record.n_fields; i++) {
		const struct check_field *f = &c->fields[i];
		const char *value = f->value[0] ? f->value : "（空欄）";
		if (words_is_withheld(f->key))
			value = "（報告書には載せません）";
		put_row(p, words_field(p->a, f->key), value,
		    !f->compared     ? "未照合"
			: f->differs ? "相違"
				     : "一致",
		    f->differs, false);
	}
	p->y += 8;
}

/* cairo's A1 has the first pixel in the lowest bit, rows on whole words. */
static cairo_surface_t *
front_mask(const uint8_t *front)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A1, FRONT_W, FRONT_H);
	if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS)
		return s;
	cairo_surface_flush(s);
	unsigned char *p = cairo_image_surface_get_data(s);
	size_t stride = (size_t)cairo_image_surface_get_stride(s);
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned i = 0; i < FRONT_ROW_BYTES; i++) {
			unsigned b = front[(size_t)y * FRONT_ROW_BYTES + i];
			unsigned turned = 0;
			for (unsigned k = 0; k < 8; k++)
				turned |= (b >> k & 1) << (7 - k);
			p[y * stride + i] = (unsigned char)turned;
		}
	cairo_surface_mark_dirty(s);
	return s;
}

static void
frame(const struct pen *p, double x, double y, double scale, double bx, double by, double bw,
    double bh)
{
	set_colour(p, bad);
	cairo_set_line_width(p->cr, 1.5);
	cairo_rectangle(
	    p->cr, x + bx * scale - 2, y + by * scale - 2, bw * scale + 4, bh * scale + 4);
	cairo_stroke(p->cr);
}

static void
put_front(struct pen *p, const struct check_paper *c)
{
	static const double w = 300;
	double scale = w / FRONT_W, h = FRONT_H * scale, x = (PAGE_W - w) / 2;
	double scale_mm = w / 2100;
	cairo_surface_t *mask = front_mask(c->front);
	need(p, h + 30);
	(void)text(p, LEFT, p->y, RIGHT - LEFT, 10, true, ink,
	    c->n_differing || c->n_differing_windows
		? "発行時のおもて面（うら面から復元。赤枠：読み取ったおもて面と違う箇所）"
		: "発行時のおもて面（うら面から復元）");
	p->y += 18;
	cairo_save(p->cr);
	cairo_translate(p->cr, x, p->y);
	cairo_scale(p->cr, scale, scale);
	cairo_set_source_rgb(p->cr, 0, 0, 0);
	cairo_mask_surface(p->cr, mask, 0, 0);
	cairo_restore(p->cr);
	cairo_surface_destroy(mask);
	set_colour(p, line);
	cairo_set_line_width(p->cr, .5);
	cairo_rectangle(p->cr, x, p->y, w, h);
	cairo_stroke(p->cr);
	for (size_t i = 0; i < c->record.n_fields; i++) {
		const struct check_field *f = &c->fields[i];
		if (words_is_withheld(f->key))
			box(p, x + f->box.x * scale_mm, p->y + f->box.y * scale_mm,
			    f->box.w * scale_mm, f->box.h * scale_mm, line);
		if (f->differs)
			frame(p, x, p->y, scale_mm, f->box.x, f->box.y, f->box.w, f->box.h);
	}
	if (c->n_differing == 0 && c->n_differing_windows > 0)
		frame(p, x, p->y, scale, c->verdict.first.x, c->verdict.first.y, 24, 24);
	p->y += h + 12;
}

static void
put_paper(struct pen *p, unsigned i)
{
	const struct check_paper *c = &p->in->result->paper[i];
	if (i > 0)
		end_page(p);
	put_verdict(p, c, i);
	put_advice(p, c);
	if (!c->opened)
		return;
	put_facts(p, c, &p->in->standings[i]);
	put_fields(p, c);
	put_front(p, c);
	paragraph(p, 9.5, false, ink, answer_proven(c));
	paragraph(p, 9.5, false, ink, answer_not_proven());
}

/* ---- the document ---- */

static cairo_status_t
take_bytes(void *self, const unsigned char *p, unsigned n)
{
	struct buf *b = self;
	buf_put(b, p, n);
	return buf_ok(b) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static bool
draw(struct arena *a, const struct answer_input *in, struct buf *out)
{
	if (map == NULL)
		map = pango_cairo_font_map_new();
	cairo_surface_t *s = cairo_pdf_surface_create_for_stream(take_bytes, out, PAGE_W, PAGE_H);
	cairo_pdf_surface_set_metadata(
	    s, CAIRO_PDF_METADATA_TITLE, arena_printf(a, "証明書の照会結果 %s", in->inquiry));
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "Kofu");
	cairo_t *cr = cairo_create(s);
	PangoContext *context = pango_font_map_create_context(map);
	pango_cairo_context_set_resolution(context, 72);
	pango_context_set_language(context, pango_language_from_string("ja"));
	pango_cairo_update_context(cr, context);
	struct pen p = {
		.cr = cr, .layout = pango_layout_new(context), .a = a, .in = in, .y = TOP, .page = 1
	};
	put_head(&p);
	for (unsigned i = 0; i < in->result->n; i++)
		put_paper(&p, i);
	end_page(&p);
	g_object_unref(p.layout);
	g_object_unref(context);
	bool ok = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(cr);
	cairo_surface_finish(s);
	ok = ok && cairo_surface_status(s) == CAIRO_STATUS_SUCCESS;
	cairo_surface_destroy(s);
	return ok && buf_ok(out);
}

int
report_write(struct arena *a, const struct answer_input *in, const uint8_t **ret, size_t *ret_bytes,
    struct err *err)
{
	struct buf out;
	buf_init(&out, REPORT_MAX_BYTES);
	(void)pthread_mutex_lock(&map_lock);
	bool ok = draw(a, in, &out);
	(void)pthread_mutex_unlock(&map_lock);
	if (ok) {
		*ret = arena_memdup(a, out.p, out.bytes);
		*ret_bytes = out.bytes;
	}
	buf_done(&out);
	return ok ? 0 : err_raise(err, FAULT_INTERNAL, "report", 0);
}

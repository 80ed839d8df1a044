/* SPDX-License-Identifier: Apache-2.0 */
/* warm - what almost every certificate shows, rastered before the first order. */
#include "base/arena.h"
#include "form.h"
#include "ground_cache.h"
#include "stencil_cache.h"

enum {
	WARM_ARENA_BYTES = 8 << 20,
	WARM_OWN_MAX_PX = 54, /* 市区町村長 and its sentences: form_style.c */
	WARM_OWN_MIN_PX = 30,
};

/* Digits, kana, Latin letters and the marks that stand in any row. */
static const char common[] =
    "0123456789０１２３４５６７８９-－ー・、。（）【】＊年月日元番地号丁目"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポァィゥェォッャュョヴ"
    "令和平成昭大正明治男女世帯主妻夫子父母兄弟姉妹空欄省略都道府県市区町村字条第室棟階";

/* Frequent in names of people and places. */
static const char names[] =
    "佐藤鈴木高橋田中伊渡辺山本村小林加吉井松清斎池阿部森川石前岡後長谷近遠坂原青西福太三"
    "浦金内上竹野島崎今宮横新安丸山和丹羽沢柴工酒菅久保服水千葉岩桜庭河南北東関戸矢平土尾浅"
    "秋黒荒神見一二四五六七八九十郎花美香恵優愛真由紀雄介翔陽翼健誠隆浩博康弘幸代枝江奈央彩"
    "里沙理衣悠斗蓮湊樹凛結菜葵杏莉咲月心海空翠新大町緑丘台園城寺社通京阪名古屋札幌仙広九州";

static void
warm_text(struct arena *a, const struct fontset_stack *s, const char *text, unsigned px)
{
	struct shape_run run;
	struct err ignored = {
		0
	}; /* what cannot be warmed is refused, or rastered, when it comes */
	const struct fontset_glyph *g = NULL;
	if (shape_text(a, s, text, &run) != 0)
		return;
	for (unsigned i = 0; i < run.n; i++)
		if (fontset_raster(
			s->set, run.glyphs[i].font, run.glyphs[i].gid, px, &g, &ignored) != 0)
			return;
}

/* Its glyphs, and with @pictures how they look at each size. */
static void
warm_sizes(struct arena *a, const struct fontset_stack *s, const char *text, unsigned max_px,
    unsigned min_px, bool pictures)
{
	struct shape_run run;
	if (!pictures)
		(void)!shape_text(a, s, text, &run);
	for (unsigned px = max_px; pictures && px >= min_px; px -= 2)
		warm_text(a, s, text, px);
}

static void
warm_block(
    struct arena *a, const struct fontset_stack *s, const struct form_block *b, bool pictures)
{
	for (unsigned i = 0; b != NULL && i < b->n_cells; i++) {
		const struct form_cell *c = &b->cells[i];
		if (c->what == FORM_LABEL)
			warm_sizes(a, s, c->text, c->style->max_px, c->style->min_px, pictures);
	}
}

/* A municipality's own words, at each size down to a style's least: the longest are set smaller. */
static void
warm_profile(struct arena *a, const struct fontset_stack *s, const struct profile *p, bool pictures)
{
	const char *texts[4 + 2 * (DOC_KIND_MAX + 1)] = { p->prefecture, p->name, p->mayor_title,
		p->mayor };
	unsigned n = 4;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		texts[n++] = p->kinds[k].ninsho_all;
		texts[n++] = p->kinds[k].ninsho_part;
	}
	for (unsigned i = 0; i < n; i++)
		if (texts[i] != NULL)
			warm_sizes(a, s, texts[i], WARM_OWN_MAX_PX, WARM_OWN_MIN_PX, pictures);
}

/* Municipalities share most labels: what the glyph cache has is passed over fast. */
static void
warm_forms(const struct fontset_stack *s, const struct profile *profiles, unsigned n, bool pictures)
{
	for (unsigned i = 0; i < n; i++) {
		AUTO(arena) struct arena *own = arena_new(WARM_ARENA_BYTES);
		warm_profile(own, s, &profiles[i], pictures);
		for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
			const struct form *form = profiles[i].forms[k];
			if (form == NULL || !profiles[i].kinds[k].offered)
				continue;
			AUTO(arena) struct arena *a = arena_new(WARM_ARENA_BYTES);
			warm_block(a, s, &form->head, pictures);
			warm_block(a, s, &form->head_long, pictures);
			warm_block(a, s, &form->person, pictures);
			warm_block(a, s, &form->foreign, pictures);
			warm_block(a, s, &form->unused, pictures);
			warm_block(a, s, &form->foot, pictures);
		}
	}
}

void
render_fonts_warm(struct render_fonts *f, const struct profile *profiles, unsigned n, bool pictures)
{
	/* The largest of each style that something else than a label is set in (form_style.c). */
	static const uint8_t sizes[] = { 28, 30, 34, 36, 38, 42, 44, 46, 54, 58, 66 };
	AUTO(arena) struct arena *a = arena_new(WARM_ARENA_BYTES);
	struct fontset_stack s;
	struct err ignored = { 0 };
	ground_cache_warm(f);
	stencil_cache_warm(f, profiles, n);
	if (fontset_stack(f, (struct muni_code){ "" }, &s, &ignored) != 0)
		return;
	warm_forms(&s, profiles, n, pictures);
	warm_block(a, &s, &form_back, pictures);
	if (!pictures) {
		struct shape_run run;
		(void)!shape_text(a, &s, common, &run);
		(void)!shape_text(a, &s, names, &run);
		return;
	}
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		warm_text(a, &s, doc_kind_title((enum doc_kind)k), form_style_title.max_px);
	for (unsigned i = 0; i < N_ELEMENTS(sizes); i++) {
		warm_text(a, &s, common, sizes[i]);
		warm_text(a, &s, names, sizes[i]);
	}
}

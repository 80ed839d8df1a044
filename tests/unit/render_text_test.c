/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "server/render/fit.h"
#include "server/render/form.h"
#include "server/render/shape.h"

#include <hb-ot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct render_fonts *fonts;
static struct fontset_stack stack;
static struct arena *a;

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	a = arena_new(64 << 20);
	int r = render_fonts_open(FONT_MANIFEST, &fonts, &err);
	if (r == 0)
		r = fontset_stack(fonts, (struct muni_code){ "991015" }, &stack, &err);
	if (r)
		log_fault("test", (struct txn_id){ 0 }, &err);
	return r;
}

static int
teardown(void **state)
{
	(void)state;
	render_fonts_free(fonts);
	arena_free(a);
	return 0;
}

static struct shape_run
shaped(const char *text)
{
	struct shape_run run = { 0 };
	assert_int_equal(shape_text(a, &stack, text, &run), 0);
	return run;
}

static void
a_character_and_its_selector_are_one_glyph_of_their_own(void **state)
{
	(void)state;
	struct shape_run plain = shaped("葛");
	struct shape_run variant = shaped("\u845B\U000E0102");
	assert_int_equal(plain.n, 1);
	assert_int_equal(variant.n, 1);
	assert_int_equal(variant.glyphs[0].n_cps, 2);
	assert_int_equal(variant.glyphs[0].cps[1], 0xE0102);
	/* Of the selectors E0102 .. E0108 exactly one is the font's default shape. */
	unsigned same = 0;
	for (uint32_t s = 0xE0102; s <= 0xE0108; s++)
		same += sfnt_find_variant(&fonts->fonts[0].sfnt, 0x845B, s) == plain.glyphs[0].gid;
	assert_int_equal(same, 1);
	assert_int_equal(shaped("\U00020BB7\U00029E3D\U0002E7BD").n, 3);
}

static unsigned
n_learned(const struct render_fonts *f)
{
	unsigned n = 0;
	for (unsigned i = 0; i < FONTSET_UNITS; i++)
		n += f->units[i].cp != 0;
	return n;
}

/* Each character that the first font maps, learned or not, until the table is full and beyond. */
static void
what_was_learned_of_a_character_is_what_the_fonts_say(void **state)
{
	AUTO(render_fonts) struct render_fonts *fresh = NULL;
	struct fontset_stack other;
	struct err err = { 0 };
	unsigned n = 0;
	(void)state;
	assert_int_equal(render_fonts_open(FONT_MANIFEST, &fresh, &err), 0);
	assert_int_equal(fontset_stack(fresh, (struct muni_code){ "991015" }, &other, &err), 0);
	render_fonts_learned(fresh);
	const unsigned before = n_learned(fresh);
	for (uint32_t cp = 0x21; cp < 0x9FFF && n < 4 * FONTSET_UNITS; cp++, n++) {
		AUTO(arena) struct arena *own = arena_new(1 << 16);
		struct shape_run run[3] = { 0 };
		int r[3];
		char text[8] = "";
		cp = sfnt_next_mapped(&fresh->fonts[0].sfnt, cp);
		text[text_utf8_put(cp, text)] = '\0';
		for (unsigned k = 0; k < 3; k++) /* learns, knows, asks */
			r[k] = shape_text(own, k < 2 ? &stack : &other, text, &run[k]);
		for (unsigned k = 0; k < 2; k++) {
			assert_int_equal(r[k], r[2]);
			assert_int_equal(run[k].n, run[2].n);
			assert_int_equal(run[k].advance, run[2].advance);
			for (unsigned i = 0; i < run[k].n; i++)
				assert_memory_equal(&run[k].glyphs[i], &run[2].glyphs[i],
				    sizeof(struct shape_glyph));
		}
	}
	assert_true(n == 4 * FONTSET_UNITS);
	assert_true(n_learned(fonts) > FONTSET_UNITS / 2);
	assert_int_equal(n_learned(fresh), before); /* none of an order's */
}

static void
a_known_outline_is_the_one_that_is_read(void **state)
{
	AUTO(render_fonts) struct render_fonts *f = NULL;
	struct fontset_stack s;
	struct shape_run run;
	struct err err = { 0 };
	unsigned n = 0;
	(void)state;
	assert_int_equal(render_fonts_open(FONT_MANIFEST, &f, &err), 0);
	assert_int_equal(fontset_stack(f, (struct muni_code){ "991015" }, &s, &err), 0);
	assert_int_equal(shape_text(a, &s, "見本　太郎がパリで１２３、ABC", &run), 0);
	struct sfnt plain = f->fonts[0].sfnt;
	assert_null(plain.known);
	render_fonts_learned(f);
	for (uint32_t gid = 0; gid < plain.n_glyphs; gid++) {
		struct sfnt_outline is, want;
		assert_int_equal(sfnt_outline(&plain, gid, &want, &err), 0);
		assert_int_equal(sfnt_outline(&f->fonts[0].sfnt, gid, &is, &err), 0);
		assert_ptr_equal(is.p, want.p);
		assert_int_equal(is.bytes, want.bytes);
		assert_int_equal(is.composite, want.composite);
		assert_int_equal(is.hints_at, want.hints_at);
		assert_int_equal(is.hints_bytes, want.hints_bytes);
		n += f->known[gid % SFNT_KNOWN].outline.p != NULL &&
		    f->known[gid % SFNT_KNOWN].gid == gid;
	}
	assert_in_range(n, 10, FONTSET_UNITS);
	assert_true(
	    sfnt_outline(&f->fonts[0].sfnt, plain.n_glyphs, &(struct sfnt_outline){ 0 }, &err) < 0);
}

static void
what_no_font_prints_exactly_is_refused(void **state)
{
	static const char *const t[] = {
		"\u845B\U000E0100",         /* Adobe-Japan1: another collection's shape */
		"\u845B\U000E0109",         /* past Moji_Joho's last */
		"A\U000E0102",              /* a selector behind a letter */
		"\U000E0102",               /* a selector behind nothing */
		"\u3099",                   /* a mark behind nothing */
		"\u306A\u3099",             /* a mark that joins no glyph */
		"\uE000",                   /* private use: this municipality has no gaiji font */
		"\uF860",                   /* a blank in the main font */
		"\U000F0000", "\U0001F600", /* no font has them */
		"\u0E01",                   /* Thai */
		"a\nb", "a\tb", "\x7F",     /* control characters */
		"\xC0\x80", "\xED\xA0\x80", "\xE8\x91", /* not UTF-8 */
		"\u200B", "\u200D", "\u2060", "\uFEFF", /* invisible */
	};
	struct shape_run run;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int r = shape_text(a, &stack, t[i], &run);
		if (r != RENDER_E_NO_GLYPH)
			print_error("row %zu: %d\n", i, r);
		assert_int_equal(r, RENDER_E_NO_GLYPH);
	}
}

static void
a_kana_and_its_sound_mark_join_into_one_glyph(void **state)
{
	(void)state;
	struct shape_run joined = shaped("\u304B\u3099");
	assert_int_equal(joined.n, 1);
	assert_int_equal(joined.glyphs[0].n_cps, 2);
	assert_int_equal(joined.glyphs[0].gid, shaped("\u304C").glyphs[0].gid);
}

static void
the_second_font_gives_signs_but_never_an_ideograph(void **state)
{
	uint32_t sign = 0, ideograph = 0;
	char text[5] = "";
	struct shape_run run;
	(void)state;
	for (uint32_t cp = 0xA1; cp < 0x3300 && sign == 0; cp++)
		if (sfnt_find_glyph(&fonts->fonts[0].sfnt, cp) == 0 && !shape_is_mark(cp) &&
		    !shape_is_selector(cp) && sfnt_find_glyph(&fonts->fonts[1].sfnt, cp) != 0)
			sign = cp;
	assert_int_not_equal(sign, 0);
	text[text_utf8_put(sign, text)] = '\0';
	assert_int_equal(shape_text(a, &stack, text, &run), 0);
	assert_int_equal(run.glyphs[0].font, 1);
	/* Both fonts know all of JIS X 0213: ask with the main font out of the way. */
	struct fontset_stack second = { .set = fonts, .n = 1, .index = { 1 } };
	ideograph = 0x4E00;
	memset(text, 0, sizeof(text));
	text[text_utf8_put(ideograph, text)] = '\0';
	assert_int_equal(shape_text(a, &second, text, &run), RENDER_E_NO_GLYPH);
	assert_int_equal(shape_text(a, &second, "A", &run), 0);
}

static void
a_text_of_the_limit_is_shaped_and_one_more_is_refused(void **state)
{
	char text[SHAPE_MAX_UNITS + 2];
	struct shape_run run;
	(void)state;
	memset(text, 'A', sizeof(text));
	text[SHAPE_MAX_UNITS + 1] = '\0';
	assert_int_equal(shape_text(a, &stack, text, &run), RENDER_E_NO_GLYPH);
	text[SHAPE_MAX_UNITS] = '\0';
	assert_int_equal(shape_text(a, &stack, text, &run), 0);
	assert_int_equal(run.n, SHAPE_MAX_UNITS);
}

/* HarfBuzz's own reader, whole runs, all its default features for ccmp and locl. */
static void
harfbuzz_alone_picks_the_same_glyphs_for_a_whole_text(void **state)
{
	static const char text[] =
	    "見本　太郎\u845B\U000E0102\U00020BB7\u304B\u3099\u30AB\u309Aミホン　タロウ１２－３ABCx"
	    "yz"
	    "令和元年昭和５５年４月１日髙﨑邊邉齋齊【空欄】＊＊＊（未届）々ーっ";
	hb_blob_t *blob = hb_blob_create((const char *)fonts->fonts[0].map,
	    (unsigned)fonts->fonts[0].map_bytes, HB_MEMORY_MODE_READONLY, NULL, NULL);
	hb_face_t *face = hb_face_create(blob, 0);
	hb_font_t *font = hb_font_create(face);
	hb_buffer_t *b = hb_buffer_create();
	const hb_feature_t off[] = { { HB_TAG('l', 'i', 'g', 'a'), 0, 0, (unsigned)-1 } };
	unsigned n = 0;
	(void)state;
	hb_ot_font_set_funcs(font);
	hb_buffer_add_utf8(b, text, -1, 0, -1);
	hb_buffer_guess_segment_properties(b);
	hb_shape(font, b, off, 1);
	const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(b, &n);
	struct shape_run run = shaped(text);
	assert_int_equal(run.n, n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(run.glyphs[i].gid, info[i].codepoint);
	hb_buffer_destroy(b);
	hb_font_destroy(font);
	hb_face_destroy(face);
	hb_blob_destroy(blob);
}

static void
a_manifest_that_is_none_is_refused(void **state)
{
	static const char *const t[] = {
		"",
		"[]",
		"{}",
		"{\"fonts\":[]}",
		"{\"fonts\":[{}]}",
		"{\"fonts\":[{\"name\":\"x\",\"path\":\"x\",\"sha256\":\"00\",\"use\":\"main\"}]}",
		"{\"fonts\":[{\"name\":\"x\",\"path\":\"x\",\"sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"use\":\"other\"}]}",
		"{\"fonts\":[{\"name\":\"x\",\"path\":\"x\",\"sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"use\":\"symbols\"}]}",
		"{\"fonts\":[{\"name\":\"x\",\"path\":\"x\",\"sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"use\":\"gaiji\"}]}",
		"{\"fonts\":[{\"name\":\"x\",\"path\":\"x\",\"sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"use\":\"additional\"}]}",
	};
	char path[] = "/tmp/kofu-manifest-XXXXXX";
	(void)state;
	fd_close(mkstemp(path));
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct render_fonts *set = NULL;
		assert_int_equal(file_write_atomic(path, t[i], strlen(t[i]), 0600, &err), 0);
		assert_int_equal(render_fonts_open(path, &set, &err), FAULT_CONFIG);
		assert_null(set);
	}
	(void)unlink(path);
}

static bool
breaks(const char *pair)
{
	struct shape_run r = shaped(pair);
	assert_int_equal(r.n, 2);
	return fit_may_break(&r.glyphs[0], &r.glyphs[1]);
}

static void
lines_break_where_a_reader_expects_it(void **state)
{
	static const char *const may[] = { "見本", "目２", "号室", "市A", "Ｂ町", "　号",
		"\u845B\U000E0102子" };
	static const char *const may_not[] = { "佐々", "ルー", "あっ", "号）", "（未", "２３", "2-",
		"-3", "６－", "－７", "AB", "O'", "号、", "「見", "カ゚ッ", "号　", "A1" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(may); i++)
		if (!breaks(may[i]))
			fail_msg("no break in row %zu", i);
	for (size_t i = 0; i < N_ELEMENTS(may_not); i++)
		if (breaks(may_not[i]))
			fail_msg("break in row %zu", i);
}

static int
fit(const char *text, int32_t w, int32_t h, struct fit_style style, struct dlist *l)
{
	struct shape_run run = shaped(text);
	struct fit_box box = { 100, 100, w, h };
	dlist_init(l, a);
	return fit_text(l, &run, &box, &style);
}

static void
a_text_shrinks_to_its_least_size_and_is_refused_past_it(void **state)
{
	const struct fit_style one = { 40, 26, 1, FIT_LEFT, FIT_MIDDLE, 0 };
	struct dlist l;
	(void)state;
	assert_int_equal(fit("見本見本見本見本見本", 400, 60, one, &l), 0);
	assert_int_equal(l.items[0].px, 40);
	assert_int_equal(fit("見本見本見本見本見本", 399, 60, one, &l), 0);
	assert_int_equal(l.items[0].px, 38);
	assert_int_equal(fit("見本見本見本見本見本", 260, 60, one, &l), 0);
	assert_int_equal(l.items[0].px, 26);
	assert_int_equal(fit("見本見本見本見本見本", 259, 60, one, &l), RENDER_E_OVERFLOW);
	assert_int_equal(l.n, 0);
	assert_int_equal(fit("見", 400, 26, one, &l), 0);
	assert_int_equal(fit("見", 400, 25, one, &l), RENDER_E_OVERFLOW);
	assert_int_equal(fit("見", 400, 28, one, &l), 0); /* less a pixel above and below */
	assert_int_equal(l.items[0].px, 26);
}

static void
an_address_wraps_and_keeps_numbers_and_selectors_whole(void **state)
{
	const struct fit_style two = { 40, 40, 2, FIT_LEFT, FIT_MIDDLE, 0 };
	struct dlist l;
	(void)state;
	assert_int_equal(fit("見本市中央１２３番", 240, 200, two, &l), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].run.n, 5); /* １２３ goes down as one */
	assert_int_equal(l.items[1].run.n, 4);
	assert_int_equal(fit("見本市\u845B\U000E0102町", 120, 200, two, &l), 0);
	assert_int_equal(l.items[1].run.glyphs[0].n_cps, 2);
	assert_int_equal(fit("１２３４５６７", 240, 200, two, &l), RENDER_E_OVERFLOW);
	assert_int_equal(fit("見本市見本市見本市", 120, 200, two, &l), RENDER_E_OVERFLOW);
}

static void
spaces_at_a_lines_end_need_no_room_but_stay_in_the_text(void **state)
{
	const struct fit_style two = { 40, 40, 2, FIT_LEFT, FIT_MIDDLE, 0 };
	struct dlist l;
	(void)state;
	assert_int_equal(fit("見本　太郎", 80, 200, two, &l), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].run.n, 3);
	assert_int_equal(l.items[1].run.n, 2);
}

static void
text_stands_left_right_or_in_the_middle(void **state)
{
	struct fit_style s = { 40, 40, 1, FIT_LEFT, FIT_MIDDLE, 10 };
	struct dlist l;
	(void)state;
	assert_int_equal(fit("見本", 300, 100, s, &l), 0);
	assert_int_equal(l.items[0].x / DLIST_PX, 110);
	assert_int_equal(l.items[0].y / DLIST_PX, 130 + 35);
	s.align = FIT_CENTER;
	assert_int_equal(fit("見本", 300, 100, s, &l), 0);
	assert_int_equal(l.items[0].x / DLIST_PX, 210);
	s.align = FIT_RIGHT;
	assert_int_equal(fit("見本", 300, 100, s, &l), 0);
	assert_int_equal(l.items[0].x / DLIST_PX, 310);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_and_its_selector_are_one_glyph_of_their_own),
		cmocka_unit_test(what_was_learned_of_a_character_is_what_the_fonts_say),
		cmocka_unit_test(a_known_outline_is_the_one_that_is_read),
		cmocka_unit_test(what_no_font_prints_exactly_is_refused),
		cmocka_unit_test(a_kana_and_its_sound_mark_join_into_one_glyph),
		cmocka_unit_test(the_second_font_gives_signs_but_never_an_ideograph),
		cmocka_unit_test(a_text_of_the_limit_is_shaped_and_one_more_is_refused),
		cmocka_unit_test(harfbuzz_alone_picks_the_same_glyphs_for_a_whole_text),
		cmocka_unit_test(a_manifest_that_is_none_is_refused),
		cmocka_unit_test(lines_break_where_a_reader_expects_it),
		cmocka_unit_test(a_text_shrinks_to_its_least_size_and_is_refused_past_it),
		cmocka_unit_test(an_address_wraps_and_keeps_numbers_and_selectors_whole),
		cmocka_unit_test(spaces_at_a_lines_end_need_no_room_but_stay_in_the_text),
		cmocka_unit_test(text_stands_left_right_or_in_the_middle),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

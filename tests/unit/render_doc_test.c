/* SPDX-License-Identifier: Apache-2.0 */
/* Whole certificates, judged by poppler and qpdf: text, pixels, structure. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/render/bilevel.h"
#include "server/render/engine.h"
#include "tests/golden/pages.h"
#include "tests/golden/sample.h"

#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct render_fonts *fonts;

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	int r = render_fonts_open(FONT_MANIFEST, &fonts, &err);
	if (r)
		log_fault("test", (struct txn_id){ 0 }, &err);
	return r != 0 || !pages_init();
}

static int
teardown(void **state)
{
	(void)state;
	pages_done();
	render_fonts_free(fonts);
	return 0;
}

static struct render_doc
rendered(struct arena *a, const struct render_input *in)
{
	struct render_doc d = { 0 };
	struct err err = { 0 };
	int r = render_doc(a, fonts, in, &d, &err);
	if (r) {
		log_fault("test", (struct txn_id){ 0 }, &err);
		print_error("outcome %d item %s\n", r, d.failed_item ? d.failed_item : "-");
	}
	assert_int_equal(r, 0);
	return d;
}

/* Without spaces, line ends and page ends. */
static char *
squeezed(struct arena *a, const char *s)
{
	char *out = arena_zero(a, strlen(s) + 1);
	size_t n = 0;
	while (*s != '\0') {
		if (*s == ' ' || *s == '\n' || *s == '\f' || *s == '\r') {
			s++;
		} else if (strncmp(s, "\u3000", 3) == 0) {
			s += 3;
		} else {
			out[n++] = *s++;
		}
	}
	return out;
}

static const struct {
	enum doc_kind kind;
	enum profile_form form;
	unsigned n;
	unsigned options;
	unsigned pages;
} kinds[] = {
	{ DOC_JUMINHYO, PROFILE_RENKI, 1, 0, 1 },
	{ DOC_JUMINHYO, PROFILE_RENKI, 4, ORDER_OPTIONS_ALL, 1 },
	{ DOC_JUMINHYO, PROFILE_RENKI, 5, ORDER_OPTIONS_ALL, 2 },
	{ DOC_JUMINHYO, PROFILE_RENKI, 6, ORDER_HONSEKI | ORDER_KOKUSEKI, 2 },
	{ DOC_JUMINHYO, PROFILE_KOJIN, 6, ORDER_OPTIONS_ALL, 6 },
	{ DOC_INKAN, PROFILE_RENKI, 1, 0, 1 },
};

static struct render_input
kind_input(struct arena *a, size_t i)
{
	struct render_input in = sample_input(a, kinds[i].kind, kinds[i].form, kinds[i].n);
	in.options = kinds[i].options;
	return in;
}

static void
every_value_is_extracted_exactly_and_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES + (32 << 20));
		struct render_input in = kind_input(a, i);
		struct render_doc d = rendered(a, &in);
		size_t n = 0;
		assert_int_equal(d.n_pages, kinds[i].pages);
		pages_write(a, d.pdf, d.pdf_bytes);
		for (unsigned page = 0; page < d.n_pages; page++) {
			assert_int_equal(pages_run(a,
					     arena_printf(a, "pdftotext -raw -f %u -l %u d.pdf out",
						 2 * page + 1, 2 * page + 1)),
			    0);
			const char *at = squeezed(a, (char *)pages_read(a, "out", &n));
			for (unsigned k = 0; k < d.n_fields; k++) {
				if (d.fields[k].page != page)
					continue;
				const char *v = squeezed(a, d.fields[k].value);
				at = strstr(at, v);
				if (at == NULL)
					fail_msg("kind %zu page %u: %s is not there", i, page,
					    d.fields[k].key);
				at += strlen(v);
			}
		}
	}
}

static void
qpdf_finds_nothing_to_complain_about(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_input in = kind_input(a, i);
		struct render_doc d = rendered(a, &in);
		size_t n = 0;
		pages_write(a, d.pdf, d.pdf_bytes);
		assert_int_equal(pages_run(a, "qpdf --check d.pdf > out 2>&1"), 0);
		assert_int_equal(pages_run(a, "pdffonts d.pdf 2>&1 | tail -n +3 > out"), 0);
		const char *text = (char *)pages_read(a, "out", &n);
		assert_non_null(strstr(text, "+KofuMincho"));
		assert_non_null(strstr(text, "yes yes yes")); /* embedded, subset, ToUnicode */
		assert_null(strstr(strchr(text, '\n') + 1, "Mincho"));
	}
}

static void
the_same_input_gives_the_same_bytes_with_fonts_warm_or_cold(void **state)
{
	AUTO(arena) struct arena *a = arena_new(3 * (size_t)RENDER_ARENA_BYTES);
	AUTO(render_fonts) struct render_fonts *cold = NULL;
	struct render_input in = kind_input(a, 3);
	struct render_doc again = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_int_equal(render_fonts_open(FONT_MANIFEST, &cold, &err), 0);
	assert_int_equal(render_doc(a, cold, &in, &again, &err), 0);
	render_fonts_warm(fonts, in.profile, 1, true);
	for (int i = 0; i < 2; i++) {
		struct render_doc d = rendered(a, &in);
		assert_int_equal(d.pdf_bytes, again.pdf_bytes);
		assert_memory_equal(d.pdf, again.pdf, d.pdf_bytes);
		assert_memory_equal(sample_raster(a, fonts, &d, 1),
		    sample_raster(a, cold, &again, 1), RENDER_RASTER_BYTES);
	}
}

static int
px(double mm)
{
	return (int)(mm * 300 / 25.4);
}

/* Where a seal stands, which each reader samples its own way. */
static void
seal_box(enum doc_kind kind, int ret[4])
{
	const double juminhyo[] = { 163, 257, 190, 285 }, inkan[] = { 150, 218, 178, 247 };
	for (size_t i = 0; i < 4; i++)
		ret[i] = px(kind == DOC_INKAN ? inkan[i] : juminhyo[i]);
}

static void
the_raster_and_popplers_page_differ_by_a_pixel_at_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES + (64 << 20));
		struct render_input in = kind_input(a, i);
		struct render_doc d = rendered(a, &in);
		int skip[4];
		seal_box(in.kind, skip);
		pages_write(a, d.pdf, d.pdf_bytes);
		for (unsigned page = 0; page < d.n_pages && page < 3; page++) {
			struct bitmap theirs = pages_poppler(a, 2 * page + 1, RENDER_DPI);
			struct bitmap ours = { sample_raster(a, fonts, &d, page), RENDER_W,
				RENDER_H, RENDER_ROW_BYTES };
			assert_int_equal(theirs.w, RENDER_W);
			assert_int_equal(theirs.h, RENDER_H);
			assert_int_equal(bitmap_stray(&ours, &theirs, skip), 0);
			assert_int_equal(bitmap_stray(&theirs, &ours, skip), 0);
		}
	}
}

static void
one_other_kanji_is_seen_in_the_comparison(void **state)
{
	AUTO(arena) struct arena *a = arena_new(3 * (size_t)RENDER_ARENA_BYTES);
	struct render_input in = kind_input(a, 0);
	struct resident other = *in.persons[0];
	const struct resident *one = &other;
	int skip[4];
	(void)state;
	struct render_doc d = rendered(a, &in);
	other.name = "見木　太郎";
	in.persons = &one;
	pages_write(a, d.pdf, d.pdf_bytes);
	struct render_doc changed = rendered(a, &in);
	struct bitmap theirs = pages_poppler(a, 1, RENDER_DPI);
	struct bitmap ours = { sample_raster(a, fonts, &changed, 0), RENDER_W, RENDER_H,
		RENDER_ROW_BYTES };
	seal_box(in.kind, skip);
	/* The stroke that is missing; the digest is another as well, so it is put aside. */
	skip[1] = px(60);
	skip[0] = 0;
	skip[2] = RENDER_W;
	skip[3] = RENDER_H;
	assert_true(bitmap_stray(&theirs, &ours, skip) > 5);
	assert_string_not_equal(d.digest, changed.digest);
}

static void
back_images_can_be_filled_in_without_touching_the_rest(void **state)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES + (64 << 20));
	struct render_input in = kind_input(a, 2);
	struct render_doc d = rendered(a, &in);
	uint8_t *pdf = arena_memdup(a, d.pdf, d.pdf_bytes);
	unsigned bad = 0;
	unsigned inked = 0;
	(void)state;
	for (unsigned page = 0; page < d.n_pages; page++)
		for (size_t i = 0; i < RENDER_BACK_BYTES; i++) {
			assert_int_equal(pdf[d.pages[page].back_at + i], 0);
			pdf[d.pages[page].back_at + i] = (uint8_t)(i * 2654435761U >> 13 ^ page);
		}
	pages_write(a, pdf, d.pdf_bytes);
	assert_int_equal(pages_run(a, "qpdf --check d.pdf > out 2>&1"), 0);
	struct bitmap b = pages_poppler(a, 4, 600);
	const uint8_t *bits = pdf + d.pages[1].back_at;
	for (int y = 0; y < RENDER_BACK_H; y++)
		for (int x = 0; x < RENDER_BACK_W; x++) {
			bool black =
			    (bits[y * RENDER_BACK_ROW_BYTES + x / 8] >> (7 - x % 8) & 1) != 0;
			/* 11.515 mm and 9.991 mm: 272 and 236 dots; module = 6 dots */
			int px0 = 272 + 6 * x, py0 = 236 + 6 * y;
			bad += bitmap_ink(&b, px0 + 2, py0 + 2) != black;
			bad += bitmap_ink(&b, px0 + 5, py0 + 2) || bitmap_ink(&b, px0 + 2, py0 + 5);
			for (int k = 0; k < 36; k++)
				inked += bitmap_ink(&b, px0 + k % 6, py0 + k / 6);
		}
	assert_int_equal(bad, 0);
	/* Half the modules, 25 of 36 dots of each. */
	double share = inked / (36.0 * RENDER_BACK_W * RENDER_BACK_H);
	assert_true(share > 0.33 && share < 0.36);
}

static void
the_seal_and_the_ruler_are_printed_at_true_size(void **state)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES + (64 << 20));
	struct render_input in = kind_input(a, 5);
	struct render_doc d = rendered(a, &in);
	int left = 100000, right = 0;
	(void)state;
	pages_write(a, d.pdf, d.pdf_bytes);
	struct bitmap b = pages_poppler(a, 1, 600);
	for (int y = (int)(60 * 600 / 25.4); y < (int)(84 * 600 / 25.4); y++)
		for (int x = (int)(65 * 600 / 25.4); x < (int)(130 * 600 / 25.4); x++)
			if (bitmap_ink(&b, x, y)) {
				left = x < left ? x : left;
				right = x > right ? x : right;
			}
	/* The sample's ring is 421 dots across. */
	assert_in_range(right - left + 1, 420, 422);
	left = 100000;
	right = 0;
	const int ruler_y = (int)(90 * 600 / 25.4);
	for (int x = (int)(138 * 600 / 25.4); x < (int)(182 * 600 / 25.4); x++)
		if (bitmap_ink(&b, x, ruler_y)) {
			left = x < left ? x : left;
			right = x > right ? x : right;
		}
	assert_in_range(right - left + 1, 588, 593); /* 25 mm = 590.6 dots, 0.1 mm = 2.4 */
}

/* Draws the items of one kind alone. */
static const uint8_t *
drawn_alone(struct arena *a, const struct dlist *l, bool texts)
{
	struct dlist some = *l;
	struct err err = { 0 };
	uint8_t *raster = arena_zero(a, (size_t)RENDER_ROW_BYTES * RENDER_H);
	some.items = arena_zero_n(a, l->n, sizeof(*l->items));
	some.n = 0;
	for (unsigned i = 0; i < l->n; i++)
		if ((l->items[i].what == DLIST_TEXT) == texts)
			some.items[some.n++] = l->items[i];
	assert_int_equal(bilevel_draw(fonts, &some, raster, &err), 0);
	return raster;
}

static void
a_pixel_of_paper_lies_between_text_and_rules_seals_and_the_qr_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N_ELEMENTS(kinds); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_input in = kind_input(a, i / 2);
		const struct resident *one = &sample_long;
		struct engine_doc *d = arena_zero(a, sizeof(*d));
		struct fontset_stack stack;
		struct err err = { 0 };
		if (i % 2 == 1) {
			in.persons = &one;
			in.n_persons = 1;
		}
		assert_int_equal(fontset_stack(fonts, in.profile->muni, &stack, &err), 0);
		assert_int_equal(
		    engine_run(a, &stack, form_find(in.kind, in.profile), &in, d, &err), 0);
		for (unsigned page = 0; page < d->n_pages; page++) {
			struct bitmap texts = { drawn_alone(a, &d->fronts[page], true), RENDER_W,
				RENDER_H, RENDER_ROW_BYTES };
			struct bitmap others = { drawn_alone(a, &d->fronts[page], false), RENDER_W,
				RENDER_H, RENDER_ROW_BYTES };
			unsigned touching = bitmap_touching(&texts, &others);
			if (touching != 0)
				fail_msg("kind %zu page %u: %u pixels touch", i, page, touching);
		}
	}
}

static const struct render_field *
field(const struct render_doc *d, unsigned page, const char *key)
{
	for (unsigned i = 0; i < d->n_fields; i++)
		if (d->fields[i].page == page && strcmp(d->fields[i].key, key) == 0)
			return &d->fields[i];
	return NULL;
}

static void
the_sentence_the_date_and_the_mayor_stand_on_the_last_page_alone(void **state)
{
	static const char *const keys[] = { "ninsho", "issued_on", "mayor" };
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct render_input in = kind_input(a, 2);
	(void)state;
	struct render_doc d = rendered(a, &in);
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		assert_null(field(&d, 0, keys[i]));
		assert_non_null(field(&d, 1, keys[i]));
	}
	assert_string_equal(field(&d, 1, "issued_on")->value, "令和８年１１月２１日");
	assert_string_equal(field(&d, 1, "mayor")->value, "架空県見本市長　見本　一郎");
	assert_string_equal(field(&d, 0, "issue_number")->value, "20261121-991015-K001-000123 1/2");
	assert_string_equal(field(&d, 1, "issue_number")->value, "20261121-991015-K001-000123 2/2");
	assert_string_equal(field(&d, 0, "front_code")->value, "7Q3M-ZK8T-1VXE-5R0D");
	assert_string_equal(field(&d, 0, "digest")->value, d.digest);
	assert_string_equal(field(&d, 1, "digest")->value, d.digest);
	assert_int_equal(strlen(d.digest), RENDER_DIGEST_CHARS);
	assert_string_equal(field(&d, 1, "p5.name")->value, "\u6E21\U0002E7BD　見本");
}

static void
the_digest_changes_with_every_value_and_with_the_seal(void **state)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct render_input in = kind_input(a, 5);
	char digest[RENDER_DIGEST_CHARS + 1];
	(void)state;
	struct render_doc d = rendered(a, &in);
	struct render_field *f = arena_memdup(a, d.fields, d.n_fields * sizeof(*f));
	render_digest(f, d.n_fields, in.seal, digest);
	assert_string_equal(digest, d.digest);
	for (unsigned i = 0; i < d.n_fields; i++) {
		const char *was = f[i].value;
		f[i].value = arena_printf(a, "%s.", was);
		render_digest(f, d.n_fields, in.seal, digest);
		if (strcmp(f[i].key, "digest") == 0)
			assert_string_equal(digest, d.digest);
		else
			assert_string_not_equal(digest, d.digest);
		f[i].value = was;
	}
	render_digest(f, d.n_fields, sample_seal(a, 424), digest);
	assert_string_not_equal(digest, d.digest);
}

/* Ends the process on whatever would open, connect or start something. */
static void
wall_up(void)
{
	static const int gone[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(socket),
		SCMP_SYS(connect), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(fork),
		SCMP_SYS(execve), SCMP_SYS(stat), SCMP_SYS(newfstatat), SCMP_SYS(readlink) };
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	for (size_t i = 0; c != NULL && i < N_ELEMENTS(gone); i++)
		if (seccomp_rule_add(c, SCMP_ACT_KILL_PROCESS, gone[i], 0) != 0)
			_exit(3);
	if (c == NULL || seccomp_load(c) != 0)
		_exit(3);
}

static void
a_forked_child_renders_without_files_sockets_or_threads(void **state)
{
	int status = 0;
	(void)state;
	for (int opens = 0; opens < 2; opens++) {
		pid_t child = fork();
		if (child == 0) {
			struct arena *a = arena_new(RENDER_ARENA_BYTES);
			struct render_doc d = { 0 };
			struct err err = { 0 };
			struct render_input in = kind_input(a, 2);
			wall_up();
			int r = render_doc(a, fonts, &in, &d, &err);
			if (opens == 1) /* shows that the wall stands */
				fd_close(open("/dev/null", O_RDONLY | O_CLOEXEC));
			_exit(r != 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (opens == 1)
			assert_true(WIFSIGNALED(status));
		else
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static void
the_sentence_says_whether_it_is_the_whole_household(void **state)
{
	AUTO(arena) struct arena *a = arena_new(3 * (size_t)RENDER_ARENA_BYTES);
	struct render_input in = kind_input(a, 0);
	(void)state;
	struct render_doc d = rendered(a, &in);
	assert_non_null(strstr(field(&d, 0, "ninsho")->value, "世帯全員"));
	in.whole_household = false;
	d = rendered(a, &in);
	assert_null(strstr(field(&d, 0, "ninsho")->value, "世帯全員"));
}

static void
items_not_asked_for_are_marked_and_never_printed(void **state)
{
	static const struct {
		unsigned option;
		const char *keys[5];
	} t[] = {
		{ ORDER_SETAINUSHI, { "setainushi", "p1.zokugara", NULL } },
		{ ORDER_HONSEKI, { "p1.honseki", "p1.hittosha", NULL } },
		{ ORDER_KOJIN_NO, { "p1.kojin_no", NULL } },
		{ ORDER_JUMIN_CODE, { "p1.jumin_code", NULL } },
		{ ORDER_KOKUSEKI, { "p2.kokuseki", NULL } },
		{ ORDER_ZAIRYU,
		    { "p2.ho30_45", "p2.zairyu_shikaku", "p2.zairyu_kikan", "p2.zairyu_no",
			NULL } },
	};
	const struct resident *two[] = { &sample_persons[0], &sample_persons[5] };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		for (int form = PROFILE_RENKI; form <= PROFILE_KOJIN; form++) {
			AUTO(arena) struct arena *a = arena_new(2 * (size_t)RENDER_ARENA_BYTES);
			struct render_input in =
			    sample_input(a, DOC_JUMINHYO, (enum profile_form)form, 2);
			in.persons = two;
			in.options = ORDER_OPTIONS_ALL & ~t[i].option;
			struct render_doc without = rendered(a, &in);
			in.options = ORDER_OPTIONS_ALL;
			struct render_doc with = rendered(a, &in);
			for (const char *const *k = t[i].keys; *k != NULL; k++) {
				unsigned page = form == PROFILE_KOJIN && (*k)[1] == '2';
				assert_string_equal(field(&without, page, *k)->value, "省略");
				assert_string_not_equal(field(&with, page, *k)->value, "省略");
			}
		}
}

static void
blank_and_unused_items_are_marked_apart(void **state)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct render_input in = kind_input(a, 1);
	(void)state;
	struct render_doc d = rendered(a, &in);
	assert_string_equal(field(&d, 0, "p3.prev_address")->value, "【空欄】");
	assert_string_equal(field(&d, 0, "p3.kyu_uji")->value, "＊＊＊");
	assert_string_equal(field(&d, 0, "p2.kyu_uji")->value, "\U00020BB7田");
	assert_string_equal(field(&d, 0, "p2.birth")->value, "昭和５８年月日不詳");
	assert_null(field(&d, 0, "p1.biko"));
	/* 方書 is part of the address. */
	assert_non_null(strstr(field(&d, 0, "address")->value, "見本ハイツ１０１号室"));
}

static void
the_deputy_signs_on_his_days_and_only_then(void **state)
{
	static const struct {
		struct civil_date on;
		bool deputy;
	} t[] = { { { 2026, 10, 31 }, false }, { { 2026, 11, 1 }, true },
		{ { 2026, 11, 30 }, true }, { { 2026, 12, 1 }, false },
		{ { 2025, 11, 15 }, false } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_input in = kind_input(a, 0);
		struct profile p = *in.profile;
		p.dairi = "見本市副市長　見本　次郎";
		p.dairi_from = (struct civil_date){ 2026, 11, 1 };
		p.dairi_to = (struct civil_date){ 2026, 11, 30 };
		in.profile = &p;
		in.issued_on = t[i].on;
		struct render_doc d = rendered(a, &in);
		assert_string_equal(field(&d, 0, "mayor")->value,
		    t[i].deputy ? "架空県見本市長職務代理者　見本市副市長　見本　次郎"
				: "架空県見本市長　見本　一郎");
	}
}

static void
fields_lie_on_the_page_and_apart_from_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_input in = kind_input(a, i);
		struct render_doc d = rendered(a, &in);
		for (unsigned k = 0; k < d.n_fields; k++) {
			const struct render_field *f = &d.fields[k];
			assert_true(f->w > 0 && f->h > 0);
			assert_true(f->x + f->w <= 2100 && f->y + f->h <= 2970);
			for (unsigned m = 0; m < k; m++) {
				const struct render_field *g = &d.fields[m];
				bool apart = f->page != g->page || f->x >= g->x + g->w - 1 ||
				    g->x >= f->x + f->w - 1 || f->y >= g->y + g->h - 1 ||
				    g->y >= f->y + f->h - 1;
				if (!apart)
					fail_msg("%s and %s overlap", f->key, g->key);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_extracted_exactly_and_in_order),
		cmocka_unit_test(qpdf_finds_nothing_to_complain_about),
		cmocka_unit_test(the_same_input_gives_the_same_bytes_with_fonts_warm_or_cold),
		cmocka_unit_test(the_raster_and_popplers_page_differ_by_a_pixel_at_most),
		cmocka_unit_test(one_other_kanji_is_seen_in_the_comparison),
		cmocka_unit_test(back_images_can_be_filled_in_without_touching_the_rest),
		cmocka_unit_test(the_seal_and_the_ruler_are_printed_at_true_size),
		cmocka_unit_test(
		    a_pixel_of_paper_lies_between_text_and_rules_seals_and_the_qr_code),
		cmocka_unit_test(the_sentence_the_date_and_the_mayor_stand_on_the_last_page_alone),
		cmocka_unit_test(the_digest_changes_with_every_value_and_with_the_seal),
		cmocka_unit_test(a_forked_child_renders_without_files_sockets_or_threads),
		cmocka_unit_test(the_sentence_says_whether_it_is_the_whole_household),
		cmocka_unit_test(items_not_asked_for_are_marked_and_never_printed),
		cmocka_unit_test(blank_and_unused_items_are_marked_apart),
		cmocka_unit_test(the_deputy_signs_on_his_days_and_only_then),
		cmocka_unit_test(fields_lie_on_the_page_and_apart_from_each_other),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stroke changed (士 for 土, 大 for 太 ...), on plain paper and on a ground, in
 * scans of every fineness: a genuine front is never answered as altered and an
 * altered one never as the same. Prints what each window had, from which compare.h
 * has its borders. Usage: strokes-test MANIFEST (fonts) [SEEDS, 0: a few cases]
 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "base/mem.h"
#include "center/inquiry/compare.h"
#include "inked.h"
#include "sample.h"
#include "tests/forgery/cases.h"
#include "tests/world/scansim/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CASE_ARENA = 1 << 30, MAX_AREAS = 128 };
static const char *manifest;
static unsigned seeds;
static struct render_fonts *fonts;

/* ---- a genuine front and an altered one ---- */

struct pair {
	struct inked genuine, altered;
	bool changed[MAX_AREAS];
	unsigned n;
};

static void
print_one(struct arena *a, const struct change *c, const char *text, bool ground, bool many,
    struct inked *ret)
{
	struct err err = { 0 };
	struct render_input in =
	    sample_input(a, DOC_JUMINHYO, many ? PROFILE_RENKI : PROFILE_KOJIN, many ? 4 : 1);
	struct resident self = sample_persons[0];
	const struct resident *list[] = { &self, &sample_persons[1], &sample_persons[2],
		&sample_persons[3] };
	struct profile profile = *in.profile;
	self.item[c->item - 1] = text;
	profile.ground = ground ? sample_ground(a) : NULL;
	in.profile = &profile;
	in.persons = list;
	assert_int_equal(inked_print(a, fonts, &in, ret, &err), 0);
}

static struct pair
pair_new(struct arena *a, const struct change *c, bool ground, bool many)
{
	struct pair p = { .n = 0 };
	unsigned any = 0;
	print_one(a, c, c->from, ground, many, &p.genuine);
	print_one(a, c, c->to, ground, many, &p.altered);
	const struct render_doc *g = &p.genuine.doc, *x = &p.altered.doc;
	for (; p.n < g->n_fields && p.n < MAX_AREAS && g->fields[p.n].page == 0; p.n++) {
		assert_string_equal(g->fields[p.n].key, x->fields[p.n].key);
		p.changed[p.n] = strcmp(g->fields[p.n].key, "digest") != 0 &&
		    strcmp(g->fields[p.n].value, x->fields[p.n].value) != 0;
		any += p.changed[p.n];
	}
	assert_true(any > 0);
	return p;
}

/* Only what was changed is printed anew. @per_mm10: pixels of the pictures a tenth of a mm. */
static void
take_changed(const struct pair *p, const uint8_t *from, uint8_t *to, size_t stride, double per_mm10)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct render_field *f = &p->genuine.doc.fields[i];
		size_t x0 = (size_t)(f->x * per_mm10), x1 = (size_t)((f->x + f->w) * per_mm10);
		size_t y1 = (size_t)((f->y + f->h) * per_mm10);
		for (size_t y = (size_t)(f->y * per_mm10); p->changed[i] && y < y1; y++)
			memcpy(to + y * stride + x0, from + y * stride + x0, x1 - x0);
	}
}

/* ---- scanners ---- */

static void
fair_scanner(struct dice *d, double dpi, struct scansim_profile *p)
{
	scansim_profile_init(p);
	p->dpi = dpi;
	p->angle_deg = dice_range(d, -4.85, 4.85);
	p->spread_um = dice_range(d, 18, 32);
	p->gain_um = dice_range(d, 2, 18);
	p->density = dice_range(d, 0.75, 0.95);
	p->optics_um = dice_range(d, 28, 55);
	p->noise = dice_range(d, 0.003, 0.013);
	p->white = dice_range(d, 0.84, 0.92);
	p->gamma = dice_range(d, 0.75, 1.3);
	p->jpeg = (unsigned)dice_range(d, 70, 96);
	p->bed_w = 222;
	p->bed_h = 308;
	p->bed_white = dice_unit(d) < 0.2 ? 0.06 : 0.93;
	p->voids = p->splats = 0; /* specks as large as a stroke: nobody could tell them */
}

static struct scan_image
simulated(struct arena *a, const uint8_t *dots, const struct scansim_profile *p, uint64_t seed)
{
	struct scansim_scan s;
	scansim_run(dots, p, seed, &s);
	struct scan_image out = { arena_memdup(a, s.p, s.w * s.h), (unsigned)s.w, (unsigned)s.h,
		s.w };
	mem_free(s.p);
	return out;
}

/* The first page as poppler draws it: a picture that no paper was between. */
static struct scan_image
drawn(struct arena *a, const struct render_doc *d, unsigned dpi)
{
	struct err err = { 0 };
	char pdf[] = "/tmp/kofu-strokes-XXXXXX", command[200];
	struct buf out;
	unsigned w = 0, h = 0;
	int head = 0;
	fd_close(mkstemp(pdf));
	assert_int_equal(file_write_atomic(pdf, d->pdf, d->pdf_bytes, 0600, &err), 0);
	(void)snprintf(command, sizeof(command), "pdftoppm -gray -r %u -f 1 -l 1 %s", dpi, pdf);
	FILE *f = popen(command, "r"); /* our own number and our own file name */
	assert_non_null(f);
	buf_init(&out, 1 << 28);
	assert_int_equal(fd_read_to_end(fileno(f), &out, &err), 0);
	assert_int_equal(pclose(f), 0);
	(void)unlink(pdf);
	assert_int_equal(sscanf((const char *)out.p, "P5 %u %u 255%n", &w, &h, &head), 2);
	struct scan_image image = { arena_memdup(a, out.p + head + 1, (size_t)w * h), w, h, w };
	buf_done(&out);
	return image;
}

/* ---- answers ---- */

enum answer { SAME, ALTERED, UNDECIDED, N_ANSWERS };
struct tally {
	unsigned n, by[2][N_ANSWERS];
	double most_genuine, least_altered; /* peaks */
};

static struct comparison
lay(struct arena *a, const struct pair *p, const struct scan_image *s, double dpi,
    enum answer *ret_answer, double *ret_peak)
{
	struct compare_area areas[MAX_AREAS] = { 0 };
	struct registration r;
	struct comparison k = { 0 };
	struct err err = { 0 };
	const struct inked *g = &p->genuine;
	const uint8_t *front = g->front;
	const struct screen *screen =
	    g->has_ground ? screen_new(a, front, g->balance, g->clears, g->n_clears) : NULL;
	for (unsigned i = 0; i < p->n; i++) {
		const struct render_field *f = &g->doc.fields[i];
		const double px = 300 / 254.0;
		areas[i].box = (struct compare_box){ (unsigned)(f->x * px), (unsigned)(f->y * px),
			(unsigned)(f->w * px), (unsigned)(f->h * px) };
	}
	int x = register_front(a, s, front, screen, dpi, &r, &err);
	if (x == 0)
		x = compare_front(a, &r, s, front, screen, areas, p->n, &k);
	*ret_peak = 0;
	for (unsigned i = 0; i < p->n; i++)
		if (p->changed[i] && areas[i].peak > *ret_peak)
			*ret_peak = areas[i].peak;
	*ret_answer = x != 0 ? UNDECIDED : k.n_differing_windows > 0 ? ALTERED : SAME;
	return k;
}

static void
judge(struct arena *a, const struct pair *p, const struct scan_image s[2], double dpi,
    const char *name, struct tally *t)
{
	enum answer g, x;
	double genuine_peak = 0, altered_peak = 0;
	struct comparison k = lay(a, p, &s[0], dpi, &g, &genuine_peak);
	(void)lay(a, p, &s[1], dpi, &x, &altered_peak);
	t->n++;
	t->by[0][g]++;
	t->by[1][x]++;
	if (k.peak > t->most_genuine)
		t->most_genuine = k.peak;
	if (t->least_altered <= 0 || altered_peak < t->least_altered)
		t->least_altered = altered_peak;
	if (seeds > 0 || g == ALTERED || x == SAME)
		print_message("# %-22s %3.0f dpi: genuine %d peak %.3f (noise %.3f), altered %d "
			      "peak %.3f, end %.2f\n",
		    name, dpi, (int)g, k.peak, k.peak_noise, (int)x, altered_peak, k.end);
}

static void
show(const char *what, const struct tally *t)
{
	print_message("# %-24s %3u genuine: %u same %u altered %u undecided, peak at most %.3f; "
		      "changed: %u same %u altered %u undecided, peak at least %.3f\n",
	    what, t->n, t->by[0][SAME], t->by[0][ALTERED], t->by[0][UNDECIDED], t->most_genuine,
	    t->by[1][SAME], t->by[1][ALTERED], t->by[1][UNDECIDED], t->least_altered);
	assert_int_equal(t->by[0][ALTERED], 0);
	assert_int_equal(t->by[1][SAME], 0);
}

/* ---- the cases ---- */

/* Changes of one stroke, or of a stroke's length. */
static const struct change one_stroke[] = {
	{ RESIDENT_ITEM_name, 0, "見本　士郎", "見本　土郎" },
	{ RESIDENT_ITEM_prev_address, 0, "例示県例示市土手町１番地", "例示県例示市士手町１番地" },
	{ RESIDENT_ITEM_name, 0, "見本　未子", "見本　末子" },
	{ RESIDENT_ITEM_kyu_uji, 0, "土田", "士田" },
	{ RESIDENT_ITEM_name, 0, "見本　千代", "見本　干代" },
	{ RESIDENT_ITEM_name, 0, "見本　巳子", "見本　己子" },
	{ RESIDENT_ITEM_hittosha, 0, "見本　太郎", "見本　大郎" },
};

static void
one_case(unsigned i, unsigned seed, double dpi, bool ground, struct tally *t)
{
	AUTO(arena) struct arena *a = arena_new(CASE_ARENA);
	const struct change *c = &one_stroke[i % N_ELEMENTS(one_stroke)];
	struct pair p = pair_new(a, c, ground, (i + seed) % 2 == 0);
	struct scan_image s[2];
	struct scansim_profile profile;
	struct dice d = { 0x51ed2701 * (uint64_t)(i + 1) + (uint64_t)dpi + 7919 * seed };
	fair_scanner(&d, dpi, &profile);
	s[0] = simulated(a, p.genuine.dots, &profile, i + 1000 * seed);
	take_changed(&p, p.altered.dots, p.genuine.dots, SCANSIM_W, 600 / 254.0);
	s[1] = simulated(a, p.genuine.dots, &profile, i + 1000 * seed + 1);
	judge(a, &p, s, dpi, c->from, t);
	mem_free(p.genuine.dots);
	mem_free(p.altered.dots);
}

static void
scans_never_hide_a_stroke(void **state)
{
	static const double dpis[] = { 200, 300, 150, 400 };
	(void)state;
	for (unsigned g = 0; g < 2; g++)
		for (unsigned k = 0; k < (seeds ? N_ELEMENTS(dpis) : 2U); k++) {
			struct tally t = { .n = 0 };
			char what[40];
			for (unsigned s = 0; s < (seeds ? seeds : 1); s++)
				for (unsigned i = 0; i < (seeds ? N_ELEMENTS(one_stroke) : 2U); i++)
					one_case(i, s, dpis[k], g == 1, &t);
			(void)snprintf(
			    what, sizeof(what), "%s %.0f dpi", g ? "ground" : "plain", dpis[k]);
			show(what, &t);
			if (dpis[k] >= 200) /* and does not simply refuse */
				assert_true(t.by[0][SAME] * 10 >= t.n * 9);
		}
}

static void
a_readers_picture_at_300_dpi_is_the_same_and_hides_no_stroke(void **state)
{
	(void)state;
	for (unsigned g = 0; g < 2; g++) {
		struct tally t = { .n = 0 };
		for (unsigned i = 0; i < (seeds ? N_ELEMENTS(one_stroke) : 2U); i++) {
			AUTO(arena) struct arena *a = arena_new(CASE_ARENA);
			struct pair p = pair_new(a, &one_stroke[i], g == 1, i % 2 == 0);
			struct scan_image s[2] = { drawn(a, &p.genuine.doc, 300),
				drawn(a, &p.altered.doc, 300) };
			uint8_t *mixed = arena_memdup(a, s[0].p, s[0].stride * s[0].h);
			take_changed(&p, s[1].p, mixed, s[0].stride, 300 / 254.0);
			s[1].p = mixed;
			judge(a, &p, s, 300, one_stroke[i].from, &t);
			mem_free(p.genuine.dots);
			mem_free(p.altered.dots);
		}
		show(g ? "ground, drawn" : "plain, drawn", &t);
		assert_int_equal(t.by[0][SAME], t.n);
	}
}

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	return render_fonts_open(manifest, &fonts, &err) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	render_fonts_free(fonts);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scans_never_hide_a_stroke),
		cmocka_unit_test(a_readers_picture_at_300_dpi_is_the_same_and_hides_no_stroke),
	};
	if (argc < 2) {
		fprintf(stderr, "usage: strokes-test MANIFEST [SEEDS]\n");
		return 2;
	}
	manifest = argv[1];
	seeds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	return cmocka_run_group_tests(tests, setup, teardown);
}

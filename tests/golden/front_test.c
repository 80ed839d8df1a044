/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fronts through the simulated printer and scanner: how far a genuine one is
 * from the verdict "altered", and how far the weakest of the altered ones is
 * beyond it. Each test prints its figures: 1.00 is the border.
 * Usage: front-test MANIFEST (fonts) [ground]
 */
#include "tests/unit/unit.h"

#include "base/mem.h"
#include "center/inquiry/compare.h"
#include "inked.h"
#include "sample.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FRONT_ARENA = 1 << 30, MAX_AREAS = 128 };
static const char *manifest;

struct bench {
	struct arena *arena;
	struct render_fonts *fonts;
	const struct profile_ground *ground; /* NULL: plain paper */
	struct inked genuine, altered, other;
	struct compare_area areas[MAX_AREAS]; /* of the genuine one's first page */
	bool changed[MAX_AREAS];
	unsigned n_areas;
};

static void
print_paper(struct bench *b, const struct resident *first, struct inked *p)
{
	struct err err = { 0 };
	struct render_input in = sample_input(b->arena, DOC_JUMINHYO, PROFILE_RENKI, 3);
	const struct resident *list[] = { first, &sample_persons[1], &sample_persons[2] };
	struct profile profile = *in.profile;
	profile.ground = b->ground;
	in.profile = &profile;
	in.persons = list;
	assert_int_equal(inked_print(b->arena, b->fonts, &in, p, &err), 0);
}

static struct compare_box
box_of(const struct render_field *f)
{
	const double px = 300 / 254.0;
	return (struct compare_box){ (unsigned)(f->x * px), (unsigned)(f->y * px),
		(unsigned)(f->w * px), (unsigned)(f->h * px) };
}

static int
setup_with(void **state, bool ground)
{
	struct bench *b = mem_zero(sizeof(*b));
	struct err err = { 0 };
	/* One stroke each: what a forger would like to change. */
	struct resident forged = sample_persons[0];
	forged.name = "見本　大郎";
	forged.birth = "昭和５６年４月１日";
	forged.todokede_on = "令和３年３月２０日";
	forged.prev_address = "架空県例示市本町四丁目５番６－７０９号";
	if (render_fonts_open(manifest, &b->fonts, &err))
		return -1;
	b->arena = arena_new(FRONT_ARENA);
	b->ground = ground ? sample_ground(b->arena) : NULL;
	print_paper(b, &sample_persons[0], &b->genuine);
	print_paper(b, &forged, &b->altered);
	print_paper(b, &sample_persons[3], &b->other);
	const struct render_doc *g = &b->genuine.doc;
	for (unsigned i = 0; i < g->n_fields && b->n_areas < MAX_AREAS; i++) {
		const struct render_field *f = &g->fields[i];
		if (f->page != 0)
			continue;
		b->changed[b->n_areas] = strcmp(f->key, "digest") != 0 &&
		    strcmp(f->value, b->altered.doc.fields[i].value) != 0;
		b->areas[b->n_areas++].box = box_of(f);
	}
	*state = b;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, false);
}

static int
setup_ground(void **state)
{
	return setup_with(state, true);
}

static int
teardown(void **state)
{
	struct bench *b = *state;
	mem_free(b->genuine.dots);
	mem_free(b->altered.dots);
	mem_free(b->other.dots);
	render_fonts_free(b->fonts);
	arena_free(b->arena);
	mem_free(b);
	return 0;
}

struct figures {
	int result; /* 0, REGISTER_E_*, COMPARE_E_* */
	double page, least_changed, most_unchanged, cpu_ms, noise;
	unsigned windows, margin;
};

static double
cpu_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A scan of @p laid over the genuine front. */
static struct figures
lay(struct bench *b, const struct inked *p, const struct scansim_profile *profile, unsigned seed)
{
	AUTO(arena) struct arena *a = arena_new(FRONT_ARENA);
	struct err err = { 0 };
	struct scansim_scan s;
	struct registration g;
	struct comparison k = { 0 };
	struct figures f = { .least_changed = 1e9 };
	const uint8_t *front = b->genuine.front;
	scansim_run(p->dots, profile, seed, &s);
	const struct scan_image image = { s.p, (unsigned)s.w, (unsigned)s.h, s.w };
	double from = cpu_ms();
	const struct screen *screen = b->ground == NULL
	    ? NULL
	    : screen_new(a, front, b->ground->balance, b->genuine.clears, b->genuine.n_clears);
	f.result = register_front(a, &image, front, screen, profile->dpi, &g, &err);
	if (f.result == 0)
		f.result = compare_front(a, &g, &image, front, screen, b->areas, b->n_areas, &k);
	f.cpu_ms = cpu_ms() - from;
	mem_free(s.p);
	f.page = k.worst;
	f.noise = k.noise;
	f.margin = k.n_margin_windows;
	f.windows = k.n_differing_windows;
	for (unsigned i = 0; i < b->n_areas; i++) {
		double w = b->areas[i].worst;
		if (b->changed[i] && w < f.least_changed)
			f.least_changed = w;
		if (!b->changed[i] && strcmp(b->genuine.doc.fields[i].key, "digest") &&
		    w > f.most_unchanged)
			f.most_unchanged = w;
	}
	return f;
}

enum { GENUINE = 1, ALTERED = 2, UNDECIDED = 3 };

static int
answer_of(const struct figures *f)
{
	if (f->result != 0)
		return UNDECIDED;
	return f->windows > 0 ? ALTERED : GENUINE;
}

static void
figures_of(
    struct bench *b, const char *name, const char *more, struct figures *g, struct figures *x)
{
	struct scansim_profile p;
	assert_true(scansim_profile_find(name, &p));
	/* Specks of toner as large as a stroke are no scan's fault; nobody could tell them. */
	assert_true(scansim_profile_set(&p, "voids=0 splats=0"));
	assert_true(scansim_profile_set(&p, more));
	*g = lay(b, &b->genuine, &p, 1);
	*x = lay(b, &b->altered, &p, 2);
	print_message("# %-10s %-36s %7.2f %7.2f %7.2f %6.0f\n", name, more, g->page,
	    x->least_changed, g->noise, g->cpu_ms);
}

static void
heading(void)
{
	print_message("# %-10s %-36s %7s %7s %7s %6s\n", "profile", "and", "genuine", "altered",
	    "noise", "ms");
}

/* 150 to 600 dpi, small turns and all four sides up, blur, JPEG, a lighter and a bolder print. */
static void
genuine_and_altered_fronts_stay_apart(void **state)
{
	static const char *const fair[][2] = { { "flat600", "" }, { "flat300", "" },
		{ "flat300", "angle=-3.2 jpeg=60" }, { "flat300", "angle=270.8" }, { "bw300", "" },
		{ "upside300", "" }, { "rot90_300", "" }, { "fit97_300", "" }, { "thick300", "" },
		{ "faded300", "" }, { "gamma300", "" }, { "blur200", "" },
		{ "flat300", "dpi=200 angle=-1.7 jpeg=75" }, { "office150", "" },
		/* a larger glass, black and white */
		{ "flat300", "bed_w=300 bed_h=420 bed_white=0.05" },
		{ "flat300", "bed_w=300 bed_h=420 bed_white=0.97" },
		{ "flat300", "dpi=200 crop_left=10" }, { "flat300", "dpi=200 crop_top=7" },
		{ "flat300", "crop_right=10" } };
	struct bench *b = *state;
	heading();
	for (size_t i = 0; i < N_ELEMENTS(fair); i++) {
		struct figures g;
		struct figures x;
		figures_of(b, fair[i][0], fair[i][1], &g, &x);
		assert_int_equal(answer_of(&g), GENUINE);
		assert_int_equal(answer_of(&x), ALTERED);
		assert_true(g.page < 0.9);
		assert_true(x.least_changed > 1.05);
		assert_true(x.most_unchanged < 0.9); /* and only what was altered is named */
	}
}

/* Scans too poor to tell: never a false accusation, never a forgery let through. */
static void
a_poor_scan_is_undecided_and_never_wrong(void **state)
{
	static const char *const poor[][2] = { { "copied2_300", "" }, { "adf300", "" },
		{ "adf200", "" }, { "bw200", "" }, { "dark200", "" }, { "slipped300", "" },
		{ "rot37_300", "" }, { "blur150", "" }, { "flat300", "crop_top=10" },
		{ "flat300", "crop_bottom=10" },
		/* a photograph: perspective, a lens, uneven light */
		{ "phone", "" }, { "flat300", "keystone=0.01 shade=0.2" },
		{ "flat300", "lens=0.02 shade=0.3" } };
	struct bench *b = *state;
	heading();
	for (size_t i = 0; i < N_ELEMENTS(poor); i++) {
		struct figures g;
		struct figures x;
		figures_of(b, poor[i][0], poor[i][1], &g, &x);
		assert_int_not_equal(answer_of(&g), ALTERED);
		assert_int_not_equal(answer_of(&x), GENUINE);
	}
}

static void
a_stamp_or_a_note_in_the_margin_is_no_alteration(void **state)
{
	struct bench *b = *state;
	struct figures g;
	struct figures x;
	heading();
	figures_of(b, "flat300", "stamp:7,150,4,0.3", &g, &x);
	assert_int_equal(answer_of(&g), GENUINE);
	assert_int_equal(answer_of(&x), ALTERED);
	assert_true(g.margin > 20);
}

static void
another_residents_front_is_never_the_same(void **state)
{
	struct bench *b = *state;
	struct scansim_profile p;
	assert_true(scansim_profile_find("flat300", &p));
	struct figures f = lay(b, &b->other, &p, 3);
	assert_int_not_equal(answer_of(&f), GENUINE);
	assert_true(f.windows > 100);
}

/* The ground is expected where it is: what differs is still only what was altered. */
static void
fronts_with_a_ground_stay_apart_too(void **state)
{
	static const char *const fair[][2] = { { "flat600", "" },
		{ "flat300", "angle=-3.2 jpeg=60" }, { "flat300", "angle=270.8" },
		{ "flat300", "dpi=400" }, { "fit97_300", "" }, { "faded300", "" },
		{ "flat300", "dpi=200 angle=-1.7 jpeg=75" },
		{ "flat300", "bed_w=300 bed_h=420 bed_white=0.05" } };
	struct bench *b = *state;
	assert_int_equal(b->genuine.n_clears, 2); /* QR code and 公印 */
	heading();
	for (size_t i = 0; i < N_ELEMENTS(fair); i++) {
		struct figures g;
		struct figures x;
		figures_of(b, fair[i][0], fair[i][1], &g, &x);
		assert_int_equal(answer_of(&g), GENUINE);
		assert_int_equal(answer_of(&x), ALTERED);
		assert_true(g.page < 0.9);
		assert_true(x.least_changed > 1.05);
		assert_true(x.most_unchanged < 0.9);
	}
}

/* A threshold leaves some of the ground's fine dots and drops others. */
static void
a_poor_scan_with_a_ground_is_never_judged_wrongly(void **state)
{
	static const char *const poor[][2] = { { "bw300", "" }, { "bw200", "" }, { "dark200", "" },
		{ "adf300", "" }, { "blur150", "" },
		/* laid on the glass with its top or its left side outside */
		{ "flat300", "crop_top=12.7" }, { "flat300", "crop_left=25.4" },
		{ "flat300", "dpi=200 crop_left=25.4 crop_top=12.7" } };
	struct bench *b = *state;
	heading();
	for (size_t i = 0; i < N_ELEMENTS(poor); i++) {
		struct figures g;
		struct figures x;
		figures_of(b, poor[i][0], poor[i][1], &g, &x);
		assert_int_not_equal(answer_of(&g), ALTERED);
		assert_int_not_equal(answer_of(&x), GENUINE);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_and_altered_fronts_stay_apart),
		cmocka_unit_test(a_poor_scan_is_undecided_and_never_wrong),
		cmocka_unit_test(a_stamp_or_a_note_in_the_margin_is_no_alteration),
		cmocka_unit_test(another_residents_front_is_never_the_same),
	};
	if (argc < 2) {
		fprintf(stderr, "usage: front-test MANIFEST\n");
		return 2;
	}
	manifest = argv[1];
	const struct CMUnitTest grounds[] = {
		cmocka_unit_test(fronts_with_a_ground_stay_apart_too),
		cmocka_unit_test(a_poor_scan_with_a_ground_is_never_judged_wrongly),
	};
	if (argc > 2 && strcmp(argv[2], "ground") == 0)
		return cmocka_run_group_tests(grounds, setup_ground, teardown);
	return cmocka_run_group_tests(tests, setup, teardown);
}

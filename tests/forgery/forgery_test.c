/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgeries on the bank's desk, and genuine papers beside them: no forgery is
 * answered 一致, the changed field is named, and a genuine paper is 一致. One
 * process a processor; prints how far it is and what it counted. The same case
 * is the same picture in every run.
 * Usage: forgery-test MANIFEST (fonts) [full] [seed=N] [pictures=FOLDER] [GROUP[:I,I...]]...
 * (pick.h) FORGERY_LOUD: a line for each case.
 */
#include "tests/unit/unit.h"

#include "base/mem.h"
#include "crew.h"
#include "forge.h"
#include "glass.h"
#include "pen.h"
#include "pick.h"
#include "swap.h"

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CASE_ARENA = 1 << 30, MAX_CASES = 1024, NAME_BYTES = 200, GENUINE_FULL = 462 };
static const char *manifest;
static struct pick pick;
static bool loud;
static struct press press; /* of this process */

/* ---- the desk, without the way through its processes ---- */

enum answer { SAME = 0, ALTERED, UNDECIDED, N_ANSWERS };

struct opinion {
	enum answer answer;
	int result;
	double worst, noise; /* of the page, over the border */
	double rest, peak, rest_noise, peak_noise, end, ms;
	unsigned windows, margin;
	struct compare_box first;
	const uint8_t *laid; /* the scan in the front's place */
	bool named[PRESS_MAX_FIELDS];
	double over[PRESS_MAX_FIELDS]; /* a field's worst window, over the border */
	unsigned n_named;
};

static double
cpu_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* As check.c answers: what is no scan of this front is not taken for it. */
static struct opinion
judge(struct arena *a, const struct sheet *s, const struct scan_image *scan, double dpi)
{
	struct compare_area *areas = arena_zero_n(a, s->n_fields + 1, sizeof(*areas));
	struct registration g;
	struct comparison k = { 0 };
	struct err err = { 0 };
	struct opinion o = { .answer = UNDECIDED };
	for (unsigned i = 0; i < s->n_fields; i++)
		areas[i].box = pen_box(&s->field[i].box);
	double from = cpu_ms();
	o.result = register_front(a, scan, s->front, NULL, dpi, &g, &err);
	if (o.result == 0)
		o.result = compare_front(a, &g, scan, s->front, NULL, areas, s->n_fields, &k);
	o.ms = cpu_ms() - from;
	o.worst = k.worst;
	o.noise = k.noise;
	o.rest = k.rest;
	o.peak = k.peak;
	o.rest_noise = k.rest_noise;
	o.peak_noise = k.peak_noise;
	o.end = k.end;
	o.windows = k.n_differing_windows;
	o.margin = k.n_margin_windows;
	o.first = k.first;
	o.laid = k.grey;
	for (unsigned i = 0; i < s->n_fields; i++)
		o.over[i] = areas[i].worst;
	if (o.result != 0 && o.result != COMPARE_E_CUT)
		return o;
	for (unsigned i = 0; i < s->n_fields; i++) {
		o.named[i] = areas[i].differs;
		o.n_named += areas[i].differs;
	}
	if (o.windows > 0 || o.n_named > 0)
		o.answer = ALTERED;
	else if (o.result == 0)
		o.answer = SAME;
	return o;
}

/* ---- what a process hands back, and how it is counted ---- */

struct seen {
	bool made; /* there was something to judge */
	unsigned answer;
	bool nameable, named;
	unsigned wrongly;  /* fields named that nobody changed */
	bool other_reason; /* not one that the case expects */
	double worst;      /* window, over the border; of a forgery, in the fields changed */
	double ms;         /* of the comparison, CPU */
	char name[NAME_BYTES];
	char more[NAME_BYTES];
};

struct tally {
	const char *name;
	unsigned n, by[N_ANSWERS];
	unsigned nameable, named, wrongly, other_reason;
	double worst;
};

static void
heading(void)
{
	print_message("# %-34s %5s %5s %7s %9s %13s %8s\n", "what", "n", "same", "altered",
	    "undecided", "named", "wrongly");
}

static void
show(const struct tally *t)
{
	print_message("# %-34s %5u %5u %7u %9u %6u/%-6u %8u\n", t->name, t->n, t->by[SAME],
	    t->by[ALTERED], t->by[UNDECIDED], t->named, t->nameable, t->wrongly);
}

static void
count(struct tally *t, const struct seen *s)
{
	t->n++;
	t->by[s->answer]++;
	t->nameable += s->nameable;
	t->named += s->nameable && s->named;
	t->wrongly += s->wrongly;
	t->other_reason += s->other_reason;
	t->worst = s->worst > t->worst ? s->worst : t->worst;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* What the deciding figure of @n cases is, in order; 1.00 is the border of "altered". */
static void
show_spread(const char *what, double *v, unsigned n)
{
	if (!pick.full || n == 0)
		return;
	qsort(v, n, sizeof(*v), by_value);
	print_message("# %-34s least %.2f, of a hundred the 1st %.2f, 10th %.2f, 50th %.2f, 90th "
		      "%.2f, 99th %.2f, most %.2f\n",
	    what, v[0], v[n / 100], v[n / 10], v[n / 2], v[n * 9 / 10], v[n * 99 / 100], v[n - 1]);
}

static void
tell(const char *what, unsigned i, const struct seen *s, bool amiss)
{
	if (loud || amiss || !s->made)
		print_message("# %s %u: %s: %s%s\n", what, i, s->name, s->more,
		    s->made ? "" : " could not be made");
}

/* ---- the processes ---- */

struct plan {
	const struct group *group;
	unsigned n_groups;
	struct {
		unsigned group, i;
	} of[MAX_CASES];
	unsigned n;
	bool stamped; /* genuine ones, with a stamp that reaches into the form */
};

struct group {
	const char *name;
	forge_fn *forge; /* the one or the other */
	swap_fn *swap;
	double dpi;
	unsigned n, every; /* of the n cases every so many-th */
	bool fine;         /* counts for the share of fields that must be named */
};

static bool
open_press(void *self)
{
	(void)self;
	return press_open(&press, manifest);
}

static void
close_press(void *self)
{
	(void)self;
	press_close(&press);
}

/* ---- forgeries ---- */

/* What is added to every seed of a case: the same papers on other scanners. */
static uint64_t
seed_more(void)
{
	return 100003 * (uint64_t)pick.seed;
}

static void
put_figures(struct seen *s, const struct opinion *o)
{
	(void)snprintf(s->more, sizeof(s->more),
	    "%d/%d worst %.2f here %.2f noise %.2f rest %.1f/%.1f peak %.3f/%.3f end %.2f "
	    "windows %u at %u,%u margin %u %.0f ms%s",
	    (int)o->answer, o->result, o->worst, s->worst, o->noise, o->rest, o->rest_noise,
	    o->peak, o->peak_noise, o->end, o->windows, o->first.x, o->first.y, o->margin, o->ms,
	    s->nameable && !s->named ? " NOT NAMED" : "");
}

static void
see_front(const struct group *t, unsigned i, struct arena *a, struct seen *s)
{
	struct forgery f = { .front = NULL };
	struct scansim_profile p;
	struct dice d = { 0x51ed2701 * (uint64_t)(i + 1) + (uint64_t)t->dpi + seed_more() };
	s->made = t->forge(&press, a, i, &f);
	if (!s->made)
		return;
	fair_scanner(&d, t->dpi, &p);
	struct scan_image scan = press_scan_front(a, f.front, &p, i + seed_more());
	struct opinion o = judge(a, &f.genuine, &scan, t->dpi);
	s->made = pick_keep(&pick, t->name, i, &scan, o.laid, f.genuine.front);
	s->answer = o.answer;
	s->nameable = f.nameable;
	s->ms = o.ms;
	s->worst = f.nameable ? 0 : o.worst;
	for (unsigned k = 0; k < f.genuine.n_fields; k++) {
		if (f.changed[k] && o.over[k] > s->worst)
			s->worst = o.over[k];
		s->named |= f.changed[k] && o.named[k];
		s->wrongly += f.nameable && !f.changed[k] && o.named[k];
	}
	(void)snprintf(s->name, sizeof(s->name), "%s", f.name);
	put_figures(s, &o);
}

static bool
is_expected(const struct swap *w, enum check_reason r)
{
	for (unsigned k = 0; k < SWAP_MAX_REASONS; k++)
		if (w->reason[k] == r)
			return true;
	return false;
}

/* 一致 when any paper is that should not be. */
static void
see_swap(const struct group *t, unsigned i, struct arena *a, struct seen *s)
{
	static const enum answer of[] = {
		[CHECK_MATCH] = SAME, [CHECK_ALTERED] = ALTERED, [CHECK_UNDECIDED] = UNDECIDED
	};
	struct check_result *r = arena_zero(a, sizeof(*r));
	struct swap w = { .name = "" };
	unsigned same = 0, n = 0;
	s->made =
	    t->swap(&press, a, i, &w) && press_ask(&press, a, w.picture, w.n_pictures, w.code, r);
	(void)snprintf(s->name, sizeof(s->name), "%s", w.name);
	s->answer = UNDECIDED;
	for (unsigned k = 0; s->made && k < r->n; k++) {
		const struct check_reason_info *why = check_reason_info(r->paper[k].reason);
		const enum answer answer = of[why->verdict];
		size_t at = strlen(s->more);
		(void)snprintf(s->more + at, sizeof(s->more) - at, "%s ", why->code);
		n++;
		if (answer == SAME && ++same <= w.honest)
			continue;
		s->other_reason |= !is_expected(&w, r->paper[k].reason);
		if (answer == SAME || s->answer != SAME)
			s->answer = answer == UNDECIDED ? s->answer : answer;
	}
	s->made &= n > 0;
}

static void
see(void *self, unsigned i, void *record)
{
	const struct plan *plan = self;
	const struct group *t = &plan->group[plan->of[i].group];
	AUTO(arena) struct arena *a = arena_new(CASE_ARENA);
	(t->forge ? see_front : see_swap)(t, plan->of[i].i, a, record);
}

static void
run(const char *name, void (*work)(void *self, unsigned i, void *record), void *self, unsigned n,
    struct seen *ret)
{
	const struct crew_job job = { .name = name,
		.n = n,
		.record_bytes = sizeof(*ret),
		.start = open_press,
		.stop = close_press,
		.work = work,
		.self = self };
	time_t from = time(NULL);
	assert_true(crew_run(&job, ret));
	print_message("# %s: %u cases in %ld s\n", name, n, (long)(time(NULL) - from));
}

static void
count_group(const struct plan *plan, unsigned g, const struct seen *seen, struct tally *of_it)
{
	*of_it = (struct tally){ .name = plan->group[g].name };
	for (unsigned k = 0; k < plan->n; k++) {
		const struct seen *s = &seen[k];
		if (plan->of[k].group != g)
			continue;
		tell(of_it->name, plan->of[k].i, s,
		    s->answer == SAME || (s->nameable && !s->named) || s->other_reason);
		assert_true(s->made);
		count(of_it, s);
	}
}

static void
add(struct tally *all, const struct tally *t)
{
	all->n += t->n;
	for (int i = 0; i < N_ANSWERS; i++)
		all->by[i] += t->by[i];
	all->nameable += t->nameable;
	all->named += t->named;
	all->wrongly += t->wrongly;
	all->other_reason += t->other_reason;
}

static void
no_forgery_is_the_same_and_the_changed_field_is_named(void **state)
{
	const unsigned every = 9;
	const unsigned few = 5;
	const struct group groups[] = {
		{ "text at 300 dpi", forge_text, NULL, 300, n_changes, every, true },
		{ "one stroke at 300 dpi", forge_stroke, NULL, 300, 48, every, true },
		{ "erased, inserted at 300 dpi", forge_blank, NULL, 300, 16, every, true },
		{ "seals at 300 dpi", forge_seal, NULL, 300, 12, few, true },
		{ "text at 200 dpi", forge_text, NULL, 200, n_changes, 4 * every, false },
		{ "text at 400 dpi", forge_text, NULL, 400, n_changes, 5 * every, false },
		{ "another's back", NULL, swap_back, 300, 12, few, false },
		{ "an older back of the same resident", NULL, swap_older, 300, 12, few, false },
		{ "two backs in one picture", NULL, swap_two, 300, 12, few, false },
		{ "another key", NULL, swap_key, 300, 12, few, false },
		{ "a page of another set", NULL, swap_page, 300, 8, few, false },
	};
	static struct seen seen[MAX_CASES];
	static struct plan plan;
	struct tally fine = { .name = "altered fronts at 300 dpi" };
	struct tally all = { .name = "all forgeries" };
	(void)state;
	plan = (struct plan){ .group = groups, .n_groups = N_ELEMENTS(groups) };
	for (unsigned g = 0; g < plan.n_groups; g++)
		for (unsigned i = 0; i < groups[g].n; i++) {
			if (!pick_has(&pick, groups[g].name, i, groups[g].every))
				continue;
			assert_true(plan.n < MAX_CASES);
			plan.of[plan.n].group = g;
			plan.of[plan.n++].i = i;
		}
	if (plan.n == 0)
		skip();
	run("forgeries", see, &plan, plan.n, seen);
	static double over[MAX_CASES];
	unsigned n_over = 0;
	for (unsigned k = 0; k < plan.n; k++)
		if (groups[plan.of[k].group].fine)
			over[n_over++] = seen[k].worst;
	heading();
	for (unsigned g = 0; g < plan.n_groups; g++) {
		struct tally t;
		count_group(&plan, g, seen, &t);
		if (t.n == 0)
			continue;
		show(&t);
		add(&all, &t);
		if (groups[g].fine)
			add(&fine, &t);
	}
	show(&fine);
	show(&all);
	show_spread("altered fields at 300 dpi", over, n_over);
	assert_int_equal(all.by[SAME], 0);
	assert_int_equal(all.other_reason, 0);
	assert_true(fine.named * 100 >= fine.nameable * 95);
	assert_true(!pick.full || pick.n_groups > 0 || all.n >= 200);
}

/* ---- genuine papers ---- */

static void
see_genuine(void *self, unsigned at, void *record)
{
	const struct plan *plan = self;
	const unsigned i = plan->of[at].i;
	struct seen *s = record;
	struct sheet sheet;
	struct scansim_profile p;
	struct dice d = { 0xa5a5 + 977 * (uint64_t)i + seed_more() };
	static const char *const over_the_frame[] = { "stamp:20,9,7,0.3", "stamp:189,9,7,0.35" };
	AUTO(arena) struct arena *a = arena_new(CASE_ARENA);
	fair_scanner(&d, 300, &p);
	s->made = genuine_sheet(&press, a, i, &sheet) &&
	    (plan->stamped ? scansim_profile_set(&p, over_the_frame[i / 14 % 2])
			   : ordinary_life(&d, &p));
	if (!s->made)
		return;
	struct scan_image scan = press_scan_front(a, sheet.front, &p, 500 + i + seed_more());
	struct opinion o = judge(a, &sheet, &scan, 300);
	s->made = pick_keep(&pick, "genuine", i, &scan, o.laid, sheet.front);
	s->answer = o.answer;
	s->wrongly = o.n_named;
	s->other_reason = plan->stamped && o.result != COMPARE_E_MARKED;
	s->worst = o.worst;
	s->ms = o.ms;
	(void)snprintf(s->name, sizeof(s->name), "genuine");
	put_figures(s, &o);
}

static void
genuine_papers_are_answered_as_the_same(void **state)
{
	static struct seen seen[MAX_CASES];
	static struct plan plan;
	struct tally t = { .name = "genuine at 300 dpi" };
	(void)state;
	for (unsigned i = 0; i < GENUINE_FULL; i++)
		if (pick_has(&pick, "genuine", i, 1) && (pick.full || pick.n_groups > 0 || i < 14))
			plan.of[plan.n++].i = i;
	if (plan.n == 0)
		skip();
	run("genuine papers", see_genuine, &plan, plan.n, seen);
	for (unsigned k = 0; k < plan.n; k++) {
		tell("genuine", plan.of[k].i, &seen[k], seen[k].answer != SAME);
		assert_true(seen[k].made);
		count(&t, &seen[k]);
	}
	static double over[MAX_CASES], ms[MAX_CASES];
	for (unsigned k = 0; k < plan.n; k++) {
		over[k] = seen[k].worst;
		ms[k] = seen[k].ms;
	}
	heading();
	show(&t);
	show_spread("genuine pages at 300 dpi", over, plan.n);
	show_spread("CPU milliseconds a comparison", ms, plan.n);
	print_message("# the worst window of them all: %.2f of the border\n", t.worst);
	assert_true(t.by[SAME] * 1000 >= t.n * 995);
}

/* It hides no ink of ours, but what it adds nobody can tell from an insertion. */
static void
a_stamp_over_the_form_is_neither_an_alteration_nor_the_same(void **state)
{
	static struct seen seen[MAX_CASES];
	static struct plan plan;
	const unsigned highest = 9; /* of 14 forms this one's frame begins */
	(void)state;
	plan.stamped = true;
	for (unsigned i = highest; i < (pick.full ? 8 : 2) * 14; i += 14)
		plan.of[plan.n++].i = i;
	if (pick.n_groups > 0)
		skip();
	run("stamped papers", see_genuine, &plan, plan.n, seen);
	for (unsigned k = 0; k < plan.n; k++) {
		tell("stamped", plan.of[k].i, &seen[k], seen[k].other_reason);
		assert_true(seen[k].made);
		assert_int_equal(seen[k].answer, UNDECIDED);
		assert_false(seen[k].other_reason);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_forgery_is_the_same_and_the_changed_field_is_named),
		cmocka_unit_test(genuine_papers_are_answered_as_the_same),
		cmocka_unit_test(a_stamp_over_the_form_is_neither_an_alteration_nor_the_same),
	};
	if (argc < 2 || !pick_parse(argc - 2, argv + 2, &pick)) {
		fprintf(stderr,
		    "usage: forgery-test MANIFEST [full] [seed=N] [pictures=FOLDER] "
		    "[GROUP[:I,I...]]...\n");
		return 2;
	}
	manifest = argv[1];
	/* Hundreds of large pictures: keep their memory instead of asking the kernel for each. */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 29);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	loud = getenv("FORGERY_LOUD") != NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

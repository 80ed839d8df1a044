/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgeries on the bank's desk, and genuine papers beside them: no forgery is
 * answered 一致, the changed field is named, and a genuine paper is 一致.
 * Prints what it counted. The same case is the same picture in every run.
 * Usage: forgery-test MANIFEST (fonts) [full]
 */
#include "tests/unit/unit.h"

#include "base/mem.h"
#include "cases.h"
#include "pen.h"
#include "press.h"

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASE_ARENA = 1 << 30, MAX_SHEETS = RENDER_MAX_PAGES };
static const char *manifest;
static bool full;
static bool loud; /* FORGERY_LOUD: a line for each case */
static struct press press;

/* ---- papers ---- */

enum layout { RENKI_1, RENKI_4, KOJIN, INKAN, N_LAYOUTS };
static const char *const form_name[] = { "renki-1", "renki-4", "kojin", "inkan" };

struct request {
	struct resident person[SAMPLE_N_PERSONS];
	const struct resident *list[SAMPLE_N_PERSONS];
	struct render_input in;
	struct profile profile;
};

static struct request *
request_new(struct arena *a, enum layout f, unsigned n)
{
	struct request *q = arena_zero(a, sizeof(*q));
	for (unsigned i = 0; i < SAMPLE_N_PERSONS; i++) {
		q->person[i] = sample_persons[i];
		q->list[i] = &q->person[i];
	}
	q->in = sample_input(a, f == INKAN ? DOC_INKAN : DOC_JUMINHYO,
	    f == KOJIN ? PROFILE_KOJIN : PROFILE_RENKI, n);
	q->profile = *q->in.profile;
	q->in.profile = &q->profile;
	q->in.persons = q->list;
	return q;
}

static unsigned
persons_of(enum layout f)
{
	return f == RENKI_4 ? 4 : 1;
}

/* ---- scanners that a bank has ---- */

/* A fair scan: skew up to 5 degrees, any brightness, a bolder or a finer print. */
static void
fair_scanner(struct dice *d, double dpi, struct scansim_profile *p)
{
	scansim_profile_init(p);
	p->dpi = dpi;
	p->angle_deg = dice_range(d, -4.85, 4.85); /* the simulator adds up to 0.15 */
	p->print_scale = dice_range(d, 0.985, 1.005);
	p->stretch_x = dice_range(d, 0.997, 1.003);
	p->stretch_y = dice_range(d, 0.997, 1.003);
	p->spread_um = dice_range(d, 18, 32);
	p->gain_um = dice_range(d, 2, 18);
	p->density = dice_range(d, 0.75, 0.95);
	p->optics_um = dice_range(d, 28, 55);
	p->noise = dice_range(d, 0.003, 0.013);
	p->shade = dice_range(d, 0, 0.05);
	p->white = dice_range(d, 0.84, 0.92);
	p->low = dice_range(d, 0, 0.08);
	p->high = dice_range(d, 0.85, 1.0);
	p->gamma = dice_range(d, 0.75, 1.3);
	p->jpeg = (unsigned)dice_range(d, 70, 96);
	p->bed_w = 222;
	p->bed_h = 308;
	p->bed_white = dice_unit(d) < 0.2 ? 0.06 : 0.93;
	/* Specks as large as a stroke are no scanner's fault: nobody could tell them. */
	p->voids = 0;
	p->splats = 0;
}

/* What happens to genuine papers: stamps and notes beside the form, folds, staples. */
static void
ordinary_life(struct dice *d, struct scansim_profile *p)
{
	static const char *const stamps[] = { "stamp:6.5,150,4,0.3", "stamp:189,9,7,0.35",
		"stamp:6.5,250,4.5,0.25", "stamp:203.5,90,4,0.3", "stamp:20,9,7,0.3" };
	static const char *const folds[] = { "fold_h:99,0.2 fold_h:198,0.2 fold=0.08",
		"fold_h:148.5,0.25 fold=0.1", "fold_v:105,0.2 fold=0.08",
		"fold_h:148.5,0.2 fold_v:105,0.2 fold=0.06" };
	bool ok = true;
	if (dice_unit(d) < 0.4)
		ok = scansim_profile_set(p, stamps[dice_next(d) % N_ELEMENTS(stamps)]);
	if (dice_unit(d) < 0.4)
		ok = ok && scansim_profile_set(p, folds[dice_next(d) % N_ELEMENTS(folds)]);
	assert_true(ok);
}

/* ---- the desk, without the way through its processes ---- */

enum answer { SAME = 0, ALTERED, UNDECIDED, N_ANSWERS };

struct opinion {
	enum answer answer;
	int result;
	double worst, noise; /* of the page, over the border */
	unsigned windows, margin;
	struct compare_box first;
	bool named[PRESS_MAX_FIELDS];
	unsigned n_named;
};

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
	o.result = register_front(a, scan, s->front, NULL, dpi, &g, &err);
	if (o.result == 0)
		o.result = compare_front(a, &g, scan, s->front, NULL, areas, s->n_fields, &k);
	o.worst = k.worst;
	o.noise = k.noise;
	o.windows = k.n_differing_windows;
	o.margin = k.n_margin_windows;
	o.first = k.first;
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

/* ---- counting ---- */

struct tally {
	const char *name;
	unsigned n, by[N_ANSWERS];
	unsigned nameable, named; /* fronts of which a field was changed */
	unsigned wrongly;         /* fields named that nobody changed */
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
add(struct tally *all, const struct tally *t)
{
	all->n += t->n;
	for (int i = 0; i < N_ANSWERS; i++)
		all->by[i] += t->by[i];
	all->nameable += t->nameable;
	all->named += t->named;
	all->wrongly += t->wrongly;
}

/* ---- altered fronts ---- */

/* What the forger makes of a genuine sheet. */
struct forgery {
	struct sheet genuine;
	uint8_t *front;
	bool changed[PRESS_MAX_FIELDS];
	bool nameable; /* a field of the form was changed */
	const char *name;
};

static void
set_text(struct arena *a, struct request *q, const struct change *c, unsigned person, bool after)
{
	const char *text = after ? c->to : c->from;
	if (c->other == 0)
		q->person[person].item[c->item - 1] = text[0] != '\0' ? text : NULL;
	else if (c->other == CHANGE_NUMBER)
		q->in.issue_number = text;
	else if (c->other == CHANGE_CODE)
		q->in.front_code = text;
	else if (c->other == CHANGE_MAYOR)
		q->profile.mayor = text;
	else if (c->other == CHANGE_NINSHO)
		for (unsigned i = DOC_JUMINHYO; i <= DOC_INKAN; i++)
			q->profile.kinds[i].ninsho_all = text;
	else /* 令和８年１１月２１日: its month or day */
		q->in.issued_on = strcmp(c->from, "２１") == 0
		    ? (struct civil_date){ 2026, 11, after ? 27 : 21 }
		    : strcmp(c->from, "１１") == 0
		    ? (struct civil_date){ 2026, 10, after ? 17 : 11 }
		    : (struct civil_date){ 2026, 12, after ? 16 : 10 };
	(void)a;
}

static bool
on_every_form(const struct change *c)
{
	return c->other != 0 || c->item == RESIDENT_ITEM_name || c->item == RESIDENT_ITEM_birth ||
	    c->item == RESIDENT_ITEM_address || c->item == RESIDENT_ITEM_katagaki ||
	    c->item == RESIDENT_ITEM_kyu_uji;
}

static const struct payload_field *
field_of(const struct sheet *s, const char *key)
{
	for (unsigned k = 0; k < s->n_fields; k++)
		if (strcmp(s->field[k].key, key) == 0)
			return &s->field[k];
	return NULL;
}

/* Only what was changed is printed anew: the codes and the digest stay as they were. */
static bool
forge_text(struct arena *a, unsigned i, struct forgery *f)
{
	const struct change *c = &changes[i % n_changes];
	enum layout form = (enum layout)(i % (on_every_form(c) ? N_LAYOUTS : INKAN));
	struct request *q = request_new(a, form, persons_of(form));
	struct sheet after;
	bool of_head = c->item == RESIDENT_ITEM_address || c->item == RESIDENT_ITEM_katagaki ||
	    c->item == RESIDENT_ITEM_setainushi;
	unsigned person = form == RENKI_4 && !of_head ? i % 4 : 0;
	set_text(a, q, c, person, false);
	if (press_print(&press, a, &q->in, &f->genuine, 1) != 1)
		return false;
	set_text(a, q, c, person, true);
	if (press_print(&press, a, &q->in, &after, 1) != 1)
		return false;
	f->front = arena_memdup(a, f->genuine.front, FRONT_PAGE_BYTES);
	bool any = false;
	for (unsigned k = 0; k < f->genuine.n_fields; k++) {
		const struct payload_field *g = &f->genuine.field[k];
		const struct payload_field *now = field_of(&after, g->key);
		if (strcmp(g->key, "digest") == 0 || (now && strcmp(g->value, now->value) == 0))
			continue;
		f->changed[k] = f->nameable = any = true;
		pen_copy(f->front, after.front, pen_box(&g->box));
	}
	for (unsigned k = 0; k < after.n_fields; k++)
		if (field_of(&f->genuine, after.field[k].key) == NULL) {
			pen_copy(f->front, after.front, pen_box(&after.field[k].box));
			any = true;
		}
	f->name = arena_printf(a, "%s %s>%s", form_name[form], c->from, c->to);
	return any;
}

/* A field that says something, by the dice. */
static unsigned
any_field(const struct sheet *s, struct dice *d)
{
	for (;;) {
		unsigned k = (unsigned)(dice_next(d) % s->n_fields);
		const char *v = s->field[k].value;
		if (strlen(v) > 6 && strstr(v, "＊") == NULL && strstr(v, "省略") == NULL &&
		    strcmp(s->field[k].key, "digest") != 0)
			return k;
	}
}

static bool
forge_stroke(struct arena *a, unsigned i, struct forgery *f)
{
	const unsigned least = 28; /* pixels: a third of a millimetre square */
	struct dice d = { 7000 + i };
	enum layout form = (enum layout)(i % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	if (press_print(&press, a, &q->in, &f->genuine, 1) != 1)
		return false;
	f->front = arena_memdup(a, f->genuine.front, FRONT_PAGE_BYTES);
	for (int k = 0; k < 50; k++) {
		unsigned at = any_field(&f->genuine, &d);
		struct compare_box b = pen_box(&f->genuine.field[at].box);
		if (!(i / 4 % 2 ? pen_add_stroke(f->front, b, &d)
				: pen_take_stroke(a, f->front, b, least, &d)))
			continue;
		f->changed[at] = f->nameable = true;
		f->name = arena_printf(a, "%s %s in %s", form_name[form],
		    i / 4 % 2 ? "stroke more" : "stroke less", f->genuine.field[at].key);
		return true;
	}
	return false;
}

/* A field of the form made blank, or text set where the form was blank. */
static bool
forge_blank(struct arena *a, unsigned i, struct forgery *f)
{
	struct dice d = { 9000 + i };
	enum layout form = (enum layout)(i / 2 % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	if (press_print(&press, a, &q->in, &f->genuine, 1) != 1)
		return false;
	f->front = arena_memdup(a, f->genuine.front, FRONT_PAGE_BYTES);
	unsigned at = any_field(&f->genuine, &d);
	struct compare_box b = pen_box(&f->genuine.field[at].box);
	struct compare_box in = { b.x + 6, b.y + 6, b.w - 12, b.h - 12 };
	if (i % 2 == 0) {
		pen_erase(f->front, in);
		f->changed[at] = f->nameable = true;
		f->name =
		    arena_printf(a, "%s erased %s", form_name[form], f->genuine.field[at].key);
		return true;
	}
	/* The same field's words once more, at another place inside the ruled form. */
	static const struct {
		unsigned x, y;
	} to[N_LAYOUTS] = { { 700, 1500 }, { 700, 890 }, { 800, 2000 }, { 800, 2000 } };
	in.w = in.w < 400 ? in.w : 400;
	for (unsigned y = 0; y < in.h; y++)
		for (unsigned x = 0; x < in.w; x++)
			if (front_ink(f->genuine.front, in.x + x, in.y + y))
				pen_dot(f->front, to[form].x + x, to[form].y + y, true);
	f->name = arena_printf(a, "%s inserted", form_name[form]);
	return true;
}

/* Another city's 公印, another person's 印影, a seal moved by two millimetres. */
static bool
forge_seal(struct arena *a, unsigned i, struct forgery *f)
{
	enum layout form = i % 3 == 1 ? INKAN : (enum layout)(i % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	struct sheet after;
	if (press_print(&press, a, &q->in, &f->genuine, 1) != 1)
		return false;
	if (i % 3 == 1) {
		q->in.seal = sample_seal(a, (uint16_t)(425 - 12 - i));
	} else {
		const size_t row = (q->profile.koin_width_px + 7u) / 8;
		const size_t bytes = row * q->profile.koin_height_px;
		uint8_t *bits = arena_memdup(a, q->profile.koin_bits, bytes);
		/* a stroke of the seal's text gone, or two rows of it exchanged */
		for (unsigned y = 200 + i; y < 224 + i; y++) {
			if (i % 3 == 0)
				memset(bits + y * row + 10, 0, 20);
			else
				memcpy(bits + y * row + 8, bits + (y + 60) * row + 8, row - 16);
		}
		q->profile.koin_bits = bits;
	}
	if (press_print(&press, a, &q->in, &after, 1) != 1)
		return false;
	f->front = arena_memdup(a, after.front, FRONT_PAGE_BYTES);
	for (unsigned k = 0; k < f->genuine.n_fields; k++)
		if (strcmp(f->genuine.field[k].key, "digest") == 0)
			pen_copy(f->front, f->genuine.front, pen_box(&f->genuine.field[k].box));
	f->name = arena_printf(a, "%s %s", form_name[form], i % 3 == 1 ? "seal" : "koin");
	return memcmp(f->front, f->genuine.front, FRONT_PAGE_BYTES) != 0;
}

typedef bool forge_fn(struct arena *a, unsigned i, struct forgery *f);

static void
one_forgery(forge_fn *forge, unsigned i, double dpi, struct tally *t)
{
	AUTO(arena) struct arena *a = arena_new(CASE_ARENA);
	struct forgery f = { .front = NULL };
	struct scansim_profile p;
	struct dice d = { 0x51ed2701 * (uint64_t)(i + 1) + (uint64_t)dpi };
	if (!forge(a, i, &f)) {
		print_message("# no forgery: %s %u\n", t->name, i);
		fail();
	}
	fair_scanner(&d, dpi, &p);
	struct scan_image scan = press_scan_front(a, f.front, &p, i);
	struct opinion o = judge(a, &f.genuine, &scan, dpi);
	bool named = false;
	unsigned wrongly = 0;
	for (unsigned k = 0; k < f.genuine.n_fields; k++) {
		named |= f.changed[k] && o.named[k];
		wrongly += !f.changed[k] && o.named[k];
	}
	t->n++;
	t->by[o.answer]++;
	t->nameable += f.nameable;
	t->named += f.nameable && named;
	t->wrongly += f.nameable ? wrongly : 0;
	if (loud || o.answer == SAME || (f.nameable && !named))
		print_message("# %3u %.0f dpi %-60s answer %d result %d worst %.2f noise %.2f%s\n",
		    i, dpi, f.name, (int)o.answer, o.result, o.worst, o.noise,
		    f.nameable && !named ? " NOT NAMED" : "");
}

static void
many_forgeries(
    const char *name, forge_fn *forge, unsigned n, unsigned every, double dpi, struct tally *all)
{
	struct tally t = { .name = name };
	for (unsigned i = 0; i < n; i++)
		if (i % every == every / 2)
			one_forgery(forge, i, dpi, &t);
	show(&t);
	add(all, &t);
}

static void
no_altered_front_is_the_same_and_its_field_is_named(void **state)
{
	struct tally fine = { .name = "all at 300 dpi" };
	struct tally rest = { .name = "all at 200 and 400 dpi" };
	const unsigned every = full ? 1 : 9;
	(void)state;
	heading();
	many_forgeries("text at 300 dpi", forge_text, n_changes, every, 300, &fine);
	many_forgeries("one stroke at 300 dpi", forge_stroke, 48, every, 300, &fine);
	many_forgeries("erased, inserted at 300 dpi", forge_blank, 16, every, 300, &fine);
	many_forgeries("seals at 300 dpi", forge_seal, 12, full ? 1 : 7, 300, &fine);
	many_forgeries("text at 200 dpi", forge_text, n_changes, 4 * every, 200, &rest);
	many_forgeries("text at 400 dpi", forge_text, n_changes, 5 * every, 400, &rest);
	show(&fine);
	show(&rest);
	assert_int_equal(fine.by[SAME], 0);
	assert_int_equal(rest.by[SAME], 0);
	assert_true(fine.named * 100 >= fine.nameable * 95);
}

/* ---- genuine papers ---- */

/* What the register prints: all forms, long texts, few items, several pages. */
static bool
genuine_sheet(struct arena *a, unsigned i, struct sheet *ret)
{
	static const struct {
		enum layout form;
		unsigned n, page;
		bool all, longest;
	} t[] = { { RENKI_1, 1, 0, true, false }, { RENKI_4, 4, 0, true, false },
		{ KOJIN, 1, 0, true, false }, { INKAN, 1, 0, true, false },
		{ RENKI_4, 2, 0, false, false }, { RENKI_4, 6, 0, true, false },
		{ RENKI_4, 6, 1, true, false }, { KOJIN, 6, 2, false, false },
		{ KOJIN, 1, 0, true, true }, { RENKI_1, 1, 0, true, true },
		{ INKAN, 1, 0, true, true } };
	struct sheet all[MAX_SHEETS];
	struct request *q = request_new(a, t[i % N_ELEMENTS(t)].form, t[i % N_ELEMENTS(t)].n);
	if (t[i % N_ELEMENTS(t)].longest)
		q->list[0] = &sample_long;
	if (!t[i % N_ELEMENTS(t)].all && q->in.kind != DOC_INKAN)
		q->in.options = 0;
	unsigned n = press_print(&press, a, &q->in, all, MAX_SHEETS);
	if (n <= t[i % N_ELEMENTS(t)].page)
		return false;
	*ret = all[t[i % N_ELEMENTS(t)].page];
	return true;
}

static void
genuine_papers_are_answered_as_the_same(void **state)
{
	const unsigned n = full ? 440 : 14;
	struct tally t = { .name = "genuine at 300 dpi" };
	double most = 0;
	(void)state;
	for (unsigned i = 0; i < n; i++) {
		AUTO(arena) struct arena *a = arena_new(CASE_ARENA);
		struct sheet s;
		struct scansim_profile p;
		struct dice d = { 0xa5a5 + 977 * (uint64_t)i };
		assert_true(genuine_sheet(a, i, &s));
		fair_scanner(&d, 300, &p);
		ordinary_life(&d, &p);
		struct scan_image scan = press_scan_front(a, s.front, &p, 500 + i);
		struct opinion o = judge(a, &s, &scan, 300);
		t.n++;
		t.by[o.answer]++;
		t.wrongly += o.n_named;
		most = o.worst > most ? o.worst : most;
		if (loud || o.answer != SAME)
			print_message("# genuine %3u answer %d result %d worst %.2f noise %.2f "
				      "windows %u at %u,%u margin %u\n",
			    i, (int)o.answer, o.result, o.worst, o.noise, o.windows, o.first.x,
			    o.first.y, o.margin);
	}
	heading();
	show(&t);
	print_message("# the worst window of them all: %.2f of the border\n", most);
	assert_true(t.by[SAME] * 1000 >= t.n * 995);
}

static int
setup(void **state)
{
	(void)state;
	return press_open(&press, manifest) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	press_close(&press);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_altered_front_is_the_same_and_its_field_is_named),
		cmocka_unit_test(genuine_papers_are_answered_as_the_same),
	};
	if (argc < 2) {
		fprintf(stderr, "usage: forgery-test MANIFEST [full]\n");
		return 2;
	}
	manifest = argv[1];
	full = argc > 2 && strcmp(argv[2], "full") == 0;
	/* Hundreds of large pictures: keep their memory instead of asking the kernel for each. */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 29);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	loud = getenv("FORGERY_LOUD") != NULL;
	return cmocka_run_group_tests(tests, setup, teardown);
}

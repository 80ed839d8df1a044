/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-pdf MANIFEST [ROUNDS] - certificates of about 200, 300 and 400 distinct
 * glyphs by our renderer, by cairo and by libharu as its manual has it, in one
 * run: CPU time in interleaved rounds (medians), instructions, bytes, ratios.
 * The table's last lines say which of the aims hold; the exit status is theirs,
 * but for times, which a busy machine alone can spoil: twice the aim is let pass.
 *
 * bench-pdf MANIFEST count ENGINE PAGE runs under callgrind and counts for itself.
 */
#include "base/arena.h"
#include "pdf_peers.h"
#include "server/render/bilevel.h"
#include "server/render/pdf_doc.h"
#include "tests/golden/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

enum { N_PAGES = 3, N_PERSONS = 4, MAX_ROUNDS = 101, COUNT_DOCS = 2, FILL_BYTES = 700 };
enum engine_id { OURS, ROWS, CAIRO, STOCK, N_ENGINES };
static const char *const engine_names[N_ENGINES] = { "ours", "ours from rows", "cairo",
	"stock libharu" };
static const unsigned targets[N_PAGES] = { 200, 300, 400 };
static const char main_font[] = "/usr/share/fonts/truetype/ipamj/ipamjm.ttf";

/* A household of four whose notes bring the page to its number of distinct glyphs. */
struct page {
	char fill[N_PERSONS][FILL_BYTES];
	struct resident persons[N_PERSONS];
	const struct resident *list[N_PERSONS];
	unsigned n_glyphs;
	struct arena *arena; /* keeps the lists that all engines draw */
	struct render_input in;
	struct engine_doc doc;
};
struct bench {
	struct render_fonts *fonts;
	const char *manifest;
	struct page pages[N_PAGES];
};
struct figures {
	double cpu_ms, raster_ms, instructions;
	size_t bytes;
};

/* Rows as display lists: what every engine begins with. */
static int
lay_out(struct arena *a, struct bench *b, struct page *p, struct engine_doc *ret)
{
	struct fontset_stack stack;
	struct err err = { 0 };
	const struct render_input *in = &p->in;
	int r = fontset_stack(b->fonts, in->profile->muni, &stack, &err);
	if (r == 0)
		r = engine_run(a, &stack, form_find(in->kind, in->profile), in, ret, &err);
	if (r)
		fprintf(stderr, "bench-pdf: layout %d %s\n", r,
		    ret->failed_item != NULL ? ret->failed_item : "");
	return r;
}

static unsigned
count_glyphs(const struct engine_doc *d)
{
	uint64_t seen[4096];
	unsigned n = 0;
	for (unsigned side = 0; side < 2 * d->n_pages; side++) {
		const struct dlist *l = side % 2 != 0 ? &d->backs[side / 2] : &d->fronts[side / 2];
		for (unsigned k = 0; k < l->n; k++)
			for (unsigned i = 0;
			     l->items[k].what == DLIST_TEXT && i < l->items[k].run.n; i++) {
				const struct shape_glyph *g = &l->items[k].run.glyphs[i];
				uint64_t key = (uint64_t)g->font << 32 | g->gid;
				unsigned at = 0;
				while (at < n && seen[at] != key)
					at++;
				if (at == n && n < N_ELEMENTS(seen))
					seen[n++] = key;
			}
	}
	return n;
}

/* @n ideographs shared out over the notes, one by one. */
static void
page_fill(const struct bench *b, struct page *p, unsigned n)
{
	size_t at[N_PERSONS] = { 0 };
	uint32_t cp = 0x5B80;
	for (unsigned i = 0; i < N_PERSONS; i++) {
		p->persons[i] = sample_persons[i % 2];
		p->persons[i].biko = p->fill[i];
		p->list[i] = &p->persons[i];
	}
	for (unsigned i = 0; i < n; i++, cp++) {
		unsigned k = i % N_PERSONS;
		while (sfnt_find_glyph(&b->fonts->fonts[0].sfnt, cp) == 0)
			cp++;
		if (at[k] + 4 > FILL_BYTES)
			break;
		p->fill[k][at[k]++] = (char)(0xE0 | cp >> 12);
		p->fill[k][at[k]++] = (char)(0x80 | (cp >> 6 & 0x3F));
		p->fill[k][at[k]++] = (char)(0x80 | (cp & 0x3F));
	}
	for (unsigned i = 0; i < N_PERSONS; i++)
		p->fill[i][at[i]] = '\0';
}

static int
page_make(struct bench *b, struct page *p, unsigned target)
{
	unsigned more = 0;
	p->arena = arena_new((size_t)8 * RENDER_ARENA_BYTES);
	p->in = sample_input(p->arena, DOC_JUMINHYO, PROFILE_RENKI, N_PERSONS);
	p->in.persons = p->list;
	for (unsigned tries = 0; tries < 8; tries++) {
		page_fill(b, p, more);
		p->doc = (struct engine_doc){ 0 };
		int r = lay_out(p->arena, b, p, &p->doc);
		if (r)
			return r;
		p->n_glyphs = count_glyphs(&p->doc);
		if (p->n_glyphs >= target)
			return 0;
		more += target - p->n_glyphs;
	}
	return 0;
}

static double
cpu_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Ours also makes the backs' image and grid; the image's bytes, filled in by another, do not count.
 */
static size_t
make_ours(struct arena *a, struct bench *b, const struct engine_doc *d)
{
	struct pdf_doc pdf = { 0 };
	struct err err = { 0 };
	const struct pdf_doc_input in = { .title = "住民票の写し",
		.n_pages = d->n_pages,
		.fronts = d->fronts,
		.backs = d->backs };
	if (pdf_doc_write(a, b->fonts, &in, &pdf, &err) != 0)
		return 0;
	return pdf.bytes - (size_t)d->n_pages * RENDER_BACK_BYTES;
}

/* From the residents' rows on: shaping and layout too, which the peers are spared. */
static size_t
make_rows(struct arena *a, struct bench *b, struct page *p)
{
	struct engine_doc *d = arena_zero(a, sizeof(*d));
	return lay_out(a, b, p, d) != 0 ? 0 : make_ours(a, b, d);
}

static size_t
make(struct bench *b, enum engine_id engine, unsigned page)
{
	struct page *p = &b->pages[page];
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	if (engine == OURS)
		return make_ours(a, b, &p->doc);
	if (engine == ROWS)
		return make_rows(a, b, p);
	return engine == CAIRO ? peer_cairo(b->fonts, &p->doc) : peer_stock(main_font, &p->doc);
}

static double
raster_ms(struct bench *b, unsigned page)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct err err = { 0 };
	struct page *p = &b->pages[page];
	double from = cpu_ms();
	for (unsigned i = 0; i < p->doc.n_pages; i++) {
		uint8_t *raster = arena_zero(a, (size_t)RENDER_ROW_BYTES * RENDER_H);
		if (bilevel_draw(b->fonts, &p->doc.fronts[i], raster, &err) != 0)
			return -1;
	}
	return (cpu_ms() - from) / p->doc.n_pages;
}

static int
by_value(const void *p, const void *q)
{
	double x = *(const double *)p, y = *(const double *)q;
	return (x > y) - (x < y);
}

static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

/* Every round has every engine and page once, so that a busy moment hits all alike. */
static int
time_all(struct bench *b, unsigned rounds, struct figures out[N_ENGINES][N_PAGES])
{
	static double ms[N_ENGINES][N_PAGES][MAX_ROUNDS], raster[N_PAGES][MAX_ROUNDS];
	for (unsigned i = 0; i < rounds; i++)
		for (unsigned page = 0; page < N_PAGES; page++) {
			for (unsigned e = 0; e < N_ENGINES; e++) {
				double from = cpu_ms();
				size_t bytes = make(b, (enum engine_id)e, page);
				ms[e][page][i] = cpu_ms() - from;
				out[e][page].bytes = bytes;
				if (bytes == 0)
					return -1;
			}
			raster[page][i] = raster_ms(b, page);
		}
	for (unsigned page = 0; page < N_PAGES; page++) {
		for (unsigned e = 0; e < N_ENGINES; e++)
			out[e][page].cpu_ms = median(ms[e][page], rounds);
		out[OURS][page].raster_ms = median(raster[page], rounds);
	}
	return 0;
}

/* In the child: one document to warm up, then COUNT_DOCS that count. */
static int
count_child(struct bench *b, enum engine_id engine, unsigned page)
{
	if (make(b, engine, page) == 0)
		return 1;
	CALLGRIND_START_INSTRUMENTATION;
	for (unsigned i = 0; i < COUNT_DOCS; i++)
		if (make(b, engine, page) == 0)
			return 1;
	CALLGRIND_STOP_INSTRUMENTATION;
	return 0;
}

static double
count(const struct bench *b, const char *self, unsigned engine, unsigned page)
{
	char command[1024], line[256];
	double all = -1;
	int n = snprintf(command, sizeof(command),
	    "valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=/dev/null "
	    "'%s' '%s' count %u %u 2>&1",
	    self, b->manifest, engine, page);
	if (n < 0 || (size_t)n >= sizeof(command))
		return -1;
	FILE *f = popen(command, "r"); /* NOLINT: the command is our own */
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, "Collected : ");
		if (at != NULL)
			all = strtod(at + 12, NULL);
	}
	if (f == NULL || pclose(f) != 0 || all <= 0)
		return -1;
	return all / COUNT_DOCS;
}

static void
print_table(const struct bench *b, struct figures f[N_ENGINES][N_PAGES])
{
	printf("%-7s %-14s %9s %7s %14s %7s %9s %7s %9s\n", "glyphs", "engine", "CPU ms", "ratio",
	    "instructions", "ratio", "bytes", "ratio", "raster ms");
	for (unsigned p = 0; p < N_PAGES; p++)
		for (unsigned e = 0; e < N_ENGINES; e++) {
			const struct figures *x = &f[e][p], *ours = &f[OURS][p];
			printf("%-7u %-14s %9.3f %6.1fx %13.1fM %6.1fx %9zu %6.2fx",
			    b->pages[p].n_glyphs, engine_names[e], x->cpu_ms,
			    x->cpu_ms / ours->cpu_ms, x->instructions / 1e6,
			    x->instructions / ours->instructions, x->bytes,
			    (double)x->bytes / (double)ours->bytes);
			if (e == OURS)
				printf(" %9.3f", x->raster_ms);
			putchar('\n');
		}
}

static int
aim(const char *what, double seen, double want, bool at_least, double slack)
{
	bool held = at_least ? seen >= want : seen <= want;
	bool pass = at_least ? seen * slack >= want : seen <= want * slack;
	printf("%-58s %10.2f  %s\n", what, seen,
	    held       ? "held"
		: pass ? "missed by a little"
		       : "MISSED");
	return pass ? 0 : 1;
}

static int
judge(struct figures f[N_ENGINES][N_PAGES])
{
	const struct figures *o = &f[OURS][0], *rows = &f[ROWS][0], *c = &f[CAIRO][0],
			     *s = &f[STOCK][0];
	int bad = 0;
	printf("\nat about 200 glyphs:\n");
	bad |= aim("CPU of a certificate from its rows, at most 2 ms", rows->cpu_ms, 2, false, 2);
	bad |= aim("kB of a certificate, at most 60", (double)o->bytes / 1000, 60, false, 1);
	bad |= aim("raster, warm, at most 1 ms", o->raster_ms, 1, false, 2);
	bad |= aim("cairo's instructions, at least 10 times ours",
	    c->instructions / o->instructions, 10, true, 1);
	bad |=
	    aim("stock libharu's CPU, at least 50 times ours", s->cpu_ms / o->cpu_ms, 50, true, 2);
	return bad;
}

static int
bench_all(struct bench *b, const char *self, unsigned rounds)
{
	static struct figures f[N_ENGINES][N_PAGES];
	if (time_all(b, rounds, f) != 0)
		return 1;
	for (unsigned page = 0; page < N_PAGES; page++)
		for (unsigned e = 0; e < N_ENGINES; e++) {
			f[e][page].instructions = count(b, self, e, page);
			if (f[e][page].instructions < 0) {
				fprintf(stderr, "bench-pdf: callgrind did not count\n");
				return 1;
			}
		}
	print_table(b, f);
	return judge(f);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	struct err err = { 0 };
	if (argc < 2) {
		fprintf(stderr, "usage: bench-pdf MANIFEST [ROUNDS]\n");
		return 2;
	}
	bool child = argc == 5 && strcmp(argv[2], "count") == 0;
	unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 15;
	b.manifest = argv[1];
	int r = render_fonts_open(argv[1], &b.fonts, &err);
	for (unsigned i = 0; r == 0 && i < N_PAGES; i++)
		r = page_make(&b, &b.pages[i], targets[i]);
	if (r == 0 && !child)
		render_fonts_warm(b.fonts, b.pages[0].in.profile, 1, true);
	if (r == 0 && child)
		r = count_child(&b, (enum engine_id)strtoul(argv[3], NULL, 10) % N_ENGINES,
		    (unsigned)strtoul(argv[4], NULL, 10) % N_PAGES);
	else if (r == 0)
		r = bench_all(&b, argv[0], rounds < 1 || rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds);
	render_fonts_free(b.fonts);
	return r != 0;
}

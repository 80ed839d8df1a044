/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page code measured: painting and reading, the distance of its code words from what a
 * channel of that noise can carry, and pages read, beside pages of QR codes and of Data
 * Matrix codes over the same paper, printer and scanner. Times are the processor's, of one
 * thread, in milliseconds; nothing but a wrong result makes it fail.
 * Arguments: scan profiles (all by default).
 */
#include "backside/bilevel.h"
#include "backside/code.h"
#include "backside/ldpc.h"
#include "base/arena.h"
#include "base/mem.h"
#include "page_peers.h"
#include "tests/world/scansim/channel.h"
#include "tests/world/scansim/field.h"
#include "tests/world/scansim/scansim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
	RUNS = 7,
	ARENA_BYTES = 1 << 20,
	PAGE_ARENA_BYTES = 16 << 20,
	W = 2480, /* of a front */
	H = 3508,
	INKED = 5,
	MAX_PROFILES = 200,
	RENDER_MS = 10,
	DECODE_MS = 500,
	DECODE_WORST_MS = 1000,
};
static const double GAP = 0.10;

static double
cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n ? v[n / 2] : 0;
}

static const char *
held(bool yes)
{
	return yes ? "held" : "NOT HELD";
}

static long
peak_mb(void)
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	return use.ru_maxrss / 1024;
}

static int
bench_encode(const uint8_t *payload, uint8_t *modules)
{
	printf("painting a page of modules       bytes      ms (at most %d)\n", RENDER_MS);
	for (int r = 0; r < BACKSIDE_N_RATES; r++) {
		static const char *const name[] = { "1/8", "1/4", "1/3", "2/5", "1/2" };
		double ms[RUNS];
		struct err err = { 0 };
		size_t bytes = backside_rate_max_bytes((enum backside_rate)r);
		for (int i = 0; i < RUNS; i++) {
			double t = cpu_ms();
			if (backside_encode(payload, bytes, modules, &err) != 0)
				return 1;
			ms[i] = cpu_ms() - t;
		}
		double m = median(ms, RUNS);
		printf("  rate %s %26zu %7.2f  %s\n", name[r], bytes, m, held(m <= RENDER_MS));
	}
	return 0;
}

/* A page with as many strokes as a full certificate has. */
static uint8_t *
strokes_page(void)
{
	size_t stride = W / 8;
	uint8_t *p = mem_zero_n(stride, H);
	uint32_t s = 1;
	for (int i = 0; i < 6000; i++) {
		s = s * 1664525u + 1013904223u;
		unsigned x = 200 + (s >> 8) % (W - 400), y = 200 + (s >> 19) % 100 * 31;
		for (unsigned k = 0; k < 28; k++) {
			unsigned u = x + (i % 2 ? k : k / 8), v = y + (i % 2 ? k / 9 : k);
			p[v * stride + u / 8] |= (uint8_t)(0x80 >> u % 8);
			p[v * stride + (u + 1) / 8] |= (uint8_t)(0x80 >> (u + 1) % 8);
		}
	}
	return p;
}

static int
bench_bilevel(void)
{
	double in_ms[RUNS], out_ms[RUNS];
	uint8_t *p = strokes_page();
	struct bilevel page = { p, W, H, W / 8 }, back;
	struct err err = { 0 };
	size_t bytes = 0;
	for (int i = 0; i < RUNS; i++) {
		AUTO(arena) struct arena *a = arena_new(PAGE_ARENA_BYTES);
		struct buf b;
		buf_init(&b, BILEVEL_MAX_CODED_BYTES);
		double t = cpu_ms();
		if (bilevel_encode(&page, &b, &err) != 0)
			return 1;
		in_ms[i] = cpu_ms() - t;
		t = cpu_ms();
		if (bilevel_decode(a, b.p, b.bytes, &back, &err) != 0)
			return 1;
		out_ms[i] = cpu_ms() - t;
		bytes = b.bytes;
		buf_done(&b);
	}
	mem_free(p);
	printf("bilevel %dx%d, %zu bytes: encode %.2f ms, decode %.2f ms\n", W, H, bytes,
	    median(in_ms, RUNS), median(out_ms, RUNS));
	return 0;
}

/* The least capacity, in steps of a hundredth, over which all words of a page are read. */
static void
bench_words(void)
{
	static const struct {
		enum ldpc_profile profile;
		const char *name;
		double rate;
	} t[] = { { LDPC_1_4, "1/4", 0.25 }, { LDPC_1_3, "1/3", 1 / 3.0 }, { LDPC_2_5, "2/5", 0.4 },
		{ LDPC_1_2, "1/2", 0.5 } };
	struct ldpc_work *w = mem_zero(ldpc_work_bytes());
	printf("\ncode words over Gaussian noise, soft values: bits a module needed (gap at most "
	       "%.2f)\n",
	    GAP);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		static struct ldpc c;
		double need = t[i].rate + 0.02;
		ldpc_init(&c, t[i].profile);
		while (need < 1 && !channel_words_pass(&c, w, need, 1 + i))
			need += 0.01;
		printf("  rate %s  %.3f  gap %.3f  %s\n", t[i].name, need, need - t[i].rate,
		    held(need - t[i].rate <= GAP));
	}
	mem_free(w);
}

struct score {
	unsigned pages, whole, wrong, fine; /* fine: read at 300 dpi, whose times are judged */
	double ms[MAX_PROFILES], fine_ms[MAX_PROFILES], peer_ms[PAGE_N_PEERS][MAX_PROFILES];
	unsigned peer_whole[PAGE_N_PEERS];
};

static void
ours(const uint8_t *payload, size_t bytes, const struct scansim_scan *s, bool fine,
    struct score *score)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct backside_grey g = { s->p, s->w, s->h, s->w };
	struct backside_info info = { 0 };
	struct err err = { 0 };
	uint8_t *out = NULL;
	size_t n = 0;
	double t = cpu_ms();
	int r = backside_decode(&g, a, &out, &n, &info, &err);
	t = cpu_ms() - t;
	bool exact = r == 0 && n == bytes && memcmp(out, payload, n) == 0;
	score->ms[score->pages] = t;
	if (fine)
		score->fine_ms[score->fine++] = t;
	score->whole += exact;
	score->wrong += r == 0 && !exact;
	printf(
	    "  %-8s %6.0f ms %u/%u", exact ? "read" : "not read", t, info.rounds, info.iterations);
}

static int
bench_profile(const char *name, const uint8_t *payload, uint8_t *const dots[1 + PAGE_N_PEERS],
    struct score *score)
{
	struct scansim_profile p;
	struct scansim_scan s;
	if (!scansim_profile_find(name, &p) || score->pages >= MAX_PROFILES) {
		fprintf(stderr, "no profile %s\n", name);
		return 1;
	}
	printf("%-14s", name);
	scansim_run(dots[0], &p, 1, &s);
	ours(payload, BACKSIDE_MAX_BYTES_1_3, &s, p.dpi == 300.0, score);
	mem_free(s.p);
	for (int i = 0; i < PAGE_N_PEERS; i++) {
		const struct page_peer *q = &page_peers[i];
		scansim_run(dots[1 + i], &p, 1, &s);
		double t = cpu_ms();
		unsigned n = page_peer_read(q, &s, payload);
		score->peer_ms[i][score->pages] = cpu_ms() - t;
		score->peer_whole[i] += n == q->across * q->down;
		printf("   %2u of %u %6.0f ms", n, q->across * q->down,
		    score->peer_ms[i][score->pages]);
		mem_free(s.p);
	}
	score->pages++;
	printf("\n");
	fflush(stdout);
	return 0;
}

static void
conclude(struct score *s)
{
	double m = median(s->ms, s->pages), fine = median(s->fine_ms, s->fine);
	double worst = s->fine ? s->fine_ms[s->fine - 1] : 0;
	printf("\n%-22s %6s bytes  pages whole     median ms  ratio\n", "", "");
	printf("%-22s %6d        %2u of %-2u       %8.0f     1.0\n", "ours, rate 1/3",
	    BACKSIDE_MAX_BYTES_1_3, s->whole, s->pages, m);
	for (int i = 0; i < PAGE_N_PEERS; i++) {
		double t = median(s->peer_ms[i], s->pages);
		printf("%-22s %6zu        %2u of %-2u       %8.0f   %5.1f\n", page_peers[i].name,
		    page_peer_bytes(&page_peers[i]), s->peer_whole[i], s->pages, t, t / m);
	}
	printf("Optar and PaperBack were not run: no package has them, and their licences are not "
	       "ours.\n");
	printf("at 300 dpi: median %.0f ms (at most %d) %s, worst %.0f ms (at most %d) %s; wrong "
	       "results: %u\n",
	    fine, DECODE_MS, held(fine <= DECODE_MS), worst, DECODE_WORST_MS,
	    held(worst <= DECODE_WORST_MS), s->wrong);
}

/* What the code alone needs: before the simulator takes its share. */
static int
bench_memory(const uint8_t *payload, uint8_t *modules)
{
	enum { SIDE = 4 }; /* pixels of a module: 400 dpi */
	struct err err = { 0 };
	if (backside_encode(payload, BACKSIDE_MAX_BYTES_1_3, modules, &err) != 0)
		return 1;
	long before = peak_mb();
	struct scansim_scan s = { NULL, BACKSIDE_COLS * SIDE, BACKSIDE_ROWS * SIDE };
	struct score score = { 0 };
	s.p = mem_zero_n(s.w, s.h);
	for (size_t y = 0; y < s.h; y++)
		for (size_t x = 0; x < s.w; x++)
			s.p[y * s.w + x] = (modules[y / SIDE * BACKSIDE_ROW_BYTES + x / SIDE / 8] >>
						   (7 - x / SIDE % 8) &
					       1)
			    ? 30
			    : 230;
	printf("\nmemory:");
	ours(payload, BACKSIDE_MAX_BYTES_1_3, &s, false, &score);
	printf(", peak %ld MB for a picture of %zu x %zu, %ld MB before it\n", peak_mb(), s.w, s.h,
	    before);
	mem_free(s.p);
	return score.whole == 0;
}

int
main(int argc, char **argv)
{
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES], modules[BACKSIDE_BYTES];
	static struct score score;
	struct dice d = { 7 };
	uint8_t *dots[1 + PAGE_N_PEERS];
	const char *name;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)dice_next(&d);
	int bad = bench_encode(payload, modules) | bench_memory(payload, modules);
	bad |= bench_bilevel();
	bench_words();
	for (int i = 0; i <= PAGE_N_PEERS; i++)
		dots[i] = mem_zero_n(SCANSIM_W, SCANSIM_H);
	scansim_paint(modules, INKED, dots[0]);
	for (int i = 0; i < PAGE_N_PEERS; i++)
		bad |= !page_peer_paint(&page_peers[i], payload, dots[1 + i]);
	printf("\n%-14s  ours: ms, rounds/iterations   %-20s   %s\n", "profile", page_peers[0].name,
	    page_peers[1].name);
	for (int i = 1; i < argc; i++)
		bad |= bench_profile(argv[i], payload, dots, &score);
	for (size_t i = 0; argc == 1 && (name = scansim_profile_name(i)) != NULL; i++)
		bad |= bench_profile(name, payload, dots, &score);
	conclude(&score);
	for (int i = 0; i <= PAGE_N_PEERS; i++)
		mem_free(dots[i]);
	return bad || score.wrong > 0;
}

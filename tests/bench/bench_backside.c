/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a page's back takes: printed figures, medians in milliseconds of
 * one thread; nothing is judged. Arguments: scan profiles (some by default).
 */
#include "backside/bilevel.h"
#include "backside/code.h"
#include "base/arena.h"
#include "base/mem.h"
#include "tests/world/scansim/scansim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { RUNS = 7, ARENA_BYTES = 16 << 20, INKED = 5, W = 2480, H = 3508 };

static double
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(double *ms)
{
	qsort(ms, RUNS, sizeof(*ms), by_value);
	return ms[RUNS / 2];
}

static int
bench_encode(const uint8_t *payload, enum backside_rate rate, uint8_t *modules)
{
	double ms[RUNS];
	struct err err = { 0 };
	for (int i = 0; i < RUNS; i++) {
		double t = now_ms();
		if (backside_encode(payload, backside_rate_max_bytes(rate), modules, &err) != 0)
			return 1;
		ms[i] = now_ms() - t;
	}
	printf("encode  %5zu bytes        %7.2f ms\n", backside_rate_max_bytes(rate), median(ms));
	return 0;
}

static int
bench_decode(const uint8_t *dots, const char *profile)
{
	double ms[RUNS];
	struct scansim_profile p;
	struct scansim_scan s;
	struct backside_info info = { 0 };
	int r = 0;
	if (!scansim_profile_find(profile, &p)) {
		fprintf(stderr, "no profile %s\n", profile);
		return 1;
	}
	scansim_run(dots, &p, 1, &s);
	struct backside_grey g = { s.p, s.w, s.h, s.w };
	for (int i = 0; i < RUNS; i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct err err = { 0 };
		uint8_t *out;
		size_t bytes;
		double t = now_ms();
		r = backside_decode(&g, a, &out, &bytes, &info, &err);
		ms[i] = now_ms() - t;
	}
	printf("decode  %-18s %7.2f ms  outcome %d, %u tiles, %u rounds, %u iterations\n", profile,
	    median(ms), r, info.tiles_found, info.rounds, info.iterations);
	mem_free(s.p);
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
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct buf b;
		buf_init(&b, BILEVEL_MAX_CODED_BYTES);
		double t = now_ms();
		if (bilevel_encode(&page, &b, &err) != 0)
			return 1;
		in_ms[i] = now_ms() - t;
		t = now_ms();
		if (bilevel_decode(a, b.p, b.bytes, &back, &err) != 0)
			return 1;
		out_ms[i] = now_ms() - t;
		bytes = b.bytes;
		buf_done(&b);
	}
	mem_free(p);
	printf("bilevel %dx%d, %zu bytes: encode %.2f ms, decode %.2f ms\n", W, H, bytes,
	    median(in_ms), median(out_ms));
	return 0;
}

int
main(int argc, char **argv)
{
	static const char *const usual[] = { "flat300", "adf300", "office200", "blur150", "flat600",
		"erase50" };
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES], modules[BACKSIDE_BYTES];
	struct rusage use;
	int bad = bench_bilevel();
	for (int r = 0; r < BACKSIDE_N_RATES; r++)
		bad |= bench_encode(payload, (enum backside_rate)r, modules);
	bad |= bench_encode(payload, BACKSIDE_RATE_1_3, modules);
	uint8_t *dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	scansim_paint(modules, INKED, dots);
	for (int i = 1; i < argc; i++)
		bad |= bench_decode(dots, argv[i]);
	for (size_t i = 0; argc == 1 && i < N_ELEMENTS(usual); i++)
		bad |= bench_decode(dots, usual[i]);
	mem_free(dots);
	getrusage(RUSAGE_SELF, &use);
	printf("peak memory, the simulator's included: %ld MB\n", use.ru_maxrss / 1024);
	return bad;
}

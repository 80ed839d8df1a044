/* SPDX-License-Identifier: Apache-2.0 */
/* bench-render MANIFEST [ROUNDS] - CPU time of one certificate with warm fonts, by kind. */
#include "base/arena.h"
#include "tests/golden/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum doc_kind kind;
	enum profile_form form;
	unsigned n;
} kinds[] = {
	{ "juminhyo, 1 person", DOC_JUMINHYO, PROFILE_RENKI, 1 },
	{ "juminhyo, 4 persons", DOC_JUMINHYO, PROFILE_RENKI, 4 },
	{ "juminhyo, 6 persons, 2 sheets", DOC_JUMINHYO, PROFILE_RENKI, 6 },
	{ "kojin, 1 person", DOC_JUMINHYO, PROFILE_KOJIN, 1 },
	{ "inkan", DOC_INKAN, PROFILE_RENKI, 1 },
};

static double
cpu_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int
measure(struct render_fonts *fonts, size_t kind, unsigned rounds)
{
	double *ms = calloc(rounds, sizeof(*ms));
	size_t bytes = 0, back = 0;
	int r = 0;
	for (unsigned i = 0; ms != NULL && r == 0 && i < rounds; i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_input in =
		    sample_input(a, kinds[kind].kind, kinds[kind].form, kinds[kind].n);
		struct render_doc d = { 0 };
		struct err err = { 0 };
		double from = cpu_ms();
		r = render_doc(a, fonts, &in, &d, &err);
		ms[i] = cpu_ms() - from;
		bytes = d.pdf_bytes;
		back = (size_t)d.n_pages * RENDER_BACK_BYTES;
	}
	if (ms == NULL || r != 0)
		return r != 0 ? r : -1;
	double first = ms[0];
	qsort(ms, rounds, sizeof(*ms), by_value);
	printf("%-30s first %6.2f ms  median %6.2f ms  worst %6.2f ms  %6zu bytes + %zu of backs\n",
	    kinds[kind].name, first, ms[rounds / 2], ms[rounds - 1], bytes - back, back);
	free(ms);
	return 0;
}

/* The whole of a child that serves one order: fork, render, end. */
static int
measure_forked(struct render_fonts *fonts, size_t kind, unsigned rounds)
{
	double *ms = calloc(rounds, sizeof(*ms));
	AUTO(arena) struct arena *input = arena_new(RENDER_ARENA_BYTES);
	/* What the template has already: profile and form. */
	struct render_input in =
	    sample_input(input, kinds[kind].kind, kinds[kind].form, kinds[kind].n);
	int bad = ms == NULL;
	for (unsigned i = 0; !bad && i < rounds; i++) {
		struct rusage use;
		int status = 0;
		pid_t child = fork();
		if (child == 0) {
			struct arena *a = arena_new(RENDER_ARENA_BYTES);
			struct render_doc d = { 0 };
			struct err err = { 0 };
			_exit(render_doc(a, fonts, &in, &d, &err) != 0);
		}
		bad = child < 0 || wait4(child, &status, 0, &use) != child || status != 0;
		ms[i] = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
	}
	if (!bad) {
		qsort(ms, rounds, sizeof(*ms), by_value);
		printf("%-30s in a child of its own: median %6.2f ms  worst %6.2f ms\n",
		    kinds[kind].name, ms[rounds / 2], ms[rounds - 1]);
	}
	free(ms);
	return bad;
}

int
main(int argc, char **argv)
{
	AUTO(render_fonts) struct render_fonts *fonts = NULL;
	struct err err = { 0 };
	if (argc < 2) {
		fprintf(stderr, "usage: bench-render MANIFEST [ROUNDS]\n");
		return 2;
	}
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 200;
	double from = cpu_ms();
	int r = render_fonts_open(argv[1], &fonts, &err);
	double opened = cpu_ms();
	if (r == 0) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		const struct profile profiles[] = { sample_profile(a, PROFILE_RENKI),
			sample_profile(a, PROFILE_KOJIN) };
		double from_warm = cpu_ms();
		render_fonts_warm(fonts, profiles, N_ELEMENTS(profiles));
		printf("fonts opened in %.0f ms, warmed in %.0f ms\n", opened - from,
		    cpu_ms() - from_warm);
	}
	for (size_t i = 0; r == 0 && rounds > 0 && i < N_ELEMENTS(kinds); i++)
		r = measure(fonts, i, rounds);
	for (size_t i = 0; r == 0 && rounds > 0 && i < N_ELEMENTS(kinds); i++)
		r = measure_forked(fonts, i, rounds);
	return r != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bench-render MANIFEST [ROUNDS] - CPU time of one certificate with warm fonts, by kind. */
#include "base/arena.h"
#include "server/issue/warm.h"
#include "tests/golden/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* User and system time of a process and of its ended children, in milliseconds. */
static double
tree_ms(int pid)
{
	char path[64], line[1024] = "";
	unsigned long t[4] = { 0 };
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		return 0;
	(void)fclose(f);
	const char *p = strrchr(line, ')');
	if (p == NULL ||
	    sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &t[0],
		&t[1], &t[2], &t[3]) != 4)
		return 0;
	return (double)(t[0] + t[1] + t[2] + t[3]) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static void
request_of(const struct render_input *in, struct buf *out)
{
	static struct render_request q;
	q = (struct render_request){ .muni = in->profile->muni,
		.kind = in->kind,
		.options = in->options,
		.issued_on = in->issued_on,
		.n_persons = in->n_persons,
		.has_seal = in->seal != NULL,
		.n_copies = 1 };
	for (unsigned i = 0; i < in->n_persons; i++)
		q.persons[i] = *in->persons[i];
	if (in->seal != NULL)
		q.seal = *in->seal;
	q.copies[0].number = in->issue_number;
	memcpy(q.copies[0].front_code, in->front_code, sizeof(q.copies[0].front_code));
	buf_init(out, RENDER_WIRE_MAX_REQUEST);
	render_request_encode(&q, out);
}

/* The single-use process as the server has it: fork, walls, request, pages, answer, end. */
static int
measure_forked(const struct warm *w, size_t kind, unsigned rounds)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct render_input in = sample_input(a, kinds[kind].kind, kinds[kind].form, kinds[kind].n);
	struct buf request, out;
	struct err err = { 0 };
	int r = 0;
	request_of(&in, &request);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	double from = tree_ms(w->pid);
	for (unsigned i = 0; r == 0 && i < rounds; i++)
		r = warm_render(w, &request, 10000, &out, &err);
	(void)usleep(100000); /* the last one is buried */
	if (r == 0)
		printf("%-30s in a process of its own: mean %6.2f ms  answer %6zu bytes\n",
		    kinds[kind].name, (tree_ms(w->pid) - from) / rounds, out.bytes);
	buf_done(&request);
	buf_done(&out);
	return r;
}

static int
measure_all_forked(const char *manifest, unsigned rounds)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct warm w;
	struct err err = { 0 };
	int r = 0;
	for (unsigned form = PROFILE_RENKI; r == 0 && form <= PROFILE_KOJIN; form++) {
		const struct profile p = sample_profile(a, (enum profile_form)form);
		r = warm_start(&(struct warm_conf){ manifest, &p, 1, true, KOFU_WARM }, &w, &err);
		for (size_t i = 0; r == 0 && i < N_ELEMENTS(kinds); i++)
			if (kinds[i].form == (enum profile_form)form)
				r = measure_forked(&w, i, rounds);
		if (r == 0)
			warm_stop(&w);
	}
	return r;
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
		render_fonts_warm(fonts, profiles, N_ELEMENTS(profiles), false);
		printf("fonts opened in %.0f ms, warmed in %.0f ms\n", opened - from,
		    cpu_ms() - from_warm);
	}
	for (size_t i = 0; r == 0 && rounds > 0 && i < N_ELEMENTS(kinds); i++)
		r = measure(fonts, i, rounds);
	if (r == 0 && rounds > 0)
		r = measure_all_forked(argv[1], rounds);
	return r != 0;
}

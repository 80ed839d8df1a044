/* SPDX-License-Identifier: Apache-2.0 */
/* world-scan - print a page and scan it: IN.pgm (A4 at any resolution) to OUT.pgm. */
#include "scansim.h"

#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 20000 };

static int
usage(void)
{
	fprintf(stderr,
	    "usage: world-scan IN.pgm OUT.pgm [--profile NAME] [--seed N] [--set 'dpi=200 jpeg=60 "
	    "...']\n"
	    "       [--dpi N] [--angle DEG] [--blur UM] [--noise SHARE] [--jpeg QUALITY]\n"
	    "       world-scan --list\n");
	return 2;
}

static uint8_t *
pgm_read(const char *path, size_t *w, size_t *h)
{
	FILE *f = fopen(path, "rb");
	unsigned x = 0, y = 0, max = 0;
	uint8_t *p = NULL;
	if (f != NULL && fscanf(f, "P5 %u %u %u", &x, &y, &max) == 3 && max == 255 && x > 0 &&
	    y > 0 && x <= MAX_SIDE && y <= MAX_SIDE && fgetc(f) != EOF) {
		p = mem_zero_n(x, y);
		if (fread(p, x, y, f) != y) {
			mem_free(p);
			p = NULL;
		}
	}
	if (f != NULL)
		fclose(f);
	*w = x;
	*h = y;
	return p;
}

static int
pgm_write(const char *path, const struct scansim_scan *s)
{
	FILE *f = fopen(path, "wb");
	if (f == NULL)
		return 1;
	int bad =
	    fprintf(f, "P5\n%zu %zu\n255\n", s->w, s->h) < 0 || fwrite(s->p, s->w, s->h, f) != s->h;
	return fclose(f) != 0 || bad;
}

/* The picture as 600-dpi dots: black where it is darker than the middle. */
static uint8_t *
dots_of(const uint8_t *p, size_t w, size_t h)
{
	uint8_t *dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	for (size_t y = 0; y < SCANSIM_H; y++)
		for (size_t x = 0; x < SCANSIM_W; x++)
			dots[y * SCANSIM_W + x] =
			    p[y * h / SCANSIM_H * w + x * w / SCANSIM_W] < 128;
	return dots;
}

struct options {
	struct scansim_profile profile;
	uint64_t seed;
};

/* One option and its value; options apply in the order given. */
static bool
option_set(struct options *o, const char *name, const char *value)
{
	char word[64];
	static const char *const plain[][2] = { { "--dpi", "dpi" }, { "--angle", "angle" },
		{ "--blur", "optics" }, { "--noise", "noise" }, { "--jpeg", "jpeg" } };
	if (strcmp(name, "--profile") == 0)
		return scansim_profile_find(value, &o->profile);
	if (strcmp(name, "--set") == 0)
		return scansim_profile_set(&o->profile, value);
	if (strcmp(name, "--seed") == 0) {
		o->seed = strtoull(value, NULL, 10);
		return true;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(name, plain[i][0]) == 0) {
			int n = snprintf(word, sizeof(word), "%s=%s", plain[i][1], value);
			return n > 0 && (size_t)n < sizeof(word) &&
			    scansim_profile_set(&o->profile, word);
		}
	return false;
}

static int
list(void)
{
	const char *name;
	for (size_t i = 0; (name = scansim_profile_name(i)) != NULL; i++)
		printf("%s\n", name);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .seed = 1 };
	struct scansim_scan scan;
	size_t w, h;
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	scansim_profile_init(&o.profile);
	if (argc < 3 || argc % 2 == 0)
		return usage();
	for (int i = 3; i < argc; i += 2)
		if (!option_set(&o, argv[i], argv[i + 1]))
			return usage();
	uint8_t *in = pgm_read(argv[1], &w, &h);
	if (in == NULL) {
		fprintf(stderr, "world-scan: %s is no 8-bit PGM\n", argv[1]);
		return 1;
	}
	uint8_t *dots = dots_of(in, w, h);
	scansim_run(dots, &o.profile, o.seed, &scan);
	int bad = pgm_write(argv[2], &scan);
	mem_free(in);
	mem_free(dots);
	mem_free(scan.p);
	return bad;
}

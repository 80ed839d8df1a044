/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenant-sieve PATTERNS PATH... - looks for many byte strings in many files at once.
 *
 * PATTERNS: a line "label hex" each, MIN_BYTES or more. Every file under PATH is read
 * whole. Prints "label path offset" for the first hit of a label in a file, never the bytes,
 * and at the end "files N bytes N patterns N hits N". Exit status 2: cannot be done.
 */
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIN_BYTES = 8, MAX_BYTES = 4096, MAX_PATTERNS = 4000000, MAX_LABELS = 512, SLOT_BITS = 23 };

struct pattern {
	uint64_t last; /* its last eight bytes */
	uint8_t *p;
	uint32_t bytes, next; /* 0 = none */
	uint16_t label;
};
static struct pattern *patterns;
static uint32_t n_patterns = 1; /* 0 is nobody */
static uint32_t *slots;
static uint8_t *maybe; /* a bit for each slot */
static char *labels[MAX_LABELS];
static unsigned n_labels;
static unsigned long long n_files, n_bytes, n_hits;

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "tenant-sieve: %s\n", what);
	exit(2);
}

static uint32_t
slot_of(uint64_t v)
{
	return (uint32_t)((v * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - SLOT_BITS));
}

static uint16_t
label_of(const char *s)
{
	for (unsigned i = 0; i < n_labels; i++)
		if (strcmp(labels[i], s) == 0)
			return (uint16_t)i;
	if (n_labels == MAX_LABELS)
		die("too many labels");
	size_t n = strlen(s) + 1;
	labels[n_labels] = mem_zero(n);
	memcpy(labels[n_labels], s, n);
	return (uint16_t)n_labels++;
}

static void
pattern_add(const char *label, const char *hex)
{
	size_t chars = strlen(hex);
	if (n_patterns == MAX_PATTERNS)
		die("too many patterns");
	struct pattern *x = &patterns[n_patterns];
	*x = (struct pattern){ .bytes = (uint32_t)(chars / 2), .label = label_of(label) };
	if (x->bytes < MIN_BYTES)
		die("a pattern is too short");
	x->p = mem_zero(x->bytes);
	if (!text_hex_parse(hex, chars, x->p, x->bytes))
		die("a pattern is no hex");
	memcpy(&x->last, x->p + x->bytes - MIN_BYTES, MIN_BYTES);
	uint32_t at = slot_of(x->last);
	x->next = slots[at];
	slots[at] = n_patterns++;
	maybe[at / 8] |= (uint8_t)(1u << at % 8);
}

static void
patterns_read(const char *path)
{
	static char line[2 * MAX_BYTES + 128];
	FILE *f = fopen(path, "r");
	if (f == NULL)
		die("no patterns");
	while (fgets(line, sizeof(line), f) != NULL) {
		char *space = strchr(line, ' ');
		line[strcspn(line, "\n")] = '\0';
		if (space == NULL)
			die("a line is no pattern");
		*space = '\0';
		pattern_add(line, space + 1);
	}
	(void)fclose(f);
}

static void
look_at(const char *path, const uint8_t *p, size_t i, uint64_t v, uint8_t told[MAX_LABELS])
{
	for (uint32_t n = slots[slot_of(v)]; n != 0; n = patterns[n].next) {
		const struct pattern *x = &patterns[n];
		if (x->last != v || x->bytes > i + MIN_BYTES ||
		    memcmp(p + i + MIN_BYTES - x->bytes, x->p, x->bytes) != 0 || told[x->label])
			continue;
		told[x->label] = 1;
		n_hits++;
		printf("%s %s %zu\n", labels[x->label], path, i + MIN_BYTES - x->bytes);
	}
}

static void
file_scan(const char *path, const uint8_t *p, size_t bytes)
{
	uint8_t told[MAX_LABELS] = { 0 };
	for (size_t i = 0; i + MIN_BYTES <= bytes; i++) {
		uint64_t v;
		memcpy(&v, p + i, sizeof(v));
		uint32_t at = slot_of(v);
		if (maybe[at / 8] >> at % 8 & 1)
			look_at(path, p, i, v, told);
	}
}

static int
visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)ftw;
	if (kind != FTW_F || !S_ISREG(st->st_mode) || st->st_size < MIN_BYTES)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat now;
	if (fd < 0 || fstat(fd, &now) != 0) {
		if (fd < 0 && errno == ENOENT)
			return 0; /* gone meanwhile */
		die("a file cannot be read");
	}
	size_t bytes = (size_t)now.st_size;
	uint8_t *p = bytes < MIN_BYTES ? NULL : mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		die("a file cannot be mapped");
	n_files++;
	n_bytes += bytes;
	if (p != NULL) {
		file_scan(path, p, bytes);
		(void)munmap(p, bytes);
	}
	(void)close(fd);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		die("usage: tenant-sieve PATTERNS PATH...");
	patterns = mem_zero_n(MAX_PATTERNS, sizeof(*patterns));
	slots = mem_zero_n((size_t)1 << SLOT_BITS, sizeof(*slots));
	maybe = mem_zero(((size_t)1 << SLOT_BITS) / 8);
	patterns_read(argv[1]);
	for (int i = 2; i < argc; i++)
		if (nftw(argv[i], visit, 32, FTW_PHYS) != 0)
			die("a folder cannot be read");
	printf("files %llu bytes %llu patterns %u hits %llu\n", n_files, n_bytes, n_patterns - 1,
	    n_hits);
	return 0;
}

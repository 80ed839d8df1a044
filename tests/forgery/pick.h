/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pick - which cases are run, of the program's arguments:
 *   full             every case of theirs, not a part
 *   seed=N           the same papers on other scanners, 0..PICK_MAX_SEED
 *   pictures=FOLDER  each scan, as it was laid over its front, as PGM files
 *   GROUP            only this group ("genuine" is one), and others so named
 *   GROUP:I,I,...    only these cases of it
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct scan_image;
enum { PICK_MAX = 16, PICK_MAX_CASES = 1024, PICK_MAX_SEED = 999 };
struct pick {
	bool full;
	unsigned seed;
	const char *pictures; /* NULL = none */
	struct pick_group {
		char name[64];
		bool listed; /* these cases alone */
		uint8_t on[PICK_MAX_CASES];
	} group[PICK_MAX];
	unsigned n_groups; /* 0 = all */
};
/* False when an argument is none of them. */
bool pick_parse(int argc, char **argv, struct pick *ret);
/* Is case @i of the group to be run? Of those not listed, each @every-th is. */
bool pick_has(const struct pick *p, const char *group, unsigned i, unsigned every);
/*
 * FOLDER/GROUP-I-scan.pgm (blanks of the name as '-'), -front.pgm, and -laid.pgm: the scan
 * in the front's place (NULL: none). False: not written.
 */
bool pick_keep(const struct pick *p, const char *group, unsigned i, const struct scan_image *scan,
    const uint8_t *laid, const uint8_t *front);

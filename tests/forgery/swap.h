/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap - genuine parts put together wrongly, and backs made with wrong keys:
 * what is laid on the bank's desk as pictures, and what the desk may say of it.
 */
#pragma once
#include "papers.h"

enum { SWAP_MAX_PICTURES = 4, SWAP_MAX_REASONS = 4 };
struct swap {
	const char *name;
	struct scan_image picture[SWAP_MAX_PICTURES];
	unsigned n_pictures;
	const char *code; /* typed in by the clerk, NULL = none */
	/* Every paper must have one of these; 0 ends. */
	enum check_reason reason[SWAP_MAX_REASONS];
	unsigned honest; /* so many of the papers are whole and may be the same */
};
typedef bool swap_fn(struct press *p, struct arena *a, unsigned i, struct swap *s);

swap_fn swap_back;  /* A's front with B's back */
swap_fn swap_older; /* a new front with an older back of the same resident */
swap_fn swap_two;   /* two backs in one picture, or one sheet of two halves */
swap_fn swap_key;   /* sealed or signed by another key, or to another front's code */
swap_fn swap_page;  /* a page of another set */

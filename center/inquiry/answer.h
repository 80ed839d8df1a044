/* SPDX-License-Identifier: Apache-2.0 */
/* answer - a check's result as the JSON of openapi.yaml, for the pages, the API and the command. */
#pragma once
#include "center/inquiry/check.h"
#include "wire/js.h"

/* What the center's tables say of a paper's number. */
enum { STANDING_MAX_EARLIER = 20 };
struct standing {
	enum { STANDING_UNKNOWN = 0, STANDING_ISSUED, STANDING_VALID, STANDING_VOID } state;
	const char *reason; /* of a void one */
	int64_t issued_ms;
	int64_t earlier_ms[STANDING_MAX_EARLIER]; /* when it was asked for before, newest first */
	unsigned n_earlier;
	uint64_t n_earlier_in_all; /* those behind the newest STANDING_MAX_EARLIER too */
};
const char *standing_code(const struct standing *s); /* "valid" ... */
const char *standing_ja(const struct standing *s);

struct answer_picture {
	const uint8_t *p;
	size_t bytes;
};
/* All that is to be told of one inquiry. */
struct answer_input {
	struct arena *arena;
	const char *inquiry; /* its number */
	int64_t at_ms;
	const struct check_result *result;
	const struct decoder_pages *pages;
	const struct standing *standings;       /* one a paper */
	bool pictures;                          /* with recovered front and differences */
	bool opened;                            /* with what can be checked offline */
	const struct answer_picture *front_png; /* one a paper, p may be NULL */
};
/* The caller owns the object. */
json_t *answer_json(const struct answer_input *in);

/* The pages of one certificate that this inquiry saw: those with one tie. */
struct answer_set {
	const struct check_paper *first; /* of those seen */
	unsigned pages;
	uint64_t seen; /* bit n - 1: page n */
	bool twice;    /* a page came more than once */
};
/* Returns how many sets there are, at most CHECK_MAX_PAPERS. */
unsigned answer_sets(const struct check_result *r, struct answer_set ret[CHECK_MAX_PAPERS]);
/* True for a front that no back side of this inquiry belongs to. */
bool answer_is_stray(const struct check_result *r, const struct decoder_pages *pages, unsigned i);
const char *answer_side_code(enum decoder_page_kind k); /* "front", "back", "back-damaged" ... */
/* What the scan lacks, in words. Returns how many sentences. */
enum { ANSWER_MAX_ADVICE = 12 };
unsigned answer_advice(const struct check_paper *p, const char *ret[ANSWER_MAX_ADVICE]);
/* One sentence each: what a paper's answer proves, and what it does not. */
const char *answer_proven(const struct check_paper *p);
const char *answer_not_proven(void);

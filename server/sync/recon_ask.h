/* SPDX-License-Identifier: Apache-2.0 */
/* recon_ask - the bodies that an agent sends for reconciliation, parsed (server/sync/openapi.yaml).
 */
#pragma once
#include "server/sync/recon.h"
#include "server/sync/recon_desk.h"
#include "wire/js.h"

enum recon_ask_kind {
	RECON_ASK_RUN = 1, /* run: the key */
	RECON_ASK_OF,      /* scan, end: the run */
	RECON_ASK_RANGES,  /* ranges, persons: the run, ranges */
	RECON_ASK_CHECK,   /* check: the key, numbers */
	RECON_ASK_MEND,    /* mend: the municipality, the key, orders */
	RECON_ASK_SETTLED, /* settled: the municipality, the run, the key, how many are open */
};
struct recon_ask {
	int64_t run;  /* 1 or more */
	int64_t open; /* who differs, or may, and is not blocked */
	struct tally_key key;
	struct muni_code muni;
	struct tally_range ranges[RECON_ASK_MAX];
	const char *numbers[RECON_ASK_MAX]; /* 宛名番号 */
	struct recon_order orders[RECON_MEND_MAX];
	size_t n;     /* of the list that it has */
	json_t *json; /* owner of all texts */
};
/* Returns 0, then recon_ask_done() must follow, or FAULT_BAD_INPUT. */
MUST_USE int recon_ask_parse(enum recon_ask_kind kind, const void *body, size_t bytes,
    struct recon_ask *ret, struct err *err);
void recon_ask_done(struct recon_ask *ask); /* of a zeroed one is fine */
static inline void
recon_ask_donep(struct recon_ask *ask)
{
	recon_ask_done(ask);
}
#define AUTO_RECON_ASK __attribute__((cleanup(recon_ask_donep)))

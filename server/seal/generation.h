/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/generation - the generations of a municipality's signing key, as the operator changes
 * them: announced first, used when every verifier knows it, retired, or revoked at once.
 * What decides has no I/O; the commands hold the keys by seal/change.h, which has the directory
 * signed by the root and written whole.
 *
 * In the token: "sign-<code>", "sign-<code>-2", ...
 */
#pragma once
#include "domain/keydir.h"
#include "server/seal/conf.h"

enum {
	GENERATION_E_USAGE = 1411,
	GENERATION_E_UNKNOWN = 1412, /* no generation of that number */
	GENERATION_E_STATE = 1413,   /* it is not in the state that leads there */
	GENERATION_E_EARLY = 1414,   /* announced too short a time ago: sessions may not know it */
	GENERATION_E_LAST = 1415,    /* nothing would sign then */
	GENERATION_E_FULL = 1416,    /* KEYDIR_MAX_KEYS or KEYDIR_MAX_OPEN */
};

/* Each changes @d and its seq and returns 0, or leaves it and returns GENERATION_E_*. */
MUST_USE int generation_announce(struct keydir *d, const struct key_point *p, int64_t now_ms);
/* @overlap_ms from its announcement on; at once where no other is in use (all were revoked). */
MUST_USE int generation_use(struct keydir *d, unsigned n, int64_t now_ms, int64_t overlap_ms);
MUST_USE int generation_retire(struct keydir *d, unsigned n, int64_t now_ms);
MUST_USE int generation_revoke(struct keydir *d, unsigned n, int64_t now_ms);

/* "<keys_dir>/<code>.json". */
const char *generation_path(struct arena *a, const struct seal_conf *c, struct muni_code muni);
enum { GENERATION_LABEL_BYTES = 24 };
void generation_label(char out[GENERATION_LABEL_BYTES], struct muni_code muni, unsigned n);

/*
 * Makes what is missing of root, first generation and directory, and reads the directory. Where
 * the root is there and the directory is not, it is not made up again: a revocation would be
 * forgotten (FAULT_CONFIG). 0 or a fault.
 */
MUST_USE int generation_init(const struct seal_conf *c, struct token *t, struct muni_code muni,
    int64_t now_ms, struct keydir *ret, struct err *err);
/*
 * @argv: what stands behind "generation": new|list CONF MUNI, use|retire|revoke CONF MUNI N
 * (CONF is read already). Prints the list as it is then. 0, GENERATION_E_* or a fault.
 */
MUST_USE int generation_run(
    const struct seal_conf *c, int64_t now_ms, int argc, char **argv, struct err *err);
/* What to tell the operator; NULL for a fault. */
const char *generation_refusal(int r);

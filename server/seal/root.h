/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/root - what signs a municipality's key directory. There is one root, or two while it is
 * replaced: whoever is in the token signs, and whoever believes either takes the directory.
 *
 *   new    the next one is made and signs, too; <code>.root.json names both, for every verifier
 *   use N  N alone from now on; the other is destroyed in the token, so that nothing is signed
 *          by it any more. Of what was signed before nothing changes: generations do that
 *
 * In the token: "root-<code>", "root-<code>-2", ... Each step can be done again when it was cut
 * short.
 */
#pragma once
#include "domain/keydir.h"
#include "pki/token.h"
#include "server/seal/conf.h"

enum { ROOT_MAX_NUMBER = 16, ROOT_LABEL_BYTES = 24 };
enum {
	ROOT_E_USAGE = 1421,
	ROOT_E_TWO = 1422,     /* there are KEYDIR_MAX_ROOTS */
	ROOT_E_FULL = 1423,    /* ROOT_MAX_NUMBER was reached */
	ROOT_E_UNKNOWN = 1424, /* none of that number is in the token */
	ROOT_E_ALONE = 1425,   /* it is the only one already */
	ROOT_E_EARLY = 1426,   /* made too short a time ago: verifiers may not have it */
};

/* Those in the token, the oldest first. */
struct root_set {
	unsigned n;
	unsigned number[KEYDIR_MAX_ROOTS];
	struct key_point point[KEYDIR_MAX_ROOTS];
};
/* As the token has them now. 0, TOKEN_E_NO_KEY (there is none), FAULT_CONFIG (more than
 * KEYDIR_MAX_ROOTS) or the token's. */
MUST_USE int root_find(
    struct token *t, struct muni_code muni, struct root_set *ret, struct err *err);
void root_points(const struct root_set *s, struct keydir_roots *ret);
/* The first one, made when there is none. 0 or a fault. */
MUST_USE int root_ensure(
    struct token *t, struct muni_code muni, bool *ret_made, struct root_set *ret, struct err *err);

/* "<keys_dir>/<code>.root.json". */
const char *root_path(struct arena *a, const struct seal_conf *c, struct muni_code muni);
/* Writes the directory, by each of them. 0 or a fault. */
MUST_USE int root_sign(struct arena *a, const struct seal_conf *c, struct token *t,
    const struct root_set *s, const struct keydir *d, struct err *err);
/* Writes their public halves, unless they stand there. 0 or a fault. */
MUST_USE int root_publish(struct arena *a, const struct seal_conf *c, struct muni_code muni,
    const struct root_set *s, struct err *err);

/* What decides. The number of the next one, or ROOT_E_TWO, ROOT_E_FULL as *ret_refusal. */
unsigned root_next(const struct root_set *s, int *ret_refusal);
/* May @number be the only one, when the newest was made public @age_ms ago? 0 or ROOT_E_*. */
MUST_USE int root_may_use(
    const struct root_set *s, unsigned number, int64_t age_ms, int64_t overlap_ms);

/*
 * @argv: what stands behind "root": new|list CONF MUNI, use CONF MUNI N [now] (CONF is read
 * already). Prints the list as it is then. 0, ROOT_E_* or a fault.
 */
MUST_USE int root_run(
    const struct seal_conf *c, int64_t now_ms, int argc, char **argv, struct err *err);
/* What to tell the operator; NULL for a fault. */
const char *root_refusal(int r);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/signers - a worker's view of a municipality's generations: the directory, looked at
 * again with each request, and the keys behind it in the token.
 */
#pragma once
#include "server/seal/generation.h"

struct signers;
void signers_free(struct signers *s); /* NULL is fine */
/*
 * The newest generation that signs among those known (keydir_pick()); *s is made when it is
 * NULL. 0, SEAL_E_NO_KEY (no keys of it in the token), SEAL_E_GENERATION, SEAL_E_CLOCK (what would
 * be signed now keydir_judge() would refuse) or a fault. The view
 * lives as long as @t.
 */
MUST_USE int signers_take(struct signers **s, struct token *t, const struct seal_conf *c,
    struct muni_code muni, const struct key_id *known, unsigned n_known, struct key_signer *ret,
    struct err *err);
/* Root and directory as they lie there. As signers_take(). */
MUST_USE int signers_tell(struct signers **s, struct token *t, const struct seal_conf *c,
    struct muni_code muni, struct arena *a, struct key_point *ret_root, const char **ret_jws,
    struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotate - a municipality's data key is replaced while it serves. The steps, each one
 * transaction or one that can be begun again, and what stands in the database after it:
 *
 *   made      the next generation is among the keys; whoever serves opens it, nobody writes with it
 *   used      it is the one written under; what comes under the earlier one is refused by the
 *             database, and the program writes again with the new key
 *   sealed    everything of before is sealed and hashed anew (reseal.h)
 *   verified  nothing is left under the earlier one
 *   retired   its wrapped form is erased
 *
 * A rotation that was cut off anywhere goes on where it was.
 */
#pragma once
#include "db/db.h"
#include "server/admin/reseal.h"
#include "server/seal/ring.h"
#include <stdio.h>

enum { ROTATE_DEFAULT_ANNOUNCE_S = 10, ROTATE_MIN_ANNOUNCE_S = 2 * RING_LOOK_MS / 1000 };
enum {
	ROTATE_E_BUSY = 1511,   /* somebody else does it already */
	ROTATE_E_FULL = 1512,   /* VAULT_MAX_GENERATIONS */
	ROTATE_E_WRITES = 1513, /* who writes (an import) did not end */
	ROTATE_E_LEFT = 1514,   /* not all of it is sealed anew: nothing was retired */
};
enum rotate_at { ROTATE_IDLE, ROTATE_MADE, ROTATE_USED };
struct rotate {
	struct db *db; /* the database's owner */
	struct muni_code muni;
	const char *socket; /* kofu-seal's */
	struct vault vault;
	struct ring ring;
	enum rotate_at at;
	unsigned generation; /* that is written under */
	int64_t made_ms;     /* of the next */
	struct reseal reseal;
};
/* Takes the lock of the one who does it, looks where it is. 0, ROTATE_E_BUSY or a fault. */
MUST_USE int rotate_open(struct rotate *x, struct err *err);
void rotate_close(struct rotate *x);
/* Each from the state before it: 0 (and x->at moved), ROTATE_E_*, or a fault and nothing done. */
MUST_USE int rotate_make(struct rotate *x, int64_t now_ms, struct err *err);
MUST_USE int rotate_use(struct rotate *x, int64_t now_ms, struct err *err);
/* reseal_all() of it; RESEAL_E_* too. */
MUST_USE int rotate_seal(struct rotate *x, struct err *err);
/* Verifies, then retires. */
MUST_USE int rotate_retire(struct rotate *x, int64_t now_ms, struct err *err);

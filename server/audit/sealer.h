/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/sealer - links new rows of the audit into its chain, about once a second,
 * and has kofu-seal sign the head. The newest checkpoint also goes to a witness
 * file, which the database's superuser does not hold: it tells of a tail cut off.
 */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "db/db.h"

enum { SEALER_EVERY_MS = 1000, SEALER_BATCH = 1000 };

struct sealer_tenant {
	struct muni_code muni;
	const char *conninfo; /* of the login role kofu_<muni>_audit */
};
struct sealer_conf {
	const struct sealer_tenant *tenants; /* outlive the sealer */
	unsigned n_tenants;
	const char *seal_socket;
	const char *witness_dir; /* <dir>/<muni>.jws; NULL = none */
};
struct sealer;
/* A thread of its own. Several servers may run one each: they take turns. 0, FAULT_CONFIG where the
 * witness's folder is not there to write in, or FAULT_UNAVAILABLE. */
MUST_USE int sealer_start(const struct sealer_conf *c, struct sealer **ret, struct err *err);
void sealer_stop(struct sealer *s); /* after a last round; NULL is fine */

/* One round for one database: *ret_n rows linked. 0 or a fault (nothing is linked). */
MUST_USE int sealer_round(struct db *db, struct muni_code muni, const char *seal_socket,
    const char *witness_dir, unsigned *ret_n, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/* recon_read - the register as sums: everybody, or one person with what to send of them. */
#pragma once
#include "db/db.h"
#include "domain/tally.h"
#include "wire/js.h"

/*
 * Everybody who is registered, page by page, no snapshot held: whoever changes
 * meanwhile is looked at again anyway. A row that no server could read counts
 * as a sum that no server has. *ret is sorted; tally_done() it. 0 or a fault.
 */
MUST_USE int recon_read_all(struct db *db, struct muni_code muni, const struct tally_key *k,
    struct tally *ret, struct err *err);

struct recon_rows {
	struct tally_sum sum; /* zeros: not registered */
	json_t *records; /* of the stream's form; owner. Empty: the register does not know them */
};
void recon_rows_done(struct recon_rows *r);
/* @db inside a transaction of one snapshot. 0 or a fault. */
MUST_USE int recon_read_person(struct db *db, struct muni_code muni, const struct tally_key *k,
    const char *atena_no, struct recon_rows *ret, struct err *err);

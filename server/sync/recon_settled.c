/* SPDX-License-Identifier: Apache-2.0 */
/* What lets a stop be lifted: everybody was compared behind it, and who differs is blocked. */
#include "queries/asp_sync.h"
#include "server/sync/recon.h"

int
recon_begin(struct db *db, int64_t *ret_ms, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &q_sync_recon_begin, &rows, err);
	if (r == 0)
		*ret_ms = db_int(rows, 0, 0);
	return err_fold(err, r, "begin");
}

int
recon_settled(struct db *db, int64_t begun_ms, int64_t open, bool *ret, struct err *err)
{
	int r = 0;
	if (open == 0)
		r = db_ask(db, &q_sync_recon_settled, NULL, err, db_int_arg(begun_ms));
	if (r == 0)
		*ret = open == 0;
	return err_fold(err, r, "settled");
}

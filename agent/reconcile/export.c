/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/reconcile/recon_read.h"
#include "agent/reconcile/reconcile.h"

#include <stdio.h>

int
reconcile_export(const struct agent_conf *c, const char *key_path, struct err *err)
{
	struct tally_key key;
	struct tally all = { 0 };
	struct db *db = NULL;
	if (c->register_conninfo == NULL)
		return err_raise(err, FAULT_CONFIG, "a folder cannot be read again", 0);
	int r = tally_key_load(key_path, &key, err);
	if (r == 0)
		r = db_open(c->register_conninfo, &db, err);
	if (r == 0)
		r = recon_read_all(db, c->muni, &key, &all, err);
	db_close(db);
	if (r == 0)
		tally_print(&all, stdout);
	tally_done(&all);
	return err_fold(err, r, "export");
}

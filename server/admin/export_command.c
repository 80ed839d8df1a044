/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/admin_int.h"
#include "server/admin/tenant_db.h"
#include "server/sync/recon.h"

#include <stdio.h>

enum { EXPORT_ARENA_BYTES = 4 * 1024 * 1024 };

static int
export_run(struct arena *a, char **argv, struct err *err)
{
	struct recon_run run = { .done = false };
	struct vault vault;
	struct muni_code muni;
	struct db *db = NULL;
	const char *socket = NULL;
	int r = tally_key_load(argv[3], &run.key, err);
	if (r == 0)
		r = admin_sync_open(a, argv, &db, &socket, &muni, err);
	if (r == 0)
		r = tenant_vault_open(db, socket, muni, &vault, err);
	if (r == 0) {
		while (r == 0 && !run.done)
			r = recon_scan(db, &vault, &run, err);
		vault_done(&vault);
	}
	db_close(db);
	if (r == 0)
		tally_print(&run.all, stdout);
	if (r == 0 && run.n_unplaced > 0)
		fprintf(stderr, "kofu-server: export: rows of %llu persons cannot be opened\n",
		    (unsigned long long)run.n_unplaced);
	recon_run_done(&run);
	return err_trace(err, r, "export");
}

int
admin_command_export(int argc, char **argv)
{
	struct err err = { 0 };
	if (argc != 4)
		return admin_usage(ADMIN_USAGE_EXPORT);
	AUTO(arena) struct arena *a = arena_new(EXPORT_ARENA_BYTES);
	int r = export_run(a, argv, &err);
	return r ? admin_failed(r, "export", &err) : 0;
}

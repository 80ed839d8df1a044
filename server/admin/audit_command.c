/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "domain/muni.h"
#include "server/admin/admin_int.h"
#include "server/admin/tenant_db.h"
#include "server/audit/verify.h"
#include "server/seal/client.h"
#include "server/server_conf.h"

#include <stdio.h>
#include <string.h>

enum { AUDIT_COMMAND_ARENA_BYTES = 4 * 1024 * 1024, WITNESS_MAX_BYTES = 1024, EXIT_FOUND = 3 };

int
admin_witness_read(struct arena *a, const struct server_conf *c, const char *muni, const char *path,
    const char **ret, struct err *err)
{
	uint8_t *p = NULL;
	size_t n = 0;
	bool named = path != NULL;
	if (!named && c->witness == NULL)
		return 0;
	if (!named)
		path = arena_printf(a, "%s/%s.jws", c->witness, muni);
	int r = file_read(a, path, WITNESS_MAX_BYTES, &p, &n, err);
	if (r == FILE_E_NONE_FOUND && !named)
		return 0;
	if (r)
		return err_fold(err, r, "witness");
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	*ret = arena_strndup(a, (const char *)p, n);
	return 0;
}

static int
verify_run(
    struct arena *a, char **argv, const char *witness, struct verify_sum *sum, struct err *err)
{
	struct server_conf c;
	struct muni_code muni;
	struct vault vault;
	struct db *db = NULL;
	struct keydir keys;
	struct verify_conf v = { .keys = &keys, .now_ms = clock_now_ms() };
	int r = server_conf_load(a, argv[2], &c, err);
	if (r)
		return err_trace(err, r, "configuration");
	const struct server_muni_conf *m = server_conf_muni(&c, argv[3]);
	if (m == NULL || m->console == NULL || !muni_parse(m->code, strlen(m->code), &muni))
		return err_raise(err, FAULT_CONFIG, "no such municipality, or no console", 0);
	r = admin_witness_read(a, &c, muni.s, witness, &v.witness, err);
	if (r == 0)
		r = seal_keys(c.seal_socket, muni, &keys, err);
	if (r == 0)
		r = db_open(m->console, &db, err);
	if (r == 0)
		r = tenant_vault_open(db, c.seal_socket, muni, &vault, err);
	if (r == 0) {
		r = audit_verify(db, &vault, &v, stdout, sum, err);
		vault_done(&vault);
	}
	db_close(db);
	return err_fold(err, r, "audit");
}

int
admin_command_audit(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(AUDIT_COMMAND_ARENA_BYTES);
	struct err err = { 0 };
	struct verify_sum sum = { 0 };
	const char *witness = NULL;
	bool named = argc == 6 && strcmp(argv[4], "--witness") == 0;
	if (argc < 4 || strcmp(argv[1], "verify") != 0 || (argc != 4 && !named))
		return admin_usage(ADMIN_USAGE_AUDIT);
	if (named)
		witness = argv[5];
	int r = verify_run(a, argv, witness, &sum, &err);
	if (r)
		return admin_failed(r, "audit verify", &err);
	printf("# %s: %lld rows, %lld checkpoints, to seq %lld: %u places wrong\n", argv[3],
	    (long long)sum.n_rows, (long long)sum.n_checkpoints, (long long)sum.last_seq,
	    sum.n_faults);
	if (sum.n_revoked > 0)
		printf("# %s: %lld checkpoints of a revoked key, which prove nothing any more\n",
		    argv[3], (long long)sum.n_revoked);
	return sum.n_faults > 0 ? EXIT_FOUND : 0;
}

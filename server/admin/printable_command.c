/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "server/admin/admin_int.h"
#include "server/admin/printable.h"
#include "server/admin/tenant_db.h"
#include "server/run.h"
#include "server/server_conf.h"

#include <string.h>

enum { PRINTABLE_ARENA_BYTES = 64 * 1024 * 1024, EXIT_LISTED = 3 };

static bool
is_asked_for(const char *code, int n, char **codes)
{
	for (int i = 0; i < n; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return n == 0;
}

static int
muni_list(const struct server_conf *c, const struct server_muni_conf *m, const struct profile *p,
    struct render_fonts *fonts, unsigned *listed, struct err *err)
{
	struct db *db = NULL;
	struct vault vault;
	struct printable_sum sum = { 0 };
	int64_t from_ms = clock_mono_ms();
	int r = db_open(m->front, &db, err);
	if (r == 0)
		r = tenant_vault_open(db, c->seal_socket, p->muni, &vault, err);
	if (r == 0) {
		r = printable_list(db, &vault, fonts, p, stdout, &sum, err);
		vault_done(&vault);
	}
	db_close(db);
	if (r)
		return err_fold(err, r, "municipality");
	*listed += sum.n_lines;
	printf("# %s: %u residents, %u of them with %u items that cannot be printed; %lld ms\n",
	    p->muni.s, sum.n_persons, sum.n_bad, sum.n_lines,
	    (long long)(clock_mono_ms() - from_ms));
	return 0;
}

static int
list_all(struct arena *a, const char *conf, int n, char **codes, unsigned *listed, struct err *err)
{
	AUTO(render_fonts) struct render_fonts *fonts = NULL;
	struct server_conf c;
	struct profile *profiles = NULL;
	int r = server_conf_load(a, conf, &c, err);
	for (int i = 0; r == 0 && i < n; i++)
		if (server_conf_muni(&c, codes[i]) == NULL)
			r = err_raise(err, FAULT_CONFIG, "no such municipality", i);
	if (r == 0)
		r = run_profiles_load(a, &c, &profiles, err);
	if (r == 0)
		r = render_fonts_open(c.fonts, &fonts, err);
	for (unsigned i = 0; r == 0 && i < c.n_munis; i++)
		if (is_asked_for(c.munis[i].code, n, codes))
			r = muni_list(&c, &c.munis[i], &profiles[i], fonts, listed, err);
	return err_trace(err, r, "check-printable");
}

int
admin_command_printable(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(PRINTABLE_ARENA_BYTES);
	struct err err = { 0 };
	unsigned listed = 0;
	if (argc < 2)
		return admin_usage(ADMIN_USAGE_PRINTABLE);
	int r = list_all(a, argv[1], argc - 2, argv + 2, &listed, &err);
	if (r)
		return admin_failed(r, argv[0], &err);
	return listed > 0 ? EXIT_LISTED : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/admin_conf.h"
#include "conf/conf.h"
#include "domain/muni.h"

#include <stddef.h>
#include <string.h>

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct admin_conf, field), min, max, def, help        \
	}
static const struct conf_row rows[] = {
	ROW("admin", "database", CONF_TEXT, database, 1, 190, NULL,
	    "database server, a role that may make databases and roles"),
	ROW("seal", "socket", CONF_PATH, seal_socket, 0, 0, "", "socket of kofu-seal"),
	ROW("medium", "cert", CONF_PATH, medium_cert, 0, 0, "", "certificate of first loads"),
	ROW("medium", "key", CONF_PATH, medium_key, 0, 0, "", "its private key"),
};
static const struct conf_row muni_rows[] = {
	{ "municipality *", "sync_key", CONF_PATH, offsetof(struct admin_muni_conf, sync_key), 0, 0,
	    "", "public key of the agent" },
};

int
admin_conf_load(struct arena *a, const char *path, struct admin_conf *ret, struct err *err)
{
	const struct conf_list list = {
		.prefix = "municipality",
		.rows = muni_rows,
		.n_rows = N_ELEMENTS(muni_rows),
		.struct_bytes = sizeof(struct admin_muni_conf),
		.name_offset = offsetof(struct admin_muni_conf, code),
		.max = ADMIN_MAX_MUNIS,
	};
	struct admin_conf c = { 0 };
	void *munis = NULL;
	size_t n = 0;
	int r = conf_load_lists(a, path, rows, N_ELEMENTS(rows), &c, &list, &munis, &n, err);
	if (r)
		return err_fold(err, r, "admin configuration");
	c.munis = munis;
	c.n_munis = (unsigned)n;
	*ret = c;
	return 0;
}

int
admin_conf_muni(const struct admin_conf *c, const char *code, const struct admin_muni_conf **ret,
    struct muni_code *ret_muni, struct err *err)
{
	for (unsigned i = 0; i < c->n_munis; i++) {
		if (strcmp(c->munis[i].code, code) != 0)
			continue;
		if (!muni_parse(code, strlen(code), ret_muni))
			return err_raise(err, FAULT_CONFIG, "municipality's check digit", 0);
		*ret = &c->munis[i];
		return 0;
	}
	return err_raise(err, FAULT_CONFIG, "no such municipality", 0);
}

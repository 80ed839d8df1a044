/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/agent_conf.h"
#include "agent/source/pg/pg.h"
#include "conf/conf.h"
#include "domain/muni.h"

#include <stdio.h>
#include <string.h>

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct agent_conf, field), min, max, def, help        \
	}
static const struct conf_row rows[] = {
	ROW("agent", "muni", CONF_TEXT, muni_text, 6, 6, NULL, "municipality code"),
	ROW("agent", "server", CONF_TEXT, server, 1, 150, NULL, "https:// of the server's stream"),
	ROW("agent", "cert", CONF_PATH, cert, 0, 0, NULL, "TLS certificate of this agent"),
	ROW("agent", "key", CONF_PATH, key, 0, 0, NULL, "its private key"),
	ROW("agent", "ca", CONF_PATH, ca, 0, 0, NULL, "CA of the server's certificate"),
	ROW("agent", "sync_key", CONF_PATH, sync_key, 0, 0, NULL, "private key that signs batches"),
	ROW("register", "database", CONF_TEXT, register_conninfo, 1, 190, "",
	    "the resident register, a role with REPLICATION"),
	ROW("register", "slot", CONF_TEXT, slot, 1, PG_SLOT_BASE_MAX, "kofu",
	    "what the replication slots' names begin with: each first load has its own"),
	ROW("register", "publication", CONF_TEXT, publication, 1, 63, "kofu", "publication"),
	ROW("register", "folder", CONF_PATH, folder, 0, 0, "",
	    "in place of database: where the register drops CSV files"),
	ROW("register", "mapping", CONF_PATH, mapping_path, 0, 0, "",
	    "how those files are written (JSON)"),
	ROW("reconcile", "every_s", CONF_INT, reconcile_s, 0, 86400, "3600",
	    "seconds between two comparisons with the replica, 0 = only on demand"),
	ROW("reconcile", "wait_s", CONF_INT, reconcile_wait_s, 1, 3600, "60",
	    "how long a comparison waits for the stream to have sent what was there"),
	ROW("ops", "port", CONF_INT, ops_port, 0, 65535, "0",
	    "port of /livez, /readyz, /metrics on 127.0.0.1, 0 = none"),
	ROW("medium", "recipient", CONF_PATH, recipient, 0, 0, "",
	    "certificate that a first load is encrypted to"),
};

int
agent_conf_load(struct arena *a, const char *path, struct agent_conf *ret, struct err *err)
{
	struct agent_conf c = { 0 };
	int r = conf_load(a, path, rows, N_ELEMENTS(rows), &c, err);
	if (r)
		return err_fold(err, r, "agent configuration");
	if (!muni_parse(c.muni_text, strlen(c.muni_text), &c.muni))
		return err_raise(err, FAULT_CONFIG, "municipality's check digit", 0);
	if ((c.register_conninfo == NULL) == (c.folder == NULL) ||
	    (c.folder == NULL) != (c.mapping_path == NULL)) {
		fprintf(stderr, "%s: [register] either database, or folder and mapping\n", path);
		return err_raise(err, FAULT_CONFIG, "register", 0);
	}
	if (c.mapping_path != NULL) {
		struct csv_mapping *m = arena_zero(a, sizeof(*m));
		r = mapping_load(a, c.mapping_path, m, err);
		c.mapping = m;
	}
	if (r)
		return err_trace(err, r, "mapping");
	*ret = c;
	return 0;
}

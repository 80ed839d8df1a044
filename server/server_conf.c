/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server_conf.h"
#include "conf/conf.h"
#include "domain/muni.h"
#include <stddef.h>
#include <string.h>

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct server_conf, field), min, max, def, help       \
	}
static const struct conf_row rows[] = {
	ROW("server", "id", CONF_TEXT, id, 1, 32, NULL, "name in this server's certificate"),
	ROW("server", "address", CONF_TEXT, address, 1, 64, "127.0.0.1", "address to listen on"),
	ROW("server", "port", CONF_INT, port, 0, 65535, "0", "port to listen on, 0 = any free one"),
	ROW("server", "cert", CONF_PATH, cert, 0, 0, NULL, "TLS certificate of this server"),
	ROW("server", "key", CONF_PATH, key, 0, 0, NULL, "its private key"),
	ROW("server", "ca", CONF_PATH, ca, 0, 0, NULL, "CA of the peers' certificates"),
	ROW("server", "threads", CONF_INT, threads, 1, 64, "8", "HTTP workers"),
	ROW("server", "connections", CONF_INT, connections, 16, 4096, "256",
	    "open connections at most; one more is closed at once"),
	ROW("server", "queue", CONF_INT, queue, 1, 1024, "16",
	    "orders of one municipality at once"),
	ROW("server", "deadline_ms", CONF_INT, deadline_ms, 100, 60000, "10000",
	    "an order that takes longer is given up"),
	ROW("sync", "address", CONF_TEXT, sync_address, 1, 64, "127.0.0.1",
	    "address the agents connect to"),
	ROW("sync", "port", CONF_INT, sync_port, 0, 65535, "0", "port for the agents, 0 = any"),
	ROW("seal", "socket", CONF_PATH, seal_socket, 0, 0, NULL, "socket of kofu-seal"),
	ROW("render", "fonts", CONF_PATH, fonts, 0, 0, NULL, "manifest of the font stack"),
	ROW("jpki", "pins", CONF_PATH, pins, 0, 0, NULL, "folder of the authentication CAs"),
	ROW("jpki", "policy", CONF_TEXT, policy, 3, 64, "1.2.392.200149.8.5.1.3.30",
	    "policy of authentication certificates"),
	ROW("audit", "witness", CONF_PATH, witness, 0, 0, "",
	    "folder for the audit's newest checkpoints, on another machine's disk"),
	ROW("console", "address", CONF_TEXT, console_address, 1, 64, "127.0.0.1",
	    "address the city's terminals connect to"),
	ROW("center", "id", CONF_TEXT, center_id, 1, 32, NULL, "the center that may order here"),
	ROW("ops", "port", CONF_INT, ops_port, 0, 65535, "0",
	    "port of /livez, /readyz, /metrics on 127.0.0.1, 0 = none"),
	ROW("center", "url", CONF_TEXT, center_url, 1, 150, "", "where directory changes are told"),
};

#define MUNI(key, type, field, min, max, def, help)                                                \
	{                                                                                          \
		"municipality *", key, type, offsetof(struct server_muni_conf, field), min, max,   \
		    def, help                                                                      \
	}
static const struct conf_row muni_rows[] = {
	MUNI("front", CONF_TEXT, front, 1, 190, NULL, "database of the replica, issuing role"),
	MUNI("sync", CONF_TEXT, sync, 1, 190, NULL, "the same, applying role"),
	MUNI("audit", CONF_TEXT, audit, 1, 190, "", "the same, role that seals the audit"),
	MUNI("console", CONF_TEXT, console, 1, 190, "", "the same, role of the city's pages"),
	MUNI("console_port", CONF_INT, console_port, 0, 65535, "0", "port of the city's pages"),
	MUNI("console_host", CONF_TEXT, console_host, 1, 120, "", "its host, as browsers name it"),
	MUNI("four_eyes", CONF_BOOL, four_eyes, 0, 0, "yes", "a second person lifts a stop"),
	MUNI("idle_s", CONF_INT, idle_s, 30, 3600, "300", "a session at rest is locked after it"),
	MUNI("session_s", CONF_INT, session_s, 60, 43200, "28800", "a session ends after it"),
	MUNI("profile", CONF_PATH, profile, 0, 0, NULL, "names, texts, fees and hours (JSON)"),
	MUNI("sync_key", CONF_PATH, sync_key, 0, 0, NULL, "public key of the agent's batches"),
};

int
server_conf_load(struct arena *a, const char *path, struct server_conf *ret, struct err *err)
{
	const struct conf_list list = {
		.prefix = "municipality",
		.rows = muni_rows,
		.n_rows = N_ELEMENTS(muni_rows),
		.struct_bytes = sizeof(struct server_muni_conf),
		.name_offset = offsetof(struct server_muni_conf, code),
		.max = SERVER_MAX_MUNIS,
	};
	struct server_conf c = { 0 };
	void *munis = NULL;
	size_t n = 0;
	int r = conf_load_lists(a, path, rows, N_ELEMENTS(rows), &c, &list, &munis, &n, err);
	if (r)
		return err_fold(err, r, "server configuration");
	c.munis = munis;
	c.n_munis = (unsigned)n;
	for (unsigned i = 0; i < c.n_munis; i++) {
		struct muni_code code;
		if (!muni_parse(c.munis[i].code, strlen(c.munis[i].code), &code))
			return err_raise(err, FAULT_CONFIG, "municipality's check digit", i);
	}
	*ret = c;
	return 0;
}

const struct server_muni_conf *
server_conf_muni(const struct server_conf *c, const char *code)
{
	for (unsigned i = 0; i < c->n_munis; i++)
		if (strcmp(c->munis[i].code, code) == 0)
			return &c->munis[i];
	return NULL;
}

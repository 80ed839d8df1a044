/* SPDX-License-Identifier: Apache-2.0 */
#include "center/center_conf.h"
#include "conf/conf.h"
#include "domain/muni.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct center_conf, field), min, max, def, help       \
	}
static const struct conf_row rows[] = {
	ROW("center", "id", CONF_TEXT, id, 1, 32, NULL, "name in this center's certificate"),
	ROW("center", "address", CONF_TEXT, address, 1, 64, "127.0.0.1", "address to listen on"),
	ROW("center", "port", CONF_INT, port, 0, 65535, "0", "port to listen on, 0 = any free one"),
	ROW("center", "cert", CONF_PATH, cert, 0, 0, NULL, "TLS certificate of this center"),
	ROW("center", "key", CONF_PATH, key, 0, 0, NULL, "its private key"),
	ROW("center", "ca", CONF_PATH, ca, 0, 0, NULL, "CA of the peers' certificates"),
	ROW("center", "threads", CONF_INT, threads, 1, 256, "256", "requests handled at once"),
	ROW("center", "connections", CONF_INT, connections, 16, 4096, "1024",
	    "open connections at most; one more is closed at once"),
	ROW("database", "url", CONF_TEXT, database, 1, 190, NULL,
	    "conninfo of the role kofu_center"),
	ROW("database", "admin", CONF_TEXT, admin, 1, 190, "",
	    "conninfo of the owner, for migrate, stop-muni and resume-muni"),
	ROW("database", "connections", CONF_INT, db_connections, 1, 100, "16",
	    "open connections at most"),
	ROW("jpki", "pins", CONF_PATH, pins, 0, 0, NULL, "folder of the authentication CAs"),
	ROW("jpki", "policy", CONF_TEXT, policy, 3, 64, "1.2.392.200149.8.5.1.3.30",
	    "policy of authentication certificates"),
	ROW("jpki", "ocsp", CONF_TEXT, ocsp, 1, 150, NULL, "URL of the status service"),
	ROW("jpki", "ocsp_ms", CONF_INT, ocsp_ms, 100, 30000, "3000",
	    "a status that takes longer is unknown"),
	ROW("jpki", "crl", CONF_PATH, crl, 0, 0, "",
	    "folder of the JPKI's revocation lists, *.crl; empty = only asked"),
	ROW("jpki", "crl_stand_in_s", CONF_INT, crl_stand_in_s, 0, 172800, "0",
	    "how old a list may answer for a status service out of reach; 0 = never"),
	ROW("center", "only_listed", CONF_BOOL, only_listed, 0, 0, "true",
	    "false: a municipality's node gets orders whatever it announces"),
	ROW("center", "builds", CONF_TEXT, builds, 1, 190, "",
	    "builds of kofu-server that may answer, space-separated; empty = any"),
	ROW("ops", "port", CONF_INT, ops_port, 0, 65535, "0",
	    "port of /livez, /readyz, /metrics on 127.0.0.1, 0 = none"),
	ROW("center", "kiosk_builds", CONF_TEXT, kiosk_builds, 1, 190, "",
	    "builds of kofu-kiosk that may ask, space-separated; empty = any"),
	ROW("limits", "in_flight", CONF_INT, in_flight, 1, 256, "32",
	    "offers and orders of one municipality at once"),
	ROW("limits", "at_once", CONF_INT, at_once, 4, 256, "128",
	    "sessions and orders of all municipalities at once"),
	ROW("limits", "offer_ms", CONF_INT, offer_ms, 100, 60000, "5000", "deadline of an offer"),
	ROW("limits", "order_ms", CONF_INT, order_ms, 100, 60000, "15000", "deadline of an order"),
	ROW("limits", "other_ms", CONF_INT, other_ms, 100, 60000, "5000",
	    "deadline of a release or an outcome"),
};

#define MUNI(key, type, field, min, max, def, help)                                                \
	{                                                                                          \
		"municipality *", key, type, offsetof(struct center_muni_conf, field), min, max,   \
		    def, help                                                                      \
	}
static const struct conf_row muni_rows[] = {
	MUNI("servers", CONF_TEXT, servers, 1, 190, NULL, "its servers' URLs, space-separated"),
	MUNI("server_ids", CONF_TEXT, server_ids, 1, 190, NULL,
	    "names in their certificates, space-separated"),
	MUNI("keys", CONF_PATH, keys, 0, 0, NULL, "its key directory (JSON from kofu-seal)"),
	MUNI("root", CONF_PATH, root, 0, 0, NULL,
	    "what signs that (JSON from kofu-seal), given by hand"),
};
#define KIOSK(key, type, field, min, max, def, help)                                               \
	{                                                                                          \
		"kiosk *", key, type, offsetof(struct center_kiosk_conf, field), min, max, def,    \
		    help                                                                           \
	}
static const struct conf_row kiosk_rows[] = {
	KIOSK("name", CONF_TEXT, name, 1, 150, "", "where it stands, for the operator"),
	KIOSK("enabled", CONF_BOOL, enabled, 0, 0, "true", "false: every request is refused"),
};

static bool
conf_is_id(const char *s)
{
	size_t n = strlen(s);
	return n >= 1 && n <= 32 &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int
conf_check(const struct center_conf *c, const char *path, struct err *err)
{
	struct muni_code code;
	for (unsigned i = 0; i < c->n_munis; i++)
		if (!muni_parse(c->munis[i].code, strlen(c->munis[i].code), &code)) {
			(void)fprintf(stderr, "%s: [municipality %s]: the check digit is wrong\n",
			    path, c->munis[i].code);
			return err_raise(err, FAULT_CONFIG, "municipality's check digit", i);
		}
	for (unsigned i = 0; i < c->n_kiosks; i++)
		if (!conf_is_id(c->kiosks[i].id)) {
			(void)fprintf(stderr, "%s: [kiosk %s]: an id is 1 to 32 of A-Z a-z 0-9 -\n",
			    path, c->kiosks[i].id);
			return err_raise(err, FAULT_CONFIG, "kiosk's id", i);
		}
	if (!conf_is_id(c->id))
		return err_raise(err, FAULT_CONFIG, "center's id", 0);
	return 0;
}

int
center_conf_load(struct arena *a, const char *path, struct center_conf *ret, struct err *err)
{
	const struct conf_list lists[] = {
		{ "municipality", muni_rows, N_ELEMENTS(muni_rows), sizeof(struct center_muni_conf),
		    offsetof(struct center_muni_conf, code), CENTER_MAX_MUNIS },
		{ "kiosk", kiosk_rows, N_ELEMENTS(kiosk_rows), sizeof(struct center_kiosk_conf),
		    offsetof(struct center_kiosk_conf, id), CENTER_MAX_KIOSKS },
	};
	struct center_conf c = { 0 };
	void *found[N_ELEMENTS(lists)] = { NULL };
	size_t n[N_ELEMENTS(lists)] = { 0 };
	int r = conf_load_many(
	    a, path, rows, N_ELEMENTS(rows), &c, lists, N_ELEMENTS(lists), found, n, err);
	if (r)
		return err_fold(err, r, "center configuration");
	c.munis = found[0];
	c.n_munis = (unsigned)n[0];
	c.kiosks = found[1];
	c.n_kiosks = (unsigned)n[1];
	if (c.admin == NULL)
		c.admin = c.database;
	r = conf_check(&c, path, err);
	if (r)
		return r;
	*ret = c;
	return 0;
}

const struct center_muni_conf *
center_conf_muni(const struct center_conf *c, const char *code)
{
	for (unsigned i = 0; i < c->n_munis; i++)
		if (strcmp(c->munis[i].code, code) == 0)
			return &c->munis[i];
	return NULL;
}

const struct center_kiosk_conf *
center_conf_kiosk(const struct center_conf *c, const char *id)
{
	for (unsigned i = 0; i < c->n_kiosks; i++)
		if (strcmp(c->kiosks[i].id, id) == 0)
			return &c->kiosks[i];
	return NULL;
}

bool
center_conf_has(const char *list, const char *name)
{
	size_t n = strlen(name);
	for (const char *s = list; n > 0 && *s;) {
		size_t word = strcspn(s, " ");
		if (word == n && memcmp(s, name, n) == 0)
			return true;
		s += word + strspn(s + word, " ");
	}
	return false;
}

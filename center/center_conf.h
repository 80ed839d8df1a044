/* SPDX-License-Identifier: Apache-2.0 */
/* center_conf - the one configuration file of kofu-center. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { CENTER_MAX_MUNIS = 2048, CENTER_MAX_KIOSKS = 4096, CENTER_MAX_SERVERS = 4 };

/* "[municipality 991015]" */
struct center_muni_conf {
	const char *code;
	const char *servers; /* base URLs, space-separated, tried in turn */
	const char
	    *server_ids;  /* names in their certificates: who may tell its directory changes */
	const char *keys; /* its key directory, as kofu-seal writes it */
	const char *root; /* the public key that this is signed by */
};
/* "[kiosk K0001]" */
struct center_kiosk_conf {
	const char *id;
	const char *name; /* for the operator; may be NULL */
	bool enabled;
};
struct center_conf {
	const char *id; /* urn:kofu:center:<id>, and the center of every transcript */
	const char *address;
	int64_t port; /* 0 = any free one */
	const char *cert, *key, *ca;
	int64_t threads, connections;
	const char *database; /* conninfo of the role kofu_center */
	const char *admin;    /* of the owner: migrate, stop-muni, resume-muni; NULL = database */
	int64_t db_connections;
	const char *pins, *policy;
	const char *ocsp; /* URL of the JPKI's status service */
	int64_t ocsp_ms;
	const char *crl; /* folder of its revocation lists; NULL = none */
	int64_t crl_stand_in_s;
	bool only_listed;   /* nodes of municipalities: kofu-center list-node (I9) */
	const char *builds; /* of kofu-server, that may answer; space-separated, NULL = any (I9) */
	const char *kiosk_builds;             /* of kofu-kiosk; NULL = any */
	int64_t in_flight;                    /* of one municipality at once */
	int64_t at_once;                      /* of all municipalities */
	int64_t offer_ms, order_ms, other_ms; /* deadlines towards a server; they only abort */
	int64_t ops_port;                     /* /metrics and its like on loopback; 0 = none */
	const struct center_muni_conf *munis;
	unsigned n_munis;
	const struct center_kiosk_conf *kiosks;
	unsigned n_kiosks;
};
/* Returns 0 or FAULT_CONFIG, after telling the operator on stderr. */
MUST_USE int center_conf_load(
    struct arena *a, const char *path, struct center_conf *ret, struct err *err);
/* NULL when there is none. */
const struct center_muni_conf *center_conf_muni(const struct center_conf *c, const char *code);
const struct center_kiosk_conf *center_conf_kiosk(const struct center_conf *c, const char *id);
/* True when @name stands in the space-separated list. */
bool center_conf_has(const char *list, const char *name);

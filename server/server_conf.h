/* SPDX-License-Identifier: Apache-2.0 */
/* server_conf - the one configuration file of kofu-server. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { SERVER_MAX_MUNIS = 256 };

/* "[municipality 991015]" */
struct server_muni_conf {
	const char *code;
	const char *front;   /* conninfo of the login role that issues (kofu_front) */
	const char *sync;    /* conninfo of the login role that applies the stream (kofu_sync) */
	const char *audit;   /* conninfo of the login role that seals the audit; NULL = elsewhere */
	const char *console; /* conninfo of the login role of the city's pages; NULL = none */
	int64_t console_port;
	const char *console_host; /* as browsers name it, NULL = address:port */
	bool four_eyes;      /* lifting a stop takes a second person */
	int64_t idle_s;      /* a session at rest is locked after so long */
	int64_t session_s;   /* and ends after so long in any case */
	const char *profile; /* profile JSON (domain/profile.h) */
	const char
	    *sync_key; /* the agent's public key that signs batches: SubjectPublicKeyInfo PEM */
};
struct server_conf {
	const char *id; /* urn:kofu:server:<id> */
	const char *address;
	int64_t port; /* 0 = any free one */
	const char *cert, *key, *ca;
	int64_t threads, connections;
	const char *sync_address; /* the agents come over another network than the center */
	int64_t sync_port;
	int64_t queue;       /* orders of one municipality at once, waiting ones too */
	int64_t deadline_ms; /* of one order, from its arrival */
	const char *seal_socket;
	const char *fonts;   /* fonts/manifest.json */
	const char *pins;    /* folder of the JPKI's user authentication CAs */
	const char *policy;  /* OID of the JPKI's user authentication certificates */
	const char *witness; /* folder for the audit's newest checkpoints; NULL = none */
	const char *console_address;
	const char *center_url; /* where directory changes are told; NULL = nowhere */
	const char *center_id;  /* the one center whose transcripts are taken */
	int64_t ops_port;       /* /metrics and its like on loopback; 0 = none */
	const struct server_muni_conf *munis;
	unsigned n_munis;
};
/* Returns 0 or FAULT_CONFIG, after telling the operator on stderr. */
MUST_USE int server_conf_load(
    struct arena *a, const char *path, struct server_conf *ret, struct err *err);
/* NULL when this server does not serve it. */
const struct server_muni_conf *server_conf_muni(const struct server_conf *c, const char *code);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync - the stream's end at the server (docs/PROTOCOL.md section 6): takes
 * numbered batches of the agents, applies each in one transaction together
 * with its position, keeps the lease, and tells the center's directory which
 * cards are ours. Uses common and the audit, nothing else of the server.
 */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "http/client.h"
#include "http/server.h"
#include "pki/key.h"
#include "server/sync/keeper.h"

#include <stddef.h>
#include <stdint.h>

/* Limits of what an agent may send. */
enum {
	SYNC_BODY_MAX_BYTES = 12 * 1024 * 1024, /* a batch as sent (gzip) */
	SYNC_JSON_MAX_BYTES = 16 * 1024 * 1024, /* the same unpacked */
	SYNC_MAX_RECORDS = 11000,               /* a batch */
	SYNC_BEAT_MAX_BYTES = 1024,
	SYNC_SIGNATURE_MAX_BYTES = 1024,
	SYNC_SESSION_BYTES = 16,
	SYNC_SOURCE_MAX_BYTES = 64, /* the agent's own position, opaque to us */
	SYNC_LEASE_MS = 30000,      /* an older beat and nothing is issued */
	SYNC_SKEW_MS = 30000,       /* a beat further in the future is refused */
	SYNC_MAX_PARKED = 10,       /* more parked persons stop the municipality */
};

/* Outcomes of the handlers, and the stable code each becomes (all 409). */
enum {
	SYNC_E_GAP = 1101,          /* gap: detail.seq is the number expected next */
	SYNC_E_EQUIVOCATION = 1102, /* equivocation: the municipality is stopped */
	SYNC_E_EPOCH = 1103,        /* epoch: made for another first load */
	SYNC_E_NOT_LOADED = 1104,   /* not-loaded: no first load was imported yet */
	SYNC_E_SKEW = 1105,         /* clock-skew */
	SYNC_E_SESSION = 1106,      /* session: another one was opened since */
};

/* One municipality. Everything is copied by sync_start(). */
struct sync_tenant {
	struct muni_code muni;
	const char *conninfo;        /* login role kofu_<muni>_sync */
	struct key_point agent_key;  /* the municipality's sync key */
	const uint8_t *dek;          /* 32 bytes: the data key (kofu-seal unwrap) */
	struct keeper_limits limits; /* 0 = the defaults of keeper.h and retain.h */
};
struct sync_conf {
	const struct sync_tenant *tenants;
	size_t n_tenants; /* 1..SYNC_MAX_TENANTS */
	/* POST /v1/directory goes here; must outlive the sync. NULL = nothing is pushed. */
	struct http_client *center;
	const char
	    *seal_socket; /* its key directories are looked at; must outlive the sync. NULL = not */
};
enum { SYNC_MAX_TENANTS = 2000 };

struct sync;
/*
 * Opens the databases, starts the directory pusher and the keeper (a thread each).
 * Returns 0, FAULT_CONFIG (two tenants of one code), FAULT_UNAVAILABLE.
 */
MUST_USE int sync_start(const struct sync_conf *c, struct sync **ret, struct err *err);
/* Stop the HTTP server first. Ends the threads, wipes the keys. NULL is fine. */
void sync_stop(struct sync *s);

/*
 * The routes to mount: GET /v1/stream/position, POST /v1/stream/session, /batch
 * and /heartbeat, for the role "agent". The http_server's @app must
 * be the struct sync, so they need a listener of their own (agents come over
 * another network than the center).
 */
const struct http_route *sync_routes(size_t *ret_n);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router - the center between kiosks and municipalities: endpoints of
 * docs/PROTOCOL.md sections 2 to 6 that the center serves. What decides is in
 * decide_*.c; here are the hands: database, JPKI, servers.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "center/center_conf.h"
#include "center/jpki/status.h"
#include "center/router/bulkhead.h"
#include "center/router/counts.h"
#include "center/router/keys.h"
#include "center/router/listing.h"
#include "center/router/store.h"
#include "center/router/upstream.h"
#include "http/ops.h"
#include "pki/cert.h"

#include <stdatomic.h>
#include <stdbool.h>

enum {
	ROUTER_NONCES_A_KIOSK = 64, /* good ones at once */
	ROUTER_TIDY_S = 30,
	ROUTER_WATCH_S = 2,
	ROUTER_WATCH_MS = 1000,          /* at most so long at once */
	ROUTER_KEEP_MS = 60 * 60 * 1000, /* an ended session's certificate */
	ROUTER_BODY_MAX_BYTES = 32 * 1024,
};
/* Of a bulkhead's places, in percent: who comes with a nonce, a card, an order may take so many. */
enum { ROUTER_SHARE_NONCE = 50, ROUTER_SHARE_SESSION = 75, ROUTER_SHARE_ALL = 100 };

struct router_muni {
	const struct center_muni_conf *conf;
	struct muni_code code;
	struct muni_keys keys;
	bool has_keys;
	struct upstream *servers;
	struct bulkhead orders; /* offers and orders */
	struct bulkhead papers; /* releases and outcomes: never starved by the former */
	struct counts counts;   /* of sessions, orders, releases, outcomes */
	/* Stopped by this process, whether or not the database has heard of it yet. */
	atomic_bool stopped;
	atomic_int unsaved; /* enum answer_flaw that the database has not heard of */
};
struct router {
	const struct center_conf *conf;
	struct cert_pins *pins;
	struct jpki *jpki;
	struct jpki_lists *lists; /* NULL when none are had */
	struct store *store;
	struct listing listing;
	struct bulkhead all;  /* sessions and orders of all municipalities */
	struct counts counts; /* of requests that came to no municipality */
	int64_t started_ms;
	struct router_muni *munis;
	unsigned n_munis; /* opened, the last one maybe in part */
	unsigned watched; /* how many router_watch() has come by */
};

/* Keys, pins, clients: what the configuration names. 0 or a fault; router_close() in every case. */
MUST_USE int router_open(
    struct router *r, struct arena *a, const struct center_conf *c, struct err *err);
/* The database, and which nodes are listed. 0, FAULT_CONFIG or FAULT_UNAVAILABLE. */
MUST_USE int router_connect(struct router *r, struct err *err);
void router_close(struct router *r);
/* Every route of the center; app is the struct router. */
const struct http_route *router_routes(size_t *ret_n);
/* Forgets what is old, saves stops that the database has not heard of, looks for new lists. Call
 * every ROUTER_TIDY_S. */
void router_tidy(struct router *r);

/* Reads which nodes are listed and asks nodes what they are. Call every ROUTER_WATCH_S; one
 * thread. */
void router_watch(struct router *r);

/* What it tells at /readyz and /metrics (http/ops.h). */
void router_ops_look(void *router, struct ops_missing *out);
void router_ops_collect(void *router, const struct ops_missing *looked, struct metrics *out);

/* NULL when it is not served here. */
struct router_muni *router_muni_find(struct router *r, const char *code);
/* The caller is a kiosk of the configuration that is not cut off. 0 or ROUTER_E_KIOSK_UNKNOWN. */
MUST_USE int router_kiosk_check(const struct http_req *req);
/* Stops it here and in the database at once, and says so in the log. */
void router_stop(struct router *r, struct router_muni *m, struct txn_id txn, enum answer_flaw flaw);
/* A node of that name may tell us of this municipality: it is one of its own and not cut off. */
bool router_node_may_tell(struct router *r, const struct router_muni *m, const char *name);
/* Notes what became of a request; @muni "" = it came to none. */
void router_count(struct router *r, const char *muni, int result);
/* The fault or outcome that a server's refusal or silence means for the kiosk. */
MUST_USE int router_upstream_result(int r, const struct http_reply *reply, struct err *err);

MUST_USE int router_session(struct http_req *req, struct http_res *res, struct err *err);
MUST_USE int router_order(struct http_req *req, struct http_res *res, struct err *err);
MUST_USE int router_release(struct http_req *req, struct http_res *res, struct err *err);
MUST_USE int router_outcome(struct http_req *req, struct http_res *res, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_desk - the runs of reconciliation that are open: one a municipality,
 * few at once, because each holds 64 bytes a resident. And their routes.
 */
#pragma once
#include "http/server.h"
#include "server/sync/recon.h"

enum {
	RECON_E_NO_RUN = 1181, /* no-run: not that one, or dropped for another: begin again */
	RECON_E_BUSY = 1182,   /* busy: too many municipalities reconcile, try again later */
	RECON_DESK_MAX = 4,
	RECON_BODY_MAX_BYTES = 64 * 1024,
	RECON_MEND_MAX_BYTES = 4 * 1024 * 1024,
	RECON_ASK_MAX = 256,      /* ranges, or persons, of one request */
	RECON_PERSONS_MAX = 4096, /* of one answer */
	RECON_MEND_MAX = 16,
};

struct recon_desk;
void recon_desk_free(struct recon_desk *d); /* NULL is fine */
/* For @n municipalities. Never NULL. */
struct recon_desk *recon_desk_new(size_t n);
/* A new run of municipality @i, which ends its earlier one; @begun_ms is the database's. 0 or
 * RECON_E_BUSY. */
MUST_USE int recon_desk_open(struct recon_desk *d, size_t i, const struct tally_key *key,
    int64_t begun_ms, int64_t now_ms, uint64_t *ret);
/* Ours alone until it is given back. 0, RECON_E_NO_RUN, RECON_E_BUSY (another request has it). */
MUST_USE int recon_desk_take(
    struct recon_desk *d, size_t i, uint64_t number, int64_t now_ms, struct recon_run **ret);
void recon_desk_give(struct recon_desk *d, size_t i);
void recon_desk_close(struct recon_desk *d, size_t i, uint64_t number);
/* When the run began that was closed last, if it is that one, by its key too, and looked at
 * everybody. 0 or RECON_E_NO_RUN. */
MUST_USE int recon_desk_closed(struct recon_desk *d, size_t i, uint64_t number,
    const struct tally_key *key, int64_t *ret_begun_ms);

/* --- recon_http.c: POST /v1/reconcile/..., for sync_routes() --- */
enum { RECON_ROUTES = 8 };
extern const struct http_route recon_routes[RECON_ROUTES];

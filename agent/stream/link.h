/* SPDX-License-Identifier: Apache-2.0 */
/* link - the agent's side of docs/PROTOCOL.md section 6: position, session, batches, heartbeat. */
#pragma once
#include "agent/stream/batcher.h"
#include "base/err.h"
#include "base/log.h"
#include "http/client.h"
#include "pki/key.h"

#include <stdint.h>

enum {
	/* The server refused; the link is of no use until a new session is opened. */
	LINK_E_REFUSED = 1021,
	LINK_E_NOT_LOADED = 1022,   /* no first load was imported yet */
	LINK_E_SESSION = 1023,      /* another agent opened one since */
	LINK_E_MOVED = 1024,        /* between position and session somebody sent a batch */
	LINK_E_EQUIVOCATION = 1025, /* the server stopped the municipality: a human must look */
	LINK_MAX_BODY_BYTES = 12 * 1024 * 1024,
	LINK_BATCH_TIMEOUT_MS = 20000, /* less than the lease lasts */
	LINK_BEAT_TIMEOUT_MS = 5000,
	LINK_HASH_BYTES = 32,
};

struct link {
	struct muni_code muni;
	struct http_client *server;
	struct key_signer sync_key;
	/* From the server, then our own count: of the newest batch made. */
	int64_t epoch, seq;
	uint8_t hash[LINK_HASH_BYTES];
	/* Of the newest one acknowledged. */
	int64_t acked_seq;
	uint8_t acked_hash[LINK_HASH_BYTES];
	char source[BATCHER_POSITION_BYTES + 1];
	char session[33]; /* hex; empty before link_session() */
};
/* Asks where the server stands. 0, LINK_E_*, or a fault. */
MUST_USE int link_position(struct link *l, struct err *err);
/* Opens the session at that very position. 0, LINK_E_MOVED, LINK_E_*, or a fault. */
MUST_USE int link_session(struct link *l, struct err *err);
/* A batch as it travels. */
struct link_parcel {
	int64_t seq;
	uint8_t hash[LINK_HASH_BYTES];
	struct buf body;                           /* packed; buf_done() */
	char position[BATCHER_POSITION_BYTES + 1]; /* of the register, after it */
	int64_t register_ms;
	unsigned n_records;
	bool urgent;
	int64_t made_ms; /* clock_mono_ms() */
};
/* Makes what is ready in @b the next batch. Returns 0 or FAULT_INTERNAL. */
MUST_USE int link_pack(
    struct link *l, const struct batcher *b, struct link_parcel *ret, struct err *err);
/*
 * Sends it. Returns 0 (committed at the server), LINK_E_*, or a fault: then it
 * is not known whether the server has it, and only a new session tells. Several
 * threads may do so at once: the server keeps the order of the numbers.
 */
MUST_USE int link_post(const struct link *l, const struct link_parcel *p, struct err *err);
/* @p was acknowledged, and all before it. */
void link_acked(struct link *l, const struct link_parcel *p);
/*
 * The lease, with the newest batch acknowledged. @read_ms: up to here everything
 * in the register has been acknowledged. As link_post().
 */
MUST_USE int link_beat(const struct link *l, int64_t read_ms, struct err *err);
/* The body of the next batch before it is packed; for link_pack() and tests. */
void link_batch_format(const struct link *l, const struct batcher *b, struct buf *out);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow - the kiosk's side of docs/PROTOCOL.md sections 2 to 5, for one session:
 * what is sent and what is believed. No I/O: bodies in, bodies out.
 *
 *   flow_new           nothing known yet
 *   flow_nonce_read    the center's nonce and time
 *   flow_begin         a fresh key, the transcript; the digest the card signs
 *   flow_session_ask   .. flow_session_read   the offer, the household
 *   flow_keys_read     the municipality's keys, pinned for this session
 *   flow_order_ask     .. flow_answer_read    every check of section 5
 *   flow_release_ask   .. flow_release_read
 *   flow_outcome_ask
 *   flow_free          wipes key, names and papers
 *
 * All is checked against this memory, nothing against what came back. A step out
 * of its turn is FAULT_INTERNAL. Time is the monotonic clock's, set against the
 * center's: a wrong kiosk clock does no harm. Not for threads.
 *
 * Reading functions return FAULT_BAD_INPUT (form) or FAULT_INTEGRITY (not ours,
 * not signed, altered); the session is over then.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "kiosk/session/choice.h"

enum {
	FLOW_DIGEST_BYTES = 32,
	FLOW_SIG_MAX_BYTES = 512,
	FLOW_MAX_KEYS = 8,
	FLOW_MAX_PAGES = 64,          /* of one copy */
	FLOW_MAX_PDF_BYTES = 8 << 20, /* of one copy */
	FLOW_MAX_NUMBER = 63,         /* characters of an issue number */
	FLOW_MAX_BODY_BYTES = 65536,  /* of everything but an answer */
	FLOW_MAX_AHEAD_MS = 60000     /* how far a time of theirs may lie ahead */
};
/* Outcomes. */
enum { FLOW_E_LATE = 2151 /* the nonce, the session or the answer has run out */ };

struct flow;
void flow_free(struct flow *f);
DEFINE_AUTO(flow)
/* @kiosk: this kiosk's id as in its certificate; must outlive the flow. */
OWNED_BY_CALLER(flow_free) struct flow *flow_new(const char *kiosk);

MUST_USE int flow_nonce_read(
    struct flow *f, const void *body, size_t bytes, int64_t mono_ms, struct err *err);
/*
 * Makes key and transcript over the card's certificate. The digest is what the
 * card signs. Once for a nonce. Returns 0, FLOW_E_LATE or FAULT_BAD_INPUT.
 */
MUST_USE int flow_begin(struct flow *f, const void *cert_der, size_t cert_bytes, int64_t mono_ms,
    uint8_t ret_digest[FLOW_DIGEST_BYTES], struct err *err);
/* Forgets nonce, key and transcript after a wrong PIN: the next try gets its own. */
void flow_again(struct flow *f);

/* Body of POST /v1/session. */
MUST_USE int flow_session_ask(
    struct flow *f, const void *sig, size_t sig_bytes, struct buf *out, struct err *err);
MUST_USE int flow_session_read(
    struct flow *f, const void *body, size_t bytes, int64_t mono_ms, struct err *err);
/* NULL before it was read. Lives as long as @f. */
const struct offer *flow_offer(const struct flow *f);

/* Body of GET /v1/keys/{muni}: accepted once, before the order. */
MUST_USE int flow_keys_read(struct flow *f, const void *body, size_t bytes, struct err *err);

/*
 * Body of POST /v1/order; one order a session. The same body may be sent again
 * (the server gives the same bytes). Returns 0, FLOW_E_LATE or a fault.
 */
MUST_USE int flow_order_ask(struct flow *f, const struct choice *c, const struct order_id *id,
    int64_t mono_ms, struct buf *out, struct err *err);

struct flow_copy {
	char number[FLOW_MAX_NUMBER + 1]; /* 発行番号 */
	unsigned pages;                   /* sheets: each has a front and a back */
	const uint8_t *pdf; /* in the flow's memory; to the printer and nowhere else */
	size_t pdf_bytes;
};
struct flow_papers {
	struct order_id order;
	uint8_t manifest_hash[32]; /* SHA-256 of the manifest's JWS text */
	unsigned n_copies;
	struct flow_copy copies[ORDER_MAX_COPIES];
	int64_t not_after_ms; /* the center's clock */
};
/*
 * The answer, checked in full: signature by a pinned key, every member of the
 * manifest against our own memory, papers opened with our key and bound to this
 * manifest, lengths and digests. Returns 0, FLOW_E_LATE or a fault; nothing of
 * a refused answer stays.
 */
MUST_USE int flow_answer_read(
    struct flow *f, const void *body, size_t bytes, int64_t mono_ms, struct err *err);
/* NULL before the answer was accepted. */
const struct flow_papers *flow_papers(const struct flow *f);

/* Body of POST /v1/release. Returns 0, FLOW_E_LATE or a fault. */
MUST_USE int flow_release_ask(struct flow *f, int64_t mono_ms, struct buf *out, struct err *err);
MUST_USE int flow_release_read(struct flow *f, const void *body, size_t bytes, struct err *err);

enum flow_end {
	FLOW_PRINTED = 0,
	FLOW_VOID_JAM,
	FLOW_VOID_POWER,
	FLOW_VOID_CANCELLED,
	FLOW_VOID_UNKNOWN
};
/* "printed" or "void"; and "", "jam", "power", "cancelled", "unknown". */
const char *flow_end_state(enum flow_end e);
const char *flow_end_reason(enum flow_end e);
/*
 * Body of POST /v1/outcome, one end for each copy of the answer. It holds no
 * personal data and may lie in the journal. May be asked for several times.
 */
MUST_USE int flow_outcome_ask(struct flow *f, const enum flow_end ends[ORDER_MAX_COPIES],
    int64_t mono_ms, struct buf *out, struct err *err);
/*
 * Body of POST /v1/outcome that takes back every number of the order, whatever
 * they are: once an order was asked, for when its answer never comes to be read.
 * @why: one of the FLOW_VOID_*.
 */
MUST_USE int flow_withdraw_ask(
    struct flow *f, enum flow_end why, int64_t mono_ms, struct buf *out, struct err *err);

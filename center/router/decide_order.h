/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide_order - may this order go to the municipality, and is what came back
 * its answer? docs/PROTOCOL.md sections 3 to 5. No I/O and no clock.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "center/router/keys.h"
#include "center/router/manifest.h"
#include "center/router/signed.h"
#include "domain/order.h"
#include "wire/transcript.h"

enum {
	ORDER_FRESH_MS = 5 * 60 * 1000,
	ORDER_CLOCK_AHEAD_MS = 60 * 1000,
	ORDERS_A_SESSION = 16,
};

/* A session as the database has it. */
struct order_session {
	const char *kiosk; /* whose it is */
	struct muni_code muni;
	bool stopped; /* the municipality, now */
	int64_t expires_ms;
	struct transcript t;
	uint8_t th[32];
};
struct order_case {
	struct order order;
	uint8_t oh[32]; /* SHA-256 of the payload as sent */
};
/*
 * The kiosk's order: its own session and not over, signed by the session's key,
 * for this transcript and this municipality, fresh. Returns 0,
 * ROUTER_E_SESSION_EXPIRED, ROUTER_E_STOPPED, FAULT_BAD_INPUT (form) or
 * FAULT_INTEGRITY (signature, another session's or municipality's).
 */
MUST_USE int order_decide(const struct order_session *s, const char *kiosk, const char *jws,
    size_t jws_bytes, int64_t now_ms, struct order_case *ret, struct err *err);

/* What is wrong with an answer. Each stops the municipality: I8. */
enum answer_flaw {
	ANSWER_SOUND,
	ANSWER_FORM, /* no manifest at all, or none that can be read */
	ANSWER_KEY,  /* by a key that is not the municipality's, or names another */
	ANSWER_SIGNATURE,
	ANSWER_ORDER,   /* of another order */
	ANSWER_SESSION, /* of another transcript */
	ANSWER_PAYLOAD, /* of another order text */
	ANSWER_MUNI,
	ANSWER_KIND,
	ANSWER_COPIES,
	ANSWER_NUMBER, /* an issue number of another place, day or kiosk */
	ANSWER_TIME,
	ANSWER_CHANGED, /* another answer to the same order before */
	ANSWER_USED,    /* an issue number that was given before */
	ANSWER_BUILD,   /* made by a build that is not listed */
};
/* A literal, for the log and the database: "form", "key", ... */
const char *answer_flaw_name(enum answer_flaw f);

/* ANSWER_SOUND fills *ret. Uses @a for the payload. */
enum answer_flaw answer_decide(struct arena *a, const struct order_case *c, const char *kiosk,
    const struct keydir *keys, const char *jws, size_t jws_bytes, int64_t now_ms,
    struct manifest *ret);

/* ANSWER_SOUND or ANSWER_BUILD. @builds: as in center_conf, NULL = any. */
enum answer_flaw answer_decide_build(const char *builds, const struct manifest *m);

/* An order as the log has it. */
struct order_logged {
	bool found;
	bool answered; /* a manifest passed: @manifest_hash */
	bool same_session;
	uint8_t oh[32];
	uint8_t manifest_hash[32];
};
/* The same order again, or something else under its id? 0 or ROUTER_E_ORDER_MISMATCH. */
MUST_USE int order_decide_again(const struct order_logged *l, const struct order_case *c);

/*
 * A release for an answered order of this session. Returns 0,
 * ROUTER_E_ORDER_MISMATCH (another session's, another manifest, never answered),
 * ROUTER_E_STOPPED, ROUTER_E_SESSION_EXPIRED (the release is not fresh).
 */
MUST_USE int release_decide(const struct order_session *s, const struct order_logged *l,
    const struct release *x, int64_t now_ms);

/* A number as the database has it. */
struct number_logged {
	char number[MANIFEST_MAX_NUMBER + 1];
	enum paper_end end; /* 0 = not reported yet */
	char reason[16];
};
/*
 * The outcome names all numbers of the order, each once, and says nothing else
 * than was said before. Returns 0 or ROUTER_E_ORDER_MISMATCH.
 */
MUST_USE int outcome_decide(const struct order_logged *l, const struct number_logged *numbers,
    size_t n, const struct outcome *x);
/*
 * An outcome of "all", which a kiosk signs before it knows the numbers: fills
 * @x's copies with the order's numbers, void (as they were told before). Returns
 * 0, ROUTER_E_ORDER_GONE (no such order of this session: nothing was issued that
 * we know of) or ROUTER_E_ORDER_MISMATCH (a number is printed already).
 */
MUST_USE int outcome_spread(
    const struct order_logged *l, const struct number_logged *numbers, size_t n, struct outcome *x);

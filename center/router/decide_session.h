/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide_session - may this card open a session, and whose resident is it?
 * docs/PROTOCOL.md section 2, in its order. No I/O and no clock: the coordinator
 * does what the case waits for and hands the result in.
 *
 *   session_begin          -> SESSION_WANTS_NONCE    burn the nonce, whatever follows
 *   session_on_nonce       -> SESSION_WANTS_STATUS   ask the JPKI
 *   session_on_status      -> SESSION_WANTS_HOLDERS  ask the directory
 *   session_on_holders     -> SESSION_WANTS_OFFER    ask the municipality's server
 *
 * Each returns 0 to go on, a ROUTER_E_* refusal, or a fault; after anything but
 * 0 the case is over. A step out of its turn is FAULT_INTERNAL.
 */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "pki/cert.h"
#include "wire/transcript.h"

enum {
	SESSION_NONCE_TTL_MS = 120 * 1000,
	SESSION_CLOCK_AHEAD_MS = 60 * 1000, /* how far a time of theirs may lie ahead */
	SESSION_TTL_MS = 15 * 60 * 1000,
};
enum session_wants {
	SESSION_OVER,
	SESSION_WANTS_NONCE,
	SESSION_WANTS_STATUS,
	SESSION_WANTS_HOLDERS,
	SESSION_WANTS_OFFER,
};

struct session_part {
	const uint8_t *p;
	size_t bytes;
};
/* What came, and from whom by its TLS certificate. The bytes must outlive the case. */
struct session_given {
	const char *center, *kiosk;
	const struct cert_pins *pins;
	struct session_part transcript, certificate, signature;
};
struct session_case {
	struct session_given given;
	enum session_wants wants;
	struct transcript t;
	uint8_t th[32];
	struct cert *cert; /* session_done() frees it */
	uint8_t issuer[CERT_KEY_HASH_BYTES];
	uint8_t serial[CERT_MAX_SERIAL];
	size_t serial_bytes;
	struct muni_code muni;
};
void session_done(struct session_case *c);

/* 0 or FAULT_BAD_INPUT (no transcript: no nonce to burn). */
MUST_USE int session_begin(
    struct session_case *c, const struct session_given *given, struct err *err);

struct session_nonce {
	bool burnt;        /* it was there and is spent now, by this request */
	const char *kiosk; /* whom it was given to */
	int64_t made_ms;
};
MUST_USE int session_on_nonce(
    struct session_case *c, const struct session_nonce *n, int64_t now_ms, struct err *err);
/* @status: of ocsp_read(), or a fault of asking, which is "unknown" too. */
MUST_USE int session_on_status(struct session_case *c, int status, struct err *err);

struct session_holder {
	struct muni_code muni;
	bool served; /* in this center's configuration */
	bool stopped;
};
/* At most the first two matter: two claims on one card block it. */
MUST_USE int session_on_holders(
    struct session_case *c, const struct session_holder *h, size_t n, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kiosk_peer - center and municipality as a kiosk sees them, in memory: answers
 * the bodies of docs/PROTOCOL.md sections 2 to 5 with real keys and seals, and
 * lets a test bend each answer before it is signed.
 */
#pragma once
#include "backside/code.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "domain/order.h"
#include "pki/key.h"
#include "wire/js.h"

/* Of a copy: one sheet, whose back lies where it does. */
enum { PEER_BACK_AT = 400, PEER_PDF_BYTES = 700 + BACKSIDE_BYTES };

struct peer {
	struct arena *arena;
	struct key *muni_key;
	int64_t now_ms; /* the center's clock */
	/* Called on each answer before it goes out (or is signed); may be NULL. */
	void (*bend_offer)(json_t *offer);
	void (*bend_household)(json_t *household);
	void (*bend_manifest)(json_t *manifest);
	const char *number_kiosk; /* third part of issue numbers */
	/* What the peer learned. */
	struct key_point session_point;
	uint8_t th[32];
	char order_payload[ORDER_MAX_BYTES];
	struct order order;
	unsigned n_persons; /* of the household; 3 at the start */
	unsigned fee_yen;
	unsigned seq;
	char last_outcome[4096]; /* payload */
	unsigned outcomes;
};
void peer_init(struct peer *p, int64_t now_ms);
void peer_done(struct peer *p);

/* Each gives the body of one answer, and fails the test on a body that is wrong. */
const char *peer_nonce(struct peer *p);
const char *peer_session(struct peer *p, const struct buf *body);
const char *peer_keys(struct peer *p);
const char *peer_answer(struct peer *p, const struct buf *body);
const char *peer_release(struct peer *p, const struct buf *body);
void peer_outcome(struct peer *p, const struct buf *body);
/* The JWS of {"manifest":...} and JWE of {"papers":...} put together. */
const char *peer_join(struct peer *p, const char *manifest, const char *papers);
/* The parts of an answer. */
void peer_split(struct peer *p, const char *answer, const char **manifest, const char **papers);
/* The papers of the last order in plain, copy after copy. */
uint8_t *peer_papers(struct peer *p, size_t *ret_bytes);
/* What the kiosk prints of them: each copy with its back, one behind the other. */
uint8_t *peer_pdfs(struct peer *p, size_t *ret_bytes);
char *peer_manifest(struct peer *p);
/* The papers sealed to the session's key for that manifest. */
char *peer_seal(struct peer *p, const char *manifest, const void *papers, size_t bytes);

/* SPDX-License-Identifier: Apache-2.0 */
/* front/session - a session as the server itself checks it: card, transcript, session key. */
#pragma once
#include "pki/jose.h"
#include "server/front/front.h"
#include "server/front/store.h"
#include "wire/js.h"
#include "wire/transcript.h"

struct front_session {
	const uint8_t *transcript, *certificate, *signature;
	size_t transcript_bytes, certificate_bytes, signature_bytes;
	struct transcript t;
	uint8_t th[32];
	struct key_point point; /* the session's key */
	uint8_t issuer[CERT_KEY_HASH_BYTES];
	uint8_t serial[CERT_MAX_SERIAL];
	size_t serial_bytes;
};

/* Reads transcript, certificate and signature of a request. 0 or FAULT_BAD_INPUT. */
MUST_USE int session_read(
    struct arena *a, const json_t *body, struct front_session *ret, struct err *err);
/*
 * A card of the JPKI signed this transcript, for the one center, lately; it is
 * the center that asks. 0, FRONT_E_CARD, FRONT_E_SESSION_EXPIRED or a fault.
 */
MUST_USE int session_check(struct front_session *s, const struct front *f,
    const struct http_peer *peer, int64_t now_ms, struct err *err);
/* Only the transcript, for release and outcome: its key and hash. 0 or FAULT_BAD_INPUT. */
MUST_USE int session_read_transcript(
    struct arena *a, const json_t *body, struct front_session *ret, struct err *err);
/* A JWS member signed by the session's key, opened. 0, FAULT_BAD_INPUT or FAULT_INTEGRITY. */
MUST_USE int session_open(struct arena *a, const struct front_session *s, const json_t *body,
    const char *member, const char *typ, uint8_t **ret, size_t *ret_bytes, struct err *err);
/*
 * Whom the replica names as the card's holder, with the household, of one snapshot; believed, and
 * looked at, only when the card's sealed row says the same. v.card_known: there is one. 0,
 * DB_E_RETRY or a fault.
 */
MUST_USE int session_view(const struct front_session *s, struct front_muni *m, struct db *db,
    struct arena *a, const struct store_ask *q, struct store_view *ret, struct err *err);
/* Whose request it is, and that it means this node. 0, FRONT_E_NO_SUCH_MUNI or FRONT_E_NODE. */
MUST_USE int session_muni(
    const struct http_req *req, const json_t *body, struct front_muni **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - what the center remembers (db/center). Every function takes a
 * connection for as long as it needs one and never waits for a server with it.
 * Faults are those of the database, and ROUTER_E_BUSY may come from each: no
 * connection was free in time. Times are UTC, ms.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "center/router/decide_order.h"
#include "center/router/decide_session.h"
#include "domain/announce.h"

enum { STORE_ID_BYTES = 16, STORE_NONCE_BYTES = 32 };

struct store;
/* 0, FAULT_CONFIG or FAULT_UNAVAILABLE. */
MUST_USE int store_open(
    const char *conninfo, unsigned connections, struct store **ret, struct err *err);
void store_close(struct store *s);
/* A keydir_memory's note(): @self is the store. 0 or a fault. */
MUST_USE int store_keys_note(
    void *self, struct muni_code muni, int64_t seq, int64_t *ret_greatest, struct err *err);

/* 0 or ROUTER_E_KIOSK_UNKNOWN: it is cut off. */
MUST_USE int store_kiosk_check(struct store *s, const char *kiosk, struct err *err);
/*
 * 0; ROUTER_E_KIOSK_UNKNOWN: it is cut off, and what it holds is worth nothing from then on, its
 * nonces are not burnt, its sessions not found; ROUTER_E_BUSY: it holds @max good nonces already.
 */
MUST_USE int store_nonce_add(struct store *s, const uint8_t nonce[STORE_NONCE_BYTES],
    const char *kiosk, int64_t now_ms, unsigned max, struct err *err);
/* One conditional UPDATE: of two requests with one nonce, one finds it burnt. */
MUST_USE int store_nonce_burn(struct store *s, struct arena *a,
    const uint8_t nonce[STORE_NONCE_BYTES], struct session_nonce *ret, struct err *err);
/* At most two. `served` is left false. */
MUST_USE int store_holders(struct store *s, const struct session_case *c,
    struct session_holder ret[2], size_t *ret_n, struct err *err);

struct store_session {
	uint8_t id[STORE_ID_BYTES];
	struct order_session s;
	struct session_part transcript, certificate, signature; /* in the arena */
};
MUST_USE int store_session_add(struct store *s, const uint8_t id[STORE_ID_BYTES],
    const struct session_case *c, int64_t expires_ms, struct err *err);
/* 0 or ROUTER_E_SESSION_EXPIRED (there is none). */
MUST_USE int store_session_find(struct store *s, struct arena *a, const uint8_t id[STORE_ID_BYTES],
    struct store_session *ret, struct err *err);

/*
 * Notes that an order is asked for, or finds it as it was asked for before.
 * 0 (ret->found tells which) or ROUTER_E_BUSY: too many orders of this session.
 */
MUST_USE int store_order_open(struct store *s, const struct store_session *x,
    const struct order_case *c, int64_t now_ms, struct order_logged *ret, struct err *err);
MUST_USE int store_order_find(struct store *s, const uint8_t session[STORE_ID_BYTES],
    const struct order_id *id, struct order_logged *ret, struct err *err);
/* "refused", "released" or "reported": forward only. */
MUST_USE int store_order_move(
    struct store *s, const struct order_id *id, const char *state, struct err *err);
/*
 * Binds the order to its one answer and its numbers to the order. Returns 0,
 * with *ret_flaw ANSWER_SOUND, ANSWER_CHANGED or ANSWER_USED (nothing was
 * written then), or ROUTER_E_STOPPED: stopped meanwhile, nothing is handed out.
 */
MUST_USE int store_answer(struct store *s, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err);
/* As store_order_find(), with the order's numbers. */
MUST_USE int store_order_numbers(struct store *s, const uint8_t session[STORE_ID_BYTES],
    const struct order_id *id, struct order_logged *ret,
    struct number_logged ret_numbers[ORDER_MAX_COPIES], size_t *ret_n, struct err *err);
/* Which of the outcome's copies to note: those that are void need nobody's consent. */
enum store_which { STORE_VOID_ONLY, STORE_ALL };
MUST_USE int store_outcome(
    struct store *s, const struct outcome *x, enum store_which which, struct err *err);
/* Stops a municipality for every process; the first reason stays. */
MUST_USE int store_stop(
    struct store *s, struct muni_code muni, const char *code, int64_t now_ms, struct err *err);

/* Tells @each of every municipality that is stopped for all processes. */
MUST_USE int store_stops(
    struct store *s, void (*each)(void *self, const char *muni), void *self, struct err *err);

/* Each announcement that two people listed; each node that is cut off (store_nodes.c). */
MUST_USE int store_nodes_listed(struct store *s, void (*each)(void *self, const struct announce *a),
    void *self, struct err *err);
MUST_USE int store_nodes_cut(struct store *s,
    void (*each)(void *self, const char *node, int64_t since_ms, const char *by), void *self,
    struct err *err);

/* A number that its city voided; again is nothing new. 0 or STORE_E_FULL: @max of the city are
 * kept. */
MUST_USE int store_void(struct store *s, struct muni_code muni, const char *number, int64_t max,
    int64_t now_ms, struct err *err);

/* Nonces made before @nonce_ms and sessions over before @session_ms. */
MUST_USE int store_tidy(struct store *s, int64_t nonce_ms, int64_t session_ms, struct err *err);

/* Changes of a municipality's cards, in pushes 1, 2, 3 ... */
struct directory_change {
	uint8_t issuer[CERT_KEY_HASH_BYTES];
	uint8_t serial[CERT_MAX_SERIAL]; /* no leading zero bytes */
	size_t serial_bytes;
	bool claim;
};
enum { STORE_E_GAP = 1701, STORE_E_FULL = 1702 };
/*
 * All of them with the position in one transaction; a push that was applied
 * before changes nothing. 0 or STORE_E_GAP (*ret_seq: the newest applied).
 */
MUST_USE int store_directory(struct store *s, struct muni_code muni, int64_t seq,
    const struct directory_change *changes, size_t n, int64_t *ret_seq, struct err *err);

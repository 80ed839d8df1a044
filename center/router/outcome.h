/* SPDX-License-Identifier: Apache-2.0 */
/* outcome - what the center answers when it does not do what was asked; docs/PROTOCOL.md. */
#pragma once
#include "http/server.h"

enum {
	ROUTER_E_NONCE_UNKNOWN = 1601,
	ROUTER_E_CARD_NOT_VALID,
	ROUTER_E_CARD_EXPIRED,
	ROUTER_E_CARD_REVOKED,
	ROUTER_E_CARD_ON_HOLD,
	ROUTER_E_CARD_STATUS_UNKNOWN,
	ROUTER_E_NOT_REGISTERED,
	ROUTER_E_CLOSED_HOURS,
	ROUTER_E_STOPPED,
	ROUTER_E_REPLICA_STALE,
	ROUTER_E_BUSY,
	ROUTER_E_SESSION_EXPIRED,
	ROUTER_E_ORDER_MISMATCH,
	ROUTER_E_ORDER_GONE,
	ROUTER_E_NOT_AVAILABLE,
	ROUTER_E_NOT_OFFERED,
	ROUTER_E_CANNOT_PRINT,
	ROUTER_E_RELEASE_REFUSED,
	ROUTER_E_RELEASE_SPENT,
	ROUTER_E_KIOSK_UNKNOWN, /* not in the configuration, or cut off */
	ROUTER_E_NO_SUCH_MUNI,
	ROUTER_E_FEE_CHANGED, /* nothing was issued: another session is offered the new one */
	ROUTER_E_TIMEOUT,     /* a server did not answer in time: nothing was issued */
};

/* Outcome -> status and code, for every route. Ends with a zero outcome. */
extern const struct http_outcome router_outcomes[];
/*
 * The outcome behind a code that a municipality's server answered. 0 for a code
 * that it has no business to give: the caller makes a fault of it.
 */
int router_outcome_of(const char *code);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pay - the till: a driver process of the shop's own make behind a Unix stream
 * socket, spoken to in lines of JSON (UTF-8, one object a line, at most
 * PAY_MAX_LINE_BYTES). Everything is idempotent by transaction (tx, 32 hex
 * digits): what is said twice happens once.
 *
 *   kiosk  {"do":"begin","tx":"..","yen":300}    take up to this sum
 *   driver {"is":"begun","tx":"..","yen":300}
 *   driver {"is":"inserted","tx":"..","yen":100} coins so far, unasked, any number of times
 *   driver {"is":"authorised","tx":"..","yen":300} or {"is":"declined",..}
 *   kiosk  {"do":"commit","tx":"..","yen":300}   keep this much (at most what was authorised),
 *                                                give back the rest
 *   driver {"is":"committed",..}
 *   kiosk  {"do":"void","tx":".."}               give everything back
 *   driver {"is":"voided",..}
 *   kiosk  {"do":"refund","tx":"..","yen":100}   after a commit
 *   driver {"is":"refunded",..}
 *   driver {"is":"unknown","tx":".."}            it never began this one
 *   driver {"is":"refused","tx":".."}            not in this state, not with this sum
 *
 * A repeated "begin" is answered "begun" once more, and then with where the
 * transaction stands. When the connection breaks, the driver keeps the
 * transaction and the kiosk asks again.
 */
#pragma once
#include "base/err.h"

enum { PAY_TX_CHARS = 32, PAY_MAX_LINE_BYTES = 512, PAY_ANSWER_MS = 5000, PAY_MAX_YEN = 1000000 };

/* Outcomes. */
enum {
	PAY_E_WAITING = 2301,  /* not paid yet; *ret_inserted_yen is set */
	PAY_E_DECLINED = 2302, /* the resident's means of payment was not taken */
	PAY_E_REFUSED = 2303,  /* the driver does not do this now */
	PAY_E_UNKNOWN = 2304   /* the driver never heard of this tx: no money was taken */
};

struct pay;
void pay_free(struct pay *p); /* transactions stay as they are; NULL is fine */
DEFINE_AUTO(pay)
/* No connection is made yet. */
OWNED_BY_CALLER(pay_free) struct pay *pay_new(const char *socket_path);

/*
 * All return 0, an outcome, FAULT_UNAVAILABLE or FAULT_TIMEOUT (no driver, no
 * answer: the same call may be made again), or FAULT_BAD_INPUT (an answer that
 * breaks the protocol).
 */
MUST_USE int pay_begin(struct pay *p, const char *tx, unsigned yen, struct err *err);
/* Waits up to @timeout_ms for news. 0 = authorised; PAY_E_WAITING, DECLINED, UNKNOWN. */
MUST_USE int pay_poll(struct pay *p, const char *tx, unsigned yen, int timeout_ms,
    unsigned *ret_inserted_yen, struct err *err);
/* 0 = kept; PAY_E_REFUSED, UNKNOWN. */
MUST_USE int pay_commit(struct pay *p, const char *tx, unsigned yen, struct err *err);
/* 0 = given back (also when it was before); PAY_E_REFUSED (it was kept), UNKNOWN. */
MUST_USE int pay_void(struct pay *p, const char *tx, struct err *err);
MUST_USE int pay_refund(struct pay *p, const char *tx, unsigned yen, struct err *err);

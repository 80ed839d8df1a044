/* SPDX-License-Identifier: Apache-2.0 */
/*
 * till - the simulated till's transactions, without I/O: lines in, lines out.
 * The protocol is that of kiosk/pay/pay.h; the modes are what a shop can do to it.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { TILL_MAX_TX = 1024, TILL_TX_CHARS = 32, TILL_MAX_LINE = 512 };

enum till_mode {
	TILL_AUTO,    /* every sum is paid at once */
	TILL_COINS,   /* waits for "insert N" */
	TILL_DECLINE, /* every sum is declined */
	TILL_SILENT   /* answers nothing at all */
};
enum till_state { TILL_BEGUN, TILL_AUTHORISED, TILL_DECLINED, TILL_COMMITTED, TILL_VOIDED };
struct till_tx {
	char tx[TILL_TX_CHARS + 1];
	enum till_state state;
	unsigned asked_yen;
	unsigned inserted_yen;
	unsigned kept_yen; /* after a commit, less refunds */
};
struct till {
	enum till_mode mode;
	unsigned n;
	struct till_tx tx[TILL_MAX_TX];
};

const char *till_state_name(enum till_state s);
/* One line of the kiosk (without its end) -> the lines that answer it, into @out. */
void till_line(struct till *t, const char *line, size_t bytes, struct buf *out);
/* "mode auto", "mode coins", "mode decline", "mode silent", "insert 100". What is to be told
 * unasked goes into @out. False for anything else. */
bool till_control(struct till *t, const char *line, struct buf *out);
/* All transactions as JSON lines. */
void till_ledger(const struct till *t, struct buf *out);

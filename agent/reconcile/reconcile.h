/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile - compares the register with its replica and mends what differs,
 * while the stream goes on (docs/PROTOCOL.md section 6).
 *
 * Whoever seems to differ is looked at alone: their rows here, then, once the
 * server has all that was committed by then, theirs there, then here again.
 * The same here both times and other there is a difference, whatever the
 * stream carried meanwhile. Such a person is blocked, sent anew, and let go by
 * the server only when what it then holds counts the same.
 */
#pragma once
#include "agent/agent_conf.h"
#include "http/client.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	RECONCILE_TRIES = 8, /* of a person who keeps changing; then the next run */
	RECONCILE_POLL_MS = 200,
};
struct reconcile_sum {
	uint64_t n_here, n_there; /* registered residents */
	uint64_t n_seemed;        /* looked at one by one */
	uint64_t n_differed;      /* really did, or were held back */
	uint64_t n_mended;
	uint64_t n_left; /* still differ and stay blocked, or changed all the time */
	uint64_t n_open; /* of those: who changed all the time, and is not blocked for it */
	bool settled;    /* the server has our last word: a stop of before may be lifted */
	int64_t ms;
	unsigned n_rounds; /* requests for ranges: grows with the logarithm of the residents */
};
/*
 * One run. Returns 0 (also with n_left > 0), or a fault: FAULT_UNAVAILABLE
 * (register or server away, server busy, or the stream does not run),
 * FAULT_CONFIG (a folder has no rows to read again).
 */
MUST_USE int reconcile_run(const struct agent_conf *c, const volatile bool *stop,
    struct reconcile_sum *ret, struct err *err);
/* Runs every c->reconcile_s until *stop; logs what it found. */
void reconcile_loop(const struct agent_conf *c, const volatile bool *stop);
/*
 * Prints "number,digest" of every registered resident, by number, on stdout; the
 * key stands in @key_path. 0 or a fault.
 */
MUST_USE int reconcile_export(const struct agent_conf *c, const char *key_path, struct err *err);

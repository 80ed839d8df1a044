/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err - how a function of ours fails.
 *
 *   0   it worked
 *   >0  an outcome the caller must handle: the FOO_E_* values in foo.h
 *   <0  a fault (enum fault): pass it up unchanged; @err holds the trail
 *
 * A trail is string literals and numbers only. It can be logged as it is,
 * because nothing about a resident can get into it.
 *
 * Each module has its own hundred of outcomes, so that an outcome that was
 * not translated cannot be taken for another module's:
 *   db 100, http 200, pki 300, wire 400, domain 500, backside 600,
 *   agent 1000, sync 1100, issue 1200, render 1300, seal 1400,
 *   router 1600, directory 1700, jpki 1800, inquiry 1900,
 *   card 2000, session 2100, print 2200, pay 2300, console 2400
 */
#pragma once
#include "base/attr.h"

enum fault {
	FAULT_INTERNAL = -1, /* a bug, or an outcome nobody handled */
	FAULT_NOMEM = -2,
	FAULT_BAD_INPUT = -3,   /* the peer broke the protocol */
	FAULT_INTEGRITY = -4,   /* a signature, MAC or hash does not match */
	FAULT_UNAVAILABLE = -5, /* a peer or the database is away: try again */
	FAULT_TIMEOUT = -6,
	FAULT_CONFIG = -7,
};

#define ERR_TRAIL_MAX 8

struct err {
	int fault;
	unsigned depth;
	struct err_step {
		const char *where;
		const char *what;
		long number;
	} trail[ERR_TRAIL_MAX]; /* [0] is the origin */
};

/* Start a fault here; returns @f, so: return err_raise(err, FAULT_TIMEOUT, "center reply", 0); */
#define err_raise(err, f, what, num) err_raise_((err), (f), __func__, "" what "", (num))
/* Add a step on the way up. 0 and outcomes pass through untouched. */
#define err_trace(err, r, what) err_trace_((err), (r), __func__, "" what "")
/* As err_trace, where no outcome is expected: an outcome becomes FAULT_INTERNAL. */
#define err_fold(err, r, what) err_fold_((err), (r), __func__, "" what "")

/* The two behind the macros. @where and @what must be literals. */
void err_start(struct err *err, int fault, const char *where, const char *what, long num);
void err_step(struct err *err, const char *where, const char *what, long num);

/* A fault's name for logs and problem+json: "bad-input", "integrity", ... Never NULL. */
const char *err_fault_name(int fault);

/* Inline, so that compilers and analysers see that a fault stays a fault. */
MUST_USE static inline int
err_raise_(struct err *err, enum fault f, const char *where, const char *what, long num)
{
	err_start(err, f, where, what, num);
	return f;
}

MUST_USE static inline int
err_trace_(struct err *err, int r, const char *where, const char *what)
{
	if (r < 0)
		err_step(err, where, what, 0);
	return r;
}

MUST_USE static inline int
err_fold_(struct err *err, int r, const char *where, const char *what)
{
	return r > 0 ? err_raise_(err, FAULT_INTERNAL, where, what, r)
		     : err_trace_(err, r, where, what);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - what the kiosk must not forget when the power goes: one small file
 * an order, appended and fsynced at each step, removed once the center knows the
 * outcome and the till is settled. It holds ids, issue numbers and outcomes
 * signed beforehand by the session's key (which itself is never written), so
 * that a restarted kiosk can still report them. No personal data.
 *
 * A file is locked by the process that works on it: several kiosk processes may
 * share a folder, and only files whose owner is gone are taken up again.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "domain/order.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	JOURNAL_MAX_FILE_BYTES = 262144,
	JOURNAL_MAX_LINE_BYTES = 16384,
	JOURNAL_MAX_OPEN = 1000, /* files looked at in one go */
	JOURNAL_TX_CHARS = 32
};
/* Outcomes. */
enum { JOURNAL_E_NONE = 2161 /* nothing left behind */ };

/* The folder must exist; files are made with mode 0600. */
struct journal;                        /* one order's open file */
void journal_close(struct journal *j); /* keeps the file; NULL is fine */
static inline void
journal_closep(struct journal **j)
{
	journal_close(*j);
}

/* Before the order is sent. Returns 0, or FAULT_UNAVAILABLE: then nothing may be ordered. */
MUST_USE int journal_begin(
    const char *folder, const struct order_id *id, struct journal **ret, struct err *err);
/* The steps. Each returns 0 or FAULT_UNAVAILABLE; after 0 it is on the disk. */
MUST_USE int journal_answered(struct journal *j, const uint8_t manifest_hash[32], struct err *err);
MUST_USE int journal_number(struct journal *j, const char *number, struct err *err);
/* @tx: JOURNAL_TX_CHARS hex digits. Before the till is asked. */
MUST_USE int journal_till(struct journal *j, const char *tx, struct err *err);
/*
 * Before the order is sent: the body of POST /v1/outcome that takes back whatever
 * comes to be issued for it, should nothing more be written.
 */
MUST_USE int journal_withdraw(struct journal *j, const char *body, size_t bytes, struct err *err);
/*
 * What a restarted kiosk has to report and to keep of the money if nothing more
 * is written: a body of POST /v1/outcome, one line. The last one counts; no copy
 * is on its way any more.
 */
MUST_USE int journal_fallback(
    struct journal *j, const char *body, size_t bytes, unsigned due_yen, struct err *err);
/*
 * A copy goes to the printer now, as a job of that name: what becomes of it is
 * asked for there. Bodies as above: @hope if it came out, @unsure if the printer
 * cannot say; the fallback stays for a copy that did not come out.
 */
struct journal_copy {
	const char *job_name;
	const char *hope;
	size_t hope_bytes;
	unsigned hope_due_yen;
	const char *unsure;
	size_t unsure_bytes;
};
MUST_USE int journal_sending(struct journal *j, const struct journal_copy *c, struct err *err);
/* The printer's number for it. */
MUST_USE int journal_job(struct journal *j, int job, struct err *err);
MUST_USE int journal_released(struct journal *j, struct err *err);
/* Done with the till; done with the center. */
MUST_USE int journal_till_done(struct journal *j, struct err *err);
MUST_USE int journal_reported(struct journal *j, struct err *err);
/* All done: removes the file. Closes @j also when it fails. */
MUST_USE int journal_end(struct journal *j, struct err *err);

struct journal_left {
	struct order_id id;
	bool released; /* so paper may have moved */
	unsigned n_numbers;
	const char *numbers[ORDER_MAX_COPIES];
	const char *outcome; /* body to post; NULL = nothing was ordered, nothing to report */
	bool withdraws;      /* it is the order's: no answer was accepted */
	bool reported;
	const char *tx; /* NULL = the till was never asked */
	bool till_done;
	unsigned due_yen;     /* to be kept of the money; 0 = give it back */
	const char *job_name; /* the copy that was on its way when all ended; NULL = none */
	unsigned job;         /* its number; 0 = not known */
	const char *hope;     /* body and sum if it came out */
	unsigned hope_due_yen;
	const char *unsure; /* body if nobody can say */
	int64_t age_s;      /* since the last line was written, by the wall clock */
};
/*
 * Takes up one file whose owner is gone: locks it, reads it. A file cut off in
 * mid-line counts up to there. Returns 0, JOURNAL_E_NONE, or a fault; a file that
 * cannot be understood is renamed "<name>.bad", for a human, and passed over.
 */
MUST_USE int journal_take(const char *folder, struct arena *a, struct journal_left *ret,
    struct journal **ret_journal, struct err *err);
/* Puts aside what the center will not have: renamed "<name>.refused". Closes @j. */
MUST_USE int journal_refuse(struct journal *j, struct err *err);
/* Keeps what is written so far for a human, under "<name>.refused"; @j goes on. */
MUST_USE int journal_keep(struct journal *j, struct err *err);

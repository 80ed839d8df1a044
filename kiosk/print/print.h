/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print - one certificate to one printer, as an IPP client without a spooler
 * (RFC 8011; libcups speaks it, no cupsd runs, so no file with a certificate
 * lies on a disk).
 *
 *   print_open -> print_check_abilities -> print_check -> print_send
 *              -> print_poll ... -> print_printer_free
 *
 * The last word on a job is its job-state, never a count of sides: devices count
 * differently. Nothing here waits but for the network, and that at most
 * PRINT_NETWORK_TIMEOUT_S for each connect, read or write. Not for threads.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PRINT_PDF_MAX_BYTES = 64 << 20,
	PRINT_JOB_NAME_MAX = 64,
	PRINT_URI_MAX = 255,
	PRINT_PIN_BYTES = 32,
	PRINT_NETWORK_TIMEOUT_S = 10,
	PRINT_HISTORY_S = 45, /* for so long every printer knows a job that is over */
	PRINT_MAX_JOBS = 100, /* of a list of jobs, the newest */
};

/* Outcomes. */
enum {
	PRINT_E_OFFLINE = 2201,   /* the printer does not answer */
	PRINT_E_BUSY = 2202,      /* it takes one job at a time and has one: wait, then again */
	PRINT_E_REFUSED = 2203,   /* it cannot print this as asked (duplex, A4, PDF): never retry */
	PRINT_E_NO_JOB = 2204,    /* it does not know the job any more: its end is unknown */
	PRINT_E_NOT_READY = 2205, /* it does not accept jobs now: look at print_check */
	PRINT_E_UNSURE = 2206,    /* the connection broke while sending: the job, *ret_job, may or
				     may not be printed */
};
/* Short name for events and screens: "offline", "busy", ...; "unknown" for no outcome. */
const char *print_outcome_name(int outcome);

enum print_state {
	PRINT_READY,
	PRINT_BUSY,    /* printing something */
	PRINT_STOPPED, /* stopped for another reason: a clerk has to look */
	PRINT_SUPPLY,  /* toner or ink is out */
	PRINT_OUTPUT_FULL,
	PRINT_EMPTY, /* paper out or the tray is missing */
	PRINT_COVER, /* a door is open */
	PRINT_JAM,
};
const char *print_state_name(enum print_state s); /* "ready", "jam", ... */

enum print_job_state {
	PRINT_JOB_WAITING, /* pending, held */
	PRINT_JOB_PRINTING,
	PRINT_JOB_STOPPED,   /* the printer stopped in it; it goes on once mended */
	PRINT_JOB_COMPLETED, /* all sheets came out */
	PRINT_JOB_ABORTED,   /* the printer gave it up */
	PRINT_JOB_CANCELED,
};
const char *print_job_state_name(enum print_job_state s); /* "waiting", ... */
static inline bool
print_job_is_over(enum print_job_state s)
{
	return s >= PRINT_JOB_COMPLETED;
}

struct print_status {
	enum print_job_state job;
	enum print_state printer;
	unsigned sides_out; /* job-impressions-completed: for the progress bar alone */
};

struct print_printer;
void print_printer_free(struct print_printer *p);
DEFINE_AUTO(print_printer)
/*
 * @uri: ipps://host[:port]/path, or ipp:// (in clear: for a printer inside the
 * kiosk's own case). @pin: SHA-256 of the printer's certificate (DER), which ipps
 * needs, because such certificates are self-signed; NULL with ipp. No connection
 * is made yet. Returns 0 or FAULT_CONFIG.
 */
MUST_USE int print_open(
    const char *uri, const uint8_t *pin, struct print_printer **ret, struct err *err);

/*
 * That the printer takes PDF, prints both sides, on A4, without scaling; asked at
 * the start of the kiosk. Returns 0, PRINT_E_OFFLINE, PRINT_E_REFUSED, or
 * FAULT_INTEGRITY (not the pinned printer).
 */
MUST_USE int print_check_abilities(struct print_printer *p, struct err *err);
/* How the printer is now. Returns 0, PRINT_E_OFFLINE or FAULT_INTEGRITY. */
MUST_USE int print_check(struct print_printer *p, enum print_state *ret, struct err *err);

struct print_doc {
	const uint8_t *pdf;
	size_t bytes;         /* 1..PRINT_PDF_MAX_BYTES */
	const char *job_name; /* the issue number: never anything about the resident */
	bool duplex;          /* two-sided-long-edge, else one-sided */
};
/*
 * Sends the document: one copy, A4, unscaled, and refused rather than changed
 * (fidelity). *ret_job is the printer's number for it, written with 0 and
 * PRINT_E_UNSURE. Returns 0; PRINT_E_BUSY, OFFLINE, REFUSED, NOT_READY (nothing
 * is going to be printed); PRINT_E_UNSURE; FAULT_BAD_INPUT (@doc breaks its
 * limits), FAULT_INTEGRITY.
 */
MUST_USE int print_send(
    struct print_printer *p, const struct print_doc *doc, int *ret_job, struct err *err);
/* Returns 0, PRINT_E_OFFLINE, PRINT_E_NO_JOB, FAULT_BAD_INPUT (no state in the answer). */
MUST_USE int print_poll(
    struct print_printer *p, int job, struct print_status *ret, struct err *err);
/*
 * The job of that name, after a restart in which its number was lost; a completed
 * one before one that is not over before one that was given up. @age_s: how long
 * ago it was sent at the most. Returns 0; PRINT_E_NO_JOB (it never came: the
 * printer has been up since and would know); PRINT_E_UNSURE (it may have come and
 * be forgotten); PRINT_E_OFFLINE; FAULT_INTEGRITY.
 */
MUST_USE int print_find(
    struct print_printer *p, const char *job_name, int64_t age_s, int *ret_job, struct err *err);
/* Asks the printer to stop it; poll for what came of that. Returns 0 (also when it was over
 * already), PRINT_E_OFFLINE or PRINT_E_NO_JOB. */
MUST_USE int print_cancel(struct print_printer *p, int job, struct err *err);

/*
 * What one of printer-state-reasons means; PRINT_READY when it stops nothing
 * ("none", "toner-low-warning"). Exported for its test.
 */
enum print_state print_reason_state(const char *reason);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print - one certificate to one printer, as an IPP client without a spooler
 * (RFC 8011; libcups speaks it, no cupsd runs, so no file with a certificate
 * lies on a disk).
 *
 *   print_open -> print_check -> print_send -> print_poll ... -> print_printer_free
 *
 * The last word on a job is its job-state, never a count of sides: devices count
 * differently. Times are the caller's: nothing here waits but for the network,
 * and that at most PRINT_NETWORK_TIMEOUT_S per call. Not for threads.
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
	PRINT_NETWORK_TIMEOUT_S = 10,
};

/* Outcomes. */
enum {
	PRINT_E_OFFLINE = 2201, /* the printer does not answer */
	PRINT_E_BUSY = 2202,    /* it takes one job at a time and has one: wait, then again */
	PRINT_E_REFUSED = 2203, /* it cannot print this as asked (duplex, A4, PDF): never retry */
	PRINT_E_NO_JOB = 2204, /* it does not know the job any more: what became of it is unknown */
	PRINT_E_NOT_READY = 2205, /* it does not accept jobs now: look at print_check */
	PRINT_E_UNSURE = 2206,    /* the connection broke in mid-sending: the job may or may not be
				     there; *ret_job is set when it is known */
};

enum print_state {
	PRINT_READY,
	PRINT_BUSY, /* printing something */
	PRINT_JAM,
	PRINT_EMPTY,  /* paper out or the tray is missing */
	PRINT_COVER,  /* a door is open */
	PRINT_SUPPLY, /* toner or ink is out */
	PRINT_OUTPUT_FULL,
	PRINT_STOPPED, /* stopped for another reason: a clerk has to look */
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
 * @uri: ipp://host[:port]/path or ipps://. No connection is made yet. Returns 0
 * or FAULT_CONFIG.
 */
MUST_USE int print_open(const char *uri, struct print_printer **ret, struct err *err);

/* How the printer is now. Returns 0, PRINT_E_OFFLINE or a fault. */
MUST_USE int print_check(struct print_printer *p, enum print_state *ret, struct err *err);

/*
 * True once the printer said that it takes PDF, both sides, A4 and no scaling.
 * Asked once at the start of the kiosk. Returns 0, PRINT_E_OFFLINE,
 * PRINT_E_REFUSED or a fault.
 */
MUST_USE int print_check_abilities(struct print_printer *p, struct err *err);

struct print_doc {
	const uint8_t *pdf;
	size_t bytes;         /* 1..PRINT_PDF_MAX_BYTES */
	const char *job_name; /* the issue number: never anything about the resident */
	bool duplex;          /* two-sided-long-edge, else one-sided */
};
/*
 * Sends the document: A4, unscaled, and refused rather than changed (fidelity).
 * *ret_job is the printer's number for it. Returns 0; PRINT_E_BUSY, OFFLINE,
 * REFUSED, NOT_READY (nothing was taken); PRINT_E_UNSURE; FAULT_BAD_INPUT.
 */
MUST_USE int print_send(
    struct print_printer *p, const struct print_doc *doc, int *ret_job, struct err *err);
/* Returns 0, PRINT_E_OFFLINE, PRINT_E_NO_JOB or a fault. */
MUST_USE int print_poll(
    struct print_printer *p, int job, struct print_status *ret, struct err *err);
/* Returns 0 (also when it was over already), PRINT_E_OFFLINE, PRINT_E_NO_JOB or a fault. */
MUST_USE int print_cancel(struct print_printer *p, int job, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_fake - a printer that answers as the test wants, over real IPP on
 * 127.0.0.1: for what no well-behaved printer can be brought to do.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include <cups/cups.h>

/* How one operation is answered. */
enum fake_way {
	FAKE_ANSWER,
	FAKE_CLOSE,       /* hangs up instead of answering */
	FAKE_CLOSE_EARLY, /* hangs up before it has read the document */
	FAKE_GARBAGE,     /* 200, but no IPP */
};
struct fake {
	/* Set before a call; the server's thread reads them. */
	enum fake_way create_way, send_way, poll_way, check_way;
	ipp_status_t create, send, poll, cancel, check;
	int job_id;    /* 0: left out */
	int job_state; /* 0: left out */
	int impressions;
	int printer_state; /* 0: left out */
	bool refuses_jobs;
	const char *reasons[4];
	/* Get-Jobs: up to 4 jobs, over or not by their state; a NULL name is not told. */
	struct fake_job {
		int id; /* 0: none */
		int state;
		const char *name;
	} jobs[4];
	ipp_status_t list;
	enum fake_way list_way;
	int up_time_s; /* 0: left out */
	/* What it saw. */
	int n_create, n_send, n_cancel;
	size_t document_bytes;
	bool fidelity;
	char sides[64], media[64], scaling[64], job_name[128], user[64];
	int copies;
	/* Inside. */
	int listener;
	unsigned port;
	unsigned long thread;
};
/* Starts one in its good state; the URI is "ipp://127.0.0.1:<port>/ipp/print". */
void fake_start(struct fake *f);
void fake_good(struct fake *f); /* all is well again, nothing seen */
void fake_stop(struct fake *f);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew - cases of a test worked off by several processes, one a processor. A
 * case is a number; what came of it is a record of fixed size that the process
 * hands back by pipe, so the records must hold no pointers.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { CREW_MAX_HANDS = 16, CREW_MAX_RECORD_BYTES = 2048, CREW_TELL_S = 15 };

struct crew_job {
	const char *name; /* for the lines that tell how far it is, every CREW_TELL_S */
	unsigned n;       /* cases */
	size_t record_bytes;
	/* In the new process, before its first case and behind its last one; false ends the crew.
	 */
	bool (*start)(void *self);
	void (*stop)(void *self);
	/* Fills @record, zeroed before. Must not assert: it is not in the test's process. */
	void (*work)(void *self, unsigned i, void *record);
	void *self;
};

/* Fills @records, of all cases in order. False when a process ended before its cases did. */
bool crew_run(const struct crew_job *job, void *records);

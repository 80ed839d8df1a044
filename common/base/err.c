/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stddef.h>

void
err_start(struct err *err, int fault, const char *where, const char *what, long num)
{
	if (err == NULL)
		return;
	err->fault = fault;
	err->depth = 0;
	err_step(err, where, what, num);
}

void
err_step(struct err *err, const char *where, const char *what, long num)
{
	/* The origin is worth more than the last steps: a full trail drops what comes. */
	if (err == NULL || err->depth >= ERR_TRAIL_MAX)
		return;
	err->trail[err->depth++] = (struct err_step){ .where = where, .what = what, .number = num };
}

const char *
err_fault_name(int fault)
{
	static const char *const names[] = { "internal", "nomem", "bad-input", "integrity",
		"unavailable", "timeout", "config" };
	if (fault >= 0 || -fault > (int)N_ELEMENTS(names))
		return "unknown";
	return names[-fault - 1];
}

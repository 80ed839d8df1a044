/* SPDX-License-Identifier: Apache-2.0 */
/* What printers say of themselves (RFC 8011 5.4.12, PWG 5100.9). */
#include "kiosk/print/print.h"

#include <string.h>

/* RFC 8011: "-report", "-warning", "-error" tell how bad it is; devices use them at will. */
static size_t
reason_base_len(const char *reason)
{
	static const char *const ends[] = { "-report", "-warning", "-error" };
	size_t n = strlen(reason);
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		size_t e = strlen(ends[i]);
		if (n > e && strcmp(reason + n - e, ends[i]) == 0)
			return n - e;
	}
	return n;
}

enum print_state
print_reason_state(const char *reason)
{
	static const struct {
		const char *base;
		enum print_state state;
	} t[] = {
		{ "media-jam", PRINT_JAM },
		{ "cover-open", PRINT_COVER },
		{ "door-open", PRINT_COVER },
		{ "interlock-open", PRINT_COVER },
		{ "media-empty", PRINT_EMPTY },
		{ "media-needed", PRINT_EMPTY },
		{ "input-tray-missing", PRINT_EMPTY },
		{ "output-area-full", PRINT_OUTPUT_FULL },
		{ "output-tray-missing", PRINT_OUTPUT_FULL },
		{ "toner-empty", PRINT_SUPPLY },
		{ "developer-empty", PRINT_SUPPLY },
		{ "marker-supply-empty", PRINT_SUPPLY },
		{ "marker-waste-full", PRINT_SUPPLY },
		{ "offline", PRINT_STOPPED },
		{ "shutdown", PRINT_STOPPED },
		{ "paused", PRINT_STOPPED },
		{ "moving-to-paused", PRINT_STOPPED },
		{ "stopping", PRINT_STOPPED },
		{ "stopped-partly", PRINT_STOPPED },
		{ "spool-area-full", PRINT_STOPPED },
		{ "fuser-over-temp", PRINT_STOPPED },
		{ "fuser-under-temp", PRINT_STOPPED },
		{ "opc-life-over", PRINT_STOPPED },
		{ "other", PRINT_STOPPED },
	};
	size_t n = reason_base_len(reason);
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (strlen(t[i].base) == n && strncmp(t[i].base, reason, n) == 0)
			return t[i].state;
	return PRINT_READY;
}

static const char *
name_of(const char *const *names, size_t n, int i)
{
	return i >= 0 && (size_t)i < n ? names[i] : "unknown";
}

const char *
print_outcome_name(int outcome)
{
	static const char *const names[] = { "offline", "busy", "refused", "no-job", "not-ready",
		"unsure" };
	return name_of(names, N_ELEMENTS(names), outcome - PRINT_E_OFFLINE);
}

const char *
print_state_name(enum print_state s)
{
	static const char *const names[] = { "ready", "busy", "stopped", "supply", "output-full",
		"paper-out", "cover-open", "jam" };
	return name_of(names, N_ELEMENTS(names), (int)s);
}

const char *
print_job_state_name(enum print_job_state s)
{
	static const char *const names[] = { "waiting", "printing", "stopped", "completed",
		"aborted", "canceled" };
	return name_of(names, N_ELEMENTS(names), (int)s);
}

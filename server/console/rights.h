/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights - what each role of the city's staff may do: one table, least rights.
 * Nobody who gives rights reads residents' data; nobody who audits changes any.
 */
#pragma once
#include <stddef.h>

/* RIGHT(name, text) */
#define CONSOLE_RIGHTS(RIGHT)                                                                      \
	RIGHT(PERSON_READ, "person.read")                                                          \
	RIGHT(STOP_READ, "stop.read")                                                              \
	RIGHT(STOP_SET, "stop.set")                                                                \
	RIGHT(STOP_LIFT, "stop.lift")                                                              \
	RIGHT(STOP_APPROVE, "stop.approve")                                                        \
	RIGHT(STATUS_READ, "status.read")                                                          \
	RIGHT(SERVICE_SET, "service.set")                                                          \
	RIGHT(FEE_SET, "fee.set")                                                                  \
	RIGHT(ISSUE_READ, "issue.read")                                                            \
	RIGHT(ISSUE_VOID, "issue.void")                                                            \
	RIGHT(REISSUE_READ, "reissue.read")                                                        \
	RIGHT(REISSUE_SET, "reissue.set")                                                          \
	RIGHT(REISSUE_APPROVE, "reissue.approve")                                                  \
	RIGHT(STATISTICS_READ, "statistics.read")                                                  \
	RIGHT(PRINTABLE_READ, "printable.read")                                                    \
	RIGHT(PREVIEW_READ, "preview.read")                                                        \
	RIGHT(IMPRINT_READ, "imprint.read")                                                        \
	RIGHT(IMPRINT_SET, "imprint.set")                                                          \
	RIGHT(IMPRINT_APPROVE, "imprint.approve")                                                  \
	RIGHT(IMPRINT_END, "imprint.end")                                                          \
	RIGHT(AUDIT_READ, "audit.read")                                                            \
	RIGHT(STAFF_READ, "staff.read")                                                            \
	RIGHT(STAFF_WRITE, "staff.write")

enum {
#define RIGHT(name, text) RIGHT_NO_##name,
	CONSOLE_RIGHTS(RIGHT)
#undef RIGHT
	    RIGHT_COUNT
};
enum {
#define RIGHT(name, text) RIGHT_##name = 1u << RIGHT_NO_##name,
	CONSOLE_RIGHTS(RIGHT)
#undef RIGHT
	    RIGHT_NONE = 0,       /* nobody has to be logged in */
	RIGHT_SESSION = 1u << 30, /* whoever is logged in */
	RIGHT_LOCKED = 1u << 29,  /* and also a session that rests too long */
};

struct console_role {
	const char *name;  /* "uketsuke", in the database */
	const char *title; /* 窓口受付 */
	unsigned rights;
};
/* Ends with a NULL name. */
extern const struct console_role console_roles[];
/* NULL when there is none. */
const struct console_role *console_role_find(const char *name, size_t bytes);
/* "person.read" of one bit; NULL for others. */
const char *console_right_name(unsigned right);
/* All rights of "uketsuke,shonin". */
unsigned console_rights_of(const char *roles);

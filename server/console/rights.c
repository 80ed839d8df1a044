/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/rights.h"
#include <string.h>

/* The table (docs/CONSOLE.md shows it to the city; tests/console walks it). */
const struct console_role console_roles[] = {
	{ "uketsuke", "窓口受付",
	    RIGHT_PERSON_READ | RIGHT_STOP_READ | RIGHT_STOP_SET | RIGHT_STOP_LIFT |
		RIGHT_STATUS_READ },
	{ "shonin", "承認者",
	    RIGHT_PERSON_READ | RIGHT_STOP_READ | RIGHT_STOP_APPROVE | RIGHT_STATUS_READ |
		RIGHT_REISSUE_READ | RIGHT_REISSUE_APPROVE | RIGHT_IMPRINT_READ |
		RIGHT_IMPRINT_APPROVE | RIGHT_IMPRINT_END },
	{ "unyo", "運用担当",
	    RIGHT_STATUS_READ | RIGHT_SERVICE_SET | RIGHT_FEE_SET | RIGHT_ISSUE_READ |
		RIGHT_ISSUE_VOID | RIGHT_REISSUE_READ | RIGHT_REISSUE_SET | RIGHT_STATISTICS_READ |
		RIGHT_PRINTABLE_READ | RIGHT_PREVIEW_READ | RIGHT_IMPRINT_READ | RIGHT_IMPRINT_SET |
		RIGHT_IMPRINT_END },
	{ "kansa", "監査",
	    RIGHT_AUDIT_READ | RIGHT_STATUS_READ | RIGHT_STAFF_READ | RIGHT_STATISTICS_READ |
		RIGHT_IMPRINT_READ },
	{ "kanri", "職員管理", RIGHT_STAFF_READ | RIGHT_STAFF_WRITE | RIGHT_STATUS_READ },
	{ NULL, NULL, 0 },
};

const struct console_role *
console_role_find(const char *name, size_t bytes)
{
	for (const struct console_role *r = console_roles; r->name != NULL; r++)
		if (strlen(r->name) == bytes && memcmp(r->name, name, bytes) == 0)
			return r;
	return NULL;
}

const char *
console_right_name(unsigned right)
{
	switch (right) {
#define RIGHT(name, text)                                                                          \
	case RIGHT_##name:                                                                         \
		return text;
		CONSOLE_RIGHTS(RIGHT)
#undef RIGHT
	default:
		return NULL;
	}
}

unsigned
console_rights_of(const char *roles)
{
	unsigned rights = 0;
	while (*roles != '\0') {
		size_t n = strcspn(roles, ",");
		const struct console_role *r = console_role_find(roles, n);
		rights |= r != NULL ? r->rights : 0;
		roles += n + (roles[n] == ',');
	}
	return rights;
}

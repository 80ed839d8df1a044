/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/roster_file.h"
#include "server/console/staff.h"

#include <stdlib.h>
#include <string.h>

/* The first column of a line of @bytes; what follows is not looked at. */
static int
id_of(struct arena *a, const char *line, size_t bytes, const char **ret)
{
	bool quoted = bytes > 0 && line[0] == '"';
	const char *p = quoted ? line + 1 : line;
	size_t room = bytes - (size_t)(p - line);
	size_t n = 0;
	while (n < room && p[n] != (quoted ? '"' : ','))
		n++;
	if (quoted && (n == room || (n + 1 < room && p[n + 1] != ',')))
		return ROSTER_E_QUOTE;
	char *id = arena_strndup(a, p, n);
	if (n > STAFF_ID_MAX || !staff_id_ok(id))
		return ROSTER_E_ID;
	*ret = id;
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted; 0 or ROSTER_E_TWICE. Which line it was is not known any more: the file is at fault. */
static int
sort(struct roster *r)
{
	qsort(r->ids, r->n, sizeof(*r->ids), by_text);
	for (unsigned i = 1; i < r->n; i++)
		if (strcmp(r->ids[i - 1], r->ids[i]) == 0)
			return ROSTER_E_TWICE;
	return 0;
}

int
roster_parse(struct arena *a, const char *text, struct roster *ret, unsigned *ret_line)
{
	struct roster r = { .ids = arena_zero_n(a, ROSTER_MAX_LINES, sizeof(*r.ids)) };
	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	for (*ret_line = 1; *text != '\0'; (*ret_line)++) {
		size_t n = strcspn(text, "\n");
		size_t bytes = n > 0 && text[n - 1] == '\r' ? n - 1 : n;
		const char *line = text;
		text += n + (text[n] == '\n');
		if (bytes > ROSTER_LINE_MAX_BYTES)
			return ROSTER_E_LONG;
		if (*ret_line == 1 || bytes == 0)
			continue;
		if (r.n == ROSTER_MAX_LINES)
			return ROSTER_E_TOO_MANY;
		int e = id_of(a, line, bytes, &r.ids[r.n++]);
		if (e)
			return e;
	}
	*ret_line = 0;
	int e = r.n > 0 ? sort(&r) : ROSTER_E_EMPTY;
	if (e == 0)
		*ret = r;
	return e;
}

bool
roster_has(const struct roster *r, const char *user)
{
	return bsearch(&user, r->ids, r->n, sizeof(*r->ids), by_text) != NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of pgoutput messages, each behind a 16-bit length: what is taken
 * for a change names its columns and stays within the limits.
 */
#include "base/bytes.h"
#include "db/repl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_columns(const struct repl_column *c, unsigned n)
{
	if (n > REPL_MAX_COLUMNS)
		abort();
	for (unsigned i = 0; i < n; i++)
		if (c[i].name == NULL || strlen(c[i].name) > 255 ||
		    (c[i].unchanged && c[i].text != NULL))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_init(data, size);
	struct repl_relations *rel = repl_relations_new();
	AUTO(arena) struct arena *a = arena_new((size_t)1 << 30);
	while (rd_left(&in) > 0) {
		struct repl_change c = { 0 };
		struct err err = { 0 };
		bool is_change = false;
		size_t n = 0;
		const uint8_t *p = rd_field16(&in, &n);
		if (p == NULL)
			break;
		int r = repl_parse(rel, a, p, n, &c, &is_change, &err);
		if (r != 0 && (r != FAULT_BAD_INPUT || is_change))
			abort();
		if (!is_change)
			continue;
		check_columns(c.columns, c.n_columns);
		check_columns(c.old, c.n_old);
		if (c.kind != REPL_BEGIN && c.kind != REPL_COMMIT && c.table == NULL)
			abort();
	}
	repl_relations_free(rel);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/medium/medium.h"
#include "agent/source/map.h"
#include "queries/register_agent.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_ARENA_BYTES = 1024 * 1024, PAGE_MAX_COLUMNS = 48 };

static const char *const juminhyo_columns[] = { "atena_no", "rireki_no", "jumin_jotai",
	"jumin_shubetsu", "narabi",
#define COLUMN(column, item) #column,
#include "agent/source/columns.def"
#undef COLUMN
	NULL };
static const char *const inkan_columns[] = { "atena_no", "rireki_no", "toroku_jotai", "toroku_no",
	"toroku_ymd", "haba_px", "takasa_px", "inei", NULL };
static const char *const shomeisho_columns[] = { "atena_no", "rireki_no", "yuko", "issuer_key_hash",
	"serial", NULL };
static const char *const yokushi_columns[] = { "taisho_kubun", "taisho_no", "rireki_no", "yuko",
	"juminhyo", "inkan", NULL };

static const struct page_table {
	const char *table;
	const struct db_query *query, *one;
	const char *const *columns; /* in the query's order; the first n_keys are the key */
	unsigned n_keys;
	const char *start[2]; /* before every key */
} tables[] = {
	{ "juminhyo", &q_agent_juminhyo_page, &q_agent_juminhyo_of, juminhyo_columns, 1, { "" } },
	{ "inkan", &q_agent_inkan_page, &q_agent_inkan_of, inkan_columns, 1, { "" } },
	{ "shomeisho", &q_agent_shomeisho_page, &q_agent_shomeisho_of, shomeisho_columns, 2,
	    { "", "0" } },
	{ "yokushi", &q_agent_yokushi_page, &q_agent_yokushi_of, yokushi_columns, 2, { "", "" } },
};

static void
start_table(struct page_reader *r)
{
	r->ended = r->table == N_ELEMENTS(tables);
	for (unsigned i = 0; !r->ended && i < tables[r->table].n_keys; i++)
		(void)snprintf(r->after[i], sizeof(r->after[i]), "%s", tables[r->table].start[i]);
}

void
page_reader_init(struct page_reader *r, struct db *db)
{
	*r = (struct page_reader){ .db = db };
	start_table(r);
}

static int
format_row(struct arena *a, const struct page_table *t, const struct db_rows *rows, size_t i,
    struct buf *lines, struct err *err)
{
	struct repl_column c[PAGE_MAX_COLUMNS];
	bool urgent = false;
	unsigned n = 0;
	for (; t->columns[n] != NULL && n < PAGE_MAX_COLUMNS; n++)
		c[n] = (struct repl_column){ t->columns[n], db_text(rows, i, n), false };
	arena_reset(a);
	int r = map_row_put(&(struct map_row){ t->table, c, n, false }, a, lines, &urgent, err);
	buf_u8(lines, '\n');
	return err_trace(err, r, "row");
}

static int
ask_page(struct page_reader *r, const struct page_table *t, struct db_rows **ret, struct err *err)
{
	struct db_arg args[3];
	for (unsigned i = 0; i < t->n_keys; i++)
		args[i] = db_text_arg(r->after[i]);
	args[t->n_keys] = db_int_arg(r->table == PAGE_INKAN ? MEDIUM_PAGE_SEALS : MEDIUM_PAGE_ROWS);
	return err_fold(err, db_run(r->db, t->query, args, t->n_keys + 1, ret, err), "page");
}

int
page_next(struct page_reader *r, struct buf *lines, unsigned *ret_n, struct err *err)
{
	const struct page_table *t = &tables[r->table];
	AUTO(arena) struct arena *a = arena_new(PAGE_ARENA_BYTES);
	AUTO(db_rows) struct db_rows *rows = NULL;
	int x = ask_page(r, t, &rows, err);
	size_t n = x ? 0 : db_n(rows);
	for (size_t i = 0; x == 0 && i < n; i++)
		x = format_row(a, t, rows, i, lines, err);
	for (unsigned i = 0; x == 0 && n > 0 && i < t->n_keys; i++) {
		const char *last = db_text(rows, n - 1, i);
		if (strlen(last) >= sizeof(r->after[i]))
			return err_raise(err, FAULT_BAD_INPUT, "key over its limit", (long)i);
		(void)snprintf(r->after[i], sizeof(r->after[i]), "%s", last);
	}
	if (x)
		return err_trace(err, x, "page");
	if (!buf_ok(lines))
		return err_raise(err, FAULT_INTERNAL, "page does not fit", (long)n);
	if (n == 0) {
		r->table++;
		start_table(r);
	}
	*ret_n = (unsigned)n;
	return 0;
}

int
page_of(struct db *db, enum page_table_number table, const char *const *key, struct buf *lines,
    struct err *err)
{
	const struct page_table *t = &tables[table];
	AUTO(arena) struct arena *a = arena_new(PAGE_ARENA_BYTES);
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_arg args[2];
	for (unsigned i = 0; i < t->one->n_args; i++)
		args[i] = db_text_arg(key[i]);
	int r = db_run(db, t->one, args, t->one->n_args, &rows, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = format_row(a, t, rows, i, lines, err);
	if (r == 0 && !buf_ok(lines))
		return err_raise(err, FAULT_INTERNAL, "rows do not fit", (long)table);
	return err_fold(err, r, "rows");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/pg/pg.h"
#include "agent/source/pg/map.h"
#include "base/mem.h"
#include "db/repl.h"

struct pg {
	struct repl *repl;
	uint64_t from_lsn;
};

static int
pg_event(struct pg *pg, struct arena *a, const struct repl_change *c, struct source_event *ret,
    struct err *err)
{
	struct map_record rec;
	const struct map_row row = { c->table, c->columns, c->n_columns, c->kind == REPL_DELETE };
	if (c->kind == REPL_TRUNCATE)
		return err_raise(err, FAULT_INTEGRITY, "a table of the register was emptied", 0);
	if (c->kind == REPL_COMMIT) {
		*ret = (struct source_event){
			.kind = SOURCE_COMMIT, .at_ms = c->at_ms, .old = c->lsn <= pg->from_lsn
		};
		pg_position_format(c->lsn, ret->position);
		return 0;
	}
	int r = map_row(a, &row, &rec, err);
	if (r)
		return err_trace(err, r, "row");
	*ret = (struct source_event){ .kind = SOURCE_RECORD,
		.json = rec.json,
		.json_bytes = rec.json_bytes,
		.urgent = rec.urgent };
	return 0;
}

static int
pg_next(void *self, struct arena *a, int wait_ms, struct source_event *ret, struct err *err)
{
	struct pg *pg = self;
	struct repl_change c = { 0 };
	int r = 0;
	do
		r = repl_next(pg->repl, a, wait_ms, &c, err);
	while (r == 0 && c.kind == REPL_BEGIN);
	if (r == REPL_E_IDLE)
		return SOURCE_E_IDLE;
	if (r)
		return err_fold(err, r, "register");
	return pg_event(pg, a, &c, ret, err);
}

static int
pg_confirm(void *self, const char *position, struct err *err)
{
	struct pg *pg = self;
	uint64_t lsn = 0;
	if (!pg_position_parse(position, &lsn))
		return err_raise(err, FAULT_INTERNAL, "position", 0);
	return err_fold(err, repl_confirm(pg->repl, lsn, err), "confirm");
}

static void
pg_close(void *self)
{
	struct pg *pg = self;
	repl_close(pg->repl);
	mem_free(pg);
}

int
pg_source_open(const struct pg_conf *c, const char *position, struct source *ret, struct err *err)
{
	struct repl *repl = NULL;
	uint64_t lsn = 0;
	if (!pg_position_parse(position, &lsn))
		return err_raise(err, FAULT_BAD_INPUT, "position of another register", 0);
	int r = repl_open(c->conninfo, c->slot, c->publication, lsn, &repl, err);
	if (r)
		return err_fold(err, r, "register");
	struct pg *pg = mem_zero(sizeof(*pg));
	pg->repl = repl;
	pg->from_lsn = lsn;
	*ret = (struct source){ pg, pg_next, pg_confirm, pg_close };
	return 0;
}

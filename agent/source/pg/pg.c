/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/pg/pg.h"
#include "agent/source/map.h"
#include "base/clock.h"
#include "base/mem.h"
#include "db/db.h"
#include "db/repl.h"
#include "queries/register_agent.h"

enum { PG_PROBE_MS = 500, PG_PING_MS = 200 };

/*
 * That nothing arrives proves nothing: the register may still be reading its
 * WAL. So we ask where that ends, and wait until the register says that it has
 * read so far for us; all this is in one ordered connection with the changes.
 */
struct pg_probe {
	uint64_t lsn; /* 0 = none is on its way */
	int64_t at_ms;
	int64_t next_ms; /* clock_mono_ms(): of the next probe, or of the next ping */
};

struct pg {
	struct repl *repl;
	struct db *db;
	struct pg_position from;
	struct pg_probe probe;
	struct buf record; /* of the newest row */
};

static int
pg_event(struct pg *pg, struct arena *a, const struct repl_change *c, struct source_event *ret,
    struct err *err)
{
	bool urgent = true;
	const struct map_row row = { c->table, c->columns, c->n_columns, c->kind == REPL_DELETE };
	if (c->kind == REPL_TRUNCATE)
		return err_raise(err, FAULT_INTEGRITY, "a table of the register was emptied", 0);
	if (c->kind == REPL_COMMIT) {
		*ret = (struct source_event){
			.kind = SOURCE_COMMIT, .at_ms = c->at_ms, .old = c->lsn <= pg->from.lsn
		};
		pg_position_format((struct pg_position){ pg->from.load, c->lsn }, ret->position);
		return 0;
	}
	pg->record.bytes = 0;
	int r = map_row_put(&row, a, &pg->record, &urgent, err);
	if (r)
		return err_trace(err, r, "row");
	*ret = (struct source_event){ .kind = SOURCE_RECORD,
		.json = (const char *)pg->record.p,
		.json_bytes = pg->record.bytes,
		.urgent = urgent };
	return 0;
}

static int
probe_step(struct pg *pg, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct pg_probe *probe = &pg->probe;
	if (clock_mono_ms() < probe->next_ms)
		return 0;
	if (probe->lsn == 0) {
		probe->at_ms = clock_now_ms();
		int r = db_ask0(pg->db, &q_agent_wal_now, &rows, err);
		if (r)
			return err_fold(err, r, "probe");
		if (!pg_lsn_parse(db_text(rows, 0, 0), &probe->lsn))
			return err_raise(err, FAULT_BAD_INPUT, "end of WAL", 0);
	}
	probe->next_ms = clock_mono_ms() + PG_PING_MS;
	return err_fold(err, repl_ping(pg->repl, err), "ping");
}

static bool
probe_done(struct pg *pg, struct source_event *ret)
{
	struct pg_probe *probe = &pg->probe;
	if (probe->lsn == 0 || repl_reached(pg->repl) < probe->lsn)
		return false;
	*ret = (struct source_event){ .kind = SOURCE_CAUGHT_UP, .at_ms = probe->at_ms };
	*probe = (struct pg_probe){ .next_ms = clock_mono_ms() + PG_PROBE_MS };
	return true;
}

static int
pg_next(void *self, struct arena *a, int wait_ms, struct source_event *ret, struct err *err)
{
	struct pg *pg = self;
	struct repl_change c = { 0 };
	if (probe_done(pg, ret))
		return 0;
	int r = probe_step(pg, err);
	if (r)
		return err_trace(err, r, "probe");
	if (pg->probe.lsn != 0 && wait_ms > PG_PING_MS)
		wait_ms = PG_PING_MS;
	do
		r = repl_next(pg->repl, a, wait_ms, &c, err);
	while (r == 0 && c.kind == REPL_BEGIN);
	if (r == REPL_E_IDLE)
		return probe_done(pg, ret) ? 0 : SOURCE_E_IDLE;
	if (r)
		return err_fold(err, r, "register");
	return pg_event(pg, a, &c, ret, err);
}

static int
pg_confirm(void *self, const char *position, struct err *err)
{
	struct pg *pg = self;
	struct pg_position p;
	if (!pg_position_parse(position, &p) || p.load != pg->from.load)
		return err_raise(err, FAULT_INTERNAL, "position", 0);
	return err_fold(err, repl_confirm(pg->repl, p.lsn, err), "confirm");
}

static void
pg_wake_by(void *self, int fd)
{
	struct pg *pg = self;
	repl_wake_by(pg->repl, fd);
}

static void
pg_close(void *self)
{
	struct pg *pg = self;
	repl_close(pg->repl);
	db_close(pg->db);
	buf_done(&pg->record);
	mem_free(pg);
}

/* PostgreSQL's own refusal would tell nobody what to do. */
static int
slot_check(struct db *db, const char *slot, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, &q_agent_slot_exists, &rows, err, db_text_arg(slot));
	if (r == 0 && !db_bool(rows, 0, 0))
		return err_raise(
		    err, FAULT_INTEGRITY, "the slot of this first load is gone: make another", 0);
	return err_fold(err, r, "slot");
}

int
pg_source_open(const struct pg_conf *c, const char *position, struct source *ret, struct err *err)
{
	struct repl *repl = NULL;
	struct db *db = NULL;
	struct pg_position from;
	char slot[PG_SLOT_MAX + 1];
	if (!pg_position_parse(position, &from))
		return err_raise(err, FAULT_BAD_INPUT, "position of another register", 0);
	pg_slot_name(c->slot, from.load, slot);
	int r = db_open(c->conninfo, &db, err);
	if (r == 0)
		r = slot_check(db, slot, err);
	if (r == 0)
		r = repl_open(c->conninfo, slot, c->publication, from.lsn, &repl, err);
	if (r) {
		db_close(db);
		return err_fold(err, r, "register");
	}
	struct pg *pg = mem_zero(sizeof(*pg));
	pg->repl = repl;
	pg->db = db;
	pg->from = from;
	buf_init(&pg->record, MAP_RECORD_MAX_BYTES);
	*ret = (struct source){ pg, pg_next, pg_confirm, pg_wake_by, pg_close };
	return 0;
}

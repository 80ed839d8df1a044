/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/clerk.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "tests/world/tool/tool.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACK_MS = 60000, AWAY_MS = 60000, AWAY_STEP_US = 200000, CLERK_ARENA_BYTES = 4 << 20 };

struct entry {
	uint64_t begun, acked; /* 0 = not yet */
	struct truth_state state;
};
/* One household's history. */
struct history {
	struct entry *entry;
	unsigned n, room;
};
struct clerk {
	const struct plan *plan;
	unsigned city;
	const struct truth *people;
	PGconn *reg, *replica;
	pthread_mutex_t work; /* one change at a time: the stream's position is its receipt */
	pthread_mutex_t lock; /* of the histories */
	struct history *of;   /* by household's head */
};

static atomic_uint_fast64_t ticks = 1;

uint64_t
clerk_now(void)
{
	return atomic_fetch_add(&ticks, 1);
}

static PGconn *
connect_to(const char *conninfo)
{
	PGconn *db = PQconnectdb(conninfo);
	if (PQstatus(db) != CONNECTION_OK)
		tool_die("clerk: %s", PQerrorMessage(db));
	return db;
}

static struct truth_state
newest(const struct history *h)
{
	return h->n > 0 ? h->entry[h->n - 1].state : (struct truth_state){ 0 };
}

static void begin(struct clerk *c, struct history *h, struct truth_state s);
static void acknowledge(struct clerk *c, struct history *h);

/* Lines "household moved blocked sealed abolished". */
static const char *
history_path(const struct clerk *c, struct arena *a)
{
	return arena_printf(a, "%s-%u", c->plan->history, c->city);
}

static void
history_load(struct clerk *c)
{
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	unsigned home, moved, blocked, sealed, abolished;
	FILE *f = fopen(history_path(c, a), "r");
	while (f != NULL &&
	    fscanf(f, "%u %u %u %u %u", &home, &moved, &blocked, &sealed, &abolished) == 5) {
		if (home >= truth_count(c->plan->units))
			tool_die("clerk: another truth's history");
		begin(c, &c->of[home],
		    (struct truth_state){ .moved = moved,
			.blocked = blocked,
			.sealed = sealed,
			.abolished = abolished });
		acknowledge(c, &c->of[home]);
	}
	if (f != NULL)
		(void)fclose(f);
}

static void
history_save(const struct clerk *c)
{
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	FILE *f = fopen(history_path(c, a), "w");
	if (f == NULL)
		tool_die("clerk: the history cannot be written");
	for (unsigned i = 0; i < truth_count(c->plan->units); i++) {
		struct truth_state s = newest(&c->of[i]);
		if (c->of[i].n > 0)
			fprintf(
			    f, "%u %u %u %u %u\n", i, s.moved, s.blocked, s.sealed, s.abolished);
	}
	if (fclose(f) != 0)
		tool_die("clerk: the history cannot be written");
}

struct clerk *
clerk_new(const struct plan *p, unsigned city)
{
	struct clerk *c = mem_zero(sizeof(*c));
	c->plan = p;
	c->city = city;
	c->people = p->people[city];
	c->reg = connect_to(p->city[city].register_db);
	c->replica = connect_to(p->city[city].replica_db);
	c->of = calloc(truth_count(p->units), sizeof(*c->of));
	if (c->of == NULL || pthread_mutex_init(&c->work, NULL) != 0 ||
	    pthread_mutex_init(&c->lock, NULL) != 0)
		tool_die("clerk: no memory");
	history_load(c);
	return c;
}

void
clerk_free(struct clerk *c)
{
	history_save(c);
	PQfinish(c->reg);
	PQfinish(c->replica);
	for (unsigned i = 0; i < truth_count(c->plan->units); i++)
		free(c->of[i].entry);
	free(c->of);
	mem_free(c);
}

/* The database may be killed under us. */
static void
connect_again(struct clerk *c, PGconn *db)
{
	int64_t until_ms = clock_mono_ms() + AWAY_MS;
	if (!c->plan->faults)
		tool_die("clerk: %s", PQerrorMessage(db));
	for (PQreset(db); PQstatus(db) != CONNECTION_OK; PQreset(db)) {
		if (clock_mono_ms() > until_ms)
			tool_die("clerk: %s", PQerrorMessage(db));
		(void)usleep(AWAY_STEP_US);
	}
}

/*
 * The first cell, or "" without one; NULL when the connection was lost: then no SQLSTATE is there,
 * or it says that the server goes. Any other error is the test's own. The caller frees it.
 */
static char *
ask(PGconn *db, const char *sql)
{
	PGresult *r = PQexec(db, sql);
	ExecStatusType s = PQresultStatus(r);
	char *cell = NULL;
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	if (state != NULL && *state != '0' && strncmp(state, "57P", 3) != 0)
		tool_die("clerk: %s", PQerrorMessage(db));
	if (s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK)
		cell = strdup(s == PGRES_TUPLES_OK && PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	return cell;
}

static bool
said(PGconn *db, const char *sql)
{
	char *cell = ask(db, sql);
	free(cell);
	return cell != NULL;
}

/* One transaction, once: when its end was not heard, the database is asked what became of it. */
static void
run(struct clerk *c, PGconn *db, const char *sql)
{
	for (;;) {
		char *id = said(db, "BEGIN") ? ask(db, "SELECT txid_current()") : NULL;
		if (id != NULL && said(db, sql) && said(db, "COMMIT")) {
			free(id);
			return;
		}
		char *became = NULL;
		while (became == NULL) {
			AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
			connect_again(c, db);
			became = ask(db,
			    arena_printf(a, "SELECT txid_status(%s)", id != NULL ? id : "NULL"));
		}
		bool committed = strcmp(became, "committed") == 0;
		free(became);
		free(id);
		if (committed)
			return;
	}
}

void
clerk_replica_sql(struct clerk *c, const char *sql)
{
	(void)pthread_mutex_lock(&c->work);
	run(c, c->replica, sql);
	(void)pthread_mutex_unlock(&c->work);
}

static int64_t
position(struct clerk *c)
{
	char *seq;
	while ((seq = ask(c->replica, "SELECT seq FROM stream")) == NULL)
		connect_again(c, c->replica);
	if (*seq == '\0')
		tool_die("clerk: the replica has no position");
	int64_t n = strtoll(seq, NULL, 10);
	free(seq);
	return n;
}

static void
begin(struct clerk *c, struct history *h, struct truth_state s)
{
	(void)pthread_mutex_lock(&c->lock);
	if (h->n == h->room) {
		h->room = h->room ? 2 * h->room : 16;
		h->entry = realloc(h->entry, h->room * sizeof(*h->entry));
		if (h->entry == NULL)
			tool_die("clerk: no memory");
	}
	h->entry[h->n++] = (struct entry){ .begun = clerk_now(), .state = s };
	(void)pthread_mutex_unlock(&c->lock);
}

static void
acknowledge(struct clerk *c, struct history *h)
{
	(void)pthread_mutex_lock(&c->lock);
	h->entry[h->n - 1].acked = clerk_now();
	(void)pthread_mutex_unlock(&c->lock);
}

static const char *
seal_sql(struct arena *a, const struct truth *t, const struct truth_state *s)
{
	if (s->abolished)
		return arena_printf(a, "SELECT jumin.inkan_haishi('%s', '申請')", t->atena);
	size_t bytes = (size_t)((t->seal_px + 7) / 8) * t->seal_px;
	char *hex = arena_zero(a, 2 * bytes + 1);
	text_hex_format(truth_seal(a, t, s->sealed), bytes, hex);
	return arena_printf(a,
	    "INSERT INTO jumin.inkan (atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, "
	    "haba_px,"
	    " takasa_px, inei) SELECT '%s', max(rireki_no) + 1, '1', '%u', '令和８年１月５日', %u, "
	    "%u, '\\x%s'"
	    " FROM jumin.inkan WHERE atena_no = '%s'",
	    t->atena, truth_seal_number(t, s->sealed), t->seal_px, t->seal_px, hex, t->atena);
}

static const char *
change_sql(struct clerk *c, struct arena *a, const struct truth *head, enum clerk_change what,
    struct truth_state *s)
{
	switch (what) {
	case CLERK_MOVE:
		s->moved++;
		return arena_printf(a,
		    "SELECT jumin.tenkyo('%s', '%s', NULL, '令和８年１１月２１日')", head->setai,
		    truth_address(a, head, c->plan->units, s->moved));
	case CLERK_BLOCK:
		s->blocked = !s->blocked;
		return arena_printf(a, "SELECT jumin.yokushi_settei('2', '%s', %s)", head->setai,
		    s->blocked ? "true" : "false");
	case CLERK_SEAL:
		s->abolished = !s->abolished;
		s->sealed += !s->abolished;
		return seal_sql(a, head, s);
	}
	tool_die("clerk: no such change");
}

static bool
change(struct clerk *c, unsigned person, enum clerk_change what)
{
	const struct truth *head = &c->people[c->people[person].home];
	struct history *h = &c->of[head->index];
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	struct truth_state s = newest(h);
	const char *sql = change_sql(c, a, head, what, &s);
	int64_t before = position(c), until_ms = clock_mono_ms() + ACK_MS;
	begin(c, h, s);
	run(c, c->reg, sql);
	while (position(c) == before) {
		if (clock_mono_ms() > until_ms)
			return false;
		(void)usleep(10000);
	}
	acknowledge(c, h);
	return true;
}

bool
clerk_change(struct clerk *c, unsigned person, enum clerk_change what)
{
	(void)pthread_mutex_lock(&c->work);
	bool ok = change(c, person, what);
	(void)pthread_mutex_unlock(&c->work);
	return ok;
}

bool
clerk_settle(struct clerk *c, unsigned person)
{
	(void)pthread_mutex_lock(&c->work);
	struct truth_state s = newest(&c->of[c->people[person].home]);
	bool ok = !s.blocked || change(c, person, CLERK_BLOCK);
	if (ok && s.abolished)
		ok = change(c, person, CLERK_SEAL);
	(void)pthread_mutex_unlock(&c->work);
	return ok;
}

unsigned
clerk_states(struct clerk *c, unsigned person, uint64_t from, uint64_t to, struct truth_state *ret,
    unsigned max)
{
	const struct history *h = &c->of[c->people[person].home];
	unsigned n = 1;
	ret[0] = (struct truth_state){ 0 };
	(void)pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < h->n; i++) {
		const struct entry *e = &h->entry[i];
		if (e->begun > to)
			break;
		if (e->acked != 0 && e->acked < from)
			n = 0; /* all that was before it is over */
		if (n == max)
			memmove(ret, ret + 1, --n * sizeof(*ret));
		ret[n++] = e->state;
		if (person != c->people[person].home) /* the clerk changes the head's seal */
			ret[n - 1].sealed = ret[n - 1].abolished = 0;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

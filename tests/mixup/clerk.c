/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/clerk.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "tests/world/tool/tool.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ACK_MS = 60000,
	AWAY_MS = 60000,
	AWAY_STEP_US = 200000,
	LOOK_MS = 5,
	CLERK_DESKS = 6, /* connections to one register */
	CLERK_ARENA_BYTES = 4 << 20
};

struct entry {
	uint64_t begun, acked; /* 0 = not yet */
	struct truth_state state;
};
/* One household's history. */
struct history {
	struct entry *entry;
	unsigned n, room;
	bool held;
};
struct clerk {
	const struct plan *plan;
	unsigned city;
	const struct truth *people;
	struct desk {
		PGconn *db; /* NULL until it is needed */
		bool taken;
	} desks[CLERK_DESKS];
	pthread_mutex_t commits; /* one at a time: the register's WAL says which is the receipt */
	pthread_mutex_t look;    /* of what follows */
	PGconn *replica;
	uint64_t reached; /* how far the replica came in the register's WAL */
	int64_t looked_ms;
	pthread_mutex_t lock; /* of desks and histories */
	pthread_cond_t freed;
	struct history *of; /* by household's head */
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
static uint64_t acknowledge(struct clerk *c, struct history *h);

/* Lines "household moved by sealed abolished". */
static const char *
history_path(const struct clerk *c, struct arena *a)
{
	return arena_printf(a, "%s-%u", c->plan->history, c->city);
}

static void
history_load(struct clerk *c)
{
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	unsigned home, moved, by, sealed, abolished;
	FILE *f = fopen(history_path(c, a), "r");
	while (f != NULL &&
	    fscanf(f, "%u %u %u %u %u", &home, &moved, &by, &sealed, &abolished) == 5) {
		if (home >= truth_count(c->plan->units))
			tool_die("clerk: another truth's history");
		begin(c, &c->of[home],
		    (struct truth_state){ .moved = moved,
			.by = by,
			.blocked = by != 0,
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
			fprintf(f, "%u %u %u %u %u\n", i, s.moved, s.by, s.sealed, s.abolished);
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
	c->replica = connect_to(p->city[city].replica_db);
	c->of = calloc(truth_count(p->units), sizeof(*c->of));
	if (c->of == NULL || pthread_mutex_init(&c->commits, NULL) != 0 ||
	    pthread_mutex_init(&c->look, NULL) != 0 || pthread_mutex_init(&c->lock, NULL) != 0 ||
	    pthread_cond_init(&c->freed, NULL) != 0)
		tool_die("clerk: no memory");
	history_load(c);
	return c;
}

void
clerk_free(struct clerk *c)
{
	history_save(c);
	for (unsigned i = 0; i < CLERK_DESKS; i++)
		PQfinish(c->desks[i].db);
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

static uint64_t
lsn_parse(const char *text)
{
	unsigned high = 0, low = 0;
	const char *colon = strchr(text, ':'); /* a replica's position names its first load too */
	if (sscanf(colon != NULL ? colon + 1 : text, "%X/%X", &high, &low) != 2)
		tool_die("clerk: no position in a register: %s", text);
	return (uint64_t)high << 32 | low;
}

/* Ends the transaction; *ret_before: a place in the WAL before its commit, after any earlier one.
 */
static bool
commit(struct clerk *c, PGconn *db, uint64_t *ret_before)
{
	(void)pthread_mutex_lock(&c->commits);
	char *lsn = ask(db, "SELECT pg_current_wal_insert_lsn()");
	bool ok = lsn != NULL && said(db, "COMMIT");
	(void)pthread_mutex_unlock(&c->commits);
	if (lsn != NULL)
		*ret_before = lsn_parse(lsn);
	free(lsn);
	return ok;
}

/*
 * Once: each transaction leaves a mark of its own. Where an end was not heard the mark says whether
 * it was a commit; its number would not, which after a crash is another's. Waits for an earlier
 * try that still runs.
 */
static uint64_t
run(struct clerk *c, PGconn *db, const char *sql)
{
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	uint8_t mark[16];
	char hex[2 * sizeof(mark) + 1];
	uint64_t before = 0;
	rand_bytes(mark, sizeof(mark));
	text_hex_format(mark, sizeof(mark), hex);
	const char *leave = arena_printf(
	    a, "INSERT INTO clerk_mark VALUES ('%s') ON CONFLICT DO NOTHING RETURNING 1", hex);
	for (;; connect_again(c, db)) {
		char *fresh = said(db, "BEGIN") ? ask(db, leave) : NULL;
		bool is = fresh != NULL && *fresh == '\0'; /* since the last try */
		bool done = is ? said(db, "ROLLBACK")
			       : fresh != NULL && said(db, sql) && commit(c, db, &before);
		free(fresh);
		if (done)
			return before;
	}
}

static struct desk *
desk_take(struct clerk *c)
{
	struct desk *d = NULL;
	(void)pthread_mutex_lock(&c->lock);
	while (d == NULL) {
		for (unsigned i = 0; i < CLERK_DESKS && d == NULL; i++)
			d = c->desks[i].taken ? NULL : &c->desks[i];
		if (d == NULL)
			(void)pthread_cond_wait(&c->freed, &c->lock);
	}
	d->taken = true;
	(void)pthread_mutex_unlock(&c->lock);
	if (d->db == NULL) {
		d->db = PQconnectdb(c->plan->city[c->city].register_db);
		if (PQstatus(d->db) != CONNECTION_OK)
			connect_again(c, d->db);
	}
	return d;
}

static void
desk_give(struct clerk *c, struct desk *d)
{
	(void)pthread_mutex_lock(&c->lock);
	d->taken = false;
	(void)pthread_cond_broadcast(&c->freed);
	(void)pthread_mutex_unlock(&c->lock);
}

void
clerk_replica_sql(struct clerk *c, const char *sql)
{
	(void)pthread_mutex_lock(&c->look);
	if (!said(c->replica, sql))
		tool_die("clerk: %s", PQerrorMessage(c->replica));
	(void)pthread_mutex_unlock(&c->look);
}

/* The first cell of what the replica says, in the arena. */
static const char *
replica_ask(struct clerk *c, struct arena *a, const char *sql)
{
	char *cell;
	while ((cell = ask(c->replica, sql)) == NULL)
		connect_again(c, c->replica);
	const char *text = arena_strdup(a, cell);
	free(cell);
	return text;
}

/* Has the replica what was committed behind that place? Many may wait: one of them looks. */
static bool
has_come(struct clerk *c, uint64_t before)
{
	(void)pthread_mutex_lock(&c->look);
	if (c->reached <= before && clock_mono_ms() - c->looked_ms >= LOOK_MS) {
		AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
		const char *source = replica_ask(c, a, "SELECT source FROM stream");
		c->looked_ms = clock_mono_ms();
		c->reached = lsn_parse(source);
	}
	bool come = c->reached > before;
	(void)pthread_mutex_unlock(&c->look);
	return come;
}

static bool
await(struct clerk *c, uint64_t before)
{
	int64_t until_ms = clock_mono_ms() + ACK_MS;
	while (!has_come(c, before)) {
		if (clock_mono_ms() > until_ms)
			return false;
		(void)usleep(LOOK_MS * 1000);
	}
	return true;
}

bool
clerk_came_late(struct clerk *c, const char *order)
{
	static const char after[] =
	    "pg_xact_commit_timestamp(%s.xmin) > pg_xact_commit_timestamp(p.xmin)";
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	const char *sql = arena_printf(a,
	    "SELECT count(*) FROM issue i JOIN issue_person ip USING (order_id) JOIN person p ON "
	    "p.ref = ip.ref WHERE i.order_id = '\\x%s' AND ip.version < p.version AND (%s OR "
	    "(i.state = 2 AND %s))",
	    order, arena_printf(a, after, "ip"), arena_printf(a, after, "i"));
	(void)pthread_mutex_lock(&c->look);
	bool late = strcmp(replica_ask(c, a, sql), "0") != 0;
	(void)pthread_mutex_unlock(&c->look);
	return late;
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

static uint64_t
acknowledge(struct clerk *c, struct history *h)
{
	(void)pthread_mutex_lock(&c->lock);
	uint64_t at = h->entry[h->n - 1].acked = clerk_now();
	(void)pthread_mutex_unlock(&c->lock);
	return at;
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

/* What blocks the household is toggled. */
static bool
blocks(struct truth_state *s, enum clerk_change what)
{
	s->by ^= 1u << what;
	s->blocked = s->by != 0;
	return (s->by >> what & 1) != 0;
}

static const char *
block_sql(struct arena *a, const char *of, const char *no, bool on)
{
	return arena_printf(
	    a, "SELECT jumin.yokushi_settei('%s', '%s', %s)", of, no, on ? "true" : "false");
}

/* 死亡 ends the seal too; who was recorded as dead by mistake comes back without it. */
static const char *
death_sql(struct arena *a, const char *atena, bool dead, struct truth_state *s)
{
	s->abolished = s->abolished || dead;
	if (dead)
		return arena_printf(
		    a, "SELECT jumin.shojo('%s', '死亡', '令和８年１１月２１日')", atena);
	return arena_printf(a,
	    "SELECT jumin.henko('%s', '{\"jumin_jotai\": \"1\", \"shojo_jiyu\": null, "
	    "\"shojo_ymd\": "
	    "null, \"ido_jiyu\": \"職権回復\", \"ido_ymd\": \"令和８年１１月２１日\"}')",
	    atena);
}

static const char *
change_sql(struct clerk *c, struct arena *a, const struct truth *head, const struct truth *who,
    enum clerk_change what, struct truth_state *s)
{
	switch (what) {
	case CLERK_MOVE:
		s->moved++;
		return arena_printf(a,
		    "SELECT jumin.tenkyo('%s', '%s', NULL, '令和８年１１月２１日')", head->setai,
		    truth_address(a, head, c->plan->units, s->moved));
	case CLERK_BLOCK:
		return block_sql(a, "2", head->setai, blocks(s, what));
	case CLERK_OPT_OUT:
		return block_sql(a, "1", who->atena, blocks(s, what));
	case CLERK_DEATH:
		return death_sql(a, who->atena, blocks(s, what), s);
	case CLERK_SEAL:
		s->abolished = !s->abolished;
		s->sealed += !s->abolished;
		return seal_sql(a, head, s);
	default:
		tool_die("clerk: no such change");
	}
}

/* The operator's own command, with the number where no list of processes shows it. */
static bool
stop(struct clerk *c, struct arena *a, const struct truth *who, bool on)
{
	const char *command = arena_printf(a,
	    "exec %s block %s %s --atena-no - --kinds all%s >/dev/null 2>&1", c->plan->server,
	    c->plan->server_conf, c->plan->city[c->city].code.s, on ? "" : " --off");
	FILE *f = popen(command, "we");
	if (f == NULL)
		tool_die("clerk: kofu-server does not run");
	(void)fprintf(f, "%s\n", who->atena);
	return pclose(f) == 0;
}

/* Returns after the replica has it, or false. */
static bool
change(struct clerk *c, struct arena *a, const struct truth *who, enum clerk_change what)
{
	const struct truth *head = &c->people[who->home];
	struct history *h = &c->of[head->index];
	struct truth_state s = newest(h);
	if (what == CLERK_STOP) {
		bool on = blocks(&s, what);
		begin(c, h, s);
		return stop(c, a, who, on);
	}
	const char *sql = change_sql(c, a, head, who, what, &s);
	struct desk *d = desk_take(c);
	begin(c, h, s);
	uint64_t before = run(c, d->db, sql);
	desk_give(c, d);
	return await(c, before);
}

uint64_t
clerk_change_held(struct clerk *c, unsigned person, enum clerk_change what)
{
	AUTO(arena) struct arena *a = arena_new(CLERK_ARENA_BYTES);
	const struct truth *who = &c->people[person];
	return change(c, a, who, what) ? acknowledge(c, &c->of[who->home]) : 0;
}

bool
clerk_settle_held(struct clerk *c, unsigned person)
{
	struct history *h = &c->of[c->people[person].home];
	bool ok = true;
	for (unsigned what = 0; what < CLERK_CHANGES && ok; what++)
		if ((newest(h).by >> what & 1) != 0)
			ok = clerk_change_held(c, person, (enum clerk_change)what) != 0;
	if (ok && newest(h).abolished)
		ok = clerk_change_held(c, person, CLERK_SEAL) != 0;
	return ok;
}

static bool
hold(struct clerk *c, unsigned person, bool waits)
{
	struct history *h = &c->of[c->people[person].home];
	(void)pthread_mutex_lock(&c->lock);
	while (h->held && waits)
		(void)pthread_cond_wait(&c->freed, &c->lock);
	bool held = !h->held;
	h->held = h->held || held;
	(void)pthread_mutex_unlock(&c->lock);
	return held;
}

bool
clerk_hold(struct clerk *c, unsigned person)
{
	return hold(c, person, false);
}

void
clerk_let_go(struct clerk *c, unsigned person)
{
	(void)pthread_mutex_lock(&c->lock);
	c->of[c->people[person].home].held = false;
	(void)pthread_cond_broadcast(&c->freed);
	(void)pthread_mutex_unlock(&c->lock);
}

uint64_t
clerk_change(struct clerk *c, unsigned person, enum clerk_change what)
{
	(void)hold(c, person, true);
	uint64_t at = clerk_change_held(c, person, what);
	clerk_let_go(c, person);
	return at;
}

bool
clerk_settle(struct clerk *c, unsigned person)
{
	(void)hold(c, person, true);
	bool ok = clerk_settle_held(c, person);
	clerk_let_go(c, person);
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

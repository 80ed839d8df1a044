/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/reconcile/reconcile.h"
#include "agent/reconcile/recon_link.h"
#include "agent/reconcile/recon_read.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

#include <string.h>
#include <time.h>

struct suspects {
	char (*number)[TALLY_NUMBER_BYTES];
	size_t n, room;
};
struct run {
	const struct agent_conf *c;
	const volatile bool *stop;
	struct db *db;
	struct recon_link link;
	struct tally here;
	struct suspects suspects;
	struct reconcile_sum sum;
};

static void
nap(int ms)
{
	(void)nanosleep(
	    &(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* --- who seems to differ --- */

static void
suspect(struct run *run, const char *atena_no)
{
	struct suspects *s = &run->suspects;
	if (s->n == s->room) {
		size_t room = s->room == 0 ? 64 : 2 * s->room;
		s->number =
		    mem_grow(s->number, s->room * sizeof(*s->number), room * sizeof(*s->number));
		s->room = room;
	}
	(void)strncpy(s->number[s->n++], atena_no, TALLY_NUMBER_BYTES - 1);
}

/* Persons of some ranges as the server has them; @seen marks those of ours it has as well. */
struct leaf {
	struct run *run;
	bool *seen; /* of run->here.p */
};

static int
leaf_take(void *self, const char *atena_no, const struct tally_sum *sum, struct err *err)
{
	struct leaf *leaf = self;
	struct run *run = leaf->run;
	const struct tally_person *p = tally_find(&run->here, &run->link.key, atena_no);
	(void)err;
	if (p != NULL)
		leaf->seen[p - run->here.p] = true;
	if (p == NULL || !tally_is_equal(&p->sum, sum))
		suspect(run, atena_no);
	return 0;
}

static int
leaves(struct run *run, const struct tally_range *r, size_t n, struct err *err)
{
	struct leaf leaf = { run, mem_zero_n(run->here.n + 1, sizeof(bool)) };
	run->sum.n_rounds++;
	int x = recon_link_persons(&run->link, r, n, leaf_take, &leaf, err);
	for (size_t i = 0; x == 0 && i < n; i++) {
		size_t first = 0;
		size_t end = tally_range_find(&run->here, r[i], &first) + first;
		for (size_t k = first; k < end; k++)
			if (!leaf.seen[k])
				suspect(run, run->here.p[k].atena_no);
	}
	mem_free(leaf.seen);
	return err_trace(err, x, "persons");
}

/* Ranges of one depth that differ: small ones are looked into, others go one step down. */
struct level {
	struct tally_range *r;
	size_t n, room;
};

static void
level_put(struct level *l, struct tally_range r)
{
	if (l->n == l->room) {
		size_t room = l->room == 0 ? 64 : 2 * l->room;
		l->r = mem_grow(l->r, l->room * sizeof(*l->r), room * sizeof(*l->r));
		l->room = room;
	}
	l->r[l->n++] = r;
}

static int
descend_some(struct run *run, const struct tally_range *r, size_t n, struct level *small,
    struct level *next, struct err *err)
{
	struct tally_digest there[RECON_LINK_MAX_RANGES * TALLY_CHILDREN];
	run->sum.n_rounds++;
	int x = recon_link_ranges(&run->link, r, n, there, err);
	if (x)
		return err_trace(err, x, "ranges");
	for (size_t i = 0; i < n * TALLY_CHILDREN; i++) {
		struct tally_range child =
		    tally_range_child(r[i / TALLY_CHILDREN], (unsigned)(i % TALLY_CHILDREN));
		struct tally_digest ours = tally_range_digest(&run->here, child);
		if (ours.n == there[i].n && tally_is_equal(&ours.sum, &there[i].sum))
			continue;
		bool leaf = ours.n <= RECON_LINK_MAX_LEAF && there[i].n <= RECON_LINK_MAX_LEAF;
		if (leaf || child.bits + TALLY_STEP_BITS > TALLY_MAX_BITS)
			level_put(small, child);
		else
			level_put(next, child);
	}
	return 0;
}

static size_t
piece(size_t n, size_t at)
{
	return n - at < RECON_LINK_MAX_RANGES ? n - at : RECON_LINK_MAX_RANGES;
}

/* One depth after the other, so that every request has ranges of one size. */
static int
descend(struct run *run, struct err *err)
{
	struct level now = { 0 };
	int r = 0;
	level_put(&now, (struct tally_range){ 0, 0 });
	while (r == 0 && now.n > 0 && !*run->stop) {
		struct level next = { 0 };
		struct level small = { 0 };
		for (size_t i = 0; r == 0 && i < now.n; i += RECON_LINK_MAX_RANGES)
			r = descend_some(run, now.r + i, piece(now.n, i), &small, &next, err);
		for (size_t i = 0; r == 0 && i < small.n; i += RECON_LINK_MAX_RANGES)
			r = leaves(run, small.r + i, piece(small.n, i), err);
		mem_free(small.r);
		mem_free(now.r);
		now = next;
	}
	mem_free(now.r);
	return err_trace(err, r, "descend");
}

/* --- who differs --- */

struct pending {
	const char *atena_no;
	struct recon_rows before; /* what is sent, if they differ */
	struct tally_sum after;
	struct recon_there there;
	bool settled;
};
struct group {
	struct run *run;
	struct pending p[RECON_LINK_MAX_PERSONS];
	size_t n;
};

static void
group_forget_rows(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		recon_rows_done(&g->p[i].before);
}

/* All in one snapshot of the register. */
static int
group_read(struct group *g, bool again, struct err *err)
{
	struct run *run = g->run;
	int r = db_begin(run->db, DB_SNAPSHOT, err);
	for (size_t i = 0; r == 0 && i < g->n; i++) {
		struct recon_rows rows = { 0 };
		if (g->p[i].settled)
			continue;
		r = recon_read_person(
		    run->db, run->c->muni, &run->link.key, g->p[i].atena_no, &rows, err);
		if (r == 0 && again) {
			g->p[i].after = rows.sum;
			recon_rows_done(&rows);
		} else if (r == 0) {
			recon_rows_done(&g->p[i].before);
			g->p[i].before = rows;
		}
	}
	db_rollback(run->db);
	return err_fold(err, r, "register");
}

/* Until the server has all that was committed here before @at_ms. */
static int
group_check(struct group *g, int64_t at_ms, struct err *err)
{
	const char *number[RECON_LINK_MAX_PERSONS];
	struct recon_there there[RECON_LINK_MAX_PERSONS];
	int64_t until_ms = clock_mono_ms() + g->run->c->reconcile_wait_s * 1000;
	for (size_t i = 0; i < g->n; i++)
		number[i] = g->p[i].atena_no;
	for (;;) {
		int64_t beat_ms = 0;
		int r = recon_link_check(&g->run->link, number, g->n, there, &beat_ms, err);
		if (r)
			return err_trace(err, r, "check");
		if (beat_ms >= at_ms)
			break;
		if (clock_mono_ms() > until_ms || *g->run->stop)
			return err_raise(err, FAULT_UNAVAILABLE, "the stream does not run", 0);
		nap(RECONCILE_POLL_MS);
	}
	for (size_t i = 0; i < g->n; i++)
		g->p[i].there = there[i];
	return 0;
}

static int
mend(struct run *run, struct pending *p, struct err *err)
{
	enum recon_said said = RECON_SAID_MOVED;
	struct recon_there *t = &p->there;
	bool differs = !tally_is_equal(&t->sum, &p->after);
	int r = 0;
	if (differs)
		r = recon_link_mend(&run->link, p->atena_no, t->token, NULL, NULL, &said, err);
	if (r == 0 && (!differs || said == RECON_SAID_DONE))
		r = recon_link_mend(
		    &run->link, p->atena_no, t->token, &p->after, p->before.records, &said, err);
	if (r)
		return err_trace(err, r, "mend");
	if (said == RECON_SAID_MOVED)
		return 0;
	p->settled = true;
	run->sum.n_differed++;
	run->sum.n_mended += said == RECON_SAID_DONE;
	run->sum.n_left += said != RECON_SAID_DONE;
	return 0;
}

static int
group_step(struct group *g, struct err *err)
{
	int r = group_read(g, false, err);
	int64_t at_ms = clock_now_ms();
	if (r == 0)
		r = group_check(g, at_ms, err);
	if (r == 0)
		r = group_read(g, true, err);
	for (size_t i = 0; r == 0 && i < g->n; i++) {
		struct pending *p = &g->p[i];
		if (p->settled || !tally_is_equal(&p->before.sum, &p->after))
			continue;
		if (!p->there.held && tally_is_equal(&p->there.sum, &p->after))
			p->settled = true;
		else
			r = mend(g->run, p, err);
	}
	return err_trace(err, r, "group");
}

static int
group_settle(struct group *g, struct err *err)
{
	size_t left = g->n;
	int r = 0;
	for (unsigned i = 0; r == 0 && left > 0 && i < RECONCILE_TRIES && !*g->run->stop; i++) {
		r = group_step(g, err);
		left = 0;
		for (size_t k = 0; k < g->n; k++)
			left += !g->p[k].settled;
	}
	g->run->sum.n_left += left;
	g->run->sum.n_open += left;
	group_forget_rows(g);
	return err_trace(err, r, "settle");
}

static int
settle(struct run *run, struct err *err)
{
	const struct suspects *s = &run->suspects;
	int r = 0;
	for (size_t i = 0; r == 0 && i < s->n && !*run->stop; i += RECON_LINK_MAX_PERSONS) {
		struct group *g = mem_zero(sizeof(*g));
		g->run = run;
		g->n = s->n - i < RECON_LINK_MAX_PERSONS ? s->n - i : RECON_LINK_MAX_PERSONS;
		for (size_t k = 0; k < g->n; k++)
			g->p[k].atena_no = s->number[i + k];
		r = group_settle(g, err);
		mem_free(g);
	}
	return err_trace(err, r, "settle");
}

/* --- one run --- */

static int
scan(struct run *run, struct err *err)
{
	bool done = false;
	int r = recon_link_run(&run->link, err);
	while (r == 0 && !done && !*run->stop)
		r = recon_link_scan(&run->link, &run->sum.n_there, &done, err);
	if (r == 0 && !done)
		return err_raise(err, FAULT_UNAVAILABLE, "stopped", 0);
	return err_trace(err, r, "scan");
}

/* A server that does not take it has all that was mended; its stop, if any, stays. */
static int
last_word(struct run *run, struct err *err)
{
	int r = recon_link_settled(&run->link, run->sum.n_open, err);
	run->sum.settled = r == 0 && run->sum.n_open == 0;
	if (r > 0)
		LOG(LOG_LVL_WARN, "reconcile.not-settled", LOG_F("muni", run->c->muni),
		    LOG_F("outcome", r));
	return r < 0 ? err_trace(err, r, "last word") : 0;
}

static int
run_inside(struct run *run, struct err *err)
{
	struct err unused = { 0 };
	int r = recon_read_all(run->db, run->c->muni, &run->link.key, &run->here, err);
	if (r)
		return err_trace(err, r, "read");
	run->sum.n_here = run->here.n;
	r = scan(run, err);
	if (r == 0)
		r = descend(run, err);
	run->sum.n_seemed = run->suspects.n;
	tally_done(&run->here);
	if (run->link.run != 0 && recon_link_end(&run->link, &unused) != 0)
		LOG(LOG_LVL_INFO, "reconcile.end", LOG_F("muni", run->c->muni));
	if (r == 0)
		r = settle(run, err);
	if (r == 0 && !*run->stop)
		r = last_word(run, err);
	return err_trace(err, r, "run");
}

static int
run_open(struct run *run, struct http_client **server, struct key **key, struct err *err)
{
	const struct agent_conf *c = run->c;
	const struct http_client_conf http = { .base_url = c->server,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.peer_role = "server" };
	if (c->register_conninfo == NULL)
		return err_raise(err, FAULT_CONFIG, "a folder cannot be read again", 0);
	int r = key_load(c->sync_key, key, err);
	if (r == 0)
		r = http_client_new(&http, server, err);
	if (r == 0)
		r = db_open(c->register_conninfo, &run->db, err);
	if (r)
		return err_fold(err, r, "open");
	run->link = (struct recon_link){
		.muni = c->muni, .server = *server, .sync_key = key_as_signer(*key)
	};
	rand_bytes(run->link.key.b, sizeof(run->link.key.b));
	return 0;
}

int
reconcile_run(const struct agent_conf *c, const volatile bool *stop, struct reconcile_sum *ret,
    struct err *err)
{
	AUTO(key) struct key *key = NULL;
	AUTO(http_client) struct http_client *server = NULL;
	struct run run = { .c = c, .stop = stop };
	int64_t start_ms = clock_mono_ms();
	int r = run_open(&run, &server, &key, err);
	if (r == 0)
		r = run_inside(&run, err);
	tally_done(&run.here);
	if (run.suspects.number != NULL)
		mem_wipe(run.suspects.number, run.suspects.room * sizeof(*run.suspects.number));
	mem_free(run.suspects.number);
	db_close(run.db);
	if (r > 0)
		return err_raise(err, FAULT_UNAVAILABLE, "the server refused", r);
	if (r)
		return err_trace(err, r, "reconcile");
	run.sum.ms = clock_mono_ms() - start_ms;
	*ret = run.sum;
	return 0;
}

/* --- by the hour --- */

static void
tell(const struct agent_conf *c, int r, const struct reconcile_sum *s, const struct err *err)
{
	if (r) {
		LOG(LOG_LVL_ERR, "reconcile.failed", LOG_F("muni", c->muni), LOG_F("outcome", r));
		log_fault("reconcile.fault", (struct txn_id){ 0 }, err);
		return;
	}
	LOG(s->n_differed + s->n_left > 0 ? LOG_LVL_ERR : LOG_LVL_NOTICE, "reconcile.done",
	    LOG_F("muni", c->muni), LOG_F("here", (long)s->n_here),
	    LOG_F("there", (long)s->n_there), LOG_F("seemed", (long)s->n_seemed),
	    LOG_F("differed", (long)s->n_differed), LOG_F("mended", (long)s->n_mended),
	    LOG_F("left", (long)s->n_left), LOG_F("ms", (long)s->ms));
}

/* A tenth less now and then, so that a thousand agents do not come at once. */
static int64_t
wait_of(const struct agent_conf *c)
{
	uint64_t ms = (uint64_t)c->reconcile_s * 1000;
	return (int64_t)(ms - rand_u64() % (ms / 10 + 1));
}

void
reconcile_loop(const struct agent_conf *c, const volatile bool *stop)
{
	int64_t next_ms = clock_mono_ms() + wait_of(c);
	while (!*stop) {
		struct reconcile_sum s = { 0 };
		struct err err = { 0 };
		nap(RECONCILE_POLL_MS);
		if (clock_mono_ms() < next_ms)
			continue;
		int r = reconcile_run(c, stop, &s, &err);
		if (*stop)
			break;
		tell(c, r, &s, &err);
		next_ms = clock_mono_ms() + wait_of(c);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stream/stream.h"
#include "agent/stream/backoff.h"
#include "agent/stream/pipe.h"
#include "base/clock.h"
#include "base/rand.h"

#include <time.h>

enum { STREAM_ARENA_BYTES = 64 * 1024 * 1024 };

enum {
	STREAM_ACK_MS = 20 /* how long an acknowledgement may lie where it cannot wake the source */
};

struct run {
	struct stream *s;
	struct source source;
	struct arena *arena; /* of one event */
	struct batcher batcher;
	struct pipe *pipe;
	int64_t mark_ms; /* up to here all was read, with batch mark_seq and those before; 0 = no
			    mark */
	int64_t mark_seq;
	int64_t read_ms;   /* up to here all was acknowledged; 0 = not known */
	int64_t beat_ms;   /* the read_ms last told */
	int64_t next_beat; /* clock_mono_ms() */
	bool good;
};

static int
acked(struct run *run, const struct link_parcel *p, struct err *err)
{
	link_acked(&run->s->link, p);
	LOG(LOG_LVL_INFO, "stream.batch", LOG_F("muni", run->s->link.muni),
	    LOG_F("seq", (long)p->seq), LOG_F("records", p->n_records), LOG_F("urgent", p->urgent),
	    LOG_F("ms", (long)(clock_mono_ms() - p->made_ms)),
	    LOG_F("lag_ms", (long)(clock_now_ms() - p->register_ms)));
	run->good = true;
	run->s->figures.acked_seq = p->seq;
	run->s->figures.n_batches++;
	run->s->figures.n_records += p->n_records;
	return err_trace(err, run->source.confirm(run->source.self, p->position, err), "confirm");
}

/* What is over, without waiting; with @room, until another one may go. */
static int
take_acked(struct run *run, bool room, struct err *err)
{
	struct link_parcel p;
	int r = 0;
	while (r == 0) {
		bool wait = room && !pipe_has_room(run->pipe);
		r = pipe_take(run->pipe, wait ? STREAM_BEAT_MS : 0, &p, err);
		if (r == PIPE_E_WAITS && wait)
			r = 0;
		else if (r == 0)
			r = acked(run, &p, err);
	}
	return r == PIPE_E_WAITS ? 0 : err_trace(err, r, "acknowledged");
}

static int
send_ready(struct run *run, struct err *err)
{
	struct link_parcel p;
	int r = take_acked(run, true, err);
	if (r == 0)
		r = link_pack(&run->s->link, &run->batcher, &p, err);
	if (r)
		return err_trace(err, r, "send");
	pipe_put(run->pipe, &p);
	batcher_sent(&run->batcher);
	return 0;
}

/* What was read before a mark is acknowledged: then the mark is what the lease may be told. */
static void
mark_look(struct run *run)
{
	if (run->mark_ms == 0 || run->mark_seq > run->s->link.acked_seq)
		return;
	run->read_ms = run->mark_ms;
	run->mark_ms = 0;
}

static int
take_event(struct run *run, const struct source_event *e, struct err *err)
{
	struct batcher *b = &run->batcher;
	if (e->kind == SOURCE_COMMIT) {
		batcher_commit(b, e->position, e->at_ms, e->old, clock_mono_ms());
		return 0;
	}
	if (e->kind == SOURCE_CAUGHT_UP) {
		int r = b->n_ready > 0 ? send_ready(run, err) : 0;
		if (run->mark_ms == 0) {
			run->mark_ms = e->at_ms;
			run->mark_seq = run->s->link.seq;
		}
		return err_trace(err, r, "caught up");
	}
	int r = batcher_record(b, e->json, e->json_bytes, e->urgent);
	if (r == BATCHER_E_TOO_LARGE)
		return err_raise(err, FAULT_INTEGRITY,
		    "a transaction larger than the stream carries", (long)b->n_open);
	return r;
}

/*
 * The lease is told only what was really read and acknowledged: a lagging agent
 * lets it run out. A clock that was set back is believed; the server's own
 * decides what that is worth.
 */
static int
beat_maybe(struct run *run, struct err *err)
{
	mark_look(run);
	if (clock_mono_ms() < run->next_beat || run->read_ms == run->beat_ms)
		return 0;
	run->next_beat = clock_mono_ms() + STREAM_BEAT_MS;
	int r = link_beat(&run->s->link, run->read_ms, err);
	if (r)
		return err_trace(err, r, "beat");
	run->beat_ms = run->read_ms;
	run->s->figures.told_ms = run->read_ms;
	run->good = true;
	return 0;
}

/*
 * One batch after the other, each with all that came in meanwhile: they are applied one
 * by one, and a small one in a queue would wait for those before it longer than it need.
 * Several are on their way only where each is full, or tells what must not wait.
 */
static bool
may_send(const struct run *run)
{
	const struct batcher *b = &run->batcher;
	unsigned n = pipe_n(run->pipe);
	return n == 0 || ((b->urgent || batcher_is_full(b)) && pipe_has_room(run->pipe));
}

static int
wait_of(const struct run *run)
{
	if (run->batcher.n_ready > 0 && may_send(run))
		return 0;
	/* An acknowledgement wakes a source that can be woken. */
	if (pipe_n(run->pipe) > 0 && run->source.wake_by == NULL)
		return STREAM_ACK_MS;
	int64_t left = run->next_beat - clock_mono_ms();
	if (left < 1)
		return 1;
	return left > STREAM_BEAT_MS ? STREAM_BEAT_MS : (int)left;
}

static int
step(struct run *run, struct err *err)
{
	struct batcher *b = &run->batcher;
	struct source_event e;
	arena_reset(run->arena);
	int r = run->source.next(run->source.self, run->arena, wait_of(run), &e, err);
	bool idle = r == SOURCE_E_IDLE;
	if (!idle && r)
		return err_trace(err, r, "source");
	r = idle ? 0 : take_event(run, &e, err);
	/* While it may not go what comes in is gathered; when it is too much, that is waited for.
	 */
	if (r == 0 && (batcher_is_full(b) || may_send(run)) &&
	    batcher_is_due(b, !idle, clock_mono_ms()))
		r = send_ready(run, err);
	if (r == 0)
		r = take_acked(run, false, err);
	if (r == 0 && b->moved && b->n_ready == 0 && pipe_n(run->pipe) == 0) {
		/* Nothing of it was ours: the register may forget it all the same. */
		r = run->source.confirm(run->source.self, b->position, err);
		b->moved = false;
	}
	if (r)
		return err_trace(err, r, "step");
	return err_trace(err, beat_maybe(run, err), "step");
}

/* The source first: while another agent holds it, no session is taken away. */
static int
session_open(struct run *run, struct err *err)
{
	struct link *l = &run->s->link;
	int r = link_position(l, err);
	if (r)
		return err_trace(err, r, "position");
	r = run->s->open(run->s->app, l->source, &run->source, err);
	if (r)
		return err_trace(err, r, "register");
	r = link_session(l, err);
	if (r == 0)
		r = pipe_open(l, &run->pipe, err);
	if (r)
		run->source.close(run->source.self);
	return err_trace(err, r, "session");
}

int
stream_session(struct stream *s, bool *ret_good, struct err *err)
{
	struct run run = { .s = s };
	*ret_good = false;
	int r = session_open(&run, err);
	if (r)
		return err_trace(err, r, "open");
	LOG(LOG_LVL_NOTICE, "stream.open", LOG_F("muni", s->link.muni),
	    LOG_F("epoch", (long)s->link.epoch), LOG_F("seq", (long)s->link.seq));
	s->figures.acked_seq = s->link.seq;
	s->figures.is_open = true;
	AUTO(arena) struct arena *a = run.arena = arena_new(STREAM_ARENA_BYTES);
	batcher_init(&run.batcher);
	if (run.source.wake_by != NULL)
		run.source.wake_by(run.source.self, pipe_fd(run.pipe));
	while (r == 0 && !*s->stop)
		r = step(&run, err);
	s->figures.is_open = false;
	s->figures.n_ended += r != 0;
	batcher_done(&run.batcher);
	pipe_close(run.pipe);
	run.source.close(run.source.self);
	*ret_good = run.good;
	return err_trace(err, r, "session");
}

static void
sleep_ms(const struct stream *s, int ms)
{
	int64_t until = clock_mono_ms() + ms;
	while (!*s->stop && clock_mono_ms() < until) {
		int64_t left = until - clock_mono_ms();
		int64_t piece = left > 200 ? 200 : left;
		if (piece > 0)
			(void)nanosleep(&(struct timespec){ .tv_nsec = piece * 1000000 }, NULL);
	}
}

void
stream_run(struct stream *s)
{
	unsigned tries = 0;
	while (!*s->stop) {
		struct err err = { 0 };
		bool good = false;
		int r = stream_session(s, &good, &err);
		if (*s->stop)
			break;
		tries = good ? 1 : tries + 1;
		int wait = backoff_ms(tries, rand_u64());
		if (r == LINK_E_SESSION && wait < STREAM_SESSION_WAIT_MS)
			wait = STREAM_SESSION_WAIT_MS;
		if (r > 0)
			LOG(LOG_LVL_ERR, "stream.refused", LOG_F("muni", s->link.muni),
			    LOG_F("outcome", r), LOG_F("retry_ms", wait));
		if (r < 0) {
			LOG(LOG_LVL_WARN, "stream.again", LOG_F("muni", s->link.muni),
			    LOG_F("retry_ms", wait));
			log_fault("stream.fault", (struct txn_id){ 0 }, &err);
		}
		sleep_ms(s, wait);
	}
}

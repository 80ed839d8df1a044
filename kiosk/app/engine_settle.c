/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_settle - money, paper and issue status agree at the end, also after a
 * loss of power: what is out is paid and "printed", all else is given back and
 * "void" (無効).
 */
#include "kiosk/app/engine_in.h"

#include "base/clock.h"
#include "base/log.h"

#include <string.h>
#include <time.h>

enum { VOID_CANCEL_MAX_MS = 10000, RECOVER_MAX_FILES = 32, RECOVER_SOON_MS = 5000 };

/* The first @printed copies are out, the next one ends as @next, those behind it as @rest. */
static int
note_ends(struct engine *e, unsigned printed, enum flow_end next, enum flow_end rest,
    struct buf *body, struct err *err)
{
	enum flow_end ends[ORDER_MAX_COPIES];
	for (unsigned i = 0; i < ORDER_MAX_COPIES; i++)
		ends[i] = i < printed ? FLOW_PRINTED : i == printed ? next : rest;
	int r = flow_outcome_ask(e->flow, ends, clock_mono_ms(), body, err);
	if (r == 0)
		r = journal_fallback(
		    e->journal, (const char *)body->p, body->bytes, printed * e->fee_yen, err);
	return err_trace(err, r, "outcome");
}

/* Signed now, while there is a key: what to say if this copy is found to have come out. */
static int
note_hope(struct engine *e, unsigned copy, struct err *err)
{
	enum flow_end ends[ORDER_MAX_COPIES];
	struct buf body;
	for (unsigned i = 0; i < ORDER_MAX_COPIES; i++)
		ends[i] = i <= copy ? FLOW_PRINTED : FLOW_VOID_POWER;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	int r = flow_outcome_ask(e->flow, ends, clock_mono_ms(), &body, err);
	if (r == 0)
		r = journal_job(e->journal, 0, err);
	if (r == 0)
		r = journal_hope(
		    e->journal, (const char *)body.p, body.bytes, (copy + 1) * e->fee_yen, err);
	buf_done(&body);
	return err_trace(err, r, "hope");
}

bool
engine_note_copy(struct engine *e, unsigned copy, bool moving)
{
	struct err err = { 0 };
	struct buf body;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	int r = note_ends(
	    e, copy, moving ? FLOW_VOID_UNKNOWN : FLOW_VOID_POWER, FLOW_VOID_POWER, &body, &err);
	if (r == 0 && moving)
		r = note_hope(e, copy, &err);
	buf_done(&body);
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	return r == 0;
}

/* True when the till needs no more: kept, given back, or it never had anything. */
static bool
till_settle(struct engine *e, const char *tx, unsigned due_yen)
{
	struct err err = { 0 };
	int r = due_yen > 0 ? e->ports.till.commit(e->ports.till.self, tx, due_yen, &err)
			    : e->ports.till.undo(e->ports.till.self, tx, &err);
	if (r < 0) {
		log_fault("kiosk.till", (struct txn_id){ 0 }, &err);
		return false;
	}
	if (r != 0 && !(r == PAY_E_UNKNOWN && due_yen == 0))
		LOG(LOG_LVL_ERR, "kiosk.till_disagrees", LOG_F("outcome", r),
		    LOG_F("due_yen", due_yen));
	return true;
}

/* RESULT_DONE when the center has it; a passing trouble keeps it for later. */
static enum result
outcome_send(struct engine *e, const void *body, size_t bytes)
{
	AUTO(arena) struct arena *a = arena_new(ENGINE_REPLY_ARENA_BYTES);
	struct http_reply reply = { 0 };
	struct buf b;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	buf_put(&b, body, bytes);
	enum result r = engine_ask(e, a, "POST", "/v1/outcome", &b, true, &reply);
	buf_done(&b);
	return r;
}

static bool
is_final(enum result r)
{
	return r != RESULT_CENTER_AWAY && r != RESULT_BUSY && r != RESULT_UNAVAILABLE &&
	    r != RESULT_TIMEOUT && r != RESULT_INTERNAL && r != RESULT_ANSWER_FALSE;
}

/*
 * Till and center, each until it has it; then the journal's file goes and *j is
 * NULL. False = not yet: the file stays open.
 */
static bool
settle_file(struct engine *e, struct journal **j, const struct journal_left *left)
{
	struct err err = { 0 };
	bool till = left->till_done || left->tx == NULL;
	bool told = left->reported || left->outcome == NULL;
	int r = 0;
	if (!till && till_settle(e, left->tx, left->due_yen)) {
		till = true;
		r = journal_till_done(*j, &err);
	}
	enum result res = RESULT_DONE;
	if (!told)
		res = outcome_send(e, left->outcome, strlen(left->outcome));
	if (!told && res == RESULT_DONE) {
		told = true;
		if (r == 0)
			r = journal_reported(*j, &err);
	}
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	if (!till || (!told && !is_final(res)))
		return false;
	if (!told)
		LOG(LOG_LVL_ERR, "kiosk.outcome_refused", LOG_F("result", (int)res));
	r = told ? journal_end(TAKE(*j), &err) : journal_refuse(TAKE(*j), &err);
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	return true;
}

/* The session's own file, with the ends as they are now. */
static struct engine_news
settle_now(struct engine *e, unsigned printed, enum flow_end reason, enum session_event good)
{
	AUTO(arena) struct arena *a = arena_new(FLOW_MAX_BODY_BYTES * 2);
	struct journal_left left = { .tx = e->tx[0] ? e->tx : NULL,
		.due_yen = printed * e->fee_yen };
	struct err err = { 0 };
	struct buf body;
	if (e->journal == NULL)
		return engine_says(good);
	if (flow_papers(e->flow) != NULL) {
		buf_init(&body, FLOW_MAX_BODY_BYTES);
		if (note_ends(e, printed, reason, reason, &body, &err) != 0 ||
		    journal_job(e->journal, 0, &err) != 0)
			log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
		if (buf_ok(&body) && body.bytes > 0)
			left.outcome = arena_strndup(a, (const char *)body.p, body.bytes);
		buf_done(&body);
	}
	bool done = settle_file(e, &e->journal, &left);
	if (!done) { /* the journal has it: soon again, not after the usual pause */
		journal_close(TAKE(e->journal));
		e->recovered_ms = clock_mono_ms() - ENGINE_RECOVER_MS + RECOVER_SOON_MS;
	}
	pthread_mutex_lock(&e->mutex);
	e->report.paid_yen = left.due_yen;
	pthread_mutex_unlock(&e->mutex);
	return done ? engine_says(good) : engine_failed(RESULT_CENTER_AWAY);
}

struct engine_news
engine_do_settle(struct engine *e)
{
	return settle_now(e, flow_papers(e->flow)->n_copies, FLOW_PRINTED, SESSION_EV_SETTLED);
}

static enum flow_end
void_reason(enum result r)
{
	if (r == RESULT_PRINT_JAM || r == RESULT_PRINT_PAPER_OUT || r == RESULT_PRINT_FAILED)
		return FLOW_VOID_JAM;
	if (r == RESULT_PRINT_UNKNOWN || r == RESULT_FAULT || r == RESULT_PRINTER_AWAY)
		return FLOW_VOID_UNKNOWN;
	return FLOW_VOID_CANCELLED;
}

/* A job that is still at the printer is taken back. True when it came out all the same. */
static bool
job_take_back(struct engine *e, int job)
{
	const int64_t until_ms = clock_mono_ms() + VOID_CANCEL_MAX_MS;
	const struct timespec pause = { .tv_nsec = 100 * 1000000 };
	struct print_status s = { 0 };
	struct err err = { 0 };
	(void)e->ports.printer.cancel(e->ports.printer.self, job, &err);
	while (clock_mono_ms() < until_ms) {
		if (e->ports.printer.poll(e->ports.printer.self, job, &s, &err) != 0)
			return false; /* nobody knows: void is the safe end */
		if (print_job_is_over(s.job))
			break;
		(void)nanosleep(&pause, NULL);
	}
	return s.job == PRINT_JOB_COMPLETED;
}

struct engine_news
engine_do_void(struct engine *e)
{
	pthread_mutex_lock(&e->mutex);
	enum result why = e->session.result;
	pthread_mutex_unlock(&e->mutex);
	if (e->job != 0 && job_take_back(e, e->job))
		e->copy++;
	e->job = 0;
	pthread_mutex_lock(&e->mutex);
	e->report.printed = e->copy;
	pthread_mutex_unlock(&e->mutex);
	return settle_now(e, e->copy, void_reason(why), SESSION_EV_VOIDED);
}

/* A sheet that still lies in the machine must not come out for nobody; one that came out is paid
 * and valid. Decided once: the printer's numbers mean something else later. */
static void
recover_job(struct engine *e, struct journal *j, struct journal_left *left)
{
	struct err err = { 0 };
	int r = 0;
	if (job_take_back(e, (int)left->job) && left->hope != NULL) {
		left->outcome = left->hope;
		left->due_yen = left->hope_due_yen;
		r = journal_fallback(j, left->hope, strlen(left->hope), left->due_yen, &err);
	}
	if (r == 0)
		r = journal_job(j, 0, &err);
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
}

/* 0 = one file was settled or waits in *ret, locked; JOURNAL_E_NONE or a fault ends it. */
static int
recover_one(struct engine *e, struct journal **ret)
{
	AUTO(arena) struct arena *a = arena_new(4 * JOURNAL_MAX_FILE_BYTES);
	struct journal_left left = { 0 };
	struct err err = { 0 };
	int r = journal_take(e->conf.journal_folder, a, &left, ret, &err);
	if (r < 0)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	if (r)
		return r;
	LOG(LOG_LVL_NOTICE, "kiosk.recovering", LOG_F("copies", left.n_numbers),
	    LOG_F("released", left.released), LOG_F("due_yen", left.due_yen));
	if (left.job != 0 && !left.reported)
		recover_job(e, *ret, &left);
	(void)settle_file(e, ret, &left);
	return 0;
}

void
engine_recover(struct engine *e)
{
	struct journal *waiting[RECOVER_MAX_FILES] = { NULL };
	for (unsigned i = 0; i < RECOVER_MAX_FILES; i++)
		if (recover_one(e, &waiting[i]) != 0)
			break;
	/* Held until now, so that none was looked at twice; tried again later. */
	for (unsigned i = 0; i < RECOVER_MAX_FILES; i++)
		journal_close(waiting[i]);
}

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

enum {
	VOID_CANCEL_MAX_MS = 10000,
	RECOVER_MAX_FILES = 32,
	RECOVER_SOON_MS = 5000,
	RECOVER_PRINTER_MAX_S = 300, /* a printer that is started together with us */
	RECOVER_ORDER_MAX_S = 180    /* an order that may still be under way */
};
/* What the printer says of a copy that was on its way. */
enum copy_end { COPY_OUT, COPY_NOT_OUT, COPY_UNKNOWN, COPY_PRINTER_AWAY };

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

/* A body for this copy's end alone: those before it are out, those behind it are not. */
static int
copy_body(struct engine *e, unsigned copy, enum flow_end end, struct buf *body, struct err *err)
{
	enum flow_end ends[ORDER_MAX_COPIES];
	for (unsigned i = 0; i < ORDER_MAX_COPIES; i++)
		ends[i] = i < copy ? FLOW_PRINTED : i == copy ? end : FLOW_VOID_POWER;
	return flow_outcome_ask(e->flow, ends, clock_mono_ms(), body, err);
}

/* Signed now, while there is a key: what to say when the printer has been asked. */
static int
note_sending(struct engine *e, unsigned copy, struct err *err)
{
	struct buf hope;
	struct buf unsure;
	buf_init(&hope, FLOW_MAX_BODY_BYTES);
	buf_init(&unsure, FLOW_MAX_BODY_BYTES);
	int r = copy_body(e, copy, FLOW_PRINTED, &hope, err);
	if (r == 0)
		r = copy_body(e, copy, FLOW_VOID_UNKNOWN, &unsure, err);
	const struct journal_copy c = { .job_name = flow_papers(e->flow)->copies[copy].number,
		.hope = (const char *)hope.p,
		.hope_bytes = hope.bytes,
		.hope_due_yen = (copy + 1) * e->fee_yen,
		.unsure = (const char *)unsure.p,
		.unsure_bytes = unsure.bytes };
	if (r == 0)
		r = journal_sending(e->journal, &c, err);
	buf_done(&hope);
	buf_done(&unsure);
	return err_trace(err, r, "sending");
}

bool
engine_note_copy(struct engine *e, unsigned copy, bool moving)
{
	struct err err = { 0 };
	struct buf body;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	int r = note_ends(e, copy, FLOW_VOID_POWER, FLOW_VOID_POWER, &body, &err);
	if (r == 0 && moving)
		r = note_sending(e, copy, &err);
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

/* The center knows of no such order, and by now none can be under way: nothing was issued. */
static bool
is_withdrawn(const struct journal_left *left, enum result r)
{
	return left->withdraws && r == RESULT_ORDER_GONE && left->age_s > RECOVER_ORDER_MAX_S;
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
	if (!told && (res == RESULT_DONE || is_withdrawn(left, res))) {
		told = true;
		if (r == 0)
			r = journal_reported(*j, &err);
	}
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	bool later = !is_final(res) || (left->withdraws && res == RESULT_ORDER_GONE);
	if (!till || (!told && later))
		return false;
	if (!told)
		LOG(LOG_LVL_ERR, "kiosk.outcome_refused", LOG_F("result", (int)res));
	r = told ? journal_end(TAKE(*j), &err) : journal_refuse(TAKE(*j), &err);
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	return true;
}

/* How a session ends that stood at the printer: so many are out, the next one as @next. */
struct session_end {
	unsigned printed;
	enum flow_end next;
	enum flow_end rest;
};

/* The outcome to tell, into the journal and @body; empty when there is none. */
static void
settle_body(struct engine *e, const struct session_end *end, struct buf *body)
{
	struct err err = { 0 };
	int r = 0;
	if (flow_papers(e->flow) != NULL)
		r = note_ends(e, end->printed, end->next, end->rest, body, &err);
	else if (e->order_open)
		r = flow_withdraw_ask(e->flow, end->rest, clock_mono_ms(), body, &err);
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
}

/* The session's own file, with the ends as they are now. */
static struct engine_news
settle_now(struct engine *e, const struct session_end *end, enum session_event good)
{
	AUTO(arena) struct arena *a = arena_new(FLOW_MAX_BODY_BYTES * 2);
	struct journal_left left = { .tx = e->tx[0] ? e->tx : NULL,
		.due_yen = end->printed * e->fee_yen,
		.withdraws = flow_papers(e->flow) == NULL };
	struct buf body;
	if (e->journal == NULL)
		return engine_says(good);
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	settle_body(e, end, &body);
	if (buf_ok(&body) && body.bytes > 0)
		left.outcome = arena_strndup(a, (const char *)body.p, body.bytes);
	buf_done(&body);
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
	const struct session_end end = { .printed = flow_papers(e->flow)->n_copies };
	return settle_now(e, &end, SESSION_EV_SETTLED);
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

/* A job that is still at the printer is taken back; it may have come out all the same. */
static enum copy_end
job_take_back(struct engine *e, int job)
{
	const int64_t until_ms = clock_mono_ms() + VOID_CANCEL_MAX_MS;
	const struct timespec pause = { .tv_nsec = 100 * 1000000 };
	struct print_status s = { 0 };
	struct err err = { 0 };
	(void)e->ports.printer.cancel(e->ports.printer.self, job, &err);
	while (clock_mono_ms() < until_ms) {
		int r = e->ports.printer.poll(e->ports.printer.self, job, &s, &err);
		if (r != 0)
			return r == PRINT_E_OFFLINE ? COPY_PRINTER_AWAY : COPY_UNKNOWN;
		if (print_job_is_over(s.job))
			return s.job == PRINT_JOB_COMPLETED ? COPY_OUT : COPY_NOT_OUT;
		(void)nanosleep(&pause, NULL);
	}
	return COPY_UNKNOWN; /* void is the safe end */
}

struct engine_news
engine_do_void(struct engine *e)
{
	enum copy_end copy = COPY_NOT_OUT;
	pthread_mutex_lock(&e->mutex);
	enum result why = e->session.result;
	pthread_mutex_unlock(&e->mutex);
	if (e->job != 0)
		copy = job_take_back(e, e->job);
	e->job = 0;
	if (copy == COPY_OUT)
		e->copy++;
	pthread_mutex_lock(&e->mutex);
	e->report.printed = e->copy;
	pthread_mutex_unlock(&e->mutex);
	const bool unsure = copy == COPY_UNKNOWN || copy == COPY_PRINTER_AWAY;
	const struct session_end end = { .printed = e->copy,
		.next = unsure ? FLOW_VOID_UNKNOWN : void_reason(why),
		.rest = void_reason(why) };
	return settle_now(e, &end, SESSION_EV_VOIDED);
}

/* What became of the copy that was on its way: asked by its number, or by its name. */
static enum copy_end
copy_ask(struct engine *e, const struct journal_left *left)
{
	struct err err = { 0 };
	int job = (int)left->job;
	int r = 0;
	if (job == 0)
		r = e->ports.printer.find(
		    e->ports.printer.self, left->job_name, left->age_s, &job, &err);
	switch (r) {
	case 0:
		return job_take_back(e, job);
	case PRINT_E_NO_JOB:
		return COPY_NOT_OUT;
	case PRINT_E_OFFLINE:
		return COPY_PRINTER_AWAY;
	default:
		return COPY_UNKNOWN;
	}
}

/*
 * A sheet that still lies in the machine must not come out for nobody; one that
 * came out is paid and valid. Decided once: the printer's numbers mean something
 * else later. False = the printer has to be waited for.
 */
static bool
recover_copy(struct engine *e, struct journal *j, struct journal_left *left)
{
	struct err err = { 0 };
	enum copy_end end = copy_ask(e, left);
	if (end == COPY_PRINTER_AWAY && left->age_s <= RECOVER_PRINTER_MAX_S)
		return false;
	if (end == COPY_OUT) {
		left->outcome = left->hope;
		left->due_yen = left->hope_due_yen;
	} else if (end != COPY_NOT_OUT) {
		left->outcome = left->unsure;
	}
	LOG(LOG_LVL_NOTICE, "kiosk.recovered_copy", LOG_F("end", (int)end));
	if (journal_fallback(j, left->outcome, strlen(left->outcome), left->due_yen, &err) != 0)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	return true;
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
	if (left.job_name != NULL && !left.reported && !recover_copy(e, *ret, &left)) {
		e->recovered_ms = clock_mono_ms() - ENGINE_RECOVER_MS + RECOVER_SOON_MS;
		return 0;
	}
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

/* SPDX-License-Identifier: Apache-2.0 */
/* engine_print - copy after copy to the printer, and what it says of them. */
#include "kiosk/app/engine_in.h"

#include "base/clock.h"
#include "base/log.h"

enum {
	PRINT_BUSY_MAX_MS = 60000,   /* another job before ours */
	PRINT_OFFLINE_MAX_MS = 30000 /* a printer that stopped answering */
};

struct engine_news
engine_do_print(struct engine *e)
{
	if (!engine_note_copy(e, e->copy, true))
		return engine_failed(RESULT_FAULT);
	e->job = 0;
	e->send_waits = true;
	e->print_since_ms = clock_mono_ms();
	e->offline_since_ms = 0;
	return ENGINE_NOTHING;
}

static void
printer_show(struct engine *e, enum print_state st, unsigned sides_out)
{
	pthread_mutex_lock(&e->mutex);
	if (e->printer != st || e->sides_out != sides_out) {
		e->printer = st;
		e->sides_out = sides_out;
		engine_changed(e);
	}
	pthread_mutex_unlock(&e->mutex);
}

static bool
printer_needs_a_hand(enum print_state st)
{
	return st > PRINT_BUSY;
}

/* Stopped and going on again are events only where they change the screen. */
static struct engine_news
printer_news(enum session_state st, bool stopped)
{
	if (stopped && st == SESSION_PRINTING)
		return engine_says(SESSION_EV_PRINT_STOPPED);
	if (!stopped && st == SESSION_ATTENTION)
		return engine_says(SESSION_EV_PRINT_RESUMED);
	return ENGINE_NOTHING;
}

static struct engine_news
printer_offline(struct engine *e, enum result if_lost)
{
	int64_t now_ms = clock_mono_ms();
	if (e->offline_since_ms == 0)
		e->offline_since_ms = now_ms;
	if (now_ms - e->offline_since_ms < PRINT_OFFLINE_MAX_MS)
		return ENGINE_NOTHING;
	return engine_failed(if_lost);
}

/* Sides of the copies that are out already. */
static unsigned
sides_before(const struct engine *e)
{
	unsigned n = 0;
	for (unsigned i = 0; i < e->copy; i++)
		n += 2 * flow_papers(e->flow)->copies[i].pages;
	return n;
}

static struct engine_news
send_not_ready(struct engine *e, enum session_state st)
{
	struct err err = { 0 };
	enum print_state ps = PRINT_STOPPED;
	if (e->ports.printer.check(e->ports.printer.self, &ps, &err) != 0)
		return printer_offline(e, RESULT_PRINTER_AWAY);
	printer_show(e, ps, sides_before(e));
	return printer_news(st, printer_needs_a_hand(ps));
}

static void
send_done(struct engine *e, int job)
{
	struct err err = { 0 };
	if (journal_job(e->journal, job, &err) != 0)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	e->job = job;
	e->send_waits = false;
	e->offline_since_ms = 0;
	pthread_mutex_lock(&e->mutex);
	e->report.jobs[e->copy] = job;
	engine_changed(e);
	pthread_mutex_unlock(&e->mutex);
}

static struct engine_news
copy_send(struct engine *e, enum session_state st)
{
	const struct flow_copy *c = &flow_papers(e->flow)->copies[e->copy];
	const struct print_doc doc = {
		.pdf = c->pdf, .bytes = c->pdf_bytes, .job_name = c->number, .duplex = true
	};
	struct err err = { 0 };
	int job = 0;
	int r = e->ports.printer.send(e->ports.printer.self, &doc, &job, &err);
	switch (r) {
	case 0:
		send_done(e, job);
		return ENGINE_NOTHING;
	case PRINT_E_BUSY:
		if (clock_mono_ms() - e->print_since_ms < PRINT_BUSY_MAX_MS)
			return ENGINE_NOTHING;
		return engine_failed(RESULT_PRINTER_BUSY);
	case PRINT_E_NOT_READY:
		return send_not_ready(e, st);
	case PRINT_E_OFFLINE:
		return printer_offline(e, RESULT_PRINTER_AWAY);
	case PRINT_E_UNSURE:
		send_done(e, job); /* what it says of the job decides */
		return ENGINE_NOTHING;
	default:
		if (r < 0)
			log_fault("kiosk.printer", (struct txn_id){ 0 }, &err);
		return engine_failed(RESULT_PRINT_FAILED);
	}
}

static struct engine_news
copy_printed(struct engine *e)
{
	e->copy++;
	e->job = 0; /* over: nothing to take back */
	pthread_mutex_lock(&e->mutex);
	e->report.printed = e->copy;
	pthread_mutex_unlock(&e->mutex);
	return engine_says(e->copy == flow_papers(e->flow)->n_copies ? SESSION_EV_PRINTED
								     : SESSION_EV_COPY_PRINTED);
}

struct engine_news
engine_watch_print(struct engine *e, enum session_state st)
{
	struct print_status s = { 0 };
	struct err err = { 0 };
	if (e->send_waits)
		return copy_send(e, st);
	int r = e->ports.printer.poll(e->ports.printer.self, e->job, &s, &err);
	if (r == PRINT_E_OFFLINE)
		return printer_offline(e, RESULT_PRINT_UNKNOWN);
	if (r) {
		if (r < 0)
			log_fault("kiosk.printer", (struct txn_id){ 0 }, &err);
		return engine_failed(RESULT_PRINT_UNKNOWN);
	}
	e->offline_since_ms = 0;
	printer_show(e, s.printer, sides_before(e) + s.sides_out);
	if (s.job == PRINT_JOB_COMPLETED)
		return copy_printed(e);
	if (print_job_is_over(s.job))
		return engine_failed(
		    s.printer == PRINT_JAM ? RESULT_PRINT_JAM : RESULT_PRINT_FAILED);
	return printer_news(st, s.job == PRINT_JOB_STOPPED || printer_needs_a_hand(s.printer));
}

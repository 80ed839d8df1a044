/* SPDX-License-Identifier: Apache-2.0 */
/* engine_order - order, money, release: everything between "confirm" and the paper. */
#include "kiosk/app/engine_in.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A printer that cannot print now is found out before anything is ordered or paid. */
static enum result
printer_ready(struct engine *e)
{
	struct err err = { 0 };
	enum print_state st = PRINT_READY;
	if (e->ports.printer.check(e->ports.printer.self, &st, &err) != 0)
		return RESULT_PRINTER_AWAY;
	switch (st) {
	case PRINT_READY:
	case PRINT_BUSY:
		return RESULT_DONE;
	case PRINT_EMPTY:
		return RESULT_PRINT_PAPER_OUT;
	case PRINT_JAM:
		return RESULT_PRINT_JAM;
	default:
		return RESULT_PRINTER_AWAY;
	}
}

/* Numbers and the signed fallback are on the disk before money or paper move. */
static int
journal_answer(struct engine *e, struct err *err)
{
	const struct flow_papers *p = flow_papers(e->flow);
	int r = journal_answered(e->journal, p->manifest_hash, err);
	for (unsigned i = 0; r == 0 && i < p->n_copies; i++)
		r = journal_number(e->journal, p->copies[i].number, err);
	if (r == 0 && !engine_note_copy(e, 0, false))
		r = err_raise(err, FAULT_UNAVAILABLE, "journal", 0);
	return err_trace(err, r, "order");
}

static void
answer_show(struct engine *e)
{
	const struct flow_papers *p = flow_papers(e->flow);
	pthread_mutex_lock(&e->mutex);
	e->report.n_numbers = p->n_copies;
	e->sides = 0;
	for (unsigned i = 0; i < p->n_copies; i++) {
		(void)snprintf(
		    e->report.numbers[i], sizeof(e->report.numbers[i]), "%s", p->copies[i].number);
		e->sides += 2 * p->copies[i].pages;
	}
	e->due_yen = e->fee_yen * p->n_copies;
	pthread_mutex_unlock(&e->mutex);
}

/* An answer that is not ours is an incident: its traces stay for a human, and whatever was issued
 * for the order is taken back. */
static enum result
order_refused(struct engine *e, int r, const struct err *err)
{
	struct err other = { 0 };
	enum result res = engine_answer_result(r, err);
	if (r == FAULT_INTEGRITY || r == FAULT_BAD_INPUT) {
		LOG(LOG_LVL_ERR, "kiosk.answer_false", LOG_F("fault", r));
		if (journal_keep(e->journal, &other) != 0)
			log_fault("kiosk.journal", (struct txn_id){ 0 }, &other);
	}
	return res;
}

/* What a refusal leaves behind: nothing, unless it is one that says nothing of the order. */
static bool
order_is_open(enum result r)
{
	return r == RESULT_DONE || r == RESULT_CENTER_AWAY || r == RESULT_ANSWER_FALSE ||
	    r == RESULT_UNAVAILABLE || r == RESULT_TIMEOUT || r == RESULT_INTERNAL;
}

/* Signed and on the disk before the order leaves: a number may come to be that we never read. */
static int
order_note(struct engine *e, struct err *err)
{
	struct buf body;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	int r = flow_withdraw_ask(e->flow, FLOW_VOID_POWER, clock_mono_ms(), &body, err);
	if (r == 0)
		r = journal_withdraw(e->journal, (const char *)body.p, body.bytes, err);
	buf_done(&body);
	return err_trace(err, r, "order");
}

static enum result
order_send(struct engine *e, struct arena *a, const struct choice *c, const struct order_id *id)
{
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	struct buf body;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	enum result res = RESULT_DONE;
	int r = flow_order_ask(e->flow, c, id, clock_mono_ms(), &body, &err);
	if (r == 0)
		r = order_note(e, &err);
	if (r == 0) { /* the same order again gives the same bytes */
		e->order_open = true;
		res = engine_ask(e, a, "POST", "/v1/order", &body, true, &reply);
		e->order_open = order_is_open(res);
	}
	buf_done(&body);
	if (r)
		return engine_answer_result(r, &err);
	if (res != RESULT_DONE)
		return res;
	r = flow_answer_read(e->flow, reply.body, reply.body_bytes, clock_mono_ms(), &err);
	if (r)
		return order_refused(e, r, &err);
	r = journal_answer(e, &err);
	if (r)
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
	return r ? RESULT_FAULT : RESULT_DONE;
}

struct engine_news
engine_do_order(struct engine *e)
{
	AUTO(arena) struct arena *a = arena_new(ENGINE_REPLY_ARENA_BYTES);
	struct err err = { 0 };
	struct order_id id;
	pthread_mutex_lock(&e->mutex);
	const struct choice c = e->choice;
	pthread_mutex_unlock(&e->mutex);
	e->fee_yen = offer_find(flow_offer(e->flow), c.kind)->fee_yen;
	enum result res = printer_ready(e);
	if (res != RESULT_DONE)
		return engine_failed(res);
	rand_bytes(id.b, sizeof(id.b));
	if (journal_begin(e->conf.journal_folder, &id, &e->journal, &err) != 0) {
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
		return engine_failed(RESULT_FAULT);
	}
	res = order_send(e, a, &c, &id);
	if (res != RESULT_DONE)
		return engine_failed(res);
	answer_show(e);
	return engine_says(e->fee_yen == 0 ? SESSION_EV_ANSWERED_FREE : SESSION_EV_ANSWERED);
}

struct engine_news
engine_do_pay_begin(struct engine *e)
{
	struct err err = { 0 };
	uint8_t tx[PAY_TX_CHARS / 2];
	rand_bytes(tx, sizeof(tx));
	text_hex_format(tx, sizeof(tx), e->tx);
	int r = journal_till(e->journal, e->tx, &err);
	if (r) {
		e->tx[0] = '\0';
		log_fault("kiosk.journal", (struct txn_id){ 0 }, &err);
		return engine_failed(RESULT_FAULT);
	}
	r = e->ports.till.begin(e->ports.till.self, e->tx, e->due_yen, &err);
	if (r == 0)
		return ENGINE_NOTHING;
	if (r < 0)
		log_fault("kiosk.till", (struct txn_id){ 0 }, &err);
	return engine_failed(RESULT_PAY_AWAY);
}

struct engine_news
engine_watch_pay(struct engine *e)
{
	struct err err = { 0 };
	unsigned inserted = e->inserted_yen;
	int r = e->ports.till.poll(
	    e->ports.till.self, e->tx, e->due_yen, ENGINE_POLL_MS, &inserted, &err);
	if (r == 0 || r == PAY_E_WAITING) {
		pthread_mutex_lock(&e->mutex);
		if (inserted != e->inserted_yen) {
			e->inserted_yen = inserted;
			engine_changed(e);
		}
		pthread_mutex_unlock(&e->mutex);
		return r == 0 ? engine_says(SESSION_EV_AUTHORISED) : ENGINE_NOTHING;
	}
	if (r == PAY_E_DECLINED)
		return engine_failed(RESULT_PAY_DECLINED);
	if (r < 0)
		log_fault("kiosk.till", (struct txn_id){ 0 }, &err);
	return engine_failed(RESULT_PAY_AWAY);
}

struct engine_news
engine_do_release(struct engine *e)
{
	AUTO(arena) struct arena *a = arena_new(ENGINE_REPLY_ARENA_BYTES);
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	struct buf body;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	enum result res = RESULT_DONE;
	int r = journal_released(e->journal, &err);
	if (r == 0)
		r = flow_release_ask(e->flow, clock_mono_ms(), &body, &err);
	if (r == 0) /* once only: a second one would be refused as spent */
		res = engine_ask(e, a, "POST", "/v1/release", &body, false, &reply);
	buf_done(&body);
	if (r == 0 && res == RESULT_DONE)
		r = flow_release_read(e->flow, reply.body, reply.body_bytes, &err);
	if (r)
		return engine_failed(engine_answer_result(r, &err));
	return res == RESULT_DONE ? engine_says(SESSION_EV_RELEASED) : engine_failed(res);
}

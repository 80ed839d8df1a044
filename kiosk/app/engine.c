/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/engine_in.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void
engine_changed(struct engine *e)
{
	e->view_n++;
	pthread_cond_broadcast(&e->seen);
}

/* A cryptographically drawn order: every arrangement equally likely. */
static void
pad_deal(struct engine *e)
{
	for (unsigned i = 0; i < ENGINE_PIN_SLOTS; i++)
		e->pad[i] = (uint8_t)i;
	for (unsigned i = ENGINE_PIN_SLOTS - 1; e->conf.pinpad_shuffle && i > 0; i--) {
		unsigned k = (unsigned)(rand_u64() % (i + 1)); /* bias under 2^-59 */
		uint8_t t = e->pad[i];
		e->pad[i] = e->pad[k];
		e->pad[k] = t;
	}
}

/* What the screens show of an earlier session ends with it. */
static void
report_begin(struct engine *e)
{
	e->report = (struct engine_report){ 0 };
	e->muni_name[0] = '\0';
	e->window_phone[0] = '\0';
	e->sides_out = 0;
	e->sides = 0;
	e->due_yen = 0;
	e->inserted_yen = 0;
	e->printer = PRINT_READY;
}

static void
report_step(struct engine *e)
{
	struct engine_report *r = &e->report;
	if (r->n_steps > 0 && r->steps[r->n_steps - 1].state == e->session.state)
		return;
	if (r->n_steps < ENGINE_MAX_STEPS)
		r->steps[r->n_steps++] = (struct engine_step){ .state = e->session.state,
			.at_ms = e->session.entered_ms };
}

static void
queue_push(struct engine *e, enum session_action a)
{
	if (e->n_queue == ENGINE_QUEUE)
		abort(); /* touches cannot outrun it: states at work take none */
	e->queue[e->n_queue++] = a;
	pthread_cond_signal(&e->wake);
}

/* One step of the session, under the mutex. PIN presses are done here and now. */
static int
engine_step(struct engine *e, enum session_event ev, enum result result, struct err *err)
{
	enum session_action action = SESSION_DO_NONE;
	enum session_state before = e->session.state;
	int r = session_step(&e->session, ev, result, clock_mono_ms(), &action, err);
	if (r)
		return err_trace(err, r, "engine");
	if (ev == SESSION_EV_START || (e->session.state == SESSION_IDLE && before != SESSION_IDLE))
		report_begin(e);
	if (e->session.state == SESSION_PIN && before != SESSION_PIN)
		pad_deal(e);
	report_step(e);
	if (action == SESSION_DO_PIN_CLEAR)
		card_pin_clear(e->pin);
	else if (action != SESSION_DO_NONE && action != SESSION_DO_PIN_PUSH)
		queue_push(e, action);
	pthread_cond_signal(&e->wake);
	engine_changed(e);
	return 0;
}

/* A pair that the table does not have is a bug: end the session, forget everything. */
static void
engine_feed(struct engine *e, enum session_event ev, enum result result)
{
	struct err err = { 0 };
	if (engine_step(e, ev, result, &err) == 0)
		return;
	log_fault("kiosk.session", (struct txn_id){ 0 }, &err);
	e->session.state = SESSION_ERROR;
	e->session.result = RESULT_FAULT;
	queue_push(e, SESSION_DO_WIPE);
	engine_changed(e);
}

/* Forget the resident. The receipt on the screen names no one. */
static void
engine_wipe(struct engine *e)
{
	e->ports.card.end(e->ports.card.self);
	pthread_mutex_lock(&e->mutex);
	card_pin_clear(e->pin);
	e->offer = NULL;
	flow_free(e->flow);
	e->flow = NULL;
	e->choice = (struct choice){ 0 };
	pthread_mutex_unlock(&e->mutex);
	mem_wipe(&e->card, sizeof(e->card));
	mem_wipe(e->sig, sizeof(e->sig));
	journal_close(e->journal); /* what is still open is taken up by engine_recover() */
	e->journal = NULL;
	e->tx[0] = '\0';
	e->order_open = false;
	e->copy = 0;
	e->job = 0;
}

static struct engine_news
engine_do(struct engine *e, enum session_action a)
{
	switch (a) {
	case SESSION_DO_WIPE:
		engine_wipe(e);
		return ENGINE_NOTHING;
	case SESSION_DO_READ:
		return engine_do_read(e);
	case SESSION_DO_SIGN:
		return engine_do_sign(e);
	case SESSION_DO_LOAD:
		return engine_do_load(e);
	case SESSION_DO_ORDER:
		return engine_do_order(e);
	case SESSION_DO_PAY_BEGIN:
		return engine_do_pay_begin(e);
	case SESSION_DO_RELEASE:
		return engine_do_release(e);
	case SESSION_DO_PRINT:
		return engine_do_print(e);
	case SESSION_DO_SETTLE:
		return engine_do_settle(e);
	case SESSION_DO_VOID:
		return engine_do_void(e);
	default:
		return ENGINE_NOTHING;
	}
}

static struct engine_news
engine_watch(struct engine *e, enum session_state st)
{
	switch (session_state_info(st)->watch) {
	case SESSION_WATCH_CARD:
		return engine_watch_card(e, st);
	case SESSION_WATCH_PAY:
		return engine_watch_pay(e);
	case SESSION_WATCH_PRINT:
		return engine_watch_print(e, st);
	default:
		return ENGINE_NOTHING;
	}
}

static void
wait_until(struct engine *e, int64_t until_ms)
{
	struct timespec t;
	int64_t left_ms = until_ms - clock_mono_ms();
	if (left_ms <= 0)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(left_ms / 1000);
	t.tv_nsec += (long)(left_ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&e->wake, &e->mutex, &t);
}

/* Runs something slow without the mutex. Its news count only for the step it was begun in: what a
 * touch has ended meanwhile is not heard of again. */
static void
run_outside(struct engine *e, bool is_action, enum session_action a)
{
	const enum session_state st = e->session.state;
	const uint64_t n = e->session.n;
	e->waits_for_card = !is_action && session_state_info(st)->watch == SESSION_WATCH_CARD;
	pthread_mutex_unlock(&e->mutex);
	struct engine_news news = is_action ? engine_do(e, a) : engine_watch(e, st);
	pthread_mutex_lock(&e->mutex);
	e->waits_for_card = false;
	if (news.any && e->session.n == n)
		engine_feed(e, news.event, news.result);
}

static void
recover_outside(struct engine *e)
{
	pthread_mutex_unlock(&e->mutex);
	engine_recover(e);
	pthread_mutex_lock(&e->mutex);
}

static void *
engine_main(void *arg)
{
	struct engine *e = arg;
	int64_t next_watch_ms = 0;
	pthread_mutex_lock(&e->mutex);
	while (!e->stop) {
		int64_t now_ms = clock_mono_ms();
		bool watches = session_state_info(e->session.state)->watch != SESSION_WATCH_NONE;
		if (e->n_queue > 0) {
			enum session_action a = e->queue[0];
			memmove(e->queue, e->queue + 1, --e->n_queue * sizeof(e->queue[0]));
			run_outside(e, true, a);
			next_watch_ms = 0;
		} else if (session_is_late(&e->session, now_ms)) {
			engine_feed(e, SESSION_EV_TIMEOUT, RESULT_TIMED_OUT);
		} else if (watches && now_ms >= next_watch_ms) {
			/* looks at card and till wait by themselves until something happens */
			bool print =
			    session_state_info(e->session.state)->watch == SESSION_WATCH_PRINT;
			run_outside(e, false, SESSION_DO_NONE);
			next_watch_ms = print ? clock_mono_ms() + ENGINE_PRINT_POLL_MS : 0;
		} else if (e->session.state == SESSION_IDLE &&
		    now_ms >= e->recovered_ms + ENGINE_RECOVER_MS) {
			e->recovered_ms = now_ms;
			recover_outside(e);
		} else {
			int64_t until_ms = e->session.deadline_ms;
			if (e->session.state == SESSION_IDLE &&
			    e->recovered_ms + ENGINE_RECOVER_MS < until_ms)
				until_ms = e->recovered_ms + ENGINE_RECOVER_MS;
			if (watches && next_watch_ms < until_ms)
				until_ms = next_watch_ms;
			wait_until(e, until_ms);
		}
	}
	pthread_mutex_unlock(&e->mutex);
	return NULL;
}

int
engine_new(const struct engine_conf *c, const struct ports *p, struct engine **ret, struct err *err)
{
	pthread_condattr_t attr;
	struct engine *e = mem_zero(sizeof(*e));
	e->conf = *c;
	e->ports = *p;
	(void)pthread_mutex_init(&e->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&e->wake, &attr);
	(void)pthread_cond_init(&e->seen, &attr);
	(void)pthread_condattr_destroy(&attr);
	e->recovered_ms = -ENGINE_RECOVER_MS;
	session_init(&e->session, clock_mono_ms());
	e->session.waits_percent = c->waits_percent;
	report_begin(e);
	e->view_n = 1;
	e->pin = card_pin_new();
	if (e->pin == NULL) {
		engine_free(e);
		return err_raise(err, FAULT_CONFIG, "no memory can be locked for a PIN", 0);
	}
	if (pthread_create(&e->thread, NULL, engine_main, e) != 0) {
		engine_free(e);
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	}
	e->started = true;
	*ret = e;
	return 0;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	if (e->started) {
		pthread_mutex_lock(&e->mutex);
		e->stop = true;
		e->no_waits = true;
		pthread_cond_broadcast(&e->wake);
		engine_changed(e);
		pthread_mutex_unlock(&e->mutex);
		e->ports.card.cancel(e->ports.card.self);
		(void)pthread_join(e->thread, NULL);
		engine_wipe(e);
	}
	card_pin_free(e->pin);
	(void)pthread_cond_destroy(&e->wake);
	(void)pthread_cond_destroy(&e->seen);
	(void)pthread_mutex_destroy(&e->mutex);
	mem_wipe(e, sizeof(*e));
	mem_free(e);
}

/*
 * A wait for the card must not hold up what a touch has asked for. A cancel that
 * comes just before the wait begins is lost, so it is said until it is heard.
 */
static void
touch_done(struct engine *e)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	for (int i = 0; i < ENGINE_POLL_MS && e->waits_for_card && e->n_queue > 0; i++) {
		pthread_mutex_unlock(&e->mutex);
		e->ports.card.cancel(e->ports.card.self);
		(void)nanosleep(&pause, NULL);
		pthread_mutex_lock(&e->mutex);
	}
	pthread_mutex_unlock(&e->mutex);
}

static void
hall_show(struct engine *e, const char *name, const char *phone)
{
	(void)snprintf(e->muni_name, sizeof(e->muni_name), "%s", name);
	(void)snprintf(e->window_phone, sizeof(e->window_phone), "%s", phone);
}

/* A city hall's kiosk says so before anybody has got a card out. */
static int
hall_is_closed(struct engine *e, struct err *err)
{
	int r = engine_step(e, SESSION_EV_FAILED, RESULT_CLOSED_HOURS, err);
	if (r == 0)
		hall_show(e, e->conf.hall.name, e->conf.hall.phone);
	return err_trace(err, r, "touch");
}

static bool
is_open(const struct engine *e)
{
	return e->conf.hall.muni.s[0] == '\0' ||
	    profile_hours_are_open(&e->conf.hall.hours, clock_now_ms());
}

int
engine_touch(struct engine *e, enum session_event ev, enum session_state at, struct err *err)
{
	int r = SESSION_E_NOT_NOW;
	pthread_mutex_lock(&e->mutex);
	enum session_state st = e->session.state;
	bool plain = session_event_is_touch(ev) && ev != SESSION_EV_PIN_SLOT;
	if (ev == SESSION_EV_BACK && st == SESSION_COPIES && !choice_has_scope(e->choice.kind))
		ev = SESSION_EV_BACK_TO_KIND;
	bool ready = ev != SESSION_EV_PIN_ENTER || card_pin_digits(e->pin) == CARD_PIN_DIGITS;
	bool here = plain && ready && (at == SESSION_N_STATES || at == st);
	if (here && ev == SESSION_EV_START && st == SESSION_IDLE && !is_open(e))
		r = hall_is_closed(e, err);
	else if (here)
		r = engine_step(e, ev, RESULT_DONE, err);
	touch_done(e);
	return err_trace(err, r, "touch");
}

int
engine_pin(struct engine *e, unsigned slot, enum session_state at, struct err *err)
{
	int r = SESSION_E_NOT_NOW;
	if (slot >= ENGINE_PIN_SLOTS)
		return err_raise(err, FAULT_BAD_INPUT, "slot", slot);
	pthread_mutex_lock(&e->mutex);
	enum session_state st = e->session.state;
	if (at == SESSION_N_STATES || at == st)
		r = engine_step(e, SESSION_EV_PIN_SLOT, RESULT_DONE, err);
	if (r == 0)
		(void)card_pin_push(e->pin, e->pad[slot]);
	touch_done(e);
	return err_trace(err, r, "touch");
}

/* Checks against the offer; the event that follows. */
static int
pick_apply(struct engine *e, const struct engine_pick *p, enum session_event *ret)
{
	struct choice *c = &e->choice;
	switch (p->at) {
	case SESSION_KIND:
		*ret = choice_has_scope(p->kind) ? SESSION_EV_CHOSE_RECORD : SESSION_EV_CHOSE_PLAIN;
		return choice_set_kind(c, e->offer, p->kind);
	case SESSION_SCOPE:
		*ret = p->scope == ORDER_PART ? SESSION_EV_CHOSE_PART : SESSION_EV_CHOSE_WHOLE;
		return choice_set_scope(c, e->offer, p->scope);
	case SESSION_PERSONS:
		*ret = SESSION_EV_CHOSE_PERSONS;
		return choice_set_persons(c, e->offer, p->persons);
	case SESSION_OPTIONS:
		*ret = SESSION_EV_CHOSE_OPTIONS;
		return choice_set_options(c, e->offer, p->options);
	case SESSION_COPIES:
		*ret = SESSION_EV_CHOSE_COPIES;
		return choice_set_copies(c, e->offer, p->copies);
	default:
		return SESSION_E_NOT_NOW;
	}
}

int
engine_choose(struct engine *e, const struct engine_pick *p, struct err *err)
{
	enum session_event ev = SESSION_N_EVENTS;
	int r = SESSION_E_NOT_NOW;
	pthread_mutex_lock(&e->mutex);
	if (e->session.state == p->at && e->offer != NULL)
		r = pick_apply(e, p, &ev);
	if (r == 0)
		r = engine_step(e, ev, RESULT_DONE, err);
	pthread_mutex_unlock(&e->mutex);
	return err_trace(err, r, "choose");
}

uint64_t
engine_wait(struct engine *e, uint64_t after, int timeout_ms)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += timeout_ms / 1000;
	t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&e->mutex);
	int r = 0;
	while (e->view_n <= after && !e->no_waits && r == 0)
		r = pthread_cond_timedwait(&e->seen, &e->mutex, &t);
	uint64_t n = e->view_n;
	pthread_mutex_unlock(&e->mutex);
	return n;
}

void
engine_end_waits(struct engine *e)
{
	pthread_mutex_lock(&e->mutex);
	e->no_waits = true;
	engine_changed(e);
	pthread_mutex_unlock(&e->mutex);
}

void
engine_set_texts(struct engine *e, const struct engine_texts *t)
{
	pthread_mutex_lock(&e->mutex);
	e->texts = *t;
	pthread_mutex_unlock(&e->mutex);
}

void
engine_read(struct engine *e, struct engine_report *ret)
{
	pthread_mutex_lock(&e->mutex);
	*ret = e->report;
	ret->state = e->session.state;
	ret->result = e->session.result;
	pthread_mutex_unlock(&e->mutex);
}

enum result
engine_answer_result(int r, const struct err *err)
{
	if (r == FLOW_E_LATE)
		return RESULT_ANSWER_LATE;
	log_fault("kiosk.answer_refused", (struct txn_id){ 0 }, err);
	return r == FAULT_INTERNAL ? RESULT_FAULT : RESULT_ANSWER_FALSE;
}

/* Answers of the center that may come out otherwise a moment later. */
static bool
is_passing(enum result r)
{
	return r == RESULT_BUSY || r == RESULT_TIMEOUT || r == RESULT_UNAVAILABLE ||
	    r == RESULT_CENTER_AWAY;
}

static enum result
ask_once(struct engine *e, struct arena *a, const struct http_ask *q, struct http_reply *ret)
{
	struct err err = { 0 };
	int r = e->ports.center.ask(e->ports.center.self, a, q, ret, &err);
	if (r == 0)
		return RESULT_DONE;
	if (r == HTTP_E_REFUSED)
		return result_from_center(ret->code);
	log_fault("kiosk.center", (struct txn_id){ 0 }, &err);
	return r == FAULT_BAD_INPUT ? RESULT_ANSWER_FALSE : RESULT_CENTER_AWAY;
}

enum result
engine_ask(struct engine *e, struct arena *a, const char *method, const char *path,
    const struct buf *body, bool may_repeat, struct http_reply *ret)
{
	static const int pause_ms[] = { 300, 1000, 0 };
	const struct http_ask q = { .method = method,
		.path = path,
		.body = body ? body->p : NULL,
		.body_bytes = body ? body->bytes : 0,
		.timeout_ms = 20000,
		.max_reply_bytes = 16 << 20 };
	enum result r = RESULT_FAULT;
	for (unsigned i = 0; i < N_ELEMENTS(pause_ms); i++) {
		r = ask_once(e, a, &q, ret);
		if (!may_repeat || !is_passing(r) || pause_ms[i] == 0)
			break;
		const struct timespec t = { .tv_nsec = pause_ms[i] % 1000 * 1000000,
			.tv_sec = pause_ms[i] / 1000 };
		(void)nanosleep(&t, NULL);
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* engine_card - from the card on the reader to the offer on the screen. */
#include "kiosk/app/engine_in.h"

#include "base/clock.h"
#include "base/log.h"

#include <string.h>

static enum result
card_result(int r)
{
	static const struct {
		int outcome;
		enum result result;
	} t[] = {
		{ CARD_E_NO_READER, RESULT_NO_READER },
		{ CARD_E_NO_CARD, RESULT_NO_CARD },
		{ CARD_E_OTHER_CARD, RESULT_OTHER_CARD },
		{ CARD_E_OLD_CARD, RESULT_OLD_CARD },
		{ CARD_E_NO_AUTH_CERT, RESULT_NO_CERTIFICATE },
		{ CARD_E_EXPIRED, RESULT_CARD_EXPIRED },
		{ CARD_E_WRONG_PIN, RESULT_PIN_WRONG },
		{ CARD_E_LOCKED, RESULT_PIN_LOCKED },
		{ CARD_E_REMOVED, RESULT_CARD_REMOVED },
		{ CARD_E_TWO_CARDS, RESULT_TWO_CARDS },
		{ CARD_E_READER, RESULT_READER_FAULT },
		{ CARD_E_PHONE, RESULT_PHONE },
		{ CARD_E_BROKEN, RESULT_CARD_FAULT },
		{ CARD_E_TAKEN, RESULT_READER_FAULT },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (t[i].outcome == r)
			return t[i].result;
	return RESULT_READER_FAULT;
}

static struct engine_news
card_failed(int r, const struct err *err)
{
	if (r < 0)
		log_fault("kiosk.card", (struct txn_id){ 0 }, err);
	return engine_failed(card_result(r));
}

struct engine_news
engine_watch_card(struct engine *e, enum session_state st)
{
	struct err err = { 0 };
	if (e->conf.card_may_stay && (st == SESSION_TAKE_CARD || st == SESSION_CARD_LEFT))
		return engine_says(SESSION_EV_CARD_OUT);
	enum card_want want = st == SESSION_CARD ? CARD_WANT_CARD : CARD_WANT_EMPTY;
	int r = e->ports.card.wait(e->ports.card.self, want, ENGINE_POLL_MS, &err);
	if (r == 0)
		return engine_says(
		    want == CARD_WANT_CARD ? SESSION_EV_CARD_IN : SESSION_EV_CARD_OUT);
	if (r == CARD_E_TIMEOUT || r == CARD_E_CANCELLED)
		return ENGINE_NOTHING;
	/* A card that does not answer yet is tried again while there is time. */
	if (r == CARD_E_READER && st == SESSION_CARD)
		return ENGINE_NOTHING;
	return card_failed(r, &err);
}

struct engine_news
engine_do_read(struct engine *e)
{
	struct err err = { 0 };
	int r = e->ports.card.begin(e->ports.card.self, clock_now_ms(), &e->card, &err);
	if (r)
		return card_failed(r, &err);
	pthread_mutex_lock(&e->mutex);
	e->report.tries_left = e->card.tries_left;
	engine_changed(e);
	pthread_mutex_unlock(&e->mutex);
	return engine_says(
	    e->card.tries_left == 1 ? SESSION_EV_CARD_LAST_TRY : SESSION_EV_CARD_READ);
}

/* The nonce comes before the PIN goes to the card: no try is spent for a center that is away. */
static enum result
sign_nonce(struct engine *e)
{
	AUTO(arena) struct arena *a = arena_new(ENGINE_REPLY_ARENA_BYTES);
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	struct buf body;
	pthread_mutex_lock(&e->mutex);
	if (e->flow == NULL)
		e->flow = flow_new(e->conf.kiosk);
	else
		flow_again(e->flow);
	pthread_mutex_unlock(&e->mutex);
	buf_init(&body, 16);
	buf_text(&body, "{}");
	enum result res = engine_ask(e, a, "POST", "/v1/nonce", &body, true, &reply);
	buf_done(&body);
	if (res != RESULT_DONE)
		return res;
	int r = flow_nonce_read(e->flow, reply.body, reply.body_bytes, clock_mono_ms(), &err);
	return r ? engine_answer_result(r, &err) : RESULT_DONE;
}

/* A telephone shows its certificate after the PIN; the transcript needs it. */
static int
sign_unlock(struct engine *e, unsigned *ret_tries, struct err *err)
{
	e->card.unlocked = false;
	if (e->card.kind != CARD_TELEPHONE)
		return 0;
	return e->ports.card.unlock(
	    e->ports.card.self, clock_now_ms(), &e->card, e->pin, ret_tries, err);
}

static struct engine_news
sign_failed(struct engine *e, int r, unsigned tries, const struct err *err)
{
	if (r != CARD_E_WRONG_PIN)
		return card_failed(r, err);
	pthread_mutex_lock(&e->mutex);
	e->report.tries_left = tries;
	pthread_mutex_unlock(&e->mutex);
	return engine_says(tries == 1 ? SESSION_EV_PIN_WRONG_LAST : SESSION_EV_PIN_WRONG);
}

struct engine_news
engine_do_sign(struct engine *e)
{
	struct err err = { 0 };
	uint8_t digest[FLOW_DIGEST_BYTES];
	unsigned tries = 0;
	enum result res = sign_nonce(e);
	if (res != RESULT_DONE)
		return engine_failed(res);
	int r = sign_unlock(e, &tries, &err);
	if (r)
		return sign_failed(e, r, tries, &err);
	r = flow_begin(e->flow, e->card.cert, e->card.cert_bytes, clock_mono_ms(), digest, &err);
	if (r)
		return engine_failed(engine_answer_result(r, &err));
	r = e->ports.card.sign(e->ports.card.self, &e->card, e->pin, digest, e->sig, &tries, &err);
	if (r)
		return sign_failed(e, r, tries, &err);
	pthread_mutex_lock(&e->mutex);
	e->report.tries_left = tries;
	pthread_mutex_unlock(&e->mutex);
	e->ports.card.end(e->ports.card.self); /* nothing later needs the card */
	return engine_says(SESSION_EV_SIGNED);
}

static enum result
load_session(struct engine *e, struct arena *a)
{
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	struct buf body;
	buf_init(&body, FLOW_MAX_BODY_BYTES);
	enum result res = RESULT_DONE;
	int r = flow_session_ask(e->flow, e->sig, sizeof(e->sig), &body, &err);
	if (r == 0) /* the nonce is burnt by the first arrival: never sent twice */
		res = engine_ask(e, a, "POST", "/v1/session", &body, false, &reply);
	buf_done(&body);
	if (r == 0 && res == RESULT_DONE)
		r = flow_session_read(e->flow, reply.body, reply.body_bytes, clock_mono_ms(), &err);
	return r ? engine_answer_result(r, &err) : res;
}

static enum result
load_keys(struct engine *e, struct arena *a)
{
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	const char *path = arena_printf(a, "/v1/keys/%s", flow_offer(e->flow)->muni.s);
	enum result res = engine_ask(e, a, "GET", path, NULL, true, &reply);
	if (res != RESULT_DONE)
		return res;
	int r = flow_keys_read(e->flow, reply.body, reply.body_bytes, &err);
	return r ? engine_answer_result(r, &err) : RESULT_DONE;
}

struct engine_news
engine_do_load(struct engine *e)
{
	AUTO(arena) struct arena *a = arena_new(ENGINE_REPLY_ARENA_BYTES);
	enum result res = load_session(e, a);
	if (res == RESULT_DONE)
		res = load_keys(e, a);
	if (res != RESULT_DONE)
		return engine_failed(res);
	const struct offer *o = flow_offer(e->flow);
	bool open = false;
	for (unsigned i = 0; i < o->n_kinds; i++)
		open = open || o->kinds[i].open;
	if (!open)
		return engine_failed(RESULT_CLOSED_HOURS);
	pthread_mutex_lock(&e->mutex);
	e->offer = o;
	memcpy(e->report.muni, o->muni.s, sizeof(e->report.muni));
	memcpy(e->muni_name, o->muni_name, strlen(o->muni_name) + 1);
	memcpy(e->window_phone, o->phone, strlen(o->phone) + 1);
	pthread_mutex_unlock(&e->mutex);
	const struct muni_code *hall = &e->conf.hall.muni;
	if (hall->s[0] != '\0' && strcmp(hall->s, o->muni.s) != 0)
		return engine_failed(RESULT_OTHER_MUNI);
	return engine_says(SESSION_EV_LOADED);
}

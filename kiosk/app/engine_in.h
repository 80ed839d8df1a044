/* SPDX-License-Identifier: Apache-2.0 */
/* engine_in - the inside of the engine, shared by its files alone. */
#pragma once
#include "kiosk/app/engine.h"
#include "kiosk/flow/flow.h"
#include "kiosk/flow/journal.h"

#include <pthread.h>

enum {
	ENGINE_POLL_MS = 200,
	ENGINE_PRINT_POLL_MS = 100,
	ENGINE_QUEUE = 8,
	ENGINE_RECOVER_MS = 60000,
	ENGINE_REPLY_ARENA_BYTES = 64 << 20
};

/* What an action or a look at the world brought. */
struct engine_news {
	bool any; /* false = nothing to tell the session */
	enum session_event event;
	enum result result;
};
#define ENGINE_NOTHING ((struct engine_news){ .any = false })
static inline struct engine_news
engine_says(enum session_event ev)
{
	return (struct engine_news){ .any = true, .event = ev };
}
static inline struct engine_news
engine_failed(enum result r)
{
	return (struct engine_news){ .any = true, .event = SESSION_EV_FAILED, .result = r };
}

struct engine {
	struct engine_conf conf;
	struct ports ports;
	struct engine_texts texts;
	pthread_t thread;
	bool started;

	pthread_mutex_t mutex; /* guards everything down to the line */
	pthread_cond_t wake;   /* something to do */
	pthread_cond_t seen;   /* the view changed */
	bool stop;
	bool no_waits; /* nobody may wait for the view any more */
	struct session session;
	uint64_t view_n;
	enum session_action queue[ENGINE_QUEUE];
	unsigned n_queue;
	bool waits_for_card;
	struct card_pin *pin;
	uint8_t pad[ENGINE_PIN_SLOTS]; /* slot -> digit */
	const struct offer *offer;     /* in the flow; NULL = none */
	struct choice choice;
	struct engine_report report;              /* its state and result are filled when read */
	char muni_name[OFFER_MAX_TEXT_BYTES + 1]; /* whom an error sends the resident to */
	char window_phone[OFFER_MAX_TEXT_BYTES + 1];
	enum print_state printer; /* as last seen */
	unsigned sides_out;
	unsigned sides;
	unsigned due_yen;
	unsigned inserted_yen;
	/* -------- the engine's thread alone, from here on; the flow is made and freed under the
	 * mutex, because the offer lies in it */
	struct flow *flow;
	struct card_info card;
	uint8_t sig[CARD_SIG_BYTES];
	struct journal *journal;
	char tx[PAY_TX_CHARS + 1]; /* empty = the till was not asked */
	unsigned fee_yen;
	bool order_open; /* sent, and nobody said that nothing was issued for it */
	unsigned copy;   /* being printed */
	int job;
	bool send_waits; /* the copy is not at the printer yet */
	int64_t print_since_ms;
	int64_t offline_since_ms;
	int64_t recovered_ms;
};

/* engine.c */
void engine_changed(struct engine *e); /* under the mutex */
/* Asks the center. 0, or what to tell the resident; @may_repeat: harmless to send again. */
MUST_USE enum result engine_ask(struct engine *e, struct arena *a, const char *method,
    const char *path, const struct buf *body, bool may_repeat, struct http_reply *ret);
/* A fault while reading an answer: what to tell the resident; logged. */
enum result engine_answer_result(int r, const struct err *err);

/* engine_card.c */
struct engine_news engine_watch_card(struct engine *e, enum session_state st);
struct engine_news engine_do_read(struct engine *e);
struct engine_news engine_do_sign(struct engine *e);
struct engine_news engine_do_load(struct engine *e);

/* engine_order.c */
struct engine_news engine_do_order(struct engine *e);
struct engine_news engine_do_pay_begin(struct engine *e);
struct engine_news engine_watch_pay(struct engine *e);
struct engine_news engine_do_release(struct engine *e);

/* engine_print.c */
struct engine_news engine_do_print(struct engine *e);
struct engine_news engine_watch_print(struct engine *e, enum session_state st);

/* engine_settle.c */
struct engine_news engine_do_settle(struct engine *e);
struct engine_news engine_do_void(struct engine *e);
void engine_recover(struct engine *e);
/* Writes the fallback while @copy is next, and how to end it when it is on its way to the printer
 * (@moving); false = nothing may go on. */
bool engine_note_copy(struct engine *e, unsigned copy, bool moving);

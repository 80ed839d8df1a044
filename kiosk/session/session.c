/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/session/session.h"

#include "base/text.h"

static const struct session_state_info session_states[SESSION_N_STATES] = {
#define STATE(name_, text, limit, watch_)                                                          \
	[SESSION_##name_] = { .name = text, .limit_ms = limit, .watch = SESSION_WATCH_##watch_ },
	SESSION_STATES(STATE)
#undef STATE
};

static const struct {
	const char *name;
	bool touch;
} session_events[SESSION_N_EVENTS] = {
#define EVENT(name_, text, touch_) [SESSION_EV_##name_] = { .name = text, .touch = touch_ },
	SESSION_EVENTS(EVENT)
#undef EVENT
};

static const char *const session_actions[SESSION_N_ACTIONS] = {
#define ACTION(name_, text) [SESSION_DO_##name_] = text,
	SESSION_ACTIONS(ACTION)
#undef ACTION
};

/* clang-format off */
#define ROW(state, event, action, next)                                                            \
	{ SESSION_##state, SESSION_EV_##event, SESSION_DO_##action, SESSION_##next }
/*
 * A session that ends early passes ERROR, which says why, and CARD_LEFT, which
 * waits until the reader is empty. Nobody has touched a thing before the card
 * is down, so there a cancel goes straight back.
 */
static const struct session_row session_rows[] = {
	ROW(IDLE,       START,          NONE,      CONSENT),
	ROW(IDLE,       FAILED,         WIPE,      ERROR),   /* out of this kiosk's hours */
	ROW(IDLE,       TIMEOUT,        WIPE,      IDLE),

	ROW(CONSENT,    CONSENT,        NONE,      CARD),
	ROW(CONSENT,    STAY,           NONE,      CONSENT),
	ROW(CONSENT,    CANCEL,         WIPE,      IDLE),
	ROW(CONSENT,    TIMEOUT,        WIPE,      IDLE),

	ROW(CARD,       CARD_IN,        READ,      READING),
	ROW(CARD,       STAY,           NONE,      CARD),
	ROW(CARD,       BACK,           NONE,      CONSENT),
	ROW(CARD,       CANCEL,         WIPE,      CARD_LEFT),
	ROW(CARD,       FAILED,         WIPE,      ERROR),
	ROW(CARD,       TIMEOUT,        WIPE,      CARD_LEFT),

	ROW(READING,    CARD_READ,      NONE,      PIN),
	ROW(READING,    CARD_LAST_TRY,  NONE,      PIN_WARN),
	ROW(READING,    FAILED,         WIPE,      ERROR),
	ROW(READING,    TIMEOUT,        WIPE,      ERROR),

	ROW(PIN_WARN,   CONTINUE,       NONE,      PIN),
	ROW(PIN_WARN,   STAY,           NONE,      PIN_WARN),
	ROW(PIN_WARN,   CANCEL,         WIPE,      ERROR),
	ROW(PIN_WARN,   CARD_OUT,       WIPE,      ERROR),
	ROW(PIN_WARN,   FAILED,         WIPE,      ERROR),
	ROW(PIN_WARN,   TIMEOUT,        WIPE,      ERROR),

	ROW(PIN,        PIN_SLOT,       PIN_PUSH,  PIN),
	ROW(PIN,        PIN_CLEAR,      PIN_CLEAR, PIN),
	ROW(PIN,        PIN_ENTER,      SIGN,      SIGNING),
	ROW(PIN,        STAY,           NONE,      PIN),
	ROW(PIN,        CANCEL,         WIPE,      ERROR),
	ROW(PIN,        CARD_OUT,       WIPE,      ERROR),
	ROW(PIN,        FAILED,         WIPE,      ERROR),
	ROW(PIN,        TIMEOUT,        WIPE,      ERROR),

	ROW(SIGNING,    SIGNED,         NONE,      TAKE_CARD),
	ROW(SIGNING,    PIN_WRONG,      NONE,      PIN),
	ROW(SIGNING,    PIN_WRONG_LAST, NONE,      PIN_WARN),
	ROW(SIGNING,    FAILED,         WIPE,      ERROR),
	ROW(SIGNING,    TIMEOUT,        WIPE,      ERROR),

	ROW(TAKE_CARD,  CARD_OUT,       LOAD,      LOADING),
	ROW(TAKE_CARD,  STAY,           NONE,      TAKE_CARD),
	ROW(TAKE_CARD,  CANCEL,         WIPE,      ERROR),
	ROW(TAKE_CARD,  FAILED,         WIPE,      ERROR),
	ROW(TAKE_CARD,  TIMEOUT,        WIPE,      CARD_LEFT),

	ROW(LOADING,    LOADED,         NONE,      KIND),
	ROW(LOADING,    FAILED,         WIPE,      ERROR),
	ROW(LOADING,    TIMEOUT,        WIPE,      ERROR),

	ROW(KIND,       CHOSE_RECORD,   NONE,      SCOPE),
	ROW(KIND,       CHOSE_PLAIN,    NONE,      COPIES),
	ROW(KIND,       STAY,           NONE,      KIND),
	ROW(KIND,       CANCEL,         WIPE,      ERROR),
	ROW(KIND,       TIMEOUT,        WIPE,      ERROR),

	ROW(SCOPE,      CHOSE_WHOLE,    NONE,      OPTIONS),
	ROW(SCOPE,      CHOSE_PART,     NONE,      PERSONS),
	ROW(SCOPE,      BACK,           NONE,      KIND),
	ROW(SCOPE,      STAY,           NONE,      SCOPE),
	ROW(SCOPE,      CANCEL,         WIPE,      ERROR),
	ROW(SCOPE,      TIMEOUT,        WIPE,      ERROR),

	ROW(PERSONS,    CHOSE_PERSONS,  NONE,      OPTIONS),
	ROW(PERSONS,    BACK,           NONE,      SCOPE),
	ROW(PERSONS,    STAY,           NONE,      PERSONS),
	ROW(PERSONS,    CANCEL,         WIPE,      ERROR),
	ROW(PERSONS,    TIMEOUT,        WIPE,      ERROR),

	ROW(OPTIONS,    CHOSE_OPTIONS,  NONE,      COPIES),
	ROW(OPTIONS,    BACK,           NONE,      SCOPE),
	ROW(OPTIONS,    STAY,           NONE,      OPTIONS),
	ROW(OPTIONS,    CANCEL,         WIPE,      ERROR),
	ROW(OPTIONS,    TIMEOUT,        WIPE,      ERROR),

	ROW(COPIES,     CHOSE_COPIES,   NONE,      CONFIRM),
	ROW(COPIES,     BACK,           NONE,      OPTIONS),
	ROW(COPIES,     BACK_TO_KIND,   NONE,      KIND),
	ROW(COPIES,     STAY,           NONE,      COPIES),
	ROW(COPIES,     CANCEL,         WIPE,      ERROR),
	ROW(COPIES,     TIMEOUT,        WIPE,      ERROR),

	ROW(CONFIRM,    CONFIRM,        ORDER,     ORDERING),
	ROW(CONFIRM,    BACK,           NONE,      COPIES),
	ROW(CONFIRM,    STAY,           NONE,      CONFIRM),
	ROW(CONFIRM,    CANCEL,         WIPE,      ERROR),
	ROW(CONFIRM,    TIMEOUT,        WIPE,      ERROR),

	/* From here on there may be a number: it ends printed or void, and so does the money. */
	ROW(ORDERING,   ANSWERED,       PAY_BEGIN, PAY),
	ROW(ORDERING,   ANSWERED_FREE,  RELEASE,   RELEASING),
	ROW(ORDERING,   FAILED,         VOID,      VOIDING),
	ROW(ORDERING,   TIMEOUT,        VOID,      VOIDING),

	ROW(PAY,        AUTHORISED,     RELEASE,   RELEASING),
	ROW(PAY,        PAY,            NONE,      PAY),
	ROW(PAY,        STAY,           NONE,      PAY),
	ROW(PAY,        CANCEL,         VOID,      VOIDING),
	ROW(PAY,        FAILED,         VOID,      VOIDING),
	ROW(PAY,        TIMEOUT,        VOID,      VOIDING),

	ROW(RELEASING,  RELEASED,       PRINT,     PRINTING),
	ROW(RELEASING,  FAILED,         VOID,      VOIDING),
	ROW(RELEASING,  TIMEOUT,        VOID,      VOIDING),

	ROW(PRINTING,   COPY_PRINTED,   PRINT,     PRINTING),
	ROW(PRINTING,   PRINTED,        SETTLE,    SETTLING),
	ROW(PRINTING,   PRINT_STOPPED,  NONE,      ATTENTION),
	ROW(PRINTING,   FAILED,         VOID,      VOIDING),
	ROW(PRINTING,   TIMEOUT,        VOID,      VOIDING),

	ROW(ATTENTION,  PRINT_RESUMED,  NONE,      PRINTING),
	ROW(ATTENTION,  COPY_PRINTED,   PRINT,     PRINTING),
	ROW(ATTENTION,  PRINTED,        SETTLE,    SETTLING),
	ROW(ATTENTION,  FAILED,         VOID,      VOIDING),
	ROW(ATTENTION,  TIMEOUT,        VOID,      VOIDING),

	/* The paper is out; what could not be settled stays in the journal and is tried again. */
	ROW(SETTLING,   SETTLED,        WIPE,      TAKE_PAPER),
	ROW(SETTLING,   FAILED,         WIPE,      TAKE_PAPER),
	ROW(SETTLING,   TIMEOUT,        WIPE,      TAKE_PAPER),

	ROW(VOIDING,    VOIDED,         WIPE,      ERROR),
	ROW(VOIDING,    FAILED,         WIPE,      ERROR),
	ROW(VOIDING,    TIMEOUT,        WIPE,      ERROR),

	ROW(TAKE_PAPER, TAKEN,          NONE,      END),
	ROW(TAKE_PAPER, STAY,           NONE,      TAKE_PAPER),
	ROW(TAKE_PAPER, TIMEOUT,        NONE,      END),

	ROW(END,        DONE,           WIPE,      IDLE),
	ROW(END,        TIMEOUT,        WIPE,      IDLE),

	ROW(ERROR,      DONE,           WIPE,      CARD_LEFT),
	ROW(ERROR,      TIMEOUT,        WIPE,      CARD_LEFT),

	ROW(CARD_LEFT,  CARD_OUT,       WIPE,      IDLE),
	ROW(CARD_LEFT,  FAILED,         WIPE,      IDLE),
	ROW(CARD_LEFT,  TIMEOUT,        WIPE,      CARD_LEFT),
};
#undef ROW
/* clang-format on */

static const struct session_row *
session_find(enum session_state st, enum session_event ev)
{
	for (size_t i = 0; i < N_ELEMENTS(session_rows); i++)
		if (session_rows[i].state == st && session_rows[i].event == ev)
			return &session_rows[i];
	return NULL;
}

bool
session_waits_for_touch(enum session_state st)
{
	for (size_t i = 0; i < N_ELEMENTS(session_rows); i++)
		if (session_rows[i].state == st && session_events[session_rows[i].event].touch)
			return true;
	return false;
}

/* What the machine does itself takes as long as it takes. */
static int64_t
session_limit_ms(const struct session *s, enum session_state st)
{
	unsigned percent = s->waits_percent > 0 ? s->waits_percent : 100;
	if (!session_waits_for_touch(st))
		percent = 100;
	return session_states[st].limit_ms * percent / 100;
}

static void
session_enter(struct session *s, enum session_state next, int64_t now_ms)
{
	if (next != s->state)
		s->stays = 0;
	s->state = next;
	s->entered_ms = now_ms;
	s->deadline_ms = now_ms + session_limit_ms(s, next);
	s->n++;
}

void
session_init(struct session *s, int64_t now_ms)
{
	*s = (struct session){ .result = RESULT_DONE };
	session_enter(s, SESSION_IDLE, now_ms);
}

bool
session_takes(const struct session *s, enum session_event ev)
{
	if (ev == SESSION_EV_STAY && s->stays >= SESSION_MAX_STAYS)
		return false;
	return session_find(s->state, ev) != NULL;
}

/* A paper that is out stays a success, whatever the settling brings. */
static void
session_keep_result(struct session *s, enum session_event ev, enum result result)
{
	if (s->state == SESSION_IDLE)
		s->result = RESULT_DONE;
	if (s->state >= SESSION_SETTLING)
		return;
	if (ev == SESSION_EV_CANCEL)
		s->result = RESULT_CANCELLED;
	if (ev == SESSION_EV_CARD_OUT && s->state != SESSION_TAKE_CARD)
		s->result = RESULT_CARD_REMOVED;
	if (ev == SESSION_EV_TIMEOUT && s->state != SESSION_IDLE)
		s->result = s->state == SESSION_PAY ? RESULT_PAY_TIMEOUT : RESULT_TIMED_OUT;
	if (ev == SESSION_EV_FAILED)
		s->result = result;
	if (ev == SESSION_EV_PIN_WRONG || ev == SESSION_EV_PIN_WRONG_LAST)
		s->result = RESULT_PIN_WRONG;
	if (ev == SESSION_EV_PIN_ENTER)
		s->result = RESULT_DONE;
}

int
session_step(struct session *s, enum session_event ev, enum result result, int64_t now_ms,
    enum session_action *ret_action, struct err *err)
{
	const struct session_row *row = NULL;
	if ((unsigned)s->state < SESSION_N_STATES && (unsigned)ev < SESSION_N_EVENTS)
		row = session_find(s->state, ev);
	if (row == NULL && session_event_is_touch(ev))
		return SESSION_E_NOT_NOW;
	if (row == NULL)
		return err_raise(err, FAULT_INTERNAL, "event that this state does not have",
		    (long)s->state * 1000 + (long)ev);
	if (ev == SESSION_EV_STAY && s->stays >= SESSION_MAX_STAYS)
		return SESSION_E_NOT_NOW;
	if (ev == SESSION_EV_STAY)
		s->stays++;
	session_keep_result(s, ev, result);
	session_enter(s, row->next, now_ms);
	*ret_action = row->action;
	return 0;
}

bool
session_is_late(const struct session *s, int64_t now_ms)
{
	return now_ms >= s->deadline_ms;
}

const struct session_state_info *
session_state_info(enum session_state st)
{
	return &session_states[(unsigned)st < SESSION_N_STATES ? st : SESSION_ERROR];
}

const char *
session_event_name(enum session_event ev)
{
	return (unsigned)ev < SESSION_N_EVENTS ? session_events[ev].name : "unknown";
}

bool
session_event_is_touch(enum session_event ev)
{
	return (unsigned)ev < SESSION_N_EVENTS && session_events[ev].touch;
}

enum session_event
session_touch_find(const char *name)
{
	for (unsigned i = 0; i < SESSION_N_EVENTS; i++)
		if (session_events[i].touch && text_equal(session_events[i].name, name))
			return (enum session_event)i;
	return SESSION_N_EVENTS;
}

const char *
session_action_name(enum session_action a)
{
	return (unsigned)a < SESSION_N_ACTIONS ? session_actions[a] : "unknown";
}

const struct session_row *
session_table(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(session_rows);
	return session_rows;
}

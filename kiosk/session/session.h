/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session - what stands on the kiosk's screen and what may happen next.
 *
 * No I/O, no clock, no memory of its own: events in, one action out, the time
 * handed in. One table of {state, event, action, next}; every state has a
 * limit in ms after which SESSION_EV_TIMEOUT leads to a wipe.
 */
#pragma once
#include "base/err.h"
#include "kiosk/session/result.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Outcomes. */
enum { SESSION_E_NOT_NOW = 2101 /* a touch that this screen does not take */ };

/* STATE(NAME, "name", limit in ms, what is polled while in it) */
/* clang-format off */
#define SESSION_STATES(STATE)                                                                      \
	STATE(IDLE,       "idle",       60000, NONE)   /* 待受 */                                   \
	STATE(CONSENT,    "consent",    90000, NONE)   /* 同意 */                                   \
	STATE(CARD,       "card",       90000, CARD)   /* put the card down */                     \
	STATE(READING,    "reading",    15000, NONE)                                               \
	STATE(PIN_WARN,   "pin-warn",   90000, CARD)   /* one try left */                          \
	STATE(PIN,        "pin",        90000, CARD)                                               \
	STATE(SIGNING,    "signing",    45000, NONE)                                               \
	STATE(TAKE_CARD,  "take-card",  60000, CARD)   /* 取り外し */                               \
	STATE(LOADING,    "loading",    60000, NONE)                                               \
	STATE(KIND,       "kind",       90000, NONE)                                               \
	STATE(SCOPE,      "scope",      90000, NONE)   /* 本人, 世帯全員, 世帯の一部 */              \
	STATE(PERSONS,    "persons",   120000, NONE)                                               \
	STATE(OPTIONS,    "options",   120000, NONE)   /* 記載事項 */                               \
	STATE(COPIES,     "copies",     90000, NONE)                                               \
	STATE(CONFIRM,    "confirm",   120000, NONE)                                               \
	STATE(ORDERING,   "ordering",   90000, NONE)                                               \
	STATE(PAY,        "pay",       120000, PAY)                                                \
	STATE(RELEASING,  "releasing",  30000, NONE)                                               \
	STATE(PRINTING,   "printing",  300000, PRINT)                                              \
	STATE(ATTENTION,  "attention", 900000, PRINT)  /* jam, no paper: the clerk's screen */     \
	STATE(SETTLING,   "settling",   60000, NONE)   /* commit the money, report the paper */    \
	STATE(VOIDING,    "voiding",    60000, NONE)   /* give the money back, report 無効 */       \
	STATE(TAKE_PAPER, "take-paper", 180000, NONE)                                              \
	STATE(END,        "end",        30000, NONE)                                               \
	STATE(ERROR,      "error",      60000, NONE)                                               \
	STATE(CARD_LEFT,  "card-left",  60000, CARD)   /* 取り忘れ: until the card is gone */

/* EVENT(NAME, "name", whether a touch or a script may cause it) */
#define SESSION_EVENTS(EVENT)                                                                      \
	EVENT(TIMEOUT,        "timeout",        0)                                                 \
	EVENT(FAILED,         "failed",         0) /* with a result */                             \
	EVENT(START,          "start",          1)                                                 \
	EVENT(CONSENT,        "consent",        1)                                                 \
	EVENT(CONTINUE,       "continue",       1) /* past a warning */                            \
	EVENT(BACK,           "back",           1)                                                 \
	EVENT(BACK_TO_KIND,   "back-to-kind",   0) /* BACK where the kind has no options */        \
	EVENT(CANCEL,         "cancel",         1)                                                 \
	EVENT(STAY,           "stay",           1) /* more time */                                 \
	EVENT(PIN_SLOT,       "pin_slot",       1)                                                 \
	EVENT(PIN_CLEAR,      "pin_clear",      1)                                                 \
	EVENT(PIN_ENTER,      "pin_enter",      1)                                                 \
	EVENT(CHOSE_RECORD,   "chose-record",   0) /* a kind with scope and options */             \
	EVENT(CHOSE_PLAIN,    "chose-plain",    0) /* a kind without */                            \
	EVENT(CHOSE_WHOLE,    "chose-whole",    0)                                                 \
	EVENT(CHOSE_PART,     "chose-part",     0)                                                 \
	EVENT(CHOSE_PERSONS,  "chose-persons",  0)                                                 \
	EVENT(CHOSE_OPTIONS,  "chose-options",  0)                                                 \
	EVENT(CHOSE_COPIES,   "chose-copies",   0)                                                 \
	EVENT(CONFIRM,        "confirm",        1)                                                 \
	EVENT(PAY,            "pay",            1) /* paying has begun: more time */                \
	EVENT(TAKEN,          "taken",          1)                                                 \
	EVENT(DONE,           "done",           1) /* close the last screen */                     \
	EVENT(CARD_IN,        "card-in",        0)                                                 \
	EVENT(CARD_OUT,       "card-out",       0)                                                 \
	EVENT(CARD_READ,      "card-read",      0)                                                 \
	EVENT(CARD_LAST_TRY,  "card-last-try",  0)                                                 \
	EVENT(SIGNED,         "signed",         0)                                                 \
	EVENT(PIN_WRONG,      "pin-wrong",      0)                                                 \
	EVENT(PIN_WRONG_LAST, "pin-wrong-last", 0)                                                 \
	EVENT(LOADED,         "loaded",         0)                                                 \
	EVENT(ANSWERED,       "answered",       0)                                                 \
	EVENT(ANSWERED_FREE,  "answered-free",  0) /* no fee: no till */                           \
	EVENT(AUTHORISED,     "authorised",     0)                                                 \
	EVENT(RELEASED,       "released",       0)                                                 \
	EVENT(COPY_PRINTED,   "copy-printed",   0) /* and another copy to print */                 \
	EVENT(PRINTED,        "printed",        0)                                                 \
	EVENT(PRINT_STOPPED,  "print-stopped",  0)                                                 \
	EVENT(PRINT_RESUMED,  "print-resumed",  0)                                                 \
	EVENT(SETTLED,        "settled",        0)                                                 \
	EVENT(VOIDED,         "voided",         0)

#define SESSION_ACTIONS(ACTION)                                                                    \
	ACTION(NONE,      "none")                                                                  \
	ACTION(WIPE,      "wipe")      /* forget the resident: key, PIN, names, papers */          \
	ACTION(PIN_PUSH,  "pin-push")                                                              \
	ACTION(PIN_CLEAR, "pin-clear")                                                             \
	ACTION(READ,      "read")      /* certificate and tries left */                            \
	ACTION(SIGN,      "sign")      /* nonce, transcript, PIN, signature */                     \
	ACTION(LOAD,      "load")      /* session, offer, keys */                                  \
	ACTION(ORDER,     "order")     /* order, answer, every check */                            \
	ACTION(PAY_BEGIN, "pay-begin")                                                             \
	ACTION(RELEASE,   "release")                                                               \
	ACTION(PRINT,     "print")     /* the next copy */                                         \
	ACTION(SETTLE,    "settle")                                                                \
	ACTION(VOID,      "void")
/* clang-format on */

enum session_state {
#define STATE(name, text, limit_ms, watch) SESSION_##name,
	SESSION_STATES(STATE)
#undef STATE
	    SESSION_N_STATES
};
enum session_event {
#define EVENT(name, text, touch) SESSION_EV_##name,
	SESSION_EVENTS(EVENT)
#undef EVENT
	    SESSION_N_EVENTS
};
enum session_action {
#define ACTION(name, text) SESSION_DO_##name,
	SESSION_ACTIONS(ACTION)
#undef ACTION
	    SESSION_N_ACTIONS
};
enum session_watch {
	SESSION_WATCH_NONE,
	SESSION_WATCH_CARD,
	SESSION_WATCH_PAY,
	SESSION_WATCH_PRINT
};

struct session_row {
	enum session_state state;
	enum session_event event;
	enum session_action action;
	enum session_state next;
};
struct session_state_info {
	const char *name;
	int64_t limit_ms;
	enum session_watch watch;
};

/* WCAG 2.2 SC 2.2.1 asks for at least ten extensions. */
enum { SESSION_MAX_STAYS = 12, SESSION_WARN_MS = 20000 };

struct session {
	enum session_state state;
	enum result result;     /* why it ends; RESULT_DONE while nothing went wrong */
	unsigned stays;         /* extensions used in this state */
	unsigned waits_percent; /* of a limit that waits for the resident; 0 = 100 */
	int64_t entered_ms;
	int64_t deadline_ms;
	uint64_t n; /* steps made so far */
};

void session_init(struct session *s, int64_t now_ms);
/* True when the table has this pair (and, for SESSION_EV_STAY, an extension is left). */
bool session_takes(const struct session *s, enum session_event ev);
/*
 * Makes one step. @result is kept with SESSION_EV_FAILED, and CANCEL and
 * TIMEOUT bring their own; otherwise it is not looked at. Returns 0 and the
 * action to carry out, SESSION_E_NOT_NOW for a touch that does not fit, or
 * FAULT_INTERNAL for any other pair that the table does not have; the session
 * is untouched then.
 */
MUST_USE int session_step(struct session *s, enum session_event ev, enum result result,
    int64_t now_ms, enum session_action *ret_action, struct err *err);
/* True when somebody is waited for there: some touch is taken. */
bool session_waits_for_touch(enum session_state st);
/* True when the state's time is over. */
bool session_is_late(const struct session *s, int64_t now_ms);

/* Names never are NULL. */
const struct session_state_info *session_state_info(enum session_state st);
const char *session_event_name(enum session_event ev);
bool session_event_is_touch(enum session_event ev);
/* The touch of that name, or SESSION_N_EVENTS. */
enum session_event session_touch_find(const char *name);
const char *session_action_name(enum session_action a);
/* The table, for tests and for the drawing in the documentation. */
const struct session_row *session_table(size_t *ret_n);

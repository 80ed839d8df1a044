/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - one kiosk at work: carries out what kiosk/session decides. One thread
 * of its own does everything slow (card, center, till, printer) in turn; touches
 * come from other threads and are answered at once. All of a resident's data is
 * in here, and wiped when the session says so.
 */
#pragma once
#include "base/arena.h"
#include "domain/muni.h"
#include "domain/profile.h"
#include "kiosk/app/ports.h"
#include "kiosk/session/choice.h"
#include "kiosk/session/session.h"

enum { ENGINE_MAX_STEPS = 64, ENGINE_PIN_SLOTS = 10 };

/* A kiosk in a city hall: for one municipality, at its own hours. */
struct engine_hall {
	struct muni_code muni; /* empty: none, this kiosk is for all */
	const char *name;
	const char *phone;
	struct profile_hours hours;
};
struct engine_conf {
	const char *kiosk; /* id, as in its certificate */
	const char *journal_folder;
	const char *help_phone; /* of the kiosk's operator, shown with errors; may be NULL */
	bool pinpad_shuffle;
	unsigned waits_percent; /* of the time that screens wait for the resident; 0 = 100 */
	struct engine_hall hall;
	bool card_may_stay; /* `kofu-kiosk issue`: nobody is there to take the card */
};

struct engine;
void engine_free(struct engine *e); /* stops it, wipes it */
DEFINE_AUTO(engine)
/*
 * @c and @p are copied; what they point to must outlive the engine. Starts the
 * thread, which first reports what an earlier run left in the journal. Returns
 * 0, or FAULT_CONFIG when no memory can be locked for a PIN.
 */
MUST_USE int engine_new(
    const struct engine_conf *c, const struct ports *p, struct engine **ret, struct err *err);

/*
 * A touch. @at: the screen that was touched, so that the second half of a double
 * tap does not press a button of the next screen; SESSION_N_STATES = whatever is
 * shown. Returns 0, SESSION_E_NOT_NOW, or a fault.
 */
MUST_USE int engine_touch(
    struct engine *e, enum session_event ev, enum session_state at, struct err *err);
/* A press on slot 0..9 of the PIN pad. 0, SESSION_E_NOT_NOW, FAULT_BAD_INPUT. */
MUST_USE int engine_pin(struct engine *e, unsigned slot, enum session_state at, struct err *err);
/* What one of the choosing screens sends; the others' members are not looked at. */
struct engine_pick {
	enum session_state at; /* KIND, SCOPE, PERSONS, OPTIONS or COPIES */
	enum doc_kind kind;
	enum order_scope scope;
	uint64_t persons; /* bit i = i-th person of the offer */
	unsigned options;
	unsigned copies;
};
/* 0, SESSION_E_NOT_NOW, or a CHOICE_E_*. */
MUST_USE int engine_choose(struct engine *e, const struct engine_pick *p, struct err *err);

/* Waits until the view is newer than @after, at most @timeout_ms; returns its number. */
uint64_t engine_wait(struct engine *e, uint64_t after, int timeout_ms);
/* From now on engine_wait() returns at once: before the server that waits in it is stopped. */
void engine_end_waits(struct engine *e);
/* Gives a clerk's or resident's text for a result: set once by whoever has the texts. */
struct engine_texts {
	const char *(*resident)(const void *self, const char *text_key);
	const char *(*clerk)(const void *self, const char *text_key);
	const void *self;
};
void engine_set_texts(struct engine *e, const struct engine_texts *t);
/* The view as JSON (kiosk/app/openapi.yaml), in @a. It holds the household's names while persons
 * are chosen: never log it. */
const char *engine_view(struct engine *e, struct arena *a);

/* For `kofu-kiosk issue` and tests. */
struct engine_step {
	enum session_state state;
	int64_t at_ms; /* monotonic */
};
struct engine_report {
	enum session_state state;
	enum result result;
	unsigned tries_left;
	unsigned n_numbers;
	char numbers[ORDER_MAX_COPIES][64];
	int jobs[ORDER_MAX_COPIES]; /* the printer's; 0 = never sent */
	unsigned printed;
	unsigned paid_yen;
	char muni[7];
	unsigned n_steps;
	struct engine_step steps[ENGINE_MAX_STEPS];
};
void engine_read(struct engine *e, struct engine_report *ret);

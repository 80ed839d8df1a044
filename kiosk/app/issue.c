/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/issue.h"

#include "base/clock.h"
#include "base/mem.h"
#include "wire/js.h"

#include <string.h>

struct issue {
	struct engine *engine;
	struct issue_want *want;
	struct engine_report report;
	enum session_state done; /* the state last acted upon */
	enum result refused;     /* a choice that was not to be had */
	int64_t card_until_ms;
};

static int
issue_touch(struct issue *i, enum session_event ev, struct err *err)
{
	int r = engine_touch(i->engine, ev, i->report.state, err);
	return r == SESSION_E_NOT_NOW ? 0 : r; /* it has moved on: look again */
}

static int
issue_pin(struct issue *i, struct err *err)
{
	int r = 0;
	if (i->want->pin[0] == '\0') { /* one PIN, one try */
		i->refused = RESULT_PIN_WRONG;
		return issue_touch(i, SESSION_EV_CANCEL, err);
	}
	for (int k = 0; r == 0 && k < CARD_PIN_DIGITS; k++)
		r = engine_pin(i->engine, (unsigned)(i->want->pin[k] - '0'), SESSION_PIN, err);
	mem_wipe(i->want->pin, sizeof(i->want->pin));
	if (r)
		return r == SESSION_E_NOT_NOW ? 0 : r;
	return issue_touch(i, SESSION_EV_PIN_ENTER, err);
}

static int
issue_choose(struct issue *i, struct err *err)
{
	const struct issue_want *w = i->want;
	const struct engine_pick p = { .at = i->report.state,
		.kind = w->kind,
		.scope = w->scope,
		.persons = w->persons,
		.options = w->options,
		.copies = w->copies };
	int r = engine_choose(i->engine, &p, err);
	if (r <= 0 || r == SESSION_E_NOT_NOW)
		return r < 0 ? r : 0;
	i->refused = r == CHOICE_E_CLOSED ? RESULT_CLOSED_HOURS : RESULT_NOT_OFFERED;
	return issue_touch(i, SESSION_EV_CANCEL, err);
}

/* The one touch that this state wants; the engine's own states want none. */
static int
issue_act(struct issue *i, struct err *err)
{
	switch (i->report.state) {
	case SESSION_IDLE:
		return issue_touch(i, SESSION_EV_START, err);
	case SESSION_CONSENT:
		return issue_touch(i, SESSION_EV_CONSENT, err);
	case SESSION_PIN_WARN:
		if (i->report.result == RESULT_PIN_WRONG)
			return issue_pin(i, err);
		return issue_touch(i, SESSION_EV_CONTINUE, err);
	case SESSION_PIN:
		return issue_pin(i, err);
	case SESSION_KIND:
	case SESSION_SCOPE:
	case SESSION_PERSONS:
	case SESSION_OPTIONS:
	case SESSION_COPIES:
		return issue_choose(i, err);
	case SESSION_CONFIRM:
		return issue_touch(i, SESSION_EV_CONFIRM, err);
	default:
		return 0;
	}
}

static bool
issue_is_over(const struct issue *i)
{
	return i->report.state == SESSION_TAKE_PAPER || i->report.state == SESSION_ERROR;
}

static int
issue_card(struct issue *i, struct err *err)
{
	if (i->report.state != SESSION_CARD || clock_mono_ms() < i->card_until_ms)
		return 0;
	i->refused = RESULT_NO_CARD;
	return issue_touch(i, SESSION_EV_CANCEL, err);
}

int
issue_run(struct engine *e, struct issue_want *w, struct engine_report *ret, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + ISSUE_TIMEOUT_MS;
	struct issue i = { .engine = e,
		.want = w,
		.done = SESSION_N_STATES,
		.refused = RESULT_DONE,
		.card_until_ms = clock_mono_ms() + w->wait_card_ms };
	uint64_t seen = 0;
	int r = 0;
	while (r == 0 && clock_mono_ms() < until_ms) {
		uint64_t n = engine_wait(e, seen, 100);
		engine_read(e, &i.report);
		/* without a card the way ends where it began */
		if (issue_is_over(&i) ||
		    (i.refused == RESULT_NO_CARD && i.report.state == SESSION_IDLE))
			break;
		if (i.report.state != i.done || n != seen) {
			i.done = i.report.state;
			r = issue_act(&i, err);
		}
		if (r == 0)
			r = issue_card(&i, err);
		seen = n;
	}
	if (i.refused != RESULT_DONE)
		i.report.result = i.refused;
	*ret = i.report;
	mem_wipe(w->pin, sizeof(w->pin));
	return err_trace(err, r, "issue");
}

/* Milliseconds in each state passed, and in all that are the kiosk's own. */
static json_t *
issue_times(const struct engine_report *r)
{
	json_t *ms = json_object();
	int64_t from = 0;
	for (unsigned k = 0; k + 1 < r->n_steps; k++) {
		const char *name = session_state_info(r->steps[k].state)->name;
		int64_t spent = r->steps[k + 1].at_ms - r->steps[k].at_ms;
		json_int_t before = json_integer_value(json_object_get(ms, name));
		if (r->steps[k].state == SESSION_READING && from == 0)
			from = r->steps[k].at_ms;
		js_put_int(ms, name, before + spent);
	}
	if (r->n_steps > 0)
		js_put_int(ms, "from_card", from ? r->steps[r->n_steps - 1].at_ms - from : 0);
	return ms;
}

int
issue_format(const struct engine_report *r, struct buf *out, struct err *err)
{
	AUTO(json_t) json_t *o = json_object();
	json_t *numbers = json_array();
	json_t *jobs = json_array();
	for (unsigned k = 0; k < r->n_numbers; k++) {
		json_array_append_new(numbers, json_string(r->numbers[k]));
		json_array_append_new(jobs, json_integer(r->jobs[k]));
	}
	js_put_text(o, "result", result_info(r->result)->code);
	js_put_text(o, "state", session_state_info(r->state)->name);
	js_put_text(o, "muni", r->muni);
	js_put_int(o, "tries_left", r->tries_left);
	js_put(o, "numbers", numbers);
	js_put(o, "jobs", jobs);
	js_put_int(o, "printed", r->printed);
	js_put_int(o, "paid_yen", r->paid_yen);
	js_put(o, "ms", issue_times(r));
	int e = js_format(o, out, err);
	buf_text(out, "\n");
	return err_trace(err, e, "issue");
}

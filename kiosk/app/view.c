/* SPDX-License-Identifier: Apache-2.0 */
/* view - what the screens are told: never a PIN, never a reference, names only where chosen. */
#include "kiosk/app/engine_in.h"

#include "base/clock.h"
#include "wire/js.h"

#include <stdio.h>

static json_t *
view_options(unsigned bits)
{
	json_t *list = json_array();
	for (unsigned bit = 1; bit <= ORDER_OPTIONS_ALL; bit <<= 1)
		if (bits & bit)
			json_array_append_new(list, json_string(order_option_name(bit)));
	return list;
}

static const char *
scope_name(enum order_scope s)
{
	return s == ORDER_SELF ? "self" : s == ORDER_HOUSEHOLD ? "household" : "part";
}

static json_t *
view_pin(struct engine *e)
{
	json_t *o = json_object();
	js_put_int(o, "digits", card_pin_digits(e->pin));
	js_put_int(o, "tries", e->report.tries_left);
	js_put_bool(o, "wrong", e->session.result == RESULT_PIN_WRONG);
	json_t *pad = json_array();
	for (unsigned i = 0; i < ENGINE_PIN_SLOTS; i++)
		json_array_append_new(pad, json_integer(e->pad[i]));
	js_put(o, "pad", pad);
	return o;
}

static json_t *
view_offer(const struct engine *e)
{
	const struct offer *of = e->offer;
	json_t *o = json_object();
	json_t *kinds = json_array();
	js_put_text(o, "muni_name", of->muni_name);
	js_put_text(o, "phone", of->phone);
	for (unsigned i = 0; i < of->n_kinds; i++) {
		json_t *k = json_object();
		js_put_text(k, "kind", doc_kind_name(of->kinds[i].kind));
		js_put_int(k, "fee_yen", of->kinds[i].fee_yen);
		js_put(k, "options", view_options(of->kinds[i].options));
		js_put_bool(k, "open", of->kinds[i].open);
		js_put_text(k, "hours", of->kinds[i].hours);
		json_array_append_new(kinds, k);
	}
	js_put(o, "kinds", kinds);
	js_put_int(o, "n_persons", of->n_persons);
	js_put_int(o, "self", of->self);
	if (e->session.state != SESSION_PERSONS && e->session.state != SESSION_CONFIRM)
		return o;
	json_t *persons = json_array();
	for (unsigned i = 0; i < of->n_persons; i++)
		json_array_append_new(persons, json_string(of->persons[i].name));
	js_put(o, "persons", persons);
	return o;
}

static json_t *
view_choice(const struct engine *e)
{
	const struct choice *c = &e->choice;
	json_t *o = json_object();
	json_t *persons = json_array();
	for (int i = 0; i < ORDER_MAX_PERSONS; i++)
		if (c->persons >> i & 1)
			json_array_append_new(persons, json_integer(i));
	js_put_text(o, "kind", doc_kind_name(c->kind));
	js_put_text(o, "scope", scope_name(c->scope));
	js_put(o, "persons", persons);
	js_put(o, "options", view_options(c->options));
	js_put_int(o, "copies", c->copies);
	const struct offer_kind *k = offer_find(e->offer, c->kind);
	js_put_int(o, "max_copies", k != NULL ? k->max_copies : ORDER_MAX_COPIES);
	js_put_int(o, "total_yen", choice_total_yen(c, e->offer));
	return o;
}

static json_t *
view_progress(const struct engine *e)
{
	json_t *o = json_object();
	unsigned copy = e->report.printed + 1;
	js_put_int(o, "copy", copy < e->report.n_numbers ? copy : e->report.n_numbers);
	js_put_int(o, "copies", e->report.n_numbers);
	js_put_int(o, "sides_out", e->sides_out < e->sides ? e->sides_out : e->sides);
	js_put_int(o, "sides", e->sides);
	js_put_text(o, "printer", print_state_name(e->printer));
	return o;
}

static json_t *
view_receipt(const struct engine *e)
{
	json_t *o = json_object();
	json_t *numbers = json_array();
	json_t *jobs = json_array();
	for (unsigned i = 0; i < e->report.n_numbers; i++) {
		json_array_append_new(numbers, json_string(e->report.numbers[i]));
		json_array_append_new(jobs, json_integer(e->report.jobs[i]));
	}
	js_put(o, "numbers", numbers);
	js_put(o, "jobs", jobs);
	js_put_int(o, "printed", e->report.printed);
	js_put_int(o, "paid_yen", e->report.paid_yen);
	return o;
}

static json_t *
view_error(const struct engine *e)
{
	const struct result_info *i = result_info(e->session.result);
	json_t *o = json_object();
	js_put_text(o, "code", i->code);
	js_put_text(o, "text_key", i->text);
	js_put_text(o, "next", result_next_name(i->next));
	if (e->texts.resident) {
		js_put_text(o, "text", e->texts.resident(e->texts.self, i->text));
		js_put_text(o, "clerk", e->texts.clerk(e->texts.self, i->text));
	}
	if (e->window_phone[0] != '\0') {
		js_put_text(o, "muni_name", e->muni_name);
		js_put_text(o, "window_phone", e->window_phone);
	}
	js_put_int(o, "printed", e->report.printed);
	return o;
}

static void
view_parts(struct engine *e, json_t *o)
{
	const enum session_state st = e->session.state;
	if (st == SESSION_PIN || st == SESSION_PIN_WARN || st == SESSION_SIGNING)
		js_put(o, "pin", view_pin(e));
	if (st >= SESSION_KIND && st <= SESSION_CONFIRM && e->offer != NULL)
		js_put(o, "offer", view_offer(e));
	if (st >= SESSION_SCOPE && st <= SESSION_CONFIRM && e->offer != NULL)
		js_put(o, "choice", view_choice(e));
	if (st == SESSION_PAY) {
		json_t *pay = json_object();
		js_put_int(pay, "due_yen", e->due_yen);
		js_put_int(pay, "inserted_yen", e->inserted_yen);
		js_put(o, "pay", pay);
	}
	if (st == SESSION_PRINTING || st == SESSION_ATTENTION)
		js_put(o, "progress", view_progress(e));
	if (st == SESSION_TAKE_PAPER || st == SESSION_END)
		js_put(o, "receipt", view_receipt(e));
	if (st == SESSION_ERROR)
		js_put(o, "error", view_error(e));
}

static json_t *
view_hall(const struct engine_hall *h)
{
	char hours[32];
	json_t *o = json_object();
	(void)snprintf(hours, sizeof(hours), "%02d:%02d-%02d:%02d", h->hours.open_minute / 60,
	    h->hours.open_minute % 60, h->hours.close_minute / 60, h->hours.close_minute % 60);
	js_put_text(o, "name", h->name);
	js_put_text(o, "hours", hours);
	return o;
}

const char *
engine_view(struct engine *e, struct arena *a)
{
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, 1 << 20);
	AUTO(json_t) json_t *o = json_object();
	pthread_mutex_lock(&e->mutex);
	int64_t left_ms = e->session.deadline_ms - clock_mono_ms();
	js_put_int(o, "n", (int64_t)e->view_n);
	js_put_text(o, "state", session_state_info(e->session.state)->name);
	js_put_int(o, "left_ms", left_ms > 0 ? left_ms : 0);
	js_put_bool(o, "stay", session_takes(&e->session, SESSION_EV_STAY));
	js_put_text(o, "kiosk", e->conf.kiosk);
	if (e->conf.help_phone)
		js_put_text(o, "help_phone", e->conf.help_phone);
	if (e->conf.hall.muni.s[0] != '\0')
		js_put(o, "hall", view_hall(&e->conf.hall));
	view_parts(e, o);
	pthread_mutex_unlock(&e->mutex);
	const char *text = "{}";
	if (js_format(o, &b, &err) == 0)
		text = arena_strndup(a, (const char *)b.p, b.bytes);
	buf_done(&b);
	return text;
}

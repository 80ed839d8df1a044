/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/api.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "wire/js.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { API_PORT_TRIES = 5 };

int
api_token_write(struct api *api, const char *path, struct err *err)
{
	uint8_t random[API_TOKEN_CHARS / 2];
	rand_bytes(random, sizeof(random));
	text_hex_format(random, sizeof(random), api->token);
	return err_trace(
	    err, file_write_atomic(path, api->token, API_TOKEN_CHARS, 0600, err), "token");
}

static bool
token_is_right(struct http_req *req)
{
	const struct api *api = req->app;
	const char *s = http_req_header(req, "Kofu-Token");
	return s != NULL && strlen(s) == API_TOKEN_CHARS &&
	    mem_equal(s, api->token, API_TOKEN_CHARS);
}

static int
page_get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct api *api = req->app;
	(void)err;
	return http_page_answer(api->pages, req->path, res) ? 0 : API_E_NO_PAGE;
}

static void
view_put(struct http_req *req, struct http_res *res)
{
	struct api *api = req->app;
	const char *text = engine_view(api->engine, req->arena);
	res->body = text;
	res->body_bytes = strlen(text);
}

/* GET /api/state?after=N waits for something newer than N, for a while. */
static int
state_get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct api *api = req->app;
	const char *after = http_req_query(req, "after");
	uint64_t n = 0;
	if (!token_is_right(req))
		return API_E_NO_TOKEN;
	if (after != NULL && !text_u64_parse(after, strlen(after), INT64_MAX, &n))
		return err_raise(err, FAULT_BAD_INPUT, "after", 0);
	if (after != NULL) {
		bool room = atomic_fetch_add(&api->polls, 1) < API_MAX_POLLS;
		(void)engine_wait(api->engine, n, room ? API_POLL_MS : 0);
		atomic_fetch_sub(&api->polls, 1);
	}
	view_put(req, res);
	return 0;
}

static enum session_state
state_find(const char *name)
{
	for (int i = 0; i < SESSION_N_STATES; i++)
		if (text_equal(session_state_info((enum session_state)i)->name, name))
			return (enum session_state)i;
	return SESSION_N_STATES;
}

/* {"event":..,"at"?:..}: the screen it was meant for; left out = whatever is shown. */
static int
event_at(const json_t *o, enum session_state *ret, struct err *err)
{
	const char *name = NULL;
	*ret = SESSION_N_STATES;
	if (json_object_get(o, "at") == NULL)
		return 0;
	int r = js_text(o, "at", 32, &name, err);
	if (r)
		return err_trace(err, r, "at");
	*ret = state_find(name);
	if (*ret == SESSION_N_STATES)
		return err_raise(err, FAULT_BAD_INPUT, "at", 0);
	return 0;
}

static int
pick_scope(const json_t *o, struct engine_pick *p, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, "scope", 16, &s, err);
	if (r)
		return err_trace(err, r, "scope");
	p->scope = text_equal(s, "self") ? ORDER_SELF
	    : text_equal(s, "household") ? ORDER_HOUSEHOLD
	    : text_equal(s, "part")      ? ORDER_PART
					 : (enum order_scope)0;
	return 0;
}

static int
pick_persons(const json_t *o, struct engine_pick *p, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "persons", ORDER_MAX_PERSONS, &list, err);
	if (r)
		return err_trace(err, r, "persons");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
		if (n < 0 || n >= ORDER_MAX_PERSONS)
			return err_raise(err, FAULT_BAD_INPUT, "person", (long)i);
		p->persons |= (uint64_t)1 << n;
	}
	return 0;
}

static int
pick_options(const json_t *o, struct engine_pick *p, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "options", 16, &list, err);
	if (r)
		return err_trace(err, r, "options");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		unsigned bit = name ? order_option_find(name) : 0;
		if (bit == 0)
			return err_raise(err, FAULT_BAD_INPUT, "option", (long)i);
		p->options |= bit;
	}
	return 0;
}

/* {"event":"choose", and one of kind, scope, persons, options, copies}: one screen's choice. */
static int
event_choose(struct api *api, const json_t *o, struct err *err)
{
	static const struct {
		const char *member;
		enum session_state at;
	} t[] = { { "kind", SESSION_KIND }, { "scope", SESSION_SCOPE },
		{ "persons", SESSION_PERSONS }, { "options", SESSION_OPTIONS },
		{ "copies", SESSION_COPIES } };
	struct engine_pick p = { .at = SESSION_N_STATES };
	const char *kind = NULL;
	int64_t copies = 0;
	unsigned found = 0;
	int r = 0;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (json_object_get(o, t[i].member) != NULL) {
			p.at = t[i].at;
			found++;
		}
	if (found != 1)
		return err_raise(err, FAULT_BAD_INPUT, "choose one thing", found);
	if (p.at == SESSION_KIND)
		r = js_text(o, "kind", 32, &kind, err);
	else if (p.at == SESSION_SCOPE)
		r = pick_scope(o, &p, err);
	else if (p.at == SESSION_PERSONS)
		r = pick_persons(o, &p, err);
	else if (p.at == SESSION_OPTIONS)
		r = pick_options(o, &p, err);
	else
		r = js_int(o, "copies", 0, 1000, &copies, err);
	if (r)
		return err_trace(err, r, "choose");
	p.kind = kind ? doc_kind_find(kind) : (enum doc_kind)0;
	p.copies = (unsigned)copies;
	return engine_choose(api->engine, &p, err);
}

static int
event_do(struct api *api, const json_t *o, struct err *err)
{
	static const char *const members[] = { "event", "at?", "slot?", "kind?", "scope?",
		"persons?", "options?", "copies?", NULL };
	enum session_state at = SESSION_N_STATES;
	const char *name = NULL;
	int64_t slot = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "event", 32, &name, err);
	if (r == 0)
		r = event_at(o, &at, err);
	if (r)
		return err_trace(err, r, "event");
	if (text_equal(name, "choose"))
		return event_choose(api, o, err);
	enum session_event ev = session_touch_find(name);
	if (ev == SESSION_N_EVENTS)
		return API_E_NO_EVENT;
	if (ev != SESSION_EV_PIN_SLOT)
		return engine_touch(api->engine, ev, at, err);
	r = js_int(o, "slot", 0, ENGINE_PIN_SLOTS - 1, &slot, err);
	if (r)
		return err_trace(err, r, "event");
	return engine_pin(api->engine, (unsigned)slot, at, err);
}

static int
event_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	if (!token_is_right(req))
		return API_E_NO_TOKEN;
	int r = js_parse(req->body, req->body_bytes, &o, err);
	if (r == 0)
		r = event_do(req->app, o, err);
	if (r)
		return err_trace(err, r, "event");
	view_put(req, res);
	return 0;
}

/* A number in a phrase: digits alone, or nothing. */
static bool
voice_number(struct http_req *req, const char *name, const char **ret)
{
	uint64_t n = 0;
	*ret = http_req_query(req, name);
	return *ret == NULL || text_u64_parse(*ret, strlen(*ret), 9999999, &n);
}

/* GET /api/voice/{lang}/{key}?n=&m=: a phrase of the texts, and nothing else, as sound. */
static int
voice_get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct api *api = req->app;
	struct voice_phrase p = { .lang = req->arg[0], .key = req->arg[1] };
	struct voice_sound sound = { 0 };
	struct texts_numbers num = { 0 };
	struct buf text;
	if (!token_is_right(req))
		return API_E_NO_TOKEN;
	if (!voice_number(req, "n", &num.n) || !voice_number(req, "m", &num.m))
		return err_raise(err, FAULT_BAD_INPUT, "number", 0);
	const struct texts *t = api->texts ? texts_set_find(api->texts, p.lang) : NULL;
	buf_init(&text, VOICE_MAX_TEXT_BYTES);
	bool found = t != NULL && texts_speech(t, p.key, &num, &text, &p.has_numbers);
	p.text = arena_strndup(req->arena, text.bytes ? (const char *)text.p : "", text.bytes);
	buf_done(&text);
	int r = found ? voice_say(api->voice, req->arena, &p, &sound, err) : VOICE_E_NONE;
	if (r)
		return r == VOICE_E_NONE ? API_E_NO_VOICE : err_trace(err, r, "voice");
	res->type = "audio/wav";
	res->body = sound.p;
	res->body_bytes = sound.bytes;
	return 0;
}

static const struct http_outcome api_outcomes[] = {
	{ API_E_NO_TOKEN, 401, "token-needed" },
	{ API_E_NO_PAGE, 404, "not-found" },
	{ API_E_NO_EVENT, 400, "no-such-event" },
	{ API_E_NO_VOICE, 404, "no-voice" },
	{ SESSION_E_NOT_NOW, 409, "not-now" },
	{ CHOICE_E_NOT_OFFERED, 422, "not-offered" },
	{ CHOICE_E_CLOSED, 422, "closed-hours" },
	{ CHOICE_E_EMPTY, 422, "nobody-chosen" },
	{ 0 },
};

static const struct http_route api_routes[] = {
	{ "GET", "/api/state", NULL, 0, state_get, api_outcomes },
	{ "POST", "/api/event", NULL, API_BODY_BYTES, event_post, api_outcomes },
	{ "GET", "/api/voice/{lang}/{key}", NULL, 0, voice_get, api_outcomes },
	{ "GET", "/", NULL, 0, page_get, api_outcomes },
	{ "GET", "/{page}", NULL, 0, page_get, api_outcomes },
};

/* The server wants to know the name it is called by before it is asked. */
static uint16_t
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		return 0;
	return ntohs(at.sin_port);
}

int
api_start(struct api *api, uint16_t port, struct http_server **ret, struct err *err)
{
	char host[32];
	struct http_server_conf c = { .address = "127.0.0.1",
		.threads = API_MAX_POLLS + 4,
		.csp = "default-src 'self'; base-uri 'none'; form-action 'none'; "
		       "frame-ancestors 'none'; object-src 'none'",
		.host_check = host };
	int r = FAULT_UNAVAILABLE;
	for (int i = 0; i < API_PORT_TRIES; i++) {
		c.port = port ? port : free_port();
		(void)snprintf(host, sizeof(host), "127.0.0.1:%u", c.port);
		r = http_server_start(&c, api_routes, N_ELEMENTS(api_routes), api, ret, err);
		if (r == 0 || port != 0)
			break;
	}
	return err_trace(err, r, "api");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/site.h"
#include "base/clock.h"
#include "base/notify.h"
#include "center/inquiry/inquiry_pages.h"
#include "center/inquiry/stream.h"
#include "http/ops.h"
#include "http/pages.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* More than there are decoders: pages and standings do not wait for inquiries. */
enum { NUMBER_MAX_BYTES = 40, SITE_THREADS = 16, SITE_WATCH_S = 1, OPS_ARENA_BYTES = 64 * 1024 };

static const char csp[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
			  "img-src 'self' data: blob:; connect-src 'self'; form-action 'none'; "
			  "frame-ancestors 'none'; base-uri 'none'";

static int
answer_with(struct http_req *req, struct http_res *res, const json_t *o, struct err *err)
{
	struct buf out;
	buf_init(&out, JS_MAX_BYTES);
	int r = js_format(o, &out, err);
	if (r == 0) {
		res->body = arena_memdup(req->arena, out.p, out.bytes);
		res->body_bytes = out.bytes;
	}
	buf_done(&out);
	return err_trace(err, r, "answer_with");
}

static bool
wants_lines(const struct http_req *req)
{
	const char *accept = http_req_header(req, "Accept");
	return accept != NULL && strstr(accept, "application/x-ndjson") != NULL;
}

static int
inquiries_post(struct http_req *req, struct http_res *res, struct err *err)
{
	struct ask *q = arena_zero(req->arena, sizeof(*q));
	struct desk_answer answer = { .json = NULL };
	int r = ask_read(req, res, false, q, err);
	if (r)
		return err_trace(err, r, "inquiries");
	if (wants_lines(req))
		return err_trace(err, stream_start(req->arena, q, res, err), "inquiries");
	const struct desk_ask d = ask_desk(q, req->arena, 0);
	r = desk_check(q->site->desk, req->arena, &d, &answer, err);
	LOG(LOG_LVL_NOTICE, "inquiry.checked", LOG_F("txn", req->txn), LOG_F("files", q->n_files),
	    LOG_F("outcome", r), LOG_F("verdict", r ? 0 : (int)answer.worst));
	if (r == 0)
		r = answer_with(req, res, answer.json, err);
	json_decref(answer.json);
	return err_trace(err, r, "inquiries");
}

static int
batches_post(struct http_req *req, struct http_res *res, struct err *err)
{
	struct ask *q = arena_zero(req->arena, sizeof(*q));
	int r = ask_read(req, res, true, q, err);
	if (r == 0)
		r = stream_start(req->arena, q, res, err);
	return err_trace(err, r, "batches");
}

/* What a phone shows that read the front's QR: does the number stand? Nothing of its holder. */
static int
number_get(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO(json_t) json_t *o = json_object();
	struct standing s = { 0 };
	const char *number = req->arg[0];
	size_t bytes = strlen(number);
	if (bytes == 0 || bytes > NUMBER_MAX_BYTES ||
	    strspn(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != bytes)
		return err_raise(err, FAULT_BAD_INPUT, "issue number", (long)bytes);
	struct site *site = req->app;
	unsigned wait_s = 0;
	/* Numbers can be guessed: nobody is to count a city's papers by asking for all of them. */
	if (!limit_take(&site->limit, "numbers", (unsigned)site->conf->open_per_minute, 1,
		clock_mono_ms(), &wait_s))
		return ASK_E_TOO_OFTEN;
	int r = desk_standing(site->desk, req->arena, number, &s, err);
	if (r)
		return err_trace(err, r, "number");
	js_put_text(o, "state", standing_code(&s));
	js_put_text(o, "state_ja", standing_ja(&s));
	return answer_with(req, res, o, err);
}

static int
page_get(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)err; /* each file has its route */
	return http_page_answer(inquiry_pages, req->path, res) ? 0 : FAULT_INTERNAL;
}

static int
live_get(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)req;
	(void)err;
	res->body = "{\"live\":true}";
	res->body_bytes = strlen(res->body);
	return 0;
}

static const struct http_route routes[] = {
	{ "POST", "/v1/inquiries", NULL, SITE_MAX_BODY_BYTES, inquiries_post, ask_outcomes,
	    SITE_PACE_BYTES_S },
	{ "POST", "/v1/batches", NULL, SITE_MAX_BATCH_BYTES, batches_post, ask_outcomes,
	    SITE_PACE_BYTES_S },
	{ "GET", "/v1/numbers/{number}", NULL, 0, number_get, ask_outcomes },
	{ "GET", "/livez", NULL, 0, live_get, NULL },
	{ "GET", "/", NULL, 0, page_get, NULL },
	{ "GET", "/inquiry.js", NULL, 0, page_get, NULL },
	{ "GET", "/inquiry.css", NULL, 0, page_get, NULL },
	{ "GET", "/openapi.yaml", NULL, 0, page_get, NULL },
};

static void
look(void *desk, struct ops_missing *out)
{
	AUTO(arena) struct arena *a = arena_new(OPS_ARENA_BYTES);
	struct standing s;
	struct err err = { 0 };
	/* Any question that the database must answer. */
	if (desk_standing(desk, a, "", &s, &err) != 0)
		ops_missing_add(out, "database", NULL);
}

int
site_run(const struct inquiry_conf *c, struct desk *d, struct err *err)
{
	struct http_server *s = NULL;
	struct ops *ops = NULL;
	struct site site = { .desk = d, .conf = c };
	sigset_t stop;
	const struct timespec pause = { .tv_sec = SITE_WATCH_S };
	const struct http_server_conf h = { .address = c->address,
		.port = (uint16_t)c->port,
		.csp = csp,
		.host_check = c->host,
		.head_s = HTTP_SLOW_S,
		.threads = SITE_THREADS };
	const struct ops_conf oc = { .port = (uint16_t)c->ops_port, .app = d, .look = look };
	/* Blocked before the workers start, so that only this thread is woken. */
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	limit_init(&site.limit);
	int r = http_server_start(&h, routes, N_ELEMENTS(routes), &site, &s, err);
	if (r == 0)
		r = ops_start(&oc, &ops, err);
	if (r) {
		http_server_stop(s);
		return err_trace(err, r, "site_run");
	}
	ops_watch(ops, "inquiry", s);
	printf("ready port=%u\n", http_server_port(s));
	(void)fflush(stdout);
	notify_ready();
	while (sigtimedwait(&stop, NULL, &pause) < 0)
		desk_watch(d);
	notify_stopping();
	ops_stop(ops);
	http_server_stop(s);
	limit_done(&site.limit);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/site.h"
#include "center/inquiry/multipart.h"
#include "center/inquiry/inquiry_pages.h"
#include "http/pages.h"
#include "http/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX_BYTES = 40 };

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

static int
inquiries_post(struct http_req *req, struct http_res *res, struct err *err)
{
	struct desk *d = req->app;
	struct multipart m;
	struct decoder_file files[MULTIPART_MAX_FILES];
	const char *codes[MULTIPART_MAX_CODES];
	struct desk_answer answer = { .json = NULL };
	const char *pictures = http_req_query(req, "pictures");
	int r = multipart_parse(
	    http_req_header(req, "Content-Type"), req->body, req->body_bytes, &m, err);
	if (r)
		return err_trace(err, r, "inquiries");
	if (m.n_files == 0)
		return err_raise(err, FAULT_BAD_INPUT, "no file", 0);
	for (unsigned i = 0; i < m.n_files; i++)
		if (m.file[i].bytes > LOAD_MAX_FILE_BYTES)
			return LOAD_E_TOO_LARGE;
	for (unsigned i = 0; i < m.n_files; i++)
		files[i] = (struct decoder_file){ m.file[i].p, m.file[i].bytes };
	for (unsigned i = 0; i < m.n_codes; i++)
		codes[i] = arena_strndup(req->arena, m.code[i].p, m.code[i].bytes);
	const struct desk_ask q = { files, m.n_files, codes, m.n_codes,
		pictures == NULL || strcmp(pictures, "no") != 0 };
	r = desk_check(d, req->arena, &q, &answer, err);
	LOG(LOG_LVL_NOTICE, "inquiry.checked", LOG_F("txn", req->txn), LOG_F("files", m.n_files),
	    LOG_F("outcome", r), LOG_F("verdict", r ? 0 : (int)answer.worst));
	if (r == 0)
		r = answer_with(req, res, answer.json, err);
	json_decref(answer.json);
	return err_trace(err, r, "inquiries");
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
	int r = desk_standing(req->app, req->arena, number, &s, err);
	if (r)
		return err_trace(err, r, "number");
	js_put_text(o, "state", standing_code(&s));
	js_put_text(o, "state_ja", standing_ja(&s));
	return answer_with(req, res, o, err);
}

static int
page_get(struct http_req *req, struct http_res *res, struct err *err)
{
	const struct http_page *p = http_page_find(inquiry_pages, req->path);
	(void)err;
	if (p == NULL)
		return FAULT_INTERNAL; /* each file has its route */
	res->type = p->type;
	res->body = p->p;
	res->body_bytes = p->bytes;
	return 0;
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

static const struct http_outcome outcomes[] = {
	{ LOAD_E_NO_PICTURE, 422, "no-picture" },
	{ LOAD_E_TOO_MANY_PIXELS, 413, "too-many-pixels" },
	{ LOAD_E_TOO_MANY_PAGES, 413, "too-many-pages" },
	{ LOAD_E_TOO_LARGE, 413, "too-large" },
	{ DECODER_E_BUSY, 503, "busy" },
	{ DECODER_E_DIED, 422, "no-picture" },
	{ 0, 0, NULL },
};
static const struct http_route routes[] = {
	{ "POST", "/v1/inquiries", NULL, SITE_MAX_BODY_BYTES, inquiries_post, outcomes },
	{ "GET", "/v1/numbers/{number}", NULL, 0, number_get, NULL },
	{ "GET", "/livez", NULL, 0, live_get, NULL },
	{ "GET", "/", NULL, 0, page_get, NULL },
	{ "GET", "/inquiry.js", NULL, 0, page_get, NULL },
	{ "GET", "/inquiry.css", NULL, 0, page_get, NULL },
	{ "GET", "/openapi.yaml", NULL, 0, page_get, NULL },
};

int
site_run(const struct inquiry_conf *c, struct desk *d, struct err *err)
{
	struct http_server *s = NULL;
	sigset_t stop;
	int got = 0;
	const struct http_server_conf h = {
		.address = c->address, .port = (uint16_t)c->port, .csp = csp, .host_check = c->host
	};
	/* Blocked before the workers start, so that only this thread is woken. */
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	int r = http_server_start(&h, routes, N_ELEMENTS(routes), d, &s, err);
	if (r)
		return err_trace(err, r, "site_run");
	printf("ready port=%u\n", http_server_port(s));
	(void)fflush(stdout);
	(void)sigwait(&stop, &got);
	http_server_stop(s);
	return 0;
}

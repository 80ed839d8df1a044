/* SPDX-License-Identifier: Apache-2.0 */
/* The page of the operations port: loopback only, no word from outside, nothing kept. */
#include "base/bytes.h"
#include "center/router/status.h"
#include "http/ops.h"
#include "http/pages.h"
#include "status_pages.h"

#include <string.h>

const char status_csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/* A name that somebody else's DNS points here is not ours: his page would read this one. */
static int
host_check(const struct http_req *req)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
	const char *host = http_req_header(req, "Host");
	for (size_t i = 0; host != NULL && i < N_ELEMENTS(names); i++) {
		size_t n = strlen(names[i]);
		if (strncmp(host, names[i], n) == 0 && (host[n] == '\0' || host[n] == ':'))
			return 0;
	}
	return STATUS_E_HOST;
}

static int
page_get(struct http_req *req, struct http_res *res, struct err *err)
{
	const char *path = strcmp(req->path, "/status") == 0 ? "/status.html" : req->path;
	int r = host_check(req);
	(void)err;
	if (r)
		return r;
	return http_page_answer(status_pages, path, res) ? 0 : FAULT_INTERNAL; /* has a route */
}

static int
json_get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct buf out;
	int r = host_check(req);
	if (r)
		return r;
	AUTO(json_t) json_t *o = status_make(ops_app(req));
	buf_init(&out, STATUS_MAX_BYTES);
	r = js_format(o, &out, err);
	if (r == 0) {
		res->body = arena_memdup(req->arena, out.p, out.bytes);
		res->body_bytes = out.bytes;
	}
	buf_done(&out);
	return err_trace(err, r, "status");
}

static const struct http_outcome outcomes[] = { { STATUS_E_HOST, 403, "host" }, { 0 } };

static const struct http_route routes[] = {
	{ "GET", "/status", NULL, 0, page_get, outcomes },
	{ "GET", "/status.css", NULL, 0, page_get, outcomes },
	{ "GET", "/status.js", NULL, 0, page_get, outcomes },
	{ "GET", "/status.json", NULL, 0, json_get, outcomes },
};

const struct http_route *
status_routes(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(routes);
	return routes;
}

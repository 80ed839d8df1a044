/* SPDX-License-Identifier: Apache-2.0 */
/* One request: checked at its first header, read, handed to its handler, answered, logged. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "http/http_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	HTTP_QUEUE_WAIT_MS = 5000,      /* for a free worker, then 503 busy */
	HTTP_UPLOAD_MAX_MS = 60 * 1000, /* a body that drips longer is cut off */
	HTTP_PIECE_ROOM_BYTES = 64 * 1024,
	HTTP_DISCARD_MAX_BYTES = 1024 * 1024, /* of a refused body, read for a clean answer */
};

/* One request from its first header to the last byte of its answer. */
struct http_call {
	struct http_server *s;
	const struct http_route *route;
	struct http_req req;
	struct buf body;
	size_t discarded_bytes;
	int64_t from_ms;
	int64_t paid_until_ms; /* each byte of the body buys time, at most HTTP_SLOW_S ahead */
	struct http_res res;
	struct buf piece; /* of a body in pieces */
	size_t piece_sent_bytes;
	unsigned refused; /* status; 0 = goes to its handler */
	const char *refused_code;
	unsigned status;
	const char *code; /* of a refusal, a literal */
	int outcome;
};

static void
call_refuse(struct http_call *c, unsigned status, const char *code)
{
	if (c->refused != 0)
		return; /* the first reason stands */
	c->refused = status;
	c->refused_code = code;
}

static struct http_conn *
conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *own =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return own ? own->socket_context : NULL;
}

static void
call_check_peer(struct http_call *c, struct MHD_Connection *mhd)
{
	struct err err = { 0 };
	if (!c->s->want_client_cert)
		return;
	const union MHD_ConnectionInfo *tls =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct http_conn *conn = conn_of(mhd);
	if (conn == NULL || tls == NULL) {
		call_refuse(c, 403, "peer-refused");
		return;
	}
	if (!conn->read &&
	    http_peer_read(tls->tls_session, &conn->peer, &conn->until_ms, &err) != 0) {
		log_fault("http.peer", c->req.txn, &err);
		call_refuse(c, 403, "peer-refused");
		return;
	}
	conn->read = true;
	/* A kept connection may outlive its certificate. */
	if (clock_now_ms() > conn->until_ms)
		call_refuse(c, 403, "peer-refused");
	c->req.peer = conn->peer;
}

/* A page of somebody else's, or a name rebound to this address, gets nothing. */
static void
call_check_host(struct http_call *c, struct MHD_Connection *mhd)
{
	if (c->s->host_check == NULL)
		return;
	const char *host = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Host");
	const char *origin = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Origin");
	if (!text_equal(host, c->s->host_check))
		call_refuse(c, 403, "host-refused");
	if (origin != NULL && !text_equal(origin, c->s->origin_check))
		call_refuse(c, 403, "origin-refused");
}

static void
call_route(struct http_call *c)
{
	bool path_known = false;
	c->route = http_route_find(c->s->routes, c->s->n_routes, c->req.arena, c->req.method,
	    c->req.path, c->req.arg, &path_known);
	if (c->route == NULL)
		call_refuse(
		    c, path_known ? 405 : 404, path_known ? "method-not-allowed" : "not-found");
	else if (c->route->roles != NULL && !http_role_in(c->route->roles, c->req.peer.role))
		call_refuse(c, 403, "role-refused");
}

/* Returns the length announced, 0 for none. */
static uint64_t
call_check_length(struct http_call *c, struct MHD_Connection *mhd)
{
	uint64_t n = 0;
	const char *s = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Length");
	if (s != NULL && !text_u64_parse(s, strlen(s), INT64_MAX, &n))
		call_refuse(c, 400, "bad-input");
	if (c->route != NULL && n > c->route->max_body_bytes)
		call_refuse(c, 413, "too-large");
	return n;
}

static void
server_count(struct http_server *s, int by)
{
	(void)pthread_mutex_lock(&s->lock);
	s->n_calls += (unsigned)by;
	if (s->n_calls > s->most_calls)
		s->most_calls = s->n_calls;
	if (s->n_calls == 0)
		(void)pthread_cond_broadcast(&s->idle);
	(void)pthread_mutex_unlock(&s->lock);
}

static struct http_call *
call_new(struct http_server *s, struct MHD_Connection *mhd, const char *method, const char *path)
{
	struct http_call *c = mem_zero(sizeof(*c));
	c->s = s;
	c->from_ms = clock_mono_ms();
	c->paid_until_ms = c->from_ms + HTTP_SLOW_S * 1000;
	c->req.arena = arena_new(HTTP_ARENA_BYTES);
	c->req.app = s->app;
	c->req.txn = (struct txn_id){ rand_u64() };
	c->req.method = arena_strdup(c->req.arena, method);
	c->req.path = arena_strdup(c->req.arena, path);
	c->req.native = mhd;
	server_count(s, 1);
	return c;
}

static const char *
answer_code(const struct http_call *c, int outcome, unsigned *ret_status)
{
	for (const struct http_outcome *o = c->route->outcomes; o != NULL && o->outcome != 0; o++)
		if (o->outcome == outcome) {
			*ret_status = o->status;
			return o->code;
		}
	switch (outcome) {
	case FAULT_BAD_INPUT:
		*ret_status = 400;
		break;
	case FAULT_INTEGRITY:
		*ret_status = 403;
		break;
	case FAULT_UNAVAILABLE:
		*ret_status = 503;
		break;
	case FAULT_TIMEOUT:
		*ret_status = 504;
		break;
	default:
		*ret_status = 500;
		return "internal";
	}
	return err_fault_name(outcome);
}

static void
answer_problem(struct http_call *c, struct http_res *res, unsigned status, const char *code)
{
	res->next = NULL;
	res->status = status;
	c->code = code;
	res->type = "application/problem+json";
	res->body = http_problem(c->req.arena, status, code, res->detail_json, &res->body_bytes);
}

static void
answer_add(struct MHD_Response *mhd, const char *name, const char *value)
{
	(void)MHD_add_response_header(mhd, name, value);
}

/* Hands out what @next gave, then asks it for more. */
static ssize_t
answer_piece(void *call, uint64_t at, char *out, size_t max)
{
	struct http_call *c = call;
	struct err err = { 0 };
	(void)at;
	if (c->piece_sent_bytes == c->piece.bytes) {
		buf_done(&c->piece);
		buf_init(&c->piece, HTTP_PIECE_MAX_BYTES);
		c->piece_sent_bytes = 0;
		int r = c->res.next(c->res.stream, &c->piece, &err);
		if (r == 0 && !buf_ok(&c->piece))
			r = err_raise(&err, FAULT_INTERNAL, "piece", 0);
		if (r) {
			log_fault("http.piece", c->req.txn, &err);
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		if (c->piece.bytes == 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	size_t n = c->piece.bytes - c->piece_sent_bytes;
	if (n > max)
		n = max;
	memcpy(out, c->piece.p + c->piece_sent_bytes, n);
	c->piece_sent_bytes += n;
	return (ssize_t)n;
}

/* The body lives in the request's arena, which outlives the answer; so does the call. */
static struct MHD_Response *
answer_body(struct http_call *c, const struct http_res *res)
{
	if (res->next == NULL)
		return MHD_create_response_from_buffer(
		    res->body_bytes, (void *)(uintptr_t)res->body, MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, HTTP_PIECE_ROOM_BYTES, answer_piece, c, NULL);
}

static enum MHD_Result
answer_send(struct http_call *c, struct MHD_Connection *mhd, const struct http_res *res)
{
	char txn[17];
	struct MHD_Response *out = answer_body(c, res);
	if (out == NULL)
		return MHD_NO;
	(void)snprintf(txn, sizeof(txn), "%016llx", (unsigned long long)c->req.txn.v);
	answer_add(out, "Content-Type", res->type ? res->type : "application/json");
	answer_add(out, "Cache-Control", "no-store");
	answer_add(out, "X-Content-Type-Options", "nosniff");
	answer_add(out, "Content-Security-Policy", c->s->csp);
	answer_add(out, "Referrer-Policy", "no-referrer");
	answer_add(out, "X-Frame-Options", "DENY");
	answer_add(out, "Cross-Origin-Resource-Policy", "same-origin");
	answer_add(out, "Kofu-Txn", txn);
	if (c->refused == 405)
		answer_add(out, "Allow", "GET, POST, PUT, DELETE");
	for (size_t i = 0; i < N_ELEMENTS(res->header_name) && res->header_name[i]; i++)
		answer_add(out, res->header_name[i], res->header_value[i]);
	if (atomic_load(&c->s->draining))
		answer_add(out, "Connection", "close");
	c->status = res->status ? res->status : 200;
	enum MHD_Result r = MHD_queue_response(mhd, c->status, out);
	MHD_destroy_response(out);
	return r;
}

static bool
worker_wait(struct http_server *s)
{
	struct timespec until;
	int r;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += HTTP_QUEUE_WAIT_MS / 1000;
	while ((r = sem_clockwait(&s->workers, CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR)
		;
	return r == 0;
}

/* A worker's place; false at once when many wait already, or after HTTP_QUEUE_WAIT_MS. */
static bool
worker_take(struct http_server *s)
{
	if (sem_trywait(&s->workers) == 0)
		return true;
	bool taken = atomic_fetch_add(&s->n_waiting, 1) < s->max_waiting ? worker_wait(s) : false;
	(void)atomic_fetch_sub(&s->n_waiting, 1);
	return taken;
}

static void
call_handle(struct http_call *c, struct http_res *res)
{
	struct err err = { 0 };
	unsigned status = 0;
	buf_u8(&c->body, 0); /* the NUL behind it */
	c->req.body = c->body.p;
	c->req.body_bytes = c->body.bytes - 1;
	if (!worker_take(c->s)) {
		answer_problem(c, res, 503, "busy");
		return;
	}
	int r = c->outcome = c->route->handle(&c->req, res, &err);
	(void)sem_post(&c->s->workers);
	if (r == 0)
		return;
	const char *code = answer_code(c, r, &status);
	if (r < 0)
		log_fault("http.fault", c->req.txn, &err);
	else if (res->code != NULL)
		code = res->code;
	if (r < 0)
		res->detail_json = NULL; /* a fault tells nothing of itself */
	answer_problem(c, res, status, code);
}

static enum MHD_Result
call_answer(struct http_call *c, struct MHD_Connection *mhd)
{
	if (c->refused != 0)
		answer_problem(c, &c->res, c->refused, c->refused_code);
	else
		call_handle(c, &c->res);
	return answer_send(c, mhd, &c->res);
}

static enum MHD_Result
call_begin(struct http_call *c, struct MHD_Connection *mhd)
{
	call_check_peer(c, mhd);
	call_check_host(c, mhd);
	call_route(c);
	uint64_t announced = call_check_length(c, mhd);
	buf_init(&c->body, c->route ? c->route->max_body_bytes + 1 : 1);
	if (c->refused == 0)
		return MHD_YES;
	/* A short body is read and dropped, so that the connection can be kept. */
	bool waits = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Expect") != NULL;
	return waits || announced > HTTP_DISCARD_MAX_BYTES ? call_answer(c, mhd) : MHD_YES;
}

/* Does the body come more slowly than the route asks for, or all in all too long? */
static bool
call_is_slow(struct http_call *c, size_t bytes)
{
	int64_t now_ms = clock_mono_ms();
	if (now_ms - c->from_ms > HTTP_UPLOAD_MAX_MS)
		return true;
	if (c->route == NULL || c->route->upload_bytes_s == 0)
		return false;
	if (now_ms > c->paid_until_ms)
		return true;
	int64_t paid_ms = c->paid_until_ms + (int64_t)(bytes * 1000 / c->route->upload_bytes_s);
	int64_t most_ms = now_ms + HTTP_SLOW_S * 1000;
	c->paid_until_ms = paid_ms < most_ms ? paid_ms : most_ms;
	return false;
}

/* How long the connection may be silent: less while a body is due at a pace. */
static void
call_set_patience(struct http_call *c, struct MHD_Connection *mhd, bool body_due)
{
	if (c->route != NULL && c->route->upload_bytes_s > 0)
		(void)MHD_set_connection_option(mhd, MHD_CONNECTION_OPTION_TIMEOUT,
		    (unsigned)(body_due ? HTTP_SLOW_S : HTTP_TIMEOUT_S));
}

static enum MHD_Result
call_take_body(struct http_call *c, const char *p, size_t bytes)
{
	if (call_is_slow(c, bytes))
		return MHD_NO;
	if (c->refused == 0 && bytes > c->route->max_body_bytes - c->body.bytes) {
		call_refuse(c, 413, "too-large"); /* chunked: no length was announced */
		buf_done(&c->body);
	}
	if (c->refused == 0) {
		buf_put(&c->body, p, bytes);
		return MHD_YES;
	}
	c->discarded_bytes += bytes;
	return c->discarded_bytes > HTTP_DISCARD_MAX_BYTES ? MHD_NO : MHD_YES;
}

enum MHD_Result
http_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *data_bytes, void **call)
{
	struct http_call *c = *call;
	(void)version;
	if (c == NULL) {
		*call = c = call_new(cls, mhd, method, url);
		if (conn_of(mhd) != NULL)
			http_patience_set(cls, conn_of(mhd), 0);
		enum MHD_Result begun = call_begin(c, mhd);
		call_set_patience(c, mhd, c->status == 0);
		return begun;
	}
	if (*data_bytes == 0) {
		call_set_patience(c, mhd, false);
		return call_answer(c, mhd);
	}
	enum MHD_Result r = call_take_body(c, data, *data_bytes);
	*data_bytes = 0;
	return r;
}

void
http_on_completed(
    void *cls, struct MHD_Connection *mhd, void **call, enum MHD_RequestTerminationCode how)
{
	struct http_call *c = *call;
	if (conn_of(mhd) != NULL)
		http_patience_set(cls, conn_of(mhd), HTTP_TIMEOUT_S * 1000);
	if (c == NULL)
		return;
	/* The route's own text, never the path that came: that may hold anything. The peer's name
	   is a device's or an office's, from a certificate (http_peer_parse()). */
	LOG(LOG_LVL_INFO, "http.request", LOG_F("txn", c->req.txn),
	    log_f_lit("route", c->route ? c->route->path : "-"),
	    log_f_lit("method", c->route ? c->route->method : "-"), LOG_F("status", c->status),
	    log_f_lit("role", c->req.peer.role[0] ? c->req.peer.role : "-"),
	    log_f_lit("peer", c->req.peer.name[0] ? c->req.peer.name : "-"),
	    LOG_F("outcome", c->outcome), LOG_F("ms", (long)(clock_mono_ms() - c->from_ms)),
	    LOG_F("sent", how == MHD_REQUEST_TERMINATED_COMPLETED_OK));
	http_meter_count(
	    c->s, c->route, c->status, c->code, (uint64_t)(clock_mono_ms() - c->from_ms));
	if (c->res.done != NULL)
		c->res.done(c->res.stream);
	buf_done(&c->piece);
	buf_done(&c->body);
	arena_free(c->req.arena);
	server_count(c->s, -1);
	mem_free(c);
	*call = NULL;
}

enum MHD_Result
http_on_accept(void *cls, const struct sockaddr *address, socklen_t bytes)
{
	struct http_server *s = cls;
	(void)address, (void)bytes;
	return atomic_load(&s->n_conns) < s->max_conns ? MHD_YES : MHD_NO;
}

void
http_on_connection(
    void *cls, struct MHD_Connection *mhd, void **own, enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cls;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		(void)atomic_fetch_sub(&s->n_conns, 1);
	else
		(void)atomic_fetch_add(&s->n_conns, 1);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*own != NULL)
			http_patience_end(s, *own);
		mem_free(*own);
		*own = NULL;
		return;
	}
	const union MHD_ConnectionInfo *at =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	*own = mem_zero(sizeof(struct http_conn));
	http_patience_begin(s, *own, at != NULL ? at->connect_fd : -1);
	const union MHD_ConnectionInfo *tls = s->want_client_cert
	    ? MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)
	    : NULL;
	if (tls != NULL && tls->tls_session != NULL)
		http_peer_require(tls->tls_session);
}

size_t
http_no_unescape(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

const char *
http_req_header(const struct http_req *req, const char *name)
{
	return MHD_lookup_connection_value(req->native, MHD_HEADER_KIND, name);
}

const char *
http_req_query(const struct http_req *req, const char *name)
{
	const char *raw = MHD_lookup_connection_value(req->native, MHD_GET_ARGUMENT_KIND, name);
	if (raw == NULL)
		return NULL;
	char *s = arena_strdup(req->arena, raw);
	/* An encoded NUL would hide what stands behind it. */
	return strstr(s, "%00") == NULL && MHD_http_unescape(s) == strlen(s) ? s : NULL;
}

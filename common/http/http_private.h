/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of common/http share; nobody else includes it. */
#pragma once
#include "base/bytes.h"
#include "base/metrics.h"
#include "http/server.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* What one connection has shown of itself. */
struct http_conn {
	bool read;
	struct http_peer peer;
	int64_t until_ms;
	int fd;
	int64_t head_until_ms; /* monotonic; 0 = none is due */
	struct http_conn *prev, *next;
};

enum { HTTP_METER_ROWS = 256 };
/* How often a route has answered with a code, and how long that took. */
struct http_meter {
	struct http_meter_row {
		const struct http_route *route; /* NULL = none was found */
		unsigned status;
		const char *code; /* a literal */
		uint64_t n;
		struct metric_durations took;
	} row[HTTP_METER_ROWS];
	unsigned n;
};

struct http_server {
	struct arena *arena; /* texts of the conf, PEM */
	const struct http_route *routes;
	size_t n_routes;
	void *app;
	struct MHD_Daemon *daemon;
	int listen_fd;
	uint16_t port;
	bool tls;
	bool want_client_cert;
	const char *csp;
	const char *host_check;
	const char *origin_check;
	sem_t workers;
	atomic_uint n_waiting; /* for a worker's place */
	unsigned max_waiting;
	unsigned max_conns;
	atomic_uint n_conns;
	atomic_bool draining;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	/* At once; most since the last look; most since memory was last given back. */
	unsigned n_calls, most_calls, peak_calls;
	int64_t busy_at_ms; /* of the last look that found it so */
	int head_ms;
	struct http_conn *conns; /* under lock, as what follows */
	pthread_cond_t watch_wakes;
	pthread_t watch;
	bool watched, watch_ends;
	struct http_meter meter; /* under lock */
};

/*
 * The first route of that path and method. *ret_path_known tells a wrong method
 * from an unknown path. Writes what {...} matched into @arg, in the arena.
 * NULL when there is none.
 */
const struct http_route *http_route_find(const struct http_route *routes, size_t n, struct arena *a,
    const char *method, const char *path, const char *arg[HTTP_MAX_PATH_ARGS],
    bool *ret_path_known);
/* True when @role stands in the space-separated list. */
bool http_role_in(const char *roles, const char *role);

/* "urn:kofu:<role>:<name>", nothing else. Returns 0 or FAULT_BAD_INPUT. */
MUST_USE int http_peer_parse(const char *urn, size_t bytes, struct http_peer *ret, struct err *err);
/* Before the handshake: the session asks for a certificate and takes none but a client's of the
 * CA. */
void http_peer_require(gnutls_session_t session);
/* After it: who is there, and until when (UTC, ms). Returns 0 or FAULT_INTEGRITY. */
MUST_USE int http_peer_read(
    gnutls_session_t session, struct http_peer *ret, int64_t *ret_until_ms, struct err *err);

/* call.c: libmicrohttpd's callbacks; @cls is the server. */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *data_bytes, void **call);
void http_on_completed(
    void *cls, struct MHD_Connection *mhd, void **call, enum MHD_RequestTerminationCode how);
/* Closes at once what is one too many: a peer that hangs in the queue would wait to no purpose. */
enum MHD_Result http_on_accept(void *cls, const struct sockaddr *address, socklen_t bytes);
void http_on_connection(
    void *cls, struct MHD_Connection *mhd, void **own, enum MHD_ConnectionNotificationCode what);
/* patience.c: a listed connection without a whole head in time is shut down, by half a second
 * later. */
MUST_USE int http_patience_start(struct http_server *s, struct err *err);
void http_patience_stop(struct http_server *s);
void http_patience_begin(struct http_server *s, struct http_conn *c, int fd);
/* From now on; 0 = while a request is at work. */
void http_patience_set(struct http_server *s, struct http_conn *c, int ms);
void http_patience_end(struct http_server *s, struct http_conn *c);
/* meter.c: an answer has ended. @code: a literal, NULL = no refusal. */
void http_meter_count(struct http_server *s, const struct http_route *route, unsigned status,
    const char *code, uint64_t ms);
/* Paths stay as they came: an encoded character matches no route. */
size_t http_no_unescape(void *cls, struct MHD_Connection *mhd, char *s);

/* status, code and title as problem+json (RFC 9457), @detail_json merged in; in the arena. */
const char *http_problem(
    struct arena *a, unsigned status, const char *code, const char *detail_json, size_t *ret_bytes);

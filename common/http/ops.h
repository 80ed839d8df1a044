/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/ops - how a program is, for those who run it: a listener of its own, plain
 * HTTP and on loopback only, for a collector on the same machine.
 *
 *   GET /livez    200 while the program answers at all
 *   GET /readyz   200, or 503 with what is missing: {"ready":false,"missing":[…]}
 *   GET /metrics  figures (base/metrics.h), the process's own among them
 */
#pragma once
#include "http/server.h"

enum { OPS_MAX_LISTENERS = 260, OPS_MAX_MISSING = 32, OPS_MAX_ROUTES = 8 };

/* What stands in the way of work: words from the program and municipality codes. */
struct ops_missing {
	struct arena *arena;
	const char *what[OPS_MAX_MISSING];
	unsigned n;
	/* What look() read on its way, in @arena: collect() of the same question needs no second
	 * reading. */
	void *seen;
};
/* @muni: a municipality's code, NULL = of all. More than OPS_MAX_MISSING are not listed. */
void ops_missing_add(struct ops_missing *m, const char *what, const char *muni);

struct ops_conf {
	uint16_t port; /* on 127.0.0.1 */
	void *app;
	/* Both may take a moment, at most the patience of a collector (10 s). */
	void (*look)(void *app, struct ops_missing *out);
	/* NULL = nothing beyond the common ones; @looked: as look() left it. */
	void (*collect)(void *app, const struct ops_missing *looked, struct metrics *out);
	/* Further routes, whose handlers get @app by ops_app(); the table outlives the listener. */
	const struct http_route *routes;
	size_t n_routes;
	const char *csp; /* of every answer; NULL = default-src 'none' */
};
void *ops_app(const struct http_req *req);
struct ops;
/* 0, FAULT_CONFIG (more than OPS_MAX_ROUTES too) or FAULT_UNAVAILABLE. Port 0: *ret is NULL,
 * nothing is opened. */
MUST_USE int ops_start(const struct ops_conf *c, struct ops **ret, struct err *err);
/* Its answers are among the figures from now on; it must outlive @o. NULL @o is fine. */
void ops_watch(struct ops *o, const char *listener, struct http_server *s);
void ops_stop(struct ops *o); /* NULL is fine */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upstream - one municipality's nodes. They share a database, so any of them answers; the one that
 * answered last is asked first. None is asked for anything before it has announced what it is, the
 * listing takes that, and its certificate's name is the municipality's and not cut off.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "center/center_conf.h"
#include "center/router/listing.h"
#include "http/client.h"

enum { UPSTREAM_E_REFUSED = 1751 /* none that is listed; nobody was asked */ };

struct upstream;
/* @listing must outlive it. 0 or FAULT_CONFIG. */
MUST_USE int upstream_new(const struct center_conf *c, const struct center_muni_conf *m,
    struct muni_code code, struct listing *listing, struct upstream **ret, struct err *err);
void upstream_free(struct upstream *u);
DEFINE_AUTO(upstream)

/* Closes what is left over from a rush: http_client_tidy(). */
void upstream_tidy(struct upstream *u);

struct upstream_ask {
	const char *path;
	const void *body; /* JSON */
	size_t body_bytes;
	int timeout_ms;
	size_t max_reply_bytes;
	bool idempotent; /* may be asked of the next server when one is away */
};
/*
 * Returns what http_ask() does, or UPSTREAM_E_REFUSED. After FAULT_UNAVAILABLE the next call begins
 * with the next server.
 */
MUST_USE int upstream_ask(struct upstream *u, struct arena *a, const struct upstream_ask *q,
    struct http_reply *ret, struct err *err);

/*
 * Asks the nodes that nobody has heard of for UPSTREAM_WATCH_MS what they are, as long as
 * clock_mono_ms() is before @until_ms. One thread.
 */
enum { UPSTREAM_WATCH_MS = 5000 };
void upstream_watch(struct upstream *u, int64_t until_ms);

/* A node as it is known now. */
struct upstream_node_view {
	const char *url;
	char name[65]; /* in its certificate; "" = not met yet */
	enum node_verdict verdict;
	int64_t since_ms; /* UTC, of the verdict */
	bool known;       /* @said: what it announced last */
	struct announce said;
	bool has_state; /* the rest: as it told at @heard_ms */
	int64_t heard_ms;
	bool database, stopped;
	int64_t news_ms, orders, limit;
	uint64_t n_refused; /* requests that it did not get for its verdict */
};
unsigned upstream_n(const struct upstream *u);
void upstream_look(struct upstream *u, unsigned i, struct upstream_node_view *ret);

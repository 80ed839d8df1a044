/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upstream - one municipality's servers. They share a database, so any of them
 * answers; the one that answered last is asked first.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "center/center_conf.h"
#include "http/client.h"

struct upstream;
/* 0 or FAULT_CONFIG. */
MUST_USE int upstream_new(const struct center_conf *c, const struct center_muni_conf *m,
    struct upstream **ret, struct err *err);
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
 * Returns what http_ask() does. After FAULT_UNAVAILABLE the next call begins
 * with the next server.
 */
MUST_USE int upstream_ask(struct upstream *u, struct arena *a, const struct upstream_ask *q,
    struct http_reply *ret, struct err *err);

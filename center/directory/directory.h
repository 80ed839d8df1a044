/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory - which municipality holds a card, by (issuer key hash, serial): told
 * by the servers after their own commits, never taken from a kiosk.
 * docs/PROTOCOL.md section 6.
 */
#pragma once
#include "center/router/store.h"
#include "http/server.h"

enum { DIRECTORY_MAX_CHANGES = 500, DIRECTORY_BODY_MAX_BYTES = 256 * 1024 };
enum { DIRECTORY_E_FOREIGN = 1711 /* a server that does not serve this municipality */ };
extern const struct http_outcome directory_outcomes[];

struct directory_push {
	struct muni_code muni;
	int64_t seq;
	size_t n;
	struct directory_change *changes; /* in the arena */
};
/* {"muni":…,"seq":N,"changes":[…]}. Leading zero bytes of a serial are dropped. 0 or
 * FAULT_BAD_INPUT. */
MUST_USE int directory_parse(
    struct arena *a, const void *json, size_t bytes, struct directory_push *ret, struct err *err);
/* POST /v1/directory. */
MUST_USE int directory_push(struct http_req *req, struct http_res *res, struct err *err);

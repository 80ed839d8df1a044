/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voids - issue numbers that a municipality voided in its pages: told by its
 * servers, kept beside what the kiosks report, 無効 at the inquiry from then on.
 * docs/PROTOCOL.md section 5.
 */
#pragma once
#include "center/router/manifest.h"
#include "http/server.h"

enum {
	VOIDS_MAX = 100, /* in one request */
	VOIDS_BODY_MAX_BYTES = 16 * 1024,
	VOIDS_A_MUNI = 100000, /* kept of one municipality */
};
enum { VOIDS_E_FOREIGN = 1721, VOIDS_E_FULL = 1722 };
extern const struct http_outcome voids_outcomes[];

struct voids {
	struct muni_code muni;
	size_t n;                       /* 1..VOIDS_MAX */
	const char *numbers[VOIDS_MAX]; /* in the arena */
};
/* {"muni":…,"numbers":[…]}: each begins with the municipality's code. 0 or FAULT_BAD_INPUT. */
MUST_USE int voids_parse(
    struct arena *a, const void *json, size_t bytes, struct voids *ret, struct err *err);
/* POST /v1/voids. */
MUST_USE int voids_told(struct http_req *req, struct http_res *res, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - how the center stands, as its operator asks: one object of JSON, which
 * `kofu-center status` prints and the page on the operations port shows. Codes, numbers,
 * municipalities, machines; nobody's name.
 */
#pragma once
#include "center/router/router.h"
#include "wire/js.h"

enum { STATUS_MAX_BYTES = 4 * 1024 * 1024, STATUS_E_HOST = 1771 /* asked for by another name */ };

/*
 * Never fails: where the database is away, "database" is false and what it alone knows is null.
 * Who reads must see the same: docs/PROTOCOL.md has no word of it, it is for operators and may
 * grow.
 */
NEVER_NULL json_t *status_make(struct router *r);
/* GET /status, /status.css, /status.js, /status.json of the operations port. */
const struct http_route *status_routes(size_t *ret_n);
extern const char status_csp[];

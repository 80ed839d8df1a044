/* SPDX-License-Identifier: Apache-2.0 */
/* site - the pages and the API of the inquiry over HTTP (openapi.yaml). */
#pragma once
#include "center/inquiry/desk.h"

enum {
	SITE_MAX_BODY_BYTES = 26 * 1024 * 1024,  /* files of one inquiry and their parts' heads */
	SITE_MAX_BATCH_BYTES = 32 * 1024 * 1024, /* the same of a batch */
	SITE_PACE_BYTES_S = 4096,                /* a body that comes more slowly is cut off */
};
/* Serves until SIGTERM or SIGINT; prints "ready port=N" on stdout. 0 or a fault. */
MUST_USE int site_run(const struct inquiry_conf *c, struct desk *d, struct err *err);

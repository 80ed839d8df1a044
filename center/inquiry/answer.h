/* SPDX-License-Identifier: Apache-2.0 */
/* answer - a check's result as the JSON of openapi.yaml, for the pages, the API and the command. */
#pragma once
#include "center/inquiry/check.h"
#include "wire/js.h"

/* What the center's tables say of a paper's number. */
enum { STANDING_MAX_EARLIER = 20 };
struct standing {
	enum { STANDING_UNKNOWN = 0, STANDING_ISSUED, STANDING_VALID, STANDING_VOID } state;
	const char *reason; /* of a void one */
	int64_t issued_ms;
	int64_t earlier_ms[STANDING_MAX_EARLIER]; /* when it was asked for before, newest first */
	unsigned n_earlier;
};
const char *standing_code(const struct standing *s); /* "valid" ... */
const char *standing_ja(const struct standing *s);

/*
 * @standings: one a paper. @pictures: with recovered front and differences as
 * base64 (@front_png[i] may be NULL). The caller owns the object.
 */
struct answer_picture {
	const uint8_t *p;
	size_t bytes;
};
json_t *answer_json(const char *inquiry_id, const struct check_result *r,
    const struct standing *standings, const struct answer_picture *front_png, bool pictures);

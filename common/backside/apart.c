/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/apart.h"

#include <string.h>

void
apart_put(const uint8_t *pdf, size_t bytes, const struct apart *backs, struct buf *out)
{
	size_t from = 0;
	for (unsigned i = 0; i < backs->n; i++) {
		buf_put(out, pdf + from, backs->at[i] - from);
		from = (size_t)backs->at[i] + BACKSIDE_BYTES;
	}
	buf_put(out, pdf + from, bytes - from);
}

/* In order, none over another, all in @bytes. */
static bool
apart_is_sound(const struct apart *backs, size_t bytes)
{
	size_t from = 0;
	if (backs->n > APART_MAX_BACKS)
		return false;
	for (unsigned i = 0; i < backs->n; i++) {
		if (backs->at[i] < from || bytes < BACKSIDE_BYTES ||
		    backs->at[i] > bytes - BACKSIDE_BYTES)
			return false;
		from = (size_t)backs->at[i] + BACKSIDE_BYTES;
	}
	return true;
}

int
apart_take(struct arena *a, struct rd *in, size_t bytes, const struct apart *backs, uint8_t **ret,
    struct err *err)
{
	size_t from = 0;
	if (!apart_is_sound(backs, bytes))
		return err_raise(err, FAULT_BAD_INPUT, "places of the backs", (long)backs->n);
	size_t rest = bytes - (size_t)backs->n * BACKSIDE_BYTES;
	/* Room for what is there, not for what was promised. */
	const uint8_t *p = rest <= rd_left(in) ? rd_bytes(in, rest) : NULL;
	if (p == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "pdf", (long)bytes);
	uint8_t *pdf = arena_raw(a, bytes);
	for (unsigned i = 0; i < backs->n; i++) {
		size_t n = backs->at[i] - from;
		memcpy(pdf + from, p, n);
		memset(pdf + backs->at[i], 0, BACKSIDE_BYTES);
		p += n;
		from = (size_t)backs->at[i] + BACKSIDE_BYTES;
	}
	memcpy(pdf + from, p, bytes - from);
	*ret = pdf;
	return 0;
}

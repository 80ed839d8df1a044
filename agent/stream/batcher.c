/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stream/batcher.h"

#include <string.h>

void
batcher_init(struct batcher *b)
{
	*b = (struct batcher){ 0 };
	buf_init(&b->open, BATCHER_TXN_MAX_BYTES);
	buf_init(&b->ready, BATCHER_TXN_MAX_BYTES + BATCHER_FULL_BYTES);
}

void
batcher_done(struct batcher *b)
{
	buf_done(&b->open);
	buf_done(&b->ready);
}

/* Memory that one large transaction needed is not kept for the small ones. */
static void
empty(struct buf *b)
{
	if (b->room > BATCHER_FULL_BYTES)
		buf_done(b);
	b->bytes = 0;
	b->failed = false;
}

int
batcher_record(struct batcher *b, const char *json, size_t bytes, bool urgent)
{
	if (b->n_open == BATCHER_TXN_MAX_RECORDS)
		return BATCHER_E_TOO_LARGE;
	if (b->n_open > 0)
		buf_u8(&b->open, ',');
	buf_put(&b->open, json, bytes);
	if (!buf_ok(&b->open))
		return BATCHER_E_TOO_LARGE;
	b->n_open++;
	b->open_urgent = b->open_urgent || urgent;
	return 0;
}

void
batcher_commit(
    struct batcher *b, const char *position, int64_t register_ms, bool old, int64_t now_ms)
{
	if (!old && b->n_open > 0) {
		if (b->n_ready == 0)
			b->since_ms = now_ms;
		else
			buf_u8(&b->ready, ',');
		/* Fits: batcher_is_due() lets nothing over the full marks stay here. */
		buf_put(&b->ready, b->open.p, b->open.bytes);
		b->n_ready += b->n_open;
		b->urgent = b->urgent || b->open_urgent;
	}
	if (!old) {
		(void)strncpy(b->position, position, BATCHER_POSITION_BYTES);
		b->register_ms = register_ms;
		b->moved = true;
	}
	empty(&b->open);
	b->n_open = 0;
	b->open_urgent = false;
}

bool
batcher_is_full(const struct batcher *b)
{
	return b->n_ready >= BATCHER_FULL_RECORDS || b->ready.bytes >= BATCHER_FULL_BYTES - 1;
}

bool
batcher_is_due(const struct batcher *b, bool more, int64_t now_ms)
{
	if (b->n_ready == 0)
		return false;
	return b->urgent || !more || batcher_is_full(b) ||
	    now_ms - b->since_ms >= BATCHER_MAX_AGE_MS;
}

void
batcher_sent(struct batcher *b)
{
	empty(&b->ready);
	b->n_ready = 0;
	b->urgent = false;
	b->moved = false;
}

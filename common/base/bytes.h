/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes - bounded cursors for binary data (big-endian), and a growing buffer.
 *
 * Both cursors are sticky: after the first step past the end every read gives
 * zero and every write is dropped; ask once, at the end, with rd_ok()/wr_ok().
 */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd {
	const uint8_t *p;
	size_t bytes;
	size_t at;
	bool failed;
};
struct rd rd_init(const void *p, size_t bytes);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* @bytes bytes in place, NULL when they are not there. */
const uint8_t *rd_bytes(struct rd *r, size_t bytes);
/* A field of a 16-bit length and that many bytes; *ret_bytes 0 and NULL when it is not there. */
const uint8_t *rd_field16(struct rd *r, size_t *ret_bytes);
const uint8_t *rd_field32(struct rd *r, size_t *ret_bytes);
size_t rd_left(const struct rd *r);
/* True when nothing was missing and nothing is left over. */
bool rd_done(const struct rd *r);
static inline bool
rd_ok(const struct rd *r)
{
	return !r->failed;
}

/* A growing byte buffer with a limit: past it, it is failed and empty. buf_free wipes. */
struct buf {
	uint8_t *p;
	size_t bytes;
	size_t room;
	size_t limit_bytes;
	bool failed;
};
void buf_init(struct buf *b, size_t limit_bytes);
/* So much will be put in: room is made once instead of piece by piece. */
void buf_expect(struct buf *b, size_t bytes);
/* Where the next @bytes may be written by somebody else, who then adds them to b->bytes; NULL:
 * failed. */
uint8_t *buf_room(struct buf *b, size_t bytes);
void buf_done(struct buf *b); /* wipes and frees; the buffer may be used again after buf_init */
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_put(struct buf *b, const void *p, size_t bytes);
void buf_text(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A 16-bit (32-bit) length and the bytes; a longer field fails the buffer. */
void buf_field16(struct buf *b, const void *p, size_t bytes);
void buf_field32(struct buf *b, const void *p, size_t bytes);
static inline bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

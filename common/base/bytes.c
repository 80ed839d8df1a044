/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct rd
rd_init(const void *p, size_t bytes)
{
	return (struct rd){ .p = p, .bytes = bytes };
}

const uint8_t *
rd_bytes(struct rd *r, size_t bytes)
{
	if (r->failed || bytes > r->bytes - r->at) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *p = r->p + r->at;
	r->at += bytes;
	return p;
}

static uint64_t
rd_number(struct rd *r, size_t bytes)
{
	const uint8_t *p = rd_bytes(r, bytes);
	uint64_t v = 0;
	for (size_t i = 0; p != NULL && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_number(r, 1);
}

uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)rd_number(r, 2);
}

uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_number(r, 4);
}

uint64_t
rd_u64(struct rd *r)
{
	return rd_number(r, 8);
}

static const uint8_t *
rd_field(struct rd *r, size_t bytes, size_t *ret_bytes)
{
	const uint8_t *p = rd_bytes(r, bytes);
	*ret_bytes = p ? bytes : 0;
	return p;
}

const uint8_t *
rd_field16(struct rd *r, size_t *ret_bytes)
{
	return rd_field(r, rd_u16(r), ret_bytes);
}

const uint8_t *
rd_field32(struct rd *r, size_t *ret_bytes)
{
	return rd_field(r, rd_u32(r), ret_bytes);
}

size_t
rd_left(const struct rd *r)
{
	return r->failed ? 0 : r->bytes - r->at;
}

bool
rd_done(const struct rd *r)
{
	return !r->failed && r->at == r->bytes;
}

void
buf_init(struct buf *b, size_t limit_bytes)
{
	*b = (struct buf){ .limit_bytes = limit_bytes };
}

void
buf_done(struct buf *b)
{
	if (b->p != NULL)
		mem_wipe(b->p, b->room);
	mem_free(b->p);
	*b = (struct buf){ .limit_bytes = b->limit_bytes };
}

enum { BUF_CLEARED_BYTES = 64 * 1024 };

/* Room for @more bytes, or the buffer is failed. */
static bool
buf_reserve(struct buf *b, size_t more)
{
	if (b->failed || more > b->limit_bytes - b->bytes) {
		b->failed = true;
		b->bytes = 0;
		return false;
	}
	size_t need = b->bytes + more;
	if (need <= b->room)
		return true;
	size_t room = b->room ? b->room : 256;
	while (room < need)
		room *= 2;
	/* To clear what will be written at once costs a large one as much as the writing. */
	uint8_t *p = room > BUF_CLEARED_BYTES ? mem_raw(room) : mem_zero(room);
	if (b->p != NULL) {
		memcpy(p, b->p, b->bytes);
		mem_wipe(b->p, b->room);
		mem_free(b->p);
	}
	b->p = p;
	b->room = room;
	return true;
}

void
buf_expect(struct buf *b, size_t bytes)
{
	size_t left = b->limit_bytes - b->bytes;
	(void)buf_reserve(b, bytes < left ? bytes : left);
}

uint8_t *
buf_room(struct buf *b, size_t bytes)
{
	return buf_reserve(b, bytes) ? b->p + b->bytes : NULL;
}

void
buf_put(struct buf *b, const void *p, size_t bytes)
{
	if (bytes == 0 || !buf_reserve(b, bytes))
		return;
	memcpy(b->p + b->bytes, p, bytes);
	b->bytes += bytes;
}

/* Where the next @bytes go; NULL where there is no room for them. */
static uint8_t *
buf_take(struct buf *b, size_t bytes)
{
	if (!buf_reserve(b, bytes))
		return NULL;
	b->bytes += bytes;
	return b->p + b->bytes - bytes;
}

/* Most significant byte first. */
static inline void
number_put(uint8_t *to, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static inline void
buf_number(struct buf *b, uint64_t v, size_t bytes)
{
	uint8_t *to = buf_take(b, bytes);
	if (to != NULL)
		number_put(to, v, bytes);
}

/* Behind its length of @head bytes, in one piece. */
static inline void
buf_field(struct buf *b, const void *p, size_t bytes, size_t head)
{
	uint8_t *to = buf_take(b, head + bytes);
	if (to == NULL)
		return;
	number_put(to, bytes, head);
	if (bytes > 0)
		memcpy(to + head, p, bytes);
}

void
buf_u8(struct buf *b, uint8_t v)
{
	buf_number(b, v, 1);
}

void
buf_u16(struct buf *b, uint16_t v)
{
	buf_number(b, v, 2);
}

void
buf_u32(struct buf *b, uint32_t v)
{
	buf_number(b, v, 4);
}

void
buf_u64(struct buf *b, uint64_t v)
{
	buf_number(b, v, 8);
}

void
buf_text(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* One more than the text: vsnprintf writes its NUL there. */
	if (n < 0 || !buf_reserve(b, (size_t)n + 1)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->bytes, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->bytes += (size_t)n;
}

void
buf_field16(struct buf *b, const void *p, size_t bytes)
{
	if (bytes > UINT16_MAX) {
		b->failed = true;
		return;
	}
	buf_field(b, p, bytes, 2);
}

void
buf_field32(struct buf *b, const void *p, size_t bytes)
{
	if (bytes > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_field(b, p, bytes, 4);
}

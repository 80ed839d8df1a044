/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of an array (PostgreSQL source, array_recv): one dimension, no NULLs. */
#include "db/db_private.h"

#include <string.h>

enum { ARRAY_HEAD_BYTES = 20, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

static void
array_init(struct db_array *a, uint32_t element, size_t limit_bytes)
{
	*a = (struct db_array){ .n = 0 };
	buf_init(&a->b, limit_bytes);
	buf_u32(&a->b, 1); /* dimensions */
	buf_u32(&a->b, 0); /* no NULLs */
	buf_u32(&a->b, element);
	buf_u32(&a->b, 0); /* how many: db_array_arg() knows */
	buf_u32(&a->b, 1); /* SQL counts from 1 */
}

void
db_bytes_array(struct db_array *a, size_t limit_bytes)
{
	array_init(a, OID_BYTEA, limit_bytes);
}

void
db_text_array(struct db_array *a, size_t limit_bytes)
{
	array_init(a, OID_TEXT, limit_bytes);
}

void
db_int_array(struct db_array *a, size_t limit_bytes)
{
	array_init(a, OID_INT8, limit_bytes);
}

void
db_array_done(struct db_array *a)
{
	buf_done(&a->b);
}

void
db_array_empty(struct db_array *a)
{
	a->b.bytes = ARRAY_HEAD_BYTES;
	a->n = 0;
}

void
db_array_add_bytes(struct db_array *a, const void *p, size_t bytes)
{
	buf_field32(&a->b, p, bytes);
	a->n++;
}

void
db_array_add_int(struct db_array *a, int64_t v)
{
	buf_u32(&a->b, sizeof(v));
	buf_u64(&a->b, (uint64_t)v);
	a->n++;
}

struct db_arg
db_array_arg(struct db_array *a)
{
	if (!buf_ok(&a->b) || a->b.bytes < ARRAY_HEAD_BYTES)
		return (struct db_arg){ .p = "", .bytes = SIZE_MAX, .binary = true }; /* refused */
	for (unsigned i = 0; i < 4; i++)
		a->b.p[12 + i] = (uint8_t)(a->n >> (24 - 8 * i));
	/* An array of nothing has no dimension either. */
	a->b.p[3] = a->n > 0;
	return (struct db_arg){ .p = a->b.p, .bytes = a->n > 0 ? a->b.bytes : 12, .binary = true };
}

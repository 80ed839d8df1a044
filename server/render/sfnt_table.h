/* SPDX-License-Identifier: Apache-2.0 */
/* sfnt_table - bounded big-endian reads at any place of a table, for sfnt*.c only. */
#pragma once
#include "sfnt.h"

static inline bool
table_has(const struct sfnt_table *t, size_t at, size_t bytes)
{
	return t->p != NULL && at <= t->bytes && bytes <= t->bytes - at;
}

/* Past the end: 0. */
static inline uint16_t
table_u16(const struct sfnt_table *t, size_t at)
{
	return table_has(t, at, 2) ? (uint16_t)(t->p[at] << 8 | t->p[at + 1]) : 0;
}

static inline int16_t
table_i16(const struct sfnt_table *t, size_t at)
{
	return (int16_t)table_u16(t, at);
}

static inline uint32_t
table_u24(const struct sfnt_table *t, size_t at)
{
	if (!table_has(t, at, 3))
		return 0;
	return (uint32_t)t->p[at] << 16 | (uint32_t)t->p[at + 1] << 8 | t->p[at + 2];
}

static inline uint32_t
table_u32(const struct sfnt_table *t, size_t at)
{
	return (uint32_t)table_u16(t, at) << 16 | table_u16(t, at + 2);
}

/* Finds the subtables of @cmap and looks at each of their entries. 0 or FAULT_BAD_INPUT. */
MUST_USE int sfnt_cmap_open(struct sfnt *f, const struct sfnt_table *cmap, struct err *err);

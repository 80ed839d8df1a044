/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply_set - rows of residents that follow each other in a batch, applied
 * together: each is decided upon as if it were alone (apply_decide), what
 * they leave is written by a few statements for all of them.
 */
#pragma once
#include "domain/record.h"
#include "server/sync/apply_row.h"

enum { APPLY_SET_MAX = 1000 };

struct apply_set;
struct apply_set *apply_set_new(void);
void apply_set_free(struct apply_set *s); /* NULL is fine */
static inline void
apply_set_freep(struct apply_set **s)
{
	apply_set_free(*s);
}
/*
 * A row to be applied, the batch's @i-th (run->made may have it); the texts it points to
 * must live until apply_set_flush().
 */
void apply_set_add(struct apply_set *s, const struct sync_record *rec, size_t i);
bool apply_set_is_full(const struct apply_set *s);
/* Applies what was added and empties the set. As apply_row(). */
MUST_USE int apply_set_flush(struct apply_set *s, struct apply_run *run, struct err *err);

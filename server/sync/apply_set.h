/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply_set - rows of residents that follow each other in a batch, applied
 * together: each is decided upon as if it were alone (apply_decide), what
 * they leave is written by a few statements for all of them.
 */
#pragma once
#include "domain/record.h"
#include "server/sync/apply_row.h"

enum { APPLY_SET_MAX = 2000 };

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
/*
 * Before a batch's turn: its rows made (*ret_made, as apply_made_of()); and where it is nothing but
 * residents' rows, as many as a set may be, the set ready: what is asked and written when each only
 * goes on. *ret_ready is left alone for any other. @b and *ret_made must live longer. 0 or
 * FAULT_INTERNAL.
 */
MUST_USE int apply_set_of(const struct vault *v, const struct batch *b,
    struct apply_made **ret_made, struct apply_set **ret_ready, struct err *err);
/* Of a set that is ready: what is asked first, into the queue behind the transaction's begin. */
void apply_set_ask(struct apply_set *s, struct db_queue *queue);
/*
 * Applies what was added and empties the set. As apply_row(). With run->last the rows
 * wait in that queue, and the set must live until it was run.
 */
MUST_USE int apply_set_flush(struct apply_set *s, struct apply_run *run, struct err *err);

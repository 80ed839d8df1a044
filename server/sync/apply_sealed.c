/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "queries/asp_sync.h"
#include "server/audit/audit.h"
#include "server/sync/apply_set_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEALED_BYTES = APPLY_SET_MAX * (RESIDENT_MAX_BYTES + 64) };

struct kept {
	const struct made_row *made;
	unsigned i; /* of the set's rows */
};
/* The rows of the register, column by column. */
struct sealed {
	unsigned n;
	struct kept
	    kept[APPLY_SET_MAX]; /* in the order of the index: neighbours meet the same pages */
	struct db_array refs, numbers, states, rows;
	char detail[32];
	struct audit_many told;
};

static int
by_place(const void *a, const void *b)
{
	const struct kept *x = a;
	const struct kept *y = b;
	int r = memcmp(x->made->ref.b, y->made->ref.b, SUBJECT_BYTES);
	return r != 0 ? r : (int)x->i - (int)y->i;
}

static void
columns_begin(struct sealed *d)
{
	db_bytes_array(&d->refs, SET_REFS_BYTES);
	db_int_array(&d->numbers, SET_NUMBERS_BYTES);
	db_int_array(&d->states, SET_NUMBERS_BYTES);
	db_bytes_array(&d->rows, SEALED_BYTES);
	audit_many_begin(&d->told);
}

static void
columns_done(struct sealed *d)
{
	db_array_done(&d->refs);
	db_array_done(&d->numbers);
	db_array_done(&d->states);
	db_array_done(&d->rows);
	audit_many_done(&d->told);
}

static void
columns_put(struct sealed *d, const struct apply_set *s)
{
	size_t bytes = 0;
	for (unsigned k = 0; k < d->n; k++)
		bytes += 4 + d->kept[k].made->sealed_bytes;
	buf_expect(&d->rows.b, bytes);
	for (unsigned k = 0; k < d->n; k++) {
		const struct kept *one = &d->kept[k];
		const struct sync_record *rec = s->rows[one->i];
		db_array_add_bytes(&d->refs, one->made->ref.b, SUBJECT_BYTES);
		db_array_add_int(&d->numbers, rec->rireki_no);
		db_array_add_int(&d->states, (int64_t)rec->resident.state);
		db_array_add_bytes(&d->rows, apply_made_sealed(s->from[one->i], one->made),
		    one->made->sealed_bytes);
		audit_many_add(&d->told, one->made->ref.b);
	}
}

struct sealed *
sealed_new(const struct apply_set *s)
{
	struct sealed *d = mem_raw(sizeof(*d));
	d->n = s->n;
	for (unsigned i = 0; i < s->n; i++)
		d->kept[i] = (struct kept){ made_of(s, i), i };
	qsort(d->kept, d->n, sizeof(*d->kept), by_place);
	columns_begin(d);
	columns_put(d, s);
	return d;
}

void
sealed_free(struct sealed *d)
{
	if (d == NULL)
		return;
	columns_done(d);
	mem_free(d);
}

/* Made again where not all of them are. */
static void
keep_stored(struct sealed *d, const struct apply_set *s)
{
	unsigned n = 0;
	for (unsigned k = 0; k < d->n; k++)
		if (s->stored[d->kept[k].i])
			d->kept[n++] = d->kept[k];
	if (n == d->n)
		return;
	d->n = n;
	columns_done(d);
	columns_begin(d);
	columns_put(d, s);
}

int
sealed_write(struct sealed *d, const struct apply_set *s, const struct apply_run *run,
    struct db_queue *queue, struct err *err)
{
	const struct audit_event event = { .source = AUDIT_STREAM,
		.kind = AUDIT_WRITE,
		.at_ms = run->now_ms,
		.actor = "agent",
		.action = "stream.resident",
		.detail = d->detail };
	keep_stored(d, s);
	if (d->n == 0)
		return 0;
	(void)snprintf(d->detail, sizeof(d->detail), "{\"seq\":%lld}", (long long)run->seq);
	db_queue_ask(queue, &q_sync_resident_rows_add, NULL, db_array_arg(&d->refs),
	    db_array_arg(&d->numbers), db_array_arg(&d->states), db_array_arg(&d->rows),
	    db_int_arg(run->now_ms));
	return err_trace(err, audit_many_write(&d->told, run->vault, &event, queue, err), "sealed");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who only goes on: the next row of somebody registered, in the same place of the same household.
 */
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_sync.h"
#include "server/sync/apply_set_int.h"

#include <stdlib.h>
#include <string.h>

enum {
	GOING_ONE_KEYS_BYTES = 64 + SEARCH_MAX_KEYS * (SEARCH_KEY_BYTES + 4),
	GOING_KEYS_BYTES = 64 + APPLY_SET_MAX * (GOING_ONE_KEYS_BYTES + 4),
};

struct going {
	unsigned n;
	struct person_now *person[APPLY_SET_MAX]; /* by ref: the order of locks */
	struct db_array refs, households, places, before, after, keys;
	struct db_rows *plan, *rows; /* what the statements say */
};

static int
by_ref(const void *a, const void *b)
{
	const struct person_now *const *x = a;
	const struct person_now *const *y = b;
	return memcmp((*x)->ref.b, (*y)->ref.b, SUBJECT_BYTES);
}

static void
going_put(struct going *g, const struct apply_set *s)
{
	struct db_array keys;
	db_bytes_array(&keys, GOING_ONE_KEYS_BYTES);
	for (unsigned i = 0; i < g->n; i++) {
		const struct person_now *p = g->person[i];
		const struct made_row *made = made_of(s, p->last);
		db_array_add_bytes(&g->refs, p->ref.b, SUBJECT_BYTES);
		db_array_add_bytes(&g->households, made->household, SUBJECT_BYTES);
		db_array_add_int(&g->places, s->rows[p->last]->resident.narabi);
		db_array_add_int(&g->before, p->before);
		db_array_add_int(&g->after, s->rows[p->last]->rireki_no);
		db_array_empty(&keys);
		for (unsigned k = 0; k < made->n_keys; k++)
			db_array_add_bytes(&keys, made->keys[k].b, made->keys[k].bytes);
		const struct db_arg sent = db_array_arg(&keys);
		db_array_add_bytes(&g->keys, sent.p, sent.bytes);
	}
	db_array_done(&keys);
}

struct going *
going_new(struct apply_set *s)
{
	struct going *g = mem_raw(sizeof(*g));
	g->n = 0;
	g->plan = g->rows = NULL;
	struct db_array *const bytes[] = { &g->refs, &g->households };
	struct db_array *const numbers[] = { &g->places, &g->before, &g->after };
	for (unsigned i = 0; i < N_ELEMENTS(bytes); i++)
		db_bytes_array(bytes[i], SET_REFS_BYTES);
	for (unsigned i = 0; i < N_ELEMENTS(numbers); i++)
		db_int_array(numbers[i], SET_NUMBERS_BYTES);
	db_bytes_array(&g->keys, GOING_KEYS_BYTES);
	for (unsigned i = 0; i < s->n_persons; i++)
		if (s->persons[i].plain)
			g->person[g->n++] = &s->persons[i];
	qsort(g->person, g->n, sizeof(*g->person), by_ref);
	going_put(g, s);
	return g;
}

void
going_free(struct going *g)
{
	if (g == NULL)
		return;
	struct db_array *const all[] = { &g->refs, &g->households, &g->places, &g->before,
		&g->after, &g->keys };
	for (unsigned i = 0; i < N_ELEMENTS(all); i++)
		db_array_done(all[i]);
	db_rows_free(g->plan);
	db_rows_free(g->rows);
	mem_free(g);
}

/*
 * Most rows are the next of somebody who stays where and who they are. For those one statement
 * looks at the person, locks and writes; who turns out otherwise is looked at like all the rest.
 */
void
going_ask(struct going *g, struct db_queue *queue)
{
	if (g->n == 0)
		return;
	db_queue_put(queue, &q_sync_plan_by_key, NULL, 0, &g->plan);
	db_queue_ask(queue, &q_sync_persons_go_on, &g->rows, db_array_arg(&g->refs),
	    db_array_arg(&g->households), db_array_arg(&g->places), db_array_arg(&g->before),
	    db_array_arg(&g->after), db_array_arg(&g->keys));
}

/* Not all of them did: the places of those who did, one behind a space after the other. */
static int
places_take(struct going *g, const char *places, struct err *err)
{
	while (*places != '\0') {
		uint64_t at = 0;
		size_t digits = strcspn(places, " ");
		if (!text_u64_parse(places, digits, APPLY_SET_MAX - 1, &at) || at >= g->n ||
		    g->person[at]->gone_on)
			return err_raise(err, FAULT_INTERNAL, "who went on", (long)at);
		g->person[at]->gone_on = true;
		places += digits;
		places += *places == ' ';
	}
	return 0;
}

int
going_take(struct going *g, struct err *err)
{
	if (g->n == 0)
		return 0;
	int64_t n = db_int(g->rows, 0, 0);
	if (n < 0 || n > (int64_t)g->n)
		return err_raise(err, FAULT_INTERNAL, "how many went on", (long)n);
	if (n < (int64_t)g->n)
		return err_trace(
		    err, n == 0 ? 0 : places_take(g, db_text(g->rows, 0, 1), err), "going on");
	for (unsigned i = 0; i < g->n; i++)
		g->person[i]->gone_on = true;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "queries/asp_sync.h"
#include "server/sync/apply_set_int.h"

#include <stddef.h>
#include <string.h>

enum {
	SET_ARENA_BYTES = 1024 * 1024,
	SET_KEYS_BYTES = 64 + APPLY_SET_MAX * (SEARCH_MAX_KEYS * (2 * SEARCH_KEY_BYTES + 6) + 8),
};

/* What was made of the rows. */
static void
set_drop(struct apply_set *s)
{
	going_free(TAKE(s->going));
	sealed_free(TAKE(s->sealed));
	apply_made_free(TAKE(s->own));
	s->asked = s->written = false;
}

static void
set_clear(struct apply_set *s)
{
	s->n = s->n_persons = s->n_touched = s->n_parks = 0;
	memset(s->person_slots, 0, sizeof(s->person_slots));
	memset(s->touched_slots, 0, sizeof(s->touched_slots));
}

/* What is behind a count is written before it is read: most sets are far from full. */
struct apply_set *
apply_set_new(void)
{
	struct apply_set *s = mem_raw(sizeof(*s));
	s->copies = NULL;
	s->going = NULL;
	s->sealed = NULL;
	s->own = NULL;
	s->asked = s->written = false;
	set_clear(s);
	return s;
}

void
apply_set_free(struct apply_set *s)
{
	if (s == NULL)
		return;
	set_drop(s);
	mem_free(s->copies);
	mem_free(s);
}

static void
add(struct apply_set *s, const struct sync_record *rec, size_t i)
{
	s->at[s->n] = i;
	s->stored[s->n] = false;
	s->rows[s->n++] = rec;
}

void
apply_set_add(struct apply_set *s, const struct sync_record *rec, size_t i)
{
	if (s->copies == NULL)
		s->copies = mem_raw(APPLY_SET_MAX * sizeof(*s->copies));
	s->copies[s->n] = *rec;
	add(s, &s->copies[s->n], i);
}

bool
apply_set_is_full(const struct apply_set *s)
{
	return s->n == APPLY_SET_MAX;
}

/* Keyed hashes are spread evenly: a few of their bits say where to look. */
static size_t
slot_of(const uint8_t hash[SUBJECT_BYTES])
{
	return ((size_t)hash[0] << 8 | hash[1]) % SET_SLOTS;
}

static struct person_now *
person_at(struct apply_set *s, const uint8_t ref[SUBJECT_BYTES])
{
	size_t at = slot_of(ref);
	for (; s->person_slots[at] != 0; at = (at + 1) % SET_SLOTS) {
		struct person_now *p = &s->persons[s->person_slots[at] - 1];
		if (memcmp(p->ref.b, ref, SUBJECT_BYTES) == 0)
			return p;
	}
	struct person_now *p = &s->persons[s->n_persons++];
	s->person_slots[at] = (uint16_t)s->n_persons;
	memset(p, 0, offsetof(struct person_now, keys));
	memcpy(p->ref.b, ref, SUBJECT_BYTES);
	return p;
}

static void
touch(struct apply_set *s, const uint8_t household[SUBJECT_BYTES])
{
	size_t at = slot_of(household);
	for (; s->touched_slots[at] != 0; at = (at + 1) % SET_SLOTS)
		if (memcmp(s->touched[s->touched_slots[at] - 1].hash, household, SUBJECT_BYTES) ==
		    0)
			return;
	memcpy(s->touched[s->n_touched++].hash, household, SUBJECT_BYTES);
	s->touched_slots[at] = (uint16_t)s->n_touched;
}

/* --- what the replica knows of them --- */

static int
subject_of(const struct db_rows *rows, size_t i, unsigned col, const uint8_t **ret, struct err *err)
{
	size_t bytes = 0;
	*ret = db_bytes(rows, i, col, &bytes);
	if (*ret == NULL || bytes != SUBJECT_BYTES)
		return err_raise(err, FAULT_INTERNAL, "subject", (long)bytes);
	return 0;
}

static int
know_row(struct apply_set *s, const struct db_rows *rows, size_t i, struct err *err)
{
	const uint8_t *ref = NULL;
	const uint8_t *household = NULL;
	int r = subject_of(rows, i, 0, &ref, err);
	if (r == 0)
		r = subject_of(rows, i, 3, &household, err);
	if (r)
		return err_trace(err, r, "person");
	struct person_now *p = person_at(s, ref);
	p->was_there = p->known.person = true;
	p->known.state = (enum resident_state)db_int(rows, i, 1);
	p->known.newest = (uint32_t)db_int(rows, i, 2);
	memcpy(p->household, household, SUBJECT_BYTES);
	p->narabi = db_int(rows, i, 4);
	return 0;
}

static int
know_parked(struct apply_set *s, struct apply_run *run, struct db_arg refs, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(run->db, &q_sync_parked_among, &rows, err, refs);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		const uint8_t *ref = NULL;
		r = subject_of(rows, i, 0, &ref, err);
		if (r)
			break;
		struct person_now *p = person_at(s, ref);
		p->known.parked_unseen = db_bool(rows, i, 1);
		/* A tombstone: what was erased under a number is never raised by it again. */
		if (!p->known.person)
			p->known.newest = (uint32_t)db_int(rows, i, 2);
	}
	return err_trace(err, r, "parked");
}

static int
know_persons(struct apply_set *s, struct apply_run *run, struct db_array *refs, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(run->db, &q_sync_persons_lock, &rows, err, db_array_arg(refs));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = know_row(s, rows, i, err);
	if (r == 0 && db_n(rows) < refs->n)
		r = know_parked(s, run, db_array_arg(refs), err);
	return err_trace(err, r, "persons");
}

/* Made before the batch's turn, or now: then, too, where the data key is another by now. */
static int
make(struct apply_set *s, const struct vault *v, const struct apply_made *made, struct err *err)
{
	const bool fresh = made != NULL && apply_made_generation(made) == vault_writes(v);
	for (unsigned i = 0; i < s->n; i++) {
		s->from[i] = made;
		if (fresh && made_of(s, i) != NULL)
			continue;
		if (s->own == NULL)
			s->own = apply_made_new(v, APPLY_SET_MAX);
		s->from[i] = s->own;
		s->at[i] = i;
		int r = apply_made_put(s->own, i, s->rows[i], err);
		if (r)
			return err_trace(err, r, "made");
	}
	return 0;
}

/* Does this row only go on with those before it? */
static void
meet(struct apply_set *s, unsigned i)
{
	const struct sync_record *rec = s->rows[i];
	const struct made_row *made = made_of(s, i);
	struct person_now *p = s->of[i] = person_at(s, made->ref.b);
	if (p->n_rows++ == 0) {
		p->before = (int64_t)rec->rireki_no - 1;
		p->plain = p->before > 0;
	} else {
		p->plain = p->plain && rec->rireki_no == s->rows[p->last]->rireki_no + 1 &&
		    rec->resident.narabi == s->rows[p->last]->resident.narabi &&
		    memcmp(made->household, made_of(s, p->last)->household, SUBJECT_BYTES) == 0;
	}
	p->plain = p->plain && rec->resident.state == RESIDENT_REGISTERED;
	p->last = i;
}

int
apply_set_ready(
    struct apply_set *s, const struct vault *v, const struct apply_made *made, struct err *err)
{
	int r = make(s, v, made, err);
	if (r)
		return err_trace(err, r, "ready");
	for (unsigned i = 0; i < s->n; i++)
		meet(s, i);
	s->going = going_new(s);
	s->sealed = sealed_new(s);
	return 0;
}

static bool
fits(const struct batch *b)
{
	bool fits = b->n_rows <= APPLY_SET_MAX;
	for (size_t i = 0; fits && i < b->n_rows; i++)
		fits = b->rows[i].json == NULL;
	return fits;
}

int
apply_set_of(const struct vault *v, const struct batch *b, struct apply_made **ret_made,
    struct apply_set **ret_ready, struct err *err)
{
	int r = apply_made_of(v, b, ret_made, err);
	if (r || !fits(b))
		return err_trace(err, r, "set");
	AUTO(apply_set) struct apply_set *s = apply_set_new();
	for (size_t i = 0; i < b->n_rows; i++)
		add(s, &b->rows[i].rec, i);
	r = apply_set_ready(s, v, *ret_made, err);
	if (r == 0)
		*ret_ready = TAKE(s);
	return err_trace(err, r, "set");
}

void
apply_set_ask(struct apply_set *s, struct db_queue *queue)
{
	going_ask(s->going, queue);
	s->asked = true;
}

static int
know(struct apply_set *s, struct apply_run *run, struct err *err)
{
	struct db_array refs;
	struct db_queue queue = { 0 };
	if (!s->asked)
		apply_set_ask(s, &queue);
	int r = queue.n > 0 ? db_queue_run(run->db, &queue, err) : 0;
	if (r == 0)
		r = going_take(s->going, err);
	if (r)
		return err_trace(err, r, "known");
	db_bytes_array(&refs, SET_REFS_BYTES);
	for (unsigned i = 0; i < s->n_persons; i++)
		if (!s->persons[i].gone_on)
			db_array_add_bytes(&refs, s->persons[i].ref.b, SUBJECT_BYTES);
	if (refs.n > 0)
		r = know_persons(s, run, &refs, err);
	db_array_done(&refs);
	return err_trace(err, r, "known");
}

/* --- each row as if it were alone --- */

/* A paper of a household shows who is in it, in which place. */
static void
store(struct apply_set *s, unsigned i)
{
	struct person_now *p = s->of[i];
	const struct sync_record *rec = s->rows[i];
	const struct made_row *made = made_of(s, i);
	const struct resident *row = &rec->resident;
	bool moved = p->known.person && memcmp(p->household, made->household, SUBJECT_BYTES) != 0;
	bool seen = !p->known.person || p->known.state != row->state || p->narabi != row->narabi;
	if (moved)
		touch(s, p->household);
	if (moved || seen)
		touch(s, made->household);
	memcpy(p->household, made->household, SUBJECT_BYTES);
	p->narabi = row->narabi;
	p->known.person = p->moved = true;
	p->known.state = row->state;
	p->known.newest = rec->rireki_no;
	p->back = p->back || row->state == RESIDENT_REGISTERED;
	p->n_keys = made->n_keys;
	memcpy(p->keys, made->keys, sizeof(p->keys));
}

static int
decide(struct apply_set *s, struct apply_run *run, unsigned i, struct arena *a, struct err *err)
{
	struct person_now *p = s->of[i];
	int r = 0;
	s->stored[i] = p->gone_on;
	if (p->gone_on)
		return 0;
	struct apply_decision d = apply_record(s->rows[i], &p->known);
	s->stored[i] = d.store;
	if (d.store)
		store(s, i);
	if (d.all_cards != APPLY_TELL_NOTHING)
		r = person_tell_all_cards(run, a, &p->ref, d.all_cards == APPLY_CLAIM, err);
	if (d.park != NULL)
		s->parks[s->n_parks++] = (struct park){ p, d.park };
	return err_trace(err, r, "resident");
}

/* --- what they leave --- */

/* The persons as the rows leave them, column by column. */
struct written {
	struct db_array refs, households, places, states, numbers, keys, back;
	struct db_rows *rows; /* what the statement says */
};

static void
written_begin(struct written *w)
{
	db_bytes_array(&w->refs, SET_REFS_BYTES);
	db_bytes_array(&w->households, SET_REFS_BYTES);
	db_int_array(&w->places, SET_NUMBERS_BYTES);
	db_int_array(&w->states, SET_NUMBERS_BYTES);
	db_int_array(&w->numbers, SET_NUMBERS_BYTES);
	db_bytes_array(&w->keys, SET_KEYS_BYTES);
	db_int_array(&w->back, SET_NUMBERS_BYTES);
	w->rows = NULL;
}

static void
written_done(struct written *w)
{
	db_array_done(&w->refs);
	db_array_done(&w->households);
	db_array_done(&w->places);
	db_array_done(&w->states);
	db_array_done(&w->numbers);
	db_array_done(&w->keys);
	db_array_done(&w->back);
	db_rows_free(w->rows);
}

static void
put_persons(const struct apply_set *s, bool there, struct written *w, struct arena *a,
    struct db_queue *queue)
{
	for (unsigned i = 0; i < s->n_persons; i++) {
		const struct person_now *p = &s->persons[i];
		if (!p->moved || p->was_there != there)
			continue;
		db_array_add_bytes(&w->refs, p->ref.b, SUBJECT_BYTES);
		db_array_add_bytes(&w->households, p->household, SUBJECT_BYTES);
		db_array_add_int(&w->places, p->narabi);
		db_array_add_int(&w->states, (int64_t)p->known.state);
		db_array_add_int(&w->numbers, p->known.newest);
		db_array_add_int(&w->back, p->back);
		arena_reset(a);
		const char *keys = vault_hash_literal(a, p->keys, p->n_keys);
		db_array_add_bytes(&w->keys, keys, strlen(keys));
	}
	if (w->refs.n > 0 && there)
		db_queue_ask(queue, &q_sync_persons_move, &w->rows, db_array_arg(&w->refs),
		    db_array_arg(&w->households), db_array_arg(&w->places),
		    db_array_arg(&w->states), db_array_arg(&w->numbers), db_array_arg(&w->keys),
		    db_array_arg(&w->back));
	else if (w->refs.n > 0)
		db_queue_ask(queue, &q_sync_persons_add, &w->rows, db_array_arg(&w->refs),
		    db_array_arg(&w->households), db_array_arg(&w->places),
		    db_array_arg(&w->states), db_array_arg(&w->numbers), db_array_arg(&w->keys));
}

static int
check_persons(const struct written *w, struct err *err)
{
	if (w->refs.n > 0 && db_n_touched(w->rows) != w->refs.n)
		return err_raise(err, FAULT_INTERNAL, "a person did not move", (long)w->refs.n);
	return 0;
}

static void
put_touched(const struct apply_set *s, struct db_array *hashes, struct db_queue *queue)
{
	for (unsigned i = 0; i < s->n_touched; i++)
		db_array_add_bytes(hashes, s->touched[i].hash, SUBJECT_BYTES);
	if (s->n_touched > 0)
		db_queue_ask(queue, &q_sync_households_touch, NULL, db_array_arg(hashes));
}

/* With @rows: and their rows. */
static int
write_persons(
    struct apply_set *s, struct apply_run *run, struct arena *a, bool rows, struct err *err)
{
	struct written added, moved;
	struct db_array hashes;
	struct db_queue queue = { 0 };
	written_begin(&added);
	written_begin(&moved);
	db_bytes_array(&hashes, 2 * SET_REFS_BYTES);
	put_persons(s, false, &added, a, &queue);
	put_persons(s, true, &moved, a, &queue);
	put_touched(s, &hashes, &queue);
	int r = rows ? sealed_write(s->sealed, s, run, &queue, err) : 0;
	if (r == 0 && queue.n > 0)
		r = db_queue_run(run->db, &queue, err);
	if (r == 0)
		r = check_persons(&added, err);
	if (r == 0)
		r = check_persons(&moved, err);
	written_done(&added);
	written_done(&moved);
	db_array_done(&hashes);
	return err_trace(err, r, "persons");
}

static int
write_all(struct apply_set *s, struct apply_run *run, struct arena *a, struct err *err)
{
	int r = write_persons(s, run, a, run->last == NULL, err);
	for (unsigned i = 0; r == 0 && i < s->n_parks; i++)
		r = person_park(run, &s->parks[i].who->ref, s->parks[i].code, err);
	if (r == 0 && run->last != NULL) {
		r = sealed_write(s->sealed, s, run, run->last, err);
		s->written = true;
	}
	return err_trace(err, r, "write");
}

int
apply_set_flush(struct apply_set *s, struct apply_run *run, struct err *err)
{
	int r = 0;
	if (s->n == 0)
		return 0;
	struct arena *a = arena_new(SET_ARENA_BYTES);
	if (s->going == NULL)
		r = apply_set_ready(s, run->vault, run->made, err);
	if (r == 0)
		r = know(s, run, err);
	for (unsigned i = 0; r == 0 && i < s->n; i++)
		r = decide(s, run, i, a, err);
	if (r == 0)
		r = write_all(s, run, a, err);
	arena_free(a);
	if (!s->written)
		set_drop(s);
	set_clear(s);
	return err_trace(err, r, "residents");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/store.h"
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_front.h"
#include "server/issue/terms_db.h"

#include <string.h>

/* Copies a bytea of exactly @bytes. */
static int
fixed(const struct db_rows *r, size_t row, unsigned col, void *out, size_t bytes, struct err *err)
{
	size_t n = 0;
	const uint8_t *p = db_bytes(r, row, col, &n);
	if (p == NULL || n != bytes)
		return err_raise(err, FAULT_INTEGRITY, "length of a column", (long)col);
	memcpy(out, p, bytes);
	return 0;
}

static int
hash_read(
    const struct db_rows *r, size_t row, unsigned col, struct vault_hash *ret, struct err *err)
{
	size_t n = 0;
	const uint8_t *p = db_bytes(r, row, col, &n);
	if (p == NULL || n > sizeof(ret->b))
		return err_raise(err, FAULT_INTEGRITY, "length of a column", (long)col);
	*ret = (struct vault_hash){ .bytes = (uint8_t)n };
	memcpy(ret->b, p, n);
	return 0;
}

int
store_card(struct db *db, struct arena *a, const struct vault_hashes *cards,
    struct vault_card_row *ret, int64_t *ret_ring_seq, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_queue queue = { 0 };
	*ret = (struct vault_card_row){ 0 };
	db_queue_put(&queue, &db_query_snapshot, NULL, 0, NULL);
	db_queue_ask(&queue, &q_front_card_find, &rows,
	    db_text_arg(vault_hash_literal(a, cards->of, cards->n)));
	int r = db_queue_run(db, &queue, err);
	if (r)
		return err_trace(err, r, "card");
	if (db_n(rows) != 1)
		return db_n(rows) == 0 ? err_raise(err, FAULT_CONFIG, "no tenant row", 0)
				       : err_raise(err, FAULT_INTEGRITY, "two holders", 0);
	*ret_ring_seq = db_int(rows, 0, 3);
	if (db_is_null(rows, 0, 0))
		return 0;
	size_t n = 0;
	const uint8_t *sealed = db_bytes(rows, 0, 2, &n);
	if (sealed == NULL)
		return err_raise(err, FAULT_INTEGRITY, "card row", 0);
	ret->sealed = arena_memdup(a, sealed, n);
	ret->bytes = n;
	ret->rireki_no = (uint32_t)db_int(rows, 0, 1);
	return fixed(rows, 0, 0, ret->ref.b, PERSON_REF_BYTES, err);
}

static int
state_read(const struct db_rows *rows, struct arena *a, struct store_view *s, struct err *err)
{
	s->v.stopped = db_is_null(rows, 0, 0) ? NULL : arena_strdup(a, db_text(rows, 0, 0));
	s->v.seq = db_int(rows, 0, 1);
	s->register_ms = db_int(rows, 0, 2);
	s->v.has_lease = !db_is_null(rows, 0, 3);
	s->v.beat_ms = s->v.has_lease ? db_int(rows, 0, 3) : 0;
	s->v.lease_seq = s->v.has_lease ? db_int(rows, 0, 4) : 0;
	s->v.closed_kinds = (unsigned)db_int(rows, 0, 5);
	s->v.stopped_kiosks = db_is_null(rows, 0, 6) ? NULL : arena_strdup(a, db_text(rows, 0, 6));
	if (db_is_null(rows, 0, 7))
		return 0;
	s->imprint = db_int(rows, 0, 7);
	return fixed(rows, 0, 8, s->imprint_tag, sizeof(s->imprint_tag), err);
}

static void
sealed_copy(
    struct arena *a, const struct db_rows *rows, size_t row, unsigned col, struct store_row *ret)
{
	const uint8_t *p =
	    db_is_null(rows, row, col) ? NULL : db_bytes(rows, row, col, &ret->bytes);
	if (p != NULL)
		ret->sealed = arena_memdup(a, p, ret->bytes);
}

static int
person_read(
    struct arena *a, const struct db_rows *rows, size_t i, struct store_view *s, struct err *err)
{
	struct issue_person *p = &s->v.persons[i];
	int r = fixed(rows, i, 0, p->ref.b, PERSON_REF_BYTES, err);
	if (r == 0)
		r = fixed(rows, i, 1, p->household, sizeof(p->household), err);
	if (r)
		return err_trace(err, r, "person");
	p->narabi = db_int(rows, i, 2);
	p->state = db_int(rows, i, 3);
	p->rireki_no = db_int(rows, i, 4);
	p->version = db_int(rows, i, 5);
	p->parked = db_bool(rows, i, 6);
	p->blocked = (unsigned)db_int(rows, i, 7);
	s->v.household_blocked |= (unsigned)db_int(rows, i, 8);
	p->row_rireki_no = db_int(rows, i, 9);
	p->row_state = db_int(rows, i, 10);
	sealed_copy(a, rows, i, 11, &s->rows[i]);
	return 0;
}

static int
household_read(struct arena *a, const struct db_rows *rows, struct store_view *s, struct err *err)
{
	int r = 0;
	size_t n = db_n(rows);
	s->v.too_many = n > ISSUE_MAX_HOUSEHOLD;
	s->v.n_persons = s->v.too_many ? ISSUE_MAX_HOUSEHOLD : (unsigned)n;
	for (unsigned i = 0; i < s->v.n_persons && r == 0; i++)
		r = person_read(a, rows, i, s, err);
	return err_trace(err, r, "household");
}

/* Of the person asked for, who comes first. */
static void
seal_read(struct arena *a, const struct db_rows *rows, struct store_view *s)
{
	if (db_n(rows) == 0 || db_is_null(rows, 0, 12))
		return;
	s->v.seal_rireki_no = db_int(rows, 0, 12);
	s->v.seal_state = db_int(rows, 0, 13);
	sealed_copy(a, rows, 0, 14, &s->seal);
}

/* Columns 5 and 6 of terms_read. Rows are one a kind: terms_db_take() saw to that. */
static void
again_read(const struct db_rows *rows, struct arena *a, struct store_view *s)
{
	for (size_t i = 0; i < db_n(rows); i++)
		if (!db_is_null(rows, i, 5))
			s->v.again[db_int(rows, i, 0)] =
			    (struct issue_again){ .id = db_int(rows, i, 5),
				    .number = arena_strdup(a, db_text(rows, i, 6)) };
}

/* What is queued already, and all that decides behind it. */
static int
view_run(struct db *db, struct db_queue *queue, struct arena *a, const struct store_ask *q,
    struct store_view *ret, struct err *err)
{
	const struct person_ref *ref = q->ref;
	AUTO(db_rows) struct db_rows *state = NULL;
	AUTO(db_rows) struct db_rows *household = NULL;
	AUTO(db_rows) struct db_rows *terms = NULL;
	mem_wipe(ret, sizeof(*ret));
	db_queue_ask(queue, &q_front_state_read, &state, db_int_arg(q->terms_ms));
	if (ref != NULL)
		db_queue_ask(queue, &q_front_household_read, &household,
		    db_bytes_arg(ref->b, sizeof(ref->b)), db_int_arg(q->sealed));
	if (q->terms_ms != 0) {
		db_queue_ask(queue, &q_front_terms_read, &terms, db_int_arg(q->terms_ms),
		    db_bytes_arg(ref != NULL ? ref->b : NULL, ref != NULL ? sizeof(ref->b) : 0));
		db_queue_put(queue, &db_query_commit, NULL, 0, NULL);
	}
	int r = db_queue_run(db, queue, err);
	if (r)
		return r == DB_E_NONE_FOUND ? err_raise(err, FAULT_CONFIG, "no tenant row", 0)
					    : err_trace(err, r, "view");
	r = state_read(state, a, ret, err);
	if (terms != NULL && r == 0)
		r = terms_db_take(terms, &ret->v.terms, err);
	if (terms != NULL && r == 0)
		again_read(terms, a, ret);
	if (r == 0 && ref != NULL) {
		ret->v.card_known = true;
		ret->v.self = *ref;
		seal_read(a, household, ret);
		r = household_read(a, household, ret, err);
	}
	return err_trace(err, r, "view");
}

int
store_view_read(struct db *db, struct arena *a, const struct store_ask *q, struct store_view *ret,
    struct err *err)
{
	struct db_queue queue = { 0 };
	return view_run(db, &queue, a, q, ret, err);
}

/* Array literals of PostgreSQL: {"\\x0011","\\x2233"} and {1,2}. */
static const char *
refs_literal(struct arena *a, const struct issue_printed *p, unsigned n)
{
	struct buf b;
	char hex[2 * PERSON_REF_BYTES + 1];
	buf_init(&b, 64 * (ISSUE_MAX_HOUSEHOLD + 1));
	buf_text(&b, "{");
	for (unsigned i = 0; i < n; i++) {
		text_hex_format(p[i].ref.b, PERSON_REF_BYTES, hex);
		buf_printf(&b, "%s\"\\\\x%s\"", i > 0 ? "," : "", hex);
	}
	buf_text(&b, "}");
	char *s = arena_strndup(a, buf_ok(&b) ? (const char *)b.p : "", b.bytes);
	buf_done(&b);
	return s;
}

static const char *
versions_literal(struct arena *a, const struct issue_printed *p, unsigned n)
{
	struct buf b;
	buf_init(&b, 32 * (ISSUE_MAX_HOUSEHOLD + 1));
	buf_text(&b, "{");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s%lld", i > 0 ? "," : "", (long long)p[i].version);
	buf_text(&b, "}");
	char *s = arena_strndup(a, buf_ok(&b) ? (const char *)b.p : "", b.bytes);
	buf_done(&b);
	return s;
}

int
store_view_locked(struct db *db, struct arena *a, bool begin, const struct issue_printed *p,
    unsigned n, const struct person_ref *ref, struct store_view *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_queue queue = { 0 };
	const struct store_ask q = { .ref = ref, .sealed = STORE_SEALED_NONE };
	if (begin)
		db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	db_queue_ask(&queue, &q_front_persons_lock, &rows, db_text_arg(refs_literal(a, p, n)));
	/* Who is gone shows in the view. */
	return err_trace(err, view_run(db, &queue, a, &q, ret, err), "row locks");
}

int
store_issue_find(struct db *db, struct arena *a, const struct order_id *id, struct store_issue *ret,
    bool *ret_found, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, &q_front_issue_find, &rows, err, db_bytes_arg(id->b, sizeof(id->b)));
	if (r)
		return err_trace(err, r, "order");
	*ret_found = db_n(rows) == 1;
	if (!*ret_found)
		return 0;
	*ret = (struct store_issue){ .id = *id };
	r = fixed(rows, 0, 0, ret->th, sizeof(ret->th), err);
	if (r == 0)
		r = fixed(rows, 0, 1, ret->oh, sizeof(ret->oh), err);
	if (r == 0)
		r = hash_read(rows, 0, 2, &ret->card, err);
	if (r)
		return err_trace(err, r, "order");
	ret->state = (enum store_state)db_int(rows, 0, 3);
	ret->manifest = db_is_null(rows, 0, 4) ? NULL : arena_strdup(a, db_text(rows, 0, 4));
	ret->papers = db_is_null(rows, 0, 5) ? NULL : arena_strdup(a, db_text(rows, 0, 5));
	ret->issued_ms = db_int(rows, 0, 6);
	return 0;
}

static int
printed_read(const struct db_rows *rows, struct arena *a, struct store_issue *i, struct err *err)
{
	struct issue_printed *p = arena_zero_n(a, db_n(rows) + 1, sizeof(*p));
	int r = 0;
	for (size_t k = 0; k < db_n(rows) && r == 0; k++) {
		r = fixed(rows, k, 0, p[k].ref.b, PERSON_REF_BYTES, err);
		p[k].version = db_int(rows, k, 1);
	}
	i->printed = p;
	i->n_printed = (unsigned)db_n(rows);
	return err_trace(err, r, "persons");
}

int
store_issue_lock(struct db *db, struct arena *a, const struct order_id *id, struct store_issue *ret,
    bool *ret_found, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *persons = NULL;
	struct db_queue queue = { 0 };
	db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	db_queue_ask(&queue, &q_front_issue_lock, &rows, db_bytes_arg(id->b, sizeof(id->b)));
	db_queue_ask(
	    &queue, &q_front_issue_person_read, &persons, db_bytes_arg(id->b, sizeof(id->b)));
	int r = db_queue_run(db, &queue, err);
	if (r)
		return err_trace(err, r, "order");
	*ret_found = db_n(rows) == 1;
	if (!*ret_found)
		return 0;
	*ret = (struct store_issue){ .id = *id };
	r = fixed(rows, 0, 0, ret->th, sizeof(ret->th), err);
	if (r == 0)
		r = fixed(rows, 0, 1, ret->ref.b, PERSON_REF_BYTES, err);
	if (r == 0)
		r = fixed(rows, 0, 5, ret->manifest_hash, sizeof(ret->manifest_hash), err);
	if (r)
		return err_trace(err, r, "order");
	ret->kind = (enum doc_kind)db_int(rows, 0, 2);
	ret->state = (enum store_state)db_int(rows, 0, 3);
	ret->whole_household = db_bool(rows, 0, 4);
	ret->issued_ms = db_int(rows, 0, 6);
	return printed_read(persons, a, ret, err);
}

/* {"number",...}: numbers hold letters, digits and '-' alone (numbers_format). */
static const char *
numbers_literal(struct arena *a, const struct seal_copy *c, unsigned n)
{
	struct buf b;
	buf_init(&b, (SEAL_NUMBER_MAX + 4) * (ORDER_MAX_COPIES + 1));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%c\"%s\"", i > 0 ? ',' : '{', c[i].number);
	buf_text(&b, "}");
	char *s = arena_strndup(a, buf_ok(&b) ? (const char *)b.p : "", b.bytes);
	buf_done(&b);
	return s;
}

static const char *
serials_literal(struct arena *a, const struct seal_copy *c, unsigned n)
{
	struct issue_printed as[ORDER_MAX_COPIES];
	_Static_assert(sizeof(as[0].ref.b) == SEAL_SERIAL_BYTES, "one literal for both");
	for (unsigned i = 0; i < n; i++)
		memcpy(as[i].ref.b, c[i].serial, SEAL_SERIAL_BYTES);
	return refs_literal(a, as, n);
}

/* Not in the queue: nothing that follows may be sent before its answer is known. */
int
store_again_use(struct db *db, const struct store_issue *i, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	if (i->again.id == 0)
		return 0;
	int r = db_ask(db, &q_front_reissue_use, &rows, err, db_int_arg(i->again.id),
	    db_bytes_arg(i->id.b, sizeof(i->id.b)), db_bytes_arg(i->ref.b, sizeof(i->ref.b)),
	    db_int_arg(i->issued_ms));
	if (r)
		return err_trace(err, r, "allowance");
	return db_n(rows) == 1 ? 0 : ISSUE_E_FEE;
}

void
store_issue_insert(struct db_queue *queue, struct arena *a, const struct store_issue *i)
{
	struct db_arg id = db_bytes_arg(i->id.b, sizeof(i->id.b));
	db_queue_ask(queue, &q_front_issue_insert, NULL, id, db_bytes_arg(i->th, sizeof(i->th)),
	    db_bytes_arg(i->oh, sizeof(i->oh)), db_bytes_arg(i->card.b, i->card.bytes),
	    db_bytes_arg(i->ref.b, sizeof(i->ref.b)), db_int_arg(i->kind), db_text_arg(i->kiosk),
	    db_bool_arg(i->whole_household), db_text_arg(i->manifest),
	    db_bytes_arg(i->manifest_hash, sizeof(i->manifest_hash)), db_text_arg(i->papers),
	    db_int_arg(i->issued_ms), db_int_arg(i->fee_yen),
	    db_text_arg(i->again.id != 0 ? i->again.number : NULL), db_int_arg(i->imprint));
	db_queue_ask(queue, &q_front_issue_parts_insert, NULL, id,
	    db_text_arg(refs_literal(a, i->printed, i->n_printed)),
	    db_text_arg(versions_literal(a, i->printed, i->n_printed)),
	    db_text_arg(numbers_literal(a, i->copies, i->n_copies)),
	    db_text_arg(serials_literal(a, i->copies, i->n_copies)), db_int_arg(i->n_pages));
}

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

void
store_seen_done(struct store_seen *s)
{
	db_rows_free(TAKE(s->state));
	db_rows_free(TAKE(s->household));
	db_rows_free(TAKE(s->terms));
}

/* Who is named as the holder stands first; who stands second as one is another, or the same twice.
 */
static int
holder_read(
    const struct db_rows *rows, struct arena *a, struct vault_card_row *ret, struct err *err)
{
	size_t n = 0;
	*ret = (struct vault_card_row){ 0 };
	if (db_n(rows) == 0)
		return 0;
	if (db_n(rows) > 1 && db_bool(rows, 1, 15))
		return err_raise(err, FAULT_INTEGRITY, "two holders", 0);
	const uint8_t *sealed = db_bytes(rows, 0, 17, &n);
	if (sealed == NULL || !db_bool(rows, 0, 15))
		return err_raise(err, FAULT_INTEGRITY, "card row", 0);
	ret->sealed = arena_memdup(a, sealed, n);
	ret->bytes = n;
	ret->rireki_no = (uint32_t)db_int(rows, 0, 16);
	return fixed(rows, 0, 0, ret->ref.b, PERSON_REF_BYTES, err);
}

int
store_see(struct db *db, struct arena *a, const struct vault_hashes *cards,
    const struct store_ask *q, struct store_seen *ret, struct err *err)
{
	struct store_seen s = { .state = NULL };
	struct db_queue queue = { 0 };
	struct db_arg card = db_text_arg(vault_hash_literal(a, cards->of, cards->n));
	db_queue_put(&queue, &db_query_snapshot, NULL, 0, NULL);
	db_queue_ask(&queue, &q_front_state_read, &s.state, db_int_arg(q->at_ms));
	db_queue_ask(&queue, &q_front_card_read, &s.household, card, db_bool_arg(q->seal));
	db_queue_ask(&queue, &q_front_terms_read, &s.terms, db_int_arg(q->at_ms), card);
	db_queue_put(&queue, &db_query_commit, NULL, 0, NULL);
	int r = db_queue_run(db, &queue, err);
	if (r)
		return r == DB_E_NONE_FOUND ? err_raise(err, FAULT_CONFIG, "no tenant row", 0)
					    : err_trace(err, r, "snapshot");
	s.ring_seq = db_int(s.state, 0, 9);
	r = holder_read(s.household, a, &s.holder, err);
	if (r)
		store_seen_done(&s);
	else
		*ret = s;
	return err_trace(err, r, "card");
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
person_read(const struct db_rows *rows, size_t i, struct store_view *s, struct err *err)
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
	return 0;
}

static int
household_read(const struct db_rows *rows, struct store_view *s, struct err *err)
{
	int r = 0;
	size_t n = db_n(rows);
	s->v.too_many = n > ISSUE_MAX_HOUSEHOLD;
	s->v.n_persons = s->v.too_many ? ISSUE_MAX_HOUSEHOLD : (unsigned)n;
	for (unsigned i = 0; i < s->v.n_persons && r == 0; i++)
		r = person_read(rows, i, s, err);
	return err_trace(err, r, "household");
}

/* Of the person asked for, who comes first. */
static void
seal_read(const struct db_rows *rows, struct store_view *s)
{
	if (db_n(rows) == 0 || db_is_null(rows, 0, 11))
		return;
	s->v.seal_rireki_no = db_int(rows, 0, 11);
	s->v.seal_state = db_int(rows, 0, 12);
}

/* Columns 13 and 14 of card_read. */
static void
contents_read(struct arena *a, const struct db_rows *rows, struct store_view *s)
{
	for (unsigned i = 0; i < s->v.n_persons; i++)
		sealed_copy(a, rows, i, 13, &s->rows[i]);
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

static int
person_view_take(const struct db_rows *household, const struct person_ref *ref,
    struct store_view *ret, struct err *err)
{
	ret->v.card_known = true;
	ret->v.self = *ref;
	seal_read(household, ret);
	return household_read(household, ret, err);
}

int
store_seen_take(
    const struct store_seen *s, struct arena *a, struct store_view *ret, struct err *err)
{
	mem_wipe(ret, sizeof(*ret));
	int r = state_read(s->state, a, ret, err);
	if (r == 0)
		r = terms_db_take(s->terms, &ret->v.terms, err);
	if (r == 0)
		again_read(s->terms, a, ret);
	if (r == 0 && s->holder.sealed != NULL) {
		ret->card = s->holder;
		r = person_view_take(s->household, &s->holder.ref, ret, err);
		if (r == 0)
			contents_read(a, s->household, ret);
	}
	return err_trace(err, r, "view");
}

/* What is queued already, and all that decides behind it. */
static int
view_run(struct db *db, struct db_queue *queue, struct arena *a, const struct person_ref *ref,
    struct store_view *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *state = NULL;
	AUTO(db_rows) struct db_rows *household = NULL;
	mem_wipe(ret, sizeof(*ret));
	db_queue_ask(queue, &q_front_state_read, &state, db_int_arg(0));
	if (ref != NULL)
		db_queue_ask(queue, &q_front_household_read, &household,
		    db_bytes_arg(ref->b, sizeof(ref->b)));
	int r = db_queue_run(db, queue, err);
	if (r)
		return r == DB_E_NONE_FOUND ? err_raise(err, FAULT_CONFIG, "no tenant row", 0)
					    : err_trace(err, r, "view");
	r = state_read(state, a, ret, err);
	if (r == 0 && ref != NULL)
		r = person_view_take(household, ref, ret, err);
	return err_trace(err, r, "view");
}

int
store_view_read(struct db *db, struct arena *a, struct store_view *ret, struct err *err)
{
	struct db_queue queue = { 0 };
	return view_run(db, &queue, a, NULL, ret, err);
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
	if (begin)
		db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	db_queue_ask(&queue, &q_front_persons_lock, &rows, db_text_arg(refs_literal(a, p, n)));
	/* Who is gone shows in the view. */
	return err_trace(err, view_run(db, &queue, a, ref, ret, err), "row locks");
}

/* All @i->papers_bytes of them, or NULL where none is there. */
static int
papers_read(struct db *db, struct arena *a, struct store_issue *i, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t n = 0;
	int r = db_ask(db, &q_front_papers_find, &rows, err, db_int_arg(i->issued_ms),
	    db_bytes_arg(i->id.b, sizeof(i->id.b)));
	if (r)
		return err_trace(err, r, "papers");
	const uint8_t *papers = db_bytes(rows, 0, 0, &n);
	if (papers == NULL)
		return 0;
	if (n != i->papers_bytes)
		return err_raise(err, FAULT_INTEGRITY, "papers not whole", (long)n);
	i->papers = arena_memdup(a, papers, n);
	return 0;
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
	ret->issued_ms = db_int(rows, 0, 6);
	if (ret->state != STORE_ISSUED || db_is_null(rows, 0, 5))
		return 0;
	ret->papers_bytes = (size_t)db_int(rows, 0, 5);
	return err_trace(err, papers_read(db, a, ret, err), "order");
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
    struct db_rows **ret_copies, bool *ret_found, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *persons = NULL;
	struct db_queue queue = { 0 };
	db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	db_queue_ask(&queue, &q_front_issue_lock, &rows, db_bytes_arg(id->b, sizeof(id->b)));
	db_queue_ask(
	    &queue, &q_front_issue_person_read, &persons, db_bytes_arg(id->b, sizeof(id->b)));
	if (ret_copies != NULL)
		db_queue_ask(&queue, &q_front_issue_copy_read, ret_copies,
		    db_bytes_arg(id->b, sizeof(id->b)));
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
	_Static_assert((int64_t)STORE_PAPER_PARTS * STORE_PAPER_PART_BYTES >= SEAL_MAX_BYTES,
	    "room for any answer of kofu-seal's");
	struct db_arg id = db_bytes_arg(i->id.b, sizeof(i->id.b));
	db_queue_ask(queue, &q_front_issue_insert, NULL, id, db_bytes_arg(i->th, sizeof(i->th)),
	    db_bytes_arg(i->oh, sizeof(i->oh)), db_bytes_arg(i->card.b, i->card.bytes),
	    db_bytes_arg(i->ref.b, sizeof(i->ref.b)), db_int_arg(i->kind), db_text_arg(i->kiosk),
	    db_bool_arg(i->whole_household), db_text_arg(i->manifest),
	    db_bytes_arg(i->manifest_hash, sizeof(i->manifest_hash)),
	    db_int_arg((int64_t)i->papers_bytes), db_int_arg(i->issued_ms), db_int_arg(i->fee_yen),
	    db_text_arg(i->again.id != 0 ? i->again.number : NULL), db_int_arg(i->imprint));
	db_queue_ask(queue, &q_front_issue_parts_insert, NULL, id,
	    db_text_arg(refs_literal(a, i->printed, i->n_printed)),
	    db_text_arg(versions_literal(a, i->printed, i->n_printed)),
	    db_text_arg(numbers_literal(a, i->copies, i->n_copies)),
	    db_text_arg(serials_literal(a, i->copies, i->n_copies)), db_int_arg(i->n_pages),
	    db_int_arg(i->issued_ms), db_bytes_arg(i->papers, i->papers_bytes));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* store_order - orders, their answers, their numbers. */
#include "center/router/outcome.h"
#include "center/router/store_int.h"
#include "queries/center_router.h"

#include <string.h>

/* Several statements on their own, or in the transaction that they are. */
static int
queue_run(struct store *s, struct db_queue *queue, struct err *err)
{
	struct db *db = NULL;
	int r = store_take(s, STORE_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "queue");
	r = db_queue_run(db, queue, err);
	db_pool_give(s->pool, db);
	if (r == DB_E_RETRY)
		return err_raise(err, FAULT_UNAVAILABLE, "database is busy", r);
	return err_fold(err, r, "queue");
}

static int
order_logged_read(const struct db_rows *rows, const uint8_t session[STORE_ID_BYTES],
    struct order_logged *ret, struct err *err)
{
	*ret = (struct order_logged){ .found = db_n(rows) == 1 };
	if (!ret->found)
		return 0;
	size_t n = 0;
	const uint8_t *p = db_bytes(rows, 0, 0, &n);
	ret->same_session = n == STORE_ID_BYTES && memcmp(p, session, n) == 0;
	p = db_bytes(rows, 0, 1, &n);
	if (n != sizeof(ret->oh))
		return err_raise(err, FAULT_INTERNAL, "order row", (long)n);
	memcpy(ret->oh, p, n);
	ret->answered = !db_is_null(rows, 0, 3);
	if (!ret->answered)
		return 0;
	p = db_bytes(rows, 0, 3, &n);
	if (n != sizeof(ret->manifest_hash))
		return err_raise(err, FAULT_INTERNAL, "order row", (long)n);
	memcpy(ret->manifest_hash, p, n);
	return 0;
}

int
store_order_find(struct store *s, const uint8_t session[STORE_ID_BYTES], const struct order_id *id,
    struct order_logged *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = STORE_ASK(
	    s, &q_router_order_find, &rows, NULL, err, db_bytes_arg(id->b, sizeof(id->b)));
	if (r)
		return err_trace(err, r, "order");
	return order_logged_read(rows, session, ret, err);
}

int
store_order_open(struct store *s, const struct store_session *x, const struct order_case *c,
    int64_t now_ms, struct order_logged *ret, struct err *err)
{
	uint64_t added = 0;
	int r = STORE_ASK(s, &q_router_order_add, NULL, &added, err,
	    db_bytes_arg(c->order.id.b, ORDER_ID_BYTES), db_bytes_arg(x->id, sizeof(x->id)),
	    db_bytes_arg(c->oh, sizeof(c->oh)), db_text_arg(x->s.muni.s), db_text_arg(x->s.kiosk),
	    db_int_arg(c->order.kind), db_int_arg(now_ms), db_int_arg(ORDERS_A_SESSION));
	if (r)
		return err_trace(err, r, "order");
	if (added == 1) {
		*ret = (struct order_logged){ .found = false };
		return 0;
	}
	r = store_order_find(s, x->id, &c->order.id, ret, err);
	if (r == 0 && !ret->found)
		return ROUTER_E_BUSY;
	return err_trace(err, r, "order");
}

int
store_order_move(struct store *s, const struct order_id *id, const char *state, struct err *err)
{
	int r = STORE_ASK(s, &q_router_order_move, NULL, NULL, err,
	    db_bytes_arg(id->b, sizeof(id->b)), db_text_arg(state));
	return err_trace(err, r, "order");
}

/* The manifest's copies as three columns. */
struct answer_copies {
	struct db_array numbers, serials, pages;
};

static void
answer_copies_fill(struct answer_copies *c, const struct manifest *m)
{
	enum { LIMIT = 64 + ORDER_MAX_COPIES * (MANIFEST_MAX_NUMBER + 8) };
	db_text_array(&c->numbers, LIMIT);
	db_bytes_array(&c->serials, LIMIT);
	db_int_array(&c->pages, LIMIT);
	for (unsigned i = 0; i < m->n_copies; i++) {
		const struct manifest_copy *one = &m->copies[i];
		db_array_add_bytes(&c->numbers, one->number, strlen(one->number));
		db_array_add_bytes(&c->serials, one->serial, sizeof(one->serial));
		db_array_add_int(&c->pages, one->n_pages);
	}
}

static void
answer_copies_done(struct answer_copies *c)
{
	db_array_done(&c->numbers);
	db_array_done(&c->serials);
	db_array_done(&c->pages);
}

static int
answer_bind(struct db *db, const struct manifest *m, const uint8_t hash[32],
    struct db_rows **ret_rows, struct err *err)
{
	struct answer_copies c;
	answer_copies_fill(&c, m);
	int r = db_ask(db, &q_router_order_answer, ret_rows, err,
	    db_bytes_arg(m->order.b, ORDER_ID_BYTES), db_bytes_arg(hash, 32),
	    db_text_arg(m->muni.s), db_int_arg(m->kind), db_int_arg(m->issued_ms),
	    db_array_arg(&c.numbers), db_array_arg(&c.serials), db_array_arg(&c.pages));
	answer_copies_done(&c);
	return err_trace(err, r, "answer");
}

/* Not the first answer: the very same one, or a flaw. */
static int
answer_again(struct db *db, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err)
{
	static const uint8_t nobody[STORE_ID_BYTES];
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct order_logged l;
	int r =
	    db_ask(db, &q_router_order_find, &rows, err, db_bytes_arg(m->order.b, ORDER_ID_BYTES));
	if (r == 0)
		r = order_logged_read(rows, nobody, &l, err);
	if (r)
		return err_trace(err, r, "answer");
	if (!l.answered || memcmp(l.manifest_hash, hash, sizeof(l.manifest_hash)) != 0)
		*ret_flaw = ANSWER_CHANGED;
	return 0;
}

static int
answer_write(struct db *db, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = answer_bind(db, m, hash, &rows, err);
	if (r == DB_E_CONFLICT) {
		*ret_flaw = ANSWER_USED;
		return 0;
	}
	if (r)
		return err_trace(err, r, "answer");
	if (db_bool(rows, 0, 1))
		return ROUTER_E_STOPPED;
	return db_bool(rows, 0, 0) ? 0 : answer_again(db, m, hash, ret_flaw, err);
}

int
store_answer(struct store *s, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err)
{
	struct db *db = NULL;
	enum answer_flaw flaw = ANSWER_SOUND;
	int r = store_take(s, STORE_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "answer");
	r = answer_write(db, m, hash, &flaw, err);
	db_pool_give(s->pool, db);
	if (r == ROUTER_E_STOPPED)
		return r;
	if (r == DB_E_RETRY)
		return err_raise(err, FAULT_UNAVAILABLE, "database is busy", r);
	if (r)
		return err_fold(err, r, "answer");
	*ret_flaw = flaw;
	return 0;
}

static void
number_logged_read(const struct db_rows *rows, size_t i, struct number_logged *ret)
{
	const char *number = db_text(rows, i, 0);
	const char *state = db_text(rows, i, 1);
	const char *reason = db_text(rows, i, 2);
	*ret = (struct number_logged){ .end = 0 };
	memcpy(ret->number, number, strnlen(number, sizeof(ret->number) - 1));
	memcpy(ret->reason, reason, strnlen(reason, sizeof(ret->reason) - 1));
	if (strcmp(state, "valid") == 0)
		ret->end = PAPER_PRINTED;
	if (strcmp(state, "void") == 0)
		ret->end = PAPER_VOID;
}

static int
numbers_read(const struct db_rows *rows, struct number_logged ret[ORDER_MAX_COPIES], size_t *ret_n,
    struct err *err)
{
	if (db_n(rows) > ORDER_MAX_COPIES)
		return err_raise(err, FAULT_INTERNAL, "numbers of an order", (long)db_n(rows));
	for (size_t i = 0; i < db_n(rows); i++)
		number_logged_read(rows, i, &ret[i]);
	*ret_n = db_n(rows);
	return 0;
}

int
store_order_numbers(struct store *s, const uint8_t session[STORE_ID_BYTES],
    const struct order_id *id, struct order_logged *ret,
    struct number_logged ret_numbers[ORDER_MAX_COPIES], size_t *ret_n, struct err *err)
{
	AUTO(db_rows) struct db_rows *order = NULL;
	AUTO(db_rows) struct db_rows *numbers = NULL;
	struct db_queue queue = { 0 };
	struct db_arg of = db_bytes_arg(id->b, sizeof(id->b));
	db_queue_ask(&queue, &q_router_order_find, &order, of);
	db_queue_ask(&queue, &q_router_numbers_find, &numbers, of);
	int r = queue_run(s, &queue, err);
	if (r == 0)
		r = numbers_read(numbers, ret_numbers, ret_n, err);
	if (r == 0)
		r = order_logged_read(order, session, ret, err);
	return err_trace(err, r, "order");
}

/* The copies that are to be noted, as three columns. */
struct outcome_copies {
	struct db_array numbers, states, reasons;
};

static void
outcome_copies_fill(struct outcome_copies *c, const struct outcome *x, enum store_which which)
{
	enum { LIMIT = 64 + ORDER_MAX_COPIES * (MANIFEST_MAX_NUMBER + 8) };
	db_text_array(&c->numbers, LIMIT);
	db_text_array(&c->states, LIMIT);
	db_text_array(&c->reasons, LIMIT);
	for (unsigned i = 0; i < x->n_copies; i++) {
		bool printed = x->copies[i].end == PAPER_PRINTED;
		const char *state = printed ? "valid" : "void", *reason = x->copies[i].reason;
		if (printed && which == STORE_VOID_ONLY)
			continue;
		db_array_add_bytes(&c->numbers, x->copies[i].number, strlen(x->copies[i].number));
		db_array_add_bytes(&c->states, state, strlen(state));
		db_array_add_bytes(&c->reasons, reason, strlen(reason));
	}
}

static void
outcome_copies_done(struct outcome_copies *c)
{
	db_array_done(&c->numbers);
	db_array_done(&c->states);
	db_array_done(&c->reasons);
}

int
store_outcome(struct store *s, const struct outcome *x, enum store_which which, struct err *err)
{
	struct outcome_copies c;
	struct db_queue queue = { 0 };
	struct db_arg id = db_bytes_arg(x->order.b, ORDER_ID_BYTES);
	outcome_copies_fill(&c, x, which);
	if (which == STORE_VOID_ONLY && c.numbers.n == 0) {
		outcome_copies_done(&c);
		return 0;
	}
	db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	db_queue_ask(&queue, &q_router_number_report, NULL, id, db_array_arg(&c.numbers),
	    db_array_arg(&c.states), db_array_arg(&c.reasons));
	if (which == STORE_ALL)
		db_queue_ask(&queue, &q_router_order_move, NULL, id, db_text_arg("reported"));
	db_queue_put(&queue, &db_query_commit, NULL, 0, NULL);
	int r = queue_run(s, &queue, err);
	outcome_copies_done(&c);
	return err_trace(err, r, "outcome");
}

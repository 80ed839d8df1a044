/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/store.h"
#include "base/clock.h"
#include "base/mem.h"
#include "center/router/outcome.h"
#include "center/router/store_int.h"
#include "domain/muni.h"
#include "queries/center_router.h"

#include <string.h>

int
store_open(const char *conninfo, unsigned connections, struct store **ret, struct err *err)
{
	struct db_pool *pool = NULL;
	int r = db_pool_open(conninfo, connections, &pool, err);
	if (r)
		return err_fold(err, r, "store");
	struct store *s = mem_zero(sizeof(*s));
	s->pool = pool;
	*ret = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	db_pool_close(s->pool);
	mem_free(s);
}

int
store_take(struct store *s, int wait_ms, struct db **ret, struct err *err)
{
	int r = db_pool_take(s->pool, wait_ms, ret, err);
	if (r == FAULT_TIMEOUT)
		return ROUTER_E_BUSY; /* all connections are at work */
	return err_fold(err, r, "store");
}

int
store_keys_note(
    void *self, struct muni_code muni, int64_t seq, int64_t *ret_greatest, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct store *s = self;
	struct db *db = NULL;
	int r = store_take(s, STORE_WAIT_MS, &db, err);
	if (r)
		return err_fold(err, r, "keys");
	r = db_ask(db, &q_router_keys_note, &rows, err, db_text_arg(muni.s), db_int_arg(seq),
	    db_int_arg(clock_now_ms()));
	if (r == 0)
		*ret_greatest = db_int(rows, 0, 0);
	db_pool_give(s->pool, db);
	return err_fold(err, r, "keys");
}

int
store_begin(struct store *s, struct db **ret, struct err *err)
{
	struct db *db = NULL;
	int r = store_take(s, STORE_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "store");
	r = db_begin(db, DB_READ_COMMITTED, err);
	if (r) {
		db_pool_give(s->pool, db);
		return err_fold(err, r, "store");
	}
	*ret = db;
	return 0;
}

int
store_run(struct store *s, int wait_ms, const struct db_query *q, const struct db_arg *args,
    unsigned n, struct db_rows **ret_rows, uint64_t *ret_touched, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db *db = NULL;
	int r = store_take(s, wait_ms, &db, err);
	if (r)
		return err_trace(err, r, "store");
	r = db_run(db, q, args, n, &rows, err);
	db_pool_give(s->pool, db);
	if (r)
		return err_fold(err, r, "store");
	if (ret_touched != NULL)
		*ret_touched = db_n_touched(rows);
	if (ret_rows != NULL)
		*ret_rows = TAKE(rows);
	return 0;
}

int
store_nonce_add(struct store *s, const uint8_t nonce[STORE_NONCE_BYTES], const char *kiosk,
    int64_t now_ms, unsigned max, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = STORE_ASK_AT_DOOR(s, &q_router_nonce_add, &rows, NULL, err,
	    db_bytes_arg(nonce, STORE_NONCE_BYTES), db_text_arg(kiosk), db_int_arg(now_ms),
	    db_int_arg(now_ms - SESSION_NONCE_TTL_MS), db_int_arg(max));
	if (r)
		return err_trace(err, r, "nonce");
	if (db_bool(rows, 0, 0))
		return ROUTER_E_KIOSK_UNKNOWN;
	return db_bool(rows, 0, 1) ? 0 : ROUTER_E_BUSY;
}

int
store_kiosk_check(struct store *s, const char *kiosk, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = STORE_ASK_AT_DOOR(s, &q_router_kiosk_find, &rows, NULL, err, db_text_arg(kiosk));
	if (r)
		return err_trace(err, r, "kiosk");
	return db_bool(rows, 0, 0) ? ROUTER_E_KIOSK_UNKNOWN : 0;
}

int
store_stops(
    struct store *s, void (*each)(void *self, const char *muni), void *self, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = store_run(s, STORE_WAIT_MS, &q_router_munis_stopped, NULL, 0, &rows, NULL, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		each(self, db_text(rows, i, 0));
	return err_trace(err, r, "stops");
}

int
store_nonce_burn(struct store *s, struct arena *a, const uint8_t nonce[STORE_NONCE_BYTES],
    struct session_nonce *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = STORE_ASK_AT_DOOR(
	    s, &q_router_nonce_burn, &rows, NULL, err, db_bytes_arg(nonce, STORE_NONCE_BYTES));
	if (r)
		return err_trace(err, r, "nonce");
	*ret = (struct session_nonce){ .burnt = db_n(rows) == 1 };
	if (ret->burnt) {
		ret->kiosk = arena_strdup(a, db_text(rows, 0, 0));
		ret->made_ms = db_int(rows, 0, 1);
	}
	return 0;
}

int
store_holders(struct store *s, const struct session_case *c, struct session_holder ret[2],
    size_t *ret_n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = STORE_ASK(s, &q_router_holders_find, &rows, NULL, err,
	    db_bytes_arg(c->issuer, sizeof(c->issuer)), db_bytes_arg(c->serial, c->serial_bytes));
	if (r)
		return err_trace(err, r, "holders");
	*ret_n = db_n(rows);
	for (size_t i = 0; i < *ret_n; i++) {
		const char *code = db_text(rows, i, 0);
		ret[i] = (struct session_holder){ .stopped = db_bool(rows, i, 1) };
		if (!muni_parse(code, strlen(code), &ret[i].muni))
			return err_raise(err, FAULT_INTERNAL, "municipality in the directory", 0);
	}
	return 0;
}

int
store_session_add(struct store *s, const uint8_t id[STORE_ID_BYTES], const struct session_case *c,
    int64_t expires_ms, struct err *err)
{
	const struct session_given *g = &c->given;
	int r = STORE_ASK(s, &q_router_session_add, NULL, NULL, err,
	    db_bytes_arg(id, STORE_ID_BYTES), db_text_arg(g->kiosk), db_text_arg(c->muni.s),
	    db_bytes_arg(c->th, sizeof(c->th)), db_bytes_arg(g->transcript.p, g->transcript.bytes),
	    db_bytes_arg(g->certificate.p, g->certificate.bytes),
	    db_bytes_arg(g->signature.p, g->signature.bytes), db_int_arg(expires_ms));
	return err_trace(err, r, "session");
}

/* A bytea column, in the arena. */
static struct session_part
store_part(struct arena *a, const struct db_rows *rows, unsigned col)
{
	size_t n = 0;
	const uint8_t *p = db_bytes(rows, 0, col, &n);
	return (struct session_part){ arena_memdup(a, p, n), n };
}

int
store_session_find(struct store *s, struct arena *a, const uint8_t id[STORE_ID_BYTES],
    struct store_session *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct store_session x = { .s.kiosk = NULL };
	int r = STORE_ASK_AT_DOOR(
	    s, &q_router_session_find, &rows, NULL, err, db_bytes_arg(id, STORE_ID_BYTES));
	if (r)
		return err_trace(err, r, "session");
	if (db_n(rows) == 0)
		return ROUTER_E_SESSION_EXPIRED;
	memcpy(x.id, id, sizeof(x.id));
	x.s.kiosk = arena_strdup(a, db_text(rows, 0, 0));
	const char *code = db_text(rows, 0, 1);
	struct session_part th = store_part(a, rows, 2);
	x.transcript = store_part(a, rows, 3);
	x.certificate = store_part(a, rows, 4);
	x.signature = store_part(a, rows, 5);
	x.s.expires_ms = db_int(rows, 0, 6);
	x.s.stopped = db_bool(rows, 0, 7);
	if (th.bytes != sizeof(x.s.th) || !muni_parse(code, strlen(code), &x.s.muni))
		return err_raise(err, FAULT_INTERNAL, "session row", 0);
	memcpy(x.s.th, th.p, sizeof(x.s.th));
	r = transcript_parse(x.transcript.p, x.transcript.bytes, &x.s.t, err);
	if (r)
		return err_raise(err, FAULT_INTERNAL, "session row", r);
	*ret = x;
	return 0;
}

int
store_stop(
    struct store *s, struct muni_code muni, const char *code, int64_t now_ms, struct err *err)
{
	int r = STORE_ASK(s, &q_router_muni_stop, NULL, NULL, err, db_text_arg(muni.s),
	    db_text_arg(code), db_int_arg(now_ms));
	return err_trace(err, r, "stop");
}

int
store_void(struct store *s, struct muni_code muni, const char *number, int64_t max, int64_t now_ms,
    struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = STORE_ASK(s, &q_router_void_add, &rows, NULL, err, db_text_arg(number),
	    db_text_arg(muni.s), db_int_arg(now_ms), db_int_arg(max));
	if (r)
		return err_trace(err, r, "void");
	return db_n(rows) == 1 ? 0 : STORE_E_FULL;
}

int
store_tidy(struct store *s, int64_t nonce_ms, int64_t session_ms, struct err *err)
{
	int r = STORE_ASK(s, &q_router_nonce_tidy, NULL, NULL, err, db_int_arg(nonce_ms));
	if (r == 0)
		r = STORE_ASK(s, &q_router_session_drop, NULL, NULL, err, db_int_arg(session_ms));
	if (r == 0)
		r = STORE_ASK(s, &q_router_session_tidy, NULL, NULL, err, db_int_arg(session_ms));
	db_pool_tidy(s->pool, DB_POOL_IDLE_MS);
	return err_trace(err, r, "tidy");
}

/* Under the position's lock: applied as a whole, or not at all. */
static int
directory_apply(struct db *db, struct muni_code muni, int64_t seq,
    const struct directory_change *changes, size_t n, int64_t *ret_seq, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, &q_router_directory_begin, NULL, err, db_text_arg(muni.s));
	if (r == 0)
		r = db_ask(db, &q_router_directory_lock, &rows, err, db_text_arg(muni.s));
	if (r)
		return err_trace(err, r, "position");
	*ret_seq = db_int(rows, 0, 0);
	if (seq <= *ret_seq)
		return 0;
	if (seq != *ret_seq + 1)
		return STORE_E_GAP;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = db_ask(db,
		    changes[i].claim ? &q_router_directory_claim : &q_router_directory_release,
		    NULL, err, db_bytes_arg(changes[i].issuer, sizeof(changes[i].issuer)),
		    db_bytes_arg(changes[i].serial, changes[i].serial_bytes), db_text_arg(muni.s));
	if (r == 0)
		r = db_ask(
		    db, &q_router_directory_move, NULL, err, db_text_arg(muni.s), db_int_arg(seq));
	if (r == 0)
		*ret_seq = seq;
	return err_trace(err, r, "changes");
}

int
store_directory(struct store *s, struct muni_code muni, int64_t seq,
    const struct directory_change *changes, size_t n, int64_t *ret_seq, struct err *err)
{
	struct db *db = NULL;
	int r = store_begin(s, &db, err);
	if (r)
		return err_trace(err, r, "directory");
	r = directory_apply(db, muni, seq, changes, n, ret_seq, err);
	if (r == 0)
		r = db_commit(db, err);
	db_pool_give(s->pool, db);
	if (r == STORE_E_GAP)
		return r;
	if (r == DB_E_RETRY)
		return err_raise(err, FAULT_UNAVAILABLE, "directory is busy", r);
	return err_fold(err, r, "directory");
}

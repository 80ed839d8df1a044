/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/rotate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "queries/asp_admin.h"
#include "server/audit/audit.h"
#include "server/seal/client.h"

#include <string.h>
#include <time.h>

enum { ROTATE_ARENA_BYTES = 65536, ROTATE_FENCE_TRIES = 120, ROTATE_FENCE_REST_MS = 500 };

static int
state_read(struct rotate *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(x->db, &q_admin_rotate_state, &rows, err);
	if (r == 0 && db_n(rows) == 0)
		r = err_raise(err, FAULT_CONFIG, "not provisioned", 0);
	if (r)
		return err_fold(err, r, "state");
	x->generation = (unsigned)db_int(rows, 0, 0);
	bool made = !db_is_null(rows, 0, 1);
	x->made_ms = made ? db_int(rows, 0, 1) : 0;
	x->at = db_bool(rows, 0, 2) ? ROTATE_USED : made ? ROTATE_MADE : ROTATE_IDLE;
	return err_trace(err, ring_look(&x->ring, x->db, clock_now_ms(), err), "keys");
}

int
rotate_open(struct rotate *x, struct err *err)
{
	static const struct db_query no_limit = { .name = "asp/admin/no_limit",
		.sql = "SET statement_timeout = 0",
		.rows = DB_ROWS_NONE };
	AUTO(db_rows) struct db_rows *rows = NULL;
	ring_init(&x->ring, x->muni, x->socket, &x->vault);
	x->reseal.db = x->db;
	x->reseal.vault = &x->vault;
	int r = db_ask0(x->db, &q_admin_rotate_alone, &rows, err);
	if (r == 0 && !db_bool(rows, 0, 0))
		return ROTATE_E_BUSY;
	if (r == 0)
		r = db_ask0(x->db, &no_limit, NULL, err);
	return err_fold(err, r ? r : state_read(x, err), "rotate");
}

void
rotate_close(struct rotate *x)
{
	ring_done(&x->ring);
}

/* The city reads in its audit what was done to its keys, and when. */
static int
note(struct rotate *x, const char *action, unsigned generation, int64_t now_ms, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ROTATE_ARENA_BYTES);
	const struct audit_event e = { .source = AUDIT_OPERATOR,
		.kind = AUDIT_WRITE,
		.at_ms = now_ms,
		.actor = "kofu-server",
		.action = action,
		.detail = arena_printf(a, "{\"generation\":%u}", generation) };
	return audit_add(x->db, &x->vault, &e, err);
}

/* @dek NULL: a fresh one. */
static int
key_add(struct rotate *x, enum seal_key_use use, unsigned generation, const uint8_t *dek,
    int64_t now_ms, struct err *err)
{
	struct seal_key k = { .use = (uint8_t)use, .generation = (uint16_t)generation };
	int r = seal_wrap(x->socket, x->muni, dek, &k, err);
	if (r == 0)
		r = db_ask(x->db, &q_admin_rotate_key_add, NULL, err, db_int_arg(k.use),
		    db_int_arg(k.generation), db_bytes_arg(k.wrapped, sizeof(k.wrapped)),
		    db_int_arg(now_ms));
	return err_fold(err, r, "key");
}

/* The next key, and beside it what outlives the one of now. */
static int
make_inside(struct rotate *x, int64_t now_ms, struct err *err)
{
	uint8_t audit[32];
	if (!vault_audit_key(&x->vault, x->generation, audit))
		return err_raise(err, FAULT_INTERNAL, "the audit's key", (long)x->generation);
	int r = key_add(x, SEAL_KEY_REF, 0, x->vault.ref_key, now_ms, err);
	if (r == 0)
		r = key_add(x, SEAL_KEY_AUDIT, x->generation, audit, now_ms, err);
	mem_wipe(audit, sizeof(audit));
	if (r == 0)
		r = key_add(x, SEAL_KEY_DATA, x->generation + 1, NULL, now_ms, err);
	if (r == 0)
		r = db_ask0(x->db, &q_admin_rotate_tell, NULL, err);
	if (r == 0)
		r = note(x, "data-key.made", x->generation + 1, now_ms, err);
	return r;
}

static int
end(struct rotate *x, int r, struct err *err)
{
	if (r == 0)
		r = db_commit(x->db, err);
	if (r)
		db_rollback(x->db);
	return r ? r : state_read(x, err);
}

int
rotate_make(struct rotate *x, int64_t now_ms, struct err *err)
{
	if (x->at != ROTATE_IDLE)
		return err_raise(err, FAULT_INTERNAL, "not idle", x->at);
	if (x->generation == VAULT_MAX_GENERATIONS)
		return ROTATE_E_FULL;
	int r = db_begin(x->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = make_inside(x, now_ms, err);
	return err_fold(err, end(x, r, err), "make");
}

/* Nobody who writes is under way behind this. FAULT_TIMEOUT: somebody was, for long. */
static int
fence_take(struct rotate *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *set = NULL;
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_begin(x->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = db_ask(x->db, &q_admin_lock_patience, &set, err, db_text_arg("500"));
	if (r == 0)
		r = db_ask0(x->db, &q_admin_rotate_fence, &rows, err);
	return err_trace(err, r, "fence");
}

/* @act inside of the fence; again and again when somebody writes. */
static int
fenced(struct rotate *x, int64_t now_ms, int (*act)(struct rotate *, int64_t, struct err *),
    struct err *err)
{
	const struct timespec rest = { .tv_nsec = ROTATE_FENCE_REST_MS * 1000000L };
	int r = FAULT_TIMEOUT;
	for (unsigned i = 0; i < ROTATE_FENCE_TRIES && (r == FAULT_TIMEOUT || r == DB_E_RETRY);
	     i++) {
		if (i > 0)
			(void)nanosleep(&rest, NULL);
		*err = (struct err){ 0 };
		r = fence_take(x, err);
		if (r == 0)
			r = act(x, now_ms, err);
		r = end(x, r, err);
	}
	return r == FAULT_TIMEOUT || r == DB_E_RETRY ? ROTATE_E_WRITES : err_fold(err, r, "fence");
}

/* The note is the first to be written under it. */
static int
use_inside(struct rotate *x, int64_t now_ms, struct err *err)
{
	int r = db_ask(x->db, &q_admin_rotate_keep, NULL, err, db_int_arg(now_ms));
	if (r == 0)
		r = db_ask0(x->db, &q_admin_rotate_use, NULL, err);
	if (r == 0)
		r = db_ask(x->db, &q_admin_rotate_drop, NULL, err, db_int_arg(x->generation + 1));
	if (r == 0)
		r = ring_look(&x->ring, x->db, now_ms, err);
	if (r == 0)
		r = note(x, "data-key.used", x->generation + 1, now_ms, err);
	return r;
}

int
rotate_use(struct rotate *x, int64_t now_ms, struct err *err)
{
	if (x->at != ROTATE_MADE)
		return err_raise(err, FAULT_INTERNAL, "not made", x->at);
	return fenced(x, now_ms, use_inside, err);
}

int
rotate_seal(struct rotate *x, struct err *err)
{
	if (x->at != ROTATE_USED)
		return err_raise(err, FAULT_INTERNAL, "not used", x->at);
	return reseal_all(&x->reseal, err);
}

/* Behind the fence nothing can come under the earlier key; what is there is there now. */
static int
retire_inside(struct rotate *x, int64_t now_ms, struct err *err)
{
	int r = 0;
	for (unsigned g = 1; g < x->generation && r == 0; g++)
		r = db_ask(x->db, &q_admin_rotate_drop, NULL, err, db_int_arg(g));
	if (r == 0)
		r = db_ask0(x->db, &q_admin_rotate_tell, NULL, err);
	if (r == 0)
		r = note(x, "data-key.retired", x->generation - 1, now_ms, err);
	return r;
}

/* Looked for without holding anybody up: since "used" the number only falls. */
int
rotate_retire(struct rotate *x, int64_t now_ms, struct err *err)
{
	int64_t left = 0;
	if (x->at != ROTATE_USED)
		return err_raise(err, FAULT_INTERNAL, "not used", x->at);
	int r = reseal_left(&x->reseal, &left, err);
	if (r)
		return err_trace(err, r, "verify");
	return left > 0 ? ROTATE_E_LEFT : fenced(x, now_ms, retire_inside, err);
}

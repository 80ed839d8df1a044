/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/reseal.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/text.h"
#include "domain/imprint.h"
#include "domain/search.h"
#include "queries/asp_admin.h"
#include "server/audit/audit.h"
#include "server/console/staff.h"
#include "server/console/survey.h"

#include <string.h>
#include <time.h>

enum {
	RESEAL_ARENA_BYTES = 64 * 1024 * 1024,
	RESEAL_ARRAY_BYTES = 32 * 1024 * 1024,
	RESEAL_COLS = 5,
	RESEAL_TID_BYTES = 32,
	RESEAL_TRIES = 20,
};

/* Some blocks of a table on their way. */
struct page {
	struct reseal *x;
	struct arena *a;
	const struct db_rows *rows;
	struct db_array col[RESEAL_COLS]; /* arguments of the table's put */
	unsigned n;
};
struct table {
	const char *name;
	const struct db_query *left, *page, *put;
	const char *cols; /* of put, a letter each: b bytes, i numbers */
	bool in_stream;   /* the stream writes it too */
	int (*row)(struct page *p, size_t i, struct err *err);
};

static struct db_arg
value(const struct page *p, size_t i, unsigned col)
{
	size_t n = 0;
	const uint8_t *v = db_bytes(p->rows, i, col, &n);
	return db_bytes_arg(v, v != NULL ? n : 0);
}

static void
add(struct page *p, unsigned col, const void *v, size_t bytes)
{
	db_array_add_bytes(&p->col[col], v, bytes);
}

static int
unread(struct err *err, int r)
{
	return r == FAULT_INTEGRITY ? RESEAL_E_UNREAD : err_fold(err, r, "row");
}

static bool
ref_read(const struct page *p, size_t i, struct person_ref *ret)
{
	struct db_arg v = value(p, i, 0);
	if (v.p == NULL || v.bytes != sizeof(ret->b))
		return false;
	memcpy(ret->b, v.p, sizeof(ret->b));
	return true;
}

/* Columns ref, 履歴番号, sealed. */
static int
row_again(struct page *p, size_t i, enum vault_kind kind, struct vault_sealed *ret, struct err *err)
{
	struct person_ref ref;
	uint8_t *plain = NULL;
	size_t n = 0;
	uint32_t number = (uint32_t)db_int(p->rows, i, 1);
	struct db_arg was = value(p, i, 2);
	if (!ref_read(p, i, &ref))
		return RESEAL_E_UNREAD;
	int r = vault_row_open(
	    p->x->vault, p->a, kind, &ref, number, was.p, was.bytes, &plain, &n, err);
	if (r)
		return unread(err, r);
	*ret = vault_row_seal(p->x->vault, p->a, kind, &ref, number, plain, n);
	mem_wipe(plain, n);
	return 0;
}

static int
numbered_row(struct page *p, size_t i, enum vault_kind kind, struct err *err)
{
	struct vault_sealed now;
	struct db_arg ref = value(p, i, 0), was = value(p, i, 2);
	int r = row_again(p, i, kind, &now, err);
	if (r)
		return r;
	add(p, 0, ref.p, ref.bytes);
	db_array_add_int(&p->col[1], db_int(p->rows, i, 1));
	add(p, 2, was.p, was.bytes);
	add(p, 3, now.p, now.bytes);
	return 0;
}

static int
resident(struct page *p, size_t i, struct err *err)
{
	return numbered_row(p, i, VAULT_RESIDENT, err);
}

static int
seal(struct page *p, size_t i, struct err *err)
{
	return numbered_row(p, i, VAULT_SEAL, err);
}

static int
hash_again(struct page *p, struct db_arg was, struct vault_hash *ret, struct err *err)
{
	int r = vault_hash_move(p->x->vault, was.p, was.bytes, vault_writes(p->x->vault), ret, err);
	return r ? unread(err, r) : 0;
}

static int
card(struct page *p, size_t i, struct err *err)
{
	struct vault_sealed now;
	struct vault_hash hash;
	struct db_arg ref = value(p, i, 0), was = value(p, i, 2), found_by = value(p, i, 3);
	int r = row_again(p, i, VAULT_CARD, &now, err);
	if (r == 0)
		r = hash_again(p, found_by, &hash, err);
	if (r)
		return r;
	add(p, 0, ref.p, ref.bytes);
	add(p, 1, found_by.p, found_by.bytes);
	add(p, 2, hash.b, hash.bytes);
	add(p, 3, was.p, was.bytes);
	add(p, 4, now.p, now.bytes);
	return 0;
}

static int
issue(struct page *p, size_t i, struct err *err)
{
	struct vault_hash hash;
	struct db_arg id = value(p, i, 0), was = value(p, i, 1);
	int r = hash_again(p, was, &hash, err);
	if (r)
		return r;
	add(p, 0, id.p, id.bytes);
	add(p, 1, was.p, was.bytes);
	add(p, 2, hash.b, hash.bytes);
	return 0;
}

/* "0a0b...,0c0d...": what a person is found by. */
static int
keys_again(
    struct page *p, const char *text, const char **ret_was, const char **ret_now, struct err *err)
{
	struct vault_hash was[SEARCH_MAX_KEYS], now[SEARCH_MAX_KEYS];
	unsigned n = 0;
	while (*text != '\0') {
		size_t digits = strcspn(text, ",");
		if (n == SEARCH_MAX_KEYS || digits % 2 != 0 || digits > 2 * VAULT_HASH_MAX_BYTES)
			return RESEAL_E_UNREAD;
		was[n] = (struct vault_hash){ .bytes = (uint8_t)(digits / 2) };
		if (!text_hex_parse(text, digits, was[n].b, was[n].bytes))
			return RESEAL_E_UNREAD;
		int r = hash_again(p, db_bytes_arg(was[n].b, was[n].bytes), &now[n], err);
		if (r)
			return r;
		n++;
		text += digits + (text[digits] == ',');
	}
	*ret_was = vault_hash_literal(p->a, was, n);
	*ret_now = vault_hash_literal(p->a, now, n);
	return 0;
}

static int
person(struct page *p, size_t i, struct err *err)
{
	const char *was = NULL, *now = NULL;
	struct db_arg ref = value(p, i, 0);
	int r = keys_again(p, db_text(p->rows, i, 1), &was, &now, err);
	if (r)
		return r;
	add(p, 0, ref.p, ref.bytes);
	add(p, 1, was, strlen(was));
	add(p, 2, now, strlen(now));
	return 0;
}

static int
box_again(struct page *p, const void *aad, size_t aad_bytes, struct db_arg was,
    struct vault_sealed *ret, struct err *err)
{
	uint8_t *plain = NULL;
	size_t n = 0;
	int r =
	    vault_box_open(p->x->vault, p->a, aad, aad_bytes, was.p, was.bytes, &plain, &n, err);
	if (r)
		return unread(err, r);
	*ret = vault_box_seal(p->x->vault, p->a, aad, aad_bytes, plain, n);
	mem_wipe(plain, n);
	return 0;
}

/* Behind the row's own key in column 0: what was there, and what comes there. */
static void
sealed_put(struct page *p, struct db_arg was, struct vault_sealed now)
{
	add(p, 1, was.p, was.bytes);
	add(p, 2, now.p, now.bytes);
}

static int
box_put(struct page *p, const void *aad, size_t aad_bytes, struct db_arg was, struct err *err)
{
	struct vault_sealed now;
	int r = box_again(p, aad, aad_bytes, was, &now, err);
	if (r)
		return r;
	sealed_put(p, was, now);
	return 0;
}

static int
stop(struct page *p, size_t i, struct err *err)
{
	uint8_t aad[STOP_AAD_BYTES];
	struct db_arg subject = value(p, i, 1);
	if (subject.p == NULL || subject.bytes != 16)
		return RESEAL_E_UNREAD;
	stop_aad(subject.p, db_int(p->rows, i, 2), aad);
	db_array_add_int(&p->col[0], db_int(p->rows, i, 0));
	return box_put(p, aad, sizeof(aad), value(p, i, 3), err);
}

static int
staff(struct page *p, size_t i, struct err *err)
{
	char aad[STAFF_AAD_BYTES];
	const char *user = db_text(p->rows, i, 0);
	add(p, 0, user, strlen(user));
	return box_put(p, aad, staff_aad(user, aad), value(p, i, 1), err);
}

static int
survey(struct page *p, size_t i, struct err *err)
{
	uint8_t aad[SURVEY_AAD_BYTES];
	struct db_arg ref = value(p, i, 0);
	if (ref.p == NULL || ref.bytes != 16)
		return RESEAL_E_UNREAD;
	survey_aad(ref.p, aad);
	add(p, 0, ref.p, ref.bytes);
	return box_put(p, aad, sizeof(aad), value(p, i, 1), err);
}

static int
reissue(struct page *p, size_t i, struct err *err)
{
	uint8_t aad[AGAIN_AAD_MAX_BYTES];
	size_t n = reissue_aad(db_text(p->rows, i, 1), aad);
	db_array_add_int(&p->col[0], db_int(p->rows, i, 0));
	return box_put(p, aad, n, value(p, i, 2), err);
}

/* The tag of its approval is under the reference key, and stays. */
static int
imprint(struct page *p, size_t i, struct err *err)
{
	struct db_arg was = value(p, i, 1);
	const struct imprint_row row = {
		.number = db_int(p->rows, i, 0), .sealed = was.p, .bytes = was.bytes
	};
	uint8_t *plain = NULL;
	size_t n = 0;
	int r = imprint_row_open(p->x->vault, p->a, &row, &plain, &n, err);
	if (r)
		return unread(err, r);
	struct vault_sealed now = imprint_row_seal(p->x->vault, p->a, row.number, plain, n);
	db_array_add_int(&p->col[0], row.number);
	sealed_put(p, was, now);
	return 0;
}

/* One that somebody changed gets its box as it is: `audit verify` names it, as before. */
static int
audit(struct page *p, size_t i, struct err *err)
{
	struct audit_row row;
	struct err changed = { 0 };
	struct db_arg was = value(p, i, 7);
	(void)err;
	if (!audit_row_read(p->rows, i, 0, &row))
		return RESEAL_E_UNREAD;
	int r = audit_row_peel(p->x->vault, p->a, &row, &changed);
	if (r) {
		row.sealed = was.p;
		row.sealed_bytes = was.bytes;
	}
	struct vault_sealed now = audit_row_over(p->x->vault, p->a, &row);
	db_array_add_int(&p->col[0], row.id);
	sealed_put(p, was, now);
	return 0;
}

#define TABLE(name_, verb, cols_, in_stream_)                                                      \
	{                                                                                          \
		name_, &q_admin_reseal_##verb##_left, &q_admin_reseal_##verb##_page,               \
		    &q_admin_reseal_##verb##_put, cols_, in_stream_, verb                          \
	}
/* The audit last: what is done here stands in it. */
static const struct table tables[RESEAL_TABLES] = {
	TABLE("resident_row", resident, "bibb", true),
	TABLE("seal_row", seal, "bibb", true),
	TABLE("card", card, "bbbbb", true),
	TABLE("person", person, "bbb", true),
	TABLE("issue", issue, "bbb", false),
	TABLE("stop", stop, "ibb", false),
	TABLE("staff", staff, "bbb", false),
	TABLE("survey", survey, "bbb", false),
	TABLE("reissue", reissue, "ibb", false),
	TABLE("imprint", imprint, "ibb", false),
	TABLE("audit_row", audit, "ibb", false),
};

const char *
reseal_table_name(unsigned table)
{
	return tables[table].name;
}

static int
rows_put(struct page *p, const struct table *t, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	struct db_arg args[RESEAL_COLS];
	unsigned n = (unsigned)strlen(t->cols);
	for (unsigned c = 0; c < n; c++)
		args[c] = db_array_arg(&p->col[c]);
	int r = db_run(p->x->db, t->put, args, n, &done, err);
	if (r)
		return err_trace(err, r, "put");
	p->n = (unsigned)db_n_touched(done);
	return 0;
}

static int
rows_make(struct page *p, const struct table *t, struct err *err)
{
	int r = 0;
	for (unsigned c = 0; t->cols[c] != '\0'; c++) {
		if (t->cols[c] == 'i')
			db_int_array(&p->col[c], RESEAL_ARRAY_BYTES);
		else
			db_bytes_array(&p->col[c], RESEAL_ARRAY_BYTES);
	}
	for (size_t i = 0; i < db_n(p->rows) && r == 0; i++)
		r = t->row(p, i, err);
	if (r == 0)
		r = rows_put(p, t, err);
	for (unsigned c = 0; t->cols[c] != '\0'; c++)
		db_array_done(&p->col[c]);
	return r;
}

/* In the transaction: nothing of what the stream writes moves meanwhile. */
static int
page_inside(struct page *p, const struct table *t, int64_t block, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *held = NULL;
	char from[RESEAL_TID_BYTES], to[RESEAL_TID_BYTES];
	(void)snprintf(from, sizeof(from), "(%lld,0)", (long long)block);
	(void)snprintf(to, sizeof(to), "(%lld,0)", (long long)block + RESEAL_BLOCKS);
	int r = t->in_stream ? db_ask0(p->x->db, &q_admin_rotate_stream, &held, err) : 0;
	if (r == 0)
		r = db_ask(p->x->db, t->page, &rows, err, db_int_arg(vault_writes(p->x->vault)),
		    db_text_arg(from), db_text_arg(to));
	if (r || db_n(rows) == 0)
		return err_trace(err, r, "page");
	p->rows = rows;
	r = rows_make(p, t, err);
	p->rows = NULL;
	return r;
}

static int
page_try(struct reseal *x, const struct table *t, int64_t block, unsigned *ret_n, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(RESEAL_ARENA_BYTES);
	struct page p = { .x = x, .a = a };
	int r = db_begin(x->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = page_inside(&p, t, block, err);
	if (r == 0)
		r = db_commit(x->db, err);
	if (r)
		db_rollback(x->db);
	else
		*ret_n = p.n;
	return r;
}

static void
rest_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

static int
page_run(struct reseal *x, const struct table *t, int64_t block, struct err *err)
{
	unsigned n = 0;
	int64_t began_ms = clock_mono_ms();
	int r = DB_E_RETRY;
	for (unsigned i = 0; r == DB_E_RETRY && i < RESEAL_TRIES; i++)
		r = page_try(x, t, block, &n, err);
	if (r)
		return r == DB_E_RETRY ? err_raise(err, FAULT_UNAVAILABLE, "lock cycles", 0) : r;
	x->n_rows += n;
	int64_t due_ms = began_ms + (int64_t)n * 1000 / x->rows_s;
	if (due_ms > clock_mono_ms())
		rest_ms(due_ms - clock_mono_ms());
	return 0;
}

static int
table_left(struct reseal *x, const struct table *t, int64_t *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(x->db, t->left, &rows, err, db_int_arg(vault_writes(x->vault)));
	if (r == 0)
		*ret = db_int(rows, 0, 0);
	return err_fold(err, r, "left");
}

/* From the first block to the last; rows that came behind it are of the new key already. */
static int
table_pass(struct reseal *x, const struct table *t, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct progress progress;
	int r = db_ask(x->db, &q_admin_rotate_blocks, &rows, err, db_text_arg(t->name));
	if (r)
		return err_fold(err, r, "size");
	int64_t blocks = db_int(rows, 0, 0);
	progress_start(&progress, 0, (uint64_t)blocks);
	for (int64_t at = 0; at < blocks && r == 0; at += RESEAL_BLOCKS) {
		r = page_run(x, t, at, err);
		progress_at(&progress, (uint64_t)at);
	}
	(void)progress_end(&progress, (uint64_t)blocks);
	return r;
}

int
reseal_table(struct reseal *x, unsigned table, struct err *err)
{
	const struct table *t = &tables[table];
	int64_t left = 0, before = x->n_rows;
	x->table = t->name;
	int r = table_left(x, t, &left, err);
	for (unsigned pass = 0; r == 0 && left > 0; pass++) {
		if (pass == RESEAL_PASSES)
			return RESEAL_E_LEFT;
		if (pass > 0)
			rest_ms(RESEAL_WAIT_MS);
		r = table_pass(x, t, err);
		if (r == 0)
			r = table_left(x, t, &left, err);
	}
	if (r)
		return r > 0 ? r : err_trace(err, r, "table");
	if (x->out != NULL) {
		fprintf(x->out, "sealed %s %lld\n", t->name, (long long)(x->n_rows - before));
		(void)fflush(x->out);
	}
	return 0;
}

int
reseal_all(struct reseal *x, struct err *err)
{
	int r = 0;
	for (unsigned i = 0; i < RESEAL_TABLES && r == 0; i++)
		r = reseal_table(x, i, err);
	return r;
}

int
reseal_left(struct reseal *x, int64_t *ret, struct err *err)
{
	int r = 0;
	*ret = 0;
	for (unsigned i = 0; i < RESEAL_TABLES && r == 0; i++) {
		int64_t left = 0;
		x->table = tables[i].name;
		r = table_left(x, &tables[i], &left, err);
		*ret += left;
	}
	return err_trace(err, r, "left");
}

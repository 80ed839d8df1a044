/* SPDX-License-Identifier: Apache-2.0 */
#include "server/audit/audit.h"
#include "base/rand.h"
#include "pki/hash.h"
#include "queries/asp_audit.h"
#include "wire/js.h"

#include <string.h>

enum { AUDIT_ARENA_BYTES = 256 * 1024, AUDIT_AAD_BYTES = 128 + AUDIT_MANY * AUDIT_SUBJECT_BYTES };

void
audit_actor(const struct vault *v, const char *actor, uint8_t ret[16])
{
	uint8_t mac[32];
	vault_mac(v, "audit actor", actor, strlen(actor), mac);
	memcpy(ret, mac, 16);
}

/* The plain columns but the id, which the database gives. */
static void
row_put(const struct audit_row *r, struct buf *b)
{
	buf_put(b, r->uid, sizeof(r->uid));
	buf_u64(b, (uint64_t)r->at_ms);
	buf_u8(b, (uint8_t)r->source);
	buf_u8(b, (uint8_t)r->kind);
	buf_put(b, r->actor, sizeof(r->actor));
	buf_u8(b, r->subjects != NULL ? 2 : r->has_subject);
	if (r->subjects != NULL)
		buf_field32(b, r->subjects, r->subjects_bytes);
	else if (r->has_subject)
		buf_put(b, r->subject, sizeof(r->subject));
}

static void
row_aad(const struct audit_row *r, struct buf *b)
{
	buf_init(b, AUDIT_AAD_BYTES);
	buf_text(b, "audit");
	row_put(r, b);
}

/* What stands sealed, the same for every subject of an event. */
static int
event_text(const struct audit_event *e, struct buf *out, struct err *err)
{
	AUTO(json_t) json_t *j = json_object();
	json_t *detail = NULL;
	int e2 = e->detail == NULL ? 0 : js_parse(e->detail, strlen(e->detail), &detail, err);
	if (e2)
		return err_trace(err, e2, "detail");
	js_put_text(j, "actor", e->actor);
	if (e->terminal != NULL)
		js_put_text(j, "terminal", e->terminal);
	js_put_text(j, "action", e->action);
	js_put(j, "detail", detail != NULL ? detail : json_object());
	return err_trace(err, js_format(j, out, err), "event");
}

static void
text_seal(const struct vault *v, struct arena *a, const struct buf *text, struct audit_row *r)
{
	struct buf aad;
	row_aad(r, &aad);
	struct vault_sealed s = vault_note_seal(v, a, aad.p, aad.bytes, text->p, text->bytes);
	r->sealed = s.p;
	r->sealed_bytes = s.bytes;
	buf_done(&aad);
}

/* The plain columns. */
static void
event_row(const struct vault *v, const struct audit_event *e, struct audit_row *ret)
{
	*ret = (struct audit_row){ .at_ms = e->at_ms,
		.source = e->source,
		.kind = e->kind,
		.has_subject = e->subject != NULL };
	rand_bytes(ret->uid, sizeof(ret->uid));
	audit_actor(v, e->actor, ret->actor);
	if (e->subject != NULL)
		memcpy(ret->subject, e->subject, sizeof(ret->subject));
}

/* Whose it is is known: what it says sealed, then the row into the queue. */
static int
row_queue(const struct vault *v, struct arena *a, const struct audit_event *e, struct audit_row *r,
    struct db_queue *queue, struct err *err)
{
	struct buf text;
	buf_init(&text, AUDIT_MAX_SEALED_BYTES);
	int x = event_text(e, &text, err);
	if (x == 0)
		text_seal(v, a, &text, r);
	buf_done(&text);
	if (x)
		return err_trace(err, x, "audit");
	db_queue_ask(queue, &q_audit_row_add, NULL, db_bytes_arg(r->uid, sizeof(r->uid)),
	    db_int_arg(r->at_ms), db_int_arg(r->source), db_int_arg(r->kind),
	    db_bytes_arg(r->actor, sizeof(r->actor)),
	    db_bytes_arg(r->has_subject ? r->subject : NULL, sizeof(r->subject)),
	    db_bytes_arg(r->sealed, r->sealed_bytes), db_bytes_arg(r->subjects, r->subjects_bytes));
	return 0;
}

int
audit_add(struct db *db, const struct vault *v, const struct audit_event *e, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(AUDIT_ARENA_BYTES);
	struct db_queue queue = { 0 };
	struct audit_row r;
	event_row(v, e, &r);
	int x = row_queue(v, a, e, &r, &queue, err);
	if (x == 0)
		x = db_queue_run(db, &queue, err);
	return x == DB_E_RETRY ? x : err_fold(err, x, "audit");
}

void
audit_many_begin(struct audit_many *m)
{
	m->arena = arena_new(AUDIT_ARENA_BYTES);
	buf_init(&m->subjects, AUDIT_MANY * AUDIT_SUBJECT_BYTES);
}

void
audit_many_done(struct audit_many *m)
{
	arena_free(m->arena);
	buf_done(&m->subjects);
}

void
audit_many_add(struct audit_many *m, const uint8_t subject[AUDIT_SUBJECT_BYTES])
{
	buf_put(&m->subjects, subject, AUDIT_SUBJECT_BYTES);
}

int
audit_many_write(struct audit_many *m, const struct vault *v, const struct audit_event *e,
    struct db_queue *queue, struct err *err)
{
	struct audit_row *r = &m->row;
	struct audit_event of = *e;
	bool one = m->subjects.bytes == AUDIT_SUBJECT_BYTES;
	if (!buf_ok(&m->subjects) || m->subjects.bytes == 0)
		return err_raise(err, FAULT_INTERNAL, "subjects", (long)m->subjects.bytes);
	of.subject = one ? m->subjects.p : NULL;
	event_row(v, &of, r);
	if (!one) {
		r->subjects = m->subjects.p;
		r->subjects_bytes = m->subjects.bytes;
	}
	return err_trace(err, row_queue(v, m->arena, &of, r, queue, err), "many");
}

static bool
bytes_read(const struct db_rows *rows, size_t row, unsigned col, void *out, size_t bytes)
{
	size_t n = 0;
	const uint8_t *p = db_is_null(rows, row, col) ? NULL : db_bytes(rows, row, col, &n);
	if (p == NULL || n != bytes)
		return false;
	memcpy(out, p, bytes);
	return true;
}

bool
audit_row_read(const struct db_rows *rows, size_t row, unsigned col, struct audit_row *ret)
{
	*ret = (struct audit_row){ .id = db_int(rows, row, col),
		.at_ms = db_int(rows, row, col + 2),
		.source = db_int(rows, row, col + 3),
		.kind = db_int(rows, row, col + 4),
		.has_subject = !db_is_null(rows, row, col + 6) };
	if (!bytes_read(rows, row, col + 1, ret->uid, sizeof(ret->uid)) ||
	    !bytes_read(rows, row, col + 5, ret->actor, sizeof(ret->actor)))
		return false;
	if (ret->has_subject && !bytes_read(rows, row, col + 6, ret->subject, sizeof(ret->subject)))
		return false;
	ret->sealed = db_bytes(rows, row, col + 7, &ret->sealed_bytes);
	ret->subjects = db_bytes(rows, row, col + 8, &ret->subjects_bytes);
	if (ret->subjects != NULL &&
	    (ret->has_subject || ret->subjects_bytes > AUDIT_MANY * AUDIT_SUBJECT_BYTES))
		return false;
	return ret->sealed != NULL && ret->sealed_bytes <= AUDIT_MAX_STORED_BYTES;
}

void
audit_leaf(const struct audit_row *r, uint8_t ret[AUDIT_HASH_BYTES])
{
	struct buf b;
	buf_init(&b, AUDIT_AAD_BYTES + 16 + AUDIT_MAX_STORED_BYTES);
	buf_text(&b, "kofu audit 1");
	buf_u64(&b, (uint64_t)r->id);
	row_put(r, &b);
	buf_put(&b, r->sealed, r->sealed_bytes);
	sha256(b.p, b.bytes, ret);
	buf_done(&b);
}

void
audit_head(const uint8_t before[AUDIT_HASH_BYTES], int64_t seq,
    const uint8_t leaf[AUDIT_HASH_BYTES], uint8_t ret[AUDIT_HASH_BYTES])
{
	uint8_t at[8];
	for (unsigned i = 0; i < sizeof(at); i++)
		at[i] = (uint8_t)((uint64_t)seq >> (56 - 8 * i));
	const struct sha256_part parts[] = { { before, AUDIT_HASH_BYTES }, { at, sizeof(at) },
		{ leaf, AUDIT_HASH_BYTES } };
	sha256_parts(parts, N_ELEMENTS(parts), ret);
}

static size_t
over_aad(const struct audit_row *r, uint8_t out[5 + AUDIT_UID_BYTES])
{
	memcpy(out, "over ", 5);
	memcpy(out + 5, r->uid, AUDIT_UID_BYTES);
	return 5 + AUDIT_UID_BYTES;
}

int
audit_row_peel(const struct vault *v, struct arena *a, struct audit_row *r, struct err *err)
{
	uint8_t aad[5 + AUDIT_UID_BYTES];
	uint8_t *p = NULL;
	size_t n = 0;
	if (!vault_is_over(r->sealed, r->sealed_bytes))
		return 0;
	int e =
	    vault_box_open(v, a, aad, over_aad(r, aad), r->sealed, r->sealed_bytes, &p, &n, err);
	if (e)
		return err_trace(err, e, "box around a row");
	r->sealed = p;
	r->sealed_bytes = n;
	return 0;
}

struct vault_sealed
audit_row_over(const struct vault *v, struct arena *a, const struct audit_row *r)
{
	uint8_t aad[5 + AUDIT_UID_BYTES];
	return vault_box_seal(v, a, aad, over_aad(r, aad), r->sealed, r->sealed_bytes);
}

int
audit_row_open(const struct vault *v, struct arena *a, const struct audit_row *row,
    const char **ret_json, struct err *err)
{
	struct audit_row peeled = *row;
	const struct audit_row *r = &peeled;
	struct buf aad;
	uint8_t *plain = NULL;
	size_t n = 0;
	int e = audit_row_peel(v, a, &peeled, err);
	if (e)
		return err_trace(err, e, "audit row");
	row_aad(r, &aad);
	e = vault_note_open(v, a, aad.p, aad.bytes, r->sealed, r->sealed_bytes, &plain, &n, err);
	buf_done(&aad);
	if (e)
		return err_trace(err, e, "audit row");
	*ret_json = arena_strndup(a, (const char *)plain, n);
	return 0;
}

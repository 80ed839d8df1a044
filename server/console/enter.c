/* SPDX-License-Identifier: Apache-2.0 */
/* One request: terminal, page, session, right, transaction, work, audit, commit, answer. */
#include "base/clock.h"
#include "base/text.h"
#include "server/console/console.h"

#include <string.h>

void
ask_subject(struct ask *q, const uint8_t subject[16])
{
	for (unsigned i = 0; i < q->n_subjects; i++)
		if (memcmp(q->subjects[i], subject, 16) == 0)
			return;
	if (q->n_subjects < CONSOLE_MAX_SUBJECTS)
		memcpy(q->subjects[q->n_subjects++], subject, 16);
}

int
ask_members(struct ask *q, const char *const *names, struct err *err)
{
	return err_trace(err, js_members(q->body, names, err), "body");
}

int
ask_text(struct ask *q, const char *key, bool may_be_empty, const char **ret, struct err *err)
{
	const char *s = NULL;
	int r = js_text(q->body, key, CONSOLE_TEXT_BYTES, &s, err);
	if (r == 0 && (!text_is_clean_utf8(s, strlen(s)) || (s[0] == '\0' && !may_be_empty)))
		r = err_raise(err, FAULT_BAD_INPUT, "text", 0);
	if (r == 0)
		*ret = s;
	return err_trace(err, r, "body");
}

int
ask_kinds(struct ask *q, unsigned *ret, struct err *err)
{
	const json_t *list = NULL;
	unsigned kinds = 0;
	int r = js_array(q->body, "kinds", DOC_KIND_MAX, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum doc_kind kind = name != NULL ? doc_kind_find(name) : 0;
		if (kind == 0)
			r = err_raise(err, FAULT_BAD_INPUT, "kind", (long)i);
		kinds |= 1u << kind;
	}
	if (r == 0 && kinds == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no kind", 0);
	if (r == 0)
		*ret = kinds;
	return err_trace(err, r, "kinds");
}

int
ask_day(const char *text, int64_t *ret_ms, struct err *err)
{
	char full[32];
	if (text == NULL || strlen(text) != 10)
		return err_raise(err, FAULT_BAD_INPUT, "day", 0);
	memcpy(full, text, 10);
	memcpy(full + 10, "T00:00:00+09:00", 16);
	return clock_parse_rfc3339(full, ret_ms) ? 0 : err_raise(err, FAULT_BAD_INPUT, "day", 1);
}

json_t *
kinds_list(unsigned kinds)
{
	json_t *list = json_array();
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if ((kinds >> k & 1) != 0)
			(void)json_array_append_new(
			    list, json_string(doc_kind_name((enum doc_kind)k)));
	return list;
}

int
column16(const struct db_rows *rows, size_t row, unsigned col, uint8_t ret[16], struct err *err)
{
	size_t n = 0;
	const uint8_t *p = db_bytes(rows, row, col, &n);
	if (p == NULL || n != 16)
		return err_raise(err, FAULT_INTEGRITY, "length of a column", (long)col);
	memcpy(ret, p, 16);
	return 0;
}

int
ask_resident(struct ask *q, const struct db_rows *rows, size_t row, unsigned col,
    const uint8_t ref[16], struct resident *ret, struct err *err)
{
	struct person_ref who;
	uint8_t *plain = NULL;
	size_t n = 0, bytes = 0;
	const uint8_t *sealed = db_bytes(rows, row, col + 1, &bytes);
	memcpy(who.b, ref, sizeof(who.b));
	int r = vault_row_open(&q->c->vault, q->a, VAULT_RESIDENT, &who,
	    (uint32_t)db_int(rows, row, col), sealed, bytes, &plain, &n, err);
	if (r == 0)
		r = resident_decode(q->a, plain, n, ret, err);
	return err_fold(err, r, "row");
}

/* --- the audit --- */

static int
audit_write(struct ask *q, enum audit_kind kind, const char *detail, struct err *err)
{
	struct audit_event e = { .source = AUDIT_CONSOLE,
		.kind = kind,
		.at_ms = q->now_ms,
		.actor = q->user != NULL ? q->user
		    : q->actor != NULL   ? q->actor
					 : "-",
		.terminal = q->req->peer.name,
		.action = q->route->action,
		.detail = detail };
	int r = 0;
	for (unsigned i = 0; i < q->n_subjects && r == 0; i++) {
		e.subject = q->subjects[i];
		r = audit_add(q->db, &q->c->vault, &e, err);
	}
	e.subject = NULL;
	return r || q->n_subjects > 0 ? r : audit_add(q->db, &q->c->vault, &e, err);
}

static const char *
detail_text(struct ask *q)
{
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, AUDIT_DETAIL_MAX_BYTES);
	const char *s = js_format(q->detail, &b, &err) == 0 && buf_ok(&b)
	    ? arena_strndup(q->a, (const char *)b.p, b.bytes)
	    : "{\"detail\":\"too long\"}";
	buf_done(&b);
	return s;
}

/* What was refused is told in a transaction of its own: the other is rolled back. */
static int
refusal_note(struct ask *q, int outcome, struct err *err)
{
	const char *detail = arena_printf(q->a, "{\"outcome\":%d}", outcome);
	q->n_subjects = 0;
	int r = audit_write(q, AUDIT_REFUSED, detail, err);
	return err_fold(err, r, "refusal");
}

/* --- one try --- */

static bool
is_of_page(const struct ask *q)
{
	char want[65];
	const char *type = http_req_header(q->req, "Content-Type");
	const char *site = http_req_header(q->req, "Sec-Fetch-Site");
	const char *token = http_req_header(q->req, "Kofu-Csrf");
	if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	if (strcmp(q->route->method, "GET") == 0)
		return true;
	if (type == NULL || strncmp(type, "application/json", 16) != 0)
		return false;
	if (q->route->right == RIGHT_NONE)
		return token != NULL;
	if (q->cookie == NULL)
		return true; /* refused as nobody's session */
	session_csrf(q->cookie, want);
	return token != NULL && text_equal(token, want);
}

static int
ask_work(struct ask *q, struct err *err)
{
	int r = q->route->right == RIGHT_NONE ? 0 : session_enter(q, err);
	if (r)
		return err_trace(err, r, "session");
	bool any = (q->route->right & (RIGHT_SESSION | RIGHT_LOCKED)) != 0;
	if (q->route->right != RIGHT_NONE && !any && (q->rights & q->route->right) == 0)
		return CONSOLE_E_RIGHT;
	r = q->route->handle(q, err);
	if (r == 0)
		r = audit_write(q, q->route->kind, detail_text(q), err);
	return r;
}

static void
ask_reset(struct ask *q)
{
	json_decref(q->out);
	json_decref(q->detail);
	q->out = json_object();
	q->detail = json_object();
	q->n_subjects = 0;
	q->keep = false;
}

static int
ask_try(struct ask *q, struct err *err)
{
	ask_reset(q);
	/* A data key may be new; after DB_E_RETRY it may be what was wrong. */
	int r = ring_look(&q->c->ring, q->db, clock_now_ms(), err);
	if (r == 0)
		r = db_begin(q->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = ask_work(q, err);
	int committed = r == 0 || q->keep ? db_commit(q->db, err) : 0;
	if (committed)
		r = committed;
	if (r)
		db_rollback(q->db);
	return r;
}

static int
ask_run(struct ask *q, struct err *err)
{
	int r = DB_E_RETRY;
	for (unsigned i = 0; i < CONSOLE_TRIES && r == DB_E_RETRY; i++)
		r = ask_try(q, err);
	if (r == DB_E_RETRY)
		return err_raise(err, FAULT_UNAVAILABLE, "too many at once", 0);
	if (r > 0 && r < CONSOLE_E_SESSION)
		return err_fold(err, r, "console");
	if (r > 0) {
		int noted = refusal_note(q, r, err);
		return noted ? noted : r;
	}
	return r;
}

static int
ask_answer(struct ask *q, struct err *err)
{
	struct buf b;
	if (q->res->body != NULL)
		return 0;
	buf_init(&b, CONSOLE_RES_BYTES);
	int r = js_format(q->out, &b, err);
	q->res->body_bytes = b.bytes;
	q->res->body = r == 0 ? arena_memdup(q->a, b.p, b.bytes) : NULL;
	buf_done(&b);
	return err_trace(err, r, "answer");
}

static const char *
cookie_find(struct http_req *req)
{
	static const char name[] = "__Host-kofu=";
	const char *all = http_req_header(req, "Cookie");
	const char *at = all != NULL ? strstr(all, name) : NULL;
	if (at == NULL || (at != all && at[-1] != ' ' && at[-1] != ';'))
		return NULL;
	at += sizeof(name) - 1;
	size_t n = strcspn(at, "; ");
	return n == 43 ? arena_strndup(req->arena, at, n) : NULL;
}

bool
console_is_terminal(const struct console *c, const struct http_peer *peer)
{
	size_t n = strlen(c->muni.s);
	return strncmp(peer->name, c->muni.s, n) == 0 && peer->name[n] == '-';
}

static int
ask_begin(struct ask *q, struct err *err)
{
	if (!console_is_terminal(q->c, &q->req->peer))
		return CONSOLE_E_TERMINAL;
	q->cookie = cookie_find(q->req);
	if (!is_of_page(q))
		return CONSOLE_E_CSRF;
	if (strcmp(q->route->method, "GET") == 0)
		return 0;
	return err_trace(err, js_parse(q->req->body, q->req->body_bytes, &q->body, err), "body");
}

int
console_enter(
    struct http_req *req, struct http_res *res, const struct console_route *route, struct err *err)
{
	struct ask q = { .c = req->app,
		.req = req,
		.res = res,
		.a = req->arena,
		.route = route,
		.now_ms = clock_now_ms(),
		.subjects = arena_zero_n(req->arena, CONSOLE_MAX_SUBJECTS, 16) };
	int r = db_pool_take(q.c->db, CONSOLE_DB_WAIT_MS, &q.db, err);
	if (r)
		return err_trace(err, r, "database");
	r = ask_begin(&q, err);
	if (r > 0) {
		int noted = refusal_note(&q, r, err);
		r = noted ? noted : r;
	} else if (r == 0) {
		r = ask_run(&q, err);
	}
	db_pool_give(q.c->db, q.db);
	if (r == 0)
		r = ask_answer(&q, err);
	LOG(LOG_LVL_NOTICE, "console", LOG_F("txn", req->txn), LOG_F("muni", q.c->muni),
	    LOG_F("route", (int)(route - console_table)), LOG_F("outcome", r));
	json_decref(q.body);
	json_decref(q.out);
	json_decref(q.detail);
	return err_trace(err, r, "console");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The staff: who is there, with which roles until when; comparison with the personnel's roster. */
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_console.h"
#include "server/console/console.h"
#include "server/console/roster_file.h"

#include <string.h>

enum { DAY_MS = 86400000 };

static int
staff_fold(int r, struct err *err)
{
	switch (r) {
	case STAFF_E_EXISTS:
		return CONSOLE_E_EXISTS;
	case STAFF_E_WEAK:
		return CONSOLE_E_WEAK;
	case STAFF_E_UNKNOWN:
		return CONSOLE_E_UNKNOWN;
	case STAFF_E_NO_ROLE:
		return CONSOLE_E_NO_ROLE;
	case DB_E_RETRY:
		return r;
	default:
		return err_fold(err, r, "staff");
	}
}

static int
staff_rows(struct ask *q, struct db_rows **ret, struct err *err)
{
	return err_fold(
	    err, db_ask(q->db, &q_console_staff_list, ret, err, db_int_arg(q->now_ms)), "staff");
}

/* "kansa:1795190400000,kanri:…" */
static json_t *
roles_list(struct ask *q, const char *text)
{
	json_t *list = json_array();
	while (*text != '\0') {
		size_t n = strcspn(text, ","), colon = strcspn(text, ":");
		const struct console_role *role = console_role_find(text, colon);
		json_t *j = json_object();
		uint64_t until = 0;
		if (colon < n)
			(void)text_u64_parse(text + colon + 1, n - colon - 1, INT64_MAX, &until);
		js_put_text(j, "role", arena_strndup(q->a, text, colon < n ? colon : n));
		js_put_text(j, "title", role != NULL ? role->title : "");
		js_put_int(j, "until_ms", (int64_t)until);
		(void)json_array_append_new(list, j);
		text += n + (text[n] == ',');
	}
	return list;
}

static int
staff_describe(struct ask *q, const struct db_rows *rows, size_t i, json_t *list, struct err *err)
{
	uint8_t secret[TOTP_SECRET_BYTES];
	const char *user = db_text(rows, i, 0), *name = NULL;
	size_t n = 0;
	const uint8_t *sealed = db_bytes(rows, i, 1, &n);
	int r = staff_open(&q->c->vault, q->a, user, sealed, n, &name, secret, err);
	mem_wipe(secret, sizeof(secret));
	if (r)
		return err_trace(err, r, "staff");
	json_t *j = json_object();
	js_put_text(j, "user", user);
	js_put_text(j, "name", name);
	js_put_bool(j, "active", db_bool(rows, i, 2));
	js_put_bool(j, "locked", db_int(rows, i, 3) > q->now_ms);
	js_put(j, "roles", roles_list(q, db_text(rows, i, 5)));
	(void)json_array_append_new(list, j);
	return 0;
}

int
console_staff(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	json_t *roles = json_array();
	js_put(q->out, "staff", list);
	js_put(q->out, "roles", roles);
	for (const struct console_role *role = console_roles; role->name != NULL; role++) {
		json_t *j = json_object();
		js_put_text(j, "role", role->name);
		js_put_text(j, "title", role->title);
		(void)json_array_append_new(roles, j);
	}
	int r = staff_rows(q, &rows, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = staff_describe(q, rows, i, list, err);
	return err_trace(err, r, "staff");
}

static int
user_read(struct ask *q, const char **ret, struct err *err)
{
	int r = ask_text(q, "user", false, ret, err);
	if (r == 0 && !staff_id_ok(*ret))
		r = err_raise(err, FAULT_BAD_INPUT, "user id", 0);
	if (r == 0)
		js_put_text(q->detail, "user", *ret);
	return err_trace(err, r, "user");
}

/* The secret is shown this once: to be put into the person's authenticator. */
int
console_staff_add(struct ask *q, struct err *err)
{
	static const char *const members[] = { "user", "name", "password", NULL };
	uint8_t secret[TOTP_SECRET_BYTES];
	struct staff_new s = { .now_ms = q->now_ms };
	int r = ask_members(q, members, err);
	if (r == 0)
		r = user_read(q, &s.user, err);
	if (r == 0)
		r = ask_text(q, "name", false, &s.name, err);
	if (r == 0)
		r = js_text(q->body, "password", PASSWORD_MAX_BYTES, &s.password, err);
	if (r)
		return err_trace(err, r, "staff");
	r = staff_add(q->db, &q->c->vault, &s, secret, err);
	if (r == 0)
		js_put_text(q->out, "otp_url", staff_otp_url(q->a, q->c->muni.s, s.user, secret));
	mem_wipe(secret, sizeof(secret));
	return staff_fold(r, err);
}

/* 発効. Nobody gives rights to himself. */
int
console_staff_grant(struct ask *q, struct err *err)
{
	static const char *const members[] = { "user", "role", "until", NULL };
	const char *user = NULL, *role = NULL, *until = NULL;
	int64_t until_ms = 0;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = user_read(q, &user, err);
	if (r == 0)
		r = ask_text(q, "role", false, &role, err);
	if (r == 0)
		r = ask_text(q, "until", false, &until, err);
	if (r == 0)
		r = ask_day(until, &until_ms, err);
	if (r)
		return err_trace(err, r, "grant");
	if (text_equal(user, q->user))
		return CONSOLE_E_SAME;
	js_put_text(q->detail, "role", role);
	js_put_text(q->detail, "until", until);
	return staff_fold(
	    staff_grant(q->db, user, role, q->now_ms, until_ms + DAY_MS, q->user, err), err);
}

static int
sessions_end(struct ask *q, const char *user, struct err *err)
{
	return err_fold(err,
	    db_ask(q->db, &q_console_session_end, NULL, err, db_bytes_arg(NULL, 0),
		db_text_arg(user), db_int_arg(q->now_ms)),
	    "sessions");
}

/* Without a role the person is gone altogether: every role, every session, the log-in. */
static int
staff_leave(struct ask *q, const char *user, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(
	    q->db, &q_console_staff_active, &rows, err, db_text_arg(user), db_bool_arg(false));
	if (r)
		return err_fold(err, r, "staff");
	return db_n(rows) == 0 ? CONSOLE_E_UNKNOWN : sessions_end(q, user, err);
}

/* 失効: at once, also for who is logged in: roles are read with every request. */
int
console_staff_end(struct ask *q, struct err *err)
{
	static const char *const members[] = { "user", "role", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *user = NULL, *role = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = user_read(q, &user, err);
	if (r == 0)
		r = ask_text(q, "role", true, &role, err);
	if (r)
		return err_trace(err, r, "end");
	if (text_equal(user, q->user))
		return CONSOLE_E_SAME; /* or nobody might be left who gives rights */
	js_put_text(q->detail, "role", role);
	bool all = role[0] == '\0';
	r = db_ask(q->db, &q_console_right_end, &rows, err, db_text_arg(user),
	    db_text_arg(all ? NULL : role), db_int_arg(q->now_ms), db_text_arg(q->user));
	if (r)
		return staff_fold(r, err);
	if (all)
		return staff_leave(q, user, err);
	return db_n(rows) == 0 ? CONSOLE_E_UNKNOWN : 0;
}

int
console_staff_unlock(struct ask *q, struct err *err)
{
	static const char *const members[] = { "user", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *user = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = user_read(q, &user, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_staff_active, &rows, err, db_text_arg(user),
		    db_bool_arg(true));
	if (r)
		return staff_fold(r, err);
	return db_n(rows) == 0 ? CONSOLE_E_UNKNOWN : 0;
}

/* --- the roster --- */

/* Which line it is goes with the refusal: the file is long, and not the clerk's own. */
static int
roster_read(struct ask *q, struct roster *ret, struct err *err)
{
	const char *csv = NULL;
	unsigned line = 0;
	int r = js_text(q->body, "csv", CONSOLE_ROSTER_BYTES, &csv, err);
	if (r)
		return err_trace(err, r, "roster");
	r = roster_parse(q->a, csv, ret, &line);
	if (r && line > 0)
		q->res->detail_json = arena_printf(q->a, "{\"line\":%u}", line);
	return r;
}

static bool
rows_have(const struct db_rows *rows, const char *user)
{
	for (size_t i = 0; i < db_n(rows); i++)
		if (strcmp(db_text(rows, i, 0), user) == 0)
			return true;
	return false;
}

/* left: have a log-in and are not on the roster. new: the other way round. */
int
console_staff_roster(struct ask *q, struct err *err)
{
	static const char *const members[] = { "csv", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct roster roster = { .n = 0 };
	json_t *left = json_array();
	json_t *fresh = json_array();
	js_put(q->out, "left", left);
	js_put(q->out, "new", fresh);
	int r = ask_members(q, members, err);
	if (r == 0)
		r = roster_read(q, &roster, err);
	if (r == 0)
		r = staff_rows(q, &rows, err);
	if (r)
		return err_trace(err, r, "roster");
	for (size_t i = 0; i < db_n(rows); i++)
		if (db_bool(rows, i, 2) && !roster_has(&roster, db_text(rows, i, 0)))
			(void)json_array_append_new(left, json_string(db_text(rows, i, 0)));
	for (unsigned i = 0; i < roster.n; i++)
		if (!rows_have(rows, roster.ids[i]))
			(void)json_array_append_new(fresh, json_string(roster.ids[i]));
	js_put_int(q->out, "roster", roster.n);
	js_put_int(q->detail, "left", (int64_t)json_array_size(left));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in and out. A session counts at the terminal it was begun at, and nowhere else. */
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/hash.h"
#include "queries/asp_console.h"
#include "server/console/console.h"

#include <string.h>

void
session_csrf(const char *cookie, char ret[65])
{
	uint8_t hash[SHA256_BYTES];
	const struct sha256_part parts[] = { { "kofu csrf", 9 }, { cookie, strlen(cookie) } };
	sha256_parts(parts, N_ELEMENTS(parts), hash);
	text_hex_format(hash, sizeof(hash), ret);
}

static void
session_hash(const char *cookie, uint8_t ret[SHA256_BYTES])
{
	const struct sha256_part parts[] = { { "kofu session", 12 }, { cookie, strlen(cookie) } };
	sha256_parts(parts, N_ELEMENTS(parts), ret);
}

static int
console_session_end(struct ask *q, struct err *err)
{
	return err_fold(err,
	    db_ask(q->db, &q_console_session_end, NULL, err,
		db_bytes_arg(q->session, sizeof(q->session)), db_text_arg(NULL),
		db_int_arg(q->now_ms)),
	    "session");
}

/* Over, at another terminal, or at rest too long? */
static int
session_check(struct ask *q, const struct db_rows *rows)
{
	int64_t begun_ms = db_int(rows, 0, 2), seen_ms = db_int(rows, 0, 3);
	if (!db_bool(rows, 0, 4) || !text_equal(db_text(rows, 0, 1), q->req->peer.name))
		return CONSOLE_E_SESSION;
	if (q->now_ms - begun_ms > q->c->section->session_s * 1000)
		return CONSOLE_E_SESSION;
	if (q->now_ms - seen_ms > q->c->section->idle_s * 1000 &&
	    (q->route->right & RIGHT_LOCKED) == 0)
		return CONSOLE_E_LOCKED;
	return 0;
}

static int
session_read(struct ask *q, const struct db_rows *rows, struct err *err)
{
	uint8_t secret[TOTP_SECRET_BYTES];
	size_t n = 0;
	const uint8_t *sealed = db_bytes(rows, 0, 5, &n);
	q->user = arena_strdup(q->a, db_text(rows, 0, 0));
	q->roles = arena_strdup(q->a, db_text(rows, 0, 6));
	q->rights = console_rights_of(q->roles);
	int r = staff_open(&q->c->vault, q->a, q->user, sealed, n, &q->name, secret, err);
	mem_wipe(secret, sizeof(secret));
	return err_trace(err, r, "session");
}

int
session_enter(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	if (q->cookie == NULL)
		return CONSOLE_E_SESSION;
	session_hash(q->cookie, q->session);
	int r = db_ask(q->db, &q_console_session_find, &rows, err,
	    db_bytes_arg(q->session, sizeof(q->session)), db_int_arg(q->now_ms));
	if (r)
		return err_fold(err, r, "session");
	if (db_n(rows) == 0)
		return CONSOLE_E_SESSION;
	q->actor = arena_strdup(q->a, db_text(rows, 0, 0));
	r = session_check(q, rows);
	if (r == 0)
		r = session_read(q, rows, err);
	if (r || q->now_ms - db_int(rows, 0, 3) < CONSOLE_SEEN_MS ||
	    (q->route->right & RIGHT_LOCKED) != 0)
		return err_trace(err, r, "session");
	r = db_ask(q->db, &q_console_session_seen, NULL, err,
	    db_bytes_arg(q->session, sizeof(q->session)), db_int_arg(q->now_ms));
	return err_fold(err, r, "session");
}

static int
me_describe(struct ask *q)
{
	json_t *rights = json_array();
	json_t *roles = json_array();
	char csrf[65];
	for (unsigned i = 0; i < RIGHT_COUNT; i++)
		if ((q->rights >> i & 1) != 0)
			(void)json_array_append_new(
			    rights, json_string(console_right_name(1u << i)));
	for (const struct console_role *r = console_roles; r->name != NULL; r++)
		for (const char *at = q->roles; *at != '\0';) {
			size_t n = strcspn(at, ",");
			if (console_role_find(at, n) == r)
				(void)json_array_append_new(roles, json_string(r->title));
			at += n + (at[n] == ',');
		}
	session_csrf(q->cookie, csrf);
	js_put_text(q->out, "user", q->user);
	js_put_text(q->out, "name", q->name);
	js_put_text(q->out, "muni", q->c->muni.s);
	js_put_text(q->out, "muni_name", q->c->profile->name);
	js_put_text(q->out, "terminal", q->req->peer.name);
	js_put_bool(q->out, "four_eyes", q->c->section->four_eyes);
	js_put_int(q->out, "idle_s", q->c->section->idle_s);
	js_put(q->out, "roles", roles);
	js_put(q->out, "rights", rights);
	js_put_text(q->out, "csrf", csrf);
	return 0;
}

int
console_me(struct ask *q, struct err *err)
{
	(void)err;
	return me_describe(q);
}

static void
cookie_set(struct ask *q, const char *value, const char *more)
{
	q->res->header_name[0] = "Set-Cookie";
	q->res->header_value[0] = arena_printf(
	    q->a, "__Host-kofu=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s", value, more);
}

/* Always a new one: what the browser sent is not looked at (session fixation). */
static int
session_begin(struct ask *q, const char *user, struct err *err)
{
	uint8_t id[STAFF_SESSION_BYTES];
	rand_bytes(id, sizeof(id));
	q->cookie = text_b64url_format(q->a, id, sizeof(id));
	session_hash(q->cookie, q->session);
	int r = db_ask(q->db, &q_console_session_add, NULL, err,
	    db_bytes_arg(q->session, sizeof(q->session)), db_text_arg(user),
	    db_text_arg(q->req->peer.name), db_int_arg(q->now_ms));
	if (r == 0)
		cookie_set(q, q->cookie, "");
	return err_fold(err, r, "session");
}

static int
credentials_try(struct ask *q, const char *user, struct err *err)
{
	const char *password = NULL, *otp = NULL;
	int r = js_text(q->body, "password", PASSWORD_MAX_BYTES, &password, err);
	if (r == 0)
		r = js_text(q->body, "otp", 16, &otp, err);
	if (r == 0)
		r = staff_try(q->db, &q->c->vault, user, password, otp, q->now_ms, err);
	q->keep = r == STAFF_E_REFUSED;
	return r == STAFF_E_REFUSED ? CONSOLE_E_LOGIN : err_trace(err, r, "log-in");
}

int
console_login(struct ask *q, struct err *err)
{
	static const char *const members[] = { "user", "password", "otp", NULL };
	const char *user = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = js_text(q->body, "user", STAFF_ID_MAX, &user, err);
	if (r)
		return err_trace(err, r, "log-in");
	q->actor = user;
	r = credentials_try(q, user, err);
	if (r == 0)
		r = session_begin(q, user, err);
	if (r == 0)
		r = session_enter(q, err);
	return r ? err_trace(err, r, "log-in") : me_describe(q);
}

int
console_logout(struct ask *q, struct err *err)
{
	cookie_set(q, "", "; Max-Age=0");
	return console_session_end(q, err);
}

/* The same person, after a rest. */
int
console_reauth(struct ask *q, struct err *err)
{
	static const char *const members[] = { "password", "otp", NULL };
	int r = ask_members(q, members, err);
	if (r == 0)
		r = credentials_try(q, q->user, err);
	if (r == 0)
		r = err_fold(err,
		    db_ask(q->db, &q_console_session_seen, NULL, err,
			db_bytes_arg(q->session, sizeof(q->session)), db_int_arg(q->now_ms)),
		    "session");
	return r ? err_trace(err, r, "reauth") : me_describe(q);
}

int
console_password(struct ask *q, struct err *err)
{
	static const char *const members[] = { "password", "otp", "new_password", NULL };
	const char *fresh = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = js_text(q->body, "new_password", PASSWORD_MAX_BYTES, &fresh, err);
	if (r == 0)
		r = credentials_try(q, q->user, err);
	if (r == 0)
		r = staff_password_set(q->db, &q->c->vault, q->user, fresh, err);
	return r == STAFF_E_WEAK ? CONSOLE_E_WEAK : err_trace(err, r, "password");
}

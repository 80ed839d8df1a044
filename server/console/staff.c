/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/staff.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "queries/asp_console.h"
#include "server/console/rights.h"

#include <string.h>

enum { STAFF_ARENA_BYTES = 65536, DAY_MS = 86400000 };

bool
staff_id_ok(const char *user)
{
	size_t n = strlen(user);
	return n >= STAFF_ID_MIN && n <= STAFF_ID_MAX &&
	    strspn(user, "abcdefghijklmnopqrstuvwxyz0123456789") == n;
}

size_t
staff_aad(const char *user, char out[STAFF_AAD_BYTES])
{
	size_t n = strlen(user) <= STAFF_ID_MAX ? strlen(user) : STAFF_ID_MAX;
	memcpy(out, "staff ", 6);
	memcpy(out + 6, user, n);
	return 6 + n;
}

/* Long enough, not the user id, not one character over and over. */
static bool
password_is_weak(const char *user, const char *password)
{
	long chars = text_utf8_count(password, strlen(password));
	unsigned different = 0;
	bool seen[256] = { false };
	for (const char *p = password; *p != '\0'; p++) {
		different += !seen[(uint8_t)*p];
		seen[(uint8_t)*p] = true;
	}
	return chars < PASSWORD_MIN_CHARS || strlen(password) > PASSWORD_MAX_BYTES ||
	    different < 5 || strstr(password, user) != NULL;
}

/* What is stored: argon2id's output keyed again, so that the table alone cannot be tried. */
static int
pass_make(const struct vault *v, const char *user, const char *password,
    const uint8_t salt[PASSWORD_SALT_BYTES], uint8_t ret[32], struct err *err)
{
	char label[STAFF_AAD_BYTES + 8] = "pass ";
	uint8_t hash[PASSWORD_HASH_BYTES];
	int r = password_hash(password, salt, hash, err);
	if (r)
		return err_trace(err, r, "password");
	(void)staff_aad(user, label + 5);
	vault_mac(v, label, hash, sizeof(hash), ret);
	mem_wipe(hash, sizeof(hash));
	return 0;
}

int
staff_add(struct db *db, const struct vault *v, const struct staff_new *s,
    uint8_t ret_secret[TOTP_SECRET_BYTES], struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(STAFF_ARENA_BYTES);
	uint8_t salt[PASSWORD_SALT_BYTES], pass[32];
	char aad[STAFF_AAD_BYTES];
	struct buf plain;
	if (!staff_id_ok(s->user) || strlen(s->name) > STAFF_NAME_MAX_BYTES ||
	    !text_is_clean_utf8(s->name, strlen(s->name)) || s->name[0] == '\0')
		return err_raise(err, FAULT_BAD_INPUT, "user id or name", 0);
	if (password_is_weak(s->user, s->password))
		return STAFF_E_WEAK;
	rand_bytes(salt, sizeof(salt));
	rand_bytes(ret_secret, TOTP_SECRET_BYTES);
	int r = pass_make(v, s->user, s->password, salt, pass, err);
	if (r)
		return err_trace(err, r, "staff");
	buf_init(&plain, TOTP_SECRET_BYTES + STAFF_NAME_MAX_BYTES);
	buf_put(&plain, ret_secret, TOTP_SECRET_BYTES);
	buf_text(&plain, s->name);
	const struct vault_sealed sealed =
	    vault_box_seal(v, a, aad, staff_aad(s->user, aad), plain.p, plain.bytes);
	r = db_ask(db, &q_console_staff_add, NULL, err, db_text_arg(s->user),
	    db_bytes_arg(sealed.p, sealed.bytes), db_bytes_arg(salt, sizeof(salt)),
	    db_bytes_arg(pass, sizeof(pass)), db_int_arg(s->now_ms));
	buf_done(&plain);
	return r == DB_E_CONFLICT ? STAFF_E_EXISTS : err_fold(err, r, "staff");
}

int
staff_grant(struct db *db, const char *user, const char *role, int64_t now_ms, int64_t until_ms,
    const char *by, struct err *err)
{
	if (console_role_find(role, strlen(role)) == NULL || until_ms <= now_ms ||
	    until_ms - now_ms > (int64_t)STAFF_RIGHT_MAX_DAYS * DAY_MS)
		return STAFF_E_NO_ROLE;
	AUTO(db_rows) struct db_rows *ended = NULL;
	int r = db_ask(db, &q_console_right_end, &ended, err, db_text_arg(user), db_text_arg(role),
	    db_int_arg(now_ms), db_text_arg(by));
	if (r == 0)
		r = db_ask(db, &q_console_right_add, NULL, err, db_text_arg(user),
		    db_text_arg(role), db_int_arg(now_ms), db_int_arg(until_ms), db_text_arg(by));
	return r == DB_E_CONFLICT ? STAFF_E_UNKNOWN : err_fold(err, r, "right");
}

int
staff_open(const struct vault *v, struct arena *a, const char *user, const void *sealed,
    size_t bytes, const char **ret_name, uint8_t ret_secret[TOTP_SECRET_BYTES], struct err *err)
{
	char aad[STAFF_AAD_BYTES];
	uint8_t *p = NULL;
	size_t n = 0;
	int r = vault_box_open(v, a, aad, staff_aad(user, aad), sealed, bytes, &p, &n, err);
	if (r == 0 && n < TOTP_SECRET_BYTES)
		r = err_raise(err, FAULT_INTEGRITY, "staff", (long)n);
	if (r)
		return err_trace(err, r, "staff");
	memcpy(ret_secret, p, TOTP_SECRET_BYTES);
	*ret_name = arena_strndup(a, (const char *)p + TOTP_SECRET_BYTES, n - TOTP_SECRET_BYTES);
	return 0;
}

/* A row of staff_find, tried. */
struct attempt {
	const char *user, *password, *otp;
	int64_t now_ms;
	int64_t step; /* of the code that fits */
};

static int
row_try(const struct db_rows *rows, const struct vault *v, struct attempt *t, bool *ret_good,
    struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(STAFF_ARENA_BYTES);
	uint8_t pass[32], secret[TOTP_SECRET_BYTES];
	const char *name = NULL;
	size_t n_salt = 0, n_pass = 0, n_sealed = 0;
	const uint8_t *sealed = db_bytes(rows, 0, 1, &n_sealed);
	const uint8_t *salt = db_bytes(rows, 0, 2, &n_salt);
	const uint8_t *want = db_bytes(rows, 0, 3, &n_pass);
	if (n_salt != PASSWORD_SALT_BYTES || n_pass != sizeof(pass))
		return err_raise(err, FAULT_INTEGRITY, "staff", (long)n_salt);
	int r = pass_make(v, t->user, t->password, salt, pass, err);
	if (r == 0)
		r = staff_open(v, a, t->user, sealed, n_sealed, &name, secret, err);
	if (r)
		return err_trace(err, r, "staff");
	bool known = mem_equal(pass, want, sizeof(pass)) != 0;
	bool code = totp_check(secret, t->otp, t->now_ms, db_int(rows, 0, 4), &t->step);
	*ret_good = known && code && db_bool(rows, 0, 7) && db_int(rows, 0, 6) <= t->now_ms;
	mem_wipe(secret, sizeof(secret));
	mem_wipe(pass, sizeof(pass));
	return 0;
}

/* As long as somebody who exists takes. */
static int
nobody_try(const struct vault *v, const char *password, struct err *err)
{
	static const uint8_t salt[PASSWORD_SALT_BYTES] = { 0 };
	uint8_t pass[32];
	int r = pass_make(v, "nobody", password, salt, pass, err);
	mem_wipe(pass, sizeof(pass));
	return r ? err_trace(err, r, "staff") : STAFF_E_REFUSED;
}

int
staff_try(struct db *db, const struct vault *v, const char *user, const char *password,
    const char *otp, int64_t now_ms, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct attempt t = { .user = user, .password = password, .otp = otp, .now_ms = now_ms };
	bool good = false;
	if (!staff_id_ok(user))
		return nobody_try(v, password, err);
	int r = db_ask(db, &q_console_staff_find, &rows, err, db_text_arg(user));
	if (r)
		return err_fold(err, r, "staff");
	if (db_n(rows) == 0)
		return nobody_try(v, password, err);
	t.step = db_int(rows, 0, 4);
	r = row_try(rows, v, &t, &good, err);
	if (r)
		return err_trace(err, r, "staff");
	int64_t failed = good ? 0 : db_int(rows, 0, 5) + 1;
	int64_t until_ms = db_int(rows, 0, 6);
	if (failed >= STAFF_MAX_FAILED) {
		failed = 0;
		until_ms = now_ms + STAFF_LOCK_MS;
	}
	/* A code that was right with a wrong password is spent too. */
	r = db_ask(db, &q_console_staff_count, NULL, err, db_text_arg(user), db_int_arg(failed),
	    db_int_arg(until_ms), db_int_arg(t.step));
	if (r)
		return err_fold(err, r, "staff");
	return good ? 0 : STAFF_E_REFUSED;
}

int
staff_password_set(
    struct db *db, const struct vault *v, const char *user, const char *password, struct err *err)
{
	uint8_t salt[PASSWORD_SALT_BYTES], pass[32];
	if (password_is_weak(user, password))
		return STAFF_E_WEAK;
	rand_bytes(salt, sizeof(salt));
	int r = pass_make(v, user, password, salt, pass, err);
	if (r == 0)
		r = db_ask(db, &q_console_staff_password, NULL, err, db_text_arg(user),
		    db_bytes_arg(salt, sizeof(salt)), db_bytes_arg(pass, sizeof(pass)));
	mem_wipe(pass, sizeof(pass));
	return err_fold(err, r, "password");
}

const char *
staff_otp_url(
    struct arena *a, const char *muni, const char *user, const uint8_t secret[TOTP_SECRET_BYTES])
{
	char text[TOTP_BASE32_CHARS + 1];
	totp_base32(secret, text);
	const char *url = arena_printf(a,
	    "otpauth://totp/Kofu:%s-%s?secret=%s&issuer=Kofu&algorithm=SHA256&digits=6&period=30",
	    muni, user, text);
	mem_wipe(text, sizeof(text));
	return url;
}

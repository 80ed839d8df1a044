/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staff - who may log in: user id, password (argon2id, keyed again by the
 * municipality's key), one-time codes (RFC 6238), roles with an end, sessions.
 * Every function works inside the caller's transaction.
 */
#pragma once
#include "db/db.h"
#include "domain/vault.h"
#include "pki/password.h"
#include "pki/totp.h"

enum {
	STAFF_ID_MIN = 2,
	STAFF_ID_MAX = 16,
	STAFF_NAME_MAX_BYTES = 120,
	STAFF_MAX_FAILED = 5,
	STAFF_LOCK_MS = 15 * 60 * 1000,
	STAFF_SESSION_BYTES = 32,
	STAFF_RIGHT_MAX_DAYS =
	    400, /* a right is given for a year at most, and its renewal's slack */
};
enum {
	STAFF_E_REFUSED = 2421, /* unknown, locked, gone, wrong password or code: never which */
	STAFF_E_EXISTS = 2422,
	STAFF_E_WEAK = 2423, /* the password is too short or all too simple */
	STAFF_E_UNKNOWN = 2424,
	STAFF_E_NO_ROLE = 2425, /* no such role, or its end is past or too far away */
};

/* [a-z0-9]{2,16} */
bool staff_id_ok(const char *user);

struct staff_new {
	const char *user, *name, *password;
	int64_t now_ms;
};
/* *ret_secret is for the authenticator, shown once. 0, STAFF_E_EXISTS, STAFF_E_WEAK, or a fault. */
MUST_USE int staff_add(struct db *db, const struct vault *v, const struct staff_new *s,
    uint8_t ret_secret[TOTP_SECRET_BYTES], struct err *err);
/* 0, STAFF_E_UNKNOWN, STAFF_E_NO_ROLE, or a fault. */
MUST_USE int staff_grant(struct db *db, const char *user, const char *role, int64_t now_ms,
    int64_t until_ms, const char *by, struct err *err);
/* A password and a code are tried and counted. 0, STAFF_E_REFUSED (commit it too), or a fault. */
MUST_USE int staff_try(struct db *db, const struct vault *v, const char *user, const char *password,
    const char *otp, int64_t now_ms, struct err *err);
/* 0, STAFF_E_WEAK, or a fault. The old one was tried before. */
MUST_USE int staff_password_set(
    struct db *db, const struct vault *v, const char *user, const char *password, struct err *err);
/* What a row of staff, of the stops, and (the paper's number) of the reissues is bound to; how many
 * bytes. */
enum { STAFF_AAD_BYTES = 64, STOP_AAD_BYTES = 28, AGAIN_AAD_MAX_BYTES = 80 };
size_t reissue_aad(const char *number, uint8_t ret[AGAIN_AAD_MAX_BYTES]);
size_t staff_aad(const char *user, char out[STAFF_AAD_BYTES]);
void stop_aad(const uint8_t subject[16], int64_t set_ms, uint8_t ret[STOP_AAD_BYTES]);
/* What stands sealed beside a user id; the name in the arena. 0 or a fault. */
MUST_USE int staff_open(const struct vault *v, struct arena *a, const char *user,
    const void *sealed, size_t bytes, const char **ret_name, uint8_t ret_secret[TOTP_SECRET_BYTES],
    struct err *err);
/* "otpauth://totp/..." for a QR code or typing in, in the arena. */
const char *staff_otp_url(
    struct arena *a, const char *muni, const char *user, const uint8_t secret[TOTP_SECRET_BYTES]);

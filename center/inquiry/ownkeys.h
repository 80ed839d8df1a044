/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ownkeys - the keys that open papers. kofu-seal seals to the newest; a new one
 * is made each year, the earlier ones stay until papers made for them are no
 * longer accepted, then they are destroyed in the token: those papers stay
 * closed for ever, and the desk says so by name.
 *
 * The private halves lie in the token, "inquiry" (init's), "inquiry-2", ...
 * Which there are, and were, stands in the book, <public>.book:
 *   {"v":1,"keys":[{"label":…,"kid":<16 hex>,"point":b64,"made_ms":N,"destroyed_ms":N}]}
 * oldest first, destroyed_ms 0 while it opens. A desk without a book has init's key alone.
 */
#pragma once
#include "center/inquiry/inquiry_conf.h"
#include "base/log.h"
#include "pki/key.h"

enum { OWNKEYS_MAX = 40, OWNKEYS_BOOK_MAX_BYTES = 32768 };
enum {
	OWNKEYS_E_USAGE = 1981,
	OWNKEYS_E_UNKNOWN = 1982,   /* no key of that id, or it is destroyed */
	OWNKEYS_E_NEWEST = 1983,    /* kofu-seal seals to it */
	OWNKEYS_E_TOO_EARLY = 1984, /* acceptance_days are not over since the next was made */
};

struct ownkeys_entry {
	const char *label;
	struct key_id id;
	struct key_point point;
	int64_t made_ms, destroyed_ms;
};
struct ownkeys {
	struct ownkeys_entry entry[OWNKEYS_MAX]; /* oldest first */
	unsigned n;
};
/* Texts live in @a. Returns 0 or FAULT_CONFIG (a book that cannot be read, no public key). */
MUST_USE int ownkeys_load(
    struct arena *a, const struct inquiry_conf *c, struct ownkeys *ret, struct err *err);
/* Where the book lies, or would. */
const char *ownkeys_book_path(struct arena *a, const struct inquiry_conf *c);
/* Makes the first key and its public file, {"kid","point"}. 0 or a fault. */
MUST_USE int ownkeys_init(const struct inquiry_conf *c, int64_t now_ms, struct err *err);
/*
 * A further key, to which the public file then points: give it to every kofu-seal.
 * 0, FAULT_CONFIG (OWNKEYS_MAX) or the token's.
 */
MUST_USE int ownkeys_new(
    const struct inquiry_conf *c, int64_t now_ms, struct key_id *ret, struct err *err);
/* 0, OWNKEYS_E_* or a fault. */
MUST_USE int ownkeys_destroy(
    const struct inquiry_conf *c, int64_t now_ms, const struct key_id *id, struct err *err);
/* @argv: what stands behind "inquiry-key". Returns 0, OWNKEYS_E_* or a fault. */
MUST_USE int ownkeys_run(
    const struct inquiry_conf *c, int64_t now_ms, int argc, char **argv, struct err *err);

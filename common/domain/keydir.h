/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keydir - a municipality's key directory: every generation of the key that signs its
 * papers, manifests and audit checkpoints, and what it may be used for. The directory is
 * signed by a key that signs nothing else, the root. A verifier is given the root's point
 * (<code>.root.json), and directories as often as they change (<code>.json):
 *
 *   {"muni":"991015","kid":<16 hex>,"point":b64}
 *   {"muni":"991015","directory":<JWS typ kofu-keys, by the root>}, whose payload is
 *   {"v":1,"muni":"991015","seq":N,"keys":[{"kid":<16 hex>,"point":b64,
 *    "announced_ms":N,"used_ms":N,"retired_ms":N,"revoked_ms":N}]}
 *
 * While the root is replaced there are two, of which either is enough to a verifier:
 *
 *   {"muni":"991015","roots":[{"kid":<16 hex>,"point":b64},{...}]}, the older first
 *   {"muni":"991015","directory":<JWS by the older>,"also":<JWS by the newer>}
 *
 * Generations are counted from 1, in the order of the list; an instant is 0 until it came:
 *   announced  everybody may learn it; nothing is signed by it yet
 *   used       may sign: the newest does that whoever asks knows
 *   retired    signs no more; what it signed until then stays good
 *   revoked    nothing is good that it signed, whenever that was
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "pki/key.h"

enum {
	KEYDIR_MAX_KEYS = 64,     /* generations, ever */
	KEYDIR_MAX_OPEN = 8,      /* of them announced or used */
	KEYDIR_MAX_ROOTS = 2,     /* believed, and signing, at once */
	KEYDIR_MAX_BYTES = 32768, /* of one JWS */
	KEYDIR_FILE_MAX_BYTES = KEYDIR_MAX_ROOTS * KEYDIR_MAX_BYTES + 1024,
	KEYDIR_ROOT_MAX_BYTES = 1024,
	KEYDIR_SLACK_MS = 120000, /* by which clocks of signers and verifiers may differ */
};
enum {
	KEYDIR_E_REVOKED = 1061,
	KEYDIR_E_NOT_THEN = 1062, /* signed before it was announced or after it was retired */
	KEYDIR_E_NEW = 1063,      /* another directory is in force now */
	KEYDIR_E_ROOTS = 1064,    /* other roots are believed now; the directory is the same */
};
enum keydir_state { KEYDIR_ANNOUNCED = 1, KEYDIR_USED, KEYDIR_RETIRED, KEYDIR_REVOKED };

struct keydir_key {
	struct key_id id;
	struct key_point point;
	int64_t announced_ms, used_ms, retired_ms, revoked_ms;
};
struct keydir {
	struct muni_code muni;
	int64_t seq; /* one more with each change */
	unsigned n;
	struct keydir_key key[KEYDIR_MAX_KEYS]; /* generation i + 1 */
};

enum keydir_state keydir_state(const struct keydir_key *k);
/* "announced", "used", "retired", "revoked". */
const char *keydir_state_name(enum keydir_state s);
/* Announced or used: an answer made from now on may bear its signature. */
bool keydir_is_open(const struct keydir_key *k);
/* NULL when there is no such generation. */
const struct keydir_key *keydir_find(const struct keydir *d, const struct key_id *id);
/*
 * Is a signature good that says it was made at @signed_ms? 0, KEYDIR_E_REVOKED or
 * KEYDIR_E_NOT_THEN. An announced one is good: who holds this directory may have one
 * that is older than the use.
 */
MUST_USE int keydir_judge(const struct keydir_key *k, int64_t signed_ms);
/*
 * The newest used one among the @n_known ids; among all when that is 0. -1 when there is
 * none: whoever asks began before any that signs now was announced.
 */
int keydir_pick(const struct keydir *d, const struct key_id *known, unsigned n_known);

/* Who may sign a directory. */
struct keydir_roots {
	unsigned n;
	struct key_point point[KEYDIR_MAX_ROOTS];
};
bool keydir_roots_have(const struct keydir_roots *r, const struct key_point *p);
/* Adds one that is not there yet. False: there are KEYDIR_MAX_ROOTS others. */
MUST_USE bool keydir_roots_add(struct keydir_roots *r, const struct key_point *p);

/* The directory's text, by each of @n roots (1..KEYDIR_MAX_ROOTS), the older first. 0, or the
 * signer's fault. */
MUST_USE int keydir_format(const struct keydir *d, const struct key_signer *roots, unsigned n,
    struct buf *out, struct err *err);
/*
 * A directory's JWS. 0, FAULT_BAD_INPUT (form, limits, kid of another point, a key twice,
 * instants out of order, too many open) or FAULT_INTEGRITY (not by @root, or another
 * municipality's).
 */
MUST_USE int keydir_parse(const struct key_point *root, struct muni_code muni, const char *jws,
    size_t bytes, struct keydir *ret, struct err *err);

/* The roots' text. 0, or FAULT_BAD_INPUT: form, none, more than KEYDIR_MAX_ROOTS, one twice. */
MUST_USE int keydir_roots_format(
    struct muni_code muni, const struct keydir_roots *roots, struct buf *out, struct err *err);
MUST_USE int keydir_roots_parse(const void *p, size_t bytes, struct muni_code *ret_muni,
    struct keydir_roots *ret, struct err *err);
/* The file. 0 or FAULT_CONFIG. */
MUST_USE int keydir_roots_read(
    const char *path, struct muni_code *ret_muni, struct keydir_roots *ret, struct err *err);
/* The directory's file: its JWS, in the arena, and whose it is said to be, unproven. 0 or
 * FAULT_CONFIG. */
struct keydir_text {
	struct muni_code muni;
	unsigned n;
	const char *jws[KEYDIR_MAX_ROOTS];
};
MUST_USE int keydir_read(
    struct arena *a, const char *path, struct keydir_text *ret, struct err *err);
/*
 * Its first JWS that names a root of @roots, and that root. 0, or FAULT_INTEGRITY: none does.
 * Nothing is verified: that is keydir_parse()'s.
 */
MUST_USE int keydir_choose(const struct keydir_text *t, const struct keydir_roots *roots,
    const struct key_point **ret_root, const char **ret_jws, struct err *err);

/*
 * What outlives the program: which directory of a municipality it has had. note() keeps @seq, if
 * there was no greater, and says the greatest. 0 or a fault.
 */
struct keydir_memory {
	int (*note)(
	    void *self, struct muni_code muni, int64_t seq, int64_t *ret_greatest, struct err *err);
	void *self;
};
/* A directory that is looked at again while its holder serves. Not for two threads at once. */
struct keydir_file {
	const char *path, *root_path; /* the opener's; no root_path: keydir_file_believe() */
	struct keydir_roots roots;
	struct file_stamp stamp, root_stamp;
	struct keydir dir;           /* in force */
	struct keydir_memory memory; /* note NULL: none */
	bool is_noted;               /* what is in force */
};
/* 0 or FAULT_CONFIG (another municipality's, by no root that is believed). */
MUST_USE int keydir_file_open(struct keydir_file *f, const char *path, struct muni_code muni,
    const struct keydir_roots *roots, struct err *err);
/* With the roots' file, which is looked at again, too. */
MUST_USE int keydir_file_open_by(struct keydir_file *f, const char *path, const char *root_path,
    struct muni_code muni, struct err *err);
/* Is there something to look at? */
bool keydir_file_is_other(const struct keydir_file *f);
/* From the next look on. */
void keydir_file_believe(struct keydir_file *f, const struct keydir_roots *roots);
/*
 * From here on what is in force is noted. 0, FAULT_INTEGRITY (a later one was in force once: what
 * it revoked would be good again), or the memory's fault.
 */
MUST_USE int keydir_file_remember(
    struct keydir_file *f, const struct keydir_memory *memory, struct err *err);
/*
 * Reads the files again when one is another. 0 (nothing new), KEYDIR_E_NEW, KEYDIR_E_ROOTS, or a
 * fault: it is none, by no root that is believed, or older than the one in force or one that is
 * noted; roots of another municipality, or all of them strangers. Roots and directory are taken
 * together or not at all; what is in force stays. A fault is told once for each file. Where the
 * memory is away a later one is taken, and noted when it is back.
 */
MUST_USE int keydir_file_look(struct keydir_file *f, struct err *err);

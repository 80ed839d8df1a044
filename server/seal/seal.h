/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal - what kofu-seal is asked over its Unix socket and what it answers.
 *
 * kofu-seal alone holds the PKCS#11 token: signing keys "sign-<団体コード>",
 * "sign-<団体コード>-2", ... (seal/generation.h says which of them signs) and wrapping keys
 * "wrap-<団体コード>", "wrap-<団体コード>-2", ... (any of them opens, the newest wraps) for
 * each municipality. One connection carries
 * one request and one answer, a frame each (wire/frame.h), and is closed. The
 * caller's uid is checked (SO_PEERCRED). Frames are binary, big-endian, fields
 * with a 32-bit length:
 *
 *   request:  "KSQ1" ‖ u8 enum seal_op ‖ body
 *   answer:   "KSA1" ‖ i32 result (0, SEAL_E_*, or a fault) ‖ body when it is 0
 *
 *   UNWRAP    body muni(6) ‖ key                   answer the key(32)
 *   REWRAP    body muni(6) ‖ key                   answer wrapped(60), under the newest
 *   WRAP      body muni(6) ‖ u8 use ‖ u16 generation ‖ field: 32 bytes, or none for a fresh one
 *                                                  answer wrapped(60)
 *   KEYS      body muni(6)                         answer root(65) ‖ field directory
 *   CHECKPOINT body muni(6) ‖ u64 seq ‖ head(32)   answer field jws (typ kofu-audit)
 *   PAPERS    body see seal_papers_encode()        answer field manifest ‖ field papers
 *   ABOUT     body muni(6)                         answer field build ‖ conf(32)
 *
 *   key: wrapped(60) ‖ u8 use ‖ u16 generation     (both are bound; see keys_aad())
 *
 * Use it through server/seal/client.h.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "domain/imprint.h"
#include "domain/order.h"
#include "domain/vault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Outcomes. Each but SEAL_E_NO_KEY and _GENERATION means: nothing was signed, and somebody should
 * look. */
enum {
	SEAL_E_NO_KEY = 1401, /* this kofu-seal has no keys of that municipality */
	SEAL_E_CARD = 1402,   /* certificate, card signature or transcript do not belong together */
	SEAL_E_ORDER = 1403,  /* the order is not signed by the session's key, or not for this */
	SEAL_E_ROW = 1404,    /* a sealed row is somebody else's, altered or not of that version */
	SEAL_E_PAPER = 1405,  /* the finished PDF is not what rows and order demand */
	SEAL_E_TOO_LARGE = 1406,  /* a page does not fit its back side */
	SEAL_E_GENERATION = 1407, /* none of the keys that the session knows signs any more */
	SEAL_E_CLOCK =
	    1408, /* its clock stands before the key was announced: no verifier takes it */
};

enum seal_op {
	SEAL_OP_UNWRAP = 1,
	SEAL_OP_PAPERS = 2,
	SEAL_OP_KEYS = 3,
	SEAL_OP_CHECKPOINT = 4,
	SEAL_OP_REWRAP = 5,
	SEAL_OP_ABOUT = 6,
	SEAL_OP_WRAP = 7
};

enum {
	SEAL_WRAPPED_BYTES = 60,
	SEAL_KEY_BYTES = 32,
	SEAL_MAX_KEYS = 4, /* of one order */
	SEAL_MAX_COPIES = ORDER_MAX_COPIES,
	SEAL_MAX_ROWS = ORDER_MAX_PERSONS + 1, /* the residents and a seal or the applicant */
	SEAL_MAX_ROW_BYTES = 65536 + 1024,
	SEAL_MAX_CARD_BYTES = 256,
	SEAL_NUMBER_MAX = 64,
	SEAL_SERIAL_BYTES = 16,
	SEAL_HEAD_BYTES = 32,
	SEAL_BUILD_MAX = 64,
	SEAL_CONF_BYTES = 32,
	SEAL_CHECKPOINT_MAX_BYTES = 1024,
	SEAL_FRONT_CODE_CHARS = 16,
	SEAL_MAX_BYTES = 32 * 1024 * 1024, /* one request or answer */
	SEAL_VALID_MS = 10 * 60 * 1000,    /* not_after_ms - issued_ms of a manifest */
};

/* A key of a municipality as its database keeps it. */
enum seal_key_use {
	SEAL_KEY_DATA = 1,  /* a generation of its data key */
	SEAL_KEY_REF = 2,   /* the reference key, generation 0 (domain/vault.h) */
	SEAL_KEY_AUDIT = 3, /* what opens the audit's rows of a generation that is gone */
};
struct seal_key {
	uint8_t use;
	uint16_t generation;
	uint8_t wrapped[SEAL_WRAPPED_BYTES];
};
/* A row as the snapshot had it; kofu-seal opens it with (muni, kind, ref, rireki_no) bound. */
struct seal_row_box {
	enum vault_kind kind;
	bool printed; /* false only for the applicant's own row when a part leaves him out */
	struct person_ref ref;
	uint32_t rireki_no;
	const uint8_t *sealed;
	size_t sealed_bytes;
};
struct seal_copy {
	char number[SEAL_NUMBER_MAX + 1]; /* 発行番号 */
	uint8_t serial[SEAL_SERIAL_BYTES];
	char front_code[SEAL_FRONT_CODE_CHARS + 1]; /* Crockford base32 */
};

struct seal_ask {
	struct muni_code muni;
	struct seal_key keys[SEAL_MAX_KEYS]; /* those of data that are here, the reference key */
	unsigned n_keys;
	const uint8_t *transcript, *certificate, *signature;
	size_t transcript_bytes, certificate_bytes, signature_bytes;
	const char *order; /* the JWS */
	size_t order_bytes;
	struct person_ref self;     /* whom the card belongs to */
	struct vault_card_row card; /* the row that says so; its ref is not sent: it is self */
	bool whole_household;
	/* Residents in printing order (the applicant's, if not printed, last); for DOC_INKAN then
	 * the seal. */
	const struct seal_row_box *rows;
	unsigned n_rows;
	const struct seal_copy *copies;
	unsigned n_copies;
	int64_t register_ms;     /* commit time in the register of the newest change */
	int64_t issued_ms;       /* now: chosen by the front, also the printed issue date */
	unsigned schema;         /* of the replica */
	const uint8_t *rendered; /* the renderer's answer as it came (server/issue/render_wire.h) */
	size_t rendered_bytes;
	/* The version that the papers bear, as the snapshot had it; number 0: the profile's own. */
	struct imprint_row imprint;
};
struct seal_answer { /* in the caller's arena */
	const char *manifest;
	size_t manifest_bytes;
	const uint8_t *papers; /* a JWE, packed (pki/jose.h) */
	size_t papers_bytes;
};

void seal_key_put(struct buf *out, const struct seal_key *k);
/* False: there is none, or of no use or generation that there can be. */
bool seal_key_read(struct rd *r, struct seal_key *ret);
void seal_papers_encode(const struct seal_ask *q, struct buf *out);
/* What points anywhere points into @p or the arena. 0 or FAULT_BAD_INPUT. */
MUST_USE int seal_papers_decode(
    struct arena *a, const void *p, size_t bytes, struct seal_ask *ret, struct err *err);

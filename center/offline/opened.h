/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opened - what stays of a page's back when the inquiry has opened it: anybody
 * who has the municipality's published keys can check it, without a network,
 * years later, when the key that opened it is destroyed. One JSON object:
 *
 *   v          1
 *   front      header and ephemeral point of the envelope (base64url, 117 bytes)
 *   signature  the municipality's, ECDSA P-256, r and s (base64url, 64 bytes)
 *   record     what is signed (base64url; backside/payload.h)
 *
 * and the same once more for people to read, each of which must be exactly what
 * the record says: muni, signer, serial, issued_at_ms, number, kind, page, pages,
 * tie, subject, registered_at_ms, history, fields [{key, value, box}], and
 * page_sha256, the hash of the front as the manifest has it: of the coded page in
 * the record, or of the pixels, where the coded page's version is below 3.
 */
#pragma once
#include "backside/bilevel.h"
#include "backside/envelope.h"
#include "backside/payload.h"
#include "domain/keydir.h"
#include "wire/js.h"

enum {
	OPENED_VERSION = 1,
	OPENED_MAX_BYTES = 256 * 1024, /* of the text */
};
enum {
	OPENED_E_KEY = 1971,      /* signed by a key that is not among those given */
	OPENED_E_FORGED = 1972,   /* the signature does not hold */
	OPENED_E_DIFFERS = 1973,  /* it holds, but what is there to read is something else */
	OPENED_E_REVOKED = 1974,  /* signed by a key that the municipality revoked */
	OPENED_E_NOT_THEN = 1975, /* at a time when its key was not yet, or no more, in use */
};

struct opened {
	struct envelope_header header;
	struct envelope_opened envelope;
	struct payload record;
	struct bilevel page; /* the front */
};

/* Makes *ret of what envelope_open_whole() gave. 0 or FAULT_BAD_INPUT (no record of ours). */
MUST_USE int opened_read(
    struct arena *a, const struct envelope_opened *e, struct opened *ret, struct err *err);
/* The caller owns the object. */
json_t *opened_json(const struct opened *o);

/* A municipality's public key, as published. */
struct opened_signer {
	struct muni_code muni;
	struct keydir_key key;
};
/*
 * Reads and checks the text of an opened record against @signers. Returns 0 with
 * *ret, whose parts lie in @a, OPENED_E_* or FAULT_BAD_INPUT.
 */
MUST_USE int opened_check(struct arena *a, const void *text, size_t bytes,
    const struct opened_signer *signers, unsigned n_signers, struct opened *ret, struct err *err);

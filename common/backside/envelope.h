/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope - a page's record signed by its municipality, then sealed to the
 * inquiry site's key and the code printed on the front, so that a picture of
 * the back alone opens nothing.
 *
 *   header ‖ enc (65) ‖ ciphertext of
 *     { signature (64) ‖ record's length (4) ‖ record ‖ zeros }
 *
 * HPKE (RFC 9180) in mode psk: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM. The signature is ECDSA P-256 over
 *   SHA-256(label ‖ header ‖ enc ‖ SHA-256(record)),
 * so a record cannot be sealed anew for somebody else. Zeros fill up to one of
 * a few sizes: the length tells nothing of the household.
 */
#pragma once
#include "backside/code.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "pki/key.h"
#include <stddef.h>
#include <stdint.h>

enum {
	ENVELOPE_VERSION = 1,
	ENVELOPE_SUITE = 1, /* ES256, DHKEM P-256, HKDF-SHA256, AES-256-GCM */
	ENVELOPE_SERIAL_BYTES = 16,
	ENVELOPE_HEADER_BYTES = 4 + 1 + 1 + 8 + 8 + 6 + 16 + 8,
	ENVELOPE_MAX_BYTES = BACKSIDE_PAYLOAD_MAX_BYTES,
	ENVELOPE_OVERHEAD_BYTES = ENVELOPE_HEADER_BYTES + KEY_POINT_BYTES + KEY_SIG_BYTES + 4 + 16,
	ENVELOPE_MAX_RECORD_BYTES = ENVELOPE_MAX_BYTES - ENVELOPE_OVERHEAD_BYTES,
	ENVELOPE_MIN_FRONT_CODE_BYTES = 8,
	ENVELOPE_MAX_FRONT_CODE_BYTES = 64,
};

enum {
	ENVELOPE_E_TOO_LARGE = 620,  /* the record */
	ENVELOPE_E_NOT_OPENED = 621, /* another front's code, or an altered envelope */
	ENVELOPE_E_FORGED = 622,     /* it opens, but the municipality did not sign it */
	ENVELOPE_E_FOREIGN = 623,    /* no envelope, or of a version or suite not known here */
};

/* What anybody can read. */
struct envelope_header {
	struct key_id recipient; /* inquiry key */
	struct key_id signer;    /* the municipality's key */
	struct muni_code muni;
	uint8_t serial[ENVELOPE_SERIAL_BYTES]; /* random, of this page's back */
	int64_t issued_at_ms;
};

/*
 * A front code as a person types it: spaces and hyphens fall out, a-z become
 * A-Z. Returns the length of *ret, which is then
 * ENVELOPE_MIN.._MAX_FRONT_CODE_BYTES of 0-9 A-Z, or 0 for anything else.
 */
size_t envelope_code_normalise(
    const char *code, char ret[static ENVELOPE_MAX_FRONT_CODE_BYTES + 1]);

/* What goes in beside the record. The key ids are made from the keys. */
struct envelope_seal {
	struct muni_code muni;
	uint8_t serial[ENVELOPE_SERIAL_BYTES];
	int64_t issued_at_ms;
	const char *front_code; /* see envelope_code_normalise() */
	struct key_point recipient;
	struct key_signer signer;
};

/*
 * Append the envelope of @record to @out. Returns 0, ENVELOPE_E_TOO_LARGE,
 * FAULT_BAD_INPUT (front code, recipient, empty record) or the signer's fault.
 */
MUST_USE int envelope_seal(const struct envelope_seal *s, const void *record, size_t bytes,
    struct buf *out, struct err *err);

/* The header alone, unproven: it tells which keys to fetch. 0 or ENVELOPE_E_FOREIGN. */
MUST_USE int envelope_peek(const void *p, size_t bytes, struct envelope_header *ret);

struct envelope_keys {
	const char *front_code;
	struct key_agreer recipient; /* of the header's id */
	struct key_point signer;     /* of the header's id */
};

/*
 * Open and verify; *ret_record lies in @a. A front code that cannot be one is
 * a wrong one. Returns 0, ENVELOPE_E_NOT_OPENED, _FORGED, _FOREIGN, FAULT_INTERNAL for keys of
 * other ids than the header's, or the agreer's fault.
 */
MUST_USE int envelope_open(struct arena *a, const void *p, size_t bytes,
    const struct envelope_keys *k, uint8_t **ret_record, size_t *ret_bytes, struct err *err);

/* What stays when an envelope was opened: enough for anybody to see who signed what. */
enum { ENVELOPE_FRONT_BYTES = ENVELOPE_HEADER_BYTES + KEY_POINT_BYTES };
struct envelope_opened {
	uint8_t front[ENVELOPE_FRONT_BYTES]; /* header and enc, which are signed too */
	uint8_t signature[KEY_SIG_BYTES];
	const uint8_t *record;
	size_t record_bytes;
};
/* As envelope_open(); the record lies in @a. */
MUST_USE int envelope_open_whole(struct arena *a, const void *p, size_t bytes,
    const struct envelope_keys *k, struct envelope_opened *ret, struct err *err);
/* The header of an opened one, unproven. 0 or ENVELOPE_E_FOREIGN. */
MUST_USE int envelope_opened_peek(const struct envelope_opened *o, struct envelope_header *ret);
/* Did this key sign it? 0, ENVELOPE_E_FORGED, ENVELOPE_E_FOREIGN or FAULT_INTERNAL. */
MUST_USE int envelope_opened_verify(
    const struct envelope_opened *o, const struct key_point *signer, struct err *err);

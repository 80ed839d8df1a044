/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose - JWS (RFC 7515, ES256, compact; detached by appendix F) and JWE
 * (RFC 7516, ECDH-ES + A256GCM, compact). One algorithm each: a header that
 * names another, or any further member ("crit" too), is refused. Headers:
 *   JWS {"alg":"ES256","kid":"<16 hex>","typ":"<typ>"}
 *   JWE {"alg":"ECDH-ES","enc":"A256GCM","epk":{...},"apv":"<b64url>","typ":"<typ>"}
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "pki/key.h"

enum { JOSE_MAX_HEADER = 512, JOSE_MAX_TYP = 32 };

/* payload -> compact JWS text (NUL-terminated) in the arena. 0 or the signer's fault. */
MUST_USE int jws_sign(struct arena *a, const struct key_signer *k, const char *typ,
    const void *payload, size_t bytes, char **ret, struct err *err);
/*
 * Verifies by @point and that "typ" is @typ; the payload is in the arena.
 * Returns 0, FAULT_BAD_INPUT (form), FAULT_INTEGRITY (signature, kid, typ).
 */
MUST_USE int jws_verify(struct arena *a, const struct key_point *point, const char *typ,
    const char *jws, size_t jws_bytes, uint8_t **ret, size_t *ret_bytes, struct err *err);
/* The kid a JWS claims, to choose the key by; nothing is verified. 0 or FAULT_BAD_INPUT. */
MUST_USE int jws_peek_kid(const char *jws, size_t jws_bytes, struct key_id *ret, struct err *err);
/* Detached: "<header>..<signature>" beside the payload's own bytes. */
MUST_USE int jws_sign_detached(struct arena *a, const struct key_signer *k, const char *typ,
    const void *payload, size_t bytes, char **ret, struct err *err);
MUST_USE int jws_verify_detached(const struct key_point *point, const char *typ, const char *jws,
    size_t jws_bytes, const void *payload, size_t bytes, struct err *err);

/*
 * Seals to @recipient. @apv (agreement PartyVInfo, RFC 7518 4.6.1.3) binds the
 * key to the occasion: whoever opens must hold the same bytes. The text is in the arena. Returns
 * 0, FAULT_INTERNAL (typ or apv out of form), or the fault of a point that is none.
 */
MUST_USE int jwe_seal(struct arena *a, const struct key_point *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const void *p, size_t bytes, char **ret, struct err *err);
/*
 * The same, packed: what the compact form says in three quarters of its bytes, for whoever keeps
 * or passes it on. In the arena.
 */
MUST_USE int jwe_seal_packed(struct arena *a, const struct key_point *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const void *p, size_t bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err);
/* Of the compact form of what is packed, without a NUL; 0: it is not packed so. */
size_t jwe_text_bytes(const void *packed, size_t bytes);
/* Writes that form, base64url and dots: jwe_text_bytes() of them, which must not be 0. */
void jwe_text_put(const void *packed, size_t bytes, char *out);
/* Returns 0, FAULT_BAD_INPUT (form), FAULT_INTEGRITY (other key, other apv, altered). */
MUST_USE int jwe_open(struct arena *a, const struct key_agreer *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const char *jwe, size_t jwe_bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token - keys in a PKCS#11 token (SoftHSM by default). The module is loaded
 * with dlopen; open it after fork. One session: not for threads.
 */
#pragma once
#include "base/err.h"
#include "pki/key.h"

enum { TOKEN_E_NO_KEY = 311 };
struct token;
void token_close(struct token *t); /* NULL is fine */
static inline void
token_closep(struct token **t)
{
	token_close(*t);
}
struct token_conf {
	const char *module;   /* e.g. /usr/lib/softhsm/libsofthsm2.so */
	const char *label;    /* the token's label */
	const char *pin_file; /* first line is the user PIN */
};
/* 0 or FAULT_CONFIG / FAULT_UNAVAILABLE. */
MUST_USE int token_open(const struct token_conf *c, struct token **ret, struct err *err);
/* P-256 pair, not extractable, CKA_SIGN or CKA_DERIVE; an existing label is FAULT_CONFIG. */
enum token_use { TOKEN_SIGN = 1, TOKEN_DERIVE = 2 };
MUST_USE int token_key_generate(
    struct token *t, const char *label, enum token_use use, struct key_point *ret, struct err *err);
/*
 * Destroys the pair: what only it opens stays closed for ever. Views of it are
 * dead. 0, TOKEN_E_NO_KEY (none of its halves is there) or a fault.
 */
MUST_USE int token_key_destroy(struct token *t, const char *label, struct err *err);
/* The public half of a pair as the token has it now, whatever was seen of it before. 0,
 * TOKEN_E_NO_KEY (a half is missing) or a fault. */
MUST_USE int token_public(
    struct token *t, const char *label, struct key_point *ret, struct err *err);
/* 0, TOKEN_E_NO_KEY or a fault. The views live as long as the token. */
MUST_USE int token_signer(
    struct token *t, const char *label, struct key_signer *ret, struct err *err);
MUST_USE int token_agreer(
    struct token *t, const char *label, struct key_agreer *ret, struct err *err);
/* An AES-256 key that wraps data keys; made when missing. */
MUST_USE int token_wrap_key_ensure(struct token *t, const char *label, struct err *err);
/* Is it there? 0, TOKEN_E_NO_KEY or a fault. */
MUST_USE int token_wrap_key_find(struct token *t, const char *label, struct err *err);
/* Seal and open 32 bytes under it (CKM_AES_GCM; nonce ‖ ciphertext ‖ tag = 60 bytes). */
enum { TOKEN_WRAPPED_BYTES = 60 };
MUST_USE int token_wrap(struct token *t, const char *label, const uint8_t dek[32], const void *aad,
    size_t aad_bytes, uint8_t out[TOKEN_WRAPPED_BYTES], struct err *err);
MUST_USE int token_unwrap(struct token *t, const char *label,
    const uint8_t wrapped[TOKEN_WRAPPED_BYTES], const void *aad, size_t aad_bytes, uint8_t dek[32],
    struct err *err);

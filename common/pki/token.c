/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/token.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/aead.h"
#include "pki/token_int.h"

#include <stdbool.h>
#include <string.h>

int
token_fault(CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LOCKED:
	case CKR_PIN_EXPIRED:
	case CKR_USER_PIN_NOT_INITIALIZED:
	case CKR_TOKEN_WRITE_PROTECTED:
		return FAULT_CONFIG;
	case CKR_HOST_MEMORY:
		return FAULT_NOMEM;
	default:
		return FAULT_UNAVAILABLE;
	}
}

/* The one object of that class and label. 0, TOKEN_E_NO_KEY, or a fault. */
static int
token_find(struct token *t, CK_OBJECT_CLASS class, const char *label, CK_OBJECT_HANDLE *ret,
    struct err *err)
{
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;
	CK_ATTRIBUTE like[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		TOKEN_LABEL(label),
	};
	CK_RV rv = t->f->C_FindObjectsInit(t->session, like, N_ELEMENTS(like));
	if (rv == CKR_OK) {
		rv = t->f->C_FindObjects(t->session, found, N_ELEMENTS(found), &n);
		(void)t->f->C_FindObjectsFinal(t->session);
	}
	if (rv != CKR_OK)
		return err_raise(err, token_fault(rv), "find key", (long)rv);
	if (n > 1)
		return err_raise(err, FAULT_CONFIG, "two keys of one label", 0);
	if (n == 0)
		return TOKEN_E_NO_KEY;
	*ret = found[0];
	return 0;
}

/* CKA_EC_POINT is the point inside a DER OCTET STRING: 04 41 04 ... */
static int
token_point(struct token *t, CK_OBJECT_HANDLE public, struct key_point *ret, struct err *err)
{
	uint8_t der[2 + KEY_POINT_BYTES];
	struct key_point p;
	CK_ATTRIBUTE get = { CKA_EC_POINT, der, sizeof(der) };
	CK_RV rv = t->f->C_GetAttributeValue(t->session, public, &get, 1);
	if (rv != CKR_OK)
		return err_raise(err, token_fault(rv), "public key", (long)rv);
	if (get.ulValueLen != sizeof(der) || der[0] != 4 || der[1] != KEY_POINT_BYTES)
		return err_raise(err, FAULT_CONFIG, "no P-256 key", 0);
	memcpy(p.b, der + 2, sizeof(p.b));
	if (key_point_check(&p, NULL) != 0)
		return err_raise(err, FAULT_CONFIG, "no P-256 key", 0);
	*ret = p;
	return 0;
}

static int
token_label_is_free(struct token *t, const char *label, struct err *err)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY,
		CKO_SECRET_KEY };
	for (size_t i = 0; i < N_ELEMENTS(classes); i++) {
		CK_OBJECT_HANDLE h;
		int r = token_find(t, classes[i], label, &h, err);
		if (r < 0)
			return err_trace(err, r, "token_label_is_free");
		if (r == 0)
			return err_raise(err, FAULT_CONFIG, "the label is taken", 0);
	}
	return 0;
}

int
token_key_generate(
    struct token *t, const char *label, enum token_use use, struct key_point *ret, struct err *err)
{
	CK_MECHANISM how = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	uint8_t prime256v1[] = { 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07 };
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, prime256v1, sizeof(prime256v1) },
		{ CKA_VERIFY, use == TOKEN_SIGN ? &yes : &no, sizeof(yes) },
		TOKEN_LABEL(label),
	};
	CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, use == TOKEN_SIGN ? &yes : &no, sizeof(yes) },
		{ CKA_DERIVE, use == TOKEN_DERIVE ? &yes : &no, sizeof(yes) },
		TOKEN_LABEL(label),
	};
	CK_OBJECT_HANDLE hp, hs;
	int r = token_label_is_free(t, label, err);
	if (r)
		return r;
	CK_RV rv = t->f->C_GenerateKeyPair(
	    t->session, &how, public, N_ELEMENTS(public), private, N_ELEMENTS(private), &hp, &hs);
	if (rv != CKR_OK)
		return err_raise(err, token_fault(rv), "generate key", (long)rv);
	return err_trace(err, token_point(t, hp, ret, err), "token_key_generate");
}

static void
token_key_forget(struct token *t, const char *label)
{
	for (struct token_key **k = &t->keys; *k != NULL; k = &(*k)->next)
		if (strcmp((*k)->label, label) == 0) {
			struct token_key *gone = *k;
			*k = gone->next;
			mem_free(gone->label);
			mem_free(gone);
			return;
		}
}

int
token_key_destroy(struct token *t, const char *label, struct err *err)
{
	/* The private half first: a public one without it opens nothing. */
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	unsigned n = 0;
	token_key_forget(t, label);
	for (size_t i = 0; i < N_ELEMENTS(classes); i++) {
		CK_OBJECT_HANDLE h;
		int r = token_find(t, classes[i], label, &h, err);
		if (r < 0)
			return err_trace(err, r, "token_key_destroy");
		if (r == TOKEN_E_NO_KEY)
			continue;
		CK_RV rv = t->f->C_DestroyObject(t->session, h);
		if (rv != CKR_OK)
			return err_raise(err, token_fault(rv), "destroy key", (long)rv);
		n++;
	}
	return n == 0 ? TOKEN_E_NO_KEY : 0;
}

int
token_public(struct token *t, const char *label, struct key_point *ret, struct err *err)
{
	CK_OBJECT_HANDLE hp, hs;
	int r = token_find(t, CKO_PRIVATE_KEY, label, &hs, err);
	if (r == 0)
		r = token_find(t, CKO_PUBLIC_KEY, label, &hp, err);
	if (r == 0)
		r = token_point(t, hp, ret, err);
	return err_trace(err, r, "token_public");
}

/* A key used before, or found now; kept until the token is closed. */
static int
token_key_find(struct token *t, const char *label, struct token_key **ret, struct err *err)
{
	CK_OBJECT_HANDLE hp, hs;
	struct key_point point;
	for (struct token_key *k = t->keys; k != NULL; k = k->next)
		if (strcmp(k->label, label) == 0) {
			*ret = k;
			return 0;
		}
	int r = token_find(t, CKO_PRIVATE_KEY, label, &hs, err);
	if (r == 0)
		r = token_find(t, CKO_PUBLIC_KEY, label, &hp, err);
	if (r)
		return err_trace(err, r, "token_key_find");
	r = token_point(t, hp, &point, err);
	if (r)
		return r;
	struct token_key *k = mem_zero(sizeof(*k));
	*k = (struct token_key){ .token = t, .handle = hs, .point = point, .next = t->keys };
	k->label = mem_strndup(label, strlen(label));
	t->keys = k;
	*ret = k;
	return 0;
}

static int
token_sign(void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	struct token_key *k = self;
	struct token *t = k->token;
	CK_MECHANISM how = { CKM_ECDSA, NULL, 0 };
	uint8_t copy[32], out[KEY_SIG_BYTES];
	CK_ULONG n = sizeof(out);
	memcpy(copy, digest, sizeof(copy));
	CK_RV rv = t->f->C_SignInit(t->session, &how, k->handle);
	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session, copy, sizeof(copy), out, &n);
	if (rv != CKR_OK || n != sizeof(out))
		return err_raise(err, token_fault(rv), "sign", (long)rv);
	memcpy(sig, out, sizeof(out));
	return 0;
}

/* Takes the derived secret out of the token and destroys it there. */
static int
token_secret_take(
    struct token *t, CK_OBJECT_HANDLE h, uint8_t shared[KEY_SHARED_BYTES], struct err *err)
{
	uint8_t z[KEY_SHARED_BYTES];
	CK_ATTRIBUTE get = { CKA_VALUE, z, sizeof(z) };
	CK_RV rv = t->f->C_GetAttributeValue(t->session, h, &get, 1);
	CK_RV gone = t->f->C_DestroyObject(t->session, h);
	if (rv != CKR_OK || gone != CKR_OK || get.ulValueLen != sizeof(z))
		return err_raise(err, token_fault(rv), "shared secret", (long)rv);
	memcpy(shared, z, sizeof(z));
	mem_wipe(z, sizeof(z));
	return 0;
}

static int
token_agree(
    void *self, const struct key_point *peer, uint8_t shared[KEY_SHARED_BYTES], struct err *err)
{
	struct token_key *k = self;
	struct token *t = k->token;
	struct key_point copy = *peer;
	CK_ECDH1_DERIVE_PARAMS params = {
		.kdf = CKD_NULL,
		.ulPublicDataLen = sizeof(copy.b),
		.pPublicData = copy.b,
	};
	CK_MECHANISM how = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG bytes = KEY_SHARED_BYTES;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE made[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE_LEN, &bytes, sizeof(bytes) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
	};
	CK_OBJECT_HANDLE h;
	int r = key_point_check(peer, err);
	if (r)
		return err_trace(err, r, "token_agree");
	CK_RV rv = t->f->C_DeriveKey(t->session, &how, k->handle, made, N_ELEMENTS(made), &h);
	if (rv != CKR_OK)
		return err_raise(err, token_fault(rv), "derive", (long)rv);
	return token_secret_take(t, h, shared, err);
}

int
token_signer(struct token *t, const char *label, struct key_signer *ret, struct err *err)
{
	struct token_key *k = NULL;
	int r = token_key_find(t, label, &k, err);
	if (r)
		return err_trace(err, r, "token_signer");
	*ret = (struct key_signer){ .self = k, .point = k->point, .sign = token_sign };
	return 0;
}

int
token_agreer(struct token *t, const char *label, struct key_agreer *ret, struct err *err)
{
	struct token_key *k = NULL;
	int r = token_key_find(t, label, &k, err);
	if (r)
		return err_trace(err, r, "token_agreer");
	*ret = (struct key_agreer){ .self = k, .point = k->point, .agree = token_agree };
	return 0;
}

int
token_wrap_key_find(struct token *t, const char *label, struct err *err)
{
	CK_OBJECT_HANDLE h;
	return err_trace(err, token_find(t, CKO_SECRET_KEY, label, &h, err), "wrapping key");
}

int
token_wrap_key_ensure(struct token *t, const char *label, struct err *err)
{
	CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bytes = AEAD_KEY_BYTES;
	CK_ATTRIBUTE made[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_ENCRYPT, &yes, sizeof(yes) },
		{ CKA_DECRYPT, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &bytes, sizeof(bytes) },
		TOKEN_LABEL(label),
	};
	CK_OBJECT_HANDLE h;
	int r = token_find(t, CKO_SECRET_KEY, label, &h, err);
	if (r != TOKEN_E_NO_KEY)
		return err_trace(err, r, "token_wrap_key_ensure");
	CK_RV rv = t->f->C_GenerateKey(t->session, &how, made, N_ELEMENTS(made), &h);
	return rv == CKR_OK ? 0 : err_raise(err, token_fault(rv), "generate key", (long)rv);
}

/* One AES-GCM call in the token, either way. */
struct token_gcm {
	const char *label;
	const uint8_t *nonce;
	const void *aad;
	size_t aad_bytes;
};

static int
token_gcm_start(struct token *t, const struct token_gcm *g, bool seal, struct err *err)
{
	uint8_t nonce[AEAD_NONCE_BYTES];
	CK_OBJECT_HANDLE h;
	int r = token_find(t, CKO_SECRET_KEY, g->label, &h, err);
	if (r)
		return err_trace(err, r, "token_gcm_start");
	memcpy(nonce, g->nonce, sizeof(nonce));
	CK_GCM_PARAMS params = {
		.pIv = nonce,
		.ulIvLen = sizeof(nonce),
		.ulIvBits = 8 * sizeof(nonce),
		.pAAD = (CK_BYTE_PTR)(uintptr_t)g->aad, /* read only; the type is PKCS#11's */
		.ulAADLen = g->aad_bytes,
		.ulTagBits = 8 * AEAD_TAG_BYTES,
	};
	CK_MECHANISM how = { CKM_AES_GCM, &params, sizeof(params) };
	CK_RV rv = seal ? t->f->C_EncryptInit(t->session, &how, h)
			: t->f->C_DecryptInit(t->session, &how, h);
	return rv == CKR_OK ? 0 : err_raise(err, token_fault(rv), "start AES-GCM", (long)rv);
}

int
token_wrap(struct token *t, const char *label, const uint8_t dek[32], const void *aad,
    size_t aad_bytes, uint8_t out[TOKEN_WRAPPED_BYTES], struct err *err)
{
	uint8_t copy[32], box[TOKEN_WRAPPED_BYTES];
	CK_ULONG n = sizeof(box) - AEAD_NONCE_BYTES;
	rand_bytes(box, AEAD_NONCE_BYTES);
	int r = token_gcm_start(t, &(struct token_gcm){ label, box, aad, aad_bytes }, true, err);
	if (r)
		return err_trace(err, r, "token_wrap");
	memcpy(copy, dek, sizeof(copy));
	CK_RV rv = t->f->C_Encrypt(t->session, copy, sizeof(copy), box + AEAD_NONCE_BYTES, &n);
	mem_wipe(copy, sizeof(copy));
	if (rv != CKR_OK || n != sizeof(box) - AEAD_NONCE_BYTES)
		return err_raise(err, token_fault(rv), "wrap", (long)rv);
	memcpy(out, box, sizeof(box));
	return 0;
}

/* Modules differ in how they say that a tag does not match; these say something else. */
static bool
token_is_away(CK_RV rv)
{
	return rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED ||
	    rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_ERROR || rv == CKR_TOKEN_NOT_PRESENT ||
	    rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_HOST_MEMORY;
}

int
token_unwrap(struct token *t, const char *label, const uint8_t wrapped[TOKEN_WRAPPED_BYTES],
    const void *aad, size_t aad_bytes, uint8_t dek[32], struct err *err)
{
	uint8_t sealed[TOKEN_WRAPPED_BYTES - AEAD_NONCE_BYTES], out[sizeof(sealed)];
	CK_ULONG n = sizeof(out);
	int r =
	    token_gcm_start(t, &(struct token_gcm){ label, wrapped, aad, aad_bytes }, false, err);
	if (r)
		return err_trace(err, r, "token_unwrap");
	memcpy(sealed, wrapped + AEAD_NONCE_BYTES, sizeof(sealed));
	CK_RV rv = t->f->C_Decrypt(t->session, sealed, sizeof(sealed), out, &n);
	if (rv == CKR_OK && n == 32)
		memcpy(dek, out, 32);
	mem_wipe(out, sizeof(out));
	if (rv == CKR_OK && n == 32)
		return 0;
	if (token_is_away(rv))
		return err_raise(err, FAULT_UNAVAILABLE, "unwrap", (long)rv);
	return err_raise(err, FAULT_INTEGRITY, "wrapped key does not open", (long)rv);
}

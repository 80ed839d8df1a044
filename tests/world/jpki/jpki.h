/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jpki - a test 公的個人認証サービス: what J-LIS runs in production.
 *
 * Two hierarchies (authentication, signature) of two generations each. Both
 * generations bear one name, as the real ones do: whoever chooses an issuer by
 * name instead of by key takes the wrong one half of the time. Every name says
 * O=JPKI-TEST, so that nothing can be taken for the production service.
 *
 * A folder holds all of it: <key>.key .crt .der, <key>-ocsp.key .crt for <key> in
 * auth-1 auth-2 sign-1 sign-2, "url" (the responder's address put into the
 * certificates) and "status" (one line a certificate). The folder is only ever
 * replaced file by file, under the lock "lock".
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "tests/world/tool/x509.h"

#include <openssl/ocsp.h>
#include <stdbool.h>

enum { JPKI_N_HIERS = 2, JPKI_N_GENS = 2, JPKI_N_KEYS = JPKI_N_HIERS * JPKI_N_GENS };
enum jpki_hier { JPKI_AUTH = 0, JPKI_SIGN = 1 };
enum jpki_state { JPKI_GOOD, JPKI_HOLD, JPKI_REVOKED };
enum {
	JPKI_SERIAL_MAX = 0x7FFFFFFF,
	JPKI_N_CERTS_MAX = 200000,
	JPKI_ARENA_BYTES = 64 << 20,
	JPKI_OCSP_REQUEST_MAX_BYTES = 64 * 1024,
	JPKI_OCSP_N_CERTS_MAX = 16,
	JPKI_NEXT_UPDATE_S = 600,
};
#define JPKI_DAY_S INT64_C(86400)
#define JPKI_YEAR_S (365 * JPKI_DAY_S)

/* One CA key: hierarchy and generation (1 or 2). */
struct jpki_ca {
	enum jpki_hier hier;
	int gen;
	X509 *crt;
	EVP_PKEY *key;
	X509 *ocsp_crt;
	EVP_PKEY *ocsp_key;
};
const char *jpki_key_name(enum jpki_hier hier, int gen); /* "auth-1" */
const char *jpki_hier_ou(enum jpki_hier hier);

void jpki_init(struct arena *a, const char *dir, const char *url);
/* Reads one CA key; jpki_ca_done() lets it go. */
void jpki_ca_load(
    struct arena *a, const char *dir, enum jpki_hier hier, int gen, struct jpki_ca *ret_ca);

void jpki_ca_done(struct jpki_ca *ca);

/* One line of "status". */
struct jpki_cert {
	enum jpki_hier hier;
	int gen;
	uint32_t serial;
	enum jpki_state state;
	int64_t since_s;
};
struct jpki_certs {
	struct jpki_cert *all;
	size_t n;
};
/* Takes the folder's lock; it lasts until the descriptor is closed (AUTO_FD). */
MUST_USE int jpki_status_lock(struct arena *a, const char *dir);
/* Dies on a line that is not one. *ret has room for two more. */
void jpki_status_load(struct arena *a, const char *dir, struct jpki_certs *ret);
void jpki_status_save(struct arena *a, const char *dir, const struct jpki_certs *certs);
/* NULL when there is none. */
struct jpki_cert *jpki_status_find(
    const struct jpki_certs *certs, enum jpki_hier hier, uint32_t serial);
const char *jpki_state_name(enum jpki_state state);

/* What one card holds. Texts are checked by jpki_card_make(), which dies on a bad one. */
struct jpki_card {
	uint32_t serial;
	int gen;
	const char *cn;
	int64_t not_after_s;
	const char *muni;
	const char *name, *birth, *sex, *address;
	const char *pin, *sign_pin, *token;
	bool no_auth, no_sign;
};
void jpki_card_make(
    struct arena *a, const char *dir, const char *card_dir, const struct jpki_card *card);

/* DER of the CRL of one key as of now (@stale: as of two days ago). */
void jpki_crl_make(
    const struct jpki_ca *ca, const struct jpki_certs *certs, bool stale, struct buf *ret_der);

/* How a responder misbehaves. */
enum jpki_fault {
	JPKI_FAULT_NONE,
	JPKI_FAULT_SILENT,      /* takes the request and never answers */
	JPKI_FAULT_STALE,       /* nextUpdate is past */
	JPKI_FAULT_NO_NONCE,    /* leaves the nonce out */
	JPKI_FAULT_WRONG_NONCE, /* answers with another nonce */
	JPKI_FAULT_WRONG_KEY,   /* signed by the other hierarchy's responder */
	JPKI_FAULT_TRY_LATER,
	JPKI_FAULT_GARBAGE, /* 200, but the body is no OCSP response */
};
/* False when @word names none. */
bool jpki_fault_parse(const char *word, enum jpki_fault *ret_fault);

/* Answers one DER request; always gives a DER response (an error status when it must). */
void jpki_ocsp_answer(const struct jpki_ca cas[JPKI_N_KEYS], const struct jpki_certs *certs,
    enum jpki_fault fault, const uint8_t *der, size_t der_bytes, struct buf *ret_der);

struct jpki_serve {
	const char *dir;
	unsigned port; /* 0: any free one */
	const char *port_file;
	long slow_ms;
	enum jpki_fault fault;
};
/* Serves until SIGTERM or SIGINT. */
void jpki_serve(struct arena *a, const struct jpki_serve *s);

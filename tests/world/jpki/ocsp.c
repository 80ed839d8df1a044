/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6960. The issuer is found by the key's hash: its name belongs to two keys. */
#include "tests/world/jpki/jpki.h"

#include "base/clock.h"
#include "base/rand.h"

#include <string.h>

bool
jpki_fault_parse(const char *word, enum jpki_fault *ret_fault)
{
	static const char *const words[] = { "none", "silent", "stale", "no-nonce", "wrong-nonce",
		"wrong-key", "try-later", "garbage" };
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret_fault = (enum jpki_fault)i;
			return true;
		}
	return false;
}

static bool
ocsp_is_by(OCSP_CERTID *id, const struct jpki_ca *ca)
{
	ASN1_OBJECT *md_oid = NULL;
	ASN1_INTEGER *serial = NULL;
	if (OCSP_id_get0_info(NULL, &md_oid, NULL, &serial, id) != 1)
		return false;
	const EVP_MD *md = EVP_get_digestbyobj(md_oid);
	OCSP_CERTID *own = md == NULL ? NULL
				      : OCSP_cert_id_new(md, X509_get_subject_name(ca->crt),
					    X509_get0_pubkey_bitstr(ca->crt), serial);
	bool same = own != NULL && OCSP_id_issuer_cmp(own, id) == 0;
	OCSP_CERTID_free(own);
	return same;
}

/* The one CA key that all the request's certificates are of, or NULL. */
static const struct jpki_ca *
ocsp_find_ca(const struct jpki_ca cas[JPKI_N_KEYS], OCSP_REQUEST *req)
{
	int n = OCSP_request_onereq_count(req);
	if (n < 1 || n > JPKI_OCSP_N_CERTS_MAX)
		return NULL;
	for (int k = 0; k < JPKI_N_KEYS; k++) {
		int mine = 0;
		for (int i = 0; i < n; i++)
			mine += ocsp_is_by(
			    OCSP_onereq_get0_id(OCSP_request_onereq_get0(req, i)), &cas[k]);
		if (mine == n)
			return &cas[k];
	}
	return NULL;
}

static const struct jpki_cert *
ocsp_find_cert(const struct jpki_ca *ca, const struct jpki_certs *certs, OCSP_CERTID *id)
{
	ASN1_INTEGER *serial = NULL;
	uint64_t v = 0;
	if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) != 1 ||
	    ASN1_INTEGER_get_uint64(&v, serial) != 1 || v > JPKI_SERIAL_MAX)
		return NULL;
	const struct jpki_cert *c = jpki_status_find(certs, ca->hier, (uint32_t)v);
	return c != NULL && c->gen == ca->gen ? c : NULL;
}

static bool
ocsp_add_status(OCSP_BASICRESP *bs, const struct jpki_ca *ca, const struct jpki_certs *certs,
    bool stale, OCSP_CERTID *id)
{
	const struct jpki_cert *c = ocsp_find_cert(ca, certs, id);
	int64_t at_s = clock_now_ms() / 1000 - (stale ? 2 * JPKI_DAY_S : 0);
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)at_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)(at_s + JPKI_NEXT_UPDATE_S));
	ASN1_TIME *since = c == NULL ? NULL : ASN1_TIME_set(NULL, (time_t)c->since_s);
	int status = V_OCSP_CERTSTATUS_UNKNOWN;
	int reason = OCSP_REVOKED_STATUS_NOSTATUS;
	if (c != NULL)
		status = c->state == JPKI_GOOD ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED;
	if (c != NULL && c->state == JPKI_HOLD)
		reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD;
	bool ok = from && until &&
	    OCSP_basic_add1_status(bs, id, status, reason, since, from, until) != NULL;
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_TIME_free(since);
	return ok;
}

static void
ocsp_add_nonce(OCSP_BASICRESP *bs, OCSP_REQUEST *req, enum jpki_fault fault)
{
	uint8_t other[16];
	if (fault == JPKI_FAULT_NO_NONCE)
		return;
	if (fault != JPKI_FAULT_WRONG_NONCE) {
		(void)OCSP_copy_nonce(bs, req); /* a request without one is fine */
		return;
	}
	rand_bytes(other, sizeof(other));
	(void)OCSP_basic_add1_nonce(bs, other, sizeof(other));
}

static OCSP_BASICRESP *
ocsp_basic(const struct jpki_ca cas[JPKI_N_KEYS], const struct jpki_ca *ca,
    const struct jpki_certs *certs, enum jpki_fault fault, OCSP_REQUEST *req)
{
	OCSP_BASICRESP *bs = OCSP_BASICRESP_new();
	const struct jpki_ca *signer = ca;
	bool ok = bs != NULL;
	for (int i = 0; ok && i < OCSP_request_onereq_count(req); i++)
		ok = ocsp_add_status(bs, ca, certs, fault == JPKI_FAULT_STALE,
		    OCSP_onereq_get0_id(OCSP_request_onereq_get0(req, i)));
	if (ok)
		ocsp_add_nonce(bs, req, fault);
	for (int k = 0; fault == JPKI_FAULT_WRONG_KEY && k < JPKI_N_KEYS; k++)
		if (cas[k].hier != ca->hier && cas[k].gen == ca->gen)
			signer = &cas[k];
	ok = ok &&
	    OCSP_basic_sign(bs, signer->ocsp_crt, signer->ocsp_key, EVP_sha256(), NULL, 0) == 1;
	if (ok)
		return bs;
	OCSP_BASICRESP_free(bs);
	return NULL;
}

void
jpki_ocsp_answer(const struct jpki_ca cas[JPKI_N_KEYS], const struct jpki_certs *certs,
    enum jpki_fault fault, const uint8_t *der, size_t der_bytes, struct buf *ret_der)
{
	const unsigned char *p = der;
	unsigned char *out = NULL;
	int status = OCSP_RESPONSE_STATUS_MALFORMEDREQUEST;
	OCSP_BASICRESP *bs = NULL;
	OCSP_REQUEST *req = d2i_OCSP_REQUEST(NULL, &p, (long)der_bytes);
	if (req != NULL && p == der + der_bytes) {
		const struct jpki_ca *ca = ocsp_find_ca(cas, req);
		status = OCSP_RESPONSE_STATUS_UNAUTHORIZED; /* RFC 6960 2.3: not our issuer */
		if (fault == JPKI_FAULT_TRY_LATER)
			status = OCSP_RESPONSE_STATUS_TRYLATER;
		else if (ca != NULL) {
			bs = ocsp_basic(cas, ca, certs, fault, req);
			status = bs ? OCSP_RESPONSE_STATUS_SUCCESSFUL
				    : OCSP_RESPONSE_STATUS_INTERNALERROR;
		}
	}
	OCSP_RESPONSE *resp = OCSP_response_create(status, bs);
	int bytes = resp == NULL ? -1 : i2d_OCSP_RESPONSE(resp, &out);
	if (bytes > 0)
		buf_put(ret_der, out, (size_t)bytes);
	OPENSSL_free(out);
	OCSP_RESPONSE_free(resp);
	OCSP_BASICRESP_free(bs);
	OCSP_REQUEST_free(req);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/jpki/jpki.h"

#include "base/clock.h"
#include "tests/world/tool/tool.h"

static void
crl_add(X509_CRL *crl, const struct jpki_cert *cert)
{
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_INTEGER *serial = x509_serial_of(cert->serial);
	ASN1_TIME *since = ASN1_TIME_set(NULL, (time_t)cert->since_s);
	bool ok = rev && since && X509_REVOKED_set_serialNumber(rev, serial) == 1 &&
	    X509_REVOKED_set_revocationDate(rev, since) == 1;
	if (ok && cert->state == JPKI_HOLD) {
		ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
		ok = why && ASN1_ENUMERATED_set(why, CRL_REASON_CERTIFICATE_HOLD) == 1 &&
		    X509_REVOKED_add1_ext_i2d(rev, NID_crl_reason, why, 0, 0) == 1;
		ASN1_ENUMERATED_free(why);
	}
	if (!ok || X509_CRL_add0_revoked(crl, rev) != 1)
		tool_die("CRL entry");
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(since);
}

static void
crl_head(X509_CRL *crl, const struct jpki_ca *ca, int64_t at_s)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)at_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)(at_s + JPKI_DAY_S));
	ASN1_INTEGER *number = x509_serial_of((uint64_t)at_s); /* grows with time: enough here */
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(ca->crt);
	bool ok = from && until && akid && ski &&
	    X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->crt)) == 1 &&
	    X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1 &&
	    (akid->keyid = ASN1_OCTET_STRING_dup(ski)) != NULL &&
	    X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, akid, 0, 0) == 1 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	if (!ok)
		tool_die("CRL");
	AUTHORITY_KEYID_free(akid);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}

void
jpki_crl_make(
    const struct jpki_ca *ca, const struct jpki_certs *certs, bool stale, struct buf *ret_der)
{
	X509_CRL *crl = X509_CRL_new();
	unsigned char *der = NULL;
	if (crl == NULL)
		tool_die("CRL");
	crl_head(crl, ca, clock_now_ms() / 1000 - (stale ? 2 * JPKI_DAY_S : 0));
	for (size_t i = 0; i < certs->n; i++) {
		const struct jpki_cert *c = &certs->all[i];
		if (c->hier == ca->hier && c->gen == ca->gen && c->state != JPKI_GOOD)
			crl_add(crl, c);
	}
	X509_CRL_sort(crl);
	int bytes = X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0 ? i2d_X509_CRL(crl, &der) : -1;
	if (bytes <= 0)
		tool_die("CRL signature");
	buf_put(ret_der, der, (size_t)bytes);
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

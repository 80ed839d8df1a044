/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/tool/x509.h"

#include "base/rand.h"
#include "tests/world/tool/tool.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

/* OpenSSL's reason is worth more than our own words. */
static _Noreturn void
x509_die(const char *what)
{
	char why[256];
	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	tool_die("%s: %s", what, why);
}

EVP_PKEY *
x509_key_p256(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	if (key == NULL)
		x509_die("P-256 key");
	return key;
}

EVP_PKEY *
x509_key_rsa2048(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	if (key == NULL)
		x509_die("RSA key");
	return key;
}

EVP_PKEY *
x509_key_read(const char *path)
{
	BIO *in = BIO_new_file(path, "r");
	EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	if (key == NULL)
		x509_die(path);
	BIO_free(in);
	return key;
}

X509 *
x509_read(const char *path)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *crt = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);
	if (crt == NULL)
		x509_die(path);
	BIO_free(in);
	return crt;
}

/* Through memory, so that a file appears whole and with its mode or not at all. */
static void
x509_bio_write(const char *path, BIO *out, bool ok, unsigned mode)
{
	char *p = NULL;
	if (!ok)
		x509_die(path);
	long bytes = BIO_get_mem_data(out, &p);
	tool_write(path, p, (size_t)bytes, mode);
	BIO_free(out);
}

void
x509_key_write(const char *path, EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_secmem());
	bool ok =
	    out != NULL && PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
	x509_bio_write(path, out, ok, 0600);
}

void
x509_pub_write(const char *path, EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_mem());
	x509_bio_write(path, out, out != NULL && PEM_write_bio_PUBKEY(out, key) == 1, 0644);
}

void
x509_write(const char *path, X509 *crt)
{
	BIO *out = BIO_new(BIO_s_mem());
	x509_bio_write(path, out, out != NULL && PEM_write_bio_X509(out, crt) == 1, 0644);
}

void
x509_write_der(const char *path, X509 *crt)
{
	BIO *out = BIO_new(BIO_s_mem());
	x509_bio_write(path, out, out != NULL && i2d_X509_bio(out, crt) == 1, 0644);
}

X509_NAME *
x509_name(const char *const *parts)
{
	X509_NAME *name = X509_NAME_new();
	if (name == NULL)
		x509_die("name");
	for (size_t i = 0; parts[i] != NULL; i += 2) {
		int type = strcmp(parts[i], "C") == 0 ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
		if (X509_NAME_add_entry_by_txt(
			name, parts[i], type, (const unsigned char *)parts[i + 1], -1, -1, 0) != 1)
			x509_die(parts[i]);
	}
	return name;
}

X509 *
x509_begin(const struct x509_spec *s)
{
	X509 *crt = X509_new();
	X509_NAME *subject = x509_name(s->subject);
	const X509_NAME *issuer = s->issuer ? X509_get_subject_name(s->issuer) : subject;
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)s->not_before_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)s->not_after_s);
	ASN1_INTEGER *serial = ASN1_INTEGER_dup(s->serial);
	bool ok = crt && from && until && serial && X509_set_version(crt, X509_VERSION_3) == 1 &&
	    X509_set_subject_name(crt, subject) == 1 && X509_set_issuer_name(crt, issuer) == 1 &&
	    X509_set1_notBefore(crt, from) == 1 && X509_set1_notAfter(crt, until) == 1 &&
	    X509_set_serialNumber(crt, serial) == 1 && X509_set_pubkey(crt, s->key) == 1;
	if (!ok)
		x509_die("certificate");
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_NAME_free(subject);
	x509_ext(crt, s->issuer, NID_subject_key_identifier, "hash");
	if (s->issuer != NULL)
		x509_ext(crt, s->issuer, NID_authority_key_identifier, "keyid:always");
	return crt;
}

static void
x509_ext_add(X509 *crt, X509_EXTENSION *ext)
{
	if (ext == NULL || X509_add_ext(crt, ext, -1) != 1)
		x509_die("extension");
	X509_EXTENSION_free(ext);
}

void
x509_ext(X509 *crt, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer ? issuer : crt, crt, NULL, NULL, 0);
	x509_ext_add(crt, X509V3_EXT_nconf_nid(NULL, &ctx, nid, value));
}

static GENERAL_NAMES *
x509_dirname(const char *const *parts)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	if (names == NULL || name == NULL || sk_GENERAL_NAME_push(names, name) <= 0)
		x509_die("directoryName");
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, x509_name(parts));
	return names;
}

void
x509_ext_dirname(X509 *crt, int nid, const char *const *parts)
{
	GENERAL_NAMES *names = x509_dirname(parts);
	x509_ext_add(crt, X509V3_EXT_i2d(nid, 0, names));
	GENERAL_NAMES_free(names);
}

void
x509_ext_crldp(X509 *crt, const char *const *parts)
{
	CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
	DIST_POINT *point = DIST_POINT_new();
	DIST_POINT_NAME *where = DIST_POINT_NAME_new();
	if (points == NULL || point == NULL || where == NULL ||
	    sk_DIST_POINT_push(points, point) <= 0)
		x509_die("CRL distribution point");
	where->type = 0; /* fullName */
	where->name.fullname = x509_dirname(parts);
	point->distpoint = where;
	x509_ext_add(crt, X509V3_EXT_i2d(NID_crl_distribution_points, 0, points));
	CRL_DIST_POINTS_free(points);
}

void
x509_ext_policy(X509 *crt, const char *oid, const char *cps)
{
	POLICYINFO *info = POLICYINFO_new();
	POLICYQUALINFO *qual = POLICYQUALINFO_new();
	CERTIFICATEPOLICIES *all = CERTIFICATEPOLICIES_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();
	if (info == NULL || qual == NULL || all == NULL || uri == NULL ||
	    ASN1_STRING_set(uri, cps, -1) != 1)
		x509_die("policy");
	info->policyid = OBJ_txt2obj(oid, 1);
	qual->pqualid = OBJ_nid2obj(NID_id_qt_cps);
	qual->d.cpsuri = uri;
	info->qualifiers = sk_POLICYQUALINFO_new_null();
	if (info->policyid == NULL || info->qualifiers == NULL ||
	    sk_POLICYQUALINFO_push(info->qualifiers, qual) <= 0 ||
	    sk_POLICYINFO_push(all, info) <= 0)
		x509_die("policy");
	x509_ext_add(crt, X509V3_EXT_i2d(NID_certificate_policies, 1, all));
	CERTIFICATEPOLICIES_free(all);
}

void
x509_sign(X509 *crt, EVP_PKEY *issuer_key)
{
	if (X509_sign(crt, issuer_key, EVP_sha256()) == 0)
		x509_die("signing");
}

ASN1_INTEGER *
x509_serial_random(void)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	unsigned char b[16];
	rand_bytes(b, sizeof(b));
	b[0] = (unsigned char)((b[0] & 0x7F) | 0x40); /* positive, and always 16 bytes */
	BIGNUM *n = BN_bin2bn(b, sizeof(b), NULL);
	if (serial == NULL || n == NULL || BN_to_ASN1_INTEGER(n, serial) == NULL)
		x509_die("serial");
	BN_free(n);
	return serial;
}

ASN1_INTEGER *
x509_serial_of(uint64_t v)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	if (serial == NULL || ASN1_INTEGER_set_uint64(serial, v) != 1)
		x509_die("serial");
	return serial;
}

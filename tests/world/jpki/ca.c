/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/jpki/jpki.h"

#include "base/clock.h"
#include "tests/world/tool/tool.h"

#include <string.h>

const char *
jpki_key_name(enum jpki_hier hier, int gen)
{
	static const char *const names[JPKI_N_HIERS][JPKI_N_GENS] = { { "auth-1", "auth-2" },
		{ "sign-1", "sign-2" } };
	return names[hier][gen - 1];
}

const char *
jpki_hier_ou(enum jpki_hier hier)
{
	return hier == JPKI_AUTH ? "JPKI for user authentication" : "JPKI for digital signature";
}

static X509 *
jpki_root_make(enum jpki_hier hier, int gen, EVP_PKEY *key, int64_t now_s)
{
	const char *const dn[] = { "C", "JP", "O", "JPKI-TEST", "OU", jpki_hier_ou(hier), "OU",
		"Japan Agency for Local Authority Information Systems", NULL };
	const char *const arl[] = { "C", "JP", "O", "JPKI-TEST", "OU", jpki_hier_ou(hier), "OU",
		"ARL Distribution Points", "CN", "ARLDP", NULL };
	static const char *const service[] = { "C", "JP", "O", "公的個人認証サービス", NULL };
	/* The real serial numbers: the CA's own continues the counter of what it issued. */
	static const uint64_t serials[JPKI_N_HIERS][JPKI_N_GENS] = { { 1, 0x0133C349 },
		{ 1, 0x067C6A21 } };
	/* Ten years each: the old one issued until a year ago and is still valid. */
	int64_t from_s = now_s - (gen == 1 ? 6 : 1) * JPKI_YEAR_S;
	ASN1_INTEGER *serial = x509_serial_of(serials[hier][gen - 1]);
	X509 *crt = x509_begin(&(struct x509_spec){ .subject = dn,
	    .key = key,
	    .serial = serial,
	    .not_before_s = from_s,
	    .not_after_s = from_s + 10 * JPKI_YEAR_S });
	x509_ext(crt, NULL, NID_basic_constraints, "critical,CA:TRUE");
	x509_ext(crt, NULL, NID_key_usage, "critical,keyCertSign,cRLSign");
	x509_ext_dirname(crt, NID_subject_alt_name, service);
	x509_ext_crldp(crt, arl);
	x509_sign(crt, key);
	ASN1_INTEGER_free(serial);
	return crt;
}

/* RFC 6960 4.2.2.2: a responder of its own, marked by the CA, that is not itself asked about. */
static X509 *
jpki_delegate_make(
    enum jpki_hier hier, X509 *root, EVP_PKEY *root_key, EVP_PKEY *key, int64_t now_s)
{
	const char *const dn[] = { "C", "JP", "O", "JPKI-TEST", "OU", jpki_hier_ou(hier), "CN",
		"OCSP Responder", NULL };
	ASN1_INTEGER *serial = x509_serial_random();
	X509 *crt = x509_begin(&(struct x509_spec){ .subject = dn,
	    .issuer = root,
	    .key = key,
	    .serial = serial,
	    .not_before_s = now_s - JPKI_DAY_S,
	    .not_after_s = now_s + JPKI_YEAR_S });
	x509_ext(crt, root, NID_basic_constraints, "critical,CA:FALSE");
	x509_ext(crt, root, NID_key_usage, "critical,digitalSignature");
	x509_ext(crt, root, NID_ext_key_usage, "critical,OCSPSigning");
	x509_ext(crt, root, NID_id_pkix_OCSP_noCheck, "ignored");
	x509_sign(crt, root_key);
	ASN1_INTEGER_free(serial);
	return crt;
}

static void
jpki_ca_make(struct arena *a, const char *dir, enum jpki_hier hier, int gen)
{
	const char *base = tool_path(a, dir, jpki_key_name(hier, gen));
	int64_t now_s = clock_now_ms() / 1000;
	EVP_PKEY *key = x509_key_rsa2048();
	X509 *root = jpki_root_make(hier, gen, key, now_s);
	EVP_PKEY *ocsp_key = x509_key_p256();
	X509 *ocsp = jpki_delegate_make(hier, root, key, ocsp_key, now_s);
	x509_key_write(arena_printf(a, "%s.key", base), key);
	x509_write(arena_printf(a, "%s.crt", base), root);
	x509_write_der(arena_printf(a, "%s.der", base), root);
	x509_key_write(arena_printf(a, "%s-ocsp.key", base), ocsp_key);
	x509_write(arena_printf(a, "%s-ocsp.crt", base), ocsp);
	X509_free(ocsp);
	EVP_PKEY_free(ocsp_key);
	X509_free(root);
	EVP_PKEY_free(key);
}

void
jpki_init(struct arena *a, const char *dir, const char *url)
{
	struct jpki_certs none = { 0 };
	tool_mkdir(dir);
	if (tool_exists(tool_path(a, dir, "status")))
		tool_die("%s: there is a JPKI already", dir);
	for (int hier = 0; hier < JPKI_N_HIERS; hier++)
		for (int gen = 1; gen <= JPKI_N_GENS; gen++)
			jpki_ca_make(a, dir, (enum jpki_hier)hier, gen);
	tool_write(tool_path(a, dir, "url"), url, strlen(url), 0644);
	jpki_status_save(a, dir, &none);
}

void
jpki_ca_load(struct arena *a, const char *dir, enum jpki_hier hier, int gen, struct jpki_ca *ret_ca)
{
	const char *base = tool_path(a, dir, jpki_key_name(hier, gen));
	*ret_ca = (struct jpki_ca){
		.hier = hier,
		.gen = gen,
		.crt = x509_read(arena_printf(a, "%s.crt", base)),
		.key = x509_key_read(arena_printf(a, "%s.key", base)),
		.ocsp_crt = x509_read(arena_printf(a, "%s-ocsp.crt", base)),
		.ocsp_key = x509_key_read(arena_printf(a, "%s-ocsp.key", base)),
	};
}

void
jpki_ca_done(struct jpki_ca *ca)
{
	X509_free(ca->crt);
	EVP_PKEY_free(ca->key);
	X509_free(ca->ocsp_crt);
	EVP_PKEY_free(ca->ocsp_key);
	*ca = (struct jpki_ca){ 0 };
}

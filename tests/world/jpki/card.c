/* SPDX-License-Identifier: Apache-2.0 */
/* What is put on one card: the profiles are those of the real certificates. */
#include "tests/world/jpki/jpki.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/world/tool/tool.h"

#include <ctype.h>
#include <openssl/objects.h>
#include <string.h>

enum { CARD_TOKEN_BYTES = 160, CARD_TOKEN_NAME_BYTES = 32, CARD_CN_MAX = 26, CARD_TEXT_MAX = 300 };

/* 生年月日 as the signature certificate has it: an era digit and the Gregorian date. */
static const char *
card_birth_with_era(struct arena *a, const char *birth)
{
	long d = tool_number(birth, 18680125, 99991231, "--birth");
	int era = 1;
	if (d >= 20190501)
		era = 5;
	else if (d >= 19890108)
		era = 4;
	else if (d >= 19261225)
		era = 3;
	else if (d >= 19120730)
		era = 2;
	return arena_printf(a, "%d%s", era, birth);
}

static void
card_other_name(GENERAL_NAMES *names, const char *oid, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_UTF8STRING *s = ASN1_UTF8STRING_new();
	if (name == NULL || value == NULL || s == NULL || ASN1_STRING_set(s, text, -1) != 1)
		tool_die("otherName");
	ASN1_TYPE_set(value, V_ASN1_UTF8STRING, s);
	if (GENERAL_NAME_set0_othername(name, OBJ_txt2obj(oid, 1), value) != 1 ||
	    sk_GENERAL_NAME_push(names, name) <= 0)
		tool_die("otherName");
}

/* The four items; only the signature certificate has any personal data. */
static void
card_san_add(struct arena *a, X509 *crt, const struct jpki_card *card)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	char zeros[CARD_TEXT_MAX + 1] = { 0 };
	long name_chars = text_utf8_count(card->name, strlen(card->name));
	long addr_chars = text_utf8_count(card->address, strlen(card->address));
	card_other_name(names, "1.2.392.200149.8.5.5.1", card->name);
	card_other_name(names, "1.2.392.200149.8.5.5.4", card_birth_with_era(a, card->birth));
	card_other_name(names, "1.2.392.200149.8.5.5.3", card->sex);
	card_other_name(names, "1.2.392.200149.8.5.5.5", card->address);
	/* One digit a character: 0 means that it is not a substitute. */
	memset(zeros, '0', (size_t)name_chars);
	card_other_name(names, "1.2.392.200149.8.5.5.2", zeros);
	memset(zeros, 0, sizeof(zeros));
	memset(zeros, '0', (size_t)addr_chars);
	card_other_name(names, "1.2.392.200149.8.5.5.6", zeros);
	X509_EXTENSION *ext = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
	if (ext == NULL || X509_add_ext(crt, ext, -1) != 1)
		tool_die("subjectAltName");
	X509_EXTENSION_free(ext);
	GENERAL_NAMES_free(names);
}

static X509 *
card_cert_begin(
    struct arena *a, const struct jpki_ca *ca, const struct jpki_card *card, EVP_PKEY *key)
{
	const char *city = arena_printf(a, "City-%s", card->muni);
	const char *const auth[] = { "C", "JP", "CN", card->cn, NULL };
	const char *const sign[] = { "C", "JP", "L", "Mihon-ken", "L", city, "CN", card->cn, NULL };
	int64_t from_s = clock_now_ms() / 1000 - JPKI_DAY_S;
	if (from_s >= card->not_after_s) /* an expired card was once valid */
		from_s = card->not_after_s - 5 * JPKI_YEAR_S;
	ASN1_INTEGER *serial = x509_serial_of(card->serial);
	X509 *crt = x509_begin(&(struct x509_spec){
	    .subject = ca->hier == JPKI_AUTH ? auth : sign,
	    .issuer = ca->crt,
	    .key = key,
	    .serial = serial,
	    .not_before_s = from_s,
	    .not_after_s = card->not_after_s,
	});
	ASN1_INTEGER_free(serial);
	return crt;
}

static X509 *
card_cert_make(struct arena *a, const struct jpki_ca *ca, const struct jpki_card *card,
    const char *url, EVP_PKEY *key)
{
	static const char *const service[] = { "C", "JP", "O", "公的個人認証サービス", NULL };
	const char *const crldp[] = { "C", "JP", "O", "JPKI-TEST", "OU", jpki_hier_ou(ca->hier),
		"OU", "CRL Distribution Points", "OU", "Mihon-ken", "CN",
		arena_printf(a, "City-%s CRLDP", card->muni), NULL };
	bool auth = ca->hier == JPKI_AUTH;
	X509 *crt = card_cert_begin(a, ca, card, key);
	x509_ext(crt, ca->crt, NID_key_usage,
	    auth ? "critical,digitalSignature" : "critical,digitalSignature,nonRepudiation");
	x509_ext_policy(crt, auth ? "1.2.392.200149.8.5.1.0.30" : "1.2.392.200149.8.5.1.0.20",
	    "http://jpki-test.invalid/cps.html");
	if (!auth)
		card_san_add(a, crt, card);
	x509_ext_dirname(crt, NID_issuer_alt_name, service);
	x509_ext_crldp(crt, crldp);
	x509_ext(crt, ca->crt, NID_info_access, arena_printf(a, "OCSP;URI:%s", url));
	x509_sign(crt, ca->key);
	return crt;
}

/* Certificate, key and CA certificate of one hierarchy. */
static void
card_half_make(struct arena *a, const char *dir, const char *card_dir, enum jpki_hier hier,
    const struct jpki_card *card)
{
	const char *prefix =
	    arena_printf(a, "%s/%s", card_dir, hier == JPKI_AUTH ? "auth" : "sign");
	size_t bytes = 0;
	const char *url = (char *)tool_read(a, tool_path(a, dir, "url"), &bytes);
	struct jpki_ca ca;
	jpki_ca_load(a, dir, hier, card->gen, &ca);
	EVP_PKEY *key = x509_key_rsa2048();
	X509 *crt = card_cert_make(a, &ca, card, url, key);
	x509_key_write(arena_printf(a, "%s_key.pem", prefix), key);
	x509_write_der(arena_printf(a, "%s_cert.der", prefix), crt);
	x509_write_der(arena_printf(a, "%s_ca.der", prefix), ca.crt);
	X509_free(crt);
	EVP_PKEY_free(key);
	jpki_ca_done(&ca);
}

static void
card_tlv(struct buf *b, unsigned tag, const void *p, size_t bytes)
{
	buf_u16(b, (uint16_t)tag);
	if (bytes >= 128)
		buf_u8(b, 0x82);
	if (bytes >= 128)
		buf_u16(b, (uint16_t)bytes);
	else
		buf_u8(b, (uint8_t)bytes);
	buf_put(b, p, bytes);
}

/* 券面入力補助AP: EF 0001 (個人番号) and 0002 (the four items). */
static void
card_texts_write(struct arena *a, const char *card_dir, const struct jpki_card *card)
{
	/* The check digit is wrong on purpose: this is nobody's number. */
	static const char number[] = "\xFF\x10\x0C"
				     "999999999999"
				     "\xFF\xFF";
	static const uint8_t no_offsets[8] = { 0 };
	struct buf in, out;
	buf_init(&in, 4096);
	buf_init(&out, 4096);
	card_tlv(&in, 0xDF21, no_offsets, sizeof(no_offsets));
	card_tlv(&in, 0xDF22, card->name, strlen(card->name));
	card_tlv(&in, 0xDF23, card->address, strlen(card->address));
	card_tlv(&in, 0xDF24, card->birth, strlen(card->birth));
	card_tlv(&in, 0xDF25, card->sex, strlen(card->sex));
	card_tlv(&out, 0xFF20, in.p, in.bytes);
	if (!buf_ok(&in) || !buf_ok(&out))
		tool_die("the card's texts are too long");
	tool_write(tool_path(a, card_dir, "text_0001.bin"), number, sizeof(number) - 1, 0600);
	tool_write(tool_path(a, card_dir, "text_0002.bin"), out.p, out.bytes, 0600);
	buf_done(&in);
	buf_done(&out);
}

/* EF 0006, EF 0008 and the PINs with all their tries. */
static void
card_token_write(struct arena *a, const char *card_dir, const struct jpki_card *card)
{
	uint8_t token[CARD_TOKEN_BYTES] = { 0 };
	const uint8_t have[3] = { card->no_sign ? 0 : 0x8F, card->no_auth ? 0 : 0x8F, 0 };
	const char *pins = arena_printf(a,
	    "0 0018 %s 3 3\n0 001B %s 5 5\n1 0011 %s 3 3\n1 0014 999999999999 10 10\n"
	    "1 0015 %s00000000 10 10\n",
	    card->pin, card->sign_pin, card->pin, card->birth + 2);
	memset(token, ' ', 96);
	memcpy(token, card->token, strlen(card->token));
	memcpy(token + CARD_TOKEN_NAME_BYTES, "EMULATOR", 8);
	tool_write(tool_path(a, card_dir, "token.bin"), token, sizeof(token), 0600);
	tool_write(tool_path(a, card_dir, "have.bin"), have, sizeof(have), 0600);
	tool_write(tool_path(a, card_dir, "pins.state"), pins, strlen(pins), 0600);
}

static void
card_check_text(const char *s, const char *what)
{
	if (*s == '\0' || strlen(s) > CARD_TEXT_MAX || !text_is_clean_utf8(s, strlen(s)))
		tool_die("%s: 1 to %d bytes of UTF-8 are needed", what, CARD_TEXT_MAX);
}

static void
card_check_alnum(const char *s, size_t min, size_t max, const char *what)
{
	size_t n = strlen(s);
	bool ok = n >= min && n <= max;
	for (size_t i = 0; i < n; i++)
		ok = ok && isascii(s[i]) && isalnum((unsigned char)s[i]);
	if (!ok)
		tool_die("%s: %zu to %zu letters and digits are needed", what, min, max);
}

static void
card_check(const struct jpki_card *card)
{
	card_check_alnum(card->cn, 1, CARD_CN_MAX, "--cn");
	card_check_alnum(card->muni, 5, 6, "--muni");
	card_check_alnum(card->pin, 4, 4, "--pin");
	card_check_alnum(card->sign_pin, 6, 16, "--sign-pin");
	card_check_alnum(card->token, 1, CARD_TOKEN_NAME_BYTES, "--token");
	card_check_alnum(card->birth, 8, 8, "--birth");
	card_check_alnum(card->sex, 1, 1, "--sex");
	card_check_text(card->name, "--name");
	card_check_text(card->address, "--address");
}

static void
card_status_add(struct jpki_certs *certs, enum jpki_hier hier, const struct jpki_card *card)
{
	certs->all[certs->n++] = (struct jpki_cert){ .hier = hier,
		.gen = card->gen,
		.serial = card->serial,
		.state = JPKI_GOOD,
		.since_s = clock_now_ms() / 1000 };
}

static void
card_check_new(const struct jpki_certs *certs, uint32_t serial)
{
	if (jpki_status_find(certs, JPKI_AUTH, serial) ||
	    jpki_status_find(certs, JPKI_SIGN, serial))
		tool_die("serial %u was issued before", serial);
}

void
jpki_card_make(struct arena *a, const char *dir, const char *card_dir, const struct jpki_card *card)
{
	struct jpki_certs certs;
	card_check(card);
	jpki_status_load(a, dir, &certs);
	card_check_new(&certs, card->serial);
	tool_mkdir(card_dir);
	if (!card->no_auth)
		card_half_make(a, dir, card_dir, JPKI_AUTH, card);
	if (!card->no_sign)
		card_half_make(a, dir, card_dir, JPKI_SIGN, card);
	card_texts_write(a, card_dir, card);
	card_token_write(a, card_dir, card);
	/* Locked only now: making keys is slow, and many cards are made at once. */
	AUTO_FD int lock = jpki_status_lock(a, dir);
	jpki_status_load(a, dir, &certs);
	card_check_new(&certs, card->serial);
	if (!card->no_auth)
		card_status_add(&certs, JPKI_AUTH, card);
	if (!card->no_sign)
		card_status_add(&certs, JPKI_SIGN, card);
	jpki_status_save(a, dir, &certs);
}

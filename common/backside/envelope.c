/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/envelope.h"

#include "base/mem.h"
#include "domain/muni.h"
#include "pki/aead.h"
#include "pki/hash.h"
#include "pki/hpke.h"
#include <string.h>

static const char MAGIC[4] = { 'K', 'F', 'B', 'S' };
static const char INFO_LABEL[] = "kofu back side 1";
static const char SIGN_LABEL[] = "kofu back side signature 1";
static const char CODE_LABEL[] = "kofu back side front code 1";

enum {
	MUNI_BYTES = 6,
	PSK_BYTES = 32,
	AT_ENC = ENVELOPE_HEADER_BYTES,
	AT_SEALED = AT_ENC + KEY_POINT_BYTES,
	AT_RECORD = KEY_SIG_BYTES + 4, /* within what is sealed */
	INFO_BYTES = sizeof(INFO_LABEL) - 1 + ENVELOPE_HEADER_BYTES,
};

size_t
envelope_code_normalise(const char *code, char ret[static ENVELOPE_MAX_FRONT_CODE_BYTES + 1])
{
	char out[ENVELOPE_MAX_FRONT_CODE_BYTES + 1] = { 0 };
	size_t n = 0;
	for (; *code != '\0'; code++) {
		char c = *code;
		if (c == ' ' || c == '-')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) ||
		    n == ENVELOPE_MAX_FRONT_CODE_BYTES)
			return 0;
		out[n++] = c;
	}
	if (n < ENVELOPE_MIN_FRONT_CODE_BYTES)
		return 0;
	memcpy(ret, out, n + 1);
	return n;
}

/* The second half of the key: the code of the front, different for every page. */
static bool
code_to_psk(const char *code, const uint8_t serial[ENVELOPE_SERIAL_BYTES], uint8_t psk[PSK_BYTES])
{
	char text[ENVELOPE_MAX_FRONT_CODE_BYTES + 1];
	uint8_t prk[SHA256_BYTES];
	size_t n = envelope_code_normalise(code, text);
	if (n == 0)
		return false;
	hkdf_extract(CODE_LABEL, sizeof(CODE_LABEL) - 1, text, n, prk);
	hkdf_expand(prk, serial, ENVELOPE_SERIAL_BYTES, psk, PSK_BYTES);
	mem_wipe(text, sizeof(text));
	mem_wipe(prk, sizeof(prk));
	return true;
}

static void
info_make(const uint8_t *header, uint8_t info[static INFO_BYTES])
{
	memcpy(info, INFO_LABEL, sizeof(INFO_LABEL) - 1);
	memcpy(info + sizeof(INFO_LABEL) - 1, header, ENVELOPE_HEADER_BYTES);
}

static struct hpke_context
context_of(const uint8_t info[static INFO_BYTES], const uint8_t psk[static PSK_BYTES])
{
	return (struct hpke_context){ .info = info,
		.info_bytes = INFO_BYTES,
		.psk = psk,
		.psk_bytes = PSK_BYTES,
		.psk_id = CODE_LABEL,
		.psk_id_bytes = sizeof(CODE_LABEL) - 1 };
}

/* What the municipality signs. @front: header and enc, as they stand in the envelope. */
static void
digest_make(const uint8_t *front, const void *record, size_t bytes, uint8_t digest[SHA256_BYTES])
{
	uint8_t hash[SHA256_BYTES];
	sha256(record, bytes, hash);
	const struct sha256_part parts[] = { { SIGN_LABEL, sizeof(SIGN_LABEL) - 1 },
		{ front, AT_SEALED }, { hash, sizeof(hash) } };
	sha256_parts(parts, N_ELEMENTS(parts), digest);
}

static void
header_put(struct buf *b, const struct envelope_seal *s)
{
	struct key_id recipient, signer;
	key_id_of(&s->recipient, &recipient);
	key_id_of(&s->signer.point, &signer);
	buf_put(b, MAGIC, sizeof(MAGIC));
	buf_u8(b, ENVELOPE_VERSION);
	buf_u8(b, ENVELOPE_SUITE);
	buf_put(b, recipient.b, sizeof(recipient.b));
	buf_put(b, signer.b, sizeof(signer.b));
	buf_put(b, s->muni.s, MUNI_BYTES);
	buf_put(b, s->serial, sizeof(s->serial));
	buf_u64(b, (uint64_t)s->issued_at_ms);
}

/* signature ‖ length ‖ record ‖ zeros, of @sealed_bytes with the tag, is sealed after @b's end. */
static int
body_seal(struct buf *b, const struct envelope_seal *s, struct hpke_sender *sender,
    const void *record, size_t bytes, size_t sealed_bytes, struct err *err)
{
	uint8_t digest[SHA256_BYTES];
	size_t plain_bytes = sealed_bytes - AEAD_TAG_BYTES;
	uint8_t *plain = mem_zero(plain_bytes), *sealed = mem_zero(sealed_bytes);
	digest_make(b->p, record, bytes, digest);
	int r = s->signer.sign(s->signer.self, digest, plain, err);
	if (r == 0) {
		plain[KEY_SIG_BYTES + 2] = (uint8_t)(bytes >> 8);
		plain[KEY_SIG_BYTES + 3] = (uint8_t)bytes;
		memcpy(plain + AT_RECORD, record, bytes);
		hpke_sender_seal(sender, b->p, ENVELOPE_HEADER_BYTES, plain, plain_bytes, sealed);
		buf_put(b, sealed, sealed_bytes);
	}
	mem_wipe(plain, plain_bytes);
	mem_free(plain);
	mem_free(sealed);
	return err_fold(err, r, "envelope signature");
}

/* The size that hides the record's: what fills the rate that the page will have. */
static size_t
size_class(size_t record_bytes)
{
	int rate = backside_rate_for(record_bytes + ENVELOPE_OVERHEAD_BYTES);
	return rate < 0 ? 0 : backside_rate_max_bytes((enum backside_rate)rate);
}

static int
seal_into(struct buf *b, const struct envelope_seal *s, const uint8_t psk[PSK_BYTES],
    const void *record, size_t bytes, struct err *err)
{
	uint8_t info[INFO_BYTES];
	struct hpke_sender sender;
	header_put(b, s);
	info_make(b->p, info);
	struct hpke_context c = context_of(info, psk);
	int r = hpke_sender_init(&s->recipient, &c, &sender, err);
	if (r)
		return err_trace(err, r, "envelope");
	buf_put(b, sender.enc.b, sizeof(sender.enc.b));
	r = body_seal(b, s, &sender, record, bytes, size_class(bytes) - AT_SEALED, err);
	mem_wipe(&sender, sizeof(sender));
	return r;
}

int
envelope_seal(const struct envelope_seal *s, const void *record, size_t bytes, struct buf *out,
    struct err *err)
{
	struct muni_code muni;
	uint8_t psk[PSK_BYTES];
	struct buf b;
	if (bytes > ENVELOPE_MAX_RECORD_BYTES)
		return ENVELOPE_E_TOO_LARGE;
	if (bytes == 0 || s->issued_at_ms < 0 || !muni_parse(s->muni.s, MUNI_BYTES, &muni))
		return err_raise(err, FAULT_BAD_INPUT, "envelope's content", (long)bytes);
	if (!code_to_psk(s->front_code, s->serial, psk))
		return err_raise(err, FAULT_BAD_INPUT, "front code", 0);
	buf_init(&b, ENVELOPE_MAX_BYTES);
	int r = seal_into(&b, s, psk, record, bytes, err);
	if (r == 0)
		buf_put(out, b.p, b.bytes);
	buf_done(&b);
	mem_wipe(psk, sizeof(psk));
	return r;
}

/* Is it of one of the sizes that are written? */
static bool
size_is_legal(size_t bytes)
{
	int rate = backside_rate_for(bytes);
	return rate >= 0 && bytes == backside_rate_max_bytes((enum backside_rate)rate);
}

static int
header_read(const void *p, size_t bytes, struct envelope_header *ret)
{
	struct rd r = rd_init(p, bytes);
	struct envelope_header h = { 0 };
	const uint8_t *magic = rd_bytes(&r, sizeof(MAGIC));
	unsigned version = rd_u8(&r), suite = rd_u8(&r);
	const uint8_t *recipient = rd_bytes(&r, KEY_ID_BYTES), *signer = rd_bytes(&r, KEY_ID_BYTES);
	const uint8_t *muni = rd_bytes(&r, MUNI_BYTES);
	const uint8_t *serial = rd_bytes(&r, ENVELOPE_SERIAL_BYTES);
	uint64_t at = rd_u64(&r);
	if (!rd_ok(&r) || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 || version != ENVELOPE_VERSION ||
	    suite != ENVELOPE_SUITE || at > INT64_MAX ||
	    !muni_parse((const char *)muni, MUNI_BYTES, &h.muni))
		return ENVELOPE_E_FOREIGN;
	memcpy(h.recipient.b, recipient, KEY_ID_BYTES);
	memcpy(h.signer.b, signer, KEY_ID_BYTES);
	memcpy(h.serial, serial, ENVELOPE_SERIAL_BYTES);
	h.issued_at_ms = (int64_t)at;
	*ret = h;
	return 0;
}

int
envelope_peek(const void *p, size_t bytes, struct envelope_header *ret)
{
	return size_is_legal(bytes) ? header_read(p, bytes, ret) : ENVELOPE_E_FOREIGN;
}

static bool
is_zero(const uint8_t *p, size_t bytes)
{
	unsigned any = 0;
	for (size_t i = 0; i < bytes; i++)
		any |= p[i];
	return any == 0;
}

/* The record in what was sealed, if the municipality signed it and nothing hides behind it. */
static int
record_verify(const uint8_t *front, const uint8_t *plain, size_t plain_bytes,
    const struct key_point *signer, const uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	uint8_t digest[SHA256_BYTES];
	struct rd r = rd_init(plain, plain_bytes);
	const uint8_t *signature = rd_bytes(&r, KEY_SIG_BYTES);
	size_t bytes = 0;
	const uint8_t *record = rd_field32(&r, &bytes);
	if (!rd_ok(&r) || bytes == 0 ||
	    size_class(bytes) != plain_bytes + AT_SEALED + AEAD_TAG_BYTES ||
	    !is_zero(plain + AT_RECORD + bytes, plain_bytes - AT_RECORD - bytes))
		return ENVELOPE_E_FORGED;
	digest_make(front, record, bytes, digest);
	int v = key_verify(signer, digest, signature, err);
	if (v == FAULT_INTEGRITY)
		return ENVELOPE_E_FORGED;
	if (v)
		return err_fold(err, v, "envelope signature");
	*ret = record;
	*ret_bytes = bytes;
	return 0;
}

static bool
keys_match(const struct envelope_keys *k, const struct envelope_header *h)
{
	struct key_id recipient, signer;
	key_id_of(&k->recipient.point, &recipient);
	key_id_of(&k->signer, &signer);
	return memcmp(recipient.b, h->recipient.b, KEY_ID_BYTES) == 0 &&
	    memcmp(signer.b, h->signer.b, KEY_ID_BYTES) == 0;
}

/* Decrypt into @plain. */
static int
body_open(const uint8_t *p, size_t bytes, const struct envelope_keys *k,
    const struct envelope_header *h, uint8_t *plain, struct err *err)
{
	uint8_t info[INFO_BYTES], psk[PSK_BYTES];
	struct key_point enc;
	struct err ours = { 0 };
	if (!code_to_psk(k->front_code, h->serial, psk))
		return ENVELOPE_E_NOT_OPENED;
	info_make(p, info);
	memcpy(enc.b, p + AT_ENC, sizeof(enc.b));
	struct hpke_context c = context_of(info, psk);
	int r = key_point_check(&enc, &ours);
	if (r == 0)
		r = hpke_open(&k->recipient, &c, &enc, p, ENVELOPE_HEADER_BYTES, p + AT_SEALED,
		    bytes - AT_SEALED, plain, &ours);
	mem_wipe(psk, sizeof(psk));
	if (r == FAULT_BAD_INPUT || r == FAULT_INTEGRITY)
		return ENVELOPE_E_NOT_OPENED;
	if (r && err != NULL)
		*err = ours;
	return err_fold(err, r, "envelope");
}

int
envelope_open_whole(struct arena *a, const void *p, size_t bytes, const struct envelope_keys *k,
    struct envelope_opened *ret, struct err *err)
{
	struct envelope_header h;
	const uint8_t *record = NULL;
	size_t record_bytes = 0;
	int r = envelope_peek(p, bytes, &h);
	if (r)
		return r;
	if (!keys_match(k, &h))
		return err_raise(err, FAULT_INTERNAL, "keys of another envelope", 0);
	size_t plain_bytes = bytes - AT_SEALED - AEAD_TAG_BYTES;
	uint8_t *plain = mem_zero(plain_bytes);
	r = body_open(p, bytes, k, &h, plain, err);
	if (r == 0)
		r = record_verify(p, plain, plain_bytes, &k->signer, &record, &record_bytes, err);
	if (r == 0) {
		memcpy(ret->front, p, sizeof(ret->front));
		memcpy(ret->signature, plain, sizeof(ret->signature));
		ret->record = arena_memdup(a, record, record_bytes);
		ret->record_bytes = record_bytes;
	}
	mem_wipe(plain, plain_bytes);
	mem_free(plain);
	return r;
}

int
envelope_open(struct arena *a, const void *p, size_t bytes, const struct envelope_keys *k,
    uint8_t **ret_record, size_t *ret_bytes, struct err *err)
{
	struct envelope_opened o;
	int r = envelope_open_whole(a, p, bytes, k, &o, err);
	if (r)
		return r;
	*ret_record = arena_memdup(a, o.record, o.record_bytes);
	*ret_bytes = o.record_bytes;
	return 0;
}

int
envelope_opened_peek(const struct envelope_opened *o, struct envelope_header *ret)
{
	return header_read(o->front, sizeof(o->front), ret);
}

int
envelope_opened_verify(
    const struct envelope_opened *o, const struct key_point *signer, struct err *err)
{
	uint8_t digest[SHA256_BYTES];
	struct envelope_header h;
	struct key_id id;
	key_id_of(signer, &id);
	if (envelope_opened_peek(o, &h) != 0)
		return ENVELOPE_E_FOREIGN;
	if (memcmp(id.b, h.signer.b, KEY_ID_BYTES) != 0)
		return err_raise(err, FAULT_INTERNAL, "key of another envelope", 0);
	digest_make(o->front, o->record, o->record_bytes, digest);
	int v = key_verify(signer, digest, o->signature, err);
	return v == FAULT_INTEGRITY ? ENVELOPE_E_FORGED : err_fold(err, v, "signature");
}

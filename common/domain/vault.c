/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/vault.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "pki/hash.h"

#include <string.h>

enum {
	VAULT_AAD_BYTES = 11 + 6 + 1 + PERSON_REF_BYTES + 4,
	VAULT_HASH_MAX_BYTES = 512,
	VAULT_CARD_MAX_BYTES = 256,
	VAULT_CARD_ARENA_BYTES = 4096
};

void
vault_init(struct vault *v, struct muni_code muni, const uint8_t dek[32])
{
	static const char column[] = "kofu column key 1";
	static const char lookup[] = "kofu lookup key 1";
	uint8_t prk[SHA256_BYTES];
	v->muni = muni;
	/* The municipality goes in as salt: one key handed to two would still give two vaults. */
	hkdf_extract(muni.s, 6, dek, 32, prk);
	hkdf_expand(prk, column, sizeof(column) - 1, v->column_key, sizeof(v->column_key));
	hkdf_expand(prk, lookup, sizeof(lookup) - 1, v->lookup_key, sizeof(v->lookup_key));
	mem_wipe(prk, sizeof(prk));
}

void
vault_done(struct vault *v)
{
	mem_wipe(v, sizeof(*v));
}

/* HMAC over label ‖ 00 ‖ parts; the label keeps one number from meeting itself in another column.
 */
static void
vault_hash(const struct vault *v, const char *label, const struct sha256_part *parts, size_t n,
    uint8_t ret[16])
{
	struct buf b;
	uint8_t mac[SHA256_BYTES];
	buf_init(&b, VAULT_HASH_MAX_BYTES);
	buf_put(&b, label, strlen(label) + 1);
	for (size_t i = 0; i < n; i++)
		buf_field16(&b, parts[i].p, parts[i].bytes);
	hmac_sha256(v->lookup_key, sizeof(v->lookup_key), b.p, b.bytes, mac);
	memcpy(ret, mac, 16);
	buf_done(&b);
	mem_wipe(mac, sizeof(mac));
}

void
vault_person_ref(const struct vault *v, const char *atena_no, struct person_ref *ret)
{
	const struct sha256_part part = { atena_no, strlen(atena_no) };
	vault_hash(v, "person", &part, 1, ret->b);
}

void
vault_household(const struct vault *v, const char *setai_no, uint8_t ret[16])
{
	const struct sha256_part part = { setai_no, strlen(setai_no) };
	vault_hash(v, "household", &part, 1, ret);
}

void
vault_card(const struct vault *v, const uint8_t issuer[32], const uint8_t *serial,
    size_t serial_bytes, uint8_t ret[16])
{
	const struct sha256_part parts[] = { { issuer, 32 }, { serial, serial_bytes } };
	vault_hash(v, "card", parts, N_ELEMENTS(parts), ret);
}

static void
vault_aad(const struct vault *v, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, uint8_t out[VAULT_AAD_BYTES])
{
	struct buf b;
	buf_init(&b, VAULT_AAD_BYTES);
	buf_put(&b, "kofu row 1", 11);
	buf_put(&b, v->muni.s, 6);
	buf_u8(&b, (uint8_t)kind);
	buf_put(&b, ref->b, sizeof(ref->b));
	buf_u32(&b, rireki_no);
	memcpy(out, b.p, VAULT_AAD_BYTES);
	buf_done(&b);
}

uint8_t *
vault_row_seal(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *p, size_t bytes)
{
	uint8_t aad[VAULT_AAD_BYTES];
	uint8_t *out = arena_zero(a, bytes + AEAD_BOX_OVERHEAD);
	vault_aad(v, kind, ref, rireki_no, aad);
	aead_box_seal(v->column_key, aad, sizeof(aad), p, bytes, out);
	return out;
}

int
vault_row_open(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *sealed, size_t bytes,
    uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	uint8_t aad[VAULT_AAD_BYTES];
	if (bytes < AEAD_BOX_OVERHEAD)
		return err_raise(err, FAULT_INTEGRITY, "sealed row too short", (long)bytes);
	uint8_t *out = arena_zero(a, bytes);
	vault_aad(v, kind, ref, rireki_no, aad);
	int r = aead_box_open(v->column_key, aad, sizeof(aad), sealed, bytes, out, err);
	if (r)
		return err_trace(err, r, "vault_row_open");
	*ret = out;
	*ret_bytes = bytes - AEAD_BOX_OVERHEAD;
	return 0;
}

int
vault_card_check(const struct vault *v, const struct vault_card_row *row, const uint8_t issuer[32],
    const uint8_t *serial, size_t serial_bytes, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(VAULT_CARD_ARENA_BYTES);
	uint8_t *p = NULL;
	size_t n = 0;
	if (row->bytes > VAULT_CARD_MAX_BYTES)
		return err_raise(err, FAULT_INTEGRITY, "card row too long", (long)row->bytes);
	int r = vault_row_open(
	    v, a, VAULT_CARD, &row->ref, row->rireki_no, row->sealed, row->bytes, &p, &n, err);
	if (r)
		return err_trace(err, r, "card row");
	if (n != 32 + serial_bytes || !mem_equal(p, issuer, 32) ||
	    !mem_equal(p + 32, serial, serial_bytes))
		return err_raise(err, FAULT_INTEGRITY, "row of another card", 0);
	return 0;
}

void
vault_mac(const struct vault *v, const char *label, const void *p, size_t bytes, uint8_t ret[32])
{
	struct buf b;
	buf_init(&b, strlen(label) + 5 + bytes);
	buf_put(&b, label, strlen(label) + 1);
	buf_field32(&b, p, bytes);
	hmac_sha256(v->lookup_key, sizeof(v->lookup_key), b.p, b.bytes, ret);
	buf_done(&b);
}

static void
box_aad(const struct vault *v, const void *aad, size_t aad_bytes, struct buf *out)
{
	buf_init(out, 11 + 6 + aad_bytes);
	buf_put(out, "kofu box 1", 11);
	buf_put(out, v->muni.s, 6);
	buf_put(out, aad, aad_bytes);
}

uint8_t *
vault_box_seal(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *p, size_t bytes)
{
	struct buf b;
	uint8_t *out = arena_zero(a, bytes + AEAD_BOX_OVERHEAD);
	box_aad(v, aad, aad_bytes, &b);
	aead_box_seal(v->column_key, b.p, b.bytes, p, bytes, out);
	buf_done(&b);
	return out;
}

int
vault_box_open(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct buf b;
	if (sealed == NULL || bytes < AEAD_BOX_OVERHEAD)
		return err_raise(err, FAULT_INTEGRITY, "sealed box too short", (long)bytes);
	uint8_t *out = arena_zero(a, bytes);
	box_aad(v, aad, aad_bytes, &b);
	int r = aead_box_open(v->column_key, b.p, b.bytes, sealed, bytes, out, err);
	buf_done(&b);
	if (r)
		return err_trace(err, r, "vault_box_open");
	*ret = out;
	*ret_bytes = bytes - AEAD_BOX_OVERHEAD;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/vault.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "pki/hash.h"

#include <string.h>

enum {
	VAULT_AAD_BYTES = 11 + 6 + 1 + PERSON_REF_BYTES + 4,
	VAULT_MAX_PARTS = 2,
	VAULT_CARD_MAX_BYTES = 256,
	VAULT_CARD_ARENA_BYTES = 4096
};

void
vault_init(struct vault *v, struct muni_code muni, const uint8_t dek[32])
{
	static const char column[] = "kofu column key 1";
	static const char lookup[] = "kofu lookup key 1";
	uint8_t prk[SHA256_BYTES];
	uint8_t key[SHA256_BYTES];
	v->muni = muni;
	/* The municipality goes in as salt: one key handed to two would still give two vaults. */
	hkdf_extract(muni.s, 6, dek, 32, prk);
	hkdf_expand(prk, column, sizeof(column) - 1, v->column_key, sizeof(v->column_key));
	hkdf_expand(prk, lookup, sizeof(lookup) - 1, key, sizeof(key));
	hmac_key_init(&v->lookup, key, sizeof(key));
	mem_wipe(key, sizeof(key));
	mem_wipe(prk, sizeof(prk));
}

void
vault_done(struct vault *v)
{
	mem_wipe(v, sizeof(*v));
}

/*
 * HMAC over label ‖ 00 ‖ parts, each behind its length in 16 bits; the label keeps one number
 * from meeting itself in another column.
 */
static void
vault_hash(const struct vault *v, const char *label, const struct sha256_part *parts, size_t n,
    uint8_t ret[16])
{
	struct sha256_part all[1 + 2 * VAULT_MAX_PARTS] = { { label, strlen(label) + 1 } };
	uint8_t length[VAULT_MAX_PARTS][2];
	uint8_t mac[SHA256_BYTES];
	for (size_t i = 0; i < n; i++) {
		length[i][0] = (uint8_t)(parts[i].bytes >> 8);
		length[i][1] = (uint8_t)parts[i].bytes;
		all[1 + 2 * i] = (struct sha256_part){ length[i], sizeof(length[i]) };
		all[2 + 2 * i] = parts[i];
	}
	hmac_parts(&v->lookup, all, 1 + 2 * n, mac);
	memcpy(ret, mac, 16);
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
	uint8_t *p = mempcpy(out, "kofu row 1", 11);
	p = mempcpy(p, v->muni.s, 6);
	*p++ = (uint8_t)kind;
	p = mempcpy(p, ref->b, sizeof(ref->b));
	for (unsigned i = 0; i < 4; i++)
		*p++ = (uint8_t)(rireki_no >> (24 - 8 * i));
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

struct vault_sealer {
	const struct vault *v;
	struct aead_sealer *boxes;
};

struct vault_sealer *
vault_sealer_new(const struct vault *v)
{
	struct vault_sealer *s = mem_zero(sizeof(*s));
	s->v = v;
	s->boxes = aead_sealer_new(v->column_key);
	return s;
}

void
vault_sealer_free(struct vault_sealer *s)
{
	if (s == NULL)
		return;
	aead_sealer_free(s->boxes);
	mem_free(s);
}

void
vault_sealer_row(struct vault_sealer *s, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, const void *p, size_t bytes, uint8_t *out)
{
	uint8_t aad[VAULT_AAD_BYTES];
	vault_aad(s->v, kind, ref, rireki_no, aad);
	aead_sealer_box(s->boxes, aad, sizeof(aad), p, bytes, out);
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
	uint8_t length[4];
	for (unsigned i = 0; i < 4; i++)
		length[i] = (uint8_t)(bytes >> (24 - 8 * i));
	const struct sha256_part parts[] = { { label, strlen(label) + 1 },
		{ length, sizeof(length) }, { p, bytes } };
	hmac_parts(&v->lookup, parts, N_ELEMENTS(parts), ret);
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

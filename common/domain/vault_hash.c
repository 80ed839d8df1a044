/* SPDX-License-Identifier: Apache-2.0 */
/* A vault's keyed hashes: what rows are found by. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "domain/vault.h"
#include "pki/hash.h"
#include "pki/permute.h"

#include <string.h>

enum {
	VAULT_MAX_PARTS = 2,
	VAULT_LITERAL_BYTES = 64,
};

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
	hmac_parts(&v->ref, all, 1 + 2 * n, mac);
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

/* Of generation 1 it is the HMAC itself. */
static void
hash_under(const struct vault *v, unsigned generation, const uint8_t plain[VAULT_HASH_BYTES],
    struct vault_hash *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->bytes = VAULT_HASH_BYTES;
	if (generation <= 1 || generation > VAULT_MAX_GENERATIONS) {
		memcpy(ret->b, plain, VAULT_HASH_BYTES);
		return;
	}
	permute_block(v->generation[generation - 1].lookup_key, plain, ret->b);
	ret->b[VAULT_HASH_BYTES] = (uint8_t)(generation >> 8);
	ret->b[VAULT_HASH_BYTES + 1] = (uint8_t)generation;
	ret->bytes = VAULT_HASH_MAX_BYTES;
}

int
vault_hash_move(const struct vault *v, const void *hash, size_t bytes, unsigned generation,
    struct vault_hash *ret, struct err *err)
{
	const uint8_t *p = hash;
	uint8_t plain[VAULT_HASH_BYTES];
	if (p == NULL || (bytes != VAULT_HASH_BYTES && bytes != VAULT_HASH_MAX_BYTES))
		return err_raise(err, FAULT_INTEGRITY, "no keyed hash", (long)bytes);
	struct vault_hash was = { .bytes = (uint8_t)bytes };
	memcpy(was.b, p, bytes);
	unsigned from = vault_hash_of(&was);
	if (!vault_has(v, from) || !vault_has(v, generation))
		return err_raise(
		    err, FAULT_INTEGRITY, "hashed under a data key that is not here", (long)from);
	if (from == 1)
		memcpy(plain, p, sizeof(plain));
	else
		permute_back(v->generation[from - 1].lookup_key, p, plain);
	hash_under(v, generation, plain, ret);
	mem_wipe(plain, sizeof(plain));
	return 0;
}

int
vault_hash_all(
    const struct vault *v, const struct vault_hash *h, struct vault_hashes *ret, struct err *err)
{
	unsigned live[VAULT_MAX_LIVE];
	ret->n = vault_live(v, live);
	for (unsigned i = 0; i < ret->n; i++) {
		int r = vault_hash_move(v, h->b, h->bytes, live[i], &ret->of[i], err);
		if (r)
			return err_trace(err, r, "hashes");
	}
	return 0;
}

unsigned
vault_hash_of(const struct vault_hash *h)
{
	return h->bytes == VAULT_HASH_MAX_BYTES
	    ? (unsigned)h->b[VAULT_HASH_BYTES] << 8 | h->b[VAULT_HASH_BYTES + 1]
	    : 1;
}

bool
vault_hash_equal(const struct vault_hash *a, const struct vault_hash *b)
{
	return a->bytes == b->bytes && mem_equal(a->b, b->b, a->bytes);
}

const char *
vault_hash_literal(struct arena *a, const struct vault_hash *h, unsigned n)
{
	struct buf b;
	char hex[2 * VAULT_HASH_MAX_BYTES + 1];
	buf_init(&b, (size_t)VAULT_LITERAL_BYTES * (n + 1));
	buf_text(&b, "{");
	for (unsigned i = 0; i < n; i++) {
		text_hex_format(h[i].b, h[i].bytes, hex);
		buf_printf(&b, "%s\"\\\\x%s\"", i > 0 ? "," : "", hex);
	}
	buf_text(&b, "}");
	const char *s = arena_strndup(a, buf_ok(&b) ? (const char *)b.p : "{}", b.bytes);
	buf_done(&b);
	return s;
}

void
vault_card(const struct vault *v, const uint8_t issuer[32], const uint8_t *serial,
    size_t serial_bytes, struct vault_hash *ret)
{
	const struct sha256_part parts[] = { { issuer, 32 }, { serial, serial_bytes } };
	uint8_t plain[VAULT_HASH_BYTES];
	vault_hash(v, "card", parts, N_ELEMENTS(parts), plain);
	hash_under(v, vault_writes(v), plain, ret);
}

void
vault_mac(const struct vault *v, const char *label, const void *p, size_t bytes, uint8_t ret[32])
{
	uint8_t length[4];
	for (unsigned i = 0; i < 4; i++)
		length[i] = (uint8_t)(bytes >> (24 - 8 * i));
	const struct sha256_part parts[] = { { label, strlen(label) + 1 },
		{ length, sizeof(length) }, { p, bytes } };
	hmac_parts(&v->ref, parts, N_ELEMENTS(parts), ret);
}

void
vault_find_by(
    const struct vault *v, const char *label, const void *p, size_t bytes, struct vault_hash *ret)
{
	uint8_t mac[32];
	vault_mac(v, label, p, bytes, mac);
	hash_under(v, vault_writes(v), mac, ret);
	mem_wipe(mac, sizeof(mac));
}

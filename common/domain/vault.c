/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/vault.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "pki/hash.h"

#include <string.h>

enum {
	VAULT_AAD_BYTES = 11 + 6 + 1 + PERSON_REF_BYTES + 4,
	VAULT_CARD_MAX_BYTES = 256,
	VAULT_CARD_ARENA_BYTES = 4096,
	/* A head's kinds. */
	HEAD_BOX = 1,
	HEAD_NOTE = 2,
	/* vault_generation.state */
	HAS_DATA = 1,
	HAS_AUDIT = 2,
};
static const uint8_t head_magic[5] = { 'k', 'o', 'f', 'u', 0xF5 };

/* --- generations --- */

static bool
is_number(unsigned generation)
{
	return generation >= 1 && generation <= VAULT_MAX_GENERATIONS;
}

static int
state_of(const struct vault *v, unsigned generation)
{
	if (!is_number(generation))
		return 0;
	return __atomic_load_n(&v->generation[generation - 1].state, __ATOMIC_ACQUIRE);
}

bool
vault_has(const struct vault *v, unsigned generation)
{
	return (state_of(v, generation) & HAS_DATA) != 0;
}

unsigned
vault_writes(const struct vault *v)
{
	return __atomic_load_n(&v->write, __ATOMIC_ACQUIRE);
}

void
vault_begin(struct vault *v, struct muni_code muni)
{
	memset(v, 0, sizeof(*v));
	v->muni = muni;
}

/* The keys first, then that they are there. */
void
vault_put(struct vault *v, unsigned generation, const uint8_t dek[32])
{
	static const char column[] = "kofu column key 1";
	static const char lookup[] = "kofu lookup key 1";
	static const char audit[] = "kofu audit key 1";
	uint8_t prk[SHA256_BYTES];
	if (!is_number(generation) || vault_has(v, generation))
		return;
	struct vault_generation *g = &v->generation[generation - 1];
	/* The municipality goes in as salt: one key handed to two would still give two vaults. */
	hkdf_extract(v->muni.s, 6, dek, 32, prk);
	hkdf_expand(prk, column, sizeof(column) - 1, g->column_key, sizeof(g->column_key));
	hkdf_expand(prk, lookup, sizeof(lookup) - 1, g->lookup_key, sizeof(g->lookup_key));
	hkdf_expand(prk, audit, sizeof(audit) - 1, g->audit_key, sizeof(g->audit_key));
	mem_wipe(prk, sizeof(prk));
	if (generation == 1) { /* from before there were generations: two keys were all */
		vault_put_ref(v, g->lookup_key);
		memcpy(g->audit_key, g->column_key, sizeof(g->audit_key));
	}
	__atomic_store_n(&g->state, HAS_DATA | HAS_AUDIT, __ATOMIC_RELEASE);
}

void
vault_put_ref(struct vault *v, const uint8_t key[32])
{
	memcpy(v->ref_key, key, sizeof(v->ref_key));
	hmac_key_init(&v->ref, key, sizeof(v->ref_key));
}

void
vault_put_audit(struct vault *v, unsigned generation, const uint8_t key[32])
{
	if (!is_number(generation) || (state_of(v, generation) & HAS_AUDIT) != 0)
		return;
	struct vault_generation *g = &v->generation[generation - 1];
	memcpy(g->audit_key, key, sizeof(g->audit_key));
	__atomic_or_fetch(&g->state, HAS_AUDIT, __ATOMIC_RELEASE);
}

void
vault_write_under(struct vault *v, unsigned generation)
{
	__atomic_store_n(&v->write, generation, __ATOMIC_RELEASE);
}

void
vault_drop(struct vault *v, unsigned generation)
{
	if (is_number(generation))
		__atomic_and_fetch(
		    &v->generation[generation - 1].state, ~HAS_DATA, __ATOMIC_RELEASE);
}

void
vault_forget(struct vault *v, unsigned generation)
{
	if (!is_number(generation) || vault_has(v, generation))
		return;
	struct vault_generation *g = &v->generation[generation - 1];
	mem_wipe(g->column_key, sizeof(g->column_key));
	mem_wipe(g->lookup_key, sizeof(g->lookup_key));
}

unsigned
vault_live(const struct vault *v, unsigned ret[VAULT_MAX_LIVE])
{
	unsigned write = vault_writes(v), n = 0;
	if (vault_has(v, write))
		ret[n++] = write;
	for (unsigned g = VAULT_MAX_GENERATIONS; g >= 1 && n < VAULT_MAX_LIVE; g--)
		if (g != write && vault_has(v, g))
			ret[n++] = g;
	return n;
}

bool
vault_audit_key(const struct vault *v, unsigned generation, uint8_t ret[32])
{
	if ((state_of(v, generation) & HAS_AUDIT) == 0)
		return false;
	memcpy(ret, v->generation[generation - 1].audit_key, 32);
	return true;
}

void
vault_init(struct vault *v, struct muni_code muni, const uint8_t dek[32])
{
	vault_begin(v, muni);
	vault_put(v, 1, dek);
	vault_write_under(v, 1);
}

void
vault_done(struct vault *v)
{
	mem_wipe(v, sizeof(*v));
}

/* --- sealed values --- */

/* 0: none of that kind. */
static unsigned
head_read(const uint8_t *p, size_t bytes, int kind)
{
	if (p == NULL || bytes < VAULT_HEAD_BYTES ||
	    memcmp(p, head_magic, sizeof(head_magic)) != 0 || p[5] != kind)
		return 0;
	return (unsigned)p[6] << 8 | p[7];
}

unsigned
vault_sealed_under(const void *sealed, size_t bytes)
{
	unsigned box = head_read(sealed, bytes, HEAD_BOX);
	unsigned note = head_read(sealed, bytes, HEAD_NOTE);
	if (box > 0)
		return box;
	return note > 0 ? note : 1;
}

bool
vault_is_over(const void *sealed, size_t bytes)
{
	return head_read(sealed, bytes, HEAD_BOX) > 0;
}

static const uint8_t *
key_of(const struct vault *v, int kind, unsigned generation)
{
	const struct vault_generation *g = &v->generation[generation - 1];
	return kind == HEAD_NOTE ? g->audit_key : g->column_key;
}

static void
head_write(int kind, unsigned generation, uint8_t out[VAULT_HEAD_BYTES])
{
	memcpy(out, head_magic, sizeof(head_magic));
	out[5] = (uint8_t)kind;
	out[6] = (uint8_t)(generation >> 8);
	out[7] = (uint8_t)generation;
}

/* @aad ends with room for the head. */
static struct vault_sealed
value_seal(
    const struct vault *v, struct arena *a, int kind, struct buf *aad, const void *p, size_t bytes)
{
	unsigned generation = vault_writes(v);
	size_t head = generation > 1 ? VAULT_HEAD_BYTES : 0;
	struct vault_sealed ret = { .bytes = head + bytes + AEAD_BOX_OVERHEAD };
	ret.p = arena_zero(a, ret.bytes);
	if (head > 0) {
		head_write(kind, generation, ret.p);
		buf_put(aad, ret.p, VAULT_HEAD_BYTES);
	}
	aead_box_seal(key_of(v, kind, generation), aad->p, aad->bytes, p, bytes, ret.p + head);
	return ret;
}

struct sealed_value {
	const uint8_t *p;
	size_t bytes;
	int kind;
};

static int
value_open_under(const struct vault *v, unsigned generation, const struct sealed_value *s,
    const struct buf *aad, uint8_t *out, struct err *err)
{
	int need = s->kind == HEAD_NOTE ? HAS_AUDIT : HAS_DATA;
	if (s->bytes < AEAD_BOX_OVERHEAD)
		return err_raise(err, FAULT_INTEGRITY, "sealed value too short", (long)s->bytes);
	if ((state_of(v, generation) & need) == 0)
		return err_raise(err, FAULT_INTEGRITY, "sealed under a data key that is not here",
		    (long)generation);
	return aead_box_open(
	    key_of(v, s->kind, generation), aad->p, aad->bytes, s->p, s->bytes, out, err);
}

/* One without a head may begin, by chance, as if it had one: then both are tried. */
static int
value_open(const struct vault *v, struct arena *a, const struct sealed_value *s, struct buf *aad,
    uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	unsigned generation = head_read(s->p, s->bytes, s->kind);
	struct sealed_value body = *s;
	struct err first = { 0 };
	uint8_t *out = arena_zero(a, s->bytes + 1);
	size_t aad_bytes = aad->bytes;
	int r = FAULT_INTEGRITY;
	if (generation > 0) {
		body.p += VAULT_HEAD_BYTES;
		body.bytes -= VAULT_HEAD_BYTES;
		buf_put(aad, s->p, VAULT_HEAD_BYTES);
		r = value_open_under(v, generation, &body, aad, out, &first);
	}
	if (r) {
		aad->bytes = aad_bytes;
		body = *s;
		r = value_open_under(v, 1, &body, aad, out, err);
	}
	if (r) {
		if (generation > 0)
			*err = first; /* what it says of itself is what counts */
		return err_trace(err, r, "vault");
	}
	out[body.bytes - AEAD_BOX_OVERHEAD] = '\0';
	*ret = out;
	*ret_bytes = body.bytes - AEAD_BOX_OVERHEAD;
	return 0;
}

static void
row_aad(const struct vault *v, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, uint8_t out[VAULT_AAD_BYTES])
{
	uint8_t *p = mempcpy(out, "kofu row 1", 11);
	p = mempcpy(p, v->muni.s, 6);
	*p++ = (uint8_t)kind;
	p = mempcpy(p, ref->b, sizeof(ref->b));
	for (unsigned i = 0; i < 4; i++)
		*p++ = (uint8_t)(rireki_no >> (24 - 8 * i));
}

/* With room for the head behind it. */
static void
vault_aad(const struct vault *v, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, struct buf *b)
{
	uint8_t aad[VAULT_AAD_BYTES];
	row_aad(v, kind, ref, rireki_no, aad);
	buf_init(b, VAULT_AAD_BYTES + VAULT_HEAD_BYTES);
	buf_put(b, aad, sizeof(aad));
}

struct vault_sealed
vault_row_seal(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *p, size_t bytes)
{
	struct buf aad;
	vault_aad(v, kind, ref, rireki_no, &aad);
	struct vault_sealed s = value_seal(v, a, HEAD_BOX, &aad, p, bytes);
	buf_done(&aad);
	return s;
}

struct vault_sealer {
	const struct vault *v;
	struct aead_sealer *boxes;
	unsigned generation;
};

struct vault_sealer *
vault_sealer_new(const struct vault *v)
{
	struct vault_sealer *s = mem_zero(sizeof(*s));
	s->v = v;
	s->generation = vault_writes(v);
	s->boxes = aead_sealer_new(key_of(v, HEAD_BOX, s->generation));
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

unsigned
vault_sealer_generation(const struct vault_sealer *s)
{
	return s->generation;
}

size_t
vault_sealer_row(struct vault_sealer *s, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, const void *p, size_t bytes, uint8_t *out)
{
	uint8_t aad[VAULT_AAD_BYTES + VAULT_HEAD_BYTES];
	size_t head = s->generation > 1 ? VAULT_HEAD_BYTES : 0;
	row_aad(s->v, kind, ref, rireki_no, aad);
	if (head > 0) {
		head_write(HEAD_BOX, s->generation, out);
		memcpy(aad + VAULT_AAD_BYTES, out, VAULT_HEAD_BYTES);
	}
	aead_sealer_box(s->boxes, aad, VAULT_AAD_BYTES + head, p, bytes, out + head);
	return head + bytes + AEAD_BOX_OVERHEAD;
}

int
vault_row_open(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *sealed, size_t bytes,
    uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	const struct sealed_value s = { sealed, bytes, HEAD_BOX };
	struct buf aad;
	if (sealed == NULL || bytes < AEAD_BOX_OVERHEAD)
		return err_raise(err, FAULT_INTEGRITY, "sealed row too short", (long)bytes);
	vault_aad(v, kind, ref, rireki_no, &aad);
	int r = value_open(v, a, &s, &aad, ret, ret_bytes, err);
	buf_done(&aad);
	return err_trace(err, r, "vault_row_open");
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

static void
box_aad(const struct vault *v, const void *aad, size_t aad_bytes, struct buf *out)
{
	buf_init(out, 11 + 6 + aad_bytes + VAULT_HEAD_BYTES);
	buf_put(out, "kofu box 1", 11);
	buf_put(out, v->muni.s, 6);
	buf_put(out, aad, aad_bytes);
}

static struct vault_sealed
box_seal(const struct vault *v, struct arena *a, int kind, const struct sha256_part *aad,
    const void *p, size_t bytes)
{
	struct buf b;
	box_aad(v, aad->p, aad->bytes, &b);
	struct vault_sealed s = value_seal(v, a, kind, &b, p, bytes);
	buf_done(&b);
	return s;
}

struct vault_sealed
vault_box_seal(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *p, size_t bytes)
{
	return box_seal(v, a, HEAD_BOX, &(struct sha256_part){ aad, aad_bytes }, p, bytes);
}

struct vault_sealed
vault_note_seal(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *p, size_t bytes)
{
	return box_seal(v, a, HEAD_NOTE, &(struct sha256_part){ aad, aad_bytes }, p, bytes);
}

static int
box_open(const struct vault *v, struct arena *a, const struct sealed_value *s,
    const struct sha256_part *aad, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct buf b;
	if (s->p == NULL || s->bytes < AEAD_BOX_OVERHEAD)
		return err_raise(err, FAULT_INTEGRITY, "sealed box too short", (long)s->bytes);
	box_aad(v, aad->p, aad->bytes, &b);
	int r = value_open(v, a, s, &b, ret, ret_bytes, err);
	buf_done(&b);
	return err_trace(err, r, "vault_box_open");
}

int
vault_box_open(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	const struct sealed_value s = { sealed, bytes, HEAD_BOX };
	return box_open(v, a, &s, &(struct sha256_part){ aad, aad_bytes }, ret, ret_bytes, err);
}

int
vault_note_open(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	const struct sealed_value s = { sealed, bytes, HEAD_NOTE };
	return box_open(v, a, &s, &(struct sha256_part){ aad, aad_bytes }, ret, ret_bytes, err);
}

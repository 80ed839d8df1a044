/* SPDX-License-Identifier: Apache-2.0 */
/* The card's commands (ISO/IEC 7816-4, with what the real card does differently). */
#include "tests/world/card/emu_card.h"

#include "base/mem.h"
#include "base/rand.h"

#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

enum {
	INS_VERIFY = 0x20,
	INS_CHANGE = 0x24,
	INS_SIGN = 0x2A,
	INS_CHALLENGE = 0x84,
	INS_SELECT = 0xA4,
	INS_READ = 0xB0,
	INS_GET_DATA = 0xCA,
	SIGN_RAW_MAX_BYTES = 245, /* 256 less PKCS#1's eleven */
};

/* A parsed command. */
struct cmd {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data;
	size_t lc;
	size_t le; /* valid when has_le */
	bool has_le;
};
/* An answer being made. */
struct ans {
	uint8_t *out;
	size_t bytes;
};

static void
ans_sw(struct ans *a, unsigned sw)
{
	a->out[a->bytes++] = (uint8_t)(sw >> 8);
	a->out[a->bytes++] = (uint8_t)sw;
}

/* The four short and three extended cases of ISO/IEC 7816-3 12.1. */
static bool
cmd_parse(const uint8_t *c, size_t n, struct cmd *ret)
{
	if (n < 4)
		return false;
	*ret = (struct cmd){ .cla = c[0], .ins = c[1], .p1 = c[2], .p2 = c[3] };
	if (n == 4)
		return true;
	bool extended = c[4] == 0 && n > 5;
	size_t head = 4, width = extended ? 2 : 1, whole = extended ? 65536 : 256;
	if (extended)
		head = 5;
	if (n < head + width)
		return false;
	size_t field = extended ? (size_t)(c[head] << 8 | c[head + 1]) : c[head];
	size_t left = n - head - width;
	if (left > 0) {
		if (field == 0 || left < field)
			return false;
		ret->data = c + head + width;
		ret->lc = field;
		left -= field;
		if (left == 0)
			return true;
		if (left != width)
			return false;
		const uint8_t *le = ret->data + ret->lc;
		field = extended ? (size_t)(le[0] << 8 | le[1]) : le[0];
	}
	ret->has_le = true;
	ret->le = field == 0 ? whole : field;
	return true;
}

static struct emu_ef *
emu_find_ef(const struct emu *e, uint16_t id)
{
	for (size_t i = 0; e->now != NULL && i < e->now->n_efs; i++)
		if (e->now->ef[i].id == id)
			return &e->now->ef[i];
	return NULL;
}

static struct emu_pin *
emu_find_pin(const struct emu *e, uint16_t id)
{
	for (size_t i = 0; e->now != NULL && i < e->now->n_pins; i++)
		if (e->now->pin[i].id == id)
			return &e->now->pin[i];
	return NULL;
}

static struct emu_key *
emu_find_key(const struct emu *e, uint16_t id)
{
	for (size_t i = 0; e->now != NULL && i < e->now->n_keys; i++)
		if (e->now->key[i].id == id)
			return &e->now->key[i];
	return NULL;
}

static bool
emu_is_allowed(const struct emu *e, uint16_t need)
{
	const struct emu_pin *p = emu_find_pin(e, need);
	return need == 0 || (p != NULL && p->verified);
}

static void
emu_forget_pins(struct emu *e)
{
	for (size_t i = 0; i < EMU_N_APS; i++)
		for (size_t j = 0; j < e->ap[i].n_pins; j++)
			e->ap[i].pin[j].verified = false;
}

void
emu_reset(struct emu *e)
{
	emu_forget_pins(e);
	e->now = NULL;
	e->ef = 0;
}

static unsigned
emu_select_ap(struct emu *e, const struct cmd *c)
{
	for (size_t i = 0; i < EMU_N_APS; i++)
		if (c->lc > 0 && c->lc <= EMU_AID_BYTES &&
		    memcmp(e->ap[i].aid, c->data, c->lc) == 0) {
			e->now = &e->ap[i];
			e->ef = 0;
			emu_forget_pins(e); /* also when it was selected already */
			return 0x9000;
		}
	return 0x6A82;
}

static unsigned
emu_select(struct emu *e, const struct cmd *c)
{
	if (c->p1 == 0x04)
		return emu_select_ap(e, c);
	if (c->p1 == 0x02 && c->lc == 2) {
		uint16_t id = (uint16_t)(c->data[0] << 8 | c->data[1]);
		if (!emu_find_ef(e, id) && !emu_find_pin(e, id) && !emu_find_key(e, id))
			return 0x6A82;
		e->ef = id;
		return 0x9000;
	}
	if (c->p1 == 0x00 && c->lc == 2)
		return 0x6A82; /* 3F00 does not exist here */
	if (c->p1 == 0x00 && c->lc == 0)
		return e->now == NULL ? 0x6A86 : 0x9000;
	return 0x6A86;
}

static unsigned
emu_read(struct emu *e, const struct cmd *c, struct ans *a)
{
	size_t at = (c->p1 & 0x80) ? c->p2 : (size_t)(c->p1 << 8 | c->p2);
	if (!c->has_le)
		return 0x6700;
	if (c->p1 & 0x80)
		e->ef = c->p1 & 0x1F;
	const struct emu_ef *f = emu_find_ef(e, e->ef);
	if (f == NULL)
		return e->ef ? 0x6981 : 0x6986;
	if (!emu_is_allowed(e, f->need))
		return 0x6982;
	if (at >= f->bytes)
		return 0x6B00;
	size_t n = f->bytes - at < c->le ? f->bytes - at : c->le;
	memcpy(a->out, f->data + at, n);
	a->bytes = n;
	return 0x9000;
}

static unsigned
emu_verify(struct emu *e, const struct cmd *c)
{
	if (c->p1 != 0 || !(c->p2 & 0x80))
		return 0x6A86;
	if (c->p2 & 0x1F)
		e->ef = c->p2 & 0x1F;
	struct emu_pin *p = emu_find_pin(e, e->ef);
	if (p == NULL)
		return 0x6A88;
	if (c->lc == 0) /* only asks; the count, also after a right PIN */
		return 0x63C0U | (unsigned)p->left;
	if (p->left == 0)
		return 0x6984;
	/* Spent first, given back after: pulling the card in between gains nobody a try. */
	p->verified = false;
	p->left--;
	emu_store_save_pins(e);
	if (c->lc != strlen(p->value) || !mem_equal(c->data, p->value, c->lc))
		return 0x63C0U | (unsigned)p->left;
	p->left = p->max;
	p->verified = true;
	emu_store_save_pins(e);
	return 0x9000;
}

static unsigned
emu_change(struct emu *e, const struct cmd *c)
{
	struct emu_pin *p = emu_find_pin(e, e->ef);
	if (p == NULL)
		return 0x6A88;
	if (!p->verified)
		return 0x6982;
	if (c->lc == 0 || c->lc > EMU_PIN_MAX)
		return 0x6700;
	for (size_t i = 0; i < c->lc; i++)
		if (c->data[i] <= ' ' || c->data[i] > '~')
			return 0x6A80; /* pins.state is a file of words */
	memset(p->value, 0, sizeof(p->value));
	memcpy(p->value, c->data, c->lc);
	emu_store_save_pins(e);
	return 0x9000;
}

/*
 * P1: 00 PKCS#1 v1.5 over the data as given (a DigestInfo), 01 the same after
 * hashing; 02 03 the card adds the DigestInfo; 04 05 PSS. Odd ones hash first.
 */
static bool
emu_rsa(const struct emu_key *k, const struct cmd *c, uint8_t *out, size_t *ret_bytes)
{
	uint8_t digest[32];
	const uint8_t *m = c->data;
	size_t n = c->lc;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);
	if (c->p1 & 1) {
		SHA256(m, n, digest);
		m = digest;
		n = sizeof(digest);
	}
	bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(
		ctx, c->p1 >= 4 ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) > 0 &&
	    (c->p1 < 2 || EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0) &&
	    EVP_PKEY_sign(ctx, out, ret_bytes, m, n) > 0;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static unsigned
emu_sign(struct emu *e, const struct cmd *c, struct ans *a)
{
	if (c->cla != 0x80 || c->p1 > 5 || !(c->p2 & 0x80))
		return 0x6A86;
	const struct emu_key *k = emu_find_key(e, (c->p2 & 0x1F) ? c->p2 & 0x1F : e->ef);
	if (k == NULL)
		return 0x6A88;
	if (!emu_is_allowed(e, k->need))
		return 0x6982;
	if (c->lc == 0 || (c->p1 == 0 && c->lc > SIGN_RAW_MAX_BYTES) ||
	    ((c->p1 == 2 || c->p1 == 4) && c->lc != 32))
		return 0x6985;
	size_t n = EMU_ANSWER_MAX_BYTES - 2;
	if (!emu_rsa(k, c, a->out, &n))
		return 0x6F00;
	a->bytes = n;
	return 0x9000;
}

static unsigned
emu_challenge(const struct cmd *c, struct ans *a)
{
	if (!c->has_le || c->le > 256)
		return 0x6985;
	rand_bytes(a->out, c->le);
	a->bytes = c->le;
	return 0x9000;
}

static unsigned
emu_command(struct emu *e, const struct cmd *c, struct ans *a)
{
	if (c->cla < 0x80 && (c->cla & 0x0C)) /* no secure messaging in this application */
		return c->ins == INS_SELECT ? 0x6882 : 0x69FC;
	if (c->cla != 0x00 && c->cla != 0x80)
		return 0x6E00;
	if (c->cla == 0x80 && c->ins != INS_SIGN)
		return 0x6D00;
	switch (c->ins) {
	case INS_SELECT:
		return emu_select(e, c);
	case INS_READ:
		return emu_read(e, c, a);
	case INS_VERIFY:
		return emu_verify(e, c);
	case INS_CHANGE:
		return emu_change(e, c);
	case INS_CHALLENGE:
		return emu_challenge(c, a);
	case INS_SIGN:
		return emu_sign(e, c, a);
	case INS_GET_DATA:
		return 0x6A88;
	default:
		return 0x6D00;
	}
}

size_t
emu_apdu(struct emu *e, const uint8_t *in, size_t bytes, uint8_t *out)
{
	struct ans a = { .out = out };
	struct cmd c;
	ans_sw(&a, 0x6700);
	if (!cmd_parse(in, bytes, &c))
		return a.bytes;
	a.bytes = 0;
	unsigned sw = emu_command(e, &c, &a);
	ans_sw(&a, sw);
	return a.bytes;
}

bool
emu_is_secret(const uint8_t *in, size_t bytes)
{
	return bytes > 4 && (in[1] == INS_VERIFY || in[1] == INS_CHANGE);
}

bool
emu_is_signature(const uint8_t *in, size_t bytes)
{
	return bytes > 4 && in[1] == INS_SIGN;
}

static struct emu_pin *
emu_any_pin(const struct emu *e, uint16_t id)
{
	const struct emu_ap *jpki = &e->ap[0];
	for (size_t i = 0; i < jpki->n_pins; i++)
		if (jpki->pin[i].id == id)
			return (struct emu_pin *)(uintptr_t)&jpki->pin[i];
	return NULL;
}

bool
emu_pin_is_verified(const struct emu *e, uint16_t id)
{
	const struct emu_pin *p = emu_any_pin(e, id);
	return p != NULL && p->verified;
}

int
emu_pin_left(const struct emu *e, uint16_t id)
{
	const struct emu_pin *p = emu_any_pin(e, id);
	return p == NULL ? -1 : p->left;
}

void
emu_pin_set_left(struct emu *e, uint16_t id, int left)
{
	struct emu_pin *p = emu_any_pin(e, id);
	if (p == NULL || left < 0 || left > p->max)
		return;
	p->left = left;
	emu_store_save_pins(e);
}

static void
emu_drop(struct emu *e)
{
	for (size_t i = 0; i < EMU_N_APS; i++)
		for (size_t j = 0; j < e->ap[i].n_keys; j++)
			EVP_PKEY_free(e->ap[i].key[j].key);
	arena_free(e->arena);
	mem_wipe(e, sizeof(*e));
	mem_free(e);
}

void
emu_free(struct emu *e)
{
	if (e != NULL)
		emu_drop(e);
}

struct emu *
emu_open(const char *dir)
{
	struct emu *e = mem_zero(sizeof(*e));
	e->arena = arena_new(1 << 20);
	e->dir = arena_strdup(e->arena, dir);
	if (emu_store_load(e))
		return e;
	emu_drop(e);
	return NULL;
}

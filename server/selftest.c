/* SPDX-License-Identifier: Apache-2.0 */
#include "server/selftest.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/aead.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "server/issue/render_wire.h"
#include "server/seal/pdfread.h"
#include "server/selftest_known.h"

#include <string.h>

#define TEXT "kofu self-test"
#define NAME "見本　太郎"
enum { RANDOM_BYTES = 64, RANDOM_MIN_ONES = 128, MONO_TRIES = 1000000, ARENA_BYTES = 256 << 20 };
/* 2026-01-01 and 2100-01-01: a clock outside of them was never set. */
static const int64_t from_ms = 1767225600000, until_ms = 4102444800000;

const char *
selftest_code(enum selftest_check c)
{
	static const char *const codes[SELFTEST_N] = { "clock", "random", "hash", "cipher",
		"signature", "card", "renderer", "paper" };
	return (unsigned)c < SELFTEST_N ? codes[c] : "unknown";
}

/* It goes on within a million looks, whatever its step is, and never back. */
static bool
clock_is_sound(const struct selftest_parts *p)
{
	int64_t now_ms = p->now_ms(), was_ms = p->mono_ms(), is_ms = was_ms;
	for (unsigned i = 0; i < MONO_TRIES && is_ms == was_ms; i++)
		is_ms = p->mono_ms();
	return now_ms >= from_ms && now_ms < until_ms && is_ms > was_ms;
}

/* 512 bits of 1024 are ones, give or take 16 for a standard deviation: 128 never happens. */
static bool
random_is_sound(const struct selftest_parts *p)
{
	uint8_t a[RANDOM_BYTES] = { 0 }, b[RANDOM_BYTES] = { 0 };
	unsigned ones = 0;
	p->random(a, sizeof(a));
	p->random(b, sizeof(b));
	for (size_t i = 0; i < sizeof(a); i++)
		ones += (unsigned)__builtin_popcount(a[i]) + (unsigned)__builtin_popcount(b[i]);
	return memcmp(a, b, sizeof(a)) != 0 && ones >= RANDOM_MIN_ONES &&
	    ones <= 2 * RANDOM_BYTES * 8 - RANDOM_MIN_ONES;
}

static bool
hash_is_sound(const struct selftest_parts *p)
{
	static const char want[] =
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	uint8_t got[32] = { 0 };
	char hex[65];
	p->hash("abc", 3, got);
	text_hex_format(got, sizeof(got), hex);
	return strcmp(hex, want) == 0;
}

static bool
cipher_is_sound(const struct selftest_parts *p)
{
	uint8_t key[32], nonce[12], bent[sizeof(known_box)], out[sizeof(known_box)] = { 0 };
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	memcpy(nonce, key, sizeof(nonce));
	memcpy(bent, known_box, sizeof(bent));
	bent[0] ^= 1;
	return p->open(key, nonce, known_box, sizeof(known_box), out) == 0 &&
	    memcmp(out, TEXT, strlen(TEXT)) == 0 &&
	    p->open(key, nonce, bent, sizeof(bent), out) != 0;
}

static bool
signature_is_sound(const struct selftest_parts *p)
{
	char bent[sizeof(known_jws)];
	memcpy(bent, known_jws, sizeof(bent));
	char *payload = strchr(bent, '.') + 1;
	*payload = *payload == 'a' ? 'b' : 'a';
	return p->signature_holds(known_jws, known_point) && !p->signature_holds(bent, known_point);
}

static bool
card_is_sound(const struct selftest_parts *p)
{
	uint8_t digest[32];
	sha256(TEXT, strlen(TEXT), digest);
	if (!p->card_holds(known_card, sizeof(known_card), digest, known_card_signature,
		sizeof(known_card_signature)))
		return false;
	digest[0] ^= 1;
	return !p->card_holds(known_card, sizeof(known_card), digest, known_card_signature,
	    sizeof(known_card_signature));
}

/* 見本 太郎, who lives nowhere. */
static void
request_make(struct arena *a, const struct profile *profile, enum doc_kind kind, struct buf *out)
{
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct resident *r = &q->persons[0];
	q->muni = profile->muni;
	q->kind = kind;
	q->issued_on = (struct civil_date){ 2026, 1, 5 };
	q->n_persons = q->n_copies = 1;
	q->copies[0].number = "000000-20260105-SELFTEST-000001";
	memcpy(q->copies[0].front_code, "0123456789ABCDEF", RENDER_FRONT_CODE_CHARS);
	*r = (struct resident){ .muni = profile->muni,
		.rireki_no = 1,
		.state = RESIDENT_REGISTERED,
		.class_ = RESIDENT_JAPANESE,
		.narabi = 1,
		.atena_no = "000000000000001",
		.setai_no = "000000000000001",
		.name = NAME,
		.name_kana = "みほん　たろう",
		.birth = "昭和５５年１月２日",
		.sex = "男",
		.kojin_no = "000000000000",
		.jumin_code = "00000000000",
		.setainushi = NAME,
		.zokugara = "世帯主",
		.honseki = "見本県架空市見本町一丁目１番",
		.hittosha = NAME,
		.jumin_since = "平成１０年４月１日",
		.address = "見本県架空市見本町一丁目２番３号",
		.address_since = "平成１０年４月１日" };
	render_request_encode(q, out);
}

static int
render_once(const struct selftest_parts *p, struct arena *a, const struct buf *in, struct buf *out,
    struct render_result *ret)
{
	buf_init(out, RENDER_WIRE_MAX_BYTES);
	int r = p->render(p->render_arg, in, out);
	return r ? r : render_result_decode(a, out->p, out->bytes, ret, NULL);
}

static bool
result_has_name(const struct render_result *r)
{
	if (r->outcome != 0 || r->n_copies != 1 || r->docs[0].n_pages != 1)
		return false;
	for (unsigned i = 0; i < r->docs[0].n_fields; i++)
		if (strcmp(r->docs[0].fields[i].value, NAME) == 0)
			return true;
	return false;
}

static bool
pages_are_the_same(const struct render_result *a, const struct render_result *b)
{
	return result_has_name(a) && result_has_name(b) &&
	    memcmp(a->docs[0].pages[0].raster, b->docs[0].pages[0].raster, RENDER_RASTER_BYTES) ==
	    0;
}

/* A kind that this city prints from a resident's row alone; 0 = none. */
static unsigned
kind_of(const struct profile *profile)
{
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (profile->kinds[k].offered && doc_kind_is_record((enum doc_kind)k))
			return k;
	return 0;
}

/* Bits of SELFTEST_RENDERER and SELFTEST_PAPER. */
static unsigned
renderer_try(const struct selftest_parts *p, const struct profile *profile)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct render_result *one = arena_zero(a, sizeof(*one)), *two = arena_zero(a, sizeof(*two));
	struct buf in, first, second;
	unsigned sides = 0, failed = 0;
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&second, 0);
	request_make(a, profile, (enum doc_kind)kind_of(profile), &in);
	int r = render_once(p, a, &in, &first, one);
	if (r == 0)
		r = render_once(p, a, &in, &second, two);
	if (r != 0 || !pages_are_the_same(one, two))
		failed = 1U << SELFTEST_RENDERER;
	else if (p->read_paper(a, one->docs[0].pdf, one->docs[0].pdf_bytes, &sides) != 0 ||
	    sides != 2)
		failed = 1U << SELFTEST_PAPER;
	buf_done(&in);
	buf_done(&first);
	buf_done(&second);
	return failed;
}

unsigned
selftest_run(const struct selftest_parts *p, const struct profile *profile)
{
	bool (*const checks[])(const struct selftest_parts *p) = { clock_is_sound, random_is_sound,
		hash_is_sound, cipher_is_sound, signature_is_sound, card_is_sound };
	unsigned failed = 0;
	for (unsigned i = 0; i < N_ELEMENTS(checks); i++)
		if (!checks[i](p))
			failed |= 1U << i;
	if (p->render != NULL && profile != NULL && kind_of(profile) != 0)
		failed |= renderer_try(p, profile);
	return failed;
}

/* ---- the real parts ---- */

static int
real_open(const uint8_t key[32], const uint8_t nonce[12], const void *p, size_t bytes, uint8_t *out)
{
	return aead_open(key, nonce, NULL, 0, p, bytes, out, NULL);
}

static bool
real_signature_holds(const char *jws, const uint8_t point[65])
{
	AUTO(arena) struct arena *a = arena_new(16384);
	struct key_point key;
	uint8_t *payload = NULL;
	size_t n = 0;
	memcpy(key.b, point, KEY_POINT_BYTES);
	return jws_verify(a, &key, "kofu-self-test", jws, strlen(jws), &payload, &n, NULL) == 0 &&
	    n == strlen(TEXT) && memcmp(payload, TEXT, n) == 0;
}

static bool
real_card_holds(const uint8_t *der, size_t der_bytes, const uint8_t digest[32],
    const uint8_t *signature, size_t bytes)
{
	AUTO(cert) struct cert *c = NULL;
	return cert_parse(der, der_bytes, &c, NULL) == 0 &&
	    cert_verify_digest(c, digest, signature, bytes, NULL) == 0;
}

static int
real_read_paper(struct arena *a, const uint8_t *pdf, size_t bytes, unsigned *ret_sides)
{
	struct pdfread *p = NULL;
	int r = pdfread(a, pdf, bytes, &p, NULL);
	if (r == 0)
		*ret_sides = p->n_sides;
	return r;
}

void
selftest_parts_real(struct selftest_parts *ret)
{
	*ret = (struct selftest_parts){ .now_ms = clock_now_ms,
		.mono_ms = clock_mono_ms,
		.random = rand_bytes,
		.hash = sha256,
		.open = real_open,
		.signature_holds = real_signature_holds,
		.card_holds = real_card_holds,
		.read_paper = real_read_paper };
}

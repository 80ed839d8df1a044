/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kiosk reads from others: nonce, offer, household, keys, release, papers and
 * manifest (sealed or signed properly, so that the fuzzer gets behind the
 * cryptography), its own journal after a loss of power. The first byte chooses.
 */
#include "backside/code.h"
#include "base/file.h"
#include "base/text.h"
#include "kiosk/flow/flow_in.h"
#include "kiosk/flow/journal.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW_MS = 1000000 };
static struct key *muni_key;
static char folder[64];

static void
need(bool holds)
{
	if (!holds)
		abort();
}

static void
end(void)
{
	char path[128];
	(void)snprintf(
	    path, sizeof(path), "%s/01000000000000000000000000000000.journal.bad", folder);
	(void)unlink(path);
	(void)rmdir(folder);
	key_free(muni_key);
}

static void
begin(void)
{
	if (muni_key != NULL)
		return;
	muni_key = key_generate();
	memcpy(folder, "/tmp/kofu-fuzz-XXXXXX", 22);
	need(mkdtemp(folder) != NULL);
	(void)atexit(end);
}

/* A session that stands at @step. */
static struct flow *
flow_standing(enum flow_step step)
{
	struct flow *f = flow_new("K0001");
	struct key_point point;
	f->step = step;
	f->key = key_generate();
	memcpy(f->offer.muni.s, "991015", 7);
	f->order =
	    (struct order){ .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1, .at_ms = NOW_MS };
	f->order.muni = f->offer.muni;
	key_public(muni_key, &point);
	f->keys[0].point = point;
	key_id_of(&point, &f->keys[0].kid);
	f->n_keys = 1;
	return f;
}

static bool
is_clean(const char *s)
{
	return s != NULL && text_is_clean_utf8(s, strlen(s));
}

static void
check_offer(const struct offer *o)
{
	need(o->n_kinds >= 1 && o->n_kinds <= OFFER_MAX_KINDS && o->self < o->n_persons);
	need(is_clean(o->muni_name) && is_clean(o->phone));
	for (unsigned i = 0; i < o->n_kinds; i++)
		need(o->kinds[i].fee_yen <= OFFER_MAX_FEE_YEN && is_clean(o->kinds[i].hours));
	for (unsigned i = 0; i < o->n_persons; i++)
		need(is_clean(o->persons[i].name));
}

static void
fuzz_nonce(const uint8_t *p, size_t n)
{
	AUTO(flow) struct flow *f = flow_standing(FLOW_FRESH);
	if (flow_nonce_read(f, p, n, 0, NULL) == 0)
		need(f->step == FLOW_HAS_NONCE && f->nonce_until_ms > 0);
}

static void
fuzz_keys(const uint8_t *p, size_t n)
{
	AUTO(flow) struct flow *f = flow_standing(FLOW_OFFERED);
	f->n_keys = 0;
	if (flow_keys_read(f, p, n, NULL) == 0)
		need(f->n_keys >= 1 && f->n_keys <= FLOW_MAX_KEYS);
}

static void
fuzz_release(const uint8_t *p, size_t n)
{
	AUTO(flow) struct flow *f = flow_standing(FLOW_RELEASE_ASKED);
	if (flow_release_read(f, p, n, NULL) == 0)
		need(f->step == FLOW_RELEASED);
}

/* The input as a whole offer; and as the household inside a good one. */
static void
fuzz_session(const uint8_t *p, size_t n, bool as_household)
{
	static const char *const head =
	    "{\"session\":\"00000000000000000000000000000001\",\"muni\":\"991015\",\"expires_ms\":"
	    "253402300799000,\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[],\"open\":"
	    "true,\"hours\":\"\"}],\"muni_name\":\"a\",\"phone\":\"b\",\"household\":\"";
	AUTO(flow) struct flow *f = flow_standing(FLOW_ASKED);
	AUTO(arena) struct arena *a = arena_new(1 << 22);
	struct key_point point;
	char *jwe = NULL;
	int r;
	key_public(f->key, &point);
	if (as_household) {
		if (jwe_seal(a, &point, "kofu-household", f->th, 32, p, n, &jwe, NULL) != 0)
			return;
		const char *body = arena_printf(a, "%s%s\"}", head, jwe);
		r = flow_session_read(f, body, strlen(body), NOW_MS, NULL);
	} else {
		r = flow_session_read(f, p, n, NOW_MS, NULL);
	}
	need((flow_offer(f) != NULL) == (r == 0));
	if (r == 0)
		check_offer(flow_offer(f));
}

/* The manifest by the right key over papers that never have its digest. */
static void
answer_refused(const void *manifest, size_t n, const void *papers, size_t papers_bytes)
{
	AUTO(flow) struct flow *f = flow_standing(FLOW_ORDERED);
	AUTO(arena) struct arena *a = arena_new(1 << 24);
	struct key_signer signer = key_as_signer(muni_key);
	struct key_point point;
	uint8_t apv[32];
	char *jws = NULL;
	char *jwe = NULL;
	key_public(f->key, &point);
	if (jws_sign(a, &signer, "kofu-manifest", manifest, n, &jws, NULL) != 0)
		return;
	sha256(jws, strlen(jws), apv);
	if (jwe_seal(
		a, &point, "kofu-papers", apv, sizeof(apv), papers, papers_bytes, &jwe, NULL) != 0)
		return;
	const char *body = arena_printf(a, "{\"manifest\":\"%s\",\"papers\":\"%s\"}", jws, jwe);
	need(flow_answer_read(f, body, strlen(body), NOW_MS, NULL) != 0);
	need(flow_papers(f) == NULL);
}

/* The digest of the next record of papers, as the manifest would name it. */
static void
record_digest(struct rd *in, char hex[2 * SHA256_BYTES + 1])
{
	uint8_t digest[SHA256_BYTES];
	size_t n = 0;
	const uint8_t *p = rd_field32(in, &n);
	sha256(p, n, digest);
	text_hex_format(digest, sizeof(digest), hex);
}

/* The input as the papers of one copy of two sheets, whose backs are those that the manifest names.
 */
static void
fuzz_papers(const uint8_t *p, size_t n)
{
#define ZERO32 "00000000000000000000000000000000"
#define PAGE "{\"front\":\"" ZERO32 ZERO32 "\",\"back\":\"%s\",\"back_at\":%d}"
	struct key_point point;
	struct key_id kid;
	struct rd in = rd_init(p, n);
	char hex[2 * KEY_ID_BYTES + 1], text[1024], back[2][2 * SHA256_BYTES + 1];
	key_public(muni_key, &point);
	key_id_of(&point, &kid);
	text_hex_format(kid.b, KEY_ID_BYTES, hex);
	for (unsigned i = 0; i < 2; i++)
		record_digest(&in, back[i]);
	int bytes = snprintf(text, sizeof(text),
	    "{\"v\":1,\"order\":\"" ZERO32 "\",\"th\":\"" ZERO32 ZERO32 "\",\"oh\":\"" ZERO32 ZERO32
	    "\",\"muni\":\"991015\",\"kind\":\"inkan\",\"copies\":[{\"number\":"
	    "\"991015-19700101-K0001-000123\",\"serial\":\"" ZERO32 "\",\"pdf_bytes\":%d,"
	    "\"pdf_sha256\":\"" ZERO32 ZERO32 "\",\"pages\":[" PAGE "," PAGE
	    "]}],\"rireki\":4,\"register_ms\":900000,\"issued_ms\":1000000,\"not_after_ms\":"
	    "1600000,"
	    "\"build\":\"0.1.0\",\"schema\":1,\"kid\":\"%s\"}",
	    2 * BACKSIDE_BYTES + 64, back[0], 8, back[1], 16 + BACKSIDE_BYTES, hex);
	need(bytes > 0 && bytes < (int)sizeof(text));
	answer_refused(text, (size_t)bytes, p, n);
}

static void
fuzz_journal(const uint8_t *p, size_t n)
{
	AUTO(arena) struct arena *a = arena_new(4 * JOURNAL_MAX_FILE_BYTES);
	struct journal_left left = { 0 };
	struct journal *j = NULL;
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/01000000000000000000000000000000.journal", folder);
	FILE *out = fopen(path, "wb");
	need(out != NULL && fwrite(p, 1, n, out) == n && fclose(out) == 0);
	if (journal_take(folder, a, &left, &j, NULL) != 0)
		return;
	need(left.n_numbers <= ORDER_MAX_COPIES);
	need(!left.released || left.outcome != NULL);
	need(left.tx == NULL || strlen(left.tx) == JOURNAL_TX_CHARS);
	need(journal_end(j, NULL) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	begin();
	const uint8_t *p = data + 1;
	size_t n = size - 1;
	switch (data[0]) {
	case 'n':
		fuzz_nonce(p, n);
		return 0;
	case 'o':
		fuzz_session(p, n, false);
		return 0;
	case 'h':
		fuzz_session(p, n, true);
		return 0;
	case 'k':
		fuzz_keys(p, n);
		return 0;
	case 'r':
		fuzz_release(p, n);
		return 0;
	case 'm':
		answer_refused(p, n, "%PDF-", 5);
		return 0;
	case 'p':
		fuzz_papers(p, n);
		return 0;
	case 'j':
		fuzz_journal(p, n);
		return 0;
	default:
		return 0;
	}
}

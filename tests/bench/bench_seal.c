/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-seal [ROUNDS] - CPU of one order in kofu-seal, by part: the whole of a worker's answer to a
 * request (the frame of the socket apart), with SoftHSM as the token, and papers as the renderer
 * makes them. Its floor is what it must sign, agree and verify.
 */
#include "tests/unit/cert_help.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "server/issue/render_wire.h"
#include "server/seal/message.h"
#include "server/seal/pool.h"
#include "server/seal/worker.h"
#include "tests/bench/seal_parts.h"
#include "tests/golden/sample.h"
#include "wire/transcript.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define LABEL "kofu-bench"
#define MUNI "991015"
#define NUMBER "991015-20261121-K0001-000123"
#define CODE "0123456789ABCDEF"

static const struct order_case {
	const char *name;
	enum doc_kind kind;
	enum profile_form form;
	unsigned n;
	bool ground;
} cases[] = {
	{ "juminhyo, 1 person", DOC_JUMINHYO, PROFILE_RENKI, 1, false },
	{ "juminhyo, 4 persons", DOC_JUMINHYO, PROFILE_RENKI, 4, false },
	{ "juminhyo, 6 persons, 2 sheets", DOC_JUMINHYO, PROFILE_RENKI, 6, false },
	{ "kojin, 1 person", DOC_JUMINHYO, PROFILE_KOJIN, 1, false },
	{ "kisai, 1 person", DOC_KISAI, PROFILE_RENKI, 1, false },
	{ "inkan", DOC_INKAN, PROFILE_RENKI, 1, false },
	{ "inkan, on a ground", DOC_INKAN, PROFILE_RENKI, 1, true },
};

struct bench {
	struct arena *a;
	struct render_fonts *fonts;
	struct seal_conf conf;
	struct seal_muni_conf muni;
	struct seal_worker *worker;
	struct vault vault;
};

static void
token_make(struct bench *b)
{
	const char *text = arena_printf(b->a,
	    "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
	    tmp_folder);
	struct token *t = NULL;
	struct keydir made;
	struct err err = { 0 };
	tmp_write(b->a, "softhsm2.conf", text, strlen(text));
	assert_int_equal(setenv("SOFTHSM2_CONF", tmp_path(b->a, "softhsm2.conf"), 1), 0);
	tmp_write(b->a, "pin", "4649-pin\n", 9);
	assert_int_equal(tmp_run(b->a,
			     "mkdir tokens && softhsm2-util --init-token --free --label " LABEL
			     " --so-pin so-pin-1 --pin 4649-pin"),
	    0);
	b->conf.token = (struct token_conf){ MODULE, LABEL, tmp_path(b->a, "pin") };
	assert_int_equal(token_open(&b->conf.token, &t, &err), 0);
	b->conf.keys_dir = tmp_folder;
	assert_int_equal(
	    generation_init(&b->conf, t, (struct muni_code){ MUNI }, clock_now_ms(), &made, &err),
	    0);
	token_close(t);
}

/* A worker of its own as kofu-seal forks it; the data key is not in the token, but known. */
static void
worker_make(struct bench *b)
{
	const struct muni_code muni = { MUNI };
	struct seal_muni *m = NULL;
	uint8_t dek[32];
	struct err err = { 0 };
	x509_pub_write(tmp_path(b->a, "inquiry.pub"), ec_key);
	b->conf.inquiry_key = tmp_path(b->a, "inquiry.pub");
	b->conf.pins = tmp_path(b->a, "pins");
	b->conf.policy = POLICY;
	b->conf.munis = &b->muni;
	b->conf.n_munis = 1;
	b->muni.code = MUNI;
	b->muni.parsed.muni = muni;
	b->worker = arena_zero(b->a, sizeof(*b->worker));
	assert_int_equal(seal_worker_open(b->worker, &b->conf, b->fonts, &err), 0);
	assert_int_equal(seal_worker_muni(b->worker, muni, &m), 0);
	rand_bytes(dek, sizeof(dek));
	vault_init(&b->vault, muni, dek);
	m->vault = b->vault;
	m->n_keys = 1; /* one that is all zeros, as in the requests */
	m->keys[0] = (struct seal_key){ .use = SEAL_KEY_DATA, .generation = 1 };
}

static void
card_sign(const uint8_t *p, size_t bytes, struct seal_ask *q)
{
	uint8_t sig[256];
	size_t n = sizeof(sig);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	assert_true(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, card_key) == 1);
	assert_true(EVP_DigestSign(c, sig, &n, p, bytes) == 1);
	EVP_MD_CTX_free(c);
	q->signature = arena_memdup(a, sig, n);
	q->signature_bytes = n;
}

/* A session of the card's, and the sealed row that says whose card it is. */
static void
session_make(struct bench *b, const struct key *session, struct seal_ask *q, uint8_t th[32])
{
	struct transcript t = { .center = "C1", .kiosk = "K0001", .at_ms = q->issued_ms };
	struct key_point point;
	struct err err = { 0 };
	uint8_t issuer[CERT_KEY_HASH_BYTES], plain[CERT_KEY_HASH_BYTES + CERT_MAX_SERIAL];
	uint8_t *der = NULL;
	struct cert *c = NULL;
	struct buf text;
	X509 *x = leaf_x509(&(struct leaf){ .by = &new_auth });
	int n = i2d_X509(x, &der);
	assert_true(n > 0);
	q->certificate = arena_memdup(b->a, der, (size_t)n);
	q->certificate_bytes = (size_t)n;
	OPENSSL_free(der);
	X509_free(x);
	assert_int_equal(cert_parse(q->certificate, q->certificate_bytes, &c, &err), 0);
	assert_int_equal(cert_check(c, pins, now_ms, issuer, NULL, &err), 0);
	memcpy(plain, issuer, sizeof(issuer));
	size_t plain_bytes = sizeof(issuer) + cert_serial(c, plain + sizeof(issuer));
	cert_hash(c, t.cert_hash);
	cert_free(c);
	q->card = (struct vault_card_row){ .ref = q->self, .rireki_no = 1 };
	struct vault_sealed sealed =
	    vault_row_seal(&b->vault, b->a, VAULT_CARD, &q->self, 1, plain, plain_bytes);
	q->card.sealed = sealed.p;
	q->card.bytes = sealed.bytes;
	q->n_keys = 1;
	q->keys[0] = (struct seal_key){ .use = SEAL_KEY_DATA, .generation = 1 };
	key_public(session, &point);
	memcpy(t.point, point.b, sizeof(t.point));
	rand_bytes(t.nonce, sizeof(t.nonce));
	buf_init(&text, TRANSCRIPT_MAX_BYTES);
	assert_int_equal(transcript_format(&t, &text, &err), 0);
	q->transcript = arena_memdup(b->a, text.p, text.bytes);
	q->transcript_bytes = text.bytes;
	sha256(text.p, text.bytes, th);
	card_sign(text.p, text.bytes, q);
	buf_done(&text);
}

static void
order_sign(struct bench *b, const struct order_case *k, struct key *session, const uint8_t th[32],
    struct seal_ask *q)
{
	struct order o = { .muni = { MUNI },
		.kind = k->kind,
		.scope = k->kind == DOC_INKAN ? ORDER_SELF : ORDER_HOUSEHOLD,
		.options = k->kind == DOC_INKAN ? 0 : ORDER_OPTIONS_ALL,
		.copies = 1,
		.fee_yen = 300,
		.at_ms = q->issued_ms };
	struct key_signer signer = key_as_signer(session);
	struct err err = { 0 };
	struct buf text;
	char *jws = NULL;
	memcpy(o.transcript, th, sizeof(o.transcript));
	rand_bytes(o.id.b, sizeof(o.id.b));
	buf_init(&text, ORDER_MAX_BYTES);
	order_format(&o, &text);
	assert_int_equal(jws_sign(b->a, &signer, "kofu-order", text.p, text.bytes, &jws, &err), 0);
	buf_done(&text);
	q->order = jws;
	q->order_bytes = strlen(jws);
}

static struct seal_row_box
row_make(struct bench *b, enum vault_kind kind, const struct person_ref *ref, const struct buf *row)
{
	assert_true(buf_ok(row));
	const struct vault_sealed sealed =
	    vault_row_seal(&b->vault, b->a, kind, ref, 1, row->p, row->bytes);
	return (struct seal_row_box){ .kind = kind,
		.printed = kind == VAULT_RESIDENT,
		.ref = *ref,
		.rireki_no = 1,
		.sealed = sealed.p,
		.sealed_bytes = sealed.bytes };
}

/* What the front reads from the replica: each resident sealed, and the seal's row. */
static void
rows_make(struct bench *b, const struct render_input *in, struct seal_ask *q)
{
	struct seal_row_box *rows = arena_zero_n(b->a, in->n_persons + 1U, sizeof(*rows));
	struct person_ref ref;
	struct buf row;
	buf_init(&row, RESIDENT_MAX_BYTES + SEAL_ROW_MAX_BYTES);
	for (unsigned i = 0; i < in->n_persons; i++) {
		row.bytes = 0;
		resident_encode(in->persons[i], &row);
		vault_person_ref(&b->vault, in->persons[i]->atena_no, &ref);
		rows[q->n_rows++] = row_make(b, VAULT_RESIDENT, &ref, &row);
	}
	q->self = rows[0].ref;
	if (in->seal != NULL) {
		row.bytes = 0;
		seal_row_encode(in->seal, &row);
		rows[q->n_rows++] = row_make(b, VAULT_SEAL, &q->self, &row);
	}
	buf_done(&row);
	q->rows = rows;
}

/* The request of one order as it comes over the socket. */
static void
request_make(struct bench *b, const struct order_case *k, struct buf *out)
{
	const struct seal_copy copy = { .number = NUMBER, .front_code = CODE };
	struct seal_ask q = { .muni = { MUNI },
		.whole_household = k->kind != DOC_INKAN,
		.copies = &copy,
		.n_copies = 1,
		.register_ms = 1790000000123,
		.issued_ms = clock_now_ms(),
		.schema = 3 };
	struct render_input in = sample_input(b->a, k->kind, k->form, k->n);
	struct render_result *rendered = arena_zero(b->a, sizeof(*rendered));
	AUTO(key) struct key *session = key_generate();
	struct err err = { 0 };
	struct buf wire;
	uint8_t th[32];
	b->muni.parsed = *in.profile;
	for (unsigned i = 1; i <= DOC_KIND_MAX; i++)
		b->muni.parsed.kinds[i].options = ORDER_OPTIONS_ALL;
	b->muni.parsed.ground = k->ground ? sample_ground(b->a) : NULL;
	in.profile = &b->muni.parsed;
	in.whole_household = q.whole_household;
	in.issue_number = NUMBER;
	in.front_code = CODE;
	in.issued_on = clock_japan(q.issued_ms).on;
	render_fonts_warm(b->fonts, &b->muni.parsed, 1, true);
	render_fonts_learned(b->fonts);
	assert_int_equal(render_doc(b->a, b->fonts, &in, &rendered->docs[0], &err), 0);
	rendered->n_copies = 1;
	rows_make(b, &in, &q);
	session_make(b, session, &q, th);
	order_sign(b, k, session, th, &q);
	buf_init(&wire, RENDER_WIRE_MAX_BYTES);
	render_result_encode(rendered, &wire);
	q.rendered = wire.p;
	q.rendered_bytes = wire.bytes;
	buf_init(out, SEAL_MAX_BYTES);
	seal_request_begin(out, SEAL_OP_PAPERS);
	seal_papers_encode(&q, out);
	assert_true(buf_ok(&wire) && buf_ok(out));
	buf_done(&wire);
}

static void
answer(struct bench *b, const struct buf *request)
{
	struct buf out;
	struct rd body;
	struct err err = { 0 };
	buf_init(&out, SEAL_MAX_BYTES);
	seal_worker_answer(b->worker, request, &out);
	assert_int_equal(seal_answer_open(&out, &body, &err), 0);
	buf_done(&out);
}

static int
by_value(const void *x, const void *y)
{
	double u = *(const double *)x, v = *(const double *)y;
	return (u > v) - (u < v);
}

/* The median of each part, and of all of them together. */
static void
measure(struct bench *b, const struct order_case *k, unsigned rounds, double ret[N_PARTS + 1])
{
	double *ms = arena_zero_n(b->a, (size_t)(N_PARTS + 1) * rounds, sizeof(*ms));
	struct buf request;
	request_make(b, k, &request);
	answer(b, &request); /* warms the heap and OpenSSL */
	for (unsigned i = 0; i < rounds; i++) {
		double one[N_PARTS], all = 0;
		parts_begin();
		answer(b, &request);
		parts_end(one);
		for (unsigned p = 0; p < N_PARTS; p++) {
			ms[p * rounds + i] = one[p];
			all += one[p];
		}
		ms[N_PARTS * rounds + i] = all;
	}
	for (unsigned p = 0; p <= N_PARTS; p++) {
		qsort(ms + (size_t)p * rounds, rounds, sizeof(*ms), by_value);
		ret[p] = ms[p * rounds + rounds / 2];
	}
	buf_done(&request);
}

static void
print(double ms[N_ELEMENTS(cases)][N_PARTS + 1])
{
	printf("%-30s", "CPU ms an order (medians)");
	for (unsigned c = 0; c < N_ELEMENTS(cases); c++)
		printf("%8c", (char)('A' + c));
	for (unsigned p = 0; p <= N_PARTS; p++) {
		printf("\n%-30s", p == N_PARTS ? "all of it" : part_names[p]);
		for (unsigned c = 0; c < N_ELEMENTS(cases); c++)
			printf("%8.2f", ms[c][p]);
	}
	printf("\n");
	for (unsigned c = 0; c < N_ELEMENTS(cases); c++)
		printf("%c: %s\n", (char)('A' + c), cases[c].name);
}

int
main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;
	struct bench b = { .a = arena_new((size_t)1 << 30) };
	double ms[N_ELEMENTS(cases)][N_PARTS + 1];
	struct err err = { 0 };
	if (rounds == 0 || rounds > 100000) {
		fprintf(stderr, "usage: bench-seal [ROUNDS]\n");
		return 2;
	}
	(void)jpki_before(NULL);
	mem_keep(POOL_KEEP_BYTES); /* as a worker */
	assert_int_equal(render_fonts_open(FONT_MANIFEST, &b.fonts, &err), 0);
	token_make(&b);
	worker_make(&b);
	for (unsigned c = 0; c < N_ELEMENTS(cases); c++)
		measure(&b, &cases[c], rounds, ms[c]);
	print(ms);
	seal_worker_close(b.worker);
	vault_done(&b.vault);
	render_fonts_free(b.fonts);
	arena_free(b.a);
	return jpki_after(NULL);
}

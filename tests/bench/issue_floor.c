/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue-floor MANIFEST NET CONNINFO PAPERS_BYTES ROUNDS - what the parts of an order cost bare, and
 * a pipeline of stock parts that a vendor would build: processor time, milliseconds each, as JSON.
 * Only for issue.mjs, which makes the database of CONNINFO and counts how often an order has each.
 */
#include "backside/bilevel.h"
#include "base/arena.h"
#include "base/mem.h"
#include "http/client.h"
#include "http/server.h"
#include "pdf_peers.h"
#include "server/issue/render_wire.h"
#include "server/render/form.h"
#include "server/seal/drawn.h"
#include "tests/golden/sample.h"

#include <libpq-fe.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAPERS_MAX = 4 << 20, ROUNDS_MAX = 1000, PAGE_KINDS = 3, KEEP_BYTES = 64 << 20 };
static const char schema[] =
    "CREATE TABLE person (ref bytea PRIMARY KEY, household bytea NOT NULL, version bigint NOT "
    "NULL, sealed bytea NOT NULL);"
    "CREATE INDEX ON person (household);"
    "CREATE TABLE issue (id bytea PRIMARY KEY, manifest text NOT NULL, papers bytea NOT NULL, "
    "at_ms bigint NOT NULL);"
    "CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL);"
    "CREATE TABLE session (id bytea PRIMARY KEY, body bytea NOT NULL, answer bytea);"
    "INSERT INTO person SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(lpad(to_hex(n / 3), "
    "32, '0'), 'hex'), 1, "
    "decode(repeat('ab', 700), 'hex') FROM generate_series(0, 2999) n";

static struct {
	struct render_fonts *fonts;
	struct profile profile;
	PGconn *db;
	unsigned rounds;
	size_t papers_bytes; /* as sent, in base64url */
	char *papers;
	EVP_PKEY *key;
	X509 *cert;
	unsigned n; /* orders of the stock pipeline */
} it;

/* The bytes that the papers' text stands for. */
static size_t
packed(void)
{
	return it.papers_bytes / 4 * 3;
}

static void
need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "issue-floor: %s\n", what);
	exit(1);
}

static double
clock_ms(clockid_t which)
{
	struct timespec t;
	(void)clock_gettime(which, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The middle one of some times: what a busy machine adds to a few of them does not count. */
static double
middle(double *ms, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		double v = ms[i];
		unsigned at = i;
		for (; at > 0 && ms[at - 1] > v; at--)
			ms[at] = ms[at - 1];
		ms[at] = v;
	}
	return ms[n / 2];
}

/* Processor time of @one in this process, a call. */
static double
each_ms(void (*one)(void))
{
	static double ms[ROUNDS_MAX];
	one();
	for (unsigned i = 0; i < it.rounds; i++) {
		double from = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
		one();
		ms[i] = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - from;
	}
	return middle(ms, it.rounds);
}

static void
say(const char *name, double ms, bool last)
{
	printf("\"%s\":%.4f%s", name, ms, last ? "}\n" : ",");
}

/* --- signatures and seals, as OpenSSL has them --- */

static EVP_PKEY *rsa, *peer;
static uint8_t rsa_sig[512], ec_sig[128], digest[32];
static size_t rsa_sig_bytes, ec_sig_bytes;

static void
sign_digest(EVP_PKEY *k, uint8_t *out, size_t *bytes)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	need(EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 &&
		EVP_PKEY_sign(c, out, bytes, digest, sizeof(digest)) == 1,
	    "sign");
	EVP_PKEY_CTX_free(c);
}

static void
verify_digest(EVP_PKEY *k, const uint8_t *sig, size_t bytes)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	need(EVP_PKEY_verify_init(c) == 1 && EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 &&
		EVP_PKEY_verify(c, sig, bytes, digest, sizeof(digest)) == 1,
	    "verify");
	EVP_PKEY_CTX_free(c);
}

static void
rsa_verify(void)
{
	verify_digest(rsa, rsa_sig, rsa_sig_bytes);
}

static void
ec_verify(void)
{
	verify_digest(it.key, ec_sig, ec_sig_bytes);
}

static void
ec_sign(void)
{
	ec_sig_bytes = sizeof(ec_sig);
	sign_digest(it.key, ec_sig, &ec_sig_bytes);
}

/* A fresh key and what it agrees on with the peer's. */
static void
agree(void)
{
	uint8_t z[32];
	size_t n = sizeof(z);
	EVP_PKEY *own = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
	need(EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, peer) == 1 &&
		EVP_PKEY_derive(c, z, &n) == 1,
	    "agree");
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(own);
}

static void
gcm(void)
{
	static uint8_t out[PAPERS_MAX + 16];
	static const uint8_t key[32], iv[12];
	int n = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	need(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, iv) == 1 &&
		EVP_EncryptUpdate(c, out, &n, (const uint8_t *)it.papers, (int)packed()) == 1 &&
		EVP_EncryptFinal_ex(c, out + n, &n) == 1,
	    "seal");
	EVP_CIPHER_CTX_free(c);
}

static void
keys_make(void)
{
	rsa = EVP_RSA_gen(2048);
	it.key = EVP_EC_gen("P-256");
	peer = EVP_EC_gen("P-256");
	need(rsa != NULL && it.key != NULL && peer != NULL, "keys");
	need(RAND_bytes(digest, sizeof(digest)) == 1, "random");
	rsa_sig_bytes = sizeof(rsa_sig);
	sign_digest(rsa, rsa_sig, &rsa_sig_bytes);
	ec_sign();
	it.cert = X509_new();
	X509_NAME *name = X509_get_subject_name(it.cert);
	need(X509_set_version(it.cert, 2) == 1 &&
		ASN1_INTEGER_set(X509_get_serialNumber(it.cert), 1) == 1 &&
		X509_NAME_add_entry_by_txt(
		    name, "CN", MBSTRING_ASC, (const uint8_t *)"floor", -1, -1, 0) == 1 &&
		X509_set_issuer_name(it.cert, name) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(it.cert), 0) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(it.cert), 86400) != NULL &&
		X509_set_pubkey(it.cert, it.key) == 1 &&
		X509_sign(it.cert, it.key, EVP_sha256()) > 0,
	    "certificate");
}

/* --- pages --- */

static struct render_input
page_input(struct arena *a, unsigned which)
{
	static const unsigned persons[PAGE_KINDS] = { 1, 4, 1 };
	struct render_input in =
	    sample_input(a, which == 2 ? DOC_INKAN : DOC_JUMINHYO, PROFILE_RENKI, persons[which]);
	in.profile = &it.profile;
	return in;
}

static struct arena *page_arena;
static const struct dlist *page_drawn;
static const struct profile *page_profile;

/* One page drawn in this process, which is warm: the mean of the three. */
static double
page_ms(void)
{
	static double ms[ROUNDS_MAX];
	double sum = 0;
	for (unsigned k = 0; k < PAGE_KINDS; k++) {
		for (unsigned i = 0; i < it.rounds; i++) {
			AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
			struct render_input in = page_input(a, k);
			struct render_doc d = { 0 };
			struct err err = { 0 };
			double from = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
			need(render_doc(a, it.fonts, &in, &d, &err) == 0, "page");
			ms[i] = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - from;
		}
		sum += middle(ms, it.rounds);
	}
	struct err err = { 0 };
	struct render_doc d = { 0 };
	page_arena = arena_new(RENDER_ARENA_BYTES); /* until the end */
	const struct render_input in = page_input(page_arena, 0);
	need(render_doc(page_arena, it.fonts, &in, &d, &err) == 0, "page");
	page_drawn = d.pages[0].drawn;
	page_profile = in.profile;
	return sum / PAGE_KINDS;
}

/* The page's picture coded for its back, which the kiosk paints. */
static void
picture(void)
{
	static struct drawn_glyphs *glyphs;
	struct buf coded;
	struct err err = { 0 };
	buf_init(&coded, BILEVEL_MAX_CODED_BYTES);
	if (glyphs == NULL)
		glyphs = drawn_glyphs_new();
	need(
	    drawn_encode(glyphs, it.fonts, page_drawn, page_profile, &coded, &err) == 0, "picture");
	buf_done(&coded);
}

/* A process that does nothing, of one that has nothing yet: our time and its. */
static double
fork_ms(void)
{
	static double ms[ROUNDS_MAX];
	for (unsigned i = 0; i < it.rounds; i++) {
		struct rusage use;
		double from = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		need(pid > 0 && wait4(pid, NULL, 0, &use) == pid, "fork");
		ms[i] = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - from +
		    (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
	}
	return middle(ms, it.rounds);
}

/* --- statements --- */

/* Time of the connection's process at the server. */
static double
backend_ms(void)
{
	char path[64];
	unsigned long long ns = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", PQbackendPID(it.db));
	FILE *f = fopen(path, "r");
	need(f != NULL && fscanf(f, "%llu", &ns) == 1, "the backend's time");
	(void)fclose(f);
	return (double)ns / 1e6;
}

static void
sql(const char *name, const char *text, int n, const char *const *v, const int *bytes,
    const int *binary)
{
	static const char *prepared[16];
	size_t i = 0;
	while (prepared[i] != NULL && strcmp(prepared[i], name) != 0)
		i++;
	if (prepared[i] == NULL) {
		PQclear(PQprepare(it.db, name, text, 0, NULL));
		prepared[i] = name;
	}
	PGresult *r = PQexecPrepared(it.db, name, n, v, bytes, binary, 0);
	ExecStatusType st = PQresultStatus(r);
	need(st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK, PQerrorMessage(it.db));
	PQclear(r);
}

static void
sql1(const char *name, const char *text, const uint8_t id[16])
{
	const char *v[1] = { (const char *)id };
	const int bytes[1] = { 16 }, binary[1] = { 1 };
	sql(name, text, 1, v, bytes, binary);
}

static void
sql2(const char *name, const char *text, const uint8_t id[16], const void *p, size_t n, bool binary)
{
	const char *v[2] = { (const char *)id, p };
	const int bytes[2] = { 16, (int)n }, formats[2] = { 1, binary };
	sql(name, text, 2, v, bytes, formats);
}

/* What an order must leave and ask: a statement each, a transaction where it must be one. */
static void
statements(void)
{
	static const char household[] = "SELECT ref, version, sealed FROM person WHERE household = "
					"(SELECT household FROM person WHERE ref = $1)";
	uint8_t id[16], ref[16] = { 0 }, body[1500] = { 0 };
	need(RAND_bytes(id, sizeof(id)) == 1, "random");
	ref[14] = id[0] % 8;
	ref[15] = id[1];
	sql1("household", household, ref);
	sql2("audit",
	    "WITH a AS (SELECT $1::bytea) INSERT INTO audit (body) SELECT $2::bytea FROM a", id,
	    body, 300, true);
	sql2("session", "INSERT INTO session (id, body) VALUES ($1, $2::bytea)", id, body,
	    sizeof(body), true);
	sql1("household", household, ref);
	sql("begin", "BEGIN", 0, NULL, NULL, NULL);
	sql1("lock", "SELECT version FROM person WHERE ref = $1 FOR NO KEY UPDATE", ref);
	sql2("issue", "INSERT INTO issue VALUES ($1, '', $2::bytea, 0)", id, it.papers, packed(),
	    true);
	sql2("audit", "", id, body, 300, true);
	sql("commit", "COMMIT", 0, NULL, NULL, NULL);
	sql2("answer", "UPDATE session SET answer = $2::bytea WHERE id = $1", id, body, 32, true);
}

static void
db_open_floor(const char *conninfo)
{
	it.db = PQconnectdb(conninfo);
	need(PQstatus(it.db) == CONNECTION_OK, PQerrorMessage(it.db));
	PGresult *r = PQexec(it.db, schema);
	need(PQresultStatus(r) == PGRES_COMMAND_OK, PQerrorMessage(it.db));
	PQclear(r);
	PQclear(PQexec(it.db, "VACUUM ANALYZE"));
}

/* --- one request over a kept connection with certificates on both sides --- */

static int
small_answer(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)req, (void)err;
	res->body = "{}";
	res->body_bytes = 2;
	return 0;
}

static int
big_answer(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)req, (void)err;
	res->body = it.papers;
	res->body_bytes = it.papers_bytes;
	return 0;
}

/*
 * The stock pipeline: a row by its number, a page by cairo, a detached CMS signature as PAdES has
 * it, a record, the answer. No card, no session, nothing that binds the paper to who ordered it.
 */
static int
stock_answer(struct http_req *req, struct http_res *res, struct err *err)
{
	uint8_t id[16], ref[16] = { 0 }, *der = NULL;
	struct render_input in = page_input(req->arena, it.n++ % PAGE_KINDS);
	struct engine_doc *d = arena_zero(req->arena, sizeof(*d));
	struct fontset_stack stack;
	need(RAND_bytes(id, sizeof(id)) == 1, "random");
	ref[15] = id[0];
	sql1("row", "SELECT sealed FROM person WHERE ref = $1", ref);
	need(fontset_stack(it.fonts, in.profile->muni, &stack, err) == 0 &&
		engine_run(req->arena, &stack, form_find(in.kind, in.profile), &in, d, err) == 0,
	    "layout");
	size_t bytes = peer_cairo(it.fonts, d);
	need(bytes > 0 && bytes < it.papers_bytes, "cairo");
	BIO *b = BIO_new_mem_buf(it.papers, (int)bytes); /* as many bytes as the PDF has */
	CMS_ContentInfo *cms = CMS_sign(it.cert, it.key, NULL, b, CMS_DETACHED | CMS_BINARY);
	int n = i2d_CMS_ContentInfo(cms, &der);
	need(n > 0, "CMS");
	sql2("record", "INSERT INTO session (id, body) VALUES ($1, $2::bytea)", id, der, (size_t)n,
	    true);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(b);
	res->body = it.papers;
	res->body_bytes = bytes + (size_t)n;
	return 0;
}

static const struct http_route routes[] = {
	{ "POST", "/small", NULL, 8192, small_answer, NULL },
	{ "POST", "/big", NULL, 8192, big_answer, NULL },
	{ "POST", "/stock", NULL, 8192, stock_answer, NULL },
};
static struct http_client *client;

/* Processor time of both ends and of the database, a request. */
struct cost {
	double server, client, database;
};

static struct cost
request_ms(const char *path)
{
	static const char body[3000] = { [0 ... 2999] = ' ' };
	static double own[ROUNDS_MAX + 1], rest[ROUNDS_MAX + 1], database[ROUNDS_MAX + 1];
	for (unsigned i = 0; i < it.rounds + 1; i++) {
		AUTO(arena) struct arena *a = arena_new((size_t)4 * PAPERS_MAX);
		const struct http_ask ask = { .method = "POST",
			.path = path,
			.body = body,
			.body_bytes = sizeof(body),
			.max_reply_bytes = PAPERS_MAX };
		struct http_reply reply;
		struct err err = { 0 };
		double db_from = backend_ms(), own_from = clock_ms(CLOCK_THREAD_CPUTIME_ID),
		       all_from = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
		need(http_ask(client, a, &ask, &reply, &err) == 0, "request");
		own[i] = clock_ms(CLOCK_THREAD_CPUTIME_ID) - own_from;
		rest[i] = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - all_from - own[i];
		database[i] = backend_ms() - db_from;
	}
	return (struct cost){ middle(rest + 1, it.rounds), middle(own + 1, it.rounds),
		middle(database + 1, it.rounds) }; /* without the handshake */
}

static void
http_begin(struct arena *a, const char *net)
{
	struct http_server *s = NULL;
	struct err err = { 0 };
	const char *ca = arena_printf(a, "%s/ca.crt", net);
	const struct http_server_conf c = { .cert_path = arena_printf(a, "%s/server-S1.crt", net),
		.key_path = arena_printf(a, "%s/server-S1.key", net),
		.ca_path = ca,
		.want_client_cert = true };
	need(http_server_start(&c, routes, N_ELEMENTS(routes), NULL, &s, &err) == 0, "server");
	const struct http_client_conf h = {
		.base_url = arena_printf(a, "https://127.0.0.1:%u", http_server_port(s)),
		.cert_path = arena_printf(a, "%s/center-C1.crt", net),
		.key_path = arena_printf(a, "%s/center-C1.key", net),
		.ca_path = ca,
		.peer_role = "server",
	};
	need(http_client_new(&h, &client, &err) == 0, "client");
}

static void
say_requests(void)
{
	struct cost c = request_ms("/small");
	say("tls_small_server", c.server, false);
	say("tls_small_client", c.client, false);
	c = request_ms("/big");
	say("tls_big_server", c.server, false);
	say("tls_big_client", c.client, false);
	c = request_ms("/stock");
	say("stock", c.server, false);
	say("stock_sql", c.database, true);
}

static void
say_statements(void)
{
	static double own[ROUNDS_MAX], database[ROUNDS_MAX];
	statements(); /* prepared from here on */
	for (unsigned i = 0; i < it.rounds; i++) {
		double db_from = backend_ms(), from = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
		statements();
		own[i] = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - from;
		database[i] = backend_ms() - db_from;
	}
	say("sql_client", middle(own, it.rounds), false);
	say("sql_server", middle(database, it.rounds), false);
}

static void
setup(char **argv, struct arena *a)
{
	static const char base64url[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct err err = { 0 };
	mem_keep(KEEP_BYTES); /* the parts are to be bare of the kernel's pages, too */
	it.papers_bytes = strtoul(argv[4], NULL, 10);
	need(it.papers_bytes > 0 && it.papers_bytes <= PAPERS_MAX, "bytes of the papers");
	it.papers = arena_zero(a, it.papers_bytes + 1);
	need(RAND_bytes((uint8_t *)it.papers, (int)it.papers_bytes) == 1, "random");
	for (size_t i = 0; i < it.papers_bytes; i++)
		it.papers[i] = base64url[(uint8_t)it.papers[i] % 64];
	it.profile = sample_profile(a, PROFILE_RENKI);
	need(render_fonts_open(argv[1], &it.fonts, &err) == 0, "fonts");
	render_fonts_warm(it.fonts, &it.profile, 1, true);
	keys_make();
	db_open_floor(argv[3]);
	http_begin(a, argv[2]);
}

int
main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: issue-floor MANIFEST NET CONNINFO PAPERS_BYTES ROUNDS\n");
		return 2;
	}
	log_fd = -1;
	it.rounds = (unsigned)strtoul(argv[5], NULL, 10);
	need(it.rounds > 0 && it.rounds <= ROUNDS_MAX, "rounds");
	double forked_ms = fork_ms();
	struct arena *a = arena_new((size_t)4 * RENDER_ARENA_BYTES);
	setup(argv, a);
	printf("{");
	say("fork", forked_ms, false);
	say("rsa_verify", each_ms(rsa_verify), false);
	say("ec_sign", each_ms(ec_sign), false);
	say("ec_verify", each_ms(ec_verify), false);
	say("agree", each_ms(agree), false);
	say("gcm", each_ms(gcm), false);
	say("page", page_ms(), false);
	say("picture", each_ms(picture), false);
	say_statements();
	say_requests();
	(void)fflush(stdout);
	_exit(0); /* the server's threads need no farewell */
}

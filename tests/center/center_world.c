/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/center/center_world.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/hash.h"
#include "queries/center_migrations.h"
#include "tests/center/city.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world w;

const char *
world_path(const char *name)
{
	return arena_printf(w.arena, "%s/%s", w.dir, name);
}

static void
world_cert(const char *role, const char *name)
{
	assert_int_equal(system(arena_printf(w.arena, "%s issue %s/n %s %s >/dev/null", w.netca,
			     w.dir, role, name)),
	    0);
}

static const char *
world_pem(const char *role, const char *name, const char *ext)
{
	return arena_printf(w.arena, "%s/n/%s-%s.%s", w.dir, role, name, ext);
}

static void
world_jpki(void)
{
	jpki_init(w.arena, world_path("j"), "http://127.0.0.1/");
	for (int h = 0; h < JPKI_N_HIERS; h++)
		for (int g = 1; g <= JPKI_N_GENS; g++)
			jpki_ca_load(w.arena, world_path("j"), (enum jpki_hier)h, g,
			    &w.cas[h * JPKI_N_GENS + g - 1]);
	assert_int_equal(system(arena_printf(w.arena,
			     "mkdir %s/pins && cp %s/j/auth-1.der %s/j/auth-2.der %s/pins", w.dir,
			     w.dir, w.dir, w.dir)),
	    0);
	w.certs.all = arena_zero_n(w.arena, 64, sizeof(struct jpki_cert));
	static const struct http_route route = { "POST", "/ocsp", NULL, 65536, ocsp_answer, NULL };
	const struct http_server_conf c = { .threads = 8 };
	assert_int_equal(http_server_start(&c, &route, 1, &w, &w.ocsp, NULL), 0);
}

void
world_city_keys(struct city *c)
{
	assert_int_equal(keydir_help_write(w.arena, w.dir, &c->keys, c->root), 0);
}

void
world_city_restart(struct city *c)
{
	const struct http_server_conf conf = {
		.port = c->port,
		.cert_path = world_pem("server", c->name, "crt"),
		.key_path = world_pem("server", c->name, "key"),
		.ca_path = world_path("n/ca.crt"),
		.want_client_cert = true,
		.threads = 64,
	};
	assert_int_equal(
	    http_server_start(&conf, city_routes, CITY_N_ROUTES, c, &c->server, NULL), 0);
	c->port = http_server_port(c->server);
}

void
world_city_list(const struct city *c)
{
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	char of[65], schema[65], conf[65];
	announce_digest(&c->node, digest);
	text_hex_format(digest, 32, of);
	text_hex_format(c->node.schema_sha256, 32, schema);
	text_hex_format(c->node.conf_sha256, 32, conf);
	dbtest_sql(w.db,
	    arena_printf(w.arena,
		"INSERT INTO node_listed VALUES ('%s', '\\x%s', '%s', '%s', %u, '\\x%s', '\\x%s', "
		"0, 'A,B')",
		c->code, of, c->node.build, c->node.seal, c->node.schema, schema, conf));
}

static void
world_city(struct city *c, const char *code, const char *name)
{
	c->code = code;
	c->name = name;
	c->key = key_generate();
	(void)pthread_mutex_init(&c->lock, NULL);
	c->root = key_generate();
	c->keys = keydir_help_of(code, c->key);
	memcpy(c->node.muni.s, code, 7);
	world_city_keys(c);
	world_cert("server", name);
	world_city_restart(c);
}

static struct http_client *
world_client(const char *role, const char *name)
{
	struct http_client *c = NULL;
	const struct http_client_conf conf = {
		.base_url = arena_printf(
		    w.arena, "https://127.0.0.1:%u", (unsigned)http_server_port(w.center)),
		.cert_path = world_pem(role, name, "crt"),
		.key_path = world_pem(role, name, "key"),
		.ca_path = world_path("n/ca.crt"),
		.peer_role = "center",
	};
	assert_int_equal(http_client_new(&conf, &c, NULL), 0);
	return c;
}

/* The configuration goes the operator's way: through a file. */
static void
world_conf(void)
{
	struct err err = { 0 };
	const char *text = arena_printf(w.arena,
	    "[center]\nid = c1\nbuilds = old test\ncert = n/center-c1.crt\nkey = "
	    "n/center-c1.key\nca = n/ca.crt\n"
	    "[database]\nurl = %s options='-c role=kofu_center'\nadmin = %s\n"
	    "[jpki]\npins = pins\nocsp = http://127.0.0.1:%u/ocsp\nocsp_ms = 1000\ncrl = lists\n"
	    "[limits]\nin_flight = 3\noffer_ms = 3000\norder_ms = 1500\nother_ms = 1500\n"
	    "[municipality " CITY_A "]\nservers = https://127.0.0.1:1 https://127.0.0.1:%u\n"
	    "server_ids = asp-1 asp-9\nkeys = " CITY_A ".json\nroot = " CITY_A ".root.json\n"
	    "[municipality " CITY_B "]\nservers = https://127.0.0.1:%u\nserver_ids = asp-2\n"
	    "keys = " CITY_B ".json\nroot = " CITY_B ".root.json\n"
	    "[kiosk k0]\nname = 架空店\nenabled = yes\n[kiosk k1]\nenabled = yes\n"
	    "[kiosk k2]\nenabled = no\n",
	    w.db, w.db, (unsigned)http_server_port(w.ocsp),
	    (unsigned)http_server_port(w.city[0].server),
	    (unsigned)http_server_port(w.city[1].server));
	assert_int_equal(
	    file_write_atomic(world_path("center.conf"), text, strlen(text), 0600, NULL), 0);
	assert_int_equal(center_conf_load(w.arena, world_path("center.conf"), &w.conf, &err), 0);
}

static void
world_center(void)
{
	struct err err = { 0 };
	size_t n = 0;
	world_cert("center", "c1");
	assert_int_equal(mkdir(world_path("lists"), 0700), 0);
	world_conf();
	assert_int_equal(router_open(&w.router, w.arena, &w.conf, &err), 0);
	assert_int_equal(router_connect(&w.router, &err), 0);
	const struct http_route *routes = router_routes(&n);
	const struct http_server_conf conf = {
		.cert_path = w.conf.cert,
		.key_path = w.conf.key,
		.ca_path = w.conf.ca,
		.want_client_cert = true,
		.threads = 64,
	};
	assert_int_equal(http_server_start(&conf, routes, n, &w.router, &w.center, &err), 0);
}

void
world_init(const char *netca)
{
	(void)signal(SIGPIPE, SIG_IGN);
	w.arena = arena_new(64u << 20);
	w.netca = netca;
	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/kofu-center-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(system(arena_printf(w.arena, "%s init %s/n >/dev/null", netca, w.dir)), 0);
	dbtest_create(db_center_migrations, db_center_migrations_n, w.db);
	world_jpki();
	city_outcomes_fill();
	world_city(&w.city[0], CITY_A, "asp-1");
	world_city(&w.city[1], CITY_B, "asp-2");
	world_center();
	world_cert("kiosk", "k0");
	world_cert("kiosk", "k1");
	world_cert("kiosk", "k2");
	w.kiosk[0] = world_client("kiosk", "k0");
	w.kiosk[1] = world_client("kiosk", "k1");
	w.cut_kiosk = world_client("kiosk", "k2");
	w.asp[0] = world_client("server", "asp-1");
	w.asp[1] = world_client("server", "asp-2");
	world_calm();
}

static int
world_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
world_done(void)
{
	for (int i = 0; i < N_KIOSKS; i++)
		http_client_free(w.kiosk[i]);
	for (int i = 0; i < N_CITIES; i++)
		http_client_free(w.asp[i]);
	http_client_free(w.cut_kiosk);
	http_server_stop(w.center);
	router_close(&w.router);
	for (int i = 0; i < N_CITIES; i++) {
		http_server_stop(w.city[i].server);
		key_free(w.city[i].key);
		key_free(w.city[i].root);
	}
	http_server_stop(w.ocsp);
	for (int i = 0; i < JPKI_N_KEYS; i++) {
		X509_free(w.cas[i].crt);
		X509_free(w.cas[i].ocsp_crt);
		EVP_PKEY_free(w.cas[i].key);
		EVP_PKEY_free(w.cas[i].ocsp_key);
	}
	(void)nftw(w.dir, world_remove, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(w.arena);
}

void
world_calm(void)
{
	for (int i = 0; i < N_CITIES; i++) {
		struct city *c = &w.city[i];
		c->refuse = c->slow_ms = 0;
		c->break_signature = c->forget = false;
		c->text = c->order_text = NULL;
		c->bend = NULL;
		c->other_key = NULL;
		c->papers = c->number = c->node_text = NULL;
		c->node = (struct announce){ .muni = c->node.muni,
			.build = "1.2-new",
			.seal = "test",
			.schema = 7,
			.schema_sha256 = { 1 },
			.conf_sha256 = { 2 } };
		c->n_offers = c->n_orders = c->n_releases = c->n_outcomes = 0;
	}
	w.fault = JPKI_FAULT_NONE;
	dbtest_sql(w.db,
	    "DELETE FROM muni_state; DELETE FROM directory; DELETE FROM directory_position;"
	    "DELETE FROM node_listed; DELETE FROM node_cut; DELETE FROM node_log");
	for (int i = 0; i < N_CITIES; i++)
		world_city_list(&w.city[i]);
	assert_int_equal(listing_read(&w.router.listing, w.router.store, NULL), 0);
}

const char *
sql(const char *text)
{
	return dbtest_value(w.db, text);
}

unsigned
ask(struct http_client *c, struct arena *a, const char *method, const char *path, const char *body,
    struct http_reply *ret)
{
	struct err err = { 0 };
	const struct http_ask q = {
		.method = method,
		.path = path,
		.body = body,
		.body_bytes = body ? strlen(body) : 0,
		.max_reply_bytes = 32 << 20,
	};
	*ret = (struct http_reply){ 0 };
	int r = http_ask(c, a, &q, ret, &err);
	if (r < 0)
		log_fault("test.ask", (struct txn_id){ 0 }, &err);
	return r < 0 ? 0 : ret->status;
}

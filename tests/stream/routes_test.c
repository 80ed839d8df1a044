/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of the stream over mutual TLS: who gets in, what is refused and by which code. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "domain/muni.h"
#include "http/client.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "queries/asp_migrations.h"
#include "server/sync/sync.h"
#include "tests/db/dbtest.h"
#include "wire/gzip.h"
#include "wire/js.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_ARENA_BYTES = 64 * 1024 * 1024, N_CLIENTS = 3 };
enum client { AGENT, OTHER_AGENT, KIOSK };

static char dir[64];
static char conninfo[DBTEST_CONNINFO_BYTES];
static struct sync *stream_end;
static struct http_server *http;
static struct http_client *clients[N_CLIENTS];
static struct key *sync_key, *other_key;
static struct arena *a;
static char session[33];

static const char *
in_dir(const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

static void
client_open(enum client i, const char *who)
{
	struct err err = { 0 };
	const struct http_client_conf c = {
		.base_url = arena_printf(a, "https://127.0.0.1:%u", http_server_port(http)),
		.cert_path = in_dir(arena_printf(a, "net/%s.crt", who)),
		.key_path = in_dir(arena_printf(a, "net/%s.key", who)),
		.ca_path = in_dir("net/ca.crt"),
		.peer_role = "server",
	};
	assert_int_equal(http_client_new(&c, &clients[i], &err), 0);
}

static int
all_begins_with_a_loaded_replica(void **state)
{
	(void)state;
	struct err err = { 0 };
	static uint8_t dek[32] = { 7 };
	struct sync_tenant tenant = { .dek = dek };
	size_t n = 0;
	a = arena_new(TEST_ARENA_BYTES);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	dbtest_sql(conninfo,
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), "
	    "'hex'));"
	    "INSERT INTO stream VALUES (true, 5, 0, decode(repeat('00', 32), 'hex'), '0/1', 0)");
	assert_int_equal(key_load(in_dir("net/sync-991015.key"), &sync_key, &err), 0);
	other_key = key_generate();
	assert_true(muni_parse("991015", 6, &tenant.muni));
	tenant.conninfo = arena_printf(a, "%s options='-c role=kofu_sync'", conninfo);
	key_public(sync_key, &tenant.agent_key);
	const struct sync_conf conf = { &tenant, 1, NULL };
	assert_int_equal(sync_start(&conf, &stream_end, &err), 0);
	const struct http_server_conf hc = { .cert_path = in_dir("net/server-asp-1.crt"),
		.key_path = in_dir("net/server-asp-1.key"),
		.ca_path = in_dir("net/ca.crt"),
		.want_client_cert = true };
	const struct http_route *routes = sync_routes(&n);
	assert_int_equal(http_server_start(&hc, routes, n, stream_end, &http, &err), 0);
	client_open(AGENT, "agent-991015");
	client_open(OTHER_AGENT, "agent-991023");
	client_open(KIOSK, "kiosk-k0001");
	return 0;
}

static int
and_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_CLIENTS; i++)
		http_client_free(clients[i]);
	http_server_stop(http);
	sync_stop(stream_end);
	key_free(sync_key);
	key_free(other_key);
	arena_free(a);
	return 0;
}

struct call {
	enum client by;
	const char *path;
	const void *body;
	size_t bytes;
	const char *typ; /* NULL = no signature */
	struct key *key; /* NULL = the right one */
	bool no_session;
	const char *session; /* NULL = the open one */
	bool altered;        /* after it was signed */
};
struct answer {
	int r;
	unsigned status;
	char code[64];
	const char *body;
};

static struct answer
call(struct call c)
{
	struct err err = { 0 };
	struct http_reply reply = { 0 };
	char *jws = NULL;
	unsigned n = 0;
	uint8_t *body = arena_memdup(a, c.body, c.bytes);
	struct http_ask q = {
		.method = "POST", .path = c.path, .body = body, .body_bytes = c.bytes
	};
	if (c.typ != NULL) {
		const struct key_signer k = key_as_signer(c.key ? c.key : sync_key);
		assert_int_equal(jws_sign_detached(a, &k, c.typ, body, c.bytes, &jws, &err), 0);
		q.header[n++] = arena_printf(a, "Kofu-Signature: %s", jws);
	}
	if (!c.no_session)
		q.header[n++] =
		    arena_printf(a, "Kofu-Session: %s", c.session ? c.session : session);
	if (c.altered)
		body[c.bytes / 2] ^= 1;
	struct answer got = { .r = http_ask(clients[c.by], a, &q, &reply, &err) };
	got.status = reply.status;
	memcpy(got.code, reply.code, sizeof(got.code));
	got.body = (const char *)reply.body;
	return got;
}

static void
is_refused(struct call c, unsigned status, const char *code)
{
	struct answer got = call(c);
	if (got.status != status || strcmp(got.code, code) != 0)
		print_error("%s: %u %s, not %u %s\n", c.path, got.status, got.code, status, code);
	assert_int_equal(got.r, HTTP_E_REFUSED);
	assert_int_equal(got.status, status);
	assert_string_equal(got.code, code);
}

static void
open_session(void **state)
{
	(void)state;
	struct err err = { 0 };
	json_t *o = NULL;
	uint8_t id[16];
	struct answer got =
	    call((struct call){ AGENT, "/v1/stream/session", "{}", 2, .no_session = true });
	assert_int_equal(got.r, 0);
	assert_int_equal(js_parse(got.body, strlen(got.body), &o, &err), 0);
	assert_int_equal(js_hex(o, "session", id, sizeof(id), &err), 0);
	assert_string_equal(json_string_value(json_object_get(o, "muni")), "991015");
	assert_int_equal(json_integer_value(json_object_get(o, "epoch")), 5);
	json_decref(o);
	text_hex_format(id, sizeof(id), session);
}

static int
opens_a_session(void **state)
{
	open_session(state);
	return 0;
}

static struct buf
batch_of(const char *muni, int seq, const char *prev, const char *name)
{
	struct err err = { 0 };
	struct buf text;
	struct buf body;
	buf_init(&text, 65536);
	buf_init(&body, 65536);
	buf_printf(&text,
	    "{\"v\":1,\"muni\":\"%s\",\"epoch\":5,\"seq\":%d,\"prev\":\"%s\",\"source\":\"0/2\","
	    "\"register_ms\":1,\"urgent\":false,\"records\":[{\"kind\":\"block\",\"atena_no\":\"%"
	    "s\","
	    "\"rireki_no\":1,\"active\":true,\"kinds\":[\"inkan\"]}]}",
	    muni, seq, prev, name);
	assert_int_equal(gzip_pack(text.p, text.bytes, &body, &err), 0);
	buf_done(&text);
	return body;
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static struct call
post(const struct buf *b)
{
	return (struct call){ AGENT, "/v1/stream/batch", b->p, b->bytes, .typ = "kofu-batch" };
}

static const char *
applied(void)
{
	return dbtest_value(conninfo, "SELECT seq FROM stream");
}

static void
only_the_municipalitys_own_agent_gets_in(void **state)
{
	(void)state;
	struct buf b = batch_of("991015", 1, ZEROS, "1");
	struct call c = post(&b);
	c.by = OTHER_AGENT; /* signed by the right key even */
	is_refused(c, 403, "integrity");
	c.by = KIOSK;
	assert_int_equal(call(c).status, 403);
	is_refused((struct call){ OTHER_AGENT, "/v1/stream/session", "{}", 2 }, 403, "integrity");
	assert_string_equal(applied(), "0");
	buf_done(&b);
}

static void
what_is_not_signed_by_the_sync_key_is_refused(void **state)
{
	(void)state;
	struct buf b = batch_of("991015", 1, ZEROS, "1");
	struct call c = post(&b);
	c.typ = NULL;
	is_refused(c, 400, "bad-input");
	c = post(&b);
	c.key = other_key;
	is_refused(c, 403, "integrity");
	c = post(&b);
	c.altered = true;
	is_refused(c, 403, "integrity");
	c = post(&b);
	c.typ = "kofu-heartbeat"; /* good for something else */
	is_refused(c, 403, "integrity");
	c = post(&b);
	c.bytes = 0;
	c.body = "";
	is_refused(c, 400, "bad-input");
	assert_string_equal(applied(), "0");
	buf_done(&b);
}

static void
a_batch_needs_the_open_session(void **state)
{
	(void)state;
	struct buf b = batch_of("991015", 1, ZEROS, "1");
	struct call c = post(&b);
	c.no_session = true;
	is_refused(c, 400, "bad-input");
	c = post(&b);
	c.session = "00112233445566778899aabbccddeeff";
	is_refused(c, 409, "session");
	c.session = "0011";
	is_refused(c, 400, "bad-input");
	assert_string_equal(applied(), "0");
	is_refused((struct call){ AGENT, "/v1/stream/session", "{\"x\":1}", 7 }, 400, "bad-input");
	is_refused((struct call){ AGENT, "/v1/stream/session", "", 0 }, 400, "bad-input");
	buf_done(&b);
}

static void
a_batch_that_is_broken_is_refused(void **state)
{
	(void)state;
	static const char text[] = "not a gzip";
	is_refused(
	    (struct call){ AGENT, "/v1/stream/batch", text, sizeof(text), .typ = "kofu-batch" },
	    400, "bad-input");
	struct buf b = batch_of("991023", 1, ZEROS, "1");
	is_refused(post(&b), 403, "integrity"); /* another municipality's, under our name */
	buf_done(&b);
	size_t most = SYNC_BODY_MAX_BYTES;
	uint8_t *big = arena_zero(a, most + 1);
	struct call c = { AGENT, "/v1/stream/batch", big, most, .typ = "kofu-batch" };
	is_refused(c, 400, "bad-input"); /* read, and no gzip */
	c.bytes++;
	struct answer over = call(c); /* not read */
	assert_true(over.r != 0 && (over.r != HTTP_E_REFUSED || over.status == 413));
	assert_string_equal(applied(), "0");
}

static void
batches_are_acknowledged_replayed_missed_and_caught(void **state)
{
	(void)state;
	struct buf first = batch_of("991015", 1, ZEROS, "1");
	struct answer got = call(post(&first));
	assert_int_equal(got.r, 0);
	uint8_t hash[32];
	char hex[65];
	sha256(first.p, first.bytes, hash);
	text_hex_format(hash, 32, hex);
	assert_string_equal(got.body, arena_printf(a, "{\"seq\":1,\"hash\":\"%s\"}", hex));
	struct answer again = call(post(&first));
	assert_int_equal(again.r, 0);
	assert_string_equal(again.body, got.body);
	struct buf third = batch_of("991015", 3, hex, "1");
	got = call(post(&third));
	assert_int_equal(got.status, 409);
	assert_string_equal(got.code, "gap");
	assert_non_null(strstr(got.body, "\"seq\":2"));
	struct buf other = batch_of("991015", 1, ZEROS, "2");
	is_refused(post(&other), 409, "equivocation");
	assert_string_equal(applied(), "1");
	assert_string_equal(dbtest_value(conninfo, "SELECT stopped FROM tenant"), "equivocation");
	buf_done(&first);
	buf_done(&third);
	buf_done(&other);
}

static struct call
beat(const char *text)
{
	return (struct call){ AGENT, "/v1/stream/heartbeat", text, strlen(text),
		.typ = "kofu-heartbeat" };
}

static void
a_heartbeat_is_signed_and_of_the_open_session(void **state)
{
	(void)state;
	const char *text = arena_printf(a,
	    "{\"v\":1,\"muni\":\"991015\",\"epoch\":5,\"seq\":0,\"hash\":\"" ZEROS
	    "\",\"time_ms\":%lld}",
	    (long long)clock_now_ms());
	struct answer got = call(beat(text));
	assert_int_equal(got.r, 0);
	struct call c = beat(text);
	c.key = other_key;
	is_refused(c, 403, "integrity");
	c = beat(text);
	c.typ = "kofu-batch";
	is_refused(c, 403, "integrity");
	c = beat(text);
	c.session = "00112233445566778899aabbccddeeff";
	is_refused(c, 409, "session");
	is_refused(beat(arena_printf(a,
		       "{\"v\":1,\"muni\":\"991015\",\"epoch\":6,\"seq\":0,\"hash\":\"" ZEROS
		       "\",\"time_ms\":1}")),
	    409, "epoch");
	is_refused(beat(arena_printf(a,
		       "{\"v\":1,\"muni\":\"991015\",\"epoch\":5,\"seq\":0,\"hash\":\"" ZEROS
		       "\",\"time_ms\":%lld}",
		       (long long)clock_now_ms() + 3600000)),
	    409, "clock-skew");
	is_refused(beat(arena_printf(a,
		       "{\"v\":1,\"muni\":\"991023\",\"epoch\":5,\"seq\":0,\"hash\":\"" ZEROS
		       "\",\"time_ms\":1}")),
	    403, "integrity");
}

static void
an_older_session_is_fenced_off(void **state)
{
	(void)state;
	char old[33];
	memcpy(old, session, sizeof(old));
	open_session(state);
	struct buf b = batch_of("991015", 2, ZEROS, "1");
	struct call c = post(&b);
	c.session = old;
	is_refused(c, 409, "session");
	buf_done(&b);
}

static bool
certificates_make(const char *netca)
{
	char cmd[1024];
	(void)snprintf(dir, sizeof(dir), "/tmp/kofu-routes-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return false;
	(void)snprintf(cmd, sizeof(cmd),
	    "n=$(realpath '%s') && cd %s && \"$n\" init net && \"$n\" issue net server asp-1 &&"
	    " \"$n\" issue net agent 991015 && \"$n\" issue net agent 991023 &&"
	    " \"$n\" issue net kiosk k0001 && \"$n\" key net sync-991015",
	    netca, dir);
	return system(cmd) == 0;
}

#define T(f) cmocka_unit_test_setup(f, opens_a_session)

int
main(int argc, char **argv)
{
	char cmd[128];
	const struct CMUnitTest tests[] = {
		T(only_the_municipalitys_own_agent_gets_in),
		T(what_is_not_signed_by_the_sync_key_is_refused),
		T(a_batch_needs_the_open_session),
		T(a_batch_that_is_broken_is_refused),
		T(a_heartbeat_is_signed_and_of_the_open_session),
		T(batches_are_acknowledged_replayed_missed_and_caught),
		T(an_older_session_is_fenced_off),
	};
	if (argc != 2 || !certificates_make(argv[1]))
		return 1;
	int bad = cmocka_run_group_tests_name(
	    "stream-routes", tests, all_begins_with_a_loaded_replica, and_ends);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd) == 0 ? bad : 1;
}

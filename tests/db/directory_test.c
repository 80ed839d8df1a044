/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the center which cards are ours: in order, each push whole, the same again until heard.
 */
#include "tests/unit/unit.h"

#include "domain/muni.h"
#include "queries/asp_migrations.h"
#include "http/server.h"
#include "server/sync/directory.h"
#include "server/sync/voids.h"
#include "tests/db/dbtest.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

/* A center that writes down what it hears and answers as it is told to. */
static struct {
	enum { ANSWER_OK, ANSWER_503, ANSWER_409, ANSWER_WRONG } mode;
	char heard[65536];
	unsigned n;
} fake;

enum { FAKE_E_BUSY = 9001, FAKE_E_GAP = 9002 };

static int
fake_directory(struct http_req *req, struct http_res *res, struct err *err)
{
	json_t *o = NULL;
	int64_t seq = 0;
	assert_int_equal(js_parse(req->body, req->body_bytes, &o, err), 0);
	assert_int_equal(js_int(o, "seq", 1, INT64_MAX, &seq, err), 0);
	json_decref(o);
	size_t at = strlen(fake.heard);
	(void)snprintf(fake.heard + at, sizeof(fake.heard) - at, "%.*s\n", (int)req->body_bytes,
	    (const char *)req->body);
	fake.n++;
	if (fake.mode == ANSWER_503)
		return FAKE_E_BUSY;
	if (fake.mode == ANSWER_409)
		return FAKE_E_GAP;
	if (fake.mode == ANSWER_WRONG)
		seq++;
	res->body = arena_printf(req->arena, "{\"seq\":%lld}", (long long)seq);
	res->body_bytes = strlen(res->body);
	return 0;
}

static const struct http_outcome outcomes[] = {
	{ FAKE_E_BUSY, 503, "busy" },
	{ FAKE_E_GAP, 409, "gap" },
	{ 0 },
};

static int
fake_voids(struct http_req *req, struct http_res *res, struct err *err)
{
	json_t *o = NULL;
	const json_t *list = NULL;
	assert_int_equal(js_parse(req->body, req->body_bytes, &o, err), 0);
	assert_int_equal(js_array(o, "numbers", VOIDS_MAX, &list, err), 0);
	size_t n = json_array_size(list), at = strlen(fake.heard);
	(void)snprintf(fake.heard + at, sizeof(fake.heard) - at, "%.*s\n", (int)req->body_bytes,
	    (const char *)req->body);
	json_decref(o);
	fake.n++;
	if (fake.mode == ANSWER_503)
		return FAKE_E_BUSY;
	if (fake.mode == ANSWER_409)
		return FAKE_E_GAP;
	res->body = arena_printf(req->arena, "{\"void\":%zu}", n + (fake.mode == ANSWER_WRONG));
	res->body_bytes = strlen(res->body);
	return 0;
}
static const struct http_route center_routes[] = {
	{ "POST", "/v1/directory", NULL, 256 * 1024, fake_directory, outcomes },
	{ "POST", "/v1/voids", NULL, 16 * 1024, fake_voids, outcomes },
};

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct db *db;
static struct http_server *center;
static struct http_client *client;
static struct muni_code muni;

static int
each_begins_with_a_silent_center(void **state)
{
	(void)state;
	struct err err = { 0 };
	char url[64];
	const struct http_server_conf hc = { 0 };
	memset(&fake, 0, sizeof(fake));
	assert_true(muni_parse("991015", 6, &muni));
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	assert_int_equal(
	    http_server_start(&hc, center_routes, N_ELEMENTS(center_routes), NULL, &center, &err),
	    0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(center));
	const struct http_client_conf cc = { .base_url = url };
	assert_int_equal(http_client_new(&cc, &client, &err), 0);
	return db_open(conninfo, &db, &err);
}

static int
and_closes_it(void **state)
{
	(void)state;
	db_close(db);
	http_client_free(client);
	http_server_stop(center);
	return 0;
}

static void
put(const char *serial, bool claim)
{
	char sql[256];
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO directory_outbox (issuer, serial, claim) VALUES (decode(repeat('11', 32), "
	    "'hex'),"
	    " decode('%s', 'hex'), %s)",
	    serial, claim ? "true" : "false");
	dbtest_sql(conninfo, sql);
}

static int
push(void)
{
	struct err err = { 0 };
	return directory_push(db, muni, client, &err);
}

#define I "1111111111111111111111111111111111111111111111111111111111111111"
#define CHANGE(serial, state)                                                                      \
	"{\"issuer\":\"" I "\",\"serial\":\"" serial "\",\"state\":\"" state "\"}"

static void
changes_go_in_order_and_are_forgotten(void **state)
{
	(void)state;
	assert_int_equal(push(), DIRECTORY_E_NOTHING);
	put("01", true);
	put("02", true);
	put("01", false);
	assert_int_equal(push(), 0);
	assert_string_equal(fake.heard,
	    "{\"muni\":\"991015\",\"seq\":1,\"changes\":[" CHANGE("01", "claim") "," CHANGE(
		"02", "claim") "," CHANGE("01", "release") "]}\n");
	assert_int_equal(push(), DIRECTORY_E_NOTHING);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM directory_outbox"), "0");
	put("03", true);
	assert_int_equal(push(), 0);
	assert_non_null(strstr(fake.heard, "\"seq\":2,\"changes\":[" CHANGE("03", "claim") "]"));
}

static void
a_push_that_was_not_heard_comes_again_unchanged(void **state)
{
	(void)state;
	put("01", true);
	fake.mode = ANSWER_503;
	assert_int_equal(push(), FAULT_UNAVAILABLE);
	put("02", true); /* waits for the next push */
	fake.mode = ANSWER_409;
	assert_int_equal(push(), FAULT_INTEGRITY);
	fake.mode = ANSWER_WRONG;
	assert_int_equal(push(), FAULT_INTEGRITY);
	fake.mode = ANSWER_OK;
	assert_int_equal(push(), 0);
	assert_int_equal(push(), 0);
	const char *first =
	    "{\"muni\":\"991015\",\"seq\":1,\"changes\":[" CHANGE("01", "claim") "]}\n";
	const char *second =
	    "{\"muni\":\"991015\",\"seq\":2,\"changes\":[" CHANGE("02", "claim") "]}\n";
	char want[4096];
	(void)snprintf(want, sizeof(want), "%s%s%s%s%s", first, first, first, first, second);
	assert_string_equal(fake.heard, want);
}

static void
a_center_that_is_away_is_asked_again_later(void **state)
{
	(void)state;
	put("01", true);
	http_server_stop(center);
	center = NULL;
	assert_int_equal(push(), FAULT_UNAVAILABLE);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM directory_outbox"), "1");
}

static void
a_push_has_at_most_five_hundred_changes(void **state)
{
	(void)state;
	dbtest_sql(conninfo,
	    "INSERT INTO directory_outbox (issuer, serial, claim) SELECT decode(repeat('11', 32), "
	    "'hex'),"
	    " decode(lpad(to_hex(i), 40, '0'), 'hex'), true FROM generate_series(1, 1001) i");
	assert_int_equal(push(), 0); /* the largest body there is */
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM directory_outbox"), "501");
	assert_int_equal(push(), 0);
	assert_int_equal(push(), 0);
	assert_int_equal(push(), DIRECTORY_E_NOTHING);
	assert_int_equal(fake.n, 3);
}

static void
numbers_void(int from, int to)
{
	char text[1024];
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO issue (order_id, th, oh, card, ref, kind, kiosk, whole_household, state, "
	    "issued_ms) SELECT decode(repeat('01', 16), 'hex'), decode(repeat('01', 32), 'hex'), "
	    "decode(repeat('01', 32), 'hex'), '', '', 1, 'K1', false, 3, 0 ON CONFLICT DO NOTHING;"
	    "INSERT INTO issue_copy (number, serial, order_id, pages, state, reason) SELECT "
	    "'991015-' || i, decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(repeat('01', 16), "
	    "'hex'), 1, 3, 'city' FROM generate_series(%d, %d) i;"
	    "INSERT INTO void_outbox SELECT '991015-' || i, i FROM generate_series(%d, %d) i",
	    from, to, from, to);
	dbtest_sql(conninfo, text);
}

static int
push_voids(void)
{
	struct err err = { 0 };
	return voids_push(db, muni, client, &err);
}

static void
voids_are_told_until_they_are_heard_and_then_forgotten(void **state)
{
	(void)state;
	assert_int_equal(push_voids(), VOIDS_E_NOTHING);
	numbers_void(1, 2);
	fake.mode = ANSWER_503;
	assert_int_equal(push_voids(), FAULT_UNAVAILABLE);
	fake.mode = ANSWER_409;
	assert_int_equal(push_voids(), FAULT_INTEGRITY);
	fake.mode = ANSWER_WRONG;
	assert_int_equal(push_voids(), FAULT_INTEGRITY);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM void_outbox"), "2");
	fake.mode = ANSWER_OK;
	fake.heard[0] = '\0';
	assert_int_equal(push_voids(), 0);
	assert_string_equal(
	    fake.heard, "{\"muni\":\"991015\",\"numbers\":[\"991015-1\",\"991015-2\"]}\n");
	assert_int_equal(push_voids(), VOIDS_E_NOTHING);
}

static void
at_most_a_hundred_voids_are_told_at_once(void **state)
{
	(void)state;
	numbers_void(1, 101);
	assert_int_equal(push_voids(), 0);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM void_outbox"), "1");
	assert_int_equal(push_voids(), 0);
	assert_int_equal(push_voids(), VOIDS_E_NOTHING);
}

static void
the_applying_role_may_push(void **state)
{
	(void)state;
	struct err err = { 0 };
	char as_sync[DBTEST_CONNINFO_BYTES + 64];
	(void)snprintf(as_sync, sizeof(as_sync), "%s options='-c role=kofu_sync'", conninfo);
	db_close(db);
	db = NULL;
	assert_int_equal(db_open(as_sync, &db, &err), 0);
	put("01", true);
	assert_int_equal(push(), 0);
	numbers_void(1, 1);
	assert_int_equal(push_voids(), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, each_begins_with_a_silent_center, and_closes_it)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(changes_go_in_order_and_are_forgotten),
		T(a_push_that_was_not_heard_comes_again_unchanged),
		T(a_center_that_is_away_is_asked_again_later),
		T(a_push_has_at_most_five_hundred_changes),
		T(the_applying_role_may_push),
		T(voids_are_told_until_they_are_heard_and_then_forgotten),
		T(at_most_a_hundred_voids_are_told_at_once),
	};
	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}

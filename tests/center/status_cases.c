/* SPDX-License-Identifier: Apache-2.0 */
/* How the center says it stands: one object for the page, for status --json, and for eyes. */
#include "tests/center/cases.h"

#include "base/file.h"
#include "center/router/status.h"
#include "http/ops.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_FROM = 20000, PORT_TO = 32000 };

/* The operations port as main() opens it, on the first port that is free. */
static struct ops *
ops_open(uint16_t *ret_port)
{
	size_t n = 0;
	const struct http_route *routes = status_routes(&n);
	struct ops *ops = NULL;
	for (unsigned port = PORT_FROM; ops == NULL && port < PORT_TO; port++) {
		const struct ops_conf c = { .port = (uint16_t)port,
			.app = &w.router,
			.look = router_ops_look,
			.collect = router_ops_collect,
			.routes = routes,
			.n_routes = n,
			.csp = status_csp };
		if (ops_start(&c, &ops, NULL) == 0)
			*ret_port = (uint16_t)port;
	}
	assert_non_null(ops);
	return ops;
}

static unsigned
get(struct arena *a, uint16_t port, const char *path, const char *header, struct http_reply *ret)
{
	AUTO(http_client) struct http_client *c = NULL;
	const struct http_client_conf conf = { .base_url =
						   arena_printf(a, "http://127.0.0.1:%u", port) };
	const struct http_ask q = {
		.method = "GET", .path = path, .header = { header }, .max_reply_bytes = 1 << 20
	};
	assert_int_equal(http_client_new(&conf, &c, NULL), 0);
	assert_true(http_ask(c, a, &q, ret, NULL) >= 0);
	return ret->status;
}

static long long
num(const json_t *o, const char *key)
{
	assert_true(json_is_integer(json_object_get(o, key)));
	return (long long)json_integer_value(json_object_get(o, key));
}
static const char *
str(const json_t *o, const char *key)
{
	assert_true(json_is_string(json_object_get(o, key)));
	return json_string_value(json_object_get(o, key));
}

static const json_t *
city_of(const json_t *o, const char *code)
{
	const json_t *list = json_object_get(o, "munis");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(str(json_array_get(list, i), "muni"), code) == 0)
			return json_array_get(list, i);
	fail_msg("no %s", code);
	return NULL;
}

static void
bend_order(json_t *m)
{
	js_put_text(m, "order", "00000000000000000000000000000000");
}

static json_t *
status_of(struct arena *a, uint16_t port)
{
	struct http_reply r;
	json_t *o = NULL;
	assert_int_equal(get(a, port, "/status.json", NULL, &r), 200);
	assert_int_equal(js_parse(r.body, r.body_bytes, &o, NULL), 0);
	return o;
}

void
the_state_tells_stops_mismatches_refusals_nodes_and_kiosks(void **state)
{
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	uint16_t port = 0;
	struct ops *ops = ops_open(&port);
	struct play p, q;
	(void)state;
	dbtest_sql(w.db,
	    "DELETE FROM muni_stop_log; DELETE FROM kiosk_cut; INSERT INTO kiosk_cut "
	    "VALUES ('k1', 5, '見本 花子')");
	play_open(&p, 0, &card_a);
	play_open(&q, 0, &card_b);
	json_t *before = status_of(a, port);
	w.city[0].bend = bend_order;
	assert_int_equal(play_order(&p, true), 503);
	assert_int_equal(play_order(&p, true), 503);
	assert_int_equal(play_order(&q, true), 200);
	w.city[1].node.conf_sha256[3] ^= 1;
	assert_int_equal(play_order(&q, true), 503);
	AUTO(json_t) json_t *o = status_of(a, port);
	const json_t *city = city_of(o, CITY_A), *was = city_of(before, CITY_A);
	assert_string_equal(str(city, "state"), "stopped");
	assert_string_equal(str(city, "why"), "order");
	assert_string_equal(str(json_object_get(city, "last_mismatch"), "what"), "order");
	assert_int_equal(num(json_object_get(city, "refused"), "municipality-stopped") -
		json_integer_value(
		    json_object_get(json_object_get(was, "refused"), "municipality-stopped")),
	    2);
	assert_int_equal(num(city, "limit"), 3);
	const json_t *node = json_array_get(json_object_get(city, "nodes"), 1);
	assert_string_equal(str(node, "name"), "asp-1");
	assert_string_equal(str(node, "is"), "listed");
	assert_string_equal(str(node, "build"), "1.2-new");
	assert_int_equal(num(node, "schema"), 7);
	assert_int_equal(strlen(str(node, "digest")), 64);
	city = city_of(o, CITY_B);
	assert_string_equal(str(city, "state"), "serving");
	assert_int_equal(num(city, "answered") - num(city_of(before, CITY_B), "answered"), 1);
	node = json_array_get(json_object_get(city, "nodes"), 0);
	assert_string_equal(str(node, "is"), "conf");
	assert_true(json_is_true(json_object_get(node, "refused")));
	assert_true(num(node, "kept_back") >= 1);
	const json_t *kiosks = json_object_get(o, "kiosks");
	assert_int_equal(num(kiosks, "enrolled"), 3);
	assert_int_equal(num(kiosks, "revoked"), 1);
	const json_t *cut = json_array_get(json_object_get(kiosks, "cut"), 0);
	assert_string_equal(str(cut, "kiosk"), "k1");
	assert_true(json_is_true(json_object_get(json_object_get(o, "crl"), "used")));
	/* Who cut it off is in the database and not here. */
	struct buf text;
	buf_init(&text, STATUS_MAX_BYTES);
	assert_int_equal(js_format(o, &text, NULL), 0);
	buf_u8(&text, 0);
	assert_null(strstr((const char *)text.p, "見本"));
	assert_null(strstr((const char *)text.p, "u898b"));
	buf_done(&text);
	dbtest_sql(w.db, "DELETE FROM kiosk_cut");
	/* What it was again, it is asked again, once it has rested (NODE_REST_MS). */
	w.city[1].node.conf_sha256[3] ^= 1;
	unsigned status = 0;
	for (unsigned i = 0; i < 100 && status != 200; i++, (void)usleep(200 * 1000))
		status = play_order(&q, false);
	assert_int_equal(status, 200);
	json_decref(before);
	play_end(&p);
	play_end(&q);
	ops_stop(ops);
}

void
the_state_is_told_while_the_database_is_away(void **state)
{
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	uint16_t port = 0;
	struct ops *ops = ops_open(&port);
	(void)state;
	dbtest_sql(w.db, "ALTER TABLE muni_state RENAME TO muni_state_away");
	AUTO(json_t) json_t *o = status_of(a, port);
	dbtest_sql(w.db, "ALTER TABLE muni_state_away RENAME TO muni_state");
	assert_true(json_is_false(json_object_get(o, "database")));
	assert_int_equal(json_array_size(json_object_get(o, "munis")), 2);
	assert_string_equal(str(o, "center"), "c1");
	ops_stop(ops);
}

void
the_page_is_for_this_machine_and_asks_for_nothing_elsewhere(void **state)
{
	static const char *const paths[] = { "/status", "/status.css", "/status.js",
		"/status.json" };
	static const struct {
		const char *host;
		unsigned want;
	} t[] = { { "Host: 127.0.0.1", 200 }, { "Host: localhost:9", 200 },
		{ "Host: [::1]:9", 200 }, { "Host: center.example", 403 },
		{ "Host: 127.0.0.1.example", 403 }, { "Host: localhosts", 403 } };
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	uint16_t port = 0;
	struct ops *ops = ops_open(&port);
	struct http_reply r;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(paths); i++)
		for (size_t k = 0; k < N_ELEMENTS(t); k++)
			if (get(a, port, paths[i], t[k].host, &r) != t[k].want)
				fail_msg("%s, %s: %u", paths[i], t[k].host, r.status);
	assert_int_equal(get(a, port, "/status", NULL, &r), 200);
	assert_null(strstr((const char *)r.body, "http://"));
	assert_null(strstr((const char *)r.body, "https://"));
	assert_non_null(strstr(status_csp, "default-src 'none'"));
	assert_null(strstr(status_csp, "unsafe"));
	/* The figures are still there, and their readers may call it what they like. */
	assert_int_equal(get(a, port, "/metrics", "Host: anything", &r), 200);
	assert_non_null(strstr((const char *)r.body, "kofu_node_refused{"));
	ops_stop(ops);
}

static int
run(const char *command)
{
	int r =
	    system(arena_printf(w.arena, "cd %s && %s %s >out 2>&1", w.dir, w.program, command));
	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}
static const char *
said(void)
{
	uint8_t *p = NULL;
	size_t n = 0;
	assert_int_equal(file_read(w.arena, world_path("out"), 1 << 20, &p, &n, NULL), 0);
	return (const char *)p;
}

void
the_program_prints_what_a_running_center_tells(void **state)
{
	uint16_t port = 0;
	struct ops *ops = ops_open(&port);
	json_t *o = NULL;
	uint8_t *conf = NULL;
	size_t n = 0;
	(void)state;
	assert_int_equal(file_read(w.arena, world_path("center.conf"), 65536, &conf, &n, NULL), 0);
	const char *text =
	    arena_printf(w.arena, "%s\n[ops]\nport = %u\n", (const char *)conf, port);
	assert_int_equal(
	    file_write_atomic(world_path("ops.conf"), text, strlen(text), 0600, NULL), 0);
	router_watch(&w.router);
	assert_int_equal(run("status ops.conf --json"), 0);
	assert_int_equal(js_parse(said(), strlen(said()), &o, NULL), 0);
	assert_string_equal(str(o, "center"), "c1");
	json_decref(o);
	assert_int_equal(run("status ops.conf"), 0);
	assert_non_null(strstr(said(), "center c1 build "));
	assert_non_null(strstr(said(), CITY_B " node asp-2 listed: heard of "));
	assert_non_null(strstr(said(), CITY_B " node announcement "));
	assert_non_null(strstr(said(), "kiosks 3 enrolled, 1 revoked, 0 cut off"));
	assert_int_equal(run("status ops.conf --all"), 2);
	ops_stop(ops);
	/* Without a center what the database knows is told, and no JSON is made up. */
	assert_int_equal(run("status ops.conf"), 0);
	assert_non_null(strstr(said(), "no center answers"));
	assert_int_equal(run("status ops.conf --json"), 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/metrics.h"
#include "base/notify.h"
#include "http/ops.h"
#include "tests/http/raw.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_BYTES = 64 * 1024, OUTCOME_GONE = 1 };

static char answer[ANSWER_BYTES];
static unsigned n_missing;

/* ---- the text ---- */

static const struct metric things = { "kofu_things_total", "Things.", METRIC_COUNTER };
static const struct metric heat = { "kofu_heat_celsius", "How hot.", METRIC_GAUGE };
static const struct metric waits = { "kofu_wait_seconds", "How long.", METRIC_HISTOGRAM };

static void
families_stand_together_and_values_are_escaped(void **state)
{
	struct metrics m;
	struct buf out;
	const struct metric_label a[] = { { "route", "/v1/{id}" }, { "code", "ok" } };
	const struct metric_label b[] = { { "route", "a\"b\\c\nd" }, { "code", "gone" } };
	(void)state;
	metrics_init(&m);
	buf_init(&out, METRICS_MAX_BYTES);
	metrics_add(&m, &things, 3, a, 2);
	metrics_add(&m, &heat, -1.5, NULL, 0);
	metrics_add(&m, &things, 9007199254740991.0, b, 2);
	assert_true(metrics_text(&m, &out));
	buf_u8(&out, 0);
	assert_string_equal((const char *)out.p,
	    "# HELP kofu_things_total Things.\n# TYPE kofu_things_total counter\n"
	    "kofu_things_total{route=\"/v1/{id}\",code=\"ok\"} 3\n"
	    "kofu_things_total{route=\"a\\\"b\\\\c\\nd\",code=\"gone\"} 9.00719925474099e+15\n"
	    "# HELP kofu_heat_celsius How hot.\n# TYPE kofu_heat_celsius gauge\n"
	    "kofu_heat_celsius -1.5\n");
	buf_done(&out);
	metrics_done(&m);
}

static void
a_histogram_counts_each_bound_with_those_below(void **state)
{
	struct metrics m;
	struct buf out;
	struct metric_durations d = { 0 };
	(void)state;
	metric_durations_add(&d, 5);
	metric_durations_add(&d, 6);
	metric_durations_add(&d, 10000);
	metric_durations_add(&d, 10001);
	metrics_init(&m);
	buf_init(&out, METRICS_MAX_BYTES);
	metrics_add_durations(&m, &waits, &d, NULL, 0);
	assert_true(metrics_text(&m, &out));
	buf_u8(&out, 0);
	const char *s = (const char *)out.p;
	assert_non_null(strstr(s, "kofu_wait_seconds_bucket{le=\"0.005\"} 1\n"));
	assert_non_null(strstr(s, "kofu_wait_seconds_bucket{le=\"0.01\"} 2\n"));
	assert_non_null(strstr(s, "kofu_wait_seconds_bucket{le=\"5\"} 2\n"));
	assert_non_null(strstr(s, "kofu_wait_seconds_bucket{le=\"10\"} 3\n"));
	assert_non_null(strstr(s, "kofu_wait_seconds_bucket{le=\"+Inf\"} 4\n"));
	assert_non_null(strstr(s, "kofu_wait_seconds_sum 20.012\nkofu_wait_seconds_count 4\n"));
	buf_done(&out);
	metrics_done(&m);
}

static void
a_family_or_a_label_too_many_or_a_family_too_long_shows_nothing(void **state)
{
	static struct metric many[METRICS_MAX_FAMILIES + 1];
	static char name[METRICS_MAX_FAMILIES + 1][16];
	struct metrics m;
	struct buf out;
	(void)state;
	buf_init(&out, METRICS_MAX_BYTES);
	metrics_init(&m);
	for (unsigned i = 0; i <= METRICS_MAX_FAMILIES; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "kofu_%u", i);
		many[i] = (struct metric){ name[i], "One of many.", METRIC_GAUGE };
		if (i == METRICS_MAX_FAMILIES)
			assert_true(metrics_text(&m, &out));
		metrics_add(&m, &many[i], i, NULL, 0);
	}
	assert_false(metrics_text(&m, &out));
	metrics_done(&m);
	buf_done(&out);
	const struct metric_label label[METRICS_MAX_LABELS + 1] = { { "a", "" }, { "b", "" },
		{ "c", "" }, { "d", "" }, { "e", "" } };
	metrics_init(&m);
	buf_init(&out, METRICS_MAX_BYTES);
	metrics_add(&m, &things, 1, label, METRICS_MAX_LABELS);
	assert_true(metrics_text(&m, &out));
	metrics_add(&m, &things, 1, label, METRICS_MAX_LABELS + 1);
	assert_false(metrics_text(&m, &out));
	metrics_done(&m);
	buf_done(&out);
	metrics_init(&m);
	buf_init(&out, (size_t)2 * METRICS_MAX_BYTES);
	while (buf_ok(&m.family[0].samples) || m.n == 0)
		metrics_add(&m, &things, 1, NULL, 0);
	assert_false(metrics_text(&m, &out));
	metrics_done(&m);
	buf_done(&out);
}

/* ---- the listener ---- */

static int
thing_get(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)err;
	res->body = "{}";
	res->body_bytes = 2;
	return strcmp(req->arg[0], "1") == 0 ? 0 : OUTCOME_GONE;
}

static const struct http_outcome outcomes[] = { { OUTCOME_GONE, 410, "gone" }, { 0 } };
static const struct http_route routes[] = {
	{ "GET", "/v1/things/{id}", NULL, 0, thing_get, outcomes },
};

static unsigned n_looks;

static void
look(void *app, struct ops_missing *out)
{
	(void)app;
	n_looks++;
	out->seen = &n_looks;
	for (unsigned i = 0; i < n_missing; i++)
		ops_missing_add(out, "database", i % 2 ? "991015" : NULL);
}

static void
collect(void *app, const struct ops_missing *looked, struct metrics *out)
{
	assert_ptr_equal(looked->seen, &n_looks);
	metrics_add(out, &heat, *(const int *)app, NULL, 0);
}

static uint16_t
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	assert_int_equal(close(fd), 0);
	return ntohs(at.sin_port);
}

static const char *
get(uint16_t port, const char *path)
{
	char ask[256];
	(void)snprintf(ask, sizeof(ask),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
	raw_ask(port, ask, answer, sizeof(answer));
	return answer;
}

static void
what_a_server_answered_is_told_by_route_and_code(void **state)
{
	int degrees = 21;
	struct err err = { 0 };
	struct http_server *s = NULL;
	struct ops *o = NULL;
	const uint16_t port = free_port();
	const struct ops_conf c = { port, &degrees, look, collect };
	(void)state;
	assert_int_equal(
	    http_server_start(&(struct http_server_conf){ 0 }, routes, 1, NULL, &s, &err), 0);
	assert_int_equal(ops_start(&c, &o, &err), 0);
	ops_watch(o, "shop", s);
	for (unsigned i = 0; i < 3; i++)
		(void)get(http_server_port(s), "/v1/things/1");
	(void)get(http_server_port(s), "/v1/things/2");
	(void)get(http_server_port(s), "/v1/nobody/knows");
	n_looks = 0;
	const char *m = get(port, "/metrics");
	assert_int_equal(n_looks, 1); /* what it saw is told: nothing is read twice a scrape */
	assert_non_null(strstr(m, "text/plain; version=0.0.4"));
	assert_non_null(strstr(m, "\nkofu_ready 1\n"));
	assert_non_null(strstr(m, "\nkofu_heat_celsius 21\n"));
	assert_non_null(strstr(m,
	    "kofu_http_answers_total{listener=\"shop\",method=\"GET\",route=\"/v1/things/"
	    "{id}\",code=\"ok\"} 3\n"));
	assert_non_null(strstr(m,
	    "kofu_http_answers_total{listener=\"shop\",method=\"GET\",route=\"/v1/things/"
	    "{id}\",code=\"gone\"} 1\n"));
	assert_non_null(strstr(m, "route=\"-\",code=\"not-found\"} 1\n"));
	assert_non_null(strstr(m,
	    "kofu_http_answer_seconds_count{listener=\"shop\",method=\"GET\",route=\"/v1/things/"
	    "{id}\"} 4\n"));
	assert_non_null(strstr(m, "\nprocess_resident_memory_bytes "));
	assert_null(strstr(m, "nobody")); /* a path may hold anything: it is not told */
	ops_stop(o);
	http_server_stop(s);
}

static void
what_is_missing_is_listed_to_the_limit(void **state)
{
	struct err err = { 0 };
	struct ops *o = NULL;
	const uint16_t port = free_port();
	const struct ops_conf c = { port, NULL, look, NULL };
	(void)state;
	assert_int_equal(ops_start(&c, &o, &err), 0);
	n_missing = 0;
	assert_non_null(strstr(get(port, "/readyz"), "200 OK"));
	assert_non_null(strstr(answer, "{\"ready\":true,\"missing\":[]}"));
	n_missing = 2;
	assert_non_null(strstr(get(port, "/readyz"), "503"));
	assert_non_null(
	    strstr(answer, "{\"ready\":false,\"missing\":[\"database\",\"database 991015\"]}"));
	assert_non_null(strstr(get(port, "/metrics"), "\nkofu_ready 0\n"));
	n_missing = OPS_MAX_MISSING + 1;
	assert_non_null(strstr(get(port, "/readyz"), "503"));
	unsigned n = 0;
	for (const char *p = answer; (p = strstr(p, "database")) != NULL; p++)
		n++;
	assert_int_equal(n, OPS_MAX_MISSING);
	assert_non_null(strstr(get(port, "/livez"), "{\"live\":true}"));
	ops_stop(o);
}

static void
port_0_opens_nothing(void **state)
{
	struct err err = { 0 };
	struct ops *o = NULL;
	const struct ops_conf c = { .port = 0 };
	(void)state;
	assert_int_equal(ops_start(&c, &o, &err), 0);
	assert_null(o);
	ops_watch(o, "nobody", NULL);
	ops_stop(o);
}

/* ---- the service manager ---- */

static void
the_manager_hears_of_readiness_and_of_the_end(void **state)
{
	char dir[] = "/tmp/kofu-notify-XXXXXX";
	char path[64], got[32] = "";
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	(void)state;
	(void)unsetenv("NOTIFY_SOCKET");
	notify_ready(); /* nobody is there, and nothing happens */
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	memcpy(at.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	notify_ready();
	assert_int_equal(recv(fd, got, sizeof(got), 0), 7);
	assert_memory_equal(got, "READY=1", 7);
	notify_stopping();
	assert_int_equal(recv(fd, got, sizeof(got), 0), 10);
	assert_memory_equal(got, "STOPPING=1", 10);
	(void)unsetenv("NOTIFY_SOCKET");
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_stand_together_and_values_are_escaped),
		cmocka_unit_test(a_histogram_counts_each_bound_with_those_below),
		cmocka_unit_test(a_family_or_a_label_too_many_or_a_family_too_long_shows_nothing),
		cmocka_unit_test(what_a_server_answered_is_told_by_route_and_code),
		cmocka_unit_test(what_is_missing_is_listed_to_the_limit),
		cmocka_unit_test(port_0_opens_nothing),
		cmocka_unit_test(the_manager_hears_of_readiness_and_of_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

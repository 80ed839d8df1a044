/* SPDX-License-Identifier: Apache-2.0 */
/* status: what the database knows, and what a running center tells on its operations port. */
#include "base/clock.h"
#include "center/admin_int.h"
#include "center/router/status.h"
#include "http/client.h"
#include "queries/center_admin.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_ARENA_BYTES = 32 << 20, STATUS_ASK_MS = 10000 };

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "-";
}
static long long
int_of(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}
/* Seconds since an instant of the answer, "-" for none. */
static const char *
age_of(struct arena *a, const json_t *all, const json_t *o, const char *key)
{
	const json_t *ms = json_object_get(o, key);
	if (!json_is_integer(ms))
		return "-";
	return arena_printf(
	    a, "%lld s", (int_of(all, "time_ms") - (long long)json_integer_value(ms)) / 1000);
}

static void
print_refused(const json_t *o)
{
	const char *key = NULL;
	json_t *n = NULL;
	bool any = false;
	json_object_foreach((json_t *)(uintptr_t)json_object_get(o, "refused"), key, n)
	{
		(void)printf(
		    "%s%s %lld", any ? ", " : ", refused ", key, (long long)json_integer_value(n));
		any = true;
	}
	(void)printf("\n");
}

static void
print_node(struct arena *a, const json_t *all, const char *muni, const json_t *n)
{
	(void)printf(
	    "%s node %s %s: heard of %s ago, build %s, seal %s, schema %lld %.12s, conf %.12s, "
	    "kept back %lld\n",
	    muni, text_of(n, "name")[0] ? text_of(n, "name") : text_of(n, "url"), text_of(n, "is"),
	    age_of(a, all, n, "heard_ms"), text_of(n, "build"), text_of(n, "seal"),
	    int_of(n, "schema"), text_of(n, "schema_sha256"), text_of(n, "conf_sha256"),
	    int_of(n, "kept_back"));
	if (json_object_get(n, "digest") != NULL)
		(void)printf("%s node announcement %s\n", muni, text_of(n, "digest"));
}

static void
print_muni(struct arena *a, const json_t *all, const json_t *m)
{
	const json_t *nodes = json_object_get(m, "nodes");
	const json_t *last = json_object_get(m, "last_mismatch");
	const char *code = text_of(m, "muni");
	(void)printf("%s %s: news %s old, under way %lld of %lld, answered %lld", code,
	    text_of(m, "state"), age_of(a, all, m, "news_ms"),
	    int_of(m, "orders") + int_of(m, "papers"), int_of(m, "limit"), int_of(m, "answered"));
	print_refused(m);
	if (json_is_object(last))
		(void)printf("%s last mismatch %s, %s ago\n", code, text_of(last, "what"),
		    age_of(a, all, last, "at_ms"));
	for (size_t i = 0; i < json_array_size(nodes); i++)
		print_node(a, all, code, json_array_get(nodes, i));
}

static void
print_all(struct arena *a, const json_t *o)
{
	const json_t *load = json_object_get(o, "load"), *kiosks = json_object_get(o, "kiosks");
	const json_t *crl = json_object_get(o, "crl"), *munis = json_object_get(o, "munis");
	(void)printf("center %s build %s up %s: under way %lld of %lld, answered %lld",
	    text_of(o, "center"), text_of(o, "build"), age_of(a, o, o, "started_ms"),
	    int_of(load, "inside"), int_of(load, "limit"), int_of(load, "answered"));
	print_refused(load);
	for (size_t i = 0; i < json_array_size(munis); i++)
		print_muni(a, o, json_array_get(munis, i));
	(void)printf("kiosks %lld enrolled, %lld revoked, %zu cut off\n",
	    int_of(kiosks, "enrolled"), int_of(kiosks, "revoked"),
	    json_array_size(json_object_get(kiosks, "cut")));
	if (json_is_true(json_object_get(crl, "used")))
		(void)printf("revocation lists %lld, oldest %s, newest %s, overdue %lld\n",
		    int_of(crl, "lists"), age_of(a, o, crl, "oldest_ms"),
		    age_of(a, o, crl, "newest_ms"), int_of(crl, "overdue"));
	(void)printf("directory about %lld cards\n", int_of(o, "cards"));
}

/* The running center's own word. 0, or a fault: none answers. */
static int
status_fetch(struct admin_run *x, struct arena *a, struct http_reply *ret, struct err *err)
{
	AUTO(http_client) struct http_client *client = NULL;
	const struct http_client_conf conf = { .base_url = arena_printf(a, "http://127.0.0.1:%lld",
						   (long long)x->conf.ops_port) };
	const struct http_ask q = { .method = "GET",
		.path = "/status.json",
		.timeout_ms = STATUS_ASK_MS,
		.max_reply_bytes = STATUS_MAX_BYTES };
	if (x->conf.ops_port == 0)
		return err_raise(err, FAULT_CONFIG, "no [ops] port", 0);
	int r = http_client_new(&conf, &client, err);
	if (r == 0)
		r = http_ask(client, a, &q, ret, err);
	return err_fold(err, r, "status");
}

static int
status_kiosks(struct admin_run *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(x->db, &q_admin_kiosk_list, &rows, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		char at[26];
		clock_format_rfc3339(db_int(rows, i, 1), at);
		(void)printf("kiosk %s cut off since %s by %s\n", db_text(rows, i, 0), at,
		    db_text(rows, i, 2));
	}
	return err_fold(err, r, "status");
}

bool
admin_is_json(const struct admin_run *x)
{
	return x->argc == 1 && strcmp(x->argv[0], "--json") == 0;
}

static int
status_database(struct admin_run *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(x->db, &q_admin_muni_list, &rows, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		char at[26];
		clock_format_rfc3339(db_int(rows, i, 2), at);
		if (db_is_null(rows, i, 1))
			(void)printf("%s serving since %s, lifted by %s\n", db_text(rows, i, 0), at,
			    db_is_null(rows, i, 3) ? "nobody" : db_text(rows, i, 3));
		else
			(void)printf("%s stopped since %s: %s\n", db_text(rows, i, 0), at,
			    db_text(rows, i, 1));
	}
	if (r == 0)
		r = status_kiosks(x, err);
	return err_fold(err, r, "status");
}

int
admin_status(struct admin_run *x, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(STATUS_ARENA_BYTES);
	AUTO(json_t) json_t *o = NULL;
	struct http_reply reply = { 0 };
	struct err away = { 0 };
	bool json = admin_is_json(x);
	int r = status_fetch(x, a, &reply, &away);
	if (r == 0)
		r = js_parse(reply.body, reply.body_bytes, &o, &away);
	if (json && r != 0)
		return admin_refuse("status", "no center answers on its operations port");
	if (json) {
		(void)printf("%.*s\n", (int)reply.body_bytes, (const char *)reply.body);
		return 0;
	}
	int e = x->db != NULL ? status_database(x, err)
			      : err_raise(err, FAULT_UNAVAILABLE, "database", 0);
	if (r == 0)
		print_all(a, o);
	else
		(void)printf("no center answers on its operations port\n");
	return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/status.h"
#include "base/clock.h"
#include "base/text.h"
#include "center/build.h"
#include "center/router/store_int.h"
#include "queries/center_router.h"

#include <string.h>

/* Two places may have one code (a time-out as outcome and as fault): they are one reason. */
static void
put_counts(json_t *o, struct counts *c)
{
	const char *code = NULL;
	json_t *refused = json_object();
	js_put_int(o, "answered", (int64_t)atomic_load(&c->answered));
	for (unsigned i = 0; (code = counts_reason(i)) != NULL; i++) {
		json_int_t n = (json_int_t)atomic_load(&c->refused[i]) +
		    json_integer_value(json_object_get(refused, code));
		if (n > 0)
			js_put_int(refused, code, n);
	}
	js_put(o, "refused", refused);
}

/* An instant, or null for none. */
static void
put_instant(json_t *o, const char *key, int64_t ms)
{
	js_put(o, key, ms > 0 ? json_integer(ms) : json_null());
}

static void
put_announce(json_t *o, const struct announce *a)
{
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	announce_digest(a, digest);
	js_put_text(o, "build", a->build);
	js_put_text(o, "seal", a->seal);
	js_put_int(o, "schema", a->schema);
	js_put_hex(o, "schema_sha256", a->schema_sha256, sizeof(a->schema_sha256));
	js_put_hex(o, "conf_sha256", a->conf_sha256, sizeof(a->conf_sha256));
	js_put_hex(o, "digest", digest, sizeof(digest));
}

static json_t *
node_make(struct upstream *u, unsigned i, int64_t *news_ms, bool *stopped)
{
	json_t *o = json_object();
	struct upstream_node_view v;
	upstream_look(u, i, &v);
	js_put_text(o, "url", v.url);
	js_put_text(o, "name", v.name);
	js_put_text(o, "is", node_verdict_name(v.verdict));
	js_put_bool(o, "refused", node_verdict_is_refusal(v.verdict));
	put_instant(o, "since_ms", v.since_ms);
	js_put_int(o, "kept_back", (int64_t)v.n_refused);
	if (v.known)
		put_announce(o, &v.said);
	put_instant(o, "heard_ms", v.has_state ? v.heard_ms : 0);
	if (!v.has_state)
		return o;
	js_put_bool(o, "database", v.database);
	js_put_bool(o, "stopped", v.stopped);
	put_instant(o, "news_ms", v.news_ms);
	js_put_int(o, "orders", v.orders);
	js_put_int(o, "limit", v.limit);
	if (v.database && v.news_ms > *news_ms)
		*news_ms = v.news_ms;
	*stopped = *stopped || (v.database && v.stopped);
	return o;
}

/* What the database knows of municipalities; NULL where it is away. */
static size_t
row_of(const struct db_rows *rows, const char *muni)
{
	for (size_t i = 0; rows != NULL && i < db_n(rows); i++)
		if (strcmp(db_text(rows, i, 0), muni) == 0)
			return i;
	return SIZE_MAX;
}

static void
put_stop(json_t *o, struct router_muni *m, const struct db_rows *rows, size_t at, bool by_server)
{
	const char *state = "serving", *why = NULL;
	int64_t since_ms = 0;
	if (at != SIZE_MAX && !db_is_null(rows, at, 2))
		since_ms = db_int(rows, at, 2);
	if (by_server)
		state = "stopped-by-city";
	if (at != SIZE_MAX && db_text(rows, at, 1) != NULL) {
		state = "stopped";
		why = db_text(rows, at, 1);
	}
	if (atomic_load(&m->unsaved) != 0) {
		state = "stopped-unsaved";
		why = answer_flaw_name((enum answer_flaw)atomic_load(&m->unsaved));
	}
	js_put_text(o, "state", state);
	js_put(o, "why", why ? json_string(why) : json_null());
	put_instant(o, "since_ms", since_ms);
}

static json_t *
muni_make(struct router_muni *m, const struct db_rows *rows)
{
	json_t *o = json_object(), *nodes = json_array(), *last = json_null();
	size_t at = row_of(rows, m->code.s);
	int64_t news_ms = 0;
	bool stopped = false;
	js_put_text(o, "muni", m->code.s);
	for (unsigned i = 0; i < upstream_n(m->servers); i++)
		(void)json_array_append_new(nodes, node_make(m->servers, i, &news_ms, &stopped));
	put_stop(o, m, rows, at, stopped);
	put_instant(o, "news_ms", news_ms);
	js_put_int(o, "orders", atomic_load(&m->orders.inside));
	js_put_int(o, "papers", atomic_load(&m->papers.inside));
	js_put_int(o, "limit", m->orders.limit);
	put_counts(o, &m->counts);
	if (at != SIZE_MAX && db_text(rows, at, 3) != NULL) {
		last = json_object();
		js_put_text(last, "what", db_text(rows, at, 3));
		js_put_int(last, "at_ms", db_int(rows, at, 4));
	}
	js_put(o, "last_mismatch", last);
	js_put(o, "directory_seq",
	    at != SIZE_MAX && !db_is_null(rows, at, 5) ? json_integer(db_int(rows, at, 5))
						       : json_null());
	js_put(o, "nodes", nodes);
	return o;
}

static json_t *
kiosks_make(const struct router *r)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct err err = { 0 };
	json_t *o = json_object(), *cut = json_array();
	unsigned off = 0;
	for (unsigned i = 0; i < r->conf->n_kiosks; i++)
		off += !r->conf->kiosks[i].enabled;
	js_put_int(o, "enrolled", r->conf->n_kiosks);
	js_put_int(o, "revoked", off);
	bool known = store_run(r->store, STORE_DOOR_MS, &q_router_status_kiosks, NULL, 0, &rows,
			 NULL, &err) == 0;
	for (size_t i = 0; known && i < db_n(rows); i++) {
		json_t *one = json_object();
		js_put_text(one, "kiosk", db_text(rows, i, 0));
		js_put_int(one, "since_ms", db_int(rows, i, 1));
		(void)json_array_append_new(cut, one);
	}
	js_put(o, "cut", cut);
	return o;
}

static json_t *
lists_make(const struct router *r)
{
	json_t *o = json_object();
	struct crl_age age = { 0 };
	if (r->lists != NULL)
		crl_age(jpki_lists_set(r->lists), clock_now_ms(), &age);
	js_put_bool(o, "used", r->lists != NULL);
	js_put_int(o, "lists", (int64_t)age.n);
	js_put_int(o, "overdue", (int64_t)age.n_overdue);
	put_instant(o, "oldest_ms", age.oldest_ms);
	put_instant(o, "newest_ms", age.newest_ms);
	js_put_int(o, "stand_in_s", r->conf->crl_stand_in_s);
	return o;
}

static void
put_database(json_t *o, struct router *r)
{
	AUTO(db_rows) struct db_rows *munis = NULL;
	AUTO(db_rows) struct db_rows *cards = NULL;
	struct err err = { 0 };
	json_t *list = json_array();
	bool up = store_run(r->store, STORE_DOOR_MS, &q_router_status_munis, NULL, 0, &munis, NULL,
		      &err) == 0 &&
	    store_run(
		r->store, STORE_DOOR_MS, &q_router_status_cards, NULL, 0, &cards, NULL, &err) == 0;
	js_put_bool(o, "database", up);
	js_put(o, "schema", up ? json_integer(db_int(cards, 0, 1)) : json_null());
	js_put(o, "cards", up ? json_integer(db_int(cards, 0, 0)) : json_null());
	for (unsigned i = 0; i < r->n_munis; i++)
		(void)json_array_append_new(list, muni_make(&r->munis[i], munis));
	js_put(o, "munis", list);
}

json_t *
status_make(struct router *r)
{
	json_t *o = json_object(), *load = json_object();
	js_put_int(o, "v", 1);
	js_put_text(o, "center", r->conf->id);
	js_put_text(o, "build", KOFU_BUILD);
	js_put_int(o, "time_ms", clock_now_ms());
	js_put_int(o, "started_ms", r->started_ms);
	js_put_bool(o, "only_listed", r->conf->only_listed);
	js_put_int(load, "inside", atomic_load(&r->all.inside));
	js_put_int(load, "limit", r->all.limit);
	put_counts(load, &r->counts);
	js_put(o, "load", load);
	js_put(o, "kiosks", kiosks_make(r));
	js_put(o, "crl", lists_make(r));
	put_database(o, r);
	return o;
}

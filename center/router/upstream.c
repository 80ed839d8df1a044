/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/upstream.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "domain/muni.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
	UPSTREAM_CONNECT_MS = 2000,
	NODE_ASK_MS = 2000,
	NODE_AWAY_AFTER = 2, /* answers missed in a row before it is called away */
	NODE_REST_MS =
	    500, /* who was refused is not asked again sooner, however many orders come */
	NODE_ARENA_BYTES = 1 << 20,
	NODE_REPLY_BYTES = 4096,
};

struct upstream_node {
	struct upstream *of;
	struct http_client *client;
	struct http_client *watch; /* asks what it is: never behind orders */
	pthread_mutex_t lock;      /* of all that follows */
	struct upstream_node_view v;
	enum node_verdict judged; /* of v.said, or why there is none; v.verdict: that, or away */
	unsigned n_silent;        /* how often in a row it did not answer */
	uint8_t digest[ANNOUNCE_DIGEST_BYTES]; /* of v.said */
	uint64_t generation;                   /* of the listing that judged is by */
	int64_t asked_mono_ms;                 /* 0 = never */
	enum node_verdict barred;              /* NODE_FOREIGN or NODE_CUT, by the name met last */
};
struct upstream {
	const struct center_conf *conf;
	const struct center_muni_conf *muni;
	struct muni_code code;
	struct listing *listing;
	struct upstream_node node[CENTER_MAX_SERVERS];
	unsigned n;
	atomic_uint first;
};

void
upstream_free(struct upstream *u)
{
	if (u == NULL)
		return;
	for (unsigned i = 0; i < u->n; i++) {
		http_client_free(u->node[i].client);
		http_client_free(u->node[i].watch);
		(void)pthread_mutex_destroy(&u->node[i].lock);
		mem_free((void *)(uintptr_t)u->node[i].v.url);
	}
	mem_free(u);
}

/* Before each request, by the name in the certificate that carries the connection. */
static bool
node_name_is_ours(void *arg, const char *name)
{
	struct upstream_node *n = arg;
	enum node_verdict bar = NODE_UNKNOWN;
	if (!center_conf_has(n->of->muni->server_ids, name))
		bar = NODE_FOREIGN;
	else if (listing_is_cut(n->of->listing, name))
		bar = NODE_CUT;
	(void)pthread_mutex_lock(&n->lock);
	n->barred = bar;
	(void)snprintf(n->v.name, sizeof(n->v.name), "%s", name);
	(void)pthread_mutex_unlock(&n->lock);
	return bar == NODE_UNKNOWN;
}

static int
upstream_add(struct upstream *u, const char *url, size_t bytes, struct err *err)
{
	if (u->n == CENTER_MAX_SERVERS)
		return err_raise(err, FAULT_CONFIG, "too many servers", u->n);
	struct upstream_node *n = &u->node[u->n];
	n->of = u;
	n->v.url = mem_strndup(url, bytes);
	(void)pthread_mutex_init(&n->lock, NULL);
	u->n++;
	const struct http_client_conf conf = {
		.base_url = n->v.url,
		.cert_path = u->conf->cert,
		.key_path = u->conf->key,
		.ca_path = u->conf->ca,
		.peer_role = "server",
		.connect_timeout_ms = UPSTREAM_CONNECT_MS,
		.peer_ok = node_name_is_ours,
		.peer_arg = n,
	};
	int r = http_client_new(&conf, &n->client, err);
	if (r == 0)
		r = http_client_new(&conf, &n->watch, err);
	return err_fold(err, r, "server");
}

int
upstream_new(const struct center_conf *c, const struct center_muni_conf *m, struct muni_code code,
    struct listing *listing, struct upstream **ret, struct err *err)
{
	AUTO(upstream) struct upstream *u = mem_zero(sizeof(*u));
	int r = 0;
	u->conf = c;
	u->muni = m;
	u->code = code;
	u->listing = listing;
	for (const char *s = m->servers; r == 0 && *s;) {
		size_t n = strcspn(s, " ");
		if (n > 0)
			r = upstream_add(u, s, n, err);
		s += n + strspn(s + n, " ");
	}
	if (r == 0 && u->n == 0)
		r = err_raise(err, FAULT_CONFIG, "no server", 0);
	if (r)
		return r;
	*ret = TAKE(u);
	return 0;
}

void
upstream_tidy(struct upstream *u)
{
	for (unsigned i = 0; i < u->n; i++)
		http_client_tidy(u->node[i].client, HTTP_IDLE_MS);
}

/* Under the lock. A change is told once; a refusal is an alarm. */
static void
node_set(struct upstream_node *n, enum node_verdict judged)
{
	bool away = n->n_silent >= NODE_AWAY_AFTER && !node_verdict_is_refusal(judged);
	enum node_verdict v = away ? NODE_AWAY : judged;
	n->judged = judged;
	if (n->v.verdict == v)
		return;
	n->v.verdict = v;
	n->v.since_ms = clock_now_ms();
	int at = (int)(n - n->of->node) + 1;
	if (node_verdict_is_refusal(v))
		LOG(LOG_LVL_ERR, "node.refused", LOG_F("muni", n->of->code), LOG_F("node", at),
		    LOG_F("why", (int)v));
	else if (v == NODE_AWAY)
		LOG(LOG_LVL_WARN, "node.away", LOG_F("muni", n->of->code), LOG_F("node", at));
	else
		LOG(LOG_LVL_NOTICE, "node.listed", LOG_F("muni", n->of->code), LOG_F("node", at));
}

/* {"announce":{…},"database":bool,"stopped":bool,"news_ms":N,"orders":N,"limit":N} */
static int
node_parse(const struct http_reply *reply, struct upstream_node_view *v, struct err *err)
{
	static const char *const members[] = { "announce", "database", "stopped", "news_ms",
		"orders", "limit", NULL };
	AUTO(json_t) json_t *o = NULL;
	const json_t *said = NULL;
	int r = js_parse(reply->body, reply->body_bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_object_at(o, "announce", &said, err);
	if (r == 0)
		r = announce_read(said, &v->said, err);
	if (r == 0)
		r = js_bool(o, "database", &v->database, err);
	if (r == 0)
		r = js_bool(o, "stopped", &v->stopped, err);
	if (r == 0)
		r = js_int(o, "news_ms", 0, INT64_MAX, &v->news_ms, err);
	if (r == 0)
		r = js_int(o, "orders", 0, INT32_MAX, &v->orders, err);
	if (r == 0)
		r = js_int(o, "limit", 0, INT32_MAX, &v->limit, err);
	return err_trace(err, r, "node");
}

/* What no announcement means. */
static enum node_verdict
node_silence(const struct upstream_node *n, int r, const struct http_reply *reply)
{
	if (r == FAULT_INTEGRITY && n->barred != NODE_UNKNOWN)
		return n->barred;
	if (r == HTTP_E_REFUSED && strcmp(reply->code, "self-test") == 0)
		return NODE_SELF_TEST;
	if (r == FAULT_BAD_INPUT || (r == HTTP_E_REFUSED && reply->status < 500))
		return NODE_FORM;
	return NODE_AWAY;
}

/* Under the lock: its name and what it announced, by the listing as it is now. */
static enum node_verdict
node_weigh(struct upstream_node *n)
{
	enum node_verdict v = listing_judge(n->of->listing, &n->v.said, &n->generation);
	return listing_is_cut(n->of->listing, n->v.name) ? NODE_CUT : v;
}

/* Under the lock. Who is silent is not forgotten: each order asks whether it is still the same. */
static void
node_not_heard(struct upstream_node *n, enum node_verdict why)
{
	if (why == NODE_AWAY) {
		n->n_silent++;
		node_set(n, n->judged);
		return;
	}
	n->v.known = n->v.has_state = false;
	n->n_silent = 0;
	node_set(n, why);
}

static void
node_heard(struct upstream_node *n, int r, const struct http_reply *reply,
    const struct upstream_node_view *got)
{
	struct upstream_node_view *v = &n->v;
	(void)pthread_mutex_lock(&n->lock);
	n->asked_mono_ms = clock_mono_ms();
	if (r == 0) {
		v->known = v->has_state = true;
		n->n_silent = 0;
		v->said = got->said;
		v->database = got->database;
		v->stopped = got->stopped;
		v->news_ms = got->news_ms;
		v->orders = got->orders;
		v->limit = got->limit;
		v->heard_ms = clock_now_ms();
		announce_digest(&v->said, n->digest);
		node_set(n, node_weigh(n));
	} else {
		node_not_heard(n, node_silence(n, r, reply));
	}
	(void)pthread_mutex_unlock(&n->lock);
}

/* Asks the node what it is. What comes of it stands in n->v. */
static void
node_ask(struct upstream_node *n, int timeout_ms)
{
	AUTO(arena) struct arena *a = arena_new(NODE_ARENA_BYTES);
	struct upstream_node_view got = { .url = NULL };
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	const struct http_ask q = { .method = "GET",
		.path = arena_printf(a, "/v1/node/%s", n->of->code.s),
		.timeout_ms = timeout_ms,
		.max_reply_bytes = NODE_REPLY_BYTES };
	int r = http_ask(n->watch, a, &q, &reply, &err);
	if (r == 0 && node_parse(&reply, &got, &err) != 0)
		r = FAULT_BAD_INPUT;
	if (r == 0 && !muni_equal(got.said.muni, n->of->code))
		r = FAULT_BAD_INPUT;
	node_heard(n, r, &reply, &got);
}

/* The verdict by the listing as it is now, and the announcement that it is of. */
static enum node_verdict
node_judge(struct upstream_node *n, uint8_t ret_digest[ANNOUNCE_DIGEST_BYTES], bool *ret_ask)
{
	(void)pthread_mutex_lock(&n->lock);
	if (n->v.known && n->generation != listing_generation(n->of->listing))
		node_set(n, node_weigh(n));
	bool refused = node_verdict_is_refusal(n->judged);
	bool rested = n->asked_mono_ms == 0 || clock_mono_ms() - n->asked_mono_ms >= NODE_REST_MS;
	*ret_ask = refused ? rested : !n->v.known;
	memcpy(ret_digest, n->digest, ANNOUNCE_DIGEST_BYTES);
	enum node_verdict v = n->judged;
	(void)pthread_mutex_unlock(&n->lock);
	return v;
}

/* 0: it may be asked, in the name of that announcement. UPSTREAM_E_REFUSED or FAULT_UNAVAILABLE. */
static int
node_ready(struct upstream_node *n, int64_t left_ms, uint8_t ret_digest[ANNOUNCE_DIGEST_BYTES],
    struct err *err)
{
	bool ask = false;
	enum node_verdict v = node_judge(n, ret_digest, &ask);
	if (ask) {
		node_ask(n, left_ms < NODE_ASK_MS ? (int)left_ms : NODE_ASK_MS);
		v = node_judge(n, ret_digest, &ask);
	}
	if (node_verdict_is_refusal(v)) {
		listing_renew(n->of->listing);
		v = node_judge(n, ret_digest, &ask);
	}
	if (v == NODE_LISTED && !ask)
		return 0;
	if (!node_verdict_is_refusal(v))
		return err_raise(err, FAULT_UNAVAILABLE, "node is away", v);
	(void)pthread_mutex_lock(&n->lock);
	n->v.n_refused++;
	(void)pthread_mutex_unlock(&n->lock);
	return UPSTREAM_E_REFUSED;
}

/* What it announced is no more. */
static void
node_forget(struct upstream_node *n)
{
	(void)pthread_mutex_lock(&n->lock);
	n->v.known = false;
	n->asked_mono_ms = 0;
	(void)pthread_mutex_unlock(&n->lock);
}

/* Nothing was sent, for its certificate's name. */
static bool
node_is_barred(struct upstream_node *n)
{
	(void)pthread_mutex_lock(&n->lock);
	bool barred = n->barred != NODE_UNKNOWN;
	if (barred)
		node_not_heard(n, n->barred);
	(void)pthread_mutex_unlock(&n->lock);
	return barred;
}

/* One request to one node that is ready. */
static int
node_send(struct upstream_node *n, struct arena *a, const struct upstream_ask *q, int64_t until_ms,
    const uint8_t digest[ANNOUNCE_DIGEST_BYTES], struct http_reply *ret, struct err *err)
{
	char hex[2 * ANNOUNCE_DIGEST_BYTES + 1];
	int64_t left_ms = until_ms - clock_mono_ms();
	if (left_ms <= 0)
		return err_raise(err, FAULT_TIMEOUT, "no time left", 0);
	text_hex_format(digest, ANNOUNCE_DIGEST_BYTES, hex);
	const struct http_ask ask = {
		.method = "POST",
		.path = q->path,
		.body = q->body,
		.body_bytes = q->body_bytes,
		.header = { arena_printf(a, "Kofu-Node: %s", hex) },
		.timeout_ms = (int)left_ms,
		.max_reply_bytes = q->max_reply_bytes,
	};
	return http_ask(n->client, a, &ask, ret, err);
}

/*
 * A node that is no longer what was listed says so before it does anything: it is asked once more
 * what it is. @ret_sent: somebody may have acted.
 */
static int
node_try(struct upstream_node *n, struct arena *a, const struct upstream_ask *q, int64_t until_ms,
    struct http_reply *ret, bool *ret_sent, struct err *err)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t digest[ANNOUNCE_DIGEST_BYTES];
		int64_t left_ms = until_ms - clock_mono_ms();
		*ret_sent = false;
		if (left_ms <= 0)
			return err_raise(err, FAULT_TIMEOUT, "no time left", 0);
		int r = node_ready(n, left_ms, digest, err);
		if (r)
			return err_trace(err, r, "node");
		*ret_sent = true;
		r = node_send(n, a, q, until_ms, digest, ret, err);
		if (r == FAULT_INTEGRITY && node_is_barred(n)) {
			*ret_sent = false;
			return UPSTREAM_E_REFUSED;
		}
		if (r != HTTP_E_REFUSED || strcmp(ret->code, "node-changed") != 0)
			return err_trace(err, r, "node");
		node_forget(n);
	}
	*ret_sent = false;
	return err_raise(err, FAULT_UNAVAILABLE, "node changes", 0);
}

int
upstream_ask(struct upstream *u, struct arena *a, const struct upstream_ask *q,
    struct http_reply *ret, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + q->timeout_ms;
	bool refused = false, sent = false;
	int r = FAULT_UNAVAILABLE;
	for (unsigned i = 0; i < u->n; i++) {
		unsigned at = atomic_load(&u->first);
		r = node_try(&u->node[at % u->n], a, q, until_ms, ret, &sent, err);
		refused = refused || r == UPSTREAM_E_REFUSED;
		if (r != FAULT_UNAVAILABLE && r != UPSTREAM_E_REFUSED)
			break;
		/* Only the one that saw it away moves on: others may have moved already. */
		(void)atomic_compare_exchange_strong(&u->first, &at, (at + 1) % u->n);
		if (sent && !q->idempotent)
			break;
	}
	if (refused && r == FAULT_UNAVAILABLE && !sent)
		r = UPSTREAM_E_REFUSED;
	return err_trace(err, r, "upstream");
}

void
upstream_watch(struct upstream *u, int64_t until_ms)
{
	for (unsigned i = 0; i < u->n; i++) {
		struct upstream_node *n = &u->node[i];
		int64_t now_ms = clock_mono_ms();
		uint8_t digest[ANNOUNCE_DIGEST_BYTES];
		bool ask = false;
		(void)node_judge(n, digest, &ask);
		(void)pthread_mutex_lock(&n->lock);
		bool due = n->asked_mono_ms == 0 || now_ms - n->asked_mono_ms >= UPSTREAM_WATCH_MS;
		(void)pthread_mutex_unlock(&n->lock);
		if (due && now_ms < until_ms)
			node_ask(n, NODE_ASK_MS);
	}
}

unsigned
upstream_n(const struct upstream *u)
{
	return u->n;
}

void
upstream_look(struct upstream *u, unsigned i, struct upstream_node_view *ret)
{
	(void)pthread_mutex_lock(&u->node[i].lock);
	*ret = u->node[i].v;
	(void)pthread_mutex_unlock(&u->node[i].lock);
}

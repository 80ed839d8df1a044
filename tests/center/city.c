/* SPDX-License-Identifier: Apache-2.0 */
/* The municipalities' side of docs/PROTOCOL.md, and its mistakes on demand. */
#include "tests/center/center_world.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "center/router/outcome.h"
#include "pki/hash.h"
#include "tests/center/city.h"
#include "wire/transcript.h"

#include <string.h>
#include <unistd.h>

enum { CITY_E_NODE = 9001 };

static void
city_text(struct http_req *req, struct http_res *res, const json_t *o)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	assert_int_equal(js_format(o, &b, NULL), 0);
	res->body = arena_memdup(req->arena, b.p, b.bytes);
	res->body_bytes = b.bytes;
	buf_done(&b);
}

/* An order means the node that was listed, or this is not it. */
static bool
city_is_meant(const struct city *c, const struct http_req *req)
{
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	char hex[2 * ANNOUNCE_DIGEST_BYTES + 1];
	const char *said = http_req_header(req, "Kofu-Node");
	announce_digest(&c->node, digest);
	text_hex_format(digest, sizeof(digest), hex);
	return said != NULL && strcmp(said, hex) == 0;
}

/* The mistakes that all endpoints share. Returns the refusal, or 0. */
static int
city_mood(struct city *c, const struct http_req *req, struct http_res *res, bool *ret_done)
{
	if (!city_is_meant(c, req))
		return CITY_E_NODE;
	if (c->slow_ms > 0)
		(void)usleep((useconds_t)c->slow_ms * 1000);
	*ret_done = c->text != NULL;
	if (c->text != NULL) {
		res->body = c->text;
		res->body_bytes = strlen(c->text);
	}
	return c->refuse;
}

static int
city_node(struct http_req *req, struct http_res *res, struct err *err)
{
	struct city *c = req->app;
	AUTO(json_t) json_t *o = json_object();
	json_t *said = json_object();
	(void)err;
	c->n_asked++;
	announce_put(&c->node, said);
	js_put(o, "announce", said);
	js_put_bool(o, "database", true);
	js_put_bool(o, "stopped", false);
	js_put_int(o, "news_ms", clock_now_ms());
	js_put_int(o, "orders", 1);
	js_put_int(o, "limit", 16);
	if (c->node_text == NULL)
		city_text(req, res, o);
	else {
		res->body = c->node_text;
		res->body_bytes = strlen(c->node_text);
	}
	return strcmp(req->arg[0], c->code) == 0 ? 0 : ROUTER_E_NO_SUCH_MUNI;
}

static int
city_offer(struct http_req *req, struct http_res *res, struct err *err)
{
	struct city *c = req->app;
	AUTO(json_t) json_t *body = NULL;
	struct transcript t;
	struct key_point point;
	uint8_t *p = NULL, th[32];
	size_t n = 0;
	char *jwe = NULL;
	bool done = false;
	c->n_offers++;
	int r = city_mood(c, req, res, &done);
	if (r != 0 || done)
		return r;
	if (js_parse(req->body, req->body_bytes, &body, err) != 0 ||
	    js_b64url(req->arena, body, "transcript", 512, &p, &n, err) != 0 ||
	    transcript_parse(p, n, &t, err) != 0)
		return FAULT_BAD_INPUT;
	memcpy(point.b, t.point, sizeof(point.b));
	sha256(p, n, th);
	r = jwe_seal(req->arena, &point, "kofu-household", th, 32, "{}", 2, &jwe, err);
	if (r)
		return r;
	AUTO(json_t)
	json_t *o = json_pack("{s:[{s:s,s:i,s:[s,s],s:b,s:s}],s:s,s:s,s:s}", "kinds", "kind",
	    "juminhyo", "fee_yen", 300, "options", "setainushi", "honseki", "open", 1, "hours",
	    "06:30-23:00", "muni_name", "架空市", "phone", "000-000-0000", "household", jwe);
	city_text(req, res, o);
	return 0;
}

/* A manifest for that order, before it is bent. */
static json_t *
city_manifest(
    struct city *c, struct arena *a, const struct order *o, const uint8_t oh[32], const char *kiosk)
{
	struct key_point point;
	struct key_id kid;
	uint8_t serial[16];
	char hex[65], th[65], ohx[65], id[33], kidx[17];
	int64_t now_ms = clock_now_ms();
	struct civil_date on = clock_japan(now_ms).on;
	json_t *copies = json_array();
	key_public(c->key, &point);
	key_id_of(&point, &kid);
	text_hex_format(o->transcript, 32, th);
	text_hex_format(oh, 32, ohx);
	text_hex_format(o->id.b, 16, id);
	text_hex_format(kid.b, 8, kidx);
	for (unsigned i = 0; i < o->copies; i++) {
		rand_bytes(serial, sizeof(serial));
		text_hex_format(serial, 16, hex);
		const char *number = c->number
		    ? c->number
		    : arena_printf(a, "%s-%04d%02d%02d-%s-%06u", c->code, on.year, on.month, on.day,
			  kiosk, ++c->n_numbers);
		(void)json_array_append_new(copies,
		    json_pack("{s:s,s:s,s:i,s:s,s:[{s:s,s:s,s:i}]}", "number", number, "serial",
			hex, "pdf_bytes", 700, "pdf_sha256", th, "pages", "front", th, "back", th,
			"back_at", 100));
	}
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:o,s:i,s:I,s:I,s:I,s:s,s:i,s:s}", "v", 1,
	    "order", id, "th", th, "oh", ohx, "muni", c->code, "kind", doc_kind_name(o->kind),
	    "copies", copies, "rireki", 1, "register_ms", (json_int_t)now_ms, "issued_ms",
	    (json_int_t)now_ms, "not_after_ms", (json_int_t)now_ms + 600000, "build", "test",
	    "schema", 1, "kid", kidx);
}

static void
city_answer(struct city *c, struct http_req *req, struct http_res *res, json_t *m)
{
	struct key_signer s = key_as_signer(c->other_key ? c->other_key : c->key);
	char *jws = NULL;
	struct buf b;
	if (c->bend != NULL)
		c->bend(m);
	buf_init(&b, 1 << 18);
	assert_int_equal(js_format(m, &b, NULL), 0);
	assert_int_equal(jws_sign(req->arena, &s, "kofu-manifest", b.p, b.bytes, &jws, NULL), 0);
	buf_done(&b);
	if (c->break_signature) {
		char *one = strrchr(jws, '.') + 10;
		*one = *one == 'A' ? 'B' : 'A';
	}
	AUTO(json_t)
	json_t *o =
	    json_pack("{s:s,s:s}", "manifest", jws, "papers", c->papers ? c->papers : "a..b.c.d");
	city_text(req, res, o);
}

static int
city_order_answer(struct city *c, struct http_req *req, struct http_res *res, const char *kiosk,
    const uint8_t *payload, size_t n, struct err *err)
{
	struct order o;
	uint8_t oh[32];
	int r = order_parse(payload, n, &o, err);
	if (r)
		return r;
	sha256(payload, n, oh);
	(void)pthread_mutex_lock(&c->lock);
	bool again = memcmp(c->last_order, o.id.b, ORDER_ID_BYTES) == 0 && !c->forget;
	if (again) {
		res->body = arena_strdup(req->arena, c->last_answer);
		res->body_bytes = strlen(c->last_answer);
	} else {
		AUTO(json_t) json_t *m = city_manifest(c, req->arena, &o, oh, kiosk);
		city_answer(c, req, res, m);
		memcpy(c->last_order, o.id.b, ORDER_ID_BYTES);
		memcpy(c->last_answer, res->body, res->body_bytes);
		c->last_answer[res->body_bytes] = '\0';
	}
	(void)pthread_mutex_unlock(&c->lock);
	return 0;
}

static int
city_order(struct http_req *req, struct http_res *res, struct err *err)
{
	struct city *c = req->app;
	AUTO(json_t) json_t *body = NULL;
	struct transcript t;
	struct key_point point;
	uint8_t *p = NULL, *payload = NULL;
	const char *jws = NULL;
	size_t n = 0;
	bool done = false;
	c->n_orders++;
	int r = city_mood(c, req, res, &done);
	if (r != 0 || done)
		return r;
	r = js_parse(req->body, req->body_bytes, &body, err);
	if (r == 0)
		r = js_b64url(req->arena, body, "transcript", 512, &p, &n, err);
	if (r == 0)
		r = transcript_parse(p, n, &t, err);
	if (r == 0)
		r = js_text(body, "order", 16384, &jws, err);
	if (r)
		return r;
	if (c->order_text != NULL) {
		res->body = c->order_text;
		res->body_bytes = strlen(c->order_text);
		return 0;
	}
	memcpy(point.b, t.point, sizeof(point.b));
	r = jws_verify(req->arena, &point, "kofu-order", jws, strlen(jws), &payload, &n, err);
	return r ? r : city_order_answer(c, req, res, t.kiosk, payload, n, err);
}

/* {"released":true,"order":…} or {"recorded":true,"order":…}. */
static int
city_confirm(struct http_req *req, struct http_res *res, const char *member, const char *word,
    struct err *err)
{
	AUTO(json_t) json_t *body = NULL;
	AUTO(json_t) json_t *said = NULL;
	const char *jws = NULL;
	size_t n = 0;
	bool done = false;
	int r = city_mood(req->app, req, res, &done);
	if (r != 0 || done)
		return r;
	r = js_parse(req->body, req->body_bytes, &body, err);
	if (r == 0)
		r = js_text(body, member, 16384, &jws, err);
	if (r)
		return r;
	const char *dot = strchr(jws, '.');
	uint8_t *p =
	    text_b64url_parse(req->arena, dot + 1, (size_t)(strrchr(jws, '.') - dot) - 1, &n);
	r = js_parse(p, n, &said, err);
	if (r)
		return r;
	AUTO(json_t)
	json_t *o = json_pack("{s:b,s:O}", word, 1, "order", json_object_get(said, "order"));
	city_text(req, res, o);
	return 0;
}

static int
city_release(struct http_req *req, struct http_res *res, struct err *err)
{
	struct city *c = req->app;
	c->n_releases++;
	return city_confirm(req, res, "release", "released", err);
}

static int
city_outcome(struct http_req *req, struct http_res *res, struct err *err)
{
	struct city *c = req->app;
	c->n_outcomes++;
	return city_confirm(req, res, "outcome", "recorded", err);
}

/* The center's own table and one more, filled before a route is served. */
static struct http_outcome city_outcomes[32];

void
city_outcomes_fill(void)
{
	size_t n = 0;
	while (router_outcomes[n].outcome != 0 && n < N_ELEMENTS(city_outcomes) - 2)
		n++;
	memcpy(city_outcomes, router_outcomes, n * sizeof(city_outcomes[0]));
	city_outcomes[n] = (struct http_outcome){ CITY_E_NODE, 409, "node-changed" };
}

const struct http_route city_routes[CITY_N_ROUTES] = {
	{ "GET", "/v1/node/{muni}", "center", 0, city_node, router_outcomes },
	{ "POST", "/v1/offer", "center", 65536, city_offer, city_outcomes },
	{ "POST", "/v1/order", "center", 65536, city_order, city_outcomes },
	{ "POST", "/v1/release", "center", 65536, city_release, city_outcomes },
	{ "POST", "/v1/outcome", "center", 65536, city_outcome, city_outcomes },
};

int
ocsp_answer(struct http_req *req, struct http_res *res, struct err *err)
{
	struct world *x = req->app;
	struct buf b;
	(void)err;
	if (x->fault == JPKI_FAULT_SILENT)
		(void)usleep(1500 * 1000);
	buf_init(&b, 65536);
	if (x->fault == JPKI_FAULT_GARBAGE)
		buf_text(&b, "garbage");
	else
		jpki_ocsp_answer(x->cas, &x->certs, x->fault, req->body, req->body_bytes, &b);
	res->type = "application/ocsp-response";
	res->body = arena_memdup(req->arena, b.p, b.bytes);
	res->body_bytes = b.bytes;
	buf_done(&b);
	return 0;
}

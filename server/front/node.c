/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/node.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/hash.h"
#include "server/build.h"
#include "server/confdigest.h"
#include "server/front/store.h"
#include "server/seal/conf.h"
#include <string.h>

int
node_conf_digest(
    const struct server_conf *c, const struct server_muni_conf *m, uint8_t ret[32], struct err *err)
{
	AUTO(cert_pins) struct cert_pins *pins = NULL;
	struct confdigest d;
	struct muni_code muni = { "" };
	struct key_point agent;
	uint8_t ca[32], fonts[32], roots[32], profile[32], sync_key[32];
	memcpy(muni.s, m->code, sizeof(muni.s));
	int r = cert_pins_load(c->pins, c->policy, &pins, err);
	if (r == 0)
		r = confdigest_file(c->ca, ca, err);
	if (r == 0)
		r = confdigest_fonts(c->fonts, muni, fonts, err);
	if (r == 0)
		r = confdigest_json(m->profile, profile, err);
	if (r == 0)
		r = seal_conf_point(m->sync_key, &agent, err);
	if (r)
		return err_fold(err, r, "configuration's digest");
	cert_pins_digest(pins, roots);
	sha256(agent.b, sizeof(agent.b), sync_key);
	confdigest_begin(&d, "KOFU-SERVER-CONF-1");
	confdigest_int(&d, "server.deadline_ms", c->deadline_ms);
	confdigest_hash(&d, "server.ca", ca);
	confdigest_text(&d, "center.id", c->center_id);
	confdigest_text(&d, "jpki.policy", c->policy);
	confdigest_hash(&d, "jpki.pins", roots);
	confdigest_hash(&d, "render.fonts", fonts);
	confdigest_hash(&d, "municipality.profile", profile);
	confdigest_hash(&d, "municipality.sync_key", sync_key);
	confdigest_int(&d, "municipality.four_eyes", m->four_eyes);
	confdigest_int(&d, "municipality.idle_s", m->idle_s);
	confdigest_int(&d, "municipality.session_s", m->session_s);
	return err_trace(err, confdigest_end(&d, ret, err), "configuration's digest");
}

int
node_announce(const struct server_conf *c, struct muni_code muni, const uint8_t conf[32],
    struct db *db, struct announce *ret, struct err *err)
{
	struct announce a = { .muni = muni };
	uint8_t seal[SEAL_CONF_BYTES];
	const struct sha256_part parts[] = { { conf, 32 }, { seal, sizeof(seal) } };
	_Static_assert((int)SEAL_BUILD_MAX == (int)ANNOUNCE_MAX_BUILD, "one length of a build");
	int r = seal_about(c->seal_socket, muni, a.seal, seal, err);
	if (r == 0)
		r = db_schema_version(db, &a.schema, err);
	if (r == 0)
		r = db_schema_digest(db, a.schema_sha256, err);
	if (r)
		return err_fold(err, r, "announcement");
	memcpy(a.build, KOFU_BUILD, sizeof(KOFU_BUILD));
	sha256_parts(parts, N_ELEMENTS(parts), a.conf_sha256);
	*ret = a;
	return 0;
}

void
node_init(struct front_node *n)
{
	*n = (struct front_node){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void
node_done(struct front_node *n)
{
	(void)pthread_mutex_destroy(&n->lock);
}

static int
node_look(struct front *f, struct front_muni *m, struct err *err)
{
	struct announce a;
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	struct db *db = NULL;
	int r = db_pool_take(m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "node");
	r = node_announce(f->conf, m->code, m->node.conf, db, &a, err);
	db_pool_give(m->db, db);
	if (r)
		return err_trace(err, r, "node");
	announce_digest(&a, digest);
	(void)pthread_mutex_lock(&m->node.lock);
	bool other = m->node.known && !mem_equal(digest, m->node.digest, sizeof(digest));
	m->node.said = a;
	memcpy(m->node.digest, digest, sizeof(digest));
	m->node.known = true;
	(void)pthread_mutex_unlock(&m->node.lock);
	if (other)
		LOG(LOG_LVL_ERR, "node.changed", LOG_F("muni", m->code));
	return 0;
}

int
node_open(struct front *f, struct err *err)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < f->n_munis; i++) {
		r = node_conf_digest(f->conf, &f->conf->munis[i], f->munis[i].node.conf, err);
		if (r == 0)
			r = node_look(f, &f->munis[i], err);
	}
	return err_trace(err, r, "node");
}

void
node_tidy(struct front *f)
{
	for (unsigned i = 0; i < f->n_munis; i++) {
		struct err err = { 0 };
		if (node_look(f, &f->munis[i], &err) != 0)
			log_fault("node.unseen", (struct txn_id){ 0 }, &err);
	}
}

int
node_is_meant(struct front_muni *m, const struct http_req *req)
{
	const struct front *f = req->app;
	uint8_t meant[ANNOUNCE_DIGEST_BYTES];
	const char *hex = http_req_header(req, "Kofu-Node");
	if (f->self_test != 0)
		return FRONT_E_SELF_TEST;
	if (hex == NULL)
		return 0; /* a center of before: it checks the manifest's build alone */
	if (!text_hex_parse(hex, strlen(hex), meant, sizeof(meant)))
		return FRONT_E_NODE;
	(void)pthread_mutex_lock(&m->node.lock);
	bool same = m->node.known && mem_equal(meant, m->node.digest, sizeof(meant));
	(void)pthread_mutex_unlock(&m->node.lock);
	return same ? 0 : FRONT_E_NODE;
}

/* How the replica stands at this moment; the center shows it and decides nothing by it. */
static void
node_put_state(const struct front *f, struct front_muni *m, struct arena *a, json_t *o)
{
	struct err err = { 0 };
	struct store_view v;
	struct db *db = NULL;
	int r = db_pool_take(m->db, FRONT_DB_WAIT_MS, &db, &err);
	if (r == 0) {
		r = store_view_read(db, a, &v, &err);
		db_pool_give(m->db, db);
	}
	js_put_bool(o, "database", r == 0);
	js_put_bool(o, "stopped", r == 0 && v.v.stopped != NULL);
	js_put_int(o, "news_ms", r == 0 ? v.v.beat_ms : 0);
	js_put_int(o, "orders", atomic_load(&m->admission.inside));
	js_put_int(o, "limit", f->conf->queue);
}

int
front_node(struct http_req *req, struct http_res *res, struct err *err)
{
	struct front *f = req->app;
	AUTO(json_t) json_t *o = json_object();
	json_t *said = json_object();
	struct announce a;
	struct buf out;
	struct front_muni *m = front_muni_find(f, req->arg[0]);
	js_put(o, "announce", said);
	if (m == NULL)
		return FRONT_E_NO_SUCH_MUNI;
	if (f->self_test != 0)
		return FRONT_E_SELF_TEST;
	(void)pthread_mutex_lock(&m->node.lock);
	bool known = m->node.known;
	a = m->node.said;
	(void)pthread_mutex_unlock(&m->node.lock);
	if (!known)
		return err_raise(err, FAULT_UNAVAILABLE, "node is not announced", 0);
	announce_put(&a, said);
	node_put_state(f, m, req->arena, o);
	buf_init(&out, ANNOUNCE_MAX_BYTES);
	int r = js_format(o, &out, err);
	if (r == 0) {
		res->body = arena_memdup(req->arena, out.p, out.bytes);
		res->body_bytes = out.bytes;
	}
	buf_done(&out);
	return err_trace(err, r, "node");
}

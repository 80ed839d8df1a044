/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/front.h"
#include "base/clock.h"
#include "domain/muni.h"
#include "queries/asp_front.h"
#include "server/front/node.h"
#include <string.h>

/* What each outcome tells the center. Those about persons tell nothing of the reason. */
static const struct http_outcome outcomes[] = {
	{ FRONT_E_NO_SUCH_MUNI, 404, "not-served" },
	{ FRONT_E_CARD, 403, "card-not-valid" },
	{ FRONT_E_SESSION_EXPIRED, 403, "session-expired" },
	{ FRONT_E_NOT_REGISTERED, 404, "not-registered" },
	{ FRONT_E_BUSY, 503, "busy" },
	{ FRONT_E_MISMATCH, 409, "order-mismatch" },
	{ FRONT_E_GONE, 410, "order-gone" },
	{ FRONT_E_UNPRINTABLE, 422, "cannot-be-printed" },
	{ FRONT_E_NO_SUCH_ORDER, 404, "no-such-order" },
	{ FRONT_E_SPENT, 409, "release-spent" },
	{ FRONT_E_REFUSED, 403, "release-refused" },
	{ FRONT_E_NODE, 409, "node-changed" },
	{ FRONT_E_SELF_TEST, 503, "self-test" },
	{ ISSUE_E_STOPPED, 503, "municipality-stopped" },
	{ ISSUE_E_STALE, 503, "replica-stale" },
	{ ISSUE_E_NOT_OFFERED, 403, "not-offered" },
	{ ISSUE_E_CLOSED, 403, "closed-hours" },
	{ ISSUE_E_UNKNOWN_CARD, 404, "not-registered" },
	{ ISSUE_E_NOT_AVAILABLE, 403, "not-available" },
	{ ISSUE_E_FEE, 409, "fee-changed" },
	{ ISSUE_E_CHANGED, 403, "not-available" },
	{ 0 },
};

static int
front_livez(struct http_req *req, struct http_res *res, struct err *err)
{
	const struct front *f = req->app;
	(void)err;
	res->body = arena_printf(req->arena, "{\"live\":true,\"municipalities\":%u}", f->n_munis);
	res->body_bytes = strlen(res->body);
	return 0;
}

static const struct http_route routes[] = {
	{ "POST", "/v1/offer", "center", FRONT_BODY_MAX_BYTES, front_offer, outcomes },
	{ "POST", "/v1/order", "center", FRONT_BODY_MAX_BYTES, front_order, outcomes },
	{ "POST", "/v1/release", "center", FRONT_BODY_MAX_BYTES, front_release, outcomes },
	{ "POST", "/v1/outcome", "center", FRONT_BODY_MAX_BYTES, front_outcome, outcomes },
	{ "GET", "/v1/node/{muni}", "center", 0, front_node, outcomes },
	{ "GET", "/livez", "center", 0, front_livez, outcomes },
};

const struct http_route *
front_routes(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(routes);
	return routes;
}

struct front_muni *
front_muni_find(struct front *f, const char *code)
{
	for (unsigned i = 0; i < f->n_munis; i++)
		if (strcmp(f->munis[i].code.s, code) == 0)
			return &f->munis[i];
	return NULL;
}

int
front_keys_look(struct front_muni *m, struct db *db, struct err *err)
{
	return err_trace(err, ring_look(&m->ring, db, clock_now_ms(), err), "data key");
}

static int
muni_open(struct front *f, struct front_muni *m, const struct server_muni_conf *c,
    const struct profile *profile, struct err *err)
{
	struct db *db = NULL;
	if (!muni_parse(c->code, strlen(c->code), &m->code))
		return err_raise(err, FAULT_CONFIG, "municipality", 0);
	m->profile = profile;
	admission_init(&m->admission, (unsigned)f->conf->queue);
	numbers_init(&m->numbers);
	node_init(&m->node);
	imprints_init(&m->imprints);
	int r = db_pool_open(c->front, (unsigned)f->conf->queue, &m->db, err);
	if (r == 0)
		r = db_pool_take(m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	ring_init(&m->ring, m->code, f->conf->seal_socket, &m->vault);
	r = front_keys_look(m, db, err);
	if (r == 0)
		r = db_schema_version(db, &m->schema, err);
	db_pool_give(m->db, db);
	return err_fold(err, r, "replica");
}

int
front_open(struct front *f, struct arena *a, const struct server_conf *c,
    const struct profile *profiles, const struct warm *warm, struct err *err)
{
	*f = (struct front){ .conf = c, .warm = warm };
	f->munis = arena_zero_n(a, c->n_munis, sizeof(*f->munis));
	f->cards = arena_zero(a, sizeof(*f->cards));
	card_memo_init(f->cards);
	int r = cert_pins_load(c->pins, c->policy, &f->pins, err);
	for (unsigned i = 0; i < c->n_munis && r == 0; i++) {
		f->n_munis = i + 1;
		r = muni_open(f, &f->munis[i], &c->munis[i], &profiles[i], err);
	}
	return err_fold(err, r, "front");
}

void
front_close(struct front *f)
{
	for (unsigned i = 0; i < f->n_munis; i++) {
		if (f->munis[i].db != NULL)
			db_pool_close(f->munis[i].db);
		ring_done(&f->munis[i].ring);
		numbers_done(&f->munis[i].numbers);
		node_done(&f->munis[i].node);
		imprints_done(&f->munis[i].imprints);
	}
	if (f->cards != NULL)
		card_memo_done(f->cards);
	cert_pins_free(f->pins);
}

void
front_tidy(struct front *f)
{
	card_memo_tidy(f->cards, clock_now_ms());
	for (unsigned i = 0; i < f->n_munis; i++) {
		struct err err = { 0 };
		struct db *db = NULL;
		int r = db_pool_take(f->munis[i].db, FRONT_DB_WAIT_MS, &db, &err);
		if (r == 0) {
			r = db_ask(db, &q_front_papers_expire, NULL, &err,
			    db_int_arg(clock_now_ms()), db_int_arg(FRONT_PAPERS_MS));
			if (r == 0)
				r = front_keys_look(&f->munis[i], db, &err);
			db_pool_give(f->munis[i].db, db);
		}
		if (r < 0)
			log_fault("front.tidy", (struct txn_id){ 0 }, &err);
	}
}

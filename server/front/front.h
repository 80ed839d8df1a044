/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front - what the center asks of this server: offers, orders, releases,
 * outcomes (docs/PROTOCOL.md). Stateless between requests but for the database:
 * any thread serves any request, and a second server beside it serves the same.
 */
#pragma once
#include "base/arena.h"
#include "db/db.h"
#include "domain/announce.h"
#include "domain/profile.h"
#include "domain/vault.h"
#include "http/server.h"
#include "pki/cert.h"
#include "server/front/admission.h"
#include "server/front/card_memo.h"
#include "server/front/imprints.h"
#include "server/front/numbers.h"
#include "server/issue/decide.h"
#include "server/issue/warm.h"
#include "server/seal/client.h"
#include "server/seal/ring.h"
#include "server/server_conf.h"
#include <stdbool.h>

enum {
	FRONT_TRANSCRIPT_MAX_AGE_MS = 20 * 60 * 1000,
	FRONT_ORDER_MAX_AGE_MS = 5 * 60 * 1000,
	FRONT_CLOCK_AHEAD_MS = 60 * 1000,
	FRONT_PAPERS_MS = SEAL_VALID_MS, /* an answer is kept and may be released for so long */
	FRONT_BODY_MAX_BYTES = 32 * 1024,
	FRONT_DB_WAIT_MS = 2000,
	FRONT_COMMIT_TRIES = 3, /* a cycle of locks and a new data key may come together */
};

/* Outcomes beside those of issue/decide.h. */
enum {
	FRONT_E_NO_SUCH_MUNI = 1231, /* not served here */
	FRONT_E_CARD = 1232,
	FRONT_E_SESSION_EXPIRED = 1233,
	FRONT_E_NOT_REGISTERED = 1234,
	FRONT_E_BUSY = 1235,
	FRONT_E_MISMATCH = 1236,
	FRONT_E_GONE = 1237,
	FRONT_E_UNPRINTABLE = 1238,
	FRONT_E_NO_SUCH_ORDER = 1239,
	FRONT_E_SPENT = 1240,
	FRONT_E_REFUSED = 1241,
	FRONT_E_SELF_TEST = 1243, /* this node found a fault in itself: server/selftest.h */
	FRONT_E_NODE = 1242, /* the center means another announcement than ours: front/node.h */
};

/* What the node says it is, for one municipality. */
struct front_node {
	pthread_mutex_t lock; /* of said, digest, known */
	bool known;
	struct announce said;
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	uint8_t conf[32];
};

struct front_muni {
	struct muni_code code;
	const struct profile *profile;
	struct vault vault;
	struct ring ring; /* what the vault is made of */
	unsigned schema;
	struct db_pool *db;
	struct admission admission;
	struct numbers numbers;
	struct front_node node;
	struct imprints imprints;
};
struct front {
	const struct server_conf *conf;
	struct cert_pins *pins;
	struct card_memo *cards; /* of these pins alone */
	const struct warm *warm;
	struct front_muni *munis;
	unsigned n_munis;
	unsigned self_test; /* of selftest_run(): 0, or nothing is done for anybody */
};

/*
 * Opens the databases, asks kofu-seal for the data keys. @profiles: one for
 * each municipality of the configuration, in its order. 0 or a fault.
 */
MUST_USE int front_open(struct front *f, struct arena *a, const struct server_conf *c,
    const struct profile *profiles, const struct warm *warm, struct err *err);
void front_close(struct front *f);
/* POST /v1/offer, /v1/order, /v1/release, /v1/outcome, GET /v1/node/{muni}, /livez; app is the
 * struct front. */
const struct http_route *front_routes(size_t *ret_n);
/* Drops answers over FRONT_PAPERS_MS old by our clock and the database's, and cards' checks that
 * lapsed. Call now and then. */
void front_tidy(struct front *f);

/* After DB_E_RETRY: the data key may be another one. 0 or a fault. */
MUST_USE int front_keys_look(struct front_muni *m, struct db *db, struct err *err);
/* NULL when it is not served here. */
struct front_muni *front_muni_find(struct front *f, const char *code);

MUST_USE int front_offer(struct http_req *req, struct http_res *res, struct err *err);
MUST_USE int front_order(struct http_req *req, struct http_res *res, struct err *err);
MUST_USE int front_release(struct http_req *req, struct http_res *res, struct err *err);
MUST_USE int front_outcome(struct http_req *req, struct http_res *res, struct err *err);

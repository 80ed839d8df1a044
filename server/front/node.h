/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front/node - what this node says it is (domain/announce.h), and whether the center that asks
 * means the node as it is now: an order that names another announcement is refused before
 * anything is done, so that what was listed is what works.
 */
#pragma once
#include "domain/announce.h"
#include "server/front/front.h"

/* Of what decides in kofu-server's own configuration. 0 or FAULT_CONFIG. */
MUST_USE int node_conf_digest(const struct server_conf *c, const struct server_muni_conf *m,
    uint8_t ret[32], struct err *err);
/*
 * The whole announcement: kofu-seal and @db, which is the municipality's, are asked. @conf: of
 * node_conf_digest(). 0 or a fault.
 */
MUST_USE int node_announce(const struct server_conf *c, struct muni_code muni,
    const uint8_t conf[32], struct db *db, struct announce *ret, struct err *err);

void node_init(struct front_node *n);
void node_done(struct front_node *n);
/* Reads the configurations' digests and makes the first announcements. 0 or a fault. */
MUST_USE int node_open(struct front *f, struct err *err);
/* Looks again at what may have changed under a running node; what cannot be reached stays. */
void node_tidy(struct front *f);

/* 0, FRONT_E_SELF_TEST, or FRONT_E_NODE: the header Kofu-Node names another announcement than ours now. */
MUST_USE int node_is_meant(struct front_muni *m, const struct http_req *req);
/* GET /v1/node/{muni}. */
MUST_USE int front_node(struct http_req *req, struct http_res *res, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/* sync_int - what the handlers of sync share. */
#pragma once
#include "db/db.h"
#include "domain/vault.h"
#include "http/server.h"
#include "pki/key.h"
#include "wire/js.h"

enum { SYNC_TAKE_MS = 5000, SYNC_ANSWER_MAX_BYTES = 1024 * 1024 };

struct recon_desk;
/* The caller's municipality, as its certificate names it. */
struct sync_place {
	struct muni_code muni;
	size_t number; /* among all tenants */
	const struct vault *vault;
	const struct key_point *agent_key;
	struct db_pool *pool;
	struct recon_desk *desk;
};
/* 0, or FAULT_INTEGRITY: no tenant of that name. */
MUST_USE int sync_place_of(const struct http_req *req, struct sync_place *ret, struct err *err);
/* Verifies the header Kofu-Signature over the body. 0, FAULT_BAD_INPUT or FAULT_INTEGRITY. */
MUST_USE int sync_signature_check(
    const struct key_point *agent, struct http_req *req, const char *typ, struct err *err);
/* Takes over @o. */
MUST_USE int sync_answer(struct http_req *req, struct http_res *res, json_t *o, struct err *err);
/* Something waits for the center. */
void sync_told(const struct http_req *req);

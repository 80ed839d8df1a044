/* SPDX-License-Identifier: Apache-2.0 */
/*
 * announce - what a municipality's node says it is, before it gets an order: programs, the
 * database's schema as it really is, the configuration in force (design section 5, I9). Two nodes
 * that are alike say the same; their names, ports and paths are no part of it.
 */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "wire/js.h"

enum { ANNOUNCE_MAX_BUILD = 64, ANNOUNCE_MAX_BYTES = 2048, ANNOUNCE_DIGEST_BYTES = 32 };

struct announce {
	struct muni_code muni;
	char build[ANNOUNCE_MAX_BUILD + 1]; /* of kofu-server */
	char seal[ANNOUNCE_MAX_BUILD + 1];  /* of the kofu-seal behind it */
	unsigned schema;                    /* number of the newest migration */
	uint8_t schema_sha256[32];          /* db_schema_digest() */
	uint8_t conf_sha256[32];            /* server/confdigest.h */
};

/* 1 to ANNOUNCE_MAX_BUILD of A-Z a-z 0-9 . _ + -. */
bool announce_is_build(const char *s);
/* Over all members: what an order names the node by. */
void announce_digest(const struct announce *a, uint8_t out[ANNOUNCE_DIGEST_BYTES]);
/* {"v":1,"muni":…,"build":…,"seal":…,"schema":N,"schema_sha256":<64 hex>,"conf_sha256":<64 hex>} */
void announce_put(const struct announce *a, json_t *o);
/* 0 or FAULT_BAD_INPUT. */
MUST_USE int announce_read(const json_t *o, struct announce *ret, struct err *err);
MUST_USE int announce_parse(const void *json, size_t bytes, struct announce *ret, struct err *err);

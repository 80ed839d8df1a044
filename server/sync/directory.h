/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory - tells the center which cards are ours, in order, from the outbox
 * that the applying transactions filled. A push is numbered before it is sent
 * and sent again unchanged until it is acknowledged.
 */
#pragma once
#include "base/log.h"
#include "db/db.h"
#include "http/client.h"

enum {
	DIRECTORY_E_NOTHING = 1131, /* the outbox is empty */
	DIRECTORY_MAX_CHANGES = 500,
	DIRECTORY_BACKOFF_MIN_MS = 500,
	DIRECTORY_BACKOFF_MAX_MS = 30000,
};
/*
 * One push. Returns 0 (acknowledged and forgotten), DIRECTORY_E_NOTHING, or a
 * fault: FAULT_UNAVAILABLE and FAULT_TIMEOUT are worth another try, as is
 * FAULT_INTEGRITY after somebody looked (the center refused).
 */
MUST_USE int directory_push(
    struct db *db, struct muni_code muni, struct http_client *center, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voids - tells the center which issue numbers the city has voided, so that the
 * banks' inquiry says 無効. From an outbox that the city's pages fill in the
 * transaction that voids; what is told twice changes nothing.
 */
#pragma once
#include "base/log.h"
#include "db/db.h"
#include "http/client.h"

enum {
	VOIDS_E_NOTHING = 1141, /* the outbox is empty */
	VOIDS_MAX = 100,        /* numbers at once */
};
/* Some of them. 0 (acknowledged and forgotten), VOIDS_E_NOTHING or a fault as of tell_center(). */
MUST_USE int voids_push(
    struct db *db, struct muni_code muni, struct http_client *center, struct err *err);

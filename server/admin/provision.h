/* SPDX-License-Identifier: Apache-2.0 */
/* provision - a municipality's database and roles. */
#pragma once
#include "server/admin/admin_conf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PROVISION_E_EXISTS = 1141, /* it has a data key: another one would lose every row */
	PROVISION_WRAPPED_BYTES = 60,
};
/*
 * Makes what is missing of: database kofu_<muni>, login roles kofu_<muni>_front,
 * _sync, _console and _audit that may connect to it and to no other, tables by migration, the
 * tenant's row with its wrapped data key (kofu-seal new-key). May be repeated;
 * with @wrapped NULL it only brings up to date what is there. Returns 0,
 * PROVISION_E_EXISTS (nothing changed after the migrations), or a fault.
 */
MUST_USE int provision(const struct admin_conf *c, struct muni_code muni,
    const uint8_t wrapped[PROVISION_WRAPPED_BYTES], unsigned *ret_migrations, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_db - a municipality's database, as its owner sees it. */
#pragma once
#include "domain/vault.h"
#include "server/admin/admin_conf.h"
#include "db/db.h"

enum { TENANT_CONNINFO_BYTES = 256 };

/* "kofu_<muni>" of the admin's server. 0 or a fault. */
MUST_USE int tenant_db_open(
    const struct admin_conf *c, struct muni_code muni, struct db **ret, struct err *err);
/*
 * The vault, by kofu-seal; @db of any role that reads tenant. 0, FAULT_CONFIG
 * (not provisioned, no keys), or kofu-seal's faults.
 */
MUST_USE int tenant_vault_open(struct db *db, const char *seal_socket, struct muni_code muni,
    struct vault *ret, struct err *err);
/*
 * A statement without arguments for roles and databases, where SQL takes none:
 * "@" in @pattern becomes the municipality's six checked digits. 0 or a fault.
 */
MUST_USE int tenant_db_exec(
    struct db *db, struct arena *a, const char *pattern, struct muni_code muni, struct err *err);

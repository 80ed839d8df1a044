/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_conf - what only the operator's own commands need (provision, migrate,
 * medium import): a file of its own, so that the serving processes never hold
 * the database owner's connection or the medium's key.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

enum { ADMIN_MAX_MUNIS = 2000 };

struct admin_muni_conf { /* "[municipality 991015]" */
	const char *code;
	const char *sync_key; /* the agent's public key: SubjectPublicKeyInfo PEM */
};
struct admin_conf {
	const char *database;    /* conninfo of a role that may make databases and roles */
	const char *seal_socket; /* socket of kofu-seal */
	const char *medium_cert, *medium_key; /* what media are encrypted to */
	const struct admin_muni_conf *munis;
	unsigned n_munis;
};
/* Returns 0 or FAULT_CONFIG, after telling the operator on stderr. */
MUST_USE int admin_conf_load(
    struct arena *a, const char *path, struct admin_conf *ret, struct err *err);
/* Its section; 0 or FAULT_CONFIG (none, or no municipality code). */
MUST_USE int admin_conf_muni(const struct admin_conf *c, const char *code,
    const struct admin_muni_conf **ret, struct muni_code *ret_muni, struct err *err);

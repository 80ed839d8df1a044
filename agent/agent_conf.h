/* SPDX-License-Identifier: Apache-2.0 */
/* agent_conf - the configuration file of kofu-agent. */
#pragma once
#include "agent/source/csv/mapping.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include <stddef.h>

struct agent_conf {
	const char *muni_text;
	struct muni_code muni;
	const char *server;          /* https://... of the sync listener */
	const char *cert, *key, *ca; /* mutual TLS */
	const char *sync_key;        /* PKCS#8 PEM: signs batches, heartbeats, the medium's list */
	const char *register_conninfo; /* NULL when the register drops files */
	const char *slot, *publication;
	const char *folder, *mapping_path;
	const struct csv_mapping *mapping; /* NULL without a folder */
	int64_t reconcile_wait_s;          /* for the stream to have sent what was there */
	int64_t reconcile_s;               /* between two reconciliations; 0 = only on demand */
	int64_t ops_port;                  /* /metrics and its like on loopback; 0 = none */
	const char *recipient; /* the server's certificate that a medium is encrypted to */
};
/* Returns 0 or FAULT_CONFIG, after telling the operator on stderr. */
MUST_USE int agent_conf_load(
    struct arena *a, const char *path, struct agent_conf *ret, struct err *err);

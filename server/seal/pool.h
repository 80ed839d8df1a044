/* SPDX-License-Identifier: Apache-2.0 */
/* seal/pool - kofu-seal's parent: forks the workers, replaces those that die. */
#pragma once
#include "server/seal/conf.h"

enum {
	POOL_MAX_EARLY_DEATHS = 5,  /* in a row, before a worker was ready */
	POOL_KEEP_BYTES = 64 << 20, /* that a worker keeps from order to order, wiped */
};
/*
 * Listens, forks, prints "ready" on stdout when every worker has its token
 * open; returns 0 after SIGTERM or SIGINT, or FAULT_* when no worker can start.
 */
MUST_USE int pool_run(const struct seal_conf *c, struct err *err);

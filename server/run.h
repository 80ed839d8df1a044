/* SPDX-License-Identifier: Apache-2.0 */
/* run - kofu-server as a whole: what is started in which order, and stopped in reverse. */
#pragma once
#include "base/arena.h"
#include "domain/profile.h"
#include "server/server_conf.h"

enum { RUN_TIDY_S = 30, RUN_SELFTEST_MS = 30000 };

/* Reads each municipality's profile, in the configuration's order. 0 or FAULT_CONFIG. */
MUST_USE int run_profiles_load(
    struct arena *a, const struct server_conf *c, struct profile **ret, struct err *err);
/*
 * Serves until SIGTERM or SIGINT; prints "ready port=N sync_port=N" when both
 * listeners are open. Forks the render template first, so call it while there
 * is one thread. 0, or a fault; also FAULT_UNAVAILABLE when the template died:
 * a process with threads does not fork another, its supervisor starts it anew.
 */
MUST_USE int run_server(struct arena *a, const struct server_conf *c, struct err *err);

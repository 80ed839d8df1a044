/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing - which nodes may get orders: the tables node_listed and node_cut as they were read last
 * (ROUTER_WATCH_S). For any thread. Before the first reading nothing is listed.
 */
#pragma once
#include "base/err.h"
#include "center/router/decide_node.h"
#include <pthread.h>
#include <stdatomic.h>

enum { LISTING_MAX = 16384, LISTING_MAX_CUT = 4096, LISTING_RENEW_MS = 500 };
struct store;

struct listing {
	pthread_rwlock_t lock;
	bool only_listed; /* false: an operator takes every announcement */
	struct announce *rows;
	size_t n;
	char (*cut)[65];
	size_t n_cut;
	uint64_t generation; /* grows when something changed */
	struct store *store; /* set by the first listing_read() */
	atomic_llong read_mono_ms;
};
void listing_init(struct listing *l, bool only_listed);
void listing_done(struct listing *l);
/* Reads both tables. A fault leaves what was read before. More than the limits: FAULT_CONFIG. */
MUST_USE int listing_read(struct listing *l, struct store *s, struct err *err);
/* Before a node is refused: what was listed just now? Reads again, each LISTING_RENEW_MS at most.
 */
void listing_renew(struct listing *l);
/* Which reading a verdict is of. */
uint64_t listing_generation(struct listing *l);
/* NODE_LISTED or what is against it; *ret_generation: what it was judged by. */
enum node_verdict listing_judge(
    struct listing *l, const struct announce *said, uint64_t *ret_generation);
/* Does any listed node of the municipality sign with that build of kofu-seal? */
bool listing_has_seal(struct listing *l, struct muni_code muni, const char *build);
bool listing_is_cut(struct listing *l, const char *node);

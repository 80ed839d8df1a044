/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/ring - a municipality's keys as its database keeps them, opened by kofu-seal and
 * fed into a vault while it is at work. Whoever serves looks again when the database says
 * that they changed, and at least once a second; a key that is gone stays for a minute, for
 * whoever still has a row of before in hand.
 */
#pragma once
#include "db/db.h"
#include "domain/vault.h"
#include "server/seal/seal.h"
#include <pthread.h>

enum {
	RING_MAX_KEYS = 2 * VAULT_MAX_GENERATIONS,
	RING_LINGER_MS = 60 * 1000, /* longer than any deadline */
	RING_LOOK_MS = 1000,
};
struct ring_key {
	struct seal_key key;
	int64_t gone_ms; /* 0 = it is in the database */
};
struct ring {
	pthread_mutex_t lock;
	struct muni_code muni;
	const char *socket; /* kofu-seal's */
	struct vault *vault;
	int64_t seq; /* tenant.ring_seq that the vault is of, 0 = none */
	unsigned n;
	struct ring_key key[RING_MAX_KEYS];
};

/* Begins @vault anew: empty. Both live as long as the ring. */
void ring_init(struct ring *r, struct muni_code muni, const char *socket, struct vault *vault);
/* Wipes the vault. */
void ring_done(struct ring *r);
int64_t ring_seq(const struct ring *r);
/*
 * Asks @db (any role that reads tenant and data_key) and opens what is new. From any thread.
 * 0, FAULT_CONFIG (not provisioned, another municipality's database, kofu-seal has no keys of it),
 * FAULT_INTEGRITY (a key that this token did not wrap) or kofu-seal's faults: then the vault is as
 * it was.
 */
MUST_USE int ring_look(struct ring *r, struct db *db, int64_t now_ms, struct err *err);
/* The wrapped keys that kofu-seal needs for an order. */
void ring_tell(struct ring *r, struct seal_ask *q);

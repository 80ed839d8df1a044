/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - what the server does by itself for each municipality: looks how far
 * its register's news are behind (an alarm at ten minutes, a stop at the
 * municipality's limit), and erases what its period is over for.
 */
#pragma once
#include "base/log.h"
#include "db/db.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	KEEPER_ALARM_MS = 600000,
	KEEPER_LOOK_MS = 10000,
	KEEPER_RETAIN_MS = 3600000,
	KEEPER_STOP_DEFAULT_S = 259200, /* three days */
};
/* Of the municipality's profile. */
struct keeper_limits {
	int64_t retention_days;
	int64_t stop_behind_s; /* then a human must look before anything is issued again */
};
/* A zeroed struct has not looked yet. */
struct keeper {
	int64_t next_look_ms, next_retain_ms, next_alarm_ms;
	bool behind;
};
enum keeper_word {
	KEEPER_FINE = 1,
	KEEPER_ALARM, /* ten minutes behind; said again every ten minutes */
	KEEPER_STOP,  /* behind by more than the municipality's limit */
	KEEPER_AGAIN, /* it was behind and is not any more */
};
/* No I/O. @beat_ms: up to which instant the register's news are here. */
enum keeper_word keeper_freshness(
    struct keeper *k, const struct keeper_limits *l, int64_t beat_ms, int64_t now_ms);
/* True when keeper_step() has something to do. */
bool keeper_is_due(const struct keeper *k, int64_t now_ms);
/* Looks, says what it found in the log, erases. Returns 0 or a fault. */
MUST_USE int keeper_step(struct db *db, struct muni_code muni, const struct keeper_limits *l,
    struct keeper *k, int64_t now_ms, struct err *err);

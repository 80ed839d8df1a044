/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers - 発行番号 "991015-20261121-K0001-000123". The running number comes
 * from the database in blocks, so that an order costs no write of its own; a
 * number that was not used is lost, none is used twice, however many servers.
 */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "db/db.h"
#include "server/seal/seal.h"
#include <pthread.h>

enum { NUMBERS_BLOCK = 50, NUMBERS_MAX_RUNNING = 999999999 };

struct numbers {
	pthread_mutex_t lock;
	int64_t next, end; /* of the block in hand */
};
void numbers_init(struct numbers *n);
void numbers_done(struct numbers *n);
/* The next running number. 0 or a fault of the database. */
MUST_USE int numbers_take(struct numbers *n, struct db *db, int64_t *ret, struct err *err);
/* @kiosk: at most 32 characters of [A-Za-z0-9-]. */
void numbers_format(char out[SEAL_NUMBER_MAX + 1], struct muni_code muni, int64_t now_ms,
    const char *kiosk, int64_t running);
/* 16 of Crockford's digits from 80 random bits. */
void numbers_front_code(const uint8_t random[10], char out[SEAL_FRONT_CODE_CHARS + 1]);

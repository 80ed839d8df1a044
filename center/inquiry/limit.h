/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit - how many inquiries a caller may make: a bucket for each, that holds
 * one minute's worth and fills evenly. Any thread may call.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { LIMIT_SLOTS = 256, LIMIT_MAX_NAME = 16 };

struct limit {
	pthread_mutex_t lock;
	struct {
		char name[LIMIT_MAX_NAME];
		int64_t full_ms; /* when it is full again; 0 = never used */
	} slot[LIMIT_SLOTS];
};
void limit_init(struct limit *l);
void limit_done(struct limit *l);
/*
 * Takes @n inquiries (all of the bucket when it holds fewer) from the bucket of
 * @name, which holds @per_minute of them. False when it has too few:
 * *ret_wait_s says in how many seconds it will have enough. A name that finds
 * all slots in use takes the one that is nearest to full.
 */
bool limit_take(struct limit *l, const char *name, unsigned per_minute, unsigned n, int64_t now_ms,
    unsigned *ret_wait_s);

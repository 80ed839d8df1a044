/* SPDX-License-Identifier: Apache-2.0 */
/* plan - what mixup.mjs tells the driver: where everything is and how much of it. */
#pragma once
#include "base/arena.h"
#include "base/log.h"
#include "tests/mixup/truth.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

enum { PLAN_MAX_CENTERS = 4, PLAN_MAX_KIOSKS = 64, PLAN_MAX_CARDS = 2048, PLAN_MAX_THREADS = 256 };

/* How a card stands at the JPKI, or at its municipality. */
enum card_standing { CARD_GOOD, CARD_REVOKED, CARD_HOLD, CARD_ENDED, CARD_STRANGER };
struct plan_card {
	unsigned city, person; /* index in the truth */
	enum card_standing standing;
	const uint8_t *der;
	size_t der_bytes;
	EVP_PKEY *key;
};
struct plan_city {
	struct muni_code code;
	const char *name;
	const char *register_db, *replica_db; /* conninfo of the owner */
	const char
	    *expect; /* the one refusal that every order of it must meet; NULL = to be served */
};
struct plan {
	struct arena *a;
	uint64_t seed;
	unsigned units;
	unsigned n_centers, n_kiosks, n_cities, n_cards;
	const char *centers[PLAN_MAX_CENTERS];
	const char *net;                        /* folder of certificates */
	const char *kiosk[PLAN_MAX_KIOSKS + 1]; /* the last is the one that is cut off */
	struct plan_city city[TRUTH_MAX_CITIES];
	struct plan_card *cards;
	struct truth *people[TRUTH_MAX_CITIES];
	unsigned orders, threads;
	unsigned rate;   /* orders begun in a second, answered or not; 0 = as fast as answered */
	unsigned moving; /* so many of the last units are the clerk's to change */
	bool news;       /* each order is one of news.h */
	unsigned sample; /* each so many-th paper is laid aside for the judges */
	const char *samples;
	const char *history; /* what the clerks changed: a file for each city */
	unsigned hostile_percent;
	unsigned changes_ms;              /* a clerk changes something so often; 0 = never */
	bool faults;                      /* what runs may be killed, cut, slow */
	bool swap;                        /* trial_rows_swap() first: once a world */
	bool overload;                    /* more than the center takes: "busy" is an answer */
	bool first;                       /* end with the first finding */
	const char *excuses;              /* excuse.h; NULL = none */
	const char *server, *server_conf; /* kofu-server block; NULL = no emergency stops */
	const char
	    *ledger; /* where "order manifest-hash" of each accepted answer goes; NULL = nowhere */
	const char *only; /* one kind of trial and no other; NULL = all */
};
/* Ends the program with a line on stderr when the file is none. */
void plan_load(const char *path, struct plan *ret);
static inline bool
plan_is_extra(const struct plan *p, unsigned person)
{
	return person >= p->units * TRUTH_UNIT;
}
/* Orders come at a rate of their own, and all is whole. */
static inline bool
plan_is_flood(const struct plan *p)
{
	return p->rate > 0 && !p->faults;
}
/* The clerk changes residents of the last units only: the others stand still. */
static inline bool
plan_is_moving(const struct plan *p, unsigned person)
{
	return !plan_is_extra(p, person) && person / TRUTH_UNIT + p->moving >= p->units;
}

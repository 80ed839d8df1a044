/* SPDX-License-Identifier: Apache-2.0 */
/*
 * truth - who lives in the cities of the mix-up test: a function of (seed, city,
 * place in the list), so that whoever checks a paper needs to ask nobody.
 *
 * Residents come in units of near-twins. In one unit everybody has one address;
 * 0 and 1 have one name and birthday, 2 has a name that differs in its last
 * character, 3 was born a day later, and two households of five have the same
 * names and birthdays, member by member. What tells them apart: a mark in the
 * former address and the seal, both of a number that nobody else has.
 */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	TRUTH_UNIT = 15,
	TRUTH_SINGLES = 4,  /* 0..3 live alone */
	TRUTH_FAMILY = 5,   /* 4..8 and 9..13, the first is the head */
	TRUTH_REMOVED = 14, /* was a member of the first family */
	TRUTH_EXTRAS = 4,   /* behind the units: alone; 0 and 1, 2 and 3 are twins */
	TRUTH_MAX_UNITS = 64,
	TRUTH_MAX_CITIES = 4,
	TRUTH_HOLDERS = 7, /* of a unit: 0..4, 9, 10 */
};
/* What a clerk may have changed since the beginning; all zero at the beginning. */
struct truth_state {
	unsigned moved;  /* how often */
	bool blocked;    /* nothing for anybody of the household */
	unsigned by;     /* what blocks it: bits of clerk.h */
	unsigned sealed; /* how often the seal was registered anew */
	bool abolished;
};
struct truth {
	unsigned city, index, uid;
	unsigned home, n_home; /* index of the household's head, its registered members */
	unsigned narabi;       /* 1 = head */
	bool removed;
	const char *atena, *setai;
	const char *name, *kana, *head_name, *birth, *sex, *zokugara;
	const char *former; /* 転入前住所, with the mark */
	unsigned seal_px;   /* 0 = none */
};
static inline unsigned
truth_count(unsigned units)
{
	return units * TRUTH_UNIT + TRUTH_EXTRAS;
}
/* Texts in @a. */
void truth_person(struct arena *a, uint64_t seed, unsigned units, unsigned city, unsigned index,
    struct truth *ret);
/* The seal of that generation has abolished rows before it; nobody under age has one. */
bool truth_seal_abolished_at_first(unsigned index);
const char *truth_address(struct arena *a, const struct truth *t, unsigned units, unsigned moved);
/* The seal's picture: rows of (seal_px + 7) / 8 bytes, 1 = ink. */
const uint8_t *truth_seal(struct arena *a, const struct truth *t, unsigned sealed);
unsigned truth_seal_number(const struct truth *t, unsigned sealed);
/* Whoever has a card, in units and extras. */
bool truth_holder(unsigned units, unsigned index);
/* The next mark at or behind @from: returns behind it and its number, or NULL. */
const char *truth_mark_next(const char *from, unsigned *ret_uid);

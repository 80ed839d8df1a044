/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people - fictitious residents of a fictitious municipality. Everything is a
 * function of (seed, place in the list): the same call gives the same people.
 */
#pragma once
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PEOPLE_MAX_HOUSEHOLD = 6,
	PEOPLE_CAST = 20, /* persons of the fixed cast, README.md */
	PEOPLE_CAST_HOUSEHOLDS = 12,
	PEOPLE_MAX_ROWS = 2,
	PEOPLE_FIRST_ATENA = 1000001, /* the cast; then a gap */
	PEOPLE_FIRST_BULK = 1001001,
	PEOPLE_FIRST_SETAI = 2000001,
	PEOPLE_FIRST_BULK_SETAI = 2001001,
};

struct person {         /* texts are in the arena or static; NULL = 空欄 */
	uint32_t atena; /* without its check digit */
	bool foreign;
	bool removed;
	bool moved; /* has a first row with another address */
	const char *family, *family_kana, *given, *given_kana;
	const char *name, *name_kana; /* instead of the four above, when set */
	const char *name_latin;
	const char *kyu_uji, *kyu_uji_kana;
	const char *tsusho, *tsusho_kana;
	const char *birth, *sex, *zokugara;
	const char *jumin_since;
	const char *kokuseki;
	unsigned seal_px; /* 0 = none */
	bool seal_abolished;
	const char *block; /* reason of a block of this person; NULL = none */
};
struct household {
	uint32_t setai; /* without its check digit */
	unsigned n;
	struct person person[PEOPLE_MAX_HOUSEHOLD];
	const char *address, *katagaki;
	const char *block; /* of the whole household */
};
/* The fixed cast, @i < PEOPLE_CAST_HOUSEHOLDS. */
void people_cast(unsigned i, struct household *ret);
/* Bulk household @i; its first person has number @atena. */
void people_bulk(struct arena *a, uint64_t seed, uint32_t i, uint32_t atena, unsigned seal_percent,
    struct household *ret);

/* 宛名番号, 世帯番号: a sequence and its check digit (modulus 11, weights 2-7). */
const char *people_number(struct arena *a, uint32_t sequence);
/* 個人番号 (総務省令85号 第5条) and 住民票コード of that person. */
const char *people_kojin_no(struct arena *a, uint32_t atena);
const char *people_jumin_code(struct arena *a, uint32_t atena);

/* A round seal, @px wide and high, with a mark that no other @number has; 1 = ink. */
uint8_t *people_inei(struct arena *a, uint32_t number, unsigned px);

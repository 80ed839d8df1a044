/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search - how a person is found by フリガナ and 生年月日 without either standing
 * in the database: keyed hashes of folded texts. The folding is the ambiguous
 * search of 住民記録システム標準仕様書 2.1.2: 清濁, 拗促音, 長音, ダッシュ and
 * spaces make no difference, nor does オ段 + ウ.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "domain/vault.h"

enum { SEARCH_MAX_BYTES = 400, SEARCH_MAX_KEYS = 10, SEARCH_KEY_BYTES = 16 };

/* @text folded, into @out (its limit at least SEARCH_MAX_BYTES); no text folds to an empty one. */
void search_fold_kana(const char *text, struct buf *out);
/*
 * A date as it is recorded or typed (昭和５５年４月１日, S55.4.1, 1980-04-01, 19800401)
 * as "1980-04-01"; anything else (年月日不詳) with its digits made narrow.
 */
void search_fold_date(const char *text, struct buf *out);

struct search_key {
	uint8_t b[SEARCH_KEY_BYTES];
};
/* The keys a row is found by; returns how many. */
unsigned search_keys_of(
    const struct vault *v, const struct resident *r, struct search_key ret[SEARCH_MAX_KEYS]);
/* What a query asks for: the whole フリガナ, its first word (氏), the date of birth. */
void search_key_kana(const struct vault *v, const char *text, struct search_key *ret);
void search_key_first(const struct vault *v, const char *text, struct search_key *ret);
void search_key_birth(const struct vault *v, const char *text, struct search_key *ret);
/* A PostgreSQL bytea[] literal of @n keys, in the arena. */
const char *search_keys_literal(struct arena *a, const struct search_key *k, unsigned n);

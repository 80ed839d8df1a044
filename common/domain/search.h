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

enum { SEARCH_MAX_BYTES = 400, SEARCH_MAX_KEYS = 10, SEARCH_KEY_BYTES = VAULT_HASH_MAX_BYTES };

/* @text folded, into @out (its limit at least SEARCH_MAX_BYTES); no text folds to an empty one. */
void search_fold_kana(const char *text, struct buf *out);
/*
 * A date as it is recorded or typed (昭和５５年４月１日, S55.4.1, 1980-04-01, 19800401)
 * as "1980-04-01"; anything else (年月日不詳) with its digits made narrow.
 */
void search_fold_date(const char *text, struct buf *out);

/* The keys a row is found by; returns how many. */
unsigned search_keys_of(
    const struct vault *v, const struct resident *r, struct vault_hash ret[SEARCH_MAX_KEYS]);
/*
 * The same of many rows: 氏 and 生年月日 come again and again, and a key of these that was made a
 * while ago is not made anew. Holds them in the open, so for one thread and not for long; the
 * vault writes under one generation all the time.
 */
struct search_known;
void search_known_free(struct search_known *k); /* wipes; NULL is fine */
OWNED_BY_CALLER(search_known_free) struct search_known *search_known_new(const struct vault *v);
unsigned search_known_keys(
    struct search_known *k, const struct resident *r, struct vault_hash ret[SEARCH_MAX_KEYS]);
/* What a query asks for: the whole フリガナ, its first word (氏), the date of birth. */
void search_key_kana(const struct vault *v, const char *text, struct vault_hash *ret);
void search_key_first(const struct vault *v, const char *text, struct vault_hash *ret);
void search_key_birth(const struct vault *v, const char *text, struct vault_hash *ret);
/*
 * A PostgreSQL bytea[] literal of @n keys in the @i-th generation that is here (vault_live()): a
 * row has all its keys of one. 0, VAULT's FAULT_INTEGRITY; NULL in *ret: there is no @i-th.
 */
MUST_USE int search_keys_under(const struct vault *v, struct arena *a, const struct vault_hash *k,
    unsigned n, unsigned i, const char **ret, struct err *err);

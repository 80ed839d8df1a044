/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords, one-time codes, and how residents are found by folded texts. */
#include "tests/unit/unit.h"

#include "domain/search.h"
#include "pki/hash.h"
#include "pki/password.h"
#include "pki/totp.h"

#include <stdio.h>
#include <string.h>

static void
codes_are_those_of_rfc_6238(void **state)
{
	static const struct {
		int64_t at_s;
		const char *want;
	} t[] = { { 59, "46119246" }, { 1111111109, "68084774" }, { 1111111111, "67062674" },
		{ 1234567890, "91819424" }, { 2000000000, "90698825" },
		{ 20000000000, "77737706" } };
	const char *secret = "12345678901234567890123456789012";
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		char code[9];
		totp_code((const uint8_t *)secret, 32, t[i].at_s / 30, 8, code);
		assert_string_equal(code, t[i].want);
	}
}

static void
a_code_counts_once_and_a_step_early_or_late(void **state)
{
	uint8_t secret[TOTP_SECRET_BYTES] = { 7 };
	int64_t now_ms = 1795190400000, step = 0;
	(void)state;
	for (int64_t by = -2; by <= 2; by++) {
		char code[9];
		totp_code(secret, sizeof(secret), now_ms / TOTP_STEP_MS + by, TOTP_DIGITS, code);
		bool near_enough = by >= -1 && by <= 1;
		assert_int_equal(totp_check(secret, code, now_ms, 0, &step), near_enough);
		if (near_enough)
			assert_false(totp_check(secret, code, now_ms, step, &step));
	}
	assert_false(totp_check(secret, "", now_ms, 0, &step));
	assert_false(totp_check(secret, "0000000", now_ms, 0, &step));
}

static void
a_secret_is_written_in_base32(void **state)
{
	uint8_t secret[TOTP_SECRET_BYTES];
	char text[TOTP_BASE32_CHARS + 1];
	(void)state;
	memcpy(secret, "12345678901234567890123456789012", sizeof(secret));
	totp_base32(secret, text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA");
}

static void
a_password_is_argon2id_with_its_salt(void **state)
{
	uint8_t salt[PASSWORD_SALT_BYTES] = { 1 }, a[32], b[32];
	char longest[PASSWORD_MAX_BYTES + 2];
	struct err err = { 0 };
	(void)state;
	assert_int_equal(password_hash("correct horse", salt, a, &err), 0);
	assert_int_equal(password_hash("correct horse", salt, b, &err), 0);
	assert_memory_equal(a, b, sizeof(a));
	salt[0] = 2;
	assert_int_equal(password_hash("correct horse", salt, b, &err), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	memset(longest, 'x', sizeof(longest));
	longest[PASSWORD_MAX_BYTES] = '\0';
	assert_int_equal(password_hash(longest, salt, b, &err), 0);
	longest[PASSWORD_MAX_BYTES] = 'x';
	longest[PASSWORD_MAX_BYTES + 1] = '\0';
	assert_int_equal(password_hash(longest, salt, b, &err), FAULT_BAD_INPUT);
}

static const char *
folded(void (*fold)(const char *, struct buf *), const char *text)
{
	static char out[SEARCH_MAX_BYTES + 1];
	struct buf b;
	buf_init(&b, SEARCH_MAX_BYTES);
	fold(text, &b);
	assert_true(b.bytes < sizeof(out));
	memcpy(out, b.bytes > 0 ? (const char *)b.p : "", b.bytes);
	out[b.bytes] = '\0';
	buf_done(&b);
	return out;
}

/* 住民記録システム標準仕様書 2.1.2 */
static void
readings_that_sound_alike_are_found_alike(void **state)
{
	static const char *const alike[][2] = {
		{ "ミホン　タロウ", "ミホンタロウ" },
		{ "ミホン　タロウ", "みほん たろう" },
		{ "ミホン　タロウ", "ﾐﾎﾝ ﾀﾛｳ" },
		{ "ワタナベ", "ワタナヘ" },
		{ "ワタナベ", "ﾜﾀﾅﾍﾞ" },
		{ "ハットリ", "ハツトリ" },
		{ "キョウコ", "キヨウコ" },
		{ "サトー", "サトウ" },
		{ "サト−", "サトウ" },
		{ "コオリヤマ", "コウリヤマ" },
		{ "ヴィトン", "ウイトン" },
		{ "パク", "ハク" },
		{ "ヂヅ", "チツ" },
		{ "MIHON MIN", "ｍｉｈｏｎ　ｍｉｎ" },
	};
	static const char *const unlike[][2] = { { "タロウ", "ジロウ" }, { "サトウ", "サイトウ" },
		{ "ミホン", "ミホ" } };
	char first[SEARCH_MAX_BYTES + 1];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(alike); i++) {
		strcpy(first, folded(search_fold_kana, alike[i][0]));
		assert_string_equal(first, folded(search_fold_kana, alike[i][1]));
	}
	for (size_t i = 0; i < N_ELEMENTS(unlike); i++) {
		strcpy(first, folded(search_fold_kana, unlike[i][0]));
		assert_string_not_equal(first, folded(search_fold_kana, unlike[i][1]));
	}
}

static void
dates_are_found_however_they_are_written(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "昭和５５年４月１日", "1980-04-01" },
		{ "昭和55年4月1日", "1980-04-01" },
		{ "S55.4.1", "1980-04-01" },
		{ "s55/04/01", "1980-04-01" },
		{ "19800401", "1980-04-01" },
		{ "1980-4-1", "1980-04-01" },
		{ "１９９０年２月３日", "1990-02-03" },
		{ "令和元年５月１日", "2019-05-01" },
		{ "明治45年7月30日", "1912-07-30" },
		{ "平成２２年２月２９日", "2010-02-29" }, /* it is recorded so */
		{ "昭和５８年月日不詳", "昭和58--不詳" },
		{ "1980-13-01", "1980-13-01" },
		{ "", "" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_string_equal(folded(search_fold_date, t[i].text), t[i].want);
}

static void
keys_of_two_municipalities_have_nothing_in_common(void **state)
{
	static const uint8_t dek[32] = { 9 };
	const struct resident r = { .name_kana = "ミホン　タロウ", .birth = "昭和５５年４月１日" };
	struct vault_hash a[SEARCH_MAX_KEYS], b[SEARCH_MAX_KEYS], key;
	struct vault va, vb;
	(void)state;
	vault_init(&va, (struct muni_code){ "991015" }, dek);
	vault_init(&vb, (struct muni_code){ "991023" }, dek);
	assert_int_equal(search_keys_of(&va, &r, a), 3);
	assert_int_equal(search_keys_of(&vb, &r, b), 3);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < 3; k++)
			assert_memory_not_equal(a[i].b, b[k].b, VAULT_HASH_BYTES);
	search_key_kana(&va, "みほんたろう", &key);
	assert_memory_equal(key.b, a[0].b, VAULT_HASH_BYTES);
	search_key_first(&va, "ミホン", &key);
	assert_memory_equal(key.b, a[1].b, VAULT_HASH_BYTES);
	search_key_birth(&va, "S55.4.1", &key);
	assert_memory_equal(key.b, a[2].b, VAULT_HASH_BYTES);
}

static void
keys_that_are_remembered_are_those_that_are_made(void **state)
{
	static const uint8_t dek[32] = { 9 };
	static const struct resident t[] = {
		{ .name_kana = "ミホン　タロウ", .birth = "昭和５５年４月１日" },
		{ .name_kana = "ミホン　ハナコ", .birth = "昭和５５年４月２日" },
		{ .name_kana = "ミホン", .birth = "ミホン" }, /* one text, two kinds */
		{ .name_kana = "19800401 X", .birth = "19800401" },
		{ .name_kana = "アイウエオカキクケコサシスセ　タロウ" }, /* 42 bytes of 氏 */
		{ .name_kana =
			"アイウエオカキクケコサシスセA　タロウ" }, /* 43, as long as is kept */
		{ .name_kana = "アイウエオカキクケコサシスセB　タロウ" },
		{ .name_kana = "アイウエオカキクケコサシスセAA　タロウ" }, /* one past it */
		{ .name_kana = "アイウエオカキクケコサシスセAB　タロウ" },
		{ .kyu_uji_kana = "ミ",
		    .tsusho_kana = "ホ ン",
		    .name_latin = "A B",
		    .birth = "不詳" },
		{ .name_kana = "", .birth = "" },
	};
	struct vault v;
	(void)state;
	vault_init(&v, (struct muni_code){ "991015" }, dek);
	struct search_known *k = search_known_new(&v);
	for (unsigned i = 0; i < 3 * N_ELEMENTS(t); i++) {
		struct vault_hash made[SEARCH_MAX_KEYS], known[SEARCH_MAX_KEYS];
		const struct resident *r = &t[i % N_ELEMENTS(t)];
		unsigned n = search_keys_of(&v, r, made);
		assert_int_equal(search_known_keys(k, r, known), n);
		for (unsigned m = 0; m < n; m++) {
			assert_int_equal(known[m].bytes, made[m].bytes);
			assert_memory_equal(known[m].b, made[m].b, made[m].bytes);
		}
	}
	search_known_free(k);
	search_known_free(NULL);
}

/* More of them than there are places. */
static void
a_key_that_took_anothers_place_is_not_taken_for_it(void **state)
{
	static const uint8_t dek[32] = { 9 };
	struct vault v;
	(void)state;
	vault_init(&v, (struct muni_code){ "991015" }, dek);
	struct search_known *k = search_known_new(&v);
	for (unsigned i = 0; i < 80000; i++) {
		char birth[32];
		struct vault_hash made, known[SEARCH_MAX_KEYS];
		(void)snprintf(birth, sizeof(birth), "%u", i % 40000);
		const struct resident r = { .birth = birth };
		search_key_birth(&v, birth, &made);
		assert_int_equal(search_known_keys(k, &r, known), 1);
		assert_memory_equal(known[0].b, made.b, made.bytes);
	}
	search_known_free(k);
}

static void
a_text_longer_than_any_name_or_date_is_found_as_none(void **state)
{
	static const uint8_t dek[32] = { 9 };
	char text[SEARCH_MAX_BYTES + 2];
	struct vault_hash none, key;
	struct vault v;
	(void)state;
	vault_init(&v, (struct muni_code){ "991015" }, dek);
	memset(text, 'X', sizeof(text));
	text[SEARCH_MAX_BYTES + 1] = '\0';
	search_key_kana(&v, "", &none);
	search_key_kana(&v, text, &key);
	assert_memory_equal(key.b, none.b, VAULT_HASH_BYTES);
	search_key_kana(&v, text + 1, &key); /* as long as one may be */
	assert_memory_not_equal(key.b, none.b, VAULT_HASH_BYTES);
	search_key_birth(&v, "", &none);
	search_key_birth(&v, text, &key);
	assert_memory_equal(key.b, none.b, VAULT_HASH_BYTES);
	search_key_birth(&v, text + SEARCH_MAX_BYTES / 2, &key);
	assert_memory_not_equal(key.b, none.b, VAULT_HASH_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_rfc_6238),
		cmocka_unit_test(a_code_counts_once_and_a_step_early_or_late),
		cmocka_unit_test(a_secret_is_written_in_base32),
		cmocka_unit_test(a_password_is_argon2id_with_its_salt),
		cmocka_unit_test(readings_that_sound_alike_are_found_alike),
		cmocka_unit_test(dates_are_found_however_they_are_written),
		cmocka_unit_test(keys_of_two_municipalities_have_nothing_in_common),
		cmocka_unit_test(keys_that_are_remembered_are_those_that_are_made),
		cmocka_unit_test(a_key_that_took_anothers_place_is_not_taken_for_it),
		cmocka_unit_test(a_text_longer_than_any_name_or_date_is_found_as_none),
	};
	return cmocka_run_group_tests_name("staff", tests, NULL, NULL);
}

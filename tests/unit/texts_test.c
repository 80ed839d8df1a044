/* SPDX-License-Identifier: Apache-2.0 */
/* Every end has words in every language, and none of them tells more than it should. */
#include "tests/unit/unit.h"

#include "base/text.h"
#include "kiosk/app/texts.h"
#include "kiosk/ui/pages.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

static const char *const languages[] = { "/ja.json", "/ja-easy.json", "/en.json", "/zh.json",
	"/ko.json", "/vi.json", "/pt.json" };

static json_t *
load(const char *path)
{
	const struct http_page *p = http_page_find(kiosk_pages, path);
	struct err err = { 0 };
	json_t *o = NULL;
	assert_non_null(p);
	assert_int_equal(js_parse(p->p, p->bytes, &o, &err), 0);
	return o;
}

static struct texts *
parse(const char *text, int want)
{
	struct err err = { 0 };
	struct texts *t = NULL;
	assert_int_equal(texts_parse(text, strlen(text), &t, &err), want);
	return t;
}

static void
each_result_has_a_text_for_resident_and_clerk_in_each_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(languages); i++) {
		const struct http_page *p = http_page_find(kiosk_pages, languages[i]);
		AUTO(texts) struct texts *t = parse((const char *)p->p, 0);
		for (int r = 0; r < RESULT_N; r++) {
			const char *key = result_info((enum result)r)->text;
			assert_true(strlen(texts_resident(t, key)) > 0);
			assert_true(strlen(texts_clerk(t, key)) > 0);
		}
		assert_string_equal(texts_resident(t, "no-such-key"), "");
	}
}

/* "{n}" and the like, in the order in which they are used by a phrase: sorted letters. */
static void
holes(const char *s, char out[8])
{
	size_t n = 0;
	for (; (s = strchr(s, '{')) != NULL && n < 7; s++)
		out[n++] = s[1];
	out[n] = '\0';
	if (n == 2 && out[0] > out[1]) {
		char c = out[0];
		out[0] = out[1];
		out[1] = c;
	}
}

static void
all_languages_have_the_same_phrases_with_the_same_holes(void **state)
{
	const char *key;
	json_t *v;
	(void)state;
	AUTO(json_t) json_t *ja = load("/ja.json");
	json_t *a = json_object_get(ja, "ui");
	for (size_t i = 1; i < N_ELEMENTS(languages); i++) {
		AUTO(json_t) json_t *more = load(languages[i]);
		json_t *b = json_object_get(more, "ui");
		assert_int_equal(json_object_size(a), json_object_size(b));
		json_object_foreach(a, key, v)
		{
			char one[8], two[8];
			const char *other = json_string_value(json_object_get(b, key));
			if (other == NULL)
				print_message("# %s: %s\n", languages[i], key);
			assert_non_null(other);
			assert_int_equal(other[0] == '\0', json_string_value(v)[0] == '\0');
			holes(json_string_value(v), one);
			holes(other, two);
			assert_string_equal(one, two);
		}
	}
}

static struct texts_set *
all(void)
{
	struct texts_set *s = NULL;
	struct err err = { 0 };
	assert_int_equal(texts_set_open(kiosk_pages, &s, &err), 0);
	return s;
}

/* What is read aloud of a phrase, NUL behind it. */
static const char *
speech(const struct texts *t, const char *key, const char *n, const char *m)
{
	static char text[4096];
	struct buf b;
	bool numbers = false;
	buf_init(&b, sizeof(text) - 1);
	bool found = texts_speech(t, key, &(struct texts_numbers){ n, m }, &b, &numbers);
	memcpy(text, b.p ? (const char *)b.p : "", b.bytes);
	text[b.bytes] = '\0';
	buf_done(&b);
	return found ? text : NULL;
}

/* Kana, digits, letters and signs: no voice reads kanji right, and no child. */
static bool
is_kanji(int32_t c)
{
	return (c >= 0x3400 && c <= 0x9FFF) || c == 0x3005 || c >= 0x20000;
}

static void
has_a_reading(const struct texts *t, const char *key)
{
	const char *s = speech(t, key, "3", "5");
	assert_non_null(s);
	size_t left = strlen(s);
	for (int32_t c; left > 0 && (c = text_utf8_next(&s, &left)) >= 0;) {
		if (is_kanji(c))
			print_message("# kanji in the reading of %s\n", key);
		assert_false(is_kanji(c));
		assert_true(c != '[' && c != ']' && c != '|' && c != '{' && c != '}');
	}
	assert_int_equal(left, 0);
}

static void
each_japanese_phrase_has_its_reading_in_kana(void **state)
{
	const char *key;
	json_t *v;
	(void)state;
	AUTO(texts_set) struct texts_set *s = all();
	for (int i = 0; i < 2; i++) {
		AUTO(json_t) json_t *file = load(languages[i]);
		const struct texts *t = texts_set_find(s, texts_langs[i]);
		json_object_foreach(json_object_get(file, "ui"), key, v) has_a_reading(t, key);
		json_object_foreach(json_object_get(file, "results"), key, v)
		{
			char name[80];
			(void)snprintf(name, sizeof(name), "result.%s.title", key);
			has_a_reading(t, name);
			(void)snprintf(name, sizeof(name), "result.%s.resident", key);
			has_a_reading(t, name);
		}
	}
}

static void
a_phrase_is_read_with_its_numbers_and_shown_without_its_reading(void **state)
{
	(void)state;
	AUTO(texts_set) struct texts_set *s = all();
	const struct texts *ja = texts_set_find(s, "ja");
	assert_string_equal(
	    speech(ja, "pin.tries", "2", NULL), "あと2かいまでにゅうりょくできます");
	assert_string_equal(speech(ja, "printing.sides", "3", "8"), "8めんのうち3めん");
	assert_string_equal(
	    speech(ja, "pin.tries", NULL, NULL), "あとかいまでにゅうりょくできます");
	assert_string_equal(speech(ja, "result.busy.title", NULL, NULL), "こみあっています");
	assert_string_equal(
	    texts_resident(ja, "no-card"), "カードを読み取り台の中央に置いてください。");
	assert_string_equal(speech(texts_set_find(s, "en"), "yen", "300", NULL), "300 yen");
	static const char *const none[] = { "", "result.", "result.busy", "result.busy.clerk",
		"result..title", "result.nothing.title", "no-such-phrase", "results", "lang" };
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		assert_null(speech(ja, none[i], NULL, NULL));
	assert_null(texts_set_find(s, "de"));
	assert_null(texts_set_find(s, ""));
}

static void
a_broken_reading_is_refused_at_the_start(void **state)
{
	static const char *const bad[] = { "[漢字", "[漢字]", "[漢字|]", "[|かな]", "漢字]", "a|b",
		"{n", "{", "{nn}", "a}" };
	(void)state;
	AUTO(json_t) json_t *file = load("/ja.json");
	json_t *ui = json_object_get(file, "ui");
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct texts *got = NULL;
		struct err err = { 0 };
		struct buf b;
		js_put_text(ui, "back", bad[i]);
		buf_init(&b, TEXTS_MAX_BYTES);
		assert_int_equal(js_format(file, &b, &err), 0);
		assert_int_equal(texts_parse(b.p, b.bytes, &got, &err), FAULT_CONFIG);
		buf_done(&b);
	}
}

/* docs/PROTOCOL.md sections 2, 3 and 5: what a center or server may answer a kiosk. */
static void
each_code_of_the_protocol_is_known(void **state)
{
	static const char *const codes[] = { "nonce-unknown", "card-not-valid", "card-expired",
		"card-revoked", "card-on-hold", "card-status-unknown", "not-registered",
		"closed-hours", "municipality-stopped", "replica-stale", "busy", "bad-input",
		"session-expired", "not-available", "not-offered", "cannot-be-printed",
		"order-mismatch", "order-gone", "timeout", "release-refused", "release-spent",
		"integrity", "unavailable", "internal" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(codes); i++)
		assert_string_equal(result_info(result_from_center(codes[i]))->code, codes[i]);
}

/* 申出による停止 and 支援措置: a bystander who reads the screen learns nothing. */
static void
the_words_for_the_window_name_no_reason(void **state)
{
	static const char *const never[] = { "停止", "抑止", "支援", "転出", "死亡", "除票", "申出",
		"ブロック", "とめて", "blocked", "suppress", "deceased", "moved", "停止", "支援",
		"迁出", "死亡", "정지", "지원", "전출", "사망", "tạm dừng", "chuyển", "đã mất",
		"suspen", "mudan", "falec" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(languages); i++) {
		const struct http_page *p = http_page_find(kiosk_pages, languages[i]);
		AUTO(texts) struct texts *t = parse((const char *)p->p, 0);
		for (size_t k = 0; k < N_ELEMENTS(never); k++) {
			assert_null(strstr(texts_resident(t, "ask-window"), never[k]));
			assert_null(strstr(texts_clerk(t, "ask-window"), never[k]));
		}
	}
}

static void
texts_with_a_gap_or_too_much_are_refused_at_the_start(void **state)
{
	(void)state;
	static const char *const t[] = { "", "[]", "{}",
		"{\"lang\":\"ja\",\"name\":\"x\",\"ui\":{},\"results\":{}}",
		"{\"lang\":\"ja\",\"name\":\"x\",\"ui\":{},\"results\":[]}" };
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_null(parse(t[i], FAULT_CONFIG));
	struct err err = { 0 };
	struct buf b;
	AUTO(json_t) json_t *good = load("/ja.json");
	json_t *results = json_object_get(good, "results");
	for (int round = 0; round < 4; round++) {
		struct texts *got = NULL;
		json_t *row = json_object();
		js_put_text(row, "title", "a");
		js_put_text(row, "resident", round == 1 ? "" : "b"); /* an empty one */
		js_put_text(row, "clerk", "c");
		if (round == 2)
			js_put_text(row, "more", "d");
		const char *key = round == 3 ? "text-of-nothing" : "busy";
		js_put(results, key, row);
		buf_init(&b, TEXTS_MAX_BYTES);
		assert_int_equal(js_format(good, &b, &err), 0);
		int want = round == 0 ? 0 : FAULT_CONFIG;
		assert_int_equal(texts_parse(b.p, b.bytes, &got, &err), want);
		texts_free(got);
		buf_done(&b);
	}
}

static void
pages_are_all_there_and_load_nothing_from_elsewhere(void **state)
{
	static const char *const paths[] = { "/", "/kiosk.css", "/kiosk.js", "/screens.js",
		"/parts.js", "/el.js", "/voice.js", "/icons.js", "/icon.svg" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
		const struct http_page *p = http_page_find(kiosk_pages, paths[i]);
		assert_non_null(p);
		const char *s = (const char *)p->p;
		assert_null(strstr(s, "https://"));
		assert_null(strstr(s, "innerHTML"));
		assert_null(strstr(s, "eval("));
		assert_null(strstr(s, " style=\""));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_result_has_a_text_for_resident_and_clerk_in_each_language),
		cmocka_unit_test(all_languages_have_the_same_phrases_with_the_same_holes),
		cmocka_unit_test(each_japanese_phrase_has_its_reading_in_kana),
		cmocka_unit_test(a_phrase_is_read_with_its_numbers_and_shown_without_its_reading),
		cmocka_unit_test(a_broken_reading_is_refused_at_the_start),
		cmocka_unit_test(each_code_of_the_protocol_is_known),
		cmocka_unit_test(the_words_for_the_window_name_no_reason),
		cmocka_unit_test(texts_with_a_gap_or_too_much_are_refused_at_the_start),
		cmocka_unit_test(pages_are_all_there_and_load_nothing_from_elsewhere),
	};
	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every end has words in every language, and none of them tells more than it should. */
#include "tests/unit/unit.h"

#include "base/text.h"
#include "kiosk/app/texts.h"
#include "kiosk/ui/pages.h"
#include "wire/js.h"

#include <string.h>

static const char *const languages[] = { "/ja.json", "/en.json" };

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
	AUTO(json_t) json_t *en = load("/en.json");
	json_t *a = json_object_get(ja, "ui");
	json_t *b = json_object_get(en, "ui");
	assert_int_equal(json_object_size(a), json_object_size(b));
	json_object_foreach(a, key, v)
	{
		char one[8], two[8];
		const char *other = json_string_value(json_object_get(b, key));
		if (other == NULL)
			print_message("# %s\n", key);
		assert_non_null(other);
		holes(json_string_value(v), one);
		holes(other, two);
		assert_string_equal(one, two);
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
		"ブロック", "blocked", "suppress", "deceased", "moved" };
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
		"/parts.js", "/el.js", "/icons.js", "/icon.svg" };
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
		cmocka_unit_test(each_code_of_the_protocol_is_known),
		cmocka_unit_test(the_words_for_the_window_name_no_reason),
		cmocka_unit_test(texts_with_a_gap_or_too_much_are_refused_at_the_start),
		cmocka_unit_test(pages_are_all_there_and_load_nothing_from_elsewhere),
	};
	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}

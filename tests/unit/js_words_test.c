/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of js_parse() beside jansson's. */
#include "tests/unit/unit.h"

#include "wire/js.h"

#include <string.h>

/* With a blank in front jansson reads it. */
static void
an_object_of_plain_words_is_read_as_any_other(void **state)
{
	static const char *const t[] = {
		"{\"a\":\"b\"}",
		"{\"manifest\":\"eyJ.x-_.09\",\"papers\":\"\"}",
		"{\"a\":\"b\",\"a\":\"b\"}",
		"{\"\":\"b\"}",
		"{\"a\":\"b\"}}",
		"{\"a\":\"b\",}",
		"{\"a\":\"b\" }",
		"{\"a\":\"b c\"}",
		"{\"a\":\"b\\u0000\"}",
		"{\"a\":\"b\xFF\"}",
		"{\"a\":1}",
		"{\"a\":\"b\";\"c\":\"d\"}",
		"{\"a234567890123456789012345678901\":\"\",\"a2345678901234567890123456789012\":"
		"\"\"}",
	};
	AUTO(arena) struct arena *a = arena_new(65536);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		for (size_t n = 1; n <= strlen(t[i]); n++) {
			AUTO(json_t) json_t *fast = NULL;
			AUTO(json_t) json_t *slow = NULL;
			struct err err = { 0 };
			const char *s = arena_printf(a, " %.*s", (int)n, t[i]);
			int want = js_parse(s, n + 1, &slow, &err);
			assert_int_equal(js_parse(s + 1, n, &fast, &err), want);
			assert_true(want != 0 || json_equal(fast, slow));
		}
}

/* Longer than what is looked at in one go, and a letter that is none at each place of it. */
static void
a_long_word_is_read_to_its_end_and_no_odd_letter_is_passed_over(void **state)
{
	static const char odd[] = "\"\\ /+=:,@[`{\x7F\xC3\x01";
	char text[160];
	(void)state;
	for (size_t bytes = 0; bytes < 130; bytes++) {
		AUTO(json_t) json_t *j = NULL;
		struct err err = { 0 };
		int n = snprintf(text, sizeof(text), "{\"w\":\"%.*s\"}", (int)bytes,
		    "azAZ09-_.mMnN5Bq8azAZ09-_.mMnN5Bq8azAZ09-_.mMnN5Bq8azAZ09-_.mMnN5Bq8"
		    "azAZ09-_.mMnN5Bq8azAZ09-_.mMnN5Bq8azAZ09-_.mMnN5Bq8azAZ09-_.mMnN5Bq8");
		assert_int_equal(js_parse(text, (size_t)n, &j, &err), 0);
		assert_int_equal(json_string_length(json_object_get(j, "w")), bytes);
		for (size_t at = 0; at < bytes; at++) {
			const char was = text[6 + at];
			AUTO(json_t) json_t *fast = NULL;
			AUTO(json_t) json_t *slow = NULL;
			char spaced[sizeof(text) + 1] = " ";
			text[6 + at] = odd[(bytes + at) % (sizeof(odd) - 1)];
			memcpy(spaced + 1, text, (size_t)n);
			int want = js_parse(spaced, (size_t)n + 1, &slow, &err);
			assert_int_equal(js_parse(text, (size_t)n, &fast, &err), want);
			assert_true(want != 0 || json_equal(fast, slow));
			text[6 + at] = was;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_of_plain_words_is_read_as_any_other),
		cmocka_unit_test(a_long_word_is_read_to_its_end_and_no_odd_letter_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

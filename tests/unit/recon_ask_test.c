/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/recon_ask.h"
#include "tests/unit/unit.h"

#include <string.h>

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SUM "00112233445566778899aabbccddeeff"
#define RUN(rest) "{\"v\":1,\"run\":" rest "}"
#define RANGES(bits, list) "{\"v\":1,\"run\":1,\"bits\":" bits ",\"prefixes\":[" list "]}"
#define CHECK(list) "{\"v\":1,\"key\":\"" KEY "\",\"persons\":[" list "]}"
#define MEND(list) "{\"v\":1,\"muni\":\"991015\",\"key\":\"" KEY "\",\"persons\":[" list "]}"
#define SETTLED(rest) "{\"v\":1,\"muni\":\"991015\",\"run\":7,\"key\":\"" KEY "\"," rest "}"
#define ORDER "{\"atena_no\":\"1\",\"token\":\"t\"}"

static int
parse(enum recon_ask_kind kind, const char *body)
{
	struct recon_ask ask;
	struct err err = { 0 };
	int r = recon_ask_parse(kind, body, strlen(body), &ask, &err);
	if (r == 0)
		recon_ask_done(&ask);
	return r;
}

static void
bodies_that_break_the_protocol_are_refused(void **state)
{
	static const struct {
		enum recon_ask_kind kind;
		const char *body;
		int want;
	} t[] = {
		{ RECON_ASK_RUN, "{\"v\":1,\"key\":\"" KEY "\"}", 0 },
		{ RECON_ASK_RUN, "{\"v\":2,\"key\":\"" KEY "\"}", FAULT_BAD_INPUT },
		{ RECON_ASK_RUN, "{\"v\":1,\"key\":\"" KEY "00\"}", FAULT_BAD_INPUT },
		{ RECON_ASK_RUN, "{\"v\":1,\"key\":\"00\"}", FAULT_BAD_INPUT },
		{ RECON_ASK_RUN, "{\"v\":1}", FAULT_BAD_INPUT },
		{ RECON_ASK_RUN, "{\"v\":1,\"key\":\"" KEY "\",\"run\":1}", FAULT_BAD_INPUT },
		{ RECON_ASK_RUN, "{\"v\":1,\"key\":\"" KEY "\"", FAULT_BAD_INPUT },
		{ RECON_ASK_RUN, "", FAULT_BAD_INPUT }, { RECON_ASK_RUN, "[]", FAULT_BAD_INPUT },
		{ RECON_ASK_OF, RUN("1"), 0 }, { RECON_ASK_OF, RUN("9223372036854775807"), 0 },
		{ RECON_ASK_OF, RUN("0"), FAULT_BAD_INPUT },
		{ RECON_ASK_OF, RUN("-1"), FAULT_BAD_INPUT },
		{ RECON_ASK_OF, RUN("\"1\""), FAULT_BAD_INPUT },
		{ RECON_ASK_OF, RUN("1,\"run\":2"), FAULT_BAD_INPUT },
		{ RECON_ASK_RANGES, RANGES("0", ""), 0 },
		{ RECON_ASK_RANGES, RANGES("0", "\"0123456789abcdef\""), 0 },
		{ RECON_ASK_RANGES, RANGES("-1", ""), FAULT_BAD_INPUT },
		{ RECON_ASK_RANGES, RANGES("64", ""), FAULT_BAD_INPUT },
		{ RECON_ASK_RANGES, RANGES("0", "\"0123456789abcde\""), FAULT_BAD_INPUT },
		{ RECON_ASK_RANGES, RANGES("0", "\"0123456789abcdef0\""), FAULT_BAD_INPUT },
		{ RECON_ASK_RANGES, RANGES("0", "\"0123456789abcdeg\""), FAULT_BAD_INPUT },
		{ RECON_ASK_RANGES, RANGES("0", "7"), FAULT_BAD_INPUT },
		{ RECON_ASK_CHECK, CHECK(""), 0 },
		{ RECON_ASK_CHECK, CHECK("\"123456789012345\""), 0 },
		{ RECON_ASK_CHECK, CHECK("\"1234567890123456\""), FAULT_BAD_INPUT },
		{ RECON_ASK_CHECK, CHECK("\"\""), FAULT_BAD_INPUT },
		{ RECON_ASK_CHECK, CHECK("\"\\u0001\""), FAULT_BAD_INPUT },
		{ RECON_ASK_CHECK, CHECK("{}"), FAULT_BAD_INPUT }, { RECON_ASK_MEND, MEND(""), 0 },
		{ RECON_ASK_MEND, MEND(ORDER), 0 },
		{ RECON_ASK_MEND,
		    MEND("{\"atena_no\":\"1\",\"token\":\"t\",\"sum\":\"" SUM "\",\"records\":[]}"),
		    0 },
		{ RECON_ASK_MEND, MEND("{\"atena_no\":\"1\",\"token\":\"t\",\"records\":[]}"),
		    FAULT_BAD_INPUT },
		{ RECON_ASK_MEND,
		    MEND("{\"atena_no\":\"1\",\"token\":\"t\",\"sum\":\"" SUM
			 "00\",\"records\":[]}"),
		    FAULT_BAD_INPUT },
		{ RECON_ASK_MEND, MEND("{\"atena_no\":\"1\"}"), FAULT_BAD_INPUT },
		{ RECON_ASK_MEND, MEND("{\"atena_no\":\"1\",\"token\":\"t\",\"x\":1}"),
		    FAULT_BAD_INPUT },
		{ RECON_ASK_MEND, MEND("7"), FAULT_BAD_INPUT },
		{ RECON_ASK_MEND,
		    "{\"v\":1,\"muni\":\"991016\",\"key\":\"" KEY "\",\"persons\":[]}",
		    FAULT_BAD_INPUT }, /* 検査数字 */
		{ RECON_ASK_MEND, "{\"v\":1,\"key\":\"" KEY "\",\"persons\":[]}", FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED, SETTLED("\"open\":0"), 0 },
		{ RECON_ASK_SETTLED, SETTLED("\"open\":4000000"), 0 },
		{ RECON_ASK_SETTLED, SETTLED("\"open\":4000001"), FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED, SETTLED("\"open\":-1"), FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED, SETTLED("\"open\":\"0\""), FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED, SETTLED("\"left\":0"), FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED, RUN("7"), FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED,
		    "{\"v\":1,\"muni\":\"991015\",\"run\":0,\"key\":\"" KEY "\",\"open\":0}",
		    FAULT_BAD_INPUT },
		{ RECON_ASK_SETTLED,
		    "{\"v\":1,\"muni\":\"991016\",\"run\":7,\"key\":\"" KEY "\",\"open\":0}",
		    FAULT_BAD_INPUT }, /* 検査数字 */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (parse(t[i].kind, t[i].body) != t[i].want)
			fail_msg("%s", t[i].body);
}

/* @n times @item, comma-separated, where "%" stands in @frame. */
static int
parse_many(enum recon_ask_kind kind, const char *frame, const char *item, size_t n)
{
	struct buf b;
	struct recon_ask ask;
	struct err err = { 0 };
	const char *place = strchr(frame, '%');
	buf_init(&b, 1 << 20);
	buf_put(&b, frame, (size_t)(place - frame));
	for (size_t i = 0; i < n; i++) {
		buf_text(&b, i > 0 ? "," : "");
		buf_text(&b, item);
	}
	buf_text(&b, place + 1);
	assert_true(buf_ok(&b));
	int r = recon_ask_parse(kind, b.p, b.bytes, &ask, &err);
	if (r == 0) {
		assert_int_equal(ask.n, n);
		recon_ask_done(&ask);
	}
	buf_done(&b);
	return r;
}

static void
lists_are_as_long_as_their_limits_and_no_longer(void **state)
{
	static const struct {
		enum recon_ask_kind kind;
		const char *frame, *item;
		size_t max;
	} t[] = {
		{ RECON_ASK_RANGES, RANGES("8", "%"), "\"0123456789abcdef\"", RECON_ASK_MAX },
		{ RECON_ASK_CHECK, CHECK("%"), "\"1\"", RECON_ASK_MAX },
		{ RECON_ASK_MEND, MEND("%"), ORDER, RECON_MEND_MAX },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		assert_int_equal(parse_many(t[i].kind, t[i].frame, t[i].item, t[i].max), 0);
		assert_int_equal(
		    parse_many(t[i].kind, t[i].frame, t[i].item, t[i].max + 1), FAULT_BAD_INPUT);
	}
}

static void
what_a_body_says_is_taken_as_it_says(void **state)
{
	struct recon_ask ask;
	struct err err = { 0 };
	const char *body = RANGES("12", "\"0123456789abcdef\"");
	(void)state;
	assert_int_equal(recon_ask_parse(RECON_ASK_RANGES, body, strlen(body), &ask, &err), 0);
	assert_int_equal(ask.run, 1);
	assert_int_equal(ask.n, 1);
	assert_true(ask.ranges[0].prefix == UINT64_C(0x0123456789abcdef));
	assert_int_equal(ask.ranges[0].bits, 12);
	recon_ask_done(&ask);
	body = MEND("{\"atena_no\":\"12\",\"token\":\"t7\",\"sum\":\"" SUM
		    "\",\"records\":[{},{}]}," ORDER);
	assert_int_equal(recon_ask_parse(RECON_ASK_MEND, body, strlen(body), &ask, &err), 0);
	assert_string_equal(ask.muni.s, "991015");
	assert_string_equal(ask.orders[0].atena_no, "12");
	assert_string_equal(ask.orders[0].token, "t7");
	assert_int_equal(json_array_size(ask.orders[0].records), 2);
	assert_null(ask.orders[1].records); /* only to be blocked */
	recon_ask_done(&ask);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_that_break_the_protocol_are_refused),
		cmocka_unit_test(lists_are_as_long_as_their_limits_and_no_longer),
		cmocka_unit_test(what_a_body_says_is_taken_as_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

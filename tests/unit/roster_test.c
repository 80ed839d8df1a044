/* SPDX-License-Identifier: Apache-2.0 */
/* The personnel's roster: what is read, what is refused by which name and at which line. */
#include "tests/unit/unit.h"

#include "base/bytes.h"
#include "server/console/roster_file.h"

#include <string.h>

enum { ARENA_BYTES = 16 << 20 };

static void
rosters_are_read_or_refused_by_name_and_line(void **state)
{
	static const struct {
		const char *text;
		int want;
		unsigned n, line;
	} t[] = {
		{ "職員番号,氏名\nab,見本\n", 0, 1, 0 },
		{ "職員番号,氏名\r\nab,見本\r\ncd,見本\r\n", 0, 2, 0 },
		{ "\xEF\xBB\xBFid\nab", 0, 1, 0 },
		{ "id\n\n\nab\n\n", 0, 1, 0 },
		{ "id\n\"ab\",\"見本, 太郎\"\n", 0, 1, 0 },
		{ "id\n\"ab\"\n", 0, 1, 0 },
		{ "id\nab,\"x\n", 0, 1, 0 }, /* only the first column is ours */
		{ "id\nabcdefgh01234567\n", 0, 1, 0 },
		{ "", ROSTER_E_EMPTY, 0, 0 },
		{ "\xEF\xBB\xBF", ROSTER_E_EMPTY, 0, 0 },
		{ "ab,見本\n", ROSTER_E_EMPTY, 0, 0 }, /* the head */
		{ "id\n\r\n", ROSTER_E_EMPTY, 0, 0 },
		{ "id\nabcdefgh012345678\n", ROSTER_E_ID, 0, 2 },
		{ "id\na\n", ROSTER_E_ID, 0, 2 },
		{ "id\nab\nAB\n", ROSTER_E_ID, 0, 3 },
		{ "id\nab \n", ROSTER_E_ID, 0, 2 },
		{ "id\n,ab\n", ROSTER_E_ID, 0, 2 },
		{ "id\n=ab\n", ROSTER_E_ID, 0, 2 },
		{ "id\nａｂ\n", ROSTER_E_ID, 0, 2 },
		{ "id\n\"\"\n", ROSTER_E_ID, 0, 2 },
		{ "id\nab\rcd\n", ROSTER_E_ID, 0, 2 },
		{ "id\n\"ab\n", ROSTER_E_QUOTE, 0, 2 },
		{ "id\n\"ab\"x,\n", ROSTER_E_QUOTE, 0, 2 },
		{ "id\n\"ab\"\"\n", ROSTER_E_QUOTE, 0, 2 },
		{ "id\nab\ncd\nab\n", ROSTER_E_TWICE, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct roster r = { .n = 99 };
		unsigned line = 99;
		int got = roster_parse(a, t[i].text, &r, &line);
		if (got != t[i].want || line != t[i].line || r.n != (got == 0 ? t[i].n : 99))
			fail_msg("row %zu: %d, %u persons, line %u", i, got, r.n, line);
	}
}

static int
parse_of(const struct buf *b, struct roster *ret, unsigned *ret_line)
{
	static struct arena *a;
	arena_free(a);
	a = arena_new(ARENA_BYTES);
	char *text = arena_strndup(a, (const char *)b->p, b->bytes);
	return roster_parse(a, text, ret, ret_line);
}

static void
a_roster_and_its_lines_have_limits(void **state)
{
	struct roster r;
	struct buf b;
	unsigned line = 0;
	(void)state;
	buf_init(&b, 1 << 20);
	buf_text(&b, "id\n");
	for (unsigned i = 0; i < ROSTER_MAX_LINES; i++)
		buf_printf(&b, "u%u\n", i + 10);
	assert_int_equal(parse_of(&b, &r, &line), 0);
	assert_int_equal(r.n, ROSTER_MAX_LINES);
	assert_true(roster_has(&r, "u10") && roster_has(&r, "u20009"));
	assert_false(roster_has(&r, "u20010") || roster_has(&r, ""));
	buf_text(&b, "one\n");
	assert_int_equal(parse_of(&b, &r, &line), ROSTER_E_TOO_MANY);
	assert_int_equal(line, ROSTER_MAX_LINES + 2);
	buf_done(&b);
	for (unsigned more = 0; more <= 1; more++) {
		buf_init(&b, 1 << 20);
		buf_text(&b, "id\nab,");
		for (unsigned i = 0; i < ROSTER_LINE_MAX_BYTES - 3 + more; i++)
			buf_u8(&b, 'x');
		buf_text(&b, "\r\n");
		assert_int_equal(parse_of(&b, &r, &line), more ? ROSTER_E_LONG : 0);
		assert_int_equal(line, more ? 2 : 0);
		buf_done(&b);
	}
	buf_init(&b, 8);
	(void)parse_of(&b, &r, &line); /* leaves nothing behind */
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rosters_are_read_or_refused_by_name_and_line),
		cmocka_unit_test(a_roster_and_its_lines_have_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

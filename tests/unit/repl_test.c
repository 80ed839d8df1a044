/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of pgoutput messages alone; the live stream is in tests/db. */
#include "tests/unit/unit.h"

#include "base/mem.h"
#include "db/db_private.h"
#include "db/repl.h"

#include <string.h>

/* A literal with its length: messages hold NULs. */
struct bytes {
	const char *p;
	size_t n;
};
#define B(s)                                                                                       \
	{                                                                                          \
		"" s "", sizeof(s) - 1                                                             \
	}

/* Relation 7, "public"."t": key column "id", column "v". */
#define RELATION                                                                                   \
	"R\0\0\0\7public\0t\0d\0\2"                                                                \
	"\1id\0\0\0\0\x19\xFF\xFF\xFF\xFF"                                                         \
	"\0v\0\0\0\0\x19\xFF\xFF\xFF\xFF"

static int
feed(struct repl_relations *rel, struct arena *a, struct bytes m, struct repl_change *c, bool *is)
{
	struct err err = { 0 };
	int r = repl_parse(rel, a, m.p, m.n, c, is, &err);
	assert_int_equal(err.fault, r);
	return r;
}

static void
well_formed_messages_become_changes(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct repl_relations *rel = repl_relations_new();
	struct repl_change c = { 0 };
	bool is = true;
	(void)state;
	assert_int_equal(feed(rel, a, (struct bytes)B(RELATION), &c, &is), 0);
	assert_false(is);
	assert_int_equal(
	    feed(rel, a, (struct bytes)B("I\0\0\0\7N\0\2t\0\0\0\1At\0\0\0\0"), &c, &is), 0);
	assert_true(is);
	assert_int_equal(c.kind, REPL_INSERT);
	assert_string_equal(c.table, "t");
	assert_string_equal(c.columns[0].name, "id");
	assert_string_equal(c.columns[0].text, "A");
	assert_string_equal(c.columns[1].text, "");
	assert_int_equal(
	    feed(rel, a, (struct bytes)B("U\0\0\0\7K\0\2t\0\0\0\1AnN\0\2t\0\0\0\1Bu"), &c, &is), 0);
	assert_int_equal(c.kind, REPL_UPDATE);
	assert_int_equal(c.n_old, 1); /* the key alone */
	assert_string_equal(c.old[0].text, "A");
	assert_true(c.columns[1].unchanged);
	assert_int_equal(feed(rel, a, (struct bytes)B("D\0\0\0\7K\0\2t\0\0\0\1Bn"), &c, &is), 0);
	assert_int_equal(c.n_columns, 1);
	assert_int_equal(feed(rel, a, (struct bytes)B("T\0\0\0\1\0\0\0\0\7"), &c, &is), 0);
	assert_int_equal(c.kind, REPL_TRUNCATE);
	assert_string_equal(c.table, "t");
	assert_int_equal(
	    feed(rel, a, (struct bytes)B("B\0\0\0\1\0\0\0\2\0\0\0\0\0\x0F\x42\x40\0\0\0\5"), &c,
		&is),
	    0);
	assert_int_equal(c.kind, REPL_BEGIN);
	assert_int_equal(c.lsn, 0x100000002);
	assert_int_equal(c.at_ms, 946684801000); /* a second into 2000 */
	assert_int_equal(
	    feed(rel, a,
		(struct bytes)B(
		    "C\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\xFF\xFF\xFF\xFF\xFF\xF0\xBD\xC0"),
		&c, &is),
	    0);
	assert_int_equal(c.lsn, 4);
	assert_int_equal(c.at_ms, 946684799000);
	assert_int_equal(feed(rel, a, (struct bytes)B("Ywhatever"), &c, &is), 0);
	assert_false(is);
	repl_relations_free(rel);
}

static void
messages_against_the_protocol_are_refused(void **state)
{
	static const struct bytes bad[] = {
		B(""), B("X"), B("M"), B("I"),
		B("I\0\0\0\x08N\0\2nn"),        /* a relation nobody announced */
		B("I\0\0\0\7N\0\1n"),           /* too few columns */
		B("I\0\0\0\7N\0\3nnn"),         /* too many */
		B("I\0\0\0\7K\0\2nn"),          /* an insert has no key */
		B("I\0\0\0\7N\0\2nnx"),         /* something behind it */
		B("I\0\0\0\7N\0\2nb\0\0\0\1x"), /* binary */
		B("I\0\0\0\7N\0\2nt\0\0\0\2x"), /* shorter than it says */
		B("I\0\0\0\7N\0\2nt\xFF\xFF\xFF\xFFx"),
		B("I\0\0\0\7N\0\2nt\0\0\0\2x\0"), /* a NUL in a text */
		B("U\0\0\0\7K\0\2nn"),            /* no new row */
		B("U\0\0\0\7N\0\2nnN\0\2nn"), B("D\0\0\0\7N\0\2nn"), B("T\0\0\0\0\0"),
		B("T\0\0\0\2\0\0\0\0\7"), B("T\0\0\0\x41\0"), /* 65 tables */
		B("T\0\0\0\1\0\0\0\0\x08"), B("B\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), B("C\0"),
		B("R\0\0\0\x08public\0t\0d\0\1\1id"), /* no end of the name */
		B("R\0\0\0\x08public"),
		B("R\0\0\0\x08public\0t\0d\0\2\1id\0\0\0\0\x19\0\0\0\0"), /* one of two columns */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		struct repl_relations *rel = repl_relations_new();
		struct repl_change c = { .lsn = 77 };
		bool is = true;
		assert_int_equal(feed(rel, a, (struct bytes)B(RELATION), &c, &is), 0);
		assert_int_equal(feed(rel, a, bad[i], &c, &is), FAULT_BAD_INPUT);
		assert_false(is);
		assert_int_equal(c.lsn, 77);
		/* and what was announced before is still known */
		assert_int_equal(feed(rel, a, (struct bytes)B("I\0\0\0\7N\0\2nn"), &c, &is), 0);
		repl_relations_free(rel);
	}
}

static size_t
relation_message(uint8_t *out, uint8_t oid, unsigned n_columns)
{
	size_t n = 0;
	memcpy(out, "R\0\0\0\0s\0t\0d", 10);
	out[4] = oid;
	n = 10;
	out[n++] = (uint8_t)(n_columns >> 8);
	out[n++] = (uint8_t)n_columns;
	for (unsigned i = 0; i < n_columns; i++, n += 11)
		memcpy(out + n, "\1c\0\0\0\0\x19\0\0\0\0", 11);
	return n;
}

static void
tables_columns_and_bytes_have_a_limit(void **state)
{
	AUTO(arena) struct arena *a = arena_new((size_t)64 << 20);
	struct repl_relations *rel = repl_relations_new();
	struct repl_change c;
	struct err err = { 0 };
	bool is;
	uint8_t m[4096];
	(void)state;
	size_t n = relation_message(m, 1, REPL_MAX_COLUMNS);
	assert_int_equal(repl_parse(rel, a, m, n, &c, &is, &err), 0);
	n = relation_message(m, 1, REPL_MAX_COLUMNS + 1);
	assert_int_equal(repl_parse(rel, a, m, n, &c, &is, &err), FAULT_BAD_INPUT);
	for (unsigned i = 1; i <= REPL_MAX_RELATIONS; i++) {
		n = relation_message(m, (uint8_t)i, 1);
		assert_int_equal(repl_parse(rel, a, m, n, &c, &is, &err), 0);
	}
	n = relation_message(m, REPL_MAX_RELATIONS + 1, 1);
	assert_int_equal(repl_parse(rel, a, m, n, &c, &is, &err), FAULT_BAD_INPUT);
	n = relation_message(m, 1, 1); /* one that is known may come again */
	assert_int_equal(repl_parse(rel, a, m, n, &c, &is, &err), 0);
	uint8_t *big = mem_zero((size_t)REPL_MAX_MESSAGE + 1);
	memset(big, 'x', (size_t)REPL_MAX_MESSAGE + 1);
	memcpy(big, "I\0\0\0\1N\0\1t\0\xFF\xFF\xF3", 13); /* a text of all that is left */
	assert_int_equal(repl_parse(rel, a, big, REPL_MAX_MESSAGE, &c, &is, &err), 0);
	assert_int_equal(strlen(c.columns[0].text), REPL_MAX_MESSAGE - 13);
	big[12]++;
	assert_int_equal(
	    repl_parse(rel, a, big, (size_t)REPL_MAX_MESSAGE + 1, &c, &is, &err), FAULT_BAD_INPUT);
	mem_free(big);
	repl_relations_free(rel);
}

static void
a_position_is_two_halves_of_hex_digits_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		bool want;
		uint64_t lsn;
	} t[] = {
		{ "0/0", true, 0 },
		{ "16/B374D848", true, UINT64_C(0x16B374D848) },
		{ "FFFFFFFF/FFFFFFFF", true, UINT64_MAX },
		{ "FFFFFFFF0/0", false, 0 }, /* nine digits */
		{ "0/FFFFFFFF0", false, 0 },
		{ "16/b374d848", false, 0 },
		{ " 16/B374D848", false, 0 },
		{ "16/ B374D848", false, 0 },
		{ "+16/0", false, 0 },
		{ "0x16/0", false, 0 },
		{ "16/0 ", false, 0 },
		{ "16/", false, 0 },
		{ "/16", false, 0 },
		{ "16", false, 0 },
		{ "", false, 0 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		uint64_t lsn = 7;
		assert_int_equal(db_lsn_parse(t[i].text, &lsn), t[i].want);
		assert_int_equal(lsn, t[i].want ? t[i].lsn : 7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_messages_become_changes),
		cmocka_unit_test(messages_against_the_protocol_are_refused),
		cmocka_unit_test(tables_columns_and_bytes_have_a_limit),
		cmocka_unit_test(a_position_is_two_halves_of_hex_digits_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

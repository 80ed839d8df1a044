/* SPDX-License-Identifier: Apache-2.0 */
/* What the municipality prints of itself: the next order bears what two people made, or none is
 * issued. */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

enum { HOUR_MS = 3600000 };

static struct buf content;

static void
content_make(const char *mayor)
{
	struct imprint m;
	imprint_of_profile(&rig.profile, &m);
	m.mayor = mayor;
	m.form = PROFILE_KOJIN;
	buf_done(&content);
	buf_init(&content, IMPRINT_MAX_BYTES);
	imprint_encode(&m, &content);
	assert_true(buf_ok(&content));
}

static const char *
hex(const void *p, size_t bytes)
{
	char *s = arena_zero(rig.a, 2 * bytes + 1);
	text_hex_format(p, bytes, s);
	return s;
}

/* As the console writes it, by one person. */
static void
proposed(int64_t number, int64_t base, const char *mayor)
{
	content_make(mayor);
	const struct vault_sealed sealed =
	    imprint_row_seal(&rig.vault, rig.a, number, content.p, content.bytes);
	rig_sql(
	    "INSERT INTO imprint (number, base, sealed, digest, note, proposed_by, proposed_ms) "
	    "VALUES (%lld, %lld, decode('%s', 'hex'), decode(repeat('00', 32), 'hex'), '', "
	    "'unyo1', 1)",
	    (long long)number, (long long)base, hex(sealed.p, sealed.bytes));
}

/* And by the other. */
static void
approved(int64_t number, int64_t holds_ms)
{
	uint8_t tag[IMPRINT_TAG_BYTES];
	imprint_row_tag(&rig.vault, number, holds_ms, content.p, content.bytes, tag);
	rig_sql("UPDATE imprint SET approved_by = 'shonin1', approved_ms = 1, holds_ms = %lld, "
		"tag = decode('%s', 'hex') WHERE number = %lld",
	    (long long)holds_ms, hex(tag, sizeof(tag)), (long long)number);
}

/* The version on the papers of a new order, or the refusal. */
static int64_t
ordered(const struct rig_session *s)
{
	struct order o = rig_order_of(s, DOC_JUMINHYO, ORDER_HOUSEHOLD);
	struct rig_reply r = rig_order(s, &o);
	int result = r.result;
	rig_reply_done(&r);
	if (result != 0)
		return result;
	const char *which =
	    rig_value("SELECT imprint FROM issue ORDER BY issued_ms DESC, imprint DESC LIMIT 1");
	uint64_t n = 0;
	assert_true(text_u64_parse(which, strlen(which), INT64_MAX, &n));
	return (int64_t)n;
}

static void
the_next_order_bears_what_was_approved_and_from_its_instant_on(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	int64_t now_ms = clock_now_ms();
	assert_int_equal(ordered(&s), 0);
	proposed(1, 0, "見本　一");
	assert_int_equal(ordered(&s), 0); /* by one person alone it is nothing */
	approved(1, now_ms + HOUR_MS);
	assert_int_equal(ordered(&s), 0); /* not yet */
	approved(1, now_ms - 1000);
	assert_int_equal(ordered(&s), 1);
	/* 個人票: three of the household, a page each. */
	assert_string_equal(rig_value("SELECT max(pages) FROM issue_copy"), "3");
	proposed(2, 1, "見本　二");
	approved(2, now_ms + HOUR_MS);
	assert_int_equal(ordered(&s), 1);
	rig_sql("UPDATE imprint SET ended_by = 'unyo1', ended_ms = 1 WHERE number = 2");
	proposed(3, 1, "見本　三");
	approved(3, clock_now_ms());
	assert_int_equal(ordered(&s), 3);
	rig_session_end(&s);
}

static void
what_nobody_with_the_key_approved_stops_every_order(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	proposed(4, 0, "見本　四");
	rig_sql("UPDATE imprint SET approved_by = 'shonin1', approved_ms = 1, holds_ms = 1, "
		"tag = decode(repeat('ab', 32), 'hex')");
	assert_int_equal(ordered(&s), FAULT_INTEGRITY);
	approved(4, 1);
	assert_int_equal(ordered(&s), 4);
	rig_sql("UPDATE imprint SET tag = decode(repeat('ab', 32), 'hex')");
	assert_int_equal(ordered(&s), FAULT_INTEGRITY);
	proposed(5, 4, "見本　五");
	approved(5, 3);
	rig_sql("UPDATE imprint SET sealed = (SELECT sealed FROM imprint WHERE number = 4) "
		"WHERE number = 5"); /* another version's content */
	assert_int_equal(ordered(&s), FAULT_INTEGRITY);
	rig_session_end(&s);
}

/* Each in a transaction of its own that is rolled back, as @role. */
static const char *
tried(const char *role, const char *act)
{
	rig_sql("CREATE OR REPLACE FUNCTION tried() RETURNS text LANGUAGE plpgsql AS $f$ "
		"BEGIN SET LOCAL ROLE %s; %s; RETURN 'done'; "
		"EXCEPTION WHEN insufficient_privilege THEN RETURN 'right'; "
		"WHEN check_violation THEN RETURN 'check'; "
		"WHEN unique_violation THEN RETURN 'unique'; END $f$",
	    role, act);
	return rig_value("SELECT tried()");
}

static void
each_role_does_its_part_and_no_row_is_changed_or_lost(void **state)
{
#define ADD(n, base)                                                                               \
	"INSERT INTO imprint (number, base, sealed, digest, note, proposed_by, proposed_ms) "      \
	"VALUES (" n ", " base ", '\\x01', decode(repeat('00', 32), 'hex'), '', 'unyo1', 1)"
#define APPROVE(by, holds)                                                                         \
	"UPDATE imprint SET approved_by = '" by "', approved_ms = 5, holds_ms = " holds            \
	", tag = decode(repeat('00', 32), 'hex') WHERE number = 1"
	static const struct {
		const char *role, *act, *want;
	} t[] = {
		{ "kofu_front", "PERFORM number, sealed, holds_ms, tag FROM imprint", "done" },
		{ "kofu_front", "PERFORM note FROM imprint", "right" },
		{ "kofu_front", "PERFORM proposed_by FROM imprint", "right" },
		{ "kofu_front", ADD("1", "0"), "right" },
		{ "kofu_front", "UPDATE imprint SET tag = NULL", "right" },
		{ "kofu_sync", "PERFORM number FROM imprint", "right" },
		{ "kofu_audit", "PERFORM number FROM imprint", "right" },
		{ "kofu_console",
		    "INSERT INTO imprint (number, base, sealed, digest, note, proposed_by, "
		    "proposed_ms, approved_by) VALUES (1, 0, '\\x01', decode(repeat("
		    "'00', 32), 'hex'), '', 'unyo1', 1, 'x')",
		    "right" },
		{ "kofu_console", ADD("0", "0"), "check" },
		{ "kofu_console", ADD("1", "1"), "check" },
		{ "kofu_console", ADD("1", "0"), "done" },
		{ "kofu_console", ADD("1", "0"), "unique" },
		{ "kofu_console", APPROVE("unyo1", "5"), "check" },   /* the same person */
		{ "kofu_console", APPROVE("shonin1", "4"), "check" }, /* before it was approved */
		{ "kofu_console", "UPDATE imprint SET approved_by = 'shonin1'", "check" },
		{ "kofu_console", APPROVE("shonin1", "5"), "done" },
		{ "kofu_console", "UPDATE imprint SET ended_by = 'unyo1', ended_ms = 5", "check" },
		{ "kofu_console", "UPDATE imprint SET ended_by = 'unyo1', ended_ms = 4", "done" },
		{ "kofu_console", "UPDATE imprint SET sealed = '\\x02'", "right" },
		{ "kofu_console", "UPDATE imprint SET digest = sealed", "right" },
		{ "kofu_console", "UPDATE imprint SET from_ms = 1", "right" },
		{ "kofu_console", "DELETE FROM imprint", "right" },
		{ "kofu_console", "TRUNCATE imprint", "right" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		const char *got = tried(t[i].role, t[i].act);
		if (strcmp(got, t[i].want) != 0)
			fail_msg("%s: %s: %s", t[i].role, t[i].act, got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    the_next_order_bears_what_was_approved_and_from_its_instant_on, rig_reset),
		cmocka_unit_test_setup(
		    each_role_does_its_part_and_no_row_is_changed_or_lost, rig_reset),
		cmocka_unit_test_setup(
		    what_nobody_with_the_key_approved_stops_every_order, rig_reset),
	};
	int r = cmocka_run_group_tests_name("imprint", tests, rig_up, rig_down);
	buf_done(&content);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Closures, hours and fees as the city sets them: the next offer and the next order go by them. */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "domain/terms.h"
#include "queries/asp_console.h"
#include "server/issue/terms_db.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { HOUR_MS = 3600000 };

static int
result_of(struct rig_reply r)
{
	rig_reply_done(&r);
	return r.result;
}

/* Orders a 住民票 at a fee. */
static int
ordered_at(const struct rig_session *s, unsigned fee_yen)
{
	struct order o = rig_order_of(s, DOC_JUMINHYO, ORDER_SELF);
	o.fee_yen = fee_yen;
	return result_of(rig_order(s, &o));
}

static int
ordered(const struct rig_session *s)
{
	return ordered_at(s, RIG_FEE_YEN);
}

/* The member of a kind in the offer as it stands now. */
static json_t *
offered(const struct rig_session *s, const char *kind, const char *member)
{
	struct rig_reply r = rig_offer(s);
	assert_int_equal(r.result, 0);
	json_t *j = NULL;
	assert_int_equal(js_parse(r.body, r.body_bytes, &j, NULL), 0);
	json_t *list = json_object_get(j, "kinds"), *found = NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *k = json_array_get(list, i);
		if (strcmp(json_string_value(json_object_get(k, "kind")), kind) == 0)
			found = json_incref(json_object_get(k, member));
	}
	json_decref(j);
	rig_reply_done(&r);
	assert_non_null(found);
	return found;
}

static void
closure(const char *kinds, int64_t from_ms, int64_t until_ms)
{
	rig_sql("INSERT INTO closure (kinds, category, note, from_ms, until_ms, set_by, set_ms) "
		"VALUES (%s, 'hoshu', '', %lld, %lld, 'unyo1', 0)",
	    kinds, (long long)from_ms, (long long)until_ms);
}

static void
a_closure_refuses_from_its_first_instant_to_its_last(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	int64_t now_ms = clock_now_ms();
	closure("2", now_ms + HOUR_MS, now_ms + 2 * HOUR_MS); /* planned */
	closure("2", now_ms - 2 * HOUR_MS, now_ms - HOUR_MS); /* over */
	closure("12", now_ms - HOUR_MS, now_ms + HOUR_MS);    /* other kinds */
	assert_int_equal(ordered(&s), 0);
	closure("2", now_ms - HOUR_MS, now_ms + HOUR_MS);
	assert_int_equal(ordered(&s), ISSUE_E_CLOSED);
	assert_int_equal(result_of(rig_offer(&s)), ISSUE_E_CLOSED); /* all three are closed */
	rig_sql("UPDATE closure SET ended_ms = 1, ended_by = 'unyo1' WHERE kinds = 2");
	assert_int_equal(ordered(&s), 0);
	json_t *open = offered(&s, "juminhyo", "open"), *shut = offered(&s, "inkan", "open");
	assert_true(json_is_true(open) && json_is_false(shut));
	json_t *hours = offered(&s, "inkan", "hours");
	assert_string_equal(json_string_value(hours), "-");
	json_decref(open);
	json_decref(shut);
	json_decref(hours);
	rig_session_end(&s);
}

/* The very instants, by the query that the front asks. */
static void
terms_hold_from_their_first_millisecond_to_their_last(void **state)
{
	enum { FROM = 1000, UNTIL = 2000 };
	static const struct {
		int64_t at_ms;
		bool closed, has_fee;
	} t[] = {
		{ FROM - 1, false, false },
		{ FROM, true, true },
		{ UNTIL - 1, true, true },
		{ UNTIL, false, true },
	};
	struct db *db = NULL;
	struct err err = { 0 };
	(void)state;
	closure("2", FROM, UNTIL);
	rig_sql(
	    "INSERT INTO fee (kind, fee_yen, from_ms, set_by, set_ms) VALUES (1, 7, %d, 'u', 0)",
	    FROM);
	assert_int_equal(db_open(rig.conninfo, &db, &err), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct terms now;
		assert_int_equal(
		    terms_db_read(db, &q_console_terms_read, t[i].at_ms, &now, &err), 0);
		assert_int_equal(now.kinds[DOC_JUMINHYO].closed, t[i].closed);
		assert_int_equal(now.kinds[DOC_JUMINHYO].has_fee, t[i].has_fee);
		assert_false(now.kinds[DOC_KISAI].closed || now.kinds[DOC_KISAI].has_week);
	}
	db_close(db);
}

static void
hours_of_the_newest_day_that_came_hold(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	int64_t now_ms = clock_now_ms();
	static const char *const all = "00:00-24:00";
	struct buf open, shut;
	buf_init(&open, TERMS_WEEK_CHARS + 1);
	buf_init(&shut, TERMS_WEEK_CHARS + 1);
	for (int i = 0; i < TERMS_DAYS; i++) {
		buf_printf(&open, "%s%s", i > 0 ? "," : "", all);
		buf_printf(&shut, "%s%s", i > 0 ? "," : "",
		    i == terms_weekday(now_ms) || i == terms_weekday(now_ms + HOUR_MS) ? "-" : all);
	}
	static const char add[] = "INSERT INTO week (kind, days, year_end, from_ms, set_by, "
				  "set_ms) VALUES (1, '%.*s', false, %lld, 'unyo1', 0)";
	rig_sql(add, (int)shut.bytes, (const char *)shut.p, (long long)(now_ms + HOUR_MS));
	assert_int_equal(ordered(&s), 0); /* not yet */
	rig_sql(add, (int)shut.bytes, (const char *)shut.p, (long long)(now_ms - HOUR_MS));
	assert_int_equal(ordered(&s), ISSUE_E_CLOSED);
	rig_sql(add, (int)open.bytes, (const char *)open.p, (long long)(now_ms - 2 * HOUR_MS));
	assert_int_equal(ordered(&s), ISSUE_E_CLOSED); /* an older day's */
	rig_sql(add, (int)open.bytes, (const char *)open.p, (long long)(now_ms - HOUR_MS));
	assert_int_equal(ordered(&s), 0); /* of the same day the one set last */
	rig_sql("UPDATE week SET days = 'x'");
	assert_int_equal(
	    ordered(&s), FAULT_INTEGRITY); /* on terms that nobody set nothing is issued */
	buf_done(&open);
	buf_done(&shut);
	rig_session_end(&s);
}

static void
an_order_at_another_fee_than_now_is_refused_and_the_next_offer_has_it(void **state)
{
	(void)state;
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	int64_t now_ms = clock_now_ms();
	assert_int_equal(ordered_at(&s, RIG_FEE_YEN - 1), ISSUE_E_FEE);
	assert_int_equal(ordered_at(&s, RIG_FEE_YEN + 1), ISSUE_E_FEE);
	static const char add[] = "INSERT INTO fee (kind, fee_yen, from_ms, set_by, set_ms) "
				  "VALUES (%d, %d, %lld, 'unyo1', 0)";
	rig_sql(add, DOC_JUMINHYO, 150, (long long)(now_ms + HOUR_MS));
	rig_sql(add, DOC_INKAN, 10, (long long)(now_ms - HOUR_MS));
	assert_int_equal(ordered(&s), 0);
	rig_sql(add, DOC_JUMINHYO, 250, (long long)(now_ms - HOUR_MS));
	assert_int_equal(ordered(&s), ISSUE_E_FEE);
	json_t *fee = offered(&s, "juminhyo", "fee_yen");
	assert_int_equal(json_integer_value(fee), 250);
	json_decref(fee);
	assert_int_equal(ordered_at(&s, 250), 0);
	assert_string_equal(rig_value("SELECT string_agg(fee_yen::text, ',' ORDER BY fee_yen) FROM "
				      "issue"),
	    "250,300");
	rig_sql(
	    "INSERT INTO fee (kind, fee_yen, from_ms, set_by, set_ms) VALUES (1, 0, 0, 'u', 0)");
	assert_int_equal(ordered_at(&s, 0), ISSUE_E_FEE); /* an older day's */
	rig_session_end(&s);
}

/* A connection of its own, and what came of its closure. */
struct planner {
	pthread_t thread;
	struct db *db;
	int result;
};

static int
plan(struct db *db)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct err err = { 0 };
	int64_t now_ms = clock_now_ms();
	return db_ask(db, &q_console_closure_add, &rows, &err, db_int_arg(2), db_text_arg("kyushi"),
	    db_text_arg(""), db_int_arg(now_ms), db_int_arg(now_ms + HOUR_MS), db_text_arg("unyo1"),
	    db_int_arg(now_ms));
}

static void *
plan_meanwhile(void *self)
{
	struct planner *p = self;
	p->result = plan(p->db);
	return NULL;
}

static void
of_two_at_once_only_one_is_the_hundredth(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct db *first = NULL;
	struct planner second = { .result = 0 };
	static const char waiting[] = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
				      "AND NOT granted AND database = (SELECT oid FROM pg_database "
				      "WHERE datname = current_database())";
	rig_sql("INSERT INTO closure (kinds, category, note, from_ms, until_ms, set_by, set_ms) "
		"SELECT 2, 'kyushi', '', 4e12, 5e12, 'u', 0 FROM generate_series(1, 99)");
	assert_int_equal(db_open(rig.conninfo, &first, &err), 0);
	assert_int_equal(db_open(rig.conninfo, &second.db, &err), 0);
	assert_int_equal(db_begin(first, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(plan(first), 0); /* the hundredth; nobody else sees it yet */
	assert_int_equal(pthread_create(&second.thread, NULL, plan_meanwhile, &second), 0);
	for (int i = 0; i < 6000 && strcmp(rig_value("%s", waiting), "0") == 0; i++)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(db_commit(first, &err), 0);
	assert_int_equal(pthread_join(second.thread, NULL), 0);
	assert_int_equal(second.result, DB_E_CONFLICT);
	assert_string_equal(rig_value("SELECT count(*) FROM closure"), "100");
	rig_sql("UPDATE closure SET ended_ms = 1 WHERE id = (SELECT min(id) FROM closure)");
	assert_int_equal(plan(first), 0); /* one given up makes room */
	db_close(first);
	db_close(second.db);
}

static void
plans_of_each_sort_stand_to_a_hundred_and_no_further(void **state)
{
	(void)state;
	static const char *const more[] = {
		"INSERT INTO closure (kinds, category, note, from_ms, until_ms, set_by, set_ms) "
		"SELECT 2, 'kyushi', '', 4e12, 5e12, 'u', 0 FROM generate_series(1, $1)",
		"INSERT INTO week (kind, days, year_end, from_ms, set_by, set_ms) "
		"SELECT 1, '-', false, 4e12, 'u', 0 FROM generate_series(1, $1)",
		"INSERT INTO fee (kind, fee_yen, from_ms, set_by, set_ms) "
		"SELECT 1, 100, 4e12, 'u', 0 FROM generate_series(1, $1)",
	};
	static const char tried[] =
	    "CREATE OR REPLACE FUNCTION tried(q text, n integer) RETURNS text LANGUAGE "
	    "plpgsql AS $$ BEGIN EXECUTE q USING n; RETURN 'ok'; EXCEPTION WHEN "
	    "check_violation THEN RETURN 'bound'; END $$";
	rig_sql("%s", tried);
	for (size_t i = 0; i < N_ELEMENTS(more); i++) {
		assert_string_equal(rig_value("SELECT tried($q$%s$q$, 101)", more[i]), "bound");
		assert_string_equal(rig_value("SELECT tried($q$%s$q$, 100)", more[i]), "ok");
		assert_string_equal(rig_value("SELECT tried($q$%s$q$, 1)", more[i]), "bound");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_closure_refuses_from_its_first_instant_to_its_last, rig_reset),
		cmocka_unit_test_setup(
		    terms_hold_from_their_first_millisecond_to_their_last, rig_reset),
		cmocka_unit_test_setup(hours_of_the_newest_day_that_came_hold, rig_reset),
		cmocka_unit_test_setup(
		    an_order_at_another_fee_than_now_is_refused_and_the_next_offer_has_it,
		    rig_reset),
		cmocka_unit_test_setup(of_two_at_once_only_one_is_the_hundredth, rig_reset),
		cmocka_unit_test_setup(
		    plans_of_each_sort_stand_to_a_hundred_and_no_further, rig_reset),
	};
	return cmocka_run_group_tests_name("terms", tests, rig_up, rig_down);
}

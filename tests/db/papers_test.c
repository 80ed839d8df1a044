/* SPDX-License-Identifier: Apache-2.0 */
/* How an answer's papers are kept (migration 0028): in parts, whole or not at all, for a time. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/rand.h"
#include "queries/asp_front.h"
#include "queries/asp_migrations.h"
#include "server/front/store.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

enum {
	PART = STORE_PAPER_PART_BYTES,
	MOST = STORE_PAPER_PARTS * STORE_PAPER_PART_BYTES,
	ARENA_BYTES = 96 << 20
};

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct db *db;
static struct arena *a;
static int64_t now_ms;

static int
each_begins_with_an_empty_ledger(void **state)
{
	(void)state;
	struct err err = { 0 };
	char front[DBTEST_CONNINFO_BYTES + 64];
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	dbtest_sql(conninfo,
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), "
	    "'hex'))");
	assert_true(
	    snprintf(front, sizeof(front), "%s options='-c role=kofu_front'", conninfo) > 0);
	a = arena_new(ARENA_BYTES);
	now_ms = clock_now_ms();
	return db_open(front, &db, &err);
}

static int
and_closes_it(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	arena_free(a);
	return 0;
}

static const char *
value(const char *sql)
{
	return dbtest_value(conninfo, sql);
}

/* An order of the time @at_ms whose papers are so many random bytes. As db_queue_run(). */
static int
keep(int64_t at_ms, size_t bytes, struct store_issue *ret)
{
	struct err err = { 0 };
	struct db_queue queue = { 0 };
	struct issue_printed printed = { .version = 1 };
	struct seal_copy copy = { 0 };
	uint8_t *papers = arena_raw(a, bytes);
	rand_bytes(papers, bytes);
	rand_bytes(copy.serial, sizeof(copy.serial));
	(void)snprintf(copy.number, sizeof(copy.number), "%02x%02x%02x%02x%02x%02x", copy.serial[0],
	    copy.serial[1], copy.serial[2], copy.serial[3], copy.serial[4], copy.serial[5]);
	*ret = (struct store_issue){ .kind = DOC_JUMINHYO,
		.card.bytes = 16,
		.kiosk = "K0001",
		.manifest = "m",
		.papers = papers,
		.papers_bytes = bytes,
		.issued_ms = at_ms,
		.printed = &printed,
		.n_printed = 1,
		.copies = &copy,
		.n_copies = 1,
		.n_pages = 1 };
	rand_bytes(ret->id.b, sizeof(ret->id.b));
	db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	store_issue_insert(&queue, a, ret);
	db_queue_put(&queue, &db_query_commit, NULL, 0, NULL);
	int r = db_queue_run(db, &queue, &err);
	if (r)
		db_rollback(db);
	return r;
}

/* store_issue_find() of it; what came back beside the papers is right. */
static int
find(const struct store_issue *kept, struct store_issue *ret)
{
	struct err err = { 0 };
	bool found = false;
	int r = store_issue_find(db, a, &kept->id, ret, &found, &err);
	assert_true(found);
	if (r == 0) {
		assert_int_equal(ret->issued_ms, kept->issued_ms);
		assert_string_equal(ret->manifest, "m");
	}
	return r;
}

static void
is_whole(const struct store_issue *kept)
{
	struct store_issue got;
	assert_int_equal(find(kept, &got), 0);
	assert_non_null(got.papers);
	assert_int_equal(got.papers_bytes, kept->papers_bytes);
	assert_memory_equal(got.papers, kept->papers, kept->papers_bytes);
}

static void
is_dropped(const struct store_issue *kept)
{
	struct store_issue got;
	assert_int_equal(find(kept, &got), 0);
	assert_null(got.papers);
}

static void
expire(int64_t server_ms)
{
	struct err err = { 0 };
	assert_int_equal(db_ask(db, &q_front_papers_expire, NULL, &err, db_int_arg(server_ms),
			     db_int_arg(FRONT_PAPERS_MS)),
	    0);
}

static void
papers_of_any_size_come_back_as_they_were(void **state)
{
	static const struct {
		size_t bytes;
		const char *parts;
	} sizes[] = {
		{ 1, "1" }, { PART - 1, "1" }, { PART, "1" }, { PART + 1, "2" }, { 2 * PART, "2" },
		{ 71234, "9" },
		{ SEAL_MAX_BYTES / 4 * 3, "3146" }, /* the most that kofu-seal seals */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		struct store_issue one;
		arena_reset(a);
		dbtest_sql(conninfo, "TRUNCATE issue_paper");
		assert_int_equal(keep(now_ms, sizes[i].bytes, &one), 0);
		assert_string_equal(value("SELECT count(*) FROM issue_paper"), sizes[i].parts);
		is_whole(&one);
	}
}

static void
the_most_parts_there_may_be_are_kept_and_not_one_more(void **state)
{
	struct store_issue most, more;
	(void)state;
	assert_int_equal(keep(now_ms, MOST, &most), 0);
	assert_string_equal(value("SELECT max(part) FROM issue_paper"), "4200");
	assert_string_equal(value("SELECT papers_bytes FROM issue"), "33600000");
	is_whole(&most);
	arena_reset(a);
	assert_int_equal(keep(now_ms, MOST + 1, &more), DB_E_CONFLICT);
	assert_string_equal(value("SELECT count(*) FROM issue"), "1");
	assert_string_equal(value("SELECT count(*) FROM issue_paper"), "4200");
}

/* 8,192 bytes, the page's own head, a row's and its key; nothing is cut up once more. */
static void
a_full_part_has_a_page_of_its_own(void **state)
{
	struct store_issue one;
	(void)state;
	assert_int_equal(keep(now_ms, 10 * PART, &one), 0);
	assert_string_equal(value("SELECT pg_relation_size('issue_paper') / 8192"), "10");
	assert_string_equal(value("SELECT max(pg_column_size(bytes)) FROM issue_paper"), "8004");
	assert_string_equal(
	    value("SELECT reltoastrelid FROM pg_class WHERE relname = 'issue_paper'"), "0");
	dbtest_sql(conninfo, "DELETE FROM issue_paper");
	dbtest_sql(conninfo, "VACUUM (TRUNCATE false) issue_paper");
	assert_int_equal(keep(now_ms, 10 * PART, &one), 0);
	assert_string_equal(value("SELECT pg_relation_size('issue_paper') / 8192"), "10");
}

static void
papers_with_a_part_missing_or_cut_are_nobodys(void **state)
{
	static const char *const damages[] = { "DELETE FROM issue_paper WHERE part = 1",
		"DELETE FROM issue_paper WHERE part = 2", "DELETE FROM issue_paper WHERE part = 4",
		"DELETE FROM issue_paper WHERE part <> 4",
		"UPDATE issue_paper SET bytes = substr(bytes, 2) WHERE part = 3",
		"UPDATE issue_paper SET bytes = bytes || '\\x00' WHERE part = 4",
		"UPDATE issue SET papers_bytes = papers_bytes + 1" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(damages); i++) {
		struct store_issue one, got = { .papers_bytes = 1 };
		dbtest_sql(conninfo, "DELETE FROM issue_paper; DELETE FROM issue");
		assert_int_equal(keep(now_ms, 3 * PART + 5, &one), 0);
		is_whole(&one);
		dbtest_sql(conninfo, damages[i]);
		int r = find(&one, &got);
		if (r != FAULT_INTEGRITY || got.papers != NULL)
			fail_msg("%s: %d", damages[i], r);
	}
}

static void
another_orders_parts_are_not_taken_for_its_own(void **state)
{
	struct store_issue one, two;
	(void)state;
	assert_int_equal(keep(now_ms, 2 * PART, &one), 0);
	assert_int_equal(keep(now_ms, 2 * PART, &two), 0);
	dbtest_sql(conninfo,
	    "DELETE FROM issue_paper p USING (SELECT order_id FROM issue_copy ORDER BY number "
	    "LIMIT 1) o WHERE p.order_id = o.order_id");
	struct store_issue got;
	assert_int_equal(find(&one, &got), 0);
	if (got.papers == NULL)
		is_whole(&two);
	else
		is_dropped(&two);
}

static void
parts_are_dropped_when_they_are_old_by_both_clocks(void **state)
{
	struct store_issue old, young;
	(void)state;
	now_ms -= 1000; /* the server's clock: behind the database's */
	assert_int_equal(keep(now_ms - FRONT_PAPERS_MS - 1, 2 * PART + 1, &old), 0);
	assert_int_equal(keep(now_ms - FRONT_PAPERS_MS, 2 * PART + 1, &young), 0);
	expire(now_ms - 1);
	is_whole(&old);
	is_whole(&young);
	expire(now_ms);
	is_dropped(&old);
	is_whole(&young);
	expire(now_ms + 1);
	is_dropped(&young);
	assert_int_equal(keep(now_ms, PART, &young), 0);
	expire(now_ms + 3600000); /* ahead */
	is_whole(&young);
}

/* Nothing but their age keeps them: an order's own row may be gone. */
static void
parts_of_an_order_that_is_gone_go_with_the_others(void **state)
{
	struct store_issue one;
	(void)state;
	assert_int_equal(keep(now_ms - FRONT_PAPERS_MS - 1, 2 * PART + 1, &one), 0);
	dbtest_sql(conninfo, "DELETE FROM issue");
	assert_string_equal(value("SELECT count(*) FROM issue_paper"), "3");
	expire(now_ms);
	assert_string_equal(value("SELECT count(*) FROM issue_paper"), "0");
}

static const char *const modes[] = { "SET plan_cache_mode = force_custom_plan",
	"SET plan_cache_mode = force_generic_plan" };

static void
old_parts_are_found_by_the_index_whatever_is_known_of_the_table(void **state)
{
	static const char *const tables[] = { "SELECT 1", "ANALYZE issue_paper",
		/* small ones, many of them in each page */
		"TRUNCATE issue_paper; INSERT INTO issue_paper (issued_ms, part, order_id, bytes) "
		"SELECT (extract(epoch FROM now()) * 1000)::bigint - n, 1, decode(lpad(to_hex(n), "
		"32, "
		"'0'), 'hex'), '\\x00' FROM generate_series(1, 20000) n",
		"ANALYZE issue_paper", "DELETE FROM issue_paper; ANALYZE issue_paper" };
	struct store_issue one;
	char args[64];
	(void)state;
	(void)snprintf(args, sizeof(args), "%lld, %d", (long long)now_ms, (int)FRONT_PAPERS_MS);
	for (int i = 0; i < 200; i++) {
		arena_reset(a);
		assert_int_equal(keep(now_ms - i, 3 * PART, &one), 0);
	}
	for (size_t i = 0; i < N_ELEMENTS(tables); i++) {
		dbtest_sql(conninfo, tables[i]);
		for (unsigned k = 0; k < N_ELEMENTS(modes); k++)
			if (strstr(dbtest_plan(conninfo, modes[k], q_front_papers_expire.sql, args),
				"issue_paper_pkey") == NULL)
				fail_msg("%zu: %s, %s", i, tables[i], modes[k]);
	}
}

/* A plan of its own at each order would cost what the parts save. */
static void
the_parts_statement_is_planned_for_once_and_all(void **state)
{
	static const struct db_query plans = { .name = "plans",
		.sql = "SELECT generic_plans || ' ' || custom_plans FROM pg_prepared_statements "
		       "WHERE statement LIKE '%INSERT INTO issue_' || 'paper%'", /* not itself */
		.rows = DB_ROWS_ONE };
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct err err = { 0 };
	struct store_issue one;
	(void)state;
	for (int i = 0; i < 12; i++)
		assert_int_equal(keep(now_ms, 9 * PART, &one), 0);
	assert_int_equal(db_ask0(db, &plans, &rows, &err), 0);
	assert_string_equal(db_text(rows, 0, 0), "7 5");
}

static void
only_the_front_reads_parts_and_nobody_changes_one(void **state)
{
	(void)state;
	assert_string_equal(
	    value("SELECT string_agg(grantee || ' ' || privilege_type, ', ' ORDER BY "
		  "privilege_type) FROM "
		  "information_schema.role_table_grants WHERE table_name = 'issue_paper' AND "
		  "grantee <> 'postgres'"),
	    "kofu_front DELETE, kofu_front INSERT, kofu_front SELECT");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, each_begins_with_an_empty_ledger, and_closes_it)
	const struct CMUnitTest tests[] = {
		T(papers_of_any_size_come_back_as_they_were),
		T(the_most_parts_there_may_be_are_kept_and_not_one_more),
		T(a_full_part_has_a_page_of_its_own),
		T(papers_with_a_part_missing_or_cut_are_nobodys),
		T(another_orders_parts_are_not_taken_for_its_own),
		T(parts_are_dropped_when_they_are_old_by_both_clocks),
		T(parts_of_an_order_that_is_gone_go_with_the_others),
		T(old_parts_are_found_by_the_index_whatever_is_known_of_the_table),
		T(the_parts_statement_is_planned_for_once_and_all),
		T(only_the_front_reads_parts_and_nobody_changes_one),
	};
	return cmocka_run_group_tests_name("papers", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The audit: whatever a superuser does to it afterwards, the walk names the place. */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "server/audit/audit.h"
#include "server/audit/generations.h"
#include "server/audit/sealer.h"
#include "server/audit/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AUDIT_ROWS = 30, AUDIT_BATCH = 10 };

static struct db *audit_db;
static char witness_dir[] = "/tmp/kofu-witness-XXXXXX";
static char report[16384];
static struct verify_sum sum;

/* One thing done to the data of three. */
static void
many_add(const struct audit_event *e)
{
	struct err err = { 0 };
	struct db_queue queue = { 0 };
	struct audit_many m;
	audit_many_begin(&m);
	for (unsigned i = 0; i < 3; i++)
		audit_many_add(&m, rig.ref[i].b);
	assert_int_equal(audit_many_write(&m, &rig.vault, e, &queue, &err), 0);
	assert_int_equal(db_queue_run(audit_db, &queue, &err), 0);
	audit_many_done(&m);
}

/* The fifth of them is of many. */
static void
rows_add(unsigned n)
{
	struct err err = { 0 };
	for (unsigned i = 0; i < n; i++) {
		const struct audit_event e = { .source = AUDIT_CONSOLE,
			.kind = AUDIT_READ,
			.at_ms = clock_now_ms(),
			.actor = "tantou1",
			.terminal = "991015-T01",
			.action = "person.read",
			.subject = rig.ref[i % RIG_PEOPLE].b,
			.detail = "{\"by\":\"kana\"}" };
		if (i == 4)
			many_add(&e);
		else
			assert_int_equal(audit_add(audit_db, &rig.vault, &e, &err), 0);
	}
}

static unsigned
round_run(void)
{
	struct err err = { 0 };
	unsigned n = 0;
	assert_int_equal(
	    sealer_round(audit_db, rig.vault.muni, rig.conf.seal_socket, witness_dir, &n, &err), 0);
	return n;
}

/* The walk's lines in report[], its figures in sum. */
static unsigned
walk(bool with_witness)
{
	struct err err = { 0 };
	char path[64], jws[2048] = "";
	FILE *out = fmemopen(report, sizeof(report), "w");
	struct verify_conf c = { .keys = &rig.keys, .now_ms = clock_now_ms() };
	assert_non_null(out);
	if (with_witness) {
		(void)snprintf(path, sizeof(path), "%s/%s.jws", witness_dir, RIG_MUNI);
		FILE *f = fopen(path, "r");
		assert_non_null(f);
		jws[fread(jws, 1, sizeof(jws) - 1, f)] = '\0';
		(void)fclose(f);
		c.witness = jws;
	}
	memset(report, 0, sizeof(report));
	assert_int_equal(audit_verify(audit_db, &rig.vault, &c, out, &sum, &err), 0);
	(void)fclose(out);
	return sum.n_faults;
}

/* An audit of three checkpoints, whole. */
static int
audit_reset(void **state)
{
	int r = rig_reset(state);
	rig_sql("TRUNCATE audit_row, audit_open, audit_link, audit_checkpoint RESTART IDENTITY; "
		"UPDATE audit_head SET seq = 0, head = decode(repeat('00', 32), 'hex')");
	for (unsigned i = 0; i < AUDIT_ROWS / AUDIT_BATCH; i++) {
		rows_add(AUDIT_BATCH);
		assert_int_equal(round_run(), AUDIT_BATCH);
	}
	return r;
}

static void
a_whole_audit_has_no_wrong_place(void **state)
{
	(void)state;
	assert_int_equal(round_run(), 0); /* nothing new: nothing is signed */
	assert_int_equal(walk(true), 0);
	assert_int_equal(sum.n_rows, AUDIT_ROWS);
	assert_int_equal(sum.n_checkpoints, AUDIT_ROWS / AUDIT_BATCH);
	assert_string_equal(report, "");
}

static void
a_row_tells_who_did_what_and_nobody_without_the_key_reads_it(void **state)
{
	struct err err = { 0 };
	(void)state;
	assert_string_equal(
	    rig_value(
		"SELECT count(*) FROM audit_row WHERE position('tantou1'::bytea in sealed) > 0 "
		"OR position('person.read'::bytea in sealed) > 0"),
	    "0");
	uint8_t hash[16];
	char hex[33];
	assert_string_equal(
	    rig_value("SELECT octet_length(subjects) FROM audit_row WHERE id = 15"), "48");
	audit_actor(&rig.vault, "tantou1", hash);
	text_hex_format(hash, sizeof(hash), hex);
	assert_string_equal(
	    rig_value("SELECT count(*) FROM audit_row WHERE actor = decode('%s', 'hex')", hex),
	    "30");
	(void)err;
}

/* What a superuser does, and where the walk says it was done. */
static void
every_change_by_a_superuser_is_named_with_its_place(void **state)
{
	static const struct {
		const char *sql, *want;
	} t[] = {
		{ "UPDATE audit_row SET at_ms = at_ms + 1 WHERE id = 14",
		    "seq 14, row 14: the row was changed" },
		{ "UPDATE audit_row SET subject = NULL WHERE id = 14",
		    "seq 14, row 14: the row was changed" },
		{ "UPDATE audit_row SET actor = decode(repeat('11', 16), 'hex') WHERE id = 3",
		    "seq 3, row 3: the row was changed" },
		{ "UPDATE audit_row SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) "
		  "WHERE id = 30",
		    "seq 30, row 30: the row was changed" },
		{ "UPDATE audit_row SET subjects = set_byte(subjects, 40, get_byte(subjects, 40) # "
		  "1) WHERE id = 15",
		    "seq 15, row 15: the row was changed" },
		{ "UPDATE audit_row SET subjects = substr(subjects, 1, 32) WHERE id = 15",
		    "seq 15, row 15: the row was changed" },
		{ "UPDATE audit_row SET subject = substr(subjects, 1, 16), subjects = NULL WHERE "
		  "id = 15",
		    "seq 15, row 15: the row was changed" },
		{ "UPDATE audit_row SET sealed = '' WHERE id = 1",
		    "seq 1, row 1: the row was changed" },
		{ "DELETE FROM audit_row WHERE id = 7", "seq 7, row 7: the row was removed" },
		{ "DELETE FROM audit_row WHERE id = 7; DELETE FROM audit_link WHERE seq = 7",
		    "seq 7, row 0: links were removed from here on" },
		{ "INSERT INTO audit_row (uid, at_ms, source, kind, actor, sealed) SELECT "
		  "decode(repeat('22', 16), 'hex'), at_ms, 1, 1, actor, sealed FROM audit_row "
		  "WHERE id = 5",
		    "seq 0, row 31: the row was inserted: nothing links it" },
		{ "INSERT INTO audit_row (uid, at_ms, source, kind, actor, sealed) SELECT "
		  "decode(repeat('22', 16), 'hex'), at_ms, 1, 1, actor, sealed FROM audit_row "
		  "WHERE id = 5; UPDATE audit_link SET row_id = 31 WHERE seq = 9",
		    "seq 9, row 31: the row was changed or inserted" },
		{ "UPDATE audit_link SET row_id = -row_id WHERE seq IN (11, 12); UPDATE audit_link "
		  "SET row_id = 23 - seq WHERE seq IN (11, 12)",
		    "seq 11, row 12: not the row that was linked here" },
		{ "UPDATE audit_link SET head = decode(repeat('33', 32), 'hex') WHERE seq = 18",
		    "seq 18, row 18: not the row that was linked here" },
		{ "UPDATE audit_checkpoint SET jws = 'x' WHERE seq = 20",
		    "seq 20, row 0: a checkpoint that kofu-seal did not sign" },
		{ "UPDATE audit_checkpoint SET jws = (SELECT jws FROM audit_checkpoint WHERE seq = "
		  "10) WHERE seq = 20",
		    "seq 20, row 0: a checkpoint that kofu-seal did not sign" },
		{ "DELETE FROM audit_checkpoint WHERE seq = 30",
		    "seq 21, row 0: links without a signed checkpoint" },
		{ "DELETE FROM audit_link WHERE seq > 25; DELETE FROM audit_row WHERE id > 25",
		    "seq 26, row 0: cut off here: a signed checkpoint knows more" },
		{ "DELETE FROM audit_link WHERE seq > 20; DELETE FROM audit_row WHERE id > 20; "
		  "DELETE FROM audit_checkpoint WHERE seq > 20; UPDATE audit_head SET seq = 20, "
		  "head = (SELECT head FROM audit_link WHERE seq = 20)",
		    "seq 21, row 0: cut off here: the witness knows more" },
		{ "INSERT INTO audit_open VALUES (99)",
		    "seq 0, row 99: the row was removed before it was linked" },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		audit_reset(state);
		rig_sql("%s", t[i].sql);
		if (walk(true) == 0 || strstr(report, t[i].want) != report)
			fail_msg("%s: said %s", t[i].sql, report);
	}
}

/* The hardest: rows are moved and everything after them linked anew, as whoever knows the rule
 * could. */
static void
a_chain_made_anew_does_not_fit_its_signed_checkpoints(void **state)
{
	struct err err = { 0 };
	unsigned n = 0;
	(void)state;
	/* One row gone, the whole rest sealed again by a sealer that cannot sign for the past. */
	rig_sql("DELETE FROM audit_row WHERE id = 15; TRUNCATE audit_link; "
		"INSERT INTO audit_open SELECT id FROM audit_row; "
		"UPDATE audit_head SET seq = 0, head = decode(repeat('00', 32), 'hex'); "
		"DELETE FROM audit_checkpoint WHERE seq > 20");
	assert_int_equal(
	    sealer_round(audit_db, rig.vault.muni, rig.conf.seal_socket, NULL, &n, &err), 0);
	assert_int_equal(n, AUDIT_ROWS - 1);
	assert_true(walk(false) > 0);
	assert_non_null(
	    strstr(report, "seq 11 to 20: rows were removed, inserted or put in another order"));
	assert_true(walk(true) > 0);
	assert_non_null(strstr(report, "seq 30, row 0: cut off here: the witness knows more"));
}

/* '@' becomes a place in the row, '#' the row. */
static void
edit_make(char *out, size_t room, const char *edit, unsigned at, unsigned id)
{
	size_t n = 0;
	for (; *edit != '\0' && n < room; edit++)
		if (*edit == '@' || *edit == '#')
			n += (size_t)snprintf(out + n, room - n, "%u", *edit == '@' ? at : id);
		else
			out[n++] = *edit;
	assert_true(n < room);
	out[n] = '\0';
}

static void
each_of_many_random_edits_is_found(void **state)
{
	static const char *const edits[] = {
		"UPDATE audit_row SET sealed = set_byte(sealed, 12 + @ % 40, (get_byte(sealed, 12 "
		"+ @ % 40) + 1) % 256) WHERE id = #",
		"DELETE FROM audit_row WHERE id = #",
		"UPDATE audit_row SET kind = 1 + kind % 4 WHERE id = #",
		"UPDATE audit_link SET head = set_byte(head, @ % 32, (get_byte(head, @ % 32) + 1) "
		"% 256) WHERE seq = #",
	};
	const char *more = getenv("KOFU_AUDIT_EDITS");
	unsigned n = more != NULL ? (unsigned)strtoul(more, NULL, 10) : 40;
	(void)state;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = (unsigned)(rand_u64() % 1000) + 1;
		unsigned id = (unsigned)(rand_u64() % AUDIT_ROWS) + 1;
		char sql[512], place[32];
		edit_make(sql, sizeof(sql), edits[i % N_ELEMENTS(edits)], at, id);
		rig_sql("CREATE TABLE kept_row AS TABLE audit_row; CREATE TABLE kept_link AS TABLE "
			"audit_link");
		rig_sql("%s", sql);
		(void)snprintf(place, sizeof(place), "seq %u,", id);
		if (walk(true) == 0 || strstr(report, place) != report)
			fail_msg("%s: said %s", sql, report);
		rig_sql("TRUNCATE audit_row, audit_link; INSERT INTO audit_row OVERRIDING SYSTEM "
			"VALUE TABLE kept_row; "
			"INSERT INTO audit_link TABLE kept_link; DROP TABLE kept_row; DROP TABLE "
			"kept_link");
		assert_int_equal(walk(true), 0);
	}
	print_message("# %u random edits, each found at its place\n", n);
}

static void
whoever_acts_may_add_to_the_audit_and_nobody_may_change_it(void **state)
{
	static const char *const acts[] = { "UPDATE audit_row SET kind = 1",
		"DELETE FROM audit_row", "TRUNCATE audit_row", "UPDATE audit_link SET seq = 1",
		"DELETE FROM audit_link", "UPDATE audit_checkpoint SET seq = 1",
		"DELETE FROM audit_checkpoint" };
	static const char *const roles[] = { "kofu_front", "kofu_sync", "kofu_console",
		"kofu_audit" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		for (size_t k = 0; k < N_ELEMENTS(acts); k++) {
			rig_sql("CREATE OR REPLACE FUNCTION tried() RETURNS boolean LANGUAGE "
				"plpgsql AS $f$ "
				"BEGIN SET LOCAL ROLE %s; %s; RETURN true; "
				"EXCEPTION WHEN insufficient_privilege THEN RETURN false; END $f$",
			    roles[i], acts[k]);
			assert_string_equal(rig_value("SELECT tried()"), "f");
		}
	assert_int_equal(walk(true), 0);
}

/* 2 signs from now on. */
static void
next_generation(void)
{
	rig_generation("new");
	rig_generation("use 2");
}

static void
checkpoints_of_each_generation_hold_and_a_revoked_ones_prove_nothing(void **state)
{
	(void)state;
	next_generation();
	rows_add(AUDIT_BATCH);
	assert_int_equal(round_run(), AUDIT_BATCH);
	assert_int_equal(walk(true), 0);
	assert_int_equal(sum.n_checkpoints, AUDIT_ROWS / AUDIT_BATCH + 1);
	rig_generation("retire 1");
	assert_int_equal(walk(true), 0);
	rig_generation("revoke 1");
	assert_int_equal(walk(true), 0); /* the newest vouches for all before it */
	assert_int_equal(sum.n_revoked, AUDIT_ROWS / AUDIT_BATCH);
	assert_int_equal(sum.n_checkpoints, 1);
	rig_sql("DELETE FROM audit_row WHERE id = 14");
	assert_true(walk(true) > 0);
	assert_ptr_equal(strstr(report, "seq 14, row 14: the row was removed"), report);
	rig_sql(
	    "UPDATE audit_checkpoint SET jws = (SELECT jws FROM audit_checkpoint WHERE seq = 30) "
	    "WHERE seq = 40");
	assert_true(walk(false) > 0); /* one of a revoked key, in the place of a good one */
	assert_non_null(strstr(report, "seq 40, row 0: a checkpoint that kofu-seal did not sign"));
}

/* What the operator did stands in the city's audit, once. */
static void
a_change_of_the_signing_keys_is_entered_once(void **state)
{
	int64_t seen = 0, others = 0;
	struct err err = { 0 };
	(void)state;
	const char *count = "SELECT count(*) FROM audit_row WHERE source = 4";
	rig_sql("UPDATE tenant SET keys_seq = %lld", (long long)rig.keys.seq - 1);
	assert_int_equal(audit_generations(audit_db, &rig.vault, rig.conf.seal_socket, &seen,
			     clock_now_ms(), &err),
	    0);
	assert_int_equal(audit_generations(audit_db, &rig.vault, rig.conf.seal_socket, &others,
			     clock_now_ms(), &err),
	    0);
	assert_string_equal(rig_value("%s", count), "1");
	rig_generation("new");
	assert_int_equal(audit_generations(audit_db, &rig.vault, rig.conf.seal_socket, &seen,
			     clock_now_ms(), &err),
	    0);
	assert_int_equal(seen, rig.keys.seq);
	assert_string_equal(rig_value("%s", count), "2");
	assert_int_equal(round_run(), 2);
	assert_int_equal(walk(true), 0);
}

static int
up(void **state)
{
	struct err err = { 0 };
	int r = rig_up(state);
	if (r == 0 && mkdtemp(witness_dir) == NULL)
		return -1;
	return r == 0 ? db_open(rig.conninfo, &audit_db, &err) : r;
}

static int
down(void **state)
{
	char path[64];
	db_close(audit_db);
	(void)snprintf(path, sizeof(path), "%s/%s.jws", witness_dir, RIG_MUNI);
	(void)unlink(path);
	(void)rmdir(witness_dir);
	return rig_down(state);
}

static void
a_witness_without_its_folder_starts_no_sealer(void **state)
{
	const struct sealer_conf c = { .witness_dir = "/nonexistent/witness" };
	struct sealer *s = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(sealer_start(&c, &s, &err), FAULT_CONFIG);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_whole_audit_has_no_wrong_place, audit_reset),
		cmocka_unit_test_setup(
		    a_row_tells_who_did_what_and_nobody_without_the_key_reads_it, audit_reset),
		cmocka_unit_test_setup(
		    every_change_by_a_superuser_is_named_with_its_place, audit_reset),
		cmocka_unit_test_setup(
		    a_chain_made_anew_does_not_fit_its_signed_checkpoints, audit_reset),
		cmocka_unit_test_setup(each_of_many_random_edits_is_found, audit_reset),
		cmocka_unit_test_setup(
		    whoever_acts_may_add_to_the_audit_and_nobody_may_change_it, audit_reset),
		cmocka_unit_test_setup(
		    checkpoints_of_each_generation_hold_and_a_revoked_ones_prove_nothing,
		    audit_reset),
		cmocka_unit_test_setup(a_change_of_the_signing_keys_is_entered_once, audit_reset),
		cmocka_unit_test(a_witness_without_its_folder_starts_no_sealer),
	};
	return cmocka_run_group_tests_name("audit", tests, up, down);
}

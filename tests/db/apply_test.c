/* SPDX-License-Identifier: Apache-2.0 */
/* The applier on a real PostgreSQL: what a batch leaves in the replica. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "domain/muni.h"
#include "domain/vault.h"
#include "pki/hash.h"
#include "queries/asp_migrations.h"
#include "server/sync/apply.h"
#include "tests/db/dbtest.h"
#include "wire/gzip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_EPOCH = 7, NOW_MS = 1000000, BODY_ROOM = 4 * 1024 * 1024 };

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct db *db;
static struct vault vault;
static const struct apply_sender sender = { .session = { 1, 2, 3 }, .now_ms = NOW_MS };

/* The chain as an agent would hold it. */
static int64_t seq;
static uint8_t prev[BATCH_HASH_BYTES];

static int
each_begins_with_an_empty_replica(void **state)
{
	(void)state;
	struct err err = { 0 };
	static const uint8_t dek[32] = { 42 };
	struct muni_code muni;
	char sql[512];
	char hex[33];
	assert_true(muni_parse("991015", 6, &muni));
	vault_init(&vault, muni, dek);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	for (size_t i = 0; i < sizeof(sender.session); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", sender.session[i]);
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), "
	    "'hex'));"
	    "INSERT INTO stream VALUES (true, %d, 0, decode(repeat('00', 32), 'hex'), '0/1', 0,"
	    " decode('%s', 'hex'))",
	    TEST_EPOCH, hex);
	dbtest_sql(conninfo, sql);
	seq = 0;
	memset(prev, 0, sizeof(prev));
	return db_open(conninfo, &db, &err);
}

static int
and_closes_it(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	vault_done(&vault);
	return 0;
}

struct sent {
	struct batch batch;
	uint8_t hash[BATCH_HASH_BYTES];
};

static struct sent
make(int64_t epoch, int64_t number, const uint8_t *before, const char *records)
{
	struct sent s = { 0 };
	struct err err = { 0 };
	struct buf text;
	struct buf body;
	char hex[2 * BATCH_HASH_BYTES + 1];
	buf_init(&text, BODY_ROOM);
	buf_init(&body, BODY_ROOM);
	for (size_t i = 0; i < BATCH_HASH_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", before[i]);
	buf_printf(&text,
	    "{\"v\":1,\"muni\":\"991015\",\"epoch\":%lld,\"seq\":%lld,\"prev\":\"%s\",\"source\":"
	    "\"0/%llX\","
	    "\"register_ms\":%lld,\"urgent\":false,\"records\":[%s]}",
	    (long long)epoch, (long long)number, hex, (unsigned long long)number + 1,
	    (long long)number * 10, records);
	assert_true(buf_ok(&text));
	assert_int_equal(gzip_pack(text.p, text.bytes, &body, &err), 0);
	sha256(body.p, body.bytes, s.hash);
	assert_int_equal(batch_parse(body.p, body.bytes, &s.batch, &err), 0);
	buf_done(&text);
	buf_done(&body);
	return s;
}

static int
apply_sent(struct sent *s, struct apply_done *done)
{
	struct err err = { 0 };
	int r = apply_batch(db, &vault, &s->batch, s->hash, &sender, done, &err);
	batch_done(&s->batch);
	if (r < 0)
		log_fault("test", (struct txn_id){ 0 }, &err);
	return r;
}

/* The next batch of the chain. */
static struct apply_done
apply_next(const char *records)
{
	struct apply_done done = { 0 };
	struct sent s = make(TEST_EPOCH, seq + 1, prev, records);
	assert_int_equal(apply_sent(&s, &done), 0);
	assert_int_equal(done.seq, ++seq);
	memcpy(prev, s.hash, sizeof(prev));
	return done;
}

static const char *
printed(const char *fmt, ...)
{
	static char texts[64][8192];
	static unsigned at;
	char *out = texts[at++ % 64];
	va_list ap;
	va_start(ap, fmt);
	assert_true(vsnprintf(out, sizeof(texts[0]), fmt, ap) < (int)sizeof(texts[0]));
	va_end(ap);
	return out;
}

static const char *
resident(const char *atena, int rireki, const char *state, const char *setai, const char *more)
{
	return printed(
	    "{\"kind\":\"resident\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\","
	    "\"class\":\"japanese\",\"narabi\":1,\"items\":{\"setai_no\":\"%s\",\"name\":"
	    "\"見本　太郎\","
	    "\"birth\":\"昭和５５年４月１日\",\"address\":\"架空県架空市\",\"jumin_code\":\"1\","
	    "\"honseki\":\"架空県\",\"hittosha\":\"見本　太郎\",\"jumin_since\":\"平成元年\"%s}}",
	    atena, rireki, state, setai, more);
}

static const char *
seal(const char *atena, int rireki, const char *state)
{
	static char bits[24 * 189 / 3 * 4 + 1];
	memset(bits, 'A', sizeof(bits) - 1);
	return printed(
	    "{\"kind\":\"seal\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\","
	    "\"touroku_no\":\"1\",\"touroku_on\":\"令和\",\"width_px\":189,\"height_px\":189,"
	    "\"bits\":\"%s\"}",
	    atena, rireki, state, bits);
}

#define ISSUER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
static const char *
card(const char *atena, int rireki, const char *state, const char *serial)
{
	return printed("{\"kind\":\"card\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\","
		       "\"issuer\":\"" ISSUER "\",\"serial\":\"%s\"}",
	    atena, rireki, state, serial);
}

static const char *
block(const char *member, const char *no, int rireki, bool active)
{
	return printed("{\"kind\":\"block\",\"%s\":\"%s\",\"rireki_no\":%d,\"active\":%s,"
		       "\"kinds\":[\"juminhyo\",\"inkan\"]}",
	    member, no, rireki, active ? "true" : "false");
}

static const char *
ref_hex(const char *atena)
{
	struct person_ref ref;
	static char hex[33];
	vault_person_ref(&vault, atena, &ref);
	for (size_t i = 0; i < sizeof(ref.b); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", ref.b[i]);
	return hex;
}

/* A column of one person. */
static const char *
of(const char *atena, const char *column)
{
	return dbtest_value(conninfo,
	    printed(
		"SELECT %s FROM person WHERE ref = decode('%s', 'hex')", column, ref_hex(atena)));
}

static const char *
stopped(void)
{
	return dbtest_value(conninfo, "SELECT stopped FROM tenant");
}

static const char *
count(const char *table)
{
	return dbtest_value(conninfo, printed("SELECT count(*) FROM %s", table));
}

static void
a_person_is_stored_sealed_and_opens_again(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct person_ref ref;
	struct resident got;
	uint8_t *plain = NULL;
	size_t bytes = 0;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_string_equal(of("1", "state || ',' || rireki_no || ',' || version || ',' || parked"),
	    "1,1,2,false"); /* 2: the household was touched when it grew */
	assert_string_equal(
	    dbtest_value(conninfo, "SELECT seq || ',' || source || ',' || register_ms FROM stream"),
	    "1,0/2,10");
	assert_string_equal(dbtest_value(conninfo,
				"SELECT count(*) FROM resident_row WHERE position('見本' in "
				"encode(sealed, 'escape')) > 0"),
	    "0");
	struct arena *a = arena_new(1024 * 1024);
	AUTO(db_rows) struct db_rows *rows = NULL;
	static const struct db_query q = { "test", "SELECT sealed FROM resident_row", 0,
		DB_ROWS_ONE };
	assert_int_equal(db_ask0(db, &q, &rows, &err), 0);
	const uint8_t *sealed = db_bytes(rows, 0, 0, &bytes);
	vault_person_ref(&vault, "1", &ref);
	assert_int_equal(
	    vault_row_open(&vault, a, VAULT_RESIDENT, &ref, 1, sealed, bytes, &plain, &bytes, &err),
	    0);
	assert_int_equal(resident_decode(a, plain, bytes, &got, &err), 0);
	assert_string_equal(got.name, "見本　太郎");
	assert_string_equal(got.atena_no, "1");
	arena_free(a);
}

static void
every_change_makes_the_version_grow(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	int64_t before = strtol(of("1", "version"), NULL, 10);
	const char *changes[] = {
		resident("1", 2, "registered", "9", ",\"biko\":\"x\""),
		seal("1", 1, "registered"),
		seal("1", 2, "abolished"),
		card("1", 1, "active", "01"),
		card("1", 2, "ended", "01"),
		block("atena_no", "1", 1, true),
		block("setai_no", "9", 1, true),
		block("setai_no", "9", 2, false),
	};
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		(void)apply_next(changes[i]);
		int64_t after = strtol(of("1", "version"), NULL, 10);
		assert_true(after > before);
		before = after;
	}
	assert_string_equal(of("1", "parked::text"), "false");
	assert_string_equal(count("seal_row"), "2");
	assert_string_equal(count("block"), "3");
}

static void
who_joins_or_leaves_makes_the_whole_household_new(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	(void)apply_next(resident("2", 1, "registered", "8", ""));
	int64_t one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 2, "registered", "9", "")); /* joins */
	assert_true(strtol(of("1", "version"), NULL, 10) > one);
	one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 3, "removed", "9", ""));
	assert_true(strtol(of("1", "version"), NULL, 10) > one);
	one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 4, "registered", "7", "")); /* and is back elsewhere */
	assert_true(strtol(of("1", "version"), NULL, 10) > one);
	one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 5, "registered", "7", ",\"biko\":\"x\""));
	assert_int_equal(strtol(of("1", "version"), NULL, 10), one); /* no longer theirs */
}

static void
the_same_batch_again_changes_nothing(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	uint8_t zeros[BATCH_HASH_BYTES] = { 0 };
	for (int i = 0; i < 3; i++) {
		struct sent s = make(TEST_EPOCH, 1, zeros, resident("1", 1, "registered", "9", ""));
		assert_int_equal(apply_sent(&s, &done), 0);
		assert_int_equal(done.seq, 1);
		assert_int_equal(done.n_records, 0);
		assert_memory_equal(done.hash, prev, sizeof(prev));
	}
	(void)apply_next(resident("1", 2, "registered", "9", ""));
	struct sent old = make(TEST_EPOCH, 1, zeros, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&old, &done), 0); /* an older one still */
	assert_string_equal(count("batch"), "2");
	assert_string_equal(count("resident_row"), "2");
	assert_string_equal(stopped(), "");
}

static void
a_gap_asks_for_what_is_missing(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s = make(TEST_EPOCH, 3, prev, resident("1", 3, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_GAP);
	assert_int_equal(done.seq, 2);
	assert_string_equal(of("1", "rireki_no"), "1");
	assert_string_equal(stopped(), "");
}

static void
the_same_number_with_other_content_stops_the_municipality(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	uint8_t zeros[BATCH_HASH_BYTES] = { 0 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s = make(TEST_EPOCH, 1, zeros, resident("1", 1, "registered", "8", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_EQUIVOCATION);
	assert_string_equal(stopped(), "equivocation");
	assert_string_equal(count("batch"), "1");
}

static void
a_batch_built_on_another_stops_the_municipality(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	uint8_t other[BATCH_HASH_BYTES] = { 9 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s = make(TEST_EPOCH, 2, other, resident("1", 2, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_EQUIVOCATION);
	assert_string_equal(stopped(), "equivocation");
	assert_string_equal(of("1", "rireki_no"), "1");
}

static void
another_epoch_or_session_is_refused(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct apply_done done = { 0 };
	struct apply_source at;
	uint8_t session[SYNC_SESSION_BYTES] = { 5 };
	struct sent s = make(TEST_EPOCH + 1, 1, prev, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_EPOCH);
	assert_int_equal(apply_session_open(db, session, &at, &err), 0);
	assert_int_equal(at.at.seq, 0);
	assert_string_equal(at.source, "0/1");
	s = make(TEST_EPOCH, 1, prev, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_SESSION);
	assert_string_equal(count("person"), "0");
	assert_string_equal(stopped(), "");
}

static void
nothing_is_applied_before_a_first_load(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct apply_done done = { 0 };
	struct apply_source at;
	dbtest_sql(conninfo, "DELETE FROM stream");
	struct sent s = make(TEST_EPOCH, 1, prev, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_NOT_LOADED);
	assert_int_equal(apply_position_read(db, &at, &err), SYNC_E_NOT_LOADED);
	assert_int_equal(apply_session_open(db, sender.session, &at, &err), SYNC_E_NOT_LOADED);
}

static void
a_gap_in_a_history_parks_the_person_and_keeps_the_newest_state(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	(void)apply_next(resident("2", 1, "registered", "8", ""));
	struct apply_done done = apply_next(resident("1", 3, "removed", "9", ""));
	assert_int_equal(done.n_parked, 1);
	assert_false(done.stopped);
	assert_string_equal(of("1", "parked || ',' || state || ',' || rireki_no"), "true,2,3");
	assert_string_equal(of("2", "parked::text"), "false");
	assert_string_equal(dbtest_value(conninfo, "SELECT code FROM parked"), "history-gap");
	(void)apply_next(resident("1", 4, "registered", "9", "")); /* goes on, stays parked */
	assert_string_equal(of("1", "parked || ',' || state || ',' || rireki_no"), "true,1,4");
}

static void
a_repeated_number_is_no_silent_no_op(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	(void)apply_next(resident("1", 1, "removed", "9", ""));
	assert_string_equal(of("1", "parked || ',' || state"), "true,1");
	assert_string_equal(dbtest_value(conninfo, "SELECT code FROM parked"), "history-back");
	assert_string_equal(count("resident_row"), "1");
}

static void
what_cannot_be_read_parks_its_person_and_the_stream_goes_on(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct apply_done done =
	    apply_next(printed("%s,%s", resident("1", 2, "registered", "9", ",\"x\":\"y\""),
		resident("2", 1, "registered", "8", "")));
	assert_int_equal(done.n_parked, 1);
	assert_false(done.stopped);
	assert_string_equal(of("1", "parked || ',' || rireki_no"), "true,1");
	assert_string_equal(of("2", "parked || ',' || rireki_no"), "false,1");
	assert_string_equal(stopped(), "");
}

static void
somebody_parked_before_we_knew_them_arrives_parked(void **state)
{
	(void)state;
	(void)apply_next(seal("1", 1, "registered"));
	assert_string_equal(dbtest_value(conninfo, "SELECT code FROM parked"), "unknown-person");
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_string_equal(of("1", "parked::text"), "true");
}

static void
unreadable_negative_news_stops_the_municipality(void **state)
{
	(void)state;
	const char *const bad[] = {
		"{\"kind\":\"block\",\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":["
		"\"koseki\"]}",
		"{\"kind\":\"resident\",\"atena_no\":\"1\",\"rireki_no\":2,\"state\":\"removed\"}",
		"{\"kind\":\"resident\",\"rireki_no\":2,\"state\":\"registered\"}",
		"{}",
	};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		(void)dbtest_sql(conninfo, "UPDATE tenant SET stopped = NULL");
		assert_true(apply_next(bad[i]).stopped);
		assert_string_equal(stopped(), "unreadable");
	}
	/* and the stream still goes on, so that later news is not lost */
	(void)apply_next(resident("5", 1, "registered", "9", ""));
	assert_string_equal(of("5", "rireki_no"), "1");
}

static void
ten_may_be_parked_and_the_eleventh_stops(void **state)
{
	(void)state;
	char atena[12];
	for (int i = 1; i <= SYNC_MAX_PARKED + 1; i++) {
		(void)snprintf(atena, sizeof(atena), "%d", i);
		(void)apply_next(resident(atena, 1, "registered", "9", ""));
	}
	for (int i = 1; i <= SYNC_MAX_PARKED + 1; i++) {
		(void)snprintf(atena, sizeof(atena), "%d", i);
		struct apply_done done = apply_next(resident(atena, 1, "registered", "9", ""));
		assert_int_equal(done.stopped, i > SYNC_MAX_PARKED);
	}
	assert_string_equal(stopped(), "too-many-parked");
}

static void
blocks_stand_by_subject_and_number(void **state)
{
	(void)state;
	(void)apply_next(block("atena_no", "1", 1, true)); /* before the person */
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_string_equal(of("1", "parked::text"), "false");
	(void)apply_next(block("atena_no", "1", 2, false));
	assert_string_equal(dbtest_value(conninfo,
				"SELECT string_agg(rireki_no || ':' || active || ':' || kinds || "
				"':' || source, ' ' ORDER BY rireki_no) FROM block"),
	    "1:true:6:1 2:false:6:1");
	assert_true(apply_next(block("atena_no", "1", 2, true)).stopped); /* which of two holds? */
	assert_string_equal(stopped(), "block-history");
}

static void
a_household_block_with_a_gap_parks_all_of_it(void **state)
{
	(void)state;
	(void)apply_next(printed("%s,%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "9", ""), resident("3", 1, "registered", "8", "")));
	(void)apply_next(block("setai_no", "9", 2, false));
	assert_string_equal(of("1", "parked::text"), "true");
	assert_string_equal(of("2", "parked::text"), "true");
	assert_string_equal(of("3", "parked::text"), "false");
}

static const char *
outbox(void)
{
	return dbtest_value(conninfo,
	    "SELECT coalesce(string_agg(encode(serial, 'hex') || CASE WHEN claim THEN '+' ELSE '-' "
	    "END, ' '"
	    " ORDER BY id), '') FROM directory_outbox");
}

static void
the_center_hears_of_cards_in_order(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_true(
	    apply_next(printed("%s,%s", card("1", 1, "active", "01"), card("1", 2, "active", "02")))
		.told);
	assert_string_equal(outbox(), "01+ 02+");
	(void)apply_next(card("1", 3, "ended", "01"));
	assert_string_equal(outbox(), "01+ 02+ 01-");
	(void)apply_next(resident("1", 2, "removed", "9", "")); /* moved out: 02 is free */
	assert_string_equal(outbox(), "01+ 02+ 01- 02-");
	(void)apply_next(resident("1", 3, "registered", "9", "")); /* 異動の取消し */
	assert_string_equal(outbox(), "01+ 02+ 01- 02- 02+");
	assert_string_equal(of("1", "parked::text"), "false");
}

static void
two_persons_with_one_card_are_both_parked(void **state)
{
	(void)state;
	(void)apply_next(printed("%s,%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "8", ""), card("1", 1, "active", "01")));
	(void)apply_next(card("2", 1, "active", "01"));
	assert_string_equal(of("1", "parked::text"), "true");
	assert_string_equal(of("2", "parked::text"), "true");
	assert_string_equal(outbox(), "01+");
	assert_string_equal(count("card"), "1");
}

static void
a_card_may_go_to_another_person_after_it_ended(void **state)
{
	(void)state;
	(void)apply_next(printed("%s,%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "8", ""), card("1", 1, "active", "01")));
	(void)apply_next(
	    printed("%s,%s", card("1", 2, "ended", "01"), card("2", 1, "active", "01")));
	assert_string_equal(of("1", "parked::text"), "false");
	assert_string_equal(of("2", "parked::text"), "false");
	assert_string_equal(outbox(), "01+ 01- 01+");
}

static void
a_batch_is_applied_whole_or_not_at_all(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	struct err err = { 0 };
	dbtest_sql(conninfo,
	    "CREATE FUNCTION bang() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'bang'; END "
	    "$$;"
	    "CREATE TRIGGER bang BEFORE INSERT ON seal_row FOR EACH ROW EXECUTE FUNCTION bang()");
	struct sent s = make(TEST_EPOCH, 1, prev,
	    printed("%s,%s", resident("1", 1, "registered", "9", ""), seal("1", 1, "registered")));
	assert_true(apply_batch(db, &vault, &s.batch, s.hash, &sender, &done, &err) < 0);
	assert_string_equal(count("person"), "0");
	assert_string_equal(dbtest_value(conninfo, "SELECT seq FROM stream"), "0");
	dbtest_sql(conninfo, "DROP TRIGGER bang ON seal_row");
	assert_int_equal(apply_sent(&s, &done), 0);
	assert_string_equal(count("person"), "1");
	assert_string_equal(count("seal_row"), "1");
}

static int
beat(int64_t number, const uint8_t *hash, int64_t at_ms)
{
	struct err err = { 0 };
	int64_t ours = -1;
	struct beat b = { .muni = vault.muni, .epoch = TEST_EPOCH, .seq = number, .at_ms = at_ms };
	memcpy(b.hash, hash, sizeof(b.hash));
	return apply_beat(db, &b, &sender, &ours, &err);
}

static const char *
lease(void)
{
	return dbtest_value(
	    conninfo, "SELECT coalesce((SELECT beat_ms || ',' || seq FROM lease), '')");
}

static void
the_lease_only_goes_forward(void **state)
{
	(void)state;
	uint8_t zeros[BATCH_HASH_BYTES] = { 0 };
	uint8_t other[BATCH_HASH_BYTES] = { 9 };
	assert_int_equal(beat(0, zeros, NOW_MS - 5000), 0);
	assert_string_equal(lease(), "995000,0");
	assert_int_equal(beat(0, zeros, NOW_MS - 9000), 0); /* an old one played again */
	assert_string_equal(lease(), "995000,0");
	assert_int_equal(beat(0, zeros, NOW_MS + SYNC_SKEW_MS), 0);
	assert_int_equal(beat(0, zeros, NOW_MS + SYNC_SKEW_MS + 1), SYNC_E_SKEW);
	assert_string_equal(lease(), "1030000,0");
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_int_equal(beat(0, zeros, NOW_MS + SYNC_SKEW_MS), 0); /* sent before the batch was */
	assert_int_equal(beat(2, other, NOW_MS + SYNC_SKEW_MS), SYNC_E_GAP);
	assert_string_equal(lease(), "1030000,2"); /* ahead of us: nothing is issued */
	assert_string_equal(stopped(), "");
	assert_int_equal(beat(1, other, NOW_MS), SYNC_E_EQUIVOCATION);
	assert_string_equal(stopped(), "equivocation");
}

static void
the_applying_role_has_the_rights_it_needs(void **state)
{
	(void)state;
	struct err err = { 0 };
	char as_sync[DBTEST_CONNINFO_BYTES + 64];
	(void)snprintf(as_sync, sizeof(as_sync), "%s options='-c role=kofu_sync'", conninfo);
	db_close(db);
	db = NULL;
	assert_int_equal(db_open(as_sync, &db, &err), 0);
	every_change_makes_the_version_grow(state);
	(void)apply_next(resident("1", 1, "removed", "9", "")); /* parks */
	(void)apply_next("{}");                                 /* stops */
	struct apply_source at;
	assert_int_equal(apply_session_open(db, sender.session, &at, &err), 0);
	assert_int_equal(beat(at.at.seq, at.at.hash, NOW_MS), 0);
}

/* Who only goes on is written without being looked at first: nobody else may be taken for one. */
static void
who_only_goes_on_and_who_does_not_share_a_batch(void **state)
{
	(void)state;
	static const char kana[] = ",\"name_kana\":\"ミホン　タロウ\"";
	(void)apply_next(printed("%s,%s,%s,%s,%s", resident("1", 1, "registered", "8", ""),
	    resident("2", 1, "registered", "9", ""), resident("3", 1, "registered", "7", ""),
	    resident("4", 1, "registered", "6", ""), resident("5", 1, "removed", "5", "")));
	const int before = atoi(of("1", "version"));
	const struct apply_done done =
	    apply_next(printed("%s,%s,%s,%s,%s,%s,%s", resident("1", 2, "registered", "8", ""),
		resident("3", 2, "registered", "7", ""), resident("2", 2, "registered", "8", ""),
		resident("3", 3, "registered", "7", kana), resident("4", 3, "registered", "6", ""),
		resident("5", 2, "registered", "5", ""), resident("6", 2, "registered", "4", "")));
	assert_int_equal(done.n_records, 7);
	assert_int_equal(done.n_parked, 2);
	static const char *const want[][4] = { { "1", "2", "f", "1" }, { "2", "2", "f", "1" },
		{ "3", "3", "f", "3" }, { "4", "3", "t", "1" }, { "5", "2", "f", "1" },
		{ "6", "2", "t", "1" } };
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		assert_string_equal(of(want[i][0], "rireki_no"), want[i][1]);
		assert_string_equal(of(want[i][0], "parked"), want[i][2]);
		assert_string_equal(of(want[i][0], "cardinality(keys)"), want[i][3]);
		assert_string_equal(of(want[i][0], "state"), "1");
	}
	/* A housemate came: the papers of who went on are of before, once more. */
	assert_int_equal(atoi(of("1", "version")), before + 2);
	assert_string_equal(of("5", "removed_ms IS NULL"), "t");
	assert_string_equal(count("resident_row"), "12");
}

#define T(f) cmocka_unit_test_setup_teardown(f, each_begins_with_an_empty_replica, and_closes_it)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_person_is_stored_sealed_and_opens_again),
		T(every_change_makes_the_version_grow),
		T(who_joins_or_leaves_makes_the_whole_household_new),
		T(the_same_batch_again_changes_nothing),
		T(a_gap_asks_for_what_is_missing),
		T(the_same_number_with_other_content_stops_the_municipality),
		T(a_batch_built_on_another_stops_the_municipality),
		T(another_epoch_or_session_is_refused),
		T(nothing_is_applied_before_a_first_load),
		T(a_gap_in_a_history_parks_the_person_and_keeps_the_newest_state),
		T(a_repeated_number_is_no_silent_no_op),
		T(what_cannot_be_read_parks_its_person_and_the_stream_goes_on),
		T(somebody_parked_before_we_knew_them_arrives_parked),
		T(unreadable_negative_news_stops_the_municipality),
		T(ten_may_be_parked_and_the_eleventh_stops),
		T(blocks_stand_by_subject_and_number),
		T(a_household_block_with_a_gap_parks_all_of_it),
		T(the_center_hears_of_cards_in_order),
		T(two_persons_with_one_card_are_both_parked),
		T(a_card_may_go_to_another_person_after_it_ended),
		T(a_batch_is_applied_whole_or_not_at_all),
		T(the_lease_only_goes_forward),
		T(who_only_goes_on_and_who_does_not_share_a_batch),
		T(the_applying_role_has_the_rights_it_needs),
	};
	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}

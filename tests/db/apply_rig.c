/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "domain/muni.h"
#include "pki/hash.h"
#include "queries/asp_migrations.h"
#include "server/sync/apply_made.h"
#include "server/sync/apply_set.h"
#include "tests/db/apply_rig.h"
#include "wire/gzip.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BODY_ROOM = 4 * 1024 * 1024 };

struct apply_rig rig = { .sender = { .session = { 1, 2, 3 }, .now_ms = NOW_MS } };

int
rig_begin(void **state)
{
	(void)state;
	struct err err = { 0 };
	static const uint8_t dek[32] = { 42 };
	struct muni_code muni;
	char sql[512];
	char hex[33];
	assert_true(muni_parse("991015", 6, &muni));
	vault_init(&rig.vault, muni, dek);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, rig.conninfo);
	for (size_t i = 0; i < sizeof(rig.sender.session); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", rig.sender.session[i]);
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), "
	    "'hex'));"
	    "INSERT INTO stream VALUES (true, %d, 0, decode(repeat('00', 32), 'hex'), '0/1', 0,"
	    " decode('%s', 'hex'))",
	    TEST_EPOCH, hex);
	dbtest_sql(rig.conninfo, sql);
	rig.seq = 0;
	rig.ready = rig.sender.follows = false;
	memset(rig.prev, 0, sizeof(rig.prev));
	return db_open(rig.conninfo, &rig.db, &err);
}

int
rig_begin_ready(void **state)
{
	int r = rig_begin(state);
	rig.ready = true;
	return r;
}

int
rig_begin_asked(void **state)
{
	int r = rig_begin_ready(state);
	rig.sender.follows = true;
	return r;
}

int
rig_end(void **state)
{
	(void)state;
	db_close(rig.db);
	rig.db = NULL;
	vault_done(&rig.vault);
	return 0;
}

struct sent
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

int
apply_sent(struct sent *s, struct apply_done *done)
{
	struct err err = { 0 };
	struct apply_sender from = rig.sender;
	AUTO(apply_made) struct apply_made *made = NULL;
	AUTO(apply_set) struct apply_set *ready = NULL;
	if (rig.ready) {
		assert_int_equal(apply_set_of(&rig.vault, &s->batch, &made, &ready, &err), 0);
		from.made = made;
		from.ready = &ready;
	}
	int r = apply_batch(rig.db, &rig.vault, &s->batch, s->hash, &from, done, &err);
	assert_null(ready);
	batch_done(&s->batch);
	if (r < 0)
		log_fault("test", (struct txn_id){ 0 }, &err);
	return r;
}

/* The next batch of the chain. */
struct apply_done
apply_next(const char *records)
{
	struct apply_done done = { 0 };
	struct sent s = make(TEST_EPOCH, rig.seq + 1, rig.prev, records);
	assert_int_equal(apply_sent(&s, &done), 0);
	assert_int_equal(done.seq, ++rig.seq);
	memcpy(rig.prev, s.hash, sizeof(rig.prev));
	return done;
}

const char *
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

const char *
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

const char *
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
const char *
card(const char *atena, int rireki, const char *state, const char *serial)
{
	return printed("{\"kind\":\"card\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\","
		       "\"issuer\":\"" ISSUER "\",\"serial\":\"%s\"}",
	    atena, rireki, state, serial);
}

const char *
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
	vault_person_ref(&rig.vault, atena, &ref);
	for (size_t i = 0; i < sizeof(ref.b); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", ref.b[i]);
	return hex;
}

/* A column of one person. */
const char *
of(const char *atena, const char *column)
{
	return dbtest_value(rig.conninfo,
	    printed(
		"SELECT %s FROM person WHERE ref = decode('%s', 'hex')", column, ref_hex(atena)));
}

const char *
stopped(void)
{
	return dbtest_value(rig.conninfo, "SELECT stopped FROM tenant");
}

const char *
count(const char *table)
{
	return dbtest_value(rig.conninfo, printed("SELECT count(*) FROM %s", table));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders of one person at full rate while the applier takes opt-outs, blocks of the household,
 * deaths, moves and abolished seals: once such news is acknowledged, nothing older than it is
 * issued or released. KOFU_TRIALS=N.
 */
#include "tests/db/front_rig.h"
#include "tests/unit/paper_help.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "server/sync/apply.h"
#include "tests/db/dbtest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ISSUERS = 3, TRIALS = 100, ORDERS_A_SESSION = 20, EPOCH = 1 };
#define ATENA "000000000100000"

static struct db *db;
static struct arena *scratch; /* of one trial */
static const char *setai, *seal_bits;
static int64_t seq, row_no, seal_no, block_no, household_no;
static uint8_t prev[BATCH_HASH_BYTES];

static void
applied(const char *record)
{
	struct err err = { 0 };
	struct apply_done done = { 0 };
	uint8_t hash[BATCH_HASH_BYTES];
	json_t *o = NULL;
	const struct apply_sender from = { .now_ms = clock_now_ms() };
	assert_int_equal(js_parse(record, strlen(record), &o, &err), 0);
	struct batch_row row = { .json = o };
	struct batch b = { .muni = rig.vault.muni,
		.epoch = EPOCH,
		.seq = seq + 1,
		.source = "0/1",
		.register_ms = from.now_ms,
		.urgent = true,
		.rows = &row,
		.n_rows = 1 };
	memcpy(b.prev, prev, sizeof(prev));
	rand_bytes(hash, sizeof(hash));
	int r = apply_batch(db, &rig.vault, &b, hash, &from, &done, &err);
	if (r)
		log_fault("applied", (struct txn_id){ 0 }, &err);
	assert_int_equal(r, 0);
	assert_int_equal(done.n_parked, 0);
	json_decref(o);
	memcpy(prev, hash, sizeof(prev));
	seq++;
}

static void
resident(const char *state, const char *address)
{
	applied(arena_printf(scratch,
	    "{\"kind\":\"resident\",\"atena_no\":\"" ATENA "\",\"rireki_no\":%lld,\"state\":\"%s\","
	    "\"class\":\"japanese\",\"narabi\":1,\"items\":{\"setai_no\":\"%s\",\"name\":"
	    "\"見本　太郎\",\"birth\":\"昭和５５年４月１日\",\"address\":\"%s\",\"jumin_code\":"
	    "\"1\",\"honseki\":\"架空県\",\"hittosha\":\"見本　太郎\",\"jumin_since\":"
	    "\"平成元年\"}}",
	    (long long)++row_no, state, setai, address));
}

static void
seal(const char *state)
{
	applied(arena_printf(scratch,
	    "{\"kind\":\"seal\",\"atena_no\":\"" ATENA
	    "\",\"rireki_no\":%lld,\"state\":\"%s\",\"touroku_no\":\"1\",\"touroku_on\":"
	    "\"令和７年１月１日\",\"width_px\":200,\"height_px\":200,\"bits\":\"%s\"}",
	    (long long)++seal_no, state, seal_bits));
}

static void
block(bool household, bool active)
{
	applied(arena_printf(scratch,
	    "{\"kind\":\"block\",\"%s\":\"%s\",\"rireki_no\":%lld,\"active\":%s,\"kinds\":["
	    "\"juminhyo\",\"inkan\"]}",
	    household ? "setai_no" : "atena_no", household ? setai : ATENA,
	    (long long)(household ? ++household_no : ++block_no), active ? "true" : "false"));
}

enum news { OPT_OUT, HOUSEHOLD, DEATH, SEAL, MOVE, N_NEWS };
static const char *const news_names[] = { "opt-out", "household blocked", "removed",
	"seal abolished", "moved" };

static void
told(enum news n)
{
	switch (n) {
	case OPT_OUT:
	case HOUSEHOLD:
		block(n == HOUSEHOLD, true);
		break;
	case DEATH:
		resident("removed", "架空県架空市");
		break;
	case SEAL:
		seal("abolished");
		break;
	default:
		resident("registered", row_no % 2 ? "架空県架空市一丁目" : "架空県架空市二丁目");
	}
}

static void
taken_back(enum news n)
{
	if (n == OPT_OUT || n == HOUSEHOLD)
		block(n == HOUSEHOLD, false);
	else if (n == DEATH)
		resident("registered", "架空県架空市");
	else if (n == SEAL)
		seal("registered");
}

/* --- who orders --- */

struct issuer {
	pthread_t thread;
	enum doc_kind kind;
	atomic_uint *stop;
	unsigned released;
};
static atomic_uint n_issued, n_refused;

static void
order_once(struct issuer *w, struct rig_session *s)
{
	struct order o = rig_order_of(s, w->kind, ORDER_SELF);
	struct rig_reply r = rig_order(s, &o);
	if (r.result == 0) {
		atomic_fetch_add(&n_issued, 1);
		struct rig_reply released = rig_release(s, &o, rig_text(s->a, &r, "manifest"));
		w->released += released.result == 0;
		rig_reply_done(&released);
	} else {
		atomic_fetch_add(&n_refused, 1);
	}
	rig_reply_done(&r);
}

static void *
order_on_and_on(void *arg)
{
	struct issuer *w = arg;
	while (!atomic_load(w->stop)) {
		struct rig_session s;
		rig_session(&s, &(struct rig_card){ .person = 0 });
		for (unsigned i = 0; i < ORDERS_A_SESSION && !atomic_load(w->stop); i++)
			order_once(w, &s);
		rig_session_end(&s);
	}
	return NULL;
}

/* Until one more order came to its end than @n; false: none did. */
static bool
await_more_than(atomic_uint *count, unsigned n)
{
	int64_t until_ms = clock_mono_ms() + 60000;
	while (atomic_load(count) <= n && clock_mono_ms() < until_ms)
		usleep(500);
	return atomic_load(count) > n;
}

/* --- the trials --- */

static void
trial(enum news n)
{
	assert_true(await_more_than(&n_issued, atomic_load(&n_issued)));
	usleep((useconds_t)(rand_u64() % 20000));
	scratch = arena_new(RIG_ARENA_BYTES);
	told(n);
	int64_t ack_us = clock_now_ms() * 1000 + 1000; /* the millisecond is over */
	rig_sql("UPDATE lease SET beat_ms = (extract(epoch FROM now()) * 1000)::bigint, seq = 0;"
		"INSERT INTO news SELECT %u, %lld, NULL, version FROM person WHERE ref = '%s'",
	    (unsigned)n, (long long)ack_us, rig_ref(0));
	/* Orders are tried; none gets through but with the new address. */
	atomic_uint *next = n == MOVE ? &n_issued : &n_refused;
	assert_true(await_more_than(next, atomic_load(next)));
	rig_sql("UPDATE news SET until_us = (extract(epoch FROM clock_timestamp()) * "
		"1000000)::bigint WHERE until_us IS NULL");
	taken_back(n);
	arena_free(scratch);
}

/* A row's commit, in the database's own clock, between an acknowledgement and its end. */
#define WITHIN(row)                                                                                \
	"extract(epoch FROM pg_xact_commit_timestamp(" row ".xmin)) * 1000000 > n.ack_us AND "     \
	"extract(epoch FROM pg_xact_commit_timestamp(" row ".xmin)) * 1000000 < n.until_us"

static void
after_an_acknowledgement_nothing_older_is_issued_or_released(void **state)
{
	(void)state;
	const char *asked = getenv("KOFU_TRIALS");
	unsigned trials = asked ? (unsigned)strtoul(asked, NULL, 10) : TRIALS;
	atomic_uint stop = 0;
	struct issuer w[ISSUERS];
	unsigned by[N_NEWS] = { 0 }, released = 0;
	for (unsigned i = 0; i < ISSUERS; i++) {
		w[i] = (struct issuer){ .kind = i % 2 ? DOC_INKAN : DOC_JUMINHYO, .stop = &stop };
		assert_int_equal(pthread_create(&w[i].thread, NULL, order_on_and_on, &w[i]), 0);
	}
	for (unsigned i = 0; i < trials; i++) {
		enum news n = (enum news)(i % N_NEWS);
		trial(n);
		by[n]++;
	}
	atomic_store(&stop, 1);
	for (unsigned i = 0; i < ISSUERS; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		released += w[i].released;
	}
	for (unsigned i = 0; i < N_NEWS; i++)
		print_message("# %u times %s\n", by[i], news_names[i]);
	print_message("# %u issued, %u of them released, %u refused\n", atomic_load(&n_issued),
	    released, atomic_load(&n_refused));
	assert_true(released >= trials / 10 && atomic_load(&n_refused) >= trials / 2);
	/* What was issued in the time of a piece of news shows it; of a seal that is gone nothing.
	 */
	assert_string_equal(
	    rig_value(
		"SELECT count(*) FROM issue_person p JOIN issue i USING (order_id) JOIN news n "
		"ON " WITHIN("p") " WHERE CASE n.kind WHEN %u THEN i.kind = %u WHEN %u THEN "
				  "p.version < n.version ELSE true END",
		SEAL, (unsigned)DOC_INKAN, MOVE),
	    "0");
	assert_string_equal(
	    rig_value(
		"SELECT count(*) FROM issue i JOIN issue_person p USING (order_id) JOIN news n "
		"ON " WITHIN("i") " WHERE i.state = 2 AND CASE n.kind WHEN %u THEN i.kind = %u "
				  "WHEN %u THEN p.version < n.version ELSE true END",
		SEAL, (unsigned)DOC_INKAN, MOVE),
	    "0");
	/* Such times are seen at all: of who moved, papers with the new address are. */
	if (trials >= TRIALS)
		assert_string_not_equal(
		    rig_value("SELECT count(*) FROM issue_person p JOIN news n ON " WITHIN(
				  "p") " WHERE n.kind = %u AND p.version >= n.version",
			MOVE),
		    "0");
	assert_string_equal(rig_value("SELECT count(*) FROM news WHERE until_us > ack_us"),
	    arena_printf(rig.a, "%u", trials));
}

static int
race_up(void **state)
{
	struct err err = { 0 };
	struct resident r;
	struct seal_row s;
	(void)rig_reset(state);
	assert_string_equal(rig_value("SHOW track_commit_timestamp"), "on");
	rig_sql("UPDATE stream SET session = decode(repeat('00', 16), 'hex');"
		"CREATE TABLE news (kind integer, ack_us bigint, until_us bigint, version bigint)");
	paper_resident(rig.a, 0, &r);
	paper_seal(rig.a, &s);
	s.width_px = s.height_px = 200;
	setai = r.setai_no;
	seal_bits = text_b64url_format(rig.a, s.bits, seal_bits_bytes(&s));
	seq = 10;
	row_no = 3;
	seal_no = 1;
	return db_open(rig.conninfo, &db, &err);
}

static int
race_down(void **state)
{
	db_close(db);
	return rig_down(state);
}

static int
race_group_up(void **state)
{
	int r = rig_up(state);
	return r ? r : race_up(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_an_acknowledgement_nothing_older_is_issued_or_released),
	};
	return cmocka_run_group_tests(tests, race_group_up, race_down);
}

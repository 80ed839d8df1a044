/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders of one person at full rate while the applier takes opt-outs, blocks of the household,
 * deaths, moves and abolished seals: once such news is acknowledged, nothing older than it is
 * issued or released. Several persons, each in a household of their own, go through it side by
 * side: one with several kiosks at once, the others with one. KOFU_TRIALS=N of all of them.
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
#include <time.h>
#include <unistd.h>

enum {
	RACERS = 4,
	ISSUERS = 3, /* of the first; of any other one: all orders together fit the front's queue */
	TRIALS = 100,
	ORDERS_A_SESSION = 20,
	EPOCH = 1,
	FIRST_SERIAL = 2000,
	LOOK_US = 100000,
	BEAT_EVERY = 50, /* looks: 5 s; the lease lasts 30 */
};

enum news { OPT_OUT, HOUSEHOLD, DEATH, SEAL, MOVE, N_NEWS };
static const char *const news_names[] = { "opt-out", "household blocked", "removed",
	"seal abolished", "moved" };

/* One person, whom the news is about and whose orders run. */
struct racer {
	unsigned serial;
	const char *atena, *setai;
	struct person_ref ref;
	int64_t row_no, seal_no, block_no, household_no;
	struct db *db;
	struct arena *scratch; /* of one trial */
	pthread_t thread;
	unsigned n_issuers;
	struct issuer {
		pthread_t thread;
		struct racer *of;
		unsigned n;
	} issuers[ISSUERS];
	atomic_int kind; /* enum doc_kind of the only issuer's orders */
	atomic_uint issued, refused, released;
};
static struct racer racers[RACERS];
static atomic_uint trials_left, by[N_NEWS], issued_of[DOC_KIND_MAX + 1], stop;
static const char *seal_bits;

/* The stream: one batch after the other. */
static pthread_mutex_t stream = PTHREAD_MUTEX_INITIALIZER;
static int64_t seq;
static uint8_t prev[BATCH_HASH_BYTES];

static void
applied(struct racer *w, const char *record)
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
		.source = "0/1",
		.register_ms = from.now_ms,
		.urgent = true,
		.rows = &row,
		.n_rows = 1 };
	rand_bytes(hash, sizeof(hash));
	(void)pthread_mutex_lock(&stream);
	b.seq = seq + 1;
	memcpy(b.prev, prev, sizeof(prev));
	int r = apply_batch(w->db, &rig.vault, &b, hash, &from, &done, &err);
	memcpy(prev, hash, sizeof(prev));
	seq++;
	(void)pthread_mutex_unlock(&stream);
	if (r)
		log_fault("applied", (struct txn_id){ 0 }, &err);
	assert_int_equal(r, 0);
	assert_int_equal(done.n_parked, 0);
	json_decref(o);
}

static void
resident(struct racer *w, const char *state, const char *address)
{
	applied(w,
	    arena_printf(w->scratch,
		"{\"kind\":\"resident\",\"atena_no\":\"%s\",\"rireki_no\":%lld,\"state\":\"%s\","
		"\"class\":\"japanese\",\"narabi\":1,\"items\":{\"setai_no\":\"%s\",\"name\":"
		"\"見本　太郎\",\"name_kana\":\"みほん\",\"birth\":\"昭和５５年４月１日\",\"sex\":"
		"\"男\","
		"\"setainushi\":\"見本　太郎\",\"zokugara\":\"世帯主\",\"address\":\"%s\","
		"\"jumin_code\":\"12345678901\",\"honseki\":\"架空県\",\"hittosha\":\"見本　太郎\","
		"\"jumin_since\":\"平成１０年４月１日\"}}",
		w->atena, (long long)++w->row_no, state, w->setai, address));
}

static void
seal(struct racer *w, const char *state)
{
	applied(w,
	    arena_printf(w->scratch,
		"{\"kind\":\"seal\",\"atena_no\":\"%s\",\"rireki_no\":%lld,\"state\":\"%s\","
		"\"touroku_no\":\"1\",\"touroku_on\":\"令和７年１月１日\",\"width_px\":200,"
		"\"height_px\":200,\"bits\":\"%s\"}",
		w->atena, (long long)++w->seal_no, state, seal_bits));
}

static void
block(struct racer *w, bool household, bool active)
{
	applied(w,
	    arena_printf(w->scratch,
		"{\"kind\":\"block\",\"%s\":\"%s\",\"rireki_no\":%lld,\"active\":%s,\"kinds\":["
		"\"juminhyo\",\"inkan\"]}",
		household ? "setai_no" : "atena_no", household ? w->setai : w->atena,
		(long long)(household ? ++w->household_no : ++w->block_no),
		active ? "true" : "false"));
}

static void
told(struct racer *w, enum news n)
{
	switch (n) {
	case OPT_OUT:
	case HOUSEHOLD:
		block(w, n == HOUSEHOLD, true);
		break;
	case DEATH:
		resident(w, "removed", "架空県架空市");
		break;
	case SEAL:
		seal(w, "abolished");
		break;
	default:
		resident(
		    w, "registered", w->row_no % 2 ? "架空県架空市一丁目" : "架空県架空市二丁目");
	}
}

static void
taken_back(struct racer *w, enum news n)
{
	if (n == OPT_OUT || n == HOUSEHOLD)
		block(w, n == HOUSEHOLD, false);
	else if (n == DEATH)
		resident(w, "registered", "架空県架空市");
	else if (n == SEAL)
		seal(w, "registered");
}

/* --- who orders --- */

static void
order_once(struct racer *w, struct rig_session *s, enum doc_kind kind)
{
	struct order o = rig_order_of(s, kind, ORDER_SELF);
	struct rig_reply r = rig_order(s, &o);
	if (r.result == 0) {
		atomic_fetch_add(&w->issued, 1);
		atomic_fetch_add(&issued_of[kind], 1);
		struct rig_reply released = rig_release(s, &o, rig_text(s->a, &r, "manifest"));
		atomic_fetch_add(&w->released, released.result == 0);
		rig_reply_done(&released);
	} else {
		/* What could not be printed in any case would prove nothing. */
		assert_true(r.result > 0 && r.result != FRONT_E_UNPRINTABLE);
		atomic_fetch_add(&w->refused, 1);
	}
	rig_reply_done(&r);
}

static void *
order_on_and_on(void *arg)
{
	struct issuer *i = arg;
	struct racer *w = i->of;
	while (!atomic_load(&stop)) {
		struct rig_session s;
		rig_session(&s, &(struct rig_card){ .serial = w->serial });
		for (unsigned n = 0; n < ORDERS_A_SESSION && !atomic_load(&stop); n++) {
			enum doc_kind kind = i->n % 2 ? DOC_INKAN : DOC_JUMINHYO;
			if (w->n_issuers == 1)
				kind = (enum doc_kind)atomic_load(&w->kind);
			order_once(w, &s, kind);
		}
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

static const struct db_query news_add = { "test/race/news_add",
	"INSERT INTO news (kind, ack_us, until_us, ref, version) "
	"SELECT $1::integer, $2::bigint, $3::bigint, ref, version FROM person WHERE ref = "
	"$4::bytea",
	4, DB_ROWS_NONE };

/* As the database tells when something was committed. */
static int64_t
now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
trial(struct racer *w, enum news n)
{
	struct err err = { 0 };
	assert_true(await_more_than(&w->issued, atomic_load(&w->issued)));
	usleep((useconds_t)(rand_u64() % 20000));
	w->scratch = arena_new(RIG_ARENA_BYTES);
	told(w, n);
	int64_t ack_us = now_us() + 1; /* the microsecond is over */
	/* Orders are tried; none gets through but with the new address. */
	atomic_uint *next = n == MOVE ? &w->issued : &w->refused;
	assert_true(await_more_than(next, atomic_load(next)));
	int r = db_ask(w->db, &news_add, NULL, &err, db_int_arg(n), db_int_arg(ack_us),
	    db_int_arg(now_us()), db_bytes_arg(w->ref.b, sizeof(w->ref.b)));
	assert_int_equal(r, 0);
	taken_back(w, n);
	arena_free(w->scratch);
}

/* The next one that nobody has; false: none is left. */
static bool
trial_take(unsigned *ret)
{
	unsigned left = atomic_load(&trials_left);
	while (left > 0 && !atomic_compare_exchange_weak(&trials_left, &left, left - 1))
		continue;
	*ret = left - 1;
	return left > 0;
}

static void *
race(void *arg)
{
	struct racer *w = arg;
	unsigned i = 0;
	while (trial_take(&i)) {
		enum news n = (enum news)(i % N_NEWS);
		bool inkan = n == SEAL || (n != MOVE && i / N_NEWS % 2 == 1);
		atomic_store(&w->kind, (int)(inkan ? DOC_INKAN : DOC_JUMINHYO));
		trial(w, n);
		atomic_fetch_add(&by[n], 1);
	}
	return NULL;
}

static void
race_all(void)
{
	for (unsigned i = 0; i < RACERS; i++) {
		struct racer *w = &racers[i];
		for (unsigned k = 0; k < w->n_issuers; k++) {
			w->issuers[k] = (struct issuer){ .of = w, .n = k };
			assert_int_equal(pthread_create(&w->issuers[k].thread, NULL,
					     order_on_and_on, &w->issuers[k]),
			    0);
		}
		assert_int_equal(pthread_create(&w->thread, NULL, race, w), 0);
	}
	for (unsigned n = 0; atomic_load(&trials_left) > 0; n++) {
		if (n % BEAT_EVERY == 0) {
			rig_sql("UPDATE lease SET beat_ms = (extract(epoch FROM now()) * "
				"1000)::bigint, seq = 0");
			/* Nobody is blocked thousands of times, and each order reads them all. */
			rig_sql("DELETE FROM block b WHERE EXISTS (SELECT FROM block later WHERE "
				"later.subject = b.subject AND later.source = b.source AND "
				"later.rireki_no > b.rireki_no)");
		}
		usleep(LOOK_US);
	}
	for (unsigned i = 0; i < RACERS; i++)
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
	atomic_store(&stop, 1);
	for (unsigned i = 0; i < RACERS; i++)
		for (unsigned k = 0; k < racers[i].n_issuers; k++)
			assert_int_equal(pthread_join(racers[i].issuers[k].thread, NULL), 0);
}

/*
 * What papers show, by the times of the commits in the database's own clock, beside the news of
 * that person it came after, while that was in force: no two are at once.
 */
static const char shown[] =
    "CREATE INDEX ON news (ref, ack_us);"
    "CREATE TABLE shown AS SELECT p.ref, i.kind, i.state, p.version,"
    " (extract(epoch FROM pg_xact_commit_timestamp(p.xmin)) * 1000000)::bigint AS issued_us,"
    " (extract(epoch FROM pg_xact_commit_timestamp(i.xmin)) * 1000000)::bigint AS moved_us"
    " FROM issue_person p JOIN issue i USING (order_id);"
    "ANALYZE news; ANALYZE shown;";
#define IN_FORCE(us)                                                                               \
	"FROM shown s JOIN LATERAL (SELECT * FROM news WHERE news.ref = s.ref AND ack_us < s." us  \
	" ORDER BY ack_us DESC LIMIT 1) n ON s." us " < n.until_us "
/* Of a seal that is gone nothing; of who moved what shows the old address. */
#define OLDER                                                                                      \
	"CASE n.kind WHEN %u THEN s.kind = %u WHEN %u THEN s.version < n.version ELSE true END"

static void
after_an_acknowledgement_nothing_older_is_issued_or_released(void **state)
{
	(void)state;
	const char *asked = getenv("KOFU_TRIALS");
	unsigned trials = asked ? (unsigned)strtoul(asked, NULL, 10) : TRIALS;
	unsigned issued = 0, refused = 0, released = 0;
	atomic_store(&trials_left, trials);
	race_all();
	for (unsigned i = 0; i < RACERS; i++) {
		issued += atomic_load(&racers[i].issued);
		refused += atomic_load(&racers[i].refused);
		released += atomic_load(&racers[i].released);
	}
	for (unsigned i = 0; i < N_NEWS; i++)
		print_message("# %u times %s\n", atomic_load(&by[i]), news_names[i]);
	print_message(
	    "# %u issued (%u 住民票, %u 印鑑登録証明書), %u of them released, %u refused\n", issued,
	    atomic_load(&issued_of[DOC_JUMINHYO]), atomic_load(&issued_of[DOC_INKAN]), released,
	    refused);
	assert_true(atomic_load(&issued_of[DOC_JUMINHYO]) >= trials / 10);
	assert_true(released >= trials / 10 && refused >= trials / 2);
	rig_sql("%s", shown);
	assert_string_equal(rig_value("SELECT count(*) FROM news WHERE until_us > ack_us"),
	    arena_printf(rig.a, "%u", trials));
	assert_string_equal(rig_value("SELECT count(*) " IN_FORCE("issued_us") " WHERE " OLDER,
				(unsigned)SEAL, (unsigned)DOC_INKAN, (unsigned)MOVE),
	    "0");
	assert_string_equal(
	    rig_value("SELECT count(*) " IN_FORCE("moved_us") " WHERE s.state = 2 AND " OLDER,
		(unsigned)SEAL, (unsigned)DOC_INKAN, (unsigned)MOVE),
	    "0");
	/* Such times are seen at all: of who moved, papers with the new address are. */
	if (trials >= TRIALS)
		assert_string_not_equal(
		    rig_value("SELECT count(*) " IN_FORCE(
				  "issued_us") " WHERE "
					       "n.kind = %u AND s.version >= n.version",
			(unsigned)MOVE),
		    "0");
}

/* A person of his own household, with a seal and a card, as the stream brings them. */
static void
racer_up(unsigned i)
{
	struct racer *w = &racers[i];
	struct rig_session s;
	struct err err = { 0 };
	char issuer[2 * CERT_KEY_HASH_BYTES + 1], serial[2 * CERT_MAX_SERIAL + 1];
	*w = (struct racer){ .serial = FIRST_SERIAL + i,
		.atena = arena_printf(rig.a, "%015u", 200000 + i),
		.setai = arena_printf(rig.a, "%015u", 300000 + i),
		.n_issuers = i == 0 ? ISSUERS : 1,
		.kind = DOC_JUMINHYO };
	vault_person_ref(&rig.vault, w->atena, &w->ref);
	assert_int_equal(db_open(rig.conninfo, &w->db, &err), 0);
	w->scratch = arena_new(RIG_ARENA_BYTES);
	resident(w, "registered", "架空県架空市");
	seal(w, "registered");
	rig_session(&s, &(struct rig_card){ .serial = w->serial });
	text_hex_format(s.issuer, sizeof(s.issuer), issuer);
	text_hex_format(s.serial, s.serial_bytes, serial);
	rig_session_end(&s);
	applied(w,
	    arena_printf(w->scratch,
		"{\"kind\":\"card\",\"atena_no\":\"%s\",\"rireki_no\":1,\"state\":\"active\","
		"\"issuer\":\"%s\",\"serial\":\"%s\"}",
		w->atena, issuer, serial));
	arena_free(w->scratch);
}

static int
race_up(void **state)
{
	struct seal_row s;
	(void)rig_reset(state);
	assert_string_equal(rig_value("SHOW track_commit_timestamp"), "on");
	rig_sql("UPDATE stream SET session = decode(repeat('00', 16), 'hex');"
		"CREATE TABLE news (kind integer, ack_us bigint, until_us bigint, ref bytea, "
		"version bigint)");
	paper_seal(rig.a, &s);
	s.width_px = s.height_px = 200;
	seal_bits = text_b64url_format(rig.a, s.bits, seal_bits_bytes(&s));
	seq = 10;
	for (unsigned i = 0; i < RACERS; i++)
		racer_up(i);
	return 0;
}

static int
race_down(void **state)
{
	for (unsigned i = 0; i < RACERS; i++)
		db_close(racers[i].db);
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

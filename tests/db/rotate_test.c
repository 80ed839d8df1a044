/* SPDX-License-Identifier: Apache-2.0 */
/* A data key is replaced under a front that serves; cut off anywhere it goes on to the same end. */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "base/text.h"
#include "server/admin/rotate.h"
#include "server/audit/audit.h"
#include "server/audit/sealer.h"
#include "server/audit/verify.h"
#include "domain/imprint.h"
#include "server/console/staff.h"
#include "server/console/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct db *audit_db;
static struct rotate *x;

static void
link_audit(void)
{
	struct err err = { 0 };
	unsigned n = 0;
	assert_int_equal(
	    sealer_round(audit_db, rig.vault.muni, rig.conf.seal_socket, NULL, &n, &err), 0);
}

static int
opened(struct rotate *ret)
{
	struct err err = { 0 };
	*ret = (struct rotate){ .muni = rig.profile.muni,
		.socket = rig.conf.seal_socket,
		.reseal = { .rows_s = 1000000 } };
	assert_int_equal(db_open(rig.conninfo, &ret->db, &err), 0);
	return rotate_open(ret, &err);
}

static void
closed(struct rotate *of)
{
	rotate_close(of);
	db_close(of->db);
}

/* The test's own vault, with the keys of now. */
static void
vault_follow(void)
{
	struct err err = { 0 };
	struct ring ring;
	ring_init(&ring, rig.profile.muni, rig.conf.seal_socket, &rig.vault);
	assert_int_equal(ring_look(&ring, audit_db, clock_now_ms(), &err), 0);
}

static const char *
hex_of(struct vault_sealed s)
{
	char *hex = arena_zero(rig.a, 2 * s.bytes + 1);
	text_hex_format(s.p, s.bytes, hex);
	return hex;
}

static const char *
boxed(const uint8_t *aad, size_t n)
{
	return hex_of(vault_box_seal(&rig.vault, rig.a, aad, n, "{}", 2));
}

/* What orders do not need, but the city has. The spoilt paper is nobody's. */
static void
lists_fill(void)
{
	uint8_t survey[SURVEY_AAD_BYTES], again[AGAIN_AAD_MAX_BYTES];
	survey_aad(rig.ref[1].b, survey);
	size_t n = reissue_aad("X", again);
	rig_sql("DELETE FROM survey; INSERT INTO survey VALUES ('%s', 1, decode(repeat('00', 16), "
		"'hex'), 1, '\\x%s', 5)",
	    rig_ref(1), boxed(survey, sizeof(survey)));
	rig_sql("SET session_replication_role = replica; DELETE FROM reissue; INSERT INTO reissue "
		"(number, ref, kind, state, sealed, until_ms, asked_by, asked_ms) VALUES ('X', "
		"'%s', 1, 4, '\\x%s', 5, 'uketsuke1', 1); SET session_replication_role = origin",
	    rig_ref(1), boxed(again, n));
}

/* The city's own imprint, in force: every order from then on is drawn and sealed with it. */
static void
imprint_fill(void)
{
	struct imprint m;
	struct buf b;
	uint8_t tag[IMPRINT_TAG_BYTES];
	imprint_of_profile(&rig.profile, &m);
	buf_init(&b, IMPRINT_MAX_BYTES);
	imprint_encode(&m, &b);
	assert_true(buf_ok(&b));
	imprint_row_tag(&rig.vault, 1, 1, b.p, b.bytes, tag);
	rig_sql(
	    "DELETE FROM imprint; INSERT INTO imprint (number, base, sealed, digest, note, "
	    "proposed_by, proposed_ms, approved_by, approved_ms, holds_ms, tag) VALUES (1, 0, "
	    "'\\x%s', decode(repeat('00', 32), 'hex'), '', 'unyo1', 1, 'shonin1', 1, 1, '\\x%s')",
	    hex_of(imprint_row_seal(&rig.vault, rig.a, 1, b.p, b.bytes)),
	    hex_of((struct vault_sealed){ tag, sizeof(tag) }));
	buf_done(&b);
}

/* A stop and a member of staff, beside the register of the rig. */
static int
before_each(void **state)
{
	struct err err = { 0 };
	uint8_t aad[STOP_AAD_BYTES], secret[TOTP_SECRET_BYTES];
	vault_follow();
	int r = rig_reset(state);
	rig_sql("TRUNCATE audit_row, audit_open, audit_link, audit_checkpoint RESTART IDENTITY; "
		"UPDATE audit_head SET seq = 0, head = decode(repeat('00', 32), 'hex'); "
		"DELETE FROM staff; DELETE FROM stop");
	stop_aad(rig.ref[1].b, 5, aad);
	struct vault_sealed s = vault_box_seal(&rig.vault, rig.a, aad, sizeof(aad), "{}", 2);
	rig_sql("INSERT INTO stop (subject, household, kinds, sealed, set_by, set_ms) VALUES "
		"('%s', false, 2, '\\x%s', 'uketsuke1', 5)",
	    rig_ref(1), hex_of(s));
	lists_fill();
	imprint_fill();
	rig_sql("UPDATE person SET keys = ARRAY[decode(repeat('ab', 16), 'hex')] "
		"WHERE cardinality(keys) = 0 AND (SELECT data_gen FROM tenant) = 1");
	const struct staff_new n = { .user = "kanri1",
		.name = "見本 花子",
		.password = "correct horse battery",
		.now_ms = clock_now_ms() };
	assert_int_equal(staff_add(audit_db, &rig.vault, &n, secret, &err), 0);
	return r;
}

static const char *
left_under_others(void)
{
	return rig_value(
	    "SELECT (SELECT count(*) FROM resident_row WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM seal_row WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM card WHERE sealed_gen(sealed) <> g OR hash_gen(card) <> g) + "
	    "(SELECT count(*) FROM stop WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM staff WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM survey WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM reissue WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM imprint WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM audit_row WHERE sealed_gen(sealed) <> g) + "
	    "(SELECT count(*) FROM issue WHERE hash_gen(card) <> g) + "
	    "(SELECT count(*) FROM person, unnest(keys) k WHERE hash_gen(k) <> g) "
	    "FROM (SELECT data_gen AS g FROM tenant) t");
}

/* From wherever it is. */
static void
to_the_end(void)
{
	struct err err = { 0 };
	if (x->at == ROTATE_IDLE)
		assert_int_equal(rotate_make(x, clock_now_ms(), &err), 0);
	if (x->at == ROTATE_MADE)
		assert_int_equal(rotate_use(x, clock_now_ms(), &err), 0);
	link_audit();
	assert_int_equal(rotate_seal(x, &err), 0);
	assert_int_equal(rotate_retire(x, clock_now_ms(), &err), 0);
	assert_string_equal(left_under_others(), "0");
	assert_string_equal(rig_value("SELECT count(*) FROM data_key WHERE use = 1"), "0");
}

static void
an_order_is_done(struct rig_session *s)
{
	struct order o = rig_order_of(s, DOC_JUMINHYO, ORDER_HOUSEHOLD);
	struct rig_reply offer = rig_offer(s), r = rig_order(s, &o);
	assert_int_equal(offer.result, 0);
	assert_int_equal(r.result, 0);
	struct rig_reply out = rig_release(s, &o, rig_text(rig.a, &r, "manifest"));
	assert_int_equal(out.result, 0);
	rig_reply_done(&out);
	rig_reply_done(&r);
	rig_reply_done(&offer);
}

static void
orders_are_done_before_between_and_after_all_steps(void **state)
{
	struct err err = { 0 };
	struct rig_session s;
	(void)state;
	assert_int_equal(opened(x), 0);
	rig_session(&s, &(struct rig_card){ .person = 0 });
	struct order early = rig_order_of(&s, DOC_INKAN, ORDER_SELF);
	struct order again = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
	struct rig_reply first = rig_order(&s, &early), kept = rig_order(&s, &again);
	assert_int_equal(first.result, 0);
	assert_int_equal(kept.result, 0);
	assert_int_equal(rotate_make(x, clock_now_ms(), &err), 0);
	assert_int_equal(rotate_use(x, clock_now_ms(), &err), 0);
	/* The front has not looked since: what it writes is refused, and written again. */
	struct rig_reply out = rig_release(&s, &early, rig_text(rig.a, &first, "manifest"));
	assert_int_equal(out.result, 0);
	an_order_is_done(&s);
	link_audit();
	for (unsigned i = 0; i < RESEAL_TABLES; i++) {
		assert_int_equal(reseal_table(&x->reseal, i, &err), 0);
		if (i == 2) /* rows and cards of the new key, persons of the old one */
			an_order_is_done(&s);
		link_audit();
		struct rig_reply same = rig_order(&s, &again);
		assert_int_equal(same.result, 0);
		assert_string_equal(
		    rig_text(rig.a, &same, "papers"), rig_text(rig.a, &kept, "papers"));
		rig_reply_done(&same);
	}
	assert_int_equal(rotate_retire(x, clock_now_ms(), &err), 0);
	an_order_is_done(&s);
	struct rig_reply same = rig_order(&s, &again);
	assert_int_equal(same.result, 0);
	assert_string_equal(left_under_others(), "0");
	rig_reply_done(&same);
	rig_reply_done(&out);
	rig_reply_done(&kept);
	rig_reply_done(&first);
	rig_session_end(&s);
	closed(x);
}

static void
it_ends_whole_wherever_it_was_cut_off(void **state)
{
	enum { STEPS = 2 + RESEAL_TABLES };
	struct rig_session s;
	rig_session(&s, &(struct rig_card){ .person = 3 });
	for (unsigned cut = 0; cut <= STEPS; cut++) {
		struct err err = { 0 };
		assert_int_equal(before_each(state), 0);
		assert_int_equal(opened(x), 0);
		unsigned before = x->generation;
		if (cut >= 1)
			assert_int_equal(rotate_make(x, clock_now_ms(), &err), 0);
		if (cut >= 2)
			assert_int_equal(rotate_use(x, clock_now_ms(), &err), 0);
		link_audit();
		for (unsigned i = 0; i + 2 < cut; i++)
			assert_int_equal(reseal_table(&x->reseal, i, &err), 0);
		/* In the middle of the next transaction, too. */
		assert_int_equal(db_begin(x->db, DB_READ_COMMITTED, &err), 0);
		closed(x);
		an_order_is_done(&s);
		assert_int_equal(opened(x), 0);
		to_the_end();
		assert_int_equal(x->generation, before + 1);
		closed(x);
	}
	an_order_is_done(&s);
	rig_session_end(&s);
}

static const struct audit_event looked = {
	.source = AUDIT_CONSOLE, .kind = AUDIT_READ, .actor = "tantou1", .action = "person.read"
};

static void
who_has_not_the_new_key_cannot_write_under_the_old_one(void **state)
{
	struct err err = { 0 };
	(void)state;
	vault_follow(); /* and not again */
	assert_int_equal(opened(x), 0);
	assert_int_equal(rotate_make(x, clock_now_ms(), &err), 0);
	assert_int_equal(audit_add(audit_db, &rig.vault, &looked, &err), 0);
	assert_int_equal(rotate_use(x, clock_now_ms(), &err), 0);
	assert_int_equal(audit_add(audit_db, &rig.vault, &looked, &err), DB_E_RETRY);
	vault_follow();
	assert_int_equal(audit_add(audit_db, &rig.vault, &looked, &err), 0);
	to_the_end();
	closed(x);
}

static void
who_writes_is_waited_for(void **state)
{
	struct err err = { 0 };
	(void)state;
	vault_follow();
	assert_int_equal(opened(x), 0);
	assert_int_equal(rotate_make(x, clock_now_ms(), &err), 0);
	assert_int_equal(db_begin(audit_db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(audit_add(audit_db, &rig.vault, &looked, &err), 0);
	assert_string_equal(rig_value("SELECT pg_try_advisory_xact_lock(1802462837)"), "f");
	assert_int_equal(db_commit(audit_db, &err), 0);
	assert_string_equal(rig_value("SELECT pg_try_advisory_xact_lock(1802462837)"), "t");
	to_the_end();
	closed(x);
}

static void
nothing_is_retired_while_a_row_is_left_or_does_not_open(void **state)
{
	struct err err = { 0 };
	struct rotate second;
	(void)state;
	assert_int_equal(opened(x), 0);
	assert_int_equal(opened(&second), ROTATE_E_BUSY);
	closed(&second);
	assert_int_equal(rotate_make(x, clock_now_ms(), &err), 0);
	assert_int_equal(rotate_use(x, clock_now_ms(), &err), 0);
	assert_int_equal(rotate_retire(x, clock_now_ms(), &err), ROTATE_E_LEFT);
	rig_sql("ALTER TABLE resident_row DISABLE TRIGGER USER; CREATE TABLE kept AS SELECT * FROM "
		"resident_row WHERE ref = '%s'; UPDATE resident_row SET sealed = set_byte(sealed, "
		"20, get_byte(sealed, 20) # 1) WHERE ref = '%s'; ALTER TABLE resident_row ENABLE "
		"TRIGGER USER",
	    rig_ref(2), rig_ref(2));
	link_audit();
	assert_int_equal(rotate_seal(x, &err), RESEAL_E_UNREAD);
	assert_string_equal(x->reseal.table, "resident_row");
	assert_string_equal(rig_value("SELECT count(*) FROM data_key WHERE use = 1"), "1");
	rig_sql("ALTER TABLE resident_row DISABLE TRIGGER USER; UPDATE resident_row r SET sealed = "
		"k.sealed FROM kept k WHERE r.ref = k.ref AND r.rireki_no = k.rireki_no; DROP "
		"TABLE kept; ALTER TABLE resident_row ENABLE TRIGGER USER");
	to_the_end();
	closed(x);
}

static void
what_stood_sealed_reads_the_same_afterwards(void **state)
{
	struct err err = { 0 };
	uint8_t aad[STOP_AAD_BYTES];
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	assert_int_equal(opened(x), 0);
	to_the_end();
	vault_follow();
	closed(x);
	const char *hex = rig_value("SELECT encode(sealed, 'hex') FROM stop");
	uint8_t sealed[64];
	assert_true(text_hex_parse(hex, strlen(hex), sealed, strlen(hex) / 2));
	stop_aad(rig.ref[1].b, 5, aad);
	assert_int_equal(vault_box_open(&rig.vault, rig.a, aad, sizeof(aad), sealed,
			     strlen(hex) / 2, &p, &n, &err),
	    0);
	assert_string_equal((const char *)p, "{}");
	struct vault_card_row card = rig_card_row(0);
	assert_int_equal(vault_sealed_under(card.sealed, card.bytes), vault_writes(&rig.vault));
}

static unsigned
faults_of_the_audit(char *report, size_t bytes)
{
	struct err err = { 0 };
	struct verify_sum sum;
	FILE *out = fmemopen(report, bytes, "w");
	const struct verify_conf c = { .keys = &rig.keys, .now_ms = clock_now_ms() };
	memset(report, 0, bytes);
	assert_int_equal(audit_verify(audit_db, &rig.vault, &c, out, &sum, &err), 0);
	(void)fclose(out);
	return sum.n_faults;
}

static void
the_audit_is_the_same_chain_and_a_changed_row_is_named(void **state)
{
	static char report[8192];
	struct rig_session s;
	(void)state;
	rig_session(&s, &(struct rig_card){ .person = 0 });
	for (unsigned round = 0; round < 2; round++) { /* a box around a row, then another one */
		an_order_is_done(&s);
		link_audit();
		assert_int_equal(opened(x), 0);
		to_the_end();
		closed(x);
	}
	link_audit();
	vault_follow();
	assert_int_equal(faults_of_the_audit(report, sizeof(report)), 0);
	assert_string_equal(rig_value("SELECT count(*) > 3 FROM audit_row"), "t");
	rig_sql("ALTER TABLE audit_row DISABLE TRIGGER USER; UPDATE audit_row SET sealed = "
		"set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE id = 2; ALTER TABLE "
		"audit_row ENABLE TRIGGER USER");
	assert_true(faults_of_the_audit(report, sizeof(report)) > 0);
	assert_non_null(strstr(report, "row 2: the row was changed"));
	rig_session_end(&s);
}

static void
no_key_of_before_opens_as_another(void **state)
{
	struct err err = { 0 };
	uint8_t dek[SEAL_KEY_BYTES];
	struct seal_key k = { .use = SEAL_KEY_DATA, .generation = 2 };
	(void)state;
	assert_int_equal(seal_wrap(rig.conf.seal_socket, rig.profile.muni, NULL, &k, &err), 0);
	assert_int_equal(seal_unwrap(rig.conf.seal_socket, rig.profile.muni, &k, dek, &err), 0);
	const struct {
		uint8_t use;
		uint16_t generation;
		int want;
	} t[] = {
		{ SEAL_KEY_DATA, 1, FAULT_INTEGRITY },
		{ SEAL_KEY_DATA, 3, FAULT_INTEGRITY },
		{ SEAL_KEY_AUDIT, 2, FAULT_INTEGRITY },
		{ SEAL_KEY_REF, 0, FAULT_INTEGRITY },
		{ SEAL_KEY_REF, 2, FAULT_BAD_INPUT },
		{ SEAL_KEY_DATA, 0, FAULT_BAD_INPUT },
		{ SEAL_KEY_DATA, 65, FAULT_BAD_INPUT },
		{ 4, 2, FAULT_BAD_INPUT },
		{ 0, 2, FAULT_BAD_INPUT },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct seal_key other = k;
		other.use = t[i].use;
		other.generation = t[i].generation;
		assert_int_equal(
		    seal_unwrap(rig.conf.seal_socket, rig.profile.muni, &other, dek, &err),
		    t[i].want);
	}
	k.generation = 64;
	assert_int_equal(seal_wrap(rig.conf.seal_socket, rig.profile.muni, dek, &k, &err), 0);
	k.generation = 65;
	assert_int_equal(
	    seal_wrap(rig.conf.seal_socket, rig.profile.muni, dek, &k, &err), FAULT_BAD_INPUT);
}

static int
up(void **state)
{
	struct err err = { 0 };
	int r = rig_up(state);
	x = calloc(1, sizeof(*x));
	assert_non_null(x);
	assert_int_equal(db_open(rig.conninfo, &audit_db, &err), 0);
	return r;
}

static int
down(void **state)
{
	db_close(audit_db);
	free(x);
	return rig_down(state);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, before_each)
	const struct CMUnitTest tests[] = {
		TEST(orders_are_done_before_between_and_after_all_steps),
		TEST(it_ends_whole_wherever_it_was_cut_off),
		TEST(who_has_not_the_new_key_cannot_write_under_the_old_one),
		TEST(who_writes_is_waited_for),
		TEST(nothing_is_retired_while_a_row_is_left_or_does_not_open),
		TEST(what_stood_sealed_reads_the_same_afterwards),
		TEST(the_audit_is_the_same_chain_and_a_changed_row_is_named),
		TEST(no_key_of_before_opens_as_another),
	};
	return cmocka_run_group_tests_name("rotate", tests, up, down);
}

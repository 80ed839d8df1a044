/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_rig - the front on real parts, without the network: a database of its
 * own, kofu-seal with SoftHSM as a process, the render template, a small JPKI
 * whose cards sign. Trouble fails the test that runs.
 */
#pragma once
#include "tests/unit/unit.h"

#include "domain/vault.h"
#include "pki/key.h"
#include "server/front/store.h"
#include "wire/js.h"

enum { RIG_PEOPLE = 4, RIG_ARENA_BYTES = 256 << 20 };
#define RIG_MUNI "991015"
enum { RIG_FEE_YEN = 300 };

/*
 * 0 見本 太郎, 1 and 2 of his household, 3 of another household. Each has the card
 * of the same number, 0 and 3 a seal.
 */
struct rig {
	struct arena *a;
	char conninfo[512];
	struct server_conf conf;
	struct profile profile;
	struct warm warm;
	struct front front;
	struct vault vault; /* the test's own */
	struct person_ref ref[RIG_PEOPLE];
	struct key_point municipality; /* signs papers */
	struct keydir keys;            /* which is its only generation */
	struct key *inquiry;
	int seal_pid;
};
extern struct rig rig;

/* For cmocka's group: all of it up, all of it down. */
int rig_up(void **state);
/* "new", "use 2": the operator's command beside the kofu-seal that runs; rig.keys is what is then.
 */
int rig_generation_status(const char *what); /* its exit status alone */
void rig_generation(const char *what);
int rig_down(void **state);
/* Before each test: the register as described, a fresh lease, an empty ledger. */
int rig_reset(void **state);
void rig_sql(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Each "@2" is the ref of the person of that number. */
void rig_sql_of_people(const char *sql);
const char *rig_value(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* "\x…" of a person's ref, for SQL. */
const char *rig_ref(unsigned person);
void rig_row_put(unsigned person, unsigned rireki_no, enum resident_state state, const char *name);
/* The sealed row of the person's card. */
struct vault_card_row rig_card_row(unsigned person);
void rig_seal_put(unsigned person, unsigned rireki_no, enum seal_state state);

/* A kiosk's session with a card. */
struct rig_session {
	struct arena *a;
	struct key *key;
	uint8_t transcript[512];
	size_t transcript_bytes;
	uint8_t th[32];
	uint8_t *certificate;
	size_t certificate_bytes;
	uint8_t issuer[CERT_KEY_HASH_BYTES], serial[CERT_MAX_SERIAL]; /* of a card of the JPKI */
	size_t serial_bytes;
	uint8_t signature[512];
	size_t signature_bytes;
};
struct rig_card {
	unsigned person;
	unsigned serial;    /* 0 = the person's own */
	int64_t age_ms;     /* of the transcript */
	int64_t until_s;    /* the certificate's end; 0 = a day after the tests' start */
	const char *center; /* NULL = ours */
	bool bad_signature, stranger_ca;
};
void rig_session(struct rig_session *s, const struct rig_card *c);
void rig_session_end(struct rig_session *s);

/* A handler's answer. */
struct rig_reply {
	int result;
	struct arena *a;
	const char *body; /* of result 0 */
	size_t body_bytes;
};
void rig_reply_done(struct rig_reply *r);
/* An order of the session, its id random, for the time now. */
struct order rig_order_of(const struct rig_session *s, enum doc_kind kind, enum order_scope scope);
struct rig_reply rig_order(const struct rig_session *s, const struct order *o);
struct rig_reply rig_offer(const struct rig_session *s);
struct rig_reply rig_release(
    const struct rig_session *s, const struct order *o, const char *manifest);
/* @state "printed" or "void"; @number NULL = the one of the order. */
struct rig_reply rig_outcome(const struct rig_session *s, const struct order *o, const char *number,
    const char *state, const char *reason);
/* The outcome that takes back every number of an order. */
struct rig_reply rig_withdraw(
    const struct rig_session *s, const struct order_id *id, const char *reason);
/* The next copy of opened papers, of one sheet, as the kiosk puts it together. */
uint8_t *rig_copy_join(struct arena *a, struct rd *papers, const json_t *copy);
/* What the replica says of the session's card now, the seal too. */
void rig_view(const struct rig_session *s, struct arena *a, struct store_view *ret);
/* A member of a JSON answer as text, in @a. */
const char *rig_text(struct arena *a, const struct rig_reply *r, const char *member);

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/center/cases.h"

#include "base/file.h"
#include "base/clock.h"
#include "center/router/outcome.h"

#include <string.h>

void
a_nonce_serves_once(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_session_again(&p, 0), 403);
	assert_code(&p, 403, "nonce-unknown");
	play_end(&p);
}

static void *
session_thread(void *arg)
{
	(void)play_session(arg);
	return NULL;
}

void
of_two_uses_of_one_nonce_at_the_same_time_exactly_one_wins(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct play p, q;
		pthread_t t[2];
		play_begin(&p, 0, &card_a);
		play_begin(&q, 0, &card_a);
		assert_int_equal(play_nonce(&p), 200);
		memcpy(q.nonce, p.nonce, sizeof(q.nonce));
		q.time_ms = p.time_ms;
		assert_int_equal(pthread_create(&t[0], NULL, session_thread, &p), 0);
		assert_int_equal(pthread_create(&t[1], NULL, session_thread, &q), 0);
		(void)pthread_join(t[0], NULL);
		(void)pthread_join(t[1], NULL);
		assert_int_equal((p.reply.status == 200) + (q.reply.status == 200), 1);
		assert_string_equal(
		    p.reply.status == 200 ? q.reply.code : p.reply.code, "nonce-unknown");
		play_end(&p);
		play_end(&q);
	}
}

void
an_old_nonce_and_anothers_nonce_are_refused_and_burnt(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, 0, &card_a);
	assert_int_equal(play_nonce(&p), 200);
	dbtest_sql(w.db, "UPDATE nonce SET made_ms = made_ms - 120100 WHERE NOT spent");
	assert_int_equal(play_session(&p), 403);
	assert_code(&p, 403, "nonce-unknown");
	/* Given to kiosk 0, presented by kiosk 1 in its own name. */
	assert_int_equal(play_nonce(&p), 200);
	p.at = 1;
	assert_int_equal(play_session(&p), 403);
	assert_code(&p, 403, "nonce-unknown");
	/* And gone for kiosk 0 too. */
	p.at = 0;
	assert_int_equal(play_session(&p), 403);
	assert_code(&p, 403, "nonce-unknown");
	/* Never given to anybody. */
	memset(p.nonce, 7, sizeof(p.nonce));
	assert_int_equal(play_session(&p), 403);
	assert_code(&p, 403, "nonce-unknown");
	play_end(&p);
}

void
a_kiosk_may_hold_64_nonces_and_not_65(void **state)
{
	struct play p, q;
	(void)state;
	dbtest_sql(w.db, "DELETE FROM nonce");
	play_begin(&p, 0, &card_a);
	play_begin(&q, 1, &card_a);
	for (int i = 0; i < ROUTER_NONCES_A_KIOSK; i++)
		assert_int_equal(play_nonce(&p), 200);
	assert_int_equal(play_nonce(&p), 503);
	assert_code(&p, 503, "busy");
	assert_int_equal(play_nonce(&q), 200); /* the other kiosk has its own */
	dbtest_sql(w.db, "UPDATE nonce SET made_ms = made_ms - 121000");
	assert_int_equal(play_nonce(&p), 200);
	dbtest_sql(w.db, "DELETE FROM nonce");
	play_end(&p);
	play_end(&q);
}

void
a_kiosk_that_is_cut_off_or_unknown_gets_nothing(void **state)
{
	static const char *const paths[] = { "/v1/nonce", "/v1/session", "/v1/order", "/v1/release",
		"/v1/outcome" };
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
		assert_int_equal(ask(w.cut_kiosk, a, "POST", paths[i], "{}", &reply), 403);
		assert_string_equal(reply.code, "kiosk-unknown");
		assert_int_equal(ask(w.asp[0], a, "POST", paths[i], "{}", &reply), 403);
		assert_string_not_equal(reply.code, "kiosk-unknown"); /* not even a kiosk */
	}
	assert_int_equal(ask(w.cut_kiosk, a, "GET", "/v1/keys/" CITY_A, NULL, &reply), 403);
	assert_int_equal(ask(w.kiosk[0], a, "GET", "/v1/keys/" CITY_B, NULL, &reply), 200);
	assert_int_equal(ask(w.kiosk[0], a, "GET", "/v1/keys/011002", NULL, &reply), 404);
	assert_string_equal(reply.code, "not-found");
	assert_int_equal(ask(w.kiosk[0], a, "GET", "/livez", NULL, &reply), 200);
	assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/directory", "{}", &reply), 403);
}

static unsigned
nonce_of_build(const char *header)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply = { 0 };
	const struct http_ask q = { .method = "POST",
		.path = "/v1/nonce",
		.body = "{}",
		.body_bytes = 2,
		.header = { header } };
	assert_in_range(http_ask(w.kiosk[0], a, &q, &reply, NULL), 0, HTTP_E_REFUSED);
	if (reply.status != 200)
		assert_string_equal(reply.code, "kiosk-unknown");
	return reply.status;
}

void
a_kiosk_of_a_build_that_is_not_listed_gets_nothing(void **state)
{
	(void)state;
	assert_int_equal(nonce_of_build(NULL), 200);
	w.conf.kiosk_builds = "old new";
	assert_int_equal(nonce_of_build("Kofu-Build: old"), 200);
	assert_int_equal(nonce_of_build("Kofu-Build: new"), 200);
	assert_int_equal(nonce_of_build(NULL), 403);
	assert_int_equal(nonce_of_build("Kofu-Build: ne"), 403);
	assert_int_equal(nonce_of_build("Kofu-Build: old new"), 403);
	assert_int_equal(nonce_of_build("Kofu-Build: other"), 403);
	w.conf.kiosk_builds = NULL;
}

void
a_transcript_for_another_place_or_time_is_refused(void **state)
{
	static const struct {
		const char *center, *kiosk;
		bool other_hash;
		int64_t shift_ms;
		const char *code;
	} t[] = {
		{ "c2", NULL, false, 0, "integrity" },
		{ NULL, "k1", false, 0, "integrity" },
		{ NULL, NULL, true, 0, "card-not-valid" },
		{ NULL, NULL, false, -61000, "session-expired" },
		{ NULL, NULL, false, 70000, "session-expired" },
		{ NULL, NULL, false, -55000, "" },
		{ NULL, NULL, false, 50000, "" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct play p;
		play_begin(&p, 0, &card_a);
		assert_int_equal(play_nonce(&p), 200);
		p.center = t[i].center;
		p.kiosk = t[i].kiosk;
		p.other_hash = t[i].other_hash;
		p.time_ms += t[i].shift_ms;
		assert_int_equal(play_session(&p), t[i].code[0] ? 403 : 200);
		assert_string_equal(p.reply.code, t[i].code);
		/* Whatever was wrong: the nonce is burnt. */
		p.center = p.kiosk = NULL;
		p.other_hash = false;
		p.time_ms -= t[i].shift_ms;
		assert_int_equal(play_session(&p), 403);
		assert_code(&p, 403, "nonce-unknown");
		play_end(&p);
	}
}

static void
assert_card(const struct card *c, unsigned status, const char *code)
{
	struct play p;
	play_begin(&p, 0, c);
	assert_int_equal(play_nonce(&p), 200);
	(void)play_session(&p);
	assert_code(&p, status, code);
	play_end(&p);
}

void
cards_that_are_not_good_are_refused_by_name(void **state)
{
	int64_t now_s = clock_now_ms() / 1000;
	struct card sign = card_make(fresh_serial(), JPKI_SIGN, 2, 0);
	struct card expired = card_make(fresh_serial(), JPKI_AUTH, 2, now_s - 10);
	struct card swapped = card_make(fresh_serial(), JPKI_AUTH, 2, 0);
	EVP_PKEY *own = swapped.key;
	(void)state;
	card_claim(&sign, CITY_A);
	card_claim(&expired, CITY_A);
	card_claim(&swapped, CITY_A);
	assert_card(&sign, 403, "card-not-valid");
	assert_card(&expired, 403, "card-expired");
	swapped.key = card_a.key; /* signed by another card */
	assert_card(&swapped, 403, "card-not-valid");
	swapped.key = own;
	assert_card(&swapped, 200, "");
	card_set_state(&swapped, JPKI_HOLD);
	assert_card(&swapped, 403, "card-on-hold");
	card_set_state(&swapped, JPKI_REVOKED);
	assert_card(&swapped, 403, "card-revoked");
	card_set_state(&swapped, JPKI_GOOD); /* a hold may end; nothing was remembered */
	assert_card(&swapped, 200, "");
	card_free(&sign);
	card_free(&expired);
	card_free(&swapped);
}

void
a_doubtful_status_is_no_status(void **state)
{
	static const enum jpki_fault faults[] = { JPKI_FAULT_SILENT, JPKI_FAULT_STALE,
		JPKI_FAULT_NO_NONCE, JPKI_FAULT_WRONG_NONCE, JPKI_FAULT_WRONG_KEY,
		JPKI_FAULT_TRY_LATER, JPKI_FAULT_GARBAGE };
	struct card unknown = card_make(fresh_serial(), JPKI_AUTH, 2, 0);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(faults); i++) {
		w.fault = faults[i];
		assert_card(&card_a, 503, "card-status-unknown");
	}
	w.fault = JPKI_FAULT_NONE;
	assert_card(&card_a, 200, "");
	w.certs.n--; /* the responder has never heard of it */
	card_claim(&unknown, CITY_A);
	assert_card(&unknown, 503, "card-status-unknown");
	card_free(&unknown);
}

/* Of the newer authentication CA, into the folder; the center looks. A stale one has an older
 * number. */
static void
list_put(bool stale)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	jpki_crl_make(&w.cas[JPKI_AUTH * JPKI_N_GENS + 1], &w.certs, stale, &b);
	assert_true(buf_ok(&b));
	assert_int_equal(
	    file_write_atomic(world_path("lists/auth-2.crl"), b.p, b.bytes, 0600, NULL), 0);
	buf_done(&b);
	router_tidy(&w.router);
}

void
revocation_lists_refuse_unasked_and_stand_in_where_they_may(void **state)
{
	struct card held = card_make(fresh_serial(), JPKI_AUTH, 2, 0);
	struct card good = card_make(fresh_serial(), JPKI_AUTH, 2, 0);
	(void)state;
	card_claim(&held, CITY_A);
	card_claim(&good, CITY_A);
	card_set_state(&held, JPKI_HOLD);
	list_put(true);
	assert_card(&held, 403, "card-on-hold");
	card_set_state(&held, JPKI_GOOD); /* the list is behind: the service's word counts */
	assert_card(&held, 200, "");
	w.fault = JPKI_FAULT_SILENT;
	assert_card(&held, 503, "card-status-unknown");
	jpki_use_lists(w.router.jpki, w.router.lists, 3600 * 1000);
	assert_card(&held, 403, "card-on-hold");
	assert_card(&good, 503, "card-status-unknown"); /* it stands in no list, but that is old */
	card_set_state(&held, JPKI_REVOKED);
	list_put(false);
	card_set_state(&held, JPKI_GOOD);
	assert_card(&held, 403, "card-revoked");
	assert_card(&good, 200, "");
	w.fault = JPKI_FAULT_GARBAGE; /* an answer, if none to be trusted */
	assert_card(&good, 503, "card-status-unknown");
	w.fault = JPKI_FAULT_NONE;
	assert_card(&held, 403, "card-revoked");
	jpki_use_lists(w.router.jpki, w.router.lists, 0);
	card_free(&held);
	card_free(&good);
}

void
both_generations_of_the_ca_are_served(void **state)
{
	(void)state;
	assert_card(&card_a, 200, ""); /* made by the second */
	assert_card(&card_b, 200, ""); /* made by the first */
}

void
a_card_nobody_or_two_claim_is_not_registered(void **state)
{
	(void)state;
	card_claim(&card_a, CITY_B);
	assert_card(&card_a, 404, "not-registered");
	dbtest_sql(w.db, "DELETE FROM directory WHERE muni = '" CITY_A "'");
	assert_card(&card_a, 200, "");
	dbtest_sql(w.db, "DELETE FROM directory");
	assert_card(&card_a, 404, "not-registered");
	card_claim(&card_a, "011002"); /* a city that this center does not serve */
	assert_card(&card_a, 404, "not-registered");
	assert_int_equal(w.city[0].n_offers, 0);
}

void
session_bodies_out_of_form_are_bad_input(void **state)
{
	static const char *const bodies[] = { "", "{}", "[]", "{\"transcript\":\"AA\"}",
		"{\"transcript\":\"AA\",\"certificate\":\"AA\",\"signature\":\"AA\"}",
		"{\"transcript\":\"A\",\"certificate\":\"AA\",\"signature\":\"AA\"}",
		"{\"transcript\":\"AA\",\"certificate\":\"AA\",\"signature\":\"AA\",\"x\":1}",
		"{\"transcript\":\"AA\",\"transcript\":\"AA\",\"certificate\":\"AA\",\"signature\":"
		"\"AA\"}",
		"{\"transcript\":1,\"certificate\":\"AA\",\"signature\":\"AA\"}" };
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bodies); i++) {
		assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/session", bodies[i], &reply), 400);
		assert_string_equal(reply.code, "bad-input");
	}
	assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/nonce", "{\"x\":1}", &reply), 400);
	assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/nonce", "", &reply), 400);
	char *big = arena_zero(a, ROUTER_BODY_MAX_BYTES + 2);
	memset(big, ' ', ROUTER_BODY_MAX_BYTES + 1);
	assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/session", big, &reply), 413);
}

void
what_a_server_refuses_reaches_the_kiosk_by_name(void **state)
{
	static const struct {
		int refuse;
		unsigned status;
		const char *code;
	} t[] = {
		{ ROUTER_E_NOT_REGISTERED, 404, "not-registered" },
		{ ROUTER_E_CLOSED_HOURS, 403, "closed-hours" },
		{ ROUTER_E_REPLICA_STALE, 503, "replica-stale" },
		{ ROUTER_E_BUSY, 503, "busy" },
		{ ROUTER_E_STOPPED, 503, "municipality-stopped" },
		{ ROUTER_E_CARD_NOT_VALID, 403, "card-not-valid" },
		{ ROUTER_E_TIMEOUT, 504, "timeout" },
		/* What a server has no business to say, or says of us. */
		{ ROUTER_E_NONCE_UNKNOWN, 503, "unavailable" },
		{ ROUTER_E_KIOSK_UNKNOWN, 503, "unavailable" },
		{ FAULT_BAD_INPUT, 503, "unavailable" },
		{ FAULT_INTERNAL, 503, "unavailable" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		w.city[0].refuse = t[i].refuse;
		assert_card(&card_a, t[i].status, t[i].code);
	}
	assert_string_equal(
	    sql("SELECT count(*) FROM muni_state"), "0"); /* nobody is stopped for it */
}

void
offers_out_of_form_never_reach_a_kiosk(void **state)
{
	static const char *const offers[] = {
		"sorry",
		"{}",
		"{\"kinds\":[],\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\"}",
		"{\"kinds\":[{\"kind\":\"koseki\",\"fee_yen\":1,\"options\":[],\"open\":true,"
		"\"hours\":"
		"\"\"}],\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\"}",
		"{\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":-1,\"options\":[],\"open\":true,"
		"\"hours\":"
		"\"\"}],\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\"}",
		"{\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[\"x\"],\"open\":true,"
		"\"hours\":\"\"}],\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\"}",
		"{\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[],\"open\":true,"
		"\"hours\":"
		"\"\"},{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[],\"open\":true,\"hours\":"
		"\"\"}],"
		"\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\"}",
		"{\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[],\"open\":true,"
		"\"hours\":"
		"\"\"}],\"muni_name\":\"\\u0007\",\"phone\":\"\",\"household\":\"a\"}",
		"{\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[],\"open\":true,"
		"\"hours\":"
		"\"\"}],\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\",\"session\":\"b\"}",
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(offers); i++) {
		w.city[0].text = offers[i];
		assert_card(&card_a, 503, "unavailable");
	}
	w.city[0].text =
	    "{\"kinds\":[{\"kind\":\"inkan\",\"fee_yen\":1,\"options\":[],\"open\":true,"
	    "\"hours\":\"\"}],\"muni_name\":\"x\",\"phone\":\"\",\"household\":\"a\"}";
	assert_card(&card_a, 200, "");
}

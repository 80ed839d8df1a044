/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/center/cases.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "center/router/outcome.h"
#include "pki/hash.h"

#include <string.h>

static char *
order_text(struct play *p)
{
	struct buf b;
	buf_init(&b, ORDER_MAX_BYTES);
	order_format(&p->order, &b);
	char *s = arena_strndup(p->arena, (const char *)b.p, b.bytes);
	buf_done(&b);
	return s;
}

static void
assert_order(struct play *p, unsigned status, const char *code)
{
	(void)play_order(p, false);
	assert_code(p, status, code);
}

void
a_fresh_order_needs_its_own_session_and_key(void **state)
{
	struct play p, q;
	AUTO(key) struct key *other = key_generate();
	(void)state;
	play_open(&p, 0, &card_a);
	play_open(&q, 1, &card_b);
	assert_int_equal(play_order(&p, true), 200);

	struct order good = p.order;
	rand_bytes(p.order.id.b, ORDER_ID_BYTES);
	assert_int_equal(play_order_text(&p, order_text(&p), other), 403);
	assert_code(&p, 403, "integrity");
	memcpy(p.order.transcript, q.th, 32); /* another session's transcript */
	assert_order(&p, 403, "integrity");
	p.order = good;
	rand_bytes(p.order.id.b, ORDER_ID_BYTES);
	memcpy(p.order.muni.s, CITY_B, 7); /* another city */
	assert_order(&p, 403, "integrity");
	p.order = good;
	rand_bytes(p.order.id.b, ORDER_ID_BYTES);
	p.order.at_ms = clock_now_ms() - ORDER_FRESH_MS - 2000;
	assert_order(&p, 403, "session-expired");
	p.order.at_ms = clock_now_ms() + ORDER_CLOCK_AHEAD_MS + 5000;
	assert_order(&p, 403, "session-expired");
	p.order.at_ms = clock_now_ms();
	p.order.copies = 11;
	assert_order(&p, 400, "bad-input");
	p.order.copies = 1;
	p.at = 1; /* another kiosk, with session and key */
	assert_order(&p, 403, "session-expired");
	p.at = 0;
	p.session[0] ^= 1;
	assert_order(&p, 403, "session-expired");
	p.session[0] ^= 1;
	assert_order(&p, 200, "");
	rand_bytes(p.order.id.b, ORDER_ID_BYTES);
	dbtest_sql(w.db, "UPDATE session SET expires_ms = expires_ms - 900001");
	assert_order(&p, 403, "session-expired");
	assert_string_equal(sql("SELECT count(*) FROM muni_state"), "0");
	play_end(&p);
	play_end(&q);
}

void
an_order_id_means_one_order_only(void **state)
{
	struct play p, q;
	(void)state;
	play_open(&p, 0, &card_a);
	play_open(&q, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	struct order good = p.order;
	p.order.options = ORDER_HONSEKI;
	assert_order(&p, 409, "order-mismatch");
	p.order = good;
	q.order.id = p.order.id; /* the same id in another session */
	q.order.kind = p.order.kind;
	q.order.scope = p.order.scope;
	q.order.copies = 1;
	q.order.at_ms = p.order.at_ms;
	memcpy(q.order.transcript, q.th, 32);
	assert_order(&q, 409, "order-mismatch");
	assert_order(&p, 200, "");
	play_end(&p);
	play_end(&q);
}

void
the_same_order_again_gives_the_same_bytes(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	w.city[0].refuse = ROUTER_E_NOT_AVAILABLE;
	assert_int_equal(play_order(&p, true), 403);
	assert_code(&p, 403, "not-available");
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "refused");
	w.city[0].refuse = 0; /* nothing was left behind: it may come again */
	assert_int_equal(play_order(&p, false), 200);
	const char *first = arena_strdup(p.arena, (const char *)p.reply.body);
	assert_int_equal(play_order(&p, false), 200);
	assert_string_equal((const char *)p.reply.body, first);
	assert_string_equal(
	    sql(arena_printf(
		p.arena, "SELECT count(*) FROM issue_number WHERE number = '%s'", play_number(&p))),
	    "1");
	play_end(&p);
}

void
a_session_takes_16_orders_and_not_17(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	for (int i = 0; i < ORDERS_A_SESSION; i++)
		assert_int_equal(play_order(&p, true), 200);
	assert_order(&p, 200, ""); /* the last one again is none more */
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "busy");
	play_end(&p);
}

/* Ways to answer wrongly, each signed as if it were right. */
static void
bend_order(json_t *m)
{
	(void)json_object_set_new(m, "order", json_string("00112233445566778899aabbccddeeff"));
}
static void
bend_hash(json_t *m, const char *key)
{
	char hex[65];
	memset(hex, 'a', 64);
	hex[64] = '\0';
	(void)json_object_set_new(m, key, json_string(hex));
}
static void
bend_th(json_t *m)
{
	bend_hash(m, "th");
}
static void
bend_oh(json_t *m)
{
	bend_hash(m, "oh");
}
static void
bend_muni(json_t *m)
{
	(void)json_object_set_new(m, "muni", json_string(CITY_B));
}
static void
bend_kind(json_t *m)
{
	(void)json_object_set_new(m, "kind", json_string("inkan"));
}
static void
bend_copies(json_t *m)
{
	json_t *copies = json_object_get(m, "copies");
	json_t *more = json_deep_copy(json_array_get(copies, 0));
	(void)json_object_set_new(more, "number", json_string("991015-20261121-k0-999999"));
	(void)json_object_set_new(more, "serial", json_string("00112233445566778899aabbccddeeff"));
	(void)json_array_append_new(copies, more);
}
static void
bend_no_copies(json_t *m)
{
	(void)json_array_clear(json_object_get(m, "copies"));
}
static void
bend_number(json_t *m)
{
	(void)json_object_set_new(json_array_get(json_object_get(m, "copies"), 0), "number",
	    json_string("991015-20010101-k0-000001"));
}
static void
bend_number_kiosk(json_t *m)
{
	json_t *copy = json_array_get(json_object_get(m, "copies"), 0);
	char number[64];
	(void)snprintf(
	    number, sizeof(number), "%s", json_string_value(json_object_get(copy, "number")));
	*strstr(number, "-k0-") = '\0';
	char other[80];
	(void)snprintf(other, sizeof(other), "%s-k1-000001", number);
	(void)json_object_set_new(copy, "number", json_string(other));
}
static void
bend_early(json_t *m)
{
	json_int_t at = json_integer_value(json_object_get(m, "issued_ms"));
	(void)json_object_set_new(m, "issued_ms", json_integer(at - 61000));
}
static void
bend_late(json_t *m)
{
	json_int_t at = json_integer_value(json_object_get(m, "issued_ms"));
	(void)json_object_set_new(m, "issued_ms", json_integer(at + 70000));
}
static void
bend_over(json_t *m)
{
	json_int_t at = json_integer_value(json_object_get(m, "issued_ms"));
	(void)json_object_set_new(m, "not_after_ms", json_integer(at));
}
static void
bend_kid(json_t *m)
{
	(void)json_object_set_new(m, "kid", json_string("0011223344556677"));
}
static void
bend_member(json_t *m)
{
	(void)json_object_set_new(m, "name", json_string("x"));
}
static void
bend_missing(json_t *m)
{
	(void)json_object_del(m, "build");
}

static void
bend_build(json_t *m)
{
	(void)json_object_set_new(m, "build", json_string("tes"));
}

/* City A gives one wrong answer: it stands still, city B goes on. */
static void
assert_flaw(const char *name)
{
	struct play p, q;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "municipality-stopped");
	assert_string_equal(sql("SELECT stopped FROM muni_state WHERE muni = '" CITY_A "'"), name);
	assert_string_equal(sql(arena_printf(p.arena,
				"SELECT count(*) FROM muni_stop_log WHERE stopped = '%s'", name)),
	    "1");
	play_open(&q, 0, &card_b);
	assert_int_equal(play_order(&q, true), 200);
	play_end(&p);
	play_end(&q);
	world_calm();
	dbtest_sql(w.db, "DELETE FROM muni_stop_log");
	card_claim(&card_a, CITY_A);
	card_claim(&card_b, CITY_B);
}

void
every_flaw_of_an_answer_stops_its_city_and_no_other(void **state)
{
	static const struct {
		void (*bend)(json_t *m);
		const char *name;
	} t[] = {
		{ bend_order, "order" },
		{ bend_th, "session" },
		{ bend_oh, "payload" },
		{ bend_muni, "muni" },
		{ bend_kind, "kind" },
		{ bend_copies, "copies" },
		{ bend_no_copies, "form" },
		{ bend_number, "number" },
		{ bend_number_kiosk, "number" },
		{ bend_early, "time" },
		{ bend_late, "time" },
		{ bend_over, "time" },
		{ bend_kid, "key" },
		{ bend_member, "form" },
		{ bend_missing, "form" },
		{ bend_build, "build" },
	};
	AUTO(key) struct key *other = key_generate();
	(void)state;
	dbtest_sql(w.db, "DELETE FROM muni_stop_log");
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		w.city[0].bend = t[i].bend;
		assert_flaw(t[i].name);
	}
	w.city[0].other_key = other;
	assert_flaw("key");
	w.city[0].other_key = w.city[1].key; /* another city's true key */
	assert_flaw("key");
	w.city[0].order_text = "sorry";
	assert_flaw("form");
	w.city[0].order_text = "{\"manifest\":\"x\",\"papers\":\"y\"}";
	assert_flaw("form");
	w.city[0].order_text = "{\"manifest\":\"x\"}";
	assert_flaw("form");
	w.city[0].break_signature = true;
	assert_flaw("signature");
}

void
a_number_given_twice_stops_the_city(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	w.city[0].number = play_number(&p);
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "municipality-stopped");
	assert_string_equal(sql("SELECT stopped FROM muni_state"), "used");
	/* Nothing of the second answer was kept. */
	assert_string_equal(
	    sql("SELECT count(*) FROM order_log WHERE state = 'answered' AND at_ms = "
		"(SELECT max(at_ms) FROM order_log)"),
	    "0");
	play_end(&p);
}

void
another_answer_to_an_answered_order_stops_the_city(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	w.city[0].forget = true;
	assert_order(&p, 503, "municipality-stopped");
	assert_string_equal(sql("SELECT stopped FROM muni_state"), "changed");
	play_end(&p);
}

void
a_stop_holds_for_sessions_orders_and_releases(void **state)
{
	struct play p, q;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	/* As another center process, or the operator, writes it. */
	dbtest_sql(w.db,
	    "INSERT INTO muni_state (muni, stopped, since_ms) VALUES ('" CITY_A
	    "', 'operator', 1)");
	unsigned before = w.city[0].n_orders + w.city[0].n_releases + w.city[0].n_offers;
	play_begin(&q, 0, &card_a);
	assert_int_equal(play_nonce(&q), 200);
	assert_int_equal(play_session(&q), 503);
	assert_code(&q, 503, "municipality-stopped");
	assert_int_equal(play_release(&p), 503);
	assert_code(&p, 503, "municipality-stopped");
	assert_order(&p, 503, "municipality-stopped");
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "municipality-stopped");
	assert_int_equal(w.city[0].n_orders + w.city[0].n_releases + w.city[0].n_offers, before);
	play_end(&p);
	play_end(&q);
}

/* At each step of its way; what it was given before is worth nothing. */
void
a_kiosk_cut_off_in_the_middle_gets_no_paper(void **state)
{
	static const char cut[] =
	    "INSERT INTO kiosk_cut (kiosk, since_ms, by) VALUES ('k0', 1, 'A')";
	struct play asked, open, answered;
	(void)state;
	play_begin(&asked, 0, &card_a);
	assert_int_equal(play_nonce(&asked), 200);
	play_open(&open, 0, &card_a);
	play_open(&answered, 0, &card_a);
	assert_int_equal(play_order(&answered, true), 200);
	dbtest_sql(w.db, cut);
	unsigned before = w.city[0].n_orders + w.city[0].n_releases + w.city[0].n_offers;
	assert_int_equal(play_session(&asked), 403);
	assert_int_equal(play_nonce(&asked), 403);
	assert_code(&asked, 403, "kiosk-unknown");
	assert_int_equal(play_order(&open, true), 403);
	assert_code(&open, 403, "session-expired");
	assert_int_equal(play_release(&answered), 403);
	assert_code(&answered, 403, "session-expired");
	assert_int_equal(w.city[0].n_orders + w.city[0].n_releases + w.city[0].n_offers, before);
	dbtest_sql(w.db, "DELETE FROM kiosk_cut");
	assert_int_equal(play_order(&open, true), 200);
	play_end(&asked);
	play_end(&open);
	play_end(&answered);
}

static void
stop_city_a(json_t *m)
{
	(void)m;
	dbtest_sql(w.db,
	    "INSERT INTO muni_state (muni, stopped, since_ms) VALUES ('" CITY_A
	    "', 'operator', 1)");
}

void
an_answer_that_comes_after_a_stop_is_not_handed_out(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	w.city[0].bend = stop_city_a; /* while the server works */
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "municipality-stopped");
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "asked");
	play_end(&p);
}

/* The wall clock of this process, which the linker leads here. */
static _Atomic int64_t clock_set_ms;
int64_t __real_clock_now_ms(void); /* NOLINT: the linker's name */
int64_t __wrap_clock_now_ms(void); /* NOLINT */
int64_t
__wrap_clock_now_ms(void) /* NOLINT */
{
	return __real_clock_now_ms() + clock_set_ms;
}

static void
set_clock_back(json_t *m)
{
	(void)m; /* says the time of before */
	clock_set_ms = -3600000;
}

static void
set_clock_forward(json_t *m)
{
	(void)m;
	clock_set_ms = 3600000;
}

/* The order has begun, its server has made the manifest: now the center's clock is set. */
void
a_clock_set_during_an_order_makes_no_honest_answer_a_lie(void **state)
{
	static void (*const set[])(json_t *) = { set_clock_back, set_clock_forward };
	(void)state;
	for (unsigned i = 0; i < N_ELEMENTS(set); i++) {
		struct play p;
		play_open(&p, 0, &card_a);
		w.city[0].bend = set[i];
		unsigned status = play_order(&p, true);
		w.city[0].bend = NULL;
		rand_bytes(p.order.id.b, ORDER_ID_BYTES);
		unsigned next = play_order(&p, false); /* begins under the clock that was set */
		clock_set_ms = 0;
		assert_int_equal(status, 200);
		assert_int_equal(next, 403);
		assert_code(&p, 403, "session-expired");
		assert_string_equal(sql("SELECT count(*) FROM muni_state"), "0");
		play_end(&p);
	}
}

static const char *
release_text(struct play *p, const char *order, const char *hash, int64_t at_ms)
{
	return arena_printf(p->arena,
	    "{\"v\":1,\"order\":\"%s\",\"manifest_sha256\":\"%s\",\"time_ms\":%lld}", order, hash,
	    (long long)at_ms);
}

void
a_release_is_for_the_answered_order_and_its_manifest(void **state)
{
	struct play p, q;
	uint8_t h[32];
	char order[33], hash[65], other[65];
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	text_hex_format(p.order.id.b, 16, order);
	sha256(p.manifest, strlen(p.manifest), h);
	text_hex_format(h, 32, hash);
	memset(other, 'b', 64);
	other[64] = '\0';
	(void)play_release_text(&p, release_text(&p, order, other, clock_now_ms()));
	assert_code(&p, 409, "order-mismatch");
	(void)play_release_text(
	    &p, release_text(&p, "00112233445566778899aabbccddeeff", hash, clock_now_ms()));
	assert_code(&p, 409, "order-mismatch");
	(void)play_release_text(&p, release_text(&p, order, hash, clock_now_ms() - 302000));
	assert_code(&p, 403, "session-expired");
	(void)play_release_text(&p, "{\"v\":1}");
	assert_code(&p, 400, "bad-input");
	/* Another session of the same kiosk, signed by its own key. */
	play_open(&q, 0, &card_a);
	(void)play_release_text(&q, release_text(&q, order, hash, clock_now_ms()));
	assert_code(&q, 409, "order-mismatch");
	assert_int_equal(w.city[0].n_releases, 0);
	w.city[0].refuse = ROUTER_E_RELEASE_REFUSED;
	assert_int_equal(play_release(&p), 403);
	assert_code(&p, 403, "release-refused");
	w.city[0].refuse = ROUTER_E_RELEASE_SPENT;
	assert_int_equal(play_release(&p), 409);
	assert_code(&p, 409, "release-spent");
	w.city[0].refuse = 0;
	w.city[0].text = "{\"released\":false,\"order\":\"00112233445566778899aabbccddeeff\"}";
	assert_int_equal(play_release(&p), 503);
	assert_string_equal(sql("SELECT count(*) FROM order_log WHERE state = 'released'"), "0");
	w.city[0].text = NULL;
	assert_int_equal(play_release(&p), 200);
	assert_string_equal(sql("SELECT count(*) FROM order_log WHERE state = 'released'"), "1");
	play_end(&p);
	play_end(&q);
}

static const char *
number_state(struct play *p)
{
	return sql(arena_printf(p->arena,
	    "SELECT state || ' ' || reason FROM issue_number WHERE number = '%s'", play_number(p)));
}

/* As a kiosk tells that lost its power between the answer and its first note of it. */
void
an_order_is_taken_back_without_its_numbers(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	assert_int_equal(play_withdraw(&p, "rain"), 400);
	w.city[0].refuse = ROUTER_E_BUSY; /* the server is away: void at once all the same */
	assert_int_equal(play_withdraw(&p, "power"), 503);
	assert_string_equal(number_state(&p), "void power");
	w.city[0].refuse = 0;
	assert_int_equal(play_withdraw(&p, "power"), 200);
	assert_int_equal(play_withdraw(&p, "cancelled"), 200);
	assert_string_equal(number_state(&p), "void power");
	(void)play_outcome_text(&p,
	    "{\"v\":1,\"order\":\"00112233445566778899aabbccddeeff\",\"all\":\"power\","
	    "\"time_ms\":1}");
	assert_code(&p, 410, "order-gone");
	dbtest_sql(w.db, "DELETE FROM issue_number; DELETE FROM order_log; DELETE FROM session");
	play_end(&p);
}

void
a_void_paper_is_known_at_once_and_an_outcome_told_once(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	w.city[0].refuse = ROUTER_E_BUSY; /* the server is away */
	assert_int_equal(play_outcome(&p, "printed", ""), 503);
	assert_string_equal(number_state(&p), "issued ");
	assert_int_equal(play_outcome(&p, "void", "jam"), 503);
	assert_string_equal(number_state(&p), "void jam");
	w.city[0].refuse = 0;
	assert_int_equal(play_outcome(&p, "printed", ""), 409);
	assert_code(&p, 409, "order-mismatch");
	assert_int_equal(play_outcome(&p, "void", "power"), 409);
	/* Also of a stopped city, and long after the session. */
	stop_city_a(NULL);
	dbtest_sql(w.db, "UPDATE session SET expires_ms = 1");
	assert_int_equal(play_outcome(&p, "void", "jam"), 200);
	assert_int_equal(play_outcome(&p, "void", "jam"), 200);
	assert_string_equal(number_state(&p), "void jam");
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "reported");
	assert_int_equal(play_outcome(&p, "lost", ""), 400);
	assert_int_equal(play_outcome(&p, "printed", "jam"), 400);
	(void)play_outcome_text(&p,
	    arena_printf(p.arena,
		"{\"v\":1,\"order\":\"00112233445566778899aabbccddeeff\",\"copies\":[{\"number\":"
		"\"%s\",\"state\":\"void\",\"reason\":\"jam\"}],\"time_ms\":1}",
		play_number(&p)));
	assert_code(&p, 409, "order-mismatch");
	dbtest_sql(w.db, "DELETE FROM issue_number; DELETE FROM order_log; DELETE FROM session");
	play_end(&p);
}

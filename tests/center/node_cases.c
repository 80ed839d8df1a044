/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes get orders: what they announce, what is listed, who is cut off (PROTOCOL.md 10). */
#include "tests/center/cases.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* City A's second server: the first of its list is never there. */
static enum node_verdict
verdict(const char *city, unsigned node)
{
	struct upstream_node_view v;
	upstream_look(router_muni_find(&w.router, city)->servers, node, &v);
	return v.verdict;
}

static void
listing_again(void)
{
	assert_int_equal(listing_read(&w.router.listing, w.router.store, NULL), 0);
}

static unsigned
came(const struct city *c)
{
	return c->n_offers + c->n_orders + c->n_releases + c->n_outcomes;
}

static unsigned
session_of(const struct card *card)
{
	struct play p;
	play_begin(&p, 0, card);
	assert_int_equal(play_nonce(&p), 200);
	unsigned status = play_session(&p);
	if (status != 200)
		assert_code(&p, 503, "unavailable");
	play_end(&p);
	return status;
}

/* Who was refused is not asked again at once (NODE_REST_MS): some tries later it is. */
enum { TRIES = 100 };
static void
rest(void)
{
	(void)usleep(200 * 1000);
}

static void
session_in_time(const struct card *card)
{
	for (unsigned i = 0; i < TRIES; i++, rest())
		if (session_of(card) == 200)
			return;
	fail_msg("no session");
}

static void
other_build(struct announce *a)
{
	(void)memcpy(a->build, "1.1-old", 8);
}
static void
other_seal(struct announce *a)
{
	(void)memcpy(a->seal, "1.1-old", 8);
}
static void
other_number(struct announce *a)
{
	a->schema++;
}
static void
other_catalogue(struct announce *a)
{
	a->schema_sha256[31] ^= 1;
}
static void
other_conf(struct announce *a)
{
	a->conf_sha256[0] ^= 0x80;
}

void
a_node_that_differs_from_all_listed_gets_no_order_and_other_cities_go_on(void **state)
{
	static const struct {
		void (*change)(struct announce *a);
		enum node_verdict want;
	} t[] = { { other_build, NODE_BUILD }, { other_seal, NODE_SEAL },
		{ other_number, NODE_SCHEMA }, { other_catalogue, NODE_SCHEMA },
		{ other_conf, NODE_CONF } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct announce was = w.city[0].node;
		struct play open;
		play_open(&open, 0, &card_a);
		t[i].change(&w.city[0].node); /* started again, as something else */
		assert_int_equal(play_order(&open, true), 503);
		assert_code(&open, 503, "unavailable");
		assert_int_equal(verdict(CITY_A, 1), t[i].want);
		unsigned before = came(&w.city[0]);
		assert_int_equal(session_of(&card_a), 503);
		assert_int_equal(play_order(&open, false), 503);
		assert_int_equal(came(&w.city[0]), before);
		assert_int_equal(session_of(&card_b), 200);
		assert_string_equal(sql("SELECT count(*) FROM muni_state"), "0");
		/* Listed, it is asked; and the one of before is again. */
		world_city_list(&w.city[0]);
		listing_again();
		assert_int_equal(play_order(&open, false), 200);
		w.city[0].node = was;
		assert_int_equal(play_release(&open), 200);
		play_end(&open);
		world_calm();
		card_claim(&card_a, CITY_A);
		card_claim(&card_b, CITY_B);
	}
}

void
while_two_releases_are_listed_no_order_fails(void **state)
{
	struct announce old = w.city[0].node, new = old;
	struct play p, q;
	(void)state;
	(void)memcpy(new.build, "1.3-next", 9);
	(void)memcpy(new.seal, "test", 5);
	new.schema = 8;
	new.schema_sha256[0] = 9;
	w.city[0].node = new;
	world_city_list(&w.city[0]);
	w.city[0].node = old;
	listing_again();
	play_open(&p, 0, &card_a);
	for (int i = 0; i < 6; i++) { /* now the one node answers, now the other */
		w.city[0].node = i % 2 ? old : new;
		assert_int_equal(play_order(&p, true), 200);
		w.city[0].node = i % 3 ? old : new;
		assert_int_equal(play_release(&p), 200);
		assert_int_equal(play_outcome(&p, "printed", ""), 200);
	}
	/* The old release is taken back: its nodes are done, the new ones go on. */
	play_open(&q, 0, &card_a);
	dbtest_sql(w.db, "DELETE FROM node_listed WHERE muni = '" CITY_A "' AND schema = 7");
	router_watch(&w.router);
	w.city[0].node = old;
	assert_int_equal(play_order(&q, true), 503);
	assert_int_equal(verdict(CITY_A, 1), NODE_BUILD);
	w.city[0].node = new;
	session_in_time(&card_a);
	w.city[0].node = old;
	world_city_list(&w.city[0]);
	session_in_time(&card_a);
	play_end(&q);
	play_end(&p);
}

void
a_node_that_is_cut_off_is_neither_asked_nor_heard(void **state)
{
	static const char push[] = "{\"muni\":\"" CITY_A "\",\"seq\":1,\"changes\":[]}";
	struct play open, answered;
	(void)state;
	play_open(&open, 0, &card_a);
	play_open(&answered, 0, &card_a);
	assert_int_equal(play_order(&answered, true), 200);
	dbtest_sql(w.db, "INSERT INTO node_cut VALUES ('asp-1', 1, 'A')");
	router_watch(&w.router); /* each ROUTER_WATCH_S: long before the minute is over */
	unsigned before = came(&w.city[0]);
	assert_int_equal(play_order(&open, true), 503);
	assert_int_equal(play_release(&answered), 503);
	assert_int_equal(session_of(&card_a), 503);
	assert_int_equal(came(&w.city[0]), before);
	assert_int_equal(verdict(CITY_A, 1), NODE_CUT);
	assert_int_equal(
	    ask(w.asp[0], open.arena, "POST", "/v1/directory", push, &open.reply), 403);
	assert_string_equal(open.reply.code, "not-yours");
	assert_int_equal(
	    ask(w.asp[0], open.arena, "POST", "/v1/voids",
		"{\"muni\":\"" CITY_A "\",\"numbers\":[\"" CITY_A "-1\"]}", &open.reply),
	    403);
	assert_int_equal(session_of(&card_b), 200);
	dbtest_sql(w.db, "DELETE FROM node_cut");
	listing_again();
	session_in_time(&card_a);
	assert_int_equal(play_order(&open, false), 200);
	assert_int_equal(play_release(&answered), 200);
	play_end(&open);
	play_end(&answered);
}

void
a_server_of_another_name_is_not_asked(void **state)
{
	struct city *a = &w.city[0];
	const char *name = a->name;
	(void)state;
	assert_int_equal(session_of(&card_a), 200);
	http_server_stop(a->server);
	a->name = "asp-2"; /* the other city's machine at this one's address */
	world_city_restart(a);
	unsigned before = came(a), asked = a->n_asked;
	assert_int_equal(session_of(&card_a), 503);
	assert_int_equal(came(a), before);
	assert_int_equal(a->n_asked, asked);
	assert_int_equal(verdict(CITY_A, 1), NODE_FOREIGN);
	http_server_stop(a->server);
	a->name = name;
	world_city_restart(a);
	session_in_time(&card_a);
}

void
an_announcement_out_of_form_is_none(void **state)
{
	static const char *const texts[] = { "", "{}", "[]", "{\"announce\":{}}",
		"{\"announce\":{\"v\":1,\"muni\":\"" CITY_B
		"\",\"build\":\"1.2-new\",\"seal\":\"test\",\"schema\":7,\"schema_sha256\":\"01"
		"00000000000000000000000000000000000000000000000000000000000000\",\"conf_sha256\":"
		"\"0200000000000000000000000000000000000000000000000000000000000000\"},"
		"\"database\":"
		"true,\"stopped\":false,\"news_ms\":1,\"orders\":0,\"limit\":1}" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		struct upstream *u = NULL;
		struct upstream_node_view v;
		const struct router_muni *m = router_muni_find(&w.router, CITY_A);
		w.city[0].node_text = texts[i];
		/* As a center that has just been started meets it. */
		assert_int_equal(
		    upstream_new(&w.conf, m->conf, m->code, &w.router.listing, &u, NULL), 0);
		upstream_watch(u, INT64_MAX);
		upstream_look(u, 1, &v);
		if (v.verdict != NODE_FORM)
			fail_msg("text %zu: %s", i, node_verdict_name(v.verdict));
		w.city[0].node_text = NULL;
		struct http_reply reply;
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		const struct upstream_ask q = { .path = "/v1/offer",
			.body = "{}",
			.body_bytes = 2,
			.timeout_ms = 3000,
			.max_reply_bytes = 65536,
			.idempotent = true };
		int r = UPSTREAM_E_REFUSED;
		for (unsigned k = 0; k < TRIES && r == UPSTREAM_E_REFUSED; k++, rest())
			r = upstream_ask(u, a, &q, &reply, NULL);
		assert_int_equal(r, HTTP_E_REFUSED);
		assert_int_equal(reply.status, 400); /* it was asked, and by its announcement */
		upstream_free(u);
	}
}

static void
bend_build(json_t *m)
{
	js_put_text(m, "build", "old"); /* in "builds", but no listed node signs with it */
}

void
an_answer_signed_by_an_unlisted_build_stops_its_city(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	w.city[0].bend = bend_build;
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "municipality-stopped");
	assert_string_equal(sql("SELECT stopped FROM muni_state"), "build");
	play_end(&p);
}

/* The program's exit status; @in is its stdin. */
static int
run(const char *in, const char *command)
{
	assert_int_equal(file_write_atomic(world_path("in"), in, strlen(in), 0600, NULL), 0);
	int r = system(
	    arena_printf(w.arena, "cd %s && %s %s <in >out 2>&1", w.dir, w.program, command));
	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}

void
nodes_are_listed_by_two_and_taken_back_by_one(void **state)
{
	AUTO(json_t) json_t *o = json_object();
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	char hex[65];
	struct announce a = w.city[0].node;
	struct buf b;
	(void)state;
	dbtest_sql(w.db, "DELETE FROM node_listed");
	announce_put(&a, o);
	announce_digest(&a, digest);
	text_hex_format(digest, sizeof(digest), hex);
	buf_init(&b, ANNOUNCE_MAX_BYTES);
	assert_int_equal(js_format(o, &b, NULL), 0);
	const char *said = arena_strndup(w.arena, (const char *)b.p, b.bytes);
	buf_done(&b);
	assert_int_equal(run(said, "list-node center.conf " CITY_A " --by A"), 2);
	assert_int_equal(run(said, "list-node center.conf " CITY_A " --by A --by A"), 2);
	assert_int_equal(run("", "list-node center.conf " CITY_A " --by A --by B"), 1);
	assert_int_equal(run(said, "list-node center.conf " CITY_B " --by A --by B"), 1);
	assert_string_equal(sql("SELECT count(*) FROM node_listed"), "0");
	assert_int_equal(run(said, "list-node center.conf " CITY_A " --by A --by B"), 0);
	assert_int_equal(run(said, "list-node center.conf " CITY_A " --by C --by D"), 0);
	assert_string_equal(
	    sql("SELECT string_agg(encode(digest, 'hex') || ' ' || by, '') FROM node_listed"),
	    arena_printf(w.arena, "%s A,B", hex));
	/* 16 of a city, and not 17. */
	dbtest_sql(w.db,
	    "INSERT INTO node_listed SELECT muni, sha256(i::text::bytea), build, seal, "
	    "schema, schema_sha256, conf_sha256, 0, by FROM node_listed, "
	    "generate_series(1, 14) i");
	assert_int_equal(
	    run(arena_printf(w.arena, "%s", said), "unlist-node center.conf " CITY_A " 00 --by A"),
	    1);
	assert_int_equal(
	    run("", arena_printf(w.arena, "unlist-node center.conf " CITY_A " %s --by A", hex)), 0);
	assert_int_equal(
	    run("", arena_printf(w.arena, "unlist-node center.conf " CITY_A " %s --by A", hex)), 0);
	assert_string_equal(sql("SELECT count(*) FROM node_listed"), "14");
	dbtest_sql(w.db,
	    "INSERT INTO node_listed SELECT muni, sha256(i::text::bytea), build, seal, "
	    "schema, schema_sha256, conf_sha256, 0, by FROM (SELECT * FROM node_listed "
	    "LIMIT 1) x, generate_series(15, 15) i");
	assert_int_equal(run(said, "list-node center.conf " CITY_A " --by A --by B"), 0);
	assert_int_equal(
	    run("", arena_printf(w.arena, "unlist-node center.conf " CITY_A " %s --by A", hex)), 0);
	dbtest_sql(w.db,
	    "INSERT INTO node_listed SELECT muni, sha256(i::text::bytea), build, seal, "
	    "schema, schema_sha256, conf_sha256, 0, by FROM (SELECT * FROM node_listed "
	    "LIMIT 1) x, generate_series(16, 16) i");
	assert_int_equal(run(said, "list-node center.conf " CITY_A " --by A --by B"), 1);
	assert_int_equal(run("", "cut-node center.conf asp-3 --by A"), 1);
	assert_int_equal(run("", "cut-node center.conf asp-1 --by A"), 0);
	assert_int_equal(run("", "admit-node center.conf asp-1 --by A"), 2);
	assert_int_equal(run("", "admit-node center.conf asp-1 --by A --by B"), 0);
	assert_string_equal(
	    sql("SELECT string_agg(what, ' ' ORDER BY at_ms) FROM node_log WHERE node = 'asp-1'"),
	    "cut admitted");
	assert_string_equal(sql("SELECT count(*) FROM node_cut"), "0");
}

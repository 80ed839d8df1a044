/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/center/cases.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "center/directory/directory.h"
#include "center/router/voids.h"
#include "queries/center_inquiry.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *
order_thread(void *arg)
{
	(void)play_order(arg, true);
	return NULL;
}

void
a_full_bulkhead_refuses_at_once_and_other_cities_go_on(void **state)
{
	enum { IN = 3 };
	struct play p[IN], late, other;
	pthread_t t[IN];
	(void)state;
	for (int i = 0; i < IN; i++)
		play_open(&p[i], 0, &card_a);
	play_open(&late, 0, &card_a);
	play_open(&other, 1, &card_b);
	w.city[0].slow_ms = 1300;
	for (int i = 0; i < IN; i++)
		assert_int_equal(pthread_create(&t[i], NULL, order_thread, &p[i]), 0);
	(void)usleep(200 * 1000);
	int64_t from_ms = clock_mono_ms();
	assert_int_equal(play_order(&late, true), 503);
	assert_code(&late, 503, "busy");
	assert_in_range(clock_mono_ms() - from_ms, 0, 899);
	from_ms = clock_mono_ms();
	assert_int_equal(play_order(&other, true), 200);
	assert_in_range(clock_mono_ms() - from_ms, 0, 899);
	for (int i = 0; i < IN; i++) {
		(void)pthread_join(t[i], NULL);
		assert_int_equal(p[i].reply.status, 200);
		play_end(&p[i]);
	}
	w.city[0].slow_ms = 0;
	assert_int_equal(play_order(&late, false), 200); /* all places are free again */
	play_end(&late);
	play_end(&other);
}

void
a_server_that_is_silent_is_a_timeout_and_nothing_is_issued(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	w.city[0].slow_ms = 2000;
	assert_int_equal(play_order(&p, true), 504);
	assert_code(&p, 504, "timeout");
	assert_string_equal(sql("SELECT count(*) FROM muni_state"), "0");
	char hex[33];
	text_hex_format(p.order.id.b, 16, hex);
	assert_string_equal(
	    sql(arena_printf(p.arena, "SELECT state FROM order_log WHERE order_id = '\\x%s'", hex)),
	    "refused");
	w.city[0].slow_ms = 0;
	(void)usleep(1200 * 1000); /* the slow handler ends */
	assert_int_equal(play_order(&p, false), 200);
	play_end(&p);
}

void
another_server_is_asked_when_one_is_away(void **state)
{
	struct play p;
	(void)state;
	/* City A's first server has never been there (port 1); orders went through all along. */
	assert_non_null(strstr(w.conf.munis[0].servers, "https://127.0.0.1:1 "));
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	http_server_stop(w.city[0].server);
	w.city[0].server = NULL;
	assert_int_equal(play_release(&p), 503);
	assert_code(&p, 503, "unavailable");
	world_city_restart(&w.city[0]);
	unsigned status = 0;
	for (int i = 0; i < 2 && status != 200; i++) /* the first try may meet the one away */
		status = play_release(&p);
	assert_int_equal(status, 200);
	play_end(&p);
}

void
a_stop_survives_a_database_that_is_away(void **state)
{
	struct play p, q;
	(void)state;
	play_open(&p, 0, &card_a);
	play_open(&q, 0, &card_a);
	dbtest_sql(w.db, "ALTER TABLE muni_state RENAME TO muni_state_away");
	router_stop(
	    &w.router, router_muni_find(&w.router, CITY_A), (struct txn_id){ 1 }, ANSWER_ORDER);
	dbtest_sql(w.db, "ALTER TABLE muni_state_away RENAME TO muni_state");
	assert_string_equal(sql("SELECT count(*) FROM muni_state"), "0"); /* not heard of it */
	assert_int_equal(play_order(&p, true), 503);
	assert_code(&p, 503, "municipality-stopped");
	router_tidy(&w.router);
	assert_string_equal(sql("SELECT stopped FROM muni_state"), "order");
	/* From now on the database says it, and two people may lift it. */
	dbtest_sql(w.db, "UPDATE muni_state SET stopped = NULL");
	assert_int_equal(play_order(&p, true), 200);
	play_end(&p);
	play_end(&q);
}

static unsigned
push(struct arena *a, unsigned asp, const char *muni, int seq, const char *changes,
    struct http_reply *ret)
{
	return ask(w.asp[asp], a, "POST", "/v1/directory",
	    arena_printf(a, "{\"muni\":\"%s\",\"seq\":%d,\"changes\":[%s]}", muni, seq, changes),
	    ret);
}

static const char *
change(struct arena *a, const char *zeros, const struct card *c, const char *what)
{
	char issuer[65], serial[2 * CERT_MAX_SERIAL + 1];
	text_hex_format(c->issuer, 32, issuer);
	text_hex_format(c->serial, c->serial_bytes, serial);
	return arena_printf(a, "{\"issuer\":\"%s\",\"serial\":\"%s%s\",\"state\":\"%s\"}", issuer,
	    zeros, serial, what);
}

static const char *
holders(void)
{
	return sql("SELECT coalesce(string_agg(muni, ' ' ORDER BY muni), '') FROM directory");
}

void
the_directory_follows_pushes_one_after_the_other(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply r;
	struct play p;
	(void)state;
	dbtest_sql(w.db, "DELETE FROM directory");
	assert_int_equal(push(a, 0, CITY_A, 1, change(a, "0000", &card_a, "claim"), &r), 200);
	assert_string_equal((const char *)r.body, "{\"seq\":1}");
	assert_string_equal(holders(), CITY_A);
	play_open(&p, 0, &card_a); /* zeros in front meant nothing */
	play_end(&p);
	/* A gap; the same again; another city's first. */
	assert_int_equal(push(a, 0, CITY_A, 3, change(a, "", &card_a, "release"), &r), 409);
	assert_string_equal(r.code, "gap");
	assert_non_null(strstr((const char *)r.body, "\"seq\":1"));
	assert_int_equal(push(a, 0, CITY_A, 1, change(a, "", &card_a, "release"), &r), 200);
	assert_string_equal((const char *)r.body, "{\"seq\":1}");
	assert_string_equal(holders(), CITY_A);
	assert_int_equal(push(a, 1, CITY_B, 1, change(a, "", &card_a, "claim"), &r), 200);
	assert_string_equal(holders(), CITY_B " " CITY_A); /* two claims: blocked until one goes */
	assert_int_equal(push(a, 0, CITY_A, 2, change(a, "", &card_a, "release"), &r), 200);
	assert_string_equal(holders(), CITY_B);
	assert_int_equal(push(a, 0, CITY_A, 3, "", &r), 200);
	/* Claim and release in one push, in their order. */
	assert_int_equal(
	    push(a, 0, CITY_A, 4,
		arena_printf(a, "%s,%s,%s", change(a, "", &card_a, "claim"),
		    change(a, "", &card_a, "release"), change(a, "", &card_b, "claim")),
		&r),
	    200);
	assert_string_equal(holders(), CITY_B " " CITY_A);
}

void
a_directory_push_takes_500_changes_and_not_501(void **state)
{
	AUTO(arena) struct arena *a = arena_new(16 << 20);
	struct http_reply r;
	struct buf b;
	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < DIRECTORY_MAX_CHANGES; i++)
		buf_printf(&b, "%s{\"issuer\":\"%064x\",\"serial\":\"%040x\",\"state\":\"claim\"}",
		    i ? "," : "", 7, i + 1);
	buf_u8(&b, 0);
	assert_int_equal(push(a, 0, CITY_A, 1, (const char *)b.p, &r), 200);
	assert_string_equal(
	    sql("SELECT count(*) FROM directory WHERE issuer = decode(lpad('07', 64, "
		"'0'), 'hex')"),
	    "500");
	assert_int_equal(
	    push(a, 0, CITY_A, 2,
		arena_printf(a, "%s,%s", (const char *)b.p, change(a, "", &card_a, "claim")), &r),
	    400);
	buf_done(&b);
	static const char *const bad[] = {
		"{\"issuer\":\"00\",\"serial\":\"01\",\"state\":\"claim\"}", "{}", "1",
		"{\"serial\":\"01\",\"state\":\"claim\"}"
	};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(push(a, 0, CITY_A, 2, bad[i], &r), 400);
	assert_int_equal(push(a, 0, CITY_A, 2, change(a, "", &card_a, "keep"), &r), 400);
	assert_int_equal(push(a, 0, CITY_A, 2, change(a, "0", &card_a, "claim"), &r), 400);
	assert_int_equal(
	    push(a, 0, CITY_A, 2,
		change(a, "0000000000000000000000000000000000000000", &card_a, "claim"), &r),
	    400);
	assert_int_equal(push(a, 0, CITY_A, 0, "", &r), 400);
}

void
only_its_own_server_tells_of_a_city(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply r;
	(void)state;
	assert_int_equal(push(a, 1, CITY_A, 1, change(a, "", &card_b, "claim"), &r), 403);
	assert_string_equal(r.code, "not-yours");
	assert_int_equal(push(a, 0, "011002", 1, "", &r), 404);
	assert_string_equal(r.code, "not-found");
	assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/directory", "{}", &r), 403);
	assert_string_equal(holders(), CITY_B " " CITY_A);
}

static unsigned
voids(struct arena *a, unsigned asp, const char *muni, const char *numbers, struct http_reply *ret)
{
	return ask(w.asp[asp], a, "POST", "/v1/voids",
	    arena_printf(a, "{\"muni\":\"%s\",\"numbers\":[%s]}", muni, numbers), ret);
}

/* The statement that the inquiry asks. */
static const char *
standing(const char *number)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db *db = NULL;
	static char text[64];
	assert_int_equal(db_open(w.db, &db, NULL), 0);
	assert_int_equal(db_ask(db, &q_inquiry_number_find, &rows, NULL, db_text_arg(number)), 0);
	assert_int_equal(db_n(rows), 1);
	(void)snprintf(text, sizeof(text), "%s %s", db_text(rows, 0, 0), db_text(rows, 0, 1));
	db_close(db);
	return text;
}

void
a_number_its_city_voided_is_void_whatever_the_kiosk_says(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply r;
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	assert_string_equal(standing(play_number(&p)), "issued ");
	const char *number = arena_printf(a, "\"%s\"", play_number(&p));
	assert_int_equal(voids(a, 0, CITY_A, number, &r), 200);
	assert_string_equal((const char *)r.body, "{\"void\":1}");
	assert_string_equal(standing(play_number(&p)), "void city");
	assert_int_equal(voids(a, 0, CITY_A, number, &r), 200); /* told again */
	assert_string_equal(sql("SELECT count(*) FROM void_number"), "1");
	assert_int_equal(play_release(&p), 200);
	assert_int_equal(play_outcome(&p, "printed", ""), 200); /* not argued about */
	assert_string_equal(standing(play_number(&p)), "void city");
	play_end(&p);
}

void
voids_out_of_form_or_past_their_limits_are_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(16 << 20);
	struct http_reply r;
	struct buf b;
	(void)state;
	static const struct {
		const char *numbers;
		unsigned want;
	} t[] = {
		{ "\"" CITY_A "-1\"", 200 },
		/* 63 letters, and 64 */
		{ "\"" CITY_A "-00000000000000000000000000000000000000000000000000000001\"", 200 },
		{ "\"" CITY_A "-000000000000000000000000000000000000000000000000000000001\"", 400 },
		{ "", 400 },
		{ "1", 400 },
		{ "\"\"", 400 },
		{ "\"" CITY_B "-1\"", 400 },
		{ "\"" CITY_A "1\"", 400 },
		{ "\"" CITY_A "-1'\"", 400 },
	};
	dbtest_sql(w.db, "DELETE FROM void_number");
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (voids(a, 0, CITY_A, t[i].numbers, &r) != t[i].want)
			fail_msg("row %zu", i);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < VOIDS_MAX; i++)
		buf_printf(&b, "%s\"" CITY_A "-%d\"", i ? "," : "", i + 1);
	buf_u8(&b, 0);
	assert_int_equal(voids(a, 0, CITY_A, (const char *)b.p, &r), 200);
	assert_int_equal(
	    voids(a, 0, CITY_A, arena_printf(a, "%s,\"" CITY_A "-0\"", (const char *)b.p), &r),
	    400);
	buf_done(&b);
	assert_int_equal(voids(a, 1, CITY_A, t[0].numbers, &r), 403);
	assert_string_equal(r.code, "not-yours");
	assert_int_equal(voids(a, 0, "011002", "\"011002-1\"", &r), 404);
	assert_int_equal(ask(w.kiosk[0], a, "POST", "/v1/voids", "{}", &r), 403);
	/* Full: what is there is still acknowledged, other cities are not touched. */
	dbtest_sql(w.db,
	    "INSERT INTO void_number SELECT '" CITY_A "-X' || i, '" CITY_A
	    "', 0 FROM generate_series(1, 100000 - 1 - (SELECT count(*) FROM "
	    "void_number)) i");
	assert_int_equal(voids(a, 0, CITY_A, "\"" CITY_A "-LAST\"", &r), 200);
	assert_int_equal(voids(a, 0, CITY_A, "\"" CITY_A "-OVER\"", &r), 503);
	assert_string_equal(r.code, "too-many");
	assert_int_equal(voids(a, 0, CITY_A, "\"" CITY_A "-LAST\"", &r), 200);
	assert_int_equal(voids(a, 1, CITY_B, "\"" CITY_B "-1\"", &r), 200);
	dbtest_sql(w.db, "DELETE FROM void_number");
}

void
what_is_old_is_forgotten(void **state)
{
	struct play p, q;
	(void)state;
	play_open(&p, 0, &card_a);
	play_open(&q, 0, &card_a);
	assert_int_equal(play_order(&p, true), 200);
	router_tidy(&w.router);
	assert_string_not_equal(sql("SELECT count(*) FROM nonce"), "0");
	dbtest_sql(w.db, "UPDATE nonce SET made_ms = 1");
	dbtest_sql(w.db, "UPDATE session SET expires_ms = 1");
	router_tidy(&w.router);
	assert_string_equal(sql("SELECT count(*) FROM nonce"), "0");
	/* The one with an order stays, for its outcome; the card's certificate does not. */
	assert_string_equal(
	    sql("SELECT count(*) FROM session WHERE certificate <> '' OR signature <> ''"), "0");
	assert_string_equal(sql("SELECT count(*) FROM session s WHERE NOT EXISTS "
				"(SELECT FROM order_log o WHERE o.session = s.id)"),
	    "0");
	assert_int_equal(play_outcome(&p, "void", "cancelled"), 200);
	play_end(&p);
	play_end(&q);
}

/* A shell command in the world's folder; its exit status. */
static int
run(const char *command)
{
	int r = system(arena_printf(w.arena, "cd %s && { %s; } >run.out 2>&1", w.dir, command));
	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}

static const char *
said(void)
{
	uint8_t *p = NULL;
	size_t n = 0;
	assert_int_equal(file_read(w.arena, world_path("run.out"), 65536, &p, &n, NULL), 0);
	return (const char *)p;
}

static unsigned
program_start(pid_t *ret)
{
	int ends[2];
	char line[64] = { 0 };
	assert_int_equal(pipe(ends), 0);
	*ret = fork();
	if (*ret == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execl(w.program, w.program, world_path("center.conf"), (char *)NULL);
		_exit(127);
	}
	fd_close(ends[1]);
	FILE *f = fdopen(ends[0], "r");
	assert_non_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
	assert_memory_equal(line, "ready port=", 11);
	return (unsigned)strtoul(line + 11, NULL, 10);
}

void
the_program_checks_serves_stops_and_resumes(void **state)
{
	const char *p = w.program;
	pid_t pid = 0;
	int status = 0;
	(void)state;
	assert_int_equal(run(arena_printf(w.arena, "%s -n center.conf", p)), 0);
	assert_int_equal(run(arena_printf(w.arena, "%s migrate center.conf", p)), 0);
	assert_non_null(strstr(said(), "migrations run: 0"));
	unsigned port = program_start(&pid);
	assert_in_range(port, 1, 65535);
	assert_int_equal(
	    run(arena_printf(w.arena,
		"curl -sf --cacert n/ca.crt --cert n/kiosk-k0.crt --key n/kiosk-k0.key "
		"https://127.0.0.1:%u/livez",
		port)),
	    0);
	assert_non_null(strstr(said(), "\"live\":true"));
	assert_int_equal(run(arena_printf(w.arena,
			     "curl -sf --cacert n/ca.crt "
			     "https://127.0.0.1:%u/livez",
			     port)) != 0,
	    1); /* nobody without a certificate */
	assert_int_equal(run(arena_printf(w.arena, "%s stop-muni center.conf " CITY_A, p)), 0);
	assert_string_equal(sql("SELECT stopped FROM muni_state"), "operator");
	static const char *const alone[] = { "", "--by A", "--by A --by A", "--by A --by ''",
		"--by A --by B --by C", "--by A --by B,C", "A B C D" };
	for (size_t i = 0; i < N_ELEMENTS(alone); i++) {
		assert_int_equal(run(arena_printf(w.arena,
				     "%s resume-muni center.conf " CITY_A " %s", p, alone[i])),
		    2);
		assert_string_equal(sql("SELECT stopped FROM muni_state"), "operator");
	}
	assert_int_equal(
	    run(arena_printf(w.arena, "%s resume-muni center.conf 011002 --by A --by B", p)), 1);
	assert_int_equal(
	    run(arena_printf(w.arena, "%s resume-muni center.conf " CITY_A " --by A --by B", p)),
	    0);
	assert_string_equal(sql("SELECT lifted_by FROM muni_state WHERE stopped IS NULL"), "A,B");
	assert_int_equal(run(arena_printf(w.arena, "%s cut-kiosk center.conf k0", p)), 2);
	assert_int_equal(run(arena_printf(w.arena, "%s cut-kiosk center.conf k9 --by A", p)), 1);
	assert_int_equal(run(arena_printf(w.arena, "%s cut-kiosk center.conf k0 --by A", p)), 0);
	assert_int_equal(run(arena_printf(w.arena, "%s cut-kiosk center.conf k0 --by B", p)), 0);
	assert_int_equal(run(arena_printf(w.arena, "%s status center.conf", p)), 0);
	assert_non_null(strstr(said(), CITY_A " serving since"));
	assert_non_null(strstr(said(), "kiosk k0 cut off since"));
	assert_non_null(strstr(said(), "by A"));
	assert_int_equal(run(arena_printf(w.arena, "%s admit-kiosk center.conf k0 --by A", p)), 2);
	assert_int_equal(
	    run(arena_printf(w.arena, "%s admit-kiosk center.conf k0 --by A --by B", p)), 0);
	assert_string_equal(
	    sql("SELECT string_agg(cut || ' ' || by, ' ' ORDER BY at_ms) FROM kiosk_cut_log"),
	    "true A false A,B");
	(void)kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(run(p), 2);
}

void
configurations_that_are_wrong_are_refused(void **state)
{
	static const char *const edits[] = {
		"s/^id = c1/id = c_1/",
		"s/991015\\]/991016]/",
		"s/\\[kiosk k0\\]/[kiosk k.0]/",
		"s/^pins = pins/pins = n/",
		"s/991015.json/131016.json/",
		"s/991015.root.json/131016.root.json/",
		"/^root = /d",
		"s/^in_flight = 3/in_flight = 0/",
		"s/^in_flight = 3/in_flight = 257/",
		"s/^policy.*//;s/^ocsp = .*/ocsp = nowhere/",
		"s/^cert = .*/cert = nowhere.crt/",
		"s/^server_ids = asp-2/nobody = asp-2/",
		"s#https://127.0.0.1:1 #ftp://127.0.0.1:1 #",
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(edits); i++) {
		int r = run(arena_printf(w.arena,
		    "sed '%s' center.conf >bad.conf; ! cmp -s center.conf bad.conf || exit 99; %s "
		    "-n "
		    "bad.conf",
		    edits[i], w.program));
		if (r != 78)
			print_error("edit %zu: %s\n", i, said());
		assert_int_equal(r, 78);
	}
	assert_int_equal(run(arena_printf(w.arena, "%s -n nowhere.conf", w.program)), 78);
}

void
the_openapi_file_names_every_path_and_code(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	uint8_t *p = NULL;
	size_t bytes = 0, n = 0, n_paths = 0;
	(void)state;
	assert_int_equal(file_read(a, w.openapi, 65536, &p, &bytes, NULL), 0);
	const char *text = (const char *)p;
	const struct http_route *routes = router_routes(&n);
	for (const char *s = text; (s = strstr(s, "\n  /")) != NULL; s++)
		n_paths++;
	assert_int_equal(n_paths, n);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(strstr(text, arena_printf(a, "\n  %s:\n", routes[i].path)));
		for (const struct http_outcome *o = routes[i].outcomes; o && o->outcome; o++)
			assert_non_null(strstr(text, arena_printf(a, "- %s\n", o->code)));
	}
}

static atomic_bool unlocked;

static void *
lock_thread(void *arg)
{
	(void)arg;
	dbtest_sql(w.db, "BEGIN; LOCK TABLE nonce; SELECT pg_sleep(3); COMMIT");
	atomic_store(&unlocked, true);
	return NULL;
}

struct door {
	struct play play;
	bool at_once; /* answered while the table was still locked */
};

static void *
door_thread(void *arg)
{
	struct door *d = arg;
	(void)play_nonce(&d->play);
	d->at_once = !atomic_load(&unlocked);
	return NULL;
}

void
a_full_house_is_told_at_the_door(void **state)
{
	enum { N = 24 }; /* with 16 connections to the database */
	struct door d[N];
	pthread_t locker, t[N];
	unsigned done = 0, busy = 0;
	(void)state;
	assert_int_equal(w.conf.db_connections, 16);
	atomic_store(&unlocked, false);
	assert_int_equal(pthread_create(&locker, NULL, lock_thread, NULL), 0);
	(void)usleep(300 * 1000);
	for (int i = 0; i < N; i++) {
		play_begin(&d[i].play, (unsigned)i % 2, &card_a);
		assert_int_equal(pthread_create(&t[i], NULL, door_thread, &d[i]), 0);
	}
	for (int i = 0; i < N; i++) {
		(void)pthread_join(t[i], NULL);
		done += d[i].play.reply.status == 200;
		if (d[i].play.reply.status == 503) {
			assert_string_equal(d[i].play.reply.code, "busy");
			busy += d[i].at_once;
		}
		play_end(&d[i].play);
	}
	(void)pthread_join(locker, NULL);
	assert_int_equal(done, 16);
	assert_int_equal(busy, N - 16);
}

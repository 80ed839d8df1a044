/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk's local API over real HTTP: who may call it, what it takes, what it tells. */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "kiosk/app/api.h"
#include "kiosk/app/issue.h"
#include "kiosk/ui/pages.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct api api;
static struct http_server *server;
static struct texts_set *texts;
static char token_path[128];
static char answer[65536];

static int
before(void **state)
{
	struct err err = { 0 };
	(void)state;
	log_fd = -1;
	world_begin();
	(void)snprintf(token_path, sizeof(token_path), "%s/token", world.folder);
	memset(&api, 0, sizeof(api));
	api.pages = kiosk_pages;
	if (texts_set_open(kiosk_pages, &texts, &err) != 0)
		return 1;
	api.texts = texts;
	api.voice = voice_new(&(struct voice_conf){ .program = "/usr/bin/espeak-ng" });
	api.engine = world_engine(false);
	if (api_token_write(&api, token_path, &err) != 0)
		return 1;
	return api_start(&api, 0, &server, &err);
}

static int
after(void **state)
{
	(void)state;
	engine_end_waits(api.engine);
	http_server_stop(server);
	engine_free(api.engine);
	texts_set_free(texts);
	voice_free(api.voice);
	world_end();
	return 0;
}

/* Says these very bytes and takes the whole answer; its status. */
static int
say(const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(http_server_port(server)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	size_t n = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	for (ssize_t got;
	     n < sizeof(answer) - 1 && (got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0)) > 0;)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	int status = 0;
	assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
	return status;
}

static int
ask(const char *method, const char *path, const char *header, const char *body)
{
	char text[8192];
	(void)snprintf(text, sizeof(text),
	    "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s"
	    "Content-Length: %zu\r\n\r\n%s",
	    method, path, http_server_port(server), header, strlen(body), body);
	return say(text);
}

static const char *
with_token(void)
{
	static char header[128];
	(void)snprintf(header, sizeof(header), "Kofu-Token: %s\r\n", api.token);
	return header;
}

static int
event(const char *body)
{
	return ask("POST", "/api/event", with_token(), body);
}

static void
the_token_is_new_at_each_start_and_for_its_owner_alone(void **state)
{
	struct api second = { .pages = kiosk_pages };
	struct err err = { 0 };
	struct stat st;
	char text[API_TOKEN_CHARS + 1] = { 0 };
	(void)state;
	FILE *f = fopen(token_path, "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, API_TOKEN_CHARS, f), API_TOKEN_CHARS);
	(void)fclose(f);
	assert_string_equal(text, api.token);
	assert_int_equal(stat(token_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(api_token_write(&second, token_path, &err), 0);
	assert_string_not_equal(second.token, api.token);
}

static void
without_the_token_nothing_is_told_and_nothing_happens(void **state)
{
	char almost[128];
	struct engine_report r;
	(void)state;
	(void)snprintf(almost, sizeof(almost), "Kofu-Token: %.63sx\r\n", api.token);
	const char *const headers[] = {
		"", "Kofu-Token: \r\n", almost,
		"Kofu-Token: 0000000000000000000000000000000000000000000000000000000000000000\r\n"
	};
	for (size_t i = 0; i < N_ELEMENTS(headers); i++) {
		assert_int_equal(ask("GET", "/api/state", headers[i], ""), 401);
		assert_non_null(strstr(answer, "token-needed"));
		assert_null(strstr(answer, "\"state\""));
		assert_int_equal(
		    ask("POST", "/api/event", headers[i], "{\"event\":\"start\"}"), 401);
	}
	engine_read(api.engine, &r);
	assert_int_equal(r.state, SESSION_IDLE);
}

static void
another_name_or_origin_is_refused_even_with_the_token(void **state)
{
	char text[1024];
	static const char *const hosts[] = { "evil.example", "localhost:1", "127.0.0.1" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(hosts); i++) {
		(void)snprintf(text, sizeof(text),
		    "GET /api/state HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", hosts[i],
		    with_token());
		assert_int_equal(say(text), 403);
	}
	(void)snprintf(text, sizeof(text), "%sOrigin: http://evil.example\r\n", with_token());
	assert_int_equal(ask("GET", "/api/state", text, ""), 403);
}

static void
events_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *code;
	} t[] = {
		{ "", 400, "bad-input" },
		{ "[]", 400, "bad-input" },
		{ "{}", 400, "bad-input" },
		{ "{\"event\":7}", 400, "bad-input" },
		{ "{\"event\":\"fly\"}", 400, "no-such-event" },
		{ "{\"event\":\"released\"}", 400, "no-such-event" }, /* the machine's own */
		{ "{\"event\":\"authorised\"}", 400, "no-such-event" },
		{ "{\"event\":\"start\",\"more\":1}", 400, "bad-input" },
		{ "{\"event\":\"start\",\"at\":\"nowhere\"}", 400, "bad-input" },
		{ "{\"event\":\"start\",\"at\":\"consent\"}", 409, "not-now" },
		{ "{\"event\":\"confirm\"}", 409, "not-now" },
		{ "{\"event\":\"pin_slot\"}", 400, "bad-input" },
		{ "{\"event\":\"pin_slot\",\"slot\":10}", 400, "bad-input" },
		{ "{\"event\":\"pin_slot\",\"slot\":-1}", 400, "bad-input" },
		{ "{\"event\":\"pin_slot\",\"slot\":9}", 409, "not-now" },
		{ "{\"event\":\"choose\"}", 400, "bad-input" },
		{ "{\"event\":\"choose\",\"kind\":\"inkan\",\"copies\":1}", 400, "bad-input" },
		{ "{\"event\":\"choose\",\"kind\":\"inkan\"}", 409, "not-now" },
		{ "{\"event\":\"choose\",\"persons\":[40]}", 400, "bad-input" },
		{ "{\"event\":\"choose\",\"persons\":[\"0\"]}", 400, "bad-input" },
		{ "{\"event\":\"choose\",\"options\":[\"juso\"]}", 400, "bad-input" },
		{ "{\"event\":\"start\"}", 200, "consent" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int status = event(t[i].body);
		if (status != t[i].status || strstr(answer, t[i].code) == NULL)
			print_message("# %s: %s\n", t[i].body, answer);
		assert_int_equal(status, t[i].status);
		assert_non_null(strstr(answer, t[i].code));
	}
}

static void
a_body_past_its_limit_is_refused(void **state)
{
	static char body[API_BODY_BYTES + 2];
	(void)state;
	memset(body, ' ', sizeof(body) - 1);
	memcpy(body, "{\"event\":\"start\"}", 17);
	assert_int_equal(event(body), 413);
	body[API_BODY_BYTES] = '\0';
	assert_int_equal(event(body), 200);
}

static void *
later_start(void *arg)
{
	const struct timespec t = { .tv_nsec = 100 * 1000000 };
	struct err err = { 0 };
	(void)arg;
	(void)nanosleep(&t, NULL);
	(void)!engine_touch(api.engine, SESSION_EV_START, SESSION_N_STATES, &err);
	return NULL;
}

static void
a_long_poll_comes_back_when_something_changes(void **state)
{
	pthread_t thread;
	(void)state;
	assert_int_equal(ask("GET", "/api/state", with_token(), ""), 200);
	assert_non_null(strstr(answer, "\"n\":1,\"state\":\"idle\""));
	assert_int_equal(pthread_create(&thread, NULL, later_start, NULL), 0);
	assert_int_equal(ask("GET", "/api/state?after=1", with_token(), ""), 200);
	assert_non_null(strstr(answer, "\"state\":\"consent\""));
	(void)pthread_join(thread, NULL);
	assert_int_equal(ask("GET", "/api/state?after=x", with_token(), ""), 400);
}

static void
pages_need_no_token_and_carry_a_strict_policy(void **state)
{
	static const char *const paths[] = { "/", "/kiosk.js", "/kiosk.css", "/ja.json",
		"/openapi.yaml" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
		assert_int_equal(ask("GET", paths[i], "", ""), 200);
		assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'self'"));
		assert_non_null(strstr(answer, "no-store"));
	}
	assert_int_equal(ask("GET", "/token", "", ""), 404);
	assert_int_equal(ask("GET", "/..", "", ""), 404);
	assert_int_equal(ask("GET", "/ja.json/../token", "", ""), 404);
}

/* The sound of a phrase is for whoever has the token, and only phrases have one. */
static void
phrases_of_the_screens_are_spoken_and_nothing_else(void **state)
{
	static const struct {
		const char *path;
		int want;
	} t[] = {
		{ "/api/voice/ja/pin.tries?n=3", 200 },
		{ "/api/voice/vi/result.ask-window.title", 200 },
		{ "/api/voice/de/pin.tries?n=3", 404 },
		{ "/api/voice/ja/no-such-phrase", 404 },
		{ "/api/voice/ja/result.ask-window.clerk", 404 },
		{ "/api/voice/ja/..%2Fja", 404 },
		{ "/api/voice/ja/error.next.window", 404 }, /* an empty phrase */
		{ "/api/voice/ja/pin.tries?n=9999999", 200 },
		{ "/api/voice/ja/pin.tries?n=10000000", 400 },
		{ "/api/voice/ja/pin.tries?n=-1", 400 },
		{ "/api/voice/ja/pin.tries?m=%E8%A6%8B%E6%9C%AC", 400 },
		{ "/api/voice/ja", 404 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		assert_int_equal(ask("GET", t[i].path, with_token(), ""), t[i].want);
		if (t[i].want == 200)
			assert_non_null(strstr(answer, "audio/wav"));
	}
	assert_int_equal(ask("GET", t[0].path, "", ""), 401);
	api.texts = NULL;
	assert_int_equal(ask("GET", t[0].path, with_token(), ""), 404);
}

static void
a_choice_outside_the_offer_says_so_and_stays_on_its_screen(void **state)
{
	(void)state;
	world_go(api.engine, SESSION_PERSONS, 1);
	assert_int_equal(event("{\"event\":\"choose\",\"persons\":[]}"), 422);
	assert_non_null(strstr(answer, "nobody-chosen"));
	assert_int_equal(event("{\"event\":\"choose\",\"persons\":[3]}"), 422);
	assert_non_null(strstr(answer, "not-offered"));
	assert_int_equal(event("{\"event\":\"choose\",\"persons\":[0,2]}"), 200);
	assert_non_null(strstr(answer, "\"state\":\"options\""));
}

/* ---- the same way by command */
static struct engine_report
issued(struct issue_want w)
{
	struct engine_report r;
	struct err err = { 0 };
	AUTO(engine) struct engine *e = world_engine(true);
	w.wait_card_ms = 300;
	assert_int_equal(issue_run(e, &w, &r, &err), 0);
	assert_int_equal(w.pin[0], 0); /* wiped */
	return r;
}

static void
the_command_goes_the_whole_way_and_tells_the_times(void **state)
{
	struct err err = { 0 };
	struct buf out;
	(void)state;
	struct engine_report r = issued((struct issue_want){ .kind = DOC_JUMINHYO,
	    .scope = ORDER_PART,
	    .persons = 3,
	    .options = ORDER_HONSEKI,
	    .copies = 2,
	    .pin = "1234" });
	assert_int_equal(r.result, RESULT_DONE);
	assert_int_equal(r.printed, 2);
	assert_int_equal(world.peer.order.n_persons, 2);
	buf_init(&out, 65536);
	assert_int_equal(issue_format(&r, &out, &err), 0);
	buf_u8(&out, 0);
	const char *s = (const char *)out.p;
	assert_non_null(strstr(s, "\"result\":\"done\""));
	assert_non_null(strstr(s, world.job_name));
	assert_non_null(strstr(s, "\"jobs\":[1,2]"));
	assert_non_null(strstr(s, "\"ordering\":"));
	assert_non_null(strstr(s, "\"from_card\":"));
	assert_null(strstr(s, "見本"));
	buf_done(&out);
}

static void
the_command_spends_one_try_on_a_wrong_pin(void **state)
{
	(void)state;
	for (unsigned left = 2; left >= 1; left--) {
		struct engine_report r = issued((struct issue_want){
		    .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1, .pin = "9999" });
		assert_int_equal(r.result, RESULT_PIN_WRONG);
		assert_int_equal(r.tries_left, left);
	}
	assert_int_equal(world.verified, 2);
}

static void
the_command_names_what_it_could_not_have(void **state)
{
	(void)state;
	struct issue_want w = {
		.kind = DOC_JUMINHYO, .scope = ORDER_SELF, .copies = 1, .options = ORDER_KOJIN_NO
	};
	memcpy(w.pin, "1234", 5);
	assert_int_equal(issued(w).result, RESULT_NOT_OFFERED);
	world.card_in = false;
	memcpy(w.pin, "1234", 5);
	assert_int_equal(issued(w).result, RESULT_NO_CARD);
	assert_int_equal(world.printed_bytes, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, after)
	const struct CMUnitTest tests[] = {
		T(the_token_is_new_at_each_start_and_for_its_owner_alone),
		T(without_the_token_nothing_is_told_and_nothing_happens),
		T(another_name_or_origin_is_refused_even_with_the_token),
		T(events_that_are_none_are_refused),
		T(a_body_past_its_limit_is_refused),
		T(a_long_poll_comes_back_when_something_changes),
		T(pages_need_no_token_and_carry_a_strict_policy),
		T(phrases_of_the_screens_are_spoken_and_nothing_else),
		T(a_choice_outside_the_offer_says_so_and_stays_on_its_screen),
		T(the_command_goes_the_whole_way_and_tells_the_times),
		T(the_command_spends_one_try_on_a_wrong_pin),
		T(the_command_names_what_it_could_not_have),
	};
	return cmocka_run_group_tests_name("kiosk_api", tests, NULL, NULL);
}

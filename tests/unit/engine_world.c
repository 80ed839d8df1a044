/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/clock.h"
#include "kiosk/card/card_pin.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct world world;

static void
locked(void)
{
	pthread_mutex_lock(&world.mutex);
}

static void
unlocked(void)
{
	pthread_mutex_unlock(&world.mutex);
}

static void
pause_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000 };
	(void)nanosleep(&t, NULL);
}

void
world_step(const char *name, bool after)
{
	if (world.kill_at != 0) { /* what the next run does is not what the power took */
		world.step_name = name;
		world.step_is_after = after;
	}
	world.steps++;
	if (world.kill_at != 0 && world.steps == world.kill_at)
		(void)raise(SIGKILL);
}

/* ---- the card */
static int
card_wait(void *self, enum card_want want, int64_t timeout_ms, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + timeout_ms;
	int r = CARD_E_TIMEOUT;
	(void)self;
	(void)err;
	do {
		locked();
		if (world.card_in == (want == CARD_WANT_CARD))
			r = 0;
		else if (world.cancelled)
			r = CARD_E_CANCELLED;
		world.cancelled = false;
		unlocked();
		if (r != CARD_E_TIMEOUT)
			return r;
		pause_ms(2);
	} while (clock_mono_ms() < until_ms);
	return r;
}

static void
card_cancel(void *self)
{
	(void)self;
	locked();
	world.cancelled = true;
	unlocked();
}

static int
card_begin_(void *self, int64_t now_ms, struct card_info *ret, struct err *err)
{
	(void)self;
	(void)now_ms;
	(void)err;
	locked();
	bool in = world.card_in;
	unsigned tries = world.tries;
	unlocked();
	if (!in)
		return CARD_E_REMOVED;
	if (tries == 0)
		return CARD_E_LOCKED;
	*ret = (struct card_info){ .tries_left = tries, .cert_bytes = 100 };
	return 0;
}

static int
card_sign_(void *self, const struct card_info *info, struct card_pin *pin, const uint8_t digest[32],
    uint8_t sig[CARD_SIG_BYTES], unsigned *tries, struct err *err)
{
	(void)self;
	(void)info;
	(void)digest;
	(void)err;
	assert_int_equal(card_pin_digits(pin), CARD_PIN_DIGITS);
	bool right = memcmp(pin->verify + CARD_VERIFY_HEAD_BYTES, "1234", 4) == 0;
	card_pin_clear(pin);
	memset(sig, 7, CARD_SIG_BYTES);
	locked();
	world.verified++;
	world.tries = right ? 3 : world.tries - 1;
	*tries = world.tries;
	unlocked();
	if (right)
		return 0;
	return *tries == 0 ? CARD_E_LOCKED : CARD_E_WRONG_PIN;
}

static void
card_end(void *self)
{
	(void)self;
}

/* ---- the center */
static const char *
center_answer(const struct http_ask *q, const struct buf *body)
{
	if (strcmp(q->path, "/v1/nonce") == 0)
		return peer_nonce(&world.peer);
	if (strcmp(q->path, "/v1/session") == 0)
		return peer_session(&world.peer, body);
	if (strncmp(q->path, "/v1/keys/", 9) == 0)
		return peer_keys(&world.peer);
	if (strcmp(q->path, "/v1/order") == 0)
		return peer_answer(&world.peer, body);
	if (strcmp(q->path, "/v1/release") == 0)
		return peer_release(&world.peer, body);
	assert_string_equal(q->path, "/v1/outcome");
	peer_outcome(&world.peer, body);
	if (world.peer.outcomes == 1)
		memcpy(world.first_outcome, world.peer.last_outcome, sizeof(world.first_outcome));
	return "{\"recorded\":true}";
}

static int
center_ask(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err)
{
	struct buf body;
	(void)self;
	locked();
	world.asked++;
	bool away =
	    world.center_away || (world.away_from_ask > 0 && world.asked >= world.away_from_ask);
	bool refuse = world.refusals_left > 0 && strcmp(q->path, world.refuse_path) == 0;
	if (refuse)
		world.refusals_left--;
	unlocked();
	if (away)
		return err_raise(err, FAULT_UNAVAILABLE, "the center is away", 0);
	if (refuse) {
		(void)snprintf(ret->code, sizeof(ret->code), "%s", world.refuse_code);
		return HTTP_E_REFUSED;
	}
	buf_init(&body, 1 << 20);
	buf_put(&body, q->body, q->body_bytes);
	const char *text = center_answer(q, &body);
	if (world.swap_answer && strcmp(q->path, "/v1/order") == 0) {
		size_t bytes = 0;
		const uint8_t *papers = peer_papers(&world.peer, &bytes);
		world.peer.th[0] ^= 1; /* as for somebody else */
		const char *manifest = peer_manifest(&world.peer);
		text = peer_join(
		    &world.peer, manifest, peer_seal(&world.peer, manifest, papers, bytes));
	}
	buf_done(&body);
	ret->body = (const uint8_t *)arena_strdup(a, text);
	ret->body_bytes = strlen(text);
	return 0;
}

/* ---- the printer */
static int
printer_check(void *self, enum print_state *ret, struct err *err)
{
	(void)self;
	(void)err;
	locked();
	*ret = world.printer;
	bool off = world.print == WORLD_OFFLINE;
	unlocked();
	return off ? PRINT_E_OFFLINE : 0;
}

static int
printer_send(void *self, const struct print_doc *doc, int *ret_job, struct err *err)
{
	int r = 0;
	(void)self;
	(void)err;
	assert_true(doc->duplex);
	locked();
	if (world.print == WORLD_BUSY) {
		world.print = WORLD_PRINTS;
		r = PRINT_E_BUSY;
	} else {
		assert_true(world.printed_bytes + doc->bytes <= sizeof(world.printed));
		memcpy(world.printed + world.printed_bytes, doc->pdf, doc->bytes);
		world.printed_bytes += doc->bytes;
		(void)snprintf(world.job_name, sizeof(world.job_name), "%s", doc->job_name);
		*ret_job = ++world.jobs;
	}
	unlocked();
	return r;
}

static int
printer_poll(void *self, int job, struct print_status *ret, struct err *err)
{
	(void)self;
	(void)err;
	locked();
	*ret = (struct print_status){ .job = PRINT_JOB_COMPLETED, .printer = world.printer };
	bool aborts = world.print == WORLD_ABORTS ||
	    (world.abort_from_job > 0 && (unsigned)job >= world.abort_from_job);
	if (aborts)
		ret->job = PRINT_JOB_ABORTED;
	if (world.print == WORLD_JAMS) {
		ret->job = PRINT_JOB_STOPPED;
		ret->printer = PRINT_JAM;
	}
	if (world.print == WORLD_HANGS)
		ret->job = PRINT_JOB_PRINTING;
	if (world.canceled && world.print != WORLD_PRINTS)
		ret->job = PRINT_JOB_CANCELED;
	unlocked();
	return 0;
}

static int
printer_cancel(void *self, int job, struct err *err)
{
	(void)self;
	(void)job;
	(void)err;
	locked();
	world.canceled = true;
	unlocked();
	return 0;
}

/* ---- the till: the simulated one, called without a socket */
static bool
till_says(const char *what, const char *tx, unsigned yen, const char *word)
{
	char line[200];
	char want[32];
	struct buf out;
	buf_init(&out, 4096);
	(void)snprintf(
	    line, sizeof(line), "{\"do\":\"%s\",\"tx\":\"%s\",\"yen\":%u}", what, tx, yen);
	(void)snprintf(want, sizeof(want), "\"%s\"", word);
	locked();
	till_line(&world.till, line, strlen(line), &out);
	unlocked();
	buf_u8(&out, 0);
	bool yes = strstr((const char *)out.p, want) != NULL;
	buf_done(&out);
	return yes;
}

static int
till_begin(void *self, const char *tx, unsigned yen, struct err *err)
{
	(void)self;
	if (world.till_away)
		return err_raise(err, FAULT_UNAVAILABLE, "the till is away", 0);
	return till_says("begin", tx, yen, "begun") ? 0 : PAY_E_REFUSED;
}

static int
till_poll(
    void *self, const char *tx, unsigned yen, int timeout_ms, unsigned *inserted, struct err *err)
{
	(void)self;
	(void)err;
	(void)timeout_ms;
	if (till_says("begin", tx, yen, "authorised")) {
		*inserted = yen;
		return 0;
	}
	if (till_says("begin", tx, yen, "declined"))
		return PAY_E_DECLINED;
	pause_ms(5);
	return PAY_E_WAITING;
}

static int
till_commit(void *self, const char *tx, unsigned yen, struct err *err)
{
	(void)self;
	if (world.till_away)
		return err_raise(err, FAULT_UNAVAILABLE, "the till is away", 0);
	return till_says("commit", tx, yen, "committed") ? 0 : PAY_E_REFUSED;
}

static int
till_undo(void *self, const char *tx, struct err *err)
{
	(void)self;
	if (world.till_away)
		return err_raise(err, FAULT_UNAVAILABLE, "the till is away", 0);
	return till_says("void", tx, 0, "voided") ? 0 : PAY_E_REFUSED;
}

/* ---- the same, with a step before and after */
#define STEP(name, call)                                                                           \
	({                                                                                         \
		world_step(name, false);                                                           \
		int r_ = (call);                                                                   \
		world_step(name, true);                                                            \
		r_;                                                                                \
	})

static int
step_card_sign(void *self, const struct card_info *info, struct card_pin *pin,
    const uint8_t digest[32], uint8_t sig[CARD_SIG_BYTES], unsigned *tries, struct err *err)
{
	return STEP("card signs", card_sign_(self, info, pin, digest, sig, tries, err));
}

static int
step_center_ask(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err)
{
	static const char *const paths[] = { "/v1/nonce", "/v1/session", "/v1/order", "/v1/release",
		"/v1/outcome" };
	const char *name = "/v1/keys";
	for (size_t i = 0; i < N_ELEMENTS(paths); i++)
		if (strcmp(q->path, paths[i]) == 0)
			name = paths[i];
	if (world.away_from_ask > 0 && world.asked + 1 == world.away_from_ask)
		world.step_name = name;
	world_step(name, false);
	int r = center_ask(self, a, q, ret, err);
	world_step(name, true);
	return r;
}

static int
step_printer_send(void *self, const struct print_doc *doc, int *ret_job, struct err *err)
{
	return STEP("printer gets a copy", printer_send(self, doc, ret_job, err));
}

static int
step_printer_poll(void *self, int job, struct print_status *ret, struct err *err)
{
	return STEP("printer is asked", printer_poll(self, job, ret, err));
}

static int
step_printer_cancel(void *self, int job, struct err *err)
{
	return STEP("job is cancelled", printer_cancel(self, job, err));
}

static int
step_till_begin(void *self, const char *tx, unsigned yen, struct err *err)
{
	return STEP("till begins", till_begin(self, tx, yen, err));
}

static int
step_till_commit(void *self, const char *tx, unsigned yen, struct err *err)
{
	return STEP("till keeps", till_commit(self, tx, yen, err));
}

static int
step_till_undo(void *self, const char *tx, struct err *err)
{
	return STEP("till gives back", till_undo(self, tx, err));
}

/* ---- the world */
void
world_begin(void)
{
	memset(&world, 0, sizeof(world));
	(void)pthread_mutex_init(&world.mutex, NULL);
	peer_init(&world.peer, 1795200000000);
	world.card_in = true;
	world.tries = 3;
	memcpy(world.folder, "/tmp/kofu-engine-XXXXXX", 24);
	assert_non_null(mkdtemp(world.folder));
}

unsigned
world_journals(const char *suffix)
{
	DIR *d = opendir(world.folder);
	unsigned n = 0;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		size_t l = strlen(e->d_name), s = strlen(suffix);
		n += l >= s && e->d_name[0] != '.' && strcmp(e->d_name + l - s, suffix) == 0;
	}
	closedir(d);
	return n;
}

void
world_end(void)
{
	char path[400];
	DIR *d = opendir(world.folder);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, e->d_name);
		(void)unlink(path);
	}
	closedir(d);
	(void)rmdir(world.folder);
	peer_done(&world.peer);
	(void)pthread_mutex_destroy(&world.mutex);
}

struct engine *
world_engine(bool card_may_stay)
{
	const struct ports ports = {
		.card = { .wait = card_wait,
		    .cancel = card_cancel,
		    .begin = card_begin_,
		    .sign = step_card_sign,
		    .end = card_end },
		.center = { .ask = step_center_ask },
		.printer = { .check = printer_check,
		    .send = step_printer_send,
		    .poll = step_printer_poll,
		    .cancel = step_printer_cancel },
		.till = { .begin = step_till_begin,
		    .poll = till_poll,
		    .commit = step_till_commit,
		    .undo = step_till_undo },
	};
	const struct engine_conf conf = { .kiosk = "K0001",
		.journal_folder = world.folder,
		.help_phone = "000-000-0001",
		.card_may_stay = card_may_stay };
	struct engine *e = NULL;
	struct err err = { 0 };
	assert_int_equal(engine_new(&conf, &ports, &e, &err), 0);
	return e;
}

void
world_wait(struct engine *e, enum session_state st)
{
	const int64_t until_ms = clock_mono_ms() + 5000;
	struct engine_report r;
	uint64_t n = 0;
	do {
		engine_read(e, &r);
		if (r.state == st)
			return;
		n = engine_wait(e, n, 100);
	} while (clock_mono_ms() < until_ms);
	print_message("# is in %s (%s), wanted %s\n", session_state_info(r.state)->name,
	    result_info(r.result)->code, session_state_info(st)->name);
	fail();
}

void
world_touch(struct engine *e, enum session_event ev)
{
	struct err err = { 0 };
	assert_int_equal(engine_touch(e, ev, SESSION_N_STATES, &err), 0);
}

void
world_pin(struct engine *e, const char *digits)
{
	struct err err = { 0 };
	for (; *digits; digits++)
		assert_int_equal(engine_pin(e, (unsigned)(*digits - '0'), SESSION_PIN, &err), 0);
	world_touch(e, SESSION_EV_PIN_ENTER);
}

/* A touch on a screen that has gone in the meantime does nothing. */
static void
touch_at(struct engine *e, enum session_event ev, enum session_state at)
{
	struct err err = { 0 };
	int r = engine_touch(e, ev, at, &err);
	assert_true(r == 0 || r == SESSION_E_NOT_NOW);
}

static void
choose(struct engine *e, struct engine_pick p)
{
	struct err err = { 0 };
	int r = engine_choose(e, &p, &err);
	assert_true(r == 0 || r == SESSION_E_NOT_NOW);
}

static void
act_pin(struct engine *e)
{
	struct err err = { 0 };
	for (unsigned digit = 1; digit <= 4; digit++)
		if (engine_pin(e, digit, SESSION_PIN, &err) != 0)
			return;
	touch_at(e, SESSION_EV_PIN_ENTER, SESSION_PIN);
}

void
world_act(struct engine *e, enum session_state st, unsigned copies)
{
	switch (st) {
	case SESSION_IDLE:
		touch_at(e, SESSION_EV_START, st);
		return;
	case SESSION_CONSENT:
		touch_at(e, SESSION_EV_CONSENT, st);
		return;
	case SESSION_PIN:
		act_pin(e);
		return;
	case SESSION_TAKE_CARD:
		locked();
		world.card_in = false;
		unlocked();
		return;
	case SESSION_KIND:
		choose(e, (struct engine_pick){ .at = st, .kind = DOC_JUMINHYO });
		return;
	case SESSION_SCOPE:
		choose(e, (struct engine_pick){ .at = st, .scope = ORDER_PART });
		return;
	case SESSION_PERSONS:
		choose(e, (struct engine_pick){ .at = st, .persons = 5 });
		return;
	case SESSION_OPTIONS:
		choose(e, (struct engine_pick){ .at = st, .options = ORDER_SETAINUSHI });
		return;
	case SESSION_COPIES:
		choose(e, (struct engine_pick){ .at = st, .copies = copies });
		return;
	case SESSION_CONFIRM:
		touch_at(e, SESSION_EV_CONFIRM, st);
		return;
	default:
		return; /* the machine's turn */
	}
}

static const enum session_state way[] = { SESSION_IDLE, SESSION_CONSENT, SESSION_PIN,
	SESSION_TAKE_CARD, SESSION_KIND, SESSION_SCOPE, SESSION_PERSONS, SESSION_OPTIONS,
	SESSION_COPIES, SESSION_CONFIRM };

static void
go_from(struct engine *e, size_t at, enum session_state st, unsigned copies)
{
	for (; at < N_ELEMENTS(way); at++) {
		world_wait(e, way[at]);
		if (way[at] == st)
			return;
		world_act(e, way[at], copies);
	}
	world_wait(e, st);
}

void
world_go(struct engine *e, enum session_state st, unsigned copies)
{
	go_from(e, 0, st, copies);
}

void
world_go_on(struct engine *e, enum session_state st, unsigned copies)
{
	go_from(e, 2, st, copies);
}

unsigned
world_kept_yen(void)
{
	unsigned yen = 0;
	locked();
	for (unsigned i = 0; i < world.till.n; i++)
		yen += world.till.tx[i].kept_yen;
	unlocked();
	return yen;
}

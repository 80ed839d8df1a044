/* SPDX-License-Identifier: Apache-2.0 */
/* Card, center, printer and till of engine_world, each with a step before and after what it does.
 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/clock.h"
#include "kiosk/card/card_pin.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

void (*world_look)(void);
int (*world_center)(void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret,
    struct err *err) = world_center_ask;

const char *(*world_bend_answer)(const char *answer);

static void
look(void)
{
	if (world_look != NULL)
		world_look();
}

void
world_step(const char *name, bool after)
{
	if (!after)
		look();
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
	look();
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
	look();
	locked();
	bool in = world.card_in;
	unsigned tries = world.tries;
	unlocked();
	if (!in)
		return CARD_E_REMOVED;
	if (tries == 0)
		return CARD_E_LOCKED;
	*ret = (struct card_info){ .tries_left = tries, .cert_bytes = 100 };
	if (world.telephone)
		*ret = (struct card_info){ .tries_left = tries, .kind = CARD_TELEPHONE };
	return 0;
}

/* What the PIN does to the card. */
static int
card_verify(struct card_pin *pin, unsigned *tries)
{
	assert_int_equal(card_pin_digits(pin), CARD_PIN_DIGITS);
	bool right = memcmp(pin->verify + CARD_VERIFY_HEAD_BYTES, "1234", 4) == 0;
	card_pin_clear(pin);
	locked();
	bool in = world.card_in;
	world.verified += in;
	if (in)
		world.tries = right ? 3 : world.tries - 1;
	*tries = world.tries;
	unlocked();
	if (!in)
		return CARD_E_REMOVED;
	if (right)
		return 0;
	return *tries == 0 ? CARD_E_LOCKED : CARD_E_WRONG_PIN;
}

static int
card_unlock_(void *self, int64_t now_ms, struct card_info *info, struct card_pin *pin,
    unsigned *tries, struct err *err)
{
	(void)self;
	(void)now_ms;
	(void)err;
	assert_int_equal(info->kind, CARD_TELEPHONE);
	int r = card_verify(pin, tries);
	if (r == 0) {
		info->unlocked = true;
		info->cert_bytes = 100;
	}
	return r;
}

static int
card_sign_(void *self, const struct card_info *info, struct card_pin *pin, const uint8_t digest[32],
    uint8_t sig[CARD_SIG_BYTES], unsigned *tries, struct err *err)
{
	(void)self;
	(void)digest;
	(void)err;
	assert_int_not_equal(info->cert_bytes, 0); /* what is signed names it */
	memset(sig, 7, CARD_SIG_BYTES);
	if (!info->unlocked)
		return card_verify(pin, tries);
	*tries = world.tries;
	return world.card_in ? 0 : CARD_E_REMOVED;
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

int
world_center_ask(
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
	bool unknown = strcmp(q->path, "/v1/outcome") == 0 && !world.peer.order_payload[0];
	if (refuse || unknown) {
		(void)snprintf(
		    ret->code, sizeof(ret->code), "%s", refuse ? world.refuse_code : "order-gone");
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
	if (world_bend_answer != NULL && strcmp(q->path, "/v1/order") == 0)
		text = world_bend_answer(text);
	buf_done(&body);
	if (world.lose_path != NULL && strcmp(q->path, world.lose_path) == 0)
		return err_raise(err, FAULT_UNAVAILABLE, "the answer is lost on its way", 0);
	ret->body = (const uint8_t *)arena_strdup(a, text);
	ret->body_bytes = strlen(text);
	return 0;
}

/* ---- the printer */
static bool
job_aborts(int job)
{
	return world.print == WORLD_ABORTS ||
	    (world.abort_from_job > 0 && (unsigned)job >= world.abort_from_job);
}

/* Mended, the sheets that were stuck come out, unless they were taken back; or it is given up. */
static void
jam_goes_on(void)
{
	if (world.print != WORLD_JAMS || world.jam_polls == 0 || --world.jam_polls > 0)
		return;
	world.print = world.jam_gives_up ? WORLD_ABORTS : WORLD_PRINTS;
	world.printer = PRINT_READY;
	for (int i = 0; i < world.jobs; i++)
		world.out[i] = world.out[i] || (!world.canceled && !job_aborts(i + 1));
}

static int
printer_check(void *self, enum print_state *ret, struct err *err)
{
	(void)self;
	(void)err;
	look();
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
		assert_true(world.jobs < WORLD_MAX_JOBS);
		(void)snprintf(
		    world.job_names[world.jobs], sizeof(world.job_names[0]), "%s", doc->job_name);
		world.out[world.jobs] = world.print == WORLD_PRINTS && !job_aborts(world.jobs + 1);
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
	jam_goes_on();
	bool forgotten = world.forgets || job < 1 || job > world.jobs;
	bool off = world.print == WORLD_OFFLINE;
	*ret = (struct print_status){ .job = PRINT_JOB_COMPLETED, .printer = world.printer };
	if (job_aborts(job))
		ret->job = PRINT_JOB_ABORTED;
	if (world.print == WORLD_JAMS) {
		ret->job = PRINT_JOB_STOPPED;
		ret->printer = PRINT_JAM;
	}
	if (world.print == WORLD_HANGS)
		ret->job = PRINT_JOB_PRINTING;
	if (world.canceled && world.print != WORLD_PRINTS)
		ret->job = PRINT_JOB_CANCELED;
	if (!forgotten && !off && world.out[job - 1])
		ret->job = PRINT_JOB_COMPLETED; /* nothing takes a sheet back into the machine */
	else if (!forgotten && !off && ret->job == PRINT_JOB_COMPLETED)
		world.out[job - 1] = true;
	unlocked();
	if (off)
		return PRINT_E_OFFLINE;
	return forgotten ? PRINT_E_NO_JOB : 0;
}

static int
printer_find(void *self, const char *job_name, int64_t age_s, int *ret_job, struct err *err)
{
	int job = 0;
	(void)self;
	(void)err;
	locked();
	world.found++;
	for (int i = 0; i < world.jobs; i++)
		if (strcmp(world.job_names[i], job_name) == 0)
			job = i + 1;
	bool off = world.print == WORLD_OFFLINE;
	bool forgets = world.forgets || age_s > PRINT_HISTORY_S;
	unlocked();
	if (off)
		return PRINT_E_OFFLINE;
	if (forgets)
		return PRINT_E_UNSURE;
	if (job == 0)
		return PRINT_E_NO_JOB;
	*ret_job = job;
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
step_card_unlock(void *self, int64_t now_ms, struct card_info *info, struct card_pin *pin,
    unsigned *tries, struct err *err)
{
	return STEP("telephone is unlocked", card_unlock_(self, now_ms, info, pin, tries, err));
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
	int r = world_center(self, a, q, ret, err);
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
step_printer_find(void *self, const char *job_name, int64_t age_s, int *ret_job, struct err *err)
{
	return STEP("job is looked for", printer_find(self, job_name, age_s, ret_job, err));
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

struct ports
world_ports(void)
{
	return (struct ports){
		.card = { .wait = card_wait,
		    .cancel = card_cancel,
		    .begin = card_begin_,
		    .unlock = step_card_unlock,
		    .sign = step_card_sign,
		    .end = card_end },
		.center = { .ask = step_center_ask },
		.printer = { .check = printer_check,
		    .send = step_printer_send,
		    .poll = step_printer_poll,
		    .cancel = step_printer_cancel,
		    .find = step_printer_find },
		.till = { .begin = step_till_begin,
		    .poll = till_poll,
		    .commit = step_till_commit,
		    .undo = step_till_undo },
	};
}

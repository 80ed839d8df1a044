/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixup-load PLAN STAGE SECONDS [RATE] - honest kiosks only, as fast as they are answered, or open
 * loop: RATE orders a second begin whether the earlier ones have ended or not, and an order's time
 * runs from the moment it was due. STAGE: session, or order (to the answer opened). Prints
 * one JSON object; nobody judges the papers here (mixup-drive does).
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "kiosk/flow/flow_in.h"
#include "tests/mixup/steps.h"
#include "tests/mixup/tally.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_MAX_MS = 60000, LOAD_MAX_RATE = 20000, LOAD_MAX_SECONDS = 3600 };
enum stage { STAGE_SESSION, STAGE_ORDER };

/* How many took so many milliseconds. */
struct times {
	atomic_uint ms[LOAD_MAX_MS + 1];
};
static struct plan plan;
static enum stage stage;
static unsigned rate;
static int64_t from_us, until_us;
static atomic_ullong next_due;
static atomic_uint n_done, n_refused, n_broken;
static struct times done_times, refused_times, connect_times;
static pthread_barrier_t connected;

static int64_t
now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
times_add(struct times *t, int64_t us)
{
	int64_t ms = us / 1000;
	(void)atomic_fetch_add(&t->ms[ms < LOAD_MAX_MS ? ms : LOAD_MAX_MS], 1);
}

/* The time within which so many of a thousand ended. */
static unsigned
times_within(const struct times *t, unsigned of_thousand)
{
	uint64_t all = 0, sum = 0;
	for (unsigned i = 0; i <= LOAD_MAX_MS; i++)
		all += atomic_load(&t->ms[i]);
	for (unsigned i = 0; i <= LOAD_MAX_MS; i++) {
		sum += atomic_load(&t->ms[i]);
		if (sum > 0 && sum * 1000 >= all * of_thousand)
			return i;
	}
	return 0;
}

static struct http_client *
client(unsigned i)
{
	struct err err = { 0 };
	struct http_client *c = NULL;
	const char *kiosk = plan.kiosk[i % plan.n_kiosks];
	const struct http_client_conf conf = {
		.base_url = plan.centers[i % plan.n_centers],
		.cert_path =
		    tool_path(plan.a, plan.net, arena_printf(plan.a, "kiosk-%s.crt", kiosk)),
		.key_path =
		    tool_path(plan.a, plan.net, arena_printf(plan.a, "kiosk-%s.key", kiosk)),
		.ca_path = tool_path(plan.a, plan.net, "ca.crt"),
		.peer_role = "center",
	};
	if (http_client_new(&conf, &c, &err) != 0)
		tool_die("a kiosk's certificate cannot be used");
	return c;
}

/* A good card of somebody whom nobody changes. */
static const struct plan_card *
card_choose(struct hand *h)
{
	for (;;) {
		const struct plan_card *c = &plan.cards[hand_roll(h, plan.n_cards)];
		if (c->standing == CARD_GOOD && !plan_is_extra(&plan, c->person))
			return c;
	}
}

static const char *
visit_part(struct hand *h, struct visit *v)
{
	const char *code = visit_session(v);
	if (code != NULL || stage == STAGE_SESSION)
		return code;
	step_choose(h, v);
	code = visit_order_sign(v);
	if (code == NULL)
		code = visit_order_send(v);
	return code != NULL ? code : visit_answer_read(v);
}

static void
one(struct hand *h, int64_t due_us)
{
	const struct plan_card *c = card_choose(h);
	struct visit v = { .plan = &plan,
		.card = c,
		.who = &plan.people[c->city][c->person],
		.center = h->center[0],
		.kiosk = h->kiosk };
	int64_t begun_us = now_us();
	visit_begin(&v);
	const char *code = visit_part(h, &v);
	if (code == NULL) {
		(void)atomic_fetch_add(&n_done, 1);
		times_add(&done_times, now_us() - due_us);
	} else if (strcmp(code, "busy") == 0) {
		(void)atomic_fetch_add(&n_refused, 1);
		times_add(&refused_times, now_us() - begun_us);
	} else {
		(void)atomic_fetch_add(&n_broken, 1);
		tally_add("refusal", code);
	}
	visit_end(&v);
}

static void
wait_until(int64_t us)
{
	int64_t left_us = us - now_us();
	if (left_us <= 0)
		return;
	const struct timespec t = { .tv_sec = left_us / 1000000,
		.tv_nsec = left_us % 1000000 * 1000 };
	(void)nanosleep(&t, NULL);
}

static void *
hand_work(void *arg)
{
	struct hand *h = arg;
	int64_t begun_us = now_us();
	hand_connect(h, h->center[0]);
	times_add(&connect_times, now_us() - begun_us);
	(void)pthread_barrier_wait(&connected); /* all of them */
	(void)pthread_barrier_wait(&connected); /* and the clock is set */
	while (rate == 0 && now_us() < until_us)
		one(h, now_us());
	while (rate > 0) {
		int64_t due_us =
		    from_us + (int64_t)(atomic_fetch_add(&next_due, 1) * 1000000 / rate);
		if (due_us >= until_us)
			return NULL;
		wait_until(due_us);
		one(h, due_us);
	}
	return NULL;
}

static void
print(double seconds)
{
	struct rusage u;
	(void)getrusage(RUSAGE_SELF, &u);
	printf(
	    "{\"seconds\":%.2f,\"done\":%u,\"busy\":%u,\"broken\":%u,\"p50_ms\":%u,\"p99_ms\":%u,"
	    "\"max_ms\":%u,\"busy_p50_ms\":%u,\"busy_p99_ms\":%u,\"connect_p50_ms\":%u,"
	    "\"connect_p99_ms\":%u,\"cpu_ms\":%ld,\"tally\":",
	    seconds, atomic_load(&n_done), atomic_load(&n_refused), atomic_load(&n_broken),
	    times_within(&done_times, 500), times_within(&done_times, 990),
	    times_within(&done_times, 1000), times_within(&refused_times, 500),
	    times_within(&refused_times, 990), times_within(&connect_times, 500),
	    times_within(&connect_times, 990),
	    (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
		(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000);
	tally_print(0, seconds);
	printf("}\n");
}

static unsigned
number(const char *s, unsigned max)
{
	char *end = NULL;
	unsigned long v = strtoul(s, &end, 10);
	if (*s == '\0' || *end != '\0' || v > max)
		tool_die("%s: a number up to %u is needed", s, max);
	return (unsigned)v;
}

static enum stage
stage_of(const char *word)
{
	static const char *const words[] = { "session", "order" };
	for (unsigned i = 0; i < N_ELEMENTS(words); i++)
		if (strcmp(words[i], word) == 0)
			return (enum stage)i;
	tool_die("%s: no such stage", word);
}

int
main(int argc, char **argv)
{
	static struct hand hands[PLAN_MAX_THREADS];
	pthread_t thread[PLAN_MAX_THREADS];
	if (argc != 4 && argc != 5)
		tool_usage("usage: mixup-load PLAN session|order SECONDS [RATE]\n");
	log_fd = -1;
	plan_load(argv[1], &plan);
	stage = stage_of(argv[2]);
	unsigned seconds = number(argv[3], LOAD_MAX_SECONDS);
	rate = argc == 5 ? number(argv[4], LOAD_MAX_RATE) : 0;
	for (unsigned i = 0; i < plan.threads; i++) {
		hands[i] = (struct hand){ .plan = &plan, .kiosk = plan.kiosk[i % plan.n_kiosks] };
		hands[i].dice = plan.seed * UINT64_C(0xD1342543DE82EF95) + i;
		hands[i].center[0] = client(i);
	}
	(void)pthread_barrier_init(&connected, NULL, plan.threads + 1);
	for (unsigned i = 0; i < plan.threads; i++)
		if (pthread_create(&thread[i], NULL, hand_work, &hands[i]) != 0)
			tool_die("no thread");
	(void)pthread_barrier_wait(&connected);
	from_us = now_us();
	until_us = from_us + (int64_t)seconds * 1000000;
	(void)pthread_barrier_wait(&connected);
	for (unsigned i = 0; i < plan.threads; i++)
		(void)pthread_join(thread[i], NULL);
	print((double)(now_us() - from_us) / 1e6);
	return 0;
}

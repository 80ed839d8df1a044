/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixup-drive PLAN - many kiosks at once on the real center and servers. Prints
 * the tally as one JSON object. SIGTERM: no further orders. Ends with 0 when it
 * found nothing, 3 when it did.
 */
#include "base/clock.h"
#include "base/log.h"
#include "tests/mixup/clerk.h"
#include "tests/mixup/news.h"
#include "tests/mixup/tally.h"
#include "tests/mixup/trials.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { EXIT_FOUND = 3, CONNECT_MS = 30000 };

static struct plan plan;
static struct clerk *clerks[TRUTH_MAX_CITIES];
static atomic_uint next_order = 1, begun;
static atomic_bool ended;
static int64_t from_ms;

static void
no_more(int signal)
{
	(void)signal;
	atomic_store(&next_order, plan.orders + 1);
}

static bool
goes_on(void)
{
	return !(plan.first && tally_findings() > 0);
}

static struct http_client *
client(const char *url, const char *kiosk)
{
	struct err err = { 0 };
	struct http_client *c = NULL;
	const struct http_client_conf conf = {
		.base_url = url,
		.cert_path =
		    tool_path(plan.a, plan.net, arena_printf(plan.a, "kiosk-%s.crt", kiosk)),
		.key_path =
		    tool_path(plan.a, plan.net, arena_printf(plan.a, "kiosk-%s.key", kiosk)),
		.ca_path = tool_path(plan.a, plan.net, "ca.crt"),
		.peer_role = "center",
		/* hundreds of kiosks on the processors of one machine: a handshake may wait long */
		.connect_timeout_ms = plan.faults ? 0 : CONNECT_MS,
	};
	if (http_client_new(&conf, &c, &err) != 0)
		tool_die("a kiosk's certificate cannot be used");
	return c;
}

/* Until order n's turn, where orders come at a rate of their own (open loop). */
static void
await_turn(unsigned n)
{
	int64_t ms = plan.rate > 0 ? from_ms + (int64_t)n * 1000 / plan.rate - clock_mono_ms() : 0;
	if (ms > 0)
		(void)usleep((useconds_t)ms * 1000);
}

static void *
hand_work(void *arg)
{
	struct hand *h = arg;
	for (unsigned n; goes_on() && (n = atomic_fetch_add(&next_order, 1)) <= plan.orders;) {
		await_turn(n);
		(void)atomic_fetch_add(&begun, 1);
		if (plan.news)
			news_trial(h, n);
		else
			trial_run(h, n);
	}
	return NULL;
}

/* A clerk at the window: somebody of the moving unit moves, opts out, comes back, changes the seal.
 */
static void *
clerk_work(void *arg)
{
	struct hand *h = arg;
	unsigned city = (unsigned)(h->dice % plan.n_cities);
	static const unsigned heads[] = { 0, 1, 2, 4, 9 };
	static const char *const names[] = { "moves", "blocks and their end", "seals" };
	while (!atomic_load(&ended)) {
		unsigned person =
		    (plan.units - 1) * TRUTH_UNIT + heads[hand_roll(h, N_ELEMENTS(heads))];
		unsigned what = hand_roll(h, 3);
		tally_add(
		    clerk_change(clerks[city], person, (enum clerk_change)what) ? "clerk" : "fault",
		    names[what]);
		(void)usleep(plan.changes_ms * 1000);
	}
	return NULL;
}

static void
start(pthread_t *t, void *(*run)(void *), struct hand *h)
{
	if (pthread_create(t, NULL, run, h) != 0)
		tool_die("no thread");
}

static void
hands_make(struct hand *hands, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct hand *h = &hands[i];
		*h = (struct hand){
			.plan = &plan,
			.clerks = clerks,
			.kiosk = plan.kiosk[i % plan.n_kiosks],
			.number = i,
		};
		h->dice = plan.seed * UINT64_C(0xD1342543DE82EF95) + i;
		for (unsigned k = 0; k < plan.n_centers; k++)
			h->center[k] = client(plan.centers[k], h->kiosk);
		h->cut_off = client(plan.centers[0], plan.kiosk[PLAN_MAX_KIOSKS]);
	}
}

int
main(int argc, char **argv)
{
	static struct hand hands[PLAN_MAX_THREADS], clerk_hands[TRUTH_MAX_CITIES];
	pthread_t thread[PLAN_MAX_THREADS], at_window[TRUTH_MAX_CITIES];
	if (argc != 2)
		tool_usage("usage: mixup-drive PLAN\n");
	log_fd = -1;
	(void)signal(SIGTERM, no_more);
	plan_load(argv[1], &plan);
	if (plan.only != NULL && !trial_exists(plan.only))
		tool_die("no such trial: %s", plan.only);
	for (unsigned i = 0; i < plan.n_cities; i++)
		clerks[i] = clerk_new(&plan, i);
	hands_make(hands, plan.threads);
	if (plan.swap)
		trial_rows_swap(&hands[0]);
	for (unsigned i = 0; plan_is_flood(&plan) && i < plan.threads; i++)
		hand_connect(&hands[i], hand_center(&hands[i])); /* one by one */
	from_ms = clock_mono_ms();
	for (unsigned i = 0; i < plan.threads; i++)
		start(&thread[i], hand_work, &hands[i]);
	for (unsigned i = 0; plan.changes_ms > 0 && i < plan.n_cities; i++) {
		clerk_hands[i] = (struct hand){ .plan = &plan, .dice = i };
		start(&at_window[i], clerk_work, &clerk_hands[i]);
	}
	for (unsigned i = 0; i < plan.threads; i++)
		(void)pthread_join(thread[i], NULL);
	atomic_store(&ended, true);
	for (unsigned i = 0; plan.changes_ms > 0 && i < plan.n_cities; i++)
		(void)pthread_join(at_window[i], NULL);
	for (unsigned i = 0; i < plan.n_cities; i++)
		clerk_free(clerks[i]);
	tally_print(atomic_load(&begun), (double)(clock_mono_ms() - from_ms) / 1000);
	return tally_findings() > 0 ? EXIT_FOUND : 0;
}

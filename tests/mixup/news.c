/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/news.h"
#include "base/mem.h"
#include "base/text.h"
#include "tests/mixup/oracle.h"
#include "tests/mixup/tally.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PAUSE_MAX_US = 40000,
	BACK_MAX_MS = 20000, /* until the center's directory has somebody again */
	BACK_STEP_US = 20000
};
enum moment {
	BEFORE_ORDER,
	UNDER_ORDER,
	BEFORE_PAYMENT,
	UNDER_PAYMENT,
	UNDER_RELEASE,
	BEFORE_PAPER,
	N_MOMENTS
};
static const char *const moments[] = { "before the order", "under the order", "before the payment",
	"under the payment", "under the release", "before the paper" };
static const struct kind {
	const char *name;
	enum clerk_change change;
} kinds[] = {
	{ "opt-out", CLERK_OPT_OUT },
	{ "death", CLERK_DEATH },
	{ "seal abolished", CLERK_SEAL },
	{ "move", CLERK_MOVE },
	{ "emergency stop", CLERK_STOP },
};

/* One piece of news on its way. */
struct news {
	const struct kind *kind;
	enum moment moment;
	struct visit *v;
	unsigned wait_us;
	uint64_t acked;
	pthread_t thread;
};

static void
finding(const struct news *n, const char *what)
{
	char check[TALLY_NAME_MAX];
	(void)snprintf(check, sizeof(check), "%s %s", n->kind->name, moments[n->moment]);
	tally_finding(check, what, n->v->order_no, true);
}

static void
tell(struct news *n)
{
	n->acked = clerk_change_held(n->v->clerk, n->v->who->index, n->kind->change);
	if (n->acked == 0)
		tool_die("news that never comes to the replica");
}

static void *
tell_later(void *arg)
{
	struct news *n = arg;
	(void)usleep(n->wait_us);
	tell(n);
	return NULL;
}

/* On its way while the resident goes on. */
static void
told_meanwhile(struct hand *h, struct news *n, unsigned within_us)
{
	n->wait_us = hand_roll(h, within_us);
	if (pthread_create(&n->thread, NULL, tell_later, n) != 0)
		tool_die("no thread");
}

static void
choose(struct hand *h, struct news *n)
{
	if (n->kind->change == CLERK_SEAL)
		visit_choose(n->v, DOC_INKAN, ORDER_SELF, 0, 1);
	else
		step_choose(h, n->v);
}

/* An order is answered or refused; that it was right to, the news says. */
static bool
ordered(struct news *n)
{
	struct visit *v = n->v;
	const char *code = visit_order_sign(v);
	if (code == NULL)
		code = visit_order_send(v);
	if (code == NULL)
		return step_accept(v);
	step_refused(v, "order", code, v->from);
	return false;
}

/*
 * Nothing moves after the acknowledgement but what shows the news: of an opt-out, a death, a
 * stop or an abolished seal nothing does.
 */
static bool
released(struct news *n)
{
	struct visit *v = n->v;
	const char *code = visit_release(v);
	if (code != NULL) {
		step_refused(v, "release", code, v->from);
		return false;
	}
	tally_add("paper", "released");
	return true;
}

static void
released_judge(struct news *n)
{
	struct visit *v = n->v;
	if (n->acked > v->released_from)
		return; /* not told yet when the kiosk asked: the commits' order says more */
	v->from = n->acked + 1;
	v->to = v->released_to;
	if (n->kind->change != CLERK_MOVE)
		finding(n, "released after the acknowledgement");
	else if (!oracle_answer(v))
		finding(n, "released with the address of before");
}

static void
commits_judge(struct news *n)
{
	char order[2 * ORDER_ID_BYTES + 1];
	text_hex_format(n->v->id.b, sizeof(n->v->id.b), order);
	if (clerk_came_late(n->v->clerk, order))
		finding(n, "committed after the news");
}

/* Pays, then has the paper released; @n is told before, meanwhile, or after. */
static void
paid_and_released(struct hand *h, struct news *n)
{
	if (n->moment == BEFORE_PAYMENT)
		tell(n);
	if (n->moment == UNDER_PAYMENT || n->moment == UNDER_RELEASE)
		told_meanwhile(h, n, n->moment == UNDER_PAYMENT ? PAUSE_MAX_US : 1);
	(void)usleep(hand_roll(h, PAUSE_MAX_US));
	bool moves = released(n);
	if (n->moment == UNDER_PAYMENT || n->moment == UNDER_RELEASE)
		(void)pthread_join(n->thread, NULL);
	if (n->moment == BEFORE_PAPER)
		tell(n);
	commits_judge(n);
	if (moves)
		released_judge(n);
	tally_add("news", moves ? "papers moved before" : "papers held back after");
	step_report(n->v, moves ? FLOW_PRINTED : FLOW_VOID_CANCELLED);
}

/* Once more by the same card: what is acknowledged holds for it too. */
static void
asked_again(struct hand *h, struct news *n)
{
	struct visit u = *n->v;
	struct news again = *n;
	again.v = &u;
	u.center = h->center[hand_roll(h, h->plan->n_centers)];
	u.from = u.to = 0;
	visit_begin(&u);
	const char *code = visit_session(&u);
	if (code == NULL) {
		choose(h, &again);
		code = visit_order_sign(&u);
	}
	if (code == NULL)
		code = visit_order_send(&u);
	if (code != NULL)
		step_refused(&u, "again", code, n->acked + 1);
	else if (n->kind->change != CLERK_MOVE)
		finding(n, "answered after the acknowledgement");
	else
		(void)step_accept(&u);
	visit_end(&u);
}

/* Whoever was dead or gone comes back to the directory with the center's next news of it. */
static bool
session_opened(struct visit *v)
{
	for (unsigned ms = 0;; ms += BACK_STEP_US / 1000) {
		const char *code = visit_session(v);
		if (code == NULL)
			return true;
		if (strcmp(code, "not-registered") != 0 || ms > BACK_MAX_MS) {
			step_refused(v, "session", code, clerk_now());
			return false;
		}
		visit_end(v);
		(void)usleep(BACK_STEP_US);
		visit_begin(v);
	}
}

static void
visit_with(struct hand *h, struct news *n)
{
	struct visit *v = n->v;
	if (!clerk_settle_held(v->clerk, v->who->index) || !session_opened(v))
		return;
	choose(h, n);
	if (n->moment == BEFORE_ORDER)
		tell(n);
	if (n->moment == UNDER_ORDER)
		told_meanwhile(h, n, PAUSE_MAX_US / 2);
	bool answered = ordered(n);
	if (n->moment == UNDER_ORDER)
		(void)pthread_join(n->thread, NULL);
	if (answered && n->moment == BEFORE_ORDER && n->kind->change != CLERK_MOVE)
		finding(n, "answered after the acknowledgement");
	if (!answered && n->moment > UNDER_ORDER) {
		finding(n, "refused before there was any news");
		return;
	}
	if (answered)
		paid_and_released(h, n);
	asked_again(h, n);
	tally_add("news", n->kind->name);
	tally_add("moment", moments[n->moment]);
}

/* Somebody whose household is nobody else's for now. Deaths are of who lives alone. */
static const struct plan_card *
card_held(struct hand *h, const struct kind *k)
{
	for (;;) {
		const struct plan_card *c = &h->plan->cards[hand_roll(h, h->plan->n_cards)];
		unsigned at = c->person % TRUTH_UNIT;
		bool fits = c->standing == CARD_GOOD && plan_is_moving(h->plan, c->person) &&
		    (at < 3 || (k->change != CLERK_DEATH && (at == 4 || at == 9)));
		if (fits && clerk_hold(h->clerks[c->city], c->person))
			return c;
		(void)usleep(1000);
	}
}

void
news_trial(struct hand *h, unsigned trial_no)
{
	const struct kind *k = &kinds[trial_no % N_ELEMENTS(kinds)];
	const struct plan_card *c = card_held(h, k);
	struct visit v = hand_visit(h, c, trial_no);
	struct news n = { .kind = k,
		.moment = (enum moment)(trial_no / N_ELEMENTS(kinds) % N_MOMENTS),
		.v = &v };
	visit_begin(&v);
	visit_with(h, &n);
	visit_end(&v);
	if (!clerk_settle_held(v.clerk, v.who->index))
		tool_die("what was changed is not taken back");
	clerk_let_go(v.clerk, c->person);
	tally_add("trial", k->name);
}

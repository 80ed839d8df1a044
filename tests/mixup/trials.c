/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/trials.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "tests/mixup/oracle.h"
#include "tests/mixup/tally.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATES = 16 };

/* --- one order twice --- */

static void
same_bytes(struct visit *v, const char *trial, const char *code, const struct http_reply *again)
{
	if (code != NULL && step_moved_meanwhile(v, v->from, clerk_now()))
		return; /* of two at once one may have come too late */
	if (code != NULL)
		step_must_be(v, trial, "the same answer", code);
	else if (again->body_bytes != v->answer.body_bytes ||
	    memcmp(again->body, v->answer.body, again->body_bytes) != 0)
		tally_finding(trial, "other bytes under one order id", v->order_no, true);
}

static void
order_sent_twice(struct hand *h, struct visit *v)
{
	struct http_reply again;
	if (!step_answered(h, v))
		return;
	v->center = h->center[hand_roll(h, h->plan->n_centers)];
	const char *code = visit_post(v, "/v1/order", v->order_body.p, v->order_body.bytes, &again);
	same_bytes(v, "order sent twice", code, &again);
	step_finish(v);
}

struct twin {
	struct visit v;
	struct visit *of;
	const char *code;
};
static void *
twin_run(void *arg)
{
	struct twin *t = arg;
	t->code = visit_post(
	    &t->v, "/v1/order", t->of->order_body.p, t->of->order_body.bytes, &t->v.answer);
	return NULL;
}

static void
order_sent_twice_at_once(struct hand *h, struct visit *v)
{
	pthread_t thread;
	struct twin t = { .v = *v, .of = v };
	if (!step_open_session(v))
		return;
	step_choose(h, v);
	const char *code = visit_order_sign(v);
	if (code != NULL)
		return;
	t.v.a = arena_new(64 << 20);
	t.v.center = h->center[hand_roll(h, h->plan->n_centers)];
	if (pthread_create(&thread, NULL, twin_run, &t) != 0)
		tool_die("no thread");
	code = step_send_order(v);
	(void)pthread_join(thread, NULL);
	if (code != NULL)
		step_refused(v, "order", code, v->from);
	else if (step_accept(v)) {
		if (t.code == NULL || !visit_is_fault(t.code))
			same_bytes(v, "order sent twice at once", t.code, &t.v.answer);
		step_finish(v);
	}
	arena_free(t.v.a);
}

/* --- an order id that means two things --- */

static void
order_id_of_another_card(struct hand *h, struct visit *v)
{
	if (!step_answered(h, v))
		return;
	const struct plan_card *other = &h->plan->cards[hand_roll(h, h->plan->n_cards)];
	if (other->standing == CARD_GOOD && !plan_is_extra(h->plan, other->person) &&
	    !plan_is_moving(h->plan, other->person) && other->person != v->card->person) {
		struct visit u = *v;
		u.card = other;
		u.who = &h->plan->people[other->city][other->person];
		u.clerk = h->clerks[other->city];
		visit_begin(&u);
		u.id = v->id;
		u.from = 0;
		if (step_open_session(&u)) {
			step_choose(h, &u);
			const char *code = visit_order_sign(&u);
			if (code == NULL)
				code = visit_order_send(&u);
			step_must_be(v, "order id of another card", "order-mismatch", code);
		}
		visit_end(&u);
	}
	step_finish(v);
}

static void
order_changed(struct hand *h, struct visit *v)
{
	if (!step_open_session(v))
		return;
	step_choose(h, v);
	if (!step_order(v))
		return;
	struct visit u = *v;
	struct flow was = *v->flow;
	u.choice.copies = 3;
	v->flow->step = FLOW_KEYED;
	buf_init(&u.order_body, 64 << 10);
	const char *code = visit_order_sign(&u);
	if (code == NULL)
		code = visit_order_send(&u);
	step_must_be(v, "order changed under its id", "order-mismatch", code);
	buf_done(&u.order_body);
	v->flow->order = was.order;
	memcpy(v->flow->oh, was.oh, sizeof(was.oh));
	if (step_accept(v))
		step_finish(v);
}

/* --- cards and nonces --- */

static void
nonce_again(struct hand *h, struct visit *v)
{
	struct http_reply reply;
	(void)h;
	if (!step_open_session(v))
		return;
	step_must_be(v, "nonce used twice", "nonce-unknown",
	    visit_post(v, "/v1/session", v->session_body.p, v->session_body.bytes, &reply));
}

/* What is refused need not be the end of it: a center that lets it in must be seen to have issued.
 */
static void
thief(struct hand *h, struct visit *v, const char *trial)
{
	const char *code = visit_session(v);
	if (code == NULL) {
		step_choose(h, v);
		code = visit_order_sign(v);
		if (code == NULL)
			code = visit_order_send(v);
	}
	step_must_be(v, trial, "card-not-valid", code);
}

static void
signature_forged(struct hand *h, struct visit *v)
{
	v->forged = true;
	thief(h, v, "forged card signature");
}

static void
certificate_of_another(struct hand *h, struct visit *v)
{
	const struct plan_card *other = &h->plan->cards[hand_roll(h, h->plan->n_cards)];
	struct plan_card both = *v->card;
	if (other->standing != CARD_GOOD || other == v->card)
		return;
	both.der = other->der;
	both.der_bytes = other->der_bytes;
	v->card = &both;
	thief(h, v, "another's certificate");
}

static void
card_not_good(struct hand *h, struct visit *v)
{
	static const char *const want[] = { "", "card-revoked", "card-on-hold", "not-registered",
		"not-registered" };
	(void)h;
	step_must_be(v, "card that is not good", want[v->card->standing], visit_session(v));
}

static void
kiosk_cut_off(struct hand *h, struct visit *v)
{
	struct http_reply reply;
	v->center = h->cut_off;
	step_must_be(v, "kiosk that is cut off", "kiosk-unknown",
	    visit_post(v, "/v1/nonce", "{}", 2, &reply));
}

/* --- what a municipality must not give --- */

static void
seal_abolished(struct hand *h, struct visit *v)
{
	(void)h;
	if (!step_open_session(v))
		return;
	visit_choose(v, DOC_INKAN, ORDER_SELF, 0, 1);
	const char *code = visit_order_sign(v);
	if (code == NULL)
		code = visit_order_send(v);
	step_must_be(v, "abolished seal", "not-available", code);
}

static struct person_ref refs[TRUTH_MAX_CITIES][TRUTH_MAX_UNITS * TRUTH_UNIT];
static bool known[TRUTH_MAX_CITIES][TRUTH_MAX_UNITS * TRUTH_UNIT];
static pthread_mutex_t refs_lock = PTHREAD_MUTEX_INITIALIZER;

/* Remembers who is who, and gives somebody of another household. */
static bool
stranger_ref(struct hand *h, const struct visit *v, struct person_ref *ret)
{
	const struct offer *o = flow_offer(v->flow);
	unsigned i = hand_roll(h, h->plan->units * TRUTH_UNIT);
	(void)pthread_mutex_lock(&refs_lock);
	refs[v->card->city][v->who->index] = o->persons[o->self].ref;
	known[v->card->city][v->who->index] = true;
	bool found =
	    known[v->card->city][i] && h->plan->people[v->card->city][i].home != v->who->home;
	*ret = refs[v->card->city][i];
	(void)pthread_mutex_unlock(&refs_lock);
	return found;
}

static void
part_of_another_household(struct hand *h, struct visit *v)
{
	struct person_ref other;
	if (!step_open_session(v) || !stranger_ref(h, v, &other))
		return;
	v->flow->offer.persons[0].ref = other;
	visit_choose(v, DOC_JUMINHYO, ORDER_PART, 0, 1);
	v->choice.persons = 1;
	const char *code = visit_order_sign(v);
	if (code == NULL)
		code = visit_order_send(v);
	step_must_be(v, "member of another household", "not-available", code);
}

/* Somebody with a hand in the database exchanged this resident's rows with a twin's. */
static void
rows_swapped(struct hand *h, struct visit *v)
{
	const char *code = visit_session(v);
	if (code == NULL) {
		step_choose(h, v);
		code = visit_order_sign(v);
	}
	if (code == NULL)
		code = visit_order_send(v);
	if (code == NULL) {
		tally_finding("rows swapped in the database", "answered", v->order_no, false);
		(void)step_accept(v);
	}
}

/* --- negative news between order and paper --- */

static void
news_between(struct hand *h, struct visit *v, enum clerk_change what, const char *trial)
{
	if (!clerk_settle(v->clerk, v->who->index) || !step_open_session(v))
		return;
	if (what == CLERK_SEAL)
		visit_choose(v, DOC_INKAN, ORDER_SELF, 0, 1);
	else
		step_choose(h, v);
	if (!step_order(v) || !step_accept(v))
		return;
	if (clerk_change(v->clerk, v->who->index, what)) {
		const char *code = visit_release(v);
		step_must_be(v, trial, "release-refused", code);
		step_report(v, FLOW_VOID_CANCELLED);
	}
	(void)clerk_settle(v->clerk, v->who->index);
}

static void
block_before_release(struct hand *h, struct visit *v)
{
	news_between(h, v, CLERK_BLOCK, "block between order and paper");
}

static void
seal_abolished_before_release(struct hand *h, struct visit *v)
{
	news_between(h, v, CLERK_SEAL, "seal abolished between order and paper");
}

static void
move_before_release(struct hand *h, struct visit *v)
{
	news_between(h, v, CLERK_MOVE, "move between order and paper");
}

static void
block_before_order(struct hand *h, struct visit *v)
{
	if (!clerk_settle(v->clerk, v->who->index) || !step_open_session(v))
		return;
	step_choose(h, v);
	if (clerk_change(v->clerk, v->who->index, CLERK_BLOCK)) {
		const char *code = visit_order_sign(v);
		if (code == NULL)
			code = visit_order_send(v);
		/* Another hand may have lifted it again: then the oracle says what may stand there.
		 */
		struct truth_state s[STATES];
		unsigned n = clerk_states(v->clerk, v->who->index, v->from, v->to, s, STATES);
		if (n == 1 && s[0].blocked)
			step_must_be(v, "block before the order", "not-available", code);
	}
	(void)clerk_settle(v->clerk, v->who->index);
}

/* --- releases --- */

static void
release_twice(struct hand *h, struct visit *v)
{
	if (!step_answered(h, v) || !step_release(v))
		return;
	step_must_be(v, "release redeemed twice", "release-spent", visit_release(v));
	step_report(v, FLOW_PRINTED);
}

static void
release_of_another_manifest(struct hand *h, struct visit *v)
{
	if (!step_answered(h, v))
		return;
	v->flow->papers.manifest_hash[7] ^= 1;
	step_must_be(v, "release of another manifest", "order-mismatch", visit_release(v));
}

static const char *
ref_of(struct hand *h, unsigned city, const struct plan_card *c)
{
	char hex[2 * PERSON_REF_BYTES + 1];
	struct visit v = { .plan = h->plan,
		.card = c,
		.who = &h->plan->people[city][c->person],
		.clerk = h->clerks[city],
		.center = h->center[0],
		.kiosk = h->kiosk };
	visit_begin(&v);
	const char *code = visit_session(&v);
	if (code != NULL)
		tool_die("a twin is refused before anything was swapped: %s", code);
	text_hex_format(v.flow->offer.persons[v.flow->offer.self].ref.b, PERSON_REF_BYTES, hex);
	visit_end(&v);
	return arena_printf(h->plan->a, "'\\x%s'", hex);
}

void
trial_rows_swap(struct hand *h)
{
	for (unsigned city = 0; city < h->plan->n_cities; city++) {
		const char *ref[TRUTH_EXTRAS] = { NULL };
		for (unsigned i = 0; i < h->plan->n_cards; i++) {
			const struct plan_card *c = &h->plan->cards[i];
			if (c->city == city && plan_is_extra(h->plan, c->person))
				ref[c->person - h->plan->units * TRUTH_UNIT] = ref_of(h, city, c);
		}
		clerk_replica_sql(h->clerks[city],
		    arena_printf(h->plan->a,
			"UPDATE resident_row a SET sealed = b.sealed FROM resident_row b WHERE "
			"a.ref <> b.ref"
			" AND a.ref IN (%s, %s) AND b.ref IN (%s, %s);"
			"UPDATE card SET ref = CASE WHEN ref = %s THEN %s::bytea ELSE %s::bytea END"
			" WHERE ref IN (%s, %s)",
			ref[0], ref[1], ref[0], ref[1], ref[2], ref[3], ref[2], ref[2], ref[3]));
	}
}

/* --- which --- */

enum fits { ANYBODY, MOVING, HOLDER_OF_SEAL, NO_SEAL, NOT_GOOD, SWAPPED };
static const struct trial {
	const char *name;
	void (*run)(struct hand *h, struct visit *v);
	enum fits fits;
	unsigned weight;
} trials[] = {
	{ "order sent twice", order_sent_twice, ANYBODY, 4 },
	{ "order sent twice at once", order_sent_twice_at_once, ANYBODY, 4 },
	{ "order id of another card", order_id_of_another_card, ANYBODY, 3 },
	{ "order changed under its id", order_changed, ANYBODY, 3 },
	{ "nonce used twice", nonce_again, ANYBODY, 2 },
	{ "forged card signature", signature_forged, ANYBODY, 2 },
	{ "another's certificate", certificate_of_another, ANYBODY, 2 },
	{ "card that is not good", card_not_good, NOT_GOOD, 3 },
	{ "kiosk that is cut off", kiosk_cut_off, ANYBODY, 1 },
	{ "abolished seal", seal_abolished, NO_SEAL, 2 },
	{ "member of another household", part_of_another_household, ANYBODY, 3 },
	{ "rows swapped in the database", rows_swapped, SWAPPED, 3 },
	{ "block between order and paper", block_before_release, MOVING, 2 },
	{ "seal abolished between order and paper", seal_abolished_before_release, HOLDER_OF_SEAL,
	    2 },
	{ "move between order and paper", move_before_release, MOVING, 1 },
	{ "block before the order", block_before_order, MOVING, 2 },
	{ "release redeemed twice", release_twice, ANYBODY, 3 },
	{ "release of another manifest", release_of_another_manifest, ANYBODY, 1 },
};
static const struct trial plain = { "honest", step_honest, ANYBODY, 0 };

static bool
card_fits(const struct plan *p, const struct plan_card *c, enum fits fits)
{
	unsigned k = c->person % TRUTH_UNIT;
	if (fits == NOT_GOOD)
		return c->standing != CARD_GOOD;
	if (c->standing != CARD_GOOD || plan_is_extra(p, c->person) != (fits == SWAPPED))
		return false;
	if (fits == MOVING || fits == HOLDER_OF_SEAL)
		return plan_is_moving(p, c->person) &&
		    (fits == MOVING || k < 3 || k == 4 || k == 9);
	return fits != NO_SEAL || truth_seal_abolished_at_first(c->person);
}

static const struct trial *
trial_choose(struct hand *h)
{
	unsigned sum = 0;
	if (h->plan->only == NULL && hand_roll(h, 100) >= h->plan->hostile_percent)
		return &plain;
	for (unsigned i = 0; i < N_ELEMENTS(trials); i++) {
		if (h->plan->only != NULL && strcmp(h->plan->only, trials[i].name) == 0)
			return &trials[i];
		sum += trials[i].weight;
	}
	if (h->plan->only != NULL)
		return &plain;
	unsigned at = hand_roll(h, sum);
	for (unsigned i = 0;; i++) {
		if (at < trials[i].weight)
			return &trials[i];
		at -= trials[i].weight;
	}
}

bool
trial_exists(const char *name)
{
	for (unsigned i = 0; i < N_ELEMENTS(trials); i++)
		if (strcmp(name, trials[i].name) == 0)
			return true;
	return strcmp(name, plain.name) == 0;
}

void
trial_run(struct hand *h, unsigned order_no)
{
	const struct trial *t = trial_choose(h);
	const struct plan_card *c;
	do {
		c = &h->plan->cards[hand_roll(h, h->plan->n_cards)];
	} while (!card_fits(h->plan, c, t->fits));
	struct visit v = hand_visit(h, c, order_no);
	visit_begin(&v);
	t->run(h, &v);
	visit_end(&v);
	tally_add("trial", t->name);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/steps.h"
#include "base/text.h"
#include "tests/mixup/excuse.h"
#include "tests/mixup/oracle.h"
#include "tests/mixup/tally.h"
#include "tests/world/tool/tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 5, TRY_AGAIN_US = 400000, STATES = 16 };

/* splitmix64 */
unsigned
hand_roll(struct hand *h, unsigned n)
{
	uint64_t z = h->dice += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (unsigned)((z ^ (z >> 31)) % n);
}

struct http_client *
hand_center(struct hand *h)
{
	unsigned n = h->plan->n_centers;
	return h->center[plan_is_flood(h->plan) ? h->number % n : hand_roll(h, n)];
}

struct visit
hand_visit(struct hand *h, const struct plan_card *c, unsigned order_no)
{
	return (struct visit){ .plan = h->plan,
		.card = c,
		.who = &h->plan->people[c->city][c->person],
		.clerk = h->clerks[c->city],
		.center = hand_center(h),
		.kiosk = h->kiosk,
		.order_no = order_no };
}

void
hand_connect(const struct hand *h, struct http_client *center)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply;
	struct err err = { 0 };
	const struct http_ask ask = { .method = "GET",
		.path = arena_printf(a, "/v1/keys/%s", h->plan->city[0].code.s),
		.max_reply_bytes = 65536 };
	if (http_ask(center, a, &ask, &reply, &err) != 0)
		tool_die("a kiosk cannot be connected");
}

/* --- what may be refused, and why --- */

/* Somebody changed the household meanwhile, or it is blocked, or its seal is gone. */
bool
step_moved_meanwhile(const struct visit *v, uint64_t from, uint64_t to)
{
	struct truth_state s[STATES];
	if (!plan_is_moving(v->plan, v->who->index))
		return false;
	unsigned n = clerk_states(v->clerk, v->who->index, from, to, s, STATES);
	return n > 1 || s[0].blocked || s[0].abolished;
}

/* A refusal that says nothing of who asked for what: a fault of this run, its overload, an excuse.
 */
static bool
is_circumstance(const struct visit *v, const char *code)
{
	if (v->plan->overload && strcmp(code, "busy") == 0)
		return true;
	bool fault = (v->plan->faults && visit_is_fault(code)) ||
	    excuse_explains(v->plan->excuses, code, v->begun_ms);
	if (fault)
		tally_add("fault", code);
	return fault;
}

/* A refusal of an honest visit: explained, or a finding. */
void
step_refused(struct visit *v, const char *stage, const char *code, uint64_t from)
{
	char what[TALLY_NAME_MAX];
	const char *expect = v->plan->city[v->card->city].expect;
	(void)snprintf(what, sizeof(what), "%s %s", stage, code);
	tally_add("refusal", what);
	if (strcmp(code, "municipality-stopped") == 0)
		tally_stopped(v->card->city);
	if (expect != NULL && strcmp(expect, code) == 0)
		return;
	if (is_circumstance(v, code))
		return;
	if (step_moved_meanwhile(v, from, clerk_now()) &&
	    (strcmp(code, "not-available") == 0 || strcmp(code, "not-registered") == 0 ||
		strcmp(code, "release-refused") == 0))
		return;
	if (strncmp(code, "kiosk-", 6) == 0)
		tally_finding(code, stage, v->order_no, false);
	else
		tally_finding(what, "refused without a reason", v->order_no, false);
}

/* A trial's refusal must be this one. */
void
step_must_be(struct visit *v, const char *trial, const char *want, const char *code)
{
	char what[TALLY_NAME_MAX];
	if (code != NULL && strcmp(code, want) == 0)
		return;
	if (code != NULL && is_circumstance(v, code))
		return;
	(void)snprintf(
	    what, sizeof(what), "%s instead of %s", code != NULL ? code : "accepted", want);
	tally_finding(trial, what, v->order_no, false);
}

/* --- the steps of an honest visit --- */

bool
step_open_session(struct visit *v)
{
	uint64_t from = clerk_now();
	const char *code = visit_session(v);
	if (code == NULL)
		return true;
	step_refused(v, "session", code, from);
	return false;
}

/* Something that the resident is offered. */
void
step_choose(struct hand *h, struct visit *v)
{
	const struct offer *o = flow_offer(v->flow);
	const struct offer_kind *k = &o->kinds[hand_roll(h, o->n_kinds)];
	unsigned options =
	    k->kind == DOC_INKAN ? 0 : hand_roll(h, ORDER_OPTIONS_ALL + 1) & k->options;
	enum order_scope scope =
	    k->kind == DOC_INKAN ? ORDER_SELF : (enum order_scope)(1 + hand_roll(h, 3));
	visit_choose(v, k->kind, scope, options, hand_roll(h, 12) == 0 ? 2 : 1);
}

/* Sends until something comes back that is no fault; the answer must then stay the same. */
const char *
step_send_order(struct visit *v)
{
	const char *code = visit_order_send(v);
	for (unsigned i = 1; v->plan->faults && code != NULL && visit_is_fault(code) && i < TRIES;
	     i++) {
		tally_add("fault", code);
		(void)usleep(TRY_AGAIN_US);
		code = visit_order_send(v);
	}
	return code;
}

bool
step_order(struct visit *v)
{
	const char *code = visit_order_sign(v);
	if (code == NULL)
		code = step_send_order(v);
	if (code != NULL) {
		step_refused(v, "order", code, v->from);
		return false;
	}
	tally_answered(v->card->city);
	return true;
}

/* One line in one write: several kiosks share the file. */
static void
ledger_add(const struct visit *v)
{
	const struct flow_papers *p = flow_papers(v->flow);
	char line[2 * ORDER_ID_BYTES + 2 * sizeof(p->manifest_hash) + 3];
	if (v->plan->ledger == NULL || p == NULL)
		return;
	text_hex_format(p->order.b, ORDER_ID_BYTES, line);
	line[(size_t)2 * ORDER_ID_BYTES] = ' ';
	text_hex_format(p->manifest_hash, sizeof(p->manifest_hash), line + 2 * ORDER_ID_BYTES + 1);
	line[sizeof(line) - 2] = '\n';
	int fd = open(v->plan->ledger, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
		tool_die("%s: not written", v->plan->ledger);
	(void)close(fd);
}

/* Manifest, kiosk, pages: all of them look, whatever the one before said. */
bool
step_accept(struct visit *v)
{
	bool right = oracle_manifest(v);
	const char *code = visit_answer_read(v);
	if (code != NULL) {
		step_refused(v, "answer", code, v->from);
		return false;
	}
	right = oracle_answer(v) && right;
	tally_add("paper", "answers");
	ledger_add(v);
	if (v->plan->sample > 0 && v->order_no % v->plan->sample == 0)
		oracle_keep(v);
	return right;
}

bool
step_release(struct visit *v)
{
	const char *code = visit_release(v);
	bool again = false;
	for (unsigned i = 1; v->plan->faults && code != NULL && visit_is_fault(code) && i < TRIES;
	     i++) {
		tally_add("fault", code);
		again = true;
		(void)usleep(TRY_AGAIN_US);
		code = visit_release(v);
	}
	if (code != NULL && !(again && strcmp(code, "release-spent") == 0)) {
		step_refused(v, "release", code, v->from);
		return false;
	}
	tally_add("paper", "released");
	return true;
}

void
step_report(struct visit *v, enum flow_end end)
{
	const char *code = visit_outcome(v, end);
	if (code != NULL)
		step_refused(v, "outcome", code, clerk_now());
}

bool
step_answered(struct hand *h, struct visit *v)
{
	if (!step_open_session(v))
		return false;
	step_choose(h, v);
	return step_order(v) && step_accept(v);
}

void
step_finish(struct visit *v)
{
	if (step_release(v))
		step_report(v, FLOW_PRINTED);
	else
		step_report(v, FLOW_VOID_CANCELLED);
}

void
step_honest(struct hand *h, struct visit *v)
{
	if (step_answered(h, v))
		step_finish(v);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/decide_order.h"
#include "center/center_conf.h"
#include "center/router/outcome.h"
#include "base/clock.h"
#include "base/mem.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <stdio.h>
#include <string.h>

enum { ORDER_ARENA_BYTES = 8 * ORDER_MAX_BYTES, ORDER_JWS_MAX_BYTES = 2 * ORDER_MAX_BYTES };

static struct key_point
session_point(const struct order_session *s)
{
	struct key_point p;
	_Static_assert(sizeof(p.b) == sizeof(s->t.point), "the transcript holds a point");
	memcpy(p.b, s->t.point, sizeof(p.b));
	return p;
}

static bool
time_is_fresh(int64_t at_ms, int64_t now_ms)
{
	return at_ms <= now_ms + ORDER_CLOCK_AHEAD_MS && at_ms >= now_ms - ORDER_FRESH_MS;
}

int
order_decide(const struct order_session *s, const char *kiosk, const char *jws, size_t jws_bytes,
    int64_t now_ms, struct order_case *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ORDER_ARENA_BYTES);
	struct key_point point = session_point(s);
	struct order_case c;
	uint8_t *p = NULL;
	size_t bytes = 0;
	if (strcmp(s->kiosk, kiosk) != 0 || now_ms >= s->expires_ms)
		return ROUTER_E_SESSION_EXPIRED;
	if (jws_bytes > ORDER_JWS_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "order over its limit", (long)jws_bytes);
	int r = jws_verify(a, &point, "kofu-order", jws, jws_bytes, &p, &bytes, err);
	if (r == 0)
		r = order_parse(p, bytes, &c.order, err);
	if (r)
		return err_trace(err, r, "order");
	sha256(p, bytes, c.oh);
	if (!mem_equal(c.order.transcript, s->th, sizeof(s->th)) ||
	    !muni_equal(c.order.muni, s->muni))
		return err_raise(err, FAULT_INTEGRITY, "order of another session", 0);
	if (!time_is_fresh(c.order.at_ms, now_ms))
		return ROUTER_E_SESSION_EXPIRED;
	if (s->stopped)
		return ROUTER_E_STOPPED;
	*ret = c;
	return 0;
}

const char *
answer_flaw_name(enum answer_flaw f)
{
	static const char *const names[] = { "sound", "form", "key", "signature", "order",
		"session", "payload", "muni", "kind", "copies", "number", "time", "changed", "used",
		"build" };
	return (unsigned)f < N_ELEMENTS(names) ? names[f] : "unknown";
}

/* 発行番号: municipality, day of issue in Japan, kiosk, running number of six digits or more. */
static bool
answer_is_number(const char *number, const struct manifest *m, const char *kiosk)
{
	char head[MANIFEST_MAX_NUMBER + 1];
	struct civil_date on = clock_japan(m->issued_ms).on;
	int n = snprintf(
	    head, sizeof(head), "%s-%04d%02d%02d-%s-", m->muni.s, on.year, on.month, on.day, kiosk);
	if (n < 0 || (size_t)n >= sizeof(head) || strncmp(number, head, (size_t)n) != 0)
		return false;
	size_t digits = strspn(number + n, "0123456789");
	return digits >= 6 && number[(size_t)n + digits] == '\0';
}

static enum answer_flaw
answer_compare(
    const struct order_case *c, const struct manifest *m, const char *kiosk, int64_t now_ms)
{
	if (!mem_equal(m->order.b, c->order.id.b, ORDER_ID_BYTES))
		return ANSWER_ORDER;
	if (!mem_equal(m->th, c->order.transcript, sizeof(m->th)))
		return ANSWER_SESSION;
	if (!mem_equal(m->oh, c->oh, sizeof(m->oh)))
		return ANSWER_PAYLOAD;
	if (!muni_equal(m->muni, c->order.muni))
		return ANSWER_MUNI;
	if (m->kind != c->order.kind)
		return ANSWER_KIND;
	if (m->n_copies != c->order.copies)
		return ANSWER_COPIES;
	/* Issued for this order, so not before it by more than clocks may differ. */
	if (m->issued_ms < c->order.at_ms - ORDER_CLOCK_AHEAD_MS ||
	    m->issued_ms > now_ms + ORDER_CLOCK_AHEAD_MS || m->not_after_ms <= m->issued_ms ||
	    m->register_ms > now_ms + ORDER_CLOCK_AHEAD_MS)
		return ANSWER_TIME;
	for (unsigned i = 0; i < m->n_copies; i++)
		if (!answer_is_number(m->copies[i].number, m, kiosk))
			return ANSWER_NUMBER;
	return ANSWER_SOUND;
}

/* A kiosk that says which keys it pinned takes an answer by no other. */
static bool
order_knows(const struct order *o, const struct key_id *kid)
{
	for (unsigned i = 0; i < o->n_keys; i++)
		if (memcmp(o->keys[i].b, kid->b, KEY_ID_BYTES) == 0)
			return true;
	return o->n_keys == 0;
}

enum answer_flaw
answer_decide(struct arena *a, const struct order_case *c, const char *kiosk,
    const struct keydir *keys, const char *jws, size_t jws_bytes, int64_t now_ms,
    struct manifest *ret)
{
	struct key_id kid;
	uint8_t *p = NULL;
	size_t bytes = 0;
	struct manifest m;
	if (jws_bytes > 2 * MANIFEST_MAX_BYTES || jws_peek_kid(jws, jws_bytes, &kid, NULL) != 0)
		return ANSWER_FORM;
	const struct keydir_key *k = keydir_find(keys, &kid);
	if (k == NULL || !muni_equal(keys->muni, c->order.muni) || !order_knows(&c->order, &kid))
		return ANSWER_KEY;
	int r = jws_verify(a, &k->point, "kofu-manifest", jws, jws_bytes, &p, &bytes, NULL);
	if (r != 0)
		return r == FAULT_BAD_INPUT ? ANSWER_FORM : ANSWER_SIGNATURE;
	if (manifest_parse(p, bytes, &m, NULL) != 0)
		return ANSWER_FORM;
	if (memcmp(m.kid.b, kid.b, sizeof(kid.b)) != 0 || keydir_judge(k, m.issued_ms) != 0)
		return ANSWER_KEY;
	enum answer_flaw f = answer_compare(c, &m, kiosk, now_ms);
	if (f == ANSWER_SOUND)
		*ret = m;
	return f;
}

enum answer_flaw
answer_decide_build(const char *builds, const struct manifest *m)
{
	return builds == NULL || center_conf_has(builds, m->build) ? ANSWER_SOUND : ANSWER_BUILD;
}

int
order_decide_again(const struct order_logged *l, const struct order_case *c)
{
	if (!l->found)
		return 0;
	return l->same_session && mem_equal(l->oh, c->oh, sizeof(c->oh)) ? 0
									 : ROUTER_E_ORDER_MISMATCH;
}

int
release_decide(const struct order_session *s, const struct order_logged *l, const struct release *x,
    int64_t now_ms)
{
	if (!l->found || !l->same_session || !l->answered ||
	    !mem_equal(l->manifest_hash, x->manifest_hash, sizeof(x->manifest_hash)))
		return ROUTER_E_ORDER_MISMATCH;
	if (!time_is_fresh(x->at_ms, now_ms))
		return ROUTER_E_SESSION_EXPIRED;
	return s->stopped ? ROUTER_E_STOPPED : 0;
}

static bool
outcome_agrees(const struct number_logged *n, const struct outcome *x)
{
	for (unsigned i = 0; i < x->n_copies; i++)
		if (strcmp(n->number, x->copies[i].number) == 0)
			return n->end == 0 ||
			    (n->end == x->copies[i].end &&
				strcmp(n->reason, x->copies[i].reason) == 0);
	return false;
}

int
outcome_decide(const struct order_logged *l, const struct number_logged *numbers, size_t n,
    const struct outcome *x)
{
	if (!l->found || !l->same_session || !l->answered || n != x->n_copies)
		return ROUTER_E_ORDER_MISMATCH;
	/* Both lists have no number twice: as many, and each of ours is in theirs. */
	for (size_t i = 0; i < n; i++)
		if (!outcome_agrees(&numbers[i], x))
			return ROUTER_E_ORDER_MISMATCH;
	return 0;
}

int
outcome_spread(
    const struct order_logged *l, const struct number_logged *numbers, size_t n, struct outcome *x)
{
	if (!l->found || !l->same_session)
		return ROUTER_E_ORDER_GONE;
	for (size_t i = 0; i < n; i++) {
		const struct number_logged *was = &numbers[i];
		const char *reason = was->end == PAPER_VOID ? was->reason : x->all_reason;
		if (was->end == PAPER_PRINTED)
			return ROUTER_E_ORDER_MISMATCH;
		memcpy(x->copies[i].number, was->number, sizeof(was->number));
		memcpy(x->copies[i].reason, reason, strlen(reason) + 1);
		x->copies[i].end = PAPER_VOID;
	}
	x->n_copies = (unsigned)n;
	return 0;
}

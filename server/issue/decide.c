/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/decide.h"
#include <string.h>

static bool
ref_equal(const struct person_ref *a, const struct person_ref *b)
{
	return memcmp(a->b, b->b, PERSON_REF_BYTES) == 0;
}

/* The person's index, or n_persons. */
static unsigned
person_find(const struct issue_view *v, const struct person_ref *ref)
{
	unsigned i = 0;
	while (i < v->n_persons && !ref_equal(&v->persons[i].ref, ref))
		i++;
	return i;
}

/* Registered, newest, without a gap: said positively by two places. */
static bool
person_is_current(const struct issue_person *p)
{
	return p->state == RESIDENT_REGISTERED && !p->parked && p->rireki_no > 0 &&
	    p->row_rireki_no == p->rireki_no && p->row_state == RESIDENT_REGISTERED;
}

/* Both are made of the same record: who may not have the one may not have the other. */
static unsigned
blocking_bits(enum doc_kind kind)
{
	return 1u << kind | (doc_kind_is_record(kind) ? 1u << DOC_JUMINHYO : 0);
}

static bool
person_may_stand(const struct issue_view *v, const struct issue_person *p, enum doc_kind kind)
{
	unsigned bits = blocking_bits(kind);
	return person_is_current(p) && ((p->blocked | v->household_blocked) & bits) == 0;
}

int
issue_fresh(const struct issue_view *v, int64_t now_ms)
{
	if (v->stopped != NULL)
		return ISSUE_E_STOPPED;
	if (!v->has_lease || v->lease_seq > v->seq)
		return ISSUE_E_STALE;
	if (v->beat_ms > now_ms + ISSUE_CLOCK_AHEAD_MS || now_ms - v->beat_ms > ISSUE_LEASE_MS)
		return ISSUE_E_STALE;
	return 0;
}

int
issue_kiosk(const struct issue_view *v, const char *kiosk)
{
	size_t n = strlen(kiosk);
	for (const char *at = v->stopped_kiosks; at != NULL && at[1] != '\0';
	     at = strchr(at + 1, ','))
		if (strncmp(at + 1, kiosk, n) == 0 && at[1 + n] == ',')
			return ISSUE_E_STOPPED;
	return 0;
}

static bool
is_closed(const struct issue_view *v, enum doc_kind kind)
{
	return (v->closed_kinds & 1u << kind) != 0;
}

static bool
order_is_offered(const struct order *o, const struct profile *p)
{
	if (doc_kind_name(o->kind) == NULL || !p->kinds[o->kind].offered)
		return false;
	if ((o->options & ~p->kinds[o->kind].options) != 0)
		return false;
	if (o->kind == DOC_INKAN)
		return o->scope == ORDER_SELF && o->options == 0;
	return true;
}

/* Members of the household in the register's order; equal places by their ref, to be total. */
static bool
comes_before(const struct issue_person *a, const struct issue_person *b)
{
	if (a->narabi != b->narabi)
		return a->narabi < b->narabi;
	return memcmp(a->ref.b, b->ref.b, PERSON_REF_BYTES) < 0;
}

static void
choice_insert(const struct issue_view *v, struct issue_choice *c, unsigned index)
{
	unsigned at = c->n_persons++;
	while (at > 0 && comes_before(&v->persons[index], &v->persons[c->person[at - 1]])) {
		c->person[at] = c->person[at - 1];
		at--;
	}
	c->person[at] = index;
}

/* Everybody who is registered; a parked member makes the household uncertain. */
static int
choose_household(const struct issue_view *v, struct issue_choice *c)
{
	if (v->too_many)
		return ISSUE_E_NOT_AVAILABLE;
	for (unsigned i = 0; i < v->n_persons; i++) {
		const struct issue_person *p = &v->persons[i];
		if (p->parked)
			return ISSUE_E_NOT_AVAILABLE;
		if (p->state == RESIDENT_REMOVED)
			continue;
		if (c->n_persons == ORDER_MAX_PERSONS)
			return ISSUE_E_NOT_AVAILABLE;
		choice_insert(v, c, i);
	}
	c->whole_household = true;
	return 0;
}

static int
choose_part(const struct issue_view *v, const struct order *o, struct issue_choice *c)
{
	for (unsigned i = 0; i < o->n_persons; i++) {
		unsigned index = person_find(v, &o->persons[i]);
		if (index == v->n_persons)
			return ISSUE_E_NOT_AVAILABLE;
		for (unsigned k = 0; k < c->n_persons; k++)
			if (c->person[k] == index)
				return ISSUE_E_NOT_AVAILABLE;
		choice_insert(v, c, index);
	}
	return c->n_persons > 0 ? 0 : ISSUE_E_NOT_AVAILABLE;
}

static int
choose(const struct issue_view *v, const struct order *o, struct issue_choice *c)
{
	switch (o->scope) {
	case ORDER_SELF:
		c->person[c->n_persons++] = c->self;
		return 0;
	case ORDER_HOUSEHOLD:
		return choose_household(v, c);
	case ORDER_PART:
		return choose_part(v, o, c);
	}
	return ISSUE_E_NOT_OFFERED;
}

static bool
seal_is_current(const struct issue_view *v)
{
	return v->seal_rireki_no > 0 && v->seal_state == SEAL_REGISTERED;
}

/* The applicant too must be in order, whether printed or not. */
static int
people_may_stand(const struct issue_view *v, const struct issue_choice *c, enum doc_kind kind)
{
	if (!person_may_stand(v, &v->persons[c->self], kind))
		return ISSUE_E_NOT_AVAILABLE;
	for (unsigned i = 0; i < c->n_persons; i++) {
		const struct issue_person *p = &v->persons[c->person[i]];
		if (!person_may_stand(v, p, kind) ||
		    memcmp(p->household, v->persons[c->self].household, sizeof(p->household)) != 0)
			return ISSUE_E_NOT_AVAILABLE;
	}
	if (c->with_seal && !seal_is_current(v))
		return ISSUE_E_NOT_AVAILABLE;
	return 0;
}

unsigned
issue_fee_yen(
    const struct issue_view *v, const struct profile *p, enum doc_kind kind, unsigned *ret_copies)
{
	bool again = v->again[kind].id != 0;
	*ret_copies = again ? 1 : ORDER_MAX_COPIES;
	return again ? 0 : terms_fee_yen(&v->terms, p, kind);
}

/* As the resident was told it: the fee of now, and no more copies than it is for. */
static bool
fee_is_right(const struct issue_view *v, const struct order *o, const struct profile *p)
{
	unsigned copies = 0;
	return o->fee_yen == issue_fee_yen(v, p, o->kind, &copies) && o->copies <= copies;
}

int
issue_decide(const struct issue_view *v, const struct order *o, const struct profile *p,
    int64_t now_ms, struct issue_choice *ret)
{
	struct issue_choice c = { .with_seal = o->kind == DOC_INKAN };
	int r = issue_fresh(v, now_ms);
	if (r)
		return r;
	if (!order_is_offered(o, p))
		return ISSUE_E_NOT_OFFERED;
	if (is_closed(v, o->kind))
		return ISSUE_E_STOPPED;
	if (!terms_are_open(&v->terms, p, o->kind, now_ms))
		return ISSUE_E_CLOSED;
	if (!fee_is_right(v, o, p))
		return ISSUE_E_FEE;
	if (!v->card_known)
		return ISSUE_E_UNKNOWN_CARD;
	c.self = person_find(v, &v->self);
	if (c.self == v->n_persons)
		return ISSUE_E_NOT_AVAILABLE;
	r = choose(v, o, &c);
	if (r == 0)
		r = people_may_stand(v, &c, o->kind);
	if (r)
		return r;
	*ret = c;
	return 0;
}

int
issue_may_have(const struct issue_view *v, const struct profile *p, enum doc_kind kind)
{
	if (!p->kinds[kind].offered)
		return ISSUE_E_NOT_OFFERED;
	if (is_closed(v, kind))
		return ISSUE_E_STOPPED;
	if (!v->card_known)
		return ISSUE_E_UNKNOWN_CARD;
	struct issue_choice c = { .self = person_find(v, &v->self),
		.with_seal = kind == DOC_INKAN };
	if (c.self == v->n_persons)
		return ISSUE_E_NOT_AVAILABLE;
	return people_may_stand(v, &c, kind);
}

static bool
was_printed(const struct issue_printed *printed, unsigned n, const struct person_ref *ref)
{
	for (unsigned i = 0; i < n; i++)
		if (ref_equal(&printed[i].ref, ref))
			return true;
	return false;
}

int
issue_still(const struct issue_view *v, enum doc_kind kind, bool whole_household,
    const struct issue_printed *printed, unsigned n, int64_t now_ms)
{
	int r = issue_fresh(v, now_ms);
	if (r)
		return r;
	if (is_closed(v, kind))
		return ISSUE_E_STOPPED;
	if (n == 0)
		return ISSUE_E_CHANGED;
	for (unsigned i = 0; i < n; i++) {
		unsigned index = person_find(v, &printed[i].ref);
		if (index == v->n_persons || v->persons[index].version != printed[i].version ||
		    !person_may_stand(v, &v->persons[index], kind))
			return ISSUE_E_CHANGED;
	}
	if (kind == DOC_INKAN && !seal_is_current(v))
		return ISSUE_E_CHANGED;
	for (unsigned i = 0; whole_household && i < v->n_persons; i++)
		if (v->persons[i].state == RESIDENT_REGISTERED &&
		    !was_printed(printed, n, &v->persons[i].ref))
			return ISSUE_E_CHANGED;
	if (whole_household && v->too_many)
		return ISSUE_E_CHANGED;
	return 0;
}

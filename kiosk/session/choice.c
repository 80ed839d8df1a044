/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/session/choice.h"

#include <stddef.h>

_Static_assert(ORDER_MAX_PERSONS < 64, "a bit a person");

const struct offer_kind *
offer_find(const struct offer *o, enum doc_kind kind)
{
	for (unsigned i = 0; i < o->n_kinds; i++)
		if (o->kinds[i].kind == kind)
			return &o->kinds[i];
	return NULL;
}

bool
choice_has_scope(enum doc_kind kind)
{
	return doc_kind_is_record(kind);
}

int
choice_set_kind(struct choice *c, const struct offer *o, enum doc_kind kind)
{
	const struct offer_kind *k = offer_find(o, kind);
	if (k == NULL)
		return CHOICE_E_NOT_OFFERED;
	if (!k->open)
		return CHOICE_E_CLOSED;
	*c = (struct choice){ .kind = kind, .scope = ORDER_SELF, .copies = 1 };
	return 0;
}

int
choice_set_scope(struct choice *c, const struct offer *o, enum order_scope scope)
{
	bool known = scope == ORDER_SELF || scope == ORDER_HOUSEHOLD || scope == ORDER_PART;
	if (!known || (scope != ORDER_SELF && !choice_has_scope(c->kind)))
		return CHOICE_E_NOT_OFFERED;
	if (scope == ORDER_PART && o->n_persons < 2)
		return CHOICE_E_NOT_OFFERED;
	c->scope = scope;
	c->persons = 0;
	return 0;
}

int
choice_set_persons(struct choice *c, const struct offer *o, uint64_t persons)
{
	if (c->scope != ORDER_PART || persons >> o->n_persons != 0)
		return CHOICE_E_NOT_OFFERED;
	if (persons == 0)
		return CHOICE_E_EMPTY;
	c->persons = persons;
	return 0;
}

int
choice_set_options(struct choice *c, const struct offer *o, unsigned options)
{
	const struct offer_kind *k = offer_find(o, c->kind);
	if (k == NULL || (options & ~k->options) != 0)
		return CHOICE_E_NOT_OFFERED;
	c->options = options;
	return 0;
}

int
choice_set_copies(struct choice *c, const struct offer *o, unsigned copies)
{
	const struct offer_kind *k = offer_find(o, c->kind);
	if (k == NULL || copies < 1 || copies > k->max_copies)
		return CHOICE_E_NOT_OFFERED;
	c->copies = copies;
	return 0;
}

void
choice_to_order(const struct choice *c, const struct offer *o, struct order *ret)
{
	ret->muni = o->muni;
	ret->kind = c->kind;
	ret->scope = c->scope;
	ret->options = choice_has_scope(c->kind) ? c->options : 0;
	ret->copies = c->copies;
	const struct offer_kind *k = offer_find(o, c->kind);
	ret->fee_yen = k != NULL ? k->fee_yen : 0; /* what the resident was shown */
	ret->n_persons = 0;
	for (unsigned i = 0; c->scope == ORDER_PART && i < o->n_persons; i++)
		if (c->persons >> i & 1)
			ret->persons[ret->n_persons++] = o->persons[i].ref;
}

unsigned
choice_total_yen(const struct choice *c, const struct offer *o)
{
	const struct offer_kind *k = offer_find(o, c->kind);
	return k == NULL ? 0 : k->fee_yen * c->copies;
}

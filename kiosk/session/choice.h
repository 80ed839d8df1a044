/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choice - what the municipality offers this resident, and what was chosen of
 * it on the screens. No I/O: each function checks one screen's touch against
 * the offer.
 */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "domain/order.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	OFFER_MAX_KINDS = 8,
	OFFER_MAX_FEE_YEN = 10000,
	OFFER_MAX_NAME_BYTES = 400, /* 100 characters of UTF-8 */
	OFFER_MAX_TEXT_BYTES = 200
};
/* Outcomes. */
enum {
	CHOICE_E_NOT_OFFERED = 2111, /* no such kind, option or person here */
	CHOICE_E_CLOSED = 2112,      /* out of this kind's hours */
	CHOICE_E_EMPTY = 2113        /* nobody chosen */
};

struct offer_kind {
	enum doc_kind kind;
	unsigned fee_yen;    /* a copy */
	unsigned max_copies; /* at that fee, 1..ORDER_MAX_COPIES */
	unsigned options;    /* bits of enum order_option that may be asked for */
	bool open;
	const char *hours; /* "06:30-23:00" */
};
struct offer_person {
	struct person_ref ref;
	const char *name; /* as the register has it; never logged */
};
struct offer {
	struct muni_code muni;
	const char *muni_name;
	const char *phone;
	unsigned n_kinds;
	struct offer_kind kinds[OFFER_MAX_KINDS];
	unsigned n_persons;
	unsigned self; /* index in persons */
	struct offer_person persons[ORDER_MAX_PERSONS];
};

struct choice {
	enum doc_kind kind; /* 0 = none yet */
	enum order_scope scope;
	uint64_t persons; /* bit i = persons[i]; ORDER_PART only */
	unsigned options;
	unsigned copies;
};

/* NULL when it is not offered. */
const struct offer_kind *offer_find(const struct offer *o, enum doc_kind kind);
/* True when the kind has scope and options to choose (住民票の写し, 記載事項証明書); 印鑑 is the
 * holder's alone. */
bool choice_has_scope(enum doc_kind kind);

/* Each returns 0, or an outcome and leaves the choice as it was. A new kind forgets the rest. */
MUST_USE int choice_set_kind(struct choice *c, const struct offer *o, enum doc_kind kind);
MUST_USE int choice_set_scope(struct choice *c, const struct offer *o, enum order_scope scope);
MUST_USE int choice_set_persons(struct choice *c, const struct offer *o, uint64_t persons);
MUST_USE int choice_set_options(struct choice *c, const struct offer *o, unsigned options);
MUST_USE int choice_set_copies(struct choice *c, const struct offer *o, unsigned copies);

/* The members of an order that the choice decides; id, transcript and time stay untouched. */
void choice_to_order(const struct choice *c, const struct offer *o, struct order *ret);
unsigned choice_total_yen(const struct choice *c, const struct offer *o);

/* SPDX-License-Identifier: Apache-2.0 */
/* seal/demand's pieces: expected texts, allowed labels, the comparison. */
#pragma once
#include "server/seal/demand.h"

/* Where a text may stand: one copy of one order. */
struct demand_copy {
	const struct demand *d;
	struct arena *arena;
	const struct seal_copy *copy;
	unsigned n_pages;
	unsigned slots; /* persons a page */
	const char *digest;
};
/*
 * The only text that the field may have, in the arena, or NULL when no field of
 * that key belongs on that page. *ret_also, when set, is a second allowed text
 * (the two marks for an item that the register does not have).
 */
const char *demand_text(
    const struct demand_copy *c, unsigned page, const char *key, const char **ret_also);
/* Persons of a page of this form. */
unsigned demand_slots(const struct demand *d);
/*
 * True for a text, or a piece of one, that this form has for everybody: the
 * forms' labels are the one thing taken from the renderer.
 */
bool demand_is_label(const struct demand *d, const char *text);
bool demand_is_back_label(const char *text);
/* Logs what differs, by number, and refuses: SEAL_E_PAPER. @what is a literal. */
int demand_differs_(struct err *err, const char *what, long number);
#define demand_differs(err, what, number) demand_differs_((err), "" what "", (number))

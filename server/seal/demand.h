/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/demand - what rows and order demand of the paper, worked out without
 * the renderer, and whether a finished PDF is exactly that: each text at its
 * place, nothing of anybody else, nothing that was not asked for.
 */
#pragma once
#include "backside/payload.h"
#include "base/arena.h"
#include "base/err.h"
#include "domain/order.h"
#include "domain/profile.h"
#include "domain/resident.h"
#include "server/render/render.h"
#include "server/seal/seal.h"
#include <stdbool.h>

struct demand_person {
	struct person_ref ref;
	bool printed;
	struct resident row; /* as kofu-seal opened it */
};
struct demand {
	struct order order;
	const struct profile *profile;
	struct render_fonts *fonts; /* kofu-seal's own */
	struct person_ref self;
	bool whole_household;
	int64_t issued_ms;
	unsigned n_people, n_printed; /* those printed stand first */
	struct demand_person people[ORDER_MAX_PERSONS + 1];
	bool has_seal;
	struct person_ref seal_ref;
	struct seal_row seal;
};

/* The applicant; there is one after demand_check_rows(). */
const struct demand_person *demand_self(const struct demand *d);
/* The rows are those of the order: whom, how many, one household, all registered. */
bool demand_check_rows(const struct demand *d);
/*
 * One copy; ret_grounds is what the fronts' records say of their ground, and each page gets what
 * is drawn on its front, taken from the PDF. Returns 0, SEAL_E_PAPER
 * (the trail's last step says what differs), or FAULT_BAD_INPUT for a PDF that is not of our
 * renderer.
 */
MUST_USE int demand_check_paper(const struct demand *d, struct arena *a,
    const struct seal_copy *copy, struct render_doc *doc,
    struct payload_ground ret_grounds[static RENDER_MAX_PAGES], struct err *err);

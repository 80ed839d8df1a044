/* SPDX-License-Identifier: Apache-2.0 */
#include "swap.h"

#include "glass.h"

#include <string.h>

enum { FRONT_DPI = 300, BACK_DPI = 200, MAX_SHEETS = 8 };
static const char *const other_number = "20261120-991015-K002-000777";
static const char *const other_code = "3N8XW2YB6TQ0ZKVR";

static void
lay(struct swap *s, struct scan_image picture)
{
	s->picture[s->n_pictures++] = picture;
}

static void
lay_front(struct arena *a, struct swap *s, const struct sheet *from, unsigned i)
{
	struct scansim_profile p;
	struct dice d = { 0x77a1 + 31 * (uint64_t)i };
	fair_scanner(&d, FRONT_DPI, &p);
	lay(s, press_scan_front(a, from->front, &p, 900 + i));
}

/* Every third back goes through a scanner: what it does to the code is another suite's matter. */
static void
lay_back(struct arena *a, struct swap *s, const struct sheet *from, unsigned i)
{
	struct scansim_profile p;
	struct dice d = { 0x99b3 + 37 * (uint64_t)i };
	fair_scanner(&d, BACK_DPI, &p);
	lay(s,
	    i % 3 == 0 ? press_scan_back(a, from->modules, &p, 950 + i)
		       : press_clean_back(a, from->modules));
}

static bool
print_one(struct press *p, struct arena *a, struct request *q, struct sheet *ret)
{
	return press_print(p, a, &q->in, ret, 1) == 1 &&
	    press_seal(p, a, ret, &(struct press_seal_how){ .history = 3 });
}

static void
expect(struct swap *s, const enum check_reason *reasons)
{
	for (unsigned k = 0; k < SWAP_MAX_REASONS && reasons[k] != 0; k++)
		s->reason[k] = reasons[k];
}

/*
 * The back's own code is what opens it: it is not on the front (0), the clerk
 * types it from elsewhere (1), or the forger printed it on the front, too (2).
 */
static void
how_code_comes(struct swap *s, unsigned how, const struct sheet *back)
{
	static const enum check_reason t[][SWAP_MAX_REASONS] = { { CHECK_R_CODE_WRONG },
		{ CHECK_R_FRONT_MISSING, CHECK_R_FRONT_DIFFERS, CHECK_R_FRONT_OTHER,
		    CHECK_R_FRONT_COARSE },
		{ CHECK_R_FRONT_DIFFERS, CHECK_R_FRONT_OTHER, CHECK_R_FRONT_COARSE } };
	s->code = how == 1 ? back->front_code : NULL;
	expect(s, t[how]);
}

/* Another person's sheet, of another number and code. */
static struct request *
other_request(struct arena *a, enum layout form, unsigned person)
{
	struct request *q = request_new(a, form, 1);
	q->list[0] = &q->person[person];
	q->in.issue_number = other_number;
	q->in.front_code = other_code;
	return q;
}

bool
swap_back(struct press *p, struct arena *a, unsigned i, struct swap *s)
{
	const enum layout form = i % 4 == 1 ? KOJIN : i % 4 == 3 ? INKAN : RENKI_1;
	const unsigned how = i % 3;
	struct sheet front, back;
	struct request *q = request_new(a, form, 1);
	struct request *other = other_request(a, form, 1 + i % 3);
	if (how == 2) {
		q->in.issue_number = other_number;
		q->in.front_code = other_code;
	}
	if (press_print(p, a, &q->in, &front, 1) != 1 || !print_one(p, a, other, &back))
		return false;
	s->name = arena_printf(a, "%s, code %u", layout_name[form], how);
	lay_front(a, s, &front, i);
	lay_back(a, s, &back, i);
	how_code_comes(s, how, &back);
	return true;
}

/* The resident moved (or was named otherwise) since the older one was issued. */
bool
swap_older(struct press *p, struct arena *a, unsigned i, struct swap *s)
{
	static const struct change since[] = { { RESIDENT_ITEM_address, 0,
						   "架空県見本市中央二丁目２番３号",
						   "架空県見本市中央一丁目２番３号" },
		{ RESIDENT_ITEM_name, 0, "例示　花子", "見本　花子" },
		{ RESIDENT_ITEM_katagaki, 0, "見本ハイツ１０７号室", "見本ハイツ１０１号室" } };
	const enum layout form = i % 4 == 1 ? KOJIN : i % 4 == 3 ? INKAN : RENKI_1;
	const unsigned how = i % 3;
	const struct change *c = &since[i / 3 % N_ELEMENTS(since)];
	struct sheet front, back;
	struct request *old = request_new(a, form, 1);
	struct request *now = request_new(a, form, 1);
	old->in.issue_number = "20260403-991015-K001-000045";
	old->in.front_code = other_code;
	old->in.issued_on = (struct civil_date){ 2026, 4, 3 };
	request_change(old, c, 0, false);
	request_change(now, c, 0, true);
	if (how == 2) { /* all but the resident as on the older one */
		now->in.issue_number = old->in.issue_number;
		now->in.front_code = old->in.front_code;
		now->in.issued_on = old->in.issued_on;
	}
	if (press_print(p, a, &now->in, &front, 1) != 1 || !print_one(p, a, old, &back))
		return false;
	s->name = arena_printf(a, "%s, code %u, %s", layout_name[form], how, c->to);
	lay_front(a, s, &front, i);
	lay_back(a, s, &back, i);
	how_code_comes(s, how, &back);
	return true;
}

/* The upper half of one back upon the lower half of the other. */
static void
halves(uint8_t *to, const uint8_t *other)
{
	memcpy(to, other, (size_t)BACKSIDE_ROW_BYTES * (BACKSIDE_ROWS / 2));
}

bool
swap_two(struct press *p, struct arena *a, unsigned i, struct swap *s)
{
	const enum layout form = i % 2 ? KOJIN : RENKI_1;
	struct sheet one, two;
	if (!print_one(p, a, request_new(a, form, 1), &one) ||
	    !print_one(p, a, other_request(a, form, 1 + i % 3), &two))
		return false;
	lay_front(a, s, &one, i);
	if (i % 4 == 3) {
		halves(one.modules, two.modules);
		s->name = arena_printf(a, "%s, one sheet of two halves", layout_name[form]);
		lay(s, press_clean_back(a, one.modules));
		expect(s, (const enum check_reason[]){ CHECK_R_BACK_DAMAGED, 0 });
		return true;
	}
	struct scansim_profile g;
	struct dice d = { 0xbb05 + 41 * (uint64_t)i };
	fair_scanner(&d, BACK_DPI, &g); /* each lies on the glass as it fell */
	struct scan_image l = press_scan_back(a, one.modules, &g, 970 + i);
	g.angle_deg = dice_range(&d, -4.85, 4.85);
	struct scan_image r = press_scan_back(a, two.modules, &g, 990 + i);
	s->name = arena_printf(a, "%s, side by side", layout_name[form]);
	lay(s, i % 4 == 1 ? press_side_by_side(a, &r, &l) : press_side_by_side(a, &l, &r));
	expect(s, (const enum check_reason[]){ CHECK_R_BACK_TWO, 0 });
	return true;
}

bool
swap_key(struct press *p, struct arena *a, unsigned i, struct swap *s)
{
	static const struct {
		const char *name;
		struct press_seal_how how;
		enum check_reason want;
	} t[] = {
		{ "sealed to another site", { .to_stranger = true }, CHECK_R_KEY_UNKNOWN },
		{ "signed by another key in the city's name", { .by_stranger = true },
		    CHECK_R_FORGED },
		{ "signed by a key of its own", { .by_stranger = true, .own_name = true },
		    CHECK_R_KEY_UNKNOWN },
		{ "sealed to another front's code", { .front_code = "3N8XW2YB6TQ0ZKVR" },
		    CHECK_R_CODE_WRONG },
	};
	const enum layout form = (enum layout)(i / N_ELEMENTS(t) % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	struct press_seal_how how = t[i % N_ELEMENTS(t)].how;
	struct sheet sheet;
	how.history = 3;
	if (press_print(p, a, &q->in, &sheet, 1) != 1 || !press_seal(p, a, &sheet, &how))
		return false;
	s->name = arena_printf(a, "%s, %s", layout_name[form], t[i % N_ELEMENTS(t)].name);
	lay_front(a, s, &sheet, i);
	lay_back(a, s, &sheet, i);
	expect(s, (const enum check_reason[]){ t[i % N_ELEMENTS(t)].want, 0 });
	return true;
}

/* One certificate of two pages; its first person is @person. */
static bool
print_set(struct press *p, struct arena *a, unsigned person, bool other, struct sheet *ret)
{
	struct request *q = request_new(a, RENKI_4, SAMPLE_N_PERSONS);
	for (unsigned k = 0; k < SAMPLE_N_PERSONS; k++)
		q->list[k] = &q->person[(k + person) % SAMPLE_N_PERSONS];
	if (other) {
		q->in.issue_number = other_number;
		q->in.front_code = other_code;
	}
	unsigned n = press_print(p, a, &q->in, ret, MAX_SHEETS);
	for (unsigned k = 0; k < n; k++)
		if (!press_seal(p, a, &ret[k], &(struct press_seal_how){ .history = 3 }))
			return false;
	return n == 2;
}

bool
swap_page(struct press *p, struct arena *a, unsigned i, struct swap *s)
{
	struct sheet one[MAX_SHEETS], two[MAX_SHEETS];
	if (!print_set(p, a, 0, false, one) || !print_set(p, a, 1 + i % 4, true, two))
		return false;
	lay_front(a, s, &one[0], i);
	lay_back(a, s, &one[0], i);
	if (i % 2 == 0) { /* the other set's second page, whole */
		s->name = "second page of another set, both sides";
		lay_front(a, s, &two[1], i + 50);
		lay_back(a, s, &two[1], i + 1);
		expect(s, (const enum check_reason[]){ CHECK_R_PAGES_MISSING, 0 });
		return true;
	}
	s->name = "second page's front of another set";
	lay_front(a, s, &two[1], i + 50);
	lay_back(a, s, &one[1], i + 1);
	s->honest = 1;
	expect(s,
	    (const enum check_reason[]){ CHECK_R_FRONT_DIFFERS, CHECK_R_FRONT_MISSING,
		CHECK_R_FRONT_OTHER, CHECK_R_FRONT_COARSE });
	return true;
}

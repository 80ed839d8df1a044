/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - says where a registered scan of a front differs from the front
 * that its back side carries. Ink farther than a tolerance from any ink of
 * the other page counts; it is judged in windows of about one character, so
 * that one changed digit is seen on a page of a thousand.
 */
#pragma once
#include "center/inquiry/register.h"

enum {
	COMPARE_TOLERANCE_PX = 2, /* 0.17 mm at 300 dpi */
	COMPARE_WINDOW_PX = 36,   /* 3 mm */
	COMPARE_STEP_PX = 12
};

struct compare_box { /* on the page, reference pixels */
	unsigned x, y, w, h;
};
struct compare_area {
	struct compare_box box;
	unsigned missing; /* worst window: pixels of ink that are gone, */
	unsigned extra;   /* and that were added */
	bool differs;
};
struct comparison {
	const uint8_t *scan; /* the scan in the reference's place, bilevel, FRONT_ROW_BYTES a row */
	const uint8_t *missing;       /* ink of the reference that the scan lacks */
	const uint8_t *extra;         /* ink of the scan that the reference lacks */
	double contrast;              /* paper minus ink, grey levels */
	unsigned n_differing_windows; /* over the whole page, where the reference has ink */
	struct compare_box first;     /* the first of them */
};

/* Outcome. */
enum { COMPARE_E_FAINT = 1911 /* too little contrast to judge */ };
/*
 * Compares the whole page, then fills each area's verdict. The images live in
 * the arena. Returns 0, COMPARE_E_FAINT.
 */
MUST_USE int compare_front(struct arena *a, const struct registration *r,
    const struct scan_image *scan, const uint8_t *front, struct compare_area *areas, size_t n_areas,
    struct comparison *ret);

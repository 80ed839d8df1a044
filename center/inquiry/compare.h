/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - says where a registered scan of a front differs from the front
 * that its back side carries: how the front would look in this scan (expect.h)
 * against how it does, in windows of half a character, so that one changed
 * stroke is seen on a page of a thousand characters.
 *
 * Judged is what has ink of the front, and blanks inside ruled frames. A stamp
 * or a note in a margin is counted, but no difference.
 */
#pragma once
#include "center/inquiry/register.h"

enum {
	COMPARE_TOLERANCE_PX = 2, /* 0.17 mm at 300 dpi: for the pictures of what is gone or new */
	/*
	 * A window's rest from which on it differs. The dot that tells 太 from 大
	 * has some 50, a page's worst window in a good scan 4, in a poor one 30
	 * (tests/golden/front_test.c). On a ground that many tenths of what one window
	 * of a hundred has, at most that many tenths of the border itself.
	 */
	COMPARE_BORDER_PX = 36,
	COMPARE_FINE_DPI = 250,
	COMPARE_BORDER_LOW_PX = 44, /* below it */
	COMPARE_REST_OF_NOISE = 36,
	COMPARE_REST_MAX_TIMES = 15,
	/*
	 * And its peak, in thousandths: below SAME no window differs, above PEAK it does,
	 * between them nobody can tell. On a noisy page both are so many hundredths of what
	 * one window of a hundred has. Where that noise is over 57 hundredths of a last
	 * figure, the border would let a stroke's end pass, and the scan is too coarse;
	 * below COMPARE_FINE_DPI the pixels themselves make so much that more is let pass.
	 */
	COMPARE_PEAK_SAME_MILLI = 345,
	COMPARE_PEAK_MILLI = 460,
	COMPARE_SAME_OF_NOISE = 145,
	COMPARE_PEAK_OF_NOISE = 240,
	/*
	 * Below COMPARE_FINE_DPI a PDF reader's own picture has strokes half a pixel from
	 * where the page has them, without any noise of paper: its genuine windows have up to
	 * 537 at 200 dpi (165 hundredths), 764 at 150. From COMPARE_FINE_DPI on they have up to
	 * 369, where a changed stroke has at least 439 (tests/mixup, strokes_test.c): SAME is
	 * below the 390 of a scan of paper, too, whose white a scanner may have clipped.
	 */
	COMPARE_DRAWN_SAME_MILLI = 380,
	COMPARE_DRAWN_SAME_OF_NOISE = 175,
	COMPARE_DRAWN_PEAK_MILLI = 850,
	COMPARE_DRAWN_TIMES = 2, /* the border, below which even then nobody can tell */
	COMPARE_PEAK_COARSE_MILLI = 600,
	COMPARE_PEAK_COARSE_LOW_MILLI = 750,
	/*
	 * On a ground both are what one window of a hundred has and so many hundredths of
	 * its distance from what one of ten has. Where SAME is over PEAK_OF_END thousandths
	 * of what the scan's own blur makes of a stroke's end (plane.h), the scan may hide
	 * one. Measured: genuine pages at most 360 at 300 dpi (a flake of toner in a fold;
	 * without folds 330), 士 for 土 at least 390 on plain paper, 418 on a ground at
	 * 200 dpi (tests/golden/strokes_test.c, tests/forgery).
	 */
	COMPARE_SCREEN_SAME_MILLI = 345,
	COMPARE_SCREEN_PEAK_MILLI = 480,
	COMPARE_SAME_TAIL = 250,
	COMPARE_ALTERED_TAIL = 320,
	COMPARE_PEAK_OF_END_MILLI = 580,
};

struct compare_box { /* on the page, reference pixels */
	unsigned x, y, w, h;
};
struct compare_area {
	struct compare_box box;
	double worst;      /* worst window over the border: above 1 it differs */
	double rest, peak; /* the worst of its windows (expect.h) */
	bool differs;
};
struct comparison {
	const uint8_t *grey; /* the scan in the reference's place, FRONT_W a row */
	const uint8_t *scan; /* the scan in the reference's place, bilevel, FRONT_ROW_BYTES a row */
	const uint8_t *missing; /* ink of the reference that the scan lacks */
	const uint8_t *extra;   /* ink of the scan that the reference lacks */
	double contrast;        /* paper minus ink, grey levels */
	double worst;           /* the page's worst window over the border */
	double noise;           /* what one window in a hundred has, over what tells */
	double rest, peak;      /* of the page's worst windows (expect.h) */
	double rest_noise, peak_noise;
	double end;     /* the peak that the end of a stroke would have, all of it */
	bool doubtful;  /* a window is neither the same nor different */
	bool displaced; /* much of what differs stands a little way off: the sheet lies wrongly */
	bool hides;     /* the changed end of a stroke may be lost in this scan */
	unsigned n_differing_windows; /* over the whole page */
	unsigned n_unseen_windows;    /* with ink of the front, outside of the scan */
	unsigned n_margin_windows;    /* with ink where no form is */
	unsigned n_marked_windows;    /* of a form, under a mark that reaches in from there */
	struct compare_box first;     /* the first that differs */
};

/* Outcomes. */
enum {
	COMPARE_E_FAINT = 1911, /* too little contrast to judge */
	COMPARE_E_COARSE =
	    1912,             /* the scan is so coarse that its noise may hide or feign a stroke */
	COMPARE_E_CUT = 1913, /* nothing differs, but the scan does not show all of the front */
	COMPARE_E_MARKED = 1914, /* nothing is missing, but a mark lies over part of the form */
};
/*
 * @screen: the front's ground, NULL = none. Compares the whole page, then fills each area's
 * verdict. The images live in the arena. With COARSE, CUT and MARKED all is filled too. Returns 0,
 * COMPARE_E_*.
 */
MUST_USE int compare_front(struct arena *a, const struct registration *r,
    const struct scan_image *scan, const uint8_t *front, const struct screen *screen,
    struct compare_area *areas, size_t n_areas, struct comparison *ret);

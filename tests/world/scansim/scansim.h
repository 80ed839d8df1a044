/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scansim - a laser printer, a piece of paper and its life, and a scanner.
 *
 * An A4 page of 600 dpi dots goes in, a grey scan comes out. Order: printer
 * (scaling, spread, dot gain, ragged edges, voids, banding, mottle), paper
 * (white, texture), damage, geometry (skew, stretch, feed jitter, folds, slips,
 * crop), optics and aperture, shading, streaks, tone, sharpening, noise,
 * threshold or JPEG. Not calibrated on real prints: it chooses parameters and
 * guards against steps back, it does not promise success in the field.
 *
 * Lengths are millimetres unless the name says otherwise. The same page,
 * profile and seed give the same scan.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCANSIM_DPI = 600, SCANSIM_W = 4961, SCANSIM_H = 7016, SCANSIM_MAX_DAMAGE = 12 };

enum scansim_damage_kind {
	SCANSIM_NONE = 0,
	SCANSIM_STAMP,         /* x, y, radius, reflectance left */
	SCANSIM_STAIN,         /* x, y, radius */
	SCANSIM_PEN,           /* a: number of scribbles */
	SCANSIM_STAPLE,        /* two of them, upper left */
	SCANSIM_PUNCH,         /* two holes at the left */
	SCANSIM_TEAR,          /* lower right corner: a wide, b high */
	SCANSIM_FOLD_H,        /* a: y of the fold, b: how much toner breaks, 0..1 (0 is 1) */
	SCANSIM_FOLD_V,        /* a: x of the fold, b likewise */
	SCANSIM_ERASE,         /* a: share of the sheet under opaque discs */
	SCANSIM_MARKER,        /* a: number of wide strokes, b: reflectance left */
	SCANSIM_CUT,           /* a: millimetres gone at the lower edge */
	SCANSIM_TORN_TRIANGLE, /* a: legs of a triangle gone, upper left */
	SCANSIM_BARS,          /* a: number of opaque bars across and one down, b: their width */
	SCANSIM_GLARE,         /* x, y, radius: light that a shining cover throws back */
	SCANSIM_SHOW,          /* a: how much of the front's lines is seen through */
	SCANSIM_SCRATCHES,     /* a: number of lines down the sheet without toner */
};

struct scansim_damage {
	enum scansim_damage_kind kind;
	double a, b, c, d;
};

struct scansim_profile {
	/* printer */
	double print_scale, spread_um, gain_um, ragged, density, voids, splats, banding, mottle;
	unsigned copies; /* times the page was photocopied before */
	/* paper */
	double white, texture;
	struct scansim_damage damage[SCANSIM_MAX_DAMAGE];
	/* scanner: geometry */
	double dpi, angle_deg, stretch_x, stretch_y, shear, jitter, wander, fold, crumple, slip,
	    keystone, lens, bent, pieces, bed_w, bed_h, crop_left, crop_top, crop_right,
	    crop_bottom;
	/* scanner: light */
	double bed_white, optics_um, defocus_um, shade, gamma, low, high, sharpen, noise, threshold;
	bool dithered;
	unsigned streaks;
	unsigned jpeg; /* quality 1..100, 0: none */
	bool mirrored;
};

struct scansim_scan {
	uint8_t *p; /* freed with mem_free() */
	size_t w;
	size_t h;
};

/* A good flat scan of 300 dpi. */
void scansim_profile_init(struct scansim_profile *p);
/*
 * Change it: "dpi=200 angle=3 jpeg=60 stamp:120,215,22,0.3 pen:2 ..."; names as
 * in profiles.c. Returns false, with part of it done, at the first mistake.
 */
bool scansim_profile_set(struct scansim_profile *p, const char *spec);
/* A named one; false when there is none. "eraseNN" covers NN percent of the sheet. */
bool scansim_profile_find(const char *name, struct scansim_profile *ret);
/* The names, NULL past the end. */
const char *scansim_profile_name(size_t i);

/* The dots of a page of back-side modules, @inked of 6 dots of each module's side black. */
void scansim_paint(const uint8_t *modules, unsigned inked, uint8_t *dots);
/* @dots: SCANSIM_W * SCANSIM_H bytes, 1 = toner. */
void scansim_run(
    const uint8_t *dots, const struct scansim_profile *p, uint64_t seed, struct scansim_scan *ret);

/* The same in two steps: a sheet that is scanned by several profiles is printed once. */
struct scansim_sheet;
struct scansim_sheet *scansim_print(
    const uint8_t *dots, const struct scansim_profile *p, uint64_t seed);
void scansim_sheet_free(struct scansim_sheet *s); /* NULL is fine */
/* @p: any profile that prints like the one the sheet was printed by. */
void scansim_scan(
    const struct scansim_sheet *s, const struct scansim_profile *p, struct scansim_scan *ret);
bool scansim_prints_alike(const struct scansim_profile *a, const struct scansim_profile *b);

/* SPDX-License-Identifier: Apache-2.0 */
#include "scansim.h"

#include "base/attr.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *spec;
} profiles[] = {
	{ "ideal300",
	    "spread=8 gain=0 ragged=0 voids=0 splats=0 banding=0 mottle=0 texture=0 angle=0 "
	    "optics=15 shade=0 noise=0" },
	{ "flat600", "dpi=600 angle=0.3 optics=25 noise=0.008" },
	{ "flat300", "angle=0.7 jpeg=90" },
	{ "adf300",
	    "angle=1.2 stretch_y=1.004 stretch_x=0.998 jitter=0.06 wander=0.05 optics=55 "
	    "streaks=2 sharpen=0.6 noise=0.012 jpeg=80" },
	{ "adf200",
	    "dpi=200 angle=-2 stretch_y=0.995 jitter=0.08 wander=0.06 optics=70 streaks=2 "
	    "noise=0.012 jpeg=75" },
	{ "bw300", "angle=0.8 threshold=0.5 optics=45 gain=14 noise=0.012" },
	{ "bw200", "dpi=200 angle=0.8 threshold=0.5 optics=60 gain=14 noise=0.012" },
	{ "upside300", "angle=181.4 jpeg=85" },
	{ "rot90_300", "angle=88.1 jpeg=85" },
	{ "rot37_300", "angle=37 jpeg=85 bed_w=320 bed_h=330" },
	{ "stamped300", "angle=1 jpeg=80 stamp:120,215,22,0.3 stain:60,90,38 pen:3 staple" },
	{ "folded300", "angle=-0.9 jpeg=80 fold=0.35 fold_h:99 fold_h:198 fold_v:105 shade=0.05" },
	{ "cropped300",
	    "angle=1.5 jpeg=80 crop_left=9 crop_top=6 tear:32,45 punch staple bed_white=0.05" },
	{ "fit97_300", "print_scale=0.97 angle=0.6 jpeg=85" },
	{ "thick300", "gain=32 spread=32 angle=0.5 jpeg=80" },
	{ "faded300",
	    "gain=-10 density=0.45 voids=4e-4 banding=0.1 mottle=0.1 ragged=0.09 angle=0.5 "
	    "noise=0.012 jpeg=80" },
	{ "gamma300", "gamma=0.55 low=0.1 high=0.85 angle=0.4 jpeg=80 sharpen=1.2" },
	{ "office200",
	    "dpi=200 angle=3 stretch_y=1.006 jitter=0.08 wander=0.06 fold=0.3 optics=70 "
	    "streaks=3 noise=0.015 jpeg=60 shade=0.06 fold_h:99 fold_h:198 "
	    "stamp:120,215,22,0.3 pen:2 staple" },
	{ "blur200", "dpi=200 angle=0.6 optics=120 noise=0.05 jpeg=50" },
	{ "blur150", "dpi=150 angle=0.6 optics=150 noise=0.03 jpeg=60" },
	{ "office150", "dpi=150 angle=1.5 optics=80 noise=0.012 jpeg=75" },
	{ "phone",
	    "dpi=230 angle=7 optics=95 shade=0.35 noise=0.02 jpeg=80 keystone=0.06 bed_w=250 "
	    "bed_h=330" },
	/* harder ones */
	{ "crumpled300", "angle=2 crumple=0.5 shade=0.15 jpeg=80 fold_v:70 fold_h:140 fold=0.2" },
	{ "slipped300", "angle=-1.5 slip=0.9 jitter=0.05 jpeg=80" },
	{ "copied2_300", "copies=2 angle=0.8 jpeg=80" },
	{ "copied2_200", "copies=2 dpi=200 angle=-1.3 jitter=0.06 optics=70 noise=0.012 jpeg=70" },
	{ "marker300", "angle=1.2 jpeg=80 marker:5,0.55 pen:2" },
	{ "dark200", "dpi=200 angle=0.8 threshold=0.72 optics=60 gain=14 noise=0.012" },
	{ "low100", "dpi=100 angle=1.1 optics=90 noise=0.01 jpeg=85" },
	{ "torn300", "angle=-2 triangle:150 stamp:120,215,22,0.3 jpeg=80 bed_white=0.1" },
	{ "halved300", "angle=2.5 cut:140 jpeg=80" },
	{ "bent300", "defocus=170 bent=1 angle=0.6 noise=0.01 jpeg=80" },
	{ "lifted200", "dpi=200 defocus=190 angle=-1.2 noise=0.015 jpeg=75" },
	{ "taped300", "pieces=1 angle=-1 jpeg=80" },
	{ "barred300", "bars:3,28 angle=1.3 jpeg=80" },
	{ "laminated300",
	    "glare:70,80,30 glare:150,220,24 glare:40,250,15 optics=75 low=0.1 noise=0.012 "
	    "angle=0.9 jpeg=75" },
	{ "dithered300", "dithered=1 angle=0.8 optics=45 noise=0.012" },
	{ "handheld",
	    "dpi=220 angle=-12 lens=0.02 keystone=0.12 shade=0.5 optics=100 noise=0.025 jpeg=70 "
	    "bed_w=260 bed_h=340" },
	{ "showing300", "show:0.4 density=0.8 angle=-0.7 optics=50 noise=0.012 jpeg=75" },
	{ "jpeg12_300", "angle=1.4 jpeg=12" },
	{ "shaky300", "angle=0.9 jitter=0.12 wander=0.1 optics=50 noise=0.012 jpeg=80" },
	{ "scratched200", "dpi=200 angle=0.8 scratches:16 optics=65 noise=0.012 jpeg=75" },
	{ "shrunk300", "print_scale=0.71 angle=-1.1 jpeg=80" },
};

#define PROFILE_KEY(key, field)                                                                    \
	{                                                                                          \
		key, offsetof(struct scansim_profile, field)                                       \
	}
static const struct {
	const char *key;
	size_t offset;
} keys[] = {
	PROFILE_KEY("print_scale", print_scale),
	PROFILE_KEY("spread", spread_um),
	PROFILE_KEY("gain", gain_um),
	PROFILE_KEY("ragged", ragged),
	PROFILE_KEY("density", density),
	PROFILE_KEY("voids", voids),
	PROFILE_KEY("splats", splats),
	PROFILE_KEY("banding", banding),
	PROFILE_KEY("mottle", mottle),
	PROFILE_KEY("white", white),
	PROFILE_KEY("texture", texture),
	PROFILE_KEY("dpi", dpi),
	PROFILE_KEY("angle", angle_deg),
	PROFILE_KEY("stretch_x", stretch_x),
	PROFILE_KEY("stretch_y", stretch_y),
	PROFILE_KEY("shear", shear),
	PROFILE_KEY("jitter", jitter),
	PROFILE_KEY("wander", wander),
	PROFILE_KEY("fold", fold),
	PROFILE_KEY("crumple", crumple),
	PROFILE_KEY("slip", slip),
	PROFILE_KEY("keystone", keystone),
	PROFILE_KEY("lens", lens),
	PROFILE_KEY("bent", bent),
	PROFILE_KEY("pieces", pieces),
	PROFILE_KEY("bed_w", bed_w),
	PROFILE_KEY("bed_h", bed_h),
	PROFILE_KEY("crop_left", crop_left),
	PROFILE_KEY("crop_top", crop_top),
	PROFILE_KEY("crop_right", crop_right),
	PROFILE_KEY("crop_bottom", crop_bottom),
	PROFILE_KEY("bed_white", bed_white),
	PROFILE_KEY("optics", optics_um),
	PROFILE_KEY("defocus", defocus_um),
	PROFILE_KEY("shade", shade),
	PROFILE_KEY("gamma", gamma),
	PROFILE_KEY("low", low),
	PROFILE_KEY("high", high),
	PROFILE_KEY("sharpen", sharpen),
	PROFILE_KEY("noise", noise),
	PROFILE_KEY("threshold", threshold),
};

static const struct {
	const char *key;
	enum scansim_damage_kind kind;
} damages[] = {
	{ "stamp", SCANSIM_STAMP },
	{ "stain", SCANSIM_STAIN },
	{ "pen", SCANSIM_PEN },
	{ "staple", SCANSIM_STAPLE },
	{ "punch", SCANSIM_PUNCH },
	{ "tear", SCANSIM_TEAR },
	{ "fold_h", SCANSIM_FOLD_H },
	{ "fold_v", SCANSIM_FOLD_V },
	{ "erase", SCANSIM_ERASE },
	{ "marker", SCANSIM_MARKER },
	{ "cut", SCANSIM_CUT },
	{ "triangle", SCANSIM_TORN_TRIANGLE },
	{ "bars", SCANSIM_BARS },
	{ "glare", SCANSIM_GLARE },
	{ "show", SCANSIM_SHOW },
	{ "scratches", SCANSIM_SCRATCHES },
};

void
scansim_profile_init(struct scansim_profile *p)
{
	*p = (struct scansim_profile){
		.print_scale = 1,
		.spread_um = 25,
		.gain_um = 8,
		.ragged = 0.05,
		.density = 0.92,
		.voids = 2e-5,
		.splats = 1e-5,
		.banding = 0.015,
		.mottle = 0.015,
		.white = 0.9,
		.texture = 0.008,
		.dpi = 300,
		.angle_deg = 0.5,
		.stretch_x = 1,
		.stretch_y = 1,
		.bed_w = 214,
		.bed_h = 300,
		.bed_white = 0.93,
		.optics_um = 40,
		.shade = 0.02,
		.gamma = 1,
		.low = 0.02,
		.high = 0.97,
		.noise = 0.006,
	};
}

static bool
damage_set(struct scansim_profile *p, const char *name, const char *numbers)
{
	for (size_t i = 0; i < N_ELEMENTS(damages); i++) {
		struct scansim_damage m = { damages[i].kind, 0, 0, 0, 0 };
		if (strcmp(damages[i].key, name) != 0)
			continue;
		(void)sscanf(numbers, "%lf,%lf,%lf,%lf", &m.a, &m.b, &m.c, &m.d);
		for (size_t k = 0; k < SCANSIM_MAX_DAMAGE; k++)
			if (p->damage[k].kind == SCANSIM_NONE) {
				p->damage[k] = m;
				return true;
			}
	}
	return false;
}

static bool
number_set(struct scansim_profile *p, const char *key, const char *value)
{
	char *end;
	double v = strtod(value, &end);
	if (end == value || *end != '\0')
		return false;
	if (strcmp(key, "jpeg") == 0 || strcmp(key, "streaks") == 0 || strcmp(key, "copies") == 0) {
		unsigned *u = strcmp(key, "jpeg") == 0 ? &p->jpeg
		    : strcmp(key, "copies") == 0       ? &p->copies
						       : &p->streaks;
		if (v < 0 || v > 100)
			return false;
		*u = (unsigned)v;
		return true;
	}
	if (strcmp(key, "dithered") == 0) {
		p->dithered = v > 0;
		return true;
	}
	if (strcmp(key, "mirrored") == 0) {
		p->mirrored = v > 0;
		return true;
	}
	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].key, key) == 0) {
			memcpy((char *)p + keys[i].offset, &v, sizeof(v));
			return true;
		}
	return false;
}

bool
scansim_profile_set(struct scansim_profile *p, const char *spec)
{
	char word[80];
	int used = 0;
	while (sscanf(spec, " %79s%n", word, &used) == 1) {
		char *mark = strpbrk(word, "=:");
		bool number = mark != NULL && *mark == '=';
		const char *rest = mark != NULL ? mark + 1 : "";
		if (mark != NULL)
			*mark = '\0';
		if (!(number ? number_set(p, word, rest) : damage_set(p, word, rest)))
			return false;
		spec += used;
	}
	return true;
}

bool
scansim_profile_find(const char *name, struct scansim_profile *ret)
{
	unsigned percent;
	char spec[40];
	scansim_profile_init(ret);
	for (size_t i = 0; i < N_ELEMENTS(profiles); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return scansim_profile_set(ret, profiles[i].spec);
	if (sscanf(name, "erase%2u", &percent) != 1)
		return false;
	(void)snprintf(spec, sizeof(spec), "jpeg=80 angle=0.7 erase:%.2f", percent / 100.0);
	return scansim_profile_set(ret, spec);
}

const char *
scansim_profile_name(size_t i)
{
	return i < N_ELEMENTS(profiles) ? profiles[i].name : NULL;
}

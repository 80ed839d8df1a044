/* SPDX-License-Identifier: Apache-2.0 */
#include "glass.h"

#include "base/attr.h"

void
fair_scanner(struct dice *d, double dpi, struct scansim_profile *p)
{
	scansim_profile_init(p);
	p->dpi = dpi;
	p->angle_deg = dice_range(d, -4.85, 4.85); /* the simulator adds up to 0.15 */
	p->print_scale = dice_range(d, 0.985, 1.005);
	p->stretch_x = dice_range(d, 0.997, 1.003);
	p->stretch_y = dice_range(d, 0.997, 1.003);
	p->spread_um = dice_range(d, 18, 32);
	p->gain_um = dice_range(d, 2, 18);
	p->density = dice_range(d, 0.75, 0.95);
	p->optics_um = dice_range(d, 28, 55);
	p->noise = dice_range(d, 0.003, 0.013);
	p->shade = dice_range(d, 0, 0.05);
	p->white = dice_range(d, 0.84, 0.92);
	p->low = dice_range(d, 0, 0.08);
	p->high = dice_range(d, 0.85, 1.0);
	p->gamma = dice_range(d, 0.75, 1.3);
	p->jpeg = (unsigned)dice_range(d, 70, 96);
	p->bed_w = 222;
	p->bed_h = 308;
	p->bed_white = dice_unit(d) < 0.2 ? 0.06 : 0.93;
	/* Specks as large as a stroke are no scanner's fault: nobody could tell them. */
	p->voids = 0;
	p->splats = 0;
}

bool
ordinary_life(struct dice *d, struct scansim_profile *p)
{
	static const char *const stamps[] = { "stamp:6.5,150,4,0.3", "stamp:189,6.5,4.8,0.35",
		"stamp:6.5,250,4.5,0.25", "stamp:203.5,90,4,0.3", "stamp:20,6.5,4.8,0.3" };
	static const char *const folds[] = { "fold_h:99,0.2 fold_h:198,0.2 fold=0.08",
		"fold_h:148.5,0.25 fold=0.1", "fold_v:105,0.2 fold=0.08",
		"fold_h:148.5,0.2 fold_v:105,0.2 fold=0.06" };
	bool ok = true;
	if (dice_unit(d) < 0.4)
		ok = scansim_profile_set(p, stamps[dice_next(d) % N_ELEMENTS(stamps)]);
	if (dice_unit(d) < 0.4)
		ok = ok && scansim_profile_set(p, folds[dice_next(d) % N_ELEMENTS(folds)]);
	return ok;
}

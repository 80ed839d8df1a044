/* SPDX-License-Identifier: Apache-2.0 */
/* glass - the scanners that a bank has, and what a paper has been through before. */
#pragma once
#include "tests/world/scansim/field.h"
#include "tests/world/scansim/scansim.h"

/* A fair scan: skew up to 5 degrees, any brightness, a bolder or a finer print. */
void fair_scanner(struct dice *d, double dpi, struct scansim_profile *p);
/*
 * What happens to genuine papers: stamps and notes beside the form, folds, staples. False when
 * the simulator does not know one of them.
 */
bool ordinary_life(struct dice *d, struct scansim_profile *p);

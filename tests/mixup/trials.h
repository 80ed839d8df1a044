/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trials - what a resident, a thief, a broken kiosk or a hurried clerk may do at
 * a kiosk, one visit each, and what must come of it. Whatever else comes is a
 * finding.
 */
#pragma once
#include "tests/mixup/steps.h"

/* One order of the test: chooses trial, card and kind by the dice. */
void trial_run(struct hand *h, unsigned order_no);
/* False for a name that is no trial's. */
bool trial_exists(const char *name);
/*
 * Before the trials: somebody with a hand in the database exchanges the sealed rows of one pair
 * of twins, and the card rows of the other.
 */
void trial_rows_swap(struct hand *h);

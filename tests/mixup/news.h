/* SPDX-License-Identifier: Apache-2.0 */
/*
 * news - an opt-out, a death, an abolished seal, a move, an emergency stop, at each moment of a
 * visit: before the order, under it, before the payment, under it, under the release, before the
 * paper has come out. What was acknowledged before a step must show in it; what lay at the same
 * time is judged by the order of the replica's commits. Many at once, each in a household of
 * its own.
 */
#pragma once
#include "tests/mixup/steps.h"

/* Kind and moment follow from the number: each pair of them as often as any other. */
void news_trial(struct hand *h, unsigned trial_no);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle - is this the paper of the resident who ordered it? Asks the truth and
 * nobody else: opens the finished PDF, reads every page's texts and stamps, and
 * holds them against what may stand there. Every finding is a wrong page.
 */
#pragma once
#include "tests/mixup/visit.h"

/*
 * Looks at the answer that v's kiosk accepted. Returns true when it is right;
 * says what is wrong through tally_finding().
 */
bool oracle_answer(struct visit *v);
/* The same for the answer's JSON before any kiosk looked at it. */
bool oracle_manifest(struct visit *v);
/* Lays copy 0 aside for the judges: PDF and what must stand on it. */
void oracle_keep(struct visit *v);
/* How many persons the order prints; *ret their indices. */
unsigned oracle_printed(const struct visit *v, unsigned ret[ORDER_MAX_PERSONS]);

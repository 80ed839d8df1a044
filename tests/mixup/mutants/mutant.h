/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutant - the published incidents and others, made anew: kofu-server, kofu-seal, kofu-center and
 * the kiosk of mixup-drive linked once more with some of their functions wrapped (ld --wrap=NAME).
 * The product itself has no hook and is not compiled anew; with KOFU_MUTANT unset the programs are
 * the product's. Built only with -Dmutants=true.
 */
#pragma once
#include <stdbool.h>

/* Is it this mutant that runs? From the environment, KOFU_MUTANT. */
bool mutant(const char *name);

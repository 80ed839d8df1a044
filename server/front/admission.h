/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admission - how many orders of one municipality may be under way at once. A
 * bulkhead: a flood for one city leaves the others' workers alone. Who does not
 * get in is told at once; nobody who is in is ever put out (I3).
 */
#pragma once
#include "base/attr.h"
#include <stdatomic.h>
#include <stdbool.h>

struct admission {
	atomic_uint inside;
	unsigned limit;
};
void admission_init(struct admission *a, unsigned limit);
/* True: in, and admission_leave() is owed. */
MUST_USE bool admission_enter(struct admission *a);
void admission_leave(struct admission *a);

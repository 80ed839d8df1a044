/* SPDX-License-Identifier: Apache-2.0 */
/* cases - what forgers change in a text, mostly into what looks alike. */
#pragma once
#include "domain/resident.h"

struct change {
	unsigned item; /* RESIDENT_ITEM_*, or one of */
	enum {
		CHANGE_ISSUED_ON = 100,
		CHANGE_NUMBER,
		CHANGE_CODE,
		CHANGE_MAYOR,
		CHANGE_NINSHO
	} other;
	const char *from, *to;
};
extern const struct change changes[];
extern const unsigned n_changes;

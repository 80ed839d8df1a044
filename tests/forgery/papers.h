/* SPDX-License-Identifier: Apache-2.0 */
/* papers - what the forgery tests print: orders of sample residents, on all forms. */
#pragma once
#include "cases.h"
#include "press.h"

enum layout { RENKI_1, RENKI_4, KOJIN, INKAN, N_LAYOUTS };
extern const char *const layout_name[N_LAYOUTS];

/* An order with texts of its own, so that a test can change them. */
struct request {
	struct resident person[SAMPLE_N_PERSONS];
	const struct resident *list[SAMPLE_N_PERSONS];
	struct render_input in;
	struct profile profile;
};
struct request *request_new(struct arena *a, enum layout f, unsigned n);
unsigned persons_of(enum layout f);
/* Sets what the change is of, to its text before or after. */
void request_change(struct request *q, const struct change *c, unsigned person, bool after);

/* What the register prints: all forms, long texts, few items, several pages. False: not printed. */
bool genuine_sheet(struct press *p, struct arena *a, unsigned i, struct sheet *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forge - altered fronts: the n-th of each way is the same in every run. Each
 * returns false when there is nothing to forge.
 */
#pragma once
#include "papers.h"

/* What the forger makes of a genuine sheet. */
struct forgery {
	struct sheet genuine;
	uint8_t *front;
	bool changed[PRESS_MAX_FIELDS];
	bool nameable; /* a field of the form was changed */
	const char *name;
};
typedef bool forge_fn(struct press *p, struct arena *a, unsigned i, struct forgery *f);

/* One text printed as another (cases.h); the codes and the digest stay as they were. */
forge_fn forge_text;
/* One stroke of a character taken away, or one more. */
forge_fn forge_stroke;
/* A field of the form made blank, or text set where the form was blank. */
forge_fn forge_blank;
/* Another city's 公印, another person's 印影, a seal moved by two millimetres. */
forge_fn forge_seal;

/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of finished papers: whatever it takes, it keeps its word about what it found. */
#include "server/seal/pdfread.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new((size_t)256 << 20);
	struct err err = { 0 };
	struct pdfread *d = NULL;
	if (pdfread(a, data, size, &d, &err))
		return 0;
	for (unsigned i = 0; i < d->n_sides; i++) {
		const struct pdfread_side *s = &d->sides[i];
		if (s->is_back != (i % 2 == 1) || d->n_sides > PDFREAD_MAX_SIDES)
			abort();
		if (s->is_back && (s->back_at > size || size - s->back_at < RENDER_BACK_BYTES))
			abort();
		for (unsigned k = 0; k < s->n_runs; k++)
			if (strlen(s->runs[k].text) == 0)
				abort();
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of finished papers: whatever it takes, it keeps its word about what
 * it found. What does not begin as a file is read as a page's content, past the
 * deflating that a mutation never survives.
 */
#include "server/seal/pdfobj.h"
#include "server/seal/pdfread.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
content_only(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new((size_t)64 << 20);
	const struct pdffile f = { .arena = a, .p = data, .bytes = size };
	struct pdfread_font *font = arena_zero(a, sizeof(*font));
	const struct pdfread_resources res = { .font = font, .back = size % 2 != 0 };
	struct pdfread_side side = { 0 };
	struct err err = { 0 };
	for (unsigned i = 1; i < 300; i++)
		font->text[i] = "字";
	if (pdfread_contents(&f, &res, data, size, &side, &err) == 0 &&
	    (side.n_runs > PDFREAD_MAX_RUNS || side.n_stencils != 0 || side.is_back))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 5 || memcmp(data, "%PDF-", 5) != 0) {
		content_only(data, size);
		return 0;
	}
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

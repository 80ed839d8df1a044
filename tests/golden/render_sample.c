/* SPDX-License-Identifier: Apache-2.0 */
/* render-sample OUTDIR MANIFEST - one PDF of each kind and form, and each front's raster (PBM). */
#include "base/file.h"
#include "sample.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum doc_kind kind;
	enum profile_form form;
	unsigned n;
	unsigned options;
} samples[] = {
	{ "juminhyo-1", DOC_JUMINHYO, PROFILE_RENKI, 1, ORDER_OPTIONS_ALL },
	{ "juminhyo-4", DOC_JUMINHYO, PROFILE_RENKI, 4, 0 },
	{ "juminhyo-6", DOC_JUMINHYO, PROFILE_RENKI, 6, ORDER_OPTIONS_ALL },
	{ "kojin-1", DOC_JUMINHYO, PROFILE_KOJIN, 1, ORDER_OPTIONS_ALL },
	{ "kojin-6", DOC_JUMINHYO, PROFILE_KOJIN, 6, ORDER_OPTIONS_ALL },
	{ "inkan", DOC_INKAN, PROFILE_RENKI, 1, 0 },
	{ "long", DOC_JUMINHYO, PROFILE_RENKI, 1, ORDER_OPTIONS_ALL },
	{ "long-kojin", DOC_JUMINHYO, PROFILE_KOJIN, 1, ORDER_OPTIONS_ALL },
	{ "long-inkan", DOC_INKAN, PROFILE_RENKI, 1, 0 },
	{ "ground-juminhyo", DOC_JUMINHYO, PROFILE_RENKI, 3, ORDER_OPTIONS_ALL },
	{ "ground-inkan", DOC_INKAN, PROFILE_RENKI, 1, 0 },
	{ "gaiji-inkan", DOC_INKAN, PROFILE_RENKI, 1, 0 },
};

static int
write_sample(struct arena *a, struct render_fonts *f, const char *folder, const char *name,
    const struct render_doc *d, struct err *err)
{
	int r = file_write_atomic(
	    arena_printf(a, "%s/%s.pdf", folder, name), d->pdf, d->pdf_bytes, 0644, err);
	for (unsigned i = 0; r == 0 && i < d->n_pages; i++) {
		struct buf b;
		buf_init(&b, 2 << 20);
		buf_printf(&b, "P4\n%d %d\n", RENDER_W, RENDER_H);
		buf_put(&b, sample_raster(a, f, d, i), (size_t)RENDER_ROW_BYTES * RENDER_H);
		r = file_write_atomic(
		    arena_printf(a, "%s/%s-%u.pbm", folder, name, i + 1), b.p, b.bytes, 0644, err);
		buf_done(&b);
	}
	return r;
}

int
main(int argc, char **argv)
{
	AUTO(render_fonts) struct render_fonts *fonts = NULL;
	struct err err = { 0 };
	if (argc != 3) {
		fprintf(stderr, "usage: render-sample OUTDIR MANIFEST\n");
		return 2;
	}
	int r = render_fonts_open(argv[2], &fonts, &err);
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(samples); i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_doc d = { 0 };
		struct render_input in =
		    sample_input(a, samples[i].kind, samples[i].form, samples[i].n);
		const struct resident *one = &sample_long;
		in.options = samples[i].options;
		struct profile ground = *in.profile;
		if (strncmp(samples[i].name, "ground", 6) == 0) {
			ground.ground = sample_ground(a);
			in.profile = &ground;
		}
		struct resident gaiji = sample_persons[0];
		if (strncmp(samples[i].name, "gaiji", 5) == 0) {
			ground.muni = (struct muni_code){ "991023" }; /* fonts/991023 */
			gaiji.name = "\uE000\uE010　\uE001一";
			one = &gaiji;
			in.profile = &ground;
			in.persons = &one;
		}
		if (strncmp(samples[i].name, "long", 4) == 0)
			in.persons = &one;
		r = render_doc(a, fonts, &in, &d, &err);
		if (r)
			fprintf(stderr, "%s: %d %s\n", samples[i].name, r,
			    d.failed_item != NULL ? d.failed_item : "");
		else
			r = write_sample(a, fonts, argv[1], samples[i].name, &d, &err);
	}
	if (r)
		log_fault("render.sample", (struct txn_id){ 0 }, &err);
	return r != 0;
}

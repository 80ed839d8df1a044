/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Papers for tests of the bank's desk, without a server.
 * paper-make MANIFEST KEY OUTDIR
 *   MANIFEST  fonts/manifest.json
 *   KEY       the inquiry's public key, {"kid","point"}, as kofu-inquiry init writes it
 * OUTDIR gets paper.pdf (one sheet), household.pdf (two), forged.pdf (another name on
 * the front, paper.pdf's back), 991015.json, 991015.root.json (the municipality's keys) and
 * code.txt.
 */
#include "backside/code.h"
#include "backside/envelope.h"
#include "backside/payload.h"
#include "base/file.h"
#include "sample.h"
#include "server/seal/drawn.h"
#include "tests/unit/keydir_help.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 30, KEY_FILE_MAX_BYTES = 4096, PATH_BYTES = 400 };

struct maker {
	struct arena *arena;
	struct render_fonts *fonts;
	struct drawn_glyphs *glyphs;
	struct key *muni;
	struct key_point inquiry;
	const char *out;
};

static int
read_point(struct maker *m, const char *path, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	uint8_t *text = NULL;
	uint8_t *point = NULL;
	size_t bytes = 0;
	int r = file_read(m->arena, path, KEY_FILE_MAX_BYTES, &text, &bytes, err);
	if (r == 0)
		r = js_parse(text, bytes, &o, err);
	if (r == 0)
		r = js_b64url(m->arena, o, "point", KEY_POINT_BYTES, &point, &bytes, err);
	if (r == 0)
		memcpy(m->inquiry.b, point, KEY_POINT_BYTES);
	return r;
}

/* The record of one page, sealed and drawn as its back side. */
static int
make_back(struct maker *m, const struct render_input *in, const struct render_doc *doc,
    unsigned page, uint8_t back[RENDER_BACK_BYTES], struct err *err)
{
	struct payload_field fields[RENDER_MAX_FIELDS];
	struct payload p = { .page = page + 1,
		.pages = doc->n_pages,
		.issue_number = in->issue_number,
		.kind = in->kind,
		.registered_at_ms = 1795190400000,
		.history = 3,
		.fields = fields };
	struct envelope_seal seal = { .muni = in->profile->muni,
		.serial = { (uint8_t)page, 7 },
		.issued_at_ms = 1795190400000,
		.front_code = in->front_code,
		.signer = key_as_signer(m->muni),
		.recipient = m->inquiry };
	struct buf raster, record, envelope;
	for (unsigned i = 0; i < doc->n_fields; i++) {
		const struct render_field *f = &doc->fields[i];
		if (f->page == page)
			fields[p.n_fields++] =
			    (struct payload_field){ f->key, f->value, { f->x, f->y, f->w, f->h } };
	}
	buf_init(&raster, PAYLOAD_MAX_RASTER_BYTES);
	buf_init(&record, PAYLOAD_MAX_BYTES);
	buf_init(&envelope, ENVELOPE_MAX_BYTES);
	int r = drawn_encode(m->glyphs, m->fonts, doc->pages[page].drawn, NULL, &raster, err);
	p.raster = raster.p;
	p.raster_bytes = raster.bytes;
	if (r == 0)
		r = payload_encode(&p, &record, err);
	if (r == 0)
		r = envelope_seal(&seal, record.p, record.bytes, &envelope, err);
	if (r == 0)
		r = backside_encode(envelope.p, envelope.bytes, back, err);
	buf_done(&raster);
	buf_done(&record);
	buf_done(&envelope);
	return r;
}

static int
write_file(const struct maker *m, const char *name, const void *p, size_t bytes, struct err *err)
{
	char path[PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%s/%s", m->out, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_raise(err, FAULT_BAD_INPUT, "path", n);
	return file_write_atomic(path, p, bytes, 0644, err);
}

/* @backs: the paper whose backs it bears; its own when they are of @in. */
static int
make_paper(struct maker *m, const char *name, const struct render_input *in,
    const struct render_input *backs, struct err *err)
{
	struct render_doc doc = { 0 };
	struct render_doc true_doc = { 0 };
	int r = render_doc(m->arena, m->fonts, in, &doc, err);
	if (r == 0)
		r = render_doc(m->arena, m->fonts, backs, &true_doc, err);
	if (r)
		return r;
	uint8_t *pdf = arena_memdup(m->arena, doc.pdf, doc.pdf_bytes);
	for (unsigned i = 0; r == 0 && i < doc.n_pages; i++)
		r = make_back(m, backs, &true_doc, i, pdf + doc.pages[i].back_at, err);
	return r ? r : write_file(m, name, pdf, doc.pdf_bytes, err);
}

static int
make_keys(struct maker *m, const char *code, struct err *err)
{
	AUTO(key) struct key *root = key_generate();
	struct keydir d = keydir_help_of("991015", m->muni);
	int r = keydir_help_write(m->arena, m->out, &d, root);
	return r ? r : write_file(m, "code.txt", code, strlen(code), err);
}

static int
make_all(struct maker *m, struct err *err)
{
	struct render_input one = sample_input(m->arena, DOC_JUMINHYO, PROFILE_RENKI, 1);
	struct render_input all =
	    sample_input(m->arena, DOC_JUMINHYO, PROFILE_RENKI, SAMPLE_N_PERSONS);
	struct render_input forged = one;
	struct resident other = sample_persons[0];
	const struct resident *list[] = { &other };
	other.name = "見本　次郎";
	other.birth = "昭和５６年４月１日";
	forged.persons = list;
	all.issue_number = "20261121-991015-K001-000124";
	int r = make_keys(m, one.front_code, err);
	if (r == 0)
		r = make_paper(m, "paper.pdf", &one, &one, err);
	if (r == 0)
		r = make_paper(m, "forged.pdf", &forged, &one, err);
	if (r == 0)
		r = make_paper(m, "household.pdf", &all, &all, err);
	return r;
}

int
main(int argc, char **argv)
{
	struct err err = { 0 };
	if (argc != 4) {
		fprintf(stderr, "usage: paper-make MANIFEST KEY OUTDIR\n");
		return 2;
	}
	struct maker m = {
		.arena = arena_new(ARENA_BYTES),
		.glyphs = drawn_glyphs_new(),
		.muni = key_generate(),
		.out = argv[3],
	};
	int r = render_fonts_open(argv[1], &m.fonts, &err);
	if (r == 0)
		r = read_point(&m, argv[2], &err);
	if (r == 0)
		r = make_all(&m, &err);
	drawn_glyphs_free(m.glyphs);
	render_fonts_free(m.fonts);
	key_free(m.muni);
	arena_free(m.arena);
	if (r)
		fprintf(stderr, "paper-make: %d %s\n", r, err.depth ? err.trail[0].what : "");
	return r != 0;
}

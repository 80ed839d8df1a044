/* SPDX-License-Identifier: Apache-2.0 */
#include "press.h"

#include "backside/bilevel.h"
#include "base/mem.h"
#include "pki/key.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE = 30, CLEAN_MARGIN = 120, CLEAN_MODULE = 2 };
static const int64_t registered_ms = 1795190400000;

bool
press_open(struct press *p, const char *manifest)
{
	struct err err = { 0 };
	*p = (struct press){ .fonts = NULL };
	/* First of all, as the site does: the template must not inherit anything. */
	if (decoder_start(&p->decoder, &err) || render_fonts_open(manifest, &p->fonts, &err))
		return false;
	p->inquiry = key_generate();
	p->muni = key_generate();
	p->stranger = key_generate();
	p->own = key_as_agreer(p->inquiry);
	key_public(p->muni, &p->signer.key.point);
	key_id_of(&p->signer.key.point, &p->signer.key.id);
	p->signer.muni = (struct muni_code){ "991015" };
	p->keys = (struct check_keys){ &p->own, 1, &p->signer, 1 };
	return true;
}

void
press_close(struct press *p)
{
	decoder_stop(p->decoder);
	render_fonts_free(p->fonts);
	key_free(p->inquiry);
	key_free(p->muni);
	key_free(p->stranger);
}

static void
take_fields(const struct render_doc *doc, unsigned page, struct sheet *s)
{
	for (unsigned i = 0; i < doc->n_fields && s->n_fields < PRESS_MAX_FIELDS; i++) {
		const struct render_field *f = &doc->fields[i];
		if (f->page == page)
			s->field[s->n_fields++] =
			    (struct payload_field){ f->key, f->value, { f->x, f->y, f->w, f->h } };
	}
}

unsigned
press_print(struct press *p, struct arena *a, const struct render_input *in, struct sheet *ret,
    unsigned max)
{
	struct render_doc doc = { 0 };
	struct err err = { 0 };
	if (render_doc(a, p->fonts, in, &doc, &err))
		return 0;
	for (unsigned i = 0; i < doc.n_pages && i < max; i++) {
		ret[i] = (struct sheet){ .page = i + 1,
			.pages = doc.n_pages,
			.issue_number = in->issue_number,
			.front_code = in->front_code,
			.muni = in->profile->muni,
			.kind = in->kind };
		ret[i].front = sample_raster(a, p->fonts, &doc, i);
		take_fields(&doc, i, &ret[i]);
	}
	return doc.n_pages < max ? doc.n_pages : max;
}

bool
press_seal(struct press *p, struct arena *a, struct sheet *s, const struct press_seal_how *how)
{
	const struct bilevel front = { s->front, RENDER_W, RENDER_H, RENDER_ROW_BYTES };
	struct err err = { 0 };
	struct buf raster, record, envelope;
	buf_init(&raster, BILEVEL_MAX_CODED_BYTES);
	buf_init(&record, PAYLOAD_MAX_BYTES);
	buf_init(&envelope, ENVELOPE_MAX_BYTES);
	struct payload says = { .page = s->page,
		.pages = s->pages,
		.issue_number = s->issue_number,
		.kind = s->kind,
		.registered_at_ms = registered_ms,
		.history = how->history,
		.fields = s->field,
		.n_fields = s->n_fields };
	struct envelope_seal seal = { .muni = s->muni,
		.serial = { (uint8_t)s->page, (uint8_t)how->history },
		.issued_at_ms = registered_ms,
		.front_code = how->front_code ? how->front_code : s->front_code,
		.signer = key_as_signer(how->by_stranger ? p->stranger : p->muni) };
	key_public(how->to_stranger ? p->stranger : p->inquiry, &seal.recipient);
	if (how->by_stranger && !how->own_name)
		key_public(p->muni, &seal.signer.point);
	bool ok = bilevel_encode(&front, &raster, &err) == 0;
	says.raster = raster.p;
	says.raster_bytes = raster.bytes;
	s->modules = arena_zero(a, BACKSIDE_BYTES);
	ok = ok && payload_encode(&says, &record, &err) == 0 &&
	    envelope_seal(&seal, record.p, record.bytes, &envelope, &err) == 0 &&
	    backside_encode(envelope.p, envelope.bytes, s->modules, &err) == 0;
	buf_done(&raster);
	buf_done(&record);
	buf_done(&envelope);
	return ok;
}

static struct scan_image
scan_dots(struct arena *a, uint8_t *dots, const struct scansim_profile *profile, uint64_t seed)
{
	struct scansim_scan s;
	scansim_run(dots, profile, seed, &s);
	const struct scan_image out = { arena_memdup(a, s.p, s.w * s.h), (unsigned)s.w,
		(unsigned)s.h, s.w };
	mem_free(s.p);
	mem_free(dots);
	return out;
}

struct scan_image
press_scan_front(
    struct arena *a, const uint8_t *front, const struct scansim_profile *profile, uint64_t seed)
{
	uint8_t *dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	for (unsigned y = 0; y < 2 * FRONT_H; y++)
		for (unsigned x = 0; x < 2 * FRONT_W; x++)
			dots[(size_t)y * SCANSIM_W + x] = front_ink(front, x / 2, y / 2);
	return scan_dots(a, dots, profile, seed);
}

struct scan_image
press_scan_back(
    struct arena *a, const uint8_t *modules, const struct scansim_profile *profile, uint64_t seed)
{
	const unsigned inked = 5; /* of 6: what the renderer's page asks for */
	uint8_t *dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	scansim_paint(modules, inked, dots);
	return scan_dots(a, dots, profile, seed);
}

struct scan_image
press_clean_back(struct arena *a, const uint8_t *modules)
{
	const unsigned w = BACKSIDE_COLS * CLEAN_MODULE + 2 * CLEAN_MARGIN;
	const unsigned h = BACKSIDE_ROWS * CLEAN_MODULE + 2 * CLEAN_MARGIN;
	uint8_t *out = arena_zero(a, (size_t)w * h);
	memset(out, 255, (size_t)w * h);
	for (unsigned y = 0; y < BACKSIDE_ROWS * CLEAN_MODULE; y++)
		for (unsigned x = 0; x < BACKSIDE_COLS * CLEAN_MODULE; x++) {
			unsigned c = x / CLEAN_MODULE;
			const uint8_t *row =
			    modules + (size_t)(y / CLEAN_MODULE) * BACKSIDE_ROW_BYTES;
			if (row[c / 8] >> (7 - c % 8) & 1)
				out[(size_t)(y + CLEAN_MARGIN) * w + x + CLEAN_MARGIN] = 20;
		}
	return (struct scan_image){ out, w, h, w };
}

struct scan_image
press_side_by_side(struct arena *a, const struct scan_image *l, const struct scan_image *r)
{
	const unsigned w = l->w + r->w;
	const unsigned h = l->h > r->h ? l->h : r->h;
	uint8_t *out = arena_zero(a, (size_t)w * h);
	memset(out, 255, (size_t)w * h);
	for (unsigned y = 0; y < l->h; y++)
		memcpy(out + (size_t)y * w, l->p + y * l->stride, l->w);
	for (unsigned y = 0; y < r->h; y++)
		memcpy(out + (size_t)y * w + l->w, r->p + y * r->stride, r->w);
	return (struct scan_image){ out, w, h, w };
}

bool
press_ask(struct press *p, struct arena *a, const struct scan_image *pictures, unsigned n,
    const char *code, struct check_result *ret)
{
	struct decoder_job *job = NULL;
	struct decoder_pages *pages = arena_zero(a, sizeof(*pages));
	struct decoder_file files[DECODER_MAX_FILES];
	struct err err = { 0 };
	for (unsigned i = 0; i < n; i++) {
		const char *head =
		    arena_printf(a, "P5\n%u %u\n255\n", pictures[i].w, pictures[i].h);
		size_t head_bytes = strlen(head);
		size_t bytes = (size_t)pictures[i].w * pictures[i].h;
		uint8_t *pgm = arena_zero(a, head_bytes + bytes);
		memcpy(pgm, head, head_bytes);
		memcpy(pgm + head_bytes, pictures[i].p, bytes);
		files[i] = (struct decoder_file){ pgm, head_bytes + bytes };
	}
	int r = decoder_open(p->decoder, &job, &err);
	if (r == 0)
		decoder_set_patience(job, PATIENCE);
	if (r == 0)
		r = decoder_read(job, a, files, n, pages, &err);
	if (r == 0)
		r = check_run(job, a, &p->keys, pages, &code, code != NULL, ret, &err);
	decoder_close(job);
	if (r != 0)
		fprintf(stderr, "# the desk: %d, %s\n", r,
		    r < 0 && err.trail[0].what != NULL ? err.trail[0].what : "");
	return r == 0;
}

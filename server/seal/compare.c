/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/ground.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/hash.h"
#include "server/render/ground_name.h"
#include "server/seal/demand_int.h"
#include "server/seal/pdfread.h"
#include "server/seal/redraw.h"
#include <string.h>

enum { TEXT_MAX_BYTES = 8192, SLACK = 3 /* tenths of a millimetre at a cell's edges */ };

int
demand_differs_(struct err *err, const char *what, long number)
{
	LOG(LOG_LVL_ERR, "seal.paper-differs", log_f_lit("what", what), LOG_F("number", number));
	(void)err;
	return SEAL_E_PAPER;
}
#define differs demand_differs

static bool
run_in_field(const struct pdfread_run *r, const struct render_field *f)
{
	return r->x >= f->x - SLACK && r->x <= f->x + f->w + SLACK && r->y >= f->y - SLACK &&
	    r->y <= f->y + f->h + SLACK;
}

/* The field's lines, from top to bottom, as one text; the runs taken are marked. */
static const char *
field_text(struct arena *a, const struct pdfread_side *s, const struct render_field *f, bool *taken)
{
	struct buf b;
	const char *text = NULL;
	buf_init(&b, TEXT_MAX_BYTES);
	for (;;) {
		const struct pdfread_run *next = NULL;
		for (unsigned i = 0; i < s->n_runs; i++) {
			const struct pdfread_run *r = &s->runs[i];
			if (taken[i] || !run_in_field(r, f))
				continue;
			if (next == NULL || r->y < next->y || (r->y == next->y && r->x < next->x))
				next = r;
		}
		if (next == NULL)
			break;
		taken[next - s->runs] = true;
		buf_text(&b, next->text);
	}
	if (buf_ok(&b))
		text = arena_strndup(a, b.p == NULL ? "" : (const char *)b.p, b.bytes);
	buf_done(&b);
	return text;
}

static bool
key_seen_before(const struct render_doc *doc, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (doc->fields[i].page == doc->fields[index].page &&
		    strcmp(doc->fields[i].key, doc->fields[index].key) == 0)
			return true;
	return false;
}

/* What the renderer says it printed is what rows and order demand, and is what stands there. */
static int
field_check(const struct demand_copy *c, const struct render_doc *doc, unsigned index,
    const struct pdfread_side *s, bool *taken, struct err *err)
{
	const struct render_field *f = &doc->fields[index];
	const char *also = NULL;
	const char *want = demand_text(c, f->page, f->key, &also);
	if (want == NULL || key_seen_before(doc, index))
		return differs(err, "field that does not belong", index);
	if (strcmp(f->value, want) != 0 && (also == NULL || strcmp(f->value, also) != 0))
		return differs(err, "value", index);
	const char *there = field_text(c->arena, s, f, taken);
	if (there == NULL || strcmp(there, f->value) != 0)
		return differs(err, "text in its place", index);
	return 0;
}

static bool
has_field(const struct render_doc *doc, unsigned page, const char *key)
{
	for (unsigned i = 0; i < doc->n_fields; i++)
		if (doc->fields[i].page == page && strcmp(doc->fields[i].key, key) == 0)
			return true;
	return false;
}

/* What must stand on a page whatever the form. */
static int
fields_present(
    const struct demand_copy *c, const struct render_doc *doc, unsigned page, struct err *err)
{
	static const char *const always[] = { "title", "issue_number", "front_code", "digest" };
	static const char *const last[] = { "ninsho", "issued_on", "mayor" };
	static const char *const person[] = { "name", "birth" };
	unsigned from = page * c->slots, to = from + c->slots;
	for (unsigned i = 0; i < N_ELEMENTS(always); i++)
		if (!has_field(doc, page, always[i]))
			return differs(err, "missing on the page", i);
	for (unsigned i = 0; page + 1 == c->n_pages && i < N_ELEMENTS(last); i++)
		if (!has_field(doc, page, last[i]))
			return differs(err, "missing on the last page", i);
	for (unsigned k = from; k < to && k < c->d->n_printed; k++)
		for (unsigned i = 0; i < N_ELEMENTS(person); i++)
			if (!has_field(
				doc, page, arena_printf(c->arena, "p%u.%s", k + 1, person[i])))
				return differs(err, "person missing", k);
	const char *address = c->d->order.kind == DOC_INKAN ? "p1.address" : "address";
	return has_field(doc, page, address) ? 0 : differs(err, "address missing", page);
}

static bool
stencil_is(const struct pdfread_stencil *s, unsigned w_px, unsigned h_px, const uint8_t *bits)
{
	/* True to size: 600 dots an inch, give or take a tenth of a millimetre. */
	int w = (int)(w_px * 254 / 600), h = (int)(h_px * 254 / 600);
	return s->w_px == w_px && s->h_px == h_px && s->w >= w - 1 && s->w <= w + 2 &&
	    s->h >= h - 1 && s->h <= h + 2 &&
	    memcmp(s->bits, bits, (size_t)((w_px + 7) / 8) * h_px) == 0;
}

static int
stencils_check(
    const struct demand_copy *c, unsigned page, const struct pdfread_side *s, struct err *err)
{
	const struct profile *p = c->d->profile;
	bool last = page + 1 == c->n_pages;
	unsigned want = (last && p->koin_bits != NULL ? 1u : 0u) + (c->d->has_seal ? 1u : 0u),
		 found = 0;
	if (s->n_stencils != want)
		return differs(err, "number of stamps", s->n_stencils);
	for (unsigned i = 0; i < s->n_stencils; i++) {
		const struct pdfread_stencil *t = &s->stencils[i];
		if (c->d->has_seal && (found & 1) == 0 &&
		    stencil_is(t, c->d->seal.width_px, c->d->seal.height_px, c->d->seal.bits))
			found |= 1;
		else if (last && p->koin_bits != NULL && (found & 2) == 0 &&
		    stencil_is(t, p->koin_width_px, p->koin_height_px, p->koin_bits))
			found |= 2;
		else
			return differs(err, "stamp", i);
	}
	return 0;
}

static int
front_check(const struct demand_copy *c, const struct render_doc *doc, unsigned page,
    const struct pdfread_side *s, struct err *err)
{
	bool *taken = arena_zero_n(c->arena, s->n_runs + 1, sizeof(*taken));
	int r = fields_present(c, doc, page, err);
	for (unsigned i = 0; i < doc->n_fields && r == 0; i++)
		if (doc->fields[i].page == page)
			r = field_check(c, doc, i, s, taken, err);
	for (unsigned i = 0; i < s->n_runs && r == 0; i++)
		if (!taken[i] && !demand_is_label(c->d, s->runs[i].text))
			r = differs(err, "text that is no field and no label", i);
	return r ? r : stencils_check(c, page, s, err);
}

/* The back bears nobody's data: title, number, digest, site, labels. */
static int
back_check(
    const struct demand_copy *c, unsigned page, const struct pdfread_side *s, struct err *err)
{
	static const char *const keys[] = { "title", "issue_number", "digest" };
	for (unsigned i = 0; i < s->n_runs; i++) {
		const char *text = s->runs[i].text, *also = NULL;
		bool ok =
		    demand_is_back_label(text) || text_equal(text, c->d->profile->inquiry_url);
		for (unsigned k = 0; k < N_ELEMENTS(keys) && !ok; k++)
			ok = text_equal(text, demand_text(c, page, keys[k], &also));
		if (!ok)
			return differs(err, "text on a back", i);
	}
	return s->n_stencils == 0 ? 0 : differs(err, "stamp on a back", s->n_stencils);
}

/* The digest that stands on each page: SHA-256 over every field and the seal (server/render). */
static bool
digest_holds(const struct demand *d, const struct render_doc *doc)
{
	struct buf b;
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	buf_init(&b, 4 << 20);
	buf_field16(&b, "KOFU-FRONT-1", 12);
	for (unsigned i = 0; i < doc->n_fields; i++) {
		const struct render_field *f = &doc->fields[i];
		if (strcmp(f->key, "digest") == 0)
			continue;
		buf_u8(&b, (uint8_t)f->page);
		buf_field16(&b, f->key, strlen(f->key));
		buf_field16(&b, f->value, strlen(f->value));
	}
	if (d->has_seal) {
		buf_u16(&b, d->seal.width_px);
		buf_u16(&b, d->seal.height_px);
		buf_put(&b, d->seal.bits, seal_bits_bytes(&d->seal));
	}
	bool ok = buf_ok(&b);
	sha256(b.p, b.bytes, hash);
	buf_done(&b);
	text_hex_format(hash, sizeof(hash), hex);
	return ok && strncmp(hex, doc->digest, RENDER_DIGEST_CHARS) == 0;
}

/* The tile of a balance, made once a process: it takes longer than all other checks together. */
static const uint8_t *
tile_of(int balance)
{
	static uint8_t *tiles[2 * PROFILE_GROUND_MAX_BALANCE + 1];
	uint8_t **tile = &tiles[balance + PROFILE_GROUND_MAX_BALANCE];
	if (*tile == NULL) {
		*tile = mem_zero(GROUND_BYTES);
		ground_tile(balance, *tile);
	}
	return *tile;
}

/* The ground that the municipality has, or none; and nothing hidden in it. */
static int
ground_check(
    struct arena *a, const struct demand_copy *c, const struct pdfread_side *s, struct err *err)
{
	const struct profile_ground *want = c->d->profile->ground;
	const struct pdfread_ground *g = &s->ground;
	if ((want != NULL) != (g->tile != NULL))
		return differs(err, "ground", want != NULL);
	if (want == NULL)
		return 0;
	if (memcmp(tile_of(want->balance), g->tile, GROUND_BYTES) != 0)
		return differs(err, "screen of the ground", want->balance);
	struct ground_name name = { 0 };
	int r = ground_name_draw(a, c->d->fonts, c->d->profile, &name, err);
	if (r)
		return err_trace(err, r, "ground");
	if (g->name.w_px != name.w_px || g->name.h_px != name.h_px ||
	    memcmp(g->name.bits, name.bits, (size_t)((name.w_px + 7) / 8) * name.h_px) != 0)
		return differs(err, "name in the ground", (long)g->name.w_px);
	return 0;
}

static struct payload_ground
ground_record(const struct profile_ground *of, const struct pdfread_ground *g)
{
	struct payload_ground out = { .on = g->tile != NULL, .n_clears = g->n_clears };
	if (out.on && of != NULL) /* where there is none, the paper was refused */
		out.balance = of->balance;
	for (unsigned i = 0; i < g->n_clears; i++)
		out.clears[i] = (struct payload_box){ g->clears[i].x, g->clears[i].y,
			g->clears[i].w, g->clears[i].h };
	return out;
}

int
demand_check_paper(const struct demand *d, struct arena *a, const struct seal_copy *copy,
    struct render_doc *doc, struct payload_ground ret_grounds[static RENDER_MAX_PAGES],
    struct err *err)
{
	const struct demand_copy c = { .d = d,
		.arena = a,
		.copy = copy,
		.slots = demand_slots(d),
		.n_pages = (d->n_printed + demand_slots(d) - 1) / demand_slots(d),
		.digest = doc->digest };
	struct pdfread *pdf = NULL;
	int r = pdfread(a, doc->pdf, doc->pdf_bytes, &pdf, err);
	if (r)
		return err_trace(err, r, "finished PDF");
	if (doc->n_pages != c.n_pages || pdf->n_sides != 2 * c.n_pages)
		return differs(err, "number of pages", pdf->n_sides);
	if (!digest_holds(d, doc))
		return differs(err, "digest", 0);
	const char *also = NULL;
	if (!text_equal(pdf->title, demand_text(&c, 0, "title", &also)))
		return differs(err, "title of the document", 0);
	for (unsigned i = 0; i < c.n_pages && r == 0; i++) {
		if (pdf->sides[2 * i + 1].back_at != doc->pages[i].back_at)
			return differs(err, "place of the back", i);
		r = front_check(&c, doc, i, &pdf->sides[2 * i], err);
		if (r == 0)
			r = back_check(&c, i, &pdf->sides[2 * i + 1], err);
		for (unsigned k = 0; k < 2 && r == 0; k++)
			r = ground_check(a, &c, &pdf->sides[2 * i + k], err);
		ret_grounds[i] = ground_record(d->profile->ground, &pdf->sides[2 * i].ground);
	}
	return r ? r : redraw_check(a, d, copy, pdf, doc, err);
}

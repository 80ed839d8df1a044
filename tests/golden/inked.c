/* SPDX-License-Identifier: Apache-2.0 */
#include "inked.h"

#include "backside/ground.h"
#include "base/mem.h"
#include "sample.h"
#include "server/seal/pdfread.h"

enum { NAME_X = 284, NAME_Y = 118, NAME_GAP = 142 }; /* dots, as pdf_ground.c puts them */

static bool
bit_at(const uint8_t *bits, unsigned row_bytes, unsigned x, unsigned y)
{
	return bits[(size_t)y * row_bytes + x / 8] >> (7 - x % 8) & 1;
}

static bool
is_clear(const struct inked *p, unsigned x, unsigned y)
{
	for (unsigned i = 0; i < p->n_clears; i++)
		if (x / 2 >= p->clears[i].x && y / 2 >= p->clears[i].y &&
		    x / 2 < p->clears[i].x + p->clears[i].w &&
		    y / 2 < p->clears[i].y + p->clears[i].h)
			return true;
	return false;
}

/* The ground as it is printed, but for the places that the PDF says. */
static void
put_ground(const struct pdfread_ground *g, struct inked *p)
{
	const struct pdfread_stencil *n = &g->name;
	p->n_clears = g->n_clears;
	for (unsigned i = 0; i < g->n_clears; i++)
		p->clears[i] = (struct screen_clear){ g->clears[i].x, g->clears[i].y,
			g->clears[i].w, g->clears[i].h };
	for (unsigned y = 0; y < 2 * FRONT_H; y++)
		for (unsigned x = 0; x < 2 * FRONT_W; x++)
			if (bit_at(g->tile, GROUND_ROW_BYTES, x % GROUND_W, y % GROUND_H) &&
			    !is_clear(p, x, y))
				p->dots[(size_t)y * SCANSIM_W + x] = 1;
	for (unsigned x0 = NAME_X; x0 + n->w_px <= 2 * FRONT_W - NAME_X; x0 += n->w_px + NAME_GAP)
		for (unsigned y = 0; y < n->h_px; y++)
			for (unsigned x = 0; x < n->w_px; x++)
				if (bit_at(n->bits, (n->w_px + 7) / 8, x, y))
					p->dots[(size_t)(y + NAME_Y) * SCANSIM_W + x0 + x] = 1;
}

int
inked_print(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct inked *ret, struct err *err)
{
	struct pdfread *pdf = NULL;
	struct inked p = { .n_clears = 0 };
	int r = render_doc(a, f, in, &p.doc, err);
	if (r == 0)
		r = pdfread(a, p.doc.pdf, p.doc.pdf_bytes, &pdf, err);
	if (r)
		return err_trace(err, r, "inked_print");
	p.front = sample_raster(a, f, &p.doc, 0);
	p.dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	for (unsigned y = 0; y < 2 * FRONT_H; y++)
		for (unsigned x = 0; x < 2 * FRONT_W; x++)
			p.dots[(size_t)y * SCANSIM_W + x] = front_ink(p.front, x / 2, y / 2);
	if (pdf->sides[0].ground.tile != NULL) {
		p.has_ground = true;
		p.balance = in->profile->ground->balance;
		put_ground(&pdf->sides[0].ground, &p);
	}
	*ret = p;
	return 0;
}

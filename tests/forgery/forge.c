/* SPDX-License-Identifier: Apache-2.0 */
#include "forge.h"

#include "pen.h"

#include <string.h>

static bool
on_every_form(const struct change *c)
{
	return c->other != 0 || c->item == RESIDENT_ITEM_name || c->item == RESIDENT_ITEM_birth ||
	    c->item == RESIDENT_ITEM_address || c->item == RESIDENT_ITEM_katagaki ||
	    c->item == RESIDENT_ITEM_kyu_uji;
}

static const struct payload_field *
field_of(const struct sheet *s, const char *key)
{
	for (unsigned k = 0; k < s->n_fields; k++)
		if (strcmp(s->field[k].key, key) == 0)
			return &s->field[k];
	return NULL;
}

bool
forge_text(struct press *p, struct arena *a, unsigned i, struct forgery *f)
{
	const struct change *c = &changes[i % n_changes];
	enum layout form = (enum layout)(i % (on_every_form(c) ? N_LAYOUTS : INKAN));
	struct request *q = request_new(a, form, persons_of(form));
	struct sheet after;
	bool of_head = c->item == RESIDENT_ITEM_address || c->item == RESIDENT_ITEM_katagaki ||
	    c->item == RESIDENT_ITEM_setainushi;
	unsigned person = form == RENKI_4 && !of_head ? i % 4 : 0;
	request_change(q, c, person, false);
	if (press_print(p, a, &q->in, &f->genuine, 1) != 1)
		return false;
	request_change(q, c, person, true);
	if (press_print(p, a, &q->in, &after, 1) != 1)
		return false;
	f->front = arena_memdup(a, f->genuine.front, FRONT_PAGE_BYTES);
	bool any = false;
	for (unsigned k = 0; k < f->genuine.n_fields; k++) {
		const struct payload_field *g = &f->genuine.field[k];
		const struct payload_field *now = field_of(&after, g->key);
		if (strcmp(g->key, "digest") == 0 || (now && strcmp(g->value, now->value) == 0))
			continue;
		f->changed[k] = f->nameable = any = true;
		pen_copy(f->front, after.front, pen_box(&g->box));
	}
	for (unsigned k = 0; k < after.n_fields; k++)
		if (field_of(&f->genuine, after.field[k].key) == NULL) {
			pen_copy(f->front, after.front, pen_box(&after.field[k].box));
			any = true;
		}
	f->name = arena_printf(a, "%s %s>%s", layout_name[form], c->from, c->to);
	return any;
}

/* A field that says something, by the dice. */
static unsigned
any_field(const struct sheet *s, struct dice *d)
{
	for (;;) {
		unsigned k = (unsigned)(dice_next(d) % s->n_fields);
		const char *v = s->field[k].value;
		if (strlen(v) > 6 && strstr(v, "＊") == NULL && strstr(v, "省略") == NULL &&
		    strcmp(s->field[k].key, "digest") != 0)
			return k;
	}
}

bool
forge_stroke(struct press *p, struct arena *a, unsigned i, struct forgery *f)
{
	const unsigned least = 28; /* pixels: a third of a millimetre square */
	struct dice d = { 7000 + i };
	enum layout form = (enum layout)(i % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	if (press_print(p, a, &q->in, &f->genuine, 1) != 1)
		return false;
	f->front = arena_memdup(a, f->genuine.front, FRONT_PAGE_BYTES);
	for (int k = 0; k < 50; k++) {
		unsigned at = any_field(&f->genuine, &d);
		struct compare_box b = pen_box(&f->genuine.field[at].box);
		if (!(i / 4 % 2 ? pen_add_stroke(f->front, b, &d)
				: pen_take_stroke(a, f->front, b, least, &d)))
			continue;
		f->changed[at] = f->nameable = true;
		f->name = arena_printf(a, "%s %s in %s", layout_name[form],
		    i / 4 % 2 ? "stroke more" : "stroke less", f->genuine.field[at].key);
		return true;
	}
	return false;
}

bool
forge_blank(struct press *p, struct arena *a, unsigned i, struct forgery *f)
{
	struct dice d = { 9000 + i };
	enum layout form = (enum layout)(i / 2 % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	if (press_print(p, a, &q->in, &f->genuine, 1) != 1)
		return false;
	f->front = arena_memdup(a, f->genuine.front, FRONT_PAGE_BYTES);
	unsigned at = any_field(&f->genuine, &d);
	struct compare_box b = pen_box(&f->genuine.field[at].box);
	struct compare_box in = { b.x + 6, b.y + 6, b.w - 12, b.h - 12 };
	if (i % 2 == 0) {
		pen_erase(f->front, in);
		f->changed[at] = f->nameable = true;
		f->name =
		    arena_printf(a, "%s erased %s", layout_name[form], f->genuine.field[at].key);
		return true;
	}
	/* The same field's words once more, at another place inside the ruled form. */
	static const struct {
		unsigned x, y;
	} to[N_LAYOUTS] = { { 700, 1500 }, { 700, 890 }, { 800, 2000 }, { 800, 2000 } };
	const unsigned least = 300; /* pixels: a small character */
	const unsigned widest = 400;
	unsigned n = 0;
	unsigned first = in.w;
	for (unsigned x = 0; x < in.w; x++)
		for (unsigned y = 0; y < in.h && first == in.w; y++)
			first = front_ink(f->genuine.front, in.x + x, in.y + y) ? x : first;
	for (unsigned y = 0; y < in.h; y++)
		for (unsigned x = first; x < in.w && x < first + widest; x++)
			if (front_ink(f->genuine.front, in.x + x, in.y + y)) {
				pen_dot(f->front, to[form].x + x - first, to[form].y + y, true);
				n++;
			}
	if (n < least)
		return false;
	f->name = arena_printf(a, "%s inserted", layout_name[form]);
	return true;
}

bool
forge_seal(struct press *p, struct arena *a, unsigned i, struct forgery *f)
{
	enum layout form = i % 3 == 1 ? INKAN : (enum layout)(i % N_LAYOUTS);
	struct request *q = request_new(a, form, persons_of(form));
	struct sheet after;
	if (press_print(p, a, &q->in, &f->genuine, 1) != 1)
		return false;
	if (i % 3 == 1) {
		q->in.seal = sample_seal(a, (uint16_t)(425 - 12 - i));
	} else {
		const size_t row = (q->profile.koin_width_px + 7u) / 8;
		const size_t bytes = row * q->profile.koin_height_px;
		uint8_t *bits = arena_memdup(a, q->profile.koin_bits, bytes);
		/* a stroke of the seal's text gone, or two rows of it exchanged */
		for (unsigned y = 200 + i; y < 224 + i; y++) {
			if (i % 3 == 0)
				memset(bits + y * row + 10, 0, 20);
			else
				memcpy(bits + y * row + 8, bits + (y + 60) * row + 8, row - 16);
		}
		q->profile.koin_bits = bits;
	}
	if (press_print(p, a, &q->in, &after, 1) != 1)
		return false;
	f->front = arena_memdup(a, after.front, FRONT_PAGE_BYTES);
	for (unsigned k = 0; k < f->genuine.n_fields; k++)
		if (strcmp(f->genuine.field[k].key, "digest") == 0)
			pen_copy(f->front, f->genuine.front, pen_box(&f->genuine.field[k].box));
	f->name = arena_printf(a, "%s %s", layout_name[form], i % 3 == 1 ? "seal" : "koin");
	return memcmp(f->front, f->genuine.front, FRONT_PAGE_BYTES) != 0;
}

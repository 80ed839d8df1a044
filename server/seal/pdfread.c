/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/pdfread.h"
#include "server/seal/pdfobj.h"
#include <string.h>

/* A4 as the renderer has it, in thousandths of a point. */
enum { PAGE_W = 595190, PAGE_H = 841920 };

static bool
box_is_page(const struct pdfobj *box)
{
	static const int64_t want[4] = { 0, 0, PAGE_W, PAGE_H };
	if (box == NULL || box->type != PDFOBJ_ARRAY || box->n_items != 4)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		int64_t d = box->items[i].n - want[i];
		if (box->items[i].type != PDFOBJ_NUMBER || d < -10 || d > 10)
			return false;
	}
	return true;
}

/* The one font of the document, read once. */
static int
font_of(const struct pdffile *f, const struct pdfobj *resources, const struct pdfobj **seen,
    struct pdfread_font *font, struct err *err)
{
	static const char *const members[] = { "F1", NULL };
	const struct pdfobj *fonts = pdfobj_get(f, resources, "Font");
	const struct pdfobj *f1 = pdfobj_get(f, fonts, "F1");
	if (!pdfobj_members(fonts, members) || f1 == NULL || (*seen != NULL && *seen != f1))
		return err_raise(err, FAULT_BAD_INPUT, "fonts", 0);
	if (*seen != NULL)
		return 0;
	*seen = f1;
	return err_trace(err, pdfread_font_read(f, f1, font, err), "font");
}

static int
side_read(const struct pdffile *f, const struct pdfobj *page, const struct pdfobj **font_seen,
    struct pdfread_font *font, bool back, struct pdfread_side *ret, struct err *err)
{
	static const char *const members[] = { "Type", "Parent", "MediaBox", "Contents",
		"Resources", NULL };
	static const char *const resource_members[] = { "ProcSet?", "Font", "XObject?", NULL };
	const struct pdfobj *resources = pdfobj_get(f, page, "Resources");
	const uint8_t *p = NULL;
	size_t n = 0;
	if (!pdfobj_members(page, members) || !pdfobj_members(resources, resource_members) ||
	    !pdfobj_is_name(pdfobj_get(f, page, "Type"), "Page") ||
	    !box_is_page(pdfobj_get(f, page, "MediaBox")))
		return err_raise(err, FAULT_BAD_INPUT, "page", 0);
	int r = font_of(f, resources, font_seen, font, err);
	if (r == 0)
		r = pdfobj_data(f, pdfobj_get(f, page, "Contents"), &p, &n, err);
	if (r)
		return err_trace(err, r, "page");
	const struct pdfread_resources res = {
		.xobjects = pdfobj_get(f, resources, "XObject"),
		.font = font,
		.back = back,
	};
	return err_trace(err, pdfread_contents(f, &res, p, n, ret, err), "contents");
}

/* The catalog: pages and how to print them; no action, no form, no annotation. */
static const struct pdfobj *
kids_of(const struct pdffile *f)
{
	static const char *const trailer[] = { "Root", "Info", "Size", "ID", NULL };
	static const char *const catalog[] = { "Type", "Pages", "PageMode?", "PageLayout?",
		"ViewerPreferences", "Lang", "Metadata", "OutputIntents", NULL };
	static const char *const pages[] = { "Type", "Kids", "Count", NULL };
	const struct pdfobj *root = pdfobj_get(f, &f->trailer, "Root");
	const struct pdfobj *tree = pdfobj_get(f, root, "Pages");
	const struct pdfobj *kids = pdfobj_get(f, tree, "Kids");
	int64_t size = 0, count = 0;
	if (!pdfobj_members(&f->trailer, trailer) || !pdfobj_members(root, catalog) ||
	    !pdfobj_members(tree, pages) || kids == NULL || kids->type != PDFOBJ_ARRAY ||
	    !pdfobj_int(pdfobj_get(f, &f->trailer, "Size"), f->n_objects, f->n_objects, &size) ||
	    !pdfobj_int(pdfobj_get(f, tree, "Count"), 2, PDFREAD_MAX_SIDES, &count) ||
	    (size_t)count != kids->n_items || count % 2 != 0)
		return NULL;
	return kids;
}

int
pdfread(struct arena *a, const void *p, size_t bytes, struct pdfread **ret, struct err *err)
{
	struct pdffile f;
	struct pdfread *d = arena_zero(a, sizeof(*d));
	struct pdfread_font *font = arena_zero(a, sizeof(*font));
	const struct pdfobj *font_seen = NULL;
	int r = pdffile_read(a, p, bytes, &f, err);
	if (r)
		return err_trace(err, r, "file");
	const struct pdfobj *kids = kids_of(&f);
	if (kids == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "catalog", 0);
	r = pdfread_meta(&f, pdfobj_get(&f, &f.trailer, "Root"), &d->title, err);
	if (r)
		return err_trace(err, r, "catalog");
	d->n_sides = (unsigned)kids->n_items;
	for (unsigned i = 0; i < d->n_sides; i++) {
		r = side_read(&f, pdfobj_follow(&f, &kids->items[i]), &font_seen, font, i % 2 == 1,
		    &d->sides[i], err);
		if (r)
			return err_trace(err, r, "side");
		if (d->sides[i].is_back != (i % 2 == 1))
			return err_raise(err, FAULT_BAD_INPUT, "fronts and backs", i);
	}
	d->font = font;
	*ret = d;
	return 0;
}

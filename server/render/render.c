/* SPDX-License-Identifier: Apache-2.0 */
#include "render.h"

#include "base/text.h"
#include "engine.h"
#include "pdf_doc.h"

#include <string.h>

enum { ISSUE_NUMBER_MAX_CHARS = 80 };

/* Crockford's base32: no I, L, O, U. */
static bool
is_front_code(const char *s)
{
	return s != NULL && strlen(s) == RENDER_FRONT_CODE_CHARS &&
	    strspn(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == RENDER_FRONT_CODE_CHARS;
}

static int
check_profile(const struct profile *p, enum doc_kind kind, struct err *err)
{
	if (p == NULL || p->prefecture == NULL || p->name == NULL || p->mayor_title == NULL ||
	    p->mayor == NULL || p->inquiry_url == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "profile", (long)kind);
	if ((size_t)kind >= N_ELEMENTS(p->kinds))
		return err_raise(err, FAULT_BAD_INPUT, "kind", (long)kind);
	if (kind != 0 && p->kinds[kind].ninsho_all == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "profile's sentence", (long)kind);
	if (p->koin_bits == NULL || p->koin_width_px == 0 || p->koin_height_px == 0 ||
	    p->koin_width_px > PROFILE_SEAL_MAX_PX || p->koin_height_px > PROFILE_SEAL_MAX_PX)
		return err_raise(err, FAULT_BAD_INPUT, "profile's seal", p->koin_width_px);
	return 0;
}

static int
check_seal(const struct render_input *in, struct err *err)
{
	const struct seal_row *s = in->seal;
	if (in->kind != DOC_INKAN)
		return s == NULL ? 0 : err_raise(err, FAULT_BAD_INPUT, "a seal too many", 0);
	if (in->n_persons != 1 || s == NULL || s->bits == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "persons or seal", (long)in->n_persons);
	if (s->width_px < SEAL_MIN_PX || s->width_px > SEAL_MAX_PX || s->height_px < SEAL_MIN_PX ||
	    s->height_px > SEAL_MAX_PX)
		return err_raise(err, FAULT_BAD_INPUT, "seal's size", s->width_px);
	return 0;
}

static int
check_input(const struct render_input *in, struct err *err)
{
	if (in->n_persons == 0 || in->n_persons > ORDER_MAX_PERSONS)
		return err_raise(err, FAULT_BAD_INPUT, "persons", (long)in->n_persons);
	if (!is_front_code(in->front_code))
		return err_raise(err, FAULT_BAD_INPUT, "front code", 0);
	if (in->issue_number == NULL || in->issue_number[0] == '\0' ||
	    text_utf8_count(in->issue_number, strlen(in->issue_number)) < 0 ||
	    text_utf8_count(in->issue_number, strlen(in->issue_number)) > ISSUE_NUMBER_MAX_CHARS)
		return err_raise(err, FAULT_BAD_INPUT, "issue number", 0);
	int r = check_profile(in->profile, in->kind, err);
	return err_trace(err, r ? r : check_seal(in, err), "input");
}

static int
write_doc(struct arena *a, struct render_fonts *f, const struct render_input *render,
    const struct engine_doc *e, struct render_doc *ret, struct err *err)
{
	struct pdf_doc pdf = { 0 };
	const struct pdf_doc_input in = { .title = engine_title(render),
		.n_pages = e->n_pages,
		.fronts = e->fronts,
		.backs = e->backs,
		.profile = render->profile,
		.sample = render->sample };
	int r = pdf_doc_write(a, f, &in, &pdf, err);
	struct render_doc doc = {
		.pdf = pdf.pdf,
		.pdf_bytes = pdf.bytes,
		.n_pages = e->n_pages,
		.fields = e->fields,
		.n_fields = e->n_fields,
	};
	memcpy(doc.digest, e->digest, sizeof(doc.digest));
	for (unsigned i = 0; r == 0 && i < e->n_pages; i++) {
		doc.pages[i] =
		    (struct render_page){ .drawn = &e->fronts[i], .back_at = pdf.back_at[i] };
		if (!render_front_digest(&e->fronts[i], doc.pages[i].front))
			r = err_raise(err, FAULT_INTERNAL, "digest of a front", (long)i);
	}
	if (r == 0)
		*ret = doc;
	return err_trace(err, r, "document");
}

/* What is laid out on which form with which fonts. */
static int
run_engine(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct engine_doc *e, struct err *err)
{
	struct fontset_stack stack;
	int r = check_input(in, err);
	if (r)
		return err_trace(err, r, "render");
	const struct form *form = in->form != NULL ? in->form : form_find(in->kind, in->profile);
	if (form == NULL || (in->kind == 0) != (form->title != NULL))
		return err_raise(err, FAULT_BAD_INPUT, "kind", (long)in->kind);
	r = fontset_stack(f, in->profile->muni, &stack, err);
	if (r == 0)
		r = engine_run(a, &stack, form, in, e, err);
	return err_trace(err, r, "render");
}

int
render_doc(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct render_doc *ret, struct err *err)
{
	struct engine_doc *e = arena_zero(a, sizeof(*e));
	int r = run_engine(a, f, in, e, err);
	if (r > 0)
		ret->failed_item = e->failed_item;
	if (r)
		return err_trace(err, r, "render");
	return err_trace(err, write_doc(a, f, in, e, ret, err), "render");
}

int
render_survey(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct render_trouble *ret, unsigned room, unsigned *ret_n, struct err *err)
{
	struct engine_doc *e = arena_zero(a, sizeof(*e));
	struct engine_survey survey = { .list = ret, .room = room };
	e->survey = &survey;
	int r = run_engine(a, f, in, e, err);
	*ret_n = survey.n;
	if (r > 0 && room > 0) {
		ret[0] = (struct render_trouble){ e->failed_item, r, "not there, or too many", 0 };
		*ret_n = 1;
	}
	return err_trace(err, r, "survey");
}

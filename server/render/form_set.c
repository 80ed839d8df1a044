/* SPDX-License-Identifier: Apache-2.0 */
/* form_set - which form a kind has: the municipality's own description, or one of ours. */
#include "form.h"

#include "form_files.h"

#include <string.h>

int
form_builtin(struct arena *a, const char *name, const struct form **ret, struct err *err)
{
	const struct http_page *file =
	    http_page_find(form_files, arena_printf(a, "/%.*s.json", FORM_MAX_NAME, name));
	struct form *f = arena_zero(a, sizeof(*f));
	if (file == NULL)
		return err_raise(err, FAULT_CONFIG, "no such form", 0);
	int r = form_parse(a, file->p, file->bytes, f, err);
	if (r == 0)
		*ret = f;
	return err_trace(err, r, "builtin");
}

static unsigned
count(const struct form_block *b, enum form_what what)
{
	unsigned n = 0;
	for (unsigned i = 0; i < b->n_cells; i++)
		n += b->cells[i].what == what;
	return n;
}

static unsigned
count_all(const struct form *f, enum form_what what)
{
	return count(&f->head, what) + count(&f->person, what) + count(&f->foreign, what) +
	    count(&f->unused, what) + count(&f->foot, what);
}

static unsigned
options_of(const struct form_block *b)
{
	unsigned options = 0;
	for (unsigned i = 0; i < b->n_cells; i++)
		options |= b->cells[i].option;
	return options;
}

/* Title, sentence, slots, seal and options are the kind's: center, kofu-seal and bank rely on it.
 */
static int
fits_kind(const struct form *f, const struct profile *p, enum doc_kind kind, struct err *err)
{
	bool has_seal = kind == DOC_INKAN;
	if (f->title != NULL)
		return err_raise(err, FAULT_CONFIG, "title of a kind's own", (long)kind);
	if (f->slots != profile_slots(p, kind))
		return err_raise(err, FAULT_CONFIG, "slots of the kind", (long)f->slots);
	if (count_all(f, FORM_DATA) != 0)
		return err_raise(err, FAULT_CONFIG, "data that the kind does not have", (long)kind);
	if (count(&f->person, FORM_SEAL) != has_seal || count(&f->foreign, FORM_SEAL) != has_seal ||
	    count_all(f, FORM_SEAL) != 2U * has_seal)
		return err_raise(err, FAULT_CONFIG, "seal of the kind", (long)kind);
	if (has_seal && (options_of(&f->head) | options_of(&f->person) | options_of(&f->foreign)))
		return err_raise(err, FAULT_CONFIG, "options of the kind", (long)kind);
	return 0;
}

int
form_assign(struct arena *a, struct profile *p, struct err *err)
{
	int both = form_builtin(a, "renki", &p->record_forms[PROFILE_RENKI], err);
	if (both == 0)
		both = form_builtin(a, "kojin", &p->record_forms[PROFILE_KOJIN], err);
	if (both)
		return err_trace(err, both, "forms of the 住民票");
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		enum doc_kind kind = (enum doc_kind)k;
		const struct form *form = NULL;
		int r = 0;
		if (p->form_texts[k] != NULL) {
			struct form *own = arena_zero(a, sizeof(*own));
			r = form_parse(a, p->form_texts[k], strlen(p->form_texts[k]), own, err);
			form = own;
		} else if (doc_kind_is_record(kind)) {
			form = p->record_forms[p->form == PROFILE_KOJIN ? PROFILE_KOJIN
									: PROFILE_RENKI];
		} else {
			r = form_builtin(a, "inkan", &form, err);
		}
		if (r == 0)
			r = fits_kind(form, p, kind, err);
		if (r)
			return err_trace(err, r, "form of a kind");
		p->forms[k] = form;
	}
	return 0;
}

const struct form *
form_find(enum doc_kind kind, const struct profile *p)
{
	return (unsigned)kind < N_ELEMENTS(p->forms) ? p->forms[kind] : NULL;
}

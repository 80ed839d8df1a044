/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/printable.h"

#include "base/clock.h"
#include "base/text.h"
#include "queries/asp_front.h"
#include "server/render/form.h"

#include <string.h>

enum { KINDS_TEXT_BYTES = 64 };

/* As long as they get. */
static const char any_number[] = "20261231-000000-K0000-99999999";
static const char any_code[] = "0000000000000000";

struct survey {
	struct printable_with with;
	struct db *db;
	FILE *out;
	struct printable_sum sum;
};

const char *
printable_reason_name(unsigned reason)
{
	static const char *const names[] = { "character", "length", "missing", "row", "gap", "card",
		"record" };
	_Static_assert(N_ELEMENTS(names) == PRINTABLE_REASON_MAX, "a name each");
	return reason >= 1 && reason <= PRINTABLE_REASON_MAX ? names[reason - 1] : NULL;
}

static enum printable_reason
reason_of(int outcome)
{
	switch (outcome) {
	case RENDER_E_NO_GLYPH:
		return PRINTABLE_CHARACTER;
	case RENDER_E_MISSING:
		return PRINTABLE_MISSING;
	default: /* too long a text, or too many of them */
		return PRINTABLE_LENGTH;
	}
}

/* A person's troubles over all kinds. */
static void
troubles_add(struct printable_person *all, const struct render_trouble *t, enum doc_kind kind)
{
	enum printable_reason reason = reason_of(t->outcome);
	unsigned i = 0;
	while (i < all->n &&
	    !(text_equal(all->list[i].item, t->item) && all->list[i].reason == reason))
		i++;
	if (i == PRINTABLE_MAX_ITEMS)
		return;
	if (i == all->n)
		all->list[all->n++] = (struct printable_trouble){
			.item = t->item, .reason = reason, .why = t->why, .at = t->at
		};
	all->list[i].kinds |= 1U << kind;
}

/* The person in every slot of a page: the slots differ by a pixel. */
static int
kind_look(const struct printable_with *w, struct arena *a, const struct resident *r,
    const struct seal_row *seal, enum doc_kind kind, struct printable_person *all, struct err *err)
{
	struct render_trouble found[PRINTABLE_MAX_ITEMS];
	const struct resident *persons[FORM_MAX_SLOTS];
	const struct form *form = form_find(kind, w->profile);
	unsigned n = 0;
	if (form == NULL)
		return err_raise(err, FAULT_CONFIG, "kind without a form", (long)kind);
	for (unsigned i = 0; i < form->slots; i++)
		persons[i] = r;
	const struct render_input in = { .kind = kind,
		.profile = w->profile,
		.whole_household = true,
		.options = kind == DOC_INKAN ? 0 : ORDER_OPTIONS_ALL,
		.persons = persons,
		.n_persons = kind == DOC_INKAN ? 1 : form->slots,
		.seal = kind == DOC_INKAN ? seal : NULL,
		.issue_number = any_number,
		.front_code = any_code,
		.issued_on = clock_japan(clock_now_ms()).on };
	int e = render_survey(a, w->fonts, &in, found, PRINTABLE_MAX_ITEMS, &n, err);
	for (unsigned i = 0; e >= 0 && i < n; i++)
		troubles_add(all, &found[i], kind);
	return e < 0 ? err_trace(err, e, "survey") : 0;
}

static void
kinds_text(unsigned kinds, char out[KINDS_TEXT_BYTES])
{
	size_t at = 0;
	out[0] = '\0';
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if ((kinds >> k & 1) != 0 && at < KINDS_TEXT_BYTES)
			at += (size_t)snprintf(out + at, KINDS_TEXT_BYTES - at, "%s%s",
			    at > 0 ? "," : "", doc_kind_name((enum doc_kind)k));
}

static void
troubles_print(struct survey *s, const struct printable_person *all)
{
	char kinds[KINDS_TEXT_BYTES];
	for (unsigned i = 0; i < all->n; i++) {
		const struct printable_trouble *t = &all->list[i];
		kinds_text(t->kinds, kinds);
		fprintf(s->out, "%s\t%s\t%s\t%s\t%s", s->with.profile->muni.s,
		    all->atena_no != NULL ? all->atena_no : "-", t->item,
		    t->kinds != 0 ? kinds : "-", t->why);
		if (t->at > 0)
			fprintf(s->out, ", character %u", t->at);
		fputc('\n', s->out);
	}
	s->sum.n_bad += all->n > 0;
	s->sum.n_lines += all->n;
}

static int
row_open(const struct printable_with *w, struct arena *a, const struct db_rows *rows, size_t i,
    unsigned col, enum vault_kind kind, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct person_ref ref;
	size_t n = 0, bytes = 0;
	const uint8_t *p = db_bytes(rows, i, 0, &n);
	const uint8_t *sealed = db_is_null(rows, i, col + 1 + (kind == VAULT_SEAL))
	    ? NULL
	    : db_bytes(rows, i, col + 1 + (kind == VAULT_SEAL), &bytes);
	if (p == NULL || n != sizeof(ref.b) || sealed == NULL)
		return err_raise(err, FAULT_INTEGRITY, "no row", (long)n);
	memcpy(ref.b, p, sizeof(ref.b));
	return vault_row_open(w->vault, a, kind, &ref, (uint32_t)db_int(rows, i, col), sealed,
	    bytes, ret, ret_bytes, err);
}

/* Columns of printable_page: ref, 履歴番号 and row, then 履歴番号, state and row of the seal. */
static int
person_read(const struct printable_with *w, struct arena *a, const struct db_rows *rows, size_t i,
    struct resident *ret, struct seal_row *ret_seal, bool *ret_has_seal, struct err *err)
{
	enum { RIREKI = 1, SEAL_RIREKI = 3, SEAL_STATE = 4 };
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = row_open(w, a, rows, i, RIREKI, VAULT_RESIDENT, &p, &bytes, err);
	if (r == 0)
		r = resident_decode(a, p, bytes, ret, err);
	*ret_has_seal = r == 0 && db_int(rows, i, SEAL_STATE) == SEAL_REGISTERED;
	if (*ret_has_seal)
		r = row_open(w, a, rows, i, SEAL_RIREKI, VAULT_SEAL, &p, &bytes, err);
	if (*ret_has_seal && r == 0)
		r = seal_row_decode(a, p, bytes, ret_seal, err);
	return err_fold(err, r, "row");
}

int
printable_look(const struct printable_with *w, struct arena *a, const struct db_rows *rows,
    size_t i, struct printable_person *ret, struct err *err)
{
	static const struct printable_trouble unread = {
		.item = "-", .reason = PRINTABLE_ROW, .why = "the row cannot be read"
	};
	struct resident r;
	struct seal_row seal;
	bool has_seal = false;
	struct err unreadable = { 0 };
	size_t n = 0;
	const uint8_t *ref = db_bytes(rows, i, 0, &n);
	if (ref == NULL || n != sizeof(ret->ref.b))
		return err_raise(err, FAULT_INTEGRITY, "ref", (long)n);
	ret->atena_no = NULL;
	ret->n = 0;
	memcpy(ret->ref.b, ref, sizeof(ret->ref.b));
	if (person_read(w, a, rows, i, &r, &seal, &has_seal, &unreadable) != 0) {
		ret->list[ret->n++] = unread;
		return 0;
	}
	ret->atena_no = r.atena_no;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		if (!w->profile->kinds[k].offered || (k == DOC_INKAN && !has_seal))
			continue;
		int e = kind_look(w, a, &r, &seal, (enum doc_kind)k, ret, err);
		if (e)
			return err_trace(err, e, "person");
	}
	return 0;
}

static int
person_survey(struct survey *s, const struct db_rows *rows, size_t i, struct printable_person *p,
    struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	s->sum.n_persons++;
	int r = printable_look(&s->with, a, rows, i, p, err);
	if (r == 0)
		troubles_print(s, p);
	return err_trace(err, r, "person");
}

/* @after: the last person seen. *ret_more: the page was full. */
static int
page_survey(struct survey *s, struct person_ref *after, bool *ret_more, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(s->db, &q_front_printable_page, &rows, err,
	    db_bytes_arg(after->b, sizeof(after->b)), db_int_arg(PRINTABLE_PAGE));
	if (r)
		return err_fold(err, r, "page");
	for (size_t i = 0; i < db_n(rows) && r == 0; i++) {
		struct printable_person p = { .n = 0 };
		r = person_survey(s, rows, i, &p, err);
		*after = p.ref;
	}
	if (r)
		return err_trace(err, r, "page");
	*ret_more = db_n(rows) == PRINTABLE_PAGE;
	return 0;
}

int
printable_list(struct db *db, const struct vault *v, struct render_fonts *f,
    const struct profile *p, FILE *out, struct printable_sum *ret, struct err *err)
{
	struct survey s = { .with = { v, f, p }, .db = db, .out = out };
	struct person_ref after = { { 0 } };
	bool more = true;
	int r = 0;
	while (r == 0 && more)
		r = page_survey(&s, &after, &more, err);
	if (r == 0)
		*ret = s.sum;
	return err_trace(err, r, "printable");
}

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
	struct db *db;
	const struct vault *vault;
	struct render_fonts *fonts;
	const struct profile *profile;
	FILE *out;
	struct printable_sum sum;
};

/* A person's troubles over all kinds. */
struct troubles {
	struct render_trouble list[PRINTABLE_MAX_ITEMS];
	unsigned kinds[PRINTABLE_MAX_ITEMS]; /* bits 1 << enum doc_kind */
	unsigned n;
};

static void
troubles_add(struct troubles *all, const struct render_trouble *t, enum doc_kind kind)
{
	unsigned i = 0;
	while (i < all->n &&
	    !(text_equal(all->list[i].item, t->item) && all->list[i].outcome == t->outcome))
		i++;
	if (i == PRINTABLE_MAX_ITEMS)
		return;
	if (i == all->n)
		all->list[all->n++] = *t;
	all->kinds[i] |= 1U << kind;
}

/* The person in every slot of a page: the slots differ by a pixel. */
static int
kind_survey(struct survey *s, struct arena *a, const struct resident *r,
    const struct seal_row *seal, enum doc_kind kind, struct troubles *all, struct err *err)
{
	struct render_trouble found[PRINTABLE_MAX_ITEMS];
	const struct resident *persons[FORM_MAX_SLOTS];
	const struct form *form = form_find(kind, s->profile);
	unsigned n = 0;
	if (form == NULL)
		return err_raise(err, FAULT_CONFIG, "kind without a form", (long)kind);
	for (unsigned i = 0; i < form->slots; i++)
		persons[i] = r;
	const struct render_input in = { .kind = kind,
		.profile = s->profile,
		.whole_household = true,
		.options = kind == DOC_INKAN ? 0 : ORDER_OPTIONS_ALL,
		.persons = persons,
		.n_persons = kind == DOC_INKAN ? 1 : form->slots,
		.seal = kind == DOC_INKAN ? seal : NULL,
		.issue_number = any_number,
		.front_code = any_code,
		.issued_on = clock_japan(clock_now_ms()).on };
	int e = render_survey(a, s->fonts, &in, found, PRINTABLE_MAX_ITEMS, &n, err);
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
troubles_print(struct survey *s, const char *atena_no, const struct troubles *all)
{
	char kinds[KINDS_TEXT_BYTES];
	for (unsigned i = 0; i < all->n; i++) {
		const struct render_trouble *t = &all->list[i];
		kinds_text(all->kinds[i], kinds);
		fprintf(s->out, "%s\t%s\t%s\t%s\t%s", s->profile->muni.s, atena_no, t->item, kinds,
		    t->why);
		if (t->at > 0)
			fprintf(s->out, ", character %u", t->at);
		fputc('\n', s->out);
	}
	s->sum.n_bad += all->n > 0;
	s->sum.n_lines += all->n;
}

static int
row_open(struct survey *s, struct arena *a, const struct db_rows *rows, size_t i, unsigned col,
    enum vault_kind kind, uint8_t **ret, size_t *ret_bytes, struct err *err)
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
	return vault_row_open(s->vault, a, kind, &ref, (uint32_t)db_int(rows, i, col), sealed,
	    bytes, ret, ret_bytes, err);
}

/* Columns of printable_page: ref, 履歴番号 and row, then 履歴番号, state and row of the seal. */
static int
person_read(struct survey *s, struct arena *a, const struct db_rows *rows, size_t i,
    struct resident *ret, struct seal_row *ret_seal, bool *ret_has_seal, struct err *err)
{
	enum { RIREKI = 1, SEAL_RIREKI = 3, SEAL_STATE = 4 };
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = row_open(s, a, rows, i, RIREKI, VAULT_RESIDENT, &p, &bytes, err);
	if (r == 0)
		r = resident_decode(a, p, bytes, ret, err);
	*ret_has_seal = r == 0 && db_int(rows, i, SEAL_STATE) == SEAL_REGISTERED;
	if (*ret_has_seal)
		r = row_open(s, a, rows, i, SEAL_RIREKI, VAULT_SEAL, &p, &bytes, err);
	if (*ret_has_seal && r == 0)
		r = seal_row_decode(a, p, bytes, ret_seal, err);
	return err_fold(err, r, "row");
}

static int
person_survey(struct survey *s, const struct db_rows *rows, size_t i, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct resident r;
	struct seal_row seal;
	bool has_seal = false;
	struct err unreadable = { 0 };
	struct troubles all = { .n = 0 };
	s->sum.n_persons++;
	if (person_read(s, a, rows, i, &r, &seal, &has_seal, &unreadable) != 0) {
		fprintf(s->out, "%s\t-\t-\t-\tthe row cannot be read\n", s->profile->muni.s);
		s->sum.n_bad++;
		s->sum.n_lines++;
		return 0;
	}
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		if (!s->profile->kinds[k].offered || (k == DOC_INKAN && !has_seal))
			continue;
		int e = kind_survey(s, a, &r, &seal, (enum doc_kind)k, &all, err);
		if (e)
			return err_trace(err, e, "person");
	}
	troubles_print(s, r.atena_no, &all);
	return 0;
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
	for (size_t i = 0; i < db_n(rows); i++) {
		size_t n = 0;
		r = person_survey(s, rows, i, err);
		const uint8_t *ref = db_bytes(rows, i, 0, &n);
		if (r == 0 && (ref == NULL || n != sizeof(after->b)))
			r = err_raise(err, FAULT_INTEGRITY, "ref", (long)n);
		if (r)
			return err_trace(err, r, "page");
		memcpy(after->b, ref, sizeof(after->b));
	}
	*ret_more = db_n(rows) == PRINTABLE_PAGE;
	return 0;
}

int
printable_list(struct db *db, const struct vault *v, struct render_fonts *f,
    const struct profile *p, FILE *out, struct printable_sum *ret, struct err *err)
{
	struct survey s = { .db = db, .vault = v, .fonts = f, .profile = p, .out = out };
	struct person_ref after = { { 0 } };
	bool more = true;
	int r = 0;
	while (r == 0 && more)
		r = page_survey(&s, &after, &more, err);
	if (r == 0)
		*ret = s.sum;
	return err_trace(err, r, "printable");
}

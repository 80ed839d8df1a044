/* SPDX-License-Identifier: Apache-2.0 */
#include "papers.h"

#include <string.h>

enum { MAX_SHEETS = RENDER_MAX_PAGES };

const char *const layout_name[N_LAYOUTS] = { "renki-1", "renki-4", "kojin", "inkan" };

struct request *
request_new(struct arena *a, enum layout f, unsigned n)
{
	struct request *q = arena_zero(a, sizeof(*q));
	for (unsigned i = 0; i < SAMPLE_N_PERSONS; i++) {
		q->person[i] = sample_persons[i];
		q->list[i] = &q->person[i];
	}
	q->in = sample_input(a, f == INKAN ? DOC_INKAN : DOC_JUMINHYO,
	    f == KOJIN ? PROFILE_KOJIN : PROFILE_RENKI, n);
	q->profile = *q->in.profile;
	q->in.profile = &q->profile;
	q->in.persons = q->list;
	return q;
}

unsigned
persons_of(enum layout f)
{
	return f == RENKI_4 ? 4 : 1;
}

/* 令和８年１１月２１日: its month or day. */
static struct civil_date
issued_on(const struct change *c, bool after)
{
	if (strcmp(c->from, "２１") == 0)
		return (struct civil_date){ 2026, 11, after ? 27 : 21 };
	if (strcmp(c->from, "１１") == 0)
		return (struct civil_date){ 2026, 10, after ? 17 : 11 };
	return (struct civil_date){ 2026, 12, after ? 16 : 10 };
}

void
request_change(struct request *q, const struct change *c, unsigned person, bool after)
{
	const char *text = after ? c->to : c->from;
	if (c->other == 0)
		q->person[person].item[c->item - 1] = text[0] != '\0' ? text : NULL;
	else if (c->other == CHANGE_NUMBER)
		q->in.issue_number = text;
	else if (c->other == CHANGE_CODE)
		q->in.front_code = text;
	else if (c->other == CHANGE_MAYOR)
		q->profile.mayor = text;
	else if (c->other == CHANGE_NINSHO)
		for (unsigned i = DOC_JUMINHYO; i <= DOC_INKAN; i++)
			q->profile.kinds[i].ninsho_all = text;
	else
		q->in.issued_on = issued_on(c, after);
}

/* A row of genuine_sheet()'s table as an order. */
struct genuine {
	enum layout form;
	unsigned n, page;
	enum { ALL = 1, LONGEST = 2, KISAI = 4, KAZEI = 8 } how;
};

static struct request *
genuine_request(struct arena *a, const struct genuine *g, unsigned turn)
{
	struct request *q = request_new(a, g->form, g->n);
	if (g->how & KAZEI) {
		q->in = sample_kazei(a);
		return q;
	}
	if (g->how & KISAI)
		q->in.kind = DOC_KISAI;
	if (g->how & LONGEST)
		q->list[0] = &sample_long;
	else /* another member of the household heads the list */
		for (unsigned k = 0; k + 1 < SAMPLE_N_PERSONS; k++)
			q->list[k] = &q->person[(k + turn) % (SAMPLE_N_PERSONS - 1)];
	if (!(g->how & ALL) && g->form != INKAN)
		q->in.options = 0;
	return q;
}

bool
genuine_sheet(struct press *p, struct arena *a, unsigned i, struct sheet *ret)
{
	static const struct genuine t[] = { { RENKI_1, 1, 0, ALL }, { RENKI_4, 4, 0, ALL },
		{ KOJIN, 1, 0, ALL }, { INKAN, 1, 0, ALL }, { RENKI_4, 2, 0, 0 },
		{ RENKI_4, 6, 0, ALL }, { RENKI_4, 6, 1, ALL }, { KOJIN, 6, 2, 0 },
		{ KOJIN, 1, 0, ALL | LONGEST }, { RENKI_1, 1, 0, ALL | LONGEST },
		{ INKAN, 1, 0, ALL | LONGEST }, { RENKI_4, 4, 0, ALL | KISAI },
		{ KOJIN, 1, 0, KISAI }, { KOJIN, 1, 0, KAZEI } };
	struct sheet all[MAX_SHEETS];
	const struct genuine *g = &t[i % N_ELEMENTS(t)];
	struct request *q = genuine_request(a, g, i / N_ELEMENTS(t));
	unsigned n = press_print(p, a, &q->in, all, MAX_SHEETS);
	if (n <= g->page)
		return false;
	*ret = all[g->page];
	return true;
}

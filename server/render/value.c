/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "base/text.h"
#include "domain/wareki.h"

#include <string.h>

/* Two texts with a full-width space between them; either may be NULL. */
static const char *
joined(struct arena *a, const char *x, const char *y)
{
	if (x == NULL || y == NULL)
		return x == NULL ? y : x;
	return arena_printf(a, "%s　%s", x, y);
}

static const char *
value_name(struct arena *a, const struct resident *r)
{
	if (r->class_ != RESIDENT_FOREIGN || text_equal(r->name, r->name_latin))
		return r->name;
	return joined(a, r->name_latin, r->name);
}

/* 方書 is part of the address and never left out (標準仕様書 5.4). */
static const char *
value_address(struct arena *a, const struct resident *r)
{
	return joined(a, r->address, r->katagaki);
}

static long
day_number(struct civil_date d)
{
	return (d.year * 12L + d.month) * 31 + d.day;
}

static const char *
value_mayor(struct arena *a, const struct render_input *in)
{
	const struct profile *p = in->profile;
	long on = day_number(in->issued_on);
	bool dairi =
	    p->dairi != NULL && on >= day_number(p->dairi_from) && on <= day_number(p->dairi_to);
	/* 標準仕様書 1.3.9: the prefecture stands before the title. */
	return arena_printf(a, "%s%s%s%s　%s", p->prefecture, p->name, p->mayor_title,
	    dairi ? "職務代理者" : "", dairi ? p->dairi : p->mayor);
}

static const char *
value_ninsho(const struct render_input *in)
{
	const struct profile_kind *k = &in->profile->kinds[in->kind];
	return in->whole_household || k->ninsho_part == NULL ? k->ninsho_all : k->ninsho_part;
}

static const char *
value_front_code(struct arena *a, const char *c)
{
	return arena_printf(a, "%.4s-%.4s-%.4s-%.4s", c, c + 4, c + 8, c + 12);
}

static const struct {
	const char *name; /* in a description */
	const char *key;  /* of the field */
} values[] = {
	[VALUE_SLOT] = { "slot", "no" },
	[VALUE_STARS] = { "stars", "" },
	[VALUE_NAME] = { "name", "name" },
	[VALUE_ADDRESS] = { "address", "address" },
	[VALUE_HEAD_ADDRESS] = { "head_address", "address" },
	[VALUE_HEAD] = { "head", "setainushi" },
	[VALUE_NINSHO] = { "ninsho", "ninsho" },
	[VALUE_ISSUED_ON] = { "issued_on", "issued_on" },
	[VALUE_MAYOR] = { "mayor", "mayor" },
	[VALUE_ISSUE_NUMBER] = { "issue_number", "issue_number" },
	[VALUE_FRONT_CODE] = { "front_code", "front_code" },
	[VALUE_DIGEST] = { "digest", "digest" },
	[VALUE_TITLE] = { "title", "title" },
};

enum value
value_find(const char *name)
{
	for (unsigned i = 0; i < N_ELEMENTS(values); i++)
		if (values[i].name != NULL && strcmp(values[i].name, name) == 0)
			return (enum value)i;
	return VALUE_NONE;
}

const char *
value_key(enum value v)
{
	return (unsigned)v < N_ELEMENTS(values) && values[v].key != NULL ? values[v].key : "";
}

const char *
value_text(struct arena *a, enum value v, const struct value_place *at)
{
	const struct render_input *in = at->in;
	switch (v) {
	case VALUE_SLOT:
		return arena_printf(a, "%u", at->slot);
	case VALUE_STARS:
		return "＊＊＊";
	case VALUE_NAME:
		return value_name(a, at->person);
	case VALUE_ADDRESS:
		return value_address(a, at->person);
	case VALUE_HEAD_ADDRESS:
		return value_address(a, in->persons[0]);
	case VALUE_HEAD:
		return in->persons[0]->setainushi;
	case VALUE_NINSHO:
		return at->ninsho != NULL ? at->ninsho : value_ninsho(in);
	case VALUE_ISSUED_ON:
		return wareki_format(a, in->issued_on);
	case VALUE_MAYOR:
		return value_mayor(a, in);
	case VALUE_ISSUE_NUMBER:
		return arena_printf(a, "%s %u/%u", in->issue_number, at->page + 1, at->n_pages);
	case VALUE_FRONT_CODE:
		return value_front_code(a, in->front_code);
	case VALUE_DIGEST:
		return at->digest;
	case VALUE_INQUIRY_URL:
		return in->profile->inquiry_url;
	case VALUE_TITLE:
		return at->title;
	case VALUE_NONE:
		break;
	}
	return NULL;
}

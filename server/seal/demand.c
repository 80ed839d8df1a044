/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/demand_int.h"
#include "base/mem.h"
#include "base/text.h"
#include "domain/muni.h"
#include "domain/wareki.h"
#include <string.h>

/* 標準仕様書 5.1: what stands instead of an item that was not asked for, or that is not there. */
static const char not_asked[] = "省略", kuran[] = "【空欄】", unused[] = "＊＊＊";

enum { EITHER = 0, JAPANESE = RESIDENT_JAPANESE, FOREIGN = RESIDENT_FOREIGN };

/* The items that may stand on a certificate of the 住民票 at all, and what must be asked for. */
static const struct {
	enum resident_item item;
	unsigned option;
	int class_;
} juminhyo_items[] = {
	{ RESIDENT_ITEM_name_kana, 0, EITHER },
	{ RESIDENT_ITEM_birth, 0, EITHER },
	{ RESIDENT_ITEM_sex, 0, EITHER },
	{ RESIDENT_ITEM_address_since, 0, EITHER },
	{ RESIDENT_ITEM_todokede_on, 0, EITHER },
	{ RESIDENT_ITEM_prev_address, 0, EITHER },
	{ RESIDENT_ITEM_biko, 0, EITHER },
	{ RESIDENT_ITEM_zokugara, ORDER_SETAINUSHI, EITHER },
	{ RESIDENT_ITEM_kojin_no, ORDER_KOJIN_NO, EITHER },
	{ RESIDENT_ITEM_jumin_code, ORDER_JUMIN_CODE, EITHER },
	{ RESIDENT_ITEM_jumin_since, 0, JAPANESE },
	{ RESIDENT_ITEM_kyu_uji, 0, JAPANESE },
	{ RESIDENT_ITEM_kyu_uji_kana, 0, JAPANESE },
	{ RESIDENT_ITEM_honseki, ORDER_HONSEKI, JAPANESE },
	{ RESIDENT_ITEM_hittosha, ORDER_HONSEKI, JAPANESE },
	{ RESIDENT_ITEM_gaikokujin_since, 0, FOREIGN },
	{ RESIDENT_ITEM_tsusho, 0, FOREIGN },
	{ RESIDENT_ITEM_tsusho_kana, 0, FOREIGN },
	{ RESIDENT_ITEM_kokuseki, ORDER_KOKUSEKI, FOREIGN },
	{ RESIDENT_ITEM_ho30_45, ORDER_ZAIRYU, FOREIGN },
	{ RESIDENT_ITEM_zairyu_shikaku, ORDER_ZAIRYU, FOREIGN },
	{ RESIDENT_ITEM_zairyu_kikan, ORDER_ZAIRYU, FOREIGN },
	{ RESIDENT_ITEM_zairyu_manryo, ORDER_ZAIRYU, FOREIGN },
	{ RESIDENT_ITEM_zairyu_no, ORDER_ZAIRYU, FOREIGN },
};
/* 印鑑登録証明事務処理要領: the items of a 印鑑登録証明書. */
static const struct {
	enum resident_item item;
	int class_;
} inkan_items[] = {
	{ RESIDENT_ITEM_birth, EITHER },
	{ RESIDENT_ITEM_kyu_uji, JAPANESE },
	{ RESIDENT_ITEM_name_kana, FOREIGN },
	{ RESIDENT_ITEM_tsusho, FOREIGN },
};

/* The option an item needs; false when it does not belong on this kind for this person. */
static bool
item_belongs(enum doc_kind kind, const struct resident *r, unsigned item, unsigned *ret_option)
{
	*ret_option = 0;
	for (size_t i = 0; kind == DOC_INKAN && i < N_ELEMENTS(inkan_items); i++)
		if (inkan_items[i].item == (enum resident_item)item)
			return inkan_items[i].class_ == EITHER ||
			    inkan_items[i].class_ == (int)r->class_;
	for (size_t i = 0; doc_kind_is_record(kind) && i < N_ELEMENTS(juminhyo_items); i++)
		if (juminhyo_items[i].item == (enum resident_item)item) {
			*ret_option = juminhyo_items[i].option;
			return juminhyo_items[i].class_ == EITHER ||
			    juminhyo_items[i].class_ == (int)r->class_;
		}
	return false;
}

static bool
is_empty(const char *s)
{
	return s == NULL || s[0] == '\0';
}

static const char *
two(struct arena *a, const char *x, const char *y)
{
	if (is_empty(x) || is_empty(y))
		return is_empty(x) ? y : x;
	return arena_printf(a, "%s　%s", x, y);
}

/* A value of the row, or either of the marks where there is none. */
static const char *
or_mark(const char *value, const char **ret_also)
{
	if (!is_empty(value))
		return value;
	*ret_also = unused;
	return kuran;
}

static const char *
name_of(struct arena *a, const struct resident *r)
{
	if (r->class_ != RESIDENT_FOREIGN || text_equal(r->name, r->name_latin))
		return r->name;
	return two(a, r->name_latin, r->name);
}

/* "p3.name": the third person printed. */
static const char *
person_text(const struct demand_copy *c, unsigned page, const char *key, const char **ret_also)
{
	uint64_t number = 0;
	const char *dot = strchr(key, '.');
	if (dot == NULL ||
	    !text_u64_parse(key + 1, (size_t)(dot - key - 1), c->d->n_printed, &number) ||
	    number < 1 || (number - 1) / c->slots != page)
		return NULL;
	const struct resident *r = &c->d->people[number - 1].row;
	const char *what = dot + 1;
	if (strcmp(what, "name") == 0)
		return or_mark(name_of(c->arena, r), ret_also);
	if (strcmp(what, "no") == 0 && doc_kind_is_record(c->d->order.kind))
		return arena_printf(c->arena, "%u", (unsigned)((number - 1) % c->slots) + 1);
	if (strcmp(what, "address") == 0 && c->d->order.kind == DOC_INKAN)
		return or_mark(two(c->arena, r->address, r->katagaki), ret_also);
	unsigned option = 0, item = resident_item_find(what);
	if (item == 0 || !item_belongs(c->d->order.kind, r, item, &option))
		return NULL;
	if ((option & ~c->d->order.options) != 0)
		return not_asked;
	return or_mark(r->item[item - 1], ret_also);
}

static int
day_number(struct civil_date d)
{
	return (d.year * 12 + d.month) * 31 + d.day;
}

static const char *
mayor_text(const struct demand_copy *c)
{
	const struct profile *p = c->d->profile;
	int on = day_number(clock_japan(c->d->issued_ms).on);
	bool dairi =
	    p->dairi != NULL && on >= day_number(p->dairi_from) && on <= day_number(p->dairi_to);
	return arena_printf(c->arena, "%s%s%s%s　%s", p->prefecture, p->name, p->mayor_title,
	    dairi ? "職務代理者" : "", dairi ? p->dairi : p->mayor);
}

static const char *
head_text(const struct demand_copy *c, const char *key, const char **ret_also)
{
	const struct resident *first = &c->d->people[0].row;
	if (!doc_kind_is_record(c->d->order.kind))
		return NULL;
	if (strcmp(key, "address") == 0)
		return or_mark(two(c->arena, first->address, first->katagaki), ret_also);
	if (strcmp(key, "setainushi") != 0)
		return NULL;
	if ((c->d->order.options & ORDER_SETAINUSHI) == 0)
		return not_asked;
	return or_mark(first->setainushi, ret_also);
}

/* 認証文, date and mayor stand once, on the last page. */
static const char *
foot_text(const struct demand_copy *c, const char *key)
{
	const struct profile_kind *k = &c->d->profile->kinds[c->d->order.kind];
	if (strcmp(key, "ninsho") == 0)
		return c->d->whole_household || k->ninsho_part == NULL ? k->ninsho_all
								       : k->ninsho_part;
	if (strcmp(key, "issued_on") == 0)
		return wareki_format(c->arena, clock_japan(c->d->issued_ms).on);
	return strcmp(key, "mayor") == 0 ? mayor_text(c) : NULL;
}

const char *
demand_text(const struct demand_copy *c, unsigned page, const char *key, const char **ret_also)
{
	const char *f = c->copy->front_code;
	*ret_also = NULL;
	if (key[0] == 'p' && key[1] >= '0' && key[1] <= '9')
		return person_text(c, page, key, ret_also);
	if (strcmp(key, "title") == 0)
		return doc_kind_title(c->d->order.kind);
	if (strcmp(key, "issue_number") == 0)
		return arena_printf(c->arena, "%s %u/%u", c->copy->number, page + 1, c->n_pages);
	if (strcmp(key, "front_code") == 0)
		return arena_printf(c->arena, "%.4s-%.4s-%.4s-%.4s", f, f + 4, f + 8, f + 12);
	if (strcmp(key, "digest") == 0)
		return c->digest;
	const char *foot = page + 1 == c->n_pages ? foot_text(c, key) : NULL;
	return foot != NULL ? foot : head_text(c, key, ret_also);
}

unsigned
demand_slots(const struct demand *d)
{
	return profile_slots(d->profile, d->order.kind);
}

static bool
ref_is(const struct person_ref *a, const struct person_ref *b)
{
	return mem_equal(a->b, b->b, PERSON_REF_BYTES) == 1;
}

const struct demand_person *
demand_self(const struct demand *d)
{
	for (unsigned i = 0; i < d->n_people; i++)
		if (ref_is(&d->people[i].ref, &d->self))
			return &d->people[i];
	return NULL;
}

/* Each registered here, each once, all of the applicant's household. */
static bool
people_belong_together(const struct demand *d, const struct demand_person *self)
{
	for (unsigned i = 0; i < d->n_people; i++) {
		const struct resident *r = &d->people[i].row;
		if (r->state != RESIDENT_REGISTERED || !muni_equal(r->muni, d->order.muni) ||
		    is_empty(r->setai_no) || !text_equal(r->setai_no, self->row.setai_no))
			return false;
		if (!d->people[i].printed && &d->people[i] != self)
			return false;
		for (unsigned k = 0; k < i; k++)
			if (ref_is(&d->people[i].ref, &d->people[k].ref))
				return false;
	}
	return true;
}

static bool
people_are_ordered(const struct demand *d, const struct demand_person *self)
{
	const struct order *o = &d->order;
	if (d->whole_household != (o->scope == ORDER_HOUSEHOLD))
		return false;
	if (o->scope == ORDER_SELF)
		return d->n_people == 1 && self->printed;
	if (o->scope == ORDER_HOUSEHOLD)
		return self->printed;
	if (o->n_persons != d->n_printed)
		return false;
	for (unsigned i = 0; i < o->n_persons; i++) {
		unsigned k = 0;
		while (k < d->n_printed && !ref_is(&d->people[k].ref, &o->persons[i]))
			k++;
		if (k == d->n_printed)
			return false;
	}
	return true;
}

bool
demand_check_rows(const struct demand *d)
{
	const struct demand_person *self = demand_self(d);
	const struct order *o = &d->order;
	if (self == NULL || d->n_printed == 0 || doc_kind_name(o->kind) == NULL ||
	    !d->profile->kinds[o->kind].offered ||
	    (o->options & ~d->profile->kinds[o->kind].options) != 0)
		return false;
	if (!people_belong_together(d, self) || !people_are_ordered(d, self))
		return false;
	if (o->kind != DOC_INKAN)
		return !d->has_seal;
	return o->scope == ORDER_SELF && o->options == 0 && d->has_seal &&
	    ref_is(&d->seal_ref, &d->self) && d->seal.state == SEAL_REGISTERED &&
	    muni_equal(d->seal.muni, o->muni);
}

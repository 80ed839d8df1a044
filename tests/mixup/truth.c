/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/truth.h"
#include "base/attr.h"
#include "tests/world/register/people.h"

#include <stdlib.h>
#include <string.h>

#define FORMER "仮想県仮想市前住町"
#define BANCHI "番地"

static const char *const families[] = { "見本", "例示", "架空", "模擬", "試作", "仮名", "標本" };
static const char *const family_kana[] = { "ミホン", "レイジ", "カクウ", "モギ", "シサク", "カメイ",
	"ヒョウホン" };
static const char *const givens[] = { "太郎", "花子", "一郎", "二葉", "三月" };
static const char *const given_kana[] = { "タロウ", "ハナコ", "イチロウ", "フタバ", "ミツキ" };
static const char *const zokugara[] = { "世帯主", "妻", "子", "子", "子の子" };

/* Full-width digits, at least @width of them. */
static const char *
wide(struct arena *a, unsigned v, int width)
{
	const char *digits = arena_printf(a, "%0*u", width, v);
	char *out = arena_zero(a, 3 * strlen(digits) + 1);
	for (size_t i = 0; digits[i] != '\0'; i++) {
		out[3 * i] = (char)0xEF;
		out[3 * i + 1] = (char)0xBC;
		out[3 * i + 2] = (char)(0x90 + (digits[i] - '0'));
	}
	return out;
}

const char *
truth_mark_next(const char *from, unsigned *ret_uid)
{
	const char *at = strstr(from, "前住町");
	if (at == NULL)
		return NULL;
	*ret_uid = 0;
	for (at += strlen("前住町"); (uint8_t)at[0] == 0xEF && (uint8_t)at[1] == 0xBC; at += 3)
		*ret_uid = *ret_uid * 10 + (unsigned)((uint8_t)at[2] - 0x90);
	return at;
}

bool
truth_seal_abolished_at_first(unsigned index)
{
	return index == 3;
}

bool
truth_holder(unsigned units, unsigned index)
{
	unsigned k = index % TRUTH_UNIT;
	return index >= units * TRUTH_UNIT || k <= 4 || k == 9 || k == 10;
}

/* Who lives with whom. */
static void
home(unsigned units, unsigned index, struct truth *t)
{
	unsigned k = index % TRUTH_UNIT, first = index - k;
	t->home = index;
	t->n_home = 1;
	t->narabi = 1;
	if (index >= units * TRUTH_UNIT || k < TRUTH_SINGLES)
		return;
	t->removed = k == TRUTH_REMOVED;
	t->home = first + (k < 9 || t->removed ? 4 : 9);
	t->n_home = TRUTH_FAMILY;
	t->narabi = t->removed ? 6 : index - t->home + 1;
}

void
truth_person(struct arena *a, uint64_t seed, unsigned units, unsigned city, unsigned index,
    struct truth *ret)
{
	struct truth t = { .city = city, .index = index, .uid = (city + 1) * 10000 + index };
	unsigned unit = index / TRUTH_UNIT, k = index % TRUTH_UNIT;
	home(units, index, &t);
	bool extra = index >= units * TRUTH_UNIT;
	if (extra)
		k = index % 2;
	unsigned member = k < TRUTH_SINGLES ? 0 : (t.narabi - 1) % TRUTH_FAMILY;
	unsigned fam = (unsigned)((seed + unit) % N_ELEMENTS(families));
	const char *given = k == 2 && !extra ? "太朗" : givens[member];
	t.atena = people_number(a, 1500001 + city * 100000 + index);
	t.setai = people_number(a, 2500001 + city * 100000 + t.home);
	t.name = arena_printf(a, "%s　%s%s", families[fam], given, t.removed ? "去" : "");
	t.kana = arena_printf(a, "%s　%s", family_kana[fam], given_kana[member]);
	t.head_name =
	    arena_printf(a, "%s　%s", families[fam], k == 2 && !extra ? "太朗" : givens[0]);
	t.birth = arena_printf(a, "昭和%s年%s月%s日", wide(a, 40 + unit % 20, 1),
	    wide(a, 1 + member, 1), wide(a, k == 3 && !extra ? 12 : 11, 1));
	t.sex = member == 1 ? "女" : "男";
	t.zokugara = zokugara[member];
	t.former = arena_printf(a, FORMER "%s" BANCHI, wide(a, t.uid, 5));
	t.seal_px = t.removed || t.narabi > 2 ? 0 : 200;
	*ret = t;
}

/* A unit lives at one address; who moves goes where nobody else is. */
const char *
truth_address(struct arena *a, const struct truth *t, unsigned units, unsigned moved)
{
	if (moved > 0)
		return arena_printf(a, "架空県架空市転居町%s番地の%s",
		    wide(a, t->city * 10000 + t->home, 5), wide(a, moved, 5));
	(void)units;
	return arena_printf(a, "架空県架空市双子町%s番地", wide(a, 1 + t->index / TRUTH_UNIT, 1));
}

const uint8_t *
truth_seal(struct arena *a, const struct truth *t, unsigned sealed)
{
	return people_inei(a, truth_seal_number(t, sealed), t->seal_px);
}

unsigned
truth_seal_number(const struct truth *t, unsigned sealed)
{
	return t->uid + sealed * 100000;
}

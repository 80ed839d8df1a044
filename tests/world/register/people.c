/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/register/people.h"
#include "base/attr.h"

#include <stdio.h>
#include <string.h>

/* --- numbers --- */

/* Sum of the digits of @v (@digits of them) times 2,3,...,7,2,... from the right, modulus 11. */
static unsigned
weigh(uint64_t v, unsigned digits)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < digits; i++, v /= 10)
		sum += (unsigned)(v % 10) * (2 + i % 6);
	return sum % 11;
}

const char *
people_number(struct arena *a, uint32_t sequence)
{
	unsigned check = 11 - weigh(sequence, 7);
	return arena_printf(a, "%07u%u", sequence, check >= 10 ? 0 : check);
}

const char *
people_kojin_no(struct arena *a, uint32_t atena)
{
	/* n <= 6: weight n + 1, else n - 5: the same 2..7, 2..6 from the right. */
	unsigned r = weigh(atena, 11);
	return arena_printf(a, "%011u%u", atena, r <= 1 ? 0 : 11 - r);
}

const char *
people_jumin_code(struct arena *a, uint32_t atena)
{
	uint64_t v = 7000000000u + (uint64_t)atena;
	unsigned check = 11 - weigh(v, 10);
	return arena_printf(a, "%010llu%u", (unsigned long long)v, check >= 10 ? 0 : check);
}

/* --- the cast --- */

#define TOWN "架空県架空市見本町"
#define KAZOKU(f, k) .family = (f), .family_kana = (k)
#define NA(g, k) .given = (g), .given_kana = (k)

static const struct household cast[PEOPLE_CAST_HOUSEHOLDS] = {
	{ .n = 4,
	    .address = TOWN "１丁目２番３号",
	    .katagaki = "見本ハイツ４０５号",
	    .person = {
		{ KAZOKU("見本", "ミホン"), NA("太郎", "タロウ"), .birth = "昭和５５年４月１日", .sex = "男",
		    .zokugara = "世帯主", .seal_px = 425, .moved = true },
		{ KAZOKU("見本", "ミホン"), NA("花子", "ハナコ"), .birth = "昭和５７年１２月３１日", .sex = "女",
		    .zokugara = "妻", .seal_px = 283, .kyu_uji = "例示", .kyu_uji_kana = "レイジ" },
		{ KAZOKU("見本", "ミホン"), NA("一郎", "イチロウ"), .birth = "平成２０年５月５日", .sex = "男",
		    .zokugara = "子" },
		{ KAZOKU("見本", "ミホン"), NA("二葉", "フタバ"), .birth = "平成２４年２月２９日", .sex = "女",
		    .zokugara = "子" },
	    } },
	{ .n = 1, .address = TOWN "２番地",
	    .person = { { KAZOKU("\xF0\xA0\xAE\xB7見", "ヨシミ"), NA("一", "ハジメ"), .birth = "昭和４０年１月２日",
		.sex = "男", .zokugara = "世帯主", .seal_px = 354 } } },
	{ .n = 1, .address = TOWN "３番地",
	    .person = { { KAZOKU("葛\xF3\xA0\x84\x82例", "カツレイ"), NA("花", "ハナ"),
		.birth = "昭和４５年３月３日", .sex = "女", .zokugara = "世帯主", .seal_px = 300 } } },
	{ .n = 1, .address = TOWN "４番地",
	    .person = { { .foreign = true, .name_latin = "MIHON ALICE", .name_kana = "ミホン　アリス",
		.tsusho = "例示　有栖", .tsusho_kana = "レイジ　アリス", .birth = "１９８８年７月１５日", .sex = "女",
		.zokugara = "世帯主", .kokuseki = "米国", .seal_px = 320 } } },
	{ .n = 1, .address = TOWN "５番地",
	    .person = { { KAZOKU("架空", "カクウ"), NA("止", "トメル"), .birth = "昭和６０年６月６日", .sex = "男",
		.zokugara = "世帯主", .seal_px = 330, .block = "本人の申出" } } },
	{ .n = 1, .address = TOWN "６番地",
	    .person = { { KAZOKU("架空", "カクウ"), NA("去", "サル"), .birth = "昭和６１年７月７日", .sex = "男",
		.zokugara = "世帯主", .seal_px = 340, .seal_abolished = true, .removed = true } } },
	{ .n = 5, .address = TOWN "７番地",
	    .person = {
		{ KAZOKU("例示", "レイジ"), NA("甲", "コウ"), .birth = "昭和３０年１月１日", .sex = "男",
		    .zokugara = "世帯主", .seal_px = 400 },
		{ KAZOKU("例示", "レイジ"), NA("乙", "オツ"), .birth = "昭和３２年２月２日", .sex = "女", .zokugara = "妻" },
		{ KAZOKU("例示", "レイジ"), NA("丙", "ヘイ"), .birth = "昭和５８年３月３日", .sex = "男", .zokugara = "子" },
		{ KAZOKU("例示", "レイジ"), NA("丁", "テイ"), .birth = "昭和６１年４月４日", .sex = "女", .zokugara = "子の妻" },
		{ KAZOKU("例示", "レイジ"), NA("戊", "ボ"), .birth = "令和元年５月１日", .sex = "女", .zokugara = "子の子" },
	    } },
	{ .n = 1, .address = TOWN "８番地",
	    .person = { { KAZOKU("仮名", "カメイ"), NA("無", "ナシ"), .birth = "平成元年１月８日", .sex = "女",
		.zokugara = "世帯主" } } },
	{ .n = 1, .address = TOWN "９番地",
	    .person = { { KAZOKU("外字\xEE\x80\x80", "ガイジ"), NA("有", "アリ"), .birth = "昭和５０年９月９日",
		.sex = "男", .zokugara = "世帯主", .seal_px = 310 } } },
	{ .n = 1, .address = TOWN "１０番地",
	    .person = { { KAZOKU("髙﨑", "タカサキ"), NA("凛", "リン"), .kyu_uji = "濵邊", .kyu_uji_kana = "ハマベ",
		.birth = "昭和６３年１０月１０日", .sex = "女", .zokugara = "世帯主", .seal_px = 290 } } },
	{ .n = 1, .address = TOWN "１１番地",
	    .person = { { KAZOKU("想定", "ソウテイ"), NA("古", "フル"), .birth = "昭和２３年月日不詳", .sex = "男",
		.zokugara = "世帯主", .seal_px = 360 } } },
	{ .n = 2, .address = TOWN "１２番地", .block = "支援措置",
	    .person = {
		{ KAZOKU("架空", "カクウ"), NA("守", "マモル"), .birth = "平成３年３月３日", .sex = "女",
		    .zokugara = "世帯主", .seal_px = 305 },
		{ KAZOKU("架空", "カクウ"), NA("衛", "マモリ"), .birth = "令和２年２月２日", .sex = "男", .zokugara = "子" },
	    } },
};

void
people_cast(unsigned i, struct household *ret)
{
	uint32_t atena = PEOPLE_FIRST_ATENA;
	for (unsigned k = 0; k < i; k++)
		atena += cast[k].n;
	*ret = cast[i];
	ret->setai = PEOPLE_FIRST_SETAI + i;
	for (unsigned k = 0; k < ret->n; k++)
		ret->person[k].atena = atena + k;
}

/* --- everybody else --- */

struct dice {
	uint64_t state;
};

/* splitmix64 */
static uint64_t
roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static unsigned
below(struct dice *d, unsigned n)
{
	return (unsigned)(roll(d) % n);
}

static bool
percent(struct dice *d, unsigned p)
{
	return below(d, 100) < p;
}

struct word {
	const char *text, *kana;
};
static const struct word families[] = {
	{ "見本", "ミホン" },
	{ "例示", "レイジ" },
	{ "架空", "カクウ" },
	{ "模擬", "モギ" },
	{ "試作", "シサク" },
	{ "仮名", "カメイ" },
	{ "標本", "ヒョウホン" },
	{ "想定", "ソウテイ" },
	{ "雛形", "ヒナガタ" },
	{ "虚構", "キョコウ" },
	{ "練習", "レンシュウ" },
	{ "予行", "ヨコウ" },
	{ "髙見本", "タカミホン" },
	{ "例﨑", "レイサキ" },
	{ "\xF0\xA0\xAE\xB7例", "ヨシレイ" },
	{ "葛\xF3\xA0\x84\x82見", "カツミ" },
	{ "濵架", "ハマカ" },
	{ "渡邉見", "ワタナベミ" },
};
static const struct word givens_m[] = {
	{ "太郎", "タロウ" },
	{ "一郎", "イチロウ" },
	{ "次郎", "ジロウ" },
	{ "三郎", "サブロウ" },
	{ "四郎", "シロウ" },
	{ "五郎", "ゴロウ" },
	{ "甲一", "コウイチ" },
	{ "乙二", "オツジ" },
	{ "丙三", "ヘイゾウ" },
	{ "丁四", "テイシ" },
};
static const struct word givens_f[] = {
	{ "花子", "ハナコ" },
	{ "春子", "ハルコ" },
	{ "夏子", "ナツコ" },
	{ "秋子", "アキコ" },
	{ "冬子", "フユコ" },
	{ "一美", "カズミ" },
	{ "二葉", "フタバ" },
	{ "三月", "ミツキ" },
	{ "四季", "シキ" },
	{ "五月", "サツキ" },
};
static const char *const latins[] = { "ALICE", "BOB", "CAROL", "DAVE", "EVE", "FRANK", "GRACE" };
static const char *const countries[] = { "米国", "ベトナム", "ブラジル", "フィリピン", "大韓民国",
	"中国", "ネパール" };
static const char *const odd_births[] = { "昭和２３年月日不詳", "昭和２０年春",
	"大正１５年１２月２５日", "明治４５年７月３０日", "平成５年２月２９日",
	"昭和３８年４月上旬", "推定昭和４２年８月１日", "年月日不詳" };

/* Full-width decimal digits; "元" for the first year of an era. */
static const char *
wide(struct arena *a, unsigned v, bool year)
{
	char digits[12];
	char *out = arena_zero(a, 12 * 3 + 1);
	if (year && v == 1)
		return "元";
	(void)snprintf(digits, sizeof(digits), "%u", v);
	for (size_t i = 0; digits[i]; i++) {
		out[3 * i] = (char)0xEF;
		out[3 * i + 1] = (char)0xBC;
		out[3 * i + 2] = (char)(0x90 + (digits[i] - '0'));
	}
	return out;
}

static const char *
date_of(struct arena *a, struct dice *d, unsigned year, bool foreign)
{
	unsigned month = 1 + below(d, 12);
	unsigned day = 1 + below(d, 28);
	const char *era = year >= 2020 ? "令和" : year >= 1990 ? "平成" : "昭和"; /* whole years */
	unsigned first = year >= 2020 ? 2018 : year >= 1990 ? 1988 : 1925;
	if (foreign)
		return arena_printf(a, "%s年%s月%s日", wide(a, year, false), wide(a, month, false),
		    wide(a, day, false));
	return arena_printf(a, "%s%s年%s月%s日", era, wide(a, year - first, true),
	    wide(a, month, false), wide(a, day, false));
}

static void
make_person(struct arena *a, struct dice *d, const struct household *h, unsigned k,
    unsigned seal_percent, struct person *p)
{
	bool child = k >= 2;
	bool male = k == 0 ? percent(d, 60)
	    : k == 1       ? strcmp(h->person[0].sex, "女") == 0
			   : percent(d, 50);
	const struct word *given = male ? &givens_m[below(d, N_ELEMENTS(givens_m))]
					: &givens_f[below(d, N_ELEMENTS(givens_f))];
	unsigned year = child ? 1990 + below(d, 34) : 1930 + below(d, 70);
	p->given = given->text;
	p->given_kana = given->kana;
	p->sex = male ? "男" : "女";
	p->zokugara = k == 0 ? "世帯主" : child ? "子" : male ? "夫" : "妻";
	p->birth = percent(d, 2) && !child ? odd_births[below(d, N_ELEMENTS(odd_births))]
					   : date_of(a, d, year, p->foreign);
	p->jumin_since = date_of(a, d, 1990 + below(d, 35), false);
	p->moved = percent(d, 10);
	if (!child && percent(d, seal_percent))
		p->seal_px = 189 + below(d, 60);
	if (!male && !child && percent(d, 5)) {
		const struct word *was = &families[below(d, N_ELEMENTS(families))];
		p->kyu_uji = was->text;
		p->kyu_uji_kana = was->kana;
	}
}

static void
make_foreign(struct arena *a, struct dice *d, const struct word *family, struct person *p)
{
	const char *latin = latins[below(d, N_ELEMENTS(latins))];
	p->name_latin = arena_printf(a, "SAMPLE %s", latin);
	p->name_kana = arena_printf(a, "サンプル　%s", family->kana);
	p->kokuseki = countries[below(d, N_ELEMENTS(countries))];
	p->kyu_uji = p->kyu_uji_kana = NULL;
	p->family = NULL;
	if (percent(d, 40)) {
		p->tsusho = arena_printf(a, "%s　%s", family->text, p->given);
		p->tsusho_kana = arena_printf(a, "%s　%s", family->kana, p->given_kana);
	}
}

void
people_bulk(struct arena *a, uint64_t seed, uint32_t i, uint32_t atena, unsigned seal_percent,
    struct household *ret)
{
	static const unsigned sizes[] = { 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6 };
	struct dice d = { seed * UINT64_C(0xD1342543DE82EF95) + i };
	(void)roll(&d);
	const struct word *family = &families[below(&d, N_ELEMENTS(families))];
	bool foreign = percent(&d, 3);
	*ret = (struct household){ .setai = PEOPLE_FIRST_BULK_SETAI + i,
		.n = sizes[below(&d, N_ELEMENTS(sizes))] };
	/* The number of the house is the household's own: no two have one address. */
	ret->address = arena_printf(a, "架空県架空市例示町%s丁目%s番地", wide(a, 1 + i % 9, false),
	    wide(a, 1 + i / 9, false));
	if (percent(&d, 30))
		ret->katagaki =
		    arena_printf(a, "例示コーポ%s号", wide(a, 101 + below(&d, 800), false));
	for (unsigned k = 0; k < ret->n; k++) {
		struct person *p = &ret->person[k];
		p->atena = atena + k;
		p->foreign = foreign;
		p->family = family->text;
		p->family_kana = family->kana;
		make_person(a, &d, ret, k, seal_percent, p);
		if (foreign)
			make_foreign(a, &d, family, p);
	}
	/* 除票: only who lives alone, so that no household loses its head. */
	if (ret->n == 1 && percent(&d, 8)) {
		ret->person[0].removed = true;
		ret->person[0].seal_abolished = true;
	}
	if (percent(&d, 1))
		ret->person[0].block = "本人の申出";
}

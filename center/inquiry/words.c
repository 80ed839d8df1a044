/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/words.h"
#include "base/attr.h"
#include "base/clock.h"

#include <string.h>

struct word {
	const char *key, *ja;
};

/* Of a form; then the items of the data dictionary. The first with that key is taken. */
static const struct word fields[] = {
	{ "title", "表題" },
	{ "setainushi", "世帯主" },
	{ "ninsho", "認証文" },
	{ "issued_on", "発行日" },
	{ "mayor", "市区町村長" },
	{ "issue_number", "発行番号" },
	{ "front_code", "確認符号" },
	{ "digest", "改ざん検知符号" },
	{ "no", "番号" },
	{ "touroku_no", "登録番号" },
	{ "touroku_on", "登録年月日" },
	{ "seal", "印影" },
	{ "kazei_jusho", "1月1日現在の住所" },
	{ "nendo", "年度・対象年" },
	{ "kyuyo_shunyu", "給与収入" },
	{ "kyuyo_shotoku", "給与所得" },
	{ "nenkin_shunyu", "公的年金等収入" },
	{ "nenkin_shotoku", "公的年金等所得" },
	{ "eigyo", "営業等所得" },
	{ "nogyo", "農業所得" },
	{ "fudosan", "不動産所得" },
	{ "haito", "利子・配当所得" },
	{ "sonota", "その他の所得" },
	{ "gokei_shotoku", "合計所得金額" },
	{ "shakai_hoken", "社会保険料" },
	{ "kyosai", "小規模企業共済等掛金" },
	{ "seimei_hoken", "生命保険料" },
	{ "jishin_hoken", "地震保険料" },
	{ "iryohi", "医療費" },
	{ "haigusha", "配偶者（特別）控除" },
	{ "fuyo", "扶養控除" },
	{ "shogai", "障害者・ひとり親等控除" },
	{ "kiso", "基礎控除" },
	{ "kojo_gokei", "控除合計" },
	{ "f_ippan", "扶養人数（一般）" },
	{ "f_tokutei", "扶養人数（特定）" },
	{ "f_rooya", "扶養人数（同居老親）" },
	{ "f_rojin", "扶養人数（その他老人）" },
	{ "f_nensho", "扶養人数（16歳未満）" },
	{ "f_shogai", "扶養人数（障害者）" },
	{ "kazei_hyojun", "課税標準額" },
	{ "nenzei", "年税額" },
	{ "shi_shotoku", "市民税 所得割額" },
	{ "shi_kinto", "市民税 均等割額" },
	{ "ken_shotoku", "県民税 所得割額" },
	{ "ken_kinto", "県民税 均等割額" },
#define ITEM(number, name, ja, max) { #name, ja },
#include "domain/items.def"
#undef ITEM
};
static const char *
find(const struct word *w, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(w[i].key, key) == 0)
			return w[i].ja;
	return key;
}

/* Digits of the person's number in "p12.name"; 0 when there is none. */
static size_t
person_digits(const char *key)
{
	size_t digits = key[0] == 'p' ? strspn(key + 1, "0123456789") : 0;
	return digits > 0 && key[1 + digits] == '.' ? digits : 0;
}

bool
words_is_withheld(const char *key)
{
	size_t digits = person_digits(key);
	const char *name = digits ? key + digits + 2 : key;
	return strcmp(name, "kojin_no") == 0 || strcmp(name, "jumin_code") == 0 ||
	    strcmp(name, "front_code") == 0;
}

const char *
words_field(struct arena *a, const char *key)
{
	size_t digits = person_digits(key);
	if (digits == 0)
		return find(fields, N_ELEMENTS(fields), key);
	return arena_printf(a, "%.*s人目 %s", (int)digits, key + 1,
	    find(fields, N_ELEMENTS(fields), key + digits + 2));
}

const char *
words_time(struct arena *a, int64_t at_ms)
{
	const struct civil_time t = clock_japan(at_ms);
	return arena_printf(
	    a, "%d年%d月%d日 %02d:%02d", t.on.year, t.on.month, t.on.day, t.hour, t.minute);
}

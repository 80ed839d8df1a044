/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/words.h"
#include "base/attr.h"
#include "base/clock.h"

#include <string.h>

struct word {
	const char *key, *ja;
};

static const struct word fields[] = {
	{ "title", "表題" },
	{ "address", "住所" },
	{ "katagaki", "方書" },
	{ "setainushi", "世帯主" },
	{ "ninsho", "認証文" },
	{ "issued_on", "発行日" },
	{ "mayor", "市区町村長" },
	{ "issue_number", "発行番号" },
	{ "front_code", "確認符号" },
	{ "digest", "改ざん検知符号" },
	{ "no", "番号" },
	{ "name", "氏名" },
	{ "name_kana", "氏名のフリガナ" },
	{ "name_latin", "氏名（アルファベット）" },
	{ "kyu_uji", "旧氏" },
	{ "kyu_uji_kana", "旧氏のフリガナ" },
	{ "tsusho", "通称" },
	{ "tsusho_kana", "通称のフリガナ" },
	{ "birth", "生年月日" },
	{ "sex", "性別" },
	{ "zokugara", "続柄" },
	{ "honseki", "本籍" },
	{ "hittosha", "筆頭者" },
	{ "jumin_since", "住民となった年月日" },
	{ "gaikokujin_since", "外国人住民となった年月日" },
	{ "address_since", "住所を定めた年月日" },
	{ "todokede_on", "届出日" },
	{ "prev_address", "転入前住所" },
	{ "kojin_no", "個人番号" },
	{ "jumin_code", "住民票コード" },
	{ "kokuseki", "国籍・地域" },
	{ "ho30_45", "法30条の45区分" },
	{ "zairyu_shikaku", "在留資格" },
	{ "zairyu_kikan", "在留期間" },
	{ "zairyu_manryo", "在留期間満了日" },
	{ "zairyu_no", "在留カード等番号" },
	{ "biko", "備考" },
	{ "touroku_no", "登録番号" },
	{ "touroku_on", "登録年月日" },
	{ "seal", "印影" },
};
static const struct word kinds[] = {
	{ "juminhyo", "住民票の写し" },
	{ "inkan", "印鑑登録証明書" },
	{ "kisai", "住民票記載事項証明書" },
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
words_kind(const char *kind)
{
	return find(kinds, N_ELEMENTS(kinds), kind);
}

const char *
words_time(struct arena *a, int64_t at_ms)
{
	const struct civil_time t = clock_japan(at_ms);
	return arena_printf(
	    a, "%d年%d月%d日 %02d:%02d", t.on.year, t.on.month, t.on.day, t.hour, t.minute);
}

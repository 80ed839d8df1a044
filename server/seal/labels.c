/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/demand_int.h"
#include <string.h>

/* Every label of every form, spaces aside: what stands on a front and is nobody's data. */
const char *const demand_labels[] = { "住所", "世帯主", "氏名の振り仮名", "個人番号", "氏名",
	"住民票コード", "住所を定めた年月日", "届出日", "生年月日", "性別", "続柄", "転入前住所",
	"備考", "住民となった年月日", "旧氏の振り仮名", "旧氏", "筆頭者", "本籍", "＊＊＊",
	"外国人住民となった年月日", "通称の振り仮名", "通称", "国籍・地域", "法30条の45区分",
	"在留資格", "在留期間等", "在留カード等番号", "在留期間満了日", "以下余白",
	"この印は黒色です", "（次葉に続く）", "発行番号", "改ざん検知符号", "確認符号", "印影",
	"印影は原寸です", "25mm", "氏名のカタカナ表記", NULL };
/* And on a back, beside title, number, digest and address of the inquiry site. */
const char *const demand_back_labels[] = { "発行番号",
	"この面の模様は、おもて面の記載を暗号化し、市区町村の電子署名を付けたものです。"
	"両面を３００ｄｐｉ以上で読み取り、",
	"次の問い合わせサイトに画像を送り、おもて面の確認符号を入力すると、"
	"記載が発行時のままであることを確かめられます。",
	NULL };

enum { LABEL_MAX_BYTES = 512 };

/* Without the spaces that only spread a label over its cell. False when it is too long. */
static bool
without_spaces(const char *s, char out[LABEL_MAX_BYTES])
{
	size_t n = 0;
	for (; *s != '\0'; s++) {
		if (*s == ' ')
			continue;
		if (strncmp(s, "　", 3) == 0) {
			s += 2;
			continue;
		}
		if (n == LABEL_MAX_BYTES - 1)
			return false;
		out[n++] = *s;
	}
	out[n] = '\0';
	return n > 0;
}

static bool
is_piece_of(const char *const *list, const char *full)
{
	char text[LABEL_MAX_BYTES];
	if (!without_spaces(full, text))
		return false;
	for (size_t i = 0; list[i] != NULL; i++)
		if (strstr(list[i], text) != NULL)
			return true;
	return false;
}

bool
demand_is_label(const char *text)
{
	return is_piece_of(demand_labels, text);
}

bool
demand_is_back_label(const char *text)
{
	return is_piece_of(demand_back_labels, text);
}

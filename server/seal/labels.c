/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/demand_int.h"
#include <string.h>

/* Every label of every form: what stands on a front and is nobody's data. */
const char *const demand_labels[] = { "住　所", "世帯主", "氏名の振り仮名", "個人番号", "氏　名",
	"住民票コード", "住所を定めた年月日", "届出日", "生年月日", "性別", "続柄", "転入前住所",
	"備　考", "住民となった年月日", "旧氏の振り仮名", "旧　氏", "筆頭者", "本　籍", "＊＊＊",
	"外国人住民となった年月日", "通称の振り仮名", "通　称", "国籍・地域", "法30条の45区分",
	"在留資格", "在留期間等", "在留カード等番号", "在留期間満了日", "以　下　余　白",
	"この印は黒色です", "（次葉に続く）", "発行番号", "改ざん検知符号", "確認符号", "印　影",
	"印影は原寸です", "25 mm", "氏名のカタカナ表記", NULL };
/* And on a back, beside title, number, digest and address of the inquiry site. */
const char *const demand_back_labels[] = { "発行番号",
	"この面の模様は、おもて面の記載を暗号化し、市区町村の電子署名を付けたものです。"
	"両面を３００ｄｐｉ以上で読み取り、",
	"次の問い合わせサイトに画像を送り、おもて面の確認符号を入力すると、"
	"記載が発行時のままであることを確かめられます。",
	NULL };

static bool
is_piece_of(const char *const *list, const char *text)
{
	if (text[0] == '\0')
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

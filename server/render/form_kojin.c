/* SPDX-License-Identifier: Apache-2.0 */
/* form_kojin - 住民票の写し, 個人票: one person a page. */
#include "form.h"

enum { COL = 450, ROW = 980, X = 1500 };

#define LARGE_L(c, r, w, h, label)                                                                 \
	{                                                                                          \
		.what = FORM_LABEL, .col = (c), .row = (r), .cols = (w), .rows = (h),              \
		.text = (label), .rules = FORM_BOX, .style = &form_style_large_label               \
	}

static const struct form_cell head[] = {
	FORM_TEXT(11, 0, 18, 1, "title", VALUE_TITLE, form_style_title, FORM_EVERY),
	{ .what = FORM_FRAME, .col = 14, .row = 1, .cols = 12, .rows = 0, .rules = FORM_TOP },
	LARGE_L(0, 2, 8, 1, "住　　所"),
	FORM_V(8, 2, 32, 1, "address", VALUE_HEAD_ADDRESS, form_style_large),
	LARGE_L(0, 3, 8, 1, "世帯主"),
	FORM_V(8, 3, 32, 1, "setainushi", VALUE_HEAD, form_style_large, .option = ORDER_SETAINUSHI),
};

#define PERSON_TOP                                                                                 \
	LARGE_L(0, 0, 8, 1, "氏名の振り仮名"), FORM_I(8, 0, 32, 1, name_kana, form_style_large),   \
	    LARGE_L(0, 1, 8, 2, "氏　　名"),                                                       \
	    FORM_V(8, 1, 32, 2, "name", VALUE_NAME, form_style_name_large),                        \
	    LARGE_L(0, 4, 8, 1, "生年月日"), FORM_I(8, 4, 12, 1, birth, form_style_large),         \
	    LARGE_L(20, 4, 4, 1, "性別"), FORM_I(24, 4, 4, 1, sex, form_style_large_center),       \
	    LARGE_L(28, 4, 4, 1, "続柄"),                                                          \
	    FORM_I(32, 4, 8, 1, zokugara, form_style_large_center, .option = ORDER_SETAINUSHI)
#define PERSON_DATES                                                                               \
	FORM_I(28, 5, 12, 1, address_since, form_style_large),                                     \
	    LARGE_L(20, 5, 8, 1, "住所を定めた年月日"), LARGE_L(0, 6, 8, 1, "届出日"),             \
	    FORM_I(8, 6, 12, 1, todokede_on, form_style_large)
#define PERSON_CODES                                                                               \
	LARGE_L(0, 9, 8, 1, "個人番号"),                                                           \
	    FORM_I(8, 9, 12, 1, kojin_no, form_style_large, .option = ORDER_KOJIN_NO),             \
	    LARGE_L(20, 9, 8, 1, "住民票コード"),                                                  \
	    FORM_I(28, 9, 12, 1, jumin_code, form_style_large, .option = ORDER_JUMIN_CODE)

static const struct form_cell person[] = {
	PERSON_TOP,
	LARGE_L(0, 3, 8, 1, "旧氏の振り仮名"),
	FORM_I(8, 3, 12, 1, kyu_uji_kana, form_style_large, .absent = FORM_STARS),
	LARGE_L(20, 3, 8, 1, "旧　　氏"),
	FORM_I(28, 3, 12, 1, kyu_uji, form_style_large, .absent = FORM_STARS),
	LARGE_L(0, 5, 8, 1, "住民となった年月日"),
	FORM_I(8, 5, 12, 1, jumin_since, form_style_large),
	PERSON_DATES,
	LARGE_L(20, 6, 8, 1, "筆頭者"),
	FORM_I(28, 6, 12, 1, hittosha, form_style_large, .option = ORDER_HONSEKI),
	LARGE_L(0, 7, 8, 1, "本　　籍"),
	FORM_I(8, 7, 32, 1, honseki, form_style_large, .option = ORDER_HONSEKI),
	LARGE_L(0, 8, 8, 1, "転入前住所"),
	FORM_I(8, 8, 32, 1, prev_address, form_style_large),
	PERSON_CODES,
	LARGE_L(0, 10, 8, 9, "備　　考"),
	FORM_I(8, 10, 32, 9, biko, form_style_note, .absent = FORM_NOTHING),
};

static const struct form_cell foreign[] = {
	PERSON_TOP,
	LARGE_L(0, 3, 8, 1, "通称の振り仮名"),
	FORM_I(8, 3, 12, 1, tsusho_kana, form_style_large, .absent = FORM_STARS),
	LARGE_L(20, 3, 8, 1, "通　　称"),
	FORM_I(28, 3, 12, 1, tsusho, form_style_large, .absent = FORM_STARS),
	LARGE_L(0, 5, 8, 1, "外国人住民となった年月日"),
	FORM_I(8, 5, 12, 1, gaikokujin_since, form_style_large),
	PERSON_DATES,
	LARGE_L(20, 6, 8, 1, "法30条の45区分"),
	FORM_I(28, 6, 12, 1, ho30_45, form_style_large, .option = ORDER_ZAIRYU),
	LARGE_L(0, 7, 8, 1, "国籍・地域"),
	FORM_I(8, 7, 32, 1, kokuseki, form_style_large, .option = ORDER_KOKUSEKI),
	LARGE_L(0, 8, 8, 1, "転入前住所"),
	FORM_I(8, 8, 32, 1, prev_address, form_style_large),
	PERSON_CODES,
	LARGE_L(0, 10, 8, 1, "在留資格"),
	FORM_I(8, 10, 12, 1, zairyu_shikaku, form_style_large, .option = ORDER_ZAIRYU),
	LARGE_L(20, 10, 8, 1, "在留期間等"),
	FORM_I(28, 10, 12, 1, zairyu_kikan, form_style_large, .option = ORDER_ZAIRYU),
	LARGE_L(0, 11, 8, 1, "在留カード等番号"),
	FORM_I(8, 11, 12, 1, zairyu_no, form_style_large, .option = ORDER_ZAIRYU),
	LARGE_L(20, 11, 8, 1, "在留期間満了日"),
	FORM_I(28, 11, 12, 1, zairyu_manryo, form_style_large, .option = ORDER_ZAIRYU),
	LARGE_L(0, 12, 8, 7, "備　　考"),
	FORM_I(8, 12, 32, 7, biko, form_style_note, .absent = FORM_NOTHING),
};

enum { PERSON_Y = 1500 + 4 * ROW + 500 };

const struct form form_kojin = {
	.head = { X, 1500, COL, ROW, 40, 4, false, FORM_BLOCK_CELLS(head) },
	.person = { X, PERSON_Y, COL, ROW, 40, 19, true, FORM_BLOCK_CELLS(person) },
	.foreign = { X, PERSON_Y, COL, ROW, 40, 19, true, FORM_BLOCK_CELLS(foreign) },
	.foot = &form_juminhyo_foot,
	.slots = 1,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_renki - 住民票の写し, 世帯連記式: four persons a page on the grid of 40
 * columns and 53 rows of the national standard (住民記録システム標準仕様書, 20号様式).
 */
#include "form.h"

enum { COL = 450, ROW = 465, X = 1500, Y = 900, HEAD_ROWS = 5, SLOT_ROWS = 12 };

/* Thirds of a row, so that the title's line stands clear of the table. */
static const struct form_cell head[] = {
	FORM_TEXT(13, 0, 14, 5, "title", VALUE_TITLE, form_style_title, FORM_EVERY),
	{ .what = FORM_FRAME, .col = 14, .row = 5, .cols = 12, .rows = 0, .rules = FORM_TOP },
	FORM_L(0, 7, 6, 3, "住　　所"),
	FORM_V(6, 7, 34, 3, "address", VALUE_HEAD_ADDRESS, form_style_text),
	FORM_L(0, 10, 6, 3, "世帯主"),
	FORM_V(6, 10, 34, 3, "setainushi", VALUE_HEAD, form_style_text, .option = ORDER_SETAINUSHI),
};

/* The rows that all persons share. */
#define PERSON_TOP                                                                                 \
	FORM_V(0, 0, 1, 12, "no", VALUE_SLOT, form_style_narrow),                                  \
	    FORM_L(1, 0, 5, 1, "氏名の振り仮名"), FORM_I(6, 0, 18, 1, name_kana, form_style_text), \
	    FORM_L(24, 0, 6, 1, "個人番号"),                                                       \
	    FORM_I(30, 0, 10, 1, kojin_no, form_style_text, .option = ORDER_KOJIN_NO),             \
	    FORM_L(1, 1, 5, 2, "氏　　名"),                                                        \
	    FORM_V(6, 1, 18, 2, "name", VALUE_NAME, form_style_name),                              \
	    FORM_L(24, 1, 6, 1, "住民票コード"),                                                   \
	    FORM_I(30, 1, 10, 1, jumin_code, form_style_text, .option = ORDER_JUMIN_CODE)
#define PERSON_BIRTH                                                                               \
	FORM_L(24, 3, 6, 1, "住所を定めた年月日"),                                                 \
	    FORM_I(30, 3, 10, 1, address_since, form_style_text), FORM_L(24, 4, 6, 1, "届出日"),   \
	    FORM_I(30, 4, 10, 1, todokede_on, form_style_text), FORM_L(1, 5, 5, 1, "生年月日"),    \
	    FORM_I(6, 5, 8, 1, birth, form_style_text), FORM_L(14, 5, 2, 1, "性別"),               \
	    FORM_I(16, 5, 2, 1, sex, form_style_narrow), FORM_L(18, 5, 2, 1, "続柄"),              \
	    FORM_I(20, 5, 4, 1, zokugara, form_style_narrow, .option = ORDER_SETAINUSHI)
#define PERSON_NOTES                                                                               \
	FORM_L(1, 7, 5, 1, "転入前住所"), FORM_I(6, 7, 34, 1, prev_address, form_style_text),      \
	    FORM_L(1, 10, 5, 2, "備　　考"),                                                       \
	    FORM_I(6, 10, 34, 2, biko, form_style_note, .absent = FORM_NOTHING)

static const struct form_cell person[] = {
	PERSON_TOP,
	FORM_L(24, 2, 6, 1, "住民となった年月日"),
	FORM_I(30, 2, 10, 1, jumin_since, form_style_text),
	FORM_L(1, 3, 5, 1, "旧氏の振り仮名"),
	FORM_I(6, 3, 18, 1, kyu_uji_kana, form_style_text, .absent = FORM_STARS),
	FORM_L(1, 4, 5, 1, "旧　　氏"),
	FORM_I(6, 4, 18, 1, kyu_uji, form_style_text, .absent = FORM_STARS),
	PERSON_BIRTH,
	FORM_L(24, 5, 6, 1, "筆頭者"),
	FORM_I(30, 5, 10, 1, hittosha, form_style_text, .option = ORDER_HONSEKI),
	FORM_L(1, 6, 5, 1, "本　　籍"),
	FORM_I(6, 6, 34, 1, honseki, form_style_text, .option = ORDER_HONSEKI),
	FORM_L(1, 8, 5, 1, "＊＊＊"),
	FORM_V(6, 8, 18, 1, "", VALUE_STARS, form_style_unused),
	FORM_L(24, 8, 6, 1, "＊＊＊"),
	FORM_V(30, 8, 10, 1, "", VALUE_STARS, form_style_unused),
	FORM_L(1, 9, 5, 1, "＊＊＊"),
	FORM_V(6, 9, 18, 1, "", VALUE_STARS, form_style_unused),
	FORM_L(24, 9, 6, 1, "＊＊＊"),
	FORM_V(30, 9, 10, 1, "", VALUE_STARS, form_style_unused),
	PERSON_NOTES,
};

/* 住民基本台帳法 第30条の45: no 本籍, but nationality and residence status. */
static const struct form_cell foreign[] = {
	PERSON_TOP,
	FORM_L(24, 2, 6, 1, "外国人住民となった年月日"),
	FORM_I(30, 2, 10, 1, gaikokujin_since, form_style_text),
	FORM_L(1, 3, 5, 1, "通称の振り仮名"),
	FORM_I(6, 3, 18, 1, tsusho_kana, form_style_text, .absent = FORM_STARS),
	FORM_L(1, 4, 5, 1, "通　　称"),
	FORM_I(6, 4, 18, 1, tsusho, form_style_text, .absent = FORM_STARS),
	PERSON_BIRTH,
	FORM_L(24, 5, 6, 1, "＊＊＊"),
	FORM_V(30, 5, 10, 1, "", VALUE_STARS, form_style_unused),
	FORM_L(1, 6, 5, 1, "国籍・地域"),
	FORM_I(6, 6, 18, 1, kokuseki, form_style_text, .option = ORDER_KOKUSEKI),
	FORM_L(24, 6, 6, 1, "法30条の45区分"),
	FORM_I(30, 6, 10, 1, ho30_45, form_style_text, .option = ORDER_ZAIRYU),
	FORM_L(1, 8, 5, 1, "在留資格"),
	FORM_I(6, 8, 18, 1, zairyu_shikaku, form_style_text, .option = ORDER_ZAIRYU),
	FORM_L(24, 8, 6, 1, "在留期間等"),
	FORM_I(30, 8, 10, 1, zairyu_kikan, form_style_text, .option = ORDER_ZAIRYU),
	FORM_L(1, 9, 5, 1, "在留カード等番号"),
	FORM_I(6, 9, 18, 1, zairyu_no, form_style_text, .option = ORDER_ZAIRYU),
	FORM_L(24, 9, 6, 1, "在留期間満了日"),
	FORM_I(30, 9, 10, 1, zairyu_manryo, form_style_text, .option = ORDER_ZAIRYU),
	PERSON_NOTES,
};

static const struct form_cell unused[] = {
	FORM_NOTE(0, 0, 40, 12, "以　下　余　白", form_style_center, FORM_EVERY),
};

/* Millimetres below the last slot. */
static const struct form_cell foot[] = {
	FORM_PICTURE(FORM_QR, 0, 1, 26, 26, FORM_EVERY),
	FORM_TEXT(30, 1, 115, 7, "ninsho", VALUE_NINSHO, form_style_sentence, FORM_LAST),
	FORM_TEXT(36, 9, 80, 6, "issued_on", VALUE_ISSUED_ON, form_style_date, FORM_LAST),
	FORM_TEXT(34, 16, 111, 10, "mayor", VALUE_MAYOR, form_style_mayor, FORM_LAST),
	FORM_PICTURE(FORM_KOIN, 149, 1, 25, 25, FORM_LAST),
	FORM_NOTE(146, 26, 31, 3, "この印は黒色です", form_style_small_center, FORM_LAST),
	FORM_NOTE(30, 8, 115, 8, "（次葉に続く）", form_style_center, FORM_NOT_LAST),
	FORM_NOTE(0, 30, 13, 4, "発行番号", form_style_small, FORM_EVERY),
	FORM_TEXT(13, 30, 60, 4, "issue_number", VALUE_ISSUE_NUMBER, form_style_small, FORM_EVERY),
	FORM_NOTE(76, 30, 13, 4, "確認符号", form_style_small, FORM_EVERY),
	FORM_TEXT(89, 30, 34, 4, "front_code", VALUE_FRONT_CODE, form_style_code, FORM_EVERY),
	FORM_NOTE(128, 30, 28, 4, "改ざん検知符号", form_style_small, FORM_EVERY),
	FORM_TEXT(156, 30, 24, 4, "digest", VALUE_DIGEST, form_style_small_right, FORM_EVERY),
};

const struct form_block form_juminhyo_foot = { X, 25750, 100, 100, 180, 34, false,
	FORM_BLOCK_CELLS(foot) };

#define SLOT(list, frame)                                                                          \
	{                                                                                          \
		X, Y + HEAD_ROWS *ROW, COL, ROW, 40, SLOT_ROWS, frame, FORM_BLOCK_CELLS(list)      \
	}

const struct form form_renki = {
	.head = { X, Y, COL, ROW / 3, 40, 3 * HEAD_ROWS, false, FORM_BLOCK_CELLS(head) },
	.person = SLOT(person, true),
	.foreign = SLOT(foreign, true),
	.unused = SLOT(unused, true),
	.foot = &form_juminhyo_foot,
	.slot_mm100 = SLOT_ROWS * ROW,
	.slots = 4,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_inkan - 印鑑登録証明書: the seal at its true size (印鑑登録証明事務処理要領
 * 第5), name, former name or 通称, birth, address. All in millimetres.
 */
#include "form.h"

#define LARGE_L(c, r, w, h, label)                                                                 \
	{                                                                                          \
		.what = FORM_LABEL, .col = (c), .row = (r), .cols = (w), .rows = (h),              \
		.text = (label), .rules = FORM_BOX, .style = &form_style_large_label               \
	}

static const struct form_cell head[] = {
	FORM_TEXT(30, 0, 100, 10, "title", VALUE_TITLE, form_style_title, FORM_EVERY),
	{ .what = FORM_FRAME, .col = 50, .row = 10, .cols = 60, .rows = 0, .rules = FORM_TOP },
};

#define PERSON                                                                                     \
	LARGE_L(0, 0, 36, 52, "印　　影"),                                                         \
	    { .what = FORM_SEAL, .col = 36, .row = 0, .cols = 74, .rows = 52, .rules = FORM_BOX }, \
	    { .what = FORM_FRAME,                                                                  \
		    .col = 110,                                                                    \
		    .row = 0,                                                                      \
		    .cols = 50,                                                                    \
		    .rows = 52,                                                                    \
		    .rules = FORM_BOX },                                                           \
	    FORM_NOTE(110, 38, 50, 4, "印影は原寸です", form_style_small_center, FORM_EVERY),      \
	    FORM_PICTURE(FORM_RULER, 110, 43, 50, 2, FORM_EVERY),                                  \
	    FORM_NOTE(110, 45, 50, 4, "25 mm", form_style_small_center, FORM_EVERY),               \
	    LARGE_L(0, 52, 36, 18, "氏　　名"),                                                    \
	    FORM_V(36, 52, 124, 18, "name", VALUE_NAME, form_style_name_large)

static const struct form_cell person[] = {
	PERSON,
	LARGE_L(0, 70, 36, 12, "旧　　氏"),
	FORM_I(36, 70, 124, 12, kyu_uji, form_style_large, .absent = FORM_STARS),
	LARGE_L(0, 82, 36, 12, "生年月日"),
	FORM_I(36, 82, 124, 12, birth, form_style_large),
	LARGE_L(0, 94, 36, 18, "住　　所"),
	FORM_V(36, 94, 124, 18, "address", VALUE_ADDRESS, form_style_large),
	LARGE_L(0, 112, 36, 26, "備　　考"),
	{ .what = FORM_FRAME, .col = 36, .row = 112, .cols = 124, .rows = 26, .rules = FORM_BOX },
};

static const struct form_cell foreign[] = {
	PERSON,
	LARGE_L(0, 70, 36, 12, "氏名のカタカナ表記"),
	FORM_I(36, 70, 124, 12, name_kana, form_style_large, .absent = FORM_STARS),
	LARGE_L(0, 82, 36, 12, "通　　称"),
	FORM_I(36, 82, 124, 12, tsusho, form_style_large, .absent = FORM_STARS),
	LARGE_L(0, 94, 36, 12, "生年月日"),
	FORM_I(36, 94, 124, 12, birth, form_style_large),
	LARGE_L(0, 106, 36, 18, "住　　所"),
	FORM_V(36, 106, 124, 18, "address", VALUE_ADDRESS, form_style_large),
	LARGE_L(0, 124, 36, 14, "備　　考"),
	{ .what = FORM_FRAME, .col = 36, .row = 124, .cols = 124, .rows = 14, .rules = FORM_BOX },
};

static const struct form_cell foot[] = {
	FORM_TEXT(0, 0, 160, 9, "ninsho", VALUE_NINSHO, form_style_sentence, FORM_EVERY),
	FORM_TEXT(6, 14, 80, 7, "issued_on", VALUE_ISSUED_ON, form_style_date, FORM_EVERY),
	FORM_TEXT(6, 30, 115, 12, "mayor", VALUE_MAYOR, form_style_mayor, FORM_EVERY),
	FORM_PICTURE(FORM_KOIN, 126, 22, 25, 25, FORM_EVERY),
	FORM_NOTE(123, 48, 31, 4, "この印は黒色です", form_style_small_center, FORM_EVERY),
	FORM_PICTURE(FORM_QR, 0, 55, 26, 26, FORM_EVERY),
	FORM_NOTE(30, 58, 26, 6, "発行番号", form_style_small, FORM_EVERY),
	FORM_TEXT(56, 58, 104, 6, "issue_number", VALUE_ISSUE_NUMBER, form_style_small, FORM_EVERY),
	FORM_NOTE(30, 65, 26, 6, "確認符号", form_style_small, FORM_EVERY),
	FORM_TEXT(56, 65, 60, 6, "front_code", VALUE_FRONT_CODE, form_style_code, FORM_EVERY),
	FORM_NOTE(30, 72, 26, 6, "改ざん検知符号", form_style_small, FORM_EVERY),
	FORM_TEXT(56, 72, 60, 6, "digest", VALUE_DIGEST, form_style_small, FORM_EVERY),
};

static const struct form_block foot_block = { 2500, 19800, 100, 100, 160, 80, false,
	FORM_BLOCK_CELLS(foot) };

const struct form form_inkan = {
	.head = { 2500, 2600, 100, 100, 160, 10, false, FORM_BLOCK_CELLS(head) },
	.person = { 2500, 4600, 100, 100, 160, 138, true, FORM_BLOCK_CELLS(person) },
	.foreign = { 2500, 4600, 100, 100, 160, 138, true, FORM_BLOCK_CELLS(foreign) },
	.foot = &foot_block,
	.slots = 1,
};

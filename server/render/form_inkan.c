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
	{ .what = FORM_VALUE,
	    .col = 30,
	    .row = 0,
	    .cols = 100,
	    .rows = 10,
	    .text = "title",
	    .value = VALUE_TITLE,
	    .rules = FORM_BARE,
	    .style = &form_style_title },
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
	    { .what = FORM_LABEL,                                                                  \
		    .col = 110,                                                                    \
		    .row = 38,                                                                     \
		    .cols = 50,                                                                    \
		    .rows = 4,                                                                     \
		    .text = "印影は原寸です",                                                      \
		    .style = &form_style_small_center },                                           \
	    { .what = FORM_RULER, .col = 110, .row = 43, .cols = 50, .rows = 2 },                  \
	    { .what = FORM_LABEL,                                                                  \
		    .col = 110,                                                                    \
		    .row = 45,                                                                     \
		    .cols = 50,                                                                    \
		    .rows = 4,                                                                     \
		    .text = "25 mm",                                                               \
		    .style = &form_style_small_center },                                           \
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
	{ .what = FORM_VALUE,
	    .col = 0,
	    .row = 0,
	    .cols = 160,
	    .rows = 9,
	    .text = "ninsho",
	    .value = VALUE_NINSHO,
	    .style = &form_style_sentence },
	{ .what = FORM_VALUE,
	    .col = 6,
	    .row = 14,
	    .cols = 80,
	    .rows = 7,
	    .text = "issued_on",
	    .value = VALUE_ISSUED_ON,
	    .style = &form_style_date },
	{ .what = FORM_VALUE,
	    .col = 6,
	    .row = 30,
	    .cols = 115,
	    .rows = 12,
	    .text = "mayor",
	    .value = VALUE_MAYOR,
	    .style = &form_style_mayor },
	{ .what = FORM_KOIN, .col = 126, .row = 22, .cols = 25, .rows = 25 },
	{ .what = FORM_LABEL,
	    .col = 123,
	    .row = 48,
	    .cols = 31,
	    .rows = 4,
	    .text = "この印は黒色です",
	    .style = &form_style_small_center },
	{ .what = FORM_QR, .col = 0, .row = 56, .cols = 24, .rows = 24 },
	{ .what = FORM_LABEL,
	    .col = 28,
	    .row = 60,
	    .cols = 26,
	    .rows = 5,
	    .text = "確認符号",
	    .style = &form_style_small },
	{ .what = FORM_VALUE,
	    .col = 54,
	    .row = 60,
	    .cols = 60,
	    .rows = 5,
	    .text = "front_code",
	    .value = VALUE_FRONT_CODE,
	    .style = &form_style_small },
	{ .what = FORM_LABEL,
	    .col = 28,
	    .row = 67,
	    .cols = 26,
	    .rows = 5,
	    .text = "発行番号",
	    .style = &form_style_small },
	{ .what = FORM_VALUE,
	    .col = 54,
	    .row = 67,
	    .cols = 100,
	    .rows = 5,
	    .text = "issue_number",
	    .value = VALUE_ISSUE_NUMBER,
	    .style = &form_style_small },
	{ .what = FORM_LABEL,
	    .col = 28,
	    .row = 74,
	    .cols = 26,
	    .rows = 5,
	    .text = "改ざん検知符号",
	    .style = &form_style_small },
	{ .what = FORM_VALUE,
	    .col = 54,
	    .row = 74,
	    .cols = 60,
	    .rows = 5,
	    .text = "digest",
	    .value = VALUE_DIGEST,
	    .style = &form_style_small },
};

static const struct form_block foot_block = { 2500, 19800, 100, 100, 160, 80, false,
	FORM_BLOCK_CELLS(foot) };

const struct form form_inkan = {
	.title = "印鑑登録証明書",
	.head = { 2500, 2600, 100, 100, 160, 10, false, FORM_BLOCK_CELLS(head) },
	.person = { 2500, 4600, 100, 100, 160, 138, true, FORM_BLOCK_CELLS(person) },
	.foreign = { 2500, 4600, 100, 100, 160, 138, true, FORM_BLOCK_CELLS(foreign) },
	.foot = &foot_block,
	.slots = 1,
};

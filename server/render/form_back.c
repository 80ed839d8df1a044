/* SPDX-License-Identifier: Apache-2.0 */
/* form_back - the strip below the image on the back of every sheet. */
#include "form.h"

static const struct form_cell cells[] = {
	FORM_TEXT(0, 0, 60, 5, "title", VALUE_TITLE, form_style_small, FORM_EVERY),
	FORM_NOTE(60, 0, 14, 5, "発行番号", form_style_small, FORM_EVERY),
	FORM_TEXT(74, 0, 62, 5, "issue_number", VALUE_ISSUE_NUMBER, form_style_small, FORM_EVERY),
	FORM_NOTE(136, 0, 28, 5, "改ざん検知符号", form_style_small, FORM_EVERY),
	FORM_TEXT(160, 0, 27, 5, "digest", VALUE_DIGEST, form_style_small_right, FORM_EVERY),
	FORM_NOTE(0, 6, 187, 5,
	    "この面の模様は、おもて面の記載を暗号化し、市区町村の電子署名を付けたものです。"
	    "両面を３００ｄｐｉ以上で読み取り、",
	    form_style_small, FORM_EVERY),
	FORM_NOTE(0, 11, 187, 5,
	    "次の問い合わせサイトに画像を送り、おもて面の確認符号を入力すると、"
	    "記載が発行時のままであることを確かめられます。",
	    form_style_small, FORM_EVERY),
	FORM_TEXT(0, 16, 187, 5, "inquiry_url", VALUE_INQUIRY_URL, form_style_small, FORM_EVERY),
};

const struct form_block form_back = { 1150, 26800, 100, 100, 187, 22, false,
	FORM_BLOCK_CELLS(cells) };

/* SPDX-License-Identifier: Apache-2.0 */
/* form_style - the types that all forms share, in pixels at 300 dpi (1 pt = 4.17 px). */
#include "form.h"

#define LEAST FIT_LEAST_PX

const struct fit_style form_style_title = { 66, 40, 1, FIT_CENTER, FIT_MIDDLE, 0 };
const struct fit_style form_style_label = { 30, 20, 1, FIT_CENTER, FIT_MIDDLE, 6 };
const struct fit_style form_style_unused = { 30, LEAST, 1, FIT_LEFT, FIT_MIDDLE, 12 };
const struct fit_style form_style_text = { 38, LEAST, 2, FIT_LEFT, FIT_MIDDLE, 12 };
const struct fit_style form_style_center = { 38, LEAST, 1, FIT_CENTER, FIT_MIDDLE, 8 };
const struct fit_style form_style_narrow = { 38, LEAST, 1, FIT_CENTER, FIT_MIDDLE, 2 };
const struct fit_style form_style_name = { 58, LEAST, 3, FIT_LEFT, FIT_MIDDLE, 12 };
const struct fit_style form_style_note = { 34, LEAST, 6, FIT_LEFT, FIT_TOP, 12 };
const struct fit_style form_style_sentence = { 44, 30, 2, FIT_LEFT, FIT_MIDDLE, 0 };
const struct fit_style form_style_date = { 42, 30, 1, FIT_LEFT, FIT_MIDDLE, 0 };
const struct fit_style form_style_mayor = { 54, 30, 2, FIT_RIGHT, FIT_MIDDLE, 0 };
const struct fit_style form_style_code = { 36, 28, 1, FIT_LEFT, FIT_MIDDLE, 0 };
const struct fit_style form_style_small = { 28, 20, 2, FIT_LEFT, FIT_MIDDLE, 0 };
const struct fit_style form_style_small_center = { 28, 20, 1, FIT_CENTER, FIT_MIDDLE, 0 };
const struct fit_style form_style_small_right = { 28, 20, 1, FIT_RIGHT, FIT_MIDDLE, 0 };
const struct fit_style form_style_large = { 46, LEAST, 3, FIT_LEFT, FIT_MIDDLE, 16 };
const struct fit_style form_style_large_center = { 46, LEAST, 1, FIT_CENTER, FIT_MIDDLE, 8 };
const struct fit_style form_style_name_large = { 66, LEAST, 3, FIT_LEFT, FIT_MIDDLE, 16 };
const struct fit_style form_style_large_label = { 38, 26, 1, FIT_CENTER, FIT_MIDDLE, 8 };

const struct form *const *
form_all(void)
{
	static const struct form *const all[] = { &form_renki, &form_kojin, &form_inkan, NULL };
	return all;
}

const struct form *
form_find(enum doc_kind kind, enum profile_form form)
{
	if (doc_kind_is_record(kind))
		return form == PROFILE_KOJIN ? &form_kojin : &form_renki;
	return kind == DOC_INKAN ? &form_inkan : NULL;
}

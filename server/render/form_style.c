/* SPDX-License-Identifier: Apache-2.0 */
/* form_style - the types that all forms share, in pixels at 300 dpi (1 pt = 4.17 px). */
#include "form.h"

#include <string.h>

#define LEAST FIT_LEAST_PX

const struct fit_style form_style_title = { 66, 40, 1, FIT_CENTER, FIT_MIDDLE, 0 };
const struct fit_style form_style_small = { 28, 20, 2, FIT_LEFT, FIT_MIDDLE, 0 };
const struct fit_style form_style_small_right = { 28, 20, 1, FIT_RIGHT, FIT_MIDDLE, 0 };

static const struct {
	const char *name;
	struct fit_style style;
} styles[] = {
	{ "label", { 30, 20, 1, FIT_CENTER, FIT_MIDDLE, 6 } },
	{ "unused", { 30, LEAST, 1, FIT_LEFT, FIT_MIDDLE, 12 } },
	{ "text", { 38, LEAST, 2, FIT_LEFT, FIT_MIDDLE, 12 } },
	{ "address", { 38, LEAST, 5, FIT_LEFT, FIT_MIDDLE, 12 } },
	{ "center", { 38, LEAST, 1, FIT_CENTER, FIT_MIDDLE, 8 } },
	{ "narrow", { 38, LEAST, 1, FIT_CENTER, FIT_MIDDLE, 2 } },
	{ "name", { 58, LEAST, 3, FIT_LEFT, FIT_MIDDLE, 12 } },
	{ "note", { 34, LEAST, 6, FIT_LEFT, FIT_TOP, 12 } },
	{ "sentence", { 44, 30, 2, FIT_LEFT, FIT_MIDDLE, 0 } },
	{ "date", { 42, 30, 1, FIT_LEFT, FIT_MIDDLE, 0 } },
	{ "mayor", { 54, 30, 2, FIT_RIGHT, FIT_MIDDLE, 0 } },
	{ "code", { 36, 28, 1, FIT_LEFT, FIT_MIDDLE, 0 } },
	{ "small_center", { 28, 20, 1, FIT_CENTER, FIT_MIDDLE, 0 } },
	{ "large", { 46, LEAST, 3, FIT_LEFT, FIT_MIDDLE, 16 } },
	{ "large_address", { 46, LEAST, 6, FIT_LEFT, FIT_MIDDLE, 16 } },
	{ "large_center", { 46, LEAST, 1, FIT_CENTER, FIT_MIDDLE, 8 } },
	{ "name_large", { 66, LEAST, 3, FIT_LEFT, FIT_MIDDLE, 16 } },
	{ "large_label", { 38, 26, 1, FIT_CENTER, FIT_MIDDLE, 8 } },
};

const struct fit_style *
form_style_find(const char *name)
{
	if (strcmp(name, "title") == 0)
		return &form_style_title;
	if (strcmp(name, "small") == 0)
		return &form_style_small;
	if (strcmp(name, "small_right") == 0)
		return &form_style_small_right;
	for (size_t i = 0; i < N_ELEMENTS(styles); i++)
		if (strcmp(styles[i].name, name) == 0)
			return &styles[i].style;
	return NULL;
}

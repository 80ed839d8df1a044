/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/session/result.h"

#include "base/text.h"

static const struct result_info result_rows[RESULT_N] = {
#define RESULT(name, code_, group_, text_, next_)                                                  \
	[RESULT_##name] = { .code = code_,                                                         \
		.text = text_,                                                                     \
		.group = RESULT_GROUP_##group_,                                                    \
		.next = RESULT_NEXT_##next_ },
#include "kiosk/session/result.def"
#undef RESULT
};

const struct result_info *
result_info(enum result r)
{
	return &result_rows[(unsigned)r < RESULT_N ? r : RESULT_FAULT];
}

const char *
result_next_name(enum result_next n)
{
	static const char *const names[] = { "nothing", "again", "later", "window", "clerk" };
	return (unsigned)n < N_ELEMENTS(names) ? names[n] : names[RESULT_NEXT_CLERK];
}

enum result
result_from_center(const char *code)
{
	for (unsigned i = 0; i < RESULT_N; i++)
		if (result_rows[i].group == RESULT_GROUP_CENTER &&
		    text_equal(result_rows[i].code, code))
			return (enum result)i;
	return RESULT_REFUSED;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdfa - judges a finished PDF by the rules of PDF/A-2b (ISO 19005-2) that can
 * be read off its objects and contents, and by its font against its widths.
 * Written from the standard, not from the renderer. For tests.
 */
#pragma once
#include "base/arena.h"
#include <stddef.h>
#include <stdint.h>

/* NULL when no rule is broken; else a literal that names the first broken one. */
const char *pdfa_judge(struct arena *a, const uint8_t *p, size_t bytes);

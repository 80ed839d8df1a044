/* SPDX-License-Identifier: Apache-2.0 */
/* words - Japanese names of what a payload holds, for pages, reports and the command alike. */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

/* "p2.name" -> "2人目 氏名"; an unknown key is its own name. In the arena. */
const char *words_field(struct arena *a, const char *key);
/*
 * True for what a bank may not or need not keep: 個人番号 (番号法 第20条), 住民票コード
 * (住民基本台帳法 第30条の38) and the front's code. A report leaves them out.
 */
bool words_is_withheld(const char *key);
/* "2026年11月21日 12:34", Japan's time. */
const char *words_time(struct arena *a, int64_t at_ms);

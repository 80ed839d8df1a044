/* SPDX-License-Identifier: Apache-2.0 */
/*
 * excuse - what whoever drives the test does meanwhile and what it explains: a file of lines
 * "code from until" (UTC milliseconds; until 0 = still), always whole, written anew when
 * something begins or ends.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Was there something between @from_ms and now that explains this refusal? @path may be NULL. */
bool excuse_explains(const char *path, const char *code, int64_t from_ms);

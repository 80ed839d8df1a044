/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts - one language of kiosk/ui/text: the phrases of the screens, and for
 * each result what resident and clerk are told. The pages read the same file.
 */
#pragma once
#include "base/err.h"
#include "kiosk/app/engine.h"

enum { TEXTS_MAX_BYTES = 262144 };

struct texts;
void texts_free(struct texts *t);
DEFINE_AUTO(texts)
/*
 * Parses {"lang":..,"name":..,"ui":{..},"results":{key:{"title","resident","clerk"}}}.
 * Every text key of kiosk/session/result.def must be there, and no other.
 * Returns 0 or FAULT_CONFIG.
 */
MUST_USE int texts_parse(const void *json, size_t bytes, struct texts **ret, struct err *err);
/* Never NULL; "" for a key that is none. Live as long as @t. */
const char *texts_resident(const struct texts *t, const char *text_key);
const char *texts_clerk(const struct texts *t, const char *text_key);
/* For engine_set_texts(). */
struct engine_texts texts_for_engine(const struct texts *t);

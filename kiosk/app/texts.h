/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts - one language of kiosk/ui/text: the phrases of the screens, and for
 * each result what resident and clerk are told. The pages read the same file.
 *
 * A phrase may carry its reading: "[証明書|しょうめいしょ]を" is shown as 証明書を
 * (やさしい日本語: with the kana above) and read aloud as しょうめいしょを. "{n}" and
 * "{m}" are numbers, "{h}" the hours.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "http/pages.h"
#include "kiosk/app/engine.h"

enum { TEXTS_MAX_BYTES = 262144, TEXTS_N_LANGS = 7 };
extern const char *const texts_langs[TEXTS_N_LANGS]; /* "ja" first */

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
/*
 * What is read aloud of a phrase, without a NUL, into @out: a key of "ui", or
 * "result.KEY.title" and "result.KEY.resident". A hole without a number is left out.
 * False when there is no such phrase.
 */
struct texts_numbers {
	const char *n, *m; /* digits; NULL = none */
};
MUST_USE bool texts_speech(const struct texts *t, const char *key, const struct texts_numbers *num,
    struct buf *out, bool *ret_has_numbers);

/* All languages. */
struct texts_set {
	struct texts *t[TEXTS_N_LANGS];
};
void texts_set_free(struct texts_set *s);
DEFINE_AUTO(texts_set)
/* From the embedded pages. 0 or FAULT_CONFIG. */
MUST_USE int texts_set_open(const struct http_page *pages, struct texts_set **ret, struct err *err);
/* NULL for a language that is none. */
const struct texts *texts_set_find(const struct texts_set *s, const char *lang);
/* For engine_set_texts(). */
struct engine_texts texts_for_engine(const struct texts *t);

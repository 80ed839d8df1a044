/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprints - what the city prints of itself, in its own hands: form, 認証文, mayor,
 * 公印 (domain/imprint.h). One person proposes a version, drawn on every sheet that
 * it would stand on; another approves the very bytes that these were drawn from.
 */
#pragma once
#include "domain/imprint.h"
#include "pki/hash.h"
#include "server/console/console.h"
#include "server/issue/render_wire.h"

enum {
	IMPRINTS_AHEAD_DAYS = 400, /* so far ahead a version may begin */
	IMPRINTS_MAX_WAITING = 10, /* proposals that nobody has decided yet */
	IMPRINTS_NOTE_BYTES = 240,
	IMPRINTS_BODY_BYTES = 256 * 1024,
	IMPRINTS_MAX_LIST = 200,
};

/* --- preview.c --- */

enum sheet_sort { SHEET_WHOLE = 0, SHEET_PART = 1, SHEET_DAIRI = 2 };
enum { SHEETS_MAX = 3 * DOC_KIND_MAX };
struct sheet {
	enum doc_kind kind;
	enum sheet_sort sort;
};
/* Every paper on which something of it stands otherwise. Returns how many. */
unsigned sheets_list(
    const struct profile *p, const struct imprint *m, struct sheet ret[SHEETS_MAX]);
const char *sheet_name(struct arena *a, const struct sheet *s);  /* "juminhyo-part" */
const char *sheet_title(struct arena *a, const struct sheet *s); /* 住民票の写し（一部） */
/*
 * One sheet of fictitious residents with 見本 across, dated @on; lives in @a. 0, with
 * ret->outcome and ->failed_item where it cannot be printed, or a fault.
 */
MUST_USE int sheet_render(struct ask *q, struct arena *a, const struct sheet *s,
    const struct imprint *m, struct civil_date on, struct render_result *ret, struct err *err);
/*
 * Of the content and of the PDF of every sheet. 0, CONSOLE_E_GLYPH or _OVERFLOW (sheet and item are
 * told to the page), or a fault.
 */
MUST_USE int sheets_digest(struct ask *q, const struct imprint *m, struct civil_date on,
    uint8_t ret[SHA256_BYTES], struct err *err);
/* Answers with the PDF of the sheet of that name. As sheets_digest(), or CONSOLE_E_UNKNOWN. */
MUST_USE int sheet_show(struct ask *q, const char *name, const struct imprint *m,
    struct civil_date on, struct err *err);

/* --- proposal.c --- */

/* The version as the body proposes it, on top of @base. 0, CONSOLE_E_TEXT, _KOIN_BYTES, _KOIN .. or
 * a fault. */
MUST_USE int proposal_read(
    struct ask *q, const struct imprint *base, struct imprint *ret, struct err *err);
/* What differs: "form", "mayor", "dairi", "koin", "ninsho". */
json_t *proposal_changes(const struct imprint *base, const struct imprint *m);
/* The version's texts and measures. */
void imprint_describe(struct ask *q, const struct imprint *m, json_t *out);
/* Answers with the 公印 as a picture. */
MUST_USE int koin_show(struct ask *q, const struct imprint *m, struct err *err);

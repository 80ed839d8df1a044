/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint - what a municipality prints of itself on every paper: the form, the
 * 認証文, title and name of its mayor or of who acts for him, the 公印. One version
 * is the whole of it, so that no paper can bear parts of two. What the profile
 * says holds until the city has a version of its own in force; from then on the
 * profile's is not looked at any more.
 *
 *   content  "KIM1" ‖ u8 form ‖ field16 title ‖ field16 mayor ‖ field16 dairi ‖
 *            (with dairi: date from ‖ date to) ‖ u16 width ‖ u16 height ‖ field32 bits ‖
 *            u8 kinds ‖ (u8 kind ‖ field16 ninsho of all ‖ field16 of a part) …, ascending
 *   date     u16 year ‖ u8 month ‖ u8 day
 *
 * At rest the content is sealed under the municipality's data key, bound to its
 * number. Who approves it adds a tag over number, content and the instant from
 * which it holds: without the key no row becomes a version in force.
 */
#pragma once
#include "base/bytes.h"
#include "domain/profile.h"
#include "domain/vault.h"

enum {
	IMPRINT_TITLE_BYTES = 60,   /* 職名 */
	IMPRINT_NAME_BYTES = 120,   /* 氏名 */
	IMPRINT_NINSHO_BYTES = 600, /* 認証文 */
	IMPRINT_KOIN_MIN_PX = 189,  /* 8 mm at 600 dpi */
	IMPRINT_KOIN_MAX_PX = PROFILE_SEAL_MAX_PX,
	IMPRINT_MAX_BYTES = 65536,
	IMPRINT_SEALED_BYTES = IMPRINT_MAX_BYTES + VAULT_MAX_OVERHEAD,
	IMPRINT_TAG_BYTES = 32,
};

struct imprint_kind {
	const char *ninsho_all; /* NULL: a kind that is not offered */
	const char *ninsho_part;
};
struct imprint {
	enum profile_form form;
	const char *mayor_title, *mayor;
	const char *dairi; /* NULL = none */
	struct civil_date dairi_from, dairi_to;
	uint16_t koin_width_px, koin_height_px;
	const uint8_t *koin_bits; /* 1 = ink, 600 dpi */
	struct imprint_kind kinds[DOC_KIND_MAX + 1];
};

/* A text that may be printed: clean, not empty, no space at its ends, @max bytes at most. */
bool imprint_text_is_good(const char *s, size_t max);
/* The profile's own, as it was set up. */
void imprint_of_profile(const struct profile *p, struct imprint *ret);
/*
 * The profile as it prints with @m. The form is a choice only where the 住民票 has no
 * description of the municipality's own. Texts and bits stay where they are.
 */
void imprint_apply(const struct imprint *m, struct profile *p);
/* True where @m's form may be chosen. */
bool imprint_form_fits(const struct imprint *m, const struct profile *p);

void imprint_encode(const struct imprint *m, struct buf *out);
/* What it points at lives in the arena. Strict: encodes to the same bytes. 0 or FAULT_BAD_INPUT. */
MUST_USE int imprint_decode(
    struct arena *a, const void *p, size_t bytes, struct imprint *ret, struct err *err);

/* A version as the database has it. */
struct imprint_row {
	int64_t number;   /* from 1 on; 0 = no version: the profile's own */
	int64_t holds_ms; /* from then on, when it was approved */
	const uint8_t *sealed;
	size_t bytes;
	uint8_t tag[IMPRINT_TAG_BYTES];
};
/* A content as it is kept, in the arena. */
struct vault_sealed imprint_row_seal(
    const struct vault *v, struct arena *a, int64_t number, const void *content, size_t n);
/* The tag of an approval. */
void imprint_row_tag(const struct vault *v, int64_t number, int64_t holds_ms, const void *content,
    size_t n, uint8_t ret[IMPRINT_TAG_BYTES]);
/* The content of a row, approved or not. 0 or FAULT_INTEGRITY: another row's, or altered. */
MUST_USE int imprint_row_open(const struct vault *v, struct arena *a, const struct imprint_row *row,
    uint8_t **ret, size_t *ret_bytes, struct err *err);
/* A version that somebody approved, read. 0 or FAULT_INTEGRITY. */
MUST_USE int imprint_row_read(const struct vault *v, struct arena *a, const struct imprint_row *row,
    struct imprint *ret, struct err *err);

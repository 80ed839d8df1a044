/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_wire - what goes to a single-use renderer and what comes back, as
 * bytes. Both directions are strict: what the encoder would not write, the
 * decoder refuses. The front passes the answer on to kofu-seal unread.
 *
 *   request  "KRQ2" ‖ muni(6) ‖ u8 kind ‖ u8 whole household ‖ u32 options ‖
 *            u16 year, u8 month, u8 day of issue ‖ u16 persons ‖ field32 resident … ‖
 *            field32 seal (empty: none) ‖ u8 copies ‖ (field16 number ‖ code(16)) … ‖
 *            u8 sample ‖ field32 imprint (domain/imprint.h; empty: the profile's own)
 *   answer   "KRS4" ‖ u16 outcome ‖ field16 failed item ‖ u8 copies ‖ copy …
 *   copy     u8 pages ‖ digest(16) ‖ u32 bytes of the pdf ‖ page … ‖ the pdf ‖ u16 fields ‖ field …
 *   page     u32 back_at ‖ front(32): render_front_digest()
 *   pdf      all but the RENDER_BACK_BYTES at each back_at (which are in order): they are white,
 *            two thirds of it, and what receives it makes them itself
 *   field    u8 page ‖ field16 key ‖ field16 value ‖ u16 x, y, w, h
 */
#pragma once
#include "backside/apart.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "domain/imprint.h"
#include "domain/order.h"
#include "domain/resident.h"
#include "server/render/render.h"
#include <stdbool.h>

enum {
	RENDER_WIRE_MAX_BYTES = 30 * 1024 * 1024, /* an answer */
	RENDER_WIRE_MAX_REQUEST = 1024 * 1024,
	RENDER_WIRE_MAX_NUMBER = 64,
	RENDER_WIRE_MAX_KEY = 64,
	RENDER_WIRE_MAX_VALUE = 4096,
	RENDER_WIRE_MAX_PDF = 8 * 1024 * 1024,
};

struct render_copy {
	const char *number; /* 発行番号 */
	char front_code[RENDER_FRONT_CODE_CHARS + 1];
};
struct render_request {
	struct muni_code muni;
	enum doc_kind kind;
	bool whole_household;
	unsigned options;
	struct civil_date issued_on;
	unsigned n_persons;
	struct resident persons[ORDER_MAX_PERSONS];
	bool has_seal;
	struct seal_row seal;
	unsigned n_copies;
	struct render_copy copies[ORDER_MAX_COPIES];
	bool sample; /* 見本 across each side: nothing that kofu-seal would sign */
	/* What the municipality prints of itself (imprint_encode); NULL = the profile's own. */
	const uint8_t *imprint;
	size_t imprint_bytes;
};
struct render_result {
	int outcome;             /* 0 or RENDER_E_*; with an outcome there are no copies */
	const char *failed_item; /* empty without an outcome */
	unsigned n_copies;
	struct render_doc docs[ORDER_MAX_COPIES];
};

void render_request_encode(const struct render_request *q, struct buf *out);
/* What it points at lives in the arena. 0 or FAULT_BAD_INPUT. */
MUST_USE int render_request_decode(
    struct arena *a, const void *p, size_t bytes, struct render_request *ret, struct err *err);

void render_result_encode(const struct render_result *r, struct buf *out);
/* Where a document's backs lie in its PDF. */
void render_doc_backs(const struct render_doc *d, struct apart *ret);
/* PDFs and texts are in the arena; there are no display lists. 0 or FAULT_BAD_INPUT. */
MUST_USE int render_result_decode(
    struct arena *a, const void *p, size_t bytes, struct render_result *ret, struct err *err);

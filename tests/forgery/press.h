/* SPDX-License-Identifier: Apache-2.0 */
/*
 * press - papers as they are issued, for the tests that try to forge them: the
 * real renderer's fronts, backs signed and sealed as kofu-seal does, both
 * through the simulated printer and scanner, and the bank's desk to lay them on.
 */
#pragma once
#include "center/inquiry/check.h"
#include "tests/golden/sample.h"
#include "tests/world/scansim/scansim.h"

enum { FRONT_PAGE_BYTES = FRONT_ROW_BYTES * FRONT_H, PRESS_MAX_FIELDS = 256 };

/* One sheet: its front's ink, its back's modules, and what the front says where. */
struct sheet {
	uint8_t *front;
	uint8_t *modules; /* BACKSIDE_BYTES; NULL until sealed */
	struct payload_field field[PRESS_MAX_FIELDS];
	unsigned n_fields;
	unsigned page, pages; /* from 1 */
	const char *issue_number, *front_code;
	struct muni_code muni;
	enum doc_kind kind;
};

struct press {
	struct render_fonts *fonts;
	struct decoder *decoder;
	struct key *inquiry, *muni, *stranger;
	struct key_agreer own;
	struct check_signer signer;
	struct check_keys keys;
};
/* Before any thread. False when a font or the decoder cannot be had. */
bool press_open(struct press *p, const char *manifest);
void press_close(struct press *p);

/* Renders; at most @max sheets into @ret. Returns how many, 0 when it cannot be rendered. */
unsigned press_print(struct press *p, struct arena *a, const struct render_input *in,
    struct sheet *ret, unsigned max);
struct press_seal_how {
	unsigned history;       /* 履歴番号 */
	bool to_stranger;       /* sealed to another site's key */
	bool by_stranger;       /* signed by another key than the municipality's */
	bool own_name;          /* and the header says so */
	const char *front_code; /* another one than the sheet's; NULL = the sheet's */
};
/* Gives the sheet its back. */
bool press_seal(
    struct press *p, struct arena *a, struct sheet *s, const struct press_seal_how *how);

/* A scan, in the arena. */
struct scan_image press_scan_front(
    struct arena *a, const uint8_t *front, const struct scansim_profile *profile, uint64_t seed);
struct scan_image press_scan_back(
    struct arena *a, const uint8_t *modules, const struct scansim_profile *profile, uint64_t seed);
/* A back at 200 dpi as it was printed, without a scanner's faults. */
struct scan_image press_clean_back(struct arena *a, const uint8_t *modules);
/* Two scans in one picture, side by side. */
struct scan_image press_side_by_side(
    struct arena *a, const struct scan_image *l, const struct scan_image *r);
/* Lays pictures on the desk as one inquiry. @code: typed in, or NULL. False when it answered
 * nothing. */
bool press_ask(struct press *p, struct arena *a, const struct scan_image *pictures, unsigned n,
    const char *code, struct check_result *ret);

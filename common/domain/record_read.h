/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_read - the quick way for the many: a record exactly as our agent writes it (no spaces, members in one order, nothing escaped), without a
 * tree of JSON in between. It takes no record that js_parse() and record_parse()
 * would not take for the same one (tests/fuzz/fuzz_sync.c compares them); what
 * it does not take is theirs to judge.
 */
#pragma once
#include "domain/record.h"

enum { RECORD_E_OTHER = 1122 /* not in that form, or not a good one */ };
/*
 * A resident's. @text begins with the record; *ret_bytes says how long it is. Its texts stay where they
 * are: their closing quotes become NULs. Returns 0, or RECORD_E_OTHER: @text is as it was.
 */
MUST_USE int record_read(
    struct muni_code muni, char *text, size_t bytes, struct sync_record *ret, size_t *ret_bytes);
/* A seal's, with its image in the arena, or a card's; of a medium there are as many. */
MUST_USE int record_read_more(struct arena *a, struct muni_code muni, char *text, size_t bytes,
    struct sync_record *ret, size_t *ret_bytes);

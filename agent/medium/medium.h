/* SPDX-License-Identifier: Apache-2.0 */
/*
 * medium - the first load: the newest rows of the register at one instant, in
 * parts encrypted to the server, and a signed list of their digests
 * (docs/PROTOCOL.md section 6). The stream goes on from that instant.
 */
#pragma once
#include "agent/agent_conf.h"
#include "base/bytes.h"
#include "db/db.h"

enum {
	MEDIUM_PART_RECORDS = 2000,
	MEDIUM_PART_BYTES = 4 * 1024 * 1024, /* of record text, before it is packed */
	MEDIUM_MAX_PARTS = 99999,
	MEDIUM_PAGE_ROWS = 1000,
	MEDIUM_PAGE_SEALS = 200, /* their rows are the largest */
};
/*
 * Makes a slot for this first load, reads everything, writes @dir (which must be empty or not
 * there, or hold what an attempt that broke off left: that goes). Draws its progress on a
 * terminal. The agent must not run meanwhile. Returns 0 or a fault: FAULT_CONFIG (not empty),
 * FAULT_UNAVAILABLE (the register is away, an agent reads it, somebody fills @dir).
 */
MUST_USE int medium_create(const struct agent_conf *c, const char *dir, struct err *err);

/* The full (ZEN) files of a folder; see agent/source/csv/folder.h. */
struct csv_pages;
void csv_pages_free(struct csv_pages *p); /* NULL is fine */
/*
 * Tests every one of them first, and tells what is wrong on stderr. @position
 * (SOURCE_MAX_POSITION_BYTES + 1 of room) is where the stream goes on,
 * *ret_ms the register's time. Returns 0 or a fault.
 */
MUST_USE int csv_pages_new(const struct agent_conf *c, char *position, int64_t *ret_ms,
    struct csv_pages **ret, struct err *err);
/* As page_next(). */
MUST_USE int csv_page_next(
    struct csv_pages *p, struct buf *lines, unsigned *ret_n, bool *ret_ended, struct err *err);

/* One table of the register, read page by page inside a snapshot. */
struct page_reader {
	struct db *db;
	unsigned table; /* 0.. */
	char after[3][64];
	bool ended;
};
void page_reader_init(struct page_reader *r, struct db *db);
/*
 * The next page as records, one JSON text a line, appended to @lines;
 * *ret_n of them. Pages of residents come first, then seals, cards, blocks.
 * Returns 0 or a fault; r->ended is true when there is no more.
 */
MUST_USE int page_next(struct page_reader *r, struct buf *lines, unsigned *ret_n, struct err *err);

enum page_table_number { PAGE_JUMINHYO, PAGE_INKAN, PAGE_SHOMEISHO, PAGE_YOKUSHI };
/*
 * The newest rows of one subject, as page_next() would give them. @key: 宛名番号,
 * of PAGE_YOKUSHI 対象区分 and 対象番号. Returns 0 or a fault.
 */
MUST_USE int page_of(struct db *db, enum page_table_number table, const char *const *key,
    struct buf *lines, struct err *err);

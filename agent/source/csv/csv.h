/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - a register that drops files into a folder (folder.h). A file is tested
 * whole before its first row is used; one that breaks a rule stops the source
 * until a good one of the same number lies there. What is tested is a copy that
 * nobody else can reach, and its rows are handed out from that copy: a file that
 * is altered meanwhile is taken as it was. A position is
 * "csv:<whole files>:<rows of the next one>".
 */
#pragma once
#include "agent/source/csv/mapping.h"
#include "agent/source/source.h"
#include "base/log.h"

enum {
	/* A larger file is more than one transaction; its position stands inside it. */
	CSV_TXN_MAX_RECORDS = 5000,
	CSV_TXN_MAX_BYTES = 8 * 1024 * 1024,
};
struct csv_conf {
	struct muni_code muni;
	const char *folder;
	const struct csv_mapping *mapping;
};
/* Goes on after @position. Returns 0, or FAULT_BAD_INPUT (no position of a folder). @c stays. */
MUST_USE int csv_source_open(
    const struct csv_conf *c, const char *position, struct source *ret, struct err *err);

struct csv_position {
	uint32_t files;
	uint64_t rows;
};
/* True for "csv:<files>:<rows>" exactly as csv_position_format() writes it. */
MUST_USE bool csv_position_parse(const char *s, struct csv_position *ret);
void csv_position_format(struct csv_position p, char out[SOURCE_MAX_POSITION_BYTES + 1]);

/* SPDX-License-Identifier: Apache-2.0 */
/* csv_file - one file of the folder, row by row, or tested whole. */
#pragma once
#include "agent/source/csv/folder.h"
#include "agent/source/csv/rows.h"

enum {
	CSV_E_REFUSED = 1041,                     /* faults were told */
	CSV_COPY_MEMORY_BYTES = 16 * 1024 * 1024, /* a larger file is copied to the disk */
};

struct csv_file {
	int fd;
	struct reader *reader;
	struct csv_header header;
	struct csv_faults *faults;
	uint64_t rows; /* read so far, without the header */
};
/*
 * Opens @path as a file of that table and reads its header. Returns 0 (then
 * csv_file_close()), CSV_E_REFUSED, or FAULT_UNAVAILABLE.
 */
MUST_USE int csv_file_open(const char *path, const struct csv_mapping *m, unsigned table,
    struct csv_faults *faults, struct csv_file *ret, struct err *err);
/*
 * The next row, in the arena. Returns 0, READER_E_END, READER_E_BAD (told;
 * there is no way on), CSV_E_REFUSED (told; the next row may be read), or
 * FAULT_UNAVAILABLE.
 */
MUST_USE int csv_file_row(
    struct csv_file *f, struct arena *a, struct map_row *ret, struct err *err);
void csv_file_close(struct csv_file *f);
/*
 * A copy that nobody else can reach: what is tested in it is what is read from
 * it, whatever becomes of the file. In memory when it is small, else without a
 * name on the disk, beside the file where that may be written. *ret is the
 * caller's. Returns 0 or FAULT_UNAVAILABLE.
 */
MUST_USE int csv_file_copy(const char *path, const char *folder, int *ret, struct err *err);
/* As csv_file_open(), of a descriptor from its beginning; takes it over in every case. */
MUST_USE int csv_file_open_fd(int fd, const struct csv_mapping *m, unsigned table,
    struct csv_faults *faults, struct csv_file *ret, struct err *err);
/*
 * Reads all of it and tells every fault. @end: what it must come to, or NULL.
 * Returns 0 (*ret_rows of them, all good), CSV_E_REFUSED, FAULT_INTEGRITY (not
 * what @end says), or FAULT_UNAVAILABLE.
 */
MUST_USE int csv_file_check(const char *path, const struct csv_mapping *m, unsigned table,
    const struct csv_end *end, struct csv_faults *faults, uint64_t *ret_rows, struct err *err);
/* As csv_file_check(), of a descriptor from its beginning; it stays open. */
MUST_USE int csv_file_check_fd(int fd, const struct csv_mapping *m, unsigned table,
    const struct csv_end *end, struct csv_faults *faults, uint64_t *ret_rows, struct err *err);
/* At READER_E_END: 0, or FAULT_INTEGRITY when the file was not what @end says. */
MUST_USE int csv_file_ended(const struct csv_file *f, const struct csv_end *end, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/csv_file.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { ROW_ARENA_BYTES = 2 * 1024 * 1024 };

static void
say_reader(struct csv_file *f)
{
	csv_fault(f->faults,
	    (struct csv_fault){ .line = reader_line(f->reader), .rule = reader_rule(f->reader) });
}

static int
read_header(struct csv_file *f, const struct csv_table *t, struct err *err)
{
	struct csv_row row;
	unsigned before = f->faults->n;
	int r = reader_next(f->reader, &row, err);
	if (r == READER_E_END)
		csv_fault(f->faults, (struct csv_fault){ .line = 1, .rule = CSV_RULE_EMPTY });
	else if (r == READER_E_BAD)
		say_reader(f);
	else if (r == 0)
		csv_header_read(t, &row, &f->header, f->faults);
	if (r < 0)
		return err_trace(err, r, "header");
	return f->faults->n > before ? CSV_E_REFUSED : 0;
}

int
csv_file_open(const char *path, const struct csv_mapping *m, unsigned table,
    struct csv_faults *faults, struct csv_file *ret, struct err *err)
{
	struct csv_file f = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
		.faults = faults };
	if (f.fd < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "file cannot be opened", errno);
	int r = reader_new(f.fd, m->encoding, &f.reader, err);
	if (r == 0)
		r = read_header(&f, &m->table[table], err);
	if (r) {
		csv_file_close(&f);
		return err_trace(err, r, "file");
	}
	*ret = f;
	return 0;
}

void
csv_file_close(struct csv_file *f)
{
	reader_free(f->reader);
	fd_close(f->fd);
	*f = (struct csv_file){ .fd = -1 };
}

int
csv_file_row(struct csv_file *f, struct arena *a, struct map_row *ret, struct err *err)
{
	struct csv_row row;
	unsigned before = f->faults->n;
	int r = reader_next(f->reader, &row, err);
	if (r == READER_E_BAD)
		say_reader(f);
	if (r)
		return err_trace(err, r, "row");
	f->rows++;
	csv_row_read(a, &f->header, &row, ret, f->faults);
	return f->faults->n > before ? CSV_E_REFUSED : 0;
}

int
csv_file_ended(const struct csv_file *f, const struct csv_end *end, struct err *err)
{
	uint8_t digest[32];
	reader_digest(f->reader, digest);
	if (f->rows != end->rows)
		return err_raise(
		    err, FAULT_INTEGRITY, "rows are not as many as .end says", (long)f->rows);
	if (memcmp(digest, end->sha256, sizeof(digest)) != 0)
		return err_raise(err, FAULT_INTEGRITY, "digest is not what .end says", 0);
	return 0;
}

int
csv_file_check(const char *path, const struct csv_mapping *m, unsigned table,
    const struct csv_end *end, struct csv_faults *faults, uint64_t *ret_rows, struct err *err)
{
	struct csv_file f;
	unsigned before = faults->n;
	int r = csv_file_open(path, m, table, faults, &f, err);
	if (r)
		return err_trace(err, r, "check");
	do {
		AUTO(arena) struct arena *a = arena_new(ROW_ARENA_BYTES);
		struct map_row row;
		r = csv_file_row(&f, a, &row, err);
	} while (r == 0 || r == CSV_E_REFUSED);
	if (r == READER_E_END && faults->n == before)
		r = end ? csv_file_ended(&f, end, err) : 0;
	*ret_rows = f.rows;
	csv_file_close(&f);
	if (r < 0)
		return err_trace(err, r, "check");
	return faults->n > before ? CSV_E_REFUSED : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/csv_file.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROW_ARENA_BYTES = 2 * 1024 * 1024, COPY_BYTES = 65536 };

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

static int
path_open(const char *path, int *ret, struct err *err)
{
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *ret < 0 ? err_raise(err, FAULT_UNAVAILABLE, "file cannot be opened", errno) : 0;
}

static int
nameless(const char *folder, off_t bytes)
{
	if (bytes <= CSV_COPY_MEMORY_BYTES)
		return memfd_create("kofu-csv", MFD_CLOEXEC);
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

int
csv_file_copy(const char *path, const char *folder, int *ret, struct err *err)
{
	AUTO_FD int in = -1;
	uint8_t piece[COPY_BYTES];
	struct stat st;
	ssize_t n = 0;
	int r = path_open(path, &in, err);
	if (r)
		return err_trace(err, r, "copy");
	AUTO_FD int out = fstat(in, &st) == 0 ? nameless(folder, st.st_size) : -1;
	if (out < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "no room for a copy", errno);
	while (r == 0 && (n = read(in, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			return err_raise(err, FAULT_UNAVAILABLE, "file cannot be read", errno);
		if (n > 0)
			r = fd_write_all(out, piece, (size_t)n, err);
	}
	if (r)
		return err_trace(err, r, "copy");
	*ret = out;
	out = -1;
	return 0;
}

int
csv_file_open(const char *path, const struct csv_mapping *m, unsigned table,
    struct csv_faults *faults, struct csv_file *ret, struct err *err)
{
	int fd = -1;
	int r = path_open(path, &fd, err);
	if (r == 0)
		r = csv_file_open_fd(fd, m, table, faults, ret, err);
	return err_trace(err, r, "file");
}

int
csv_file_open_fd(int fd, const struct csv_mapping *m, unsigned table, struct csv_faults *faults,
    struct csv_file *ret, struct err *err)
{
	struct csv_file f = { .fd = fd, .faults = faults };
	int r = lseek(fd, 0, SEEK_SET) == 0
	    ? reader_new(fd, m->encoding, &f.reader, err)
	    : err_raise(err, FAULT_UNAVAILABLE, "file cannot be read again", errno);
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
csv_file_check_fd(int fd, const struct csv_mapping *m, unsigned table, const struct csv_end *end,
    struct csv_faults *faults, uint64_t *ret_rows, struct err *err)
{
	struct csv_file f;
	unsigned before = faults->n;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "descriptor", errno);
	int r = csv_file_open_fd(own, m, table, faults, &f, err);
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

int
csv_file_check(const char *path, const struct csv_mapping *m, unsigned table,
    const struct csv_end *end, struct csv_faults *faults, uint64_t *ret_rows, struct err *err)
{
	AUTO_FD int fd = -1;
	int r = path_open(path, &fd, err);
	if (r == 0)
		r = csv_file_check_fd(fd, m, table, end, faults, ret_rows, err);
	return err_trace(err, r, "check");
}

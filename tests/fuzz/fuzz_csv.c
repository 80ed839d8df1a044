/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file that is taken becomes records, every row of it; the first byte chooses table and
 * encoding. */
#include "agent/source/csv/csv_file.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_ARENA_BYTES = 32 * 1024 * 1024 };

/* Plain: a fuzzer has no use for fsync. */
static int
file_put(const char *path, const void *p, size_t bytes)
{
	struct err err = { 0 };
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : fd_write_all(fd, p, bytes, &err);
}

static void
map_all(const char *path, const struct csv_mapping *m, unsigned table, uint64_t rows)
{
	struct csv_faults faults = { 0 };
	struct csv_file f;
	struct err err = { 0 };
	int r = csv_file_open(path, m, table, &faults, &f, &err);
	if (r)
		abort();
	for (uint64_t i = 0; i < rows; i++) {
		AUTO(arena) struct arena *a = arena_new(FUZZ_ARENA_BYTES);
		struct map_row row;
		struct map_record rec;
		if (csv_file_row(&f, a, &row, &err) != 0 || map_row(a, &row, &rec, &err) != 0)
			abort();
	}
	csv_file_close(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const encodings[] = { "UTF-8", "CP932", "UTF-16LE", "UTF-16BE" };
	static const char text[] = "{\"v\":1,\"silence_s\":60}";
	char path[64];
	struct csv_mapping m;
	struct csv_faults faults = { 0 };
	struct err err = { 0 };
	uint64_t rows = 0;
	if (size == 0)
		return 0;
	unsigned table = data[0] % DICTIONARY_TABLES;
	AUTO(arena) struct arena *a = arena_new(FUZZ_ARENA_BYTES);
	if (mapping_parse(a, text, sizeof(text) - 1, &m, &err) != 0)
		abort();
	m.encoding = encodings[data[0] / 16 % N_ELEMENTS(encodings)];
	(void)snprintf(path, sizeof(path), "/tmp/kofu-fuzz-csv-%d", (int)getpid());
	if (file_put(path, data + 1, size - 1) != 0)
		abort();
	int r = csv_file_check(path, &m, table, NULL, &faults, &rows, &err);
	if (r == 0)
		map_all(path, &m, table, rows);
	else if (r != CSV_E_REFUSED || faults.n == 0)
		abort();
	(void)unlink(path);
	return 0;
}

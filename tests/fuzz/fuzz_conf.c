/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration that is taken is within its ranges; one that is refused changes nothing. */
#include "base/file.h"
#include "conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct item {
	const char *name;
	int64_t n;
};
struct sample {
	const char *text;
	int64_t number;
	bool on;
	const char *path;
};
static const struct conf_row rows[] = {
	{ "a", "text", CONF_TEXT, offsetof(struct sample, text), 1, 9, NULL, "" },
	{ "a", "number", CONF_INT, offsetof(struct sample, number), -3, 30, "7", "" },
	{ "b", "on", CONF_BOOL, offsetof(struct sample, on), 0, 0, "no", "" },
	{ "b", "path", CONF_PATH, offsetof(struct sample, path), 0, 0, "", "" },
};
static const struct conf_row item_rows[] = {
	{ "item *", "n", CONF_INT, offsetof(struct item, n), 1, 5, NULL, "" },
};
static const struct conf_list items = { .prefix = "item",
	.rows = item_rows,
	.n_rows = 1,
	.struct_bytes = sizeof(struct item),
	.name_offset = offsetof(struct item, name),
	.max = 4 };

static char file[] = "/tmp/kofu-fuzz-conf-XXXXXX";

static void
file_remove(void)
{
	(void)unlink(file);
}

static void
prepare(void)
{
	int fd = mkstemp(file);
	if (fd < 0 || atexit(file_remove) != 0 || (stderr = fopen("/dev/null", "w")) == NULL)
		abort();
	fd_close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct sample s = { .number = 99 };
	struct item *item = NULL;
	struct err err = { 0 };
	size_t n = 77;
	if (!ready)
		prepare();
	ready = true;
	FILE *f = fopen(file, "wb");
	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
	AUTO(arena) struct arena *a = arena_new((size_t)64 << 20);
	int r =
	    conf_load_lists(a, file, rows, N_ELEMENTS(rows), &s, &items, (void **)&item, &n, &err);
	if (r != 0) {
		if (r != FAULT_CONFIG || s.number != 99 || s.text != NULL || n != 77)
			abort();
		return 0;
	}
	if (s.text == NULL || strlen(s.text) < 1 || strlen(s.text) > 9 || s.number < -3 ||
	    s.number > 30 || (s.path != NULL && s.path[0] != '/') || n > items.max)
		abort();
	for (size_t i = 0; i < n; i++)
		if (item[i].name == NULL || item[i].n < 1 || item[i].n > 5)
			abort();
	return 0;
}

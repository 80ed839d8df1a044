/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/folder.h"
#include "agent/source/dictionary.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/muni.h"
#include "wire/js.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FOLDER_MAX_FILES = 100000,
	FOLDER_MAX_ROWS = 100000000,
	JST_S = 9 * 3600,
	MUNI_CHARS = 6,
	STAMP_CHARS = 14,
	SEQ_CHARS = 8,
};

static const struct {
	const char *word, *table;
} kinds[] = {
	{ "JUMIN", "juminhyo" },
	{ "INKAN", "inkan" },
	{ "SHOMEI", "shomeisho" },
	{ "YOKUSHI", "yokushi" },
};

/* The part up to @end of *@at, which is moved behind it. */
static size_t
part(const char **at, char end, const char **ret)
{
	const char *stop = strchr(*at, end);
	size_t n = stop ? (size_t)(stop - *at) : 0;
	*ret = *at;
	if (stop != NULL)
		*at = stop + 1;
	return n;
}

static bool
is_word(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

static bool
two_digits(const char *s, int min, int max, int *ret)
{
	*ret = (s[0] - '0') * 10 + (s[1] - '0');
	return *ret >= min && *ret <= max;
}

/* A time in Japan, which has had no summer time since 1951. */
static bool
stamp_parse(const char *s, size_t n, int64_t *ret_ms)
{
	struct tm t = { 0 };
	int century = 0;
	int year = 0;
	if (n != STAMP_CHARS || strspn(s, "0123456789") != STAMP_CHARS)
		return false;
	if (!two_digits(s, 19, 99, &century) || !two_digits(s + 2, 0, 99, &year) ||
	    !two_digits(s + 4, 1, 12, &t.tm_mon) || !two_digits(s + 6, 1, 31, &t.tm_mday) ||
	    !two_digits(s + 8, 0, 23, &t.tm_hour) || !two_digits(s + 10, 0, 59, &t.tm_min) ||
	    !two_digits(s + 12, 0, 59, &t.tm_sec))
		return false;
	t.tm_year = century * 100 + year - 1900;
	t.tm_mon -= 1;
	*ret_ms = ((int64_t)timegm(&t) - JST_S) * 1000;
	return true;
}

static bool
kind_parse(const char *s, size_t n, unsigned *ret)
{
	for (unsigned i = 0; i < N_ELEMENTS(kinds); i++) {
		if (!is_word(s, n, kinds[i].word))
			continue;
		*ret = (unsigned)dictionary_find(kinds[i].table);
		return true;
	}
	return false;
}

bool
csv_name_parse(struct muni_code muni, const char *name, struct csv_name *ret)
{
	struct csv_name f = { 0 };
	const char *s;
	const char *at = name;
	size_t n = strlen(name);
	if (n >= sizeof(f.text))
		return false;
	memcpy(f.text, name, n + 1);
	n = part(&at, '_', &s);
	if (n != MUNI_CHARS || memcmp(s, muni.s, n) != 0)
		return false;
	n = part(&at, '_', &s);
	if (!kind_parse(s, n, &f.table))
		return false;
	n = part(&at, '_', &s);
	f.full = is_word(s, n, "ZEN");
	if (!f.full && !is_word(s, n, "SA"))
		return false;
	n = part(&at, '_', &s);
	if (!stamp_parse(s, n, &f.stamp_ms))
		return false;
	n = part(&at, '.', &s);
	if (n != SEQ_CHARS || strspn(s, "0123456789") != SEQ_CHARS || strcmp(at, "csv") != 0)
		return false;
	f.seq = (uint32_t)strtoul(s, NULL, 10);
	*ret = f;
	return f.seq > 0;
}

static int
by_seq(const void *a, const void *b)
{
	uint32_t x = ((const struct csv_name *)a)->seq;
	uint32_t y = ((const struct csv_name *)b)->seq;
	return (x > y) - (x < y);
}

static const char *
end_path(struct arena *a, const char *path, const struct csv_name *f)
{
	return arena_printf(
	    a, "%s/%.*s.end", path, (int)(strlen(f->text) - strlen(".csv")), f->text);
}

/* Two walks: first how many there are, then which. */
static size_t
walk(DIR *d, struct arena *a, const char *path, struct muni_code muni, struct csv_name *out,
    size_t room)
{
	size_t n = 0;
	const struct dirent *e;
	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		struct csv_name f;
		if (!csv_name_parse(muni, e->d_name, &f))
			continue;
		if (n < room) {
			f.whole = access(end_path(a, path, &f), F_OK) == 0;
			out[n] = f;
		}
		n++;
	}
	return n;
}

int
folder_list(struct arena *a, const char *path, struct muni_code muni, struct folder_files *ret,
    struct err *err)
{
	DIR *d = opendir(path);
	if (d == NULL)
		return err_raise(err, FAULT_UNAVAILABLE, "folder cannot be read", errno);
	size_t room = walk(d, a, path, muni, NULL, 0);
	if (room > FOLDER_MAX_FILES)
		room = FOLDER_MAX_FILES + 1;
	struct csv_name *file = arena_zero_n(a, room + 1, sizeof(*file));
	size_t n = walk(d, a, path, muni, file, room);
	(void)closedir(d);
	if (n > room) /* came meanwhile: the next look sees them */
		n = room;
	if (n > FOLDER_MAX_FILES)
		return err_raise(err, FAULT_BAD_INPUT, "too many files", (long)n);
	qsort(file, n, sizeof(*file), by_seq);
	for (size_t i = 1; i < n; i++)
		if (file[i].seq == file[i - 1].seq)
			return err_raise(
			    err, FAULT_BAD_INPUT, "one number twice", (long)file[i].seq);
	*ret = (struct folder_files){ n, file };
	return 0;
}

int
folder_end(struct arena *a, const char *path, const struct csv_name *name, struct csv_end *ret,
    struct err *err)
{
	static const char *const members[] = { "v", "rows", "sha256", NULL };
	AUTO(json_t) json_t *o = NULL;
	uint8_t *p = NULL;
	size_t bytes = 0;
	int64_t v = 0;
	int64_t rows = 0;
	int r = file_read(a, end_path(a, path, name), FOLDER_END_MAX_BYTES, &p, &bytes, err);
	if (r == FILE_E_NONE_FOUND)
		return err_raise(err, FAULT_UNAVAILABLE, "no .end", (long)name->seq);
	if (r == 0)
		r = js_parse(p, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_int(o, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_int(o, "rows", 0, FOLDER_MAX_ROWS, &rows, err);
	if (r == 0)
		r = js_hex(o, "sha256", ret->sha256, sizeof(ret->sha256), err);
	ret->rows = (uint64_t)rows;
	return err_trace(err, r, ".end");
}

int
folder_erase(const char *path, const struct csv_name *name, struct err *err)
{
	char file[4096];
	for (unsigned i = 0; i < 2; i++) {
		int n = snprintf(file, sizeof(file), "%s/%.*s%s", path,
		    (int)(strlen(name->text) - strlen(".csv")), name->text, i ? ".end" : ".csv");
		if (n < 0 || (size_t)n >= sizeof(file) || (unlink(file) != 0 && errno != ENOENT))
			return err_raise(err, FAULT_UNAVAILABLE, "file cannot be erased", errno);
	}
	return 0;
}

static int
folder_make(const char *path, struct err *err)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_raise(err, FAULT_UNAVAILABLE, "folder cannot be made", errno);
	return 0;
}

/* Where a look goes every now and then there must never lie more than a few. */
int
folder_put_away(const char *path, const struct csv_name *name, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(65536);
	const char *stamp = strrchr(name->text, '_') - STAMP_CHARS;
	const char *done = arena_printf(a, "%s/done", path);
	const char *day = arena_printf(a, "%s/%.8s", done, stamp);
	int stem = (int)(strlen(name->text) - strlen(".csv"));
	int r = folder_make(done, err);
	if (r == 0)
		r = folder_make(day, err);
	for (unsigned i = 0; r == 0 && i < 2; i++) {
		const char *file = arena_printf(a, "%.*s%s", stem, name->text, i ? ".end" : ".csv");
		if (rename(arena_printf(a, "%s/%s", path, file),
			arena_printf(a, "%s/%s", day, file)) != 0 &&
		    errno != ENOENT)
			r = err_raise(err, FAULT_UNAVAILABLE, "file cannot be put away", errno);
	}
	return err_trace(err, r, "put away");
}

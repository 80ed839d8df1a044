/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/flow/journal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_SUFFIX ".journal"
enum { JOURNAL_MAX_YEN = 1000000 };

struct journal {
	int fd;
	char folder[PATH_MAX / 2];
	char name[2 * ORDER_ID_BYTES + sizeof(JOURNAL_SUFFIX)];
};

static void
journal_path(const struct journal *j, const char *suffix, char out[PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%s/%s%s", j->folder, j->name, suffix);
}

static int
folder_sync(const char *folder, struct err *err)
{
	AUTO_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "sync journal folder", errno);
	return 0;
}

static struct journal *
journal_new(const char *folder, const struct order_id *id)
{
	struct journal *j = mem_zero(sizeof(*j));
	char hex[2 * ORDER_ID_BYTES + 1];
	j->fd = -1;
	text_hex_format(id->b, ORDER_ID_BYTES, hex);
	(void)snprintf(j->name, sizeof(j->name), "%s" JOURNAL_SUFFIX, hex);
	if (strlen(folder) < sizeof(j->folder))
		memcpy(j->folder, folder, strlen(folder) + 1);
	return j;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	fd_close(j->fd);
	mem_free(j);
}

/* Puts one line; false when it is over its limit or more than one. */
static bool
line_put(struct buf *b, const char *word, const char *rest, size_t bytes)
{
	if (strlen(word) + 1 + bytes + 1 > JOURNAL_MAX_LINE_BYTES || memchr(rest, '\n', bytes))
		return false;
	buf_printf(b, "%s ", word);
	buf_put(b, rest, bytes);
	buf_text(b, "\n");
	return true;
}

static bool
line_put_number(struct buf *b, const char *word, unsigned n)
{
	char text[16];
	int bytes = snprintf(text, sizeof(text), "%u", n);
	return line_put(b, word, text, (size_t)bytes);
}

/* Lines that belong together in one go; cut off between two, what stands before still holds. */
static int
journal_write(struct journal *j, const struct buf *b, bool good, struct err *err)
{
	if (!good || !buf_ok(b))
		return err_raise(err, FAULT_INTERNAL, "journal line", (long)b->bytes);
	int r = fd_write_all(j->fd, b->p, b->bytes, err);
	if (r == 0 && fdatasync(j->fd) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "sync journal", errno);
	return err_trace(err, r, "journal");
}

static int
journal_line(struct journal *j, const char *word, const char *rest, size_t bytes, struct err *err)
{
	struct buf b;
	buf_init(&b, JOURNAL_MAX_LINE_BYTES);
	bool good = line_put(&b, word, rest, bytes);
	int r = journal_write(j, &b, good, err);
	buf_done(&b);
	return r;
}

int
journal_begin(const char *folder, const struct order_id *id, struct journal **ret, struct err *err)
{
	char path[PATH_MAX];
	__attribute__((cleanup(journal_closep))) struct journal *j = journal_new(folder, id);
	if (j->folder[0] == '\0')
		return err_raise(err, FAULT_UNAVAILABLE, "journal folder's name", 0);
	journal_path(j, "", path);
	j->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0 || flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "create journal", errno);
	int r = journal_line(j, "journal", "1", 1, err);
	if (r == 0)
		r = folder_sync(j->folder, err);
	if (r)
		return err_trace(err, r, "journal");
	*ret = TAKE(j);
	return 0;
}

int
journal_answered(struct journal *j, const uint8_t manifest_hash[32], struct err *err)
{
	char hex[65];
	text_hex_format(manifest_hash, 32, hex);
	return journal_line(j, "answered", hex, 64, err);
}

int
journal_number(struct journal *j, const char *number, struct err *err)
{
	return journal_line(j, "number", number, strlen(number), err);
}

int
journal_till(struct journal *j, const char *tx, struct err *err)
{
	return journal_line(j, "till", tx, strlen(tx), err);
}

int
journal_withdraw(struct journal *j, const char *body, size_t bytes, struct err *err)
{
	return journal_line(j, "withdraw", body, bytes, err);
}

int
journal_fallback(
    struct journal *j, const char *body, size_t bytes, unsigned due_yen, struct err *err)
{
	struct buf b;
	buf_init(&b, 2 * JOURNAL_MAX_LINE_BYTES);
	/* Sums only grow: cut off between the two, the till keeps too little, never too much. */
	bool good = line_put(&b, "outcome", body, bytes) && line_put_number(&b, "due", due_yen);
	int r = journal_write(j, &b, good, err);
	buf_done(&b);
	return r;
}

int
journal_sending(struct journal *j, const struct journal_copy *c, struct err *err)
{
	struct buf b;
	buf_init(&b, 4 * JOURNAL_MAX_LINE_BYTES);
	/* The name last: before it is there, nothing was sent. */
	bool good = line_put(&b, "hope", c->hope, c->hope_bytes) &&
	    line_put_number(&b, "hope-due", c->hope_due_yen) &&
	    line_put(&b, "unsure", c->unsure, c->unsure_bytes) &&
	    line_put(&b, "sending", c->job_name, strlen(c->job_name));
	int r = journal_write(j, &b, good, err);
	buf_done(&b);
	return r;
}

int
journal_job(struct journal *j, int job, struct err *err)
{
	struct buf b;
	buf_init(&b, JOURNAL_MAX_LINE_BYTES);
	bool good = job > 0 && line_put_number(&b, "job", (unsigned)job);
	int r = journal_write(j, &b, good, err);
	buf_done(&b);
	return r;
}

int
journal_released(struct journal *j, struct err *err)
{
	return journal_line(j, "released", "", 0, err);
}

int
journal_till_done(struct journal *j, struct err *err)
{
	return journal_line(j, "till-done", "", 0, err);
}

int
journal_reported(struct journal *j, struct err *err)
{
	return journal_line(j, "reported", "", 0, err);
}

int
journal_end(struct journal *j, struct err *err)
{
	char path[PATH_MAX];
	int r = 0;
	journal_path(j, "", path);
	if (unlink(path) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "remove journal", errno);
	if (r == 0)
		r = folder_sync(j->folder, err);
	journal_close(j);
	return err_trace(err, r, "journal");
}

static int
journal_put_aside(const struct journal *j, const char *suffix, struct err *err)
{
	char from[PATH_MAX];
	char to[PATH_MAX];
	journal_path(j, "", from);
	journal_path(j, suffix, to);
	if (rename(from, to) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "rename journal", errno);
	return folder_sync(j->folder, err);
}

int
journal_refuse(struct journal *j, struct err *err)
{
	int r = journal_put_aside(j, ".refused", err);
	journal_close(j);
	return err_trace(err, r, "journal");
}

int
journal_keep(struct journal *j, struct err *err)
{
	char from[PATH_MAX];
	char to[PATH_MAX];
	AUTO(arena) struct arena *a = arena_new(2 * JOURNAL_MAX_FILE_BYTES);
	uint8_t *text = NULL;
	size_t bytes = 0;
	journal_path(j, "", from);
	journal_path(j, ".refused", to);
	int r = file_read(a, from, JOURNAL_MAX_FILE_BYTES, &text, &bytes, err);
	if (r == 0)
		r = file_write_atomic(to, text, bytes, 0600, err);
	return err_trace(err, r, "journal");
}

static bool
left_number(struct arena *a, const char *rest, size_t n, struct journal_left *ret)
{
	if (ret->n_numbers >= ORDER_MAX_COPIES || n == 0)
		return false;
	ret->numbers[ret->n_numbers++] = arena_strndup(a, rest, n);
	return true;
}

static bool
left_till(struct arena *a, const char *rest, size_t n, struct journal_left *ret)
{
	uint8_t tx[JOURNAL_TX_CHARS / 2];
	if (ret->tx != NULL || !text_hex_parse(rest, n, tx, sizeof(tx)))
		return false;
	ret->tx = arena_strndup(a, rest, n);
	return true;
}

/* No copy is on its way any more. */
static bool
left_outcome(struct arena *a, const char *rest, size_t n, bool withdraws, struct journal_left *ret)
{
	ret->outcome = arena_strndup(a, rest, n);
	ret->withdraws = withdraws;
	ret->hope = ret->unsure = ret->job_name = NULL;
	ret->job = 0;
	return n > 0;
}

static bool
left_number_of(const char *rest, size_t n, uint64_t max, unsigned *ret)
{
	uint64_t v = 0;
	bool good = text_u64_parse(rest, n, max, &v);
	*ret = (unsigned)v;
	return good;
}

/* One complete line; false = not of this journal's making. */
static bool
left_line(struct arena *a, const char *line, size_t n, struct journal_left *ret)
{
	const char *space = memchr(line, ' ', n);
	if (space == NULL)
		return false;
	const char *word = arena_strndup(a, line, (size_t)(space - line));
	const char *rest = space + 1;
	size_t rest_n = n - (size_t)(rest - line);
	uint8_t hash[32];
	if (text_equal(word, "journal"))
		return rest_n == 1 && rest[0] == '1';
	if (text_equal(word, "answered"))
		return text_hex_parse(rest, rest_n, hash, sizeof(hash));
	if (text_equal(word, "number"))
		return left_number(a, rest, rest_n, ret);
	if (text_equal(word, "till"))
		return left_till(a, rest, rest_n, ret);
	if (text_equal(word, "outcome") || text_equal(word, "withdraw"))
		return left_outcome(a, rest, rest_n, text_equal(word, "withdraw"), ret);
	const char **text = text_equal(word, "hope") ? &ret->hope
	    : text_equal(word, "unsure")             ? &ret->unsure
	    : text_equal(word, "sending")            ? &ret->job_name
						     : NULL;
	if (text != NULL) {
		*text = arena_strndup(a, rest, rest_n);
		return rest_n > 0;
	}
	if (text_equal(word, "due"))
		return left_number_of(rest, rest_n, JOURNAL_MAX_YEN, &ret->due_yen);
	if (text_equal(word, "hope-due"))
		return left_number_of(rest, rest_n, JOURNAL_MAX_YEN, &ret->hope_due_yen);
	if (text_equal(word, "job"))
		return left_number_of(rest, rest_n, INT_MAX, &ret->job);
	bool *flag = text_equal(word, "released") ? &ret->released
	    : text_equal(word, "till-done")       ? &ret->till_done
	    : text_equal(word, "reported")        ? &ret->reported
						  : NULL;
	if (flag == NULL || rest_n != 0)
		return false;
	*flag = true;
	return true;
}

/* *ret_good: bytes of complete lines. */
static bool
left_parse(
    struct arena *a, const char *text, size_t bytes, struct journal_left *ret, size_t *ret_good)
{
	const char *start = text;
	unsigned lines = 0;
	while (bytes > 0) {
		const char *end = memchr(text, '\n', bytes);
		if (end == NULL)
			break; /* cut off in mid-line: that step never happened */
		size_t n = (size_t)(end - text);
		if (n > JOURNAL_MAX_LINE_BYTES || memchr(text, '\0', n) != NULL)
			return false;
		if (!left_line(a, text, n, ret))
			return false;
		if (lines++ == 0 && strncmp(text, "journal ", 8) != 0)
			return false;
		bytes -= n + 1;
		text = end + 1;
	}
	*ret_good = (size_t)(text - start);
	/* Paper may only move once the fallback is on the disk, and its three ends. */
	if (ret->job_name != NULL && (ret->hope == NULL || ret->unsure == NULL))
		return false;
	return !ret->released || (ret->outcome != NULL && !ret->withdraws);
}

static bool
name_is_journal(const char *name, struct order_id *ret)
{
	const size_t hex = 2 * (size_t)ORDER_ID_BYTES;
	return strlen(name) == hex + strlen(JOURNAL_SUFFIX) &&
	    strcmp(name + hex, JOURNAL_SUFFIX) == 0 &&
	    text_hex_parse(name, hex, ret->b, ORDER_ID_BYTES);
}

/* 0, JOURNAL_E_NONE when its owner lives or it is gone by now, FAULT_BAD_INPUT, another fault. */
static int
take_one(struct journal *j, struct arena *a, struct journal_left *ret, struct err *err)
{
	char path[PATH_MAX];
	struct stat here;
	struct stat there;
	uint8_t *text = NULL;
	size_t bytes = 0;
	size_t good = 0;
	journal_path(j, "", path);
	j->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (j->fd < 0 || flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		return JOURNAL_E_NONE;
	/* Its owner may have removed it between open and lock. */
	if (fstat(j->fd, &here) != 0 || stat(path, &there) != 0 || here.st_ino != there.st_ino)
		return JOURNAL_E_NONE;
	ret->age_s = clock_now_ms() / 1000 - here.st_mtime;
	int r = file_read(a, path, JOURNAL_MAX_FILE_BYTES, &text, &bytes, err);
	if (r)
		return err_fold(err, r, "journal");
	if (!left_parse(a, (const char *)text, bytes, ret, &good))
		return err_raise(err, FAULT_BAD_INPUT, "journal that is none", 0);
	/* Cut off in its first line: nothing was ever sent for it. */
	if (good == 0)
		return unlink(path) == 0
		    ? JOURNAL_E_NONE
		    : err_raise(err, FAULT_UNAVAILABLE, "remove journal", errno);
	/* A line cut off by the power would swallow the next one. */
	if (good < bytes && ftruncate(j->fd, (off_t)good) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "mend journal", errno);
	return 0;
}

int
journal_take(const char *folder, struct arena *a, struct journal_left *ret,
    struct journal **ret_journal, struct err *err)
{
	DIR *d = opendir(folder);
	int found = JOURNAL_E_NONE;
	if (d == NULL)
		return err_raise(err, FAULT_UNAVAILABLE, "journal folder", errno);
	struct dirent *e;
	for (int seen = 0; found == JOURNAL_E_NONE && seen < JOURNAL_MAX_OPEN; seen++) {
		struct journal_left left = { 0 };
		if ((e = readdir(d)) == NULL)
			break;
		if (!name_is_journal(e->d_name, &left.id))
			continue;
		struct journal *j = journal_new(folder, &left.id);
		int r = take_one(j, a, &left, err);
		if (r == FAULT_BAD_INPUT)
			r = journal_put_aside(j, ".bad", err) == 0 ? JOURNAL_E_NONE : r;
		found = r;
		if (r == 0) {
			*ret = left;
			*ret_journal = j;
			continue;
		}
		journal_close(j);
	}
	closedir(d);
	return err_trace(err, found, "journal");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/medium/medium.h"
#include "agent/source/map.h"
#include "agent/source/pg/pg.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/progress.h"
#include "db/snapshot.h"
#include "pki/cms.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "queries/register_agent.h"
#include "wire/gzip.h"
#include "wire/js.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* The largest part: one page more than the marks, of the largest rows. */
	CREATE_LINES_BYTES = MEDIUM_PART_BYTES + (MEDIUM_PAGE_SEALS + 1) * MAP_RECORD_MAX_BYTES,
	CREATE_ARENA_BYTES = 32 * 1024 * 1024,
	CREATE_FILE_MAX_BYTES = CREATE_LINES_BYTES + 65536,
	CREATE_LIST_BYTES = 16 * 1024 * 1024,
};

struct create {
	const struct agent_conf *c;
	const char *dir;
	json_t *parts;
	struct buf lines;
	unsigned n_lines;
	uint64_t n_all;
	struct progress progress;
};

/* The packed text in memory only: no plaintext touches the disk. */
static int
packed_fd(const struct buf *lines, int *ret, struct err *err)
{
	struct buf packed;
	buf_init(&packed, CREATE_FILE_MAX_BYTES);
	int r = gzip_pack(lines->p, lines->bytes, &packed, err);
	AUTO_FD int fd = r ? -1 : memfd_create("kofu-part", MFD_CLOEXEC);
	if (r == 0 && fd < 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "memfd", errno);
	if (r == 0)
		r = fd_write_all(fd, packed.p, packed.bytes, err);
	if (r == 0 && lseek(fd, 0, SEEK_SET) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "memfd", errno);
	buf_done(&packed);
	if (r)
		return err_trace(err, r, "part");
	*ret = fd;
	fd = -1;
	return 0;
}

static int
part_encrypt(struct create *m, const char *path, struct err *err)
{
	AUTO_FD int in = -1;
	int r = packed_fd(&m->lines, &in, err);
	if (r)
		return err_trace(err, r, "part");
	AUTO_FD int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "part cannot be made", errno);
	r = cms_encrypt_fd(in, out, m->c->recipient, err);
	if (r == 0 && fsync(out) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "part cannot be written", errno);
	return err_fold(err, r, "encrypt");
}

static int
part_write(struct create *m, struct err *err)
{
	char name[32];
	uint8_t hash[SHA256_BYTES];
	uint8_t *p = NULL;
	size_t bytes = 0;
	size_t number = json_array_size(m->parts) + 1;
	if (m->n_lines == 0)
		return 0;
	if (number > MEDIUM_MAX_PARTS)
		return err_raise(err, FAULT_BAD_INPUT, "too many parts", (long)number);
	(void)snprintf(name, sizeof(name), "part-%05zu.cms", number);
	AUTO(arena) struct arena *a = arena_new(CREATE_FILE_MAX_BYTES + 65536);
	const char *path = arena_printf(a, "%s/%s", m->dir, name);
	int r = part_encrypt(m, path, err);
	if (r == 0) /* what is listed is what can be read back */
		r = file_read(a, path, CREATE_FILE_MAX_BYTES, &p, &bytes, err);
	if (r)
		return err_fold(err, r, "part");
	sha256(p, bytes, hash);
	json_t *o = json_object();
	js_put_text(o, "name", name);
	js_put_int(o, "bytes", (int64_t)bytes);
	js_put_hex(o, "sha256", hash, sizeof(hash));
	(void)json_array_append_new(m->parts, o);
	m->n_all += m->n_lines;
	m->n_lines = 0;
	buf_done(&m->lines); /* wiped */
	progress_at(&m->progress, m->n_all);
	return 0;
}

/* Where the records come from. */
struct load {
	void *self;
	/* As page_next(). */
	int (*next)(
	    void *self, struct buf *lines, unsigned *ret_n, bool *ret_ended, struct err *err);
};

static int
parts_write(struct create *m, const struct load *load, struct err *err)
{
	bool ended = false;
	while (!ended) {
		unsigned n = 0;
		int r = load->next(load->self, &m->lines, &n, &ended, err);
		m->n_lines += n;
		if (r == 0 &&
		    (m->n_lines >= MEDIUM_PART_RECORDS || m->lines.bytes >= MEDIUM_PART_BYTES))
			r = part_write(m, err);
		if (r)
			return err_trace(err, r, "parts");
	}
	return err_trace(err, part_write(m, err), "parts");
}

static int
list_sign(const struct create *m, const struct buf *text, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(4 * (size_t)CREATE_LIST_BYTES);
	AUTO(key) struct key *key = NULL;
	char *jws = NULL;
	int r = key_load(m->c->sync_key, &key, err);
	if (r)
		return err_fold(err, r, "sync key");
	const struct key_signer signer = key_as_signer(key);
	r = jws_sign(a, &signer, "kofu-medium", text->p, text->bytes, &jws, err);
	if (r == 0)
		r = file_write_atomic(
		    arena_printf(a, "%s/list.jws", m->dir), jws, strlen(jws), 0600, err);
	return err_fold(err, r, "list");
}

static int
list_write(const struct create *m, const char *position, int64_t register_ms, struct err *err)
{
	struct buf text;
	json_t *o = json_object();
	js_put_int(o, "v", 1);
	js_put_text(o, "muni", m->c->muni.s);
	/* Grows with every first load, and needs nobody to be asked. */
	js_put_int(o, "epoch", clock_now_ms() / 1000);
	js_put_text(o, "source", position);
	js_put_int(o, "register_ms", register_ms);
	js_put_int(o, "n_records", (int64_t)m->n_all);
	js_put(o, "parts", json_incref(m->parts));
	buf_init(&text, CREATE_LIST_BYTES);
	int r = js_format(o, &text, err);
	json_decref(o);
	if (r == 0)
		r = list_sign(m, &text, err);
	buf_done(&text);
	return err_trace(err, r, "list");
}

static int
next_of_db(void *self, struct buf *lines, unsigned *ret_n, bool *ret_ended, struct err *err)
{
	struct page_reader *reader = self;
	int r = page_next(reader, lines, ret_n, err);
	*ret_ended = reader->ended;
	return err_trace(err, r, "register");
}

static int
create_from(struct create *m, struct db *db, const struct db_slot_snapshot *snapshot,
    struct pg_position at, struct err *err)
{
	AUTO(db_rows) struct db_rows *now = NULL;
	AUTO(db_rows) struct db_rows *count = NULL;
	char position[SOURCE_MAX_POSITION_BYTES + 1];
	struct page_reader reader;
	page_reader_init(&reader, db);
	pg_position_format(at, position);
	int r = db_begin_at(db, snapshot, err);
	if (r == 0)
		r = db_ask0(db, &q_agent_register_now, &now, err);
	if (r == 0)
		r = db_ask0(db, &q_agent_newest_count, &count, err);
	if (r == 0)
		progress_start(&m->progress, 0, (uint64_t)db_int(count, 0, 0));
	if (r == 0)
		r = parts_write(m, &(struct load){ &reader, next_of_db }, err);
	db_rollback(db);
	if (r == 0)
		r = list_write(m, position, db_int(now, 0, 0), err);
	return err_fold(err, r, "create");
}

static int
create_from_database(struct create *m, struct err *err)
{
	struct db_slot_snapshot *snapshot = NULL;
	struct db *db = NULL;
	char slot[PG_SLOT_MAX + 1];
	/* Grows, as the epoch does. */
	struct pg_position at = { .load = (uint64_t)clock_now_ms() };
	pg_slot_name(m->c->slot, at.load, slot);
	int r = db_open(m->c->register_conninfo, &db, err);
	if (r == 0)
		r = db_slot_snapshot_open(
		    m->c->register_conninfo, m->c->slot, slot, &snapshot, &at.lsn, err);
	if (r == 0)
		r = create_from(m, db, snapshot, at, err);
	db_close(db);
	db_slot_snapshot_close(snapshot);
	return err_trace(err, r, "database");
}

static int
next_of_files(void *self, struct buf *lines, unsigned *ret_n, bool *ret_ended, struct err *err)
{
	return csv_page_next(self, lines, ret_n, ret_ended, err);
}

static int
create_from_folder(struct create *m, struct err *err)
{
	struct csv_pages *pages = NULL;
	char position[SOURCE_MAX_POSITION_BYTES + 1];
	int64_t register_ms = 0;
	int r = csv_pages_new(m->c, position, &register_ms, &pages, err);
	if (r == 0)
		r = parts_write(m, &(struct load){ pages, next_of_files }, err);
	csv_pages_free(pages);
	if (r == 0)
		r = list_write(m, position, register_ms, err);
	return err_trace(err, r, "folder");
}

static void
create_report(struct create *m)
{
	int64_t ms = progress_end(&m->progress, m->n_all);
	printf("list.jws: %zu parts, %llu records, %lld.%lld s, %llu/s, peak memory %u MB\n",
	    json_array_size(m->parts), (unsigned long long)m->n_all, (long long)ms / 1000,
	    (long long)ms / 100 % 10,
	    (unsigned long long)m->n_all * 1000 / (unsigned long long)(ms + 1), progress_peak_mb());
}

/* A part, or the list before it had its name: without a list.jws they are of no use to anybody.
 * @end stays 0 where a name goes on otherwise, and no name is empty. */
static bool
is_leftover(const char *name)
{
	unsigned long number = 0;
	int end = 0;
	if (sscanf(name, "part-%5lu.cms%n", &number, &end) == 1 && name[end] == '\0')
		return true;
	end = 0;
	return sscanf(name, "list.jws.%lu.new%n", &number, &end) == 1 && name[end] == '\0';
}

static int
folder_walk(DIR *d, bool clear, struct err *err)
{
	rewinddir(d);
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!is_leftover(e->d_name))
			return err_raise(err, FAULT_CONFIG, "the folder is not empty", 0);
		if (clear && unlinkat(dirfd(d), e->d_name, 0) != 0)
			return err_raise(
			    err, FAULT_UNAVAILABLE, "leftover cannot be removed", errno);
	}
	return 0;
}

/*
 * An empty folder that nobody else fills: what an attempt that broke off left in it goes. Nothing
 * of it can be used: its snapshot of the register went with its process (docs/adr/0018).
 */
static int
folder_take(const char *dir, DIR **ret, struct err *err)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_raise(err, FAULT_CONFIG, "the folder cannot be made", errno);
	DIR *d = opendir(dir);
	if (d == NULL)
		return err_raise(err, FAULT_CONFIG, "the folder cannot be read", errno);
	int r = 0;
	if (flock(dirfd(d), LOCK_EX | LOCK_NB) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "somebody fills this folder", errno);
	if (r == 0)
		r = folder_walk(d, false, err);
	if (r == 0)
		r = folder_walk(d, true, err);
	if (r) {
		(void)closedir(d);
		return err_trace(err, r, "folder");
	}
	*ret = d;
	return 0;
}

int
medium_create(const struct agent_conf *c, const char *dir, struct err *err)
{
	struct create m = { .c = c, .dir = dir, .parts = json_array() };
	DIR *folder = NULL;
	progress_start(&m.progress, 0, 0);
	buf_init(&m.lines, CREATE_LINES_BYTES);
	int r = 0;
	if (c->recipient == NULL)
		r = err_raise(err, FAULT_CONFIG, "no recipient", 0);
	if (r == 0)
		r = folder_take(dir, &folder, err);
	if (r == 0)
		r = c->folder ? create_from_folder(&m, err) : create_from_database(&m, err);
	if (r == 0)
		create_report(&m);
	buf_done(&m.lines);
	json_decref(m.parts);
	if (folder != NULL)
		(void)closedir(folder); /* and its lock */
	return err_fold(err, r, "medium");
}

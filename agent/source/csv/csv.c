/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/csv.h"
#include "agent/source/csv/csv_file.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	CSV_LOOK_MS = 100,  /* between two looks into the folder */
	CSV_PROBE_MS = 500, /* between two proofs that nothing is left */
	CSV_LIST_BYTES = 64 * 1024 * 1024,
	CSV_POSITION_ROWS = 1000000000,
};

struct csv {
	struct csv_conf c;
	struct csv_position at; /* all before it was handed out */
	int64_t next_probe_ms;
	bool told_gap;
	/* The file that is being read. */
	bool open;
	struct csv_file file;
	struct csv_name name;
	struct csv_end end;
	struct csv_faults faults;
	unsigned n_txn;
	size_t txn_bytes;
};

bool
csv_position_parse(const char *s, struct csv_position *ret)
{
	uint64_t files = 0;
	static const char prefix[] = "csv:";
	const char *colon = strncmp(s, prefix, 4) == 0 ? strchr(s + 4, ':') : NULL;
	if (colon == NULL ||
	    !text_u64_parse(s + 4, (size_t)(colon - s - 4), FOLDER_MAX_SEQ, &files))
		return false;
	ret->files = (uint32_t)files;
	return text_u64_parse(colon + 1, strlen(colon + 1), CSV_POSITION_ROWS, &ret->rows);
}

void
csv_position_format(struct csv_position p, char out[SOURCE_MAX_POSITION_BYTES + 1])
{
	(void)snprintf(
	    out, SOURCE_MAX_POSITION_BYTES + 1, "csv:%u:%llu", p.files, (unsigned long long)p.rows);
}

/* Where, and which rule: never what stands there. */
static void
log_rule(void *self, const struct csv_fault *f)
{
	const struct csv *s = self;
	if (s->faults.n == 1)
		LOG(LOG_LVL_ERR, "csv.refused", LOG_F("muni", s->c.muni),
		    LOG_F("file", (long)s->name.seq), LOG_F("line", (long)f->line),
		    LOG_F("rule", (long)f->rule));
}

static const char *
path_of(struct arena *a, const struct csv *s, const struct csv_name *name)
{
	return arena_printf(a, "%s/%s", s->c.folder, name->text);
}

/* Up to where the file was handed out before; the rows were tested then as now. */
static int
skip_rows(struct csv *s, uint64_t n, struct err *err)
{
	int r = 0;
	for (uint64_t i = 0; r == 0 && i < n; i++) {
		AUTO(arena) struct arena *a = arena_new((size_t)2 << 20);
		struct map_row row;
		r = csv_file_row(&s->file, a, &row, err);
	}
	if (r > 0)
		return err_raise(err, FAULT_INTEGRITY, "fewer rows than were read of it", (long)n);
	return err_trace(err, r, "skip");
}

static int
open_checked(struct csv *s, struct arena *a, struct err *err)
{
	AUTO_FD int copy = -1;
	uint64_t rows = 0;
	const char *path = path_of(a, s, &s->name);
	s->faults = (struct csv_faults){ .say = log_rule, .self = s };
	if (s->name.full)
		return err_raise(err, FAULT_INTEGRITY, "a full file: a new first load is needed",
		    (long)s->name.seq);
	int r = folder_end(a, s->c.folder, &s->name, &s->end, err);
	if (r == 0)
		r = csv_file_copy(path, s->c.folder, &copy, err);
	if (r == 0)
		r = csv_file_check_fd(
		    copy, s->c.mapping, s->name.table, &s->end, &s->faults, &rows, err);
	if (r == 0) {
		int fd = copy;
		copy = -1;
		r = csv_file_open_fd(fd, s->c.mapping, s->name.table, &s->faults, &s->file, err);
	}
	if (r == CSV_E_REFUSED)
		return err_raise(err, FAULT_BAD_INPUT, "file is refused", (long)s->name.seq);
	if (r)
		return err_fold(err, r, "file");
	s->open = true;
	s->n_txn = 0;
	s->txn_bytes = 0;
	return err_trace(err, skip_rows(s, s->at.rows, err), "file");
}

/*
 * That no file is there proves nothing, unless the register dropped one not
 * long ago, and none is being written.
 */
static bool
is_caught_up(struct csv *s, const struct folder_files *all, int64_t now_ms)
{
	int64_t newest = 0;
	for (size_t i = 0; i < all->n; i++) {
		if (all->file[i].seq > s->at.files)
			return false;
		newest = all->file[i].stamp_ms;
	}
	return newest >= now_ms - s->c.mapping->silence_s * 1000;
}

static void
tell_gap(struct csv *s, uint32_t found)
{
	if (!s->told_gap)
		LOG(LOG_LVL_ERR, "csv.gap", LOG_F("muni", s->c.muni),
		    LOG_F("missing", (long)s->at.files + 1), LOG_F("found", (long)found));
	s->told_gap = true;
}

/* Opens the next file, or says that there is none (SOURCE_E_IDLE), or that none is left. */
static int
look(struct csv *s, struct source_event *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(CSV_LIST_BYTES);
	struct folder_files all;
	int64_t now_ms = clock_now_ms();
	int r = folder_list(a, s->c.folder, s->c.muni, &all, err);
	if (r)
		return err_trace(err, r, "folder");
	for (size_t i = 0; i < all.n; i++) {
		const struct csv_name *f = &all.file[i];
		if (f->seq <= s->at.files)
			continue;
		if (f->seq > s->at.files + 1)
			tell_gap(s, f->seq);
		else if (f->whole) {
			s->name = *f;
			s->told_gap = false;
			return err_trace(err, open_checked(s, a, err), "look");
		}
		break;
	}
	if (!is_caught_up(s, &all, now_ms) || clock_mono_ms() < s->next_probe_ms)
		return SOURCE_E_IDLE;
	s->next_probe_ms = clock_mono_ms() + CSV_PROBE_MS;
	*ret = (struct source_event){ .kind = SOURCE_CAUGHT_UP, .at_ms = now_ms };
	return 0;
}

static void
commit(struct csv *s, struct csv_position at, struct source_event *ret)
{
	int64_t now_ms = clock_now_ms();
	s->at = at;
	s->n_txn = 0;
	s->txn_bytes = 0;
	*ret = (struct source_event){ .kind = SOURCE_COMMIT,
		.at_ms = s->name.stamp_ms < now_ms ? s->name.stamp_ms : now_ms };
	csv_position_format(at, ret->position);
}

static int
read_row(struct csv *s, struct arena *a, struct source_event *ret, struct err *err)
{
	struct map_row row;
	struct map_record rec;
	if (s->n_txn == CSV_TXN_MAX_RECORDS || s->txn_bytes >= CSV_TXN_MAX_BYTES) {
		commit(s, (struct csv_position){ s->at.files, s->file.rows }, ret);
		return 0;
	}
	int r = csv_file_row(&s->file, a, &row, err);
	if (r == READER_E_END) {
		r = csv_file_ended(&s->file, &s->end, err);
		csv_file_close(&s->file);
		s->open = false;
		if (r == 0)
			commit(s, (struct csv_position){ s->name.seq, 0 }, ret);
		return err_trace(err, r, "end");
	}
	if (r > 0)
		return err_raise(err, FAULT_INTEGRITY, "file changed while it was read", 0);
	if (r == 0)
		r = map_row(a, &row, &rec, err);
	if (r)
		return err_trace(err, r, "row");
	s->n_txn++;
	s->txn_bytes += rec.json_bytes;
	*ret = (struct source_event){ .kind = SOURCE_RECORD,
		.json = rec.json,
		.json_bytes = rec.json_bytes,
		.urgent = rec.urgent };
	return 0;
}

static int
csv_next(void *self, struct arena *a, int wait_ms, struct source_event *ret, struct err *err)
{
	struct csv *s = self;
	int64_t until = clock_mono_ms() + wait_ms;
	int r = 0;
	while (!s->open) {
		*ret = (struct source_event){ 0 };
		r = look(s, ret, err);
		if (r == SOURCE_E_IDLE && clock_mono_ms() < until) {
			(void)nanosleep(
			    &(struct timespec){ .tv_nsec = CSV_LOOK_MS * 1000000 }, NULL);
			continue;
		}
		if (r || !s->open)
			return err_trace(err, r, "look");
	}
	return err_trace(err, read_row(s, a, ret, err), "row");
}

/* Erased, or put away by its day, only once the server has all of it. */
static int
csv_confirm(void *self, const char *position, struct err *err)
{
	const struct csv *s = self;
	struct csv_position p;
	struct folder_files all;
	if (!csv_position_parse(position, &p))
		return err_raise(err, FAULT_INTERNAL, "position", 0);
	AUTO(arena) struct arena *a = arena_new(CSV_LIST_BYTES);
	int r = folder_list(a, s->c.folder, s->c.muni, &all, err);
	/* The newest of them stays: its time says how long the register has been silent. */
	for (size_t i = 0; r == 0 && i + 1 < all.n; i++)
		if (all.file[i].seq <= p.files && all.file[i + 1].seq <= p.files)
			r = s->c.mapping->keep ? folder_put_away(s->c.folder, &all.file[i], err)
					       : folder_erase(s->c.folder, &all.file[i], err);
	return err_trace(err, r, "confirm");
}

static void
csv_close(void *self)
{
	struct csv *s = self;
	if (s->open)
		csv_file_close(&s->file);
	mem_free(s);
}

int
csv_source_open(const struct csv_conf *c, const char *position, struct source *ret, struct err *err)
{
	struct csv_position at;
	if (!csv_position_parse(position, &at))
		return err_raise(err, FAULT_BAD_INPUT, "position of another register", 0);
	struct csv *s = mem_zero(sizeof(*s));
	s->c = *c;
	s->at = at;
	*ret = (struct source){ s, csv_next, csv_confirm, NULL, csv_close };
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/check.h"
#include "agent/medium/medium.h"
#include "agent/source/csv/csv.h"
#include "agent/source/csv/csv_file.h"
#include "base/mem.h"

#include <string.h>

enum { PAGES_ARENA_BYTES = 64 * 1024 * 1024, PAGE_ROW_ARENA_BYTES = 2 * 1024 * 1024 };

struct csv_pages {
	const struct agent_conf *c;
	struct arena *a;
	struct folder_files all;
	size_t first, end; /* the full ones: [first, end) */
	unsigned table;    /* residents first */
	size_t i;
	bool open;
	struct csv_file file;
	struct csv_end file_end;
	struct csv_faults faults;
	struct check_out out;
};

/* The newest run of full files without a gap; nothing but changes may follow. */
static int
find_full(struct csv_pages *p, struct err *err)
{
	const struct csv_name *f = p->all.file;
	size_t end = p->all.n;
	while (end > 0 && !f[end - 1].full)
		end--;
	size_t first = end;
	while (first > 0 && f[first - 1].full &&
	    (first == end || f[first - 1].seq + 1 == f[first].seq))
		first--;
	if (first == end)
		return err_raise(err, FAULT_BAD_INPUT, "no full file in the folder", 0);
	for (size_t i = first; i < end; i++)
		if (!f[i].whole)
			return err_raise(err, FAULT_UNAVAILABLE, "no .end yet", (long)f[i].seq);
	p->first = first;
	p->end = end;
	return 0;
}

static const char *
path_of(const struct csv_pages *p, size_t i)
{
	return arena_printf(p->a, "%s/%s", p->c->folder, p->all.file[i].text);
}

static int
check_one(struct csv_pages *p, size_t i, struct err *err)
{
	const struct csv_name *f = &p->all.file[i];
	uint64_t rows = 0;
	p->out = (struct check_out){ .name = f->text };
	p->faults = (struct csv_faults){ check_say, &p->out, 0 };
	int r = folder_end(p->a, p->c->folder, f, &p->file_end, err);
	if (r == 0)
		r = csv_file_check(
		    path_of(p, i), p->c->mapping, f->table, &p->file_end, &p->faults, &rows, err);
	return r == CSV_E_REFUSED ? err_raise(err, FAULT_BAD_INPUT, "file is refused", (long)f->seq)
				  : err_trace(err, r, "check");
}

int
csv_pages_new(const struct agent_conf *c, char *position, int64_t *ret_ms, struct csv_pages **ret,
    struct err *err)
{
	struct csv_pages *p = mem_zero(sizeof(*p));
	p->c = c;
	p->a = arena_new(PAGES_ARENA_BYTES);
	int r = folder_list(p->a, c->folder, c->muni, &p->all, err);
	if (r == 0)
		r = find_full(p, err);
	for (size_t i = p->first; r == 0 && i < p->end; i++)
		r = check_one(p, i, err);
	if (r) {
		csv_pages_free(p);
		return err_trace(err, r, "files");
	}
	p->i = p->first;
	csv_position_format((struct csv_position){ p->all.file[p->end - 1].seq, 0 }, position);
	*ret_ms = p->all.file[p->first].stamp_ms;
	*ret = p;
	return 0;
}

void
csv_pages_free(struct csv_pages *p)
{
	if (p == NULL)
		return;
	if (p->open)
		csv_file_close(&p->file);
	arena_free(p->a);
	mem_free(p);
}

/* The next file of the table that is at hand, then of the next table. */
static int
open_next(struct csv_pages *p, bool *ret_ended, struct err *err)
{
	while (p->i < p->end && p->all.file[p->i].table != p->table)
		p->i++;
	if (p->i == p->end) {
		p->i = p->first;
		p->table++;
		*ret_ended = p->table == DICTIONARY_TABLES;
		return 0;
	}
	const struct csv_name *f = &p->all.file[p->i];
	p->out = (struct check_out){ .name = f->text };
	p->faults = (struct csv_faults){ check_say, &p->out, 0 };
	int r = folder_end(p->a, p->c->folder, f, &p->file_end, err);
	if (r == 0)
		r = csv_file_open(
		    path_of(p, p->i), p->c->mapping, f->table, &p->faults, &p->file, err);
	p->open = r == 0;
	return err_fold(err, r, "open");
}

static int
put_row(struct csv_pages *p, struct buf *lines, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PAGE_ROW_ARENA_BYTES);
	struct map_row row;
	struct map_record rec;
	int r = csv_file_row(&p->file, a, &row, err);
	if (r == READER_E_END)
		return r;
	if (r > 0)
		return err_raise(err, FAULT_INTEGRITY, "file changed while it was read", 0);
	if (r == 0)
		r = map_row(a, &row, &rec, err);
	if (r)
		return err_trace(err, r, "row");
	buf_put(lines, rec.json, rec.json_bytes);
	buf_u8(lines, '\n');
	return buf_ok(lines) ? 0 : err_raise(err, FAULT_INTERNAL, "page does not fit", 0);
}

int
csv_page_next(
    struct csv_pages *p, struct buf *lines, unsigned *ret_n, bool *ret_ended, struct err *err)
{
	int r = 0;
	if (!p->open)
		r = open_next(p, ret_ended, err);
	*ret_n = 0;
	while (r == 0 && p->open && *ret_n < MEDIUM_PAGE_SEALS) {
		r = put_row(p, lines, err);
		*ret_n += r == 0;
	}
	if (r == READER_E_END) {
		r = csv_file_ended(&p->file, &p->file_end, err);
		csv_file_close(&p->file);
		p->open = false;
		p->i++;
	}
	return err_trace(err, r, "page");
}

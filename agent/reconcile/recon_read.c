/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/reconcile/recon_read.h"
#include "agent/medium/medium.h"
#include "agent/source/map.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	READ_PAGE_BYTES = MEDIUM_PAGE_SEALS * MAP_RECORD_MAX_BYTES,
	READ_RECORD_ARENA_BYTES = 4 * 1024 * 1024,
	READ_MAX_HOUSES = 1000000,
};

/* A household's block, to be counted for each of its members. */
struct house {
	uint64_t at;
	struct tally_sum sum;
};
struct all {
	struct muni_code muni;
	const struct tally_key *key;
	struct tally *to;
	struct house *house;
	size_t n_houses, room;
};

/* No server has such a sum, whatever else is counted for the person. */
static void
spoil(struct tally_sum *s)
{
	static const struct tally_sum never = { { 0x6b6f667520756e72, 0x65616461626c6521 } };
	tally_add(s, &never);
}

static void
place_put(uint64_t at, uint8_t out[16])
{
	memset(out, 0, 16);
	memcpy(out, &at, sizeof(at));
}

static int
take_resident(struct all *x, const struct sync_record *rec, struct err *err)
{
	if (rec->resident.state != RESIDENT_REGISTERED)
		return 0;
	struct tally_person *p = tally_put(x->to, x->key, rec->atena_no);
	if (p == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "too many persons", TALLY_MAX_PERSONS);
	tally_record(x->key, rec, &p->sum);
	place_put(tally_place(x->key, rec->setai_no), p->of);
	return 0;
}

static int
take_house(struct all *x, const struct sync_record *rec, struct err *err)
{
	if (x->n_houses == READ_MAX_HOUSES)
		return err_raise(err, FAULT_BAD_INPUT, "too many blocks", READ_MAX_HOUSES);
	if (x->n_houses == x->room) {
		size_t room = x->room == 0 ? 256 : 2 * x->room;
		x->house =
		    mem_grow(x->house, x->room * sizeof(*x->house), room * sizeof(*x->house));
		x->room = room;
	}
	struct house *h = &x->house[x->n_houses++];
	h->at = tally_place(x->key, rec->setai_no);
	tally_record(x->key, rec, &h->sum);
	return 0;
}

static void
take_other(struct all *x, const struct sync_record *rec)
{
	struct tally_sum s;
	struct tally_person *p = tally_find(x->to, x->key, rec->atena_no);
	if (p == NULL)
		return;
	tally_record(x->key, rec, &s);
	tally_add(&p->sum, &s);
}

/* What cannot be read is of nobody, of who is not there yet, or spoils who is. */
static int
take_unreadable(struct all *x, bool residents, const char *atena_no, struct err *err)
{
	if (atena_no == NULL)
		return 0;
	struct tally_person *p =
	    residents ? tally_put(x->to, x->key, atena_no) : tally_find(x->to, x->key, atena_no);
	if (p == NULL && residents)
		return err_raise(err, FAULT_BAD_INPUT, "too many persons", TALLY_MAX_PERSONS);
	if (p != NULL)
		spoil(&p->sum);
	return 0;
}

static int
take_line(struct all *x, bool residents, const char *line, size_t bytes, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(READ_RECORD_ARENA_BYTES);
	AUTO(json_t) json_t *o = NULL;
	struct sync_record rec;
	struct sync_unreadable bad;
	struct err why = { 0 };
	int r = js_parse(line, bytes, &o, err);
	if (r)
		return err_trace(err, r, "line");
	if (record_parse(a, x->muni, o, &rec, &bad, &why) != 0)
		return err_trace(err, take_unreadable(x, residents, bad.atena_no, err), "line");
	if (rec.kind == SYNC_RESIDENT)
		return err_trace(err, take_resident(x, &rec, err), "line");
	if (rec.atena_no == NULL)
		return err_trace(err, take_house(x, &rec, err), "line");
	take_other(x, &rec);
	return 0;
}

static int
take_lines(struct all *x, bool residents, const struct buf *lines, struct err *err)
{
	const char *at = (const char *)lines->p;
	const char *end = at + lines->bytes;
	int r = 0;
	while (r == 0 && at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		if (eol == NULL)
			return err_raise(err, FAULT_INTERNAL, "line", 0);
		r = take_line(x, residents, at, (size_t)(eol - at), err);
		at = eol + 1;
	}
	return err_trace(err, r, "lines");
}

static int
by_place(const void *a, const void *b)
{
	uint64_t x = ((const struct house *)a)->at;
	uint64_t y = ((const struct house *)b)->at;
	return (x > y) - (x < y);
}

static void
count_houses(struct all *x)
{
	if (x->n_houses == 0)
		return;
	qsort(x->house, x->n_houses, sizeof(*x->house), by_place);
	for (size_t i = 0; i < x->to->n; i++) {
		struct house key = { 0 };
		memcpy(&key.at, x->to->p[i].of, sizeof(key.at));
		const struct house *h =
		    bsearch(&key, x->house, x->n_houses, sizeof(*x->house), by_place);
		if (h != NULL)
			tally_add(&x->to->p[i].sum, &h->sum);
	}
}

static int
read_pages(struct all *x, struct db *db, struct err *err)
{
	struct page_reader reader;
	struct buf lines;
	bool residents = true;
	int r = 0;
	page_reader_init(&reader, db);
	buf_init(&lines, READ_PAGE_BYTES);
	while (r == 0 && !reader.ended) {
		unsigned n = 0;
		r = page_next(&reader, &lines, &n, err);
		if (r == 0)
			r = take_lines(x, residents, &lines, err);
		if (r == 0 && residents && reader.table != PAGE_JUMINHYO) {
			tally_sort(x->to); /* the others are found in it */
			residents = false;
		}
		lines.bytes = 0;
	}
	buf_done(&lines);
	return err_trace(err, r, "pages");
}

int
recon_read_all(struct db *db, struct muni_code muni, const struct tally_key *k, struct tally *ret,
    struct err *err)
{
	struct tally t = { 0 };
	struct all x = { .muni = muni, .key = k, .to = &t };
	int r = read_pages(&x, db, err);
	count_houses(&x);
	mem_free(x.house);
	if (r) {
		tally_done(&t);
		return err_trace(err, r, "register");
	}
	*ret = t;
	return 0;
}

/* --- one person --- */

void
recon_rows_done(struct recon_rows *r)
{
	json_decref(r->records);
	r->records = NULL;
}

struct one {
	struct db *db;
	struct muni_code muni;
	const struct tally_key *key;
	struct arena *arena;
	struct recon_rows *to;
	const char *setai_no;
	bool registered, spoilt;
};

static int
one_line(struct one *x, const char *line, size_t bytes, struct err *err)
{
	struct sync_record rec;
	struct sync_unreadable bad;
	struct err why = { 0 };
	struct tally_sum s;
	json_t *o = NULL;
	int r = js_parse(line, bytes, &o, err);
	if (r)
		return err_trace(err, r, "line");
	(void)json_array_append_new(x->to->records, o);
	if (record_parse(x->arena, x->muni, o, &rec, &bad, &why) != 0) {
		x->spoilt = true;
		return 0;
	}
	if (rec.kind == SYNC_RESIDENT) {
		x->registered = rec.resident.state == RESIDENT_REGISTERED;
		x->setai_no = rec.setai_no;
	}
	tally_record(x->key, &rec, &s);
	tally_add(&x->to->sum, &s);
	return 0;
}

static int
one_table(struct one *x, enum page_table_number table, const char *const *key, struct err *err)
{
	struct buf lines;
	buf_init(&lines, READ_PAGE_BYTES);
	int r = page_of(x->db, table, key, &lines, err);
	const char *at = (const char *)lines.p;
	const char *end = at + lines.bytes;
	while (r == 0 && at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		r = eol ? one_line(x, at, (size_t)(eol - at), err)
			: err_raise(err, FAULT_INTERNAL, "line", 0);
		at = eol ? eol + 1 : end;
	}
	buf_done(&lines);
	return err_trace(err, r, "table");
}

static int
one_person(struct one *x, const char *atena_no, struct err *err)
{
	static const enum page_table_number own[] = { PAGE_JUMINHYO, PAGE_INKAN, PAGE_SHOMEISHO };
	int r = 0;
	for (unsigned i = 0; r == 0 && i < N_ELEMENTS(own); i++)
		r = one_table(x, own[i], &atena_no, err);
	if (r == 0)
		r = one_table(x, PAGE_YOKUSHI, (const char *const[]){ "1", atena_no }, err);
	if (r == 0 && x->setai_no != NULL)
		r = one_table(x, PAGE_YOKUSHI, (const char *const[]){ "2", x->setai_no }, err);
	return err_trace(err, r, "person");
}

/*
 * A seal or a card without the person is nothing that may be issued from, nor
 * can the server keep it: that counts as nobody, and nothing is sent.
 */
int
recon_read_person(struct db *db, struct muni_code muni, const struct tally_key *k,
    const char *atena_no, struct recon_rows *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(READ_RECORD_ARENA_BYTES);
	struct recon_rows rows = { .records = json_array() };
	struct one x = { .db = db, .muni = muni, .key = k, .arena = a, .to = &rows };
	int r = one_person(&x, atena_no, err);
	if (r) {
		recon_rows_done(&rows);
		return err_trace(err, r, "register");
	}
	if (x.spoilt)
		spoil(&rows.sum);
	else if (!x.registered)
		rows.sum = (struct tally_sum){ { 0 } };
	if (!x.spoilt && x.setai_no == NULL)
		(void)json_array_clear(rows.records);
	*ret = rows;
	return 0;
}

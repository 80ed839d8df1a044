/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "domain/record_read.h"
#include "domain/search.h"
#include "queries/asp_admin.h"
#include "server/admin/medium.h"

#include <string.h>

enum {
	PART_ARENA_BYTES = 192 * 1024 * 1024,
	PART_COPY_BYTES = 64 * 1024 * 1024, /* of one kind's rows */
	PART_PLAIN_BYTES =
	    (int)SEAL_ROW_MAX_BYTES + (int)RESIDENT_MAX_BYTES, /* enough for either */
	/* Of medium_ready's copies: */
	COPY_PARKED = 0,
	COPY_PERSONS = 1,
	COPY_ROWS = 2,
	BLOCK_SOURCE_REGISTER = 1
};

/* The records of one part, read; each kind is then copied in its turn. */
struct medium_maker {
	struct medium_load *m;
	struct arena *arena;                   /* of the part */
	json_t *json[MEDIUM_PART_MAX_RECORDS]; /* owns the texts */
	struct sync_record *rec;
	struct person_ref *ref;
	unsigned n, n_lines;
	struct part_bad {
		struct person_ref ref;
		const char *code;
	} bad[2 * MEDIUM_PART_MAX_RECORDS]; /* of one card, two holders */
	unsigned n_bad;
	struct buf plain, sealed; /* of one row */
	struct db_array keys;     /* of one row */
	struct vault_sealer *sealer;
	struct search_known *known;
	struct {
		char setai_no[RECORD_MAX_NUMBER_BYTES + 1]; /* "": none yet */
		uint8_t b[16];
	} household; /* of the last person: who lives together mostly comes together */
};

static struct db_arg
ref_arg(const struct person_ref *ref)
{
	return db_bytes_arg(ref->b, sizeof(ref->b));
}

static void
park(struct medium_maker *p, const struct person_ref *ref, const char *code)
{
	p->bad[p->n_bad++] = (struct part_bad){ *ref, code };
	p->m->done.n_parked++;
}

/* --- reading --- */

static int
read_unreadable(struct medium_maker *p, const struct sync_unreadable *bad)
{
	struct person_ref ref;
	if (bad->security || bad->atena_no == NULL)
		return MEDIUM_E_UNREADABLE;
	vault_person_ref(p->m->vault, bad->atena_no, &ref);
	park(p, &ref, "unreadable");
	return 0;
}

/* The same rules as in the stream (apply_decide), where one row cannot stop the whole load. */
static int
take_card(struct medium_maker *p, const struct person_ref *ref, const struct sync_card *c,
    bool *ret_keep, struct err *err)
{
	struct vault_hash hash;
	static const uint8_t nobody[KEY_MAP_BYTES];
	if (!c->active)
		return 0;
	vault_card(p->m->vault, c->issuer, c->serial, c->serial_bytes, &hash);
	uint8_t *holder = key_map_put(&p->m->cards, hash.b); /* without its generation */
	if (holder == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "too many cards", KEY_MAP_MAX);
	if (memcmp(holder, nobody, sizeof(nobody)) == 0) {
		memcpy(holder, ref->b, sizeof(ref->b));
		return 0;
	}
	struct person_ref first;
	memcpy(first.b, holder, sizeof(first.b));
	park(p, &first, "card-held");
	park(p, ref, "card-held");
	*ret_keep = false;
	return 0;
}

/* *ret_keep false: the record is not loaded, its person is parked. */
static int
take_record(struct medium_maker *p, const struct sync_record *rec, const struct person_ref *ref,
    bool *ret_keep, struct err *err)
{
	if (rec->kind == SYNC_RESIDENT) {
		uint8_t *state = key_map_put(&p->m->persons, ref->b);
		if (state == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "too many persons", KEY_MAP_MAX);
		if (state[0] != 0)
			return err_raise(err, FAULT_BAD_INPUT, "a person twice", 0);
		state[0] = (uint8_t)rec->resident.state;
		return 0;
	}
	if (rec->kind == SYNC_BLOCK)
		return 0;
	if (key_map_find(&p->m->persons, ref->b) == NULL) {
		park(p, ref, "unknown-person");
		*ret_keep = false;
		return 0;
	}
	return rec->kind == SYNC_CARD ? take_card(p, ref, &rec->card, ret_keep, err) : 0;
}

/* As record_parse(), of a line that may be no JSON either. */
static int
parse_line(
    struct medium_maker *p, char *line, size_t bytes, struct sync_unreadable *bad, struct err *err)
{
	struct sync_record *rec = &p->rec[p->n];
	struct err why = { 0 };
	size_t read_bytes = 0;
	/* What follows a record on its line is found below: a NUL in it is no JSON. */
	if ((record_read(p->m->vault->muni, line, bytes, rec, &read_bytes) == 0 ||
		record_read_more(p->arena, p->m->vault->muni, line, bytes, rec, &read_bytes) ==
		    0) &&
	    read_bytes == bytes)
		return 0;
	int r = js_parse(line, bytes, &p->json[p->n], err);
	if (r)
		return err_trace(err, r, "line");
	return record_parse(p->arena, p->m->vault->muni, p->json[p->n], rec, bad, &why);
}

static int
read_line(struct medium_maker *p, char *line, size_t bytes, struct err *err)
{
	struct sync_unreadable bad;
	bool keep = true;
	if (p->n_lines++ == MEDIUM_PART_MAX_RECORDS)
		return err_raise(err, FAULT_BAD_INPUT, "too many records", MEDIUM_PART_MAX_RECORDS);
	int r = parse_line(p, line, bytes, &bad, err);
	if (r < 0)
		return err_trace(err, r, "line");
	p->m->done.n_records++;
	if (r == RECORD_E_UNREADABLE) {
		keep = false;
		r = read_unreadable(p, &bad);
	} else {
		if (p->rec[p->n].atena_no != NULL)
			vault_person_ref(p->m->vault, p->rec[p->n].atena_no, &p->ref[p->n]);
		r = take_record(p, &p->rec[p->n], &p->ref[p->n], &keep, err);
	}
	if (keep && r == 0) {
		p->n++;
		return 0;
	}
	json_decref(p->json[p->n]);
	p->json[p->n] = NULL;
	return err_trace(err, r, "line");
}

static int
read_lines(struct medium_maker *p, char *lines, size_t bytes, struct err *err)
{
	char *end = lines + bytes;
	while (lines < end) {
		char *eol = memchr(lines, '\n', (size_t)(end - lines));
		if (eol == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "last line is cut", 0);
		int r = read_line(p, lines, (size_t)(eol - lines), err);
		if (r)
			return err_trace(err, r, "lines");
		lines = eol + 1;
	}
	return 0;
}

/* --- as they are copied --- */

static const uint8_t *
household_of(struct medium_maker *p, const char *setai_no)
{
	size_t bytes = strlen(setai_no);
	bool fits = bytes > 0 && bytes < sizeof(p->household.setai_no);
	if (!fits || strcmp(p->household.setai_no, setai_no) != 0) {
		vault_household(p->m->vault, setai_no, p->household.b);
		memcpy(p->household.setai_no, fits ? setai_no : "", fits ? bytes + 1 : 1);
	}
	return p->household.b;
}

static int
put_person(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err)
{
	const struct resident *r = &p->rec[i].resident;
	struct vault_hash keys[SEARCH_MAX_KEYS];
	unsigned n = search_known_keys(p->known, r, keys);
	p->m->done.n_persons++;
	db_array_empty(&p->keys);
	for (unsigned k = 0; k < n; k++)
		db_array_add_bytes(&p->keys, keys[k].b, keys[k].bytes);
	const struct db_arg args[] = { ref_arg(&p->ref[i]),
		db_bytes_arg(household_of(p, r->setai_no), sizeof(p->household.b)),
		db_wide_arg(r->narabi, 4), db_wide_arg((int64_t)r->state, 2),
		db_wide_arg(r->rireki_no, 8), db_wide_arg(p->m->version, 8),
		db_array_arg(&p->keys) };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

/* What was encoded, sealed: an argument that lives until the next one. */
static int
seal_plain(
    struct medium_maker *p, unsigned i, enum vault_kind kind, struct db_arg *ret, struct err *err)
{
	const struct buf *plain = &p->plain;
	p->sealed.bytes = 0;
	uint8_t *out =
	    buf_ok(plain) ? buf_room(&p->sealed, plain->bytes + VAULT_MAX_OVERHEAD) : NULL;
	if (out == NULL)
		return err_raise(err, FAULT_INTERNAL, "row does not fit", (long)i);
	size_t bytes = vault_sealer_row(
	    p->sealer, kind, &p->ref[i], p->rec[i].rireki_no, plain->p, plain->bytes, out);
	*ret = db_bytes_arg(out, bytes);
	return 0;
}

static int
put_resident(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err)
{
	const struct resident *r = &p->rec[i].resident;
	struct db_arg sealed;
	p->plain.bytes = 0;
	resident_encode(r, &p->plain);
	int x = seal_plain(p, i, VAULT_RESIDENT, &sealed, err);
	if (x)
		return err_trace(err, x, "resident");
	const struct db_arg args[] = { ref_arg(&p->ref[i]), db_wide_arg(r->rireki_no, 8),
		db_wide_arg((int64_t)r->state, 2), sealed, db_wide_arg(p->m->now_ms, 8) };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

static int
put_seal(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err)
{
	struct db_arg sealed;
	p->plain.bytes = 0;
	seal_row_encode(&p->rec[i].seal, &p->plain);
	int r = seal_plain(p, i, VAULT_SEAL, &sealed, err);
	if (r)
		return err_trace(err, r, "seal");
	const struct db_arg args[] = { ref_arg(&p->ref[i]), db_wide_arg(p->rec[i].rireki_no, 8),
		db_wide_arg((int64_t)p->rec[i].seal.state, 2), sealed,
		db_wide_arg(p->m->now_ms, 8) };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

static int
put_card(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err)
{
	const struct sync_card *card = &p->rec[i].card;
	struct vault_hash hash;
	struct db_arg sealed;
	vault_card(p->m->vault, card->issuer, card->serial, card->serial_bytes, &hash);
	p->plain.bytes = 0;
	buf_put(&p->plain, card->issuer, CERT_KEY_HASH_BYTES);
	buf_put(&p->plain, card->serial, card->serial_bytes);
	int r = seal_plain(p, i, VAULT_CARD, &sealed, err);
	if (r)
		return err_trace(err, r, "card");
	const struct db_arg args[] = { db_bytes_arg(hash.b, hash.bytes), ref_arg(&p->ref[i]),
		db_wide_arg(p->rec[i].rireki_no, 8), db_wide_arg(card->active, 1), sealed };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

static int
put_claim(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err)
{
	const struct sync_card *card = &p->rec[i].card;
	const uint8_t *state = key_map_find(&p->m->persons, p->ref[i].b);
	/* Of who is gone the next municipality may hold it. */
	if (!card->active || state == NULL || state[0] != RESIDENT_REGISTERED)
		return 0;
	const struct db_arg args[] = { db_bytes_arg(card->issuer, sizeof(card->issuer)),
		db_bytes_arg(card->serial, card->serial_bytes), db_wide_arg(true, 1) };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

static int
put_block(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err)
{
	const struct sync_record *rec = &p->rec[i];
	struct person_ref subject = p->ref[i];
	if (rec->atena_no == NULL)
		vault_household(p->m->vault, rec->setai_no, subject.b);
	const struct db_arg args[] = { ref_arg(&subject), db_wide_arg(BLOCK_SOURCE_REGISTER, 2),
		db_wide_arg(rec->rireki_no, 8), db_wide_arg(rec->block.active, 1),
		db_wide_arg(rec->block.kinds, 4), db_wide_arg(p->m->now_ms, 8) };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

static int
put_bad(const struct medium_maker *p, const struct part_bad *bad, struct medium_copy *to,
    struct err *err)
{
	const struct db_arg args[] = { db_int_arg(p->m->epoch), db_int_arg(0), ref_arg(&bad->ref),
		db_text_arg(bad->code), db_int_arg(p->m->now_ms) };
	return db_copy_format(to->query, &to->rows, args, N_ELEMENTS(args), err);
}

struct copy_step {
	enum sync_kind kind;
	unsigned usual_bytes; /* of a row */
	const struct db_query *query;
	int (*put)(struct medium_maker *p, unsigned i, struct medium_copy *to, struct err *err);
};

static struct medium_copy *
copy_open(struct medium_copy *to, const struct db_query *query)
{
	to->query = query;
	to->rows.limit_bytes = PART_COPY_BYTES;
	return to;
}

static int
make_kind(
    struct medium_maker *p, const struct copy_step *s, struct medium_copy *to, struct err *err)
{
	unsigned i = 0;
	int r = 0;
	while (i < p->n && p->rec[i].kind != s->kind)
		i++;
	if (i == p->n)
		return 0;
	(void)copy_open(to, s->query);
	buf_expect(&to->rows, (size_t)(p->n - i) * s->usual_bytes);
	for (; r == 0 && i < p->n; i++)
		if (p->rec[i].kind == s->kind)
			r = s->put(p, i, to, err);
	return err_trace(err, r, "rows");
}

static int
make_all(struct medium_maker *p, struct medium_ready *ready, struct err *err)
{
	static const struct copy_step steps[MEDIUM_COPIES - 1] = {
		{ SYNC_RESIDENT, 192, &q_admin_person_copy, put_person },
		{ SYNC_RESIDENT, 768, &q_admin_resident_row_copy, put_resident },
		{ SYNC_SEAL, 1024, &q_admin_seal_row_copy, put_seal },
		{ SYNC_CARD, 256, &q_admin_card_copy, put_card },
		{ SYNC_CARD, 96, &q_admin_outbox_copy, put_claim },
		{ SYNC_BLOCK, 96, &q_admin_block_copy, put_block },
	};
	struct medium_copy *bad = copy_open(&ready->copies[COPY_PARKED], &q_admin_parked_copy);
	int r = 0;
	for (unsigned i = 0; r == 0 && i < p->n_bad; i++)
		r = put_bad(p, &p->bad[i], bad, err);
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(steps); i++)
		r = make_kind(p, &steps[i], &ready->copies[COPY_PERSONS + i], err);
	return err_trace(err, r, "part");
}

void
medium_ready_done(struct medium_ready *r)
{
	for (unsigned i = 0; i < MEDIUM_COPIES; i++)
		buf_done(&r->copies[i].rows);
}

struct medium_maker *
medium_maker_new(struct medium_load *m)
{
	struct medium_maker *p = mem_zero(sizeof(*p));
	p->m = m;
	p->arena = arena_new(PART_ARENA_BYTES);
	p->rec = mem_zero_n(MEDIUM_PART_MAX_RECORDS, sizeof(*p->rec));
	p->ref = mem_zero_n(MEDIUM_PART_MAX_RECORDS, sizeof(*p->ref));
	p->sealer = vault_sealer_new(m->vault);
	p->known = search_known_new(m->vault);
	buf_init(&p->plain, PART_PLAIN_BYTES);
	buf_init(&p->sealed, p->plain.limit_bytes + VAULT_MAX_OVERHEAD);
	db_bytes_array(&p->keys, 64 + SEARCH_MAX_KEYS * (SEARCH_KEY_BYTES + 4));
	return p;
}

/* As before the part, with the room that it took. */
static void
part_forget(struct medium_maker *p)
{
	for (unsigned i = 0; i < p->n_lines && i < MEDIUM_PART_MAX_RECORDS; i++) {
		json_decref(p->json[i]);
		p->json[i] = NULL;
	}
	arena_reset(p->arena);
	p->n = p->n_lines = p->n_bad = 0;
}

void
medium_maker_free(struct medium_maker *p)
{
	if (p == NULL)
		return;
	part_forget(p);
	arena_free(p->arena);
	mem_wipe(p->rec, MEDIUM_PART_MAX_RECORDS * sizeof(*p->rec));
	mem_free(p->rec);
	mem_free(p->ref);
	buf_done(&p->plain);
	buf_done(&p->sealed);
	db_array_done(&p->keys);
	vault_sealer_free(p->sealer);
	search_known_free(p->known);
	mem_wipe(&p->household, sizeof(p->household));
	mem_free(p);
}

int
medium_part_make(
    struct medium_maker *p, char *lines, size_t bytes, struct medium_ready *ret, struct err *err)
{
	for (unsigned i = 0; i < MEDIUM_COPIES; i++)
		ret->copies[i].rows.bytes = 0;
	int r = read_lines(p, lines, bytes, err);
	if (r == 0)
		r = make_all(p, ret, err);
	part_forget(p);
	ret->done = p->m->done;
	return err_trace(err, r, "part");
}

static int
copy_one(struct db *db, const struct medium_copy *m, uint64_t *n, struct err *err)
{
	struct db_copy *c = NULL;
	struct err later = { 0 };
	uint64_t rows = 0;
	int r = db_copy_begin(db, m->query, &c, err);
	if (r)
		return load_fold(err, r, "copy");
	r = db_copy_put(c, &m->rows, err);
	int end = db_copy_end(c, &rows, r ? &later : err);
	r = r ? r : end;
	*n += rows;
	return load_fold(err, r, "copy");
}

int
medium_part_copy(struct db *db, const struct medium_ready *r, enum medium_side side,
    struct medium_taken *taken, struct err *err)
{
	uint64_t others = 0;
	int x = 0;
	for (unsigned i = 0; x == 0 && i < MEDIUM_COPIES; i++) {
		bool is_row = i == COPY_ROWS;
		uint64_t *n = is_row ? &taken->n_rows : &others;
		if (i == COPY_PERSONS)
			n = &taken->n_persons;
		if ((side == MEDIUM_ALL || is_row == (side == MEDIUM_ROWS)) &&
		    r->copies[i].rows.bytes > 0)
			x = copy_one(db, &r->copies[i], n, err);
	}
	return err_trace(err, x, "part");
}

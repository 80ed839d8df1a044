/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/recon.h"
#include "base/clock.h"
#include "base/mem.h"
#include "queries/asp_sync.h"

#include <stdio.h>
#include <string.h>

enum { RECON_ARENA_BYTES = 256 * 1024 * 1024 };

/* The columns of recon_page.sql. */
enum {
	COL_REF,
	COL_HOUSEHOLD,
	COL_STATE,
	COL_NARABI,
	COL_RIREKI,
	COL_VERSION,
	COL_PARKED,
	COL_ROW,       /* number, state, sealed */
	COL_SEAL = 10, /* the same */
	COL_OWN = 13,  /* number, active, kinds */
	COL_HOUSE = 16,
	COL_HELD = 19,
	COL_PARKED_ID,
};

struct reader {
	const struct vault *vault;
	const struct tally_key *key;
	struct arena *arena;
	const struct db_rows *rows;
	size_t i;
	struct recon_person *p;
};

static bool
copy16(const struct db_rows *rows, size_t i, unsigned col, uint8_t out[16])
{
	size_t bytes = 0;
	const uint8_t *p = db_bytes(rows, i, col, &bytes);
	if (p != NULL && bytes == 16)
		memcpy(out, p, 16);
	return p != NULL && bytes == 16;
}

static void
count(struct reader *r, const struct tally_sum *s)
{
	tally_add(&r->p->sum, s);
}

/* A sealed row at @col (number, state, sealed), opened; false when there is none or it does not. */
static bool
open_row(struct reader *r, unsigned col, enum vault_kind kind, uint8_t **ret, size_t *ret_bytes)
{
	struct err err = { 0 };
	size_t bytes = 0;
	const uint8_t *sealed =
	    db_is_null(r->rows, r->i, col + 2) ? NULL : db_bytes(r->rows, r->i, col + 2, &bytes);
	return sealed != NULL &&
	    vault_row_open(r->vault, r->arena, kind, &r->p->ref,
		(uint32_t)db_int(r->rows, r->i, col), sealed, bytes, ret, ret_bytes, &err) == 0;
}

/* The open columns must say what the sealed ones say: those decide and are searched. */
static bool
resident_fits(const struct reader *r, const struct resident *row)
{
	uint8_t household[16];
	struct person_ref ref;
	if (row->setai_no == NULL || row->atena_no == NULL)
		return false;
	vault_household(r->vault, row->setai_no, household);
	vault_person_ref(r->vault, row->atena_no, &ref);
	return memcmp(household, r->p->household, sizeof(household)) == 0 &&
	    memcmp(ref.b, r->p->ref.b, sizeof(ref.b)) == 0 &&
	    db_int(r->rows, r->i, COL_RIREKI) == (int64_t)row->rireki_no &&
	    db_int(r->rows, r->i, COL_ROW) == (int64_t)row->rireki_no &&
	    db_int(r->rows, r->i, COL_STATE) == (int64_t)row->state &&
	    db_int(r->rows, r->i, COL_ROW + 1) == (int64_t)row->state &&
	    db_int(r->rows, r->i, COL_NARABI) == (int64_t)row->narabi;
}

static bool
count_resident(struct reader *r)
{
	struct err err = { 0 };
	struct resident row;
	struct tally_sum s;
	uint8_t *p = NULL;
	size_t bytes = 0;
	if (!open_row(r, COL_ROW, VAULT_RESIDENT, &p, &bytes) ||
	    resident_decode(r->arena, p, bytes, &row, &err) != 0)
		return false;
	r->p->atena_no = row.atena_no;
	tally_row(r->key, SYNC_RESIDENT, p, bytes, &s);
	count(r, &s);
	return resident_fits(r, &row);
}

static bool
count_seal(struct reader *r)
{
	struct err err = { 0 };
	struct seal_row seal;
	struct tally_sum s;
	uint8_t *p = NULL;
	size_t bytes = 0;
	if (db_is_null(r->rows, r->i, COL_SEAL + 2))
		return true;
	if (!open_row(r, COL_SEAL, VAULT_SEAL, &p, &bytes) ||
	    seal_row_decode(r->arena, p, bytes, &seal, &err) != 0)
		return false;
	tally_row(r->key, SYNC_SEAL, p, bytes, &s);
	count(r, &s);
	return db_int(r->rows, r->i, COL_SEAL) == (int64_t)seal.rireki_no &&
	    db_int(r->rows, r->i, COL_SEAL + 1) == (int64_t)seal.state;
}

static void
count_block(struct reader *r, unsigned col, bool of_household)
{
	struct tally_sum s;
	uint32_t number = (uint32_t)db_int(r->rows, r->i, col);
	const struct sync_block b = { db_bool(r->rows, r->i, col + 1),
		(unsigned)db_int(r->rows, r->i, col + 2) };
	if (number == 0)
		return;
	tally_block(r->key, of_household, number, &b, &s);
	count(r, &s);
}

static bool
count_card(struct reader *r, const struct db_rows *cards, size_t i)
{
	struct err err = { 0 };
	struct tally_sum s;
	uint8_t *p = NULL;
	size_t bytes = 0;
	uint32_t number = (uint32_t)db_int(cards, i, 1);
	const uint8_t *sealed = db_bytes(cards, i, 3, &bytes);
	if (vault_row_open(r->vault, r->arena, VAULT_CARD, &r->p->ref, number, sealed, bytes, &p,
		&bytes, &err) != 0)
		return false;
	tally_card(r->key, p, bytes, number, db_bool(cards, i, 2), &s);
	count(r, &s);
	return true;
}

/* @at: where among @cards this person's begin, moved behind them; both are ordered by ref. */
static bool
count_cards(struct reader *r, const struct db_rows *cards, size_t *at)
{
	bool good = true;
	for (; *at < db_n(cards); (*at)++) {
		uint8_t ref[16];
		if (!copy16(cards, *at, 0, ref))
			return false;
		int order = memcmp(ref, r->p->ref.b, sizeof(ref));
		if (order > 0)
			break;
		if (order == 0)
			good = count_card(r, cards, *at) && good;
	}
	return good;
}

static void
token_format(struct recon_person *p, int64_t version, int64_t parked)
{
	(void)snprintf(
	    p->token, sizeof(p->token), "%lld.%lld", (long long)version, (long long)parked);
}

/* Who is not registered counts as nothing: the register keeps 除票 for longer than the replica. */
static int
read_row(struct reader *r, const struct db_rows *cards, size_t *at_card, struct err *err)
{
	struct recon_person *p = r->p;
	*p = (struct recon_person){ .known = true };
	if (!copy16(r->rows, r->i, COL_REF, p->ref.b) ||
	    !copy16(r->rows, r->i, COL_HOUSEHOLD, p->household))
		return err_raise(err, FAULT_INTERNAL, "ref", 0);
	token_format(p, db_int(r->rows, r->i, COL_VERSION), db_int(r->rows, r->i, COL_PARKED_ID));
	p->held = db_bool(r->rows, r->i, COL_PARKED) || db_bool(r->rows, r->i, COL_HELD);
	bool cards_good = count_cards(r, cards, at_card);
	if (db_int(r->rows, r->i, COL_STATE) != RESIDENT_REGISTERED) {
		p->sum = (struct tally_sum){ { 0 } };
		return 0;
	}
	bool good = count_resident(r);
	good = count_seal(r) && good;
	count_block(r, COL_OWN, false);
	count_block(r, COL_HOUSE, true);
	p->broken = !good || !cards_good;
	if (p->broken)
		p->sum = (struct tally_sum){ { UINT64_MAX, UINT64_MAX } };
	return 0;
}

/* The reads of one page must see one state. */
static int
page_ask(struct db *db, const struct person_ref *after, const struct person_ref *upto,
    unsigned limit, struct db_rows **ret, struct db_rows **ret_cards, struct err *err)
{
	struct person_ref last = *upto;
	int r = db_ask(db, &q_sync_recon_page, ret, err, db_bytes_arg(after->b, sizeof(after->b)),
	    db_bytes_arg(upto->b, sizeof(upto->b)), db_int_arg(limit));
	if (r)
		return err_fold(err, r, "persons");
	if (db_n(*ret) > 0 && !copy16(*ret, db_n(*ret) - 1, COL_REF, last.b))
		return err_raise(err, FAULT_INTERNAL, "ref", 0);
	r = db_ask(db, &q_sync_recon_cards, ret_cards, err,
	    db_bytes_arg(after->b, sizeof(after->b)), db_bytes_arg(last.b, sizeof(last.b)));
	return err_fold(err, r, "cards");
}

static void
ref_before(const struct person_ref *ref, struct person_ref *ret)
{
	*ret = *ref;
	for (int i = PERSON_REF_BYTES - 1; i >= 0 && ret->b[i]-- == 0; i--)
		;
}

int
recon_read(struct db *db, const struct vault *v, const struct tally_key *k, struct arena *a,
    const char *atena_no, struct recon_person *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *cards = NULL;
	AUTO(db_rows) struct db_rows *parked = NULL;
	struct person_ref ref;
	struct person_ref before;
	size_t at = 0;
	vault_person_ref(v, atena_no, &ref);
	ref_before(&ref, &before);
	int r = page_ask(db, &before, &ref, 1, &rows, &cards, err);
	if (r)
		return err_trace(err, r, "person");
	if (db_n(rows) > 0) {
		struct reader reader = { v, k, a, rows, 0, ret };
		return err_trace(err, read_row(&reader, cards, &at, err), "person");
	}
	r = db_ask(db, &q_sync_recon_parked, &parked, err, db_bytes_arg(ref.b, sizeof(ref.b)));
	if (r)
		return err_fold(err, r, "parked");
	*ret = (struct recon_person){ .ref = ref };
	token_format(ret, 0, db_int(parked, 0, 0));
	return 0;
}

/* --- everybody --- */

void
recon_run_done(struct recon_run *run)
{
	tally_done(&run->all);
	mem_wipe(run, sizeof(*run));
}

/* Nobody can say whom it is about, so nobody can send them again: not issuable. */
static int
park_unplaced(struct db *db, const struct person_ref *ref, struct err *err)
{
	int r = db_ask(db, &q_sync_person_park, NULL, err, db_bytes_arg(ref->b, sizeof(ref->b)));
	return err_fold(err, r, "park");
}

static int
take_person(struct db *db, struct recon_run *run, const struct recon_person *p, struct err *err)
{
	if (tally_is_zero(&p->sum) && !p->broken)
		return 0;
	if (p->atena_no == NULL) {
		run->n_unplaced++;
		return p->held ? 0 : park_unplaced(db, &p->ref, err);
	}
	struct tally_person *t = tally_put(&run->all, &run->key, p->atena_no);
	if (t == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "too many persons", (long)run->all.n);
	t->sum = p->sum;
	/* Whoever is held back is looked at again, whether they differ or not. */
	t->sum.half[1] ^= p->held;
	memcpy(t->of, p->ref.b, sizeof(t->of));
	return 0;
}

static int
scan_page(struct db *db, const struct vault *v, struct recon_run *run, struct err *err)
{
	static const struct person_ref last = { { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	    255, 255, 255, 255, 255, 255 } };
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *cards = NULL;
	size_t at = 0;
	int r = page_ask(db, &run->after, &last, RECON_PAGE, &rows, &cards, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		AUTO(arena) struct arena *a = arena_new(RECON_ARENA_BYTES);
		struct recon_person p;
		struct reader reader = { v, &run->key, a, rows, i, &p };
		r = read_row(&reader, cards, &at, err);
		if (r == 0)
			r = take_person(db, run, &p, err);
		run->after = p.ref;
	}
	run->done = r == 0 && db_n(rows) == 0;
	return err_trace(err, r, "page");
}

int
recon_scan(struct db *db, const struct vault *v, struct recon_run *run, struct err *err)
{
	int64_t until_ms = clock_mono_ms() + RECON_SCAN_MS;
	int r = 0;
	while (r == 0 && !run->done && clock_mono_ms() < until_ms)
		r = scan_page(db, v, run, err);
	if (r == 0 && run->done)
		tally_sort(&run->all);
	return err_trace(err, r, "scan");
}

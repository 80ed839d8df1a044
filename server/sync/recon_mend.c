/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "domain/search.h"
#include "queries/asp_sync.h"
#include "server/audit/audit.h"
#include "server/sync/recon.h"

#include <string.h>

enum {
	MEND_ARENA_BYTES = 64 * 1024 * 1024,
	MEND_TRIES = 5, /* of a transaction that met a lock cycle */
	MEND_BLOCK_REGISTER = 1,
	CARD_MAX_BYTES = CERT_KEY_HASH_BYTES + CERT_MAX_SERIAL,
};

/* What an order says, parsed. */
struct mend {
	struct recon_mend *m;
	struct arena *arena;
	const struct recon_order *order;
	struct recon_person was;
	const struct sync_record *resident, *seal; /* NULL: the register has none */
	const struct sync_record *own, *house;     /* blocks */
	struct sync_record *record;
	size_t n_records;
};

static struct db_arg
ref_arg(const struct mend *w)
{
	return db_bytes_arg(w->was.ref.b, sizeof(w->was.ref.b));
}

static int
run1(const struct mend *w, const struct db_query *q, struct db_arg arg, struct err *err)
{
	return db_ask(w->m->db, q, NULL, err, arg);
}

/* --- what was sent --- */

static bool
is_same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* Each kind once, cards as many as there are, all of this person. */
static bool
take_record(struct mend *w, const struct sync_record *rec)
{
	const struct sync_record **place = rec->kind == SYNC_RESIDENT ? &w->resident
	    : rec->kind == SYNC_SEAL                                  ? &w->seal
	    : rec->atena_no != NULL                                   ? &w->own
								      : &w->house;
	if (rec->atena_no != NULL && !is_same(rec->atena_no, w->order->atena_no))
		return false;
	if (rec->kind == SYNC_CARD)
		return true;
	if (*place != NULL)
		return false;
	*place = rec;
	return true;
}

static bool
fits_together(const struct mend *w)
{
	if (w->n_records == 0)
		return true;
	if (w->resident == NULL)
		return false;
	return w->house == NULL || is_same(w->resident->setai_no, w->house->setai_no);
}

static bool
records_parse(struct mend *w)
{
	size_t n = json_array_size(w->order->records);
	w->record = arena_zero_n(w->arena, n + 1, sizeof(*w->record));
	for (size_t i = 0; i < n; i++) {
		struct err why = { 0 };
		struct sync_unreadable bad;
		struct sync_record *rec = &w->record[w->n_records++];
		if (record_parse(w->arena, w->m->vault->muni, json_array_get(w->order->records, i),
			rec, &bad, &why) != 0 ||
		    !take_record(w, rec))
			return false;
	}
	return fits_together(w);
}

/* --- blocking --- */

static int
hold_set(const struct mend *w, bool active, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_arg source = db_int_arg(RECON_BLOCK_SOURCE);
	int r = db_ask(w->m->db, &q_sync_block_newest, &rows, err, ref_arg(w), source);
	if (r || (!active && db_int(rows, 0, 0) == 0))
		return err_trace(err, r, "block");
	r = db_ask(w->m->db, &q_sync_block_add, NULL, err, ref_arg(w), source,
	    db_int_arg(db_int(rows, 0, 0) + 1), db_bool_arg(active),
	    db_int_arg(active ? RECON_ALL_KINDS : 0), db_int_arg(w->m->now_ms));
	return err_trace(err, r, "block");
}

static int
hold(const struct mend *w, struct err *err)
{
	int r = run1(w, &q_sync_person_touch, ref_arg(w), err);
	if (r == 0)
		r = hold_set(w, true, err);
	return err_trace(err, r, "hold");
}

/* --- cards --- */

struct card {
	uint8_t plain[CARD_MAX_BYTES];
	size_t bytes;
	struct vault_hashes hash;
	uint32_t rireki_no;
	bool active;
};

static int
card_fill(const struct mend *w, const struct sync_record *rec, struct card *ret, struct err *err)
{
	struct vault_hash hash;
	const struct sync_card *c = &rec->card;
	*ret = (struct card){ .bytes = CERT_KEY_HASH_BYTES + c->serial_bytes,
		.rireki_no = rec->rireki_no,
		.active = c->active };
	memcpy(ret->plain, c->issuer, CERT_KEY_HASH_BYTES);
	memcpy(ret->plain + CERT_KEY_HASH_BYTES, c->serial, c->serial_bytes);
	vault_card(w->m->vault, c->issuer, c->serial, c->serial_bytes, &hash);
	return err_trace(err, vault_hash_all(w->m->vault, &hash, &ret->hash, err), "card");
}

static int
tell(const struct mend *w, const uint8_t *card, size_t bytes, bool claim, struct err *err)
{
	int r =
	    db_ask(w->m->db, &q_sync_outbox_add, NULL, err, db_bytes_arg(card, CERT_KEY_HASH_BYTES),
		db_bytes_arg(card + CERT_KEY_HASH_BYTES, bytes - CERT_KEY_HASH_BYTES),
		db_bool_arg(claim));
	w->m->told = true;
	return err_trace(err, r, "outbox");
}

/* Claimed once more or released though never claimed: the center takes both as they are. */
static int
release_old(struct mend *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(w->m->db, &q_sync_card_list, &rows, err, ref_arg(w));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		uint8_t *card = NULL;
		size_t bytes = 0;
		struct err why = { 0 };
		const uint8_t *sealed = db_bytes(rows, i, 1, &bytes);
		if (vault_row_open(w->m->vault, w->arena, VAULT_CARD, &w->was.ref,
			(uint32_t)db_int(rows, i, 0), sealed, bytes, &card, &bytes, &why) == 0 &&
		    bytes > CERT_KEY_HASH_BYTES)
			r = tell(w, card, bytes, false, err);
	}
	if (r == 0)
		r = run1(w, &q_sync_recon_cards_clear, ref_arg(w), err);
	return err_trace(err, r, "old cards");
}

static int
store_card(struct mend *w, const struct card *c, struct err *err)
{
	const struct vault_sealed sealed = vault_row_seal(
	    w->m->vault, w->arena, VAULT_CARD, &w->was.ref, c->rireki_no, c->plain, c->bytes);
	int r = db_ask(w->m->db, &q_sync_card_store, NULL, err,
	    db_bytes_arg(c->hash.of[0].b, c->hash.of[0].bytes), ref_arg(w),
	    db_int_arg(c->rireki_no), db_bool_arg(c->active), db_bytes_arg(sealed.p, sealed.bytes));
	if (r == 0 && c->active && w->resident->resident.state == RESIDENT_REGISTERED)
		r = tell(w, c->plain, c->bytes, true, err);
	return err_trace(err, r, "card");
}

/* Returns 0, RECON_CARD_HELD, or a fault. */
static int
cards_set(struct mend *w, struct err *err)
{
	int r = release_old(w, err);
	for (size_t i = 0; r == 0 && i < w->n_records; i++) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		struct card c;
		if (w->record[i].kind != SYNC_CARD)
			continue;
		r = card_fill(w, &w->record[i], &c, err);
		if (r == 0)
			r = db_ask(w->m->db, &q_sync_recon_holder, &rows, err,
			    db_text_arg(vault_hash_literal(w->arena, c.hash.of, c.hash.n)),
			    ref_arg(w));
		if (r == 0 && c.active && db_bool(rows, 0, 0))
			return RECON_CARD_HELD;
		if (r == 0)
			r = store_card(w, &c, err);
	}
	return err_trace(err, r, "cards");
}

/* --- rows --- */

static int
store_sealed(struct mend *w, const struct db_query *q, enum vault_kind kind,
    const struct sync_record *rec, int state, const struct buf *plain, struct err *err)
{
	if (!buf_ok(plain))
		return err_raise(err, FAULT_INTERNAL, "row does not fit", (long)plain->limit_bytes);
	const struct vault_sealed sealed = vault_row_seal(
	    w->m->vault, w->arena, kind, &w->was.ref, rec->rireki_no, plain->p, plain->bytes);
	int r = db_ask(w->m->db, q, NULL, err, ref_arg(w), db_int_arg(rec->rireki_no),
	    db_int_arg(state), db_bytes_arg(sealed.p, sealed.bytes), db_int_arg(w->m->now_ms));
	return err_trace(err, r, "sealed row");
}

static int
resident_set(struct mend *w, struct err *err)
{
	const struct resident *p = &w->resident->resident;
	uint8_t household[16];
	struct vault_hash keys[SEARCH_MAX_KEYS];
	struct buf plain;
	unsigned n = search_keys_of(w->m->vault, p, keys);
	vault_household(w->m->vault, w->resident->setai_no, household);
	struct db_arg house = db_bytes_arg(household, sizeof(household));
	int r = db_ask(w->m->db, &q_sync_recon_person, NULL, err, ref_arg(w), house,
	    db_int_arg(p->narabi), db_int_arg((int64_t)p->state), db_int_arg(p->rireki_no),
	    db_int_arg(w->m->now_ms), db_text_arg(vault_hash_literal(w->arena, keys, n)));
	if (r == 0)
		r = db_ask(w->m->db, &q_sync_recon_rows_clear, NULL, err, ref_arg(w),
		    db_int_arg(p->rireki_no));
	if (r)
		return err_trace(err, r, "person");
	buf_init(&plain, RESIDENT_MAX_BYTES);
	resident_encode(p, &plain);
	r = store_sealed(
	    w, &q_sync_resident_row_add, VAULT_RESIDENT, w->resident, (int)p->state, &plain, err);
	buf_done(&plain);
	if (r == 0)
		r = run1(w, &q_sync_household_touch, house, err);
	return err_trace(err, r, "resident");
}

static int
seal_set(struct mend *w, struct err *err)
{
	struct buf plain;
	int r = db_ask(w->m->db, &q_sync_recon_seals_clear, NULL, err, ref_arg(w),
	    db_int_arg(w->seal ? w->seal->rireki_no : 0));
	if (r || w->seal == NULL)
		return err_trace(err, r, "seal");
	buf_init(&plain, SEAL_ROW_MAX_BYTES);
	seal_row_encode(&w->seal->seal, &plain);
	r = store_sealed(
	    w, &q_sync_seal_row_add, VAULT_SEAL, w->seal, (int)w->seal->seal.state, &plain, err);
	buf_done(&plain);
	return err_trace(err, r, "seal");
}

static int
block_set_one(struct mend *w, struct db_arg subject, const struct sync_record *rec, struct err *err)
{
	int r = db_ask(w->m->db, &q_sync_recon_blocks_clear, NULL, err, subject,
	    db_int_arg(rec ? rec->rireki_no : 0));
	if (r == 0 && rec != NULL)
		r = db_ask(w->m->db, &q_sync_block_add, NULL, err, subject,
		    db_int_arg(MEND_BLOCK_REGISTER), db_int_arg(rec->rireki_no),
		    db_bool_arg(rec->block.active), db_int_arg(rec->block.kinds),
		    db_int_arg(w->m->now_ms));
	return err_trace(err, r, "block");
}

static int
blocks_set(struct mend *w, struct err *err)
{
	uint8_t household[16];
	vault_household(w->m->vault, w->resident->setai_no, household);
	int r = block_set_one(w, ref_arg(w), w->own, err);
	if (r == 0)
		r = block_set_one(w, db_bytes_arg(household, sizeof(household)), w->house, err);
	return err_trace(err, r, "blocks");
}

/* --- one person --- */

static int
touch_old_household(const struct mend *w, struct err *err)
{
	struct db_arg house = db_bytes_arg(w->was.household, sizeof(w->was.household));
	return w->was.known ? run1(w, &q_sync_household_touch, house, err) : 0;
}

/* Whom the register does not know: nothing of them may stay here. */
static int
forget(struct mend *w, struct err *err)
{
	int r = touch_old_household(w, err);
	if (r == 0)
		r = release_old(w, err);
	if (r == 0)
		r = run1(w, &q_sync_recon_person_clear, ref_arg(w), err);
	if (r == 0)
		r = block_set_one(w, ref_arg(w), NULL, err);
	return err_trace(err, r, "forget");
}

static int
replace(struct mend *w, struct err *err)
{
	int r = touch_old_household(w, err);
	if (r == 0)
		r = resident_set(w, err);
	if (r == 0)
		r = seal_set(w, err);
	if (r == 0)
		r = cards_set(w, err);
	if (r == 0)
		r = blocks_set(w, err);
	return err_trace(err, r, "replace");
}

/* What stands here now is read back: only when it comes to the same sum is anybody let go. */
static int
read_back(struct mend *w, struct err *err)
{
	struct recon_person now;
	int r =
	    recon_read(w->m->db, w->m->vault, w->m->key, w->arena, w->order->atena_no, &now, err);
	if (r)
		return err_trace(err, r, "read back");
	if (now.broken || now.held || !tally_is_equal(&now.sum, &w->order->sum))
		return RECON_DIFFERS;
	memcpy(w->m->token, now.token, sizeof(now.token));
	return 0;
}

static int
mend_person(struct mend *w, struct err *err)
{
	if (!records_parse(w))
		return RECON_UNREADABLE;
	int r = w->n_records == 0 ? forget(w, err) : replace(w, err);
	if (r == 0)
		r = run1(w, &q_sync_recon_parked_clear, ref_arg(w), err);
	if (r == 0)
		r = hold_set(w, false, err);
	if (r == 0)
		r = read_back(w, err);
	return err_trace(err, r, "mend");
}

static int
hold_person(struct mend *w, struct err *err)
{
	struct recon_person now;
	int r = w->was.known ? hold(w, err) : 0;
	if (r == 0)
		r = recon_read(
		    w->m->db, w->m->vault, w->m->key, w->arena, w->order->atena_no, &now, err);
	if (r == 0)
		memcpy(w->m->token, now.token, sizeof(now.token));
	return err_trace(err, r, "hold");
}

static int
note(const struct mend *w, struct err *err)
{
	const struct audit_event e = { .source = AUDIT_STREAM,
		.kind = AUDIT_WRITE,
		.at_ms = w->m->now_ms,
		.actor = "agent",
		.action = w->order->records ? "reconcile.mend" : "reconcile.hold",
		.subject = w->was.ref.b };
	return audit_add(w->m->db, w->m->vault, &e, err);
}

/* Behind the same lock as a batch: what the stream brings comes before or after, never between. */
static int
mend_inside(struct mend *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *position = NULL;
	struct recon_mend *m = w->m;
	int r = db_ask0(m->db, &q_sync_position_lock, &position, err);
	if (r == 0)
		r = recon_read(m->db, m->vault, m->key, w->arena, w->order->atena_no, &w->was, err);
	if (r)
		return err_trace(err, r, "inside");
	if (strcmp(w->was.token, w->order->token) != 0)
		return RECON_MOVED;
	r = w->order->records ? mend_person(w, err) : hold_person(w, err);
	if (r == 0)
		r = note(w, err);
	return err_trace(err, r, "inside");
}

static int
mend_once(struct mend *w, struct err *err)
{
	int r = db_begin(w->m->db, DB_READ_COMMITTED, err);
	if (r)
		return err_trace(err, r, "begin");
	r = mend_inside(w, err);
	if (r == 0)
		r = db_commit(w->m->db, err);
	if (r) {
		w->m->told = false;
		db_rollback(w->m->db);
	}
	return err_trace(err, r, "mend");
}

int
recon_mend(struct recon_mend *m, const struct recon_order *o, enum recon_outcome *ret_outcome,
    struct err *err)
{
	int r = DB_E_RETRY;
	bool told = m->told;
	for (unsigned i = 0; r == DB_E_RETRY && i < MEND_TRIES; i++) {
		AUTO(arena) struct arena *a = arena_new(MEND_ARENA_BYTES);
		struct mend w = { .m = m, .arena = a, .order = o };
		m->told = false;
		r = mend_once(&w, err);
	}
	m->told = m->told || told;
	if (r == DB_E_RETRY)
		return err_raise(err, FAULT_UNAVAILABLE, "lock cycles", MEND_TRIES);
	if (r != 0 && (r < RECON_DONE || r > RECON_CARD_HELD)) /* faults, the database's own */
		return err_fold(err, r, "mend");
	*ret_outcome = r == 0 ? RECON_DONE : (enum recon_outcome)r;
	return 0;
}

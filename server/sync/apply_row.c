/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/apply_row.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "queries/asp_sync.h"
#include "server/audit/audit.h"
#include "server/sync/apply_decide.h"
#include "server/sync/apply_person.h"
#include "server/sync/apply_set.h"
#include "server/sync/sync.h"

#include <string.h>

enum {
	ROW_ARENA_BYTES = 1024 * 1024,
	BLOCK_SOURCE_REGISTER = 1,
};

/* What one record needs on its way. */
struct row {
	struct apply_run *run;
	struct arena *arena;
	const struct sync_record *rec;
	struct person_ref ref;            /* unless it is a block of a household */
	uint8_t household[SUBJECT_BYTES]; /* of a resident, or of that block */
	struct apply_known known;
	struct apply_decision decision;
};

static int
park_row(struct row *w, const char *code, struct err *err)
{
	if (w->rec->atena_no != NULL)
		return person_park(w->run, &w->ref, code, err);
	int r = person_park_note(w->run, w->household, code, err);
	if (r == 0)
		r = db_ask(w->run->db, &q_sync_household_park, NULL, err,
		    db_bytes_arg(w->household, SUBJECT_BYTES));
	return err_trace(err, r, "park household");
}

static int
know_person(struct row *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(w->run->db, &q_sync_person_lock, &rows, err, person_ref_arg(&w->ref));
	if (r)
		return err_trace(err, r, "person");
	w->known.person = db_n(rows) > 0;
	if (w->known.person)
		w->known.state = (enum resident_state)db_int(rows, 0, 0);
	return 0;
}

static int
store_sealed(struct row *w, const struct db_query *q, enum vault_kind kind, int state,
    struct buf *plain, struct err *err)
{
	if (!buf_ok(plain))
		return err_raise(err, FAULT_INTERNAL, "row does not fit", (long)plain->limit_bytes);
	const struct vault_sealed sealed = vault_row_seal(
	    w->run->vault, w->arena, kind, &w->ref, w->rec->rireki_no, plain->p, plain->bytes);
	int r = db_ask(w->run->db, q, NULL, err, person_ref_arg(&w->ref),
	    db_int_arg(w->rec->rireki_no), db_int_arg(state), db_bytes_arg(sealed.p, sealed.bytes),
	    db_int_arg(w->run->now_ms));
	return err_trace(err, r, "sealed row");
}

/* --- seals --- */

static int
apply_seal(struct row *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct buf plain;
	int r = know_person(w, err);
	if (r == 0)
		r = db_ask(w->run->db, &q_sync_seal_newest, &rows, err, person_ref_arg(&w->ref));
	if (r)
		return err_trace(err, r, "seal");
	w->known.newest = (uint32_t)db_int(rows, 0, 0);
	w->decision = apply_record(w->rec, &w->known);
	if (!w->decision.store)
		return 0;
	buf_init(&plain, SEAL_ROW_MAX_BYTES);
	seal_row_encode(&w->rec->seal, &plain);
	r = store_sealed(w, &q_sync_seal_row_add, VAULT_SEAL, (int)w->rec->seal.state, &plain, err);
	buf_done(&plain);
	if (r == 0)
		r = person_touch(w->run, &w->ref, err);
	return err_trace(err, r, "seal");
}

/* --- cards --- */

static int
know_card(
    struct row *w, const struct vault_hashes *cards, struct person_ref *ret_holder, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = know_person(w, err);
	if (r == 0)
		r = db_ask(w->run->db, &q_sync_card_known, &rows, err, person_ref_arg(&w->ref),
		    db_text_arg(vault_hash_literal(w->arena, cards->of, cards->n)));
	if (r)
		return err_trace(err, r, "card");
	w->known.newest = (uint32_t)db_int(rows, 0, 0);
	w->known.card_active = db_bool(rows, 0, 1);
	w->known.card_held = !db_is_null(rows, 0, 2);
	size_t bytes = 0;
	const uint8_t *holder = w->known.card_held ? db_bytes(rows, 0, 2, &bytes) : NULL;
	if (holder != NULL && bytes == sizeof(ret_holder->b))
		memcpy(ret_holder->b, holder, bytes);
	return 0;
}

static int
store_card(struct row *w, const struct vault_hashes *cards, const uint8_t *plain, size_t bytes,
    struct err *err)
{
	const struct vault_sealed sealed = vault_row_seal(
	    w->run->vault, w->arena, VAULT_CARD, &w->ref, w->rec->rireki_no, plain, bytes);
	int r = 0;
	/* While the data key is replaced it may stand there under the earlier one. */
	if (cards->n > 1)
		r = db_ask(w->run->db, &q_sync_card_drop, NULL, err,
		    db_text_arg(vault_hash_literal(w->arena, &cards->of[1], cards->n - 1)),
		    person_ref_arg(&w->ref));
	if (r == 0)
		r = db_ask(w->run->db, &q_sync_card_store, NULL, err,
		    db_bytes_arg(cards->of[0].b, cards->of[0].bytes), person_ref_arg(&w->ref),
		    db_int_arg(w->rec->rireki_no), db_bool_arg(w->rec->card.active),
		    db_bytes_arg(sealed.p, sealed.bytes));
	if (r == 0)
		r = person_touch(w->run, &w->ref, err);
	return err_trace(err, r, "card");
}

static int
apply_card(struct row *w, struct err *err)
{
	const struct sync_card *c = &w->rec->card;
	struct vault_hash card;
	struct vault_hashes cards;
	uint8_t plain[CERT_KEY_HASH_BYTES + CERT_MAX_SERIAL];
	struct person_ref holder = { 0 };
	vault_card(w->run->vault, c->issuer, c->serial, c->serial_bytes, &card);
	memcpy(plain, c->issuer, CERT_KEY_HASH_BYTES);
	memcpy(plain + CERT_KEY_HASH_BYTES, c->serial, c->serial_bytes);
	size_t bytes = CERT_KEY_HASH_BYTES + c->serial_bytes;
	int r = vault_hash_all(w->run->vault, &card, &cards, err);
	if (r == 0)
		r = know_card(w, &cards, &holder, err);
	if (r)
		return err_trace(err, r, "card");
	w->decision = apply_record(w->rec, &w->known);
	if (w->decision.store)
		r = store_card(w, &cards, plain, bytes, err);
	if (r == 0 && w->decision.card != APPLY_TELL_NOTHING)
		r = person_tell(w->run, plain, bytes, w->decision.card == APPLY_CLAIM, err);
	if (r == 0 && w->decision.park_holder)
		r = person_park(w->run, &holder, w->decision.park, err);
	return err_trace(err, r, "card");
}

/* --- blocks --- */

static int
apply_block(struct row *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	bool of_person = w->rec->atena_no != NULL;
	if (!of_person)
		vault_household(w->run->vault, w->rec->setai_no, w->household);
	struct db_arg subject =
	    of_person ? person_ref_arg(&w->ref) : db_bytes_arg(w->household, SUBJECT_BYTES);
	struct db_arg source = db_int_arg(BLOCK_SOURCE_REGISTER);
	int r = db_ask(w->run->db, &q_sync_block_newest, &rows, err, subject, source);
	if (r)
		return err_trace(err, r, "block");
	w->known.newest = (uint32_t)db_int(rows, 0, 0);
	w->decision = apply_record(w->rec, &w->known);
	if (!w->decision.store)
		return 0;
	r = db_ask(w->run->db, &q_sync_block_add, NULL, err, subject, source,
	    db_int_arg(w->rec->rireki_no), db_bool_arg(w->rec->block.active),
	    db_int_arg(w->rec->block.kinds), db_int_arg(w->run->now_ms));
	/* A block may stand before its person comes: the row itself is what was changed. */
	if (r == 0 && of_person)
		r = db_ask(w->run->db, &q_sync_person_touch, NULL, err, subject);
	if (r == 0 && !of_person)
		r = person_touch_household(w->run, w->household, err);
	return err_trace(err, r, "block");
}

/* 誰の、何が、いつ変わったか. The content is in the row itself. */
static int
note(struct row *w, struct err *err)
{
	static const char *const actions[] = { [SYNC_SEAL] = "stream.seal",
		[SYNC_CARD] = "stream.card",
		[SYNC_BLOCK] = "stream.block" };
	const struct audit_event e = {
		.source = AUDIT_STREAM,
		.kind = AUDIT_WRITE,
		.at_ms = w->run->now_ms,
		.actor = "agent",
		.action = actions[w->rec->kind],
		.subject = w->rec->atena_no != NULL ? w->ref.b : w->household,
		.detail = arena_printf(w->arena, "{\"seq\":%lld,\"rireki_no\":%u}",
		    (long long)w->run->seq, w->rec->rireki_no),
	};
	return audit_add(w->run->db, w->run->vault, &e, err);
}

static int
apply_readable(struct row *w, struct err *err)
{
	int r = 0;
	if (w->rec->atena_no != NULL)
		vault_person_ref(w->run->vault, w->rec->atena_no, &w->ref);
	switch (w->rec->kind) {
	case SYNC_RESIDENT: /* apply_set's */
		return err_raise(err, FAULT_INTERNAL, "resident by itself", 0);
	case SYNC_SEAL:
		r = apply_seal(w, err);
		break;
	case SYNC_CARD:
		r = apply_card(w, err);
		break;
	case SYNC_BLOCK:
		r = apply_block(w, err);
		break;
	}
	if (r == 0 && w->decision.stop)
		w->run->stop = "block-history";
	if (r == 0 && w->decision.park != NULL)
		r = park_row(w, w->decision.park, err);
	if (r == 0 && w->decision.store)
		r = note(w, err);
	return err_trace(err, r, "record");
}

static int
apply_unreadable(struct apply_run *run, const struct sync_unreadable *bad, struct err *err)
{
	struct person_ref ref;
	if (apply_stops(bad))
		run->stop = "unreadable";
	if (bad->atena_no == NULL)
		return person_park_note(run, NULL, "unreadable", err);
	vault_person_ref(run->vault, bad->atena_no, &ref);
	return person_park(run, &ref, "unreadable", err);
}

/* What is no resident's row sees those before it. */
static int
apply_alone(
    struct apply_run *run, struct row *w, const struct sync_unreadable *bad, struct err *err)
{
	int r = apply_set_flush(run->set, run, err);
	if (r)
		return err_trace(err, r, "residents");
	return bad ? apply_unreadable(run, bad, err) : apply_readable(w, err);
}

static int
take_resident(struct apply_run *run, const struct sync_record *rec, size_t i, struct err *err)
{
	apply_set_add(run->set, rec, i);
	int r = apply_set_is_full(run->set) ? apply_set_flush(run->set, run, err) : 0;
	return err_trace(err, r, "residents");
}

int
apply_row(struct apply_run *run, const struct batch_row *row, struct err *err)
{
	struct sync_record rec;
	struct sync_unreadable bad;
	struct err why = { 0 };
	size_t i = run->first ? (size_t)(row - run->first) : 0;
	if (row->json == NULL)
		return err_trace(err, take_resident(run, &row->rec, i, err), "record");
	AUTO(arena) struct arena *a = arena_new(ROW_ARENA_BYTES);
	int r = record_parse(a, run->vault->muni, row->json, &rec, &bad, &why);
	if (r == 0 && rec.kind == SYNC_RESIDENT)
		return err_trace(err, take_resident(run, &rec, i, err), "record");
	struct row w = { .run = run, .arena = a, .rec = &rec };
	r = apply_alone(run, &w, r == RECORD_E_UNREADABLE ? &bad : NULL, err);
	return err_trace(err, r, "record");
}

int
apply_row_finish(struct apply_run *run, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = apply_set_flush(run->set, run, err);
	if (r == 0 && run->n_parked > 0 && run->stop == NULL) {
		r = db_ask0(run->db, &q_sync_parked_count, &rows, err);
		if (r == 0 && db_int(rows, 0, 0) > SYNC_MAX_PARKED)
			run->stop = "too-many-parked";
	}
	if (r == 0 && run->stop != NULL)
		r = db_ask(run->db, &q_sync_tenant_stop, NULL, err, db_text_arg(run->stop));
	return err_trace(err, r, "finish");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/apply_person.h"
#include "pki/cert.h"
#include "queries/asp_sync.h"

#include <string.h>

struct db_arg
person_ref_arg(const struct person_ref *ref)
{
	return db_bytes_arg(ref->b, sizeof(ref->b));
}

int
person_park_note(struct apply_run *run, const void *subject, const char *code, struct err *err)
{
	int r = db_ask(run->db, &q_sync_parked_add, NULL, err, db_int_arg(run->epoch),
	    db_int_arg(run->seq), db_bytes_arg(subject, SUBJECT_BYTES), db_text_arg(code),
	    db_int_arg(run->now_ms));
	run->n_parked++;
	return err_trace(err, r, "parked");
}

/* 0 rows touched is right here: whoever we do not know is parked when he arrives. */
int
person_park(struct apply_run *run, const struct person_ref *ref, const char *code, struct err *err)
{
	int r = person_park_note(run, ref->b, code, err);
	if (r == 0)
		r = db_ask(run->db, &q_sync_person_park, NULL, err, person_ref_arg(ref));
	return err_trace(err, r, "park");
}

int
person_touch_household(
    struct apply_run *run, const uint8_t household[SUBJECT_BYTES], struct err *err)
{
	int r = db_ask(
	    run->db, &q_sync_household_touch, NULL, err, db_bytes_arg(household, SUBJECT_BYTES));
	return err_trace(err, r, "household");
}

/* An UPDATE that must find its row. */
int
person_touch(struct apply_run *run, const struct person_ref *ref, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(run->db, &q_sync_person_touch, &rows, err, person_ref_arg(ref));
	if (r)
		return err_trace(err, r, "person");
	if (db_n_touched(rows) != 1)
		return err_raise(err, FAULT_INTERNAL, "no such person", 0);
	return 0;
}

int
person_tell(
    struct apply_run *run, const void *issuer_and_serial, size_t bytes, bool claim, struct err *err)
{
	const uint8_t *p = issuer_and_serial;
	if (bytes <= CERT_KEY_HASH_BYTES)
		return err_raise(err, FAULT_INTERNAL, "card", (long)bytes);
	int r = db_ask(run->db, &q_sync_outbox_add, NULL, err, db_bytes_arg(p, CERT_KEY_HASH_BYTES),
	    db_bytes_arg(p + CERT_KEY_HASH_BYTES, bytes - CERT_KEY_HASH_BYTES), db_bool_arg(claim));
	run->told = true;
	return err_trace(err, r, "outbox");
}

int
person_tell_all_cards(struct apply_run *run, struct arena *a, const struct person_ref *ref,
    bool claim, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(run->db, &q_sync_card_list, &rows, err, person_ref_arg(ref));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		uint8_t *card = NULL;
		size_t bytes = 0;
		const uint8_t *sealed = db_bytes(rows, i, 1, &bytes);
		r = vault_row_open(run->vault, a, VAULT_CARD, ref, (uint32_t)db_int(rows, i, 0),
		    sealed, bytes, &card, &bytes, err);
		if (r == 0)
			r = person_tell(run, card, bytes, claim, err);
	}
	return err_trace(err, r, "cards");
}

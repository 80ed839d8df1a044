/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/record.h"
#include "base/mem.h"
#include "queries/center_inquiry.h"

#include <stdio.h>
#include <string.h>

int
record_standing(
    struct db *db, struct arena *a, const char *number, struct standing *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, &q_inquiry_number_find, &rows, err, db_text_arg(number));
	if (r)
		return err_fold(err, r, "number");
	if (db_n(rows) == 0)
		return 0; /* STANDING_UNKNOWN */
	const char *state = db_text(rows, 0, 0);
	ret->state = strcmp(state, "valid") == 0 ? STANDING_VALID
	    : strcmp(state, "void") == 0         ? STANDING_VOID
						 : STANDING_ISSUED;
	ret->reason = arena_strdup(a, db_text(rows, 0, 1));
	ret->issued_ms = db_int(rows, 0, 2);
	return 0;
}

int
record_add(struct db *db, const struct record_inquiry *q, struct standing *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	/* Added before it is asked: of two at the same time at least one sees the other. */
	int r = db_ask(db, &q_inquiry_inquiry_add, NULL, err, db_text_arg(q->id),
	    db_text_arg(q->number), db_int_arg(q->page),
	    db_text_arg(check_verdict_code(q->verdict)), db_int_arg(q->at_ms));
	if (r == 0)
		r = db_ask(db, &q_inquiry_inquiry_list, &rows, err, db_text_arg(q->number),
		    db_int_arg(q->page), db_text_arg(q->id), db_int_arg(q->at_ms));
	if (r)
		return err_fold(err, r, "inquiry");
	for (size_t i = 0; i < db_n(rows) && i < STANDING_MAX_EARLIER; i++) {
		ret->earlier_ms[ret->n_earlier++] = db_int(rows, i, 0);
		ret->n_earlier_in_all = (uint64_t)db_int(rows, i, 1);
	}
	return 0;
}

int
record_key_check(struct db *db, const struct apikey *key, unsigned *ret_per_minute, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t bytes = 0;
	int r = db_ask(db, &q_inquiry_key_find, &rows, err, db_text_arg(key->id));
	if (r)
		return err_fold(err, r, "key");
	if (db_n(rows) == 0)
		return RECORD_E_NO_KEY;
	const uint8_t *hash = db_bytes(rows, 0, 0, &bytes);
	if (bytes != SHA256_BYTES || !mem_equal(hash, key->hash, SHA256_BYTES))
		return RECORD_E_NO_KEY;
	*ret_per_minute = (unsigned)db_int(rows, 0, 1);
	return 0;
}

int
record_request_claim(struct db *db, struct record_request *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t bytes = 0;
	int r = db_ask(
	    db, &q_inquiry_request_tidy, NULL, err, db_int_arg(q->at_ms - RECORD_REQUEST_KEPT_MS));
	if (r == 0)
		r = db_ask(db, &q_inquiry_request_add, NULL, err, db_text_arg(q->key_id),
		    db_bytes_arg(q->idem, sizeof(q->idem)),
		    db_bytes_arg(q->asked, sizeof(q->asked)), db_text_arg(q->id),
		    db_int_arg(q->at_ms));
	if (r == 0)
		r = db_ask(db, &q_inquiry_request_find, &rows, err, db_text_arg(q->key_id),
		    db_bytes_arg(q->idem, sizeof(q->idem)));
	if (r)
		return err_fold(err, r, "request");
	const uint8_t *asked = db_bytes(rows, 0, 0, &bytes);
	if (bytes != SHA256_BYTES || !mem_equal(asked, q->asked, SHA256_BYTES))
		return RECORD_E_OTHER_REQUEST;
	(void)snprintf(q->id, sizeof(q->id), "%s", db_text(rows, 0, 1));
	q->at_ms = db_int(rows, 0, 2);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* front/store - the replica as the front reads it, and the ledger it writes. */
#pragma once
#include "server/front/front.h"

/* A person's sealed row as read beside the view; same index as view.persons. */
struct store_row {
	const uint8_t *sealed;
	size_t bytes;
};
struct store_view {
	struct issue_view v;
	int64_t register_ms;
	int64_t imprint; /* which version the papers bear; 0: the profile's own */
	uint8_t imprint_tag[IMPRINT_TAG_BYTES];
	struct store_row rows[ISSUE_MAX_HOUSEHOLD];
	struct store_row seal;
	struct vault_card_row
	    card; /* by which it was asked; sealed NULL: nobody's, or not by one */
};

/* What one snapshot says, as it came; nothing of it is believed yet: see session_view(). */
struct store_seen {
	struct db_rows *state, *household, *terms;
	struct vault_card_row holder; /* in the arena; its sealed is NULL when there is none */
	int64_t ring_seq;             /* which state of the keys the snapshot is of */
};
void store_seen_done(struct store_seen *s); /* of none is fine */
struct store_ask {
	int64_t at_ms; /* the terms and the imprint that hold then */
	bool seal;     /* the holder's seal will be opened, too */
};
/*
 * The holder of a card (its hashes) and the household, all that decides about them, the terms, in a
 * snapshot of their own that is over then. 0, DB_E_RETRY or a fault (two holders are one).
 */
MUST_USE int store_see(struct db *db, struct arena *a, const struct vault_hashes *cards,
    const struct store_ask *q, struct store_seen *ret, struct err *err);
/* All that decides, of what was seen: texts and rows in the arena. Sets v.self and v.card_known. 0
 * or a fault. */
MUST_USE int store_seen_take(
    const struct store_seen *s, struct arena *a, struct store_view *ret, struct err *err);
/* Only whether the replica may be asked, of nobody. 0, DB_E_RETRY or a fault. */
MUST_USE int store_view_read(
    struct db *db, struct arena *a, struct store_view *ret, struct err *err);
/*
 * FOR NO KEY UPDATE on the persons @p, in the order of ref, and behind the locks all that decides
 * about @ref, without sealed content; @begin: in a transaction that begins with it. Sets v.self and
 * v.card_known. 0, DB_E_RETRY or a fault.
 */
MUST_USE int store_view_locked(struct db *db, struct arena *a, bool begin,
    const struct issue_printed *p, unsigned n, const struct person_ref *ref, struct store_view *ret,
    struct err *err);

/* An order's record. Its papers are kept in parts of so many bytes, so many at most. */
enum { STORE_PAPER_PART_BYTES = 8000, STORE_PAPER_PARTS = 4200 };
enum store_state { STORE_ISSUED = 1, STORE_RELEASED = 2, STORE_REPORTED = 3, STORE_REFUSED = 4 };
struct store_issue {
	struct order_id id;
	uint8_t th[32], oh[32];
	struct vault_hash card;
	struct person_ref ref;
	enum doc_kind kind;
	const char *kiosk;
	unsigned fee_yen;         /* of a copy; written, not read */
	struct issue_again again; /* written, not read; id 0 = no re-issue */
	bool whole_household;
	int64_t imprint; /* written, not read */
	enum store_state state;
	const char *manifest; /* NULL = dropped */
	uint8_t manifest_hash[32];
	const uint8_t *papers; /* a JWE, packed; NULL = dropped */
	size_t papers_bytes;
	int64_t issued_ms;
	const struct issue_printed *printed;
	unsigned n_printed;
	const struct seal_copy *copies;
	unsigned n_copies;
	unsigned n_pages; /* of each copy */
};
/*
 * *ret_found false when there is none. Persons and copies are not read, the papers whole or, where
 * they are dropped or the order is not to be released any more, not at all. 0, DB_E_RETRY or a
 * fault: FAULT_INTEGRITY where a part of the papers is missing.
 */
MUST_USE int store_issue_find(struct db *db, struct arena *a, const struct order_id *id,
    struct store_issue *ret, bool *ret_found, struct err *err);
/*
 * The same locked, with the persons, without the answer, in a transaction that begins with it.
 * *ret_copies: issue_copy_read behind the lock, the caller's to free whatever comes back; NULL: not
 * wanted.
 */
MUST_USE int store_issue_lock(struct db *db, struct arena *a, const struct order_id *id,
    struct store_issue *ret, struct db_rows **ret_copies, bool *ret_found, struct err *err);
/* To be written by store_end(), which then may return DB_E_CONFLICT: its id or a number is there.
 */
void store_issue_insert(struct db_queue *queue, struct arena *a, const struct store_issue *i);
/*
 * Uses the allowance @i->again for the order, in the transaction that writes it; id 0: nothing to
 * do. 0, ISSUE_E_FEE (used, over or taken back meanwhile), DB_E_RETRY or a fault.
 */
MUST_USE int store_again_use(struct db *db, const struct store_issue *i, struct err *err);

/*
 * Writes what is queued (NULL: nothing) and the audit's rows of an order, one for each person
 * whose rows stand on its papers, one for the applicant in any case; commits. 0, DB_E_CONFLICT,
 * DB_E_RETRY or a fault: then the transaction is still to be rolled back.
 */
MUST_USE int store_end(struct db *db, struct db_queue *queue, struct arena *a,
    const struct front_muni *m, const struct store_issue *i, const char *action, int64_t now_ms,
    struct err *err);

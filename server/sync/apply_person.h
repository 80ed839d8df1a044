/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply_person - what every kind of record does to persons, inside the
 * transaction of its batch: parked, touched (the version grows, so that no
 * paper of before is released), and what the center is told of their cards.
 * All return 0, DB_E_* (roll back), or a fault.
 */
#pragma once
#include "server/sync/apply_row.h"

enum { SUBJECT_BYTES = 16 /* a person's ref, a household's hash */ };

struct db_arg person_ref_arg(const struct person_ref *ref);
/* What was parked and why. @subject: SUBJECT_BYTES, or NULL when nobody can be named. */
MUST_USE int person_park_note(
    struct apply_run *run, const void *subject, const char *code, struct err *err);
/* Whoever we do not know is parked when they arrive. */
MUST_USE int person_park(
    struct apply_run *run, const struct person_ref *ref, const char *code, struct err *err);
MUST_USE int person_touch(struct apply_run *run, const struct person_ref *ref, struct err *err);
MUST_USE int person_touch_household(
    struct apply_run *run, const uint8_t household[SUBJECT_BYTES], struct err *err);
/* One card, issuer's key hash and serial; all that they hold. */
MUST_USE int person_tell(struct apply_run *run, const void *issuer_and_serial, size_t bytes,
    bool claim, struct err *err);
MUST_USE int person_tell_all_cards(struct apply_run *run, struct arena *a,
    const struct person_ref *ref, bool claim, struct err *err);

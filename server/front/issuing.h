/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front/issuing - one order from snapshot to commit. Nothing of it is written
 * before the last step, so giving up anywhere leaves nothing behind.
 */
#pragma once
#include "server/front/session.h"
#include "server/front/store.h"

struct issuing {
	struct front *f;
	struct front_muni *m;
	struct arena *a;
	const struct front_session *s;
	struct order order;
	const char *order_jws;
	size_t order_jws_bytes;
	uint8_t oh[32];
	int64_t until_ms; /* clock_mono_ms */

	/* Made on the way. */
	int64_t issued_ms;
	struct store_view *view;
	struct imprints_taken imprint; /* one version, for renderer and kofu-seal alike */
	const struct profile *profile; /* as it prints with it */
	struct issue_choice choice;
	struct seal_copy copies[ORDER_MAX_COPIES];
	struct issue_printed printed[ORDER_MAX_PERSONS + 1];
	unsigned n_printed;
};
struct issuing_answer {
	const char *manifest;
	const uint8_t *papers; /* a JWE, packed (pki/jose.h) */
	size_t papers_bytes;
};

/*
 * Returns 0; ISSUE_E_* as decided (ISSUE_E_CHANGED when it changed twice while
 * under way); FRONT_E_UNPRINTABLE; DB_E_CONFLICT when the order's id came in
 * meanwhile; FAULT_TIMEOUT; or another fault.
 */
MUST_USE int issuing_run(struct issuing *i, struct issuing_answer *ret, struct err *err);
/* Its first step: snapshot, decision, numbers. Its last: locks, compares, writes, commits. */
MUST_USE int issuing_prepare(struct issuing *i, struct err *err);
MUST_USE int issuing_commit(struct issuing *i, const struct seal_answer *answer, struct err *err);
/* Milliseconds until the deadline, at least 0. */
int issuing_left_ms(const struct issuing *i);

/* SPDX-License-Identifier: Apache-2.0 */
/* recon_link - the agent's side of POST /v1/reconcile/... (docs/PROTOCOL.md section 6). */
#pragma once
#include "base/log.h"
#include "domain/tally.h"
#include "http/client.h"
#include "pki/key.h"
#include "wire/js.h"

#include <stdbool.h>

enum {
	RECON_LINK_E_REFUSED = 1051, /* another code than the next two */
	RECON_LINK_E_NO_RUN = 1052,  /* the server dropped the run: begin again */
	RECON_LINK_E_BUSY = 1053,    /* the server has too many of them: later */
	RECON_LINK_MAX_RANGES = 64,
	RECON_LINK_MAX_PERSONS = 64, /* of one check */
	RECON_LINK_MAX_LEAF = 32,    /* persons of a range that are asked for one by one */
	RECON_LINK_TIMEOUT_MS = 60000,
};
struct recon_link {
	struct muni_code muni;
	struct http_client *server;
	struct key_signer sync_key;
	struct tally_key key;
	int64_t run;
};
/* Each returns 0, RECON_LINK_E_*, or a fault. */
/* Begins a run with l->key. */
MUST_USE int recon_link_run(struct recon_link *l, struct err *err);
MUST_USE int recon_link_scan(
    struct recon_link *l, uint64_t *ret_n, bool *ret_done, struct err *err);
MUST_USE int recon_link_end(struct recon_link *l, struct err *err);
/* The last word of the run that was ended, signed: @open persons differ, or may, and are not
 * blocked there. */
MUST_USE int recon_link_settled(struct recon_link *l, uint64_t open, struct err *err);
/* The digests of the children of @n ranges of the same bits, TALLY_CHILDREN each. */
MUST_USE int recon_link_ranges(struct recon_link *l, const struct tally_range *r, size_t n,
    struct tally_digest *ret, struct err *err);
/* Calls @take for everybody the server has in these ranges. */
MUST_USE int recon_link_persons(struct recon_link *l, const struct tally_range *r, size_t n,
    int (*take)(void *self, const char *atena_no, const struct tally_sum *sum, struct err *err),
    void *self, struct err *err);

struct recon_there {
	struct tally_sum sum;
	bool held;
	char token[49];
};
/* How @n persons stand there, and up to which instant the server has everything. */
MUST_USE int recon_link_check(struct recon_link *l, const char *const *atena_no, size_t n,
    struct recon_there *ret, int64_t *ret_beat_ms, struct err *err);
enum recon_said { RECON_SAID_DONE = 1, RECON_SAID_MOVED, RECON_SAID_REFUSED };
/*
 * Blocks the person (@records NULL), or sends them anew with the sum they must
 * come to; they are let go only then. @token: of the last check or block, and
 * afterwards the new one.
 */
MUST_USE int recon_link_mend(struct recon_link *l, const char *atena_no, char token[49],
    const struct tally_sum *sum, json_t *records, enum recon_said *ret, struct err *err);

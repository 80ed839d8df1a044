/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/apply_decide.h"

#include <string.h>

static const uint8_t zeros[BATCH_HASH_BYTES];

static bool
same_hash(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, BATCH_HASH_BYTES) == 0;
}

enum apply_place
apply_place(const struct apply_position *ours, const struct apply_claim *c, const uint8_t *past)
{
	if (c->epoch != ours->epoch)
		return APPLY_OTHER_EPOCH;
	if (c->seq > ours->seq) {
		if (c->prev == NULL || c->seq != ours->seq + 1)
			return APPLY_GAP;
		return same_hash(c->prev, ours->hash) ? APPLY_NEXT : APPLY_EQUIVOCATION;
	}
	if (c->seq == 0)
		past = zeros;
	else if (c->seq == ours->seq)
		past = ours->hash;
	return past != NULL && same_hash(c->hash, past) ? APPLY_REPLAY : APPLY_EQUIVOCATION;
}

/*
 * The newest state is stored even past a gap, so that a removal or abolition
 * wins; but who has a gap in his history is not issuable until it is mended.
 * An older or repeated number would change nothing: that is an error, not a no-op.
 */
static void
decide_history(uint32_t rireki_no, uint32_t newest, struct apply_decision *d)
{
	d->store = rireki_no > newest;
	if (rireki_no > newest && rireki_no != newest + 1)
		d->park = "history-gap";
	else if (rireki_no <= newest)
		d->park = "history-back";
}

static void
decide_resident(const struct sync_record *r, const struct apply_known *k, struct apply_decision *d)
{
	decide_history(r->rireki_no, k->newest, d);
	if (d->park == NULL && !k->person && k->parked_unseen)
		d->park = "parked-before";
	if (!d->store || !k->person || r->resident.state == k->state)
		return;
	/* The card outlives a move: who left must not keep it from the next municipality. */
	d->all_cards = r->resident.state == RESIDENT_REMOVED ? APPLY_RELEASE : APPLY_CLAIM;
}

static void
decide_card(const struct sync_record *r, const struct apply_known *k, struct apply_decision *d)
{
	decide_history(r->rireki_no, k->newest, d);
	if (!d->store)
		return;
	if (r->card.active && k->card_held) {
		*d = (struct apply_decision){ .park = "card-held", .park_holder = true };
		return;
	}
	if (r->card.active && !k->card_active && k->state == RESIDENT_REGISTERED)
		d->card = APPLY_CLAIM;
	if (!r->card.active && k->card_active && k->state == RESIDENT_REGISTERED)
		d->card = APPLY_RELEASE;
}

struct apply_decision
apply_record(const struct sync_record *r, const struct apply_known *k)
{
	struct apply_decision d = { 0 };
	if (!k->person && (r->kind == SYNC_SEAL || r->kind == SYNC_CARD)) {
		d.park = "unknown-person";
		return d;
	}
	switch (r->kind) {
	case SYNC_RESIDENT:
		decide_resident(r, k, &d);
		break;
	case SYNC_CARD:
		decide_card(r, k, &d);
		break;
	case SYNC_SEAL:
		decide_history(r->rireki_no, k->newest, &d);
		break;
	case SYNC_BLOCK:
		decide_history(r->rireki_no, k->newest, &d);
		d.stop = !d.store; /* which of two blocks holds cannot be told */
		break;
	}
	return d;
}

bool
apply_stops(const struct sync_unreadable *bad)
{
	/* Nobody to park, or news that must not be missed. */
	return bad->security || bad->atena_no == NULL;
}

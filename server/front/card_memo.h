/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front/card_memo - the cards of sessions that were found good a moment ago: an order comes minutes
 * after its offer, with the same transcript, certificate and signature, and what they said then
 * they say still. Only what was found good is here. Whatever was forgotten, lapsed, or was noted
 * by a clock that stepped back since, is checked anew; kofu-seal checks each order's card by
 * itself in any case. It holds serial numbers of certificates: a slot is wiped when it is
 * replaced or found lapsed, and all of them at the end.
 */
#pragma once
#include "pki/cert.h"
#include "pki/hash.h"
#include <pthread.h>

/*
 * 460 kB. At five sessions a second and three minutes from an offer to its last order, one in
 * two thousand is forgotten too early, and checked anew.
 */
enum { CARD_MEMO_SETS = 512, CARD_MEMO_WAYS = 8 };

/* SHA-256 over all that the check is of; its first bytes choose the set. */
struct card_memo_key {
	uint8_t b[SHA256_BYTES];
};
/* What the check tells of the card. */
struct card_memo_card {
	uint8_t issuer[CERT_KEY_HASH_BYTES];
	uint8_t serial[CERT_MAX_SERIAL];
	size_t serial_bytes; /* 0: an empty slot; no certificate is without one */
};
struct card_memo_slot {
	struct card_memo_key key;
	int64_t noted_ms, until_ms; /* it holds at both */
	struct card_memo_card card;
};
/* Of any number of threads. */
struct card_memo {
	pthread_mutex_t lock; /* of set */
	struct card_memo_slot set[CARD_MEMO_SETS][CARD_MEMO_WAYS];
};

void card_memo_init(struct card_memo *m);
void card_memo_done(struct card_memo *m);
/* @th: the transcript's hash, of 32 bytes. */
struct card_memo_key card_memo_key(const uint8_t th[32], const uint8_t *certificate,
    size_t certificate_bytes, const uint8_t *signature, size_t signature_bytes);
/* False: not known, lapsed, or noted later than @now_ms (then *ret is untouched). */
MUST_USE bool card_memo_find(
    struct card_memo *m, const struct card_memo_key *k, int64_t now_ms, struct card_memo_card *ret);
/*
 * Found good at @now_ms, which holds until @until_ms and no longer. Where a set is full, the one
 * of it that would lapse first goes.
 */
void card_memo_note(struct card_memo *m, const struct card_memo_key *k, int64_t now_ms,
    int64_t until_ms, const struct card_memo_card *card);
/* Wipes what does not hold at @now_ms. */
void card_memo_tidy(struct card_memo *m, int64_t now_ms);

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/card_memo.h"
#include "base/mem.h"
#include <string.h>

void
card_memo_init(struct card_memo *m)
{
	memset(m, 0, sizeof(*m));
	(void)pthread_mutex_init(&m->lock, NULL);
}

void
card_memo_done(struct card_memo *m)
{
	mem_wipe(m->set, sizeof(m->set));
	(void)pthread_mutex_destroy(&m->lock);
}

struct card_memo_key
card_memo_key(const uint8_t th[32], const uint8_t *certificate, size_t certificate_bytes,
    const uint8_t *signature, size_t signature_bytes)
{
	/* The lengths first: where the certificate ends and the signature begins is hashed too. */
	const uint64_t lengths[] = { certificate_bytes, signature_bytes };
	const struct sha256_part parts[] = { { th, 32 }, { lengths, sizeof(lengths) },
		{ certificate, certificate_bytes }, { signature, signature_bytes } };
	struct card_memo_key k;
	sha256_parts(parts, N_ELEMENTS(parts), k.b);
	return k;
}

static struct card_memo_slot *
set_of(struct card_memo *m, const struct card_memo_key *k)
{
	return m->set[(k->b[0] | (size_t)k->b[1] << 8) % CARD_MEMO_SETS];
}

/* Hashes of what the asker has: nothing is learnt from how long it takes. */
static bool
is_of(const struct card_memo_slot *s, const struct card_memo_key *k)
{
	return memcmp(s->key.b, k->b, sizeof(k->b)) == 0;
}

static bool
holds(const struct card_memo_slot *s, int64_t now_ms)
{
	return s->card.serial_bytes > 0 && s->noted_ms <= now_ms && now_ms <= s->until_ms;
}

bool
card_memo_find(
    struct card_memo *m, const struct card_memo_key *k, int64_t now_ms, struct card_memo_card *ret)
{
	bool found = false;
	(void)pthread_mutex_lock(&m->lock);
	struct card_memo_slot *s = set_of(m, k);
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++) {
		if (!is_of(&s[i], k))
			continue;
		found = holds(&s[i], now_ms);
		if (found)
			*ret = s[i].card;
		else
			mem_wipe(&s[i], sizeof(s[i]));
	}
	(void)pthread_mutex_unlock(&m->lock);
	return found;
}

/* Its own slot of before, or the one that lapses first: an empty one before all others. */
static struct card_memo_slot *
slot_for(struct card_memo *m, const struct card_memo_key *k)
{
	struct card_memo_slot *s = set_of(m, k), *at = s;
	for (unsigned i = 0; i < CARD_MEMO_WAYS; i++) {
		if (is_of(&s[i], k))
			return &s[i];
		if (s[i].until_ms < at->until_ms)
			at = &s[i];
	}
	return at;
}

void
card_memo_note(struct card_memo *m, const struct card_memo_key *k, int64_t now_ms, int64_t until_ms,
    const struct card_memo_card *card)
{
	(void)pthread_mutex_lock(&m->lock);
	struct card_memo_slot *s = slot_for(m, k);
	mem_wipe(s, sizeof(*s));
	*s = (struct card_memo_slot){
		.key = *k, .noted_ms = now_ms, .until_ms = until_ms, .card = *card
	};
	(void)pthread_mutex_unlock(&m->lock);
}

void
card_memo_tidy(struct card_memo *m, int64_t now_ms)
{
	struct card_memo_slot *s = m->set[0];
	(void)pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < (size_t)CARD_MEMO_SETS * CARD_MEMO_WAYS; i++)
		if (s[i].card.serial_bytes > 0 && !holds(&s[i], now_ms))
			mem_wipe(&s[i], sizeof(s[i]));
	(void)pthread_mutex_unlock(&m->lock);
}

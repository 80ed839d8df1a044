/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/tally.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/hash.h"

#include <stdlib.h>
#include <string.h>

enum { TALLY_FIRST_ROOM = 1024, TALLY_ROW_MAX_BYTES = SEAL_ROW_MAX_BYTES + 16 };

/* --- sums --- */

bool
tally_is_zero(const struct tally_sum *s)
{
	return s->half[0] == 0 && s->half[1] == 0;
}

bool
tally_is_equal(const struct tally_sum *a, const struct tally_sum *b)
{
	return a->half[0] == b->half[0] && a->half[1] == b->half[1];
}

/* Of keyed hashes: in whatever order the records come, and nobody can aim at a sum. */
void
tally_add(struct tally_sum *to, const struct tally_sum *s)
{
	to->half[0] += s->half[0];
	to->half[1] += s->half[1];
}

static void
u64_put(uint64_t v, uint8_t out[8])
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t
u64_take(const uint8_t in[8])
{
	uint64_t v = 0;
	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | in[i];
	return v;
}

void
tally_sum_put(const struct tally_sum *s, uint8_t out[TALLY_SUM_BYTES])
{
	u64_put(s->half[0], out);
	u64_put(s->half[1], out + 8);
}

void
tally_sum_take(const uint8_t in[TALLY_SUM_BYTES], struct tally_sum *ret)
{
	*ret = (struct tally_sum){ { u64_take(in), u64_take(in + 8) } };
}

/* --- records --- */

static void
mac_of(const struct tally_key *k, const struct buf *b, struct tally_sum *ret)
{
	uint8_t mac[SHA256_BYTES];
	hmac_sha256(k->b, sizeof(k->b), b->p, b->bytes, mac);
	tally_sum_take(mac, ret);
}

void
tally_row(const struct tally_key *k, enum sync_kind kind, const void *p, size_t bytes,
    struct tally_sum *ret)
{
	struct buf b;
	buf_init(&b, TALLY_ROW_MAX_BYTES);
	buf_u8(&b, (uint8_t)kind);
	buf_put(&b, p, bytes);
	mac_of(k, &b, ret);
	buf_done(&b);
}

void
tally_card(const struct tally_key *k, const uint8_t *card, size_t bytes, uint32_t rireki_no,
    bool active, struct tally_sum *ret)
{
	struct buf b;
	buf_init(&b, 256);
	buf_u8(&b, SYNC_CARD);
	buf_u32(&b, rireki_no);
	buf_u8(&b, active);
	buf_put(&b, card, bytes);
	mac_of(k, &b, ret);
	buf_done(&b);
}

void
tally_block(const struct tally_key *k, bool of_household, uint32_t rireki_no,
    const struct sync_block *block, struct tally_sum *ret)
{
	struct buf b;
	buf_init(&b, 64);
	buf_u8(&b, SYNC_BLOCK);
	buf_u8(&b, of_household);
	buf_u32(&b, rireki_no);
	buf_u8(&b, block->active);
	buf_u32(&b, block->kinds);
	mac_of(k, &b, ret);
	buf_done(&b);
}

static void
card_sum(const struct tally_key *k, const struct sync_record *rec, struct tally_sum *ret)
{
	const struct sync_card *c = &rec->card;
	uint8_t card[CERT_KEY_HASH_BYTES + CERT_MAX_SERIAL];
	memcpy(card, c->issuer, CERT_KEY_HASH_BYTES);
	memcpy(card + CERT_KEY_HASH_BYTES, c->serial, c->serial_bytes);
	tally_card(k, card, CERT_KEY_HASH_BYTES + c->serial_bytes, rec->rireki_no, c->active, ret);
}

void
tally_record(const struct tally_key *k, const struct sync_record *rec, struct tally_sum *ret)
{
	struct buf b;
	buf_init(&b, SEAL_ROW_MAX_BYTES);
	switch (rec->kind) {
	case SYNC_RESIDENT:
		resident_encode(&rec->resident, &b);
		tally_row(k, SYNC_RESIDENT, b.p, b.bytes, ret);
		break;
	case SYNC_SEAL:
		seal_row_encode(&rec->seal, &b);
		tally_row(k, SYNC_SEAL, b.p, b.bytes, ret);
		break;
	case SYNC_CARD:
		card_sum(k, rec, ret);
		break;
	case SYNC_BLOCK:
		tally_block(k, rec->atena_no == NULL, rec->rireki_no, &rec->block, ret);
		break;
	}
	buf_done(&b);
}

int
tally_key_load(const char *path, struct tally_key *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(4096);
	uint8_t *p = NULL;
	size_t bytes = 0;
	if (file_read(a, path, 2 * TALLY_KEY_BYTES + 1, &p, &bytes, err) != 0 ||
	    bytes < 2 * (size_t)TALLY_KEY_BYTES ||
	    !text_hex_parse((const char *)p, 2 * (size_t)TALLY_KEY_BYTES, ret->b, TALLY_KEY_BYTES))
		return err_raise(err, FAULT_CONFIG, "key file", (long)bytes);
	return 0;
}

uint64_t
tally_place(const struct tally_key *k, const char *atena_no)
{
	uint8_t mac[SHA256_BYTES];
	hmac_sha256(k->b, sizeof(k->b), atena_no, strlen(atena_no), mac);
	return u64_take(mac);
}

/* --- all persons --- */

void
tally_done(struct tally *t)
{
	if (t->p != NULL)
		mem_wipe(t->p, t->room * sizeof(*t->p));
	mem_free(t->p);
	*t = (struct tally){ 0 };
}

struct tally_person *
tally_put(struct tally *t, const struct tally_key *k, const char *atena_no)
{
	size_t bytes = strlen(atena_no);
	if (t->n == TALLY_MAX_PERSONS || bytes >= TALLY_NUMBER_BYTES)
		return NULL;
	if (t->n == t->room) {
		size_t room = t->room == 0 ? TALLY_FIRST_ROOM : t->room + t->room / 2;
		t->p = mem_grow(t->p, t->room * sizeof(*t->p), room * sizeof(*t->p));
		t->room = room;
	}
	struct tally_person *p = &t->p[t->n++];
	*p = (struct tally_person){ .at = tally_place(k, atena_no) };
	memcpy(p->atena_no, atena_no, bytes);
	return p;
}

/* By number where two places fall together: then it is the same on both sides. */
static int
by_place(const void *a, const void *b)
{
	const struct tally_person *x = a;
	const struct tally_person *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return strcmp(x->atena_no, y->atena_no);
}

void
tally_sort(struct tally *t)
{
	if (t->n > 0)
		qsort(t->p, t->n, sizeof(*t->p), by_place);
}

static int
by_number(const void *a, const void *b)
{
	return strcmp(
	    ((const struct tally_person *)a)->atena_no, ((const struct tally_person *)b)->atena_no);
}

void
tally_sort_by_number(struct tally *t)
{
	if (t->n > 0)
		qsort(t->p, t->n, sizeof(*t->p), by_number);
}

void
tally_print(struct tally *t, FILE *out)
{
	tally_sort_by_number(t);
	for (size_t i = 0; i < t->n; i++) {
		uint8_t b[TALLY_SUM_BYTES];
		char hex[2 * TALLY_SUM_BYTES + 1];
		tally_sum_put(&t->p[i].sum, b);
		text_hex_format(b, sizeof(b), hex);
		fprintf(out, "%s,%s\n", t->p[i].atena_no, hex);
	}
}

/* The first whose place is not below @at. */
static size_t
lower_bound(const struct tally *t, uint64_t at)
{
	size_t low = 0;
	size_t high = t->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->p[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tally_person *
tally_find(const struct tally *t, const struct tally_key *k, const char *atena_no)
{
	uint64_t at = tally_place(k, atena_no);
	for (size_t i = lower_bound(t, at); i < t->n && t->p[i].at == at; i++)
		if (strcmp(t->p[i].atena_no, atena_no) == 0)
			return &t->p[i];
	return NULL;
}

/* --- ranges --- */

size_t
tally_range_find(const struct tally *t, struct tally_range r, size_t *ret_first)
{
	uint64_t rest = r.bits == 0 ? UINT64_MAX : UINT64_MAX >> r.bits;
	uint64_t first = r.prefix & ~rest;
	uint64_t last = first | rest;
	size_t from = lower_bound(t, first);
	size_t end = last == UINT64_MAX ? t->n : lower_bound(t, last + 1);
	*ret_first = from;
	return end - from;
}

struct tally_digest
tally_range_digest(const struct tally *t, struct tally_range r)
{
	size_t first = 0;
	uint8_t hash[SHA256_BYTES];
	size_t n = tally_range_find(t, r, &first);
	struct tally_digest d = { .n = n };
	struct sha256_stream *s = sha256_stream_new();
	for (size_t i = first; i < first + n; i++) {
		uint8_t bytes[8 + TALLY_SUM_BYTES];
		u64_put(t->p[i].at, bytes);
		tally_sum_put(&t->p[i].sum, bytes + 8);
		sha256_stream_put(s, bytes, sizeof(bytes));
	}
	sha256_stream_digest(s, hash);
	sha256_stream_free(s);
	tally_sum_take(hash, &d.sum);
	return d;
}

struct tally_range
tally_range_child(struct tally_range r, unsigned i)
{
	unsigned bits = r.bits + TALLY_STEP_BITS;
	return (struct tally_range){ r.prefix | (uint64_t)i << (64 - bits), bits };
}

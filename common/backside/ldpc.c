/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/ldpc.h"

#include <string.h>

/*
 * Layered, scaled min-sum on 16-bit values. Row r of blocks ties its
 * information blocks with parity blocks r and r - 1; row 0 has the last parity
 * block, one bit further, as its neighbour, which makes one long accumulator.
 */
enum {
	TOTAL_MAX = 4000,
	MESSAGE_MAX = 500,
	NO_EDGE = 8000, /* the accumulator's first bit has no neighbour */
	MIN_START = 32767,
	MIN_MAX = 2000,
};

typedef int16_t block[LDPC_Z];

struct ldpc_work {
	int16_t total[LDPC_N];
	block message[LDPC_MAX_MESSAGES];
	block edge[LDPC_MAX_ROW_EDGES];
	block min1, min2, at, sign;
};

size_t
ldpc_work_bytes(void)
{
	return sizeof(struct ldpc_work);
}

static void
xor_block(uint16_t *restrict out, const uint16_t *restrict in, unsigned n)
{
	for (unsigned z = 0; z < n; z++)
		out[z] ^= in[z];
}

/* Each parity bit is the one before it and its row's sum: along the rows' blocks, then by bits. */
static void
accumulate(uint16_t *parity, unsigned rows)
{
	uint16_t before[LDPC_Z], sum = 0; /* of all blocks, at the bits before */
	for (unsigned r = 1; r < rows; r++)
		xor_block(parity + r * LDPC_Z, parity + (r - 1) * LDPC_Z, LDPC_Z);
	for (unsigned z = 0; z < LDPC_Z; z++) {
		before[z] = sum;
		sum ^= parity[(rows - 1) * LDPC_Z + z];
	}
	for (unsigned r = 0; r < rows; r++)
		xor_block(parity + r * LDPC_Z, before, LDPC_Z);
}

void
ldpc_encode(const struct ldpc *c, uint16_t words[static LDPC_N])
{
	uint16_t *parity = words + ldpc_info_bits(c);
	memset(parity, 0, (LDPC_N - ldpc_info_bits(c)) * sizeof(*parity));
	for (unsigned r = 0; r < c->rows; r++)
		for (unsigned e = r * c->row_edges; e < (r + 1) * c->row_edges; e++) {
			const uint16_t *from = words + c->col[e] * LDPC_Z;
			const unsigned shift = c->shift[e];
			xor_block(parity + r * LDPC_Z, from + shift, LDPC_Z - shift);
			xor_block(parity + r * LDPC_Z + LDPC_Z - shift, from, shift);
		}
	accumulate(parity, c->rows);
}

/* The block of totals that edge @e of row @r reads, turned into @out. */
static void
row_read(const struct ldpc *c, const struct ldpc_work *w, unsigned r, unsigned e, int16_t *out)
{
	const int16_t *parity = w->total + ldpc_info_bits(c);
	if (e < c->row_edges) {
		unsigned k = r * c->row_edges + e;
		const int16_t *b = w->total + c->col[k] * LDPC_Z;
		unsigned s = c->shift[k];
		memcpy(out, b + s, (LDPC_Z - s) * sizeof(*out));
		memcpy(out + LDPC_Z - s, b, s * sizeof(*out));
		return;
	}
	if (e == c->row_edges || r > 0) {
		unsigned row = e == c->row_edges ? r : r - 1;
		memcpy(out, parity + row * LDPC_Z, LDPC_Z * sizeof(*out));
		return;
	}
	out[0] = NO_EDGE;
	memcpy(out + 1, parity + (c->rows - 1) * LDPC_Z, (LDPC_Z - 1) * sizeof(*out));
}

static void
row_write(const struct ldpc *c, struct ldpc_work *w, unsigned r, unsigned e, const int16_t *in)
{
	int16_t *parity = w->total + ldpc_info_bits(c);
	if (e < c->row_edges) {
		unsigned k = r * c->row_edges + e;
		int16_t *b = w->total + c->col[k] * LDPC_Z;
		unsigned s = c->shift[k];
		memcpy(b + s, in, (LDPC_Z - s) * sizeof(*in));
		memcpy(b, in + LDPC_Z - s, s * sizeof(*in));
		return;
	}
	if (e == c->row_edges || r > 0) {
		unsigned row = e == c->row_edges ? r : r - 1;
		memcpy(parity + row * LDPC_Z, in, LDPC_Z * sizeof(*in));
		return;
	}
	memcpy(parity + (c->rows - 1) * LDPC_Z, in + 1, (LDPC_Z - 1) * sizeof(*in));
}

static inline int16_t
clamp16(int v, int limit)
{
	v = v > limit ? limit : v;
	return (int16_t)(v < -limit ? -limit : v);
}

/* Take the old message out of the total, and keep the two smallest of the row. */
static void
edge_collect(struct ldpc_work *w, unsigned e, const int16_t *restrict message)
{
	int16_t *restrict edge = w->edge[e];
	int16_t *restrict min1 = w->min1;
	int16_t *restrict min2 = w->min2;
	int16_t *restrict at = w->at;
	int16_t *restrict sign = w->sign;
	for (unsigned z = 0; z < LDPC_Z; z++) {
		int16_t v = (int16_t)(edge[z] - message[z]);
		int16_t m = (int16_t)(v < 0 ? -v : v);
		int16_t a = min1[z];
		int16_t b = min2[z];
		int16_t larger = m > a ? m : a;
		edge[z] = v;
		at[z] = m < a ? (int16_t)e : at[z];
		min1[z] = m < a ? m : a;
		min2[z] = larger < b ? larger : b;
		sign[z] ^= v;
	}
}

static void
row_start(struct ldpc_work *w)
{
	for (unsigned z = 0; z < LDPC_Z; z++) {
		w->min1[z] = MIN_START;
		w->min2[z] = MIN_START;
		w->sign[z] = 0;
		w->at[z] = -1;
	}
}

static inline int16_t
scaled(int16_t v, unsigned sixteenths)
{
	int m = v > MIN_MAX ? MIN_MAX : v;
	m = (m * (int)sixteenths + 8) >> 4;
	return (int16_t)(m > MESSAGE_MAX ? MESSAGE_MAX : m);
}

static void
row_scale(struct ldpc_work *w, unsigned sixteenths)
{
	for (unsigned z = 0; z < LDPC_Z; z++) {
		w->min1[z] = scaled(w->min1[z], sixteenths);
		w->min2[z] = scaled(w->min2[z], sixteenths);
	}
}

/* The new message, and the total with it. */
static void
edge_answer(struct ldpc_work *w, unsigned e, int16_t *restrict message)
{
	int16_t *restrict edge = w->edge[e];
	const int16_t *restrict at = w->at;
	for (unsigned z = 0; z < LDPC_Z; z++) {
		int16_t m = at[z] == (int16_t)e ? w->min2[z] : w->min1[z];
		int16_t s = (int16_t)((w->sign[z] ^ edge[z]) >> 15);
		int16_t n = (int16_t)((m ^ s) - s);
		message[z] = n;
		edge[z] = clamp16(edge[z] + n, TOTAL_MAX);
	}
}

static void
row_pass(const struct ldpc *c, struct ldpc_work *w, unsigned r)
{
	unsigned edges = c->row_edges + 2;
	block *message = w->message + r * edges;
	row_start(w);
	for (unsigned e = 0; e < edges; e++) {
		row_read(c, w, r, e, w->edge[e]);
		edge_collect(w, e, message[e]);
	}
	row_scale(w, c->scale);
	for (unsigned e = 0; e < edges; e++) {
		edge_answer(w, e, message[e]);
		row_write(c, w, r, e, w->edge[e]);
	}
}

/* Does every check of row @r hold for the signs of the totals? */
static bool
row_holds(const struct ldpc *c, struct ldpc_work *w, unsigned r)
{
	int16_t *sum = w->sign;
	memset(sum, 0, sizeof(w->sign));
	for (unsigned e = 0; e < c->row_edges + 2; e++) {
		row_read(c, w, r, e, w->edge[0]);
		for (unsigned z = 0; z < LDPC_Z; z++)
			sum[z] ^= w->edge[0][z];
	}
	int16_t any = 0;
	for (unsigned z = 0; z < LDPC_Z; z++)
		any |= sum[z];
	return any >= 0;
}

static bool
word_holds(const struct ldpc *c, struct ldpc_work *w)
{
	for (unsigned r = 0; r < c->rows; r++)
		if (!row_holds(c, w, r))
			return false;
	return true;
}

unsigned
ldpc_decode(const struct ldpc *c, const int16_t llr[static LDPC_N], struct ldpc_work *w,
    uint8_t *info, unsigned max_iterations)
{
	unsigned used = 0;
	memset(w->message, 0, sizeof(w->message));
	for (unsigned i = 0; i < LDPC_N; i++)
		w->total[i] = clamp16(llr[i], LDPC_LLR_MAX);
	for (unsigned it = 1; it <= max_iterations && !used; it++) {
		for (unsigned r = 0; r < c->rows; r++)
			row_pass(c, w, r);
		if (word_holds(c, w))
			used = it;
	}
	for (unsigned i = 0; i < ldpc_info_bits(c); i++)
		info[i] = w->total[i] < 0;
	return used;
}

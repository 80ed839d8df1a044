/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the page decoder does behind its transforms, on small pieces, so that
 * ten minutes try a hundred thousand of them (fuzz_backside reads whole pages):
 * marks and islands grown in a small picture of real or ruined tiles; islands
 * of any tiles put to their places; a code word with few iterations; and the
 * frame around the payload. The first byte says which.
 */
#include "backside/codeframe.h"
#include "backside/locate.h"
#include "base/bytes.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ARENA_BYTES = 64 << 20,
	SMALL_TILES = 7, /* along the small picture's side */
	MAX_SIDE = 400,
	MAX_STROKES = 40,
	FEW_ITERATIONS = 1,
	PAYLOAD_BYTES = 300,
	MAX_ISLANDS = 2,
	MAX_TILES = 300,
	SELDOM = 8, /* filling all of a page costs as much as the rest */
};

static void
must(bool right)
{
	if (!right)
		abort();
}

/* ---- tiles of a real page, in a picture ---- */

static const uint8_t *
a_page(void)
{
	static uint8_t modules[BACKSIDE_BYTES];
	static uint8_t payload[PAYLOAD_BYTES];
	struct err err = { 0 };
	if (modules[0] == 0 && modules[BACKSIDE_ROW_BYTES] == 0) {
		for (size_t i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)(i * 167);
		must(backside_encode(payload, sizeof(payload), modules, &err) == 0);
	}
	return modules;
}

struct small {
	uint8_t p[MAX_SIDE * MAX_SIDE];
	int side;
	float ax, ay; /* one tile */
};

/* A part of the page seen under any turn and size, then strokes over it. */
static void
small_paint(struct rd *r, struct small *s)
{
	const uint8_t *page = a_page();
	const float turn = (float)rd_u16(r) * (float)(2 * M_PI / 65536);
	const float px = 1 + (float)rd_u8(r) / 128; /* of a module */
	const float x0 = rd_u8(r) * 4, y0 = rd_u8(r) * 4;
	const bool mirrored = rd_u8(r) & 1;
	const uint8_t black = rd_u8(r), white = rd_u8(r);
	s->side = 24 + (int)(SMALL_TILES * BACKSIDE_TILE * px);
	s->side = s->side < MAX_SIDE ? s->side : MAX_SIDE;
	s->ax = BACKSIDE_TILE * px * cosf(turn);
	s->ay = BACKSIDE_TILE * px * sinf(turn);
	for (int y = 0; y < s->side; y++)
		for (int x = 0; x < s->side; x++) {
			float u = ((float)x * cosf(turn) + (float)y * sinf(turn)) / px + x0;
			float v = ((float)y * cosf(turn) - (float)x * sinf(turn)) / px + y0;
			int c = (int)(mirrored ? BACKSIDE_COLS - u : u), w = (int)v;
			bool in =
			    u >= 0 && v >= 0 && c >= 0 && c < BACKSIDE_COLS && w < BACKSIDE_ROWS;
			bool dark = in &&
			    (page[(size_t)w * BACKSIDE_ROW_BYTES + (size_t)c / 8] >> (7 - c % 8) &
				1);
			s->p[y * s->side + x] = dark ? black : white;
		}
	for (unsigned k = 0; k < MAX_STROKES && rd_left(r) >= 7; k++) {
		int x = rd_u16(r) % s->side, y = rd_u16(r) % s->side;
		int w = rd_u8(r), h = rd_u8(r);
		uint8_t grey = rd_u8(r);
		for (int j = y; j < y + h && j < s->side; j++)
			memset(s->p + j * s->side + x, grey,
			    (size_t)(x + w < s->side ? w : s->side - x));
	}
}

static void
grid_check(struct locate_work *w, struct locate_grid *g, bool fill)
{
	struct locate_pose p;
	unsigned found = 0;
	for (unsigned i = 0; i < TILEMAP_N_TILES; i++)
		found += g->score[i] > 0;
	must(found == g->found && g->rate < BACKSIDE_N_RATES);
	if (!fill || g->found == 0 || !locate_fill(w, g))
		return;
	for (unsigned i = 0; i < TILEMAP_N_TILES; i++)
		must(isfinite(g->x[i]) && isfinite(g->y[i]));
	if (locate_pose_of(g, &p))
		must(isfinite(p.ax) && isfinite(p.by));
}

/* Seeds, islands and their places in a small picture. */
static void
islands(struct rd *r)
{
	static struct small s;
	static struct grow_tile tiles[GROW_MAX_TILES];
	struct acquire_seed seeds[ACQUIRE_MAX_SEEDS];
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct locate_grid *g = arena_zero(a, sizeof(*g));
	struct locate_work *w = arena_zero(a, locate_work_bytes());
	struct grow_work *grow = arena_zero(a, grow_work_bytes());
	const unsigned how = rd_u8(r);
	const float stretch = 0.9f + (float)(how % 64) / 320;
	const bool fill = how / 64 == 3 && rd_left(r) % SELDOM == 0;
	small_paint(r, &s);
	const struct pixel_image m = { s.p, (size_t)s.side, s.side, s.side };
	const struct acquire_lattice l = { s.ax * stretch, s.ay * stretch };
	unsigned n = acquire_seeds(&m, &l, 1, 2, seeds);
	must(n <= ACQUIRE_MAX_SEEDS);
	locate_init(w, g);
	for (unsigned i = 0; i < n && i < MAX_ISLANDS; i++) {
		unsigned k = grow_island(grow, &m, &l, seeds[i].x, seeds[i].y, tiles);
		must(k <= GROW_MAX_TILES);
		(void)locate_island(w, tiles, k, g);
	}
	grid_check(w, g, fill);
}

/* Islands as no picture shows them: any places, positions and addresses. */
static void
any_tiles(struct rd *r)
{
	static struct grow_tile tiles[GROW_MAX_TILES];
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct locate_grid *g = arena_zero(a, sizeof(*g));
	struct locate_work *w = arena_zero(a, locate_work_bytes());
	const unsigned rate = rd_u8(r) % BACKSIDE_N_RATES;
	const unsigned flags = rd_u8(r);
	locate_init(w, g);
	for (unsigned island = 0; island < (flags & 4 ? 2 : 1); island++) {
		unsigned n = 0;
		unsigned cols = 1 + rd_u8(r) % 60, of = rd_u16(r) % MAX_TILES;
		int row0 = rd_u8(r) % 70 - 4, col0 = rd_u8(r) % 60 - 8;
		while (n < of) {
			int i = (int)(n % cols), j = (int)(n / cols) % (GROW_SIDE / 2);
			int c = col0 + i, y = row0 + j;
			bool in = c >= 0 && y >= 0 && c < BACKSIDE_NX && y < BACKSIDE_NY;
			uint8_t odd = rd_u8(r); /* 0 behind the end: as it should be */
			uint8_t bits = in
			    ? tilemap_address((unsigned)y, (unsigned)c, (enum backside_rate)rate)
			    : odd;
			tiles[n++] = (struct grow_tile){ .x = (float)c * 40 + (float)(odd % 8),
				.y = (float)y * 40 - (float)(odd / 32),
				.ax = 40,
				.by = 40,
				.score = odd & 64 ? 0.3f : 0.9f,
				.i = (int16_t)(flags & 1 ? -i : i),
				.j = (int16_t)j,
				.bits = (uint8_t)(odd & 128 ? bits ^ odd : bits) };
		}
		(void)locate_island(w, tiles, n, g);
		grid_check(w, g, false);
	}
	grid_check(w, g, flags % SELDOM == 2);
}

/* ---- code words ---- */

static const struct ldpc *
the_code(unsigned profile)
{
	static struct ldpc codes[LDPC_N_PROFILES];
	if (codes[profile].rows == 0)
		ldpc_init(&codes[profile], (enum ldpc_profile)profile);
	return &codes[profile];
}

/* A word with places made better, worse, void or wrong: what is found is a code word. */
static void
code_word(struct rd *r)
{
	static uint8_t info[LDPC_N];
	static uint16_t word[LDPC_N];
	static int16_t llr[LDPC_N];
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct ldpc_work *w = arena_zero(a, ldpc_work_bytes());
	const struct ldpc *c = the_code(rd_u8(r) % LDPC_N_PROFILES);
	const unsigned n = ldpc_info_bits(c);
	memset(word, 0, sizeof(word));
	for (unsigned i = 0, from = rd_u16(r); i < 64; i++)
		word[(from + i * 401) % n] = i & 1;
	ldpc_encode(c, word);
	for (unsigned i = 0; i < LDPC_N; i++)
		llr[i] = (int16_t)(word[i] ? -3 * LDPC_LLR_ONE : 3 * LDPC_LLR_ONE);
	while (rd_left(r) >= 6) {
		unsigned at = (unsigned)rd_u16(r) % LDPC_N, more = rd_u16(r);
		int16_t v = (int16_t)rd_u16(r);
		for (unsigned i = at; i < at + more && i < LDPC_N; i++)
			llr[i] = v;
	}
	if (ldpc_decode(c, llr, w, info, FEW_ITERATIONS) == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		must(info[i] <= 1);
}

/* ---- the frame ---- */

/* The bytes as bits, or a frame of them with bits turned over. */
static void
frame(struct rd *r)
{
	static uint8_t bits[8 * (CODEFRAME_HEAD_BYTES + BACKSIDE_PAYLOAD_MAX_BYTES + 64)];
	static uint8_t again[sizeof(bits)];
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	const enum backside_rate rate = (enum backside_rate)(rd_u8(r) % BACKSIDE_N_RATES);
	const struct codeframe_shape *shape = codeframe_shape_of(rate);
	const size_t n_bits = (size_t)ldpc_info_bits(the_code(shape->profile)) * shape->words;
	const unsigned flips = rd_u8(r);
	uint8_t *out = NULL;
	size_t bytes = 0;
	must(n_bits <= sizeof(bits));
	if (flips & 1) { /* raw */
		memset(bits, 0, sizeof(bits));
		size_t n = rd_left(r);
		const uint8_t *p = rd_bytes(r, n);
		for (size_t i = 0; i < 8 * n && i < n_bits; i++)
			bits[i] = p[i / 8] >> (7 - i % 8) & 1;
	} else {
		static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES];
		size_t n = 1 + (size_t)rd_u16(r) % shape->max_bytes;
		codeframe_format(rate, payload, n, bits, n_bits);
		while (rd_left(r) >= 3)
			bits[(rd_u16(r) * 5u + rd_u8(r)) % n_bits] ^= 1;
	}
	if (!codeframe_parse(rate, bits, n_bits, a, &out, &bytes))
		return;
	must(bytes > 0 && bytes <= shape->max_bytes && backside_rate_for(bytes) == (int)rate);
	codeframe_format(rate, out, bytes, again, n_bits);
	must(memcmp(bits, again, n_bits) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parts[])(struct rd * r) = { islands, any_tiles, code_word, frame };
	struct rd r = rd_init(data, size);
	parts[rd_u8(&r) % 4](&r);
	return 0;
}

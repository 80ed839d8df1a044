/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/locate.h"
#include "backside/solve.h"

#include <math.h>
#include <string.h>

enum {
	N_TURNS = 4,
	N_VIEWS = 2 * N_TURNS, /* the second four are seen in a mirror */
	SPAN = GROW_SIDE / 2,
	VOTE_COLS = BACKSIDE_NX + 2 * SPAN + 2,
	VOTE_ROWS = BACKSIDE_NY + 2 * SPAN + 2,
	MAX_VOTERS = 500, /* tiles of an island that vote */
	MIN_VOTES = 6,    /* chance gives at most four for a dozen tiles */
	VOTES_SHARE = 16, /* ... and one in so many for many tiles */
	MIN_TILES = 12,
	AROUND = 2, /* tiles on each side that are asked with one whether its place is right */
	NOT_SEEN = 255,
	OWN_WRONG_BITS = 2,
	FILL_MIN_NEIGHBOURS = 6,
	FILL_MAX_RADIUS = 13,
};

static const float VOTER_SCORE = 0.7f;
static const float OFF_MODULES = 1.2f;      /* a mark this far from its neighbours' guess ... */
static const float OFF_SURE_MODULES = 2.7f; /* ... or this, when it is very clear, is dropped */
static const float SURE_SCORE = 0.85f;
static const float WRONG_BITS = 2.4f;    /* of eight, on the average; chance gives four */
static const float SAME_TILE = 0.3f;     /* marks no further apart than this are one */
static const float SURE_BITS = 1.4f;     /* up to here a tile's own bits are not asked */
static const float OUTSIDE = -1000;      /* a position that no picture has */
static const float ISLAND_OFF_TILES = 4; /* pieces of one paper lie no further apart */

struct locate_work {
	uint16_t first[BACKSIDE_N_RATES][257];
	uint16_t tile[BACKSIDE_N_RATES][TILEMAP_N_TILES]; /* sorted by address */
	uint16_t votes[VOTE_ROWS][VOTE_COLS];
	float x[TILEMAP_N_TILES], y[TILEMAP_N_TILES], score[TILEMAP_N_TILES];
	uint8_t wrong[TILEMAP_N_TILES]; /* address bits of the island's tile there, or NOT_SEEN */
	int16_t place[GROW_MAX_TILES];  /* of each tile of the island, -1 for none */
};

/* How an island lies on the page. */
struct view {
	enum backside_rate rate;
	unsigned turn; /* 0..N_VIEWS-1 */
	int row, col;  /* of the island's seed */
	unsigned votes;
};

size_t
locate_work_bytes(void)
{
	return sizeof(struct locate_work);
}

static void
index_rate(struct locate_work *w, enum backside_rate rate)
{
	uint8_t address[TILEMAP_N_TILES];
	uint16_t next[256];
	memset(w->first[rate], 0, sizeof(w->first[rate]));
	for (unsigned id = 0; id < TILEMAP_N_TILES; id++) {
		address[id] = tilemap_address(id / BACKSIDE_NX, id % BACKSIDE_NX, rate);
		w->first[rate][address[id] + 1]++;
	}
	for (unsigned v = 0; v < 256; v++) {
		next[v] = w->first[rate][v];
		w->first[rate][v + 1] = (uint16_t)(w->first[rate][v + 1] + next[v]);
	}
	for (unsigned id = 0; id < TILEMAP_N_TILES; id++)
		w->tile[rate][next[address[id]]++] = (uint16_t)id;
}

void
locate_init(struct locate_work *w, struct locate_grid *g)
{
	for (int r = 0; r < BACKSIDE_N_RATES; r++)
		index_rate(w, (enum backside_rate)r);
	memset(g, 0, sizeof(*g));
}

/* The island's (i, j) and address as they read when the page is seen in view @turn. */
static void
view_turn(unsigned turn, int i, int j, uint8_t bits, int *ret_col, int *ret_row, uint8_t *ret_bits)
{
	unsigned b = bits;
	unsigned quarter = turn % N_TURNS;
	if (turn >= N_TURNS) { /* x -> -x: address module k comes from 4 - k */
		i = -i;
		b = 0;
		for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++)
			b |= (unsigned)(bits >> ((4 - k) & 7) & 1) << k;
	}
	const int col[N_TURNS] = { i, j, -i, -j };
	const int row[N_TURNS] = { j, -i, -j, i };
	*ret_col = col[quarter];
	*ret_row = row[quarter];
	*ret_bits = (uint8_t)(b >> (2 * quarter) | b << (8 - 2 * quarter));
}

static void
vote_tile(struct locate_work *w, enum backside_rate rate, unsigned turn, const struct grow_tile *t)
{
	int col, row;
	uint8_t bits;
	view_turn(turn, t->i, t->j, t->bits, &col, &row, &bits);
	for (unsigned k = w->first[rate][bits]; k < w->first[rate][bits + 1u]; k++) {
		int c = w->tile[rate][k] % BACKSIDE_NX - col + SPAN;
		int r = w->tile[rate][k] / BACKSIDE_NX - row + SPAN;
		w->votes[r][c]++;
	}
}

static void
vote_count(const struct locate_work *w, enum backside_rate rate, unsigned turn, struct view *best)
{
	for (int r = 0; r < VOTE_ROWS; r++)
		for (int c = 0; c < VOTE_COLS; c++)
			if (w->votes[r][c] > best->votes)
				*best = (struct view){ .rate = rate,
					.turn = turn,
					.row = r - SPAN,
					.col = c - SPAN,
					.votes = w->votes[r][c] };
}

/* Every tile votes, in each view, for the seeds' places that its address allows. */
static bool
view_find(struct locate_work *w, const struct grow_tile *t, unsigned n, const struct locate_grid *g,
    struct view *ret)
{
	unsigned step = n / MAX_VOTERS + 1;
	struct view best = { 0 };
	unsigned voters = 0;
	for (unsigned i = 0; i < n; i += step)
		voters += t[i].score >= VOTER_SCORE;
	for (int rate = 0; rate < BACKSIDE_N_RATES; rate++)
		for (unsigned turn = 0; turn < N_VIEWS; turn++) {
			if (g->found &&
			    ((enum backside_rate)rate != g->rate ||
				(turn >= N_TURNS) != g->mirrored))
				continue;
			memset(w->votes, 0, sizeof(w->votes));
			for (unsigned i = 0; i < n; i += step)
				if (t[i].score >= VOTER_SCORE)
					vote_tile(w, (enum backside_rate)rate, turn, &t[i]);
			vote_count(w, (enum backside_rate)rate, turn, &best);
		}
	*ret = best;
	return best.votes >= MIN_VOTES + voters / VOTES_SHARE;
}

/* The tile's number on the page, or -1 when it would stand outside. */
static int
view_place(const struct view *v, const struct grow_tile *t, uint8_t *ret_bits)
{
	int col, row;
	view_turn(v->turn, t->i, t->j, t->bits, &col, &row, ret_bits);
	col += v->col;
	row += v->row;
	if (col < 0 || row < 0 || col >= BACKSIDE_NX || row >= BACKSIDE_NY)
		return -1;
	return row * BACKSIDE_NX + col;
}

/* Near a tear right and wrong ones mix: there a tile's own address must be good, too. */
static bool
addresses_agree(const struct locate_work *w, int id)
{
	int col = id % BACKSIDE_NX, row = id / BACKSIDE_NX;
	unsigned wrong = 0, n = 0;
	for (int r = row - AROUND; r <= row + AROUND; r++)
		for (int c = col - AROUND; c <= col + AROUND; c++) {
			if (c < 0 || r < 0 || c >= BACKSIDE_NX || r >= BACKSIDE_NY ||
			    w->wrong[r * BACKSIDE_NX + c] == NOT_SEEN)
				continue;
			wrong += w->wrong[r * BACKSIDE_NX + c];
			n++;
		}
	if ((float)wrong <= SURE_BITS * (float)n)
		return true;
	return (float)wrong <= WRONG_BITS * (float)n && w->wrong[id] <= OWN_WRONG_BITS;
}

/*
 * A lattice grows over a tear, too, and goes on beside its place on the other piece: what
 * does not bear out its address is left to an island of its own. Returns what stays.
 */
static unsigned
island_place(struct locate_work *w, const struct view *v, const struct grow_tile *t, unsigned n)
{
	unsigned stay = 0;
	memset(w->wrong, NOT_SEEN, sizeof(w->wrong));
	for (unsigned i = 0; i < n; i++) {
		uint8_t bits;
		int id = view_place(v, &t[i], &bits);
		w->place[i] = (int16_t)id;
		if (id >= 0)
			w->wrong[id] = (uint8_t)__builtin_popcount(bits ^
			    tilemap_address(
				(unsigned)id / BACKSIDE_NX, (unsigned)id % BACKSIDE_NX, v->rate));
	}
	for (unsigned i = 0; i < n; i++) {
		if (w->place[i] >= 0 && !addresses_agree(w, w->place[i]))
			w->place[i] = -1;
		stay += w->place[i] >= 0;
	}
	return stay;
}

struct affine {
	double x[3];
	double y[3];
};

/* Adds one point to the normal equations of an affine map. */
static void
affine_add(double a[9], struct affine *b, double col, double row, double x, double y, double weight)
{
	const double f[3] = { 1, col, row };
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++)
			a[3 * i + k] += weight * f[i] * f[k];
		b->x[i] += weight * f[i] * x;
		b->y[i] += weight * f[i] * y;
	}
}

static bool
affine_solve(const double a[9], struct affine *b)
{
	double c[9];
	memcpy(c, a, sizeof(c));
	if (!solve_linear(c, b->x, 3))
		return false;
	memcpy(c, a, sizeof(c));
	return solve_linear(c, b->y, 3);
}

bool
locate_pose_of(const struct locate_grid *g, struct locate_pose *ret)
{
	double a[9] = { 0 };
	struct affine m = { 0 };
	for (unsigned id = 0; id < TILEMAP_N_TILES; id++)
		if (g->score[id] > 0)
			affine_add(a, &m, id % BACKSIDE_NX, id / BACKSIDE_NX, (double)g->x[id],
			    (double)g->y[id], 1);
	if (!affine_solve(a, &m))
		return false;
	*ret = (struct locate_pose){ m.x[0], m.y[0], m.x[1], m.y[1], m.x[2], m.y[2] };
	return true;
}

/* Would the island lie where the rest of the page is not too far from expecting it? */
static bool
island_fits(
    const struct locate_work *w, const struct locate_grid *g, const struct grow_tile *t, unsigned n)
{
	struct locate_pose p;
	unsigned on = 0;
	unsigned off = 0;
	if (g->found == 0)
		return true;
	if (!locate_pose_of(g, &p))
		return false;
	for (unsigned i = 0; i < n; i++) {
		int id = w->place[i];
		if (id < 0)
			continue;
		double c = id % BACKSIDE_NX, r = id / BACKSIDE_NX;
		double dx = p.x0 + p.ax * c + p.bx * r - (double)t[i].x;
		double dy = p.y0 + p.ay * c + p.by * r - (double)t[i].y;
		if (hypot(dx, dy) > (double)ISLAND_OFF_TILES * hypot(p.ax, p.ay))
			off++;
		else
			on++;
	}
	return on > off;
}

bool
locate_is_known(const struct locate_grid *g, float x, float y, float tile_px)
{
	for (unsigned id = 0; id < TILEMAP_N_TILES; id++)
		if (g->score[id] > 0 &&
		    (g->x[id] - x) * (g->x[id] - x) + (g->y[id] - y) * (g->y[id] - y) <
			tile_px * tile_px)
			return true;
	return false;
}

/* Leaves in @t what is not known yet, so that a piece grown into another speaks for itself. */
static unsigned
tiles_unknown(const struct locate_grid *g, struct grow_tile *t, unsigned n)
{
	unsigned left = 0;
	for (unsigned i = 0; i < n; i++)
		if (g->found == 0 ||
		    !locate_is_known(g, t[i].x, t[i].y, SAME_TILE * hypotf(t[i].ax, t[i].ay)))
			t[left++] = t[i];
	return left;
}

bool
locate_island(struct locate_work *w, struct grow_tile *t, unsigned n, struct locate_grid *g)
{
	struct view v;
	n = tiles_unknown(g, t, n);
	if (n < MIN_TILES || !view_find(w, t, n, g, &v) || island_place(w, &v, t, n) < MIN_TILES ||
	    !island_fits(w, g, t, n))
		return false;
	g->rate = v.rate;
	g->mirrored = v.turn >= N_TURNS;
	for (unsigned i = 0; i < n; i++) {
		int id = w->place[i];
		if (id < 0 || t[i].score <= g->score[id])
			continue;
		g->found += g->score[id] <= 0;
		g->x[id] = t[i].x;
		g->y[id] = t[i].y;
		g->score[id] = t[i].score;
	}
	return true;
}

/* The neighbours' guess for tile (col, row), from marks within @radius. */
static bool
neighbours_guess(const struct locate_grid *g, int col, int row, int radius, struct affine *ret)
{
	double a[9] = { 0 };
	struct affine m = { 0 };
	int n = 0;
	unsigned cols = 0, rows = 0; /* distinct ones, as bits */
	for (int v = -radius; v <= radius; v++)
		for (int u = -radius; u <= radius; u++) {
			int c = col + u, r = row + v;
			if (c < 0 || r < 0 || c >= BACKSIDE_NX || r >= BACKSIDE_NY || (!u && !v))
				continue;
			int id = r * BACKSIDE_NX + c;
			if (g->score[id] <= 0)
				continue;
			affine_add(a, &m, u, v, (double)g->x[id], (double)g->y[id],
			    1.0 / (1 + u * u + v * v));
			n++;
			cols |= 1u << (u + radius);
			rows |= 1u << (v + radius);
		}
	if (n < FILL_MIN_NEIGHBOURS || !(cols & (cols - 1)) || !(rows & (rows - 1)) ||
	    !affine_solve(a, &m))
		return false;
	*ret = m;
	return true;
}

static bool
mark_is_off(const struct locate_grid *g, int id)
{
	struct affine m;
	if (!neighbours_guess(g, id % BACKSIDE_NX, id / BACKSIDE_NX, 2, &m))
		return false;
	double module = hypot(m.x[1], m.y[1]) / BACKSIDE_TILE;
	double off = hypot((double)g->x[id] - m.x[0], (double)g->y[id] - m.y[0]);
	float limit = g->score[id] > SURE_SCORE ? OFF_SURE_MODULES : OFF_MODULES;
	return off > (double)limit * module;
}

static void
drop_outliers(struct locate_work *w, struct locate_grid *g)
{
	for (int id = 0; id < TILEMAP_N_TILES; id++)
		w->score[id] = g->score[id] > 0 && !mark_is_off(g, id) ? g->score[id] : 0;
	g->found = 0;
	for (int id = 0; id < TILEMAP_N_TILES; id++) {
		g->score[id] = w->score[id];
		g->found += g->score[id] > 0;
	}
}

static void
guess_missing(struct locate_work *w, const struct locate_grid *g, int id)
{
	struct affine m = { .x = { (double)OUTSIDE }, .y = { (double)OUTSIDE } };
	for (int radius = 2; radius <= FILL_MAX_RADIUS; radius += radius < 5 ? 1 : 4)
		if (neighbours_guess(g, id % BACKSIDE_NX, id / BACKSIDE_NX, radius, &m))
			break;
	w->x[id] = (float)m.x[0];
	w->y[id] = (float)m.y[0];
}

bool
locate_fill(struct locate_work *w, struct locate_grid *g)
{
	drop_outliers(w, g);
	if (g->found < MIN_TILES)
		return false;
	for (int id = 0; id < TILEMAP_N_TILES; id++)
		if (g->score[id] <= 0)
			guess_missing(w, g, id);
	for (int id = 0; id < TILEMAP_N_TILES; id++)
		if (g->score[id] <= 0) {
			g->x[id] = w->x[id];
			g->y[id] = w->y[id];
		}
	return true;
}

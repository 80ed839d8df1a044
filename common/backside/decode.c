/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/acquire.h"
#include "backside/code.h"
#include "backside/codeframe.h"
#include "backside/grow.h"
#include "backside/locate.h"
#include "backside/soft.h"

#include <math.h>
#include <string.h>

enum {
	WORK_MAX_BYTES = 400 << 20, /* above what the largest picture can need */
	COARSE_SIDE_PX = 2600,      /* the lattice is looked for in a picture this large */
	N_SCALES = 3,
	SEEDS_NX = 3, /* a first look, and one that misses no island */
	SEEDS_NY = 5,
	MORE_SEEDS_NX = 8,
	MORE_SEEDS_NY = 11,
	MAX_ISLANDS = 24,
	MUTE_ISLANDS = 2,
	IDLE_TILES = 3 * TILEMAP_N_TILES / 2, /* grown for little: no more islands then */
	IDLE_SHARE = 16,                      /* of its tiles must be new in an island */
	TILES_TELLING = 600, /* of an island whose addresses must say where it is */
	TILES_ENOUGH = TILEMAP_N_TILES * 9 / 10,
	TILES_FEW = TILEMAP_N_TILES * 8 / 10,
	MAX_ITERATIONS = 40,
	EDGE_TILES = 2,                       /* rows or columns of tiles that make an edge */
	ANOTHER_TILES = TILEMAP_N_TILES / 10, /* less of a second page nobody could read */
};

static const double ANOTHER_ROOM = 0.5; /* of a page, beside the first: else there is no other */
static const float WIPED_TILES = 1.2f;  /* around a mark: what is between two of them, and a rim */

static const float TILE_FIRST_PX = 72; /* of the likeliest lattice, */
static const float TILE_OTHER_PX = 50; /* and of the others */
static const float NEAR_TILES = 2.5f;
static const float SEED_CLEAR = 0.6f; /* a seed's score that overrules the likeliest lattice */
static const float SEED_SURE = 0.7f;  /* a seed's score that leaves no doubt of the lattice */
static const double MODULE_PX = 2.9;  /* the modules are read from a picture not finer than this */
static const double MODULES_PER_INCH = 25400.0 / BACKSIDE_MODULE_UM;

struct decoder {
	struct arena *work;
	struct pixel_image image; /* as given */
	struct pixel_image fine;  /* as read */
	int factor;               /* of the fine one */
	unsigned mute;            /* large islands of this lattice that say nothing */
	unsigned idle;            /* tiles of islands that brought nothing new */
	struct locate_work *locate;
	struct locate_grid grid;
	struct grow_work *grow;
	struct grow_tile *tiles;
};

/* What the second half needs. */
struct reader {
	struct ldpc code;
	struct ldpc_work *ldpc;
	struct soft_page *page;
	uint32_t *order;
	int16_t *llr; /* tile by tile */
	int16_t (*words)[LDPC_N];
	uint8_t *info;
};

static bool
image_is_legal(const struct backside_grey *g)
{
	return g->p != NULL && g->w_px >= BACKSIDE_IMAGE_MIN_SIDE_PX &&
	    g->h_px >= BACKSIDE_IMAGE_MIN_SIDE_PX && g->w_px <= BACKSIDE_IMAGE_MAX_SIDE_PX &&
	    g->h_px <= BACKSIDE_IMAGE_MAX_SIDE_PX && g->w_px * g->h_px <= BACKSIDE_IMAGE_MAX_PX &&
	    g->stride_bytes >= g->w_px;
}

/*
 * A large island whose addresses say nothing grew along a lattice that is not the page's (a
 * screen of hair lines shows one, too): after two of them the lattice is given up.
 */
static void
islands_from(struct decoder *d, const struct pixel_image *coarse, int factor,
    const struct acquire_lattice *l, unsigned nx, unsigned ny, unsigned *islands)
{
	struct acquire_seed seeds[ACQUIRE_MAX_SEEDS];
	unsigned n = acquire_seeds(coarse, l, nx, ny, seeds);
	float k = (float)factor / (float)d->factor;
	struct acquire_lattice fine = { l->ax * k, l->ay * k };
	float tile = hypotf(fine.ax, fine.ay);
	for (unsigned i = 0; i < n && d->grid.found < TILES_ENOUGH && d->mute < MUTE_ISLANDS; i++) {
		float x = seeds[i].x * k, y = seeds[i].y * k;
		if (locate_is_known(&d->grid, x, y, NEAR_TILES * tile)) /* was grown over */
			continue;
		if (++*islands > MAX_ISLANDS)
			return;
		unsigned m = grow_island(d->grow, &d->fine, &fine, x, y, d->tiles);
		unsigned before = d->grid.found;
		if (!locate_island(d->locate, d->tiles, m, &d->grid) && m >= TILES_TELLING &&
		    d->grid.found == 0)
			d->mute++;
		if ((d->grid.found - before) * IDLE_SHARE < m && (d->idle += m) > IDLE_TILES)
			return;
	}
}

/*
 * Of the lattices that may be the page's: the likeliest, unless the marks say clearly that it
 * is another. Larger tiles are left to a smaller picture: looking for them costs their square.
 */
static bool
find_lattice(struct decoder *d, const struct pixel_image *coarse, struct acquire_lattice *ret)
{
	struct acquire_lattice l[ACQUIRE_MAX_LATTICES];
	struct acquire_seed seeds[ACQUIRE_MAX_SEEDS];
	float best = 0;
	bool found = false;
	unsigned n = acquire_lattices(d->work, coarse, l);
	for (unsigned i = 0; i < n && best < SEED_SURE; i++) {
		if (hypotf(l[i].ax, l[i].ay) > (found ? TILE_OTHER_PX : TILE_FIRST_PX))
			continue;
		float score = acquire_seeds(coarse, &l[i], SEEDS_NX, SEEDS_NY, seeds) > 0
		    ? seeds[0].score
		    : 0;
		if (found && (score <= best || score < SEED_CLEAR))
			continue;
		best = score;
		*ret = l[i];
		found = true;
	}
	return found;
}

/* Look for the page with the lattice sought in a picture @factor times smaller. */
static bool
find_at(struct decoder *d, int factor)
{
	struct acquire_lattice l = { 0 };
	struct pixel_image coarse = pixel_reduce(d->work, &d->image, factor);
	unsigned islands = 0;
	if (!find_lattice(d, &coarse, &l))
		return false;
	double module = hypot((double)l.ax, (double)l.ay) * factor / BACKSIDE_TILE;
	d->factor = module > MODULE_PX ? (int)(module / MODULE_PX) : 1;
	d->fine = d->factor == factor ? coarse : pixel_reduce(d->work, &d->image, d->factor);
	islands_from(d, &coarse, factor, &l, SEEDS_NX, SEEDS_NY, &islands);
	if (d->grid.found < TILES_FEW && d->mute < MUTE_ISLANDS)
		islands_from(d, &coarse, factor, &l, MORE_SEEDS_NX, MORE_SEEDS_NY, &islands);
	return d->grid.found > 0 && locate_fill(d->locate, &d->grid);
}

static int
coarse_factor(const struct pixel_image *m)
{
	int side = m->w > m->h ? m->w : m->h;
	return (side + COARSE_SIDE_PX - 1) / COARSE_SIDE_PX;
}

static bool
find_page(struct decoder *d)
{
	int side = d->image.w > d->image.h ? d->image.w : d->image.h;
	int first = coarse_factor(&d->image);
	const int factors[N_SCALES] = { first, 2 * first, first / 2 };
	for (int i = 0; i < N_SCALES; i++) {
		if (factors[i] < 1 || side / factors[i] < BACKSIDE_IMAGE_MIN_SIDE_PX)
			continue;
		locate_init(d->locate, &d->grid);
		d->mute = 0;
		d->idle = 0;
		if (find_at(d, factors[i]))
			return true;
	}
	return false;
}

static unsigned
tiles_found_in(const struct locate_grid *g, int col, int row, int cols, int rows)
{
	unsigned n = 0;
	for (int r = row; r < row + rows; r++)
		for (int c = col; c < col + cols; c++)
			n += g->score[r * BACKSIDE_NX + c] > 0;
	return n;
}

/* An edge is missing when less than an eighth of its tiles was seen. */
static unsigned
missing_edges(const struct locate_grid *g)
{
	const unsigned wide = EDGE_TILES * BACKSIDE_NX / 8, high = EDGE_TILES * BACKSIDE_NY / 8;
	unsigned m = 0;
	if (tiles_found_in(g, 0, 0, BACKSIDE_NX, EDGE_TILES) < wide)
		m |= BACKSIDE_EDGE_TOP;
	if (tiles_found_in(g, 0, BACKSIDE_NY - EDGE_TILES, BACKSIDE_NX, EDGE_TILES) < wide)
		m |= BACKSIDE_EDGE_BOTTOM;
	if (tiles_found_in(g, 0, 0, EDGE_TILES, BACKSIDE_NY) < high)
		m |= BACKSIDE_EDGE_LEFT;
	if (tiles_found_in(g, BACKSIDE_NX - EDGE_TILES, 0, EDGE_TILES, BACKSIDE_NY) < high)
		m |= BACKSIDE_EDGE_RIGHT;
	return m;
}

static void
info_fill(const struct decoder *d, struct backside_info *info)
{
	struct locate_pose p;
	info->tiles_found = d->grid.found;
	info->rate = d->grid.rate;
	info->mirrored = d->grid.mirrored;
	info->missing_edges = missing_edges(&d->grid);
	if (!locate_pose_of(&d->grid, &p))
		return;
	double tile = (hypot(p.ax, p.ay) + hypot(p.bx, p.by)) / 2 * d->factor;
	info->dpi = tile / BACKSIDE_TILE * MODULES_PER_INCH;
	info->angle_deg = atan2(p.ay, p.ax) * 180 / M_PI;
}

static void
reader_init(struct reader *r, struct arena *work, enum backside_rate rate)
{
	const struct codeframe_shape *shape = codeframe_shape_of(rate);
	ldpc_init(&r->code, shape->profile);
	r->ldpc = arena_zero(work, ldpc_work_bytes());
	r->page = arena_zero(work, sizeof(*r->page));
	r->order = arena_zero_n(work, TILEMAP_N_DATA, sizeof(*r->order));
	r->llr = arena_zero_n(work, TILEMAP_N_DATA, sizeof(*r->llr));
	r->words = arena_zero_n(work, CODEFRAME_N_WORDS, sizeof(*r->words));
	r->info = arena_zero_n(work, CODEFRAME_N_WORDS, (size_t)ldpc_info_bits(&r->code));
	tilemap_permutation(r->order);
	soft_init(r->page, rate);
}

/* Undo order and whitening; bits that were sent twice add up. Positive: 0. */
static void
words_collect(struct reader *r, unsigned words)
{
	unsigned word = 0;
	unsigned bit = 0;
	uint32_t white = 0;
	memset(r->words, 0, CODEFRAME_N_WORDS * sizeof(*r->words));
	for (unsigned d = 0; d < TILEMAP_N_DATA; d++) {
		if (d % 32 == 0)
			white = tilemap_whitening(d / 32);
		int v = r->llr[r->order[d]];
		r->words[word][bit] =
		    (int16_t)(r->words[word][bit] + ((white >> d % 32 & 1) ? -v : v));
		if (++word < words)
			continue;
		word = 0;
		bit = bit + 1 < LDPC_N ? bit + 1 : 0;
	}
}

static bool
words_decode(struct reader *r, unsigned words, struct backside_info *info)
{
	info->iterations = 0;
	for (unsigned w = 0; w < words; w++) {
		unsigned n = ldpc_decode(&r->code, r->words[w], r->ldpc,
		    r->info + (size_t)w * ldpc_info_bits(&r->code), MAX_ITERATIONS);
		if (n == 0) {
			info->iterations = MAX_ITERATIONS;
			return false;
		}
		info->iterations = n > info->iterations ? n : info->iterations;
	}
	return true;
}

static int
page_read(struct decoder *d, struct arena *a, uint8_t **ret, size_t *ret_bytes,
    struct backside_info *info)
{
	const struct codeframe_shape *shape = codeframe_shape_of(d->grid.rate);
	struct reader r;
	reader_init(&r, d->work, d->grid.rate);
	size_t n_bits = (size_t)ldpc_info_bits(&r.code) * shape->words;
	for (unsigned round = 0; round < SOFT_MAX_ROUNDS; round++) {
		if (round > 0)
			soft_align(r.page, round - 1);
		soft_sample(r.page, &d->fine, &d->grid);
		soft_equalise(r.page);
		soft_llr(r.page, r.llr);
		words_collect(&r, shape->words);
		info->rounds = round + 1;
		if (!words_decode(&r, shape->words, info))
			continue;
		if (!codeframe_parse(d->grid.rate, r.info, n_bits, a, ret, ret_bytes))
			return BACKSIDE_E_DAMAGED;
		return 0;
	}
	return BACKSIDE_E_DAMAGED;
}

/* The picture, coarse, with paper where the page's tiles stand. */
static struct pixel_image
picture_without(struct decoder *d, const struct locate_pose *pose)
{
	const int factor = coarse_factor(&d->image);
	struct pixel_image m = pixel_reduce(d->work, &d->image, factor);
	const float k = (float)d->factor / (float)factor;
	const int half = 1 + (int)(WIPED_TILES * k * hypotf((float)pose->ax, (float)pose->ay));
	uint8_t *p = arena_zero_n(d->work, (size_t)m.w, (size_t)m.h);
	for (int y = 0; y < m.h; y++)
		memcpy(p + (size_t)y * (size_t)m.w, m.p + (size_t)y * m.stride, (size_t)m.w);
	for (unsigned id = 0; id < TILEMAP_N_TILES; id++) {
		int x = (int)(d->grid.x[id] * k), y = (int)(d->grid.y[id] * k);
		int from = x > half ? x - half : 0, to = x + half < m.w ? x + half : m.w;
		for (int v = y > half ? y - half : 0; v < y + half && v < m.h && from < to; v++)
			memset(
			    p + (size_t)v * (size_t)m.w + from, PIXEL_PAPER, (size_t)(to - from));
	}
	return (struct pixel_image){ p, (size_t)m.w, m.w, m.h };
}

/*
 * Is there a second page in what is left of the picture? Two backs laid on the glass would be
 * answered for one of them, and nobody could say which front belongs to it.
 */
static bool
another_page(struct decoder *d)
{
	struct locate_pose p;
	if (!locate_pose_of(&d->grid, &p))
		return false;
	double page = fabs(p.ax * p.by - p.ay * p.bx) * TILEMAP_N_TILES * d->factor * d->factor;
	if ((double)d->image.w * d->image.h < (1 + ANOTHER_ROOM) * page)
		return false;
	d->image = picture_without(d, &p);
	return find_page(d) && d->grid.found >= ANOTHER_TILES;
}

static int
page_find_and_read(struct decoder *d, struct arena *a, uint8_t **ret, size_t *ret_bytes,
    struct backside_info *info)
{
	d->locate = arena_zero(d->work, locate_work_bytes());
	d->grow = arena_zero(d->work, grow_work_bytes());
	d->tiles = arena_zero_n(d->work, GROW_MAX_TILES, sizeof(*d->tiles));
	if (!find_page(d))
		return BACKSIDE_E_NOT_FOUND;
	info_fill(d, info);
	if (d->grid.mirrored)
		return BACKSIDE_E_MIRRORED;
	int r = page_read(d, a, ret, ret_bytes, info);
	info->another = r == 0 && another_page(d);
	return r;
}

int
backside_decode(const struct backside_grey *img, struct arena *a, uint8_t **ret, size_t *ret_bytes,
    struct backside_info *info, struct err *err)
{
	*info = (struct backside_info){ .tiles_total = TILEMAP_N_TILES };
	if (!image_is_legal(img))
		return err_raise(err, FAULT_BAD_INPUT, "picture outside the limits", 0);
	AUTO(arena) struct arena *work = arena_new(WORK_MAX_BYTES);
	struct decoder *d = arena_zero(work, sizeof(*d));
	d->work = work;
	d->image =
	    (struct pixel_image){ img->p, img->stride_bytes, (int)img->w_px, (int)img->h_px };
	return page_find_and_read(d, a, ret, ret_bytes, info);
}

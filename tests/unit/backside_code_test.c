/* SPDX-License-Identifier: Apache-2.0 */
/* The page code through pictures without a printer's or a scanner's faults. */
#include "unit.h"

#include "backside/acquire.h"
#include "backside/code.h"
#include "backside/codeframe.h"
#include "backside/ldpc.h"
#include "backside/tilemap.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { WORK_BYTES = 1 << 20 };

struct look {
	double dpi;
	double angle_deg;
	bool mirrored;
	double cut_bottom_mm;
};

struct picture {
	struct backside_grey grey;
	uint8_t *p;
};

static void
fill_random(uint8_t *p, size_t bytes, uint32_t seed)
{
	for (size_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(seed >> 24);
	}
}

static int
module_is_black(const uint8_t *m, double x, double y)
{
	if (x < 0 || y < 0 || x >= BACKSIDE_COLS || y >= BACKSIDE_ROWS)
		return 0;
	int c = (int)x, r = (int)y;
	return m[r * BACKSIDE_ROW_BYTES + c / 8] >> (7 - c % 8) & 1;
}

struct view {
	double c, s, k; /* direction cosines; modules a pixel */
	bool mirrored;
};

/* A pixel's share of black, from four points. */
static uint8_t
pixel_of(const uint8_t *m, const struct view *v, double px, double py)
{
	int black = 0;
	for (int i = 0; i < 4; i++) {
		double dx = (px + (i % 2 + 0.5) / 2) * v->k, dy = (py + (i / 2 + 0.5) / 2) * v->k;
		dx = v->mirrored ? -dx : dx;
		black += module_is_black(m, v->c * dx + v->s * dy + BACKSIDE_COLS / 2.0,
		    -v->s * dx + v->c * dy + BACKSIDE_ROWS / 2.0);
	}
	return (uint8_t)(230 - 50 * black);
}

/* The page with a margin of some millimetres, cut at the picture's lower edge. */
static struct picture
picture_of(const uint8_t *modules, const struct look *l)
{
	double a = l->angle_deg * M_PI / 180;
	struct view v = { cos(a), sin(a), 25400.0 / BACKSIDE_MODULE_UM / l->dpi, l->mirrored };
	double mm = l->dpi / 25.4;
	double wide = (200 * fabs(v.c) + 270 * fabs(v.s)) * mm;
	double high = (200 * fabs(v.s) + 270 * fabs(v.c)) * mm;
	size_t w = (size_t)wide, h = (size_t)(high - l->cut_bottom_mm * mm);
	struct picture pic = { .p = mem_zero_n(w, h) };
	for (size_t y = 0; y < h; y++)
		for (size_t x = 0; x < w; x++)
			pic.p[y * w + x] =
			    pixel_of(modules, &v, (double)x - wide / 2, (double)y - high / 2);
	pic.grey = (struct backside_grey){ pic.p, w, h, w };
	return pic;
}

/* Encode @bytes of noise, look at it, decode; on 0 the result was exact. */
static int
through(size_t bytes, const struct look *l, struct backside_info *info)
{
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES];
	static uint8_t modules[BACKSIDE_BYTES];
	struct err err = { 0 };
	uint8_t *out = NULL;
	size_t out_bytes = 0;
	fill_random(payload, bytes, (uint32_t)bytes);
	assert_int_equal(backside_encode(payload, bytes, modules, &err), 0);
	struct picture pic = picture_of(modules, l);
	struct arena *a = arena_new(WORK_BYTES);
	int r = backside_decode(&pic.grey, a, &out, &out_bytes, info, &err);
	if (r == 0) {
		assert_int_equal(out_bytes, bytes);
		assert_memory_equal(out, payload, bytes);
	} else {
		assert_null(out);
	}
	arena_free(a);
	mem_free(pic.p);
	return r;
}

static void
every_rate_round_trips_at_its_limit_and_the_next_rate_takes_one_byte_more(void **state)
{
	static const struct look l = { .dpi = 150, .angle_deg = 2 };
	struct backside_info info;
	(void)state;
	for (int rate = 0; rate < BACKSIDE_N_RATES; rate++) {
		size_t max = backside_rate_max_bytes((enum backside_rate)rate);
		assert_int_equal(backside_rate_for(max), rate);
		assert_int_equal(
		    backside_rate_for(max + 1), rate + 1 < BACKSIDE_N_RATES ? rate + 1 : -1);
		assert_int_equal(through(max, &l, &info), 0);
		assert_int_equal(info.rate, rate);
		assert_int_equal(info.tiles_found, TILEMAP_N_TILES);
		assert_int_equal(info.missing_edges, 0);
		assert_int_equal(info.rounds, 1);
	}
}

static void
a_payload_of_nothing_or_too_much_is_refused(void **state)
{
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES + 1];
	static uint8_t modules[BACKSIDE_BYTES];
	struct err err = { 0 };
	(void)state;
	assert_int_equal(backside_encode(payload, 0, modules, &err), FAULT_BAD_INPUT);
	assert_int_equal(
	    backside_encode(payload, sizeof(payload), modules, &err), BACKSIDE_E_TOO_LARGE);
	assert_int_equal(backside_encode(payload, sizeof(payload) - 1, modules, &err), 0);
}

/* What @modules carry is the @bytes of fill_random(). */
static int
read_back(const uint8_t *modules, const uint8_t *payload, size_t bytes)
{
	AUTO(arena) struct arena *a = arena_new(WORK_BYTES);
	uint8_t *out = NULL;
	size_t n = 0;
	int r = backside_read(modules, a, &out, &n);
	if (r == 0) {
		assert_int_equal(n, bytes);
		assert_memory_equal(out, payload, bytes);
	}
	return r;
}

static void
what_was_painted_is_read_from_the_modules_themselves(void **state)
{
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES], modules[BACKSIDE_BYTES];
	(void)state;
	for (int rate = 0; rate < BACKSIDE_N_RATES; rate++) {
		size_t max = backside_rate_max_bytes((enum backside_rate)rate);
		const size_t t[] = { rate == 0 ? 1 : max - 1000, max };
		for (size_t i = 0; i < N_ELEMENTS(t); i++) {
			struct err err = { 0 };
			fill_random(payload, t[i], (uint32_t)t[i]);
			assert_int_equal(backside_encode(payload, t[i], modules, &err), 0);
			assert_int_equal(read_back(modules, payload, t[i]), 0);
		}
	}
}

/* Any one module turned: a mark's or an address's is no page's, one of the record is damage. */
static void
a_module_that_is_not_as_painted_is_seen(void **state)
{
	static uint8_t payload[BACKSIDE_MAX_BYTES_1_2], modules[BACKSIDE_BYTES];
	unsigned not_found = 0, damaged = 0, spare = 0;
	struct err err = { 0 };
	(void)state;
	fill_random(payload, sizeof(payload), 1);
	assert_int_equal(backside_encode(payload, sizeof(payload), modules, &err), 0);
	for (size_t i = 0; i < 2000; i++) {
		size_t at = i * 371 % ((size_t)BACKSIDE_BYTES * 8);
		modules[at / 8] ^= (uint8_t)(1U << at % 8);
		int r = read_back(modules, payload, sizeof(payload));
		modules[at / 8] ^= (uint8_t)(1U << at % 8);
		not_found += r == BACKSIDE_E_NOT_FOUND;
		damaged += r == BACKSIDE_E_DAMAGED;
		spare += r == 0; /* of the check bits, which a reader needs in worse light only */
	}
	assert_true(not_found > 2000 / 10 && damaged > 2000 / 3 && spare > 2000 / 3);
	assert_int_equal(not_found + damaged + spare, 2000);
	memset(modules, 0, sizeof(modules));
	assert_int_equal(read_back(modules, payload, sizeof(payload)), BACKSIDE_E_NOT_FOUND);
}

static void
any_angle_and_resolution_is_read_and_reported(void **state)
{
	static const struct look t[] = {
		{ .dpi = 300, .angle_deg = -4 },
		{ .dpi = 150, .angle_deg = 181 },
		{ .dpi = 150, .angle_deg = -89 },
		{ .dpi = 200, .angle_deg = 37 },
		{ .dpi = 600, .angle_deg = 3 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct backside_info info;
		assert_int_equal(through(i ? 20000 : 1, &t[i], &info), 0);
		assert_true(fabs(info.dpi - t[i].dpi) < 0.01 * t[i].dpi);
		assert_true(fabs(remainder(info.angle_deg - t[i].angle_deg, 360)) < 0.2);
	}
}

static void
a_mirrored_page_is_said_to_be_one(void **state)
{
	static const struct look l = { .dpi = 150, .angle_deg = 12, .mirrored = true };
	struct backside_info info;
	(void)state;
	assert_int_equal(through(20000, &l, &info), BACKSIDE_E_MIRRORED);
	assert_true(info.mirrored);
}

static void
a_page_cut_off_is_read_at_a_low_rate_and_its_missing_edge_named(void **state)
{
	static const struct look l = { .dpi = 150, .angle_deg = 1, .cut_bottom_mm = 150 };
	static const struct look upside = { .dpi = 150, .angle_deg = 180, .cut_bottom_mm = 150 };
	struct backside_info info;
	(void)state;
	assert_int_equal(through(20000, &l, &info), 0);
	assert_int_equal(info.missing_edges, BACKSIDE_EDGE_BOTTOM);
	assert_int_equal(through(20000, &upside, &info), 0);
	assert_int_equal(info.missing_edges, BACKSIDE_EDGE_TOP);
	assert_int_equal(through(40000, &l, &info), BACKSIDE_E_DAMAGED);
	assert_int_equal(info.missing_edges, BACKSIDE_EDGE_BOTTOM);
}

static void
pictures_without_a_page_are_not_found(void **state)
{
	enum { W = 800, H = 1100 };
	uint8_t *p = mem_zero(W * H);
	struct arena *a = arena_new(WORK_BYTES);
	struct backside_grey g = { p, W, H, W };
	struct backside_info info;
	struct err err = { 0 };
	uint8_t *out = NULL;
	size_t n = 0;
	(void)state;
	assert_int_equal(backside_decode(&g, a, &out, &n, &info, &err), BACKSIDE_E_NOT_FOUND);
	fill_random(p, W * H, 5);
	assert_int_equal(backside_decode(&g, a, &out, &n, &info, &err), BACKSIDE_E_NOT_FOUND);
	for (size_t i = 0; i < W * H; i++) /* a chequered one repeats, but has no address */
		p[i] = ((i % W / 12 + i / W / 12) & 1) ? 255 : 0;
	assert_int_equal(backside_decode(&g, a, &out, &n, &info, &err), BACKSIDE_E_NOT_FOUND);
	assert_int_equal(info.tiles_found, 0);
	arena_free(a);
	mem_free(p);
}

static void
pictures_outside_the_limits_are_refused(void **state)
{
	static const struct {
		size_t w, h, stride;
		int want;
	} t[] = {
		{ 0, 0, 0, FAULT_BAD_INPUT },
		{ BACKSIDE_IMAGE_MIN_SIDE_PX - 1, 100, 100, FAULT_BAD_INPUT },
		{ 100, BACKSIDE_IMAGE_MIN_SIDE_PX - 1, 100, FAULT_BAD_INPUT },
		{ BACKSIDE_IMAGE_MIN_SIDE_PX, BACKSIDE_IMAGE_MIN_SIDE_PX,
		    BACKSIDE_IMAGE_MIN_SIDE_PX, BACKSIDE_E_NOT_FOUND },
		{ BACKSIDE_IMAGE_MAX_SIDE_PX, 64, BACKSIDE_IMAGE_MAX_SIDE_PX,
		    BACKSIDE_E_NOT_FOUND },
		{ BACKSIDE_IMAGE_MAX_SIDE_PX + 1, 64, BACKSIDE_IMAGE_MAX_SIDE_PX + 1,
		    FAULT_BAD_INPUT },
		{ 64, BACKSIDE_IMAGE_MAX_SIDE_PX + 1, 64, FAULT_BAD_INPUT },
		{ 14001, 10000, 14001, FAULT_BAD_INPUT }, /* too many pixels in all */
		{ 100, 100, 99, FAULT_BAD_INPUT },
	};
	uint8_t *p = mem_zero(BACKSIDE_IMAGE_MAX_SIDE_PX * 64);
	struct arena *a = arena_new(WORK_BYTES);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct backside_grey g = { p, t[i].w, t[i].h, t[i].stride };
		struct backside_info info;
		struct err err = { 0 };
		uint8_t *out = NULL;
		size_t n = 0;
		assert_int_equal(backside_decode(&g, a, &out, &n, &info, &err), t[i].want);
		assert_null(out);
	}
	struct backside_grey none = { NULL, 100, 100, 100 };
	struct backside_info info;
	struct err err = { 0 };
	uint8_t *out = NULL;
	size_t n = 0;
	assert_int_equal(backside_decode(&none, a, &out, &n, &info, &err), FAULT_BAD_INPUT);
	arena_free(a);
	mem_free(p);
}

static void
the_permutation_names_every_data_module_once(void **state)
{
	uint32_t *order = mem_zero_n(TILEMAP_N_DATA, sizeof(*order));
	uint8_t *seen = mem_zero(TILEMAP_N_DATA);
	(void)state;
	tilemap_permutation(order);
	for (size_t i = 0; i < TILEMAP_N_DATA; i++) {
		assert_true(order[i] < TILEMAP_N_DATA);
		assert_int_equal(seen[order[i]]++, 0);
	}
	mem_free(order);
	mem_free(seen);
}

/* FNV-1a of what is painted: a change here breaks every paper that was printed. */
static void
the_format_stays_what_it_was(void **state)
{
	static const struct {
		size_t bytes;
		uint64_t want;
	} t[] = {
		{ 5000, 0xa4c26b3cb57096edu },
		{ 20000, 0x2955fbb80515e929u },
		{ 25000, 0xecd4c13cb52d37ffu },
		{ 32000, 0xbb67dd99293c9fcbu },
		{ 40000, 0x30dae09be11eaf30u },
	};
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES];
	static uint8_t modules[BACKSIDE_BYTES];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		uint64_t h = 0xcbf29ce484222325u;
		fill_random(payload, t[i].bytes, 42);
		assert_int_equal(backside_encode(payload, t[i].bytes, modules, &err), 0);
		for (size_t k = 0; k < BACKSIDE_BYTES; k++)
			h = (h ^ modules[k]) * 0x100000001b3u;
		assert_true(h == t[i].want);
	}
}

static void
a_code_word_survives_flipped_and_lost_bits(void **state)
{
	static uint8_t info[LDPC_MAX_INFO_COLS * LDPC_Z], got[LDPC_MAX_INFO_COLS * LDPC_Z];
	static uint16_t word[LDPC_N];
	static int16_t llr[LDPC_N];
	struct ldpc_work *w = mem_zero(ldpc_work_bytes());
	(void)state;
	for (int p = 0; p < LDPC_N_PROFILES; p++) {
		static const unsigned lost_percent[LDPC_N_PROFILES] = { 65, 57, 50, 40 };
		static struct ldpc c;
		uint32_t s = 9;
		ldpc_init(&c, (enum ldpc_profile)p);
		fill_random(info, ldpc_info_bits(&c), 3);
		for (unsigned i = 0; i < ldpc_info_bits(&c); i++)
			word[i] = info[i] &= 1;
		ldpc_encode(&c, word);
		for (unsigned i = 0; i < LDPC_N; i++) {
			s = s * 1664525u + 1013904223u;
			llr[i] = (int16_t)((s >> 16) % 100 < lost_percent[p] ? 0 : 80);
			llr[i] = (int16_t)(word[i] ? -llr[i] : llr[i]);
		}
		llr[7] = (int16_t)-llr[7];
		assert_true(ldpc_decode(&c, llr, w, got, 60) > 0);
		assert_memory_equal(got, info, ldpc_info_bits(&c));
		for (unsigned i = 0; i < LDPC_N; i += 2)
			llr[i] = (int16_t)-llr[i];
		assert_int_equal(ldpc_decode(&c, llr, w, got, 5), 0);
	}
	mem_free(w);
}

static void
a_frame_with_a_wrong_length_padding_or_check_is_refused(void **state)
{
	const enum backside_rate rate = BACKSIDE_RATE_1_8;
	enum { BITS = 5 * 45 * LDPC_Z, BYTES = 1000 };
	static const struct {
		size_t bit; /* to turn; SIZE_MAX: none */
		bool want;
	} t[] = {
		{ SIZE_MAX, true },
		{ 0, false },  /* a huge length */
		{ 31, false }, /* one more byte */
		{ 32, false }, /* the check */
		{ 95, false },
		{ 96, false }, /* the payload */
		{ 8 * (CODEFRAME_HEAD_BYTES + BYTES) - 1, false },
		{ 8 * (CODEFRAME_HEAD_BYTES + BYTES), false }, /* the padding */
		{ BITS - 1, false },
	};
	static uint8_t payload[BYTES], bits[BITS];
	struct arena *a = arena_new(WORK_BYTES);
	(void)state;
	fill_random(payload, BYTES, 1);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		uint8_t *out = NULL;
		size_t n = 0;
		codeframe_format(rate, payload, BYTES, bits, BITS);
		if (t[i].bit != SIZE_MAX)
			bits[t[i].bit] ^= 1;
		assert_int_equal(codeframe_parse(rate, bits, BITS, a, &out, &n), t[i].want);
	}
	memset(bits, 0, sizeof(bits)); /* nothing at all */
	uint8_t *out = NULL;
	size_t n = 0;
	assert_false(codeframe_parse(rate, bits, BITS, a, &out, &n));
	arena_free(a);
}

/* A form's ruled lines repeat, too: what is taken for a lattice must at least be one. */
static void
ruled_lines_never_make_a_lattice_out_of_bounds(void **state)
{
	enum { W = 700, H = 900, N_PAGES = 30 };
	(void)state;
	for (unsigned page = 1; page <= N_PAGES; page++) {
		AUTO(arena) struct arena *a = arena_new(64 << 20);
		uint8_t *p = arena_zero(a, (size_t)W * H);
		uint32_t seed = page * 2654435761u;
		unsigned pitch = 20 + (seed >> 8) % 60, line = 1 + (seed >> 16) % 3;
		for (unsigned y = 0; y < H; y++)
			for (unsigned x = 0; x < W; x++) {
				bool across = y % pitch < line;
				bool down = page % 2 && x % (3 * pitch) < line;
				p[(size_t)y * W + x] = across || down ? 0 : 255;
			}
		const struct pixel_image m = { .p = p, .stride = W, .w = W, .h = H };
		struct acquire_lattice l[ACQUIRE_MAX_LATTICES];
		unsigned n = acquire_lattices(a, &m, l);
		for (unsigned i = 0; i < n; i++) {
			assert_true(hypotf(l[i].ax, l[i].ay) >= ACQUIRE_MIN_TILE_PX);
			assert_true(hypotf(l[i].ax, l[i].ay) <= ACQUIRE_MAX_TILE_PX);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_rate_round_trips_at_its_limit_and_the_next_rate_takes_one_byte_more),
		cmocka_unit_test(a_payload_of_nothing_or_too_much_is_refused),
		cmocka_unit_test(ruled_lines_never_make_a_lattice_out_of_bounds),
		cmocka_unit_test(what_was_painted_is_read_from_the_modules_themselves),
		cmocka_unit_test(a_module_that_is_not_as_painted_is_seen),
		cmocka_unit_test(any_angle_and_resolution_is_read_and_reported),
		cmocka_unit_test(a_mirrored_page_is_said_to_be_one),
		cmocka_unit_test(a_page_cut_off_is_read_at_a_low_rate_and_its_missing_edge_named),
		cmocka_unit_test(pictures_without_a_page_are_not_found),
		cmocka_unit_test(pictures_outside_the_limits_are_refused),
		cmocka_unit_test(the_permutation_names_every_data_module_once),
		cmocka_unit_test(the_format_stays_what_it_was),
		cmocka_unit_test(a_code_word_survives_flipped_and_lost_bits),
		cmocka_unit_test(a_frame_with_a_wrong_length_padding_or_check_is_refused),
	};
	return cmocka_run_group_tests_name("backside-code", tests, NULL, NULL);
}

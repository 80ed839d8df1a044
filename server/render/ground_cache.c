/* SPDX-License-Identifier: Apache-2.0 */
#include "ground_cache.h"

#include "backside/ground.h"
#include "base/mem.h"

enum { LEVEL = 7 }; /* half a kilobyte less than at 6; higher ones take tens of milliseconds */

static int
tile_make(struct fontset_ground *g, int balance, struct err *err)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	uint8_t *tile = mem_zero(GROUND_BYTES);
	size_t room = c != NULL ? libdeflate_zlib_compress_bound(c, GROUND_BYTES) : 0;
	uint8_t *z = mem_raw(room);
	ground_tile(balance, tile);
	size_t n = c != NULL ? libdeflate_zlib_compress(c, tile, GROUND_BYTES, z, room) : 0;
	libdeflate_free_compressor(c);
	mem_free(tile);
	if (n > 0)
		*g = (struct fontset_ground){ mem_fitted(z, n), n };
	mem_free(z);
	return n > 0 ? 0 : err_raise(err, FAULT_INTERNAL, "ground", balance);
}

int
ground_cache_get(
    struct render_fonts *f, int balance, const uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	if (balance < -PROFILE_GROUND_MAX_BALANCE || balance > PROFILE_GROUND_MAX_BALANCE)
		return err_raise(err, FAULT_BAD_INPUT, "balance of the ground", balance);
	struct fontset_ground *g = &f->ground[balance + PROFILE_GROUND_MAX_BALANCE];
	int r = g->z == NULL ? tile_make(g, balance, err) : 0;
	if (r)
		return err_trace(err, r, "ground");
	*ret = g->z;
	*ret_bytes = g->bytes;
	return 0;
}

void
ground_cache_warm(struct render_fonts *f)
{
	struct err ignored = { 0 }; /* what cannot be made is a fault when it is asked for */
	const uint8_t *z = NULL;
	size_t bytes = 0;
	for (int i = -PROFILE_GROUND_MAX_BALANCE; i <= PROFILE_GROUND_MAX_BALANCE; i++)
		if (ground_cache_get(f, i, &z, &bytes, &ignored) != 0)
			return;
}

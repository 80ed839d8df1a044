/* SPDX-License-Identifier: Apache-2.0 */
#include "stencil_cache.h"

#include "base/mem.h"

#include <string.h>

static size_t
bits_bytes(unsigned w_px, unsigned h_px)
{
	return (size_t)((w_px + 7) / 8) * h_px;
}

static void
stencil_add(struct render_fonts *f, const struct profile *p)
{
	size_t bytes = bits_bytes(p->koin_width_px, p->koin_height_px);
	size_t room = libdeflate_zlib_compress_bound(f->deflate, bytes);
	uint8_t *z = mem_raw(room);
	size_t n = libdeflate_zlib_compress(f->deflate, p->koin_bits, bytes, z, room);
	if (n > 0) /* what cannot be made is a fault when it is asked for */
		f->stencils[f->n_stencils++] = (struct fontset_stencil){ .w_px = p->koin_width_px,
			.h_px = p->koin_height_px,
			.bits = mem_fitted(p->koin_bits, bytes),
			.z = mem_fitted(z, n),
			.bytes = n };
	mem_free(z);
}

void
stencil_cache_warm(struct render_fonts *f, const struct profile *profiles, unsigned n)
{
	if (f->stencils != NULL || n == 0)
		return;
	f->stencils = mem_zero_n(n, sizeof(*f->stencils));
	for (unsigned i = 0; i < n; i++)
		if (profiles[i].koin_bits != NULL && profiles[i].koin_width_px > 0 &&
		    profiles[i].koin_height_px > 0)
			stencil_add(f, &profiles[i]);
}

const uint8_t *
stencil_cache_find(const struct render_fonts *f, unsigned w_px, unsigned h_px, const uint8_t *bits,
    size_t *ret_bytes)
{
	for (unsigned i = 0; i < f->n_stencils; i++) {
		const struct fontset_stencil *s = &f->stencils[i];
		if (s->w_px != w_px || s->h_px != h_px ||
		    memcmp(s->bits, bits, bits_bytes(w_px, h_px)) != 0)
			continue;
		*ret_bytes = s->bytes;
		return s->z;
	}
	return NULL;
}

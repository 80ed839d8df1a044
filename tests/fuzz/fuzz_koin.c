/* SPDX-License-Identifier: Apache-2.0 */
/* A 公印 as it is uploaded: a refusal by name, or bits of a size that is printed, none behind a
 * row's end. */
#include "domain/imprint.h"
#include "server/issue/koin_png.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new((size_t)8 << 20);
	struct koin k = { 0 };
	int r = koin_png_read(a, data, size, &k);
	if (r != 0) {
		if (r < KOIN_E_FORMAT || r > KOIN_E_BLANK || k.bits != NULL)
			abort();
		return 0;
	}
	size_t row = (k.width_px + 7U) / 8;
	if (k.width_px < IMPRINT_KOIN_MIN_PX || k.width_px > IMPRINT_KOIN_MAX_PX ||
	    k.height_px < IMPRINT_KOIN_MIN_PX || k.height_px > IMPRINT_KOIN_MAX_PX)
		abort();
	for (unsigned y = 0; k.width_px % 8 != 0 && y < k.height_px; y++)
		if ((k.bits[row * y + row - 1] & (0xFF >> k.width_px % 8)) != 0)
			abort();
	return 0;
}

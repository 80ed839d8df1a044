/* SPDX-License-Identifier: Apache-2.0 */
/* An envelope's header, and codes as people type them. */
#include "backside/envelope.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A normalised code is its own normal form. */
static void
code_check(const uint8_t *data, size_t size)
{
	char first[ENVELOPE_MAX_FRONT_CODE_BYTES + 1], again[ENVELOPE_MAX_FRONT_CODE_BYTES + 1];
	char *text = mem_strndup((const char *)data, size);
	size_t n = envelope_code_normalise(text, first);
	if (n > 0 && (envelope_code_normalise(first, again) != n || strcmp(first, again) != 0))
		abort();
	mem_free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope_header h;
	uint8_t *whole = mem_zero(BACKSIDE_MAX_BYTES_1_8);
	code_check(data, size);
	if (envelope_peek(data, size, &h) == 0 && size < ENVELOPE_OVERHEAD_BYTES)
		abort();
	/* the same at a length that an envelope has */
	memcpy(whole, data, size < BACKSIDE_MAX_BYTES_1_8 ? size : BACKSIDE_MAX_BYTES_1_8);
	if (envelope_peek(whole, BACKSIDE_MAX_BYTES_1_8, &h) == 0 &&
	    (h.issued_at_ms < 0 || strlen(h.muni.s) != 6))
		abort();
	mem_free(whole);
	return 0;
}

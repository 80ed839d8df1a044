/* SPDX-License-Identifier: Apache-2.0 */
/* What transcript_parse() takes, transcript_format() writes back byte for byte. */
#include "wire/transcript.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transcript t;
	struct err err = { 0 };
	struct buf b;
	if (transcript_parse(data, size, &t, &err) != 0)
		return 0;
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	if (transcript_format(&t, &b, &err) != 0 || b.bytes != size || memcmp(b.p, data, size) != 0)
		abort();
	buf_done(&b);
	return 0;
}

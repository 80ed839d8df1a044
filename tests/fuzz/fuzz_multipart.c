/* SPDX-License-Identifier: Apache-2.0 */
/* An inquiry's form: first line the Content-Type, then the body. Parts lie inside the body. */
#include "center/inquiry/multipart.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
lies_inside(const void *p, size_t bytes, const uint8_t *body, size_t size)
{
	const uint8_t *q = p;
	if (bytes == 0 || q < body || (size_t)(q - body) > size ||
	    bytes > size - (size_t)(q - body))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct multipart m = { .n_files = 0 };
	struct err err = { 0 };
	char type[200];
	const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
	if (line == NULL || (size_t)(line - data) >= sizeof(type))
		return 0;
	memcpy(type, data, (size_t)(line - data));
	type[line - data] = '\0';
	const uint8_t *body = line + 1;
	size_t bytes = size - (size_t)(body - data);
	int r = multipart_parse(type, body, bytes, &m, &err);
	if (r != 0 && r != FAULT_BAD_INPUT)
		abort();
	if (m.n_files > MULTIPART_MAX_FILES || m.n_codes > MULTIPART_MAX_CODES)
		abort();
	for (unsigned i = 0; i < m.n_files; i++)
		lies_inside(m.file[i].p, m.file[i].bytes, body, bytes);
	for (unsigned i = 0; i < m.n_codes; i++) {
		lies_inside(m.code[i].p, m.code[i].bytes, body, bytes);
		if (m.code[i].bytes > MULTIPART_MAX_CODE_BYTES)
			abort();
	}
	return 0;
}

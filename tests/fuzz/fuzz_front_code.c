/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a front's QR, and a code as typed: 16 letters of the alphabet, or none. */
#include "center/inquiry/check.h"
#include "center/inquiry/qr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must_be_code(const char *code)
{
	if (strlen(code) != 16 || strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != 16)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[QR_MAX_TEXT + 1];
	char code[17];
	if (size > QR_MAX_TEXT)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	const char *found = qr_front_code(text);
	if (found != NULL) {
		must_be_code(found);
		/* What a QR carries can be typed too, and is then the same. */
		if (!check_code_normalise(found, code) || strcmp(code, found) != 0)
			abort();
	}
	if (check_code_normalise(text, code))
		must_be_code(code);
	return 0;
}

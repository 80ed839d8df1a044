/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multipart - multipart/form-data (RFC 7578) of an inquiry: parts named "file"
 * (binary) and "code" (text). Anything else is refused. Nothing is copied.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MULTIPART_MAX_FILES = 64, MULTIPART_MAX_CODES = 64, MULTIPART_MAX_CODE_BYTES = 64 };
struct multipart {
	struct {
		const uint8_t *p;
		size_t bytes;
	} file[MULTIPART_MAX_FILES];
	unsigned n_files;
	struct {
		const char *p; /* not NUL-terminated */
		size_t bytes;
		unsigned behind; /* files that stood before it */
	} code[MULTIPART_MAX_CODES];
	unsigned n_codes;
};
/* @type is the Content-Type header's value. Returns 0 or FAULT_BAD_INPUT. */
MUST_USE int multipart_parse(
    const char *type, const void *body, size_t bytes, struct multipart *ret, struct err *err);

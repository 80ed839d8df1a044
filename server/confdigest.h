/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confdigest - a configuration as one SHA-256, of what decides and of nothing that two nodes of one
 * municipality may have of their own: names, addresses, ports, paths, sizes of pools, secrets.
 * Files count by what stands in them. docs/PROTOCOL.md section 10 lists every member.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"

struct confdigest {
	struct buf text; /* "key=value" a line, in the order they were put */
};
/* @label: what it is of, and in which version. confdigest_end() is owed. */
void confdigest_begin(struct confdigest *d, const char *label);
void confdigest_text(struct confdigest *d, const char *key, const char *v);
void confdigest_int(struct confdigest *d, const char *key, int64_t v);
void confdigest_hash(struct confdigest *d, const char *key, const uint8_t v[32]);
/* 0 or FAULT_INTERNAL (too long). */
MUST_USE int confdigest_end(struct confdigest *d, uint8_t ret[32], struct err *err);

/* Each: 0 or FAULT_CONFIG. A JSON file whatever its spaces and the order of its members. */
MUST_USE int confdigest_json(const char *path, uint8_t ret[32], struct err *err);
MUST_USE int confdigest_file(const char *path, uint8_t ret[32], struct err *err);
/* The font stack by its fonts' own digests and uses, and the municipality's own characters. */
MUST_USE int confdigest_fonts(
    const char *manifest, struct muni_code muni, uint8_t ret[32], struct err *err);

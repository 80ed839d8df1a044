/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip - RFC 1952 in memory, one member, nothing behind it. The one place that
 * includes <libdeflate.h> for the wire.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/* Appends the packed bytes to @out. Returns 0 or FAULT_INTERNAL (over out's limit). */
MUST_USE int gzip_pack(const void *p, size_t bytes, struct buf *out, struct err *err);
/*
 * Appends the unpacked bytes to @out. Returns 0, or FAULT_BAD_INPUT: no gzip,
 * cut, altered, more than one member, or more than @out may hold.
 */
MUST_USE int gzip_unpack(const void *p, size_t bytes, struct buf *out, struct err *err);

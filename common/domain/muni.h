/* SPDX-License-Identifier: Apache-2.0 */
/* muni - 全国地方公共団体コード: five digits and a check digit. */
#pragma once
#include "base/attr.h"
#include "base/log.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Exactly six digits whose last is the check digit (weights 6,5,4,3,2;
 * (11 - sum mod 11) mod 10; 11 - sum where the sum is under 11).
 * Returns false for anything else; *ret is untouched then.
 */
MUST_USE bool muni_parse(const char *s, size_t bytes, struct muni_code *ret);
bool muni_equal(struct muni_code a, struct muni_code b);

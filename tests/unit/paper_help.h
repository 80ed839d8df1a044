/* SPDX-License-Identifier: Apache-2.0 */
/* paper_help - fictitious residents, a municipality and rendered papers for the server's tests. */
#pragma once
#include "base/arena.h"
#include "domain/profile.h"
#include "domain/resident.h"
#include "server/render/render.h"

#define PAPER_MUNI "991015"
#define PAPER_NUMBER "991015-20261121-K0001-000123"
#define PAPER_CODE "0123456789ABCDEF"
#define PAPER_ISSUED_MS 1795230000000 /* 2026-11-21 in Japan */

void paper_profile(struct arena *a, enum profile_form form, struct profile *ret);
/* 見本 太郎, and the @n-th of his household (0 is he). */
void paper_resident(struct arena *a, unsigned n, struct resident *ret);
void paper_seal(struct arena *a, struct seal_row *ret);
/* One font stack for the whole test program. */
struct render_fonts *paper_fonts(void);

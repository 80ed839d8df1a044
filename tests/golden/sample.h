/* SPDX-License-Identifier: Apache-2.0 */
/* sample - fictitious residents, a profile and a seal, for tests, samples and benchmarks. */
#pragma once
#include "server/render/render.h"

enum { SAMPLE_N_PERSONS = 6 };
/* The longest address and 方書 that items.def takes; names, former address and notes as long as
 * likely. */
extern const struct resident sample_long;

/* The household of 見本 太郎: six persons, the last a foreign resident. */
extern const struct resident sample_persons[SAMPLE_N_PERSONS];
/* A profile with a 公印 of its own drawing. @form: 世帯連記式 or 個人票. */
struct profile sample_profile(struct arena *a, enum profile_form form);
/*
 * A 所得・課税証明書 of 見本 太郎: a form that belongs to no kind, with the amounts as
 * texts. Put it on an input of kind 0 (sample_kazei()).
 */
struct render_input sample_kazei(struct arena *a);
/* A copy-evident ground as most printers need it. */
const struct profile_ground *sample_ground(struct arena *a);
/* A seal of @px pixels square. */
struct seal_row *sample_seal(struct arena *a, uint16_t px);
/*
 * An order for the first @n persons with all options.
 * The kind's other parts (seal, form) follow from @kind and @form.
 */
struct render_input sample_input(
    struct arena *a, enum doc_kind kind, enum profile_form form, unsigned n);
/* The front of a page at 300 dpi: RENDER_H rows of RENDER_ROW_BYTES, in @a. */
uint8_t *sample_raster(
    struct arena *a, struct render_fonts *f, const struct render_doc *d, unsigned page);

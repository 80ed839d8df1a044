/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal_parts - CPU time of one thread by what it is spent on. The product's own functions are
 * wrapped by the linker (meson.build): what one of them calls of the others is not its own.
 */
#pragma once
enum part {
	PART_REST, /* what no other part names: checks of texts, digests, memory */
	PART_REQUEST,
	PART_CARD,
	PART_READ,
	PART_REDRAW,
	PART_RASTER,
	PART_ENVELOPE,
	PART_TOKEN,
	PART_ANSWER,
	N_PARTS
};
extern const char *const part_names[N_PARTS];

/* Forgets what was measured, and begins. */
void parts_begin(void);
/* Milliseconds since parts_begin(), by part. */
void parts_end(double ret_ms[N_PARTS]);

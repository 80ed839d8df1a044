/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest - what pki/selftest.h tries of the machine, and beside it a node's own work: does its
 * renderer make the paper that it always made, and is it read back as such? Once at the start,
 * before the node announces itself; one that fails joins nothing (design section 5, I9).
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "domain/profile.h"
#include "pki/selftest.h"

struct selftest_parts {
	struct selftest_machine machine;
	/* A request of render_wire to its answer; NULL: neither renderer nor paper are tried. */
	int (*render)(void *arg, const struct buf *request, struct buf *out);
	void *render_arg;
	int (*read_paper)(struct arena *a, const uint8_t *pdf, size_t bytes, unsigned *ret_sides);
};
/* The real ones, without a renderer. */
void selftest_parts_real(struct selftest_parts *ret);
/* The bits 1 << check of those that failed; 0 = sound. @profile: of the city to print for. */
unsigned selftest_run(const struct selftest_parts *p, const struct profile *profile);

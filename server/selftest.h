/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest - does this machine still do what it is built on? Known answers of everything that
 * decides, once at the start, before the node announces itself; a node that fails joins nothing
 * and says why by a code (design section 5, I9). What is tried is handed in, so that each check
 * can be shown a broken piece.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "domain/profile.h"
#include <stdbool.h>
#include <stdint.h>

enum selftest_check {
	SELFTEST_CLOCK,     /* out of the years it may be, or standing still */
	SELFTEST_RANDOM,    /* the same twice, or no bits in it */
	SELFTEST_HASH,      /* SHA-256 of FIPS 180-4 */
	SELFTEST_CIPHER,    /* AES-256-GCM: a known box opens, an altered one does not */
	SELFTEST_SIGNATURE, /* ES256: a known one holds, for its text and no other */
	SELFTEST_CARD,      /* RSA-2048 as a card signs: the same */
	SELFTEST_RENDERER,  /* a fictitious resident, twice: the name comes out, the same picture
			       twice */
	SELFTEST_PAPER,     /* what the renderer made is read back */
	SELFTEST_N
};
/* A literal: "clock", "random", ... */
const char *selftest_code(enum selftest_check c);

struct selftest_parts {
	int64_t (*now_ms)(void);
	int64_t (*mono_ms)(void);
	void (*random)(void *p, size_t bytes);
	void (*hash)(const void *p, size_t bytes, uint8_t out[32]);
	int (*open)(const uint8_t key[32], const uint8_t nonce[12], const void *p, size_t bytes,
	    uint8_t *out);
	bool (*signature_holds)(const char *jws, const uint8_t point[65]);
	bool (*card_holds)(const uint8_t *der, size_t der_bytes, const uint8_t digest[32],
	    const uint8_t *signature, size_t bytes);
	/* A request of render_wire to its answer; NULL: neither renderer nor paper are tried. */
	int (*render)(void *arg, const struct buf *request, struct buf *out);
	void *render_arg;
	int (*read_paper)(struct arena *a, const uint8_t *pdf, size_t bytes, unsigned *ret_sides);
};
/* The real ones, without a renderer. */
void selftest_parts_real(struct selftest_parts *ret);
/* The bits 1 << check of those that failed; 0 = sound. @profile: of the city to print for. */
unsigned selftest_run(const struct selftest_parts *p, const struct profile *profile);

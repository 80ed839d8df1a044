/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest - does this machine still do what every program here is built on? Known answers, once
 * at the start, before anything is read or answered; a program that fails begins nothing and says
 * why by a code (design section 5, I9). What is tried is handed in, so that each check can be
 * shown a broken piece. server/selftest.h tries a node's renderer beside it.
 */
#pragma once
#include "base/attr.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum selftest_check {
	SELFTEST_CLOCK,     /* out of the years it may be, or standing still */
	SELFTEST_RANDOM,    /* the same twice, or no bits in it */
	SELFTEST_HASH,      /* SHA-256 of FIPS 180-4 */
	SELFTEST_CIPHER,    /* AES-256-GCM: a known box opens, an altered one does not */
	SELFTEST_SIGNATURE, /* ES256: a known one holds, for its text and no other */
	SELFTEST_CARD,      /* RSA-2048 as a card signs: the same */
	SELFTEST_MACHINE_N,
	SELFTEST_RENDERER = SELFTEST_MACHINE_N, /* a fictitious resident, twice: the name comes
						   out, the same picture twice */
	SELFTEST_PAPER,                         /* what the renderer made is read back */
	SELFTEST_N
};
/* A literal: "clock", "random", ... */
const char *selftest_code(enum selftest_check c);

struct selftest_machine {
	int64_t (*now_ms)(void);
	int64_t (*mono_ms)(void);
	void (*random)(void *p, size_t bytes);
	void (*hash)(const void *p, size_t bytes, uint8_t out[32]);
	int (*open)(const uint8_t key[32], const uint8_t nonce[12], const void *p, size_t bytes,
	    uint8_t *out);
	bool (*signature_holds)(const char *jws, const uint8_t point[65]);
	bool (*card_holds)(const uint8_t *der, size_t der_bytes, const uint8_t digest[32],
	    const uint8_t *signature, size_t bytes);
};
void selftest_machine_real(struct selftest_machine *ret);
/* The bits 1 << check of those that failed; 0 = sound. */
unsigned selftest_machine_run(const struct selftest_machine *m);
/* A line in the log for each bit. */
void selftest_log(unsigned failed);
/* The real ones, logged: 0, or FAULT_INTEGRITY with the bits as its detail. */
MUST_USE int selftest_start(struct err *err);

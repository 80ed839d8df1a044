/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/mutants/mutant.h"
#include "pki/cert.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

bool
mutant(const char *name)
{
	const char *now = getenv("KOFU_MUTANT");
	return now != NULL && strcmp(now, name) == 0;
}

/*
 * In every program: nobody looks whether the card signed. A program that did so at its start would
 * not start (pki/selftest.h): this one learns it afterwards.
 */
int __wrap_cert_verify_digest(const struct cert *c, const uint8_t digest[32], const void *sig,
    size_t sig_bytes, struct err *err);
int __real_cert_verify_digest(const struct cert *c, const uint8_t digest[32], const void *sig,
    size_t sig_bytes, struct err *err);
int
__wrap_cert_verify_digest(const struct cert *c, const uint8_t digest[32], const void *sig,
    size_t sig_bytes, struct err *err)
{
	enum { OF_SELF_TEST = 2 };
	static atomic_uint n;
	if (atomic_fetch_add(&n, 1) >= OF_SELF_TEST && mutant("card signature unchecked"))
		return 0;
	return __real_cert_verify_digest(c, digest, sig, sig_bytes, err);
}

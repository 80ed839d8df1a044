/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates from a card: what is parsed is one whole certificate, and checks end in an outcome.
 */
#include "base/mem.h"
#include "pki/cert_int.h"
#include "pki/hash.h"
#include "tests/fuzz/pki_seed.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cert_pins *
the_pins(void)
{
	static struct cert_pins pins;
	const uint8_t *p = seed_ca;
	if (pins.n == 0) {
		pins.ca[0] = d2i_X509(NULL, &p, sizeof(seed_ca));
		pins.policy = OBJ_txt2obj("1.2.392.200149.8.5.1.3.30", 1);
		pins.n = 1;
		if (pins.ca[0] == NULL || pins.policy == NULL)
			abort();
	}
	return &pins;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert *c = NULL;
	uint8_t hash[32], want[32], serial[CERT_MAX_SERIAL], issuer[32];
	if (cert_parse(data, size, &c, NULL) != 0)
		return 0;
	sha256(data, size, want);
	cert_hash(c, hash);
	if (memcmp(hash, want, sizeof(hash)) != 0 || cert_serial(c, serial) > CERT_MAX_SERIAL)
		abort();
	int r = cert_check(c, the_pins(), SEED_NOW_MS, issuer, NULL, NULL);
	/* Only the certificate of the seed was ever made by this CA for this use. */
	if (r == 0 && (size != sizeof(seed_leaf) || memcmp(data, seed_leaf, size) != 0))
		abort();
	(void)!cert_verify_digest(c, want, data, size < 256 ? size : 256, NULL);
	cert_free(c);
	return 0;
}

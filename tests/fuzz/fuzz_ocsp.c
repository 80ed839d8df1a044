/* SPDX-License-Identifier: Apache-2.0 */
/* Status answers: whatever comes, the outcome is one of the four. */
#include "pki/cert_int.h"
#include "tests/fuzz/pki_seed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cert_pins pins;
	static struct cert *leaf;
	static const uint8_t nonce[16];
	const uint8_t *p = seed_ca;
	if (leaf == NULL) {
		pins.ca[0] = d2i_X509(NULL, &p, sizeof(seed_ca));
		pins.n = 1;
		if (pins.ca[0] == NULL ||
		    cert_parse(seed_leaf, sizeof(seed_leaf), &leaf, NULL) != 0)
			abort();
	}
	int r = ocsp_read(data, size, leaf, &pins, nonce, SEED_NOW_MS, NULL);
	if (r != 0 && r != CERT_E_REVOKED && r != CERT_E_ON_HOLD && r != CERT_E_STATUS_UNKNOWN)
		abort();
	/* A day later none of them says anything. */
	if (ocsp_read(data, size, leaf, &pins, nonce, SEED_NOW_MS + 86400000, NULL) !=
	    CERT_E_STATUS_UNKNOWN)
		abort();
	return 0;
}

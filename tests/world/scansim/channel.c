/* SPDX-License-Identifier: Apache-2.0 */
#include "channel.h"
#include "field.h"

#include <math.h>
#include <string.h>

enum {
	WORDS = 10, /* as many as a page has */
	ITERATIONS = 40,
};

/* Bits a value that +-1 in Gaussian noise can carry: the mean of what each value says. */
static double
capacity(double sigma)
{
	double sum = 0, weight = 0;
	for (double t = -8; t <= 8; t += 0.01) {
		double w = exp(-t * t / 2), l = 2 * (1 + sigma * t) / (sigma * sigma);
		sum += w * (l > -30 ? log2(1 + exp(-l)) : -l * M_LOG2E);
		weight += w;
	}
	return 1 - sum / weight;
}

static double
sigma_of(double wanted)
{
	double low = 0.1, high = 10;
	for (int i = 0; i < 60; i++) {
		double m = (low + high) / 2;
		if (capacity(m) > wanted)
			low = m;
		else
			high = m;
	}
	return low;
}

bool
channel_words_pass(const struct ldpc *c, struct ldpc_work *w, double carries, uint64_t seed)
{
	static uint8_t info[LDPC_MAX_INFO_COLS * LDPC_Z], got[LDPC_MAX_INFO_COLS * LDPC_Z];
	static uint16_t word[LDPC_N];
	static int16_t llr[LDPC_N];
	double sigma = sigma_of(carries);
	struct dice d = { seed };
	for (int k = 0; k < WORDS; k++) {
		for (unsigned i = 0; i < ldpc_info_bits(c); i++)
			word[i] = info[i] = dice_next(&d) & 1;
		ldpc_encode(c, word);
		for (unsigned i = 0; i < LDPC_N; i++) {
			double y = (word[i] ? -1 : 1) + sigma * dice_normal(&d);
			double l = 2 * y / (sigma * sigma) * LDPC_LLR_ONE;
			llr[i] = (int16_t)lrint(fmin(LDPC_LLR_MAX, fmax(-LDPC_LLR_MAX, l)));
		}
		if (ldpc_decode(c, llr, w, got, ITERATIONS) == 0 ||
		    memcmp(got, info, ldpc_info_bits(c)) != 0)
			return false;
	}
	return true;
}

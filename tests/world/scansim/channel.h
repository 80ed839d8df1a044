/* SPDX-License-Identifier: Apache-2.0 */
/* channel - code words over Gaussian noise: how far they are from what it can carry. */
#pragma once
#include "backside/ldpc.h"
#include <stdbool.h>

/*
 * Are all words of a page read, exactly, over a channel that can carry so many bits a value?
 * The same seed gives the same noise.
 */
bool channel_words_pass(const struct ldpc *c, struct ldpc_work *w, double carries, uint64_t seed);

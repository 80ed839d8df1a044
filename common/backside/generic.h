/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generic - a page pixel by pixel: the generic region of ITU-T T.88 (JBIG2),
 * template 0 with its nominal pixels, typical prediction. Sizes were checked
 * by the caller (backside/bilevel.h).
 */
#pragma once
#include "backside/bilevel.h"
#include "backside/mq.h"

void generic_encode(struct mq_encoder *e, const struct bilevel *img);
/* Writes the rows to @p, which is img->p and all white. */
void generic_decode(struct mq_decoder *d, const struct bilevel *img, uint8_t *p);

/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg - what a baseline JPEG of a given quality leaves of a grey picture. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* In place; @quality 1..100 as libjpeg counts it. */
void jpeg_degrade(uint8_t *p, size_t w, size_t h, unsigned quality);

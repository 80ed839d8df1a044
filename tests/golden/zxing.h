/* SPDX-License-Identifier: Apache-2.0 */
/* zxing - a second opinion on QR codes, by a library that no product program uses. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
/* The QR code in a grey picture, as text with a NUL; false when there is none or no room. */
bool zxing_read(const unsigned char *p, unsigned w, unsigned h, char *out, size_t room);
#ifdef __cplusplus
}
#endif

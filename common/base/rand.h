/* SPDX-License-Identifier: Apache-2.0 */
/* rand - random bytes from the kernel. Deciding code gets them handed in. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *p, size_t bytes); /* getrandom(2); ends the process if it fails */
uint64_t rand_u64(void);

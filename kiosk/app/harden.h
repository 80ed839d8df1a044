/* SPDX-License-Identifier: Apache-2.0 */
/* harden - what a process that sees PINs and certificates does before anything else. */
#pragma once

/* No core dumps, no debugger of the same user. (wire/js wipes JSON values by itself.) */
void harden_process(void);

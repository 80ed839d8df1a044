/* SPDX-License-Identifier: Apache-2.0 */
/* harden - what a process that sees PINs and certificates does before anything else. */
#pragma once

/*
 * No core dumps, no debugger of the same user, and JSON values (a household's
 * names pass through them) wiped when they are freed. Call before any JSON.
 */
void harden_process(void);

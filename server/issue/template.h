/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template - the inside of kofu-warm (warm.h): a program of its own, so that what is copied for
 * each order is fonts and the libraries that draw, and nothing of the server's: no keys, no
 * connections, none of its other libraries.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "server/issue/warm.h"

/* The descriptors that it is started with: orders come on one, the other says for whom it draws. */
enum { TEMPLATE_CONTROL_FD = 3, TEMPLATE_TOLD_FD = 4, TEMPLATE_FD_END = 5 };
enum { WARM_WIRE_MAX_BYTES = 64 << 20 };

/* What goes with an order's descriptor. */
struct warm_ask {
	int32_t timeout_ms;
};

/* What @c says and all that the profiles print, with the build that says it; not where the program
 * is. Fails @out past its limit. */
void warm_conf_encode(const struct warm_conf *c, struct buf *out);
/*
 * In @a. Forms are made anew from their texts. Returns 0, FAULT_CONFIG (another build's, or a
 * form that its profile may not have) or FAULT_BAD_INPUT.
 */
MUST_USE int warm_conf_decode(
    struct arena *a, const void *p, size_t bytes, struct warm_conf *ret, struct err *err);

/* Opens the fonts, says on @control how that went, and serves until it closes. */
_Noreturn void template_run(int control, const struct warm_conf *c);

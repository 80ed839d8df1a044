/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/counts.h"
#include "base/err.h"
#include "center/router/outcome.h"

/* Places: the outcomes in their order, then these faults, then every other. */
static const struct {
	int fault;
	const char *code;
} faults[] = { { FAULT_BAD_INPUT, "bad-input" }, { FAULT_INTEGRITY, "integrity" },
	{ FAULT_UNAVAILABLE, "unavailable" }, { FAULT_TIMEOUT, "timeout" } };
enum {
	COUNTS_OUTCOMES = ROUTER_E_TIMEOUT - ROUTER_E_NONCE_UNKNOWN + 1,
	COUNTS_INTERNAL = COUNTS_OUTCOMES + 4
};
_Static_assert((int)COUNTS_INTERNAL < (int)COUNTS_N_REASONS, "a place for each reason");

void
counts_add(struct counts *c, int r)
{
	unsigned at = COUNTS_INTERNAL;
	if (r == 0) {
		(void)atomic_fetch_add(&c->answered, 1);
		return;
	}
	if (r >= ROUTER_E_NONCE_UNKNOWN && r <= ROUTER_E_TIMEOUT)
		at = (unsigned)(r - ROUTER_E_NONCE_UNKNOWN);
	for (unsigned i = 0; i < N_ELEMENTS(faults); i++)
		if (r == faults[i].fault)
			at = COUNTS_OUTCOMES + i;
	(void)atomic_fetch_add(&c->refused[at], 1);
}

const char *
counts_reason(unsigned at)
{
	for (const struct http_outcome *o = router_outcomes; o->outcome != 0; o++)
		if (o->outcome == ROUTER_E_NONCE_UNKNOWN + (int)at)
			return o->code;
	if (at >= COUNTS_OUTCOMES && at < COUNTS_INTERNAL)
		return faults[at - COUNTS_OUTCOMES].code;
	return at == COUNTS_INTERNAL ? "internal" : NULL;
}

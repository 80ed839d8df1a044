/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/outcome.h"

#include <string.h>

const struct http_outcome router_outcomes[] = {
	{ ROUTER_E_NONCE_UNKNOWN, 403, "nonce-unknown" },
	{ ROUTER_E_CARD_NOT_VALID, 403, "card-not-valid" },
	{ ROUTER_E_CARD_EXPIRED, 403, "card-expired" },
	{ ROUTER_E_CARD_REVOKED, 403, "card-revoked" },
	{ ROUTER_E_CARD_ON_HOLD, 403, "card-on-hold" },
	{ ROUTER_E_CARD_STATUS_UNKNOWN, 503, "card-status-unknown" },
	{ ROUTER_E_NOT_REGISTERED, 404, "not-registered" },
	{ ROUTER_E_CLOSED_HOURS, 403, "closed-hours" },
	{ ROUTER_E_STOPPED, 503, "municipality-stopped" },
	{ ROUTER_E_REPLICA_STALE, 503, "replica-stale" },
	{ ROUTER_E_BUSY, 503, "busy" },
	{ ROUTER_E_SESSION_EXPIRED, 403, "session-expired" },
	{ ROUTER_E_ORDER_MISMATCH, 409, "order-mismatch" },
	{ ROUTER_E_ORDER_GONE, 410, "order-gone" },
	{ ROUTER_E_NOT_AVAILABLE, 403, "not-available" },
	{ ROUTER_E_FEE_CHANGED, 409, "fee-changed" },
	{ ROUTER_E_NOT_OFFERED, 403, "not-offered" },
	{ ROUTER_E_CANNOT_PRINT, 422, "cannot-be-printed" },
	{ ROUTER_E_RELEASE_REFUSED, 403, "release-refused" },
	{ ROUTER_E_RELEASE_SPENT, 409, "release-spent" },
	{ ROUTER_E_KIOSK_UNKNOWN, 403, "kiosk-unknown" },
	{ ROUTER_E_NO_SUCH_MUNI, 404, "not-found" },
	{ ROUTER_E_TIMEOUT, 504, "timeout" },
	{ 0 },
};

int
router_outcome_of(const char *code)
{
	/* What only the center itself decides is no answer of a server. */
	static const int own[] = { ROUTER_E_NONCE_UNKNOWN, ROUTER_E_CARD_STATUS_UNKNOWN,
		ROUTER_E_KIOSK_UNKNOWN, ROUTER_E_NO_SUCH_MUNI };
	for (const struct http_outcome *o = router_outcomes; o->outcome != 0; o++) {
		if (strcmp(o->code, code) != 0)
			continue;
		for (size_t i = 0; i < N_ELEMENTS(own); i++)
			if (o->outcome == own[i])
				return 0;
		return o->outcome;
	}
	return 0;
}

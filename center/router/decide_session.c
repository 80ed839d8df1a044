/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/decide_session.h"
#include "center/router/outcome.h"
#include "base/mem.h"
#include "pki/hash.h"

#include <string.h>

void
session_done(struct session_case *c)
{
	cert_free(TAKE(c->cert));
	c->wants = SESSION_OVER;
}

/* Every way out but the last step ends the case. */
static int
session_end(struct session_case *c, int r)
{
	if (r != 0)
		c->wants = SESSION_OVER;
	return r;
}

int
session_begin(struct session_case *c, const struct session_given *given, struct err *err)
{
	*c = (struct session_case){ .given = *given };
	int r = transcript_parse(given->transcript.p, given->transcript.bytes, &c->t, err);
	if (r)
		return err_trace(err, r, "session");
	sha256(given->transcript.p, given->transcript.bytes, c->th);
	c->wants = SESSION_WANTS_NONCE;
	return 0;
}

/* Given to this very kiosk, not long ago, and the transcript was made since. */
static int
session_nonce(const struct session_case *c, const struct session_nonce *n, int64_t now_ms)
{
	if (!n->burnt || strcmp(n->kiosk, c->given.kiosk) != 0 ||
	    now_ms - n->made_ms > SESSION_NONCE_TTL_MS ||
	    n->made_ms - now_ms > SESSION_CLOCK_AHEAD_MS)
		return ROUTER_E_NONCE_UNKNOWN;
	if (c->t.at_ms < n->made_ms - SESSION_CLOCK_AHEAD_MS ||
	    c->t.at_ms > now_ms + SESSION_CLOCK_AHEAD_MS)
		return ROUTER_E_SESSION_EXPIRED;
	return 0;
}

static int
session_cert_outcome(int r)
{
	switch (r) {
	case CERT_E_EXPIRED:
		return ROUTER_E_CARD_EXPIRED;
	case CERT_E_UNKNOWN_ISSUER:
	case CERT_E_WRONG_PROFILE:
	case CERT_E_NOT_YET:
	case CERT_E_BAD_SIGNATURE:
		return ROUTER_E_CARD_NOT_VALID;
	default:
		return r;
	}
}

/* Certificate hash, chain by key, profile, validity, signature: PROTOCOL section 2, item 3. */
static int
session_card(struct session_case *c, int64_t now_ms, struct err *err)
{
	const struct session_given *g = &c->given;
	uint8_t hash[32];
	sha256(g->certificate.p, g->certificate.bytes, hash);
	if (!mem_equal(hash, c->t.cert_hash, sizeof(hash)) ||
	    cert_parse(g->certificate.p, g->certificate.bytes, &c->cert, err) != 0)
		return ROUTER_E_CARD_NOT_VALID;
	int r = cert_check(c->cert, g->pins, now_ms, c->issuer, NULL, err);
	if (r == 0)
		r = cert_verify_digest(c->cert, c->th, g->signature.p, g->signature.bytes, err);
	if (r)
		return err_trace(err, session_cert_outcome(r), "session");
	c->serial_bytes = cert_serial(c->cert, c->serial);
	return 0;
}

int
session_on_nonce(
    struct session_case *c, const struct session_nonce *n, int64_t now_ms, struct err *err)
{
	if (c->wants != SESSION_WANTS_NONCE)
		return err_raise(err, FAULT_INTERNAL, "nonce out of turn", c->wants);
	int r = session_nonce(c, n, now_ms);
	/* A transcript for another place is no card's fault but somebody's game. */
	if (r == 0 &&
	    (strcmp(c->t.center, c->given.center) != 0 || strcmp(c->t.kiosk, c->given.kiosk) != 0))
		r = err_raise(err, FAULT_INTEGRITY, "transcript of another center or kiosk", 0);
	if (r == 0)
		r = session_card(c, now_ms, err);
	if (r)
		return session_end(c, r);
	c->wants = SESSION_WANTS_STATUS;
	return 0;
}

int
session_on_status(struct session_case *c, int status, struct err *err)
{
	if (c->wants != SESSION_WANTS_STATUS)
		return err_raise(err, FAULT_INTERNAL, "status out of turn", c->wants);
	if (status == 0) {
		c->wants = SESSION_WANTS_HOLDERS;
		return 0;
	}
	if (status == CERT_E_REVOKED)
		return session_end(c, ROUTER_E_CARD_REVOKED);
	if (status == CERT_E_ON_HOLD)
		return session_end(c, ROUTER_E_CARD_ON_HOLD);
	/* Only good passes: no answer is no certificate. */
	return session_end(c, ROUTER_E_CARD_STATUS_UNKNOWN);
}

int
session_on_holders(
    struct session_case *c, const struct session_holder *h, size_t n, struct err *err)
{
	if (c->wants != SESSION_WANTS_HOLDERS)
		return err_raise(err, FAULT_INTERNAL, "holders out of turn", c->wants);
	if (n != 1 || !h[0].served)
		return session_end(c, ROUTER_E_NOT_REGISTERED);
	if (h[0].stopped)
		return session_end(c, ROUTER_E_STOPPED);
	c->muni = h[0].muni;
	c->wants = SESSION_WANTS_OFFER;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* flow_in - what the files of kiosk/flow share of one session; not for others. */
#pragma once
#include "kiosk/flow/flow.h"
#include "pki/key.h"
#include "wire/js.h"
#include "wire/transcript.h"

enum { FLOW_SESSION_BYTES = 16, FLOW_ARENA_BYTES = 96 << 20, FLOW_CERT_MAX_BYTES = 4096 };

enum flow_step {
	FLOW_FRESH,
	FLOW_HAS_NONCE,
	FLOW_BEGUN,   /* transcript made */
	FLOW_ASKED,   /* signature sent */
	FLOW_OFFERED, /* offer read */
	FLOW_KEYED,   /* keys pinned */
	FLOW_ORDERED,
	FLOW_ANSWERED,
	FLOW_RELEASE_ASKED,
	FLOW_RELEASED
};

struct flow {
	enum flow_step step;
	struct arena *arena;
	const char *kiosk;
	struct key *key; /* the session's, named in the transcript */

	int64_t center_ahead_ms; /* the center's clock less the monotonic one */
	int64_t nonce_until_ms;  /* the center's clock */
	struct transcript transcript;
	uint8_t transcript_bytes[TRANSCRIPT_MAX_BYTES];
	size_t transcript_n;
	uint8_t th[32];
	uint8_t cert[FLOW_CERT_MAX_BYTES];
	size_t cert_bytes;

	uint8_t session[FLOW_SESSION_BYTES];
	int64_t session_until_ms;
	struct offer offer;

	unsigned n_keys;
	struct flow_key {
		struct key_id kid;
		struct key_point point;
	} keys[FLOW_MAX_KEYS];

	struct order order;
	uint8_t oh[32];
	struct flow_papers papers;
};

/* The center's time now. */
static inline int64_t
flow_now_ms(const struct flow *f, int64_t mono_ms)
{
	return mono_ms + f->center_ahead_ms;
}
/* FAULT_INTERNAL unless the session stands at @step. */
MUST_USE int flow_at(const struct flow *f, enum flow_step step, struct err *err);
/* {"session":...,"<name>":<JWS of payload by the session key>} */
MUST_USE int flow_signed_body(struct flow *f, const char *name, const char *typ,
    const struct buf *payload, struct buf *out, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/* flow_help - sessions with the peer of kiosk_peer.h, brought to where a test begins. */
#pragma once
#include "tests/unit/kiosk_peer.h"

#include "kiosk/flow/flow.h"

enum { FLOW_HELP_MONO_MS = 5000 };
#define FLOW_HELP_NOW_MS INT64_C(1795200000000)
#define H16 "\"000000000000000000000000000000ff\""

extern struct peer peer;
int before(void **state);
int after(void **state);

int read_text(
    int (*fn)(struct flow *, const void *, size_t, struct err *), struct flow *f, const char *body);
int read_timed(int (*fn)(struct flow *, const void *, size_t, int64_t, struct err *),
    struct flow *f, const char *body);
/* Nonce and transcript. */
struct flow *begun(void);
const char *session_answer(struct flow *f);
struct flow *keyed(void);
/* Orders two copies of 住民票 and gives the peer's answer to it. */
const char *ordered(struct flow *f, uint8_t id);

/* One way of bending a JSON object: a member set to a text of JSON, or taken away. */
struct bend {
	const char *path;  /* "kinds.0.fee_yen" */
	const char *value; /* JSON; NULL = remove */
	int want;
};
extern const struct bend *bend_now;
void bend_apply(json_t *o); /* as bend_now says */

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/flow_help.h"

#include <string.h>

static const uint8_t card_cert[] = "a certificate, for the kiosk only bytes";

struct peer peer;
const struct bend *bend_now;

int
before(void **state)
{
	(void)state;
	peer_init(&peer, FLOW_HELP_NOW_MS);
	return 0;
}

int
after(void **state)
{
	(void)state;
	peer_done(&peer);
	return 0;
}

int
read_text(
    int (*fn)(struct flow *, const void *, size_t, struct err *), struct flow *f, const char *body)
{
	struct err err = { 0 };
	return fn(f, body, strlen(body), &err);
}

int
read_timed(int (*fn)(struct flow *, const void *, size_t, int64_t, struct err *), struct flow *f,
    const char *body)
{
	struct err err = { 0 };
	return fn(f, body, strlen(body), FLOW_HELP_MONO_MS + 100, &err);
}

/* Nonce and transcript. */
struct flow *
begun(void)
{
	struct err err = { 0 };
	uint8_t digest[32];
	struct flow *f = flow_new("K0001");
	const char *nonce = peer_nonce(&peer);
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), FLOW_HELP_MONO_MS, &err), 0);
	assert_int_equal(
	    flow_begin(f, card_cert, sizeof(card_cert), FLOW_HELP_MONO_MS + 10, digest, &err), 0);
	return f;
}

const char *
session_answer(struct flow *f)
{
	static const uint8_t sig[256] = { 1 };
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_session_ask(f, sig, sizeof(sig), &b, &err), 0);
	const char *body = peer_session(&peer, &b);
	buf_done(&b);
	return body;
}

struct flow *
keyed(void)
{
	struct flow *f = begun();
	assert_int_equal(read_timed(flow_session_read, f, session_answer(f)), 0);
	assert_int_equal(read_text(flow_keys_read, f, peer_keys(&peer)), 0);
	return f;
}

/* Orders two copies of 住民票 and gives the peer's answer to it. */
const char *
ordered(struct flow *f, uint8_t id)
{
	const struct choice c = { .kind = DOC_JUMINHYO,
		.scope = ORDER_HOUSEHOLD,
		.options = ORDER_HONSEKI,
		.copies = 2 };
	const struct order_id order_id = { .b = { id } };
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_order_ask(f, &c, &order_id, FLOW_HELP_MONO_MS + 200, &b, &err), 0);
	const char *answer = peer_answer(&peer, &b);
	buf_done(&b);
	return answer;
}

void
bend_apply(json_t *o)
{
	char path[64];
	char *save = NULL;
	json_t *at = o;
	assert_true(strlen(bend_now->path) < sizeof(path));
	memcpy(path, bend_now->path, strlen(bend_now->path) + 1);
	char *part = strtok_r(path, ".", &save);
	for (char *next; (next = strtok_r(NULL, ".", &save)) != NULL; part = next)
		at = json_is_array(at) ? json_array_get(at, (size_t)(part[0] - '0'))
				       : json_object_get(at, part);
	assert_non_null(at);
	json_t *v =
	    bend_now->value == NULL ? NULL : json_loads(bend_now->value, JSON_DECODE_ANY, NULL);
	if (json_is_array(at) && v != NULL)
		assert_int_equal(json_array_set_new(at, (size_t)(part[0] - '0'), v), 0);
	else if (json_is_array(at))
		assert_int_equal(json_array_remove(at, (size_t)(part[0] - '0')), 0);
	else if (v != NULL)
		assert_int_equal(json_object_set_new(at, part, v), 0);
	else
		assert_int_equal(json_object_del(at, part), 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A city's signing keys change while the center serves. */
#include "tests/center/cases.h"

#include "base/clock.h"

#include <string.h>

/* As the city's next directory; the center looks within a second, or now. */
static void
write_next(struct city *c, bool look)
{
	struct keydir d;
	c->keys.seq++;
	world_city_keys(c);
	if (look)
		assert_true(muni_keys_renew(&router_muni_find(&w.router, c->code)->keys, 0, &d));
}

/* One order that says which keys are pinned (0 = says nothing): what becomes of it. */
static const char *
order_pinning(const struct key_id *pinned, unsigned n)
{
	struct play p;
	static char code[64];
	play_open(&p, 0, &card_a);
	for (unsigned i = 0; i < n; i++)
		p.order.keys[p.order.n_keys++] = pinned[i];
	unsigned status = play_order(&p, true);
	const char *said = status == 200 ? "answered" : p.reply.code;
	assert_true(strlen(said) < sizeof(code));
	memcpy(code, said, strlen(said) + 1);
	play_end(&p);
	return code;
}

static void
assert_refused(const struct key_id *pinned, unsigned n)
{
	assert_string_equal(order_pinning(pinned, n), "municipality-stopped");
	assert_string_equal(sql("SELECT stopped FROM muni_state WHERE muni = '" CITY_A "'"), "key");
	world_calm();
	card_claim(&card_a, CITY_A);
	card_claim(&card_b, CITY_B);
}

static size_t
keys_handed_out(void)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(json_t) json_t *o = NULL;
	struct http_reply reply;
	const json_t *list = NULL;
	assert_int_equal(ask(w.kiosk[0], a, "GET", "/v1/keys/" CITY_A, NULL, &reply), 200);
	assert_int_equal(js_parse(reply.body, reply.body_bytes, &o, NULL), 0);
	assert_int_equal(js_array(o, "keys", 8, &list, NULL), 0);
	return json_array_size(list);
}

void
answers_are_taken_by_the_generations_of_the_newest_directory(void **state)
{
	struct city *c = &w.city[0];
	const struct keydir before = c->keys;
	struct key *first = c->key, *second = key_generate();
	(void)state;
	assert_string_equal(order_pinning(&c->keys.key[0].id, 1), "answered");
	c->key = second; /* used before it was announced: nobody knows it */
	assert_refused(NULL, 0);
	(void)keydir_help_add(&c->keys, second, clock_now_ms());
	write_next(c, false); /* seen when an answer needs it, without a restart */
	assert_string_equal(order_pinning(NULL, 0), "answered");
	assert_int_equal(keys_handed_out(), 2);
	const struct key_id ids[] = { c->keys.key[0].id, c->keys.key[1].id };
	assert_string_equal(order_pinning(ids, 2), "answered");
	assert_refused(ids, 1); /* the session pinned the first alone */
	c->key = first;
	assert_string_equal(order_pinning(ids, 1), "answered");
	c->keys.key[0].retired_ms = clock_now_ms();
	write_next(c, true);
	assert_int_equal(keys_handed_out(), 1);
	assert_string_equal(order_pinning(ids, 2), "answered"); /* it was under way */
	c->keys.key[0].retired_ms -= KEYDIR_SLACK_MS + 60000;
	write_next(c, true);
	assert_refused(ids, 2);
	c->key = second;
	c->keys.key[1].revoked_ms = clock_now_ms();
	write_next(c, true);
	assert_refused(ids, 2);
	c->key = first;
	int64_t seq = c->keys.seq;
	c->keys = before;
	c->keys.seq = seq;
	write_next(c, true);
	assert_string_equal(order_pinning(ids, 1), "answered");
	key_free(second);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up self-test: sound where all is sound, and each check before its broken piece. */
#include "unit.h"

#include "base/clock.h"
#include "paper_help.h"
#include "server/issue/render_wire.h"
#include "server/selftest.h"
#include "warm_help.h"
#include <string.h>

static struct selftest_parts real;

static int
render(void *arg, const struct buf *request, struct buf *out)
{
	return warm_render(arg, request, 60000, out, NULL);
}

static int
start(void **state)
{
	selftest_parts_real(&real);
	real.render = render;
	real.render_arg = &warm;
	return warm_begin(state);
}

static void
a_sound_machine_passes_every_check(void **state)
{
	(void)state;
	assert_int_equal(selftest_run(&real, &profiles[0]), 0);
	struct selftest_parts p = real;
	p.render = NULL;
	assert_int_equal(selftest_run(&p, &profiles[0]), 0);
	for (unsigned i = 0; i < SELFTEST_N; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(selftest_code((enum selftest_check)i),
			    selftest_code((enum selftest_check)k));
}

static int64_t
never_set(void)
{
	return 0;
}
static int64_t
last_year(void)
{
	return 1767225600000 - 1;
}
static int64_t
far_off(void)
{
	return 4102444800000;
}
static int64_t
standing(void)
{
	return 7;
}
static int64_t
backwards(void)
{
	static int64_t t = 1000;
	return --t;
}
static void
no_random(void *p, size_t bytes)
{
	(void)p, (void)bytes;
}
static void
same_random(void *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)p)[i] = (uint8_t)(i * 37);
}
static void
one_bit_random(void *p, size_t bytes)
{
	static uint8_t n;
	memset(p, 0, bytes);
	*(uint8_t *)p = ++n;
}
static void
other_hash(const void *p, size_t bytes, uint8_t out[32])
{
	real.machine.hash(p, bytes, out);
	out[31] ^= 1;
}
static int
opens_nothing(
    const uint8_t key[32], const uint8_t nonce[12], const void *p, size_t bytes, uint8_t *out)
{
	(void)key, (void)nonce, (void)p, (void)bytes, (void)out;
	return FAULT_INTEGRITY;
}
static int
opens_all(const uint8_t key[32], const uint8_t nonce[12], const void *p, size_t bytes, uint8_t *out)
{
	(void)real.machine.open(key, nonce, p, bytes, out);
	memcpy(out, "kofu self-test", 14);
	return 0;
}
static bool
holds_nothing(const char *jws, const uint8_t point[65])
{
	(void)jws, (void)point;
	return false;
}
static bool
holds_all(const char *jws, const uint8_t point[65])
{
	(void)jws, (void)point;
	return true;
}
static bool
no_card(const uint8_t *der, size_t n, const uint8_t digest[32], const uint8_t *s, size_t bytes)
{
	(void)der, (void)n, (void)digest, (void)s, (void)bytes;
	return false;
}
static bool
any_card(const uint8_t *der, size_t n, const uint8_t digest[32], const uint8_t *s, size_t bytes)
{
	(void)der, (void)n, (void)digest, (void)s, (void)bytes;
	return true;
}
static int
render_nothing(void *arg, const struct buf *request, struct buf *out)
{
	(void)arg, (void)request, (void)out;
	return FAULT_UNAVAILABLE;
}
/* A spool that hands out what the order before left. */
static int
render_another(void *arg, const struct buf *request, struct buf *out)
{
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct buf other;
	static unsigned n;
	if (n++ % 2 == 0)
		return render(arg, request, out);
	assert_int_equal(render_request_decode(a, request->p, request->bytes, q, NULL), 0);
	q->persons[0].address = "見本県架空市見本町九丁目９番９号";
	buf_init(&other, RENDER_WIRE_MAX_REQUEST);
	render_request_encode(q, &other);
	int r = render(arg, &other, out);
	buf_done(&other);
	return r;
}
static int
render_another_name(void *arg, const struct buf *request, struct buf *out)
{
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct buf other;
	assert_int_equal(render_request_decode(a, request->p, request->bytes, q, NULL), 0);
	q->persons[0].name = q->persons[0].setainushi = q->persons[0].hittosha = "見本　花子";
	buf_init(&other, RENDER_WIRE_MAX_REQUEST);
	render_request_encode(q, &other);
	int r = render(arg, &other, out);
	buf_done(&other);
	return r;
}
static int
reads_nothing(struct arena *a, const uint8_t *pdf, size_t bytes, unsigned *ret_sides)
{
	(void)a, (void)pdf, (void)bytes, (void)ret_sides;
	return FAULT_BAD_INPUT;
}
static int
reads_one_side(struct arena *a, const uint8_t *pdf, size_t bytes, unsigned *ret_sides)
{
	(void)a, (void)pdf, (void)bytes;
	*ret_sides = 1;
	return 0;
}

static void
each_check_sees_its_broken_piece_and_no_other_check_does(void **state)
{
	struct selftest_parts p;
	(void)state;
#define BROKEN(part, by, check)                                                                    \
	p = real;                                                                                  \
	p.part = (by);                                                                             \
	if (selftest_run(&p, &profiles[0]) != 1U << (check))                                       \
	fail_msg("%s", #by)
	BROKEN(machine.now_ms, never_set, SELFTEST_CLOCK);
	BROKEN(machine.now_ms, last_year, SELFTEST_CLOCK);
	BROKEN(machine.now_ms, far_off, SELFTEST_CLOCK);
	BROKEN(machine.mono_ms, standing, SELFTEST_CLOCK);
	BROKEN(machine.mono_ms, backwards, SELFTEST_CLOCK);
	BROKEN(machine.random, no_random, SELFTEST_RANDOM);
	BROKEN(machine.random, same_random, SELFTEST_RANDOM);
	BROKEN(machine.random, one_bit_random, SELFTEST_RANDOM);
	BROKEN(machine.hash, other_hash, SELFTEST_HASH);
	BROKEN(machine.open, opens_nothing, SELFTEST_CIPHER);
	BROKEN(machine.open, opens_all, SELFTEST_CIPHER);
	BROKEN(machine.signature_holds, holds_nothing, SELFTEST_SIGNATURE);
	BROKEN(machine.signature_holds, holds_all, SELFTEST_SIGNATURE);
	BROKEN(machine.card_holds, no_card, SELFTEST_CARD);
	BROKEN(machine.card_holds, any_card, SELFTEST_CARD);
	BROKEN(render, render_nothing, SELFTEST_RENDERER);
	BROKEN(render, render_another, SELFTEST_RENDERER);
	BROKEN(render, render_another_name, SELFTEST_RENDERER);
	BROKEN(read_paper, reads_nothing, SELFTEST_PAPER);
	BROKEN(read_paper, reads_one_side, SELFTEST_PAPER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_machine_passes_every_check),
		cmocka_unit_test(each_check_sees_its_broken_piece_and_no_other_check_does),
	};
	return cmocka_run_group_tests(tests, start, warm_end);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that were tampered with, swapped between sessions, or given before, in
 * many sessions of one kiosk one after the other, with true ones among them: the
 * printer gets the true ones, each once, and the till is asked for these alone.
 * KOFU_ANSWERS=600 tries that many of each kind.
 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_N = 60, TRUE_EVERY = 15, POOL = 32, MAX_TEXT = 1 << 16, MAX_N = 600 };

static uint64_t seed = 20261121;
static unsigned
any(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

/* Answers as they were made for sessions before this one, and for whom they were printed. */
static struct {
	unsigned n;
	char *text[POOL];
	unsigned n_printed;
	char *printed[POOL];
} pool;

static void
keep(char *slots[POOL], unsigned *n, const char *text)
{
	char **at = &slots[*n % POOL];
	free(*at);
	*at = strdup(text);
	assert_non_null(*at);
	(*n)++;
}

static const char *
kept(char *slots[POOL], unsigned n)
{
	return slots[any(n < POOL ? n : POOL)];
}

static bool
is_base64url(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_';
}

/* One character of the signed or sealed texts becomes another of the same alphabet. */
static const char *
tampered(const char *answer)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static char text[MAX_TEXT];
	size_t n = strlen(answer);
	size_t at;
	assert_true(n < sizeof(text));
	memcpy(text, answer, n + 1);
	do
		at = any((unsigned)n);
	while (!is_base64url(text[at]));
	while (text[at] == answer[at])
		text[at] = letters[any(sizeof(letters) - 1)];
	return text;
}

/* Another's answer as a whole, or one half of it. */
static const char *
swapped(const char *answer)
{
	const char *mine[2], *theirs[2];
	const char *other = kept(pool.text, pool.n);
	peer_split(&world.peer, answer, &mine[0], &mine[1]);
	peer_split(&world.peer, other, &theirs[0], &theirs[1]);
	switch (any(3)) {
	case 0:
		return other;
	case 1:
		return peer_join(&world.peer, mine[0], theirs[1]);
	default:
		return peer_join(&world.peer, theirs[0], mine[1]);
	}
}

/* One that this very kiosk has printed. */
static const char *
replayed(const char *answer)
{
	(void)answer;
	return kept(pool.printed, pool.n_printed);
}

enum kind { TAMPERED, SWAPPED, REPLAYED, TRUE_ONE, N_KINDS };
static enum kind kind;
static unsigned given[N_KINDS];

static const char *
bend(const char *answer)
{
	static const char *(*const how[])(const char *) = { tampered, swapped, replayed };
	/* a copy: the pool lets go of the oldest */
	const char *out =
	    kind == TRUE_ONE ? answer : arena_strdup(world.peer.arena, how[kind](answer));
	keep(pool.text, &pool.n, answer);
	if (kind == TRUE_ONE)
		keep(pool.printed, &pool.n_printed, answer);
	else
		assert_string_not_equal(out, answer);
	given[kind]++;
	return out;
}

/* What the last session left of papers is not needed any more: arenas have an end. */
static void
fresh_arena(void)
{
	arena_free(world.peer.arena);
	world.peer.arena = arena_new(64u << 20);
}

static void
one_session(struct engine *e, enum kind k)
{
	kind = k;
	fresh_arena();
	world_card(true);
	world.printed_bytes = 0;
	world_go(e, k == TRUE_ONE ? SESSION_TAKE_PAPER : SESSION_ERROR, 1);
	world.peer.seq += 2;
	if (k == TRUE_ONE) {
		world_touch(e, SESSION_EV_TAKEN);
		world_touch(e, SESSION_EV_DONE);
		return;
	}
	struct engine_report r;
	engine_read(e, &r);
	assert_string_equal(result_info(r.result)->code, result_info(RESULT_ANSWER_FALSE)->code);
	assert_int_equal(world.printed_bytes, 0);
	world_touch(e, SESSION_EV_DONE);
	world_wait(e, SESSION_IDLE);
}

static void
no_answer_but_the_true_one_reaches_the_printer(void **state)
{
	const char *text = getenv("KOFU_ANSWERS");
	const unsigned n = text != NULL ? (unsigned)strtoul(text, NULL, 10) : DEFAULT_N;
	(void)state;
	assert_in_range(n, 1, MAX_N);
	AUTO(engine) struct engine *e = world_engine(false);
	world_bend_answer = bend;
	one_session(e, TRUE_ONE);
	for (unsigned i = 0; i < 3 * n; i++) {
		one_session(e, (enum kind)(i % 3));
		if (i % TRUE_EVERY == 0 && given[TRUE_ONE] < WORLD_MAX_JOBS - 1)
			one_session(e, TRUE_ONE);
	}
	print_message(
	    "# %u tampered, %u swapped, %u replayed, %u true: %d jobs, %u asked for money\n",
	    given[TAMPERED], given[SWAPPED], given[REPLAYED], given[TRUE_ONE], world.jobs,
	    world.till.n);
	for (int k = 0; k < TRUE_ONE; k++)
		assert_int_equal(given[k], n);
	assert_int_equal(world.jobs, given[TRUE_ONE]);
	assert_int_equal(world.till.n, given[TRUE_ONE]);
	assert_int_equal(world_kept_yen(), given[TRUE_ONE] * world.peer.fee_yen);
	/* each is an incident, and each order was taken back */
	assert_int_equal(world_journals(".refused"), 3 * n);
	assert_int_equal(world.peer.outcomes, 3 * n + given[TRUE_ONE]);
	world_bend_answer = NULL;
}

static int
before(void **state)
{
	(void)state;
	log_fd = -1;
	world_begin();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POOL; i++) {
		free(pool.text[i]);
		free(pool.printed[i]);
	}
	world_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_answer_but_the_true_one_reaches_the_printer, before, after),
	};
	return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}

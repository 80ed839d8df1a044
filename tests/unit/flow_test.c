/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/flow_help.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void
a_session_gives_the_papers_that_were_ordered(void **state)
{
	struct err err = { 0 };
	struct buf b;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	const struct offer *o = flow_offer(f);
	assert_int_equal(o->n_kinds, 2);
	assert_int_equal(o->n_persons, 3);
	assert_int_equal(o->self, 0);
	assert_string_equal(o->persons[2].name, "葛󠄂城 𠮷子"); /* character for character */
	assert_string_equal(o->muni_name, "架空市");
	assert_null(flow_papers(f));
	assert_int_equal(read_timed(flow_answer_read, f, ordered(f, 1)), 0);
	const struct flow_papers *p = flow_papers(f);
	assert_int_equal(p->n_copies, 2);
	assert_int_equal(p->copies[1].pdf_bytes, PEER_PDF_BYTES);
	assert_memory_equal(p->copies[1].pdf, "%PDF-1.7\nbbb", 12);
	assert_true(strncmp(p->copies[0].number, "991015-", 7) == 0);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_release_ask(f, FLOW_HELP_MONO_MS + 300, &b, &err), 0);
	assert_int_equal(read_text(flow_release_read, f, peer_release(&peer, &b)), 0);
	buf_done(&b);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	const enum flow_end ends[ORDER_MAX_COPIES] = { FLOW_PRINTED, FLOW_VOID_JAM };
	assert_int_equal(flow_outcome_ask(f, ends, FLOW_HELP_MONO_MS + 400, &b, &err), 0);
	peer_outcome(&peer, &b);
	buf_done(&b);
	assert_non_null(strstr(peer.last_outcome, "\"state\":\"printed\",\"reason\":\"\""));
	assert_non_null(strstr(peer.last_outcome, "\"state\":\"void\",\"reason\":\"jam\""));
}

static void
steps_out_of_their_turn_are_faults(void **state)
{
	struct err err = { 0 };
	struct buf b;
	uint8_t digest[32];
	const struct order_id id = { .b = { 1 } };
	const struct choice c = { .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1 };
	const enum flow_end ends[ORDER_MAX_COPIES] = { 0 };
	(void)state;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_null(flow_offer(f));
	assert_int_equal(flow_begin(f, "x", 1, 0, digest, &err), FAULT_INTERNAL);
	assert_int_equal(flow_session_ask(f, "x", 1, &b, &err), FAULT_INTERNAL);
	assert_int_equal(read_timed(flow_session_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(read_text(flow_keys_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(flow_order_ask(f, &c, &id, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(read_timed(flow_answer_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(flow_release_ask(f, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(read_text(flow_release_read, f, "{}"), FAULT_INTERNAL);
	assert_int_equal(flow_outcome_ask(f, ends, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(flow_withdraw_ask(f, FLOW_VOID_POWER, 0, &b, &err), FAULT_INTERNAL);
	assert_int_equal(b.bytes, 0);
	buf_done(&b);
}

/* Before the answer is read, and after one that was refused. */
static void
an_order_can_be_taken_back_from_the_moment_it_is_signed(void **state)
{
	struct err err = { 0 };
	struct buf b;
	char want[80];
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	(void)ordered(f, 1);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(
	    flow_withdraw_ask(f, FLOW_VOID_POWER, FLOW_HELP_MONO_MS + 300, &b, &err), 0);
	peer_outcome(&peer, &b);
	buf_done(&b);
	(void)snprintf(want, sizeof(want), "{\"v\":1,\"order\":\"01%030d\",\"all\":\"power\",", 0);
	assert_memory_equal(peer.last_outcome, want, strlen(want));
}

static void
an_order_is_signed_once_a_session(void **state)
{
	const struct choice c = { .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1 };
	const struct order_id id = { .b = { 1 } };
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	AUTO(flow) struct flow *f = keyed();
	assert_int_equal(flow_order_ask(f, &c, &id, FLOW_HELP_MONO_MS, &b, &err), 0);
	assert_int_equal(flow_order_ask(f, &c, &id, FLOW_HELP_MONO_MS, &b, &err), FAULT_INTERNAL);
	buf_done(&b);
}

static void
nonces_that_break_the_protocol_are_refused(void **state)
{
#define N64 "0102030405060708091011121314151617181920212223242526272829303132"
	static const struct {
		const char *body;
		int want;
	} t[] = {
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":120}", 0 },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":600}", 0 },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":601}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":5,\"ttl_s\":0}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"01\",\"time_ms\":5,\"ttl_s\":120}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"time_ms\":-1,\"ttl_s\":120}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64 "\",\"ttl_s\":120}", FAULT_BAD_INPUT },
		{ "{\"center\":\"C1\",\"nonce\":\"" N64
		  "\",\"time_ms\":5,\"ttl_s\":120,\"more\":1}",
		    FAULT_BAD_INPUT },
		{ "{\"center\":\"123456789012345678901234567890123\",\"nonce\":\"" N64
		  "\",\"time_ms\":5,\"ttl_s\":120}",
		    FAULT_BAD_INPUT },
		{ "[]", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = flow_new("K0001");
		assert_int_equal(read_timed(flow_nonce_read, f, t[i].body), t[i].want);
	}
}

static void
a_nonce_that_ran_out_starts_no_transcript(void **state)
{
	struct err err = { 0 };
	uint8_t digest[32];
	const char *nonce = peer_nonce(&peer);
	(void)state;
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), FLOW_HELP_MONO_MS, &err), 0);
	assert_int_equal(
	    flow_begin(f, "c", 1, FLOW_HELP_MONO_MS + 120000, digest, &err), FLOW_E_LATE);
	assert_int_equal(flow_begin(f, "c", 1, FLOW_HELP_MONO_MS + 119999, digest, &err), 0);
}

static void
each_try_of_a_pin_has_a_key_and_a_digest_of_its_own(void **state)
{
	struct err err = { 0 };
	uint8_t first[32];
	uint8_t second[32];
	const char *nonce = peer_nonce(&peer);
	(void)state;
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), FLOW_HELP_MONO_MS, &err), 0);
	assert_int_equal(flow_begin(f, "c", 1, FLOW_HELP_MONO_MS, first, &err), 0);
	flow_again(f);
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), FLOW_HELP_MONO_MS, &err), 0);
	assert_int_equal(flow_begin(f, "c", 1, FLOW_HELP_MONO_MS, second, &err), 0);
	assert_memory_not_equal(first, second, 32);
}

static void
certificates_past_the_limit_are_refused(void **state)
{
	struct err err = { 0 };
	uint8_t digest[32];
	uint8_t cert[4097] = { 0 };
	const char *nonce = peer_nonce(&peer);
	(void)state;
	AUTO(flow) struct flow *f = flow_new("K0001");
	assert_int_equal(flow_nonce_read(f, nonce, strlen(nonce), FLOW_HELP_MONO_MS, &err), 0);
	assert_int_equal(
	    flow_begin(f, cert, 4097, FLOW_HELP_MONO_MS, digest, &err), FAULT_BAD_INPUT);
	assert_int_equal(flow_begin(f, cert, 0, FLOW_HELP_MONO_MS, digest, &err), FAULT_BAD_INPUT);
	assert_int_equal(flow_begin(f, cert, 4096, FLOW_HELP_MONO_MS, digest, &err), 0);
}

static void
offers_that_break_the_protocol_are_refused(void **state)
{
	static const struct bend t[] = {
		{ "session", H16, 0 },
		{ "session", "\"00\"", FAULT_BAD_INPUT },
		{ "session", NULL, FAULT_BAD_INPUT },
		{ "muni", "\"991016\"", FAULT_BAD_INPUT }, /* 検査数字 */
		{ "muni", NULL, FAULT_BAD_INPUT },
		{ "expires_ms", "1", FLOW_E_LATE },
		{ "expires_ms", "\"1\"", FAULT_BAD_INPUT },
		{ "expires_ms", NULL, FAULT_BAD_INPUT },
		{ "muni_name", "\"a\\u0007b\"", FAULT_BAD_INPUT },
		{ "muni_name", NULL, FAULT_BAD_INPUT },
		{ "phone", NULL, FAULT_BAD_INPUT },
		{ "kinds", "[]", FAULT_BAD_INPUT },
		{ "kinds", NULL, FAULT_BAD_INPUT },
		{ "kinds.1", NULL, 0 },
		{ "kinds.0.kind", "\"koseki\"", FAULT_BAD_INPUT },
		{ "kinds.0.kind", "\"inkan\"", FAULT_BAD_INPUT }, /* twice */
		{ "kinds.0.fee_yen", "10000", 0 },
		{ "kinds.0.fee_yen", "10001", FAULT_BAD_INPUT },
		{ "kinds.0.fee_yen", "-1", FAULT_BAD_INPUT },
		{ "kinds.0.fee_yen", "0", 0 },
		{ "kinds.0.max_copies", "1", 0 },
		{ "kinds.0.max_copies", "10", 0 },
		{ "kinds.0.max_copies", "0", FAULT_BAD_INPUT },
		{ "kinds.0.max_copies", "11", FAULT_BAD_INPUT },
		{ "kinds.0.max_copies", "\"1\"", FAULT_BAD_INPUT },
		{ "kinds.0.options", "[\"juso\"]", FAULT_BAD_INPUT },
		{ "kinds.0.options", "[\"honseki\",\"honseki\"]", FAULT_BAD_INPUT },
		{ "kinds.0.options", "[]", 0 },
		{ "kinds.0.open", "1", FAULT_BAD_INPUT },
		{ "kinds.0.hours", NULL, FAULT_BAD_INPUT },
		{ "kinds.0.extra", "1", FAULT_BAD_INPUT },
		{ "household", "\"a.b.c.d.e\"", FAULT_BAD_INPUT },
		{ "household", NULL, FAULT_BAD_INPUT },
		{ "extra", "1", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = begun();
		bend_now = &t[i];
		peer.bend_offer = bend_apply;
		int r = read_timed(flow_session_read, f, session_answer(f));
		peer.bend_offer = NULL;
		if (r != t[i].want)
			print_message("# %s = %s\n", t[i].path, t[i].value ? t[i].value : "-");
		assert_int_equal(r, t[i].want);
		assert_true((flow_offer(f) != NULL) == (r == 0));
	}
}

static void
households_that_break_the_protocol_are_refused(void **state)
{
	static const struct bend t[] = {
		{ "self", H16, FAULT_BAD_INPUT }, /* not one of them */
		{ "self", NULL, FAULT_BAD_INPUT },
		{ "persons", "[]", FAULT_BAD_INPUT },
		{ "persons.1", NULL, 0 },
		{ "persons.1.name", "\"a\\nb\"", FAULT_BAD_INPUT },
		{ "persons.1.name", NULL, FAULT_BAD_INPUT },
		{ "persons.1.ref", "\"a0000000000000000000000000000000\"",
		    FAULT_BAD_INPUT }, /* twice */
		{ "persons.1.age", "7", FAULT_BAD_INPUT },
		{ "extra", "1", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(flow) struct flow *f = begun();
		bend_now = &t[i];
		peer.bend_household = bend_apply;
		int r = read_timed(flow_session_read, f, session_answer(f));
		peer.bend_household = NULL;
		assert_int_equal(r, t[i].want);
	}
}

static void
a_household_may_have_forty_persons_and_not_one_more(void **state)
{
	(void)state;
	for (unsigned n = ORDER_MAX_PERSONS; n <= ORDER_MAX_PERSONS + 1; n++) {
		AUTO(flow) struct flow *f = begun();
		peer.n_persons = n;
		int r = read_timed(flow_session_read, f, session_answer(f));
		peer.n_persons = 3;
		assert_int_equal(r, n == ORDER_MAX_PERSONS ? 0 : FAULT_BAD_INPUT);
	}
}

static void
keys_of_another_city_or_with_anothers_id_are_refused(void **state)
{
	const char *good = peer_keys(&peer);
	AUTO(key) struct key *other = key_generate();
	struct key_point point;
	struct key_id kid;
	char hex[17];
	(void)state;
	key_public(other, &point);
	key_id_of(&point, &kid);
	text_hex_format(kid.b, sizeof(kid.b), hex);
	AUTO(flow) struct flow *f = begun();
	assert_int_equal(read_timed(flow_session_read, f, session_answer(f)), 0);
	char *bad = arena_strdup(peer.arena, good);
	memcpy(strstr(bad, "991015"), "131016", 6);
	assert_int_equal(read_text(flow_keys_read, f, bad), FAULT_INTEGRITY);
	bad = arena_strdup(peer.arena, good);
	memcpy(strstr(bad, "\"kid\":\"") + 7, hex, 16);
	assert_int_equal(read_text(flow_keys_read, f, bad), FAULT_INTEGRITY);
	assert_int_equal(
	    read_text(flow_keys_read, f, "{\"muni\":\"991015\",\"keys\":[]}"), FAULT_BAD_INPUT);
	assert_int_equal(read_text(flow_keys_read, f, good), 0);
	assert_int_equal(read_text(flow_keys_read, f, good), FAULT_INTERNAL); /* pinned */
}

static void
a_release_comes_in_time_and_for_this_order_only(void **state)
{
	struct err err = { 0 };
	struct buf b;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	assert_int_equal(read_timed(flow_answer_read, f, ordered(f, 1)), 0);
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(flow_release_ask(f, FLOW_HELP_MONO_MS + 600000, &b, &err), FLOW_E_LATE);
	assert_int_equal(flow_release_ask(f, FLOW_HELP_MONO_MS + 300, &b, &err), 0);
	assert_int_equal(flow_release_ask(f, FLOW_HELP_MONO_MS + 300, &b, &err), FAULT_INTERNAL);
	const char *good = peer_release(&peer, &b);
	assert_int_equal(read_text(flow_release_read, f, "{\"released\":true,\"order\":" H16 "}"),
	    FAULT_INTEGRITY);
	char *no = arena_strdup(
	    peer.arena, "{\"released\":false,\"order\":\"01000000000000000000000000000000\"}");
	assert_int_equal(read_text(flow_release_read, f, no), FAULT_INTEGRITY);
	assert_int_equal(read_text(flow_release_read, f, "{\"released\":true}"), FAULT_BAD_INPUT);
	assert_int_equal(read_text(flow_release_read, f, good), 0);
	buf_done(&b);
}

static void
a_session_past_its_time_orders_nothing(void **state)
{
	const struct choice c = { .kind = DOC_INKAN, .scope = ORDER_SELF, .copies = 1 };
	const struct order_id id = { .b = { 1 } };
	struct err err = { 0 };
	struct buf b;
	(void)state;
	AUTO(flow) struct flow *f = keyed();
	buf_init(&b, FLOW_MAX_BODY_BYTES);
	assert_int_equal(
	    flow_order_ask(f, &c, &id, FLOW_HELP_MONO_MS + 1200000, &b, &err), FLOW_E_LATE);
	assert_int_equal(b.bytes, 0);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_gives_the_papers_that_were_ordered),
		cmocka_unit_test(steps_out_of_their_turn_are_faults),
		cmocka_unit_test(an_order_can_be_taken_back_from_the_moment_it_is_signed),
		cmocka_unit_test(an_order_is_signed_once_a_session),
		cmocka_unit_test(nonces_that_break_the_protocol_are_refused),
		cmocka_unit_test(a_nonce_that_ran_out_starts_no_transcript),
		cmocka_unit_test(each_try_of_a_pin_has_a_key_and_a_digest_of_its_own),
		cmocka_unit_test(certificates_past_the_limit_are_refused),
		cmocka_unit_test(offers_that_break_the_protocol_are_refused),
		cmocka_unit_test(households_that_break_the_protocol_are_refused),
		cmocka_unit_test(a_household_may_have_forty_persons_and_not_one_more),
		cmocka_unit_test(keys_of_another_city_or_with_anothers_id_are_refused),
		cmocka_unit_test(a_release_comes_in_time_and_for_this_order_only),
		cmocka_unit_test(a_session_past_its_time_orders_nothing),
	};
	return cmocka_run_group_tests_name("flow", tests, before, after);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The vault: what is sealed under one data key and under another, and neither is taken for it. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "domain/search.h"
#include "domain/vault.h"
#include "pki/permute.h"

#include <string.h>

static const struct muni_code muni = { "991015" };
static const struct person_ref ref = { .b = { 1, 2, 3 } };
static struct vault v;
static struct arena *a;

static int
two_generations(void **state)
{
	const uint8_t first[32] = { 1 }, second[32] = { 2 };
	(void)state;
	a = arena_new(1 << 20);
	vault_init(&v, muni, first);
	vault_put(&v, 2, second);
	return 0;
}

static int
gone(void **state)
{
	(void)state;
	vault_done(&v);
	arena_free(a);
	return 0;
}

static int
row_opens(const struct vault_sealed *s)
{
	struct err err = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	int r = vault_row_open(&v, a, VAULT_RESIDENT, &ref, 7, s->p, s->bytes, &p, &n, &err);
	if (r == 0) {
		assert_int_equal(n, 5);
		assert_memory_equal(p, "hello", 6); /* and a NUL */
	}
	return r;
}

static struct vault_sealed
row_under(unsigned generation)
{
	vault_write_under(&v, generation);
	return vault_row_seal(&v, a, VAULT_RESIDENT, &ref, 7, "hello", 5);
}

static void
a_row_says_which_data_key_it_is_sealed_under(void **state)
{
	struct vault_sealed one = row_under(1), two = row_under(2);
	(void)state;
	assert_int_equal(one.bytes, 5 + AEAD_BOX_OVERHEAD); /* as before there were generations */
	assert_int_equal(two.bytes, 5 + VAULT_MAX_OVERHEAD);
	assert_int_equal(vault_sealed_under(one.p, one.bytes), 1);
	assert_int_equal(vault_sealed_under(two.p, two.bytes), 2);
	assert_int_equal(row_opens(&one), 0);
	assert_int_equal(row_opens(&two), 0);
	two.p[7] = 1; /* said to be of another */
	assert_int_equal(row_opens(&two), FAULT_INTEGRITY);
	two.p[7] = 65;
	assert_int_equal(row_opens(&two), FAULT_INTEGRITY);
}

static void
what_a_data_key_that_is_gone_has_sealed_is_refused_by_name(void **state)
{
	struct vault_sealed one = row_under(1), two = row_under(2);
	struct vault_hash hash, moved;
	struct err err = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	vault_find_by(&v, "search kana", "x", 1, &hash);
	vault_write_under(&v, 1);
	vault_drop(&v, 2);
	assert_int_equal(
	    vault_row_open(&v, a, VAULT_RESIDENT, &ref, 7, two.p, two.bytes, &p, &n, &err),
	    FAULT_INTEGRITY);
	assert_string_equal(err.trail[0].what, "sealed under a data key that is not here");
	assert_int_equal(err.trail[0].number, 2);
	assert_int_equal(vault_hash_move(&v, hash.b, hash.bytes, 1, &moved, &err), FAULT_INTEGRITY);
	assert_int_equal(row_opens(&one), 0);
	vault_drop(&v, 1);
	vault_forget(&v, 1);
	assert_int_equal(row_opens(&one), FAULT_INTEGRITY);
}

/* A nonce is random: one in 2^48 begins as a head does. */
static void
a_row_without_a_head_that_begins_like_one_opens_all_the_same(void **state)
{
	static const uint8_t like[] = { 'k', 'o', 'f', 'u', 0xF5, 1, 0, 2, 9, 9, 9, 9 };
	const uint8_t dek[32] = { 1 };
	uint8_t aad[11 + 6 + 1 + PERSON_REF_BYTES + 4] = "kofu row 1";
	uint8_t sealed[5 + AEAD_BOX_OVERHEAD];
	struct vault only;
	(void)state;
	vault_init(&only, muni, dek);
	memcpy(aad + 11, muni.s, 6);
	aad[17] = VAULT_RESIDENT;
	memcpy(aad + 18, ref.b, PERSON_REF_BYTES);
	aad[sizeof(aad) - 1] = 7;
	memcpy(sealed, like, sizeof(like));
	aead_seal(only.generation[0].column_key, like, aad, sizeof(aad), "hello", 5,
	    sealed + sizeof(like));
	const struct vault_sealed s = { sealed, sizeof(sealed) };
	assert_int_equal(row_opens(&s), 0);
	vault_done(&only);
}

static void
a_keyed_hash_goes_from_one_data_key_to_the_other_and_back(void **state)
{
	struct vault_hash one, two, moved;
	struct vault_hashes all;
	struct err err = { 0 };
	(void)state;
	vault_write_under(&v, 1);
	vault_find_by(&v, "search kana", "ミホン", 9, &one);
	vault_write_under(&v, 2);
	vault_find_by(&v, "search kana", "ミホン", 9, &two);
	assert_int_equal(one.bytes, 16);
	assert_int_equal(two.bytes, 18);
	assert_memory_not_equal(one.b, two.b, 16);
	assert_int_equal(vault_hash_move(&v, one.b, one.bytes, 2, &moved, &err), 0);
	assert_true(vault_hash_equal(&moved, &two));
	assert_int_equal(vault_hash_move(&v, two.b, two.bytes, 1, &moved, &err), 0);
	assert_true(vault_hash_equal(&moved, &one));
	assert_int_equal(vault_hash_all(&v, &one, &all, &err), 0);
	assert_int_equal(all.n, 2);
	assert_true(vault_hash_equal(&all.of[0], &two)); /* the one written under first */
	assert_true(vault_hash_equal(&all.of[1], &one));
	for (size_t n = 0; n < 20; n++) { /* a length that no hash has */
		uint8_t any[20] = { 0 };
		if (n != 16 && n != 18)
			assert_int_equal(
			    vault_hash_move(&v, any, n, 1, &moved, &err), FAULT_INTEGRITY);
	}
}

static void
references_stay_when_the_first_data_key_goes(void **state)
{
	const uint8_t second[32] = { 2 };
	struct person_ref before, after;
	struct vault later;
	uint8_t house[16], house_after[16], mac[32], mac_after[32];
	(void)state;
	vault_person_ref(&v, "000000000100000", &before);
	vault_household(&v, "000000000000777", house);
	vault_mac(&v, "audit actor", "front", 5, mac);
	vault_begin(&later, muni);
	vault_put_ref(&later, v.ref_key);
	vault_put(&later, 2, second);
	vault_write_under(&later, 2);
	vault_person_ref(&later, "000000000100000", &after);
	vault_household(&later, "000000000000777", house_after);
	vault_mac(&later, "audit actor", "front", 5, mac_after);
	assert_memory_equal(before.b, after.b, sizeof(before.b));
	assert_memory_equal(house, house_after, 16);
	assert_memory_equal(mac, mac_after, 32);
	vault_done(&later);
}

static void
a_note_outlives_its_data_key_and_the_box_around_it_does_not(void **state)
{
	struct err err = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	uint8_t audit[32];
	(void)state;
	vault_write_under(&v, 1);
	struct vault_sealed old = vault_note_seal(&v, a, "aad", 3, "note", 4);
	vault_write_under(&v, 2);
	struct vault_sealed new = vault_note_seal(&v, a, "aad", 3, "note", 4);
	struct vault_sealed over = vault_box_seal(&v, a, "over", 4, old.p, old.bytes);
	assert_true(vault_audit_key(&v, 1, audit));
	assert_false(vault_is_over(old.p, old.bytes));
	assert_false(vault_is_over(new.p, new.bytes));
	assert_true(vault_is_over(over.p, over.bytes));
	vault_drop(&v, 1);
	assert_int_equal(vault_note_open(&v, a, "aad", 3, old.p, old.bytes, &p, &n, &err), 0);
	assert_int_equal(vault_note_open(&v, a, "aad", 3, new.p, new.bytes, &p, &n, &err), 0);
	assert_int_equal(vault_box_open(&v, a, "aad", 3, new.p, new.bytes, &p, &n, &err),
	    FAULT_INTEGRITY); /* another key, another kind */
	assert_int_equal(vault_box_open(&v, a, "over", 4, over.p, over.bytes, &p, &n, &err), 0);
	assert_int_equal(n, old.bytes);
	vault_drop(&v, 2);
	assert_int_equal(
	    vault_box_open(&v, a, "over", 4, over.p, over.bytes, &p, &n, &err), FAULT_INTEGRITY);
}

static void
a_permutation_is_aes_and_has_a_way_back(void **state)
{
	/* FIPS 197, appendix C.3 */
	uint8_t key[32], in[16], out[16], back[16];
	static const uint8_t want[16] = { 0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea,
		0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89 };
	(void)state;
	for (unsigned i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	for (unsigned i = 0; i < 16; i++)
		in[i] = (uint8_t)(i * 0x11);
	permute_block(key, in, out);
	assert_memory_equal(out, want, 16);
	permute_back(key, out, back);
	assert_memory_equal(back, in, 16);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, two_generations, gone)
	const struct CMUnitTest tests[] = {
		TEST(a_row_says_which_data_key_it_is_sealed_under),
		TEST(what_a_data_key_that_is_gone_has_sealed_is_refused_by_name),
		TEST(a_row_without_a_head_that_begins_like_one_opens_all_the_same),
		TEST(a_keyed_hash_goes_from_one_data_key_to_the_other_and_back),
		TEST(references_stay_when_the_first_data_key_goes),
		TEST(a_note_outlives_its_data_key_and_the_box_around_it_does_not),
		TEST(a_permutation_is_aes_and_has_a_way_back),
	};
	return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}

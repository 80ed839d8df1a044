/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of persons by range: the same on both sides, and different for every difference. */
#include "unit.h"

#include "domain/tally.h"

#include <stdio.h>
#include <string.h>

static const struct tally_key key = { { 1, 2, 3 } };

static void
fill(struct tally *t, unsigned n, unsigned without)
{
	for (unsigned i = 0; i < n; i++) {
		char number[TALLY_NUMBER_BYTES];
		if (i == without)
			continue;
		(void)snprintf(number, sizeof(number), "%u", 10000000 + i);
		struct tally_person *p = tally_put(t, &key, number);
		assert_non_null(p);
		tally_row(&key, SYNC_RESIDENT, number, strlen(number), &p->sum);
	}
	tally_sort(t);
}

static bool
digests_equal(struct tally_digest a, struct tally_digest b)
{
	return a.n == b.n && tally_is_equal(&a.sum, &b.sum);
}

static void
the_order_in_which_persons_and_records_come_does_not_matter(void **state)
{
	(void)state;
	struct tally forth = { 0 };
	struct tally back = { 0 };
	fill(&forth, 1000, UINT32_MAX);
	for (unsigned i = 1000; i-- > 0;) {
		char number[TALLY_NUMBER_BYTES];
		(void)snprintf(number, sizeof(number), "%u", 10000000 + i);
		struct tally_person *p = tally_put(&back, &key, number);
		tally_row(&key, SYNC_RESIDENT, number, strlen(number), &p->sum);
	}
	tally_sort(&back);
	struct tally_range all = { 0, 0 };
	assert_true(digests_equal(tally_range_digest(&forth, all), tally_range_digest(&back, all)));
	struct tally_sum a, b, ab = { { 0 } }, ba = { { 0 } };
	tally_row(&key, SYNC_RESIDENT, "x", 1, &a);
	tally_row(&key, SYNC_SEAL, "x", 1, &b);
	assert_false(tally_is_equal(&a, &b)); /* a row is not a seal */
	tally_add(&ab, &a), tally_add(&ab, &b);
	tally_add(&ba, &b), tally_add(&ba, &a);
	assert_true(tally_is_equal(&ab, &ba));
	tally_done(&forth);
	tally_done(&back);
}

static void
the_parts_of_a_range_are_all_of_it_and_do_not_overlap(void **state)
{
	(void)state;
	struct tally t = { 0 };
	fill(&t, 5000, UINT32_MAX);
	uint64_t n = 0;
	for (unsigned i = 0; i < TALLY_CHILDREN; i++) {
		struct tally_range child = tally_range_child((struct tally_range){ 0, 0 }, i);
		uint64_t of_child = 0;
		for (unsigned k = 0; k < TALLY_CHILDREN; k++)
			of_child += tally_range_digest(&t, tally_range_child(child, k)).n;
		assert_int_equal(of_child, tally_range_digest(&t, child).n);
		n += of_child;
	}
	assert_int_equal(n, 5000);
	tally_done(&t);
}

static void
one_missing_person_among_ten_thousand_is_found_in_four_steps(void **state)
{
	(void)state;
	struct tally ours = { 0 };
	struct tally theirs = { 0 };
	fill(&ours, 10000, UINT32_MAX);
	fill(&theirs, 10000, 7777);
	struct tally_range at = { 0, 0 };
	unsigned steps = 0;
	while (tally_range_digest(&ours, at).n > 1) {
		unsigned differ = 0;
		struct tally_range next = at;
		for (unsigned i = 0; i < TALLY_CHILDREN; i++) {
			struct tally_range child = tally_range_child(at, i);
			if (digests_equal(tally_range_digest(&ours, child),
				tally_range_digest(&theirs, child)))
				continue;
			differ++;
			next = child;
		}
		assert_int_equal(differ, 1);
		at = next;
		steps++;
	}
	size_t first = 0;
	assert_int_equal(tally_range_find(&ours, at, &first), 1);
	assert_string_equal(ours.p[first].atena_no, "10007777");
	assert_true(steps <= 6);
	assert_null(tally_find(&theirs, &key, "10007777"));
	assert_non_null(tally_find(&ours, &key, "10007777"));
	tally_done(&ours);
	tally_done(&theirs);
}

static void
every_part_of_a_card_or_block_counts(void **state)
{
	(void)state;
	static const uint8_t card[33] = { 9 };
	struct tally_sum s[8];
	const struct sync_block on = { true, 6 };
	const struct sync_block off = { false, 6 };
	const struct sync_block other = { true, 2 };
	tally_card(&key, card, 33, 1, true, &s[0]);
	tally_card(&key, card, 33, 1, false, &s[1]);
	tally_card(&key, card, 33, 2, true, &s[2]);
	tally_block(&key, false, 1, &on, &s[3]);
	tally_block(&key, true, 1, &on, &s[4]);
	tally_block(&key, false, 2, &on, &s[5]);
	tally_block(&key, false, 1, &off, &s[6]);
	tally_block(&key, false, 1, &other, &s[7]);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = 0; k < i; k++)
			assert_false(tally_is_equal(&s[i], &s[k]));
}

static void
another_key_gives_other_places_and_sums(void **state)
{
	(void)state;
	const struct tally_key other = { { 1, 2, 4 } };
	struct tally_sum a, b;
	tally_row(&key, SYNC_RESIDENT, "x", 1, &a);
	tally_row(&other, SYNC_RESIDENT, "x", 1, &b);
	assert_false(tally_is_equal(&a, &b));
	assert_true(tally_place(&key, "1") != tally_place(&other, "1"));
}

static void
a_number_of_fifteen_bytes_is_taken_and_one_of_sixteen_is_not(void **state)
{
	(void)state;
	struct tally t = { 0 };
	assert_non_null(tally_put(&t, &key, "123456789012345"));
	assert_null(tally_put(&t, &key, "1234567890123456"));
	tally_done(&t);
}

static void
a_sum_is_the_same_after_it_was_written_and_read(void **state)
{
	(void)state;
	uint8_t b[TALLY_SUM_BYTES];
	struct tally_sum s = { { 0x0102030405060708, 0xfffefdfcfbfaf9f8 } };
	struct tally_sum got;
	tally_sum_put(&s, b);
	assert_int_equal(b[0], 1);
	assert_int_equal(b[15], 0xf8);
	tally_sum_take(b, &got);
	assert_true(tally_is_equal(&s, &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_in_which_persons_and_records_come_does_not_matter),
		cmocka_unit_test(the_parts_of_a_range_are_all_of_it_and_do_not_overlap),
		cmocka_unit_test(one_missing_person_among_ten_thousand_is_found_in_four_steps),
		cmocka_unit_test(every_part_of_a_card_or_block_counts),
		cmocka_unit_test(another_key_gives_other_places_and_sums),
		cmocka_unit_test(a_number_of_fifteen_bytes_is_taken_and_one_of_sixteen_is_not),
		cmocka_unit_test(a_sum_is_the_same_after_it_was_written_and_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

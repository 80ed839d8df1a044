/* SPDX-License-Identifier: Apache-2.0 */
/* The center as kiosks and municipalities meet it: the good way, and each refusal by its name. */
#include "tests/center/cases.h"

#include <stdlib.h>
#include <string.h>

struct card card_a, card_b;

uint32_t
fresh_serial(void)
{
	static uint32_t next = 1000;
	return next++;
}

static int
before_each(void **state)
{
	(void)state;
	world_calm();
	card_claim(&card_a, CITY_A);
	card_claim(&card_b, CITY_B);
	return 0;
}

static void
one_certificate_goes_the_whole_way(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	char path[32];
	(void)snprintf(path, sizeof(path), "/v1/keys/%s", CITY_A);
	assert_int_equal(ask(w.kiosk[0], p.arena, "GET", path, NULL, &p.reply), 200);
	assert_non_null(strstr((const char *)p.reply.body, "\"kid\""));
	assert_int_equal(play_order(&p, true), 200);
	assert_string_equal(
	    sql("SELECT state FROM issue_number ORDER BY issued_ms DESC LIMIT 1"), "issued");
	assert_int_equal(play_release(&p), 200);
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "released");
	assert_int_equal(play_outcome(&p, "printed", ""), 200);
	assert_string_equal(
	    sql(arena_printf(
		p.arena, "SELECT state FROM issue_number WHERE number = '%s'", play_number(&p))),
	    "valid");
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "reported");
	play_end(&p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_certificate_goes_the_whole_way, before_each),
		cmocka_unit_test_setup(a_nonce_serves_once, before_each),
		cmocka_unit_test_setup(
		    of_two_uses_of_one_nonce_at_the_same_time_exactly_one_wins, before_each),
		cmocka_unit_test_setup(
		    an_old_nonce_and_anothers_nonce_are_refused_and_burnt, before_each),
		cmocka_unit_test_setup(a_kiosk_may_hold_64_nonces_and_not_65, before_each),
		cmocka_unit_test_setup(
		    a_kiosk_that_is_cut_off_or_unknown_gets_nothing, before_each),
		cmocka_unit_test_setup(
		    a_kiosk_of_a_build_that_is_not_listed_gets_nothing, before_each),
		cmocka_unit_test_setup(
		    a_transcript_for_another_place_or_time_is_refused, before_each),
		cmocka_unit_test_setup(cards_that_are_not_good_are_refused_by_name, before_each),
		cmocka_unit_test_setup(a_doubtful_status_is_no_status, before_each),
		cmocka_unit_test_setup(
		    revocation_lists_refuse_unasked_and_stand_in_where_they_may, before_each),
		cmocka_unit_test_setup(both_generations_of_the_ca_are_served, before_each),
		cmocka_unit_test_setup(a_card_nobody_or_two_claim_is_not_registered, before_each),
		cmocka_unit_test_setup(session_bodies_out_of_form_are_bad_input, before_each),
		cmocka_unit_test_setup(
		    what_a_server_refuses_reaches_the_kiosk_by_name, before_each),
		cmocka_unit_test_setup(offers_out_of_form_never_reach_a_kiosk, before_each),
		cmocka_unit_test_setup(a_fresh_order_needs_its_own_session_and_key, before_each),
		cmocka_unit_test_setup(an_order_id_means_one_order_only, before_each),
		cmocka_unit_test_setup(the_same_order_again_gives_the_same_bytes, before_each),
		cmocka_unit_test_setup(a_session_takes_16_orders_and_not_17, before_each),
		cmocka_unit_test_setup(
		    every_flaw_of_an_answer_stops_its_city_and_no_other, before_each),
		cmocka_unit_test_setup(a_number_given_twice_stops_the_city, before_each),
		cmocka_unit_test_setup(
		    another_answer_to_an_answered_order_stops_the_city, before_each),
		cmocka_unit_test_setup(a_kiosk_cut_off_in_the_middle_gets_no_paper, before_each),
		cmocka_unit_test_setup(a_stop_holds_for_sessions_orders_and_releases, before_each),
		cmocka_unit_test_setup(
		    an_answer_that_comes_after_a_stop_is_not_handed_out, before_each),
		cmocka_unit_test_setup(
		    a_clock_set_during_an_order_makes_no_honest_answer_a_lie, before_each),
		cmocka_unit_test_setup(
		    a_release_is_for_the_answered_order_and_its_manifest, before_each),
		cmocka_unit_test_setup(an_order_is_taken_back_without_its_numbers, before_each),
		cmocka_unit_test_setup(
		    a_void_paper_is_known_at_once_and_an_outcome_told_once, before_each),
		cmocka_unit_test_setup(
		    answers_are_taken_by_the_generations_of_the_newest_directory, before_each),
		cmocka_unit_test_setup(
		    a_node_that_differs_from_all_listed_gets_no_order_and_other_cities_go_on,
		    before_each),
		cmocka_unit_test_setup(while_two_releases_are_listed_no_order_fails, before_each),
		cmocka_unit_test_setup(
		    a_node_that_is_cut_off_is_neither_asked_nor_heard, before_each),
		cmocka_unit_test_setup(a_server_of_another_name_is_not_asked, before_each),
		cmocka_unit_test_setup(an_announcement_out_of_form_is_none, before_each),
		cmocka_unit_test_setup(
		    an_answer_signed_by_an_unlisted_build_stops_its_city, before_each),
		cmocka_unit_test_setup(nodes_are_listed_by_two_and_taken_back_by_one, before_each),
		cmocka_unit_test_setup(
		    the_state_tells_stops_mismatches_refusals_nodes_and_kiosks, before_each),
		cmocka_unit_test_setup(the_state_is_told_while_the_database_is_away, before_each),
		cmocka_unit_test_setup(
		    the_page_is_for_this_machine_and_asks_for_nothing_elsewhere, before_each),
		cmocka_unit_test_setup(the_program_prints_what_a_running_center_tells, before_each),
		cmocka_unit_test_setup(
		    a_full_bulkhead_refuses_at_once_and_other_cities_go_on, before_each),
		cmocka_unit_test_setup(
		    a_server_that_is_silent_is_a_timeout_and_nothing_is_issued, before_each),
		cmocka_unit_test_setup(another_server_is_asked_when_one_is_away, before_each),
		cmocka_unit_test_setup(a_stop_survives_a_database_that_is_away, before_each),
		cmocka_unit_test_setup(
		    the_directory_follows_pushes_one_after_the_other, before_each),
		cmocka_unit_test_setup(a_directory_push_takes_500_changes_and_not_501, before_each),
		cmocka_unit_test_setup(only_its_own_server_tells_of_a_city, before_each),
		cmocka_unit_test_setup(
		    a_number_its_city_voided_is_void_whatever_the_kiosk_says, before_each),
		cmocka_unit_test_setup(
		    voids_out_of_form_or_past_their_limits_are_refused, before_each),
		cmocka_unit_test_setup(what_is_old_is_forgotten, before_each),
		cmocka_unit_test_setup(the_program_checks_serves_stops_and_resumes, before_each),
		cmocka_unit_test_setup(configurations_that_are_wrong_are_refused, before_each),
		cmocka_unit_test_setup(the_openapi_file_names_every_path_and_code, before_each),
		cmocka_unit_test_setup(a_full_house_is_told_at_the_door, before_each),
	};
	if (argc != 4)
		return 2;
	/* Used from another folder. */
	w.program = realpath(argv[2], NULL);
	w.openapi = argv[3];
	world_init(argv[1]);
	card_a = card_make(fresh_serial(), JPKI_AUTH, 2, 0);
	card_b = card_make(fresh_serial(), JPKI_AUTH, 1, 0);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	card_free(&card_a);
	card_free(&card_b);
	world_done();
	free((void *)(uintptr_t)w.program);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The center's cases, by what they are about; center_test.c runs them all in one world. */
#pragma once
#include "tests/center/center_world.h"

/* One good card of each city, in the directory before each case. */
extern struct card card_a, card_b;
uint32_t fresh_serial(void);

#define CASE(name) void name(void **state)
/* session_cases.c */
CASE(a_nonce_serves_once);
CASE(of_two_uses_of_one_nonce_at_the_same_time_exactly_one_wins);
CASE(an_old_nonce_and_anothers_nonce_are_refused_and_burnt);
CASE(a_kiosk_may_hold_64_nonces_and_not_65);
CASE(a_kiosk_that_is_cut_off_or_unknown_gets_nothing);
CASE(a_kiosk_of_a_build_that_is_not_listed_gets_nothing);
CASE(a_transcript_for_another_place_or_time_is_refused);
CASE(cards_that_are_not_good_are_refused_by_name);
CASE(a_doubtful_status_is_no_status);
CASE(revocation_lists_refuse_unasked_and_stand_in_where_they_may);
CASE(both_generations_of_the_ca_are_served);
CASE(a_card_nobody_or_two_claim_is_not_registered);
CASE(session_bodies_out_of_form_are_bad_input);
CASE(what_a_server_refuses_reaches_the_kiosk_by_name);
CASE(offers_out_of_form_never_reach_a_kiosk);
/* order_cases.c */
CASE(a_fresh_order_needs_its_own_session_and_key);
CASE(an_order_id_means_one_order_only);
CASE(the_same_order_again_gives_the_same_bytes);
CASE(a_session_takes_16_orders_and_not_17);
CASE(every_flaw_of_an_answer_stops_its_city_and_no_other);
CASE(a_number_given_twice_stops_the_city);
CASE(another_answer_to_an_answered_order_stops_the_city);
CASE(a_stop_holds_for_sessions_orders_and_releases);
CASE(a_kiosk_cut_off_in_the_middle_gets_no_paper);
CASE(an_answer_that_comes_after_a_stop_is_not_handed_out);
CASE(a_clock_set_during_an_order_makes_no_honest_answer_a_lie);
CASE(a_release_is_for_the_answered_order_and_its_manifest);
CASE(an_order_is_taken_back_without_its_numbers);
CASE(a_void_paper_is_known_at_once_and_an_outcome_told_once);
/* key_cases.c */
CASE(answers_are_taken_by_the_generations_of_the_newest_directory);
/* node_cases.c */
CASE(a_node_that_differs_from_all_listed_gets_no_order_and_other_cities_go_on);
CASE(while_two_releases_are_listed_no_order_fails);
CASE(a_node_that_is_cut_off_is_neither_asked_nor_heard);
CASE(a_server_of_another_name_is_not_asked);
CASE(an_announcement_out_of_form_is_none);
CASE(an_answer_signed_by_an_unlisted_build_stops_its_city);
CASE(nodes_are_listed_by_two_and_taken_back_by_one);
/* status_cases.c */
CASE(the_state_tells_stops_mismatches_refusals_nodes_and_kiosks);
CASE(the_state_is_told_while_the_database_is_away);
CASE(the_page_is_for_this_machine_and_asks_for_nothing_elsewhere);
CASE(the_program_prints_what_a_running_center_tells);
/* ops_cases.c */
CASE(a_full_bulkhead_refuses_at_once_and_other_cities_go_on);
CASE(a_server_that_is_silent_is_a_timeout_and_nothing_is_issued);
CASE(another_server_is_asked_when_one_is_away);
CASE(a_stop_survives_a_database_that_is_away);
CASE(the_directory_follows_pushes_one_after_the_other);
CASE(a_directory_push_takes_500_changes_and_not_501);
CASE(only_its_own_server_tells_of_a_city);
CASE(a_number_its_city_voided_is_void_whatever_the_kiosk_says);
CASE(voids_out_of_form_or_past_their_limits_are_refused);
CASE(what_is_old_is_forgotten);
CASE(the_program_checks_serves_stops_and_resumes);
CASE(configurations_that_are_wrong_are_refused);
CASE(the_openapi_file_names_every_path_and_code);
CASE(a_full_house_is_told_at_the_door);

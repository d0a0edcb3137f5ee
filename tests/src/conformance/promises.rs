//! The names of each suite's promises: the one list from which every runner generates its tests, so that no
//! runner can leave out a promise.

/// Passes the names of a suite's promises to a macro, after the given tokens: `promises!(leases => tries {
/// with this })` is `tries! { leases; with this; a_lease_is_… … }`.
#[macro_export]
macro_rules! promises {
    (leases => $then:ident { $($with:tt)* }) => { $then! { leases; $($with)*;
        a_lease_is_one_workers_until_it_runs_out
        a_lease_longer_than_any_run_counts_for_nothing
        a_connector_that_was_never_activated_is_unknown
        a_release_gives_back_and_sets_the_next_run
        a_release_keeps_a_run_asked_for_meanwhile
        a_release_makes_a_run_due_that_was_sent_in_vain
        a_last_mark_marks_and_gives_back
        a_last_mark_without_the_lease_only_marks
        a_last_mark_behind_another_workers_gives_back
        a_last_mark_keeps_a_run_asked_for_meanwhile
    } };
    (runs => $then:ident { $($with:tt)* }) => { $then! { runs; $($with)*;
        a_snapshot_is_what_was_stored
        a_seal_stores_the_part_and_moves_the_cursor
        a_heartbeats_bytes_are_kept_in_its_record
        a_taken_number_is_refused
        a_moved_watermark_is_refused
        a_number_that_leaves_a_gap_is_refused
        of_racing_sealers_exactly_one_wins
        parts_are_found_by_how_late_their_windows_end
        a_mark_counts_once_and_in_order
        a_mark_changes_nothing_else
        a_mark_tells_where_the_keys_are
        a_block_stays_until_a_mark_takes_it_away
        a_seal_carries_unblocking_and_reconcile
        a_reading_is_noted_until_someone_seals
        of_unreadable_items_one_worker_tells_and_then_nobody_for_a_while
        the_reconcile_moves_only_from_where_it_stood
        what_is_swept_only_goes_forward
        a_seal_remembers_its_source_and_a_seal_from_another_is_refused
        a_source_is_changed_only_from_where_the_cursor_stood
    } };
    (addresses => $then:ident { $($with:tt)* }) => { $then! { addresses; $($with)*;
        a_permission_is_kept_for_its_tenant_and_address
        of_two_answers_to_one_permission_one_is_kept
        a_link_is_found_by_its_token
        what_a_contact_was_notified_of_is_kept_once
        a_tenants_time_is_spent_once
        a_slow_host_is_remembered_and_forgotten
    } };
    (due => $then:ident { $($with:tt)* }) => { $then! { due; $($with)*;
        only_activated_connectors_are_listed
        a_connector_is_due_from_its_next_run_on
        of_racing_ticks_exactly_one_claims
        a_claim_of_nothing_claims_nothing
        a_claim_can_be_taken_back
        a_claim_is_not_taken_back_from_a_later_wish
        a_shard_with_many_due_is_read_page_by_page
    } };
    (connectors => $then:ident { $($with:tt)* }) => { $then! { connectors; $($with)*;
        a_connector_is_created_once
        every_setting_is_kept
        a_list_holds_one_tenants_connectors_by_id
        a_list_holds_the_connectors_of_exactly_this_tenant_whatever_it_is_called
        a_list_holds_deleted_connectors_only_if_they_are_wanted
        a_list_is_read_page_by_page
        the_history_is_read_from_the_newest_back
        a_run_can_be_asked_for_once_activated
        a_run_that_is_asked_for_does_not_wait_for_a_blocks_next_attempt
        a_run_asked_for_again_with_its_key_is_the_same_run
        a_secret_is_kept_once_and_beside_the_settings
    } };
    (changes => $then:ident { $($with:tt)* }) => { $then! { changes; $($with)*;
        a_stale_change_is_refused
        a_second_activation_stores_nothing
        a_change_asked_for_again_is_stored_once
        of_racing_changes_exactly_one_is_stored
        the_changes_are_read_from_the_newest_back
    } };
    (claims => $then:ident { $($with:tt)* }) => { $then! { claims; $($with)*;
        a_role_serves_one_tenant
        a_role_serves_exactly_this_tenant_whatever_it_is_called
        what_was_only_named_is_not_claimed
        a_refused_destination_is_given_back
        a_tenants_connectors_share_a_role_until_the_last_has_left
        a_folder_serves_one_connector
        a_move_gives_back_what_it_leaves
        a_disabled_connector_keeps_its_claims_and_a_deleted_one_does_not
        a_refused_change_claims_nothing
        a_taken_id_is_told_before_a_taken_place
        of_racing_creators_in_one_place_exactly_one_wins
        of_racing_tenants_exactly_one_gets_a_role
        racing_neighbours_are_all_let_in
        a_place_that_is_left_goes_to_one_of_those_who_want_it
    } };
    (budgets => $then:ident { $($with:tt)* }) => { $then! { budgets; $($with)*;
        a_limit_is_kept_until_its_period_is_over
        an_amount_is_granted_whole_or_not_at_all
        a_changed_limit_holds_at_once
        each_count_is_its_own
        of_many_at_once_the_limit_is_granted
        no_interleaving_exceeds_a_limit
        a_change_is_spent_for_only_if_it_is_stored
        a_change_that_needs_two_budgets_spends_both_or_none
        connectors_are_counted_as_they_come_and_go
        a_taken_id_is_told_before_a_used_up_budget
        of_racing_creators_the_limit_is_let_in
        a_run_is_spent_for_once_with_its_key
    } };
    (watch => $then:ident { $($with:tt)* }) => { $then! { watch; $($with)*;
        settings_and_cursor_are_seen_together
        the_oldest_part_that_waits_tells_since_when
        a_disabled_one_is_seen_without_its_cursor
        everyone_is_seen_once_over_all_pages
        of_racing_ticks_exactly_one_keeps_its_place
        its_place_is_in_no_list
        of_racing_ticks_exactly_one_tells
        nothing_is_remembered_of_who_exports_nothing
    } };
    (staging => $then:ident { $($with:tt)* }) => { $then! { staging; $($with)*;
        small_objects_read_back
        large_objects_read_back
        an_unfinished_object_is_not_there
        objects_written_side_by_side_stay_apart
        a_missing_object_is_an_error_that_does_not_pass
        what_is_staged_is_listed_in_order_behind_a_key
    } };
    (customers => $then:ident { $($with:tt)* }) => { $then! { customers; $($with)*;
        an_object_is_written_once
        of_racing_puts_exactly_one_writes
        a_streamed_object_arrives_whole
        bytes_of_another_hash_are_rejected
        a_session_serves_more_than_one_put
        a_wrong_external_id_is_denied
        both_external_ids_are_tried_during_a_rotation
        a_missing_role_is_denied
        a_bucket_that_is_gone_is_told_so
        a_strangers_bucket_is_denied
        a_bucket_of_another_region_is_told_so
        nothing_is_written_outside_the_prefix
        a_role_for_another_prefix_is_denied
        an_empty_prefix_is_the_top_of_the_bucket
    } };
    (bus => $then:ident { $($with:tt)* }) => { $then! { bus; $($with)*;
        a_notice_is_told_once_for_each_call_and_in_their_order
        notices_told_side_by_side_are_each_told_once
        a_denied_notice_is_an_error_and_is_not_told
        a_bus_that_keeps_refusing_is_a_passing_failure
        a_notice_that_was_refused_in_passing_is_told_once
        a_lost_answer_is_told_again_under_the_same_id
        a_notice_too_large_for_the_bus_is_a_bug
    } };
    (queue => $then:ident { $($with:tt)* }) => { $then! { queue; $($with)*;
        each_connector_of_a_batch_is_sent_once_and_in_order
        a_connector_named_twice_is_sent_twice
        a_batch_waits_as_long_as_it_was_told
        a_batch_of_none_sends_nothing_and_one_too_large_is_a_bug
        the_refused_come_back_by_name_and_the_others_are_sent
        a_batch_of_which_all_failed_comes_back_whole
        a_queue_that_refuses_everything_is_an_error_by_its_kind
        a_batch_that_was_refused_in_passing_is_sent_once
        a_lost_answer_loses_nobody
        batches_sent_side_by_side_stay_apart
    } };
    (clock => $then:ident { $($with:tt)* }) => { $then! { clock; $($with)*;
        time_does_not_run_backwards
        a_sleep_takes_as_long_as_it_was_asked_to
        a_sleep_of_nothing_ends
        sleepers_share_their_time
    } };
    (randomness => $then:ident { $($with:tt)* }) => { $then! { randomness; $($with)*;
        every_bit_is_as_often_set_as_not
        no_number_comes_twice
        no_two_who_draw_at_once_get_the_same
        no_two_workers_have_the_same_id
    } };
    (prober => $then:ident { $($with:tt)* }) => { $then! { prober; $($with)*;
        a_trust_policy_shows_whom_it_lets_in
        a_session_names_its_account
        a_buckets_region_is_told_to_whoever_asks
        a_bucket_that_is_gone_is_told_so
        a_probe_is_written_under_the_prefix
        a_wrong_checksum_tells_what_a_role_may_and_writes_nothing
    } };
}

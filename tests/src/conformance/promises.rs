//! The names of each suite's promises: the one list from which every runner generates its tests, so that no
//! runner can leave out a promise.

/// Passes the names of a suite's promises to a macro, after the given tokens: `promises!(leases => tries {
/// with this })` is `tries! { leases; with this; a_lease_is_… … }`.
#[macro_export]
macro_rules! promises {
    (leases => $then:ident { $($with:tt)* }) => { $then! { leases; $($with)*;
        a_lease_is_one_workers_until_it_runs_out
        a_lease_longer_than_any_run_is_ignored
        a_connector_that_was_never_activated_is_unknown
        a_release_frees_the_lease_and_sets_the_next_run
        a_release_keeps_a_run_requested_in_the_meantime
        a_release_makes_a_run_due_that_was_sent_in_vain
        a_last_mark_marks_and_releases
        a_last_mark_without_the_lease_only_marks
        a_last_mark_after_another_workers_releases
        a_last_mark_keeps_a_run_requested_in_the_meantime
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
        a_mark_records_the_published_keys
        a_block_stays_until_a_mark_takes_it_away
        a_seal_carries_unblocking_and_reconcile
        read_progress_is_recorded_until_someone_seals
        one_worker_publishes_unreadable_items_and_then_nobody_for_a_while
        the_reconcile_moves_only_from_where_it_stood
        the_sweep_progress_only_advances
        a_seal_remembers_its_source_and_a_seal_from_another_is_refused
        a_source_is_changed_only_from_where_the_cursor_stood
    } };
    (addresses => $then:ident { $($with:tt)* }) => { $then! { addresses; $($with)*;
        a_consent_is_stored_per_tenant_and_address
        of_two_answers_to_one_consent_one_is_stored
        a_link_is_found_by_its_token
        a_notification_history_is_stored_once
        a_tenants_time_is_spent_once
        a_slow_host_is_stored_and_removed
    } };
    (due => $then:ident { $($with:tt)* }) => { $then! { due; $($with)*;
        only_activated_connectors_are_listed
        a_connector_is_due_from_its_next_run_on
        of_racing_ticks_exactly_one_claims
        a_claim_of_nothing_claims_nothing
        a_claim_can_be_released
        a_claim_is_not_released_after_a_later_run_request
        a_shard_with_many_due_is_read_page_by_page
    } };
    (connectors => $then:ident { $($with:tt)* }) => { $then! { connectors; $($with)*;
        a_connector_is_created_once
        every_setting_is_kept
        a_list_has_one_tenants_connectors_by_id
        a_list_has_the_connectors_of_exactly_this_tenant_whatever_it_is_called
        a_list_has_deleted_connectors_only_on_request
        a_list_is_read_page_by_page
        a_scan_has_every_connector_once
        the_progress_of_many_is_that_of_each
        the_history_is_read_from_the_newest_back
        a_run_can_be_requested_once_activated
        a_requested_run_does_not_wait_for_a_blocks_next_attempt
        a_run_requested_again_with_its_key_is_the_same_run
        a_secret_is_stored_once_and_outside_the_settings
    } };
    (changes => $then:ident { $($with:tt)* }) => { $then! { changes; $($with)*;
        a_stale_change_is_refused
        a_second_activation_stores_nothing
        a_retried_change_is_stored_once
        of_racing_changes_exactly_one_is_stored
        the_changes_are_read_from_the_newest_back
    } };
    (claims => $then:ident { $($with:tt)* }) => { $then! { claims; $($with)*;
        a_role_serves_one_tenant
        a_role_serves_exactly_this_tenant_whatever_it_is_called
        what_was_only_named_is_not_claimed
        a_refused_destination_is_released
        a_tenants_connectors_share_a_role_until_the_last_has_left
        a_folder_serves_one_connector
        what_another_owns_is_known_before_it_is_claimed
        a_move_releases_the_old_destination
        a_disabled_connector_keeps_its_claims_and_a_deleted_one_does_not
        a_refused_change_claims_nothing
        an_existing_id_is_reported_before_a_claimed_destination
        of_racing_creators_in_one_bucket_exactly_one_wins
        of_racing_tenants_exactly_one_gets_a_role
        racing_neighbors_are_all_accepted
        a_released_folder_goes_to_one_of_its_claimants
    } };
    (budgets => $then:ident { $($with:tt)* }) => { $then! { budgets; $($with)*;
        a_limit_is_kept_until_its_period_is_over
        an_amount_is_granted_whole_or_not_at_all
        a_changed_limit_applies_at_once
        each_counter_is_separate
        of_many_at_once_the_limit_is_granted
        no_interleaving_exceeds_a_limit
        a_change_uses_its_budget_only_if_it_is_stored
        a_change_that_needs_two_budgets_uses_both_or_none
        connectors_are_counted_on_creation_and_deletion
        an_existing_id_is_reported_before_an_exhausted_budget
        racing_creators_get_exactly_the_limit
        a_run_uses_its_budget_once_per_key
    } };
    (watch => $then:ident { $($with:tt)* }) => { $then! { watch; $($with)*;
        settings_and_cursor_are_seen_together
        the_oldest_waiting_part_gives_the_time
        a_disabled_one_is_seen_without_its_cursor
        everyone_is_seen_once_over_all_pages
        of_racing_ticks_exactly_one_stores_its_sweep_cursor
        the_sweep_cursor_is_in_no_list
        of_racing_ticks_exactly_one_stores_the_notification_state
        no_notification_state_is_stored_without_a_cursor
    } };
    (portal_links => $then:ident { $($with:tt)* }) => { $then! { portal_links; $($with)*;
        a_link_is_stored_with_its_session
        of_two_who_redeem_one_link_one_gets_a_session
        a_transition_of_a_former_version_is_refused
        a_link_is_created_once_and_pays_once
        an_exhausted_budget_stores_no_link
        of_many_hand_overs_at_once_the_limit_is_stored
        a_list_has_the_links_of_exactly_its_scope_newest_first
        a_list_is_read_page_by_page
        a_list_shows_a_revocation_at_once
        a_visit_is_recorded_once
        visits_are_in_no_list_of_links
    } };
    (explorations => $then:ident { $($with:tt)* }) => { $then! { explorations; $($with)*;
        an_exploration_is_stored_changed_and_deleted
        a_change_of_a_former_version_is_refused
        of_two_who_change_one_exploration_one_is_asked_to_look_again
        an_exploration_is_created_once_and_pays_once
        another_exploration_with_an_id_stores_nothing
        of_many_saved_at_once_the_limit_is_stored
        a_deletion_frees_its_place_once
        an_exhausted_budget_stores_no_exploration
        a_list_has_exactly_the_explorations_of_its_tenant
    } };
    (searches => $then:ident { $($with:tt)* }) => { $then! { searches; $($with)*;
        a_search_is_recorded_once_in_an_hour
        the_searches_are_those_of_exactly_this_tenant
        searches_are_read_page_by_page_from_the_newest_hour_back
    } };
    (downloads => $then:ident { $($with:tt)* }) => { $then! { downloads; $($with)*;
        a_download_is_stored_in_each_of_its_states
        of_racing_workers_exactly_one_builds_a_download
        a_worker_that_was_too_slow_finishes_nothing
        a_download_is_created_once
        downloads_are_listed_newest_first_and_apart_from_the_rest
    } };
    (mappings => $then:ident { $($with:tt)* }) => { $then! { mappings; $($with)*;
        of_racing_guesses_one_counts_for_all
        what_a_person_sets_is_never_replaced_by_a_guess
        of_two_who_set_a_mapping_one_is_asked_to_look_again
        a_mapping_is_no_part_of_its_connector
    } };
    (checks => $then:ident { $($with:tt)* }) => { $then! { checks; $($with)*;
        a_check_is_followed_step_by_step
        a_late_step_never_replaces_a_later_one
        an_older_check_never_overwrites_a_newer_one
        of_racing_checks_the_newest_is_kept
    } };
    (reader => $then:ident { $($with:tt)* }) => { $then! { reader; $($with)*;
        objects_are_read_whole_and_by_ranges
        an_index_is_replaced_as_a_whole_and_listed_once
        a_session_is_for_one_connector_and_stores_no_part
        a_download_has_a_url_and_a_plain_name
        a_session_reads_one_tenants_partitions
    } };
    (staging => $then:ident { $($with:tt)* }) => { $then! { staging; $($with)*;
        small_objects_read_back
        large_objects_read_back
        an_unfinished_object_is_not_there
        objects_written_side_by_side_stay_apart
        a_missing_object_is_a_permanent_error
        staged_objects_are_listed_in_order_after_a_key
    } };
    (logo => $then:ident { $($with:tt)* }) => { $then! { logo; $($with)*;
        a_logo_is_stored_replaced_and_removed
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
        a_missing_bucket_is_gone
        a_strangers_bucket_is_denied
        a_bucket_in_another_region_is_moved
        nothing_is_written_outside_the_prefix
        a_role_for_another_prefix_is_denied
        an_empty_prefix_is_the_bucket_root
    } };
    (bus => $then:ident { $($with:tt)* }) => { $then! { bus; $($with)*;
        a_notice_is_published_once_per_call_and_in_order
        a_notice_about_a_link_is_published_once_per_call
        concurrent_notices_are_each_published_once
        a_denied_notice_is_an_error_and_is_not_published
        a_bus_that_keeps_failing_is_a_transient_error
        a_notice_is_published_once_after_a_transient_error
        a_lost_response_is_published_again_under_the_same_id
        a_notice_too_large_for_the_bus_is_a_bug
    } };
    (queue => $then:ident { $($with:tt)* }) => { $then! { queue; $($with)*;
        each_connector_of_a_batch_is_sent_once_and_in_order
        a_connector_named_twice_is_sent_twice
        a_batch_waits_for_its_delay
        an_empty_batch_sends_nothing_and_one_too_large_is_a_bug
        rejected_connectors_are_returned_and_the_others_are_sent
        a_batch_with_only_failed_entries_is_returned_whole
        a_queue_that_rejects_everything_is_an_error_by_its_kind
        a_batch_is_sent_once_after_a_transient_error
        a_lost_response_loses_nobody
        batches_sent_side_by_side_stay_apart
    } };
    (clock => $then:ident { $($with:tt)* }) => { $then! { clock; $($with)*;
        time_does_not_run_backwards
        a_sleep_takes_at_least_its_duration
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
        a_trust_policy_shows_whom_it_trusts
        a_session_names_its_account
        a_buckets_region_is_returned_without_access
        a_missing_bucket_is_gone
        a_probe_is_written_under_the_prefix
        a_wrong_checksum_shows_the_roles_permissions_and_writes_nothing
    } };
}

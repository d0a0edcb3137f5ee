//! Each broken protocol is caught, by the promise that it breaks.

use model::explore::{explore_for, trace};
use model::machine::Machine;
use model::promises::Promise;
use model::setup::Setup;
use model::setups;
use model::variant::Variant;

fn breaks(variant: Variant, setup: &Setup, promise: Promise) {
    let found = explore_for(Machine::broken(setup.clone(), variant), 1, promise);
    let promises: Vec<&str> = found.broken.iter().map(|(promise, _)| promise.name()).collect();
    println!("{variant:?} in {}: {promises:?} after {} states", setup.name, found.unique);
    for (_, path) in &found.broken {
        println!("{}", trace(&Machine::broken(setup.clone(), variant), path));
    }
    assert!(
        found.broken.iter().any(|(broken, _)| *broken == promise),
        "{variant:?} breaks {promises:?}, not {} in {} states",
        promise.name(),
        found.unique
    );
}

macro_rules! broken {
    ($($test:ident: $variant:ident in $setup:expr => $promise:ident;)*) => {
        $(#[test]
        fn $test() {
            breaks(Variant::$variant, &$setup, Promise::$promise);
        })*
    };
}

broken! {
    without_a_look_back_late_events_are_lost: DoesNotLookBack in setups::edge() => NoLoss;
    a_look_back_that_begins_a_millisecond_late_loses_events: LooksBackExclusively in setups::edge() => NoLoss;
    without_dropping_sealed_events_they_are_duplicated: DropsNothing in setups::edge() => NoDouble;
    a_window_read_before_it_has_settled_loses_events: DoesNotSettle in setups::unsettled() => NoLoss;
    trusting_a_clock_that_is_ahead_loses_events: IgnoresTheDate in setups::skew() => NoLoss;
    including_the_end_of_a_span_breaks_the_boundary: IncludesTheEnd in setups::edge() => GapFree;
    a_seal_that_ignores_the_number_loses_events: SealsAnyNumber in setups::late_pieces() => NoLoss;
    trusting_the_lease_loses_events: TrustsTheLease in setups::leases() => NoLoss;
    a_watermark_that_moves_first_leaves_a_gap: MovesTheWatermarkFirst in setups::one_fault() => GapFree;
    a_staged_part_sealed_again_after_a_lost_race_is_duplicated:
        SealsAgainWhatItHas in setups::race() => NoDouble;
    a_lost_seal_counted_as_failed_duplicates_the_part:
        TakesLostSealForFailed in setups::one_fault() => NoDouble;
    a_lost_seal_counted_as_done_loses_the_part: TakesLostSealForDone in setups::one_fault() => NoLoss;
    a_body_rebuilt_at_delivery_differs: RebuildsTheBody in setups::bucket() => NoLoss;
    a_conflict_counted_as_exists_loses_the_object: TakesConflictForExists in setups::one_fault() => NoLoss;
    a_lost_write_counted_as_done_loses_the_object: TakesLostWriteForDone in setups::one_fault() => NoLoss;
    a_part_marked_before_it_is_written_is_lost: MarksFirst in setups::one_fault() => NoLoss;
    a_manifest_put_before_its_bytes_can_name_a_missing_object:
        PutsManifestFirst in setups::one_fault() => OneChain;
    a_manifest_signed_again_at_a_retry_is_a_second_one: SignsAgain in setups::one_fault() => OneChain;
    parts_delivered_newest_first_leave_a_gap: DeliversNewestFirst in setups::one_fault() => GapFree;
    a_read_out_of_time_counted_as_empty_is_not_quiet: TakesCutForQuiet in setups::quiet() => QuietMeansQuiet;
    a_failed_page_counted_as_the_last_is_not_quiet:
        TakesFailedPageForEnd in setups::quiet() => QuietMeansQuiet;
    progress_used_for_another_window_end_loses_events:
        ReadsOnForAnyEnd in setups::two_run_requests() => NoLoss;
    a_reconcile_without_key_lists_duplicates_events:
        ReconcilesWithoutLists in setups::reconcile() => NoDouble;
    forgotten_out_of_order_keys_are_duplicated:
        ForgetsOutOfOrderKeys in setups::out_of_order_keys() => NoDouble;
    without_the_reconcile_events_days_late_are_missing:
        NeverReconciles in setups::reconcile() => LateIsAdditive;
    accepting_another_tenants_item_breaks_isolation: AcceptsForeignItems in setups::tenants() => Isolation;
    a_bucket_kept_open_breaks_isolation: KeepsTheBucketOpen in setups::tenants() => Isolation;
    a_blocked_connector_that_is_never_due_again_is_not_live:
        GivesUpWhenBlocked in setups::bucket() => Liveness;
}

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
    a_look_back_that_begins_a_millisecond_late_loses: LooksBackExclusively in setups::edge() => NoLoss;
    without_dropping_what_is_sealed_events_are_doubled: DropsNothing in setups::edge() => NoDouble;
    a_window_that_has_not_settled_loses: DoesNotSettle in setups::unsettled() => NoLoss;
    a_clock_that_runs_ahead_is_not_believed: IgnoresTheDate in setups::skew() => NoLoss;
    an_end_that_is_read_with_the_span_breaks_the_edge: IncludesTheEnd in setups::edge() => GapFree;
    a_seal_without_the_number_loses: SealsAnyNumber in setups::late_pieces() => NoLoss;
    a_lease_is_no_safety: TrustsTheLease in setups::leases() => NoLoss;
    a_watermark_that_moves_first_leaves_a_gap: MovesTheWatermarkFirst in setups::one_fault() => GapFree;
    a_draft_sealed_again_after_a_lost_race_is_doubled: SealsAgainWhatItHas in setups::race() => NoDouble;
    a_lost_seal_taken_for_failed_is_doubled: TakesLostSealForFailed in setups::one_fault() => NoDouble;
    a_lost_seal_taken_for_done_is_lost: TakesLostSealForDone in setups::one_fault() => NoLoss;
    a_body_rebuilt_at_its_delivery_is_another: RebuildsTheBody in setups::bucket() => NoLoss;
    a_conflict_is_not_there_already: TakesConflictForExists in setups::one_fault() => NoLoss;
    a_write_whose_answer_was_lost_may_not_be_there: TakesLostWriteForDone in setups::one_fault() => NoLoss;
    a_part_marked_before_it_is_written_is_lost: MarksFirst in setups::one_fault() => NoLoss;
    a_note_that_is_put_before_its_parts_bytes_may_lie: PutsManifestFirst in setups::one_fault() => OneChain;
    a_note_that_is_signed_anew_at_a_retry_is_a_second_story: SignsAgain in setups::one_fault() => OneChain;
    parts_delivered_newest_first_leave_a_gap: DeliversNewestFirst in setups::one_fault() => GapFree;
    a_read_that_was_cut_is_not_quiet: TakesCutForQuiet in setups::quiet() => QuietMeansQuiet;
    a_page_that_failed_is_not_the_last: TakesFailedPageForEnd in setups::quiet() => QuietMeansQuiet;
    what_is_read_for_one_end_counts_for_no_other: ReadsOnForAnyEnd in setups::two_run_requests() => NoLoss;
    a_reconcile_without_lists_doubles: ReconcilesWithoutLists in setups::reconcile() => NoDouble;
    strays_that_are_forgotten_are_doubled: ForgetsOutOfOrderKeys in setups::out_of_order_keys() => NoDouble;
    what_came_days_late_is_found_by_the_reconcile_alone: NeverReconciles in setups::reconcile() => LateIsAdditive;
    another_tenants_item_must_not_be_taken: AcceptsForeignItems in setups::tenants() => Isolation;
    a_bucket_is_opened_for_one_connector: KeepsTheBucketOpen in setups::tenants() => Isolation;
    a_blocked_connector_must_be_due_again: GivesUpWhenBlocked in setups::bucket() => Liveness;
}

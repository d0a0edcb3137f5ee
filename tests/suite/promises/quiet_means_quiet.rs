//! Quiet means quiet: a heartbeat is only written after a complete read of its window found nothing new.

use archive::frequency::next_expected_by;
use archive::part::PartKind;
use protocol::machine::Outcome;
use serde_json::Value;
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::at;

use super::world::World;

super::on_both_backends! {
    a_quiet_window_has_a_heartbeat_that_says_what_it_covers
    a_page_that_fails_is_not_quiet
    already_sealed_events_do_not_break_the_quiet
}

async fn a_quiet_window_has_a_heartbeat_that_says_what_it_covers(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.run_until(&connector, at("2023-07-10T14:06:00Z")).await;
    let files = world.files(&connector);
    assert_eq!(world.verdict(&connector).heartbeats, 3);
    for file in files {
        let beat: Value = serde_json::from_str(&file.events[0]).unwrap();
        assert_eq!(beat["window"]["from"], file.window.from.to_string());
        assert_eq!(beat["window"]["to"], file.window.to.to_string());
        assert_eq!(
            (beat["part"].as_u64(), &beat["connector"]),
            (Some(file.number), &connector.id.to_string().into())
        );
        let next: archive::time::Time = beat["next_expected_by"].as_str().unwrap().parse().unwrap();
        assert!(next > file.window.to + std::time::Duration::from_secs(3600));
        // The verifier computes the same instant from the manifest's fields.
        let sealed: archive::time::Time = beat["time"].as_str().unwrap().parse().unwrap();
        assert_eq!(next, next_expected_by(file.window.to, sealed, connector.frequency));
    }
    assert_eq!(world.bus.distinct_kinds(), ["ExportHeartbeat"; 3]);
}

/// Whichever page of the read fails, nothing is sealed; the next run finds the page's events.
async fn a_page_that_fails_is_not_quiet(world: World) {
    for nth in 1.. {
        let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
        world.write(&connector, at("2023-07-10T11:59:00Z"), "the only one").await;
        world.advance_to(at("2023-07-10T12:05:00Z")).await;
        let plan = FaultPlan::none().inject("next_page", nth, InjectedFault::Fail);
        let outcome = world.run_with(&connector, &plan).await.unwrap();
        if plan.count("next_page") < nth {
            assert!(nth > 1);
            return;
        }
        assert!(matches!(outcome, Outcome::Failed { .. }), "page {nth}: {outcome:?}");
        assert_eq!(world.backend().parts(&connector).await, [], "page {nth}");
        world.run_until(&connector, at("2023-07-10T12:30:00Z")).await;
        let verdict = world.verdict(&connector);
        verdict.assert_clean();
        assert_eq!((verdict.delivered, verdict.heartbeats), (1, 0), "page {nth}");
    }
}

/// The look-back reads events that are already sealed; they are not new.
async fn already_sealed_events_do_not_break_the_quiet(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write(&connector, at("2023-07-10T11:59:59.999Z"), "seen").await;
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    let kinds: Vec<PartKind> = world.backend().parts(&connector).await.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [PartKind::Regular, PartKind::Heartbeat]);
    world.verdict(&connector).assert_clean();
}

//! A worker whose clock differs from the `Date` header of the ledger's answers decides nothing, and stops no
//! worker whose clock is right.

use std::sync::Arc;
use std::time::Duration;

use ports::Clock as _;
use protocol::cursor::Cursor;
use protocol::machine::{InternalErrorKind, Outcome};
use tests::fault_injection::FaultPlan;
use tests::fixtures::at;

use super::{around_noon, on_stand_ins};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_worker_whose_clock_is_five_minutes_off_seals_and_delivers_nothing() {
    for ahead_ms in [-300_000, 300_000] {
        let world = on_stand_ins().await;
        let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
        world.write_real(&connector, around_noon(4)).await;
        let now = at("2023-07-10T12:10:00Z");
        world.advance_to(now).await;
        let before = world.cursor(&connector).await;

        let mut wrong = world.exporter(&FaultPlan::none());
        let clock = world.clock.skewed(ahead_ms);
        let deadline = clock.now() + 15 * MINUTE;
        wrong.ports.clock = Arc::new(clock);
        let outcome = exporter::export(&wrong, &connector.id, deadline).await;

        let Outcome::Failed { error, summary } = outcome else { panic!("{ahead_ms} ms: {outcome:?}") };
        assert_eq!(error.kind, InternalErrorKind::ClockSkew);
        assert!(error.detail.contains("the worker's clock says"), "{}", error.detail);
        assert_eq!((summary.sealed, summary.delivered), (0, 0));
        assert_eq!(world.backend().parts(&connector).await, []);
        assert_eq!(world.backend().objects(&connector), []);
        let after = world.cursor(&connector).await;
        assert_eq!(after, Cursor { next_run_at: after.next_run_at, ..before }, "it has decided nothing");
        assert!(
            (now..now + 3 * MINUTE).contains(&after.next_run_at),
            "soon by the ledger's clock, not by its own"
        );

        world.run_until(&connector, at("2023-07-10T12:30:00Z")).await;
        assert_eq!(world.verdict(&connector).delivered, 2, "a right clock continues");
    }
}

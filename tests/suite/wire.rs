//! The whole deployment on a bad wire, in short: `cargo bench -p tests --bench wire` is the long form.

#[path = "../wire/rounds.rs"]
mod rounds;
#[path = "../wire/world.rs"]
pub(crate) mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use rounds::{Round, RoundStats};
use tests::proxy::{Fault, Service};

#[tokio::test]
async fn whatever_the_wire_does_every_event_arrives_once() {
    let tick = Duration::from_mins(20);
    let round = Round { seed: 1, menu: &Fault::QUICK, tenants: 12, events_each: 24, tick };
    let mut stats = RoundStats::default();
    stats.add(RoundStats::of(round).await);
    assert_eq!((stats.lost, stats.double, stats.foreign), (0, 0, 0), "(lost, double, foreign)");
    assert_eq!((stats.rounds, stats.buckets, stats.delivered), (1, 12, 12 * 24));
    let (mut by_kind, mut by_service) = (BTreeMap::new(), BTreeMap::<Service, u64>::new());
    for ((service, fault), count) in &stats.met {
        *by_kind.entry(*fault).or_insert(0) += count;
        *by_service.entry(*service).or_default() += count;
    }
    for fault in Fault::QUICK {
        assert!(by_kind[&fault] > 0, "never occurred: {fault}; {:?}", stats.met);
    }
    assert!(by_service.values().all(|count| *count >= 3), "{by_service:?}");
}

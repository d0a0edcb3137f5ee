//! The key lists that a build merges with the table. Each is open only while the merge is inside it, and one
//! list contains every out-of-order key. So neither memory nor requests grow with the number of parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use archive::key_list::KeyListReader;
use archive::part::{Content, PartNumber};
use archive::time::Time;
use exporter::export;
use futures_util::StreamExt as _;
use ports::Clock as _;
use protocol::connector::Connector;
use protocol::machine::Outcome;
use tests::delegate_port;
use tests::fakes::{FakeClock, FakeStaging};
use tests::fault_injection::FaultPlan;
use tests::fixtures::at;

use crate::promises::{Fakes, World};

/// A staging bucket that counts its readers.
#[derive(Clone)]
struct CountingStaging {
    bucket: FakeStaging,
    count: Arc<ReaderCounts>,
}

#[derive(Default)]
struct ReaderCounts {
    open: AtomicUsize,
    peak: AtomicUsize,
    total: AtomicUsize,
}

struct ReaderGuard(Arc<ReaderCounts>);

impl ReaderGuard {
    fn new(count: &Arc<ReaderCounts>) -> Self {
        count.total.fetch_add(1, Ordering::Relaxed);
        let open = count.open.fetch_add(1, Ordering::Relaxed) + 1;
        count.peak.fetch_max(open, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for ReaderGuard {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

delegate_port!(Staging, CountingStaging, |it| it.bucket, |_name, call| match method {
    read => {
        let (bytes, reader) = (call.await?, ReaderGuard::new(&it.count));
        Ok(Box::pin(bytes.map(move |bytes| {
            let ReaderGuard(_) = &reader;
            bytes
        })))
    }
    _ => call.await,
});

impl CountingStaging {
    fn of(fakes: &Fakes) -> Self {
        Self { bucket: fakes.staging.clone(), count: Arc::default() }
    }

    /// The peak of concurrently open readers, and their total, since the last call.
    fn readers(&self) -> (usize, usize) {
        (self.count.peak.swap(0, Ordering::Relaxed), self.count.total.swap(0, Ordering::Relaxed))
    }

    /// All runs that fall due up to `end`.
    async fn run_until(&self, world: &World, connector: &Connector, end: Time) {
        loop {
            let due = world.cursor(connector).await.next_run_at.max(world.clock.now());
            if due > end {
                world.advance_to(end).await;
                return;
            }
            world.advance_to(due).await;
            let mut exporter = world.exporter(&FaultPlan::none());
            exporter.ports.staging = Arc::new(self.clone());
            let outcome = export(&exporter, &connector.id, due + Duration::from_mins(15)).await;
            assert!(matches!(outcome, Outcome::Completed(_)), "{outcome:?}");
        }
    }

    /// The number of keys in a part's list.
    fn key_count(&self, fakes: &Fakes, connector: &Connector, number: PartNumber) -> usize {
        let part = fakes.ledger.parts(&connector.id).into_iter().find(|part| part.number == number).unwrap();
        let Content::Staged { keys, .. } = part.content else { panic!("a staged part") };
        let mut reader = KeyListReader::new().unwrap();
        reader.feed(&self.bucket.object(&keys).unwrap()).unwrap();
        let listed: Vec<_> = std::iter::from_fn(|| reader.next_key()).collect();
        reader.finish().unwrap();
        assert!(listed.is_sorted());
        listed.len()
    }
}

/// The reconcile reads a day of 300 parts again, a late event among them and out-of-order keys after them: a
/// few lists are open at a time, not 300.
#[tokio::test]
async fn of_the_lists_of_300_parts_a_few_are_open_at_a_time() {
    let fakes = Fakes::new();
    let staging = CountingStaging::of(&fakes);
    let start = at("2023-07-10T00:00:00Z");
    let world = World::on(&fakes).with_clock(FakeClock::at(start)).with_parts_of(1);
    let connector = world.activate(start, |connector| connector.frequency = "24".parse().unwrap()).await;
    for n in 0..300u32 {
        world.write(&connector, start + Duration::from_secs(60 + 280 * u64::from(n)), &n.to_string()).await;
    }
    world.store_unexpected(&connector, "PROFILE").await;
    let late = start + Duration::from_secs(60 + 280 * 150 + 7);
    world.write_visible(&connector, late, "late", at("2023-07-11T12:00:00Z")).await;
    staging.run_until(&world, &connector, at("2023-07-11T11:00:00Z")).await;
    assert!(fakes.ledger.parts(&connector.id).len() >= 300);
    staging.readers();

    staging.run_until(&world, &connector, at("2023-07-13T12:00:00Z")).await;
    let (peak, total) = staging.readers();
    assert!(peak <= 4, "{peak} readers at once");
    assert!(total > 280, "two days later the reconcile reads all of the day but its first hour: {total}");
    let verdict = world.verdict(&connector);
    assert_eq!((verdict.delivered, verdict.unreadable), (301, 1));
    assert_eq!((verdict.missing.len(), verdict.duplicates.len()), (0, 0));
}

/// An out-of-order key is exported once, though only a key list knows it. There is always one list to read,
/// however often such keys appear.
#[tokio::test]
async fn one_list_contains_every_out_of_order_key_and_each_is_exported_once() {
    let fakes = Fakes::new();
    let staging = CountingStaging::of(&fakes);
    let start = at("2023-07-10T11:30:00Z");
    let world = World::on(&fakes).with_parts_of(2);
    let connector = world.activate(start, |connector| connector.frequency = "24".parse().unwrap()).await;
    let mut expected = 0;
    // In random order, and more at a time than fit in a part.
    for (day, keys) in [vec!["PROFILE", "zebra", "x", "META", "AAA"], vec!["M"], vec![], vec!["A", "zz"]]
        .into_iter()
        .enumerate()
    {
        for key in &keys {
            world.store_unexpected(&connector, key).await;
        }
        expected += keys.len();
        staging.readers();
        let end = at("2023-07-12T14:00:00Z") + Duration::from_hours(24 * day as u64);
        staging.run_until(&world, &connector, end).await;
        assert_eq!(world.verdict(&connector).unreadable, expected);
        let newest = world.cursor(&connector).await.reconcile.out_of_order_in.unwrap();
        assert_eq!(staging.key_count(&fakes, &connector, newest), expected, "on day {day}");
        let (peak, _) = staging.readers();
        assert!(peak <= 3, "{peak} readers at once");
    }
    staging.run_until(&world, &connector, at("2023-07-30T14:00:00Z")).await;
    assert_eq!(world.verdict(&connector).unreadable, expected);
}

/// A bit of a list flips at rest or in transit. The export stops and fails, since it would otherwise repeat
/// the events whose keys the list lost. With the intact list it continues.
#[tokio::test]
async fn a_damaged_list_stops_the_export_and_doubles_nothing() {
    let (mut stopped, mut bit) = (0, 0);
    loop {
        let fakes = Fakes::new();
        let world = World::on(&fakes);
        let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
        for n in 0..6 {
            world
                .write(&connector, at("2023-07-10T11:50:00Z") + Duration::from_mins(3 * n), &n.to_string())
                .await;
        }
        world.run_until(&connector, at("2023-07-10T12:06:00Z")).await;
        let part = fakes.ledger.parts(&connector.id).remove(0);
        let Content::Staged { keys, .. } = part.content else { panic!("a staged part") };
        let sound = fakes.staging.object(&keys).unwrap();
        let mut damaged = sound.to_vec();
        let Some(byte) = damaged.get_mut(bit / 8) else { break };
        *byte ^= 1 << (bit % 8);
        fakes.staging.corrupt(&keys, damaged.into());

        world.advance_to(at("2023-07-10T13:06:00Z")).await;
        let outcome = world.run(&connector).await;
        stopped += usize::from(matches!(outcome, Outcome::Failed { .. }));
        fakes.staging.corrupt(&keys, sound);
        world.run_until(&connector, at("2023-07-10T14:30:00Z")).await;
        let verdict = world.verdict(&connector);
        verdict.assert_clean();
        assert_eq!(verdict.delivered, 6, "bit {bit}: {outcome:?}");
        bit += 3;
    }
    assert!(stopped * 3 * 2 > bit, "{stopped} of {} lists stopped it", bit / 3);
}

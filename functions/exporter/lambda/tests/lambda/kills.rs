//! Kills the exporter's process at random moments with SIGKILL. Whatever it was doing, the next process
//! continues, and the customer's bucket ends up with every event once.

use std::time::Duration;

use archive::names::WorkerId;
use archive::time::Time;
use protocol::connector::Connector;
use tests::fakes::SeededRng;
use tests::fixtures::cloudtrail;
use tests::lambda::Function;

use crate::world::{World, batch, exporter, failed, message};

/// Events of a round (one batch write) and maximum events of a part: a run makes about a hundred requests.
const EVENTS: usize = 24;
const PART_EVENTS: &str = "2";
/// Longer than the lease of a killed process, which a test can't wait for.
const PAST_LEASE: Duration = Duration::from_mins(10);

/// The totals of the rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KillStats {
    pub(crate) rounds: u64,
    /// Rounds in which the process was killed before its response.
    pub(crate) killed_before_reply: u64,
    /// Rounds with a second process on the same connector at the same time.
    pub(crate) with_second_worker: u64,
    /// Files that the killed processes had written.
    pub(crate) files_before: u64,
    pub(crate) files: u64,
    pub(crate) events: u64,
}

/// Kills `count` processes, each at a moment that follows from the seed and the speed of this machine.
/// `on_round` is called after each round.
pub(crate) async fn rounds(count: u64, seed: u64, on_round: impl Fn(&KillStats)) -> KillStats {
    let rng = SeededRng::new(seed);
    let world = World::start().await;
    let mut environment = world.environment();
    environment.push(("MAX_PART_EVENTS", PART_EVENTS.to_owned()));
    let mut stats = KillStats::default();
    let mut victim = exporter(&environment).await;
    let span = whole_run(&world, &mut victim).await;
    for round in 0..count {
        let events: Vec<&str> = real_events(round);
        let connector = world.connector(&format!("acme-{round}"), &events).await;
        let next = exporter(&environment).await;
        let moment = rng.below(u64::try_from(span.as_millis()).unwrap().max(1));
        let second_worker = rng.below(3) == 0;
        stats.with_second_worker += u64::from(second_worker);
        let killed = Killing {
            world: &world,
            connector: &connector,
            moment: Duration::from_millis(moment),
            second_worker,
        };
        let (mut next, answered) = killed.run(victim, next).await;
        stats.killed_before_reply += u64::from(!answered);
        stats.files_before += world.files_after_a_kill(&connector) as u64;

        finish(&world, &connector, &mut next).await;
        let verdict = world.verdict(&connector, &events);
        verdict.assert_clean();
        assert_eq!(verdict.delivered, EVENTS, "round {round}");
        let cursor = world.cursor(&connector.id).await;
        assert_eq!(cursor.next.previous().get(), verdict.parts as u64, "round {round}: every part is there");
        stats.rounds += 1;
        stats.files += verdict.parts as u64;
        stats.events += verdict.delivered as u64;
        on_round(&stats);
        victim = next;
    }
    victim.kill().await;
    stats
}

/// The duration of an undisturbed run on this machine.
async fn whole_run(world: &World, process: &mut Function) -> Duration {
    let connector = world.connector("acme-undisturbed", &real_events(0)).await;
    let began = world.embedded.clock().now();
    finish(world, &connector, process).await;
    world.embedded.clock().now().since(began)
}

fn real_events(round: u64) -> Vec<&'static str> {
    let all = cloudtrail();
    let from = usize::try_from(round).unwrap() * EVENTS % (all.len() - EVENTS);
    all[from..from + EVENTS].iter().map(|event| event.json.as_str()).collect()
}

struct Killing<'a> {
    world: &'a World,
    connector: &'a Connector,
    moment: Duration,
    second_worker: bool,
}

impl Killing<'_> {
    /// Starts the victim's run and kills it at the moment, with a second worker if there is to be one.
    /// Returns the second process, and whether the victim had finished.
    async fn run(&self, mut victim: Function, mut second: Function) -> (Function, bool) {
        let job = batch(&[&message(self.connector)]);
        let killed = async {
            let answered = tokio::time::timeout(self.moment, victim.invoke(&job)).await.is_ok();
            victim.kill().await;
            answered
        };
        let helped = async {
            if self.second_worker {
                // Half way through. Correctness does not depend on the lease.
                tokio::time::sleep(self.moment / 2).await;
                expire_lease(self.world, self.connector).await;
                second.invoke(&job).await.unwrap();
            }
        };
        let (answered, ()) = tokio::join!(killed, helped);
        (second, answered)
    }
}

/// Takes the lease from its holder and lets it expire at once, as time would.
async fn expire_lease(world: &World, connector: &Connector) {
    let now: Time = world.embedded.clock().now();
    let runs = world.embedded.exporter().ports.runs;
    let until = now - Duration::from_secs(1);
    runs.lease(&connector.id, &WorkerId::new(0, 0), now + PAST_LEASE, until).await.unwrap();
}

/// Runs the process until everything that is due is delivered.
async fn finish(world: &World, connector: &Connector, process: &mut Function) {
    for _ in 0..10 {
        expire_lease(world, connector).await;
        let response = process.invoke(&batch(&[&message(connector)])).await.unwrap();
        assert_eq!(response, failed(&[]));
        let cursor = world.cursor(&connector.id).await;
        if cursor.undelivered().is_none() && cursor.watermark > world.since {
            return;
        }
    }
    panic!("{} is never done: {:?}", connector.id, world.cursor(&connector.id).await);
}

#[tokio::test]
async fn a_process_killed_at_any_moment_loses_and_duplicates_nothing() {
    let stats = rounds(20, 1, |_| ()).await;
    assert_eq!(stats.rounds, 20);
    assert!(stats.killed_before_reply >= 5, "{stats:?}");
}

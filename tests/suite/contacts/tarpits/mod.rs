//! Webhooks that accept a connection and never answer: how 500 of one tenant affect another tenant's notice,
//! under the deployment's limits and with a standard queue.
//!
//! Time is simulated. The queue delivers messages in the order in which they became due, ten at most to each
//! of as many concurrent batches as the template allows. A batch ends with its slowest message.

mod simulation;

use std::sync::Arc;
use std::time::Duration;

use tests::delegate_port;
use tests::fakes::FakeLedger;

use simulation::Simulation;

const STEP: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::from_hours(1);

/// 500 notices of one tenant at once, to so many hosts that never answer. After them, every ten seconds for
/// five minutes and between their retries, one notice of another tenant.
async fn assert_another_tenants_notices_arrive(hosts: usize) {
    let run = Simulation::new(NEVER);
    let mut tarpits = Vec::new();
    for n in 0..500 {
        tarpits.push(run.connector("mallory", &format!("tarpit{}.mallory.example", n % hosts)).await);
    }
    for tarpit in &tarpits {
        run.enqueue_blocked(tarpit);
    }
    for round in 0..30 {
        let host = format!("hooks{round}.globex.example");
        let globex = run.connector("globex", &host).await;
        let since = run.world.clock.wall();
        run.enqueue_blocked(&globex);
        run.advance(Duration::from_secs(10), STEP).await;
        if run.delivery_delay(&host, since).is_none() {
            run.advance(MAX_DELAY - Duration::from_secs(10), STEP).await;
        }
        let delay = run.delivery_delay(&host, since);
        assert!(delay.is_some_and(|delay| delay <= MAX_DELAY), "round {round}, {hosts} hosts: {delay:?}");
    }
    let peak = run.hosts.in_flight.lock().unwrap().1;
    assert!(peak <= 12, "{peak} requests to tarpits were in flight at once");
}

#[tokio::test]
async fn five_hundred_tarpits_of_one_tenant_delay_nobody_elses_notice_by_thirty_seconds() {
    assert_another_tenants_notices_arrive(500).await;
}

#[tokio::test]
async fn five_hundred_notices_to_a_few_tarpits_delay_nobody_elses_notice_either() {
    assert_another_tenants_notices_arrive(4).await;
}

/// A ledger without shares, in which each webhook is awaited for ten seconds: the notifier as it was.
struct WithoutShares(FakeLedger);

delegate_port!(NotificationStore, WithoutShares, |it| it.0, |_name, call| match method {
    spend_time(_, _, now) => Ok(now),
    refund_time(_, _) => Ok(()),
    slow_until(_, _) => Ok(Some(Time::LAST)),
    store_slow_until(_, _, _) => Ok(()),
    _ => call.await,
});

/// Shows that the tests above can fail.
#[tokio::test]
async fn without_shares_the_notice_takes_more_than_thirty_seconds() {
    let mut run = Simulation::new(NEVER);
    run.world.notifier.state = Arc::new(WithoutShares(run.world.ledger.clone()));
    for n in 0..500 {
        run.enqueue_blocked(&run.connector("mallory", &format!("tarpit{n}.mallory.example")).await);
    }
    let (globex, since) = (run.connector("globex", "hooks.globex.example").await, run.world.clock.wall());
    run.enqueue_blocked(&globex);
    run.advance(MAX_DELAY, STEP).await;
    assert_eq!(run.delivery_delay("hooks.globex.example", since), None);
}

/// The tenant's own webhooks: each that answers, quickly or within the promised ten seconds, is notified all
/// the same.
#[tokio::test]
async fn a_tenants_own_notices_arrive_after_its_tarpits_and_slow_answers_are_awaited() {
    let run = Simulation::new(Duration::from_secs(9));
    let mut connectors = Vec::new();
    for n in 0..20 {
        connectors.push(run.connector("acme", &format!("tarpit{n}.acme.example")).await);
    }
    connectors.push(run.connector("acme", "hooks.acme.example").await);
    let since = run.world.clock.wall();
    for connector in &connectors {
        run.enqueue_blocked(connector);
    }
    run.advance(Duration::from_mins(1), STEP).await;
    assert!(run.delivery_delay("hooks.acme.example", since).is_some(), "after 20 slow ones of its own");
    run.advance(Duration::from_mins(20), STEP).await;
    for n in 0..20 {
        assert!(
            run.delivery_delay(&format!("tarpit{n}.acme.example"), since).is_some(),
            "{n} answers within ten seconds"
        );
    }
    // It is known to be slow, so the next request waits for it at once.
    run.world.clock.advance(Duration::from_hours(1));
    let (before, since) = (*run.sqs.sends.lock().unwrap(), run.world.clock.wall());
    let again = run.connector("acme", "tarpit3.acme.example").await;
    run.enqueue_blocked(&again);
    run.advance(Duration::from_secs(15), STEP).await;
    assert!(run.delivery_delay("tarpit3.acme.example", since).is_some());
    assert_eq!(*run.sqs.sends.lock().unwrap(), before, "no attempt was abandoned");
}

#[tokio::test]
async fn many_fast_webhooks_of_one_tenant_do_not_delay_each_other() {
    let run = Simulation::new(NEVER);
    let mut connectors = Vec::new();
    for n in 0..100 {
        connectors.push(run.connector("acme", &format!("hooks{n}.acme.example")).await);
    }
    let since = run.world.clock.wall();
    for connector in &connectors {
        run.enqueue_blocked(connector);
    }
    run.advance(Duration::from_mins(4), STEP).await;
    assert!((0..100).all(|n| run.delivery_delay(&format!("hooks{n}.acme.example"), since).is_some()));
}

/// No message loops forever, and none is abandoned without an attempt.
#[tokio::test]
async fn each_tarpit_is_tried_abandoned_after_a_day_and_costs_a_bounded_number_of_messages() {
    let run = Simulation::new(NEVER);
    let mut connectors = Vec::new();
    for n in 0..40 {
        connectors.push(run.connector("mallory", &format!("tarpit{n}.mallory.example")).await);
    }
    for connector in &connectors {
        run.enqueue_blocked(connector);
    }
    run.advance(Duration::from_hours(26), Duration::from_secs(20)).await;
    assert_eq!((run.sqs.len(), run.world.count("ContactsUnreached")), (0, 40));
    let sends = *run.sqs.sends.lock().unwrap();
    assert!(sends < 40 * 150, "{sends} messages for 40 notices");
}

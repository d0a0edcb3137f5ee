//! The queue between dispatcher and exporter.

use std::collections::BTreeSet;
use std::time::Duration;

use archive::names::ConnectorId;
use futures_util::future::join_all;
use ports::{MAX_DELAY, PortError, QUEUE_BATCH, Queue};

use crate::fakes::FakeQueue;
use crate::fault_injection::Outage;
use crate::fixtures::unique_id;

/// A queue that rejects on demand and returns what was sent to it.
pub trait QueueRig {
    /// The implementation under test.
    type Port: Queue;
    /// The port under test.
    fn port(&self) -> &Self::Port;
    /// The connectors of its messages, in order of arrival.
    fn sent(&self) -> Vec<ConnectorId>;
    /// The delay of each of its messages in seconds, in order of arrival; `None` if the queue has no delays.
    fn delays(&self) -> Option<Vec<u64>>;
    /// Rejects this connector's messages, and accepts the others of its batch.
    fn refuse(&self, id: &ConnectorId);
    /// Accepts everyone's messages again.
    fn accept_all(&self);
    /// The next `calls` calls meet this outage.
    fn outage(&self, outage: Outage, calls: usize);
}

impl QueueRig for FakeQueue {
    type Port = Self;
    fn port(&self) -> &Self {
        self
    }
    fn sent(&self) -> Vec<ConnectorId> {
        self.sent()
    }
    fn delays(&self) -> Option<Vec<u64>> {
        Some(self.delays().iter().map(Duration::as_secs).collect())
    }
    fn refuse(&self, id: &ConnectorId) {
        self.refuse(id.clone());
    }
    fn accept_all(&self) {
        self.accept_all();
    }
    fn outage(&self, outage: Outage, calls: usize) {
        self.outage(outage, calls);
    }
}

/// More calls than any caller makes.
const PERSISTENT: usize = 1000;

/// This many connectors that no other test has.
fn batch(size: usize) -> Vec<ConnectorId> {
    (0..size).map(|_| ConnectorId::new(unique_id())).collect()
}

/// Sends until everything is confirmed; unconfirmed messages are sent again.
async fn send(rig: &impl QueueRig, batch: &[ConnectorId]) {
    let mut left = batch.to_vec();
    for _ in 1..10 {
        match rig.port().send(&left, Duration::ZERO).await {
            Ok(rejected) if rejected.is_empty() => return,
            Ok(rejected) => left = rejected,
            Err(PortError::Transient { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("a queue without an outage never accepts {left:?}")
}

/// A confirmed message was sent once, in the order of the batch, up to the largest batch.
pub async fn each_connector_of_a_batch_is_sent_once_and_in_order(rig: &impl QueueRig) {
    let mut expected = Vec::new();
    for size in [1, 3, QUEUE_BATCH] {
        let batch = batch(size);
        assert_eq!(rig.port().send(&batch, Duration::ZERO).await.unwrap(), []);
        expected.extend(batch);
    }
    assert_eq!(rig.sent(), expected);
}

/// All messages of a batch have the given delay, in whole seconds, up to the maximum.
pub async fn a_batch_waits_for_its_delay(rig: &impl QueueRig) {
    let mut expected = Vec::new();
    for (delay, seconds) in [
        (Duration::ZERO, 0),
        (Duration::from_millis(999), 0),
        (Duration::from_millis(61_500), 61),
        (MAX_DELAY, 900),
        (MAX_DELAY * 2, 900),
    ] {
        assert_eq!(rig.port().send(&batch(2), delay).await.unwrap(), []);
        expected.extend([seconds; 2]);
    }
    assert!(rig.delays().is_none_or(|delays| delays == expected), "{:?}", rig.delays());
}

/// A connector that is in a batch twice is sent twice, and none of the others is lost for it.
pub async fn a_connector_named_twice_is_sent_twice(rig: &impl QueueRig) {
    let mut batch = batch(3);
    batch.push(batch[0].clone());
    assert_eq!(rig.port().send(&batch, Duration::ZERO).await.unwrap(), []);
    assert_eq!(rig.sent(), batch);
}

/// An empty batch sends nothing, and an oversized one is an error, never silently truncated.
pub async fn an_empty_batch_sends_nothing_and_one_too_large_is_a_bug(rig: &impl QueueRig) {
    assert_eq!(rig.port().send(&[], Duration::ZERO).await.unwrap(), []);
    let error = rig.port().send(&batch(QUEUE_BATCH + 1), Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, PortError::Bug { .. }), "{error:?}");
    assert_eq!(rig.sent(), []);
}

/// Rejected connectors are returned by ID, wherever in the batch they are, and the others are sent once.
pub async fn rejected_connectors_are_returned_and_the_others_are_sent(rig: &impl QueueRig) {
    for rejected in [vec![0], vec![4], vec![9], vec![2, 3, 7], (0..10).collect()] {
        let (batch, before) = (batch(QUEUE_BATCH), rig.sent());
        let rejected: Vec<ConnectorId> = rejected.into_iter().map(|nth: usize| batch[nth].clone()).collect();
        rejected.iter().for_each(|id| rig.refuse(id));
        assert_eq!(rig.port().send(&batch, Duration::ZERO).await.unwrap(), rejected);
        let accepted: Vec<_> = batch.iter().filter(|id| !rejected.contains(id)).cloned().collect();
        assert_eq!(rig.sent()[before.len()..], accepted);
        rig.accept_all();
        assert_eq!(rig.port().send(&rejected, Duration::ZERO).await.unwrap(), []);
        assert_eq!(rig.sent()[before.len() + accepted.len()..], rejected);
    }
}

/// A response whose entries all failed confirms none.
pub async fn a_batch_with_only_failed_entries_is_returned_whole(rig: &impl QueueRig) {
    for outage in [Outage::EntriesFail, Outage::EntriesDenied] {
        let batch = batch(QUEUE_BATCH);
        rig.outage(outage, 1);
        assert_eq!(rig.port().send(&batch, Duration::ZERO).await.unwrap(), batch, "{outage:?}");
        assert_eq!(rig.sent(), []);
    }
}

/// A long outage is a transient error, a missing permission a permanent one. Nothing is sent then, and
/// nothing is left over afterwards.
pub async fn a_queue_that_rejects_everything_is_an_error_by_its_kind(rig: &impl QueueRig) {
    let batch = batch(2);
    rig.outage(Outage::Throttled, PERSISTENT);
    let error = rig.port().send(&batch, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error:?}");
    rig.outage(Outage::Denied, PERSISTENT);
    let error = rig.port().send(&batch, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, PortError::Denied { .. }), "{error:?}");
    rig.outage(Outage::Denied, 0);
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.port().send(&batch, Duration::ZERO).await.unwrap(), []);
    assert_eq!(rig.sent(), batch);
}

/// After a short outage the batch is sent once, however many attempts there were.
pub async fn a_batch_is_sent_once_after_a_transient_error(rig: &impl QueueRig) {
    let batch = batch(QUEUE_BATCH);
    rig.outage(Outage::Throttled, 1);
    send(rig, &batch).await;
    assert_eq!(rig.sent(), batch);
}

/// After a lost response the batch is sent again, and nobody is missing.
pub async fn a_lost_response_loses_nobody(rig: &impl QueueRig) {
    let batch = batch(QUEUE_BATCH);
    rig.outage(Outage::ResponseLost, 1);
    send(rig, &batch).await;
    assert_eq!(rig.sent(), [batch.clone(), batch.clone()].concat());
    rig.outage(Outage::ResponseLost, PERSISTENT);
    let error = rig.port().send(&batch, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error:?}");
}

/// Concurrent batches don't mix: each gets its own rejections, and everything else is sent once.
pub async fn batches_sent_side_by_side_stay_apart(rig: &impl QueueRig) {
    let batches: Vec<_> = (0..8).map(|_| batch(QUEUE_BATCH)).collect();
    batches.iter().for_each(|batch| rig.refuse(&batch[5]));
    join_all(batches.iter().map(async |batch| {
        assert_eq!(rig.port().send(batch, Duration::ZERO).await.unwrap(), [batch[5].clone()]);
    }))
    .await;
    let sent = rig.sent();
    let expected: BTreeSet<_> =
        batches.iter().flatten().filter(|id| !batches.iter().any(|b| b[5] == **id)).collect();
    assert_eq!(sent.len(), expected.len());
    assert_eq!(sent.iter().collect::<BTreeSet<_>>(), expected);
}

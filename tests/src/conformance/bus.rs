//! The vendor's event bus.

use domain::connector::Connector;
use domain::cursor::Cursor;
use domain::fault::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use domain::item::{Unreadable, WhyUnreadable};
use domain::notice::{Backlog, Notice, Recovery};
use domain::part::Window;
use domain::ports::{Bus, PortError};
use futures_util::future::join_all;
use serde_json::Value;

use super::start;
use crate::failing::Outage;
use crate::fakes::FakeBus;
use crate::fixtures::{self, tenant};

/// A bus whose outages a test can make, and that tells what it was told.
pub trait BusRig {
    /// The port.
    type Port: Bus;
    /// The port.
    fn port(&self) -> &Self::Port;
    /// The kind and the content of each notice, in the order in which it was told them.
    fn published(&self) -> Vec<(String, Value)>;
    /// The next `calls` calls meet an outage.
    fn outage(&self, outage: Outage, calls: usize);
}

impl BusRig for FakeBus {
    type Port = Self;
    fn port(&self) -> &Self {
        self
    }
    fn published(&self) -> Vec<(String, Value)> {
        FakeBus::published(self).iter().map(wire_form).collect()
    }
    fn outage(&self, outage: Outage, calls: usize) {
        self.outage(outage, calls);
    }
}

/// More calls than any caller makes.
const PERSISTENT: usize = 1000;

fn wire_form(notice: &Notice) -> (String, Value) {
    (notice.fact.kind().to_owned(), serde_json::to_value(notice).unwrap())
}

fn connector() -> Connector {
    fixtures::connector(&tenant("acme"), start())
}

/// A notice of a connector of its own.
fn notice() -> Notice {
    recovered(&connector())
}

fn recovered(connector: &Connector) -> Notice {
    let recovery = Recovery {
        blocked_since: start(),
        blocked_seconds: 60,
        caught_up_from: Some(start()),
        backlog: Backlog::of(&cursor()),
    };
    Notice::recovered(&connector.tenant, &connector.id, recovery)
}

fn cursor() -> Cursor {
    Cursor::new(start(), start(), start())
}

/// A block whose cause holds this much text.
fn blocked(connector: &Connector, text: usize) -> Notice {
    let (stage, reason) = (DeliveryStage::PutObject, DeliveryErrorKind::Rejected);
    let fault =
        DeliveryError { stage, kind: reason, code: "BadDigest".into(), message: "é".repeat(text / 2) };
    let block = Block::new(&fault, connector.destination.as_ref().unwrap(), None, start(), 0);
    Notice::blocked(&connector.tenant, &connector.id, block, &cursor(), None)
}

/// One notice of each kind.
fn every_kind() -> Vec<Notice> {
    let connector = connector();
    let window = Window { from: start(), to: start() + std::time::Duration::from_hours(1) };
    let mut part = fixtures::part(&connector, domain::part::PartNumber::FIRST, window, &fixtures::worker());
    let delivered = Notice::delivered(&connector.tenant, &part);
    part.kind = domain::part::PartKind::Heartbeat;
    let first = Unreadable {
        partition_key: "acme".into(),
        sort_key: "PROFILE".into(),
        reason: WhyUnreadable::SortKeyForm,
        detail: "not an RFC 3339 time".into(),
        written: None,
    };
    vec![
        Notice::unreadable(&connector.tenant, &part, &first),
        delivered,
        Notice::delivered(&connector.tenant, &part),
        blocked(&connector, 100),
        blocked(&connector, 100).as_reminder(start()),
        Notice::stale(&connector.tenant, &connector.id, start(), &cursor(), None),
        Notice::on_time(&connector.tenant, &connector.id, start(), &cursor(), start()),
        recovered(&connector),
        Notice::changed(&fixtures::creation(&connector)),
    ]
}

/// Tells the bus until it says that it has heard; how often that took.
async fn publish(rig: &impl BusRig, notice: &Notice) -> usize {
    for times in 1..10 {
        match rig.port().publish(notice).await {
            Ok(()) => return times,
            Err(PortError::Transient { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("a bus without an outage never hears")
}

/// What is taken is told once for each call, with its kind and all that it says, in the order of the calls.
pub async fn a_notice_is_told_once_for_each_call_and_in_their_order(rig: &impl BusRig) {
    let mut notices = every_kind();
    notices.push(notices[0].clone());
    for notice in &notices {
        rig.port().publish(notice).await.unwrap();
    }
    assert_eq!(rig.published(), notices.iter().map(wire_form).collect::<Vec<_>>());
}

/// Whoever tells at the same time as others is heard once all the same.
pub async fn notices_told_side_by_side_are_each_told_once(rig: &impl BusRig) {
    let notices: Vec<Notice> = (0..20).map(|_| notice()).collect();
    join_all(notices.iter().map(async |notice| rig.port().publish(notice).await.unwrap())).await;
    let told = rig.published();
    assert_eq!(told.len(), notices.len());
    assert!(notices.iter().all(|notice| told.contains(&wire_form(notice))));
}

/// A refusal that does not pass by itself is an error of its own kind, whether the request is refused or its entry.
/// Nothing is told then, and the bus is told again as before once it is over.
pub async fn a_denied_notice_is_an_error_and_is_not_told(rig: &impl BusRig) {
    for outage in [Outage::Denied, Outage::EntriesDenied] {
        rig.outage(outage, 1);
        let error = rig.port().publish(&notice()).await.unwrap_err();
        assert!(matches!(error, PortError::Denied { .. }), "{outage:?}: {error:?}");
        assert_eq!(rig.published(), []);
    }
    let notice = notice();
    rig.port().publish(&notice).await.unwrap();
    assert_eq!(rig.published(), [wire_form(&notice)]);
}

/// A bus that can't be reached for long is a passing failure, never a silent success; and nothing of it is left
/// over when it is back.
pub async fn a_bus_that_keeps_refusing_is_a_passing_failure(rig: &impl BusRig) {
    for outage in [Outage::Throttled, Outage::EntriesFail] {
        rig.outage(outage, PERSISTENT);
        let error = rig.port().publish(&notice()).await.unwrap_err();
        assert!(matches!(error, PortError::Transient { .. }), "{outage:?}: {error:?}");
    }
    rig.outage(Outage::Throttled, 0);
    assert_eq!(rig.published(), []);
    let notice = notice();
    rig.port().publish(&notice).await.unwrap();
    assert_eq!(rig.published(), [wire_form(&notice)]);
}

/// After a hiccup the notice is told once, however often it was tried.
pub async fn a_notice_that_was_refused_in_passing_is_told_once(rig: &impl BusRig) {
    for outage in [Outage::Throttled, Outage::EntriesFail] {
        let notice = notice();
        rig.outage(outage, 1);
        publish(rig, &notice).await;
        let told = rig.published();
        assert_eq!(told.iter().filter(|one| **one == wire_form(&notice)).count(), 1, "{outage:?}: {told:?}");
    }
}

/// Nobody knows what a lost answer said: it is a passing failure or told again, and a reader tells the second by
/// its ID.
pub async fn a_lost_answer_is_told_again_under_the_same_id(rig: &impl BusRig) {
    let notice = notice();
    rig.outage(Outage::AnswerLost, 1);
    publish(rig, &notice).await;
    assert_eq!(rig.published(), [wire_form(&notice), wire_form(&notice)]);
    rig.outage(Outage::AnswerLost, PERSISTENT);
    let error = rig.port().publish(&notice).await.unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error:?}");
    assert!(rig.published().iter().all(|(_, told)| told["id"] == notice.id));
}

/// What no bus takes is a bug of ours, told as one at once, and keeps nothing else from being told.
pub async fn a_notice_too_large_for_the_bus_is_a_bug(rig: &impl BusRig) {
    let (connector, mib) = (connector(), 1024 * 1024);
    let error = rig.port().publish(&blocked(&connector, mib)).await.unwrap_err();
    assert!(matches!(error, PortError::Bug { .. }), "{error:?}");
    assert_eq!(rig.published(), []);
    let large = blocked(&connector, mib - 4096);
    rig.port().publish(&large).await.unwrap();
    assert_eq!(rig.published(), [wire_form(&large)]);
}

//! The vendor's event bus.

use std::collections::BTreeSet;

use archive::item::{Unreadable, UnreadableReason};
use archive::part::Window;
use futures_util::future::join_all;
use ports::{Bus, PortError};
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::notice::{Backlog, Notice, PartSealed, Recovery};
use protocol::portal::{LinkNotice, LinkScope, Network, PortalSession};
use serde_json::Value;

use super::start;
use crate::fakes::FakeBus;
use crate::fault_injection::Outage;
use crate::fixtures::{self, tenant};

/// A bus whose outages a test can set, and which returns what was published on it.
pub trait BusRig {
    /// The implementation under test.
    type Port: Bus;
    /// The port under test.
    fn port(&self) -> &Self::Port;
    /// The kind and the content of each published notice, in the order of publication.
    fn published(&self) -> Vec<(String, Value)>;
    /// The next `calls` calls meet this outage.
    fn outage(&self, outage: Outage, calls: usize);
}

impl BusRig for FakeBus {
    type Port = Self;
    fn port(&self) -> &Self {
        self
    }
    fn published(&self) -> Vec<(String, Value)> {
        let links = self.published_links().into_iter().map(|notice| link_wire_form(&notice));
        FakeBus::published(self).iter().flat_map(wire_forms).chain(links).collect()
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

/// The notice, and what goes to the bus with it.
fn wire_forms(notice: &Notice) -> Vec<(String, Value)> {
    let sealed = notice.part_sealed();
    let sealed = sealed.map(|sealed| (PartSealed::KIND.to_owned(), serde_json::to_value(sealed).unwrap()));
    std::iter::once(wire_form(notice)).chain(sealed).collect()
}

fn link_wire_form(notice: &LinkNotice) -> (String, Value) {
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

/// A block with this much text in its message.
fn blocked(connector: &Connector, text: usize) -> Notice {
    let (stage, kind) = (DeliveryStage::PutObject, DeliveryErrorKind::Rejected);
    let error = DeliveryError { stage, kind, code: "BadDigest".into(), message: "é".repeat(text / 2) };
    let block = Block::new(&error, connector.destination.s3().unwrap().diagnose(&error), None, start(), 0);
    Notice::blocked(&connector.tenant, &connector.id, block, &cursor(), None)
}

/// One notice of each kind.
fn every_kind() -> Vec<Notice> {
    let connector = connector();
    let window = Window { from: start(), to: start() + std::time::Duration::from_hours(1) };
    let mut part = fixtures::part(&connector, archive::part::PartNumber::FIRST, window, &fixtures::worker());
    let delivered = Notice::delivered(&connector.tenant, &part);
    part.kind = archive::part::PartKind::Heartbeat;
    let first = Unreadable {
        partition_key: "acme".into(),
        sort_key: "PROFILE".into(),
        reason: UnreadableReason::SortKeyForm,
        detail: "not an RFC 3339 time".into(),
        original: None,
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

/// Publishes until the bus confirms; returns the number of attempts.
async fn publish(rig: &impl BusRig, notice: &Notice) -> usize {
    for attempt in 1..10 {
        match rig.port().publish(notice).await {
            Ok(()) => return attempt,
            Err(PortError::Transient { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("a bus without an outage never confirms")
}

/// Each call publishes its notice once, with its kind and all its content, in the order of the calls. With
/// the notice of a delivered part with events goes the one for the reader.
pub async fn a_notice_is_published_once_per_call_and_in_order(rig: &impl BusRig) {
    let mut notices = every_kind();
    notices.push(notices[0].clone());
    for notice in &notices {
        rig.port().publish(notice).await.unwrap();
    }
    assert_eq!(rig.published(), notices.iter().flat_map(wire_forms).collect::<Vec<_>>());
}

/// A notice about a link is published like any other, with the same errors.
pub async fn a_notice_about_a_link_is_published_once_per_call(rig: &impl BusRig) {
    let link = fixtures::portal_link(LinkScope::Tenant { tenant: tenant("acme") }, start());
    let network = Network::of("203.0.113.77".parse().unwrap());
    let secret = link.secret.clone();
    let revoked = link.revoke(Caller::Operator { name: "ops".into() }, start()).unwrap();
    let notices = [
        LinkNotice::created(&link),
        LinkNotice::redeemed(&link, &PortalSession::new(secret.clone(), network, start())),
        LinkNotice::requested(&link, start()),
        LinkNotice::revoked(&revoked, revoked.revoked.as_ref().unwrap()),
    ];
    rig.outage(Outage::Denied, 1);
    let error = rig.port().publish_link(&notices[0]).await.unwrap_err();
    assert!(matches!(error, PortError::Denied { .. }), "{error:?}");
    for notice in &notices {
        rig.port().publish_link(notice).await.unwrap();
    }
    let published = rig.published();
    assert_eq!(published, notices.iter().map(link_wire_form).collect::<Vec<_>>());
    assert!(!format!("{published:?}").contains(secret.as_str()));
    let kinds: BTreeSet<_> = published.iter().map(|(kind, _)| kind).collect();
    let ids: BTreeSet<_> = notices.iter().map(|notice| &notice.id).collect();
    assert_eq!((kinds.len(), ids.len()), (4, 4));
}

/// Concurrent calls publish each notice once.
pub async fn concurrent_notices_are_each_published_once(rig: &impl BusRig) {
    let notices: Vec<Notice> = (0..20).map(|_| notice()).collect();
    join_all(notices.iter().map(async |notice| rig.port().publish(notice).await.unwrap())).await;
    let published = rig.published();
    assert_eq!(published.len(), notices.len());
    assert!(notices.iter().all(|notice| published.contains(&wire_form(notice))));
}

/// A permanent error is `Denied`, for the request as well as for its entry. Nothing is published then, and
/// the bus works again when the outage is over.
pub async fn a_denied_notice_is_an_error_and_is_not_published(rig: &impl BusRig) {
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

/// A long outage is a transient error, never a silent success, and leaves nothing behind.
pub async fn a_bus_that_keeps_failing_is_a_transient_error(rig: &impl BusRig) {
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

/// After a short outage the notice is published once, however many attempts there were.
pub async fn a_notice_is_published_once_after_a_transient_error(rig: &impl BusRig) {
    for outage in [Outage::Throttled, Outage::EntriesFail] {
        let notice = notice();
        rig.outage(outage, 1);
        publish(rig, &notice).await;
        let published = rig.published();
        assert_eq!(
            published.iter().filter(|one| **one == wire_form(&notice)).count(),
            1,
            "{outage:?}: {published:?}"
        );
    }
}

/// A lost response is a transient error or a second publication; consumers recognize the duplicate by its ID.
pub async fn a_lost_response_is_published_again_under_the_same_id(rig: &impl BusRig) {
    let notice = notice();
    rig.outage(Outage::ResponseLost, 1);
    publish(rig, &notice).await;
    assert_eq!(rig.published(), [wire_form(&notice), wire_form(&notice)]);
    rig.outage(Outage::ResponseLost, PERSISTENT);
    let error = rig.port().publish(&notice).await.unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error:?}");
    assert!(rig.published().iter().all(|(_, published)| published["id"] == notice.id));
}

/// A notice that no bus accepts is a bug, returned at once, and blocks no other notice.
pub async fn a_notice_too_large_for_the_bus_is_a_bug(rig: &impl BusRig) {
    let (connector, mib) = (connector(), 1024 * 1024);
    let error = rig.port().publish(&blocked(&connector, mib)).await.unwrap_err();
    assert!(matches!(error, PortError::Bug { .. }), "{error:?}");
    assert_eq!(rig.published(), []);
    let large = blocked(&connector, mib - 4096);
    rig.port().publish(&large).await.unwrap();
    assert_eq!(rig.published(), [wire_form(&large)]);
}

//! The ledger for the watchdog.

use std::time::Duration;

use archive::frequency::Frequency;
use archive::names::ConnectorId;
use futures_util::future::join_all;
use ports::Watch;
use protocol::connector::{Connector, State};
use protocol::machine::Mark;
use protocol::watch::{Condition, NotificationState, Sweep, SweepCursor, WatchedConnector};

use super::{Ledger, STORED, activate, create, cursor, save, seal_next, start};
use crate::fixtures;

const HOUR: Duration = Duration::from_secs(3600);

/// All connectors, over all pages.
async fn all(ledger: &impl Watch) -> Vec<WatchedConnector> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = ledger.watch(cursor.as_ref()).await.unwrap();
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

async fn only(ledger: &impl Watch) -> WatchedConnector {
    let mut all = all(ledger).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// A draft is listed without a cursor; an active connector is listed with its own.
pub async fn settings_and_cursor_are_seen_together(ledger: &(impl Ledger + Watch)) {
    let draft = fixtures::connector(&fixtures::tenant("umbrella"), start());
    let draft = Connector { frequency: Frequency::try_from(6).unwrap(), ..draft };
    assert_eq!(create(ledger, &draft).await, STORED);
    let watched = only(ledger).await;
    assert_eq!((watched.state, watched.frequency), (State::Draft, draft.frequency));
    assert_eq!((watched.activated_at, watched.cursor, watched.waiting_since), (None, None, None));

    let (connector, cursor) = activate(ledger).await;
    let all = all(ledger).await;
    let watched = all.iter().find(|watched| watched.state == State::Active).unwrap();
    assert_eq!((all.len(), watched.activated_at), (2, connector.activated_at));
    assert_eq!((&watched.cursor, watched.waiting_since), (&Some(cursor), None));
}

/// The time since which the oldest part waits is returned until it is delivered.
pub async fn the_oldest_waiting_part_gives_the_time(ledger: &(impl Ledger + Watch)) {
    let (connector, before) = activate(ledger).await;
    let first = seal_next(ledger, &connector, before.watermark + HOUR).await.part;
    let second = seal_next(ledger, &connector, before.watermark + HOUR * 2).await.part;
    let watched = only(ledger).await;
    assert_eq!(watched.waiting_since, Some(first.sealed_at));
    assert_eq!(watched.cursor, Some(cursor(ledger, &connector).await));
    for part in [first, second.clone()] {
        assert!(only(ledger).await.waiting_since.is_some());
        ledger
            .mark(&Mark { part, at: second.sealed_at, published_keys: None, unblock: false })
            .await
            .unwrap();
    }
    assert_eq!(only(ledger).await.waiting_since, None);
}

/// A disabled connector is counted, and its cursor is not read.
pub async fn a_disabled_one_is_seen_without_its_cursor(ledger: &(impl Ledger + Watch)) {
    let (connector, _) = activate(ledger).await;
    let disabled = Connector { state: State::Disabled, version: connector.version + 1, ..connector.clone() };
    assert_eq!(save(ledger, &connector, &disabled).await, STORED);
    let watched = only(ledger).await;
    assert_eq!((watched.state, watched.cursor), (State::Disabled, None));
}

/// More than a page, of many tenants: each connector once.
pub async fn everyone_is_seen_once_over_all_pages(ledger: &(impl Ledger + Watch)) {
    let mut expected = 1;
    activate(ledger).await;
    let tenants = fixtures::unusual_tenants();
    for tenant in tenants.iter().cycle().take(520) {
        let draft = fixtures::connector(tenant, start());
        assert_eq!(create(ledger, &draft).await, STORED);
        expected += 1;
    }
    let all = all(ledger).await;
    let drafts = all.iter().filter(|watched| watched.state == State::Draft).count();
    assert_eq!((all.len(), drafts), (expected, expected - 1));
}

/// The sweep cursor is stored from tick to tick; of several concurrent ticks one stores it.
pub async fn of_racing_ticks_exactly_one_stores_its_sweep_cursor(ledger: &impl Watch) {
    let mut sweep = ledger.sweep().await.unwrap();
    assert_eq!(sweep, Sweep::default());
    for (kept, tenant) in (1..).zip(fixtures::unusual_tenants().into_iter().rev().step_by(8)) {
        sweep.in_progress = sweep.resume(start() + HOUR * kept);
        if let Some((_, cursor)) = &mut sweep.in_progress {
            *cursor = Some(SweepCursor { tenant, connector: ConnectorId::new(kept.into()) });
        }
        sweep.version += 1;
        let answers = join_all((0..8).map(|_| ledger.store_sweep(&sweep))).await;
        assert_eq!(answers.into_iter().filter(|answer| matches!(answer, Ok(true))).count(), 1);
        assert_eq!(ledger.sweep().await.unwrap(), sweep);
    }
}

/// A connector's notification state is stored with its cursor. Of several concurrent ticks one stores it, and
/// publishes.
pub async fn of_racing_ticks_exactly_one_stores_the_notification_state(ledger: &(impl Ledger + Watch)) {
    let (connector, before) = activate(ledger).await;
    assert_eq!(only(ledger).await.last_notified, None);
    let mut last = None;
    for (hours, of) in
        [(1, Condition::Stale), (2, Condition::Stale), (3, Condition::Resolved), (4, Condition::Blocked)]
    {
        let state = NotificationState { condition: of, since: start(), notified_at: start() + HOUR * hours };
        let answers =
            join_all((0..8).map(|_| ledger.store_notification_state(&connector.id, last.as_ref(), &state)))
                .await;
        assert_eq!(answers.into_iter().filter(|answer| matches!(answer, Ok(true))).count(), 1, "{state:?}");
        assert!(
            !ledger.store_notification_state(&connector.id, None, &state).await.unwrap(),
            "a notification is stored already"
        );
        last = Some(state);
    }
    seal_next(ledger, &connector, before.watermark + HOUR).await;
    let watched = only(ledger).await;
    assert_eq!(
        (watched.last_notified, watched.connector, watched.tenant),
        (last, connector.id.clone(), connector.tenant.clone())
    );
    assert_eq!(watched.cursor, Some(cursor(ledger, &connector).await));
}

/// A connector that was never activated has no item for a notification state, and none is created.
pub async fn no_notification_state_is_stored_without_a_cursor(ledger: &(impl Ledger + Watch)) {
    let draft = fixtures::connector(&fixtures::tenant("umbrella"), start());
    assert_eq!(create(ledger, &draft).await, STORED);
    let state = NotificationState { condition: Condition::Stale, since: start(), notified_at: start() };
    for before in [None, Some(&state)] {
        assert!(!ledger.store_notification_state(&draft.id, before, &state).await.unwrap());
    }
    assert_eq!(only(ledger).await.last_notified, None);
}

/// The sweep cursor is not listed as a connector and is never due.
pub async fn the_sweep_cursor_is_in_no_list(ledger: &(impl Ledger + Watch)) {
    let sweep = Sweep { version: 1, ..Sweep::default() };
    assert!(ledger.store_sweep(&sweep).await.unwrap());
    assert_eq!(all(ledger).await, []);
    for shard in 0..ports::DUE_SHARDS {
        let page = ledger.due(shard, archive::time::Time::LAST, None).await.unwrap();
        assert_eq!((page.items.len(), page.next), (0, None));
    }
}

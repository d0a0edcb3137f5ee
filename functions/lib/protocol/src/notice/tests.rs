//! The JSON of notices: what is published is read back, by this version and by an older one.

use archive::item::UnreadableReason;
use archive::part::{PartNumber, Window};
use serde_json::{Value, json};

use super::*;
use crate::caller::Caller;
use crate::connector::{State, Verb};
use crate::delivery_error::{DeliveryErrorKind, DeliveryStage};
use crate::loss_forecast::Loss;

/// The other notices are not the reader's business, and it learns no event from this one.
#[test]
fn a_delivered_part_with_events_is_announced_to_the_reader_by_its_names_alone() {
    let notice = |fact| Notice {
        id: "x".into(),
        tenant: "acme".parse().unwrap(),
        connector: ConnectorId::new(7),
        fact,
    };
    let announced: Vec<Value> =
        facts().map(notice).iter().filter_map(Notice::part_sealed).map(|sealed| json!(sealed)).collect();
    let sealed = json!({
        "id": "con_0000000000000007-partsealed-000000000009", "tenant": "acme",
        "connector": "con_0000000000000007", "part": 9,
    });
    assert_eq!(announced, [sealed]);
    assert_eq!(NoticeKind::from_name(PartSealed::KIND), None, "contacts are not told of it");
}

fn now() -> Time {
    "2026-11-20T20:15:30Z".parse().unwrap()
}

/// One fact of each kind, in the order of the kinds.
fn facts() -> [Fact; 8] {
    let (part, window) = (PartNumber::new(9), Window { from: now(), to: now() });
    let backlog = Backlog { waiting_from: Some(part), waiting_parts: 3, sealed_to: now() };
    let loss = |retention| Loss::from(LossForecast::of_unsealed(now(), retention));
    let delivery = |kind| Delivery {
        part,
        window,
        kind,
        events: 7,
        late: 1,
        unreadable: 2,
        name: "events/date=2026-11-20/x.json".into(),
        size: 512,
    };
    let block = Block {
        stage: DeliveryStage::PutObject,
        kind: DeliveryErrorKind::Denied,
        code: "AccessDenied".into(),
        cause: "Denied.".into(),
        remedy: "Allow it.".into(),
        since: now(),
        attempts: 2,
        next_attempt: now(),
    };
    [
        Fact::Delivered(delivery(PartKind::Mixed)),
        Fact::Heartbeat(delivery(PartKind::Heartbeat)),
        Fact::Blocked(Blocked { block, backlog, loss: loss(None), reminder: true }),
        Fact::Recovered(Recovery {
            blocked_since: now(),
            blocked_seconds: 60,
            caught_up_from: Some(now()),
            backlog,
        }),
        Fact::Stale(Stale {
            since: now(),
            backlog,
            loss: loss(Some(Duration::from_hours(1))),
            reminder: false,
        }),
        Fact::OnTime(OnTime { stale_since: now(), stale_seconds: 60, backlog }),
        Fact::Unreadable(UnreadableItems {
            part,
            window,
            items: 2,
            partition_key: "acme".into(),
            sort_key: "PROFILE".into(),
            reason: UnreadableReason::SortKeyForm.into(),
        }),
        Fact::Changed(Changed {
            version: 3,
            what: Verb::Pause.into(),
            by: Caller::Operator { name: "ops".into() }.into(),
            state: State::Paused.into(),
        }),
    ]
}

fn notice(fact: Fact) -> Notice {
    Notice::new(&"acme".parse().unwrap(), &ConnectorId::new(7), "x", fact)
}

#[test]
fn a_notice_of_each_kind_is_read_back() {
    for (kind, fact) in NoticeKind::ALL.into_iter().zip(facts()) {
        assert_eq!(kind.as_str(), fact.kind());
        let notice = notice(fact);
        let detail = serde_json::to_value(&notice).unwrap();
        assert_eq!(Notice::parse(kind.as_str(), &detail).unwrap(), Some(notice));
    }
}

#[test]
fn the_published_json_has_the_documented_form() {
    let json = |fact| serde_json::to_value(notice(fact)).unwrap();
    let [_, _, blocked, _, _, _, unreadable, changed] = facts();
    assert_eq!(
        json(blocked),
        json!({
            "id": "con_0000000000000007-exportblocked-x",
            "tenant": "acme",
            "connector": "con_0000000000000007",
            "block": {
                "stage": "put_object",
                "reason": "denied",
                "code": "AccessDenied",
                "cause": "Denied.",
                "remedy": "Allow it.",
                "since": "2026-11-20T20:15:30.000Z",
                "attempts": 2,
                "next_attempt": "2026-11-20T20:15:30.000Z",
            },
            "waiting_from": 9,
            "waiting_parts": 3,
            "sealed_to": "2026-11-20T20:15:30.000Z",
            "loss": {
                "lost_from": null,
                "why": "Events from 2026-11-20T20:15:30.000Z on are not in any file yet. They stay in the \
                        events table, which is configured to keep events forever.",
            },
            "reminder": true,
        })
    );
    assert_eq!(
        json(unreadable),
        json!({
            "id": "con_0000000000000007-exportunreadable-x",
            "tenant": "acme",
            "connector": "con_0000000000000007",
            "part": 9,
            "window": {"from": "2026-11-20T20:15:30.000Z", "to": "2026-11-20T20:15:30.000Z"},
            "items": 2,
            "partition_key": "acme",
            "sort_key": "PROFILE",
            "reason": "sort_key_form",
        })
    );
    assert_eq!(
        json(changed),
        json!({
            "id": "con_0000000000000007-connectorchanged-x",
            "tenant": "acme",
            "connector": "con_0000000000000007",
            "version": 3,
            "what": "pause",
            "by": {"kind": "operator", "name": "ops"},
            "state": "paused",
        })
    );
}

#[test]
fn kinds_members_and_values_of_a_newer_version_are_tolerated() {
    let parse = |kind: &str, detail: &Value| Notice::parse(kind, detail).unwrap();
    assert_eq!(parse("ExportTransposed", &json!({})), None);
    let [.., unreadable, changed] = facts();
    let mut detail = serde_json::to_value(notice(unreadable)).unwrap();
    (detail["more"], detail["reason"]) = (json!([1]), json!("too_blue"));
    let Some(Notice { fact: Fact::Unreadable(items), .. }) = parse("ExportUnreadable", &detail) else {
        panic!("{detail}")
    };
    assert_eq!((items.items, items.reason), (2, Open::Newer(json!("too_blue"))));
    let mut detail = serde_json::to_value(notice(changed)).unwrap();
    (detail["what"], detail["state"]) = (json!("transpose"), json!("sideways"));
    detail["by"] = json!({"kind": "robot", "model": 7});
    let Some(notice) = parse("ConnectorChanged", &detail) else { panic!("{detail}") };
    assert_eq!(serde_json::to_value(notice).unwrap(), detail, "it is kept as it was published");
}

#[test]
fn a_notice_of_a_known_kind_with_an_unexpected_form_is_refused() {
    for kind in NoticeKind::ALL {
        let error = Notice::parse(kind.as_str(), &json!({"id": "x"})).unwrap_err();
        assert!(error.to_string().contains(kind.as_str()));
    }
}

//! The requests to EventBridge, and the meaning of its responses.

use archive::names::ConnectorId;
use archive::part::{PartKind, PartNumber, Window};
use archive::time::Time;
use aws::eventbridge::bus::EventBridgeBus;
use ports::Bus as _;
use ports::PortError;
use protocol::cursor::Cursor;
use protocol::notice::{Backlog, Delivery, Fact, Notice, Recovery};
use serde_json::Value;

use crate::server::{ScriptedResponse, Server};
use crate::world::clients_of;

fn notice() -> Notice {
    let since: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
    let recovery = Recovery {
        blocked_since: since,
        blocked_seconds: 60,
        caught_up_from: None,
        backlog: Backlog::of(&Cursor::new(since, since, since)),
    };
    Notice::recovered(&"acme".parse().unwrap(), &ConnectorId::new(7), recovery)
}

fn delivered() -> Notice {
    let at: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
    let delivery = Delivery {
        part: PartNumber::new(9),
        window: Window { from: at, to: at },
        kind: PartKind::Regular,
        events: 7,
        late: 0,
        unreadable: 0,
        name: "events/date=2026-11-20/x.json".into(),
        size: 512,
    };
    Notice { fact: Fact::Delivered(delivery), ..notice() }
}

/// The bus gives the same response to every attempt.
async fn publish(answer: ScriptedResponse) -> (Result<(), PortError>, Server) {
    let server = Server::start(vec![answer; 5]).await;
    let bus = EventBridgeBus::new(clients_of(&server.url).events, "auditferry-events".into());
    (bus.publish(&notice()).await, server)
}

fn is_transient(error: &PortError) -> bool {
    matches!(error, PortError::Transient { .. })
}

#[tokio::test]
async fn a_notice_is_one_event_on_the_named_bus() {
    let confirmed = r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#;
    let (result, server) = publish(ScriptedResponse::new(200, confirmed)).await;
    result.unwrap();
    let seen = server.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("x-amz-target"), Some("AWSEvents.PutEvents"));
    let request: Value = serde_json::from_slice(&seen[0].body).unwrap();
    let [entry] = request["Entries"].as_array().unwrap().as_slice() else { panic!("{request}") };
    assert_eq!(entry["EventBusName"], "auditferry-events");
    assert_eq!(entry["Source"], "auditferry");
    assert_eq!(entry["DetailType"], "ExportRecovered");
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail, serde_json::to_value(notice()).unwrap());
    assert_eq!(detail["connector"], "con_0000000000000007");
}

/// One request, so that it costs nothing more; and what the reader's sweep finds anyway is no lost notice.
#[tokio::test]
async fn a_delivered_part_is_announced_to_the_reader_in_the_request_of_its_notice() {
    let id = r#"{"EventId":"1"}"#;
    let refused = r#"{"ErrorCode":"MalformedDetail","ErrorMessage":"words"}"#;
    for (entries, is_published) in
        [(format!("{id},{id}"), true), (format!("{id},{refused}"), true), (format!("{refused},{id}"), false)]
    {
        let answer = ScriptedResponse::new(200, format!(r#"{{"FailedEntryCount":0,"Entries":[{entries}]}}"#));
        let server = Server::start([answer]).await;
        let bus = EventBridgeBus::new(clients_of(&server.url).events, "auditferry-events".into());
        assert_eq!(bus.publish(&delivered()).await.is_ok(), is_published, "{entries}");
        let seen = server.requests();
        assert_eq!(seen.len(), 1);
        let request: Value = serde_json::from_slice(&seen[0].body).unwrap();
        let kinds = [0, 1].map(|nth| request["Entries"][nth]["DetailType"].as_str().unwrap());
        assert_eq!(kinds, ["ExportDelivered", "PartSealed"]);
        assert_eq!(request["Entries"][1]["EventBusName"], "auditferry-events");
        let detail: Value = serde_json::from_str(request["Entries"][1]["Detail"].as_str().unwrap()).unwrap();
        assert_eq!(detail, serde_json::to_value(delivered().part_sealed()).unwrap());
    }
}

#[tokio::test]
async fn a_failed_entry_in_a_200_is_an_error_by_its_code() {
    for (code, is_right, attempts) in [
        ("ThrottlingException", is_transient as fn(&PortError) -> bool, 3),
        ("InternalFailure", is_transient, 3),
        ("AccessDeniedException", |e| matches!(e, PortError::Denied { .. }), 1),
        ("NotAuthorizedForSourceException", |e| matches!(e, PortError::Denied { .. }), 1),
        ("MalformedDetail", |e| matches!(e, PortError::Bug { .. }), 1),
    ] {
        let answer = format!(
            r#"{{"FailedEntryCount":1,"Entries":[{{"ErrorCode":"{code}","ErrorMessage":"words"}}]}}"#
        );
        let (result, server) = publish(ScriptedResponse::new(200, answer)).await;
        let error = result.unwrap_err();
        assert!(is_right(&error), "{error:?}");
        assert!(error.chain().contains(&format!("{code}: words")), "{}", error.chain());
        assert_eq!(server.requests().len(), attempts, "{code}: only transient errors are retried");
    }
}

#[tokio::test]
async fn a_response_without_an_event_id_is_not_a_success() {
    for answer in [r#"{"FailedEntryCount":0,"Entries":[]}"#, r#"{"FailedEntryCount":0,"Entries":[{}]}"#, "{}"]
    {
        let (result, _) = publish(ScriptedResponse::new(200, answer)).await;
        assert!(matches!(result, Err(PortError::Bug { .. })), "{answer}: {result:?}");
    }
}

#[tokio::test]
async fn a_bus_that_may_not_be_used_is_denied() {
    let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#;
    let (result, server) = publish(ScriptedResponse::new(400, denied)).await;
    assert!(matches!(result, Err(PortError::Denied { .. })));
    assert_eq!(server.requests().len(), 1, "a denial is not retried");
}

//! What a contact receives of each notice.

use archive::item::{Unreadable, UnreadableReason};
use archive::names::{ConnectorId, ExternalId, TenantId};
use archive::part::PartNumber;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Destination, Encryption, S3Destination, Verb};
use protocol::contacts::*;
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::notice::{Backlog, Notice, Recovery};
use protocol::notification::*;
use serde_json::{Value, json};

use super::*;

/// Marks everything that is the vendor's own.
const CANARY: &str = "canary-7c1e";

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn now() -> Time {
    at("2026-11-20T20:15:30Z")
}

fn connector() -> Connector {
    let id = ConnectorId::new(7);
    let destination = S3Destination {
        role: "arn:aws:iam::222222222222:role/auditferry/Delivery".parse().unwrap(),
        bucket: "acme-logs".parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    };
    let draft = Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(0xca4a_4100, 2), Time::EPOCH);
    Connector { destination: destination.into(), verified_at: Some(now()), ..draft }
}

fn cursor() -> Cursor {
    let mut cursor = Cursor::new(now(), now(), now());
    cursor.next = PartNumber::new(4);
    cursor
}

fn blocked(stage: DeliveryStage, kind: DeliveryErrorKind) -> Notice {
    let connector = connector();
    let message = format!("words {CANARY}\r\nof the platform");
    let error = DeliveryError { stage, kind, code: "NoSuchBucket".into(), message };
    let block = Block::new(&error, connector.destination.s3().unwrap().diagnose(&error), None, now(), 0);
    Notice::blocked(&connector.tenant, &connector.id, block, &cursor(), None)
}

fn changed(what: Verb) -> Notice {
    let by = Caller::Operator { name: format!("arn:aws:iam::111111111111:user/{CANARY}") };
    Notice::changed(&Change { version: 3, at: now(), by, what, before: None, after: connector() })
}

fn stale() -> Notice {
    let (connector, week) = (connector(), std::time::Duration::from_hours(7 * 24));
    Notice::stale(&connector.tenant, &connector.id, now(), &cursor(), Some(week))
}

fn unreadable() -> Notice {
    let first = Unreadable {
        partition_key: CANARY.into(),
        sort_key: CANARY.into(),
        reason: UnreadableReason::LoneSurrogate,
        detail: CANARY.into(),
        original: Some(archive::item::OriginalContent::Raw(CANARY.into())),
    };
    let connector = connector();
    let items = protocol::notice::UnreadableItems {
        part: PartNumber::new(9),
        window: archive::part::Window { from: now(), to: now() },
        items: 2,
        partition_key: first.partition_key,
        sort_key: first.sort_key,
        reason: first.reason.into(),
    };
    let fact = protocol::notice::Fact::Unreadable(items);
    Notice { id: "con-exportunreadable-9".into(), tenant: connector.tenant, connector: connector.id, fact }
}

fn recovered() -> Notice {
    let backlog = Backlog::of(&cursor());
    let recovery = Recovery { blocked_since: now(), blocked_seconds: 7_260, caught_up_from: None, backlog };
    Notice::recovered(&connector().tenant, &connector().id, recovery)
}

fn delivery(number: u64) -> Notice {
    let delivery = protocol::notice::Delivery {
        part: PartNumber::new(number),
        window: archive::part::Window { from: Time::EPOCH, to: now() },
        kind: archive::part::PartKind::Regular,
        events: 12,
        late: 0,
        unreadable: 0,
        name: "events/date=2026-11-20/x.json".into(),
        size: 1,
    };
    let id = format!("con_0000000000000007-exportdelivered-{number}");
    let fact = protocol::notice::Fact::Delivered(delivery);
    Notice { id, tenant: connector().tenant, connector: connector().id, fact }
}

fn first_file() -> Notice {
    delivery(1)
}

/// One of each kind that contacts receive.
fn all_notified() -> Vec<Notice> {
    let on_time = Notice::on_time(&connector().tenant, &connector().id, now(), &cursor(), now());
    vec![
        blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone),
        blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone).as_reminder(now()),
        blocked(DeliveryStage::Read, DeliveryErrorKind::TenantMismatch),
        recovered(),
        stale(),
        on_time,
        unreadable(),
        changed(Verb::Activate),
        first_file(),
        changed(Verb::Pause),
        changed(Verb::RefuseDestination),
        changed(Verb::TestContacts),
    ]
}

fn read(notice: &Notice) -> Option<ContactMessage> {
    ContactMessage::read(notice.fact.kind(), now(), &serde_json::to_value(notice).unwrap()).unwrap()
}

/// The body of a webhook request.
fn body(message: &ContactMessage) -> Value {
    serde_json::from_slice(&message.sign(&[], now()).body).unwrap()
}

#[test]
fn a_block_is_reported_with_cause_remedy_and_backlog() {
    let message = read(&blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone)).unwrap();
    assert_eq!(
        body(&message),
        json!({
            "type": "ExportBlocked",
            "timestamp": "2026-11-20T20:15:30.000Z",
            "data": {
                "id": "con_0000000000000007-exportblocked-2026-11-20T20:15:30.000Z-put_object-NoSuchBucket",
                "tenant": "acme",
                "connector": "con_0000000000000007",
                "message": "The delivery of your audit log has been blocked since 2026-11-20 20:15 UTC.",
                "since": "2026-11-20T20:15:30.000Z",
                "stage": "put_object",
                "code": "NoSuchBucket",
                "cause": "The bucket acme-logs does not exist (NoSuchBucket).",
                "remedy": "Create acme-logs in eu-central-1 in account 222222222222 again, or connect \
                     another bucket. Everything sealed since is kept and will be delivered.",
                "reminder": false,
                "waiting_files": 3,
                "sealed_to": "2026-11-20T20:15:30.000Z",
            },
        })
    );
}

/// A tenant ID cannot break a line, hide text or change the writing direction. The webhook contains it
/// unchanged.
#[test]
fn a_tenant_id_stays_on_one_line_of_a_mail_and_out_of_headers() {
    for (id, seen) in [
        ("auth0|123", "auth0|123"),
        ("Müller GmbH", "Müller GmbH"),
        ("a\u{2028}Time: never\u{202e}", "a\\u{2028}Time: never\\u{202e}"),
        ("<script>alert(1)</script> ", "<script>alert(1)</script>\\u{20}"),
    ] {
        let tenant: TenantId = id.parse().unwrap();
        let connector = Connector { tenant: tenant.clone(), ..connector() };
        let notice = Notice { tenant, ..recovered() };
        let message = read(&notice).unwrap();
        assert_eq!(body(&message)["data"]["tenant"], id);
        let (mail, usual) = (notice_mail(&message, &connector), notice_mail(&message, &self::connector()));
        assert_eq!(mail.subject, usual.subject);
        assert_eq!(mail.text, usual.text.replace("Tenant:    acme\n", &format!("Tenant:    {seen}\n")));
        let (signed, other) = (message.sign(&[], now()), read(&recovered()).unwrap().sign(&[], now()));
        assert_eq!((signed.id, signed.timestamp), (other.id, other.timestamp));
    }
}

#[test]
fn exactly_the_kinds_that_the_bus_forwards_are_read() {
    for notice in all_notified() {
        let (kind, message) = (notice.fact.kind(), read(&notice).unwrap());
        assert_eq!((message.id.as_str(), message.tenant.as_str()), (notice.id.as_str(), "acme"));
        let forwarded = NOTIFIED_KINDS.contains(&kind) || FIRST_FILE_KINDS.contains(&kind);
        assert!(forwarded || kind == "ConnectorChanged", "{kind}");
    }
    for verb in [Verb::Create, Verb::Update, Verb::Resume, Verb::SetContacts, Verb::RotateWebhookSecret] {
        assert_eq!(read(&changed(verb)), None, "{verb:?}");
    }
    assert_eq!(read(&delivery(2)), None, "only the first file");
    for verb in [
        Verb::Activate,
        Verb::Pause,
        Verb::RefuseDestination,
        Verb::TestContacts,
        Verb::SetContacts,
        Verb::AskContacts,
    ] {
        let detail = serde_json::to_value(changed(verb)).unwrap();
        let names = NOTIFIED_VERBS.map(|verb| serde_json::to_value(verb).unwrap());
        assert!(names.contains(&detail["what"]), "{detail}");
    }
    assert_eq!(ContactMessage::read("ExportDelivered", now(), &json!({})).unwrap(), None);
    let error = ContactMessage::read("ExportBlocked", now(), &json!({"id": "x"})).unwrap_err();
    assert!(error.to_string().contains("ExportBlocked"));
}

/// Neither in the subject nor in the text: naming a bucket must not put words into the vendor's mails.
#[test]
fn a_mail_contains_no_text_of_a_tenant_before_its_destination_is_verified() {
    let unverified = Connector {
        tenant: "evil-tenant".parse().unwrap(),
        verified_at: None,
        destination: connector().destination.s3().cloned().map_or(Destination::None, |to| {
            Destination::S3(S3Destination {
                bucket: "evil-bucket".parse().unwrap(),
                prefix: "evil-prefix".parse().unwrap(),
                role: "arn:aws:iam::222222222222:role/auditferry/evil-role".parse().unwrap(),
                ..to
            })
        }),
        ..connector()
    };
    for notice in all_notified() {
        let mut notice = Notice { tenant: unverified.tenant.clone(), ..notice };
        if let protocol::notice::Fact::Blocked(protocol::notice::Blocked { block, .. }) = &mut notice.fact {
            block.cause = "evil-cause".into();
            block.remedy = "evil-remedy".into();
            block.code = "evil-code".into();
        }
        let mail = notice_mail(&read(&notice).unwrap(), &unverified);
        assert!(!format!("{mail:?}").contains("evil"), "{mail:?}");
        let verified = Connector { verified_at: Some(now()), ..unverified.clone() };
        assert!(notice_mail(&read(&notice).unwrap(), &verified).text.contains("evil-bucket"));
    }
}

#[test]
fn a_confirmation_mail_is_in_the_vendors_name_with_an_unbroken_link() {
    let token = "t".repeat(43);
    let portal: archive::names::PortalUrl =
        "https://audit.a-rather-long-name-for-a.vendor.example".parse().unwrap();
    let link = portal.confirmation(&token);
    let mail = confirmation_mail(&"vendor.example".parse().unwrap(), &link);
    assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", mail.subject, mail.text));
}

#[test]
fn suppressed_notices_are_counted_in_mail_and_webhook() {
    let message = read(&blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone)).unwrap();
    assert_eq!(body(&message)["data"].get("held_back"), None);
    for (held_back, words) in [(1, "happened once more since"), (12, "happened 12 more times since")] {
        let message = ContactMessage { held_back, ..message.clone() };
        let text = notice_mail(&message, &connector()).text.replace('\n', " ");
        assert!(text.contains(words), "{text}");
        assert_eq!(body(&message)["data"]["held_back"], held_back);
    }
}

#[test]
fn addresses_are_asked_after_they_are_set_or_on_request() {
    for (verb, asks) in [(Verb::SetContacts, true), (Verb::AskContacts, true), (Verb::TestContacts, false)] {
        let notice = changed(verb);
        let detail = serde_json::to_value(&notice).unwrap();
        let found = requests_consent(notice.fact.kind(), &detail).unwrap();
        assert_eq!(found, asks.then(|| (connector().tenant, connector().id)), "{verb:?}");
    }
    let problem = serde_json::to_value(stale()).unwrap();
    assert_eq!(requests_consent("ExportStale", &problem).unwrap(), None);
    assert!(requests_consent("ConnectorChanged", &json!({"what": "set_contacts"})).is_err());
    assert!(requests_consent("ConnectorChanged", &json!({})).is_err());
}

#[test]
fn nothing_of_the_vendors_own_reaches_a_contact() {
    for notice in all_notified() {
        // The platform's message about the customer's own role or key is for the customer.
        let message = read(&notice).unwrap();
        let mail = notice_mail(&message, &connector());
        let all = format!("{} {} {}", body(&message), mail.subject, mail.text);
        assert!(!all.contains(CANARY) && !all.contains("ca4a41"), "{all}");
    }
    let ours = body(&read(&blocked(DeliveryStage::Read, DeliveryErrorKind::TenantMismatch)).unwrap());
    assert!(ours["data"].get("code").is_none() && ours["data"].get("stage").is_none(), "{ours}");
    assert!(ours["data"]["remedy"].as_str().unwrap().contains("nothing for you to do"));
}

#[test]
fn an_error_is_the_customers_only_if_the_customer_can_fix_it() {
    for (stage, kind, is_internal) in [
        (DeliveryStage::Read, DeliveryErrorKind::TenantMismatch, true),
        (DeliveryStage::Read, DeliveryErrorKind::Unavailable, true),
        (DeliveryStage::PutObject, DeliveryErrorKind::Rejected, true),
        (DeliveryStage::PutObject, DeliveryErrorKind::Denied, false),
        (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, false),
    ] {
        let message = body(&read(&blocked(stage, kind)).unwrap());
        let data = message["data"].as_object().unwrap();
        assert_eq!(data.contains_key("code"), !is_internal, "{stage:?} {kind:?}: {message}");
        assert_eq!(
            data["remedy"].as_str().unwrap().contains("nothing for you to do"),
            is_internal,
            "{message}"
        );
    }
}

#[test]
fn a_duration_is_in_the_largest_unit_of_which_there_are_two() {
    for (blocked_seconds, duration) in [
        (0, "0 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (900_000, "10 days"),
    ] {
        let fact = ContactFact::Recovered { blocked_since: now(), blocked_seconds, waiting_files: 1 };
        let text = text::paragraphs(&fact).concat();
        assert!(text.starts_with(&format!("The outage lasted {duration}. ")), "{text}");
    }
}

#[test]
fn no_message_can_break_a_header_or_a_line() {
    let notice = blocked(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied);
    let mut connector = connector();
    connector.destination.s3_mut().unwrap().prefix = "a/b".parse().unwrap();
    let message = read(&notice).unwrap();
    let mail = notice_mail(&message, &connector);
    assert!(mail.subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{:?}", mail.subject);
    assert!(mail.text.contains(&format!("words {CANARY} of")) || mail.text.contains("\nof the platform"));
    assert!(!mail.text.contains('\r') && mail.text.chars().all(|c| c == '\n' || !c.is_control()));
    let signed = message.sign(&[], now());
    assert!(signed.id.starts_with("msg_") && signed.id.len() == 36, "{}", signed.id);
    assert!(
        signed.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
        "no dot, since dots separate the signed parts"
    );
}

#[test]
fn the_id_follows_from_the_notice_and_each_secret_signs() {
    let (first, second) = (read(&stale()).unwrap(), read(&stale()).unwrap());
    let secrets: Vec<WebhookSecret> =
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
    let (one, later) = (first.sign(&secrets, now()), second.sign(&secrets, Time::LAST));
    assert_eq!((&one.id, &one.body), (&later.id, &later.body));
    assert_ne!(one.signature, later.signature);
    let signatures: Vec<&str> = one.signature.split(' ').collect();
    assert_eq!(signatures, [0, 1].map(|n: usize| secrets[n].sign(&one.id, now(), &one.body)));
    assert_ne!(
        read(&stale().as_reminder(now())).unwrap().sign(&[], now()).id,
        one.id,
        "a reminder has an ID of its own"
    );
    assert!(!format!("{one:?}").contains("v1,"));
}

#[test]
fn a_mail_reports_what_happened_why_what_to_do_what_waits_and_where() {
    let mails: Vec<String> = all_notified()
        .iter()
        .map(|notice| notice_mail(&read(notice).unwrap(), &connector()))
        .map(|mail| format!("Subject: {}\n\n{}", mail.subject, mail.text))
        .collect();
    assert!(mails.iter().flat_map(|mail| mail.lines().skip(1)).all(|line| line.chars().count() <= 76));
    insta::assert_snapshot!(mails.join("\n----\n\n"));
}

#[test]
fn an_address_is_among_the_addresses_in_any_case() {
    let [mine, upper, other] =
        ["ops@acme.example", "OPS@Acme.example", "it@acme.example"].map(|text| text.parse().unwrap());
    let addresses: Addresses = vec![mine].try_into().unwrap();
    assert!(addresses.contains(&upper) && !addresses.contains(&other));
}

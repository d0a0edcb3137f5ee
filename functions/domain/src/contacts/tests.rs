//! What becomes of each notice on its way to a contact.

use serde_json::{Value, json};

use super::*;
use crate::connector::{Caller, Change, Connector, Destination, Encryption, Verb};
use crate::cursor::Cursor;
use crate::fault::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use crate::item::{Unreadable, UnreadableReason};
use crate::names::{ConnectorId, ExternalId, TenantId};
use crate::notice::{Backlog, Notice, Recovery};
use crate::part::PartNumber;

/// Stands in all that is the vendor's own.
const CANARY: &str = "canary-7c1e";

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn now() -> Time {
    at("2026-11-20T20:15:30Z")
}

fn connector() -> Connector {
    let id = ConnectorId::new(7);
    let destination = Destination {
        role: "arn:aws:iam::222222222222:role/auditferry/Delivery".parse().unwrap(),
        bucket: "acme-logs".parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    };
    let draft = Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(0xca4a_4100, 2), Time::EPOCH);
    Connector { destination: Some(destination), verified_at: Some(now()), ..draft }
}

fn cursor() -> Cursor {
    let mut cursor = Cursor::new(now(), now(), now());
    cursor.next = PartNumber::new(4);
    cursor
}

fn blocked(stage: DeliveryStage, reason: DeliveryErrorKind) -> Notice {
    let connector = connector();
    let message = format!("words {CANARY}\r\nof the platform");
    let fault = DeliveryError { stage, kind: reason, code: "NoSuchBucket".into(), message };
    let block = Block::new(&fault, connector.destination.as_ref().unwrap(), None, now(), 0);
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
        original: Some(crate::item::OriginalContent::Raw(CANARY.into())),
    };
    let connector = connector();
    let items = crate::notice::UnreadableItems {
        part: PartNumber::new(9),
        window: crate::part::Window { from: now(), to: now() },
        items: 2,
        partition_key: first.partition_key,
        sort_key: first.sort_key,
        reason: first.reason,
    };
    let fact = crate::notice::Fact::Unreadable(items);
    Notice { id: "con-exportunreadable-9".into(), tenant: connector.tenant, connector: connector.id, fact }
}

fn recovered() -> Notice {
    let backlog = Backlog::of(&cursor());
    let recovery = Recovery { blocked_since: now(), blocked_seconds: 7_260, caught_up_from: None, backlog };
    Notice::recovered(&connector().tenant, &connector().id, recovery)
}

/// One of each that is told.
fn all_told() -> Vec<Notice> {
    let on_time = Notice::on_time(&connector().tenant, &connector().id, now(), &cursor(), now());
    vec![
        blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone),
        blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone).as_reminder(now()),
        blocked(DeliveryStage::Read, DeliveryErrorKind::TenantMismatch),
        recovered(),
        stale(),
        on_time,
        unreadable(),
        changed(Verb::Pause),
        changed(Verb::RefuseDestination),
        changed(Verb::TestContacts),
    ]
}

fn read(notice: &Notice) -> Option<ContactMessage> {
    ContactMessage::read(notice.fact.kind(), now(), &serde_json::to_value(notice).unwrap()).unwrap()
}

/// What a webhook gets.
fn body(news: &ContactMessage) -> Value {
    serde_json::from_slice(&news.sign(&[], now()).body).unwrap()
}

#[test]
fn a_block_is_told_with_cause_remedy_and_what_waits() {
    let news = read(&blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone)).unwrap();
    assert_eq!(
        body(&news),
        json!({
            "type": "ExportBlocked",
            "timestamp": "2026-11-20T20:15:30.000Z",
            "data": {
                "id": "con_0000000000000007-exportblocked-2026-11-20T20:15:30.000Z-put_object-NoSuchBucket",
                "tenant": "acme",
                "connector": "con_0000000000000007",
                "message": "The delivery of your audit log is blocked since 2026-11-20 20:15 UTC.",
                "since": "2026-11-20T20:15:30.000Z",
                "stage": "put_object",
                "code": "NoSuchBucket",
                "cause": "The bucket acme-logs does not exist (NoSuchBucket).",
                "remedy": "Create acme-logs in eu-central-1 in account 222222222222 again, or connect another bucket. Everything sealed since is kept and is delivered then.",
                "reminder": false,
                "waiting_files": 3,
                "sealed_to": "2026-11-20T20:15:30.000Z",
            },
        })
    );
}

/// Whatever a tenant is called: it ends no line, hides nothing and turns nothing around. The webhook has it as it is.
#[test]
fn a_tenants_id_stands_in_one_line_of_a_mail_and_in_no_header() {
    for (id, seen) in [
        ("auth0|123", "auth0|123"),
        ("Müller GmbH", "Müller GmbH"),
        ("a\u{2028}Told: never\u{202e}", "a\\u{2028}Told: never\\u{202e}"),
        ("<script>alert(1)</script> ", "<script>alert(1)</script>\\u{20}"),
    ] {
        let tenant: TenantId = id.parse().unwrap();
        let connector = Connector { tenant: tenant.clone(), ..connector() };
        let notice = Notice { tenant, ..recovered() };
        let news = read(&notice).unwrap();
        assert_eq!(body(&news)["data"]["tenant"], id);
        let (mail, usual) =
            (Mail::for_message(&news, &connector), Mail::for_message(&news, &self::connector()));
        assert_eq!(mail.subject, usual.subject);
        assert_eq!(mail.text, usual.text.replace("Tenant:    acme\n", &format!("Tenant:    {seen}\n")));
        let (signed, other) = (news.sign(&[], now()), read(&recovered()).unwrap().sign(&[], now()));
        assert_eq!((signed.id, signed.timestamp), (other.id, other.timestamp));
    }
}

#[test]
fn every_kind_that_the_bus_hands_on_is_read_and_no_other() {
    for notice in all_told() {
        let (kind, news) = (notice.fact.kind(), read(&notice).unwrap());
        assert_eq!((news.id.as_str(), news.tenant.as_str()), (notice.id.as_str(), "acme"));
        assert!(NOTIFIED_KINDS.contains(&kind) || kind == "ConnectorChanged", "{kind}");
    }
    for verb in [Verb::Create, Verb::Update, Verb::Resume, Verb::SetContacts, Verb::RotateWebhookSecret] {
        assert_eq!(read(&changed(verb)), None, "{verb:?}");
    }
    for verb in
        [Verb::Pause, Verb::RefuseDestination, Verb::TestContacts, Verb::SetContacts, Verb::AskContacts]
    {
        let told = serde_json::to_value(changed(verb)).unwrap();
        assert!(NOTIFIED_VERBS.contains(&told["what"].as_str().unwrap()), "{told}");
    }
    assert_eq!(ContactMessage::read("ExportDelivered", now(), &json!({})).unwrap(), None);
    let error = ContactMessage::read("ExportBlocked", now(), &json!({"id": "x"})).unwrap_err();
    assert!(error.to_string().contains("ExportBlocked"));
}

/// Not in the subject, not in the text, whatever happened: the vendor's sender says nothing for whoever names a bucket.
#[test]
fn nothing_of_a_tenants_own_is_in_a_mail_before_its_destination_is_verified() {
    let unverified = Connector {
        tenant: "evil-tenant".parse().unwrap(),
        verified_at: None,
        destination: connector().destination.map(|to| Destination {
            bucket: "evil-bucket".parse().unwrap(),
            prefix: "evil-prefix".parse().unwrap(),
            role: "arn:aws:iam::222222222222:role/auditferry/evil-role".parse().unwrap(),
            ..to
        }),
        ..connector()
    };
    for notice in all_told() {
        let mut notice = Notice { tenant: unverified.tenant.clone(), ..notice };
        if let crate::notice::Fact::Blocked { block, .. } = &mut notice.fact {
            block.cause = "evil-cause".into();
            block.remedy = "evil-remedy".into();
            block.code = "evil-code".into();
        }
        let mail = Mail::for_message(&read(&notice).unwrap(), &unverified);
        assert!(!format!("{mail:?}").contains("evil"), "{mail:?}");
        let verified = Connector { verified_at: Some(now()), ..unverified.clone() };
        assert!(Mail::for_message(&read(&notice).unwrap(), &verified).text.contains("evil-bucket"));
    }
}

#[test]
fn an_address_is_asked_in_the_vendors_name_with_a_link_that_no_line_breaks() {
    let token = "t".repeat(43);
    let portal: crate::names::PortalUrl =
        "https://audit.a-rather-long-name-for-a.vendor.example".parse().unwrap();
    let link = portal.confirmation(&token);
    let mail = Mail::confirmation(&"vendor.example".parse().unwrap(), &link);
    assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", mail.subject, mail.text));
}

#[test]
fn what_was_held_back_is_counted_in_mail_and_webhook() {
    let news = read(&blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone)).unwrap();
    assert_eq!(body(&news)["data"].get("held_back"), None);
    for (held_back, words) in [(1, "happened once more since"), (12, "happened 12 times more since")] {
        let news = ContactMessage { held_back, ..news.clone() };
        let text = Mail::for_message(&news, &connector()).text.replace('\n', " ");
        assert!(text.contains(words), "{text}");
        assert_eq!(body(&news)["data"]["held_back"], held_back);
    }
}

#[test]
fn addresses_are_asked_after_they_were_set_or_somebody_says_so() {
    for (verb, asks) in [(Verb::SetContacts, true), (Verb::AskContacts, true), (Verb::TestContacts, false)] {
        let notice = changed(verb);
        let detail = serde_json::to_value(&notice).unwrap();
        let found = requests_consent(notice.fact.kind(), &detail).unwrap();
        assert_eq!(found, asks.then(|| (connector().tenant, connector().id)), "{verb:?}");
    }
    let trouble = serde_json::to_value(stale()).unwrap();
    assert_eq!(requests_consent("ExportStale", &trouble).unwrap(), None);
    assert!(requests_consent("ConnectorChanged", &json!({"what": "set_contacts"})).is_err());
    assert!(requests_consent("ConnectorChanged", &json!({})).is_err());
}

#[test]
fn what_is_the_vendors_own_reaches_no_contact() {
    for notice in all_told() {
        // What the platform says of the customer's own role or key is the customer's to know.
        let news = read(&notice).unwrap();
        let mail = Mail::for_message(&news, &connector());
        let all = format!("{} {} {}", body(&news), mail.subject, mail.text);
        assert!(!all.contains(CANARY) && !all.contains("ca4a41"), "{all}");
    }
    let ours = body(&read(&blocked(DeliveryStage::Read, DeliveryErrorKind::TenantMismatch)).unwrap());
    assert!(ours["data"].get("code").is_none() && ours["data"].get("stage").is_none(), "{ours}");
    assert!(ours["data"]["remedy"].as_str().unwrap().contains("nothing for you to do"));
}

#[test]
fn a_fault_is_the_customers_only_if_it_is_at_its_side_and_of_its_making() {
    for (stage, reason, is_ours) in [
        (DeliveryStage::Read, DeliveryErrorKind::TenantMismatch, true),
        (DeliveryStage::Read, DeliveryErrorKind::Unavailable, true),
        (DeliveryStage::PutObject, DeliveryErrorKind::Rejected, true),
        (DeliveryStage::PutObject, DeliveryErrorKind::Denied, false),
        (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, false),
    ] {
        let told = body(&read(&blocked(stage, reason)).unwrap());
        let data = told["data"].as_object().unwrap();
        assert_eq!(data.contains_key("code"), !is_ours, "{stage:?} {reason:?}: {told}");
        assert_eq!(data["remedy"].as_str().unwrap().contains("nothing for you to do"), is_ours, "{told}");
    }
}

#[test]
fn how_long_it_took_is_told_in_the_largest_unit_of_which_there_were_two() {
    for (blocked_seconds, told) in [
        (0, "0 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (900_000, "10 days"),
    ] {
        let what = ContactFact::Recovered { blocked_since: now(), blocked_seconds, waiting_files: 1 };
        let text = words::paragraphs(&what).concat();
        assert!(text.starts_with(&format!("It took {told}. ")), "{text}");
    }
}

#[test]
fn nothing_that_anyone_says_ends_a_header_or_a_line() {
    let notice = blocked(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied);
    let mut connector = connector();
    connector.destination.as_mut().unwrap().prefix = "a/b".parse().unwrap();
    let news = read(&notice).unwrap();
    let mail = Mail::for_message(&news, &connector);
    assert!(mail.subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{:?}", mail.subject);
    assert!(mail.text.contains(&format!("words {CANARY} of")) || mail.text.contains("\nof the platform"));
    assert!(!mail.text.contains('\r') && mail.text.chars().all(|c| c == '\n' || !c.is_control()));
    let signed = news.sign(&[], now());
    assert!(signed.id.starts_with("msg_") && signed.id.len() == 36, "{}", signed.id);
    assert!(signed.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "no dot, which separates");
}

#[test]
fn the_id_is_the_notices_and_each_secret_signs() {
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
    assert_ne!(read(&stale().as_reminder(now())).unwrap().sign(&[], now()).id, one.id, "a reminder is news");
    assert!(!format!("{one:?}").contains("v1,"));
}

#[test]
fn a_mail_says_what_happened_why_what_to_do_what_waits_and_where() {
    let mails: Vec<String> = all_told()
        .iter()
        .map(|notice| Mail::for_message(&read(notice).unwrap(), &connector()))
        .map(|mail| format!("Subject: {}\n\n{}", mail.subject, mail.text))
        .collect();
    assert!(mails.iter().flat_map(|mail| mail.lines().skip(1)).all(|line| line.chars().count() <= 76));
    insta::assert_snapshot!(mails.join("\n----\n\n"));
}

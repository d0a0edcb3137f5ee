//! The rules of the operator's topic: how each of them transforms the notice that it matches, as EventBridge
//! does.
//!
//! Source: EventBridge user guide, "Amazon EventBridge input transformation".

use std::collections::BTreeMap;

use archive::item::{Unreadable, UnreadableReason};
use archive::part::{PartNumber, Window};
use protocol::connector::{Change, Verb};
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::notice::{Backlog, Notice, Recovery};
use regex::{Captures, Regex};
use serde_json::{Value, json};
use tests::fixtures::{self, activated, at, connector, tenant};

use super::alarm::ALARMS;

/// A rule of the template.
struct Rule {
    name: String,
    kind: String,
    what: Option<String>,
    paths: BTreeMap<String, String>,
    template: String,
}

fn rules() -> Vec<Rule> {
    let rule = Regex::new(r"(?s)  (\w+):\n    Type: AWS::Events::Rule\n(.*?)\n\n").unwrap();
    let pattern = Regex::new(r"detail-type: \[(\w+)\](?:, detail: \{what: \[(\w+)\]\})?").unwrap();
    let path = Regex::new(r"(\w+): \$\.detail\.([\w.]+)").unwrap();
    let parsed = |found: Captures<'_>| {
        let wanted = pattern.captures(&found[2]).unwrap();
        let template = found[2].split_once("InputTemplate: >-\n").unwrap().1;
        Rule {
            name: found[1].to_owned(),
            kind: wanted[1].to_owned(),
            what: wanted.get(2).map(|what| what.as_str().to_owned()),
            paths: path
                .captures_iter(&found[2])
                .map(|path| (path[1].to_owned(), path[2].to_owned()))
                .collect(),
            template: template.lines().map(str::trim).collect::<Vec<_>>().join(" "),
        }
    };
    rule.captures_iter(ALARMS).map(parsed).collect()
}

impl Rule {
    fn matches(&self, notice: &Notice) -> bool {
        let detail = serde_json::to_value(notice).unwrap();
        notice.fact.kind() == self.kind && self.what.as_ref().is_none_or(|what| detail["what"] == **what)
    }

    /// The transformed notice: each name in the template replaced by the value at its path, texts in
    /// quotation marks.
    fn transform(&self, notice: &Notice) -> Value {
        let detail = serde_json::to_value(notice).unwrap();
        let used = Regex::new(r"<(\w+)>").unwrap();
        let names: Vec<String> = used.captures_iter(&self.template).map(|name| name[1].to_owned()).collect();
        assert!(
            self.paths.keys().all(|name| names.contains(name)),
            "{}: it extracts a value that it does not use",
            self.name
        );
        let sent = used.replace_all(&self.template, |name: &Captures<'_>| {
            let value = detail.pointer(&format!("/{}", self.paths[&name[1]].replace('.', "/")));
            let value = value.filter(|value| !value.is_null());
            value.unwrap_or_else(|| panic!("{}: {} is not in {detail}", self.name, &name[1])).to_string()
        });
        serde_json::from_str(&sent).unwrap_or_else(|error| panic!("{}: {error}: {sent}", self.name))
    }
}

/// A notice of each kind that the operator gets by e-mail.
fn emailed_notices() -> Vec<Notice> {
    let now = at("2026-11-20T20:15:00Z");
    let (connector, mut cursor) = activated(connector(&tenant("acme"), now), now);
    cursor.next = PartNumber::new(4);
    let (tenant, id) = (&connector.tenant, &connector.id);
    let backlog = Backlog::of(&Cursor::new(now, now, now));
    let error = DeliveryError {
        stage: DeliveryStage::PutObject,
        kind: DeliveryErrorKind::Gone,
        code: "NoSuchBucket".into(),
        message: "The specified bucket does not exist".into(),
    };
    let block = Block::new(&error, connector.destination.s3().unwrap().diagnose(&error), None, now, 0);
    let changed = |what| Notice::changed(&Change { what, ..fixtures::creation(&connector) });
    let window = Window { from: now, to: now };
    let part = fixtures::part(&connector, PartNumber::FIRST, window, &fixtures::worker());
    let first = Unreadable {
        partition_key: "acme".into(),
        sort_key: "2026-11-20T20:15:00Z#evt_1".into(),
        reason: UnreadableReason::NumberRange,
        detail: "a number beyond the range of a double at line 1, column 6".into(),
        original: None,
    };
    let recovery = Recovery { blocked_since: now, blocked_seconds: 60, caught_up_from: None, backlog };
    vec![
        Notice::blocked(tenant, id, block, &cursor, None),
        Notice::recovered(tenant, id, recovery),
        Notice::stale(tenant, id, now, &cursor, None),
        Notice::on_time(tenant, id, now, &cursor, now),
        Notice::unreadable(tenant, &part, &first),
        changed(Verb::Pause),
        changed(Verb::RefuseDestination),
    ]
}

#[test]
fn each_rule_sends_the_values_of_the_notice_that_it_matches_and_may_publish() {
    let (rules, notices) = (rules(), emailed_notices());
    assert_eq!(rules.len(), notices.len());
    for (notice, rule) in notices.iter().zip(&rules) {
        assert!(ALARMS.contains(&format!("- !GetAtt {}.Arn\n", rule.name)), "{} may not publish", rule.name);
        let waiting: Vec<&str> =
            rules.iter().filter(|rule| rule.matches(notice)).map(|rule| rule.name.as_str()).collect();
        assert_eq!(waiting, [rule.name.as_str()], "{notice:?}");
        let sent = rule.transform(notice);
        assert_eq!((&sent["tenant"], &sent["connector"]), (&json!("acme"), &json!(notice.connector)));
    }
}

#[test]
fn the_operators_mail_has_the_cause_the_backlog_the_possible_loss_and_the_remedy() {
    let notice = emailed_notices().remove(0);
    let bucket = json!(notice)["block"]["cause"].as_str().unwrap().split(' ').nth(2).unwrap().to_owned();
    let account = bucket.rsplit('-').next().unwrap();
    assert_eq!(
        rules()[0].transform(&notice),
        json!({
            "auditferry": "a connector is blocked",
            "tenant": "acme",
            "connector": notice.connector,
            "since": "2026-11-20T20:15:00.000Z",
            "reminder": false,
            "stage": "put_object",
            "code": "NoSuchBucket",
            "cause": format!("The bucket {bucket} does not exist (NoSuchBucket)."),
            "remedy": format!(
                "Create {bucket} in eu-central-1 in account {account} again, or connect another bucket. \
                 Everything sealed since is kept and will be delivered."
            ),
            "files that wait": 3,
            "sealed up to": "2026-11-20T20:15:00.000Z",
            "what may be lost": "No events will be lost: all waiting events are sealed and kept until they \
                are delivered, however long that takes.",
        })
    );
}

//! What the presets read from the examples, and how single values are read.

use super::examples::*;
use super::*;
use crate::event;
use crate::time::Time;

/// The fields that an event has, as `field=value`.
fn read(mapping: &EventFields, event: &str) -> Vec<String> {
    let found = event::find(event.as_bytes(), mapping.paths()).unwrap();
    let reading = mapping.read(&found);
    let time = reading.time.map(|time| format!("at {time}"));
    let texts = Field::ALL.into_iter().filter(|field| *field != Field::Time);
    let texts = texts.filter_map(|field| Some(format!("{field}={}", reading.text(field)?)));
    time.into_iter().chain(texts).collect()
}

fn own(mapping: &str) -> EventFields {
    mapping.parse().unwrap()
}

#[test]
fn each_preset_reads_the_events_of_its_documents() {
    let long_id = "90020211130024410422898811132722062524488178305167523842";
    let stream_id = "90020221124231024915274964892613219266671587159978278962";
    for (preset, event, expected) in [
        (
            Preset::Cloudtrail,
            CLOUDTRAIL_DENIED,
            "at 2026-02-18T21:19:28.000Z id=db26d1f9-ce73-4dd9-9081-cdf2aEXAMPLE action=ConsoleLogin \
             category=signin.amazonaws.com actor=arn:aws:iam::111122223333:user/ExampleUser outcome=failure \
             ip=192.0.2.100 tenant=111122223333",
        ),
        (
            Preset::Cloudtrail,
            CLOUDTRAIL_ROOT,
            "at 2019-01-01T00:00:00.000Z id=1 action=ConsoleLogin category=signin.amazonaws.com \
             actor=arn:aws:iam::123456789012:root outcome=failure ip=192.0.2.111 tenant=123456789012",
        ),
        (
            Preset::Cloudtrail,
            CLOUDTRAIL_SERVICE,
            "at 2026-07-10T10:00:00.000Z id=2 action=AssumeRole category=sts.amazonaws.com \
             actor=ec2.amazonaws.com target=arn:aws:iam::123456789012:role/web outcome=success \
             ip=ec2.amazonaws.com tenant=123456789012",
        ),
        (
            Preset::Ocsf,
            OCSF_LOGON,
            "at 2024-02-01T00:00:00.000Z id=m-1 action=Logon category=Authentication actor=jsmith \
             session=0x3E7 outcome=failure ip=10.1.50.23",
        ),
        (
            Preset::Ocsf,
            OCSF_API,
            "at 2024-02-01T00:00:00.123Z id=m-2 action=CreateBucket category=API Activity \
             actor=arn:aws:iam::111122223333:user/anaya target=arn:aws:s3:::logs outcome=success \
             ip=192.0.2.1 tenant=111122223333",
        ),
        (
            Preset::Ecs,
            ECS_NESTED,
            "at 2026-11-20T20:15:30.123Z id=e-1 action=user-login category=authentication actor=ann \
             outcome=failure ip=192.0.2.7 tenant=acme",
        ),
        (
            Preset::Ecs,
            ECS_DOTTED,
            "at 2026-11-20T20:15:30.123Z id=e-1 action=user-login category=authentication actor=ann \
             outcome=success ip=192.0.2.7",
        ),
        (
            Preset::Auth0,
            AUTH0_API,
            &format!(
                "at 2016-02-23T19:57:29.532Z id={long_id} action=sapi \
                 actor=auth0|56c75c4e42b6359e98374bc2 target=/api/v2/clients/1 outcome=success \
                 ip=190.257.209.19"
            ),
        ),
        (
            Preset::Auth0,
            AUTH0_STREAM,
            &format!(
                "at 2022-11-24T23:10:23.560Z id={stream_id} action=limit_wc category=main \
                 actor=ann@example.com target=Shop outcome=failure ip=2001:db8::9311"
            ),
        ),
        (
            Preset::Workos,
            WORKOS,
            "at 2022-08-29T19:47:52.336Z action=user.signed_in category=team \
             actor=user_01GBNJC3MX9ZZJW1FSTF4C5938 target=team_01GBNJD4MKHVKJGEWK42JNMBGS outcome=unknown \
             ip=123.123.123.123",
        ),
        (
            Preset::Generic,
            GENERIC_FLAT,
            "at 2026-11-20T20:15:30.000Z id=1 action=document.shared actor=ann@example.com target=doc_9 \
             outcome=failure ip=192.0.2.9 tenant=acme",
        ),
        (
            Preset::Generic,
            GENERIC_NESTED,
            "at 2025-11-20T20:15:30.000Z id=2 action=login actor=bob@example.com session=s-1 target=t-1 \
             outcome=success ip=192.0.2.8",
        ),
    ] {
        assert_eq!(read(&preset.fields(), event).join(" "), expected, "{preset}");
    }
}

#[test]
fn codes_of_auth0_are_failures_successes_or_neither() {
    let fields = Preset::Auth0.fields();
    for (code, outcome) in [
        ("s", "success"),
        ("seacft", "success"),
        ("gd_auth_succeed", "success"),
        ("f", "failure"),
        ("fp", "failure"),
        ("limit_mu", "failure"),
        ("signup_pwd_leak", "failure"),
        ("gd_auth_failed", "failure"),
        ("ss_sso_failure", "failure"),
        ("actions_execution_failed", "failure"),
        ("flows_execution_completed", "success"),
        ("forms_submission_succeeded", "success"),
        ("forms_submission_failed", "failure"),
        ("w", "unknown"),
        ("depnote", "unknown"),
    ] {
        assert_eq!(
            read(&fields, &format!(r#"{{"type":"{code}"}}"#))[1],
            format!("outcome={outcome}"),
            "{code}"
        );
    }
}

#[test]
fn each_real_event_of_cloudtrail_is_read_as_another_reader_does() {
    let fields = Preset::Cloudtrail.fields();
    for event in samples::events::cloudtrail() {
        let json: serde_json::Value = serde_json::from_str(&event.json).unwrap();
        let found = event::find(event.json.as_bytes(), fields.paths()).unwrap();
        let reading = fields.read(&found);
        // The crate of the samples has types of its own.
        let time = Time::from_millis(event.time.millis());
        assert_eq!((reading.time, reading.text(Field::Id)), (time, Some(event.id.as_str())));
        assert_eq!(reading.text(Field::Action), json["eventName"].as_str());
        assert_eq!(reading.text(Field::Category), json["eventSource"].as_str());
        assert_eq!(reading.text(Field::Ip), json["sourceIPAddress"].as_str());
        let failed = json.get("errorCode").is_some() || json.get("errorMessage").is_some();
        assert_eq!(reading.outcome, if failed { Outcome::Failure } else { Outcome::Success });
        let identity = &json["userIdentity"];
        let actor = ["arn", "userName", "invokedBy"].iter().find_map(|name| identity[*name].as_str());
        assert_eq!(reading.text(Field::Actor), actor);
    }
}

#[test]
fn the_first_path_with_a_value_counts_and_of_a_repeated_name_the_last() {
    let fields = own(r#"{"actor":["/actor","/actor/name","/user"]}"#);
    for (event, actor) in [
        (r#"{"actor":"a","user":"u"}"#, Some("a")),
        (r#"{"user":"u","actor":{"name":"n"}}"#, Some("n")),
        (r#"{"actor":null,"user":"u"}"#, Some("u")),
        (r#"{"actor":"","user":"u"}"#, Some("u")),
        (r#"{"actor":[],"user":"u"}"#, Some("u")),
        (r#"{"actor":["x"],"user":{}}"#, None),
        (r#"{"actor":"a","actor":"b"}"#, Some("b")),
        (r#"{"actor":7}"#, Some("7")),
        (r#"{"actor":true}"#, Some("true")),
        (r#"{"actor":"\u0061\"\n"}"#, Some("a\"\n")),
        (r#"{"\u0061ctor":"a"}"#, Some("a")),
        ("{}", None),
    ] {
        let found = event::find(event.as_bytes(), fields.paths()).unwrap();
        assert_eq!(fields.read(&found).text(Field::Actor), actor, "{event}");
    }
}

#[test]
fn the_first_rule_that_applies_decides_the_outcome() {
    let fields = own(r#"{"outcome":{"rules":[{"pointer":"/a","success":["ok","2*","*_ok"],"failure":"no"},
        {"pointer":"/b","failure":["*"]}],"otherwise":"success"}}"#);
    for (event, outcome) in [
        (r#"{"a":"OK","b":1}"#, "success"),
        (r#"{"a":204}"#, "success"),
        (r#"{"a":"all_OK"}"#, "success"),
        (r#"{"a":"k","b":1}"#, "failure"),
        (r#"{"a":"no"}"#, "failure"),
        (r#"{"a":"other","b":"x"}"#, "failure"),
        (r#"{"a":"other","b":null}"#, "success"),
        (r#"{"b":{"code":1}}"#, "success"),
        ("{}", "success"),
    ] {
        assert_eq!(read(&fields, event), [format!("outcome={outcome}")], "{event}");
    }
}

#[test]
fn a_time_is_read_in_every_form_that_names_an_instant() {
    let fields = own(r#"{"time":"/t"}"#);
    let time = |value: &str| {
        let event = format!("{{\"t\":{value}}}");
        let found = event::find(event.as_bytes(), fields.paths()).unwrap();
        fields.read(&found).time.map(|time| time.to_string())
    };
    for same in [
        r#""2025-11-20T20:15:30.123Z""#,
        r#""2025-11-20T21:15:30.1239+01:00""#,
        r#""2025-11-20 20:15:30.123 +0000""#,
        "1763669730.123",
        "1763669730.1239999",
        r#""1763669730.123""#,
        "1763669730123",
        r#""1763669730123""#,
        "1763669730123.9",
        "1763669730123456",
        "1763669730123456789",
    ] {
        assert_eq!(time(same).as_deref(), Some("2025-11-20T20:15:30.123Z"), "{same}");
    }
    assert_eq!(time("1763669730").as_deref(), Some("2025-11-20T20:15:30.000Z"));
    assert_eq!(time("0.5").as_deref(), Some("1970-01-01T00:00:00.500Z"));
    for none in [
        "-1",
        "-1763669730",
        "1e9",
        r#""99999-01-01T00:00:00Z""#,
        r#""1969-12-31T23:59:59Z""#,
        r#""2025-11-20T20:15:30""#,
        r#""2025-11-20""#,
        r#""yesterday""#,
        r#"".""#,
        r#"".5""#,
        r#""1.2.3""#,
        "99999999999999999999",
        "true",
        "null",
        "{}",
    ] {
        assert_eq!(time(none), None, "{none}");
    }
    for digits in 0..400 {
        let _ = time(&"9".repeat(digits + 1).chars().take(308).collect::<String>());
    }
}

#[test]
fn huge_and_deep_values_are_read() {
    let fields = own(r#"{"actor":"/deep/0/0/0","action":"/huge"}"#);
    let huge = "x".repeat(400_000);
    let deep = format!("{}1{}", "[".repeat(98), "]".repeat(98));
    let event = format!(r#"{{"huge":"{huge}","deep":{deep}}}"#);
    let found = event::find(event.as_bytes(), fields.paths()).unwrap();
    let reading = fields.read(&found);
    assert_eq!((reading.text(Field::Action), reading.text(Field::Actor)), (Some(huge.as_str()), None));
}

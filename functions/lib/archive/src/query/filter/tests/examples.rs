//! Examples of filters: what they match, and how they are written.

use super::*;

const LOGIN: &str = r#"{"time":"2026-11-20T20:15:30.123Z","id":"1","action":"ConsoleLogin",
    "category":"signin.amazonaws.com","actor":"arn:aws:iam::123456789012:user/M\u00fcller","ip":"10.1.2.3",
    "result":"ok","detail":{"MFA used":false,"roles":["Admin","*"],"empty":"","nil":null,"n":1.50}}"#;

#[test]
fn a_filter_matches_what_its_terms_say() {
    for text in [
        "",
        "  ",
        "action:consolelogin",
        "ACTION:ConsoleLogin",
        "action:other,ConsoleLogin",
        "action:console*",
        "action:*LOGIN",
        "action:c*l*n",
        "action:*",
        "-session:*",
        "-session:ana",
        "-session:ana*",
        "-action:logout",
        "actor:*/müller",
        "actor:\"ARN:aws:iam::123456789012:user/MÜLLER\"",
        "actor:arn:aws:iam:*",
        "category:signin.amazonaws.com action:console* outcome:success",
        "outcome:unknown,Success",
        "-outcome:failure",
        "ip:10.1.2.3",
        "ip:10.0.0.0/8",
        "ip:192.168.0.0/16,10.1.2.3/32",
        "ip:10.1.*",
        "-ip:\"10.0.0.0/8\"",
        "-ip:2001:db8::/32",
        "time:2026-11-20",
        "time:2026-11-20T20:15",
        "time:2026-11-20T20:15:30Z",
        "time:2026-11-20T20:15:30.123",
        "time:2026-11-01..2026-11-20",
        "time:>=2026-11-20T20:15:30.123",
        "time:..2026-11-20T20:15:30.124",
        "time:2026-11-20T20:00.. time:<2026-11-20T20:16",
        "-time:2026-11-21",
        "/detail/roles/0:admin",
        "/detail/roles/1:\"\\*\"",
        "/detail/n:1.50",
        "\"/detail/MFA used\":false",
        "/detail/roles:*Admin*",
        "-/detail/empty:*",
        "-/detail/nil:*",
        "-/detail/none:x",
        "login",
        "müller",
        "\"MFA used\"",
        "mfa Admin",
        "-\"no such text\"",
        "1.50",
        "\"*\"",
        "\"arn:aws\"",
    ] {
        assert!(matches(&filter(text), LOGIN), "{text}");
    }
    for text in [
        "action:console",
        "action:*console",
        "-action:*",
        "session:*",
        "session:ana",
        "actor:müller",
        "outcome:failure,unknown",
        "ip:10.0.0.0/16",
        "ip:\"10.0.0.0/8\"",
        "-ip:10.0.0.0/8",
        "time:2026-11-19",
        "time:2026-11-01..2026-11-20T20:15:30.123",
        "time:<2026-11-20",
        "-time:2026-11-20",
        "/detail/roles/1:\"x\\*\"",
        "/detail/n:1.5",
        "/detail/nil:*",
        "/detail/empty:*",
        "/detail:Admin",
        "null",
        "adminx",
        "action:consolelogin logout",
        "action:consolelogin -login",
    ] {
        assert!(!matches(&filter(text), LOGIN), "{text}");
    }
}

#[test]
fn a_filter_has_one_text() {
    for (text, printed) in [
        ("  Actor:ana\t\"b\"  ", "actor:ana b"),
        ("actor:\"ana\",\"b c\"", "actor:ana,\"b c\""),
        ("actor:a**b", "actor:a*b"),
        ("actor:\"a*\\*\"", "actor:\"a*\\*\""),
        ("actor:CORP\\ana", "actor:CORP\\ana"),
        ("actor:\"CORP\\\\ana b\"", "actor:\"CORP\\\\ana b\""),
        ("actor:a:b", "actor:a:b"),
        ("-\"-x\" --y", "-\"-x\" -\"-y\""),
        ("/etc/passwd", "/etc/passwd"),
        ("\"/a/b:c\":\"x\"", "\"/a/b:c\":x"),
        ("/a~2:x", "/a~02:x"),
        ("outcome:SUCCESS,failure", "outcome:success,failure"),
        ("ip:::ffff:10.0.0.0/104", "ip:10.0.0.0/8"),
        ("ip:\"10.0.0.0/8\"", "ip:\"10.0.0.0/8\""),
        ("time:2026-11-01..2026-11-01", "time:2026-11-01"),
        ("time:2026-11-01T00:00..2026-11-03T00:00:00.000Z", "time:2026-11-01..2026-11-02"),
        ("time:>=2026-11-01", "time:2026-11-01.."),
        ("time:<2026-11-20", "time:..2026-11-19"),
        ("time:..2026-11-20", "time:..2026-11-20"),
        ("time:2026-11-20T20:15:30.5Z", "time:2026-11-20T20:15:30.500Z"),
        ("time:2026-11-20T20:15:00", "time:2026-11-20T20:15:00Z"),
        ("time:2026-11-20T20:15:30..2026-11-20T20:16", "time:2026-11-20T20:15:30Z..2026-11-20T20:16Z"),
        ("time:2028-02-29..9999-12-31", "time:2028-02-29.."),
        ("time:1970-01-01..", "time:1970-01-01.."),
    ] {
        assert_eq!(filter(text).to_string(), printed, "{text}");
        assert_eq!(filter(printed), filter(text));
    }
}

#[test]
fn the_span_is_what_the_positive_terms_leave() {
    for (text, expected) in [
        ("", "1970-01-01T00:00:00.000Z 9999-12-30T22:00:00.999Z"),
        ("time:2026-11-01..2026-11-20 a", "2026-11-01T00:00:00.000Z 2026-11-21T00:00:00.000Z"),
        ("time:>=2026-11-01T08:00 time:..2026-11-02", "2026-11-01T08:00:00.000Z 2026-11-03T00:00:00.000Z"),
        ("time:2026-03-29", "2026-03-29T00:00:00.000Z 2026-03-30T00:00:00.000Z"),
        ("-time:2026-11-01", "1970-01-01T00:00:00.000Z 9999-12-30T22:00:00.999Z"),
    ] {
        let span = filter(text).span();
        assert_eq!(format!("{} {}", span.from, span.to), expected, "{text}");
    }
    assert!(filter("time:2026-11-01 time:2026-11-02").span().is_empty());
}

#[test]
fn a_planner_sees_what_a_filter_is_about() {
    let matcher = |text: &str| filter(text).matcher(&mapping());
    let counted = [Field::Category, Field::Action, Field::Outcome];
    for (text, is_decided) in [
        ("", true),
        ("time:2026-11-01", true),
        ("action:a* -category:b outcome:success time:<2026-11-01", true),
        ("-time:2026-11-01", false),
        ("action:a actor:b", false),
        ("/action:a", false),
        ("a", false),
    ] {
        assert_eq!(matcher(text).decides(&counted), is_decided, "{text}");
    }
    let about = matcher("-action:logout action:log* outcome:success actor:ana");
    for (field, value, allowed) in [
        (Field::Action, Some("Login"), true),
        (Field::Action, Some("Logout"), false),
        (Field::Action, None, false),
        (Field::Outcome, Some("success"), true),
        (Field::Outcome, Some("unknown"), false),
        (Field::Category, None, true),
    ] {
        assert_eq!(about.allows(field, value), allowed, "{field} {value:?}");
    }
    let needles =
        matcher("actor:Ana,\"BOB B\" -action:x target:a,b* ip:10.0.0.1 session:* outcome:success ip:::/0");
    let expected = [(Field::Actor, vec!["ana", "bob b"]), (Field::Ip, vec!["10.0.0.1"])];
    let expected = expected
        .map(|(field, values)| Needle { field, values: values.into_iter().map(str::to_owned).collect() });
    assert_eq!(needles.needles(), expected);
}

#[test]
fn paths_of_the_filter_follow_those_of_the_mapping_once_each() {
    let matcher = filter("/a:1 -/b:2 /a:3 actor:ana").matcher(&mapping());
    let own: Vec<String> =
        matcher.paths()[mapping().paths().len()..].iter().map(FieldPath::pointer).collect();
    assert_eq!(own, ["/a", "/b"]);
    assert!(matcher.paths().starts_with(mapping().paths()));
}

#[test]
fn events_without_a_value_are_kept_or_excluded_by_a_term() {
    let term = Term::is(Field::Actor, None).unwrap();
    assert_eq!(term.to_string(), "-actor:*");
    assert_eq!((!term).to_string(), "actor:*");
    assert_eq!(Term::is_at(FieldPath::new("/a"), Some("")).to_string(), "-/a:*");
    assert_eq!(Term::is_at(FieldPath::new("/a"), Some("*")).to_string(), "/a:\"\\*\"");
    assert_eq!(Term::is(Field::Outcome, Some("failure")).unwrap().to_string(), "outcome:failure");
    assert_eq!(Term::is(Field::Outcome, Some("bad")), None);
}

#[test]
fn a_term_is_added_once_and_never_beyond_the_limits() {
    let term = Term::is(Field::Actor, Some("ana")).unwrap();
    let once = Filter::default().with(term.clone()).unwrap();
    assert_eq!(once.clone().with(term).unwrap(), once);
    let long = Term::is(Field::Actor, Some(&"x".repeat(MAX_CHARACTERS))).unwrap();
    assert_eq!(once.with(long).unwrap_err(), FilterError { position: 10, kind: FilterErrorKind::TooLong });
}

//! What is no filter: where it is wrong, and which form is right.

use super::*;

fn error(text: &str) -> FilterError {
    text.parse::<Filter>().expect_err(text)
}

#[test]
fn an_error_has_its_position_and_the_right_form() {
    for (text, position, words) in [
        ("acton:login", 1, "`acton:` is no qualifier. Did you mean `action:`?"),
        ("ana -actr:x", 6, "Did you mean `actor:`?"),
        ("https://example.com", 1, "`https:` is no qualifier. The qualifiers are time, id, action"),
        ("arn:aws:iam::123:user/ana", 1, "Write quotes around a text that contains a colon."),
        (":x", 1, "`:` is no qualifier"),
        ("\"actor\":x", 1, "`actor:` is no qualifier"),
        ("actor:", 7, "A value is missing"),
        ("actor: ana", 7, "A value is missing"),
        ("actor:a,", 9, "Write `actor:ana`, `actor:*`"),
        ("actor:\"\"", 7, "A value is missing"),
        ("/a/b:", 6, "A value is missing"),
        ("-", 2, "A text is missing"),
        ("ana \"\"", 5, "A text is missing"),
        ("- ana", 2, "A text is missing"),
        ("log*", 1, "needs no `*`"),
        ("é actor:\"ana", 9, "A quote does not end"),
        ("\"ana\\", 1, "A quote does not end"),
        ("actor:an\"a", 9, "A quote is within a word"),
        ("an\"a", 3, "A quote is within a word"),
        ("actor:\"ana\"x", 12, "After a quoted text there is white space"),
        ("\"ana\"x", 6, "After a quoted text there is white space"),
        ("actor:\"CORP\\ana\"", 12, "Write `\\\\` for a backslash."),
        ("outcome:failed", 9, "`failed` is no outcome. Did you mean `failure`?"),
        ("outcome:*", 9, "Write `outcome:success`, `outcome:failure` or `outcome:unknown`."),
        ("ip:10.0.0.0/33", 4, "`10.0.0.0/33` is no net"),
        ("ip:10.0.0.1,10.0.0.5/8", 13, "The net is `ip:10.0.0.0/8`."),
        ("ip:2001:db8::1/64", 4, "The net is `ip:2001:db8::/64`."),
        ("time:yesterday", 6, "`yesterday` is no time. Write `time:2026-11-01`"),
        ("time:*", 6, "is no time"),
        ("time:..", 6, "is no time"),
        ("time:2026-02-29", 6, "is no time"),
        ("time:2026-11-01T25:00", 6, "is no time"),
        ("time:>2026-11-01", 6, "`time:>=2026-11-01`"),
        ("time:2026-11-20T20:15:30+02:00", 6, "in UTC"),
        ("time:1969-12-31", 6, "from 1970-01-01 to 9999-12-30"),
        ("time:2026-11-01..0026-11-01", 6, "from 1970-01-01"),
        ("time:12026-11-01", 6, "is no time"),
        ("time:9999-12-31", 6, "to 9999-12-30"),
        ("time:2026-11-20..2026-11-01", 6, "The span ends before it begins"),
        ("time:2026-11-20T08:00..2026-11-20T08:00", 6, "the earlier first"),
        ("time:<1970-01-01", 6, "The span ends before it begins"),
        ("time:2026-11-01,2026-11-03", 6, "A term has one time or span"),
        ("actor:a*b*c*d*e*f*g*h*i*j*k*l", 7, "at most 10 `*`"),
    ] {
        let error = error(text);
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("character {position}: ")), "{error}");
    }
}

#[test]
fn a_filter_is_bounded() {
    let repeated = |one: &str, times: usize, between: &str| vec![one; times].join(between);
    let numbered = |count: usize| (0..count).map(|n| format!("/{n}:x")).collect::<Vec<_>>().join(" ");
    for (right, wrong, kind) in [
        ("x".repeat(2_000), "x".repeat(2_001), FilterErrorKind::TooLong),
        ("é".repeat(2_000), "é".repeat(10_000), FilterErrorKind::TooLong),
        (repeated("x", 50, " "), repeated("x", 51, " "), FilterErrorKind::TooManyTerms),
        (
            format!("id:{}", repeated("x", 50, ",")),
            format!("id:{}", repeated("x", 51, ",")),
            FilterErrorKind::TooManyValues,
        ),
        (
            format!("id:{}", repeated("x", 11, "*")),
            format!("id:{}", repeated("x", 12, "*")),
            FilterErrorKind::TooManyWildcards,
        ),
        (numbered(16), numbered(17), FilterErrorKind::TooManyPaths),
    ] {
        assert_eq!(right.parse::<Filter>().map(|_| ()), Ok(()), "{kind}");
        assert_eq!(error(&wrong).kind, kind);
    }
    // Its own text would be longer than it, since one group of zeros is not left out.
    let longer = format!("ip:1::2:3:4:5:6:7/128 {}", "x".repeat(1_978));
    assert_eq!(error(&longer).kind, FilterErrorKind::TooLong);
}

#[test]
fn an_error_repeats_at_most_forty_characters() {
    let long = "é".repeat(1_000);
    for text in [
        format!("{long}:x"),
        format!("outcome:{long}"),
        format!("ip:{long}/8"),
        format!("time:{long}"),
        format!("\"{long}"),
    ] {
        assert!(error(&text).to_string().matches('é').count() <= 40);
    }
}

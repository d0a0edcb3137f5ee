//! A platform whose messages can't be trusted: a bucket policy's or a proxy's text ends up in its refusals,
//! and from there in a terminal, a log or a page.

use domain::connector::Connector;
use domain::preflight::PreflightReport;

use super::scripted_aws::{Answers, Refusal, ScriptedAws};
use super::{connector, verify};

/// Escape sequences, markup, bidirectional overrides, invisible characters, line breaks, and 100,000
/// characters of it.
fn hostile(connector: &Connector) -> String {
    let nasty =
        "\u{9b}31m\r\nERROR: \u{202e}drowssap\u{2066}\u{200b}\u{feff}<script>alert(1)</script>\u{2028}'; --";
    format!("kms: object lock {} {}", connector.external_id, nasty.repeat(1_200))
}

/// Sets one of the answers.
type SetAnswer = fn(&mut Answers, Option<Refusal>);

/// The maximum length of a text in a report: the platform's part is truncated, ours is bounded.
const LONGEST: usize = 1_500;

fn assert_safe(verification: &PreflightReport, connector: &Connector, name: &str) {
    let found: Vec<_> = verification.reports.iter().filter_map(|report| report.finding.as_ref()).collect();
    assert!(!found.is_empty(), "{name}: something is found");
    for finding in found {
        for text in [&finding.code, &finding.cause, &finding.remedy] {
            let size = text.chars().count();
            assert!(size <= LONGEST, "{name}: {size} characters");
            let shows = |c: char| c == '…' || c.is_ascii_graphic() || c == ' ';
            assert!(text.chars().all(shows), "{name}: {text:?}");
        }
        assert!(!finding.cause.contains(connector.external_id.as_str()), "{name}: {}", finding.cause);
    }
}

#[tokio::test]
async fn no_text_of_the_platform_reaches_a_report_unescaped_or_at_length() {
    let connector = connector();
    let words = hostile(&connector);
    let said = |status, code: &str| Some(Refusal::new(status, code, words.clone()));
    let cases: [(&str, SetAnswer, Option<Refusal>); 8] = [
        ("denied by STS", |answers, said| answers.right_id = said, said(403, "AccessDenied")),
        ("rejected by STS", |answers, said| answers.right_id = said, said(400, "ValidationError")),
        ("rejected without an ID", |answers, said| answers.no_id = said, said(400, "ValidationError")),
        ("denied by S3", |answers, said| answers.put = said, said(403, "AccessDenied")),
        ("refused for Object Lock", |answers, said| answers.put = said, said(400, "InvalidRequest")),
        ("refused by KMS", |answers, said| answers.put = said, said(400, "KMS.Whatever")),
        ("moved", |answers, said| answers.put = said, said(301, "PermanentRedirect")),
        (
            "an unusual error outside the prefix",
            |answers, said| answers.outside = said,
            said(301, "PermanentRedirect"),
        ),
    ];
    for (name, place, said) in cases {
        let mut answers = Answers::sound(&connector);
        place(&mut answers, said);
        let platform = ScriptedAws::start(&connector, answers).await;
        assert_safe(&verify(&platform.prober, &connector).await, &connector, name);
    }
}

#[tokio::test]
async fn an_invalid_code_is_cut_and_escaped_too() {
    let connector = connector();
    let mut answers = Answers::sound(&connector);
    answers.put = Some(Refusal::new(400, &hostile(&connector), "words"));
    let platform = ScriptedAws::start(&connector, answers).await;
    assert_safe(&verify(&platform.prober, &connector).await, &connector, "a code");
}

#[tokio::test]
async fn an_invalid_region_or_account_is_not_adopted() {
    let connector = connector();
    let mut answers = Answers::sound(&connector);
    answers.head = Some(Refusal::new(301, "", "").with_region("evil.example"));
    let platform = ScriptedAws::start(&connector, answers).await;
    assert!(verify(&platform.prober, &connector).await.passed, "the write reports the bucket's region");

    let mut answers = Answers::sound(&connector);
    answers.user = "arn:aws:sts::evil:assumed-role/x/y".into();
    let platform = ScriptedAws::start(&connector, answers).await;
    let verification = verify(&platform.prober, &connector).await;
    assert!(!verification.passed);
    assert_safe(&verification, &connector, "an account");
    assert_eq!(platform.puts(), 0);
}

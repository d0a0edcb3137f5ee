//! A platform whose messages can't be trusted: a bucket policy's or a proxy's text ends up in its refusals,
//! and from there in a terminal, a log or a page.

use control::preflight::PreflightReport;
use protocol::connector::Connector;

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
    let message = hostile(&connector);
    let refusal = |status, code: &str| Some(Refusal::new(status, code, message.clone()));
    let cases: [(&str, SetAnswer, Option<Refusal>); 8] = [
        ("denied by STS", |answers, refusal| answers.right_id = refusal, refusal(403, "AccessDenied")),
        ("rejected by STS", |answers, refusal| answers.right_id = refusal, refusal(400, "ValidationError")),
        (
            "rejected without an ID",
            |answers, refusal| answers.no_id = refusal,
            refusal(400, "ValidationError"),
        ),
        ("denied by S3", |answers, refusal| answers.put = refusal, refusal(403, "AccessDenied")),
        ("refused for Object Lock", |answers, refusal| answers.put = refusal, refusal(400, "InvalidRequest")),
        ("refused by KMS", |answers, refusal| answers.put = refusal, refusal(400, "KMS.Whatever")),
        ("moved", |answers, refusal| answers.put = refusal, refusal(301, "PermanentRedirect")),
        (
            "an unusual error outside the prefix",
            |answers, refusal| answers.outside = refusal,
            refusal(301, "PermanentRedirect"),
        ),
    ];
    for (name, set_answer, refusal) in cases {
        let mut answers = Answers::sound(&connector);
        set_answer(&mut answers, refusal);
        let aws = ScriptedAws::start(&connector, answers).await;
        assert_safe(&verify(&aws.prober, &connector).await, &connector, name);
    }
}

#[tokio::test]
async fn an_invalid_code_is_cut_and_escaped_too() {
    let connector = connector();
    let mut answers = Answers::sound(&connector);
    answers.put = Some(Refusal::new(400, &hostile(&connector), "message"));
    let aws = ScriptedAws::start(&connector, answers).await;
    assert_safe(&verify(&aws.prober, &connector).await, &connector, "a code");
}

#[tokio::test]
async fn an_invalid_region_or_account_is_not_adopted() {
    let connector = connector();
    let mut answers = Answers::sound(&connector);
    answers.head = Some(Refusal::new(301, "", "").with_region("evil.example"));
    let aws = ScriptedAws::start(&connector, answers).await;
    assert!(verify(&aws.prober, &connector).await.passed, "the write reports the bucket's region");

    let mut answers = Answers::sound(&connector);
    answers.user = "arn:aws:sts::evil:assumed-role/x/y".into();
    let aws = ScriptedAws::start(&connector, answers).await;
    let verification = verify(&aws.prober, &connector).await;
    assert!(!verification.passed);
    assert_safe(&verification, &connector, "an account");
    assert_eq!(aws.puts(), 0);
}

//! The setups that customers break in practice. AWS's own messages go in through the real SDK. The finding
//! must name the error, so that its reader knows what to fix.

mod bucket;
mod policies;
mod role;

use control::preflight::{PreflightStage, PreflightVerdict};
use protocol::connector::{Connector, Encryption};

use super::scripted_aws::{Answers, Refusal, ScriptedAws, put_denied};
use super::{assert_stopped_at, connector, only_finding, verify};

const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A broken setup, and the expected finding.
struct Case {
    name: &'static str,
    connector: Connector,
    answers: Answers,
    stage: PreflightStage,
    verdict: PreflightVerdict,
    code: &'static str,
    cause: &'static str,
    remedy: String,
    puts: usize,
}

/// A case of a connector; `{objects}` in the remedy is replaced by the ARN of its objects.
fn case(
    (name, stage): (&'static str, PreflightStage),
    connector: Connector,
    change: impl FnOnce(&mut Answers),
    (code, cause, remedy): (&'static str, &'static str, &str),
) -> Case {
    let mut answers = Answers::sound(&connector);
    change(&mut answers);
    let to = connector.destination.s3().unwrap();
    let objects = format!("arn:aws:s3:::{}/{}/*", to.bucket, to.prefix);
    let put = format!(r#"{{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "{objects}"}}"#);
    let remedy = remedy
        .replace("{put}", &put)
        .replace("{objects}", &objects)
        .replace("{id}", connector.external_id.as_str())
        .replace("{role}", to.role.as_str());
    let verdict = PreflightVerdict::Failed;
    let puts = usize::from(stage == PreflightStage::PutObject);
    Case { name, connector, answers, stage, verdict, code, cause, remedy, puts }
}

/// A case in which the write is refused.
fn at_put(name: &'static str, message: &str, expected: (&'static str, &'static str, &str)) -> Case {
    let connector = connector();
    let refusal = put_denied(&connector, message);
    case((name, PreflightStage::PutObject), connector, |answers| answers.put = Some(refusal), expected)
}

fn refused_at_put(
    name: &'static str,
    connector: Connector,
    refusal: Refusal,
    expected: (&'static str, &'static str, &str),
) -> Case {
    case((name, PreflightStage::PutObject), connector, |answers| answers.put = Some(refusal), expected)
}

fn with_key() -> Connector {
    let mut connector = connector();
    connector.destination.s3_mut().unwrap().encryption = Encryption::with_key(KEY.parse().ok());
    connector
}

async fn check_case(case: Case) {
    let Case { name, connector, answers, stage, verdict, code, cause, remedy, puts } = case;
    let aws = ScriptedAws::start(&connector, answers).await;
    let verification = verify(&aws.prober, &connector).await;
    let (at, how, finding) = only_finding(&verification);
    assert_eq!((at, how, finding.code.as_str()), (stage, verdict, code), "{name}: {finding:?}");
    assert!(finding.cause.contains(cause), "{name}: {}", finding.cause);
    assert!(finding.remedy.contains(&remedy), "{name}: {}", finding.remedy);
    assert_stopped_at(&verification, stage);
    assert_eq!(aws.puts(), puts, "{name}");
}

#[tokio::test]
async fn role_errors_are_named() {
    for case in role::cases() {
        check_case(case).await;
    }
}

#[tokio::test]
async fn bucket_errors_are_named() {
    for case in bucket::cases() {
        check_case(case).await;
    }
}

#[tokio::test]
async fn the_denying_policy_is_named() {
    for case in policies::cases() {
        check_case(case).await;
    }
}

#[tokio::test]
async fn a_sound_set_up_passes_with_and_without_a_key() {
    for connector in [connector(), with_key()] {
        let aws = ScriptedAws::start(&connector, Answers::sound(&connector)).await;
        let verification = verify(&aws.prober, &connector).await;
        assert!(verification.passed, "{verification:?}");
        assert!(verification.reports.iter().all(|report| report.finding.is_none()));
        assert_eq!(aws.puts(), 2);
    }
}

#[tokio::test]
async fn a_role_that_may_write_outside_the_prefix_is_a_warning() {
    let connector = connector();
    let message = "The SHA256 you specified did not match the calculated checksum.";
    let mut answers = Answers::sound(&connector);
    answers.outside = Some(Refusal::new(400, "BadDigest", message));
    let aws = ScriptedAws::start(&connector, answers).await;
    let verification = verify(&aws.prober, &connector).await;
    assert!(verification.passed);
    let (stage, verdict, finding) = only_finding(&verification);
    assert_eq!((stage, verdict), (PreflightStage::PrefixScope, PreflightVerdict::Warning));
    assert!(finding.remedy.contains(r#""Action": "s3:PutObject""#), "{}", finding.remedy);
}

#[tokio::test]
async fn an_inconclusive_sts_answer_proves_neither_safety_nor_danger() {
    let connector = connector();
    let mut answers = Answers::sound(&connector);
    answers.no_id = Some(Refusal::new(400, "Throttling", "Rate exceeded"));
    let aws = ScriptedAws::start(&connector, answers).await;
    let verification = verify(&aws.prober, &connector).await;
    assert_stopped_at(&verification, PreflightStage::RefusesWithoutExternalId);
    assert!(!verification.is_unsafe());
    assert_eq!(only_finding(&verification).2.code, "Throttling");
    assert_eq!(aws.puts(), 0);
}

//! The pages: those of the portal's explorer, with the verdict on each.

use std::sync::Arc;
use std::time::Duration;

use archive::names::InvalidValueError;
use archive::time::Time;
use archive::verify::check::{Outcome, Verdict};
use archive::verify::finding::{Finding, Severity};
use async_trait::async_trait;
use axum::Router;
use control::branding::{Accent, Branding};
use portal::{Brand, OfflineLog, VerdictKind, offline_router};
use ports::Clock;
use protocol::caller::Caller;

use super::explorer::OfflineExplorer;

/// The name on the pages: no vendor shows them.
const NAME: &str = "Auditferry";
/// The most findings that a page names; the report on the terminal has more, and `verify --json` all.
const MAX_FINDINGS: usize = 20;

/// A verification, as the pages show it.
pub(super) struct Verified<'a> {
    pub(super) outcome: &'a Outcome,
    /// Its last line.
    pub(super) summary: String,
    /// The folder, or the location in S3.
    pub(super) archive: String,
}

/// The pages of an archive, for this caller. They have no guard.
///
/// # Errors
/// Never: the name on the pages is a valid one.
pub(super) fn pages(
    offline: &OfflineExplorer,
    caller: Caller,
    verified: Verified<'_>,
) -> Result<Router, InvalidValueError> {
    let Verified { outcome, summary, archive } = verified;
    let verdict = portal::Verdict {
        kind: kind(outcome.verdict),
        summary,
        findings: findings(&outcome.findings),
        archive,
        at: offline.clock.now(),
    };
    let branding = Branding { name: NAME.parse()?, accent: Accent::default() };
    Ok(offline_router(OfflineLog {
        explorer: offline.explorer.clone(),
        caller,
        tenant: offline.tenant.clone(),
        connector: offline.connector.clone(),
        since: offline.parts.since(),
        verdict,
        clock: Arc::new(ArchiveClock(offline.parts.cursor().watermark)),
        brand: Brand { branding, logo: None },
    }))
}

/// The pages' time is the end of the last window: the copy has nothing later, however old it is.
struct ArchiveClock(Time);

#[async_trait]
impl Clock for ArchiveClock {
    fn now(&self) -> Time {
        self.0
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

const fn kind(verdict: Verdict) -> VerdictKind {
    match verdict {
        Verdict::Proven => VerdictKind::Proven,
        Verdict::Consistent => VerdictKind::Consistent,
        Verdict::Incomplete => VerdictKind::Incomplete,
        Verdict::Violated => VerdictKind::Violated,
    }
}

/// What the verdict follows from, a sentence each, the most severe first. Notes change no verdict.
fn findings(findings: &[Finding]) -> Vec<String> {
    let findings = findings.iter().filter(|finding| finding.severity != Severity::Note);
    let sentence = |finding: &Finding| {
        let part = finding.part.map(|part| format!("Part {part}: "));
        let file = finding.file.as_ref().map(|file| format!(" ({file})"));
        format!("{}{}{}", part.unwrap_or_default(), finding.detail, file.unwrap_or_default())
    };
    let mut sentences: Vec<String> = findings.clone().take(MAX_FINDINGS).map(sentence).collect();
    let more = findings.count() - sentences.len();
    if more > 0 {
        sentences.push(format!("There are {more} more: `auditferry verify --json` lists them."));
    }
    sentences
}

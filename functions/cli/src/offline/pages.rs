//! The first page, in plain text: what was verified, and the verdict.

use archive::verify::check::Outcome;
use axum::Router;
use axum::routing::get;
use protocol::caller::Caller;

use super::explorer::OfflineExplorer;
use crate::error::CliError;

pub(super) struct Verified<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) archive: String,
}

pub(super) fn pages(_: &OfflineExplorer, _: Caller, verified: Verified<'_>) -> Result<Router, CliError> {
    let text = format!("{}: {}", verified.archive, verified.outcome.verdict.as_str());
    Ok(Router::new().route("/portal/log", get(async move || text)))
}

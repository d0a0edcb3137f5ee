//! The read-only resources of a connector: its exports, its changes, and the customer's setup.

use archive::names::TenantId;
use archive::note::SignedManifest;
use archive::part::{Encoding, Part, PartKind, PartNumber, Window};
use archive::sha256::Sha256;
use archive::time::Time;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Verb};
use serde::Serialize;

use crate::Api;
use crate::caller::AuthenticatedCaller;
use crate::pagination::{NextCursor, QueryParams};
use crate::path::PathId;
use crate::problem::Problem;
use crate::responses::{Settings, json};

/// A sealed part, as listed in the exports.
#[derive(Debug, Serialize)]
pub(crate) struct Export<'a> {
    part: PartNumber,
    state: PartState,
    window: Window,
    kind: PartKind,
    events: u64,
    late: u64,
    unreadable: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
    #[serde(flatten)]
    encoding: Encoding,
    size: u64,
    raw_size: u64,
    sha256: &'a Sha256,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Sha256>,
    sealed_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Time>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum PartState {
    Sealed,
    Delivered,
}

impl<'a> Export<'a> {
    /// `key` is under the connector's current prefix; `name` does not depend on the prefix.
    pub(crate) fn of(part: &'a Part, connector: &Connector) -> Self {
        let name = part.name();
        Self {
            part: part.number,
            state: if part.delivered_at.is_some() { PartState::Delivered } else { PartState::Sealed },
            window: part.window,
            kind: part.kind,
            events: part.events,
            late: part.late,
            unreadable: part.unreadable,
            first: part.first,
            last: part.last,
            encoding: part.encoding,
            size: part.size,
            raw_size: part.raw_size,
            sha256: &part.sha256,
            manifest: part.manifest.as_ref().map(SignedManifest::sha256),
            sealed_at: part.sealed_at,
            delivered_at: part.delivered_at,
            key: connector.destination.as_ref().map(|to| to.prefix.key(&name)),
            name,
        }
    }
}

#[derive(Serialize)]
struct Exports<'a> {
    exports: Vec<Export<'a>>,
    #[serde(flatten)]
    next: NextCursor,
}

/// `GET /v1/connectors/{id}/exports`, newest first.
pub(crate) async fn exports(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    query: QueryParams,
) -> Result<Response, Problem> {
    let page = query.page("part")?;
    let connector = api.onboarding.read(&caller, &id).await?.connector;
    let before = page.cursor.map(PartNumber::new);
    let parts = api.onboarding.exports(&caller, &id, before, page.limit_plus_one()).await?;
    let (parts, next_cursor) = page.split(parts, |part| part.number.get());
    let exports = parts.iter().map(|part| Export::of(part, &connector)).collect();
    json(StatusCode::OK, &Exports { exports, next: NextCursor { next_cursor } })
}

/// A change of the settings.
#[derive(Serialize)]
struct ChangeRecord<'a> {
    version: u64,
    at: Time,
    by: Actor<'a>,
    what: Verb,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Settings<'a>>,
    after: Settings<'a>,
}

impl<'a> ChangeRecord<'a> {
    fn of(change: &'a Change, reader: &Caller) -> Self {
        Self {
            version: change.version,
            at: change.at,
            by: actor(&change.by, reader),
            what: change.what,
            before: change.before.as_ref().map(Settings::of),
            after: Settings::of(&change.after),
        }
    }
}

/// Who made a change.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Actor<'a> {
    Operator {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    },
    Tenant {
        tenant: &'a TenantId,
        name: &'a str,
    },
    System,
}

fn actor<'a>(who: &'a Caller, reader: &Caller) -> Actor<'a> {
    match who {
        Caller::Operator { .. } => Actor::Operator { name: who.name_visible_to(reader) },
        Caller::Tenant { tenant, name } => Actor::Tenant { tenant, name },
        Caller::System => Actor::System,
    }
}

#[derive(Serialize)]
struct Changes<'a> {
    changes: Vec<ChangeRecord<'a>>,
    #[serde(flatten)]
    next: NextCursor,
}

/// `GET /v1/connectors/{id}/changes`, newest first.
pub(crate) async fn changes(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    query: QueryParams,
) -> Result<Response, Problem> {
    let page = query.page("change")?;
    let changes = api.onboarding.changes(&caller, &id, page.cursor, page.limit_plus_one()).await?;
    let (changes, next_cursor) = page.split(changes, |change| change.version);
    let changes = changes.iter().map(|change| ChangeRecord::of(change, &caller)).collect();
    json(StatusCode::OK, &Changes { changes, next: NextCursor { next_cursor } })
}

/// `GET /v1/connectors/{id}/setup`.
pub(crate) async fn setup(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    json(StatusCode::OK, &api.onboarding.setup(&caller, &id).await?)
}

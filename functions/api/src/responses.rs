//! The responses about a connector. Field names equal those of the CLI's `--json`.

use archive::frequency::Frequency;
use archive::names::{ConnectorId, ExternalId, TenantId};
use archive::part::{Encoding, Part};
use archive::sha256::Sha256;
use archive::time::Time;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use axum::response::{IntoResponse, Response};
use control::onboarding::AddressView;
use control::preflight::PreflightReport;
use protocol::connector::{Connector, Destination, Shards, State};
use protocol::contacts::Contacts;
use protocol::delivery_error::DeliveryStage;
use protocol::health::{Health, Status};
use serde::Serialize;

use crate::preconditions::etag;
use crate::problem::Problem;
use crate::records::Export;

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|_| Problem::unserializable())?;
    Ok((status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

/// A JSON response with the version as its `ETag`.
pub(crate) fn json_with_etag(status: StatusCode, detail: &Detail<'_>) -> Result<Response, Problem> {
    let mut response = json(status, detail)?;
    response.headers_mut().extend(etag(detail.settings.version).map(|tag| (ETAG, tag)));
    Ok(response)
}

/// The settings of a connector.
#[derive(Debug, Serialize)]
pub(crate) struct Settings<'a> {
    id: &'a ConnectorId,
    tenant: &'a TenantId,
    shards: Shards,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a ExternalId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_external_id: Option<&'a ExternalId>,
    state: State,
    frequency: Frequency,
    encoding: Encoding,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'a Destination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_from: Option<Time>,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<&'a Contacts>,
    version: u64,
}

impl<'a> Settings<'a> {
    /// Without the external IDs, for listings and change records.
    pub(crate) fn of(connector: &'a Connector) -> Self {
        Self {
            id: &connector.id,
            tenant: &connector.tenant,
            shards: connector.shards,
            external_id: None,
            next_external_id: None,
            state: connector.state,
            frequency: connector.frequency,
            encoding: connector.encoding,
            destination: connector.destination.as_ref(),
            start_from: connector.start_from,
            created_at: connector.created_at,
            activated_at: connector.activated_at,
            verified_at: connector.verified_at,
            disabled_at: connector.disabled_at,
            contacts: Some(&connector.contacts).filter(|contacts| !contacts.is_default()),
            version: connector.version,
        }
    }

    /// With the external IDs, for a caller who may see this connector.
    fn with_external_ids(connector: &'a Connector) -> Self {
        let external_id = Some(&connector.external_id);
        Self { external_id, next_external_id: connector.next_external_id.as_ref(), ..Self::of(connector) }
    }
}

/// One connector: its settings, health and progress.
#[derive(Debug, Serialize)]
pub(crate) struct Detail<'a> {
    #[serde(flatten)]
    settings: Settings<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthDetail<'a>>,
    progress: Progress<'a>,
    #[serde(flatten)]
    extras: DetailExtras,
}

/// Additional fields, depending on the request.
#[derive(Debug, Default, Serialize)]
pub(crate) struct DetailExtras {
    /// After creation: the quick-create link for the customer's administrator, if the template is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quick_create_url: Option<String>,
    /// After a change of the destination: the result of its verification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verification: Option<PreflightReport>,
    /// After the webhook's secret was created: the secret, which is shown only this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_secret: Option<String>,
    /// The status of each e-mail address among the contacts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) addresses: Vec<AddressView>,
    /// A hint about the contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "note")]
    pub(crate) contacts_hint: Option<&'static str>,
}

/// Whether the connector works, and if not, why.
#[derive(Debug, Serialize)]
struct HealthDetail<'a> {
    status: Health,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    #[serde(flatten)]
    block: Option<BlockDetail<'a>>,
}

#[derive(Debug, Serialize)]
struct BlockDetail<'a> {
    stage: DeliveryStage,
    code: &'a str,
    cause: &'a str,
    remedy: &'a str,
    attempts: u32,
    next_attempt: Time,
}

/// How far sealing and delivery are, and when the next run is.
#[derive(Debug, Serialize)]
struct Progress<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed_to: Option<Time>,
    sealed_parts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Sha256>,
    delivered_parts: u64,
    undelivered_parts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_export: Option<Export<'a>>,
}

impl<'a> Detail<'a> {
    /// The response for one connector; `last` is the newest delivered part.
    pub(crate) fn of(
        connector: &'a Connector,
        status: &'a Status,
        last: Option<&'a Part>,
        extras: DetailExtras,
    ) -> Self {
        let block = status.block.as_ref().map(|block| BlockDetail {
            stage: block.stage,
            code: &block.code,
            cause: &block.cause,
            remedy: &block.remedy,
            attempts: block.attempts,
            next_attempt: block.next_attempt,
        });
        let since = status.since;
        Self {
            settings: Settings::with_external_ids(connector),
            health: status.health.map(|health| HealthDetail { status: health, since, block }),
            progress: Progress {
                sealed_to: status.sealed_to,
                sealed_parts: status.sealed_parts,
                manifest: status.manifest,
                delivered_parts: status.delivered_parts,
                undelivered_parts: status.undelivered_parts,
                next_run_at: status.next_run_at,
                last_export: last.map(|part| Export::of(part, connector)),
            },
            extras,
        }
    }
}

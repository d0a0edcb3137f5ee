//! One connector: its settings, health and progress.

use archive::names::ExternalId;
use archive::part::Part;
use archive::sha256::Sha256;
use archive::time::Time;
use control::onboarding::AddressView;
use control::preflight::PreflightReport;
use protocol::connector::Connector;
use protocol::delivery_error::DeliveryStage;
use protocol::health::{Health, Status};
use serde::Serialize;

use super::{ExportView, Settings};
use crate::wire::wire;

wire! {
    /// A connector for a caller who may see it: its settings, health and progress.
    #[derive(Debug, Serialize)]
    pub(crate) struct Detail<'a> as "Connector" {
        #[serde(flatten)]
        settings: Settings<'a>,
        external_id: &'a ExternalId,
        /// The new external ID during a rotation. Both are tried.
        #[serde(skip_serializing_if = "Option::is_none")]
        next_external_id: Option<&'a ExternalId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        health: Option<HealthDetail<'a>>,
        progress: Progress<'a>,
        #[serde(flatten)]
        extras: DetailExtras,
    }
}

wire! {
    /// Additional fields, depending on the request.
    #[derive(Debug, Default, Serialize)]
    pub(crate) struct DetailExtras {
        /// In the response to a creation, if the template is published. For the customer's administrator.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) quick_create_url: Option<String> => {"format": "uri"},
        /// In the response to a change with a destination that had not passed before.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) verification: Option<PreflightReport>,
        /// In the response to a change that created one, only this once. It signs requests to the webhook.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) webhook_secret: Option<String>
            => {"pattern": crate::schema::whole(protocol::contacts::WebhookSecret::PATTERN)},
        /// Confirmation status of each address.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub(crate) addresses: Vec<AddressView> => {"maxItems": protocol::contacts::MAX_ADDRESSES},
        /// A remark on the contacts, if any: that no mails are sent, or that addresses wait for an operator.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[serde(rename = "note")]
        pub(crate) contacts_hint: Option<&'static str>,
    }
}

wire! {
    /// Only while the connector exports, active or paused.
    #[derive(Debug, Serialize)]
    struct HealthDetail<'a> as "Health" {
        /// `stale`: a due window was not sealed, for no known reason.
        status: Health,
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<Time>,
        #[serde(flatten)]
        block: Option<BlockDetail<'a>>,
    }
}

wire! {
    /// What blocks a connector.
    #[derive(Debug, Serialize)]
    pub(crate) struct BlockDetail<'a> {
        stage: DeliveryStage,
        /// The platform's own error code.
        code: &'a str,
        cause: &'a str,
        remedy: &'a str,
        attempts: u32 => {"minimum": 1},
        next_attempt: Time,
    }
}

wire! {
    /// How far sealing and delivery are, and when the next run is.
    #[derive(Debug, Serialize)]
    struct Progress<'a> as "Progress" {
        /// Everything before this time is sealed.
        #[serde(skip_serializing_if = "Option::is_none")]
        sealed_to: Option<Time>,
        sealed_parts: u64,
        /// The SHA-256 of the text of the manifest of the newest sealed part. While a delivery waits, the
        /// bucket does not contain it yet, so it is not for auditors: give them `last_export.manifest`.
        #[serde(skip_serializing_if = "Option::is_none")]
        manifest: Option<Sha256>,
        delivered_parts: u64,
        undelivered_parts: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_run_at: Option<Time>,
        /// The newest delivered part. Its `manifest` is the hash for auditors (`auditferry verify --newest`):
        /// comparing it with the newest manifest in the bucket proves that no part was cut off at the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_export: Option<ExportView<'a>>,
    }
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
            settings: Settings::of(connector),
            external_id: &connector.external_id,
            next_external_id: connector.next_external_id.as_ref(),
            health: status.health.map(|health| HealthDetail { status: health, since, block }),
            progress: Progress {
                sealed_to: status.sealed_to,
                sealed_parts: status.sealed_parts,
                manifest: status.manifest,
                delivered_parts: status.delivered_parts,
                undelivered_parts: status.undelivered_parts,
                next_run_at: status.next_run_at,
                last_export: last.map(|part| ExportView::of(part, connector)),
            },
            extras,
        }
    }

    /// The connector's version, for its entity tag.
    pub(crate) const fn version(&self) -> u64 {
        self.settings.version
    }
}

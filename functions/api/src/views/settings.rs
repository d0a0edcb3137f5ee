//! The settings of a connector, as listings and records contain them.

use archive::frequency::Frequency;
use archive::names::{ConnectorId, TenantId};
use archive::part::Encoding;
use archive::time::Time;
use control::onboarding::DeletionLoss;
use protocol::connector::{Connector, S3Destination, Shards, State};
use protocol::contacts::Contacts;
use serde::Serialize;

use crate::pagination::Cursor;
use crate::wire::wire;

wire! {
    /// A connector in listings and records, without its external IDs.
    #[derive(Debug, Serialize)]
    pub(crate) struct Settings<'a> as "Settings" {
        id: &'a ConnectorId,
        tenant: &'a TenantId,
        shards: Shards,
        state: State,
        frequency: Frequency,
        encoding: Encoding,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination: Option<&'a S3Destination>,
        #[serde(skip_serializing_if = "Option::is_none")]
        start_from: Option<Time>,
        created_at: Time,
        #[serde(skip_serializing_if = "Option::is_none")]
        activated_at: Option<Time>,
        /// When the destination last passed verification.
        #[serde(skip_serializing_if = "Option::is_none")]
        verified_at: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        disabled_at: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        contacts: Option<&'a Contacts>,
        pub(super) version: u64 => {"minimum": 1},
    }
}

impl<'a> Settings<'a> {
    pub(crate) fn of(connector: &'a Connector) -> Self {
        Self {
            id: &connector.id,
            tenant: &connector.tenant,
            shards: connector.shards,
            state: connector.state,
            frequency: connector.frequency,
            encoding: connector.encoding,
            destination: connector.destination.s3(),
            start_from: connector.start_from,
            created_at: connector.created_at,
            activated_at: connector.activated_at,
            verified_at: connector.verified_at,
            disabled_at: connector.disabled_at,
            contacts: Some(&connector.contacts).filter(|contacts| !contacts.is_default()),
            version: connector.version,
        }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct ConnectorPage<'a> {
        pub(crate) connectors: Vec<Settings<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) next_cursor: Option<Cursor>,
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct Deleted<'a> {
        #[serde(flatten)]
        pub(crate) connector: Settings<'a>,
        pub(crate) lost: DeletionLoss,
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct RunAccepted<'a> {
        pub(crate) connector: &'a ConnectorId,
        /// Events written before this time will be exported.
        pub(crate) up_to: Time,
    }
}

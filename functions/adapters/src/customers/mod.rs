//! The customers' accounts: assume a connector's role, and write to its bucket with what that gives.
//!
//! Nothing here outlives the connector's run. There is no cache of credentials or of clients: what
//! [`StsCustomers::open`] returns holds the only copy of the temporary keys, and they go when it is dropped.

mod answers;
mod ask;
mod body;
mod bucket;
mod fault;
mod session;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use domain::connector::Connector;
use domain::fault::{Fault, Reason, Stage};
use domain::part::PartNumber;
use domain::ports::{CustomerBucket, Customers};

use self::bucket::S3CustomerBucket;
use self::fault::Telling;
use crate::clients::CustomerClients;

/// How long the temporary credentials live: the least that STS gives. The role is assumed after the function
/// has started, and a function runs for 900 seconds at most, so they always last to its end. A longer run, on
/// the embedded stand-ins, is answered with `ExpiredToken` and assumes the role again.
/// Source: AWS STS API reference, `AssumeRole`.
const SESSION_SECONDS: i32 = 900;

/// Assumes the customers' roles through STS and writes to their buckets in S3.
#[derive(Debug, Clone)]
pub struct StsCustomers {
    sts: aws_sdk_sts::Client,
    buckets: CustomerClients,
}

impl StsCustomers {
    /// With the vendor's own STS client; the S3 clients are made for each connector.
    #[must_use]
    pub const fn new(sts: aws_sdk_sts::Client, buckets: CustomerClients) -> Self {
        Self { sts, buckets }
    }
}

#[async_trait]
impl Customers for StsCustomers {
    /// A second worker gets a session of its own; sessions share nothing.
    async fn open(&self, connector: &Connector, part: PartNumber) -> Result<Box<dyn CustomerBucket>, Fault> {
        let telling = Telling::new(Stage::AssumeRole, &connector.external_id);
        let Some(destination) = &connector.destination else {
            return Err(telling.fault(Reason::Rejected, "NoDestination", "the connector is not connected"));
        };
        let request = self
            .sts
            .assume_role()
            .role_arn(destination.role.as_str())
            .role_session_name(session::name(&connector.id, part))
            .external_id(connector.external_id.as_str())
            .duration_seconds(SESSION_SECONDS)
            .policy(session::policy(destination));
        let answer = request.send().await.map_err(|error| telling.assume_role(&error))?;
        tracing::debug!(
            connector.id = connector.id.as_str(),
            token_used_percent = answer.session_token_utilization,
            "assumed the customer's role"
        );
        let Some(keys) = answer.credentials else {
            let words = "STS answered without credentials";
            return Err(telling.fault(Reason::Unavailable, "NoCredentials", words));
        };
        // Their end is left out on purpose: S3 judges it by its own clock, and says `ExpiredToken`.
        let temporary = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            None,
            "AssumeRole",
        );
        let client = self.buckets.client(destination.region.as_str(), temporary);
        Ok(Box::new(S3CustomerBucket::new(client, destination, &connector.external_id)))
    }
}

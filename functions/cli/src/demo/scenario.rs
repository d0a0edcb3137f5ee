//! The demo's tenants and times: three tenants with one connector each, on the day of the real events.

use std::time::Duration;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, TenantId};
use archive::part::Encoding;
use archive::time::Time;
use control::onboarding::NewConnector;
use protocol::caller::Caller;
use protocol::connector::{Connector, Destination, Encryption, S3Destination, Shards};
use sandbox::wiring::{REGION, Sandbox};

use crate::error::CliError;

/// 2,900 CloudTrail events of 10 July 2023; their source and license are in the same folder.
pub(super) const EVENTS: &[u8] = include_bytes!("../../../../tests/fixtures/cloudtrail-2023-07-10.ndjson.gz");
/// The tenant with these events.
pub(super) const BUSY_TENANT: &str = "acme";
/// The tenant without events.
pub(super) const QUIET_TENANT: &str = "quiet-co";
/// The tenant whose bucket is deleted.
pub(super) const DELETED_BUCKET_TENANT: &str = "gone-inc";
/// The key prefix in each bucket.
pub(super) const PREFIX: &str = "auditferry";

const ACCOUNTS: [(&str, &str); 3] =
    [(BUSY_TENANT, "222222222222"), (QUIET_TENANT, "333333333333"), (DELETED_BUCKET_TENANT, "444444444444")];

const HOUR: Duration = Duration::from_hours(1);
/// The day of the demo.
pub(super) const DAY: &str = "2023-07-10";
/// 2023-07-10T00:00:00Z
const DAY_MS: i64 = 1_688_947_200_000;

/// A time of 10 July 2023.
pub(super) const fn on_demo_day(hours: i64, minutes: i64) -> Time {
    match Time::from_millis(DAY_MS + (hours * 60 + minutes) * 60_000) {
        Some(time) => time,
        None => Time::EPOCH,
    }
}

/// The times of the demo's steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The connectors are activated.
    pub(super) activated: Time,
    /// The first tick, with the crash.
    pub(super) first: Time,
    /// The killed exporter is started again, after its lease has run out.
    pub(super) restarted: Time,
    /// The second tick: `--now`.
    pub(super) second: Time,
    /// The third tick, after the bucket was created again.
    pub(super) third: Time,
}

impl Times {
    /// The times of a demo whose second tick is at `now`.
    ///
    /// # Errors
    /// If the last event's hour can't be sealed by then, or `now` is more than a day later.
    pub(super) fn with_second_tick(now: Time) -> Result<Self, CliError> {
        let earliest = on_demo_day(13, 5);
        let latest = on_demo_day(24 + 13, 5);
        if now < earliest || now > latest {
            return Err(CliError::usage(
                format!("--now {now} is not between {earliest} and {latest}"),
                "The demo's events are of 10 July 2023, 11:42 to 12:37 UTC, and their last hour is sealed at 13:05. Leave --now out for 13:06.",
            ));
        }
        Ok(Self {
            activated: on_demo_day(11, 30),
            first: on_demo_day(12, 6),
            restarted: on_demo_day(12, 9),
            second: now,
            third: now + Duration::from_mins(10),
        })
    }

    /// The watermark at the end: the last full hour that has settled.
    pub(super) fn sealed_to(self) -> Time {
        (self.third - Sandbox::timing().settle).floor(HOUR)
    }
}

/// `12:06`, with the date if it is not the demo's day.
pub(super) fn hour_and_minute(time: Time) -> String {
    let text = time.to_string();
    let minute = text.get(11..16).unwrap_or_default();
    if text.starts_with(DAY) { minute.to_owned() } else { format!("{} {minute}", time.date()) }
}

#[derive(Debug)]
pub(super) struct Tenants {
    /// The tenant with events.
    pub(super) busy: Connector,
    /// The tenant without events.
    pub(super) quiet: Connector,
    /// The tenant without a bucket.
    pub(super) deleted_bucket: Connector,
}

impl Tenants {
    /// Creates the three as of `now`, as `connector create`, `connect` and `activate` do. Each customer's
    /// role trusts its connector, which is verified and exports from `now` on. Then the bucket of the third
    /// is deleted.
    ///
    /// # Errors
    /// If the stand-ins or a verification fail.
    pub(super) async fn setup(embedded: &Sandbox, now: Time) -> Result<Self, CliError> {
        let tenants = Self::activate(embedded, now).await?;
        tenants.delete_bucket(embedded)?;
        Ok(tenants)
    }

    /// The same, and all buckets are still there.
    ///
    /// # Errors
    /// As [`Self::setup`].
    pub(super) async fn activate(embedded: &Sandbox, now: Time) -> Result<Self, CliError> {
        let [busy, quiet, deleted_bucket] = ACCOUNTS;
        Ok(Self {
            busy: setup_tenant(embedded, busy, now, Frequency::HOURLY).await?,
            quiet: setup_tenant(embedded, quiet, now, Frequency::HOURLY).await?,
            deleted_bucket: setup_tenant(embedded, deleted_bucket, now, Frequency::HOURLY).await?,
        })
    }

    /// Deletes the bucket of the third tenant.
    ///
    /// # Errors
    /// If the stand-in fails.
    pub(super) fn delete_bucket(&self, embedded: &Sandbox) -> Result<(), CliError> {
        match &self.deleted_bucket.destination {
            Destination::S3(to) => Ok(embedded.stack().delete_bucket(to.bucket.as_str())?),
            Destination::None => Ok(()),
        }
    }

    pub(super) const fn all(&self) -> [&Connector; 3] {
        [&self.busy, &self.quiet, &self.deleted_bucket]
    }

    /// The tenant of this connector; `?` if it is unknown.
    pub(super) fn tenant(&self, id: &ConnectorId) -> &str {
        self.all().into_iter().find(|connector| connector.id == *id).map_or("?", |c| c.tenant.as_str())
    }
}

/// The bucket of a connector; each of the demo's connectors has one.
pub(super) fn bucket(connector: &Connector) -> &str {
    connector.destination.s3().map_or("", |to| to.bucket.as_str())
}

/// The tenant ID of this name.
pub(super) fn tenant(name: &str) -> Result<TenantId, CliError> {
    name.parse().map_err(refused)
}

/// Who sets up the connectors.
pub(super) fn demo_operator() -> Caller {
    Caller::Operator { name: "demo".to_owned() }
}

/// Creates the connector of a tenant and activates it; it exports from `start` on.
///
/// # Errors
/// If the stand-ins or the verification fail.
pub(super) async fn setup_tenant(
    embedded: &Sandbox,
    (name, account): (&str, &str),
    start: Time,
    frequency: Frequency,
) -> Result<Connector, CliError> {
    let (onboarding, caller) = (embedded.onboarding(), demo_operator());
    let new = NewConnector {
        tenant: tenant(name)?,
        shards: Shards::ONE,
        frequency,
        encoding: Encoding::default(),
        // The clock advances while connectors are created; their files still start at the full minute.
        start_from: Some(start),
        destination: destination(name, account)?.into(),
        idempotency_key: None,
    };
    let connector = onboarding.create(&caller, new).await?;
    embedded.grant_access(&connector)?;
    Ok(onboarding.activate(&caller, &connector.id, None, |_| {}).await?)
}

fn destination(name: &str, account: &str) -> Result<S3Destination, CliError> {
    Ok(S3Destination {
        role: format!("arn:aws:iam::{account}:role/auditferry/AuditferryDelivery")
            .parse()
            .map_err(refused)?,
        bucket: format!("{name}-audit-log").parse().map_err(refused)?,
        region: REGION.parse().map_err(refused)?,
        prefix: PREFIX.parse().map_err(refused)?,
        encryption: Encryption::Default,
    })
}

fn refused(error: impl std::fmt::Display) -> CliError {
    CliError::failed(error.to_string(), "This is a bug in the demo: report it.")
}

//! The wiring of the sandbox: the real dispatcher and exporter, with the real adapters and the real SDK, on
//! the stand-ins.
//!
//! Everything runs as in AWS with three exceptions: the queue is a list in memory, the bus records the
//! notices, and the clock may be set. Only the clock of the dispatcher and the exporter is set; the stand-ins
//! emulate AWS and live in real time, so the ledger's `Date` header is shifted by the same offset.

mod bus;
mod customer;
mod error;
mod explorer;
mod portal;
mod prober;
mod queue;
mod reader;
mod tick;

use std::path::Path;
use std::sync::Arc;

use self::reader::WaitingDownloads;
use archive::names::InvalidValueError;
use archive::note::{KeyName, VendorDomain};
use archive::part::PartLimits;
use archive::time::Time;
use aws::clients::{Clients, Endpoints};
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::{DynamoSource, EventsTable, EventsWriter};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::reader::OwnReaderSessions;
use aws::s3::customers::{StsCustomers, StsProber};
use aws::s3::staging::S3Staging;
use aws::settings::S3Settings;
use aws::signing::FileSigner;
use aws_credential_types::Credentials as SdkCredentials;
use control::onboarding::Onboarding;
use control::setup::Vendor;
use control::signing::{ManifestSigner, PreviousSigner};
use exporter::Exporter;
use ports::{Clock, Connectors, ReaderSessions, Rng};
use prober::SandboxProber;
use protocol::machine::Timing;
use queue::MemoryQueue;

use crate::dynamo::Durability;
use crate::error::StackError;
use crate::stack::Stack;

pub use bus::RecordingBus;
pub use customer::CustomerStack;
pub use error::SandboxError;
pub use tick::Tick;

/// The name of the events table.
pub const EVENTS_TABLE: &str = "auditferry-events";
/// The name of the ledger table.
pub const LEDGER_TABLE: &str = "auditferry-ledger";
/// The name of the vendor's staging bucket.
pub const STAGING_BUCKET: &str = "auditferry-staging";
/// The vendor domain in whose name manifests are signed, reserved by RFC 2606.
pub const VENDOR_DOMAIN: &str = "vendor.example";
/// The file of the signing key, in the folder of the stand-ins. It is created with the folder, and only its
/// owner may read it.
pub const SIGNING_KEY: &str = "signing-key";
/// The Region of the vendor's deployment.
pub const REGION: &str = "eu-central-1";
/// The name of the vendor's role that delivers.
pub const EXPORTER_ROLE: &str = "auditferry-exporter";
/// The URL of the customer's template. Nothing is published there: the name is reserved by RFC 2606, so that
/// the link shows its form and opens nothing of anyone's.
pub const TEMPLATE_URL: &str = "https://templates.vendor.example/customer-role.yaml";

/// All of Auditferry in this process.
#[derive(Debug)]
pub struct Sandbox {
    stack: Stack,
    clients: Clients,
    queue: Arc<MemoryQueue>,
    downloads: Arc<WaitingDownloads>,
    bus: Arc<RecordingBus>,
    vendor: Vendor,
    signing: ManifestSigner,
    /// The offset of the set clock to real time, in milliseconds.
    clock_offset_ms: i64,
}

impl Sandbox {
    /// Starts the stand-ins and creates the two tables and the staging bucket, if they are missing.
    ///
    /// Without a folder everything is in memory or in a temporary folder and is removed when this is dropped.
    /// With one it stays there: see [`Stack::start`], and the notices in `bus.ndjson`. With `now` the clock
    /// starts there, and ticks on.
    ///
    /// # Errors
    /// If the folder can't be used or another process uses it, if no port is free, or if the tables can't be
    /// created.
    pub async fn start(dir: Option<&Path>, now: Option<Time>) -> Result<Self, SandboxError> {
        Self::start_with(dir, now, Durability::Sync).await
    }

    /// The same, with this durability of writes to the tables.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        dir: Option<&Path>,
        now: Option<Time>,
        writes: Durability,
    ) -> Result<Self, SandboxError> {
        let stack = Stack::start_with(dir, writes).await?;
        let bus = RecordingBus::open(dir).map_err(StackError::io(dir.unwrap_or(Path::new("bus.ndjson"))))?;
        let clients = clients(&stack);
        // Boxed: the SDK's futures for a table are large, and would enlarge every caller's.
        let (events, ledger) = tokio::join!(
            Box::pin(aws::dynamodb::events::create_table(&clients.dynamodb, EVENTS_TABLE)),
            Box::pin(aws::dynamodb::ledger::create_table(&clients.dynamodb, LEDGER_TABLE)),
        );
        events.and(ledger)?;
        ensure_bucket(&stack, STAGING_BUCKET, Stack::VENDOR_ACCOUNT, REGION)?;
        let queue = Arc::new(MemoryQueue::default());
        let (bus, vendor, signing) = (Arc::new(bus), vendor()?, manifest_signing(&stack)?);
        let downloads = Arc::default();
        let mut sandbox = Self { stack, clients, queue, downloads, bus, vendor, signing, clock_offset_ms: 0 };
        if let Some(now) = now {
            sandbox.set_now(now);
        }
        Ok(sandbox)
    }

    /// Whether a folder contains what [`Self::start`] creates.
    #[must_use]
    pub fn exists_in(dir: &Path) -> bool {
        dir.join("dynamodb.sqlite").is_file() && dir.join("buckets").join(STAGING_BUCKET).is_dir()
    }

    /// Sets the clock, which ticks on from there. It applies to ports that are requested afterwards.
    pub fn set_now(&mut self, now: Time) {
        self.clock_offset_ms = now.millis() - SystemClock::new().now().millis();
    }

    /// The clock, with the offset of [`Self::set_now`].
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock::with_offset(self.clock_offset_ms))
    }

    /// The random number generator.
    #[must_use]
    pub fn randomness(&self) -> Arc<dyn Rng> {
        Arc::new(SystemRng)
    }

    /// The default settle time and look-back of a deployment.
    #[must_use]
    pub const fn timing() -> Timing {
        Timing { settle: std::time::Duration::from_mins(5), look_back: std::time::Duration::from_hours(1) }
    }

    /// The connectors, as the API and the command line see them.
    #[must_use]
    pub fn connectors(&self) -> Arc<dyn Connectors> {
        Arc::new(self.ledger())
    }

    /// The operations of the API and the command line, over this ledger, with the vendor's account of the
    /// stand-ins.
    #[must_use]
    pub fn onboarding(&self) -> Onboarding {
        let Clients { sts, customers, .. } = &self.clients;
        let prober = SandboxProber {
            real: StsProber::new(sts.clone(), customers.clone()),
            accounts: self.stack.accounts(),
        };
        Onboarding {
            signing: Some(self.signing.clone()),
            checks: Some(Arc::new(self.ledger())),
            ..Onboarding::new(
                self.connectors(),
                Arc::new(prober),
                Arc::clone(&self.bus) as _,
                self.clock(),
                self.randomness(),
                Self::timing(),
                self.vendor.clone(),
            )
        }
    }

    /// A writer of the events table, for imports.
    #[must_use]
    pub fn events(&self) -> EventsWriter {
        EventsWriter::new(
            self.clients.dynamodb.clone(),
            EventsTable::default_layout(EVENTS_TABLE),
            self.clock(),
            self.randomness(),
        )
    }

    /// The events table as a source.
    #[must_use]
    pub fn source(&self) -> DynamoSource {
        DynamoSource::new(self.clients.dynamodb.clone(), EventsTable::default_layout(EVENTS_TABLE))
    }

    /// The reader's sessions. The stand-ins have no data role: the vendor's own keys are used, and the
    /// sessions themselves refuse what is another connector's.
    #[must_use]
    pub fn reader_sessions(&self) -> Arc<dyn ReaderSessions> {
        let Clients { s3, dynamodb, .. } = &self.clients;
        let layout = EventsTable::default_layout(EVENTS_TABLE);
        let bucket = STAGING_BUCKET.to_owned();
        Arc::new(OwnReaderSessions::new(s3.clone(), dynamodb.clone(), bucket, layout))
    }

    /// The exporter, with its ports on the stand-ins.
    #[must_use]
    pub fn exporter(&self) -> Exporter {
        let Clients { s3, sts, customers, .. } = &self.clients;
        Exporter {
            ports: exporter::Ports {
                runs: Arc::new(self.ledger()),
                source: Arc::new(self.source()),
                staging: Arc::new(S3Staging::new(s3.clone(), STAGING_BUCKET.to_owned())),
                signing: self.signing.clone(),
                customers: Arc::new(StsCustomers::new(sts.clone(), customers.clone())),
                bus: Arc::clone(&self.bus) as _,
                clock: self.clock(),
                randomness: self.randomness(),
            },
            timing: Self::timing(),
            part_limits: PartLimits::default(),
            retention: None,
            onboarding: Some(self.onboarding()),
        }
    }

    /// The ports of a dispatcher on the stand-ins.
    #[must_use]
    pub fn dispatcher(&self) -> dispatcher::Ports {
        dispatcher::Ports {
            due: Arc::new(self.ledger()),
            queue: Arc::clone(&self.queue) as _,
            clock: self.clock(),
            randomness: self.randomness(),
            rate_limiter: dispatcher::RateLimiter::default(),
        }
    }

    /// The stand-ins, for the customers' side and for inspecting delivered objects.
    #[must_use]
    pub const fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The bus with the recorded notices.
    #[must_use]
    pub fn bus(&self) -> &RecordingBus {
        &self.bus
    }

    /// The environment with which another process works on these stand-ins like a function of the deployment:
    /// the resources, and the SDK's own variables. Queue and bus are not included: those of this process
    /// can't be reached from another.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let keys = self.stack.vendor_credentials();
        let signing_key = self.stack.folder().join(SIGNING_KEY);
        // The other process may have another working directory.
        let signing_key = std::path::absolute(&signing_key).unwrap_or(signing_key);
        vec![
            ("AWS_ACCESS_KEY_ID", keys.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.stack.dynamodb_url().to_owned()),
            ("AWS_ENDPOINT_URL_S3", self.stack.s3_url().to_owned()),
            ("AWS_ENDPOINT_URL_STS", self.stack.sts_url().to_owned()),
            ("S3_FORCE_PATH_STYLE", "true".to_owned()),
            ("EVENTS_TABLE", EVENTS_TABLE.to_owned()),
            ("LEDGER_TABLE", LEDGER_TABLE.to_owned()),
            ("STAGING_BUCKET", STAGING_BUCKET.to_owned()),
            ("VENDOR_DOMAIN", VENDOR_DOMAIN.to_owned()),
            ("SIGNING_KEY", format!("file:{}", signing_key.display())),
        ]
    }

    /// Stops the stand-ins: running requests finish, then every socket is closed.
    pub async fn stop(self) {
        self.stack.stop().await;
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> DynamoLedger {
        let shift = ClockOffset::millis(self.clock_offset_ms);
        DynamoLedger::new(self.clients.dynamodb.clone(), LEDGER_TABLE.to_owned(), shift)
    }
}

fn clients(stack: &Stack) -> Clients {
    let keys = stack.vendor_credentials();
    let keys = SdkCredentials::new(keys.access_key_id, keys.secret_access_key, None, None, "embedded");
    let endpoints = Endpoints {
        dynamodb: stack.dynamodb_url().to_owned(),
        events: None,
        kms: None,
        s3: stack.s3_url().to_owned(),
        ses: None,
        sqs: None,
        sts: stack.sts_url().to_owned(),
    };
    Clients::at(&endpoints, REGION, keys, S3Settings { force_path_style: true })
}

/// The vendor as the customers' trust policies name it.
fn vendor() -> Result<Vendor, InvalidValueError> {
    Ok(Vendor {
        account: Stack::VENDOR_ACCOUNT.parse()?,
        partition: "aws".to_owned(),
        region: REGION.parse()?,
        exporter_role: EXPORTER_ROLE.to_owned(),
        template_url: Some(TEMPLATE_URL.to_owned()),
    })
}

/// The signing key in the stand-ins' folder.
fn manifest_signing(stack: &Stack) -> Result<ManifestSigner, SandboxError> {
    let vendor: VendorDomain = VENDOR_DOMAIN.parse()?;
    let name = KeyName::of(vendor.clone());
    let path = stack.folder().join(SIGNING_KEY);
    let key = FileSigner::read_or_create(&path, &name, &SystemRng)?;
    Ok(ManifestSigner { vendor, current: Arc::new(key), previous: PreviousSigner::None })
}

/// Creates a bucket if none of that name exists, regardless of its owner.
fn ensure_bucket(stack: &Stack, bucket: &str, owner: &str, region: &str) -> Result<(), StackError> {
    match stack.create_bucket(bucket, owner, region) {
        Ok(()) | Err(StackError::BucketExists(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

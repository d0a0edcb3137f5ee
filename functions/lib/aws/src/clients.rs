//! The SDK clients, built once per process and borrowed from then on.
//!
//! All clients of a process share one HTTP client and so one connection pool. A connection carries no
//! credentials: each request is signed by itself.

use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{IdentityCache, RequestChecksumCalculation, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};

use crate::conflict_retry::RetryTransactionConflicts;
use crate::settings::S3Settings;

/// A lost SYN is sent again after three seconds; this timeout lets that second one through. It is the SDK's
/// own value since this behavior version.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);
/// Timeout of one attempt at a small request. DynamoDB returns a page of 1 MB within a tenth of a second. An
/// attempt that takes a hundred times as long is lost, and a retry is better than waiting.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout of one attempt at an S3 request, including an upload of 6 MiB: ten exporters on one slow line
/// still make it. A streamed download is not included; the SDK's stalled-stream protection covers it.
pub(crate) const UPLOAD_TIMEOUT: Duration = Duration::from_mins(1);
/// How many attempts the SDK makes. The protocol retries above it, with pauses that hurt nobody.
const MAX_ATTEMPTS: u32 = 3;
/// The discard port: nothing listens there.
const DISCARD_ENDPOINT: &str = "http://127.0.0.1:9";

/// One client per service. A function creates only those it uses: see [`ClientFactory`].
#[derive(Debug, Clone)]
pub struct Clients {
    /// For the ledger and the events table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// For the event bus.
    pub events: aws_sdk_eventbridge::Client,
    /// For the vendor's own bucket.
    pub s3: aws_sdk_s3::Client,
    /// Assumes the customers' roles.
    pub sts: aws_sdk_sts::Client,
    /// Creates clients for the customers' buckets.
    pub customers: CustomerClients,
}

/// Endpoints of stand-ins, each as `http://host:port`.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The DynamoDB stand-in, for the ledger and the events table.
    pub dynamodb: String,
    /// The EventBridge stand-in. `None` sends its requests to the discard port, never to AWS.
    pub events: Option<String>,
    /// The KMS stand-in. `None` sends its requests to the discard port, never to AWS.
    pub kms: Option<String>,
    /// The S3 stand-in, for the vendor's bucket and the customers'.
    pub s3: String,
    /// The SES stand-in. `None` sends its requests to the discard port, never to AWS.
    pub ses: Option<String>,
    /// The SQS stand-in. `None` sends its requests to the discard port, never to AWS.
    pub sqs: Option<String>,
    /// The STS stand-in, for `AssumeRole`.
    pub sts: String,
}

impl Clients {
    /// All clients of [`ClientFactory::from_environment`].
    pub async fn from_environment(s3: S3Settings) -> Self {
        ClientFactory::from_environment(s3).await.all()
    }

    /// All clients of [`ClientFactory::at`].
    #[must_use]
    pub fn at(endpoints: &Endpoints, region: &str, keys: Credentials, s3: S3Settings) -> Self {
        ClientFactory::at(endpoints, region, keys, s3).all()
    }

    /// The configured region, if any.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        self.sts.config().region().map(ToString::to_string)
    }
}

/// Creates clients on demand. Each one adds to a cold start, so a function creates those it uses, once.
#[derive(Debug)]
pub struct ClientFactory {
    sdk: SdkConfig,
    endpoints: Option<Endpoints>,
    s3: S3Settings,
}

/// Defines the method that creates the client of a service. A stand-in of the service listens at this field
/// of the [`Endpoints`].
macro_rules! client {
    ($service:ident: $sdk:ident, $endpoint:expr) => {
        #[doc = concat!("See [`Clients::", stringify!($service), "`].")]
        #[must_use]
        pub fn $service(&self) -> $sdk::Client {
            let endpoint: fn(&Endpoints) -> &str = $endpoint;
            let mut config = $sdk::config::Builder::from(&self.sdk);
            if let Some(endpoints) = &self.endpoints {
                config = config.endpoint_url(endpoint(endpoints));
            }
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl ClientFactory {
    /// Finds region, credentials and endpoints as every AWS SDK does: environment, profile, Lambda's own
    /// variables. Missing settings show with the first request.
    ///
    /// STS is the regional endpoint, the SDK's default. Its tokens are valid in all regions, those of the
    /// global endpoint aren't (AWS STS user guide, "Manage AWS STS in an AWS Region").
    pub async fn from_environment(s3: S3Settings) -> Self {
        let mut loader = aws_config::defaults(behavior_version())
            .http_client(http_client(ProxyConfig::from_env()))
            .retry_config(retry_config())
            .timeout_config(timeout_config(REQUEST_TIMEOUT));
        if let Some(name) = app_name() {
            loader = loader.app_name(name);
        }
        Self { sdk: loader.load().await, endpoints: None, s3 }
    }

    /// Clients of stand-ins, with long-lived keys. Proxies don't apply: stand-ins run on this machine.
    #[must_use]
    pub fn at(endpoints: &Endpoints, region: &str, keys: Credentials, s3: S3Settings) -> Self {
        let mut sdk = SdkConfig::builder()
            .behavior_version(behavior_version())
            .http_client(http_client(ProxyConfig::disabled()))
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(retry_config())
            .timeout_config(timeout_config(REQUEST_TIMEOUT));
        sdk.set_app_name(app_name());
        Self { sdk: sdk.build(), endpoints: Some(endpoints.clone()), s3 }
    }

    /// The configuration of a client in another package. A stand-in of its service listens at this endpoint;
    /// `None` sends its requests to the discard port.
    #[must_use]
    pub fn config(&self, endpoint: fn(&Endpoints) -> Option<&str>) -> SdkConfig {
        match &self.endpoints {
            Some(at) => self.sdk.to_builder().endpoint_url(endpoint_or_discard(endpoint(at))).build(),
            None => self.sdk.clone(),
        }
    }

    /// The configured region, if any.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        self.sdk.region().map(ToString::to_string)
    }

    /// See [`Clients::dynamodb`].
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::from_conf(self.dynamodb_config(&self.sdk).build())
    }

    fn dynamodb_config(&self, sdk: &SdkConfig) -> aws_sdk_dynamodb::config::Builder {
        let config = aws_sdk_dynamodb::config::Builder::from(sdk).retry_classifier(RetryTransactionConflicts);
        match &self.endpoints {
            Some(at) => config.endpoint_url(&at.dynamodb),
            None => config,
        }
    }

    client!(events: aws_sdk_eventbridge, |at| endpoint_or_discard(at.events.as_deref()));
    client!(sts: aws_sdk_sts, |at| &at.sts);

    /// See [`Clients::s3`].
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3_config(&self.sdk).build())
    }

    /// See [`Clients::customers`].
    #[must_use]
    pub fn customers(&self) -> CustomerClients {
        CustomerClients { template: self.s3_config(&self.nobody()) }
    }

    /// Creates clients for the reader's sessions.
    #[must_use]
    pub fn sessions(&self) -> SessionClients {
        let nobody = self.nobody();
        SessionClients { s3: self.s3_config(&nobody), dynamodb: self.dynamodb_config(&nobody) }
    }

    /// A configuration without credentials, so that nothing is signed with the vendor's by mistake.
    fn nobody(&self) -> SdkConfig {
        let mut nobody = self.sdk.to_builder();
        nobody.set_credentials_provider(None).set_identity_cache(Some(IdentityCache::no_cache()));
        nobody.build()
    }

    fn s3_config(&self, sdk: &SdkConfig) -> aws_sdk_s3::config::Builder {
        let config = aws_sdk_s3::config::Builder::from(sdk)
            .timeout_config(timeout_config(UPLOAD_TIMEOUT))
            .force_path_style(self.s3.force_path_style);
        match &self.endpoints {
            Some(at) => config.endpoint_url(&at.s3),
            None => config,
        }
    }

    /// All clients of this package.
    #[must_use]
    pub fn all(&self) -> Clients {
        Clients {
            dynamodb: self.dynamodb(),
            events: self.events(),
            s3: self.s3(),
            sts: self.sts(),
            customers: self.customers(),
        }
    }
}

/// Creates S3 clients that have only the temporary credentials passed to them.
#[derive(Debug, Clone)]
pub struct CustomerClients {
    template: aws_sdk_s3::config::Builder,
}

impl CustomerClients {
    /// A client for one connector, in the region of its bucket.
    pub(crate) fn client(&self, region: &str, temporary: Credentials) -> aws_sdk_s3::Client {
        let config = self
            .template
            .clone()
            .region(Region::new(region.to_owned()))
            .credentials_provider(temporary)
            // The body's SHA-256 comes from the sealed record. A checksum computed by the SDK on the way
            // would only prove that the bytes are what they are.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            // By default all clients of a service share one bucket of retry tokens: one customer's throttled
            // bucket would use up the retries of all others.
            .retry_partition(RetryPartition::custom("customer").build())
            // A bucket is a name in a region; the SDK must not resolve it to another host.
            .disable_multi_region_access_points(true)
            .disable_s3_express_session_auth(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

/// Creates clients of the vendor's own S3 and DynamoDB that have only the temporary credentials passed to
/// them.
#[derive(Debug, Clone)]
pub struct SessionClients {
    s3: aws_sdk_s3::config::Builder,
    dynamodb: aws_sdk_dynamodb::config::Builder,
}

impl SessionClients {
    /// A client of the staging bucket, for one session.
    pub(crate) fn s3(&self, temporary: Credentials) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3.clone().credentials_provider(temporary).build())
    }

    /// A client of the events table, for one session.
    pub(crate) fn dynamodb(&self, temporary: Credentials) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::from_conf(self.dynamodb.clone().credentials_provider(temporary).build())
    }
}

fn endpoint_or_discard(endpoint: Option<&str>) -> &str {
    endpoint.unwrap_or(DISCARD_ENDPOINT)
}

/// Pins the SDK's defaults by date; a newer SDK doesn't change them silently.
fn behavior_version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Appears in the user agent, and so in the customer's own access logs.
fn app_name() -> Option<AppName> {
    AppName::new("auditferry").ok()
}

fn retry_config() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS)
}

/// Timeouts of one attempt; the number of attempts bounds the total.
pub(crate) fn timeout_config(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}

/// The SDK's own default client, but one for all. By itself the SDK creates one per service client, and each
/// reads the system's certificates again.
fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(tls.clone()).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

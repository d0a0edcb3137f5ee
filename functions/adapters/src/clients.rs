//! The SDK clients, built once per process and borrowed from then on.
//!
//! All of one process share one HTTP client, and with it one pool of connections. A connection carries no credentials:
//! each request is signed for itself.

use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{IdentityCache, RequestChecksumCalculation, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};

use crate::conflicts::RetriesConflicts;
use crate::settings::S3Settings;

/// A first SYN that gets lost is sent again after three seconds, so that one is let through. It is the SDK's own
/// value since this behaviour version.
const CONNECT: Duration = Duration::from_millis(3100);
/// One try of a small request. DynamoDB answers a page of 1 MB within a tenth of a second; a try that takes a
/// hundred times as long is lost, and the next one is better than waiting.
const SMALL: Duration = Duration::from_secs(10);
/// One try of a request to S3, an upload of 6 MiB included: ten exporters that share a bad line still make it.
/// What comes down as a stream isn't in it; there the SDK's stalled-stream protection watches.
pub(crate) const LARGE: Duration = Duration::from_mins(1);
/// How often the SDK tries. The protocol tries again above it, with pauses that hurt nobody.
const TRIES: u32 = 3;
/// The discard port: nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// One client per service. A function makes only those that it uses: see [`Services`].
#[derive(Debug, Clone)]
pub struct Clients {
    /// The ledger and the events table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The event bus.
    pub events: aws_sdk_eventbridge::Client,
    /// The vendor's own bucket.
    pub s3: aws_sdk_s3::Client,
    /// Assumes the customers' roles.
    pub sts: aws_sdk_sts::Client,
    /// Makes clients for the customers' buckets.
    pub customers: CustomerClients,
}

/// Where stand-ins listen, each as `http://host:port`.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: String,
    /// EventBridge. Without one, requests to it go nowhere: never to AWS.
    pub events: Option<String>,
    /// KMS. Without one, requests to it go nowhere: never to AWS.
    pub kms: Option<String>,
    /// S3, the vendor's and the customers'.
    pub s3: String,
    /// SES. Without one, requests to it go nowhere: never to AWS.
    pub ses: Option<String>,
    /// SQS. Without one, requests to it go nowhere: never to AWS.
    pub sqs: Option<String>,
    /// STS.
    pub sts: String,
}

impl Clients {
    /// All that [`Services::from_environment`] makes.
    pub async fn from_environment(s3: S3Settings) -> Self {
        Services::from_environment(s3).await.all()
    }

    /// All that [`Services::at`] makes.
    #[must_use]
    pub fn at(endpoints: &Endpoints, region: &str, keys: Credentials, s3: S3Settings) -> Self {
        Services::at(endpoints, region, keys, s3).all()
    }

    /// The region that they were given or have found.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        self.sts.config().region().map(ToString::to_string)
    }
}

/// Makes clients, each when it is asked for. Every one takes its share of a start, so a function makes those that it
/// uses, once.
#[derive(Debug)]
pub struct Services {
    sdk: SdkConfig,
    at: Option<Endpoints>,
    s3: S3Settings,
}

/// The method that makes the client of a service; a stand-in of it listens at that one of the [`Endpoints`].
macro_rules! client {
    ($service:ident: $sdk:ident, $endpoint:expr) => {
        #[doc = concat!("See [`Clients::", stringify!($service), "`].")]
        #[must_use]
        pub fn $service(&self) -> $sdk::Client {
            let endpoint: fn(&Endpoints) -> &str = $endpoint;
            let mut config = $sdk::config::Builder::from(&self.sdk);
            if let Some(at) = &self.at {
                config = config.endpoint_url(endpoint(at));
            }
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl Services {
    /// Clients that find region, credentials and endpoints the way every AWS SDK does: environment, profile,
    /// Lambda's own variables. Whatever is missing shows with the first request.
    ///
    /// STS is the region's own, as the SDK's rules have it: its tokens are valid in all regions, those of the
    /// global endpoint aren't (AWS STS user guide, "Manage AWS STS in an AWS Region").
    pub async fn from_environment(s3: S3Settings) -> Self {
        let mut loader = aws_config::defaults(behavior())
            .http_client(http_client(ProxyConfig::from_env()))
            .retry_config(retries())
            .timeout_config(timeouts(SMALL));
        if let Some(name) = app_name() {
            loader = loader.app_name(name);
        }
        Self { sdk: loader.load().await, at: None, s3 }
    }

    /// Clients of stand-ins, with long-lived keys. Proxies don't apply: stand-ins are on this machine.
    #[must_use]
    pub fn at(endpoints: &Endpoints, region: &str, keys: Credentials, s3: S3Settings) -> Self {
        let mut sdk = SdkConfig::builder()
            .behavior_version(behavior())
            .http_client(http_client(ProxyConfig::disabled()))
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(retries())
            .timeout_config(timeouts(SMALL));
        sdk.set_app_name(app_name());
        Self { sdk: sdk.build(), at: Some(endpoints.clone()), s3 }
    }

    /// What a client of another package is made of. A stand-in of its service listens at that one of the endpoints;
    /// without one, requests go nowhere.
    #[must_use]
    pub fn config(&self, endpoint: fn(&Endpoints) -> Option<&str>) -> SdkConfig {
        match &self.at {
            Some(at) => self.sdk.to_builder().endpoint_url(or_nowhere(endpoint(at))).build(),
            None => self.sdk.clone(),
        }
    }

    /// The region that they have found.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        self.sdk.region().map(ToString::to_string)
    }

    /// See [`Clients::dynamodb`].
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.sdk).retry_classifier(RetriesConflicts);
        let config = match &self.at {
            Some(at) => config.endpoint_url(&at.dynamodb),
            None => config,
        };
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    client!(events: aws_sdk_eventbridge, |at| or_nowhere(at.events.as_deref()));
    client!(sts: aws_sdk_sts, |at| &at.sts);

    /// See [`Clients::s3`].
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3_config(&self.sdk).build())
    }

    /// See [`Clients::customers`].
    #[must_use]
    pub fn customers(&self) -> CustomerClients {
        // They start without credentials: nothing can be signed with the vendor's by mistake.
        let mut nobody = self.sdk.to_builder();
        nobody.set_credentials_provider(None).set_identity_cache(Some(IdentityCache::no_cache()));
        CustomerClients { template: self.s3_config(&nobody.build()) }
    }

    fn s3_config(&self, sdk: &SdkConfig) -> aws_sdk_s3::config::Builder {
        let config = aws_sdk_s3::config::Builder::from(sdk)
            .timeout_config(timeouts(LARGE))
            .force_path_style(self.s3.force_path_style);
        match &self.at {
            Some(at) => config.endpoint_url(&at.s3),
            None => config,
        }
    }

    /// All clients that this package knows.
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

/// Makes S3 clients that hold nothing but the temporary credentials that they are given.
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
            // The body's SHA-256 comes from the sealed record. A checksum that the SDK computed on the way would
            // only prove that the bytes are what they are.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            // By default all clients of a service share one bucket of retry tokens: one customer's throttled
            // bucket would use up the retries of all others.
            .retry_partition(RetryPartition::custom("customer").build())
            // A bucket is a name in a region, nothing that the SDK resolves to another host.
            .disable_multi_region_access_points(true)
            .disable_s3_express_session_auth(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

fn or_nowhere(endpoint: Option<&str>) -> &str {
    endpoint.unwrap_or(NOWHERE)
}

/// The date pins what the SDK does by default; a newer SDK doesn't change it unseen.
fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Shows in the user agent, and so in the customer's own access logs.
fn app_name() -> Option<AppName> {
    AppName::new("auditferry").ok()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES)
}

/// Timeouts of one try; the number of tries bounds the whole.
pub(crate) fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

/// The SDK's own default client, but one for all: by itself the SDK makes one for each service client, and each
/// reads the system's certificates anew.
fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(tls.clone()).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

//! A vendor and one customer, Acme: the stand-ins, their clients, and Acme's connector.

use std::collections::HashMap;

use archive::names::{ConnectorId, ExternalId};
use archive::sha256::Sha256;
use archive::time::Time;
use aws::clients::{ClientFactory, Clients, Endpoints};
use aws::s3::customers::StsCustomers;
use aws::s3::staging::S3Staging;
use aws::settings::S3Settings;
use aws_credential_types::Credentials;
use bytes::Bytes;
use ports::{Body, NewObject};
use protocol::connector::{Connector, Encryption, S3Destination, State};
use sandbox::{Role, Stack};
use sha2::Digest as _;

pub(crate) const ACME: &str = "222222222222";
pub(crate) const BUCKET: &str = "acme-logs";
pub(crate) const STAGING: &str = "vendor-staging";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ROLE: &str = "arn:aws:iam::222222222222:role/auditferry/Delivery";

pub(crate) fn connector() -> Connector {
    let destination = S3Destination {
        role: ROLE.parse().unwrap(),
        bucket: BUCKET.parse().unwrap(),
        region: REGION.parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    };
    Connector {
        state: State::Active,
        destination: destination.into(),
        activated_at: Some(Time::EPOCH),
        verified_at: Some(Time::EPOCH),
        ..Connector::draft(ConnectorId::new(7), "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH)
    }
}

/// Clients of these endpoints.
pub(crate) fn clients(dynamodb: &str, s3: &str, other: &str, keys: Credentials) -> Clients {
    services(dynamodb, s3, other, keys).all()
}

fn services(dynamodb: &str, s3: &str, other: &str, keys: Credentials) -> ClientFactory {
    let endpoints = Endpoints {
        dynamodb: dynamodb.to_owned(),
        events: Some(other.to_owned()),
        kms: Some(other.to_owned()),
        s3: s3.to_owned(),
        ses: Some(other.to_owned()),
        sqs: Some(other.to_owned()),
        sts: s3.to_owned(),
    };
    ClientFactory::at(&endpoints, REGION, keys, S3Settings { force_path_style: true })
}

/// Clients of one scripted server.
pub(crate) fn clients_of(url: &str) -> Clients {
    services_of(url).all()
}

/// The client factory of one scripted server.
pub(crate) fn services_of(url: &str) -> ClientFactory {
    services(url, url, url, Credentials::new("AKIDVENDOR", "secret", None, None, "test"))
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) clients: Clients,
    pub(crate) connector: Connector,
}

impl World {
    /// A stack in memory with Acme's bucket and role, and the vendor's staging bucket.
    pub(crate) async fn start() -> Self {
        let stack = Stack::start(None).await.unwrap();
        stack.create_bucket(BUCKET, ACME, REGION).unwrap();
        stack.create_bucket(STAGING, Stack::VENDOR_ACCOUNT, REGION).unwrap();
        let connector = connector();
        let external_id = Some(connector.external_id.to_string());
        stack
            .put_role(Role { arn: ROLE.into(), external_id, bucket: BUCKET.into(), prefix: "audit".into() })
            .unwrap();
        let keys = stack.vendor_credentials();
        let keys = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test");
        let clients = clients(stack.dynamodb_url(), stack.s3_url(), "http://127.0.0.1:9", keys);
        Self { stack, clients, connector }
    }

    pub(crate) fn staging(&self) -> S3Staging {
        S3Staging::new(self.clients.s3.clone(), STAGING.to_owned())
    }

    pub(crate) fn customers(&self) -> StsCustomers {
        StsCustomers::new(self.clients.sts.clone(), self.clients.customers.clone())
    }

    /// Every object of a bucket by its key, as on disk.
    pub(crate) fn objects(&self, bucket: &str) -> HashMap<String, Vec<u8>> {
        let objects = self.stack.objects(bucket).unwrap();
        objects.into_iter().map(|object| (object.key, std::fs::read(object.path).unwrap())).collect()
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(bytes).into())
}

/// An object with correct size and hash.
pub(crate) fn object(key: &str, bytes: &[u8]) -> NewObject {
    NewObject {
        key: key.to_owned(),
        content_type: "application/json",
        sha256: sha256(bytes),
        size: bytes.len() as u64,
        body: Body::Whole(Bytes::copy_from_slice(bytes)),
    }
}

/// Bytes that differ at every place of every piece.
pub(crate) fn bytes(size: usize) -> Vec<u8> {
    (0_u64..).flat_map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).take(size).collect()
}

//! The delivery of one part: the customer's role, and the objects in the customer's bucket.

use std::sync::Arc;

use archive::names::ExternalId;
use archive::note::SignedManifest;
use archive::part::{Content, PartNumber, manifest_name};
use archive::sha256::Sha256;
use base64::Engine as _;
use ports::{Body, CustomerBucket, Customers, NewObject, Staging};
use protocol::connector::Connector;
use protocol::delivery_error::DeliveryError;
use protocol::machine::{Answer, Delivery, PutAnswer};

use super::Executed;
use crate::failure::Failure;

/// A customer's bucket, open under the customer's role. The run keeps it, and its credentials are gone with
/// the run.
#[derive(Clone)]
pub(crate) struct OpenBucket(Arc<dyn CustomerBucket>);

impl std::fmt::Debug for OpenBucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenBucket")
    }
}

impl OpenBucket {
    /// The external ID with which the role was assumed, if known.
    pub(crate) fn assumed_with(&self) -> Option<&ExternalId> {
        self.0.assumed_with()
    }
}

/// Assumes the customer's role, to deliver this part.
pub(super) async fn open(
    customers: &dyn Customers,
    connector: &Connector,
    number: PartNumber,
) -> Result<OpenBucket, DeliveryError> {
    let bucket = customers.open(connector, number).await?;
    Ok(OpenBucket(Arc::from(bucket)))
}

/// Copies the part's bytes.
pub(super) async fn put(staging: &dyn Staging, delivery: &Delivery<OpenBucket>) -> Executed {
    let part = &delivery.part;
    let body = match &part.content {
        Content::Inline(text) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            let corrupt = |error| Failure::invariant_violated(format!("part {}: {error}", part.number));
            Body::Whole(bytes.map_err(corrupt)?.into())
        }
        Content::Staged { data, .. } => Body::Stream(staging.read(data).await?),
    };
    let object = NewObject {
        key: delivery.destination.prefix.key(&part.name()),
        content_type: part.encoding.content_type(),
        sha256: part.sha256,
        size: part.size,
        body,
    };
    Ok(Answer::Put(delivery.bucket.0.put_new(object).await))
}

/// A second worker puts the same bytes under the same keys, and finds that they exist.
pub(super) async fn put_keys(
    delivery: &Delivery<OpenBucket>,
    manifest: &SignedManifest,
) -> Answer<OpenBucket> {
    let mut answer = Ok(PutAnswer::Exists);
    for key in manifest.keys() {
        let line = format!("{key}\n").into_bytes();
        answer = put_text(delivery, &key.file_name(), line).await;
        if answer.is_err() {
            break;
        }
    }
    Answer::Put(answer)
}

pub(super) async fn put_manifest(
    delivery: &Delivery<OpenBucket>,
    manifest: &SignedManifest,
) -> Answer<OpenBucket> {
    let part = &delivery.part;
    let name = manifest_name(part.window, part.number, manifest.sha256());
    Answer::Put(put_text(delivery, &name, manifest.note().bytes()).await)
}

/// Puts a small text object, by its name below the prefix.
async fn put_text(
    delivery: &Delivery<OpenBucket>,
    name: &str,
    bytes: Vec<u8>,
) -> Result<PutAnswer, DeliveryError> {
    let object = NewObject {
        key: delivery.destination.prefix.key(name),
        content_type: "text/plain; charset=utf-8",
        sha256: Sha256::of(&bytes),
        size: bytes.len() as u64,
        body: Body::Whole(bytes.into()),
    };
    delivery.bucket.0.put_new(object).await
}

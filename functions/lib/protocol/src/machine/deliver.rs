//! The delivering half of a run: copies sealed parts to the customer's bucket, in order and create-only.
//! Nothing here decides anything about the content.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use archive::part::{Part, PartNumber};

use super::messages::{Delivery, Effect, PutAnswer};
use super::outcome::{InternalError, InternalErrorKind};
use super::state::{Active, Context, Delivering, Flow, PartObject, RetryFrom};
use crate::backoff::REQUEST;
use crate::cursor::PublishedKeys;
use crate::delivery_error::{DeliveryError, DeliveryErrorKind};

/// How many times a request is tried in one run if it fails for a transient reason.
const MAX_PUT_ATTEMPTS: u32 = 5;
/// How long after its seal a part's record is used from memory. A worker that slept longer reads the record.
const JUST_SEALED_FOR: Duration = Duration::from_secs(30);

impl<B: Clone + Debug> Active<B> {
    pub(super) fn deliver(&mut self, number: PartNumber, context: Context<'_>) -> Flow<B> {
        if context.now >= context.settings.limits.stop_writing {
            return Flow::End(None);
        }
        let Some(bucket) = self.progress.delivery.bucket.take() else {
            let effect = Effect::Open(Arc::clone(&self.connector), number);
            return Flow::deliver(Delivering::Opening(number), effect);
        };
        // Taken out, so that a retry reads the record: another worker may have delivered the part in the
        // meantime.
        let last_sealed = self.progress.delivery.last_sealed.take().filter(|part| part.number == number);
        let now = self.trusted_now(context);
        match last_sealed.filter(|part| now < part.sealed_at + JUST_SEALED_FOR) {
            Some(part) => Self::put(self.delivery_of(part, bucket)),
            None => Flow::deliver(Delivering::Loading(number, bucket), Effect::Load(number)),
        }
    }

    fn delivery_of(&self, part: Box<Part>, bucket: B) -> Delivery<B> {
        Delivery { part, destination: Arc::clone(&self.destination), bucket }
    }

    pub(super) fn on_opened(
        &mut self,
        number: PartNumber,
        answer: Result<B, DeliveryError>,
        context: Context<'_>,
    ) -> Flow<B> {
        match answer {
            Ok(bucket) => {
                self.progress.delivery.bucket = Some(bucket);
                self.deliver(number, context)
            }
            Err(error) => self.delivery_failed(RetryFrom::Part(number, None), &error, context),
        }
    }

    pub(super) fn on_loaded(
        &mut self,
        number: PartNumber,
        bucket: B,
        part: Option<Box<Part>>,
        context: Context<'_>,
    ) -> Flow<B> {
        let Some(part) = part else {
            return Flow::invariant_violated(format!("part {number} is sealed but its record is missing"));
        };
        let delivery = self.delivery_of(part, bucket);
        // Another worker has delivered it since the snapshot: only the cursor may still lag.
        if delivery.part.delivered_at.is_some() { self.mark(delivery, context) } else { Self::put(delivery) }
    }

    fn put(delivery: Delivery<B>) -> Flow<B> {
        let effect = Effect::Put(delivery.clone());
        Flow::deliver(Delivering::Putting(delivery, PartObject::Bytes), effect)
    }

    /// The part's bytes are in the bucket. Puts its manifest, after the keys that it needs if those are
    /// missing. A part that an earlier version sealed may have no manifest.
    fn put_manifest(&self, delivery: Delivery<B>, context: Context<'_>) -> Flow<B> {
        let Some(manifest) = delivery.part.manifest.clone().map(Box::new) else {
            return self.publish_recovery(delivery, context);
        };
        let needed = PublishedKeys::of(&manifest, &self.destination);
        let (object, effect) = if self.known_keys().is_some_and(|known| known.covers(&needed)) {
            (PartObject::Manifest, Effect::PutManifest(delivery.clone(), manifest))
        } else {
            (PartObject::Keys(needed), Effect::PutKeys(delivery.clone(), manifest))
        };
        Flow::deliver(Delivering::Putting(delivery, object), effect)
    }

    /// The keys that are in the bucket. `None` after a delivery error: it may be another bucket of the same
    /// name.
    fn known_keys(&self) -> Option<&PublishedKeys> {
        let recorded = self.cursor.published_keys.as_ref().filter(|_| self.delivery_block().is_none());
        self.progress.delivery.published_keys.as_ref().or(recorded)
    }

    pub(super) fn on_put(
        &mut self,
        delivery: Delivery<B>,
        object: PartObject,
        answer: Result<PutAnswer, DeliveryError>,
        context: Context<'_>,
    ) -> Flow<B> {
        // An object that exists is success: its name has the part's number and the hash of its bytes, or is
        // the key's ID.
        let existed = match answer {
            Ok(answer) => answer == PutAnswer::Exists,
            Err(error) => {
                let from = match object {
                    PartObject::Bytes => RetryFrom::Part(delivery.part.number, Some(delivery.bucket)),
                    PartObject::Keys(_) | PartObject::Manifest => RetryFrom::Manifest(delivery),
                };
                return self.delivery_failed(from, &error, context);
            }
        };
        self.progress.attempts = 0;
        match object {
            PartObject::Bytes => {
                self.progress.summary.existed += u64::from(existed);
                self.put_manifest(delivery, context)
            }
            PartObject::Keys(keys) => {
                let keys = keys.merged_with(self.known_keys());
                self.progress.delivery.published_keys = Some(keys);
                self.put_manifest(delivery, context)
            }
            PartObject::Manifest => self.publish_recovery(delivery, context),
        }
    }

    /// The delivery failed on the customer's side. Retries if the error is transient; otherwise blocks the
    /// connector and goes on sealing.
    fn delivery_failed(
        &mut self,
        from: RetryFrom<B>,
        error: &DeliveryError,
        context: Context<'_>,
    ) -> Flow<B> {
        let number = from.number();
        self.progress.attempts += 1;
        let may_retry = self.progress.attempts < MAX_PUT_ATTEMPTS;
        // The bucket in use is given up, so it is opened again.
        if error.kind == DeliveryErrorKind::Expired && may_retry {
            return self.deliver(number, context);
        }
        // 409 is not success: another request for this key was in progress, and nothing says which one won.
        if error.kind.is_transient() && may_retry {
            let wait = REQUEST.delay(self.progress.attempts, context.random);
            self.progress.summary.retries += 1;
            return Flow::deliver(Delivering::WaitingToRetry(from), Effect::Wait(wait));
        }
        self.progress.attempts = 0;
        let internal_error = error.kind.is_internal().then(|| {
            let detail = format!("part {number}: {} ({})", error.code, error.message);
            InternalError::new(InternalErrorKind::Rejected, detail)
        });
        self.block(error, internal_error, context)
    }

    pub(super) fn retry_delivery(&mut self, from: RetryFrom<B>, context: Context<'_>) -> Flow<B> {
        match from {
            RetryFrom::Part(number, bucket) => {
                self.progress.delivery.bucket = bucket;
                self.deliver(number, context)
            }
            RetryFrom::Manifest(_) if context.now >= context.settings.limits.stop_writing => Flow::End(None),
            RetryFrom::Manifest(delivery) => self.put_manifest(delivery, context),
        }
    }
}

impl<B> RetryFrom<B> {
    const fn number(&self) -> PartNumber {
        match self {
            Self::Part(number, _) => *number,
            Self::Manifest(delivery) => delivery.part.number,
        }
    }
}

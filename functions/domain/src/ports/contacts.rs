//! The way to a tenant's own contacts.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::contacts::{Mail, Signed};
use crate::names::{EmailAddress, WebhookUrl};

/// What became of a request to a customer's webhook. Nothing of it is a failure of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// It was taken: 2xx.
    Taken,
    /// It wants no more: 410.
    Gone,
    /// It was not taken; why, in words for a log that hold nothing of the URL but its host.
    NotTaken(String),
}

/// Sends requests to customers' webhooks.
#[async_trait]
pub trait Poster: Send + Sync {
    /// Posts once, within seconds, to the public internet only, and follows no redirect.
    async fn post(&self, to: &WebhookUrl, message: &Signed) -> Posted;
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail. `Ok`: the service has taken it, and it may have taken it twice; whether it arrives, nobody knows.
    /// What the service will never take is [`PortError::Denied`] or [`PortError::Bug`].
    async fn mail(&self, to: &EmailAddress, mail: &Mail) -> Result<(), PortError>;
}

/// The longest that a message can wait ([`Later::later`], [`super::Queue::send`]): the limit of SQS (Amazon SQS API
/// reference, `SendMessage`).
pub const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// The notifier's own queue.
#[async_trait]
pub trait Later: Send + Sync {
    /// Has a message handed to the notifier again after `delay`, at most [`LONGEST_DELAY`]. A lost answer may have put
    /// it there all the same.
    async fn later(&self, message: &str, delay: Duration) -> Result<(), PortError>;
}

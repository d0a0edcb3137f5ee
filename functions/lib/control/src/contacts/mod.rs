//! How notices are delivered to contacts: the text of mails, retries, each tenant's share of the notifier's
//! time, and which addresses of the internet a webhook may have.

pub mod fair_share;
mod mail;
mod public_ip;
pub mod retry;
#[cfg(test)]
mod tests;

pub use mail::{confirmation_mail, notice_mail};
pub use public_ip::is_public;

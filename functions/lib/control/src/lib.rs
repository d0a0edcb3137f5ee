//! What API, portal and command line share: they refuse alike, because each rule stands here once.
//!
//! [`onboarding`] is the entrance: a connector's life, from creation to deletion. It uses [`preflight`] (the
//! connection check), [`setup`] (what the customer creates), [`pasted`] (what came out of it), [`readers`]
//! (which files suit what reads them), [`budget`] (what a tenant may use), [`signing`]
//! and [`contacts`] (mails, retries, public addresses). [`explorer_records`] is what people keep of the
//! explorer. [`portal`] is the way in for people without an account.

pub mod branding;
pub mod budget;
pub mod contacts;
pub mod explorer;
pub mod explorer_records;
pub mod logo;
pub mod onboarding;
pub mod partition;
pub mod pasted;
pub mod portal;
pub mod portal_events;
pub mod preflight;
pub mod readers;
pub mod setup;
pub mod signing;

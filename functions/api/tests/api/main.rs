//! The API as its callers see it: the whole router on in-memory ports, through requests and responses.
//!
//! Every response of every test is validated against `infra/openapi.yaml`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod agreement;
mod bad_input;
mod broken;
mod budgets;
mod contacts;
mod contract;
mod editing;
mod event_fields;
mod events;
mod explorations;
mod isolation;
mod life;
mod patterns;
mod portal_links;
mod reader;
mod repeating;
mod secrets;
mod world;

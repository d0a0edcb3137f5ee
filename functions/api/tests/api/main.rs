//! The API as its callers meet it: the whole router over the in-memory ports, through requests and answers.
//!
//! Every answer of every test is held against `infra/openapi.yaml`.

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
mod isolation;
mod life;
mod patterns;
mod repeating;
mod secrets;
mod world;

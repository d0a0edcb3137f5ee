//! The protocol's decisions, step by step: each test answers the effects of one run by hand.

mod blocking;
mod delivering;
mod harness;
mod limits;
mod reconciling;
mod request_savings;
mod sealing;
mod signing;

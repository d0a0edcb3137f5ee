//! The protocol's decisions, step by step: each test answers the effects of one run by hand.

mod blocking;
mod delivering;
mod limits;
mod reconciling;
mod harness;
mod sealing;
mod signing;
mod request_savings;

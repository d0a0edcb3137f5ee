//! Amazon EventBridge: the bus of notices.

pub mod bus;
pub mod observed_bus;

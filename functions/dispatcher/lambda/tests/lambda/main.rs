//! The dispatcher's binary as Lambda runs it: EventBridge's own event in through the Runtime API, messages out into
//! a queue, the ledger on the embedded stand-ins. One binary with one module a topic.

#[cfg(test)]
mod start;
#[cfg(test)]
mod tick;
#[cfg(test)]
mod world;

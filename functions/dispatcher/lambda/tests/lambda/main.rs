//! The dispatcher's binary as Lambda runs it: an EventBridge event comes in through the Runtime API, messages
//! go to a queue, and the ledger is on the sandbox. One binary with one module per topic.

#[cfg(test)]
mod start;
#[cfg(test)]
mod tick;
#[cfg(test)]
mod world;

//! The exporter's binary as Lambda runs it: events in through the Runtime API, files out into the customers'
//! buckets of the embedded stand-ins. One binary with one module a topic.

#[cfg(test)]
mod batch;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod start;
#[cfg(test)]
mod weekly;
#[cfg(test)]
mod world;

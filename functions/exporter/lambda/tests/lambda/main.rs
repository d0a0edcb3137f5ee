//! The exporter's binary as Lambda runs it: events come in through the Runtime API, and files go to the
//! customers' buckets on the sandbox. One binary with one module per topic.

#[cfg(test)]
mod batch;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod reverification;
#[cfg(test)]
mod start;
#[cfg(test)]
mod world;

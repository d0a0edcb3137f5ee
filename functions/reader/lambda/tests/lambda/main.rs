//! The reader's binary as Lambda runs it: invocations come in through the Runtime API.

#[cfg(test)]
mod start;

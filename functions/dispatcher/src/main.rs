//! The dispatcher Lambda.
fn main() {}

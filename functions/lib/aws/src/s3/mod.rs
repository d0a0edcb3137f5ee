//! Amazon S3: the vendor's staging bucket, the customers' buckets, and the copy that a verifier reads.

pub mod anonymous_reader;
pub mod archive;
pub mod customers;
pub mod staging;

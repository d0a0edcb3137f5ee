//! Amazon S3: the vendor's staging bucket, the customers' buckets, the copy that a verifier reads,
//! and the vendor's logo.

pub mod anonymous_reader;
pub mod archive;
pub mod customers;
pub(crate) mod object_body;
pub mod staging;

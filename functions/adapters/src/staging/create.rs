//! Makes the staging bucket where no template has: on a stand-in, for `auditferry init`.

use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use domain::ports::PortError;

use crate::port_error::port_error;

/// The one region that a request for a bucket must not name.
/// Source: Amazon S3 API reference, `CreateBucket`.
const UNNAMED: &str = "us-east-1";

/// Makes a bucket in the client's region; one that is ours already is left as it is, whoever of two makes it.
///
/// # Errors
/// If S3 refuses, among others because the bucket is someone else's.
pub async fn create_bucket(client: &aws_sdk_s3::Client, bucket: &str) -> Result<(), PortError> {
    let region = client.config().region().map(ToString::to_string).filter(|region| region != UNNAMED);
    let place = region.map(|region| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    match client.create_bucket().bucket(bucket).set_create_bucket_configuration(place).send().await {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(error.as_service_error(), Some(CreateBucketError::BucketAlreadyOwnedByYou(_))) =>
        {
            Ok(())
        }
        Err(error) => Err(port_error("creating the staging bucket", error)),
    }
}

//! Creates the staging bucket where no template does: in the sandbox, for `auditferry init`.

use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use ports::PortError;

use crate::port_error::port_error;

/// The one region that `CreateBucket` must not name. Source: Amazon S3 API reference, `CreateBucket`.
const DEFAULT_REGION: &str = "us-east-1";

/// Creates a bucket in the client's region; an existing one of ours is left as it is. Two concurrent calls
/// both succeed.
///
/// # Errors
/// If S3 rejects it, for example because someone else owns the bucket.
pub async fn create_bucket(client: &aws_sdk_s3::Client, bucket: &str) -> Result<(), PortError> {
    let region = client.config().region().map(ToString::to_string).filter(|region| region != DEFAULT_REGION);
    let configuration = region.map(|region| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    match client.create_bucket().bucket(bucket).set_create_bucket_configuration(configuration).send().await {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(error.as_service_error(), Some(CreateBucketError::BucketAlreadyOwnedByYou(_))) =>
        {
            Ok(())
        }
        Err(error) => Err(port_error("creating the staging bucket", error)),
    }
}

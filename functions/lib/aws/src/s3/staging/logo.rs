//! The vendor's logo in the staging bucket, beside the staged parts.

use async_trait::async_trait;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream as SdkStream;
use bytes::Bytes;
use ports::{LogoStore, PortError};

use super::S3Staging;
use crate::port_error::port_error;

/// The key of the logo. No staged object begins like it: their keys begin with a connector's ID. Without a
/// tag it never expires. `template.yaml` names it in the portal's role.
pub const LOGO_KEY: &str = "portal/logo";

const READING: &str = "reading the logo";
const STORING: &str = "storing the logo";
const REMOVING: &str = "removing the logo";

#[async_trait]
impl LogoStore for S3Staging {
    /// S3 answers that an object is missing only to whoever may list the bucket, and otherwise that access is
    /// denied (Amazon S3 API reference, `GetObject`, "Permissions"). So a denial means that there is none.
    async fn logo(&self) -> Result<Option<Bytes>, PortError> {
        match self.client.get_object().bucket(&self.bucket).key(LOGO_KEY).send().await {
            Ok(object) => {
                let bytes = object.body.collect().await;
                bytes
                    .map(|bytes| Some(bytes.into_bytes()))
                    .map_err(|error| PortError::transient(READING, error))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => match port_error(READING, error) {
                PortError::Denied { .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// A second worker replaces the object as a whole: the last one stays.
    async fn store_logo(&self, media_type: &str, bytes: Bytes) -> Result<(), PortError> {
        let put = self.client.put_object().bucket(&self.bucket).key(LOGO_KEY).content_type(media_type);
        let put = put.body(SdkStream::from(bytes)).send().await;
        put.map(drop).map_err(|error| port_error(STORING, error))
    }

    /// S3 confirms the removal of what is not there, so a second worker changes nothing.
    async fn remove_logo(&self) -> Result<(), PortError> {
        let removed = self.client.delete_object().bucket(&self.bucket).key(LOGO_KEY).send().await;
        removed.map(drop).map_err(|error| port_error(REMOVING, error))
    }
}

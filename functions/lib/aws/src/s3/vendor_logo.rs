//! The vendor's logo for the portal: one object of the staging bucket.
//!
//! Its key begins with no `parts/`, so no run writes there and no sweep looks there; without a tag it never
//! expires. The portal's role may read this object and no other of the bucket.

use aws_sdk_s3::primitives::ByteStream;
use ports::PortError;

use crate::port_error::port_error;

/// The key of the logo. `template.yaml` names it in the portal's role.
pub const LOGO_KEY: &str = "portal/logo";

const READING: &str = "reading the logo";
const STORING: &str = "storing the logo";

/// Where the logo is.
#[derive(Debug, Clone)]
pub struct VendorLogo {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl VendorLogo {
    /// The logo in this staging bucket.
    #[must_use]
    pub const fn new(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Its bytes; `None` if there is no logo. Who may not list the bucket is denied (403) what does not exist
    /// (Amazon S3 API reference, `GetObject`), so a denial means the same.
    ///
    /// # Errors
    /// If S3 can't be reached, or fails.
    pub async fn read(&self) -> Result<Option<Vec<u8>>, PortError> {
        let request = self.client.get_object().bucket(&self.bucket).key(LOGO_KEY);
        let object = match request.send().await.map_err(|error| port_error(READING, error)) {
            Ok(object) => object,
            Err(PortError::Denied { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = object.body.collect().await.map_err(|error| PortError::transient(READING, error))?;
        Ok(Some(bytes.to_vec()))
    }

    /// Stores these bytes as the logo. Of two writers the last one wins: a logo has no history.
    ///
    /// # Errors
    /// If S3 can't be reached, fails, or denies the write.
    pub async fn store(&self, bytes: Vec<u8>) -> Result<(), PortError> {
        let put = self.client.put_object().bucket(&self.bucket).key(LOGO_KEY).body(ByteStream::from(bytes));
        put.send().await.map_err(|error| port_error(STORING, error))?;
        Ok(())
    }
}

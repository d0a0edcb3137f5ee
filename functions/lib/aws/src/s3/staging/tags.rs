//! Tags staged objects for expiry: the bucket's lifecycle rules select objects by tag. So no function has
//! permission to delete anything.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Tag, Tagging};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use ports::{PortError, StagedPage};

use super::S3Staging;
use crate::port_error::port_error;

/// The tag of delivered objects; a lifecycle rule of `template.yaml` names it too.
pub(super) const DELIVERED_TAG: &str = "delivered";
/// The same tag as the header of a write has it: what the reader stores expires as a delivered part does.
pub(crate) const EXPIRE_AS_DELIVERED: &str = "delivered=true";
/// The tag of orphans; another lifecycle rule names it.
pub(super) const ORPHAN_TAG: &str = "unneeded";

const TAGGING: &str = "tagging a staged object for expiry";
const LISTING: &str = "listing the staging bucket";

impl S3Staging {
    /// Replaces all tags with this one. A second worker does the same. Stand-ins without tags have no
    /// lifecycle rules either, so nothing is lost.
    pub(super) async fn tag(&self, key: &str, name: &str) -> Result<(), PortError> {
        let tag = Tag::builder().key(name).value("true").build();
        let tags = tag.and_then(|tag| Tagging::builder().tag_set(tag).build());
        let tags = tags.map_err(|error| PortError::bug(TAGGING, error))?;
        let request = self.client.put_object_tagging().bucket(&self.bucket).key(key).tagging(tags);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NotImplemented") => Ok(()),
            Err(error) => Err(port_error(TAGGING, error)),
        }
    }
}

/// One response of S3, a thousand keys at most. S3 lists keys in the order of their UTF-8 bytes. Source:
/// Amazon S3 API reference, `ListObjectsV2`.
pub(crate) async fn list_page(
    client: &Client,
    bucket: &str,
    prefix: &str,
    start_after: &str,
) -> Result<StagedPage, PortError> {
    let request = client.list_objects_v2().bucket(bucket).prefix(prefix);
    let after = Some(start_after).filter(|after| !after.is_empty()).map(str::to_owned);
    let answer = request.set_start_after(after).send().await;
    let answer = answer.map_err(|error| port_error(LISTING, error))?;
    let more = answer.is_truncated.unwrap_or_default();
    let keys: Vec<String> =
        answer.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect();
    // A page without keys may not be the end: then it is read again.
    let next = more.then(|| keys.last().map_or(start_after, String::as_str).to_owned());
    Ok(StagedPage { items: keys, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_tag_are_the_same_tag() {
        assert_eq!(EXPIRE_AS_DELIVERED, format!("{DELIVERED_TAG}=true"));
    }
}

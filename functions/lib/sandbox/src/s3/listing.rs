//! One page of a bucket's listing.

use s3s::dto::{CommonPrefix, ListObjectsV2Input, ListObjectsV2Output, Object as Listed, Timestamp};
use s3s::{S3Error, S3Result};

use super::disk::{Disk, Object};

/// The maximum and default number of keys on a page of S3.
const MAX_KEYS: i32 = 1_000;

/// An entry of a listing.
enum ListEntry {
    Object(Object),
    /// A common prefix: the keys that share a prefix up to the delimiter, as one entry.
    CommonPrefix(String),
}

/// The requested page: `prefix`, `delimiter`, `start-after`, `continuation-token` and `max-keys` as in S3.
///
/// The continuation token is the last key or prefix of the previous page, so it stays valid whatever is
/// written in between.
///
/// # Errors
///
/// `InternalError` when the folder can't be read.
pub(super) fn page(disk: &Disk, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let max_keys = input.max_keys.unwrap_or(MAX_KEYS).clamp(0, MAX_KEYS);
    let limit = usize::try_from(max_keys).unwrap_or_default();
    let after = input.continuation_token.as_deref().or(input.start_after.as_deref()).unwrap_or_default();
    let prefix = input.prefix.as_deref().unwrap_or_default();

    let objects = disk.objects(&input.bucket).map_err(S3Error::internal_error)?;
    let matching = objects.into_iter().filter(|object| object.key.starts_with(prefix));
    let mut entries = list_entries(matching, prefix, input.delimiter.as_deref());
    entries.retain(|entry| entry.name() > after);
    let is_truncated = limit > 0 && entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().map(|entry| entry.name().to_owned());
    let key_count = i32::try_from(entries.len()).ok();

    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            ListEntry::Object(object) => contents.push(to_dto(disk, &input.bucket, object)?),
            ListEntry::CommonPrefix(prefix) => common_prefixes.push(CommonPrefix { prefix: Some(prefix) }),
        }
    }
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix,
        delimiter: input.delimiter,
        start_after: input.start_after,
        continuation_token: input.continuation_token,
        max_keys: Some(max_keys),
        key_count,
        is_truncated: Some(is_truncated),
        next_continuation_token: last.filter(|_| is_truncated),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        ..Default::default()
    })
}

impl ListEntry {
    fn name(&self) -> &str {
        match self {
            Self::Object(object) => &object.key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// The entries in order. Keys of one prefix are adjacent, so the last entry shows whether it is listed
/// already.
fn list_entries(
    objects: impl Iterator<Item = Object>,
    prefix: &str,
    delimiter: Option<&str>,
) -> Vec<ListEntry> {
    let mut entries: Vec<ListEntry> = Vec::new();
    for object in objects {
        let folder = delimiter.filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| {
            let (start, _) = object.key.strip_prefix(prefix)?.split_once(delimiter)?;
            Some(format!("{prefix}{start}{delimiter}"))
        });
        match folder {
            None => entries.push(ListEntry::Object(object)),
            Some(folder) if entries.last().is_some_and(|entry| entry.name() == folder) => {}
            Some(folder) => entries.push(ListEntry::CommonPrefix(folder)),
        }
    }
    entries
}

fn to_dto(disk: &Disk, bucket: &str, object: Object) -> S3Result<Listed> {
    let modified =
        std::fs::metadata(&object.path).and_then(|file| file.modified()).map_err(S3Error::internal_error)?;
    let attributes = disk.read_attributes(bucket, &object.key).map_err(S3Error::internal_error)?;
    Ok(Listed {
        size: i64::try_from(object.size).ok(),
        key: Some(object.key),
        e_tag: attributes.tag(),
        last_modified: Some(Timestamp::from(modified)),
        ..Default::default()
    })
}

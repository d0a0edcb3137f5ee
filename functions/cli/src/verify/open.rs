//! Opens an archive in S3: the location that the command line names, or the only archive below it.

use archive::files::error::VerifyError;
use archive::files::invocation::Invocation;
use archive::files::open::{OpenedArchive, access_hint, full_path, not_one_archive, open_folder};
use archive::names::BucketName;
use archive::verify::discovery;
use archive::verify::discovery::ListFolders as _;
use archive::verify::discovery::{SearchResult, find_archives};
use aws::clients::Clients;
use aws::s3::archive::S3Archive;
use aws::settings::S3Settings;

use super::bucket::Bucket;
use crate::context::ProcessContext;
use crate::error::CliError;

/// Maximum number of requests to S3 in a search, each for a page of up to a thousand names.
const MAX_REQUESTS: u32 = 500;

/// Opens the archive that the command line names, or the only one below it.
pub(crate) async fn open(
    invocation: &Invocation,
    context: &ProcessContext,
) -> Result<OpenedArchive, CliError> {
    let archive = match invocation.archive.strip_prefix("s3://") {
        Some(location) => Some(open_bucket(location, context).await?),
        None => None,
    };
    let invocation = invocation.clone();
    // Searching blocks on disks and requests.
    let work = tokio::task::spawn_blocking(move || match archive {
        Some(archive) => open_s3(&invocation, archive),
        None => open_folder(&invocation),
    });
    match work.await {
        Ok(opened) => Ok(opened?),
        Err(error) => Err(CliError::failed(error.to_string(), "This is a bug: report it.")),
    }
}

/// The archive in S3, once it is known that requests can be made at all.
async fn open_bucket(location: &str, context: &ProcessContext) -> Result<Bucket, CliError> {
    let (bucket, prefix) = location.split_once('/').unwrap_or((location, ""));
    let bucket: BucketName = bucket.parse()?;
    let s3 = context.settings::<S3Settings>()?;
    let clients = Clients::from_environment(s3).await;
    if clients.region().is_none() {
        return Err(CliError::usage(
            "no AWS region is set",
            "Set AWS_REGION to the region of the bucket, such as AWS_REGION=eu-central-1, or `region` in the \
             profile that AWS_PROFILE names.",
        ));
    }
    Ok(Bucket::new(S3Archive::new(clients.s3, bucket.to_string(), prefix)))
}

fn open_s3(invocation: &Invocation, archive: Bucket) -> Result<OpenedArchive, VerifyError> {
    let given = &invocation.archive;
    let search = find_archives(&archive, MAX_REQUESTS).map_err(|error| {
        VerifyError::failed(format!("{given} can't be listed: {error}"), access_hint(given))
    })?;
    match search {
        SearchResult::Here => Ok(OpenedArchive::new(archive, given.clone(), false)),
        SearchResult::Below(below) => {
            let path = full_path(given, &below);
            Ok(OpenedArchive::new(archive.below(&below), path, true))
        }
        other => match enclosing_archive_in_s3(given, &archive) {
            None if other == SearchResult::Unsigned => Ok(OpenedArchive::new(archive, given.clone(), false)),
            above => Err(not_one_archive(invocation, &other, above)),
        },
    }
}

/// The root of the archive that contains a location, if it is inside of one. It finds nothing if the parent
/// may not be listed.
fn enclosing_archive_in_s3(given: &str, archive: &Bucket) -> Option<String> {
    let (bucket, prefix) = given.strip_prefix("s3://")?.split_once('/')?;
    let above = discovery::enclosing_archive(prefix)?;
    let level = archive.at_prefix(above).list_folders("", &mut 1).ok()?;
    level
        .names
        .iter()
        .any(|name| name == "manifests")
        .then(|| if above.is_empty() { format!("s3://{bucket}") } else { format!("s3://{bucket}/{above}") })
}

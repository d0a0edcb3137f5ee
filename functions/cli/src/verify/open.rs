//! Opens the archive that the command line names: a folder, a location in S3, or the only archive below it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use archive::names::BucketName;
use aws::clients::Clients;
use aws::s3::archive::S3Archive;
use aws::settings::S3Settings;

use super::archive::Archive;
use super::args::VerifyArgs;
use super::bucket::Bucket;
use super::command::command;
use super::directory::Directory;
use super::discovery::ListFolders as _;
use super::discovery::{self, SearchResult, find_archives, join};
use crate::context::ProcessContext;
use crate::error::CliError;
use crate::table::{counted, grouped};

/// Maximum number of local folders that a search reads.
const MAX_FOLDERS: u32 = 10_000;
/// Maximum number of requests to S3 in a search, each for a page of up to a thousand names.
const MAX_REQUESTS: u32 = 500;
/// The layout that an archive has, for error messages.
const EXPECTED_LAYOUT: &str = "An archive contains two folders, `events` and `manifests`, both with a folder \
    `date=…` for each day. They are in the bucket under the connector's prefix; copy everything below it";

pub(crate) struct OpenedArchive {
    pub(crate) archive: Arc<dyn Archive>,
    /// Its path or S3 URL, as on the command line.
    pub(crate) path: String,
    /// Whether it is below the path on the command line.
    pub(crate) is_nested: bool,
    /// Bucket and prefix, for an archive in S3.
    pub(crate) s3_location: Option<(String, String)>,
}

impl OpenedArchive {
    fn new(archive: impl Archive + 'static, path: String, is_nested: bool) -> Self {
        let location = path.strip_prefix("s3://").map(|path| {
            let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
            (bucket.to_owned(), prefix.to_owned())
        });
        Self { archive: Arc::new(archive), path, is_nested, s3_location: location }
    }
}

/// Opens the archive that the command line names, or the only one below it.
pub(crate) async fn open(args: &VerifyArgs, context: &ProcessContext) -> Result<OpenedArchive, CliError> {
    let archive = match args.archive.strip_prefix("s3://") {
        Some(location) => Some(open_bucket(location, context).await?),
        None => None,
    };
    let args = args.clone();
    // Searching blocks on disks and requests.
    let work = tokio::task::spawn_blocking(move || match archive {
        Some(archive) => open_s3(&args, archive),
        None => open_folder(&args),
    });
    work.await.unwrap_or_else(|error| Err(CliError::failed(error.to_string(), "This is a bug: report it.")))
}

fn open_folder(args: &VerifyArgs) -> Result<OpenedArchive, CliError> {
    let given = &args.archive;
    let path = Path::new(given);
    if path.is_file() {
        return Err(single_file_error(args, path));
    }
    let directory = Directory::open(path).map_err(|error| {
        CliError::usage(
            format!("{given} can't be opened: {error}"),
            "Name a folder that contains `events` and `manifests`, or s3://BUCKET/PREFIX.",
        )
    })?;
    let search = find_archives(&directory, MAX_FOLDERS).map_err(|error| {
        CliError::usage(format!("{given} can't be searched: {error}"), access_hint(given))
    })?;
    let real = directory.path().to_string_lossy().into_owned();
    match search {
        SearchResult::Here => Ok(OpenedArchive::new(directory, given.clone(), false)),
        SearchResult::Below(below) => {
            let display_path = full_path(given, &below);
            let directory =
                Directory::open(&path.join(below)).map_err(crate::error::io_error(&display_path))?;
            Ok(OpenedArchive::new(directory, display_path, true))
        }
        other => match enclosing_archive(given, &real) {
            None if other == SearchResult::Unsigned => {
                Ok(OpenedArchive::new(directory, given.clone(), false))
            }
            above => Err(not_one_archive(args, &other, above)),
        },
    }
}

/// The root of the archive that contains a folder, if it is inside of one.
fn enclosing_archive(given: &str, real: &str) -> Option<String> {
    let from = |path: &str| {
        let above = discovery::enclosing_archive(path)?;
        Some(match above {
            "" if path.starts_with('/') => "/".to_owned(),
            "" => ".".to_owned(),
            above => above.to_owned(),
        })
    };
    // A path such as `.` does not show where it is.
    let above = from(given).or_else(|| from(real))?;
    let manifests = Path::new(&above).join("manifests");
    manifests.is_dir().then_some(above)
}

/// The error for a single file; it names the archive that contains the file, if there is one.
fn single_file_error(args: &VerifyArgs, path: &Path) -> CliError {
    let given = &args.archive;
    let real = std::fs::canonicalize(path).map(|path| path.to_string_lossy().into_owned());
    let remedy = match enclosing_archive(given, real.as_deref().unwrap_or_default()) {
        Some(above) => format!("Verify its whole archive:\n  {}", command(args, &above, &args.key)),
        None => {
            format!(
                "Name the folder that contains the archive; unpack it first if it is packed. \
                 {EXPECTED_LAYOUT}."
            )
        }
    };
    CliError::usage(format!("{given} is a single file, and only a whole archive can be verified"), remedy)
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

fn open_s3(args: &VerifyArgs, archive: Bucket) -> Result<OpenedArchive, CliError> {
    let given = &args.archive;
    let search = find_archives(&archive, MAX_REQUESTS)
        .map_err(|error| CliError::failed(format!("{given} can't be listed: {error}"), access_hint(given)))?;
    match search {
        SearchResult::Here => Ok(OpenedArchive::new(archive, given.clone(), false)),
        SearchResult::Below(below) => {
            let path = full_path(given, &below);
            Ok(OpenedArchive::new(archive.below(&below), path, true))
        }
        other => match enclosing_archive_in_s3(given, &archive) {
            None if other == SearchResult::Unsigned => Ok(OpenedArchive::new(archive, given.clone(), false)),
            above => Err(not_one_archive(args, &other, above)),
        },
    }
}

/// The same in S3. It finds nothing if the parent may not be listed.
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

/// The path of a folder below the given one.
fn full_path(given: &str, below: &str) -> String {
    match given.trim_end_matches('/') {
        // The root of the file system.
        "" => format!("/{below}"),
        given => join(given, below),
    }
}

/// A hint on the access that reading needs.
pub(crate) const fn access_hint(path: &str) -> &'static str {
    match path.as_bytes() {
        [b's', b'3', b':', ..] => {
            "Check the bucket's name, that AWS_REGION is its region, and that your credentials (AWS_PROFILE, \
             or AWS_ACCESS_KEY_ID and the like) may s3:ListBucket and s3:GetObject there."
        }
        _ => "Check that you may list and read it.",
    }
}

/// The error if there are several archives, or none.
fn not_one_archive(args: &VerifyArgs, search: &SearchResult, above: Option<String>) -> CliError {
    let given = &args.archive;
    if let SearchResult::Several { paths, is_complete } = search {
        let number = grouped(paths.len() as u64);
        let message = match (paths.as_slice(), is_complete) {
            ([_], _) => {
                format!(
                    "{given} contains too many folders to make sure that there is only one archive below it"
                )
            }
            (_, true) => {
                format!("there are {number} archives below {given}, and only one can be verified at a time")
            }
            (_, false) => {
                format!(
                    "there are {number} archives below {given}, perhaps more, and only one can be verified \
                     at a time"
                )
            }
        };
        let mut remedy = "Name one of them:".to_owned();
        for below in paths {
            let _ = write!(remedy, "\n  {}", command(args, &full_path(given, below), &args.key));
        }
        if paths.len() > 1 {
            remedy.push_str("\nIf they belong to one connector that was moved, copy them into one folder.");
        }
        return CliError::usage(message, remedy);
    }
    if let Some(above) = above {
        return CliError::usage(
            format!("{given} is inside of an archive, which can only be verified as a whole"),
            format!(
                "Name the folder that contains `events` and `manifests`:\n  {}",
                command(args, &above, &args.key)
            ),
        );
    }
    let (searched, is_complete, unreadable) = match search {
        SearchResult::NotFound { searched, is_complete, unreadable } => {
            (*searched, *is_complete, unreadable.as_deref())
        }
        _ => (1, true, None),
    };
    let mut message = format!(
        "there is no archive at {given} or below it ({} searched",
        counted(searched.into(), "folder")
    );
    if !is_complete {
        message.push_str(", and there are more");
    }
    if let Some(unreadable) = unreadable {
        let _ = write!(message, "; not all could be read: {unreadable}");
    }
    message.push(')');
    CliError::usage(message, format!("{EXPECTED_LAYOUT}."))
}

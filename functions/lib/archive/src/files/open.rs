//! Opens the archive that the command line names, or the only one below it; otherwise says what is there
//! instead.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::directory::Directory;
use super::error::VerifyError;
use super::invocation::{Invocation, Program};
use super::numbers::{counted, grouped};
use crate::verify::archive::Archive;
use crate::verify::discovery;
use crate::verify::discovery::{SearchResult, find_archives, join};

/// Maximum number of local folders that a search reads.
const MAX_FOLDERS: u32 = 10_000;
/// The layout that an archive has, for error messages.
const EXPECTED_LAYOUT: &str = "An archive contains two folders, `events` and `manifests`, both with a folder \
    `date=…` for each day. They are in the bucket under the connector's prefix; copy everything below it";

/// An archive that was opened.
pub struct OpenedArchive {
    /// Its objects.
    pub archive: Arc<dyn Archive>,
    /// Its path or S3 URL, as on the command line.
    pub path: String,
    /// Whether it is below the path on the command line.
    pub is_nested: bool,
    /// Bucket and prefix, for an archive in S3.
    pub s3_location: Option<(String, String)>,
}

impl std::fmt::Debug for OpenedArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedArchive({:?})", self.path)
    }
}

impl OpenedArchive {
    /// An archive that was opened; `is_nested` if it is below the given path.
    pub fn new(archive: impl Archive + 'static, path: String, is_nested: bool) -> Self {
        let location = path.strip_prefix("s3://").map(|path| {
            let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
            (bucket.to_owned(), prefix.to_owned())
        });
        Self { archive: Arc::new(archive), path, is_nested, s3_location: location }
    }
}

/// Opens the archive in or below the folder that the command line names.
///
/// # Errors
/// If there is none, or several, or they can't be read.
pub fn open_folder(invocation: &Invocation) -> Result<OpenedArchive, VerifyError> {
    let given = &invocation.archive;
    let path = Path::new(given);
    if path.is_file() {
        return Err(single_file_error(invocation, path));
    }
    let directory = Directory::open(path).map_err(|error| {
        VerifyError::usage(
            format!("{given} can't be opened: {error}"),
            match invocation.program {
                Program::Auditferry => {
                    "Name a folder that contains `events` and `manifests`, or s3://BUCKET/PREFIX."
                }
                Program::AuditferryVerify => "Name a folder that contains `events` and `manifests`.",
            },
        )
    })?;
    let search = find_archives(&directory, MAX_FOLDERS).map_err(|error| {
        VerifyError::usage(format!("{given} can't be searched: {error}"), access_hint(given))
    })?;
    let real = directory.path().to_string_lossy().into_owned();
    match search {
        SearchResult::Here => Ok(OpenedArchive::new(directory, given.clone(), false)),
        SearchResult::Below(below) => {
            let display_path = full_path(given, &below);
            let directory = Directory::open(&path.join(below)).map_err(|error| {
                VerifyError::failed(
                    format!("{display_path}: {error}"),
                    "Check that it exists and that you have access, then try again.",
                )
            })?;
            Ok(OpenedArchive::new(directory, display_path, true))
        }
        other => match enclosing_archive(given, &real) {
            None if other == SearchResult::Unsigned => {
                Ok(OpenedArchive::new(directory, given.clone(), false))
            }
            above => Err(not_one_archive(invocation, &other, above)),
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
fn single_file_error(invocation: &Invocation, path: &Path) -> VerifyError {
    let given = &invocation.archive;
    let real = std::fs::canonicalize(path).map(|path| path.to_string_lossy().into_owned());
    let remedy = match enclosing_archive(given, real.as_deref().unwrap_or_default()) {
        Some(above) => format!("Verify its whole archive:\n  {}", invocation.on(&above)),
        None => {
            format!(
                "Name the folder that contains the archive; unpack it first if it is packed. \
                 {EXPECTED_LAYOUT}."
            )
        }
    };
    VerifyError::usage(format!("{given} is a single file, and only a whole archive can be verified"), remedy)
}

/// The path of a folder below the given one.
#[must_use]
pub fn full_path(given: &str, below: &str) -> String {
    match given.trim_end_matches('/') {
        // The root of the file system.
        "" => format!("/{below}"),
        given => join(given, below),
    }
}

/// A hint on the access that reading needs.
#[must_use]
pub const fn access_hint(path: &str) -> &'static str {
    match path.as_bytes() {
        [b's', b'3', b':', ..] => {
            "Check the bucket's name, that AWS_REGION is its region, and that your credentials (AWS_PROFILE, \
             or AWS_ACCESS_KEY_ID and the like) may s3:ListBucket and s3:GetObject there."
        }
        _ => "Check that you may list and read it.",
    }
}

/// The error if there are several archives, or none. `above` is the root of the archive that contains the
/// given folder, if it is inside of one.
#[must_use]
pub fn not_one_archive(invocation: &Invocation, search: &SearchResult, above: Option<String>) -> VerifyError {
    let given = &invocation.archive;
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
            let _ = write!(remedy, "\n  {}", invocation.on(&full_path(given, below)));
        }
        if paths.len() > 1 {
            remedy.push_str("\nIf they belong to one connector that was moved, copy them into one folder.");
        }
        return VerifyError::usage(message, remedy);
    }
    if let Some(above) = above {
        return VerifyError::usage(
            format!("{given} is inside of an archive, which can only be verified as a whole"),
            format!("Name the folder that contains `events` and `manifests`:\n  {}", invocation.on(&above)),
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
    VerifyError::usage(message, format!("{EXPECTED_LAYOUT}."))
}

//! Opens what the command line names: a folder or a place in S3, or the one archive below it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use adapters::archive::S3Archive;
use adapters::clients::Clients;
use adapters::settings::S3Settings;
use domain::names::BucketName;

use super::archive::Archive;
use super::args::VerifyArgs;
use super::bucket::Bucket;
use super::command::command;
use super::directory::Directory;
use super::place::{self, Folders as _, Search, find, under};
use crate::problem::Problem;
use crate::surroundings::Surroundings;
use crate::table::{counted, grouped};

/// A search looks into so many folders of this machine.
const MOST_FOLDERS: u32 = 10_000;
/// A search sends so many requests to S3, a page of a thousand names each.
const MOST_REQUESTS: u32 = 500;
/// What a right place looks like.
const RIGHT: &str = "A right place holds two folders, `events` and `manifests`, with a folder `date=…` for each day in both. They lie in the bucket under the connector's prefix; copy all that is there";

/// What is verified.
pub(crate) struct Target {
    /// It itself.
    pub(crate) archive: Arc<dyn Archive>,
    /// Its place, as the command line would name it.
    pub(crate) place: String,
    /// Whether it lies below what the command line names.
    pub(crate) is_below: bool,
    /// Bucket and prefix, if it is one in S3.
    pub(crate) location: Option<(String, String)>,
}

impl Target {
    fn new(archive: impl Archive + 'static, place: String, is_below: bool) -> Self {
        let location = place.strip_prefix("s3://").map(|place| {
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            (bucket.to_owned(), prefix.to_owned())
        });
        Self { archive: Arc::new(archive), place, is_below, location }
    }
}

/// Opens it.
pub(crate) async fn open(args: &VerifyArgs, surroundings: &Surroundings) -> Result<Target, Problem> {
    let archive = match args.archive.strip_prefix("s3://") {
        Some(place) => Some(bucket(place, surroundings).await?),
        None => None,
    };
    let args = args.clone();
    // Searching waits for disks and requests.
    let work = tokio::task::spawn_blocking(move || match archive {
        Some(archive) => in_s3(&args, archive),
        None => in_a_folder(&args),
    });
    work.await.unwrap_or_else(|error| Err(Problem::failed(error.to_string(), "This is a fault: report it.")))
}

fn in_a_folder(args: &VerifyArgs) -> Result<Target, Problem> {
    let given = &args.archive;
    let path = Path::new(given);
    if path.is_file() {
        return Err(a_file(args, path));
    }
    let directory = Directory::open(path).map_err(|error| {
        Problem::usage(
            format!("{given} can't be opened: {error}"),
            "Name a folder that holds `events` and `manifests`, or s3://BUCKET/PREFIX.",
        )
    })?;
    let search = find(&directory, MOST_FOLDERS)
        .map_err(|error| Problem::usage(format!("{given} can't be looked into: {error}"), access(given)))?;
    let real = directory.path().to_string_lossy().into_owned();
    match search {
        Search::Here => Ok(Target::new(directory, given.clone(), false)),
        Search::Below(below) => {
            let place = full(given, &below);
            let directory = Directory::open(&path.join(below)).map_err(crate::problem::io(&place))?;
            Ok(Target::new(directory, place, true))
        }
        other => match inside(given, &real) {
            None if other == Search::Unsigned => Ok(Target::new(directory, given.clone(), false)),
            above => Err(not_one(args, &other, above)),
        },
    }
}

/// The folder of the archive that a folder lies in, if it is one of an archive.
fn inside(given: &str, real: &str) -> Option<String> {
    let from = |path: &str| {
        let above = place::above(path)?;
        Some(match above {
            "" if path.starts_with('/') => "/".to_owned(),
            "" => ".".to_owned(),
            above => above.to_owned(),
        })
    };
    // A path such as `.` says nothing of where it is.
    let above = from(given).or_else(|| from(real))?;
    let manifests = Path::new(&above).join("manifests");
    manifests.is_dir().then_some(above)
}

/// A file is no archive; if it is one of an archive, that is named.
fn a_file(args: &VerifyArgs, path: &Path) -> Problem {
    let given = &args.archive;
    let real = std::fs::canonicalize(path).map(|path| path.to_string_lossy().into_owned());
    let remedy = match inside(given, real.as_deref().unwrap_or_default()) {
        Some(above) => format!("Its archive is verified as a whole:\n  {}", command(args, &above, &args.key)),
        None => format!("Name the folder that holds the archive; unpack it first if it is packed. {RIGHT}."),
    };
    Problem::usage(format!("{given} is a single file, and only a whole archive can be verified"), remedy)
}

/// The place in S3, once it is known that requests can be made at all.
async fn bucket(place: &str, surroundings: &Surroundings) -> Result<Bucket, Problem> {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let bucket: BucketName = bucket.parse()?;
    let s3 = S3Settings::read(&|name| surroundings.variable(name))?;
    let clients = Clients::from_environment(s3).await;
    if clients.region().is_none() {
        return Err(Problem::usage(
            "no AWS region is set",
            "Set AWS_REGION to the region of the bucket, such as AWS_REGION=eu-central-1, or `region` in the profile that AWS_PROFILE names.",
        ));
    }
    Ok(Bucket::new(S3Archive::new(clients.s3, bucket.to_string(), prefix)))
}

fn in_s3(args: &VerifyArgs, archive: Bucket) -> Result<Target, Problem> {
    let given = &args.archive;
    let search = find(&archive, MOST_REQUESTS)
        .map_err(|error| Problem::failed(format!("{given} can't be listed: {error}"), access(given)))?;
    match search {
        Search::Here => Ok(Target::new(archive, given.clone(), false)),
        Search::Below(below) => {
            let place = full(given, &below);
            Ok(Target::new(archive.below(&below), place, true))
        }
        other => match inside_of_s3(given, &archive) {
            None if other == Search::Unsigned => Ok(Target::new(archive, given.clone(), false)),
            above => Err(not_one(args, &other, above)),
        },
    }
}

/// The same in S3. Whoever may not list what lies above the place is told of nothing there.
fn inside_of_s3(given: &str, archive: &Bucket) -> Option<String> {
    let (bucket, prefix) = given.strip_prefix("s3://")?.split_once('/')?;
    let above = place::above(prefix)?;
    let level = archive.at(above).folders("", &mut 1).ok()?;
    level
        .names
        .iter()
        .any(|name| name == "manifests")
        .then(|| if above.is_empty() { format!("s3://{bucket}") } else { format!("s3://{bucket}/{above}") })
}

/// The place of what lies below the one that was given.
fn full(given: &str, below: &str) -> String {
    match given.trim_end_matches('/') {
        // The top of this machine's files.
        "" => format!("/{below}"),
        given => under(given, below),
    }
}

/// What it takes to read a place.
pub(crate) const fn access(place: &str) -> &'static str {
    match place.as_bytes() {
        [b's', b'3', b':', ..] => {
            "Check the bucket's name, that AWS_REGION is its region, and that your credentials (AWS_PROFILE, or AWS_ACCESS_KEY_ID and the like) may s3:ListBucket and s3:GetObject there."
        }
        _ => "Check that you may list and read it.",
    }
}

/// Why nothing is verified: several archives, or none.
fn not_one(args: &VerifyArgs, search: &Search, above: Option<String>) -> Problem {
    let given = &args.archive;
    if let Search::Several { places, whole } = search {
        let number = grouped(places.len() as u64);
        let message = match (places.as_slice(), whole) {
            ([_], _) => {
                format!("{given} holds too many folders to see whether one archive is all that lies below it")
            }
            (_, true) => format!("{number} archives lie below {given}, and one is verified at a time"),
            (_, false) => {
                format!("{number} archives lie below {given}, perhaps more, and one is verified at a time")
            }
        };
        let mut remedy = "Name the one that you mean:".to_owned();
        for below in places {
            let _ = write!(remedy, "\n  {}", command(args, &full(given, below), &args.key));
        }
        if places.len() > 1 {
            remedy.push_str("\nIf they are of one connector that was moved, copy them into one folder.");
        }
        return Problem::usage(message, remedy);
    }
    if let Some(above) = above {
        return Problem::usage(
            format!("{given} lies inside an archive, which is verified as a whole"),
            format!(
                "Name the folder that holds `events` and `manifests`:\n  {}",
                command(args, &above, &args.key)
            ),
        );
    }
    let (looked_at, whole, unread) = match search {
        Search::Nowhere { looked_at, whole, unread } => (*looked_at, *whole, unread.as_deref()),
        _ => (1, true, None),
    };
    let mut message = format!(
        "no archive lies at {given} or below it ({} looked into",
        counted(looked_at.into(), "folder")
    );
    if !whole {
        message.push_str(", and there are more");
    }
    if let Some(unread) = unread {
        let _ = write!(message, "; not all could be read: {unread}");
    }
    message.push(')');
    Problem::usage(message, format!("{RIGHT}."))
}

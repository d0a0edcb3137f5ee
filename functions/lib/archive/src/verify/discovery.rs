//! Finds the folder of a connector's archive, at or below the given path: a copy of a whole bucket contains
//! it under the connector's prefix, and a folder of several copies contains several.
//!
//! The search is pure and bounded: it only lists the subfolders of folders.

use std::collections::VecDeque;
use std::io;

/// Maximum number of subfolders of one folder that are searched.
pub const MAX_SUBFOLDERS: usize = 10_000;
/// Maximum number of archives in the list when there are several.
pub const MAX_LISTED: usize = 20;
/// Maximum length of an archive's path, in bytes: a bucket's name (63), a prefix (200), and parent folders.
const MAX_PATH_BYTES: usize = 400;
/// Maximum number of folders in the search queue.
const MAX_QUEUED: usize = 50_000;

/// Access to the subfolders of a folder.
pub trait ListFolders {
    /// Lists the subfolders of `below`, which is empty for the root, or else segments joined by slashes. Each
    /// request, or folder, is subtracted from `budget`; when that is used up, the list is cut off.
    ///
    /// # Errors
    /// If they can't be listed.
    fn list_folders(&self, below: &str, budget: &mut u32) -> io::Result<Subfolders>;
}

/// The subfolders of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subfolders {
    /// Their names, sorted.
    pub names: Vec<String>,
    /// Whether the list is complete.
    pub is_complete: bool,
}

impl Default for Subfolders {
    fn default() -> Self {
        Self { names: Vec::new(), is_complete: true }
    }
}

impl Subfolders {
    /// The same list, marked as incomplete.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        self.names.sort();
        Self { is_complete: false, ..self }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchResult {
    /// The given folder is an archive.
    Here,
    /// Exactly one folder below it is an archive.
    Below(String),
    /// Several are, or there may be more than these.
    Several {
        /// Some of their paths.
        paths: Vec<String>,
        /// Whether the list is complete.
        is_complete: bool,
    },
    /// The given folder contains `events` or `manifests`, but nothing that could be signed.
    Unsigned,
    /// No archive was found.
    NotFound {
        /// The number of folders that were searched.
        searched: u32,
        /// Whether the list is complete.
        is_complete: bool,
        /// A folder that could not be read, and why.
        unreadable: Option<String>,
    },
}

/// Searches for archives at a path and below it, the nearest first.
///
/// # Errors
/// If the root can't be listed. Subfolders that can't be listed are skipped.
pub fn find_archives(folders: &dyn ListFolders, mut budget: u32) -> io::Result<SearchResult> {
    let mut queue = VecDeque::from([String::new()]);
    let (mut paths, mut is_complete, mut searched, mut unreadable) = (Vec::new(), true, 0, None);
    let mut is_unsigned = false;
    while let Some(below) = queue.pop_front() {
        if budget == 0 || paths.len() > MAX_LISTED {
            is_complete = false;
            break;
        }
        let subfolders = match folders.list_folders(&below, &mut budget) {
            Ok(subfolders) => subfolders,
            Err(error) if below.is_empty() => return Err(error),
            Err(error) => {
                unreadable = unreadable.or(Some(error.to_string()));
                continue;
            }
        };
        searched += 1;
        is_complete &= subfolders.is_complete;
        if subfolders.has("manifests") && has_manifests(folders, &join(&below, "manifests"), &mut budget) {
            if below.is_empty() {
                return Ok(SearchResult::Here);
            }
            // Archives are not nested.
            paths.push(below);
            continue;
        }
        is_unsigned |= below.is_empty() && (subfolders.has("events") || subfolders.has("manifests"));
        for name in subfolders.names.iter().filter(|name| !is_date(name)) {
            let next = join(&below, name);
            if next.len() > MAX_PATH_BYTES || queue.len() >= MAX_QUEUED {
                is_complete = false;
            } else {
                queue.push_back(next);
            }
        }
    }
    paths.sort();
    Ok(match paths.as_slice() {
        [path] if is_complete => SearchResult::Below(path.clone()),
        [] if is_unsigned => SearchResult::Unsigned,
        [] => SearchResult::NotFound { searched, is_complete, unreadable },
        _ => {
            let is_complete = is_complete && paths.len() <= MAX_LISTED;
            paths.truncate(MAX_LISTED);
            SearchResult::Several { paths, is_complete }
        }
    })
}

/// Whether a folder `manifests` has Auditferry's layout. Other software has folders of that name, too.
fn has_manifests(folders: &dyn ListFolders, manifests: &str, budget: &mut u32) -> bool {
    let subfolders = folders.list_folders(manifests, budget);
    subfolders.is_ok_and(|subfolders| subfolders.names.iter().any(|name| name == "keys" || is_date(name)))
}

/// Whether a folder's name has the form of a date, `date=YYYY-MM-DD`.
fn is_date(name: &str) -> bool {
    let date = name.strip_prefix("date=").unwrap_or_default().as_bytes();
    date.len() == 10 && date.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// Joins a folder's path and a name.
#[must_use]
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The root of the archive that a path points into, if its last segments show that it does: a date, the
/// folder of all dates, the keys, or a file in one of them. The empty string is the base of a relative path.
#[must_use]
pub fn enclosing_archive(path: &str) -> Option<&str> {
    let path = path.trim_end_matches('/');
    let (rest, last) = path.rsplit_once('/').unwrap_or(("", path));
    let is_half = |name: &str| matches!(name, "events" | "manifests");
    if is_half(last) {
        return Some(rest);
    }
    let is_file = [".note", ".vkey", ".json", ".ndjson", ".csv", ".gz", ".zst"];
    if is_date(last) || last == "keys" || is_file.iter().any(|ending| last.ends_with(ending)) {
        let is_inside = |rest: &str| rest.split('/').any(is_half);
        return Some(rest).filter(|rest| is_inside(rest)).and_then(enclosing_archive);
    }
    None
}

#[cfg(test)]
mod tests;

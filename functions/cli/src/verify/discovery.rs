//! Finds the folder of a connector's archive, at or below the given path: a copy of a whole bucket contains
//! it under the connector's prefix, and a folder of several copies contains several.
//!
//! The search is pure and bounded: it only lists the subfolders of folders.

use std::collections::VecDeque;
use std::io;

/// Maximum number of subfolders of one folder that are searched.
pub(crate) const MAX_SUBFOLDERS: usize = 10_000;
/// Maximum number of archives in the list when there are several.
pub(crate) const MAX_LISTED: usize = 20;
/// Maximum length of an archive's path, in bytes: a bucket's name (63), a prefix (200), and parent folders.
const MAX_PATH_BYTES: usize = 400;
/// Maximum number of folders in the search queue.
const MAX_QUEUED: usize = 50_000;

/// Access to the subfolders of a folder.
pub(crate) trait ListFolders {
    /// Lists the subfolders of `below`, which is empty for the root, or else segments joined by slashes. Each
    /// request, or folder, is subtracted from `budget`; when that is used up, the list is cut off.
    ///
    /// # Errors
    /// If they can't be listed.
    fn list_folders(&self, below: &str, budget: &mut u32) -> io::Result<Subfolders>;
}

/// The subfolders of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subfolders {
    pub(crate) names: Vec<String>,
    /// Whether the list is complete.
    pub(crate) is_complete: bool,
}

impl Default for Subfolders {
    fn default() -> Self {
        Self { names: Vec::new(), is_complete: true }
    }
}

impl Subfolders {
    /// The same list, marked as incomplete.
    pub(crate) fn truncated(mut self) -> Self {
        self.names.sort();
        Self { is_complete: false, ..self }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SearchResult {
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
pub(crate) fn find_archives(folders: &dyn ListFolders, mut budget: u32) -> io::Result<SearchResult> {
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
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The root of the archive that a path points into, if its last segments show that it does: a date, the
/// folder of all dates, the keys, or a file in one of them. The empty string is the base of a relative path.
pub(crate) fn enclosing_archive(path: &str) -> Option<&str> {
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
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    /// A tree of folders, by their paths.
    struct Tree {
        paths: Vec<String>,
        requests: Cell<u32>,
    }

    impl Tree {
        fn new(paths: &[&str]) -> Self {
            Self { paths: paths.iter().map(|path| (*path).to_owned()).collect(), requests: Cell::new(0) }
        }
    }

    impl ListFolders for Tree {
        fn list_folders(&self, below: &str, budget: &mut u32) -> io::Result<Subfolders> {
            self.requests.set(self.requests.get() + 1);
            let Some(remaining) = budget.checked_sub(1) else { return Ok(Subfolders::default().truncated()) };
            *budget = remaining;
            if below.ends_with("locked") {
                return Err(io::Error::other(format!("{below}: permission denied")));
            }
            let head = if below.is_empty() { String::new() } else { format!("{below}/") };
            let inside = self.paths.iter().filter_map(|path| path.strip_prefix(&head));
            let mut names: Vec<String> = inside
                .map(|rest| rest.split('/').next().unwrap().to_owned())
                .filter(|name| !name.is_empty())
                .collect();
            names.sort();
            names.dedup();
            Ok(Subfolders { names, is_complete: true })
        }
    }

    fn search(paths: &[&str]) -> SearchResult {
        find_archives(&Tree::new(paths), 1_000).unwrap()
    }

    #[test]
    fn the_given_folder_is_used_if_it_contains_manifests() {
        let here = ["events/date=2026-11-20", "manifests/date=2026-11-20", "manifests/keys"];
        assert_eq!(search(&here), SearchResult::Here);
        assert_eq!(search(&["manifests/keys", "more/manifests/keys"]), SearchResult::Here);
    }

    #[test]
    fn the_only_folder_below_is_used_however_many_segments_its_prefix_has() {
        for prefix in
            ["auditferry", "audit/acme", "a/b/c/d/e/f/g", "manifests", "events", "date=2026", "keys"]
        {
            let (events, manifests) =
                (format!("{prefix}/events/date=2026-11-20"), format!("{prefix}/manifests/date=2026-11-20"));
            let paths = [&events, &manifests, "logs/2026/11", "manifests.d/x", "k8s/manifests/prod"];
            assert_eq!(search(&paths), SearchResult::Below(prefix.to_owned()), "{prefix}");
        }
    }

    #[test]
    fn of_several_archives_none_is_used_and_all_are_listed() {
        let paths = ["b/manifests/keys", "a/x/manifests/date=2026-11-20", "a/y/events/date=2026-11-20"];
        let found = vec!["a/x".to_owned(), "b".to_owned()];
        assert_eq!(search(&paths), SearchResult::Several { paths: found, is_complete: true });
        let many: Vec<String> = (0..300).map(|number| format!("c{number:03}/manifests/keys")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let SearchResult::Several { paths, is_complete: false } = search(&many) else { panic!("several") };
        assert_eq!(paths.len(), MAX_LISTED);
    }

    #[test]
    fn a_search_without_a_signed_archive_says_so() {
        assert_eq!(search(&["events/date=2026-11-20"]), SearchResult::Unsigned);
        assert_eq!(search(&["manifests/prod"]), SearchResult::Unsigned);
        let not_found =
            |searched, unreadable| SearchResult::NotFound { searched, is_complete: true, unreadable };
        assert_eq!(search(&[]), not_found(1, None));
        assert_eq!(search(&["date=2026-11-20", "keys"]), not_found(2, None), "too deep");
        assert_eq!(search(&["a/b", "locked"]), not_found(3, Some("locked: permission denied".into())));
    }

    /// An archive that was found before the budget was used up may not be the only one.
    #[test]
    fn a_search_without_budget_left_selects_nothing() {
        let paths = ["a/manifests/keys", "b/c/d/e"];
        let search = |budget| find_archives(&Tree::new(&paths), budget).unwrap();
        let found = vec!["a".to_owned()];
        assert_eq!(search(3), SearchResult::Several { paths: found, is_complete: false });
        assert_eq!(search(2), SearchResult::NotFound { searched: 2, is_complete: false, unreadable: None });
        assert_eq!(search(100), SearchResult::Below("a".to_owned()));
    }

    #[test]
    fn a_path_into_an_archive_shows_its_root() {
        for (path, archive) in [
            ("./copy/auditferry/events", Some("./copy/auditferry")),
            ("./copy/auditferry/manifests/", Some("./copy/auditferry")),
            ("copy/manifests/keys", Some("copy")),
            ("events/date=2026-11-20", Some("")),
            ("/events", Some("")),
            ("audit/acme/manifests/date=2026-11-20/000000000001_0123456789abcdef.note", Some("audit/acme")),
            ("a/events/date=2026-11-20/x.json.gz", Some("a")),
            ("a/x.json.gz", None),
            ("a/keys", None),
            ("date=2026-11-20", None),
            ("copy", None),
            ("", None),
        ] {
            assert_eq!(enclosing_archive(path), archive, "{path}");
        }
    }

    proptest! {
        /// For any tree of folders, the search ends within its budget, and returns only folders with
        /// manifests.
        #[test]
        fn a_search_ends_within_its_budget(
            paths in prop::collection::vec("(a|b|manifests|events|keys|date=2026-11-20)(/(a|b|manifests|keys|date=2026-11-20)){0,5}", 0..40),
            budget in 0u32..60,
        ) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let tree = Tree::new(&paths);
            let search = find_archives(&tree, budget).unwrap();
            prop_assert!(tree.requests.get() <= budget + 1);
            let signed = |path: &str| {
                let manifests = join(path, "manifests");
                ["keys", "date=2026-11-20"].iter().any(|name| {
                    let folder = join(&manifests, name);
                    paths.iter().any(|path| *path == folder || path.starts_with(&format!("{folder}/")))
                })
            };
            match search {
                SearchResult::Here => prop_assert!(signed("")),
                SearchResult::Below(path) => prop_assert!(signed(&path)),
                SearchResult::Several { paths: found, .. } => {
                    prop_assert!(found.iter().all(|path| signed(path)));
                }
                SearchResult::Unsigned | SearchResult::NotFound { .. } => {}
            }
        }
    }
}

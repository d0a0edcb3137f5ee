//! Searches in trees of folders: what is found, and that each search ends.

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
    for prefix in ["auditferry", "audit/acme", "a/b/c/d/e/f/g", "manifests", "events", "date=2026", "keys"] {
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
    let not_found = |searched, unreadable| SearchResult::NotFound { searched, is_complete: true, unreadable };
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

//! Finds the folder that holds a connector's archive, at or below the place that an auditor names: a copy of a whole
//! bucket holds it under the connector's prefix, and a folder of several copies holds several.
//!
//! The search is pure and bounded: it asks for the folders right below a folder, and for nothing else.

use std::collections::VecDeque;
use std::io;

/// Folders in one folder beyond these are not looked at.
pub(crate) const MOST_BELOW: usize = 10_000;
/// So many archives are named when there are several.
pub(crate) const MOST_NAMED: usize = 20;
/// No archive lies deeper than this many bytes of path: a bucket's name (63), a prefix (200), and folders around them.
const LONGEST: usize = 400;
/// So many folders wait at once to be looked at.
const MOST_WAITING: usize = 50_000;

/// The folders right below a folder.
pub(crate) trait Folders {
    /// The names of the folders right below `below`, which is empty for the place itself, or else segments joined by
    /// slashes. Each request, or folder, that it takes is taken off `budget`; where that ends, so does the list.
    ///
    /// # Errors
    /// If they can't be listed.
    fn folders(&self, below: &str, budget: &mut u32) -> io::Result<Level>;
}

/// The folders right below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    /// Their names, sorted.
    pub(crate) names: Vec<String>,
    /// Whether these are all.
    pub(crate) whole: bool,
}

impl Default for Level {
    fn default() -> Self {
        Self { names: Vec::new(), whole: true }
    }
}

impl Level {
    /// The same, and there are more.
    pub(crate) fn cut(mut self) -> Self {
        self.names.sort();
        Self { whole: false, ..self }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// What the search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    /// The place itself holds it.
    Here,
    /// One folder below the place does, and no other.
    Below(String),
    /// Several do, or there may be more than these.
    Several {
        /// Some of them.
        places: Vec<String>,
        /// Whether these are all.
        whole: bool,
    },
    /// The place holds `events` or `manifests`, and nothing that could be signed.
    Unsigned,
    /// None does, of so many folders that were looked at.
    Nowhere {
        /// How many.
        looked_at: u32,
        /// Whether these are all.
        whole: bool,
        /// A folder that could not be looked into, and why.
        unread: Option<String>,
    },
}

/// Looks for archives at a place and below it, the nearest first.
///
/// # Errors
/// If the place itself can't be listed. What can't be listed below it is not looked into.
pub(crate) fn find(folders: &dyn Folders, mut budget: u32) -> io::Result<Search> {
    let mut waiting = VecDeque::from([String::new()]);
    let (mut places, mut whole, mut looked_at, mut unread) = (Vec::new(), true, 0, None);
    let mut looks_like_one = false;
    while let Some(below) = waiting.pop_front() {
        if budget == 0 || places.len() > MOST_NAMED {
            whole = false;
            break;
        }
        let level = match folders.folders(&below, &mut budget) {
            Ok(level) => level,
            Err(error) if below.is_empty() => return Err(error),
            Err(error) => {
                unread = unread.or(Some(error.to_string()));
                continue;
            }
        };
        looked_at += 1;
        whole &= level.whole;
        if level.has("manifests") && holds_notes(folders, &under(&below, "manifests"), &mut budget) {
            if below.is_empty() {
                return Ok(Search::Here);
            }
            // No archive lies in another one.
            places.push(below);
            continue;
        }
        looks_like_one |= below.is_empty() && (level.has("events") || level.has("manifests"));
        for name in level.names.iter().filter(|name| !is_date(name)) {
            let next = under(&below, name);
            if next.len() > LONGEST || waiting.len() >= MOST_WAITING {
                whole = false;
            } else {
                waiting.push_back(next);
            }
        }
    }
    places.sort();
    Ok(match places.as_slice() {
        [one] if whole => Search::Below(one.clone()),
        [] if looks_like_one => Search::Unsigned,
        [] => Search::Nowhere { looked_at, whole, unread },
        _ => {
            let all = whole && places.len() <= MOST_NAMED;
            places.truncate(MOST_NAMED);
            Search::Several { places, whole: all }
        }
    })
}

/// Whether a folder `manifests` holds what ours does. Other software has folders of that name, too.
fn holds_notes(folders: &dyn Folders, manifests: &str, budget: &mut u32) -> bool {
    let level = folders.folders(manifests, budget);
    level.is_ok_and(|level| level.names.iter().any(|name| name == "keys" || is_date(name)))
}

/// Whether a folder's name is that of a day.
fn is_date(name: &str) -> bool {
    let date = name.strip_prefix("date=").unwrap_or_default().as_bytes();
    date.len() == 10 && date.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// The name of what lies in a folder.
pub(crate) fn under(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder of the archive that a path points into, if its last segments say that it does: a day, the folder of all
/// days, the keys, or a file of them. The empty text is what a relative path begins at.
pub(crate) fn above(path: &str) -> Option<&str> {
    let path = path.trim_end_matches('/');
    let (rest, last) = path.rsplit_once('/').unwrap_or(("", path));
    let is_half = |name: &str| matches!(name, "events" | "manifests");
    if is_half(last) {
        return Some(rest);
    }
    let is_file = [".note", ".vkey", ".json", ".ndjson", ".csv", ".gz", ".zst"];
    if is_date(last) || last == "keys" || is_file.iter().any(|ending| last.ends_with(ending)) {
        let is_inside = |rest: &str| rest.split('/').any(is_half);
        return Some(rest).filter(|rest| is_inside(rest)).and_then(above);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    /// Folders by their paths.
    struct Tree {
        paths: Vec<String>,
        asked: Cell<u32>,
    }

    impl Tree {
        fn new(paths: &[&str]) -> Self {
            Self { paths: paths.iter().map(|path| (*path).to_owned()).collect(), asked: Cell::new(0) }
        }
    }

    impl Folders for Tree {
        fn folders(&self, below: &str, budget: &mut u32) -> io::Result<Level> {
            self.asked.set(self.asked.get() + 1);
            let Some(left) = budget.checked_sub(1) else { return Ok(Level::default().cut()) };
            *budget = left;
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
            Ok(Level { names, whole: true })
        }
    }

    fn found(paths: &[&str]) -> Search {
        find(&Tree::new(paths), 1_000).unwrap()
    }

    #[test]
    fn the_place_itself_is_taken_if_it_holds_manifests() {
        let here = ["events/date=2026-11-20", "manifests/date=2026-11-20", "manifests/keys"];
        assert_eq!(found(&here), Search::Here);
        assert_eq!(found(&["manifests/keys", "more/manifests/keys"]), Search::Here);
    }

    #[test]
    fn the_one_folder_below_is_taken_however_many_segments_its_prefix_has() {
        for prefix in
            ["auditferry", "audit/acme", "a/b/c/d/e/f/g", "manifests", "events", "date=2026", "keys"]
        {
            let (events, manifests) =
                (format!("{prefix}/events/date=2026-11-20"), format!("{prefix}/manifests/date=2026-11-20"));
            let paths = [&events, &manifests, "logs/2026/11", "manifests.d/x", "k8s/manifests/prod"];
            assert_eq!(found(&paths), Search::Below(prefix.to_owned()), "{prefix}");
        }
    }

    #[test]
    fn of_several_none_is_taken_and_all_are_named() {
        let paths = ["b/manifests/keys", "a/x/manifests/date=2026-11-20", "a/y/events/date=2026-11-20"];
        let places = vec!["a/x".to_owned(), "b".to_owned()];
        assert_eq!(found(&paths), Search::Several { places, whole: true });
        let many: Vec<String> = (0..300).map(|number| format!("c{number:03}/manifests/keys")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let Search::Several { places, whole: false } = found(&many) else { panic!("several") };
        assert_eq!(places.len(), MOST_NAMED);
    }

    #[test]
    fn where_nothing_signed_can_lie_that_is_said() {
        assert_eq!(found(&["events/date=2026-11-20"]), Search::Unsigned);
        assert_eq!(found(&["manifests/prod"]), Search::Unsigned);
        let nowhere = |looked_at, unread| Search::Nowhere { looked_at, whole: true, unread };
        assert_eq!(found(&[]), nowhere(1, None));
        assert_eq!(found(&["date=2026-11-20", "keys"]), nowhere(2, None), "too deep");
        assert_eq!(found(&["a/b", "locked"]), nowhere(3, Some("locked: permission denied".into())));
    }

    /// One that was found before the search had to end may not be the only one.
    #[test]
    fn a_search_that_had_to_end_takes_nothing() {
        let paths = ["a/manifests/keys", "b/c/d/e"];
        let search = |budget| find(&Tree::new(&paths), budget).unwrap();
        let places = vec!["a".to_owned()];
        assert_eq!(search(3), Search::Several { places, whole: false });
        assert_eq!(search(2), Search::Nowhere { looked_at: 2, whole: false, unread: None });
        assert_eq!(search(100), Search::Below("a".to_owned()));
    }

    #[test]
    fn a_path_that_points_into_an_archive_says_where_that_is() {
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
            assert_eq!(above(path), archive, "{path}");
        }
    }

    proptest! {
        /// However the folders lie, the search ends within its budget, and names only what holds manifests.
        #[test]
        fn a_search_ends_within_its_budget(
            paths in prop::collection::vec("(a|b|manifests|events|keys|date=2026-11-20)(/(a|b|manifests|keys|date=2026-11-20)){0,5}", 0..40),
            budget in 0u32..60,
        ) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let tree = Tree::new(&paths);
            let search = find(&tree, budget).unwrap();
            prop_assert!(tree.asked.get() <= budget + 1);
            let signed = |place: &str| {
                let manifests = under(place, "manifests");
                ["keys", "date=2026-11-20"].iter().any(|name| {
                    let folder = under(&manifests, name);
                    paths.iter().any(|path| *path == folder || path.starts_with(&format!("{folder}/")))
                })
            };
            match search {
                Search::Here => prop_assert!(signed("")),
                Search::Below(place) => prop_assert!(signed(&place)),
                Search::Several { places, .. } => prop_assert!(places.iter().all(|place| signed(place))),
                Search::Unsigned | Search::Nowhere { .. } => {}
            }
        }
    }
}

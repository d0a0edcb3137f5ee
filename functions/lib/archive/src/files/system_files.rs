//! Files that operating systems leave in folders that are viewed or copied: not part of the archive, and not
//! tampering.
//!
//! Only local folders have such files; S3 creates none, so there a manifest must name everything. The names
//! are exact, and none of them can be the name of a file of the archive. README ("For the auditor") lists
//! them.

use std::io::{self, Read};

/// Files of macOS and KDE, by their exact names.
const FILES: [&str; 3] = [".DS_Store", ".directory", ".localized"];
/// The same on Windows, where names are case-insensitive.
const WINDOWS_FILES: [&str; 3] = ["desktop.ini", "ehthumbs.db", "Thumbs.db"];
/// Folders at the top of a volume, or of an unpacked archive.
const FOLDERS: [&str; 9] = [
    "$RECYCLE.BIN",
    ".DocumentRevisions-V100",
    ".Spotlight-V100",
    ".TemporaryItems",
    ".Trashes",
    ".fseventsd",
    "System Volume Information",
    "__MACOSX",
    "lost+found",
];
/// The prefix of files in which macOS stores metadata that the file system can't store.
const APPLE_DOUBLE: &str = "._";
/// The magic number of such a file. Source: RFC 1740, appendix B, `AppleDouble`.
const APPLE_DOUBLE_MAGIC: [u8; 4] = [0x00, 0x05, 0x16, 0x07];
/// The endings by which readers of events find files.
const EVENT_ENDINGS: [&str; 6] = [".json", ".ndjson", ".jsonl", ".csv", ".gz", ".zst"];

/// Whether a folder of that name is a system folder: at the top of the archive only, since readers of events
/// read everything below `events/`.
pub(crate) fn is_system_folder(name: &str) -> bool {
    FOLDERS.contains(&name)
}

/// Whether a file of that name is a system file. `open` opens it: `._NAME` with an ending by which readers of
/// events would find it must really be `AppleDouble`, or else an event could hide in it.
pub(crate) fn is_system_file<F: Read>(name: &str, open: impl FnOnce() -> io::Result<F>) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    if FILES.contains(&file) || WINDOWS_FILES.iter().any(|known| known.eq_ignore_ascii_case(file)) {
        return true;
    }
    let Some(of) = file.strip_prefix(APPLE_DOUBLE).filter(|of| !of.is_empty()) else { return false };
    let lower = of.to_ascii_lowercase();
    !EVENT_ENDINGS.iter().any(|ending| lower.ends_with(ending)) || is_apple_double(open)
}

fn is_apple_double<F: Read>(open: impl FnOnce() -> io::Result<F>) -> bool {
    let mut head = [0; APPLE_DOUBLE_MAGIC.len()];
    open().and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == APPLE_DOUBLE_MAGIC
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_system(name: &str, bytes: &'static [u8]) -> bool {
        is_system_file(name, || Ok(bytes))
    }

    #[test]
    fn system_files_are_recognized_by_their_exact_names() {
        for name in [
            ".DS_Store",
            "events/date=2026-11-20/.DS_Store",
            "._.DS_Store",
            "manifests/._keys",
            "Thumbs.db",
            "events/thumbs.db",
            "Desktop.ini",
            "ehthumbs.db",
            ".localized",
        ] {
            assert!(is_system(name, b""), "{name}");
        }
        for name in [
            "DS_Store",
            ".ds_store",
            ".DS_Store.json",
            "Thumbs.db.json",
            "._",
            "x._y",
            ".hidden",
            "events/date=2026-11-20/.DS_Store/x.json",
            "desktop.ini ",
        ] {
            assert!(!is_system(name, b"\x00\x05\x16\x07"), "{name}");
        }
        assert!(
            is_system_folder("__MACOSX")
                && !is_system_folder("events/__MACOSX")
                && !is_system_folder("__macosx")
        );
    }

    #[test]
    fn no_event_hides_behind_the_name_of_a_system_file() {
        let name = "events/date=2026-11-20/._20261120T200000.000Z_x.json.gz";
        assert!(is_system(name, b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X"));
        for bytes in [&b"[\n{}\n]\n"[..], b"", b"\x00\x05\x16", b"\x1f\x8b\x08\x00"] {
            assert!(!is_system(name, bytes), "{bytes:?}");
        }
        assert!(!is_system("events/date=2026-11-20/._more.NDJSON", b"{}\n"));
        assert!(!is_system_file("._x.json", || Err::<&[u8], _>(io::Error::other("gone"))));
    }
}

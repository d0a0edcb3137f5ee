//! The inputs: files, the files in folders, stdin. All named inputs must exist before anything is imported.

use std::borrow::Cow;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{CliError, io_error};

/// The file extensions that are read from a folder, each also followed by one of [`COMPRESSED_EXTENSIONS`].
const EXTENSIONS: [&str; 3] = [".json", ".jsonl", ".ndjson"];
const COMPRESSED_EXTENSIONS: [&str; 2] = [".gz", ".zst"];
/// The manifest files of a DynamoDB export, which contain no items.
const EXPORT_MANIFESTS: [&str; 2] = ["manifest-files.json", "manifest-summary.json"];
/// The maximum number of names of skipped files that are reported.
const MAX_NAMES: usize = 10;

/// An input to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    /// The name, for messages.
    pub(crate) name: String,
    /// Where its bytes come from.
    pub(crate) source: Source,
    /// Its size in bytes, if known.
    pub(crate) size: Option<u64>,
}

/// The source of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file or pipe.
    File(PathBuf),
    Stdin,
    /// Bytes in this program.
    Bytes(Cow<'static, [u8]>),
}

/// All inputs, in the order in which they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Inputs {
    /// The inputs to read.
    pub(crate) files: Vec<Input>,
    /// The files in folders that are not read.
    pub(crate) skipped: Skipped,
    /// Whether a position needs the name of its file.
    pub(crate) is_multiple: bool,
}

/// The files in folders that are not read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Skipped {
    /// The number of files.
    pub(crate) count: u64,
    /// The names of the first ones.
    pub(crate) first: Vec<String>,
}

impl Inputs {
    /// One input with bytes in this program.
    pub(crate) fn of_bytes(name: &str, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let size = Some(bytes.len() as u64);
        let input = Input { name: name.to_owned(), source: Source::Bytes(bytes), size };
        Self { files: vec![input], ..Self::default() }
    }

    /// The inputs named on the command line.
    ///
    /// # Errors
    /// If one does not exist or can't be read, or a folder contains no file to import.
    pub(crate) fn find(named: &[PathBuf]) -> Result<Self, CliError> {
        let mut inputs = Self { is_multiple: named.len() > 1, ..Self::default() };
        for path in named {
            if path.as_os_str() == "-" {
                if inputs.files.iter().any(|input| input.source == Source::Stdin) {
                    return Err(CliError::usage("stdin is named twice", "Name `-` once."));
                }
                inputs.files.push(Input { name: "stdin".to_owned(), source: Source::Stdin, size: None });
                continue;
            }
            let metadata = fs::metadata(path).map_err(io_error(path.display()))?;
            if metadata.is_dir() {
                inputs.is_multiple = true;
                inputs.add_folder(path)?;
            } else {
                inputs.add_file(path, &metadata);
            }
        }
        Ok(inputs)
    }

    /// The total size in bytes, if known.
    pub(crate) fn size(&self) -> Option<u64> {
        self.files.iter().map(|input| input.size).sum()
    }

    fn add_file(&mut self, path: &Path, metadata: &Metadata) {
        // The size of a pipe is meaningless.
        let size = metadata.is_file().then_some(metadata.len());
        self.files.push(Input {
            name: path.display().to_string(),
            source: Source::File(path.to_owned()),
            size,
        });
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), CliError> {
        let before = self.files.len();
        self.search(folder)?;
        if self.files.len() > before {
            return Ok(());
        }
        let skipped = self.skipped.to_string();
        Err(CliError::failed(
            format!(
                "{} contains no file to import{}",
                folder.display(),
                if skipped.is_empty() { skipped } else { format!(": {skipped}") }
            ),
            format!("Name the files themselves, or a folder with files that end in {}.", extensions()),
        ))
    }

    /// Adds the files of a folder and its subfolders, in the order of their names. Links to folders are not
    /// followed, since they may form a cycle.
    fn search(&mut self, folder: &Path) -> Result<(), CliError> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = entries.map_err(io_error(folder.display()))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(io_error(path.display()))?;
            if name.starts_with('.') {
                self.skipped.record(&path);
            } else if kind.is_dir() {
                self.search(&path)?;
            } else if is_importable(&name) {
                match fs::metadata(&path) {
                    Ok(metadata) if metadata.is_file() && metadata.len() > 0 => {
                        self.add_file(&path, &metadata);
                    }
                    _ => self.skipped.record(&path),
                }
            } else {
                self.skipped.record(&path);
            }
        }
        Ok(())
    }
}

impl Skipped {
    fn record(&mut self, path: &Path) {
        self.count += 1;
        if self.first.len() < MAX_NAMES {
            self.first.push(path.display().to_string());
        }
    }
}

impl std::fmt::Display for Skipped {
    /// Empty if no file was skipped.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.count == 0 {
            return Ok(());
        }
        let more = self.count - self.first.len() as u64;
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let (first, endings) = (self.first.join(", "), extensions());
        write!(f, "skipped {first}{more} (hidden, empty, or not {endings})")
    }
}

fn is_importable(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let plain = COMPRESSED_EXTENSIONS.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    EXTENSIONS.iter().any(|ending| plain.ends_with(ending)) && !EXPORT_MANIFESTS.contains(&name)
}

fn extensions() -> String {
    format!("{}, with or without {}", EXTENSIONS.join(", "), COMPRESSED_EXTENSIONS.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::ErrorReport as _;

    #[test]
    fn a_folder_is_read_in_the_order_of_names_and_reports_skipped_files() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "b/2.json.gz",
            "b/1.NDJSON",
            "a.jsonl",
            "c.json.zst",
            ".hidden.json",
            ".git/config.json",
            "notes.txt",
            "b/json",
            "manifest-files.json",
        ] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        fs::write(dir.path().join("empty.json"), "").unwrap();
        let inputs = Inputs::find(&[dir.path().to_owned()]).unwrap();
        let names: Vec<&str> =
            inputs.files.iter().map(|input| &input.name[dir.path().as_os_str().len() + 1..]).collect();
        assert_eq!(names, ["a.jsonl", "b/1.NDJSON", "b/2.json.gz", "c.json.zst"]);
        assert_eq!((inputs.size(), inputs.skipped.count, inputs.is_multiple), (Some(8), 6, true));
        assert!(inputs.skipped.to_string().contains("notes.txt"), "{}", inputs.skipped);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_that_links_to_itself_ends() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.json"), "{}").unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("loop.json")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("a.json"), dir.path().join("b.json")).unwrap();
        let inputs = Inputs::find(&[dir.path().to_owned()]).unwrap();
        assert_eq!((inputs.files.len(), inputs.skipped.count), (2, 1));
    }

    #[test]
    fn a_missing_or_empty_input_is_reported_before_anything_is_read() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.txt"), "{}").unwrap();
        let error = Inputs::find(&[dir.path().to_owned()]).unwrap_err();
        assert!(error.message().contains("no file to import") && error.message().contains("a.txt"));
        let error = Inputs::find(&["-".into(), dir.path().join("b.json")]).unwrap_err();
        assert!(error.message().contains("b.json"), "{error:?}");
        assert!(Inputs::find(&["-".into(), "-".into()]).unwrap_err().message().contains("twice"));
    }
}

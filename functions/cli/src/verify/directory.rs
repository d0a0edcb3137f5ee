//! An archive in a folder. Nothing outside of it is ever opened: symbolic links are not followed, and nothing but
//! regular files is read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive::{Archive, Entry, Found};

/// A folder.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Without symbolic links.
    root: PathBuf,
}

impl Directory {
    /// The folder of that path.
    ///
    /// # Errors
    /// If it is none, or can't be read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // The folder itself may be named through a link: that is the auditor's own choice.
        let root = fs::canonicalize(path)?;
        fs::read_dir(&root)?;
        Ok(Self { root })
    }
}

impl Archive for Directory {
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        let mut folders = vec![(self.root.clone(), String::new())];
        while let Some((folder, above)) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let raw = entry.file_name();
                let name = format!("{above}{}", raw.to_string_lossy());
                // Of the entry itself, not of what it may point to.
                let kind = entry.file_type()?;
                let found = if raw.to_str().is_none() {
                    Found::Odd("its name is not UTF-8")
                } else if kind.is_dir() {
                    folders.push((entry.path(), name + "/"));
                    continue;
                } else if kind.is_symlink() {
                    Found::Odd("it is a symbolic link, which is not followed")
                } else if kind.is_file() {
                    Found::File(entry.metadata()?.len())
                } else {
                    Found::Odd("it is neither a file nor a folder")
                };
                each(Entry { name, found })?;
            }
        }
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let outside = || io::Error::new(io::ErrorKind::PermissionDenied, "it lies outside of the folder");
        if name.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(outside());
        }
        let path = self.root.join(name);
        // Listed as a regular file, and by now perhaps another: look again, at it and at the folders above it.
        if !fs::symlink_metadata(&path)?.is_file() || !fs::canonicalize(&path)?.starts_with(&self.root) {
            return Err(outside());
        }
        Ok(Box::new(File::open(path)?))
    }

    fn at_once(&self) -> usize {
        2
    }
}

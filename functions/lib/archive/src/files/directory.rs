//! An archive in a folder. Nothing outside of it is ever opened: symbolic links are not followed, and only
//! regular files are read.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::system_files;
use crate::verify::archive::{Archive, Entry, EntryKind};
use crate::verify::discovery::{ListFolders, MAX_SUBFOLDERS, Subfolders};

/// The number of entries that cost a search as much as one more folder.
const ENTRIES_PER_BUDGET_UNIT: u32 = 1_000;

/// An archive in a local folder.
#[derive(Debug)]
pub struct Directory {
    /// The canonical path, without symbolic links.
    root: PathBuf,
    /// An open handle of the folder, which stays the same whatever happens to its path.
    #[cfg(unix)]
    handle: File,
}

impl Directory {
    /// Opens the folder at a path.
    ///
    /// # Errors
    /// If it is not a folder, or can't be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        // The folder itself may be given as a link: that is the auditor's choice.
        let root = fs::canonicalize(path)?;
        fs::read_dir(&root)?;
        Ok(Self {
            #[cfg(unix)]
            handle: File::open(&root)?,
            root,
        })
    }

    /// Its canonical path, without symbolic links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }
}

impl Archive for Directory {
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        let mut folders = vec![(self.root.clone(), String::new())];
        while let Some((folder, above)) = folders.pop() {
            for entry in entries(&folder)? {
                let entry = entry?;
                let raw = entry.file_name();
                let name = format!("{above}{}", raw.to_string_lossy());
                // The type of the entry itself, not of a link's target.
                let kind = entry.file_type().map_err(with_path(&entry.path()))?;
                let found = if raw.to_str().is_none() {
                    EntryKind::Unsupported("its name is not UTF-8")
                } else if kind.is_dir() && system_files::is_system_folder(&name) {
                    EntryKind::SystemFile
                } else if kind.is_dir() {
                    folders.push((entry.path(), name + "/"));
                    continue;
                } else if kind.is_symlink() {
                    EntryKind::Unsupported("it is a symbolic link, which is not followed")
                } else if kind.is_file() && system_files::is_system_file(&name, || self.open(&name)) {
                    EntryKind::SystemFile
                } else if kind.is_file() {
                    EntryKind::File(entry.metadata().map_err(with_path(&entry.path()))?.len())
                } else {
                    EntryKind::Unsupported("it is neither a file nor a folder")
                };
                each(Entry { name, kind: found })?;
            }
        }
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.file(name)?))
    }

    fn open_range(&self, name: &str, offset: u64, length: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut file = self.file(name)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file.take(length)))
    }

    fn concurrency(&self) -> usize {
        2
    }
}

impl Directory {
    /// Opens a file by its name in the archive.
    fn file(&self, name: &str) -> io::Result<File> {
        if name.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(outside_error());
        }
        self.beneath(name).map_err(|error| if is_link(&error) { outside_error() } else { error })
    }

    /// Opens a file step by step from the open root. The system itself rejects a link in any segment of the
    /// path, so nobody can place one there between a check and the opening. Source: POSIX.1-2024, `openat`
    /// with `O_NOFOLLOW`.
    #[cfg(unix)]
    fn beneath(&self, name: &str) -> io::Result<File> {
        use std::os::fd::{AsFd, OwnedFd};

        use rustix::fs::{Mode, OFlags, openat};

        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
        let mut folder: Option<OwnedFd> = None;
        for segment in folders.split('/').filter(|segment| !segment.is_empty()) {
            let above = folder.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
            let below = openat(above, segment, flags | OFlags::DIRECTORY, Mode::empty())?;
            folder = Some(below);
        }
        let above = folder.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
        // Opening a planted pipe would block until its other end is opened.
        let file = File::from(openat(above, file, flags | OFlags::NONBLOCK, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(outside_error()) }
    }

    /// Checks the file and its parent folders, and opens it.
    #[cfg(not(unix))]
    fn beneath(&self, name: &str) -> io::Result<File> {
        let path = self.root.join(name);
        if !fs::symlink_metadata(&path)?.is_file() || !fs::canonicalize(&path)?.starts_with(&self.root) {
            return Err(outside_error());
        }
        File::open(path)
    }
}

impl ListFolders for Directory {
    fn list_folders(&self, below: &str, budget: &mut u32) -> io::Result<Subfolders> {
        let mut level = Subfolders::default();
        let mut read: u32 = 0;
        for entry in entries(&self.root.join(below))? {
            if read.is_multiple_of(ENTRIES_PER_BUDGET_UNIT) {
                let Some(left) = budget.checked_sub(1) else { return Ok(level.truncated()) };
                *budget = left;
            }
            read = read.wrapping_add(1);
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if !entry.file_type().map_err(with_path(&entry.path()))?.is_dir()
                || system_files::is_system_folder(name)
            {
                continue;
            }
            if level.names.len() >= MAX_SUBFOLDERS {
                return Ok(level.truncated());
            }
            level.names.push(name.to_owned());
        }
        level.names.sort();
        Ok(level)
    }
}

/// The entries of a folder; errors name it.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let name = folder.to_owned();
    let read = fs::read_dir(folder).map_err(with_path(folder))?;
    Ok(read.map(move |entry| entry.map_err(with_path(&name))))
}

/// Adds the path to an error.
fn with_path(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| {
        // Names in a copy are untrusted: no terminal shall interpret them.
        let shown: String = path
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
            .collect();
        io::Error::new(error.kind(), format!("{shown}: {error}"))
    }
}

/// Whether a segment of the path is a symbolic link, which is not followed.
#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// Elsewhere the path is checked before it is opened.
#[cfg(not(unix))]
const fn is_link(_: &io::Error) -> bool {
    false
}

fn outside_error() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "it is outside of the folder, or not a regular file")
}

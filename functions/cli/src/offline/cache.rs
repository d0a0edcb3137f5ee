//! The one folder that `explore` writes to: indexes, and the downloads of this run.
//!
//! Indexes are kept if the user has named the folder. Each names the hash of its part's sealed bytes, and the
//! reader ignores one of another part; roll-ups of days name no hashes, so they are made anew each time. The
//! folder is the user's own: whoever may write to it may alter indexes.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use archive::names::ConnectorId;
use archive::part::PartNumber;
use archive::staging_keys::{downloads_prefix, index_prefix};
use tempfile::TempDir;

use super::parts::VerifiedParts;

/// A folder of objects by their keys.
#[derive(Debug)]
pub(super) struct Cache {
    root: PathBuf,
    /// The folder is removed at the end if it is temporary. Once it is closed, nothing is written any more.
    state: RwLock<State>,
}

#[derive(Debug)]
enum State {
    Temporary(TempDir),
    Named,
    Closed,
}

impl Cache {
    /// A new temporary folder, for this user alone.
    ///
    /// # Errors
    /// If it can't be created.
    pub(super) fn temporary() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("auditferry-explore-").tempdir()?;
        Ok(Self { root: folder.path().to_owned(), state: RwLock::new(State::Temporary(folder)) })
    }

    /// This folder, created if necessary.
    ///
    /// # Errors
    /// If it can't be created, is no folder, or others may write to it: what it has is believed.
    pub(super) fn named(folder: &Path) -> io::Result<Self> {
        create(folder)?;
        let root = folder.canonicalize()?;
        require_own(&root)?;
        Ok(Self { root, state: RwLock::new(State::Named) })
    }

    /// Whether it is removed at the end.
    pub(super) fn is_temporary(&self) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        matches!(*state, State::Temporary(_))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// Removes what is not of this copy: all roll-ups, and the indexes of parts whose objects are missing or
    /// altered. A count may only contain what can be shown.
    ///
    /// # Errors
    /// If a file can't be removed.
    pub(super) fn forget_stale(&self, parts: &VerifiedParts) -> io::Result<()> {
        let prefix = index_prefix(&parts.connector);
        for mapping in names(&self.root.join(&prefix))? {
            for kind in ["days", "parts"] {
                let folder = self.root.join(format!("{prefix}{mapping}/{kind}"));
                for name in names(&folder)? {
                    let part = name.parse().ok().filter(|_| kind == "parts").map(PartNumber::new);
                    if part.is_none_or(|part| !parts.is_as_sealed(part)) {
                        fs::remove_file(folder.join(&name))?;
                    }
                }
            }
        }
        self.remove_downloads(&parts.connector)
    }

    /// Opens an object; `None` if there is none.
    ///
    /// # Errors
    /// If it can't be opened.
    pub(super) fn open(&self, key: &str) -> io::Result<Option<fs::File>> {
        match fs::File::open(self.root.join(key)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores an object. Whoever reads meanwhile sees the whole of it, or what was there before. Does nothing
    /// once the cache is closed.
    ///
    /// # Errors
    /// If it can't be written.
    pub(super) fn store(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Closed) {
            return Ok(());
        }
        let path = self.root.join(key);
        let folder = path.parent().unwrap_or(&self.root);
        create(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut file, bytes)?;
        file.persist(&path)?;
        Ok(())
    }

    /// The keys below a folder, after `start_after`, in order.
    ///
    /// # Errors
    /// If the folder can't be listed.
    pub(super) fn list(&self, folder: &str, start_after: &str) -> io::Result<Vec<String>> {
        let names = names(&self.root.join(folder))?.into_iter();
        Ok(names.map(|name| format!("{folder}{name}")).filter(|key| key.as_str() > start_after).collect())
    }

    /// Ends all writing. A temporary folder is removed, and of a named one the downloads.
    ///
    /// # Errors
    /// If they can't be removed.
    pub(super) fn close(&self, connector: &ConnectorId) -> io::Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Closed) {
            State::Temporary(folder) => folder.close(),
            State::Named => self.remove_downloads(connector),
            State::Closed => Ok(()),
        }
    }

    fn remove_downloads(&self, connector: &ConnectorId) -> io::Result<()> {
        match fs::remove_dir_all(self.root.join(downloads_prefix(connector))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether a path, which need not exist, is inside of a folder.
///
/// # Errors
/// If a link can't be followed.
pub(super) fn is_inside(path: &Path, folder: &Path) -> io::Result<bool> {
    let mut whole = PathBuf::new();
    for step in std::path::absolute(path)?.components() {
        // What is created below a folder that does not exist yet goes back to the folder above it.
        if step == Component::ParentDir {
            whole.pop();
        } else {
            whole.push(step);
        }
    }
    let path = whole;
    let existing = path.ancestors().find(|above| above.exists()).unwrap_or(&path);
    Ok(existing.canonicalize()?.starts_with(folder.canonicalize()?))
}

/// Refuses a folder to which another user may write, or that another user owns.
#[cfg(unix)]
fn require_own(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let (given, own) = (fs::metadata(folder)?, tempfile::tempfile()?.metadata()?);
    if given.uid() == own.uid() && given.mode() & 0o022 == 0 {
        return Ok(());
    }
    let why =
        "others may write to it, and what it has is believed; name a folder of your own, such as a new one";
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Elsewhere a folder has no such mode.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn require_own(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Creates a folder for this user alone, with those above it.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The names in a folder, in order; none if there is no such folder. A file that is being written has a name
/// with a point before it.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Ok(name) = entry?.file_name().into_string()
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_into_a_folder_is_inside_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("copy");
        fs::create_dir(&archive).unwrap();
        let is_in = |path: &str| is_inside(&folder.path().join(path), &archive).unwrap();
        assert!(
            is_in("copy") && is_in("copy/new/idx") && is_in("new/../copy/idx") && is_in("./x/y/../../copy")
        );
        assert!(!is_in("idx") && !is_in("copy/../idx") && !is_in("copy2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_cache_that_others_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        assert!(Cache::named(folder.path()).is_ok());
        for mode in [0o777, 0o770, 0o707] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            let error = Cache::named(folder.path()).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{mode:o}");
        }
    }
}

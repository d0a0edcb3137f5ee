//! Files and folders that only their owner can access: they contain events, secrets and keys. They are
//! created with these permissions, not restricted afterwards, so that no other user of the machine could open
//! one in between.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// The permissions of a folder: for its owner only.
#[cfg(unix)]
const FOLDER: u32 = 0o700;
/// The permissions of a file: for its owner only.
#[cfg(unix)]
const FILE: u32 = 0o600;

/// Creates a folder, and its missing parents. An existing one is not changed.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER);
    builder.create(folder)
}

/// Creates a folder, or removes others' permissions on an existing one.
///
/// # Errors
/// If it can't be created, or belongs to another user, who could open it again.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    create_folder(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // Checked before any data is in it. Files created by this process belong to its user.
        let own_user = tempfile::NamedTempFile::new_in(folder)?.as_file().metadata()?.uid();
        if std::fs::metadata(folder)?.uid() != own_user {
            let message = "it belongs to another user, who could read its content: use a folder of your own";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        restrict(folder, FOLDER)?;
    }
    Ok(())
}

/// Opens a file for appending. A missing one is created; others' permissions on an existing one are removed.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE);
    let file = options.open(path)?;
    #[cfg(unix)]
    restrict(path, FILE)?;
    Ok(file)
}

/// Writes a whole file, replacing its content.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE);
    options.open(path)?.write_all(bytes)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(mode);
        std::fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

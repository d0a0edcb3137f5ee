//! Files and folders for their owner alone: events, secrets and keys lie in them. They are made so, not narrowed
//! afterwards, so that there is no moment in which another user of the machine could open one.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// What the owner may do with a folder, and nobody else anything.
#[cfg(unix)]
const FOLDER: u32 = 0o700;
/// What the owner may do with a file, and nobody else anything.
#[cfg(unix)]
const FILE: u32 = 0o600;

/// Makes a folder, and those above it that are missing. One that is there stays as it is.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER);
    builder.create(folder)
}

/// Makes a folder, or takes away what others may do with the one that is there.
///
/// # Errors
/// If it can't be made, or belongs to another user, who could open it again.
pub(crate) fn own_folder(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // Before anything of ours lies in it. What this process makes belongs to its user.
        let ours = tempfile::NamedTempFile::new_in(folder)?.as_file().metadata()?.uid();
        if std::fs::metadata(folder)?.uid() != ours {
            let words =
                "it belongs to another user, who could read what is kept there: take a folder of your own";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
        }
        narrow(folder, FOLDER)?;
    }
    Ok(())
}

/// Opens a file to write at its end. It is made if it is missing; for one that is there, others lose their rights.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE);
    let file = options.open(path)?;
    #[cfg(unix)]
    narrow(path, FILE)?;
    Ok(file)
}

/// Writes a whole file, over what was in it.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE);
    options.open(path)?.write_all(bytes)
}

/// Takes away what others may do.
#[cfg(unix)]
fn narrow(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(mode);
        std::fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

//! Folders that change or mislead: nothing outside of them is read, and nothing in them blocks.

use std::io::{self, Read};

use archive::files::directory::Directory;
use archive::verify::archive::{Archive, Entry};
use archive::verify::check::{Progress, Verdict, VerifyOptions, check};
use archive::verify::finding::Kind;
use samples::archive::{Files, write};

use crate::setup::{Memory, options, pinned_options, sample, verify};

#[test]
#[cfg(unix)]
fn nothing_outside_of_the_folder_is_read() {
    use std::os::unix::fs::symlink;
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let archive = sample();
    write(&archive.files, folder.path()).unwrap();
    let here = |options: &VerifyOptions| {
        check(&Directory::open(folder.path()).unwrap(), options, &Progress::default()).unwrap()
    };
    assert_eq!(here(&pinned_options()).verdict, Verdict::Proven);
    // An object outside with the right bytes; a folder of manifests outside; and a circular link.
    let object = folder.path().join(archive.parts[3].manifest.object());
    let elsewhere = outside.path().join("object");
    std::fs::rename(&object, &elsewhere).unwrap();
    symlink(&elsewhere, &object).unwrap();
    symlink(folder.path(), folder.path().join("circle")).unwrap();
    let outcome = here(&pinned_options());
    assert_eq!((outcome.counts[&Kind::NotRegularFile], outcome.counts[&Kind::ObjectMissing]), (2, 1));
    let day = folder.path().join("manifests/date=2026-11-20");
    std::fs::rename(&day, outside.path().join("day")).unwrap();
    symlink(outside.path().join("day"), &day).unwrap();
    assert_eq!(here(&pinned_options()).chain.last_part, Some(4));
    let directory = Directory::open(folder.path()).unwrap();
    let name = object.strip_prefix(folder.path()).unwrap().to_str().unwrap();
    for name in [name, "../x", "circle/manifests", "/etc/passwd", "events/../../x", ""] {
        assert!(directory.open(name).is_err(), "{name}");
    }
}

/// Between a check of a file and its opening somebody may replace it. The system itself then rejects it.
#[test]
#[cfg(unix)]
fn a_file_that_becomes_a_link_or_a_pipe_after_the_listing_is_not_opened() {
    use std::os::unix::fs::symlink;
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = folder.path().join("copy");
    let archive = sample();
    write(&archive.files, &copy).unwrap();
    let directory = Directory::open(&copy).unwrap();
    let name = archive.parts[3].manifest.object();
    let read = |name: &str| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        directory.open(name)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    assert_eq!(read(&name).unwrap(), archive.files[&name]);
    // The open folder stays the same, whatever happens to its path.
    let moved = folder.path().join("moved");
    std::fs::rename(&copy, &moved).unwrap();
    symlink(outside.path(), &copy).unwrap();
    assert_eq!(read(&name).unwrap(), archive.files[&name]);
    // The file, and a parent folder.
    let (file, day) = (moved.join(&name), moved.join(&name).parent().unwrap().to_owned());
    std::fs::rename(&file, outside.path().join("file")).unwrap();
    symlink(outside.path().join("file"), &file).unwrap();
    assert!(read(&name).is_err());
    std::fs::remove_file(&file).unwrap();
    std::fs::rename(outside.path().join("file"), &file).unwrap();
    std::fs::rename(&day, outside.path().join("day")).unwrap();
    symlink(outside.path().join("day"), &day).unwrap();
    assert!(read(&name).is_err());
    // Opening a pipe blocks until its other end is opened, which nobody does.
    let pipe = moved.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(directory.open("pipe").is_err());
    assert!(directory.open("events").is_err(), "a folder");
}

/// Nobody wants to search an archive of a thousand folders for the unreadable one.
#[test]
fn an_error_names_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    write(&sample().files, folder.path()).unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let path = directory.path().to_owned();
    drop(folder);
    let error = directory.list(&mut |_| Ok(())).unwrap_err().to_string();
    assert!(error.starts_with(path.to_str().unwrap()), "{error}");
}

#[test]
#[cfg(unix)]
fn a_file_that_never_ends_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let archive = sample();
    write(&archive.files, folder.path()).unwrap();
    let object = folder.path().join(archive.parts[3].manifest.object());
    std::fs::remove_file(&object).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(folder.path().join("s")).unwrap();
    std::fs::rename(folder.path().join("s"), &object).unwrap();
    let outcome =
        check(&Directory::open(folder.path()).unwrap(), &pinned_options(), &Progress::default()).unwrap();
    assert!(
        outcome.counts.contains_key(&Kind::NotRegularFile)
            && outcome.counts.contains_key(&Kind::ObjectMissing)
    );
    drop(socket);
}

#[test]
fn an_unreadable_file_is_incomplete_and_not_a_violation() {
    struct Failing<'a>(Memory<'a>, &'a str);
    struct Breaks;
    impl Read for Breaks {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("connection lost"))
        }
    }
    impl Archive for Failing<'_> {
        fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
            self.0.list(each)
        }
        fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
            let Some(bytes) = (name == self.1).then(|| &self.0.0[name]) else { return self.0.open(name) };
            Ok(Box::new(bytes[..bytes.len() / 2].chain(Breaks)))
        }
        fn open_range(&self, name: &str, offset: u64, length: u64) -> io::Result<Box<dyn Read + Send + '_>> {
            self.0.open_range(name, offset, length)
        }
        fn concurrency(&self) -> usize {
            3
        }
    }
    let archive = sample();
    for part in [3, 4, 7] {
        let name = archive.parts[part].manifest.object();
        let outcome =
            check(&Failing(Memory(&archive.files), &name), &pinned_options(), &Progress::default()).unwrap();
        assert_eq!(outcome.verdict, Verdict::Incomplete, "{:#?}", outcome.findings);
        assert!(outcome.counts.contains_key(&Kind::NotRead) && outcome.content.objects == 13);
    }
    let nothing = verify(&Files::new(), &options());
    assert_eq!((nothing.verdict, nothing.counts[&Kind::NoTrustedManifest]), (Verdict::Incomplete, 1));
}

#[test]
fn a_piece_of_a_file_is_read_and_never_one_outside_of_the_folder() {
    let archive = sample();
    let folder = tempfile::tempdir().unwrap();
    write(&archive.files, folder.path()).unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let name = archive.parts[0].manifest.object();
    let bytes = &archive.files[&name];
    let piece = |offset, length| {
        let mut piece = Vec::new();
        directory.open_range(&name, offset, length).unwrap().read_to_end(&mut piece).unwrap();
        piece
    };
    let size = bytes.len() as u64;
    assert_eq!((piece(0, size + 9), piece(2, 5)), (bytes.clone(), bytes[2..7].to_vec()));
    assert_eq!(
        (piece(size - 1, 9), piece(size, 9), piece(size + 9, 9)),
        (vec![bytes[bytes.len() - 1]], vec![], vec![])
    );
    let error = |name: &str| directory.open_range(name, 0, 1).err().unwrap().kind();
    assert_eq!(error("events/none"), std::io::ErrorKind::NotFound);
    assert_eq!(error("../secret"), std::io::ErrorKind::PermissionDenied);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("events/link")).unwrap();
        assert_eq!(error("events/link"), std::io::ErrorKind::PermissionDenied);
    }
}

//! `explore`, as an auditor runs it on the demo's copy of a bucket: verified first, shown to whoever has the
//! link, and nothing left behind.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{cloudtrail_events, command, run, run_ok};
use crate::verify_bucket::{in_bucket, serve};

/// The bucket of the demo's tenant with events, and the options that prove it.
struct Demo {
    folder: TempDir,
    bucket: PathBuf,
    options: Vec<String>,
}

impl Demo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let result = run_ok(&["demo", "--dir", folder.path().to_str().unwrap()]);
        let command = result["verify"].as_str().unwrap().replace('\'', "");
        let (_, rest) = command.split_once(" verify ").unwrap();
        let mut words = rest.split(' ').map(str::to_owned);
        let bucket = words.next().unwrap().into();
        Self { folder, bucket, options: words.collect() }
    }

    fn explore(&self, more: &[&str]) -> Explore {
        let mut args = vec!["explore", self.bucket.to_str().unwrap(), "--json"];
        args.extend(self.options.iter().map(String::as_str));
        args.extend(more);
        Explore::start(command(&args))
    }
}

/// A running `explore`.
struct Explore {
    child: Child,
    started: Value,
}

impl Explore {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, started: serde_json::from_str(&line).unwrap() }
    }

    /// Host and path of the printed link.
    fn link(&self) -> (&str, &str) {
        let url = self.started["url"].as_str().unwrap().strip_prefix("http://").unwrap();
        url.split_at(url.find('/').unwrap())
    }

    /// The status of a page, and the whole response. To HTTP/1.0 a server sends no chunks.
    fn get(&self, path: &str, host: &str, cookie: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.link().0).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nhost: {host}\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer[9..12].parse().unwrap(), answer)
    }

    /// Makes a file of all events by the form of the page, and fetches it.
    fn download(&self, cookie: &str) -> String {
        let (host, form) = (self.link().0, "view=&format=ndjson");
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST /portal/log/downloads HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nconnection: close\r\n\
             cookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let made = location(&answer);
        let file = made.replacen('?', "/file?", 1);
        let (status, answer) = self.get(&file, host, cookie);
        assert_eq!(status, 303, "{answer}");
        let (status, answer) = self.get(location(&answer), host, cookie);
        assert!(status == 200 && answer.contains("content-disposition: attachment; "), "{status}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The cookie that the link gives.
    fn cookie(&self) -> String {
        let (host, path) = self.link();
        let (status, answer) = self.get(path, host, "");
        assert!(status == 303 && answer.contains("location: /portal/log\r\n"), "{answer}");
        let (_, cookie) = answer.split_once("set-cookie: ").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    fn cache(&self) -> &Path {
        Path::new(self.started["cache"].as_str().unwrap())
    }

    fn stop(mut self) {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Explore {
    /// A failed test must not leave the process behind. A stopped one has ended already.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn location(answer: &str) -> &str {
    let (_, rest) = answer.split_once("location: ").unwrap_or_else(|| panic!("{answer}"));
    rest.split_once("\r\n").unwrap().0
}

/// All files below a folder, with their bytes.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_proven_copy_is_shown_to_whoever_has_the_link_and_nothing_is_left_behind() {
    let demo = Demo::new();
    let before = snapshot(demo.folder.path());
    let explore = demo.explore(&[]);
    assert_eq!(explore.started["verdict"], "proven", "{}", explore.started);
    assert!(explore.started["summary"].as_str().unwrap().contains("nothing missing"));
    let (host, cache) = (explore.link().0.to_owned(), explore.cache().to_owned());
    assert!(host.starts_with("127.0.0.1:") && cache.is_dir());

    let cookie = explore.cookie();
    for (path, host, cookie, expected) in [
        ("/portal/log", host.as_str(), cookie.as_str(), 200),
        ("/portal/log", &host, "", 403),
        ("/portal/log", &host, "auditferry-explore=1", 403),
        ("/open/00000000000000000000000000000000", &host, "", 403),
        ("/portal/log", "evil.example", &cookie, 403),
    ] {
        let (status, answer) = explore.get(path, host, cookie);
        assert_eq!(status, expected, "{path} {host} {cookie}: {answer}");
    }
    let (_, page) = explore.get("/portal/log", &host, &cookie);
    assert!(page.to_lowercase().contains("proven"), "{page}");
    assert!(page.contains("2,900"), "{page}");
    let file = explore.download(&cookie);
    let mut found: Vec<&str> = file.lines().collect();
    let events = cloudtrail_events();
    let mut imported: Vec<&str> = events.iter().map(String::as_str).collect();
    found.sort_unstable();
    imported.sort_unstable();
    assert!(found == imported, "{} instead of {}", found.len(), imported.len());
    explore.stop();
    assert!(!cache.exists(), "the temporary cache is removed");
    assert!(snapshot(demo.folder.path()) == before, "the copy is as it was");
}

#[test]
fn a_violated_copy_is_shown_with_its_verdict_and_a_named_cache_keeps_its_indexes() {
    let demo = Demo::new();
    let events = snapshot(&demo.bucket).into_keys().find(|path| path.to_string_lossy().contains("/events/"));
    std::fs::remove_file(events.unwrap()).unwrap();
    let cache = demo.folder.path().join("indexes");
    let explore = demo.explore(&["--cache", cache.to_str().unwrap()]);
    assert_eq!(explore.started["verdict"], "violated", "{}", explore.started);
    assert!(explore.started["summary"].as_str().unwrap().contains("1 part missing"));
    let cookie = explore.cookie();
    let (status, page) = explore.get("/portal/log", explore.link().0, &cookie);
    assert!(status == 200 && page.to_lowercase().contains("violated"), "{page}");
    let is_indexed = || snapshot(&cache).keys().any(|path| path.to_string_lossy().contains("/parts/"));
    assert!((0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        is_indexed()
    }));
    explore.stop();
    assert!(is_indexed());
}

/// Objects are read by ranges, with the auditor's credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_shown_without_a_copy() {
    let archive = tests::archive::sample_archive(1, 7);
    let files = archive.files.iter().map(|(name, bytes)| (format!("audit/{name}"), bytes.clone()));
    let (endpoint, serving) = serve(files.collect()).await;
    let explored = tokio::task::spawn_blocking(move || {
        let key = tests::archive::TestKey::new(7).public.to_string();
        let location = ["s3://acme-audit-log/audit", "--as-of", "2026-11-20T10:30:00Z", "--key", &key];
        let explore = Explore::start(in_bucket(&[&["explore", "--json"], &location[..]].concat(), &endpoint));
        assert_eq!(explore.started["verdict"], "proven", "{}", explore.started);
        let cache = explore.cache().to_owned();
        let parts =
            || snapshot(&cache).keys().filter(|path| path.to_string_lossy().contains("/parts/")).count();
        assert!((0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            parts() == 11
        }));
        explore.stop();
    });
    explored.await.unwrap();
    serving.abort();
}

/// The same errors and exit codes as those of `verify`.
#[test]
fn what_cannot_be_opened_ends_as_verify_does() {
    let empty = tempfile::tempdir().unwrap();
    let here = empty.path().to_str().unwrap();
    for args in [&["/nowhere"][..], &[here], &[], &[here, "--key", "mine"], &[here, "--deep"]] {
        let [explored, verified] = ["explore", "verify"].map(|name| run(&[&[name], args].concat()));
        assert_eq!(explored.code, Some(3), "{args:?}: {explored:?}");
        assert_eq!(verified.code, Some(3), "{args:?}: {verified:?}");
        assert!(explored.stdout.is_empty(), "{args:?}: {explored:?}");
    }
    assert_eq!(run(&["explore", here]).stderr, run(&["verify", here]).stderr);
}

/// A copy of the sample archive.
fn sample() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    tests::archive::write(&tests::archive::sample_archive(1, 7).files, folder.path()).unwrap();
    folder
}

#[test]
fn without_an_accepted_part_nothing_is_shown() {
    let folder = sample();
    let stranger = tests::archive::TestKey::new(9).public.to_string();
    let output = run(&["explore", folder.path().to_str().unwrap(), "--key", &stranger]);
    assert!(output.code == Some(1) && output.stderr.contains("nothing is shown"), "{output:?}");
}

#[test]
fn a_cache_inside_of_the_archive_is_refused_and_not_created() {
    let folder = sample();
    let cache = folder.path().join("events/../indexes");
    let output = run(&["explore", folder.path().to_str().unwrap(), "--cache", cache.to_str().unwrap()]);
    assert!(output.code == Some(3) && output.stderr.contains("inside of the archive"), "{output:?}");
    assert!(!folder.path().join("indexes").exists());
}

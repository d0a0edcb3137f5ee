//! `verify s3://…`, through the real SDK, with a minimal server that lists in pages and serves objects.

use std::collections::{BTreeSet, HashMap};
use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::RANGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tests::archive::{Files, TestKey, sample_archive};
use tokio::task::JoinHandle;

use crate::program::{CommandOutput, command};

/// The bucket's objects, by key.
type Bucket = State<Arc<Files>>;

/// Returns a page of five keys below the prefix; the token is the last key of the previous page. With a
/// delimiter it returns all folders. Below `endless` the second page names itself as the next one.
async fn list(State(files): Bucket, Query(asked): Query<HashMap<String, String>>) -> Response {
    if asked.contains_key("delimiter") {
        let below = files.keys().filter_map(|key| key.strip_prefix(&asked["prefix"]));
        let folders: BTreeSet<&str> = below.filter_map(|rest| Some(rest.split_once('/')?.0)).collect();
        let common = |folder: &&str| {
            format!("<CommonPrefixes><Prefix>{}{folder}/</Prefix></CommonPrefixes>", asked["prefix"])
        };
        let folders = folders.iter().map(common).collect::<Vec<_>>().concat();
        return format!("<ListBucketResult><IsTruncated>false</IsTruncated>{folders}</ListBucketResult>")
            .into_response();
    }
    if asked["prefix"].starts_with("endless") && asked.contains_key("continuation-token") {
        let again = "<NextContinuationToken>again</NextContinuationToken>";
        return format!("<ListBucketResult><IsTruncated>true</IsTruncated>{again}</ListBucketResult>")
            .into_response();
    }
    let after = asked.get("continuation-token").cloned().unwrap_or_default();
    let below = files.iter().filter(|(key, _)| key.starts_with(&asked["prefix"]) && **key > after);
    let page: Vec<_> = below.take(5).collect();
    let more = page.len() == 5;
    let next = page.last().map(|(key, _)| (*key).clone()).unwrap_or_default();
    let next =
        if more { format!("<NextContinuationToken>{next}</NextContinuationToken>") } else { String::new() };
    let object = |(key, bytes): &(&String, &Vec<u8>)| {
        format!("<Contents><Key>{key}</Key><Size>{}</Size></Contents>", bytes.len())
    };
    let objects = page.iter().map(object).collect::<Vec<_>>().concat();
    format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{next}{objects}</ListBucketResult>")
        .into_response()
}

/// Returns an object, or the range of it that was requested.
async fn object(State(files): Bucket, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let range =
        headers.get(RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    match (files.get(&key), range) {
        (Some(bytes), Some((from, to))) => {
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            let Some(piece) = bytes.get(from..bytes.len().min(to + 1)).filter(|piece| !piece.is_empty())
            else {
                let error = "<Error><Code>InvalidRange</Code></Error>";
                return (StatusCode::RANGE_NOT_SATISFIABLE, error).into_response();
            };
            (StatusCode::PARTIAL_CONTENT, Body::from(piece.to_vec())).into_response()
        }
        (Some(bytes), None) => Body::from(bytes.clone()).into_response(),
        (None, _) => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
    }
}

/// Serves a bucket with these objects, until the task is aborted.
pub(crate) async fn serve(files: Files) -> (String, JoinHandle<std::io::Result<()>>) {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", server.local_addr().unwrap());
    let router = Router::new()
        .route("/acme-audit-log", get(list))
        .route("/acme-audit-log/", get(list))
        .route("/acme-audit-log/{*key}", get(object))
        .with_state(Arc::new(files));
    (endpoint, tokio::spawn(async move { axum::serve(server, router).await }))
}

/// A command with an auditor's credentials for that bucket.
pub(crate) fn in_bucket(args: &[&str], endpoint: &str) -> Command {
    let mut command = command(args);
    command
        .env("AWS_ENDPOINT_URL_S3", endpoint)
        .env("S3_FORCE_PATH_STYLE", "true")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAAUDITOR")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    command
}

/// Verifies a bucket with these objects.
async fn verify(files: Files, args: &[&str]) -> CommandOutput {
    let (endpoint, serving) = serve(files).await;
    let mut command = in_bucket(&[&["verify", "--as-of", "2026-11-20T10:30:00Z"], args].concat(), &endpoint);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    serving.abort();
    output.into()
}

fn below(prefix: &str, files: &Files) -> Files {
    files.iter().map(|(name, bytes)| (format!("{prefix}{name}"), bytes.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_verified_page_by_page_without_a_copy() {
    let archive = sample_archive(1, 7);
    let mut files = below("audit/acme/", &archive.files);
    // A folder object from the console, and objects of another prefix, do not belong to the archive.
    files.insert("audit/acme/".into(), Vec::new());
    files.insert("audit/acme-2/events/x".into(), Vec::new());
    let key = TestKey::new(7).public.to_string();
    for location in ["s3://acme-audit-log/audit/acme", "s3://acme-audit-log/audit/acme/"] {
        let output = verify(files.clone(), &[location, "--key", &key]).await;
        assert!(output.code == Some(0) && output.stdout.contains("14 of 14 parts"), "{output:?}");
        // The manifests name another destination: the archive was moved, or belongs to another connector.
        let moved = "destination_differs part 14: the newest manifest was delivered to s3://acme-audit-log-2/auditferry";
        assert!(output.stdout.contains(moved), "{output:?}");
    }
    // A whole bucket contains the archive below the connector's prefix.
    for location in ["s3://acme-audit-log", "s3://acme-audit-log/", "s3://acme-audit-log/audit"] {
        let output = verify(files.clone(), &[location, "--key", &key]).await;
        let taken = "the only one below it: s3://acme-audit-log/audit/acme\n";
        assert!(output.code == Some(0) && output.stdout.contains(taken), "{output:?}");
        assert!(output.stdout.contains("14 of 14 parts"), "{output:?}");
    }
    for location in ["events", "manifests", "manifests/date=2026-11-20", "manifests/keys"] {
        let output = verify(files.clone(), &[&format!("s3://acme-audit-log/audit/acme/{location}")]).await;
        let right = "auditferry verify s3://acme-audit-log/audit/acme --as-of ";
        assert!(output.code == Some(3) && output.stderr.contains(right), "{location}: {output:?}");
    }
    files.extend(below("b/", &archive.files));
    let output = verify(files.clone(), &["s3://acme-audit-log"]).await;
    assert!(output.code == Some(3) && output.stdout.is_empty(), "{output:?}");
    for location in ["audit/acme", "b"] {
        assert!(
            output.stderr.contains(&format!("auditferry verify s3://acme-audit-log/{location} ")),
            "{output:?}"
        );
    }
    let output = verify(files, &["s3://acme-audit-log/nothing-here"]).await;
    assert!(output.code == Some(3) && output.stderr.contains("`events` and `manifests`"), "{output:?}");

    let mut files = below("", &archive.files);
    files.remove(&archive.parts[3].manifest.object());
    files.insert("../../etc/passwd".into(), Vec::new());
    let output = verify(files, &["s3://acme-audit-log", "--json"]).await;
    let result: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &result["verdict"]), (Some(1), &"violated".into()));
    assert_eq!(
        (&result["counts"]["object_missing"], &result["counts"]["file_unnamed"]),
        (&1.into(), &1.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_be_listed_proves_nothing() {
    let output = verify(Files::new(), &["s3://not-this-one/x", "--json"]).await;
    assert!(output.code == Some(2) && output.json()["error"]["kind"] == "failed", "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_repeats_itself_ends() {
    let output =
        verify(below("endless/", &sample_archive(1, 7).files), &["s3://acme-audit-log/endless"]).await;
    assert!(output.code == Some(2) && output.stderr.contains("it does not end"), "{output:?}");
}

/// No system creates such files in a bucket by itself.
#[tokio::test(flavor = "multi_thread")]
async fn system_files_count_as_added_in_a_bucket() {
    let mut files = sample_archive(1, 7).files;
    files.insert(".DS_Store".into(), Vec::new());
    let output = verify(below("a/", &files), &["s3://acme-audit-log/a"]).await;
    assert!(output.code == Some(1) && output.stdout.contains("file_unnamed"), "{output:?}");
}

#[test]
fn a_missing_region_is_reported_with_its_variable() {
    let output: CommandOutput = command(&["verify", "s3://acme-audit-log/a"])
        .env("AWS_ACCESS_KEY_ID", "AKIAAUDITOR")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap()
        .into();
    assert!(output.code == Some(3) && output.stderr.contains("Set AWS_REGION"), "{output:?}");
    assert!(!output.stderr.contains("TMPDIR"), "{output:?}");
}

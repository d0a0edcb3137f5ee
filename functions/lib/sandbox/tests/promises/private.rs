//! Only the owner can access the folder's content, from the moment it is created.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sandbox::wiring::Sandbox;

use crate::fixture::{BUCKET, body, session_s3, set_up};

/// Every file and folder below this one, including itself.
fn all(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (vec![root.to_owned()], vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.clone());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A folder with an event, a secret, a part and a notice in it.
async fn start_with_data(dir: &Path) -> Sandbox {
    let sandbox = Sandbox::start(Some(dir), None).await.unwrap();
    set_up(sandbox.stack());
    let s3 = session_s3(sandbox.stack()).await;
    s3.put_object().bucket(BUCKET).key("audit/a/b").body(body("secret")).send().await.unwrap();
    sandbox.bus().append(serde_json::json!({ "secret": true })).unwrap();
    sandbox::guard::Token::read_or_create(dir).unwrap();
    sandbox
}

#[tokio::test]
async fn no_other_user_can_read_anything_in_the_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("deep/af");
    let sandbox = start_with_data(&dir).await;
    let check = || {
        for path in all(&dir) {
            assert_eq!(mode(&path) & 0o077, 0, "{} has {:o}", path.display(), mode(&path));
        }
    };
    check();
    sandbox.stop().await;
    check();
}

#[tokio::test]
async fn an_accessible_folder_is_restricted_before_anything_is_written_to_it() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("af");
    start_with_data(&dir).await.stop().await;
    let open = ["", "dynamodb.sqlite", "bus.ndjson", "token"].map(|name| dir.join(name));
    for path in &open {
        fs::set_permissions(path, fs::Permissions::from_mode(if path.is_dir() { 0o777 } else { 0o666 }))
            .unwrap();
    }
    let sandbox = Sandbox::start(Some(&dir), None).await.unwrap();
    sandbox::guard::Token::read_or_create(&dir).unwrap();
    for path in &open {
        assert_eq!(mode(path) & 0o077, 0, "{}", path.display());
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_folder_of_another_user_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("theirs");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    if std::os::unix::fs::chown(&dir, Some(65534), Some(65534)).is_err() {
        eprintln!("NOT CHECKED: a folder of another user, which only root can create");
        return;
    }
    let error = Sandbox::start(Some(&dir), None).await.unwrap_err().to_string();
    assert!(error.contains("belongs to another user"), "{error}");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "nothing was written to it");
}

//! Links to the portal, and the vendor's logo: on a folder, and as in AWS while `serve` runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use archive::time::Time;
use serde_json::{Value, json};

use crate::program::{Folder, run};
use crate::serve::Serve;

const NOW: &str = "2026-11-30T10:00:00Z";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

fn link(folder: &Folder, options: &[&str]) -> Value {
    folder.run_ok(&[&["portal", "link", "--for", "Dana Ruiz"], options].concat(), NOW)
}

fn statuses(folder: &Folder, scope: &[&str]) -> Vec<String> {
    let listed = folder.run_ok(&[&["portal", "links"], scope].concat(), NOW);
    let links = listed["portal_links"].as_array().unwrap();
    links.iter().map(|link| link["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_link_is_made_shown_once_listed_and_revoked() {
    let folder = Folder::new();
    let made = link(&folder, &["--tenant", "acme", "--ability", "set-up", "--valid-for", "24h"]);
    let (id, url) = (made["id"].as_str().unwrap(), made["url"].as_str().unwrap());
    assert!(url.starts_with(&format!("http://127.0.0.1:8080/portal/enter/{id}.")), "{url}");
    assert_eq!((&made["abilities"], &made["for"]), (&json!(["view", "set-up"]), &json!("Dana Ruiz")));
    // The clock goes on from `--now`, so only the span is exact.
    let time = |field: &str| made[field].as_str().unwrap().parse::<Time>().unwrap();
    assert_eq!(time("expires_at").since(time("created_at")), Duration::from_hours(24));
    let listed = folder.run_ok(&["portal", "links", "--tenant", "acme"], NOW);
    assert_eq!(listed["portal_links"][0]["status"], "open");
    let secret = url.rsplit('.').next().unwrap();
    assert!(!listed.to_string().contains(secret) && listed["portal_links"][0].get("secret").is_none());
    for _ in 0..2 {
        assert_eq!(folder.run_ok(&["portal", "revoke", id], NOW)["status"], "revoked");
    }
    assert_eq!(statuses(&folder, &["--tenant", "acme"]), ["revoked"]);
    let missing = run(&["portal", "revoke", "lnk_0000000000000000000000000000", "--local", folder.path()]);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.stderr.contains("does not exist") && missing.stderr.contains("portal links"),
        "{missing:?}"
    );
}

#[test]
fn all_links_of_a_tenant_are_revoked_and_no_others() {
    let folder = Folder::new();
    for tenant in ["acme", "acme", "globex"] {
        link(&folder, &["--tenant", tenant]);
    }
    let operators = link(&folder, &["--operators", "--portal-url", "http://127.0.0.1:9999"]);
    assert_eq!((&operators["kind"], operators.get("tenant")), (&json!("redirect"), None));
    assert!(operators["url"].as_str().unwrap().starts_with("http://127.0.0.1:9999/portal/enter/"));
    let revoked = folder.run_ok(&["portal", "revoke", "--all", "--tenant", "acme"], NOW);
    assert_eq!(revoked, json!({"revoked": 2}));
    assert_eq!(statuses(&folder, &["--tenant", "acme"]), ["revoked", "revoked"]);
    assert_eq!(statuses(&folder, &["--tenant", "globex"]), ["open"]);
    assert_eq!(statuses(&folder, &["--operators"]), ["open"]);
}

#[test]
fn a_list_of_links_says_how_to_go_on() {
    let folder = Folder::new();
    let empty = run(&["portal", "links", "--tenant", "acme", "--local", folder.path()]);
    assert!(empty.stdout.contains("there are no links; make one: auditferry portal link"), "{empty:?}");
    for _ in 0..3 {
        link(&folder, &["--tenant", "acme"]);
    }
    let page = folder.run_ok(&["portal", "links", "--tenant", "acme", "--limit", "2"], NOW);
    let next = page["next"].as_str().unwrap();
    let rest = folder.run_ok(&["portal", "links", "--tenant", "acme", "--before", next], NOW);
    assert_eq!(
        (page["portal_links"].as_array().unwrap().len(), rest["portal_links"].as_array().unwrap().len()),
        (2, 1)
    );
    assert_eq!(rest["next"], Value::Null);
}

#[test]
fn what_no_link_can_have_is_refused_with_the_right_form() {
    let folder = Folder::new();
    let base = ["portal", "link", "--local", folder.path()];
    let dana = ["--tenant", "acme", "--for", "Dana"];
    for (options, problem) in [
        (&["--for", "Dana"][..], "--tenant"),
        (&["--tenant", "acme"], "--for"),
        (&["--tenant", "acme", "--operators", "--for", "Dana"], "--operators"),
        (&["--tenant", "acme", "--for", "Dana\u{202e}"], "1 to 100 characters"),
        (&[dana.as_slice(), &["--ability", "admin"]].concat(), "view, explore, set-up"),
        (&[dana.as_slice(), &["--valid-for", "3"]].concat(), "90m, 72h or 14d"),
        (&[dana.as_slice(), &["--valid-for", "15d"]].concat(), "at most 336 hours"),
        (&[dana.as_slice(), &["--kind", "mail"]].concat(), "redirect, invite"),
        (&[dana.as_slice(), &["--return-url", "javascript:alert(1)"]].concat(), "https"),
        (
            &[dana.as_slice(), &["--return-url", "https://app.vendor.example"]].concat(),
            "not an allowed return URL",
        ),
        (&["--operators", "--for", "Ops", "--kind", "invite"], "can't be an invitation"),
    ] {
        let refused = run(&[&base, options].concat());
        assert_eq!(refused.code, Some(2), "{options:?}: {refused:?}");
        assert!(refused.stderr.contains(problem), "{options:?}: {refused:?}");
    }
    for args in [&["revoke"][..], &["revoke", "--all"], &["revoke", "--tenant", "acme"], &["links"]] {
        let refused = run(&[&["portal"], args, &["--local", folder.path()]].concat());
        assert_eq!(refused.code, Some(2), "{args:?}: {refused:?}");
    }
    assert_eq!(statuses(&folder, &["--tenant", "acme"]), [""; 0]);
}

/// The status of a page of the portal, as a browser gets it.
fn open(host: &str, path: &str) -> u16 {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn while_serve_runs_a_link_is_made_in_its_environment_and_opens() {
    let serve = Serve::start(&[]);
    let made = serve.run(&["portal", "link", "--tenant", "acme", "--for", "Dana Ruiz", "--json"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let (url, id) = (made.json()["url"].clone(), made.json()["id"].clone());
    let path = url.as_str().unwrap().strip_prefix(&format!("http://{}", serve.host())).unwrap().to_owned();
    assert_eq!(open(serve.host(), &path), 200);
    let revoked = serve.run(&["portal", "revoke", id.as_str().unwrap(), "--json"]);
    assert_eq!(revoked.json()["status"], "revoked", "{revoked:?}");
    assert_ne!(open(serve.host(), &path), 200);
    let (status, listed) = serve.request("GET", "/v1/portal-links?tenant=acme", "application/json", "");
    assert_eq!((status, &listed["portal_links"][0]["id"]), (200, &id));
    let without = serve.run_with(&[("PORTAL_URL", "")], &["portal", "links", "--tenant", "acme"]);
    assert_eq!(without.code, Some(2), "{without:?}");
    assert!(without.stderr.contains("PORTAL_URL is not set"), "{without:?}");
}

#[test]
fn a_logo_is_stored_by_its_type_and_removed_and_nothing_else_is_one() {
    let folder = Folder::new();
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Its name says something else.
    let stored = folder.run_ok(&["portal", "logo", &file("logo.svg", PNG)], NOW);
    assert_eq!(stored, json!({"media_type": "image/png", "bytes": PNG.len()}));
    let in_staging = || folder.files("auditferry-staging");
    assert!(in_staging().iter().any(|bytes| bytes == PNG));
    let large = [PNG, vec![0; 20_000].as_slice()].concat();
    for (name, bytes, problem) in [
        ("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(), "no PNG, JPEG or WebP image"),
        ("large.png", &large, "at most 20,000"),
    ] {
        let refused = run(&["portal", "logo", &file(name, bytes), "--local", folder.path()]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(problem), "{refused:?}");
    }
    let missing = run(&["portal", "logo", "./no-such-file", "--local", folder.path()]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(in_staging().iter().any(|bytes| bytes == PNG), "the former logo stays");
    let removed = folder.run_ok(&["portal", "logo", "--remove"], NOW);
    assert_eq!(removed["media_type"], Value::Null);
    assert!(!in_staging().iter().any(|bytes| bytes == PNG));
}

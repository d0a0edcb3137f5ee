//! The policies of every answer, whatever the route, the method and the person.

use portal::ROUTES;
use protocol::portal::Abilities;

use crate::world::{Answer, Sent, World, path_of};

const POLICIES: [(&str, &str); 7] = [
    ("content-security-policy", "default-src 'none'; "),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age="),
];

fn check(what: &str, answer: &Answer) {
    for (name, part) in POLICIES {
        let value = answer.headers.get(name).unwrap_or_else(|| panic!("{what} has no {name}"));
        assert!(value.contains(part), "{what}: {name}: {value}");
    }
    // A page whose address holds a secret sends it to nobody, not even to the portal itself.
    let has_secret = ["/portal/enter/", "/portal/confirm/"].iter().any(|path| what.contains(path));
    let referrer = if has_secret { "strict-origin" } else { "same-origin" };
    assert_eq!(answer.headers["referrer-policy"], referrer, "{what}");
    let policy = &answer.headers["content-security-policy"];
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    let is_asset = what.contains("/portal/assets/") && answer.status == 200;
    let caching = &answer.headers["cache-control"];
    assert_eq!(caching == "no-store", !is_asset, "{what}: {caching}");
    for inline in ["<script>", "onclick=", "style=\"", "<style", "javascript:"] {
        assert!(!answer.body.contains(inline), "{what} has {inline}");
    }
}

#[tokio::test]
async fn every_answer_has_the_policies_and_nothing_inline() {
    let mut world = World::start().await;
    let cookie = world.session("acme", Abilities::all()).await;
    let viewer = world.session("acme", Abilities::from_iter([])).await;
    let connector = world.connector("acme").await;
    for route in ROUTES {
        let path = path_of(route, &connector);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            for cookie in [None, Some(&cookie), Some(&viewer)] {
                // Leaving ends the session, and deleting the connector: these have tests of their own.
                if method == "POST"
                    && cookie.is_some()
                    && (path.ends_with("leave") || path.ends_with("delete"))
                {
                    continue;
                }
                let sent = Sent::new(method, &path);
                let sent = match cookie {
                    Some(cookie) => sent.with(cookie),
                    None => sent,
                };
                let answer = world.send(sent).await;
                let what = format!("{method} {path}");
                assert!(answer.status < 500, "{what}: {answer:?}");
                check(&what, &answer);
            }
        }
    }
    for path in ["/portal/nothing", "/portal/enter/x", "/portal/enter/", "/portal//health", "/portal/%2e"] {
        check(path, &world.send(Sent::get(path)).await);
    }
}

#[tokio::test]
async fn the_files_beside_the_pages_are_kept_by_browsers() {
    let mut world = World::start().await;
    let page = world.send(Sent::get("/portal/nothing")).await;
    let files: Vec<&str> = page.body.split('"').filter(|text| text.starts_with("/portal/assets/")).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let answer = world.send(Sent::get(file)).await;
        assert_eq!(answer.status, 200, "{file}");
        check(&format!("GET {file}"), &answer);
        assert!(answer.headers["cache-control"].contains("immutable"), "{file}");
    }
}

//! Files: the list, the filter and the pages of it, and the page of one.

use axum::http::StatusCode;

use crate::world::World;

#[tokio::test]
async fn the_files_are_listed_newest_first_in_pages_that_show_each_once() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 120, 2).await;
    let dana = world.person("acme").await;
    let base = format!("/portal/connectors/{}/exports", ours.id);
    let (mut path, mut seen) = (base.clone(), Vec::new());
    loop {
        let page = world.get(&dana, &path).await.body;
        let link = format!("<a href=\"{base}/");
        let links = page.split(&link).skip(1);
        seen.extend(links.map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap()));
        let Some(next) = page.split("rel=\"next\"").next().filter(|before| before.len() < page.len()) else {
            break;
        };
        let query = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
        path = format!("{base}{query}");
    }
    assert_eq!(seen, (1..=120).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn files_are_found_by_kind_and_by_date() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 120, 2).await;
    let dana = world.person("acme").await;
    let base = format!("/portal/connectors/{}/exports", ours.id);
    let found = async |query: &str| {
        let page = world.get(&dana, &format!("{base}?{query}")).await.body;
        page.matches("<th scope=\"row\">").count()
    };
    assert_eq!(found("kind=waiting").await, 2);
    assert_eq!(found("from=2026-11-28&to=2026-11-28").await, 24);
    assert_eq!(found("kind=quiet&from=2026-11-28&to=2026-11-28").await, 5);
    assert_eq!(found("kind=late&from=2026-11-20").await, 2);
    let wrong = world.get(&dana, &format!("{base}?from=yesterday")).await;
    assert!(wrong.has("A date looks like 2026-11-20"));
    let none = world.get(&dana, &format!("{base}?to=2026-01-01")).await;
    assert!(none.has("No such file."));
}

#[tokio::test]
async fn a_files_page_has_its_manifest_and_the_commands_that_check_it() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 5, 1).await;
    let dana = world.person("acme").await;
    let page = async |number: u64| {
        world.get(&dana, &format!("/portal/connectors/{}/exports/{number}", ours.id)).await
    };
    let part = world.ledger.parts(&ours.id)[2].clone();
    let shown = page(3).await;
    let name = part.name();
    for text in [
        &name,
        &part.sha256.to_string(),
        &part.manifest_name().unwrap(),
        "part 000000000003 of",
        &format!("aws s3 cp &#39;s3://acme-log/audit/auditferry/{name}&#39; - | sha256sum")
            .replace("&#39;", "'"),
        "auditferry-verify ./copy-of-the-bucket",
        "delivered",
    ] {
        assert!(shown.has(text), "{text}: {}", shown.body);
    }
    assert!(page(5).await.has("waits"));
    assert_eq!(page(6).await.status, StatusCode::NOT_FOUND);
    assert_eq!(page(0).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_proof_names_the_newest_delivered_manifest_and_the_key() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 5, 2).await;
    let dana = world.person("acme").await;
    let page = world.get(&dana, "/portal/proof").await;
    let parts = world.ledger.parts(&ours.id);
    let hash = |index: usize| parts[index].manifest.as_ref().unwrap().sha256().to_string();
    assert!(page.has(&format!("--newest {}", hash(2))), "{}", page.body);
    assert!(!page.has(&hash(4)), "the newest sealed one is not in the bucket yet");
    assert!(page.has("--key 'vendor.example/auditferry+"));
    assert!(page.has(&format!("--connector {}", ours.id)));
}

//! The walk: begin, paste, verify, save, activate, wait, the file.

use axum::http::StatusCode;
use ports::Runs as _;
use protocol::connector::State;
use protocol::machine::Mark;
use protocol::portal::Ability;
use tests::fixtures;

use crate::site::{BUCKET, ROLE, Site, TEMPLATE, destination};

#[tokio::test]
async fn from_nothing_to_the_first_file_without_a_script() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let page = dana.get(&path).await;
    let external_id = site.ledger.connector(&id).external_id;
    assert!(page.text.contains(external_id.as_str()), "it is there before anything is saved");

    let pasted =
        format!("RoleArn\t{ROLE}\tSend this.\t-\nBucketName\t{BUCKET}\tBucket\t-\nRegion\teu-central-1\t-");
    let read = dana.submit(&page, &path, "read", &[("paste", &pasted)]).await;
    assert_eq!(
        (read.value("role"), read.value("bucket"), read.value("paste")),
        (ROLE.into(), BUCKET.into(), String::new())
    );

    let tried = dana.submit(&read, &path, "verify", &[]).await;
    assert_eq!(tried.status, StatusCode::OK);
    assert!(tried.words().contains("All checks passed."), "{}", tried.words());
    assert!(site.ledger.connector(&id).destination.is_none(), "trying saves nothing");

    let saved = dana.submit(&tried, &path, "save", &[("reader", "bigquery"), ("frequency", "6")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let page = dana.get(&saved.location).await;
    assert!(page.words().contains("Saved, and the check passed."), "{}", page.words());
    assert!(page.words().contains("the first file comes at 11:05 UTC"), "{}", page.words());
    assert_eq!(site.ledger.connector(&id).state, State::Ready);

    let activated = dana.submit(&page, &path, "activate", &[]).await;
    assert_eq!(activated.location, format!("/portal/connectors/{id}/waiting"));
    let waiting = dana.get(&activated.location).await;
    let words = waiting.words();
    assert!(words.contains("at 11:05 UTC") && words.contains("in 33 min"), "{words}");
    assert!(waiting.text.contains("http-equiv=\"refresh\""), "it reloads itself");

    let cursor = site.ledger.cursor(&id);
    let connector = site.ledger.connector(&id);
    let seal = fixtures::seal(&connector, &cursor, fixtures::at("2026-11-30T11:00:00Z"), &fixtures::worker());
    site.ledger.seal(&seal).await.unwrap();
    let at = fixtures::at("2026-11-30T11:05:03Z");
    let mark = Mark { part: seal.part.clone(), at, published_keys: None, unblock: false };
    assert!(dana.get(&activated.location).await.words().contains("Waiting"), "sealed is not arrived");
    site.ledger.mark(&mark).await.unwrap();
    let arrived = dana.get(&activated.location).await;
    assert!(arrived.text.contains(&format!("/portal/connectors/{id}/exports/1")), "{}", arrived.text);
    assert!(arrived.words().contains(&seal.part.name()) && !arrived.text.contains("http-equiv"));
}

#[tokio::test]
async fn one_page_creates_one_connector_however_often_its_button_is_clicked() {
    let site = Site::new();
    let dana = site.dana().await;
    let nonce = dana.get("/portal/connectors/new").await.value("nonce");
    let create = async |nonce: &str| dana.post("/portal/connectors", &[("nonce", nonce)]).await.location;
    let first = create(&nonce).await;
    assert_eq!(create(&nonce).await, first);
    let again = dana.get("/portal/connectors/new").await;
    assert!(again.text.contains(&first), "what was begun is offered first");
    assert_ne!(create(&again.value("nonce")).await, first);
    for bad in ["", "x", "00000000000000zz", "0000000000000000 0"] {
        let refused = dana.post("/portal/connectors", &[("nonce", bad)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn what_was_typed_and_saved_is_found_again() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    assert_eq!(page.value("prefix"), "auditferry");
    let open = dana.submit(&page, &path, "save", &[("frequency", "12"), ("files", "json-zstd")]).await;
    assert_eq!(open.status, StatusCode::SEE_OTHER, "role and bucket may come later");
    let page = dana.get(&path).await;
    assert_eq!((page.value("frequency"), page.value("files")), ("12".into(), "json-zstd".into()));
    let to = [("role", ROLE), ("bucket", BUCKET), ("region", "eu-central-1"), ("prefix", "")];
    assert_eq!(dana.submit(&page, &path, "save", &to).await.status, StatusCode::SEE_OTHER);
    let page = dana.get(&path).await;
    assert_eq!((page.value("role"), page.value("prefix")), (ROLE.into(), String::new()));
    assert!(page.words().contains("All checks passed."), "the last check is shown again");
}

#[tokio::test]
async fn all_ways_are_there_and_without_a_template_the_page_says_so() {
    let mut site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    for part in [
        "cloudformation/home?region=eu-central-1",
        TEMPLATE,
        "module &quot;auditferry&quot;",
        "aws iam create-role --path /auditferry/",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    assert_eq!(page.value("way"), "quick");
    site.onboarding.vendor.template_url = None;
    let dana = site.dana().await;
    let page = dana.get(&path).await;
    assert!(page.words().contains("Northwind has published no template"), "{}", page.words());
    assert_eq!(page.value("way"), "terraform");
}

#[tokio::test]
async fn the_ways_show_what_is_typed_before_it_is_saved() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    let to = [("role", ROLE), ("bucket", BUCKET), ("region", "eu-west-1"), ("prefix", "team=a")];
    let typed = dana.submit(&page, &path, "verify", &to).await;
    assert!(typed.text.contains(&format!("arn:aws:s3:::{BUCKET}/team=a/*")), "in the commands");
    assert!(typed.text.contains("param_BucketName=acme-audit-log"), "in the link");
}

#[tokio::test]
async fn only_who_may_hand_on_is_offered_to_send_the_page() {
    let site = Site::new();
    let (dana, eve) = (site.dana().await, site.person("acme", "Eve", &[Ability::SetUp]).await);
    let (_, path) = dana.draft().await;
    let link = "/portal/invite?abilities=set-up";
    assert!(dana.get(&path).await.text.contains(link) && !eve.get(&path).await.text.contains(link));
}

#[tokio::test]
async fn a_page_of_an_active_connector_leads_on() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.ready().await;
    let page = dana.get(&path).await;
    let waiting = format!("/portal/connectors/{id}/waiting");
    assert_eq!(dana.get(&waiting).await.location, path, "nothing is waited for yet");
    for _ in 0..2 {
        let activated = dana.submit(&page, &path, "activate", &[]).await;
        assert_eq!((activated.status, activated.location), (StatusCode::SEE_OTHER, waiting.clone()));
    }
    assert_eq!(dana.get(&path).await.location, waiting, "by the back button");
    assert_eq!(dana.submit(&page, &path, "verify", &destination()).await.location, waiting);
}

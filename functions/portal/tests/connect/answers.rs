//! Bad input: the error beside its field and on top, what was typed kept, and no text ever markup.

use axum::http::StatusCode;
use protocol::budget::Budget;
use protocol::portal::Ability;
use tests::fakes::{RoleSetup, Trust};

use crate::site::{BUCKET, ROLE, Site, destination};

const MARKUP: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

#[tokio::test]
async fn every_field_has_its_error_beside_it_and_keeps_what_was_typed() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    for action in ["verify", "save", "activate"] {
        for (field, bad, why) in [
            ("role", "arn:aws:iam::222222222222:user/me", "names a user"),
            ("role", "arn:aws:iam::222222222222:role/Other", "is not on the path /auditferry/"),
            ("role", "", "The role ARN is missing."),
            ("bucket", "Acme", "contains a character that is not allowed"),
            ("bucket", "", "The bucket is missing."),
            ("region", "Frankfurt", "eu-central-1"),
            ("region", "cn-north-1", "is in partition aws-cn"),
            ("prefix", "/x", "starts with a slash"),
            ("kms_key", "alias/x", "KMS key"),
            (
                "kms_key",
                "arn:aws:kms:us-east-1:222222222222:key/a",
                "S3 accepts only a key in the bucket's region",
            ),
            ("frequency", "25", "1 to 24"),
            ("reader", "telex", "Choose one of the list."),
            ("files", "csv-none", "Choose one of the list."),
        ] {
            let mut fields = destination().to_vec();
            fields.retain(|(name, _)| *name != field);
            fields.push((field, bad));
            // An activation needs a valid form only; what it means is compared with what is stored.
            if action == "activate" && (bad == "cn-north-1" || bad.contains(":kms:us")) {
                continue;
            }
            let answer = dana.submit(&page, &path, action, &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{action} {field} {bad}");
            let error = answer.error_of(field).unwrap_or_else(|| panic!("{action} {field} {bad}"));
            assert!(error.contains(why), "{field}: {error}");
            assert!(answer.text.contains(&format!("href=\"#{field}\"")), "the summary leads to it");
            let described = format!("{field}-error\" aria-invalid=\"true\"");
            assert!(answer.text.contains(&described), "{field} is tied to its error");
            for (name, value) in fields {
                // A list can't show what is not in it.
                if !matches!(name, "frequency" | "reader" | "files") {
                    assert_eq!(answer.value(name), value, "{name}");
                }
            }
        }
    }
    assert_eq!(site.prober.probes(), [], "nothing was tried");
}

#[tokio::test]
async fn markup_in_any_field_or_error_is_text() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let page = dana.get(&path).await;
    let fields = ["paste", "role", "bucket", "region", "prefix", "kms_key", "reader", "files", "frequency"];
    for action in ["read", "verify", "save", "activate"] {
        for field in fields {
            let answer = dana.submit(&page, &path, action, &[(field, MARKUP)]).await;
            assert!(!answer.text.contains("<script>") && !answer.text.contains("<img"), "{action} {field}");
        }
    }
    // What AWS says is text too.
    let denied = protocol::delivery_error::DeliveryError {
        stage: protocol::delivery_error::DeliveryStage::AssumeRole,
        kind: protocol::delivery_error::DeliveryErrorKind::Denied,
        code: MARKUP.into(),
        message: MARKUP.into(),
    };
    site.prober.change(|setup| *setup = RoleSetup { trust: Trust::Nobody(denied), ..RoleSetup::correct() });
    let answer = dana.submit(&page, &path, "verify", &destination()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("&lt;script&gt;") && !answer.text.contains("<script>"));
    let check = page.value("check");
    let piece = dana.get(&format!("/portal/connectors/{id}/check/{check}")).await;
    assert!(piece.text.contains("&lt;script&gt;") && !piece.text.contains("<script>"));
}

#[tokio::test]
async fn two_roles_in_what_was_pasted_are_refused_and_nothing_is_lost() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    let two = format!("{ROLE}\n{ROLE}-other");
    for action in ["read", "verify", "save"] {
        let fields = [("paste", two.as_str()), ("bucket", BUCKET)];
        let answer = dana.submit(&page, &path, action, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.error_of("paste").unwrap().contains("names two roles"), "{action}");
        assert_eq!((answer.value("paste"), answer.value("bucket")), (two.clone(), BUCKET.into()));
    }
}

#[tokio::test]
async fn what_was_pasted_and_not_read_fills_only_what_is_empty() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    let pasted = format!("RoleArn={ROLE} BucketName={BUCKET} Region=eu-west-1");
    let answer = dana.submit(&page, &path, "verify", &[("paste", &pasted), ("bucket", "acme-typed")]).await;
    assert_eq!((answer.status, answer.value("bucket")), (StatusCode::OK, "acme-typed".into()));
    assert_eq!((answer.value("role"), answer.value("region")), (ROLE.into(), "eu-west-1".into()));
}

#[tokio::test]
async fn a_failed_stage_shows_cause_and_remedy_and_skips_the_rest() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    site.prober.change(|setup| *setup = RoleSetup { trust: Trust::Anyone, ..RoleSetup::correct() });
    let answer = dana.submit(&dana.get(&path).await, &path, "verify", &destination()).await;
    assert_eq!((answer.status, answer.value("role")), (StatusCode::UNPROCESSABLE_ENTITY, ROLE.into()));
    let words = answer.words();
    for part in ["Stopped at: It refuses a request without it.", "What to do: ", "skipped", "sts:ExternalId"]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(answer.text.contains("data-copy"), "the policy can be copied");
}

#[tokio::test]
async fn a_limit_is_said_on_the_page_and_what_was_typed_is_kept() {
    let mut site = Site::new();
    site.onboarding.budgets = site.onboarding.budgets.with_limit(Budget::Verifications, 1);
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let page = dana.get(&path).await;
    assert_eq!(dana.submit(&page, &path, "verify", &destination()).await.status, StatusCode::OK);
    let limited = dana.submit(&page, &path, "verify", &destination()).await;
    assert_eq!((limited.status, limited.value("bucket")), (StatusCode::TOO_MANY_REQUESTS, BUCKET.into()));
}

#[tokio::test]
async fn a_destination_of_another_connector_is_an_error_of_its_field() {
    let site = Site::new();
    let (dana, eve) = (site.dana().await, site.person("globex", "Eve", &Ability::ALL).await);
    let (theirs, _) = eve.ready().await;
    let (_, path) = dana.draft().await;
    for action in ["verify", "save"] {
        let answer = dana.submit(&dana.get(&path).await, &path, action, &destination()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{action}");
        assert!(answer.error_of("prefix").unwrap().contains("in use by another connector"), "{action}");
        assert!(!answer.text.contains(theirs.as_str()) && !answer.text.contains("globex"));
    }
}

#[tokio::test]
async fn another_tenants_pages_do_not_exist_and_an_ability_is_needed() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let check = dana.get(&path).await.value("check");
    let pages = [
        path.clone(),
        format!("/portal/connectors/{id}/waiting"),
        format!("/portal/connectors/{id}/check/{check}"),
    ];
    let eve = site.person("globex", "Eve", &Ability::ALL).await;
    for page in &pages {
        assert_eq!(eve.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    let fields = [("version", "1"), ("action", "verify")];
    assert_eq!(eve.post(&path, &fields).await.status, StatusCode::NOT_FOUND);
    let other = eve.get("/portal/connectors/new?tenant=acme").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let viewer = site.person("acme", "Kim", &[]).await;
    assert_eq!(viewer.get(&path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(viewer.post(&path, &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(viewer.post("/portal/connectors", &[]).await.status, StatusCode::FORBIDDEN);
    for bad in
        ["/portal/connectors/x/check/chk_0000000000000000", &format!("/portal/connectors/{id}/check/x")]
    {
        assert_eq!(dana.get(bad).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}

//! `/stand-in/obstacles`: each one is set, found by a verification, explained, and removed again.

use serde_json::{Value, json};

use crate::serve::Serve;

const BUCKET: &str = "acme-log";
const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A verified connector, with a KMS key so that the key's obstacles affect it too.
fn connected(serve: &Serve) -> String {
    let created = serve.post("/v1/connectors", &json!({ "tenant": "acme" })).1;
    let one = format!("/v1/connectors/{}", created["id"].as_str().unwrap());
    let stack = json!({
        "AccountId": "222222222222", "Link": created["quick_create_url"], "BucketName": BUCKET, "CreateBucket": "yes",
        "BucketNamespace": "global",
    });
    let (status, launched) = serve.post("/stand-in/stacks", &stack);
    assert_eq!(status, 201, "{launched}");
    let to = json!({ "destination": {
        "role": launched["Outputs"]["RoleArn"], "bucket": BUCKET, "region": "eu-central-1", "prefix": "auditferry",
        "kms_key": KEY,
    }});
    let (status, connected) = serve.request("PATCH", &one, "application/json", &to.to_string());
    assert_eq!((status, &connected["state"]), (200, &"ready".into()), "{connected}");
    one
}

/// The failed stage and its finding, if a verification fails.
fn failing(serve: &Serve, one: &str) -> Option<(String, String)> {
    let (status, result) = serve.post(&format!("{one}/verify"), &json!({}));
    assert_eq!(status, 200, "{result}");
    let failed = result["reports"].as_array().unwrap().iter().find(|report| report["verdict"] == "failed")?;
    assert_eq!(result["passed"], false);
    Some((failed["stage"].as_str().unwrap().to_owned(), failed["finding"].to_string()))
}

#[test]
fn each_obstacle_is_set_explained_and_removed() {
    let serve = Serve::start(&[]);
    let one = connected(&serve);
    let path = |kind: &str| format!("/stand-in/obstacles/{kind}");
    let put =
        |kind: &str, body: &Value| serve.request("PUT", &path(kind), "application/json", &body.to_string());
    let bucket = json!({ "bucket": BUCKET });
    for (kind, stage, expected) in [
        ("bucket-policy", "put_object", "policy"),
        ("service-control-policy", "put_object", "ervice control policy"),
        ("resource-control-policy", "put_object", "esource control policy"),
        ("permissions-boundary", "put_object", "oundary"),
        ("kms-key-policy", "put_object", "kms:GenerateDataKey"),
        ("kms-key-disabled", "put_object", "disabled"),
        ("wrong-region", "bucket_region", "us-west-2"),
        ("deleted-bucket", "bucket_region", BUCKET),
    ] {
        let (status, set) = put(kind, &bucket);
        assert_eq!((status, &set["set"]), (200, &json!([{ "kind": kind, "bucket": BUCKET }])), "{set}");
        // Setting it again changes nothing.
        assert_eq!(put(kind, &bucket), (200, set));
        let (failed, response) = failing(&serve, &one).unwrap_or_else(|| panic!("{kind} has no effect"));
        assert!(response.contains(expected), "{kind}: {failed} {response}");
        assert!(failed == stage || kind == "deleted-bucket", "{kind}: {failed} {response}");
        assert_eq!(serve.request("DELETE", &path(kind), "", ""), (200, json!({ "set": [] })), "{kind}");
        assert_eq!(failing(&serve, &one), None, "{kind}");
    }
    // Auditferry sends a checksum anyway.
    assert_eq!(put("object-lock", &bucket).0, 200);
    assert_eq!(failing(&serve, &one), None);
    assert_eq!(put("new-role-delay", &json!({ "seconds": 3600 })).0, 200);
    let (stage, _) = failing(&serve, &one).unwrap();
    assert_eq!(stage, "assume_role");
    let (_, list) = serve.request("GET", "/stand-in/obstacles", "", "");
    let set =
        json!([{ "kind": "new-role-delay", "seconds": 3600 }, { "kind": "object-lock", "bucket": BUCKET }]);
    assert_eq!((&list["set"], &list["buckets"]), (&set, &json!([BUCKET])), "{list}");
    assert!(
        list["kinds"]
            .as_array()
            .unwrap()
            .iter()
            .all(|kind| kind["what"].is_string() && kind["needs"].is_string())
    );
    assert_eq!(serve.request("DELETE", "/stand-in/obstacles", "", ""), (200, json!({ "set": [] })));
    assert_eq!(failing(&serve, &one), None);
    serve.stop("-INT");
}

#[test]
fn an_unknown_obstacle_is_refused_with_the_valid_ones() {
    let serve = Serve::start(&[]);
    connected(&serve);
    for (method, path, body, status, expected) in [
        ("PUT", "/bucket", json!({ "bucket": BUCKET }), 404, "bucket-policy"),
        ("DELETE", "/bucket", json!({}), 404, "bucket-policy"),
        ("PUT", "/bucket-policy", json!({ "bucket": "other" }), 404, BUCKET),
        ("PUT", "/deleted-bucket", json!({ "bucket": "other" }), 404, BUCKET),
        ("PUT", "/bucket-policy", json!({ "bucket": "auditferry-staging" }), 409, "vendor"),
        ("PUT", "/deleted-bucket", json!({ "bucket": "auditferry-staging" }), 409, "vendor"),
        ("PUT", "/bucket-policy", json!({}), 400, "bucket"),
        ("PUT", "/bucket-policy", json!({ "bucket": BUCKET, "seconds": 1 }), 400, "seconds"),
        ("PUT", "/new-role-delay", json!({ "seconds": -1 }), 400, "86400"),
        ("PUT", "/new-role-delay", json!({ "seconds": 86_401 }), 400, "86400"),
        ("PUT", "/new-role-delay", json!({ "bucket": BUCKET }), 400, "seconds"),
        ("DELETE", "/bucket-policy?name=x", json!({}), 400, "?bucket=NAME"),
        ("DELETE", "/new-role-delay?bucket=x", json!({}), 400, "?bucket=NAME"),
        ("PATCH", "/bucket-policy", json!({}), 405, ""),
    ] {
        let (answered, response) = serve.request(
            method,
            &format!("/stand-in/obstacles{path}"),
            "application/json",
            &body.to_string(),
        );
        let detail = response["detail"].as_str().unwrap_or_default();
        assert!(
            answered == status && detail.contains(expected),
            "{method} {path} {body}: {answered} {response}"
        );
    }
    let (_, list) = serve.request("GET", "/stand-in/obstacles", "", "");
    assert_eq!(list["set"], json!([]));
    serve.stop("-INT");
}

//! Bodies and queries of the HTTP API: no request makes it fail, and none of a tenant's is answered with another's.
#![no_main]

use std::sync::Arc;

use api::{Gateway, Identity, ROUTES, router};
use axum::body::Body;
use axum::http::Request;
use domain::onboarding::Onboarding;
use domain::setup::Vendor;
use libfuzzer_sys::fuzz_target;
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeProber, SeededRandomness};
use tests::fixtures::{TIMING, at};
use tower::ServiceExt as _;

const METHODS: [&str; 5] = ["GET", "POST", "PATCH", "DELETE", "PUT"];

fn onboarding() -> Onboarding {
    Onboarding {
        connectors: Arc::new(FakeLedger::new()),
        prober: Arc::new(FakeProber::new()),
        bus: Arc::new(FakeBus::new()),
        clock: Arc::new(FakeClock::at(at("2026-11-20T20:15:30Z"))),
        randomness: Arc::new(SeededRandomness::new(7)),
        timing: TIMING,
        vendor: Vendor {
            account: "111111111111".parse().expect("an account"),
            partition: "aws".into(),
            region: "eu-central-1".parse().expect("a region"),
            exporter_role: "auditferry-exporter".into(),
            template_url: None,
        },
    }
}

fuzz_target!(|input: (u8, u8, &str, &str, &[u8])| {
    let (method, route, query, header, body) = input;
    let callers = Gateway { tenant_claim: "tenant_id".into(), operator_scope: "auditferry/operator".into() };
    let router = router(onboarding(), Arc::new(callers));
    let method = METHODS[usize::from(method) % METHODS.len()];
    let path = ROUTES[usize::from(route) % ROUTES.len()].1.replace("{id}", "con_0000000000000001");
    let request = Request::builder()
        .method(method)
        .uri(format!("{path}?{query}"))
        .header("content-type", "application/json")
        .header("if-match", header)
        .header("idempotency-key", header);
    let Ok(mut request) = request.body(Body::from(body.to_vec())) else { return };
    let operator = Identity::Iam { arn: "arn:aws:iam::111111111111:user/Admin".into() };
    request.extensions_mut().insert(operator);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = runtime.block_on(router.oneshot(request)).expect("an answer");
    assert!(!answer.status().is_server_error(), "{method} {path}: {}", answer.status());
});

//! The binary, links for it, and a browser's cookies.

use std::collections::BTreeMap;

use archive::frequency::Frequency;
use archive::names::PortalUrl;
use archive::part::Encoding;
use control::onboarding::{NewConnector, Onboarding};
use control::portal::{Credential, NewLink, PortalAccess};
use portal::Route;
use protocol::caller::Caller;
use protocol::connector::{Connector, Destination, Shards};
use protocol::portal::{Abilities, LinkKind, LinkScope};
use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::lambda::{EventBus, Function, ProcessOutput, environment_of};

pub(crate) const URL: &str = "https://audit.vendor.example";

/// The function, and the sandbox behind it.
pub(crate) struct World {
    embedded: Sandbox,
    bus: EventBus,
    function: Function,
}

/// An answer as API Gateway gets it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

/// A request, as a browser sends it from the portal's own page.
#[derive(Debug, Clone)]
pub(crate) struct Sent<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) cookies: Vec<String>,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) form: &'a str,
}

impl<'a> Sent<'a> {
    pub(crate) fn new(method: &'a str, path: &'a str) -> Self {
        let headers = vec![("sec-fetch-site", "same-origin")];
        Self { method, path, cookies: Vec::new(), headers, form: "" }
    }

    pub(crate) fn get(path: &'a str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &'a str) -> Self {
        Self::new("POST", path)
    }

    pub(crate) fn with(self, cookie: &str) -> Self {
        Self { cookies: vec![cookie.to_owned()], ..self }
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        let (embedded, bus) = (Sandbox::start(None, None).await.unwrap(), EventBus::start().await.unwrap());
        let ours = ["LEDGER_TABLE", "STAGING_BUCKET", "VENDOR_DOMAIN", "SIGNING_KEY"];
        let mut environment = environment_of(embedded.environment(), &ours);
        for (name, value) in [
            ("S3_FORCE_PATH_STYLE", "true"),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &bus.url),
            ("EVENT_BUS_NAME", "auditferry-events"),
            ("CUSTOMER_TEMPLATE_URL", "https://example.s3.amazonaws.com/customer-role.yaml"),
            ("PORTAL_URL", URL),
            ("PORTAL_NAME", "Northwind"),
            ("PORTAL_ACCENT", ""),
            ("PORTAL_RETURN_URLS", ""),
            ("PORTAL_EVENTS", ""),
            // What the pages log must not tell a secret at any level.
            ("LOG_LEVEL", "TRACE"),
        ] {
            environment.push((name, value.to_owned()));
        }
        let function = Function::start(env!("CARGO_BIN_EXE_portal"), &environment).await;
        Self { embedded, bus, function }
    }

    pub(crate) fn onboarding(&self) -> Onboarding {
        self.embedded.onboarding()
    }

    pub(crate) fn access(&self) -> PortalAccess {
        self.embedded.portal_access(URL.parse::<PortalUrl>().unwrap())
    }

    pub(crate) fn published(&self) -> Vec<Value> {
        self.bus.published()
    }

    /// The path of a new link for a person of the tenant.
    pub(crate) async fn link(&self, tenant: &str, name: &str, abilities: Abilities) -> String {
        let scope = LinkScope::Tenant { tenant: tenant.parse().unwrap() };
        self.link_of(scope, LinkKind::Invite, name, abilities).await
    }

    pub(crate) async fn link_of(
        &self,
        scope: LinkScope,
        kind: LinkKind,
        name: &str,
        abilities: Abilities,
    ) -> String {
        let addressee = name.parse().unwrap();
        let new = NewLink { scope, kind, abilities, addressee, return_url: None, validity: None };
        let operator = Caller::Operator { name: "ops".into() };
        let made = self.access().create(&operator, Credential::Iam, new).await.unwrap();
        made.url.strip_prefix(URL).unwrap().to_owned()
    }

    /// The cookie of a new session.
    pub(crate) async fn session(&mut self, tenant: &str, abilities: Abilities) -> String {
        let link = self.link(tenant, "Dana Ruiz", abilities).await;
        self.redeem(&link).await
    }

    pub(crate) async fn redeem(&mut self, link: &str) -> String {
        let entered = self.send(Sent::post(link)).await;
        assert_eq!(entered.status, 303, "{entered:?}");
        let [cookie] = entered.cookies.as_slice() else { panic!("{entered:?}") };
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A draft of the tenant.
    pub(crate) async fn connector(&self, tenant: &str) -> Connector {
        let new = NewConnector {
            tenant: tenant.parse().unwrap(),
            shards: Shards::ONE,
            frequency: Frequency::HOURLY,
            encoding: Encoding::default(),
            start_from: None,
            destination: Destination::None,
            idempotency_key: None,
        };
        self.onboarding().create(&Caller::Operator { name: "ops".into() }, new).await.unwrap()
    }

    /// Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", format 2.0.
    pub(crate) async fn send(&mut self, sent: Sent<'_>) -> Answer {
        let (path, query) = sent.path.split_once('?').unwrap_or((sent.path, ""));
        let mut headers = json!({"host": "id.execute-api.eu-central-1.amazonaws.com"});
        if sent.method == "POST" {
            headers["content-type"] = json!("application/x-www-form-urlencoded");
        }
        for (name, value) in &sent.headers {
            headers[*name] = json!(value);
        }
        let mut event = json!({
            "version": "2.0", "routeKey": "ANY /portal/{proxy+}", "rawPath": path, "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "111111111111", "apiId": "id", "requestId": "JKJaXmPLvHcESHA=",
                "domainName": "id.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "id",
                "http": {"method": sent.method, "path": path, "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.77", "userAgent": "test"},
                "routeKey": "ANY /portal/{proxy+}", "stage": "$default",
                "time": "20/Nov/2026:20:15:30 +0000", "timeEpoch": 1_795_205_730_000_i64,
            },
            "isBase64Encoded": false,
        });
        if !sent.cookies.is_empty() {
            event["cookies"] = json!(sent.cookies);
        }
        if sent.method == "POST" {
            event["body"] = json!(sent.form);
        }
        let answer = self.function.invoke(&event).await.unwrap();
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let headers = answer["headers"].as_object().unwrap().iter();
        let headers =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        Answer {
            status: answer["statusCode"].as_u64().unwrap(),
            headers,
            cookies: texts(&answer["cookies"]),
            body: answer["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    pub(crate) async fn end(self) -> ProcessOutput {
        self.function.kill().await
    }
}

/// The path of a route, about this connector.
pub(crate) fn path_of(route: &Route, connector: &Connector) -> String {
    route
        .path
        .replace("{id}", connector.id.as_str())
        .replace("{number}", "1")
        .replace("{check}", "0123456789abcdef")
        .replace("{link}", "lnk_0123456789abcdef0123456789ab")
        .replace("{token}", "lnk_0123456789abcdef0123456789ab.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .replace("{name}", "nothing.css")
}

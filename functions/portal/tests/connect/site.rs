//! A portal over the fakes, and people with sessions.

use std::sync::Arc;

use archive::names::{ConnectorId, TenantId};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{Request, StatusCode};
use control::branding::{Accent, Branding};
use control::explorer::Explorer;
use control::onboarding::Onboarding;
use control::portal::{Credential, NewLink, PortalAccess};
use control::portal_events::PortalEvents;
use portal::{Brand, LogAccess};
use ports::CheckProgress;
use protocol::caller::Caller;
use protocol::portal::{Ability, LinkKind, LinkScope};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeProber, explorer_records, onboarding, portal_access};
use tests::fixtures::at;
use tower::ServiceExt as _;

pub(crate) const URL: &str = "https://audit.vendor.example";
pub(crate) const ROLE: &str = "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery-8181942c";
pub(crate) const BUCKET: &str = "acme-audit-log";
pub(crate) const TEMPLATE: &str = "https://templates.vendor.example/customer-role.yaml";

/// A deployment with its portal.
pub(crate) struct Site {
    pub(crate) ledger: FakeLedger,
    pub(crate) prober: FakeProber,
    pub(crate) clock: FakeClock,
    pub(crate) onboarding: Onboarding,
    access: PortalAccess,
}

impl Site {
    pub(crate) fn new() -> Self {
        let (ledger, prober, bus) = (FakeLedger::new(), FakeProber::new(), FakeBus::new());
        let clock = FakeClock::at(at("2026-11-30T10:31:10Z"));
        let mut onboarding = onboarding(Arc::new(ledger.clone()), &prober, &bus, &clock);
        onboarding.checks = Some(Arc::new(ledger.clone()));
        onboarding.vendor.template_url = Some(TEMPLATE.to_owned());
        let access = portal_access(Arc::new(ledger.clone()), &bus, &clock);
        Self { ledger, prober, clock, onboarding, access }
    }

    /// The same with another place for the progress of checks.
    pub(crate) fn with_checks(mut self, checks: impl CheckProgress + 'static) -> Self {
        self.onboarding.checks = Some(Arc::new(checks));
        self
    }

    fn router(&self) -> Router {
        let branding = Branding { name: "Northwind".parse().unwrap(), accent: Accent::default() };
        let log = LogAccess {
            explorer: Explorer::new(None),
            records: explorer_records(Arc::new(self.ledger.clone()), &self.clock),
            shown: PortalEvents::Off,
        };
        portal::router(self.onboarding.clone(), self.access.clone(), log, Brand { branding, logo: None })
    }

    /// A person of the tenant `acme` who may do everything.
    pub(crate) async fn dana(&self) -> Person {
        self.person("acme", "Dana Ruiz", &Ability::ALL).await
    }

    /// A person with a session of her own.
    pub(crate) async fn person(&self, tenant: &str, name: &str, abilities: &[Ability]) -> Person {
        let new = NewLink {
            scope: LinkScope::Tenant { tenant: tenant.parse::<TenantId>().unwrap() },
            kind: LinkKind::Invite,
            abilities: abilities.iter().copied().collect(),
            addressee: name.parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let operator = Caller::Operator { name: "ops".into() };
        let link = self.access.create(&operator, Credential::Iam, new).await.unwrap();
        let mut person = Person { router: self.router(), cookie: String::new() };
        let path = link.url.strip_prefix(URL).unwrap().to_owned();
        let answer = person.post(&path, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer.cookie.split(';').next().unwrap().clone_into(&mut person.cookie);
        person
    }
}

/// A browser without scripts.
pub(crate) struct Person {
    router: Router,
    cookie: String,
}

/// What the browser shows.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) text: String,
    cookie: String,
}

impl Person {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(ORIGIN, URL)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(COOKIE, self.cookie.parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let header =
            |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (location, cookie) = (header(LOCATION), header(SET_COOKIE));
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, location, cookie, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// A new draft, and the path of its page.
    pub(crate) async fn draft(&self) -> (ConnectorId, String) {
        let page = self.get("/portal/connectors/new").await;
        let nonce = page.value("nonce");
        let created = self.post("/portal/connectors", &[("nonce", &nonce)]).await;
        assert_eq!(created.status, StatusCode::SEE_OTHER, "{}", created.text);
        let id = created.location.split('/').nth(3).unwrap().parse().unwrap();
        (id, created.location)
    }

    /// The form of the page as a browser would send it, with these fields filled in.
    pub(crate) async fn submit(
        &self,
        page: &Answer,
        path: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut all: Vec<(String, String)> = page.form();
        for (name, value) in fields {
            match all.iter_mut().find(|(known, _)| known == name) {
                Some(field) => (*value).clone_into(&mut field.1),
                None => panic!("the page has no field {name}"),
            }
        }
        all.push(("action".to_owned(), action.to_owned()));
        let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(path, &all).await
    }

    /// The page of a draft whose destination is saved and verified, and its path.
    pub(crate) async fn ready(&self) -> (ConnectorId, String) {
        let (id, path) = self.draft().await;
        let saved = self.submit(&self.get(&path).await, &path, "save", &destination()).await;
        assert_eq!(
            (saved.status, &*saved.location),
            (StatusCode::SEE_OTHER, &*format!("{path}?saved=yes&reader=undecided"))
        );
        (id, path)
    }
}

/// The fields of a destination that is right.
pub(crate) const fn destination() -> [(&'static str, &'static str); 3] {
    [("role", ROLE), ("bucket", BUCKET), ("region", "eu-central-1")]
}

impl Answer {
    /// What a field of the page contains.
    pub(crate) fn value(&self, name: &str) -> String {
        let form = self.form();
        form.into_iter()
            .find(|(field, _)| field == name)
            .unwrap_or_else(|| panic!("no {name}: {}", self.text))
            .1
    }

    /// The fields of the page's forms, as a browser without a user would send them.
    fn form(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        for tag in self.text.split('<') {
            let attribute = |name: &str| {
                let rest = tag.split_once(&format!(" {name}=\""))?.1;
                Some(unescaped(rest.split('"').next()?))
            };
            let (Some(name), kind) = (attribute("name"), tag.split([' ', '>']).next().unwrap()) else {
                continue;
            };
            let within = |end: &str| self.text.split_once(tag).unwrap().1.split(end).next().unwrap();
            match kind {
                "input" if tag.contains("type=\"radio\"") && !tag.contains(" checked") => {}
                "input" => fields.push((name, attribute("value").unwrap_or_default())),
                "textarea" => fields.push((name, unescaped(tag.split_once('>').unwrap().1))),
                "select" => {
                    let options = within("</select>");
                    let chosen = options.split("<option ").find(|option| option.contains(" selected"));
                    let chosen = chosen.or_else(|| options.split("<option ").nth(1)).unwrap();
                    let value = chosen.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
                    fields.push((name, unescaped(value)));
                }
                _ => {}
            }
        }
        fields
    }

    /// The text of the page without its tags.
    pub(crate) fn words(&self) -> String {
        let parts = self.text.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
        unescaped(&parts.collect::<String>())
    }

    /// The error beside a field.
    pub(crate) fn error_of(&self, field: &str) -> Option<String> {
        let start = self.text.split_once(&format!("id=\"{field}-error\""))?.1;
        let part = Self { text: format!("<p{}", start.split("</p>").next()?), ..Self::empty() };
        Some(part.words().trim_start_matches(['✕', ' ']).to_owned())
    }

    const fn empty() -> Self {
        Self { status: StatusCode::OK, location: String::new(), text: String::new(), cookie: String::new() }
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

//! AWS on the wire, as far as the connection check sees it: an STS and an S3 that answer as for a valid
//! setup, until a test replaces answers by others, in AWS's own words.

use std::sync::{Arc, Mutex};

use aws::clients::{Clients, Endpoints};
use aws::s3::customers::StsProber;
use aws::settings::S3Settings;
use aws_credential_types::Credentials;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use protocol::connector::Connector;

#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// `x-amz-bucket-region`.
    pub(crate) region: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), region: None }
    }

    pub(crate) fn with_region(self, region: &str) -> Self {
        Self { region: Some(region.into()), ..self }
    }
}

/// The answers. `None` means success.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    /// `AssumeRole` with the connector's external ID.
    pub(crate) right_id: Option<Refusal>,
    /// `AssumeRole` without an external ID.
    pub(crate) no_id: Option<Refusal>,
    /// `AssumeRole` with another external ID.
    pub(crate) wrong_id: Option<Refusal>,
    /// The ARN of the session.
    pub(crate) user: String,
    /// `HeadBucket`.
    pub(crate) head: Option<Refusal>,
    /// `PutObject` under the prefix.
    pub(crate) put: Option<Refusal>,
    /// `PutObject` outside the prefix, with the role's own permissions.
    pub(crate) outside: Option<Refusal>,
}

/// The exporter's session, as AWS names it in its refusals.
pub(crate) const EXPORTER_SESSION: &str =
    "arn:aws:sts::111111111111:assumed-role/auditferry-exporter/auditferry-exporter";

/// What STS answers if a trust policy denies the caller, and for a role that does not exist.
pub(crate) fn assume_denied(connector: &Connector) -> Refusal {
    let role = &connector.destination.s3().unwrap().role;
    let message =
        format!("User: {EXPORTER_SESSION} is not authorized to perform: sts:AssumeRole on resource: {role}");
    Refusal::new(403, "AccessDenied", message)
}

impl Answers {
    /// The answers for a valid setup.
    pub(crate) fn sound(connector: &Connector) -> Self {
        let to = connector.destination.s3().unwrap();
        let refused = Some(assume_denied(connector));
        let user = format!("arn:aws:sts::{}:assumed-role/Delivery/auditferry-verify", to.role.account());
        Self {
            right_id: None,
            no_id: refused.clone(),
            wrong_id: refused,
            head: Some(Refusal::new(403, "", "").with_region(to.region.as_str())),
            put: None,
            outside: Some(put_denied(
                connector,
                "because no identity-based policy allows the s3:PutObject action",
            )),
            user,
        }
    }
}

/// What S3 answers to a denied write within one account.
pub(crate) fn put_denied(connector: &Connector, why: &str) -> Refusal {
    let to = connector.destination.s3().unwrap();
    let user = format!("arn:aws:sts::{}:assumed-role/Delivery/auditferry-verify", to.role.account());
    let object = format!("arn:aws:s3:::{}/{}", to.bucket, to.prefix.key("verification/probe.txt"));
    let message =
        format!("User: {user} is not authorized to perform: s3:PutObject on resource: \"{object}\" {why}");
    Refusal::new(403, "AccessDenied", message)
}

#[derive(Debug)]
struct Script {
    external_id: String,
    key_prefix: String,
    answers: Answers,
    puts: usize,
}

/// The stand-in of STS and S3; it ends with the test's runtime.
#[derive(Debug)]
pub(crate) struct ScriptedAws {
    pub(crate) prober: StsProber,
    script: Arc<Mutex<Script>>,
}

impl ScriptedAws {
    pub(crate) async fn start(connector: &Connector, answers: Answers) -> Self {
        let to = connector.destination.s3().unwrap();
        let script = Script {
            external_id: connector.external_id.to_string(),
            key_prefix: format!("/{}/{}/", to.bucket, to.prefix),
            answers,
            puts: 0,
        };
        let script = Arc::new(Mutex::new(script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let endpoints = Endpoints {
            dynamodb: url.clone(),
            events: None,
            kms: None,
            s3: url.clone(),
            ses: None,
            sqs: None,
            sts: url,
        };
        let keys = Credentials::new("AKIDVENDOR", "secret", None, None, "test");
        let clients =
            Clients::at(&endpoints, to.region.as_str(), keys, S3Settings { force_path_style: true });
        Self { prober: StsProber::new(clients.sts, clients.customers), script }
    }

    /// How many objects were put.
    pub(crate) fn puts(&self) -> usize {
        self.script.lock().unwrap().puts
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut script = script.lock().unwrap();
    if method == Method::POST {
        return assume(&script, std::str::from_utf8(&body).unwrap());
    }
    if method == Method::HEAD {
        return script.answers.head.as_ref().map_or_else(|| Response::new(Body::empty()), refusal_response);
    }
    assert_eq!(method, Method::PUT);
    script.puts += 1;
    let under = uri.path().starts_with(&script.key_prefix);
    let refusal = if under { &script.answers.put } else { &script.answers.outside };
    match refusal {
        Some(refusal) => refusal_response(refusal),
        None => {
            let requested = headers.get("x-amz-server-side-encryption");
            let encryption = requested.map_or("AES256", |named| named.to_str().unwrap());
            let answer = Response::builder().header("x-amz-server-side-encryption", encryption);
            answer.body(Body::empty()).unwrap()
        }
    }
}

fn assume(script: &Script, form: &str) -> Response<Body> {
    let external_id = form.split('&').find_map(|field| field.strip_prefix("ExternalId="));
    let refusal = match external_id {
        None => &script.answers.no_id,
        Some(id) if id == script.external_id => &script.answers.right_id,
        Some(_) => &script.answers.wrong_id,
    };
    if let Some(Refusal { status, code, message, .. }) = refusal {
        let (code, message) = (escaped(code), escaped(message));
        let xml = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        );
        return Response::builder().status(*status).body(Body::from(xml)).unwrap();
    }
    let user = escaped(&script.answers.user);
    Response::new(Body::from(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <AssumedRoleUser><Arn>{user}</Arn><AssumedRoleId>AROA1:x</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIATEMPORARY</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    )))
}

fn refusal_response(refusal: &Refusal) -> Response<Body> {
    let Refusal { status, code, message, region } = refusal;
    let mut answer = Response::builder().status(*status);
    if let Some(region) = region {
        answer = answer.header("x-amz-bucket-region", region);
    }
    let (code, message) = (escaped(code), escaped(message));
    answer
        .body(Body::from(format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")))
        .unwrap()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! The requests to SES, and the meaning of its responses.

use aws::ses::SesMailer;
use ports::Mailer as _;
use ports::{MailOutcome, PortError};
use protocol::contacts::Mail;
use serde_json::{Value, json};

use crate::server::{ScriptedResponse, Server};
use crate::world::services_of;

async fn send(answer: ScriptedResponse) -> (MailOutcome, Server) {
    let server = Server::start(vec![answer; 5]).await;
    let mailer = SesMailer::new(&services_of(&server.url), "audit@vendor.example".parse().unwrap());
    let mail = Mail { subject: "Your audit log".into(), text: "It is blocked.\n\nWhy: ä\n".into() };
    (mailer.send(&"security@acme.example".parse().unwrap(), &mail).await, server)
}

fn error_response(status: u16, code: &str) -> ScriptedResponse {
    ScriptedResponse::new(status, r#"{"message":"words"}"#).with("x-amzn-errortype", code)
}

#[tokio::test]
async fn a_mail_is_one_simple_text_to_one_address_from_the_sender() {
    let (sent, server) = send(ScriptedResponse::new(200, r#"{"MessageId":"1"}"#)).await;
    assert!(matches!(sent, MailOutcome::Accepted), "{sent:?}");
    let seen = server.requests();
    let [request] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v2/email/outbound-emails"));
    let authorization = request.header("authorization").unwrap();
    assert!(authorization.contains("/eu-central-1/ses/aws4_request"), "{authorization}");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "FromEmailAddress": "audit@vendor.example",
            "Destination": {"ToAddresses": ["security@acme.example"]},
            "Content": {"Simple": {
                "Subject": {"Data": "Your audit log", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "It is blocked.\n\nWhy: ä\n", "Charset": "UTF-8"}},
            }},
        })
    );
}

/// Sent once: SES has no idempotency token, and the caller retries by itself. A mail that SES rejected was
/// not sent; one that it may have accepted has another outcome.
#[tokio::test]
async fn ses_is_called_once_and_an_uncertain_outcome_is_unknown() {
    type Is = fn(&MailOutcome) -> bool;
    let transient: Is = |sent| matches!(sent, MailOutcome::Rejected(PortError::Transient { .. }));
    let unknown: Is = |sent| matches!(sent, MailOutcome::Unknown(PortError::Transient { .. }));
    let denied: Is = |sent| matches!(sent, MailOutcome::Rejected(PortError::Denied { .. }));
    let bug: Is = |sent| matches!(sent, MailOutcome::Rejected(PortError::Bug { .. }));
    for (answer, is_right) in [
        (error_response(429, "TooManyRequestsException"), transient),
        (ScriptedResponse::new(503, ""), unknown),
        (error_response(403, "AccessDeniedException"), denied),
        (error_response(404, "NotFoundException"), denied),
        (error_response(400, "MessageRejected"), bug),
        (error_response(400, "MailFromDomainNotVerifiedException"), bug),
        (error_response(400, "SendingPausedException"), bug),
    ] {
        let (sent, server) = send(answer.clone()).await;
        assert!(is_right(&sent), "{answer:?} gives {sent:?}");
        assert_eq!(server.requests().len(), 1, "{answer:?}");
        let (MailOutcome::Rejected(error) | MailOutcome::Unknown(error)) = sent else {
            panic!("{answer:?} is accepted")
        };
        assert!(!error.chain().contains("security@acme.example"), "an address is in {}", error.chain());
    }
}

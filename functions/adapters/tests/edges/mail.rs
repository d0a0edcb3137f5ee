//! What SES is asked, and what its answers mean.

use domain::contacts::Mail;
use domain::ports::{Mailer as _, PortError};
use serde_json::{Value, json};
use services::mail::SesMailer;

use crate::server::{Scripted, Server};
use crate::world::services_of;

async fn send(answer: Scripted) -> (Result<(), PortError>, Server) {
    let server = Server::start(vec![answer; 5]).await;
    let mailer = SesMailer::new(&services_of(&server.url), "audit@vendor.example".parse().unwrap());
    let mail = Mail { subject: "Your audit log".into(), text: "It is blocked.\n\nWhy: ä\n".into() };
    (mailer.mail(&"security@acme.example".parse().unwrap(), &mail).await, server)
}

fn refusal(status: u16, code: &str) -> Scripted {
    Scripted::new(status, r#"{"message":"words"}"#).with("x-amzn-errortype", code)
}

#[tokio::test]
async fn a_mail_is_one_simple_text_to_one_address_from_the_sender() {
    let (sent, server) = send(Scripted::new(200, r#"{"MessageId":"1"}"#)).await;
    sent.unwrap();
    let seen = server.seen();
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

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_what_ses_will_not_take_is_ours_to_mend() {
    type Is = fn(&PortError) -> bool;
    let transient: Is = |e| matches!(e, PortError::Transient { .. });
    let denied: Is = |e| matches!(e, PortError::Denied { .. });
    let bug: Is = |e| matches!(e, PortError::Bug { .. });
    for (answer, is_right, asked) in [
        (refusal(429, "TooManyRequestsException"), transient, 3),
        (Scripted::new(503, ""), transient, 3),
        (refusal(403, "AccessDeniedException"), denied, 1),
        (refusal(404, "NotFoundException"), denied, 1),
        (refusal(400, "MessageRejected"), bug, 1),
        (refusal(400, "MailFromDomainNotVerifiedException"), bug, 1),
        (refusal(400, "SendingPausedException"), bug, 1),
    ] {
        let (sent, server) = send(answer.clone()).await;
        let error = sent.unwrap_err();
        assert!(is_right(&error), "{answer:?}: {error:?}");
        assert_eq!(server.seen().len(), asked, "{answer:?}");
        assert!(!error.chain().contains("security@acme.example"), "an address is in {}", error.chain());
    }
}

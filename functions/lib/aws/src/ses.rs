//! Mail to contacts: Amazon SES.

use archive::names::EmailAddress;
use async_trait::async_trait;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::{BuildError, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use ports::{MailOutcome, Mailer, PortError};
use protocol::contacts::Mail;

use crate::clients::ClientFactory;
use crate::port_error::port_error;

const SENDING: &str = "sending a mail";

/// Sends from one sender, an identity verified with SES.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: aws_sdk_sesv2::Client,
    sender: EmailAddress,
}

impl SesMailer {
    /// Sends from this address.
    #[must_use]
    pub fn new(services: &ClientFactory, sender: EmailAddress) -> Self {
        let config = services.config(|at| at.ses.as_deref());
        // One request per mail: SES has no idempotency token, so a retry after a lost response would send the
        // mail twice. The notifier has its own retry.
        let config = aws_sdk_sesv2::config::Builder::from(&config).retry_config(RetryConfig::disabled());
        Self { client: aws_sdk_sesv2::Client::from_conf(config.build()), sender }
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, to: &EmailAddress, mail: &Mail) -> MailOutcome {
        let message = match message(mail) {
            Ok(message) => message,
            Err(error) => {
                return MailOutcome::Rejected(PortError::bug(SENDING, error));
            }
        };
        let send = self
            .client
            .send_email()
            .from_email_address(self.sender.as_str())
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build());
        match send.send().await {
            Ok(_) => MailOutcome::Accepted,
            // SES rejected it, or it was never sent. A 5xx proves nothing: a proxy in front of SES may have
            // sent it.
            Err(error) if is_refusal(&error) => MailOutcome::Rejected(port_error(SENDING, error)),
            Err(error) => MailOutcome::Unknown(port_error(SENDING, error)),
        }
    }
}

fn message(mail: &Mail) -> Result<Message, BuildError> {
    let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder().text(content(&mail.text)?).build();
    Ok(Message::builder().subject(content(&mail.subject)?).body(body).build())
}

fn is_refusal(error: &SdkError<SendEmailError, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::ServiceError(answer) => answer.raw().status().is_client_error(),
        _ => false,
    }
}

//! Mails to contacts: Amazon SES.

use adapters::clients::Services;
use adapters::port_error::port_error;
use async_trait::async_trait;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use domain::contacts::Mail;
use domain::names::EmailAddress;
use domain::ports::{Mailer, PortError};

const MAILING: &str = "sending a mail";

/// Sends as one sender, an identity that SES has verified.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: aws_sdk_sesv2::Client,
    sender: EmailAddress,
}

impl SesMailer {
    /// Sends as this address.
    #[must_use]
    pub fn new(services: &Services, sender: EmailAddress) -> Self {
        Self { client: aws_sdk_sesv2::Client::new(&services.config(|at| at.ses.as_deref())), sender }
    }
}

#[async_trait]
impl Mailer for SesMailer {
    /// A retry of the SDK whose first try went through sends a second mail. SES knows no token against that.
    async fn mail(&self, to: &EmailAddress, mail: &Mail) -> Result<(), PortError> {
        let bug = |error| PortError::Bug { what: MAILING, source: Box::new(error) };
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(bug);
        let body = Body::builder().text(content(&mail.text)?).build();
        let message = Message::builder().subject(content(&mail.subject)?).body(body).build();
        let send = self
            .client
            .send_email()
            .from_email_address(self.sender.as_str())
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build());
        send.send().await.map(drop).map_err(|error| port_error(MAILING, error))
    }
}

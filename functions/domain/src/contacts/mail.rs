//! Mails, in plain text: a notice, and the question whether an address wants any.

use super::{ContactMessage, LINK_VALIDITY, words};
use crate::connector::Connector;
use crate::manifest::VendorDomain;

/// How wide the text is.
const WIDTH: usize = 76;

/// A mail, without its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line of printable ASCII: nothing in it ends a header.
    pub subject: String,
    /// The text.
    pub text: String,
}

impl Mail {
    /// What a connector's contacts read of this.
    ///
    /// Before its destination is verified nothing of it is the tenant's to choose: no bucket, no prefix, no name, and no
    /// words of a storage platform about them. So nobody has the vendor's sender say what it likes.
    #[must_use]
    pub fn for_message(news: &ContactMessage, connector: &Connector) -> Self {
        let destination = connector.destination.as_ref().filter(|_| connector.verified_at.is_some());
        let headline = words::headline(&news.fact);
        let subject = match destination {
            Some(to) => format!("{} ({})", headline.trim_end_matches('.'), to.bucket),
            None => headline.trim_end_matches('.').to_owned(),
        };
        let mut lines = vec![wrap(&headline)];
        let paragraphs = match destination {
            Some(_) => words::paragraphs(&news.fact),
            None => words::paragraphs(&words::redact_customer_text(&news.fact)),
        };
        lines.extend(paragraphs.iter().map(|paragraph| wrap(paragraph)));
        lines.extend(words::held_back(news.held_back).map(|paragraph| wrap(&paragraph)));
        let mut about = vec![format!("Connector: {}", connector.id)];
        about.extend(destination.map(|_| format!("Tenant:    {}", connector.tenant.escaped())));
        about.push(format!("Told:      {}", words::format_minute(news.at)));
        let place = destination.map(|to| format!("{} below {}", to.bucket, to.prefix.key("")));
        about.extend(place.map(|place| format!("Files:     {}", one_line(&place))));
        lines.push(about.join("\n"));
        lines.push(wrap(
            "You get this because your address is one of the contacts of this connector. Whoever manages it with us \
             can change them.",
        ));
        Self { subject: header_safe(&subject), text: lines.join("\n\n") + "\n" }
    }

    /// The one mail that an address gets before it has confirmed that it wants any: nothing of it is anybody's to choose
    /// but the vendor's.
    #[must_use]
    pub fn confirmation(vendor: &VendorDomain, link: &str) -> Self {
        let subject = format!("Confirm this address for {vendor}");
        let days = LINK_VALIDITY.as_secs() / 86_400;
        let lines = [
            wrap(&format!(
                "A customer of {vendor} named this address to be notified when the delivery of an audit log fails."
            )),
            wrap(&format!(
                "To get these notices, open this page and confirm there. The link is good for {days} days."
            )),
            // Never broken: a mail program would lose half of it.
            one_line(link),
            wrap(
                "If you do not expect this, do nothing, or decline on the same page. Without your confirmation you get \
                 no notices.",
            ),
        ];
        Self { subject: header_safe(&subject), text: lines.join("\n\n") + "\n" }
    }
}

/// Printable ASCII, so that it ends no header.
fn header_safe(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

/// Without control characters: causes hold the words of a storage platform.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// In lines of at most [`WIDTH`] characters, as far as its words allow.
fn wrap(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in one_line(text).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

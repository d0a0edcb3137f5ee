//! Mails, in plain text: a notice, and the request for confirmation.

use archive::note::VendorDomain;
use protocol::connector::Connector;
use protocol::contacts::{LINK_VALIDITY, Mail};
use protocol::notification::{ContactMessage, text};

/// The line width of the text, in characters.
const WIDTH: usize = 76;

/// The mail to a connector's contacts about this message.
///
/// Until the destination is verified it contains nothing that the tenant chooses: no bucket, no prefix,
/// no name, and no message of a storage platform about them. So nobody can make the vendor's sender say
/// what they like.
#[must_use]
pub fn notice_mail(message: &ContactMessage, connector: &Connector) -> Mail {
    let destination = connector.destination.s3().filter(|_| connector.verified_at.is_some());
    let headline = text::headline(&message.fact);
    let subject = match destination {
        Some(to) => format!("{} ({})", headline.trim_end_matches('.'), to.bucket),
        None => headline.trim_end_matches('.').to_owned(),
    };
    let mut lines = vec![wrap(&headline)];
    let paragraphs = match destination {
        Some(_) => text::paragraphs(&message.fact),
        None => text::paragraphs(&text::redact_customer_text(&message.fact)),
    };
    lines.extend(paragraphs.iter().map(|paragraph| wrap(paragraph)));
    lines.extend(text::held_back(message.held_back).map(|paragraph| wrap(&paragraph)));
    let mut about = vec![format!("Connector: {}", connector.id)];
    about.extend(destination.map(|_| format!("Tenant:    {}", connector.tenant.escaped())));
    about.push(format!("Time:      {}", text::format_minute(message.at)));
    let location = destination.map(|to| format!("{} below {}", to.bucket, to.prefix.key("")));
    about.extend(location.map(|location| format!("Files:     {}", one_line(&location))));
    lines.push(about.join("\n"));
    lines.push(wrap(
        "You receive this because your address is a contact of this connector. The person who manages \
         it with us can change that.",
    ));
    Mail { subject: header_safe(&subject), text: lines.join("\n\n") + "\n" }
}

/// The only mail that an address receives before it confirms. Nothing in it is chosen by anyone but the
/// vendor.
#[must_use]
pub fn confirmation_mail(vendor: &VendorDomain, link: &str) -> Mail {
    let subject = format!("Confirm this address for {vendor}");
    let days = LINK_VALIDITY.as_secs() / 86_400;
    let lines = [
        wrap(&format!(
            "A customer of {vendor} named this address to be notified when the delivery of an audit log \
             fails."
        )),
        wrap(&format!(
            "To get these notices, open this page and confirm there. The link is valid for {days} days."
        )),
        // Never wrapped: a mail program would cut it off.
        one_line(link),
        wrap(
            "If you do not expect this, do nothing, or decline on the same page. Without your \
             confirmation you get no notices.",
        ),
    ];
    Mail { subject: header_safe(&subject), text: lines.join("\n\n") + "\n" }
}

/// Printable ASCII only, so that it cannot inject a header.
fn header_safe(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

/// Without control characters: causes contain messages of a storage platform.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Wrapped at [`WIDTH`] characters, as far as its words allow.
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

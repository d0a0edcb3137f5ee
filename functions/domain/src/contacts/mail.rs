//! A notice as a mail: plain text.

use super::{News, words};
use crate::connector::Connector;

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
    #[must_use]
    pub fn of(news: &News, connector: &Connector) -> Self {
        let headline = words::headline(&news.what);
        let place =
            connector.destination.as_ref().map(|to| format!("{} below {}", to.bucket, to.prefix.key("")));
        let subject = match connector.destination.as_ref() {
            Some(to) => format!("{} ({})", headline.trim_end_matches('.'), to.bucket),
            None => headline.trim_end_matches('.').to_owned(),
        };
        let mut lines = vec![wrapped(&headline)];
        lines.extend(words::paragraphs(&news.what).iter().map(|paragraph| wrapped(paragraph)));
        let mut about = vec![
            format!("Connector: {}", connector.id),
            format!("Tenant:    {}", connector.tenant.shown()),
            format!("Told:      {}", words::moment(news.at)),
        ];
        about.extend(place.map(|place| format!("Files:     {}", one_line(&place))));
        lines.push(about.join("\n"));
        lines.push(wrapped(
            "You get this because your address is one of the contacts of this connector. Whoever manages it with us \
             can change them.",
        ));
        let subject =
            subject.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect();
        Self { subject, text: lines.join("\n\n") + "\n" }
    }
}

/// Without control characters: causes hold the words of a storage platform.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// In lines of at most [`WIDTH`] characters, as far as its words allow.
fn wrapped(text: &str) -> String {
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

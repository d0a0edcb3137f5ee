//! What was done, said on the page that follows. The URL has a word of this closed list and never a text, so
//! nobody can make the portal say something.

use axum::response::Response;
use maud::{Markup, html};

use crate::components::{Tone, notice};
use crate::form::Form;
use crate::pages::enter::see_other;

macro_rules! done {
    ($($(#[$doc:meta])* $name:ident $word:literal $text:literal,)*) => {
        /// A message after a POST.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Done { $($(#[$doc])* $name,)* }

        impl Done {
            const ALL: &[Self] = &[$(Self::$name,)*];

            const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

done! {
    Saved "saved" "Saved. Each change takes effect as its field says.",
    Unchanged "unchanged" "Nothing was changed.",
    Paused "paused" "Paused. Events are still sealed, and their files wait until you resume.",
    Resumed "resumed" "Resumed. The connection check has passed, and what waited is delivered now.",
    Requested "requested" "Requested. A file with everything up to a few minutes ago comes within minutes.",
    Retrying "retrying" "The next attempt begins within minutes. This page shows how it went.",
    Disabled "disabled" "Disabled. Nothing is read or delivered. Everything is kept for 30 days.",
    Enabled "enabled" "Enabled, with everything as it was. It delivers once it is verified and resumed.",
    EnabledDraft "enabled-draft" "Enabled. It never exported, so it is a draft: verify and activate it.",
    Deleted "deleted" "Deleted. The role and the folder are free, and the records of changes stay.",
    Rotated "rotated" "There is a new external ID. The former one works until a check passes with the new one.",
    RotationComplete "rotation-complete" "The rotation is complete. Only the new external ID is used from now on.",
    ContactsSaved "contacts-saved" "Saved. What each address still needs stands beside it.",
    Tested "tested" "A test is on its way to every confirmed address and to the webhook.",
    Asked "asked" "The addresses that have not answered are asked once more.",
    Confirmed "confirmed" "The address is confirmed by contract. It is recorded that you did so.",
    Revoked "revoked" "Revoked. The link opens nothing any more, and its session has ended.",
    RevokedAll "revoked-all" "All links are revoked, and their sessions have ended.",
}

impl Done {
    /// A redirect to a page that says so.
    pub(crate) fn at(self, path: &str) -> Response {
        let separator = if path.contains('?') { '&' } else { '?' };
        see_other(&format!("{path}{separator}done={}", self.word()))
    }
}

/// The message that a page's query asks for; nothing for any other word.
pub(crate) fn done_notice(query: &Form) -> Markup {
    let done = Done::ALL.iter().find(|done| done.word() == query.text("done"));
    html! { @if let Some(done) = done { (notice(Tone::Good, &html! { p { (done.text()) } })) } }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_words_of_the_list_are_said() {
        let said = |query: &str| done_notice(&Form::parse(query.as_bytes())).into_string();
        assert!(said("done=paused").contains("Events are still sealed"));
        assert_eq!(said("done=%3Cb%3Eowned"), "");
        assert_eq!(said(""), "");
        let words: BTreeSet<_> = Done::ALL.iter().map(|done| done.word()).collect();
        assert_eq!(words.len(), Done::ALL.len());
    }

    #[test]
    fn a_message_is_added_to_a_query() {
        let location = |path| Done::Deleted.at(path).headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(location("/portal/connectors"), "/portal/connectors?done=deleted");
        assert_eq!(location("/portal/connectors?tenant=a"), "/portal/connectors?tenant=a&done=deleted");
    }
}

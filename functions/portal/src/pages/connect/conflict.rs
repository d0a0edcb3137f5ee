//! Somebody else changed the connector while the form was open.

use archive::time::Time;
use control::onboarding::OnboardingError;
use maud::{Markup, html};
use protocol::caller::Caller;
use protocol::connector::Connector;

use super::fields::{Wanted, files_words};
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, date_time, mark};

/// What somebody else changed, against what the form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    by: String,
    at: Time,
    rows: Vec<Row>,
}

/// A field that differs: its label, the stored value and the typed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    label: &'static str,
    theirs: String,
    yours: String,
}

/// What somebody else has changed of the form's settings since the version that the page showed. `None` if
/// nothing: then the change was of something else, such as a check that passed, or the form says the same,
/// and it can be stored over it.
pub(super) async fn find(
    portal: &Portal,
    caller: &Caller,
    current: &Connector,
    shown_version: u64,
    wanted: &Wanted,
) -> Result<Option<Conflict>, OnboardingError> {
    let record =
        portal.onboarding.changes(caller, &current.id, Some(shown_version.saturating_add(1)), 1).await?;
    let shown = record.into_iter().find(|change| change.version == shown_version);
    let shown = shown.map(|change| Wanted::of(&change.after));
    let rows = rows(shown.as_ref(), &Wanted::of(current), wanted);
    let last = portal.onboarding.changes(caller, &current.id, None, 1).await?.into_iter().next();
    let Some(last) = last.filter(|_| !rows.is_empty()) else { return Ok(None) };
    let by = last.by.name_visible_to(caller).map_or_else(
        || if matches!(last.by, Caller::System) { "Auditferry" } else { "the vendor" }.to_owned(),
        str::to_owned,
    );
    Ok(Some(Conflict { by, at: last.at, rows }))
}

/// What somebody else has changed since the page was shown, where the form says something else.
fn rows(shown: Option<&Wanted>, theirs: &Wanted, yours: &Wanted) -> Vec<Row> {
    let values = |wanted: &Wanted| {
        let to = wanted.destination.as_ref();
        [
            ("Role ARN", to.map(|to| to.role.to_string())),
            ("Bucket", to.map(|to| to.bucket.to_string())),
            ("Region", to.map(|to| to.region.to_string())),
            ("Folder", to.map(|to| to.prefix.to_string())),
            ("KMS key", to.and_then(|to| to.encryption.key()).map(ToString::to_string)),
            ("Every", Some(format!("{} h", wanted.frequency.hours()))),
            ("Files", Some(files_words(wanted.encoding))),
        ]
    };
    let is_theirs: Vec<bool> = match shown {
        Some(shown) => {
            values(shown).iter().zip(values(theirs)).map(|(shown, theirs)| *shown != theirs).collect()
        }
        None => vec![true; values(theirs).len()],
    };
    let both = values(theirs).into_iter().zip(values(yours)).zip(is_theirs);
    let differing =
        both.filter(|((theirs, yours), is_theirs)| *is_theirs && theirs != yours).map(|(both, _)| both);
    let shown =
        |value: Option<String>| value.filter(|text| !text.is_empty()).unwrap_or_else(|| "none".to_owned());
    differing
        .map(|((label, theirs), (_, yours))| Row { label, theirs: shown(theirs), yours: shown(yours) })
        .collect()
}

impl Conflict {
    /// Who changed what, both values, and a way to take either. The buttons belong to the page's form, which
    /// carries the current version now.
    pub(super) fn notice(&self, connector: &Connector) -> Markup {
        html! {
            div.notice.warn role="alert" tabindex="-1" data-focus {
                (mark(Tone::Warn))
                div {
                    h2 { "Changed by " (self.by) " at " (date_time(self.at)) }
                    p { "Your changes are not saved yet. Here is the difference:" }
                    div.table {
                        table {
                            thead {
                                tr {
                                    th scope="col" { "Field" }
                                    th scope="col" { "Saved now" }
                                    th scope="col" { "Yours" }
                                }
                            }
                            tbody {
                                @for Row { label, theirs, yours } in &self.rows {
                                    tr { th scope="row" { (label) } td.mono { (theirs) } td.mono { (yours) } }
                                }
                            }
                        }
                    }
                    div.actions {
                        a.button href=(of_connector(&connector.id, "connect")) { "Take what is saved" }
                        button type="submit" form="connect" name="action" value="save" { "Save mine over it" }
                    }
                }
            }
        }
    }
}

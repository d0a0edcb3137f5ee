//! Texts for a tenant's contacts.

use archive::time::Time;

use super::ContactFact;

/// To the minute: `2026-11-20 20:15 UTC`.
#[must_use]
pub fn format_minute(time: Time) -> String {
    let mut text = time.second_prefix().replace('T', " ");
    text.truncate(16);
    text + " UTC"
}

/// Cause and remedy of a block that is the vendor's internal error.
#[must_use]
pub fn internal_error_text() -> (String, String) {
    (
        "A problem on our side prevents your files from being delivered.".to_owned(),
        "There is nothing for you to do: our operators have been notified.".to_owned(),
    )
}

/// The fact without text that a tenant or its storage platform wrote.
#[must_use]
pub fn redact_customer_text(fact: &ContactFact) -> ContactFact {
    let mut fact = fact.clone();
    if let ContactFact::Blocked { cause, remedy, .. } = &mut fact {
        "The destination refused the files; it has been changed since.".clone_into(cause);
        "Verify the connector: each stage reports what is missing.".clone_into(remedy);
    }
    fact
}

/// A sentence about suppressed messages, if there were any.
#[must_use]
pub fn held_back(count: u64) -> Option<String> {
    let times = if count == 1 { "once more".to_owned() } else { format!("{count} more times") };
    (count > 0).then(|| {
        format!(
            "The same happened {times} since our last message. We send at most one message a day for \
             each cause."
        )
    })
}

/// What happened, in one sentence.
#[must_use]
pub fn headline(fact: &ContactFact) -> String {
    match fact {
        ContactFact::Blocked { since, reminder: false, .. } => {
            format!("The delivery of your audit log has been blocked since {}.", format_minute(*since))
        }
        ContactFact::Blocked { since, .. } => {
            format!(
                "The delivery of your audit log is still blocked. It has been blocked since {}.",
                format_minute(*since)
            )
        }
        ContactFact::Recovered { blocked_since, .. } => {
            format!(
                "Your audit log is being delivered again. Delivery had been blocked since {}.",
                format_minute(*blocked_since)
            )
        }
        ContactFact::Late { since, reminder: false, .. } => {
            format!("Your audit log is late: a file was due by {}.", format_minute(*since))
        }
        ContactFact::Late { since, .. } => {
            format!("Your audit log is still late: a file was due by {}.", format_minute(*since))
        }
        ContactFact::OnTime { late_since, .. } => {
            format!("Your audit log is on time again. It had been late since {}.", format_minute(*late_since))
        }
        ContactFact::Unreadable { part, items } => {
            format!(
                "File {part} of your audit log contains {} in place of {}.",
                records(*items),
                entries(*items)
            )
        }
        ContactFact::Activated => "The delivery of your audit log is active.".to_owned(),
        ContactFact::FirstFile { .. } => "The first file of your audit log has arrived.".to_owned(),
        ContactFact::Paused => "The delivery of your audit log was paused.".to_owned(),
        ContactFact::Unsafe => {
            "The delivery of your audit log was paused: the role that it uses is not safe.".to_owned()
        }
        ContactFact::Test => "This is a test of the contacts of your audit log's delivery.".to_owned(),
    }
}

fn records(items: u64) -> String {
    if items == 1 { "a record".to_owned() } else { format!("{items} records") }
}

fn entries(items: u64) -> &'static str {
    if items == 1 { "an entry that could not be read" } else { "entries that could not be read" }
}

/// Consequences and what to do, one paragraph each.
#[must_use]
pub fn paragraphs(fact: &ContactFact) -> Vec<String> {
    match fact {
        ContactFact::Blocked { cause, remedy, waiting_files, sealed_to, lost_from, .. } => {
            let waiting = match waiting_files {
                0 => "No file waits yet".to_owned(),
                1 => "1 file waits".to_owned(),
                files => format!("{files} files wait"),
            };
            vec![
                format!("Why: {cause}"),
                format!("What to do: {remedy}"),
                format!(
                    "{waiting}; your events up to {} are safely stored. {}",
                    format_minute(*sealed_to),
                    loss(*lost_from)
                ),
                "Delivery is retried automatically, at least once an hour. You get a daily reminder until \
                 it succeeds."
                    .to_owned(),
            ]
        }
        ContactFact::Recovered { blocked_seconds, waiting_files, .. } => vec![format!(
            "The outage lasted {}. {} being delivered now, in order. There is nothing for you to do.",
            duration(*blocked_seconds),
            match waiting_files {
                1 => "1 file that waited is".to_owned(),
                files => format!("{files} files that waited are"),
            }
        )],
        ContactFact::Late { sealed_to, lost_from, .. } => vec![
            "There is nothing for you to do: the problem is on our side, and our operators have been \
             notified."
                .to_owned(),
            format!(
                "Your events up to {} are safely stored. {}",
                format_minute(*sealed_to),
                loss(*lost_from)
            ),
        ],
        ContactFact::OnTime { sealed_to, .. } => {
            vec![format!(
                "Everything up to {} is in its files. There is nothing for you to do.",
                format_minute(*sealed_to)
            )]
        }
        ContactFact::Unreadable { .. } => vec![
            "Something was written to your log that is not an event. Each such entry is replaced by a \
             record that contains what was written; the other events of the file are not affected."
                .to_owned(),
            "There is nothing for you to do: our operators have been notified.".to_owned(),
        ],
        ContactFact::Activated => vec![
            "The first file comes at the next full hour or a few minutes after it, and then each time that \
             one is due. An hour in which nothing happened is reported by a file too, so a file that is \
             missing always means something."
                .to_owned(),
            "There is nothing for you to do. We write once more when the first file has arrived, and after \
             that only if something needs your attention."
                .to_owned(),
        ],
        ContactFact::FirstFile { events, covered_to, .. } => vec![
            format!(
                "It covers your events up to {} and contains {}.",
                format_minute(*covered_to),
                match events {
                    0 => "the heartbeat that reports a quiet time".to_owned(),
                    1 => "1 event".to_owned(),
                    events => format!("{events} events"),
                }
            ),
            "There is nothing for you to do. From now on we write only if something needs your attention."
                .to_owned(),
        ],
        ContactFact::Paused => vec![
            "Nothing is lost: your events are still stored in sealed files, which are delivered when \
             delivery is resumed."
                .to_owned(),
            "If you did not request this, ask us who did.".to_owned(),
        ],
        ContactFact::Unsafe => vec![
            "The role in your account can be assumed without this connector's external ID, or with a wrong \
             one, so someone else could have used it through us. Nothing has been written since this was \
             found."
                .to_owned(),
            "What to do: set the condition StringEquals sts:ExternalId in the role's trust policy, as our \
             setup page shows it or as you received it from us, and have the connector resumed."
                .to_owned(),
            "Nothing is lost: new events are stored in sealed files in the meantime.".to_owned(),
        ],
        ContactFact::Test => vec!["It reached you, so there is nothing for you to do.".to_owned()],
    }
}

fn loss(lost_from: Option<Time>) -> String {
    match lost_from {
        None => "Nothing is lost, however long this takes.".to_owned(),
        Some(from) => {
            format!(
                "Later events would be lost from {} on if this is not fixed by then.",
                format_minute(from)
            )
        }
    }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

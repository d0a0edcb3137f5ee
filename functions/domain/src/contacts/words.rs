//! What happened, in a customer's words.

use super::ContactFact;
use crate::time::Time;

/// To the minute, as a person reads it: `2026-11-20 20:15 UTC`.
pub(super) fn format_minute(time: Time) -> String {
    let mut text = time.second_prefix().replace('T', " ");
    text.truncate(16);
    text + " UTC"
}

/// Cause and remedy of a block that is none of the customer's making.
pub(super) fn vendor_fault() -> (String, String) {
    (
        "A fault on our side keeps your files from being delivered.".to_owned(),
        "There is nothing for you to do: our operators were told at the same time.".to_owned(),
    )
}

/// The same without what a tenant or its storage platform wrote.
pub(super) fn redact_customer_text(what: &ContactFact) -> ContactFact {
    let mut what = what.clone();
    if let ContactFact::Blocked { cause, remedy, .. } = &mut what {
        "The destination, which has changed meanwhile, refused the files.".clone_into(cause);
        "Verify the connector: each stage says what is missing.".clone_into(remedy);
    }
    what
}

/// What was held back, if something was.
pub(super) fn held_back(count: u64) -> Option<String> {
    let times = if count == 1 { "once more".to_owned() } else { format!("{count} times more") };
    (count > 0).then(|| {
        format!("The same happened {times} since we last wrote. We write of each cause once a day at most.")
    })
}

/// What happened, in one sentence.
pub(super) fn headline(what: &ContactFact) -> String {
    match what {
        ContactFact::Blocked { since, reminder: false, .. } => {
            format!("The delivery of your audit log is blocked since {}.", format_minute(*since))
        }
        ContactFact::Blocked { since, .. } => {
            format!("The delivery of your audit log is still blocked, since {}.", format_minute(*since))
        }
        ContactFact::Recovered { blocked_since, .. } => {
            format!(
                "Your audit log is delivered again. It had been blocked since {}.",
                format_minute(*blocked_since)
            )
        }
        ContactFact::Late { since, reminder: false, .. } => {
            format!("Your audit log is late: a file should have come by {}.", format_minute(*since))
        }
        ContactFact::Late { since, .. } => {
            format!("Your audit log is still late: a file should have come by {}.", format_minute(*since))
        }
        ContactFact::OnTime { late_since, .. } => {
            format!(
                "Your audit log comes in time again. It had been late since {}.",
                format_minute(*late_since)
            )
        }
        ContactFact::Unreadable { part, items } => {
            format!(
                "File {part} of your audit log holds {} in place of {}.",
                records(*items),
                entries(*items)
            )
        }
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

/// What follows from it and what to do, a paragraph each.
pub(super) fn paragraphs(what: &ContactFact) -> Vec<String> {
    match what {
        ContactFact::Blocked { cause, remedy, waiting_files, sealed_to, lost_from, .. } => {
            let waiting = match waiting_files {
                0 => "No file waits yet".to_owned(),
                1 => "1 file waits".to_owned(),
                files => format!("{files} files wait"),
            };
            vec![
                format!("Why: {cause}"),
                format!("What to do: {remedy}"),
                format!("{waiting}; your events are kept safe up to {}. {}", format_minute(*sealed_to), loss(*lost_from)),
                "Delivery is tried again by itself, at least once an hour. You get a reminder each day until it works."
                    .to_owned(),
            ]
        }
        ContactFact::Recovered { blocked_seconds, waiting_files, .. } => vec![format!(
            "It took {}. {} delivered now, in order. There is nothing to do.",
            duration(*blocked_seconds),
            match waiting_files {
                1 => "1 file that waited is".to_owned(),
                files => format!("{files} files that waited are"),
            }
        )],
        ContactFact::Late { sealed_to, lost_from, .. } => vec![
            "There is nothing for you to do: the fault is on our side, and our operators were told at the same time."
                .to_owned(),
            format!("Your events are kept safe up to {}. {}", format_minute(*sealed_to), loss(*lost_from)),
        ],
        ContactFact::OnTime { sealed_to, .. } => {
            vec![format!("Everything up to {} is in its files. There is nothing to do.", format_minute(*sealed_to))]
        }
        ContactFact::Unreadable { .. } => vec![
            "Something was written into your log that is no event. Such a record stands in the place of each and \
             carries what was written; the other events of the file are not concerned."
                .to_owned(),
            "There is nothing for you to do: our operators were told at the same time.".to_owned(),
        ],
        ContactFact::Paused => vec![
            "Nothing is lost: your events go on being kept in sealed files, which are delivered when the delivery is \
             resumed."
                .to_owned(),
            "If you did not ask for this, ask us who did.".to_owned(),
        ],
        ContactFact::Unsafe => vec![
            "The role in your account lets us in without this connector's external ID, or with a wrong one, so that \
             someone else could have had us act in it. Nothing was written since this was found."
                .to_owned(),
            "What to do: set the condition StringEquals sts:ExternalId in the role's trust policy, as our setup page \
             or we ourselves give it to you, and have the connector resumed."
                .to_owned(),
            "Nothing is lost: what comes meanwhile is kept in sealed files.".to_owned(),
        ],
        ContactFact::Test => vec!["It reached you, so there is nothing to do.".to_owned()],
    }
}

fn loss(lost_from: Option<Time>) -> String {
    match lost_from {
        None => "Nothing is lost, however long this takes.".to_owned(),
        Some(from) => {
            format!(
                "Events after that would be lost from {} on, if it is not mended by then.",
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

//! `events counts`: how many events, by interval and value.

use archive::query::counts::Interval;
use control::explorer::{CountsAnswer, CountsRequest};

use super::args::CountsArgs;
use super::cells::{Widths, optional};
use super::{Log, lag, print_notes};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::{counted, grouped};

/// `events counts`.
pub(super) async fn counts(log: &Log, args: &CountsArgs, output: Output) -> Result<Exit, CliError> {
    let request = CountsRequest {
        filter: args.which.filter.clone(),
        from: args.which.from,
        to: args.which.to,
        interval: args.interval.unwrap_or(Interval::Day),
        by: args.by,
        sealing: false,
    };
    let answer = log.explorer.counts(&log.asker, request).await?;
    if !output.is_json() {
        for line in lines(&answer, args) {
            output.line(line);
        }
        print_notes(&notes(&answer, &log.flags));
    }
    output.object(&answer);
    Ok(Exit::Done)
}

/// The counts as a table, and their sum.
pub(super) fn lines(answer: &CountsAnswer, args: &CountsArgs) -> Vec<String> {
    let heading = |text: &str| text.to_owned();
    let by = args.by.map(|field| field.as_str().to_uppercase());
    let mut rows = vec![[Some(heading("FROM")), by, Some(heading("EVENTS"))]];
    rows.extend(answer.counts.iter().map(|count| {
        let value = args.by.map(|_| optional(count.value.as_deref()));
        let start = match answer.interval {
            Interval::Whole => "all".to_owned(),
            Interval::Hour | Interval::Day | Interval::Week => count.start.to_string(),
        };
        [Some(start), value, Some(grouped(count.events))]
    }));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect();
    let mut lines = Widths::default().lines(&rows);
    lines.push(format!("\n{}", counted(answer.total, "event")));
    lines
}

/// What is said after them.
pub(super) fn notes(answer: &CountsAnswer, flags: &str) -> Vec<String> {
    let mut notes = lag::sentences(&answer.lag, flags);
    notes.extend(lag::counted_from(&answer.lag));
    notes
}

//! `events facets`: the most frequent values of fields.

use control::explorer::{Facet, FacetsAnswer, FacetsRequest};

use super::args::FacetsArgs;
use super::cells::{Widths, optional};
use super::{Log, lag, print_notes};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::{counted, grouped};

/// `events facets`.
pub(super) async fn facets(log: &Log, args: &FacetsArgs, output: Output) -> Result<Exit, CliError> {
    let mut fields = Vec::new();
    for field in &args.fields {
        if !fields.contains(field) {
            fields.push(*field);
        }
    }
    let request = FacetsRequest {
        filter: args.which.filter.clone(),
        from: args.which.from,
        to: args.which.to,
        fields,
        limit: Some(args.limit),
    };
    let answer = log.explorer.facets(&log.asker, request).await?;
    if !output.is_json() {
        for line in lines(&answer) {
            output.line(line);
        }
        let mut notes = lag::sentences(&answer.lag, &log.flags);
        notes.extend(lag::counted_from(&answer.lag));
        print_notes(&notes);
    }
    output.object(&answer);
    Ok(Exit::Done)
}

/// A table for each field.
pub(super) fn lines(answer: &FacetsAnswer) -> Vec<String> {
    let mut lines: Vec<String> = answer.facets.iter().flat_map(facet).collect();
    lines.push(format!("{} in all", counted(answer.total, "event")));
    lines
}

fn facet(facet: &Facet) -> Vec<String> {
    let mut rows = vec![vec![facet.field.as_str().to_uppercase(), "EVENTS".to_owned()]];
    rows.extend(
        facet.values.iter().map(|value| vec![optional(value.value.as_deref()), grouped(value.events)]),
    );
    let listed = facet.values.iter().filter(|value| value.value.is_some()).count() as u64;
    if let Some(more @ 1..) = facet.different.checked_sub(listed) {
        rows.push(vec![format!("({} more)", grouped(more)), grouped(facet.others)]);
    }
    let mut lines = Widths::default().lines(&rows);
    lines.push(String::new());
    lines
}

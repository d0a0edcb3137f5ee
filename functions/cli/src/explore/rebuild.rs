//! `index rebuild`: asks for indexes until all are made.

use archive::names::ConnectorId;
use archive::part::PartNumber;
use control::explorer::{RebuildAnswer, RebuildRequest};
use ports::PortError;
use serde::Serialize;

use super::Log;
use super::args::RebuildArgs;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::{counted, grouped};

/// What all requests have done.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Rebuilt {
    connector: ConnectorId,
    made: u64,
    present: u64,
    gone: u64,
    /// The parts that differ from what was signed.
    altered: Vec<PartNumber>,
}

/// `index rebuild`.
pub(super) async fn rebuild(log: &Log, args: &RebuildArgs, output: Output) -> Result<Exit, CliError> {
    let progress = |answer: &RebuildAnswer, made: u64| {
        let (Some(next), Some(newest)) = (answer.next, answer.newest) else { return };
        let text = format!("part {} of {}, {} made", next.get(), newest.get(), indexes(made));
        output.progress(&text);
        output.log_progress(&text);
    };
    let rebuilt = rebuild_all(log, args, progress).await;
    output.clear_progress();
    let rebuilt = rebuilt?;
    for line in lines(&rebuilt) {
        output.line(line);
    }
    output.object(&rebuilt);
    Ok(if rebuilt.altered.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Asks until the answer has no next part.
pub(super) async fn rebuild_all(
    log: &Log,
    args: &RebuildArgs,
    progress: impl Fn(&RebuildAnswer, u64),
) -> Result<Rebuilt, CliError> {
    let mut from_part = args.from_part.map(PartNumber::new);
    let (mut made, mut present, mut gone, mut altered) = (0, 0, 0, Vec::new());
    loop {
        let request = RebuildRequest { from_part, all: args.all };
        let answer = log.explorer.rebuild(&log.asker, request).await?;
        made += answer.made;
        present += answer.present;
        gone += answer.gone;
        altered.extend(&answer.altered);
        progress(&answer, made);
        match (answer.next, from_part) {
            (None, _) => return Ok(Rebuilt { connector: answer.connector, made, present, gone, altered }),
            // It would never end.
            (Some(next), Some(from)) if next <= from => {
                return Err(PortError::bug("making indexes", "the reader does not advance").into());
            }
            (next, _) => from_part = next,
        }
    }
}

fn indexes(number: u64) -> String {
    if number == 1 { "1 index".to_owned() } else { format!("{} indexes", grouped(number)) }
}

/// The result for a person.
pub(super) fn lines(rebuilt: &Rebuilt) -> Vec<String> {
    let Rebuilt { connector, made, present, gone, altered } = rebuilt;
    let made = indexes(*made);
    let present = if *present > 0 { format!(", {} were there", grouped(*present)) } else { String::new() };
    let gone = if *gone > 0 { format!("; {} no longer kept", counted(*gone, "part")) } else { String::new() };
    let mut lines = vec![format!("{connector}: {made} made{present}{gone}")];
    if !altered.is_empty() {
        let differ = if altered.len() == 1 { "differs" } else { "differ" };
        let numbers: Vec<_> = altered.iter().map(|part| part.get().to_string()).collect();
        let parts = counted(altered.len() as u64, "part");
        lines.push(format!("{parts} {differ} from what was signed: {}", numbers.join(", ")));
    }
    lines
}

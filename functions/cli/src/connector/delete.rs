//! `connector delete`: tells what is lost, asks, and deletes.

use std::io::{self, IsTerminal};

use domain::connector::Connector;
use domain::names::ConnectorId;
use domain::onboarding::Loss;
use serde::Serialize;

use super::options::DeleteArgs;
use crate::backend::Backend;
use crate::output::{Output, aside};
use crate::problem::{Exit, Problem, io};
use crate::table::counted;

#[derive(Serialize)]
struct Deleted<'a> {
    connector: &'a Connector,
    lost: &'a Loss,
}

/// `connector delete`.
pub(crate) async fn delete(backend: &Backend, args: &DeleteArgs, output: Output) -> Result<Exit, Problem> {
    let id = &args.change.one.id;
    let connector = backend.view(id).await?.connector;
    // Refused before anyone is asked. It is judged again, by what is stored then, when it is deleted.
    connector.clone().delete()?;
    let loss = backend.onboarding.loss(&backend.caller, id).await?;
    let told = lost(&loss);
    if !args.yes && !agreed(id, &told, output).await? {
        return Err(Problem::failed(format!("{id} was not deleted"), "Nothing was changed."));
    }
    // What was agreed to is this version, unless another one was named.
    let version = args.change.if_version.unwrap_or(connector.version);
    let (connector, loss) = backend.onboarding.delete(&backend.caller, id, Some(version), true).await?;
    output.line(format_args!("{id} is deleted; {}", lost(&loss)));
    output.line("its role and destination are free again, and what is in the customer's bucket stays there");
    output.object(&Deleted { connector: &connector, lost: &loss });
    Ok(Exit::Done)
}

/// What a deletion takes away, in words.
fn lost(loss: &Loss) -> String {
    let parts = match loss.undelivered_parts {
        0 => "no sealed part is lost".to_owned(),
        waiting => {
            format!("{} that wait for delivery are lost to the customer", counted(waiting, "sealed part"))
        }
    };
    match loss.unsealed_from {
        None => format!("{parts}, since it never exported"),
        Some(from) => format!("{parts}; events from {from} on are not exported any more"),
    }
}

/// Asks at a terminal. Elsewhere nobody can answer, so it must have been said with `--yes`.
async fn agreed(id: &ConnectorId, told: &str, output: Output) -> Result<bool, Problem> {
    if output.is_json() || !io::stdin().is_terminal() {
        return Err(Problem::usage(
            format!("deleting {id} can't be undone: {told}"),
            "If that is meant, run the command again with --yes.",
        ));
    }
    aside(format_args!("Deleting {id} can't be undone: {told}."));
    aside(format_args!("To delete it, type its ID:"));
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(io::Error::other).flatten().map_err(io("the terminal"))?;
    Ok(answer.trim() == id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_told_in_words() {
        let loss = |undelivered_parts, from: Option<&str>| {
            lost(&Loss { undelivered_parts, unsealed_from: from.map(|from| from.parse().unwrap()) })
        };
        assert_eq!(loss(0, None), "no sealed part is lost, since it never exported");
        assert_eq!(
            loss(2, Some("2026-11-20T20:00:00Z")),
            "2 sealed parts that wait for delivery are lost to the customer; \
             events from 2026-11-20T20:00:00.000Z on are not exported any more"
        );
    }
}

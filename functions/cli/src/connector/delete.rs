//! `connector delete`: shows what is lost, asks for confirmation, and deletes.

use std::io::{self, IsTerminal};

use archive::names::ConnectorId;
use control::onboarding::DeletionLoss;
use protocol::connector::Connector;
use serde::Serialize;

use super::options::DeleteArgs;
use crate::backend::Backend;
use crate::error::{CliError, Exit, io_error};
use crate::output::{Output, eprint_line};
use crate::table::counted;

#[derive(Serialize)]
struct DeleteOutput<'a> {
    connector: &'a Connector,
    lost: &'a DeletionLoss,
}

/// `connector delete`.
pub(crate) async fn delete(backend: &Backend, args: &DeleteArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.change.connector.id;
    let connector = backend.view(id).await?.connector;
    // Refused before asking for confirmation. The deletion checks again, against the stored state.
    connector.clone().delete()?;
    let loss = backend.onboarding.deletion_loss(&backend.caller, id).await?;
    let description = describe_loss(&loss);
    if !args.yes && !confirm(id, &description, output).await? {
        return Err(CliError::failed(format!("{id} was not deleted"), "Nothing was changed."));
    }
    // The confirmation is for this version, unless another one was named.
    let version = args.change.if_version.unwrap_or(connector.version);
    let (connector, loss) = backend.onboarding.delete(&backend.caller, id, Some(version), true).await?;
    output.line(format_args!("{id} is deleted; {}", describe_loss(&loss)));
    output.line("its role and destination are released, and the customer's bucket keeps its files");
    output.object(&DeleteOutput { connector: &connector, lost: &loss });
    Ok(Exit::Done)
}

/// Describes what a deletion loses.
fn describe_loss(loss: &DeletionLoss) -> String {
    let parts = match loss.undelivered_parts {
        0 => "no sealed part is lost".to_owned(),
        1 => "1 undelivered part is lost".to_owned(),
        undelivered => format!("{} are lost", counted(undelivered, "undelivered part")),
    };
    match loss.unsealed_from {
        None => format!("{parts}, since it never exported"),
        Some(from) => format!("{parts}; events from {from} on are no longer exported"),
    }
}

/// Asks for confirmation at a terminal. Without one, `--yes` is required.
async fn confirm(id: &ConnectorId, description: &str, output: Output) -> Result<bool, CliError> {
    if output.is_json() || !io::stdin().is_terminal() {
        return Err(CliError::usage(
            format!("deleting {id} can't be undone: {description}"),
            "To delete it anyway, repeat the command with --yes.",
        ));
    }
    eprint_line(format_args!("Deleting {id} can't be undone: {description}."));
    eprint_line(format_args!("To delete it, type its ID:"));
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(io::Error::other).flatten().map_err(io_error("the terminal"))?;
    Ok(answer.trim() == id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_described_in_words() {
        let loss = |undelivered_parts, from: Option<&str>| {
            describe_loss(&DeletionLoss {
                undelivered_parts,
                unsealed_from: from.map(|from| from.parse().unwrap()),
            })
        };
        assert_eq!(loss(0, None), "no sealed part is lost, since it never exported");
        assert!(loss(1, None).starts_with("1 undelivered part is lost, "));
        assert_eq!(
            loss(2, Some("2026-11-20T20:00:00Z")),
            "2 undelivered parts are lost; \
             events from 2026-11-20T20:00:00.000Z on are no longer exported"
        );
    }
}
